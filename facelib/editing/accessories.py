"""Glasses and masks on a photograph: those of a rendered head, laid over the face by its landmarks.

A head of average shape puts them on; an affine map from its landmarks to those of the picture, turned and
foreshortened as they are, takes them there. Cloth also follows what the map leaves over. They are lit as the
skin is, and cast a soft shadow on it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import Field, blurred, filled, laid
from facelib.editing.electrodes import RING
from facelib.editing.forehead import in_front
from facelib.editing.surface_normals import Lamp, Stance, lamp, stance
from facelib.editing.warp import coverage
from facelib.face import Face
from facelib.head.accessories import glasses, surgical_mask
from facelib.head.accessories.clearance import Cast
from facelib.head.accessories.thing import Worn
from facelib.head.geometry.arrays import load
from facelib.head.geometry.camera import DISTANCE, ZOOM
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.raster import rasterise
from facelib.head.head import Head
from facelib.head.jit import jit
from facelib.head.rendering.render import pose

Doubles = npt.NDArray[np.float64]

SAMPLES: Final = 2  # of a pixel, along each side
_UPPER: Final = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 193, 417, 122, 351, 127, 356, 234, 454, 162, 389, 21, 251,
    116, 345, 143, 372, 226, 446, 9, 8, 107, 336, 70, 300,
)  # fmt: skip
"""Landmarks that hold glasses: corners of the eyes, bridge of the nose, brows, temples."""
_LOWER: Final = (
    197, 195, 5, 4, 1, 168, 6, 50, 280, 101, 330, 116, 345, 123, 352, 147, 376, 213, 433, 192, 416, 138, 367,
    172, 397, 136, 365, 150, 379, 149, 378, 176, 400, 148, 377, 152, 175, 199, 208, 428, 132, 361, 58, 288,
    93, 323, 234, 454, 127, 356, 117, 346, 205, 425, 187, 411, 36, 266, 49, 279,
)  # fmt: skip
"""Landmarks that hold a mask: nose, cheeks, jaw and chin; not the mouth, which moves under it."""
_SOFT: Final = 0.22  # dm; how far around it a landmark moves cloth
_BRIDGE: Final = 168  # landmark at the root of the nose
_BESIDE: Final = (0.35, 0.15)  # dm behind it: where the side of the head begins, and how gradually
_AHEAD, _HALFWAY = np.array([0.0, 0.2, 0.98]), np.array([0.2, 0.5, 0.84])
_TAKES, _SHEEN = np.float32(0.10), np.float32(0.035)  # of the light: what a clear lens takes and mirrors
_SHADOW: Final = (0.42, 0.014, 0.016)  # share of the light; its blur and how far down it lies, in face widths
_GLINT: Final = 0.05


class Piece(NamedTuple):
    """One accessory of the dummy."""

    thing: Worn
    held: tuple[int, ...]  # landmarks that hold it
    follows: Floats | None  # (n, held) how much each vertex goes along with each of them; None: it is stiff
    behind: Floats  # (n,) 1: beside the head, where hair may lie over it
    close: bool  # it lies on the face: nothing hides it


class Dummy(NamedTuple):
    """A head of average shape that wears something, at rest and frontal, dm."""

    marks: Doubles  # (478, 3) its landmarks
    skin: Floats  # (N, 3) its coarse vertices
    pieces: tuple[Piece, ...]
    rims: tuple[Doubles, ...]  # outlines (k, 3) of lenses


@lru_cache(64)
def _dummy(weight: float, pulled: float, size: int) -> Dummy:
    head = Head(expression="neutral", glasses=weight, mask=pulled)
    vertices, marks = _bare()
    pieces = []
    for make in (surgical_mask.made, surgical_mask.loops, glasses.made):
        thing = make(head, vertices, size)
        if thing is None or not thing.opacity:
            continue
        stiff = make is glasses.made
        front = float(marks[_BRIDGE, 2]) - _BESIDE[0]
        behind = np.clip((front - thing.vertices[:, 2]) / _BESIDE[1], 0, 1).astype(np.float32)
        held = _UPPER if stiff else _LOWER
        follows = None if stiff else _following(marks[list(held)], thing.vertices)
        close = make is surgical_mask.made
        pieces.append(Piece(thing, held, follows, 0 * behind if close else behind, close))
    rims: tuple[Doubles, ...] = ()
    if weight:
        cast = Cast(head)
        rim = glasses.front(cast).rim()
        rims = tuple(rim * side + cast.origin for side in ([1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]))
    return Dummy(marks, vertices[: len(load().base)], tuple(pieces), rims)


def _following(marks: Doubles, places: Floats) -> Floats:
    """Return the shares (n, k) of landmarks (k, 3) in what moves at places (n, 3)."""
    from scipy.spatial.distance import cdist

    share = np.exp((cdist(places, marks, "sqeuclidean") / (-2 * _SOFT**2)).astype(np.float32))
    return np.asarray(share / (share.sum(axis=1, keepdims=True) + np.float32(0.05)), np.float32)


@cache
def _bare() -> tuple[Floats, Doubles]:
    """Return the fine vertices (N, 3) of the average head and its landmarks (478, 3)."""
    geometry = load()
    vertices = pose(Head(expression="neutral"))[0]
    corners = vertices[geometry.landmark_vertices].astype(np.float64)
    return vertices, (corners * geometry.landmark_weights[:, :, None]).sum(axis=1)


@cache
def _hiding() -> Ints:
    """Return the triangles of the skin, coarse: they hide what is behind the head."""
    geometry = load()
    skin = np.zeros(len(geometry.base), bool)
    index = np.unique(geometry.triangles[geometry.parts == SKIN])
    skin[index[index < len(skin)]] = True
    found = np.ascontiguousarray(geometry.coarse_triangles[skin[geometry.coarse_triangles].all(axis=1)])
    found.flags.writeable = False
    return found


class Map(NamedTuple):
    """From the dummy to the picture: an affine map to px, and depths, (3, 3) and (3,)."""

    matrix: Doubles
    shift: Doubles

    @classmethod
    def of(cls, face: Face, marks: Doubles, held: tuple[int, ...]) -> Map:
        """Fit the map to landmarks that hold a thing."""
        dummy, there = marks[list(held)], face.landmarks[list(held)].astype(np.float64)
        middle, aim = dummy.mean(axis=0), there.mean(axis=0)
        stands = stance(face.landmarks)
        start = stands.scale * stands.rotation[:2] * [[1.0], [-1.0]]
        away = dummy - middle
        rest = (there - aim) - away @ start.T  # what pose and size leave: mended as far as it is sure
        pull = away.T @ away + np.diag([0.02, 0.02, 0.5]) * len(held)
        plane = start + np.linalg.solve(pull, away.T @ rest).T
        matrix = np.vstack([plane, stands.scale * stands.rotation[2]])
        return cls(matrix, np.array([*aim, 0.0]) - matrix @ middle)

    def __call__(self, places: npt.NDArray[np.floating]) -> Doubles:
        """Return x, y, px, and depth toward the camera, px, of places (n, 3)."""
        return np.asarray(places @ self.matrix.T + self.shift)


def dressed(face: Face, weight: float = 0.0, pulled: float = 0.0) -> Face:
    """Return the face with glasses, a mask or both drawn on it; its attributes stay.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    weight
        Of the frame of the glasses, see `Head.glasses`; 0: none.
    pulled
        How far a mask is pulled up, see `Head.mask`; 0: none.
    """
    if not (weight or pulled):
        return face
    stands = stance(face.landmarks)
    inside = coverage(face.landmarks, face.size)
    scene = _Scene(stands, lamp(face, stands), in_front(face, inside), inside)
    dummy = _dummy(weight, pulled, max(round(stands.scale * DISTANCE / ZOOM), 48))
    for number, piece in enumerate(dummy.pieces):
        if piece.held is _UPPER:
            face = _glazed(face, dummy, scene, min(weight / glasses.THIN, 1.0))
        face = _laid(face, dummy, number, scene)
    return face


class _Scene(NamedTuple):
    """The face and light of a picture before anything is drawn on it."""

    stands: Stance
    lit: Lamp
    in_front: Field  # (H, W), see `facelib.editing.forehead.in_front`
    inside: Field  # (H, W), how far each pixel is inside the face


def _width(face: Face) -> float:
    return float(np.ptp(face.landmarks[:FIRST_IRIS, 0]))


def _placed(face: Face, dummy: Dummy, piece: Piece) -> Doubles:
    """Return where the vertices (n, 3) of a thing stand in the picture, see `Map`."""
    to_picture = Map.of(face, dummy.marks, piece.held)
    points = to_picture(piece.thing.vertices)
    if piece.follows is not None:
        held = list(piece.held)
        points[:, :2] += piece.follows @ (face.landmarks[held] - to_picture(dummy.marks[held])[:, :2])
    return points


def _laid(face: Face, dummy: Dummy, number: int, scene: _Scene) -> Face:
    """Return the face with one of the dummy's things over it; the head and earlier things may hide it."""
    piece, size = dummy.pieces[number], face.size
    thing, points = piece.thing, _placed(face, dummy, piece)
    room = 2 + 4 * _SHADOW[1] * _width(face)
    low = np.clip(np.floor(points[:, :2].min(axis=0) - room).astype(int), 0, size[::-1])
    high = np.clip(np.ceil(points[:, :2].max(axis=0) + room).astype(int), 0, size[::-1])
    if not (low < high).all():
        return face
    rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
    part = np.zeros((*(high - low)[::-1], 5), np.float32)
    middle = (low + high) / 2
    ahead = _samples(points, middle)
    depth = np.zeros((part.shape[0] * SAMPLES, part.shape[1] * SAMPLES), np.float32)
    seen = np.full(depth.shape, -1, np.int32)
    if not piece.close:
        skin = Map.of(face, dummy.marks, piece.held)(dummy.skin)
        rasterise(_samples(skin, middle), _hiding(), True, 0, depth, seen)
        for other in dummy.pieces[:number]:
            over = _samples(_placed(face, dummy, other), middle)
            rasterise(over, _solid(other.thing), True, 0, depth, seen)
        seen[:] = -1
    triangles = _solid(thing)
    rasterise(ahead, triangles, True, 0, depth, seen)
    _colour(ahead, triangles, np.column_stack([_lit(thing, scene), piece.behind]), seen, part)
    shown = scene.in_front[rows, columns]
    if piece.held is _UPPER:
        shown = np.maximum(shown, _through_lenses(face, dummy)[rows, columns])
    hidden = part[..., 4] * (1 - shown)
    share = np.float32(thing.opacity) * (1 - hidden / np.maximum(part[..., 3], 1e-6))
    layer: Field = np.ascontiguousarray(part[..., :4] * share[..., None], np.float32)
    image = face.image.copy()
    dim = _shadow(layer[..., 3], scene.inside[rows, columns], _width(face))
    image[rows, columns] = laid(np.ascontiguousarray(image[rows, columns]), layer, dim)
    return face.replace(image=image)


