"""Glasses: rims around the eyes, a bridge over the nose, temples to the ears.

They are fitted to the resting person and stay there: no expression moves them. Lenses are drawn by
`facelib.head.accessories.lenses`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.head.accessories.clearance import Cast
from facelib.head.accessories.thing import Worn, coated, drawable, smooth_normals, sweep
from facelib.head.geometry import mesh
from facelib.head.geometry.makehuman import Floats, Ints
from facelib.head.rendering.skin import linear
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

Doubles = npt.NDArray[np.float64]

THIN = 0.2  # weight of a frame of wire
_WIRE, _HEAVY = 0.0065, 0.027  # dm; half the width of a rim at THIN and at 1
_DEEP, _TALL = 0.018, 0.036  # dm; half the depth of a heavy rim, half the height of a heavy temple
_METAL, _DARK = (0.50, 0.47, 0.44), (0.085, 0.075, 0.07)  # sRGB
_ADULT = 0.62  # dm; eye distance to which the lengths below belong
_NOSE, _LOWERED, _HEIGHT = 0.092, 0.025, 0.205  # dm; rim to midline, middle below the eyes, half the height
_TILT, _WRAP = 0.14, 1.2  # slope of the front (the lower edge nearer to the cheeks), dm radius of its curve
_CLEAR = 0.018  # dm between skin and frame
_SQUARE = 2.9  # exponent of the outline: 2 an ellipse, more is squarer
KNOTS, _ARCH, _ARM = 72, 9, 28  # of a rim, half the bridge, a temple
_CORNERS = 12

_FRAMES = ArrayCache(8 * 2**20)


class Front(NamedTuple):
    """Position of the front of a person's glasses, dm from the middle between the eyes."""

    middle: tuple[float, float]  # of the left lens
    half: tuple[float, float]  # width and height of a lens
    depth: float  # of the front on the midline at the height of the eyes

    def rim(self, share: float = 1.0) -> Doubles:
        """Return the outline (knots, 3) of the left lens, counterclockwise as the camera sees it."""
        turn = (np.arange(KNOTS) + 0.5) * (2 * np.pi / KNOTS)
        cosine, sine = np.cos(turn), np.sin(turn)
        x = np.sign(cosine) * np.abs(cosine) ** (2 / _SQUARE)
        y = np.sign(sine) * np.abs(sine) ** (2 / _SQUARE)
        x, y = x * (1 + 0.055 * y) + 0.02 * y, y * (1 + 0.07 * x)  # wider above, the outer corner raised
        return self.surface(
            self.middle[0] + self.half[0] * share * x, self.middle[1] + self.half[1] * share * y
        )

    def surface(self, x: Doubles, y: Doubles) -> Doubles:
        """Return points of the front (n, 3)."""
        return np.stack([x, y, self.depth + _TILT * y - x**2 / (2 * _WRAP)], axis=1)

    def beyond(self, points: Doubles) -> Doubles:
        """Return how far points (…, 3) lie in front of the lenses and rims; negative behind them.

        Below the rims and over the nose there is room: the less, the nearer to a rim.
        """
        x, y, z = np.moveaxis(points, -1, 0)
        below = np.maximum(self.middle[1] - 1.1 * self.half[1] - y, 0)
        nose = np.maximum(self.middle[0] - 1.0 * self.half[0] - np.abs(x), 0)
        return np.asarray(z - self.depth - _TILT * y + x**2 / (2 * _WRAP) - 3 * below - 6 * nose)

    @staticmethod
    def normals(points: Doubles) -> Doubles:
        """Return the direction (n, 3) in which the front looks at some of its points."""
        slopes = [points[:, 0] / _WRAP, np.full(len(points), -_TILT), np.ones(len(points))]
        return _directions(np.stack(slopes, axis=1))


def front(cast: Cast) -> Front:
    """Fit the front of glasses to a person: as wide as the head, and just clear of brows, cheeks and nose."""
    scale = cast.eye_distance / _ADULT
    ears = [float(cast.sideways(side, *np.array([[-0.45 * scale], [0.0]]))[0]) for side in (0, 1)]
    outer, inner = 0.90 * min(ears), _NOSE * scale
    half = ((outer - inner) / 2, _HEIGHT * (0.6 * scale + 0.4 * outer / 0.63))
    trial = Front(((outer + inner) / 2, -_LOWERED * scale), half, 0.0)
    x, y, z = np.concatenate([trial.rim(1.06), trial.rim(), trial.rim(0.94)]).T
    reach = np.maximum(cast.forward(x, y), cast.forward(-x, y)) - z
    return trial._replace(depth=float(reach.max()) + _CLEAR + 0.008)


