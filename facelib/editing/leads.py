"""Leads drawn on photographs: from the electrodes over the skin to the jaw and down.

Their ways are those of rendered heads (`facelib.head.accessories.leads`): laid once over the base head. Here
they follow the landmarks around them; where no landmark is near they go on as stiffly as the head stands.
What the face itself hides isn't seen, nor what lies under hair or a hat before it reaches the jaw; clothes
hide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import Field, laid
from facelib.editing.electrodes import FACING, HIDDEN
from facelib.editing.forehead import bare
from facelib.editing.regions import sticking
from facelib.editing.surface_normals import Lamp, Stance, lamp, stance
from facelib.face import Face
from facelib.head.accessories.leads import COLOURS, STEP, STRAND, TWIST, laid_leads
from facelib.head.geometry.landmarks import FIRST_IRIS, table
from facelib.head.rendering.skin import linear

Doubles = npt.NDArray[np.float64]

_NEAR: Final = 0.12  # dm; how far a landmark's own shift reaches
_STARTS: Final = 6.0  # knots over which a lead leaves the middle of its electrode
_SMOOTH: Final = 3.0  # knots
_FINE: Final = (4, 2)  # samples of a pixel along each side: of pictures up to `_LARGE` px, and of larger ones
_LARGE: Final = 512
_SHADOW: Final = 0.18  # share of the light that a lead takes from the skin beside it
_BITS: Final = 4  # of a sample, that points of a line are rounded to


class Way(NamedTuple):
    """One lead in a picture.

    Attributes
    ----------
    points
        (m, 2) px, from the electrode on.
    light
        (m,) light on it, about 1 on average.
    seen
        (m,) whether it isn't hidden by the head.
    """

    points: Doubles
    light: Doubles
    seen: npt.NDArray[np.bool_]


def leads_on(face: Face, names: Sequence[str], wires: float = 1.0) -> Face:
    """Return the face with the leads of electrodes drawn on it; its attributes stay.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    names
        Positions (`facelib.faces.ELECTRODE_SCHEMES`) from which leads go out.
    wires
        How far they have grown, [0, 1].
    """
    if not names or wires <= 0:
        return face
    stands = stance(face.landmarks)
    lit = lamp(face, stands)
    ways = [way for name in names if len((way := way_of(face, name, wires, stands, lit)).points) > 1]
    layer, dim = _painted(ways, face.size, stands.scale, lit)
    return face.replace(image=laid(face.image, layer, dim))


def way_of(face: Face, name: str, wires: float, stands: Stance, lit: Lamp) -> Way:
    """Return where the lead of one electrode runs in a picture."""
    leads = laid_leads()
    row = leads.rows[name]
    knots = int(leads.knots[row])
    place = leads.path[row, :knots].astype(np.float64)
    points = _to_the_edge(_followed(face, name, place, stands), STEP * stands.scale, face.size[0])
    points = points[: max(round(wires * (len(points) - 1)), 0) + 1]
    until_jaw = np.minimum(np.arange(len(points)), min(leads.jaw[row], knots - 1))  # from there it hangs
    normals = leads.normals[row, until_jaw].astype(np.float64) @ stands.rotation.T
    seen = (normals[:, 2] > FACING) | ~_before(face, points)
    hangs = np.arange(len(points)) > leads.jaw[row]
    return Way(points, np.sqrt(lit.on(normals)), seen & (hangs | _on_bare(face, points)))


def _on_bare(face: Face, points: Doubles) -> npt.NDArray[np.bool_]:
    """Return which points (m, 2) lie on bare skin; beyond the picture all do."""
    height, width = face.size
    columns, rows = np.floor(points).astype(int).T
    outside = (columns < 0) | (rows < 0) | (columns >= width) | (rows >= height)
    return np.asarray(outside | (bare(face)[rows.clip(0, height - 1), columns.clip(0, width - 1)] >= HIDDEN))


def _to_the_edge(points: Doubles, step: float, height: int) -> Doubles:
    """Return a lead (m, 2) that hangs on straight down, if it ends above the lower edge of the picture."""
    more = np.arange(1, max(int((height - points[-1, 1]) / step) + 2, 1))
    return np.concatenate([points, points[-1] + step * np.column_stack([0 * more, more])])


def _before(face: Face, points: Doubles) -> npt.NDArray[np.bool_]:
    """Return which points (m, 2) lie within the outline of the face in the picture."""
    outline = cv2.convexHull(face.landmarks[:FIRST_IRIS].astype(np.float32), clockwise=True)[:, 0]
    start, edge = outline, np.roll(outline, -1, axis=0) - outline
    away = points[:, None] - start
    side = edge[:, 0] * away[..., 1] - edge[:, 1] * away[..., 0]
    return np.asarray((side >= 0).all(axis=1) | (side <= 0).all(axis=1))


def _followed(face: Face, name: str, place: Doubles, stands: Stance) -> Doubles:
    """Return points (m, 2), px, of places (m, 3) on the base head, as the landmarks around them lie."""
    from scipy.ndimage import gaussian_filter1d

    marks = table()[:FIRST_IRIS]
    points = face.landmarks[:FIRST_IRIS].astype(np.float64)
    middle = points.mean(axis=0)

    def stiff(places: Doubles) -> Doubles:
        across, up, _ = stands.rotation @ (places - marks.mean(axis=0)).T
        return np.asarray(middle + stands.scale * np.column_stack([across, -up]))

    shifts = points - stiff(marks)
    off = np.linalg.norm(place[:, None] - marks[None], axis=2)
    nearest = off.min(axis=1, keepdims=True)
    weight = np.exp(-((off - nearest) / _NEAR))
    shift = (weight @ shifts) / weight.sum(axis=1, keepdims=True)
    moved = stiff(place) + (
        gaussian_filter1d(shift, _SMOOTH, axis=0, mode="nearest") if len(shift) > 1 else shift
    )
    start = sticking()[name][0, :FIRST_IRIS] @ points - moved[0]
    return np.asarray(moved + np.exp(-np.arange(len(moved)) / _STARTS)[:, None] * start)


def _painted(ways: Sequence[Way], size: tuple[int, int], scale: float, lit: Lamp) -> tuple[Field, Field]:
    """Return the layer of all leads, linear light times cover and cover, and what their shadows leave."""
    fine = _FINE[max(size) > _LARGE]
    canvas = np.zeros((size[0] * fine, size[1] * fine, 4), np.float32)
    width = 2 * STRAND * scale * fine
    thick = max(round(width), 1)
    light = [np.asarray(linear(np.array(colour))) * lit.white for colour in COLOURS]
    for way in ways:
        turn = np.asarray(np.arange(len(way.points)) * (STEP / TWIST * 2 * np.pi), np.float64)
        strands = [way.points + _beside(way.points, turn + number * np.pi, scale) for number in range(2)]
        fixed = [np.rint(strand * fine * 2**_BITS).astype(int) for strand in strands]
        for knot in np.flatnonzero(way.seen[:-1] & way.seen[1:]):
            front = int(np.sin(turn[knot]) < 0)
            for number in (1 - front, front):  # the one in front covers the other
                shade = (*(light[number] * way.light[knot]).tolist(), 1.0)
                ends = fixed[number][knot].tolist(), fixed[number][knot + 1].tolist()
                cv2.line(canvas, *ends, shade, thick, cv2.LINE_8, _BITS)
    canvas *= min(width / thick, 1.0)
    layer = np.asarray(cv2.resize(canvas, size[::-1], interpolation=cv2.INTER_AREA))
    spread = max(1.5 * STRAND * scale, 0.6)
    dim = 1 - _SHADOW * np.clip(cv2.GaussianBlur(layer[..., 3], (0, 0), spread) * 2, 0, 1)
    return layer, np.asarray(dim, np.float32)


def _beside(points: Doubles, turn: Doubles, scale: float) -> Doubles:
    """Return how far a strand lies beside the middle of its lead, (m, 2) px: two turn around each other."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return np.asarray(STRAND * scale * np.cos(turn)[:, None] * along[:, ::-1] * [1, -1])