def _solid(thing: Worn) -> Ints:
    triangles = np.ascontiguousarray(thing.triangles)
    triangles.flags.writeable = False  # the raster is compiled for such
    return triangles


def _lit(thing: Worn, scene: _Scene) -> Floats:
    """Return the linear light (n, 3) that the vertices of a thing send to the camera."""
    normals = thing.normals @ scene.stands.rotation.T
    usual = max(float(scene.lit.on(_AHEAD)), 0.3)
    shade = scene.lit.on(normals) / usual * (0.55 + 0.45 * thing.finish[:, 1])
    glint = _GLINT * thing.finish[:, 0] * np.maximum(normals @ _HALFWAY, 0) ** 30
    light = (thing.colours * shade[:, None] + glint[:, None]) * (scene.lit.white / RING)
    return np.asarray(light, np.float32)


def _shadow(cover: Field, inside: Field, width: float) -> Field:
    """Return what a thing that covers pixels leaves of the light on the skin around it."""
    share, blur, down = _SHADOW
    step = max(round(down * width), 1)
    shadow = np.zeros_like(cover)
    shadow[step:] = blurred(cover, blur * width)[:-step]
    shadow[shadow < 1 / 255] = 0
    return np.asarray(1 - np.float32(share) * shadow * inside)


def _samples(points: Doubles, middle: Doubles) -> Floats:
    """Return points as `facelib.head.geometry.raster.rasterise` wants them."""
    found = points * SAMPLES
    found[:, :2] -= middle * SAMPLES
    found[:, 2] = 2.0 + found[:, 2] / 1e4
    return found.astype(np.float32)