def made(head: Head, vertices: Floats, size: int) -> Worn | None:  # noqa: ARG001, they stay where they are
    """Return the frame that a head wears (see `facelib.head.accessories.registry`)."""
    if not head.glasses:
        return None
    width, opacity = drawable(_width(head.glasses), size)
    least = drawable(0.0, size)[0]

    def make() -> Floats:
        frame = _frame(Cast(head), head.glasses, width, least)
        normals = smooth_normals(frame, _topology())
        seam = normals[_seam()] * np.array([0.0, 1.0, 1.0], np.float32)
        normals[_seam()] = seam / np.linalg.norm(seam, axis=1, keepdims=True)
        return np.concatenate([frame, normals], axis=1)

    shape = _FRAMES.get((*mesh.identity_key(head), head.glasses, least), make)
    dark = min(max((head.glasses - THIN) / 0.45, 0.0), 1.0)
    colour = linear(np.array(_METAL)) * (1 - dark) + linear(np.array(_DARK)) * dark
    return coated(shape[:, :3], shape[:, 3:], _topology(), colour, 3.0 - 1.2 * dark, opacity)


def _width(weight: float) -> float:
    """Return half the width of the rim, dm."""
    heavy = max((weight - THIN) / (1 - THIN), 0.0)
    return _WIRE * min(weight / THIN, 1.0) + (_HEAVY - _WIRE) * heavy


def _frame(cast: Cast, weight: float, width: float, least: float) -> Floats:
    """Return the vertices of a frame: rims, bridge, temples; each left, then right."""
    shape, heavy = front(cast), max((weight - THIN) / (1 - THIN), 0.0)
    deep = max(width * (1 - heavy) + _DEEP * heavy, least)
    tall = max(width * (1 - heavy) + _TALL * heavy, least)
    rim = shape.rim()
    flip = np.array([-1.0, 1.0, 1.0])
    parts = [
        part * k for part in (_rim(rim, width, deep), _bridge(cast, shape, width, deep)) for k in (1, flip)
    ]
    for side in (0, 1):
        arm = _temple(cast, shape, side, tall, max(0.45 * deep + 0.003, least))
        parts.append(arm if side == 0 else arm * flip)
    frame: Floats = (np.concatenate(parts) + cast.origin).astype(np.float32)
    return frame


def _section(a: float, b: float) -> Doubles:
    """Return a rounded outline (corners, 2) with half axes a and b, counterclockwise."""
    turn = (np.arange(_CORNERS) + 0.5) * (2 * np.pi / _CORNERS)
    cosine, sine = np.cos(turn), np.sin(turn)
    return np.stack(
        [a * np.sign(cosine) * np.abs(cosine) ** 0.6, b * np.sign(sine) * np.abs(sine) ** 0.6], axis=1
    )


def _rim(rim: Doubles, width: float, deep: float) -> Doubles:
    """Return the vertices of a rim; its outline lies across the rim's path."""
    along = _directions(np.roll(rim, -1, axis=0) - np.roll(rim, 1, axis=0))
    ahead = Front.normals(rim)
    outward = _directions(np.cross(along, ahead))
    return _vertices(rim, ahead, outward, _section(deep, width))


def _bridge(cast: Cast, shape: Front, width: float, deep: float) -> Doubles:
    """Return the vertices of the left half of the arch over the nose."""
    rim = shape.rim()
    start = rim[
        np.argmin(
            np.abs(rim[:, 1] - shape.middle[1] - 0.42 * shape.half[1]) + 9 * (rim[:, 0] > shape.middle[0])
        )
    ]
    t = np.linspace(1, 0, _ARCH)
    x, y = start[0] * t, start[1] + 0.10 * start[0] / 0.1 * (1 - t**2) * 0.35
    around = [(s * x + dx, y + dy) for s in (1, -1) for dx in (-0.02, 0.02) for dy in (-width, width)]
    skin = np.max([cast.forward(*place) for place in around], axis=0)
    need = max(float((skin + deep + _CLEAR - shape.surface(x, y)[:, 2]).max()), 0.0)
    path = shape.surface(x, y) + np.array([0.0, 0.0, 1.0]) * (need * (1 - t**4))[:, None]
    along = np.gradient(path, axis=0)
    along[-1] = (-1.0, 0.0, 0.0)  # level on the midline, where the halves meet
    along = _directions(along)
    ahead = _directions(np.cross(np.cross(along, [0.0, -_TILT, 1.0]), along))
    return _vertices(path, ahead, np.cross(along, ahead), _section(deep, width))


def _temple(cast: Cast, shape: Front, side: int, tall: float, thick: float) -> Doubles:
    """Return the vertices of a temple, on the left whichever side it fits: from the rim past the ear."""
    rim, ear = shape.rim(), cast.ear(side)
    height = shape.middle[1] + 0.40 * shape.half[1]
    start = rim[np.argmin(np.abs(rim[:, 1] - height) + 9 * (rim[:, 0] < shape.middle[0]))]
    corner = start + np.array([[0.0, 0.0, 0.0], [0.012, 0.0, -0.003], [0.020, 0.0, -0.014]])
    hinge = start + np.array([0.023, 0.0, -0.040])
    z = np.linspace(hinge[2], ear[2] + 0.01, _ARM - 6)
    y = np.interp(z, [ear[2] + 0.01, hinge[2]], [ear[1] - 0.035, hinge[1]])
    skin = np.max([cast.sideways(side, z, y + dy) for dy in (-tall, 0.0, tall)], axis=0)
    x = taut(z, np.maximum(skin + thick + _CLEAR, np.where(z == z[0], hinge[0], -np.inf)))
    end = np.array([x[-1], y[-1], z[-1]])
    hook = end + np.array([[-0.002, -0.008, -0.035], [-0.010, -0.045, -0.070], [-0.020, -0.115, -0.095]])
    path = np.concatenate([corner, np.stack([x, y, z], axis=1), hook])
    along = _directions(np.gradient(path, axis=0))
    up = _directions(np.cross(np.cross(along, [0.0, 1.0, 0.2]), along))
    return _vertices(path, up, np.cross(along, up), _section(tall, thick))


def taut(at: Doubles, least: Doubles) -> Doubles:
    """Return a line that bends outward only and lies nowhere below `least`: its concave hull."""
    hull: list[int] = []
    for k in np.argsort(at):
        while len(hull) > 1:
            a, b = hull[-2:]
            if (least[b] - least[a]) * (at[k] - at[a]) > (least[k] - least[a]) * (at[b] - at[a]):
                break
            hull.pop()
        hull.append(int(k))
    return np.interp(at, at[hull], least[hull])


def _vertices(path: Doubles, side: Doubles, out: Doubles, section: Doubles) -> Doubles:
    return np.asarray(
        (path[:, None] + section[None, :, :1] * side[:, None] + section[None, :, 1:] * out[:, None]).reshape(
            -1, 3
        )
    )


def _directions(vectors: Doubles) -> Doubles:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@cache
def _seam() -> Ints:
    """Return the vertices on the midline, where the halves of the bridge meet."""
    left = (2 * KNOTS + _ARCH - 1) * _CORNERS + np.arange(_CORNERS)
    return np.concatenate([left, left + _ARCH * _CORNERS]).astype(np.int32)


@cache
def _topology() -> Ints:
    """Return the triangles of a frame; mirrored parts run the other way round, the bridge has no caps."""
    triangles, first = [], 0
    for knots, closed, mirrored in (
        (KNOTS, True, False),
        (KNOTS, True, True),
        (_ARCH, False, False),
        (_ARCH, False, True),
        (_ARM, False, False),
        (_ARM, False, True),
    ):
        path = np.zeros((knots, 3), np.float32)
        part = sweep(path, path, path, _section(1, 1).astype(np.float32), closed)[1]
        part = part[: 2 * (knots - 1) * _CORNERS] if knots == _ARCH else part
        triangles.append((part[:, ::-1] if mirrored else part) + first)
        first += knots * _CORNERS
    return np.concatenate(triangles).astype(np.int32)