def _through_lenses(face: Face, dummy: Dummy) -> Field:
    """Return where (H, W) the lenses are: a temple is seen through the far one, up to the head."""
    to_picture = Map.of(face, dummy.marks, _UPPER)
    lenses = [filled(to_picture(rim)[:, :2], face.size) for rim in dummy.rims]
    return np.asarray(np.max(lenses, axis=0), np.float32)


def _glazed(face: Face, dummy: Dummy, scene: _Scene, share: float) -> Face:
    """Return the face seen through lenses: a little dimmer, with a pale sheen from above."""
    to_picture = Map.of(face, dummy.marks, _UPPER)
    layer, dim = np.zeros((*face.size, 4), np.float32), np.ones(face.size, np.float32)
    for rim in dummy.rims:
        outline = to_picture(rim)[:, :2]
        inside = np.float32(share) * filled(outline, face.size)
        rows, columns = np.nonzero(inside)
        low, extent = outline.min(axis=0), np.maximum(np.ptp(outline, axis=0), 1.0)
        place = (columns - low[0]) / extent[0] + 0.6 * (rows - low[1]) / extent[1]
        sheen = _SHEEN * np.exp(-(((place - 0.45) / 0.16) ** 2)) * inside[rows, columns]
        dim -= _TAKES * inside
        layer[rows, columns, :3] += sheen[:, None] * scene.lit.white
    layer[..., 3] = np.float32(1e-6) * (layer[..., 0] > 0)
    return face.replace(image=laid(face.image, layer, dim))


@jit
def _colour(
    points: Floats, triangles: Ints, colours: Floats, seen: npt.NDArray[np.int32], layer: Field
) -> None:
    """Fill in a layer (h, w, 5) from the triangles that are seen: colour, cover, cover beside the head."""
    rows, columns = seen.shape
    share = 1.0 / (SAMPLES * SAMPLES)
    for row in range(rows):
        for column in range(columns):
            t = seen[row, column]
            if t < 0:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x, y = column + 0.5 - columns * 0.5, row + 0.5 - rows * 0.5
            bx, by = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            cx, cy = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
            area = bx * cy - by * cx
            dx, dy = x - points[a, 0], y - points[a, 1]
            wb = min(max((dx * cy - dy * cx) / area, 0.0), 1.0)
            wc = min(max((bx * dy - by * dx) / area, 0.0), 1.0)
            wa = max(1.0 - wb - wc, 0.0)
            pixel = layer[row // SAMPLES, column // SAMPLES]
            for k in range(3):
                pixel[k] += share * (wa * colours[a, k] + wb * colours[b, k] + wc * colours[c, k])
            pixel[3] += share
            pixel[4] += share * (wa * colours[a, 3] + wb * colours[b, 3] + wc * colours[c, 3])
