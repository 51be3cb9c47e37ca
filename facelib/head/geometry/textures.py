"""Texture maps of the skin over the unrolled head, independent of the person.

The head is unrolled onto a cylinder around its vertical axis; only one half is kept, since everything here
is a function of |x|. Columns run from the middle of the face to the back of the head, rows from the crown
down to the shoulders. Everything stays glued to the skin under any identity, expression and pose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from facelib.head.geometry.brows import BROW_SCALE, BROW_TOP, brow_strokes
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.noise import noise
from facelib.head.geometry.raster import rasterise

Array = npt.NDArray[Any]

HEIGHT, WIDTH = 960, 704
TOP, BOTTOM = 8.5, 5.7  # dm
AXIS = 0.45  # dm; z of the cylinder's axis
FRONT, FRONT_SHARE = np.radians(100.0), 0.8  # the first 100° get most of the columns

LEVELS = 3  # the maps themselves, halved once, halved twice
PIGMENTS = (
    "mottle",
    "mottle_other",
    "pores",
    "red",
    "shade",
    "stubble",
    "hairline",
    "strands",
    "spots",
    "brow_thin",
    "brow_full",
)
RELIEFS = {"pores": 0.0022, "crepe": 0.006, "forehead": 0.012, "frown": 0.0085, "eye": 0.007, "fold": 0.017}
"""Reliefs and their depth in dm. An expression deepens the last four, the wrinkles."""
SLOPE = 100.0  # stored slope: 127 is a slope of 1.27


def column(angle: Array) -> Array:
    """Return the column, in [0, 1], of an angle from the middle of the face."""
    front = angle / FRONT * FRONT_SHARE
    back = FRONT_SHARE + (angle - FRONT) / (np.pi - FRONT) * (1 - FRONT_SHARE)
    return np.asarray(np.where(angle < FRONT, front, back))


@dataclass(frozen=True)
class Chart:
    """Canonical position (H, W, 3) of every texel of the half head, and its angle (H, W)."""

    position: Floats
    angle: Floats

    @property
    def x(self) -> Floats:
        """Distance from the midline."""
        return self.position[..., 0]

    @property
    def y(self) -> Floats:
        """Height."""
        return self.position[..., 1]

    @property
    def z(self) -> Floats:
        """Depth; grows out of the face."""
        return self.position[..., 2]

    def noise(self, frequency: float, octaves: int, seed: int, stretch: tuple[float, float, float]) -> Floats:
        """Return noise over the chart."""
        points = np.ascontiguousarray((self.position * np.array(stretch, np.float32)).reshape(-1, 3))
        return np.asarray(noise(points, frequency, octaves, seed)).reshape(self.angle.shape)


def chart(canonical: Floats, triangles: Ints, parts: npt.NDArray[np.uint8]) -> Chart:
    """Unroll the skin: the outermost surface in every direction."""
    x, y, z = np.asarray(canonical, np.float64).T
    angle = np.arctan2(np.abs(x), z - AXIS)
    radius = np.hypot(x, z - AXIS)
    points = np.stack([column(angle) * WIDTH, (TOP - y) / (TOP - BOTTOM) * HEIGHT, radius], axis=1)
    corner = x[triangles]
    half = triangles[(parts == SKIN) & (corner.min(axis=1) > -1e-4)]
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    seen = np.full((HEIGHT, WIDTH), -1, np.int32)
    points = points.astype(np.float32)
    rasterise(points - np.array([WIDTH / 2, HEIGHT / 2, 0], np.float32), half, False, 0, depth, seen)
    rows, columns = np.nonzero(seen >= 0)
    a, b, c = half[seen[rows, columns]].T
    px, py = columns + 0.5, rows + 0.5
    area = _cross(points, a, b, points[c, 0], points[c, 1])
    wc = _cross(points, a, b, px, py) / area
    wa = _cross(points, b, c, px, py) / area
    wb = 1 - wa - wc
    position = np.zeros((HEIGHT, WIDTH, 3))
    position[rows, columns] = (
        wa[:, None] * canonical[a] + wb[:, None] * canonical[b] + wc[:, None] * canonical[c]
    )
    hole = (seen < 0).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros((label.max() + 1, 3))
    nearest[label[rows, columns]] = position[rows, columns]
    position = nearest[label]
    return Chart(position.astype(np.float32), np.arctan2(position[..., 0], position[..., 2] - AXIS))


def _cross(points: Floats, a: Ints, b: Ints, x: Array, y: Array) -> npt.NDArray[np.float64]:
    ax, ay = points[a, 0].astype(np.float64), points[a, 1].astype(np.float64)
    return np.asarray((points[b, 0] - ax) * (y - ay) - (points[b, 1] - ay) * (x - ax))


def step(low: float, high: float, value: Array) -> Array:
    """Return 0 below `low`, 1 above `high` and a smooth step between; low > high falls."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bell(value: Array, width: float) -> Array:
    """Return a Gaussian bump of unit height."""
    return np.asarray(np.exp(-((value / width) ** 2)))


_HAIRLINE = np.array(  # angle in degrees, height of the hairline in dm
    [
        (0, 8.00),
        (14, 8.01),
        (28, 8.0),
        (42, 7.93),
        (54, 7.78),
        (63, 7.60),
        (70, 7.40),
        (75, 7.20),
        (79, 7.12),
        (84, 7.12),
        (88, 7.22),
        (92, 7.29),
        (100, 7.31),
        (108, 7.25),
        (116, 7.06),
        (124, 6.9),
        (135, 6.68),
        (150, 6.55),
        (180, 6.5),
    ]
)


def hairline(angle: Array, y: Array) -> Array:
    """Return the distance to the hairline, about dm, positive inside the hair."""
    from scipy.interpolate import PchipInterpolator

    line = PchipInterpolator(_HAIRLINE[:, 0], _HAIRLINE[:, 1])
    degrees = np.degrees(angle)
    slope = line(degrees, 1) * 57.3 / 1.0  # dm per dm at a radius of 1 dm
    return (y - line(degrees)) / np.sqrt(1 + slope**2)


def is_ear(x: Array, y: Array, z: Array) -> npt.NDArray[np.bool_]:
    """Return which canonical points belong to an ear."""
    return np.asarray((y < 7.42) & (y > 6.75) & (z < 0.58) & (z > -0.08) & (np.abs(x) > 0.735))


def pigments(c: Chart) -> dict[str, Floats]:
    """Return the pigments of the skin, each in [0, 1] (mottling, pores and the hairline around 0.5)."""
    x, y, z = c.x, c.y, c.z
    plain = (1.0, 1.0, 1.0)
    fade = step(8.45, 8.1, y)
    mottle = c.noise(3.0, 4, 11, plain)
    other = c.noise(3.5, 4, 77, plain)
    pores = c.noise(34.0, 3, 5, plain) * fade
    cheeks = bell(np.hypot((x - 0.43) / 1.1, y - 6.95), 0.2) * step(0.8, 1.15, z)
    nose = bell(np.hypot(x, (y - 6.93) / 1.1), 0.13) * step(1.45, 1.62, z)
    chin = 0.5 * bell(np.hypot(x, y - 6.32), 0.12) * step(1.1, 1.4, z)
    ears = 0.8 * step(0.72, 0.80, x) * step(6.7, 6.85, y) * step(7.5, 7.4, y)
    brow_bone = 0.25 * bell(np.hypot(x - 0.3, (y - 7.62) / 1.4), 0.2) * step(0.9, 1.2, z)
    red = (cheeks + nose + chin + ears + brow_bone) * (1 + 0.35 * other)
    bags = bell(np.hypot((x - 0.30) / 1.5, y - 7.17), 0.075) * 0.9
    lids = bell(np.hypot((x - 0.32) / 1.5, (y - 7.36) / 0.8), 0.075) * 0.75
    corner = bell(np.hypot(x - 0.175, y - 7.28), 0.055)
    shade = np.clip(bags + lids + 0.6 * corner, 0, 1) * step(0.7, 0.95, z)
    return {
        "mottle": 0.5 + 0.6 * mottle * fade,
        "mottle_other": 0.5 + 0.6 * other * fade,
        "pores": 0.5 + 0.55 * pores,
        "red": red,
        "shade": shade,
        "stubble": _stubble(c),
        "hairline": np.where(is_ear(x, y, z), 0.0, 0.5 + hairline(c.angle, y) / 0.8),
        "strands": 0.5
        + 0.55 * c.noise(9.0, 3, 21, (2.2, 0.25, 2.2))
        + 0.2 * c.noise(30.0, 2, 23, (2.0, 0.2, 2.0)),
        "spots": _spots(c, mottle) * fade,
    }


def _spots(c: Chart, mottle: Floats) -> Floats:
    """Return the spots of age: few large and pale, many small and dark, most on forehead, temples, cheeks."""
    plain = (1.0, 1.0, 1.0)
    ragged = 0.14 * c.noise(45.0, 3, 47, plain)
    large = 0.7 * step(0.36, 0.58, c.noise(8.0, 2, 41, plain) + ragged)
    small = 0.8 * step(0.42, 0.66, c.noise(19.0, 1, 43, plain) + ragged)
    outer = 0.35 + 0.65 * step(0.18, 0.42, c.x + 0.5 * np.maximum(c.y - 7.6, 0))
    where = outer * step(6.05, 6.3, c.y) * step(-0.35, 0.2, mottle)
    return np.asarray(np.clip(np.maximum(large, small) * where, 0, 1))


def _stubble(c: Chart) -> Floats:
    """Return where a beard grows, with the dots of single hairs."""
    x, y, z = c.x, c.y, c.z
    angle = np.degrees(c.angle)
    top = np.interp(
        angle, [0, 14, 22, 30, 45, 60, 70, 78, 86, 95], [6.5, 6.52, 6.6, 6.66, 6.72, 6.8, 6.95, 7.1, 7.1, 6.6]
    )
    ragged = 0.03 * c.noise(26.0, 2, 63, (1.6, 0.7, 1.6))
    cheek = step(0.09, -0.09, y - top + ragged) * step(96, 72, angle + 200 * ragged)
    under = step(5.95, 6.22, y + 2 * ragged)
    moustache = (
        bell((y - (6.77 - 0.30 * np.maximum(x - 0.08, 0))) / 1.0, 0.055) ** 0.8
        * step(0.36, 0.24, x)
        * step(1.2, 1.3, z)
    )
    mouth = 1 - step(1.15, 0.9, np.hypot(x / 0.285, (y - 6.605) / 0.125))
    bare = 1 - 0.75 * bell(np.hypot((x - 0.13) / 1.0, (y - 6.45) / 0.7), 0.055)
    region = np.clip(np.maximum(cheek * mouth * bare, moustache), 0, 1) * under
    dots = 0.55 + 0.85 * c.noise(56.0, 2, 61, (1.5, 0.6, 1.5))
    region *= step(0.735, 0.70, x + np.where((y > 6.60) & (z < 0.64), 0.0, -1.0))  # none on the ear's lobe
    return np.asarray(np.clip(region * (0.42 + dots * 0.58), 0, 1))


def brows(c: Chart) -> dict[str, Floats]:
    """Return the eyebrows, drawn hair by hair, thin and full."""
    x, y, z = c.x, c.y, c.z
    result = {}
    for name, half, hairs, seed in (("brow_thin", 0.026, 260, 3), ("brow_full", 0.043, 420, 4)):
        picture = brow_strokes(half, hairs, seed)
        columns = (x / BROW_SCALE).astype(np.float32)
        lines = ((BROW_TOP - y) / BROW_SCALE).astype(np.float32)
        drawn = cv2.remap(picture, columns, lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        result[name] = drawn * step(0.75, 0.95, z)
    return result


def relief(c: Chart) -> dict[str, Floats]:
    """Return heights, in units of a typical depth; furrows are negative."""
    x, y, z = c.x, c.y, c.z
    plain = (1.0, 1.0, 1.0)
    wave = 0.018 * c.noise(4.0, 2, 51, plain)
    front = step(0.9, 1.15, z)
    forehead = np.zeros_like(x)
    for height, strength, tilt in (
        (7.63, 0.8, 0.03),
        (7.71, 1.0, 0.02),
        (7.795, 1.0, 0.0),
        (7.88, 0.7, -0.02),
    ):
        line = height + tilt * np.cos(x * 7) + wave * 1.6
        forehead -= (
            strength
            * bell(y - line, 0.012)
            * step(0.50, 0.30, x + 0.1 * c.noise(5.0, 1, int(height * 100), plain))
        )
    frown = -bell(x - (0.055 + 0.10 * (y - 7.45)) + wave * 0.5, 0.011) * bell(y - 7.50, 0.075)
    frown -= 0.6 * bell(y - 7.335 + 0.4 * wave, 0.010) * step(0.10, 0.05, x)
    eye = np.zeros_like(x)
    for turn in (-0.75, -0.38, 0.0, 0.38, 0.72):
        line = 7.27 + turn * (x - 0.40) + wave
        eye -= bell(y - line, 0.0085) * step(0.455, 0.50, x) * step(0.62, 0.53, x)
    below = 7.195 - 0.11 * np.sin(np.clip((x - 0.17) / 0.28, 0, 1) * np.pi) * 0.55 + wave * 0.4
    eye -= 0.8 * bell(y - below, 0.010) * step(0.17, 0.22, x) * step(0.46, 0.40, x)
    eye -= 0.4 * bell(y - below + 0.032, 0.009) * step(0.2, 0.26, x) * step(0.45, 0.38, x)
    fold_x = 0.175 + 0.42 * np.clip(6.98 - y, 0, 1) ** 0.9 - 0.10 * np.clip(6.98 - y, 0, 1) ** 2
    fold = -bell(x - fold_x - wave * 0.3, 0.026) * step(7.0, 6.90, y) * step(6.50, 6.66, y)
    fold += (
        0.8 * bell(x - fold_x - 0.075, 0.05) * step(7.02, 6.9, y) * step(6.52, 6.7, y)
    )  # the cheek over it
    fold -= (
        0.65
        * bell(x - (0.285 + 0.16 * (6.55 - y)) - wave * 0.3, 0.015)
        * step(6.60, 6.53, y)
        * step(6.27, 6.40, y)
    )
    return {
        "pores": 0.32 * c.noise(30.0, 2, 5, plain) * step(8.45, 8.1, y),
        "forehead": forehead * front,
        "frown": frown * front,
        "eye": eye * step(0.45, 0.62, z),
        "fold": fold * front,
        "crepe": _slack(c, wave) * step(8.45, 8.1, y),
    }


def _slack(c: Chart, wave: Floats) -> Floats:
    """Return the relief of old skin at rest: crepe, fine lines, bags under the eyes, jowls, a folded neck."""
    x, y = c.x, c.y
    front = step(0.75, 1.0, c.z)
    height = 0.24 * c.noise(16.0, 3, 71, (1.0, 1.6, 1.0)) + 0.16 * c.noise(9.0, 2, 73, (0.5, 2.4, 0.5))
    neck = sum(bell(y - level - 0.05 * np.cos(c.angle * 1.5) + wave, 0.014) for level in (6.02, 5.9, 5.78))
    height = height - 0.5 * neck * step(6.15, 6.05, y)
    across = (x - 0.30) / 0.15  # −1 … 1 over the lower lid
    bag = 7.165 - 0.045 * (1 - across**2)
    height += 2.0 * bell(y - bag, 0.040) * step(1.0, 0.55, np.abs(across)) * front
    height -= 1.0 * bell(y - bag + 0.066, 0.020) * step(1.1, 0.5, np.abs(across - 0.05)) * front
    lines = 0.5 + 0.5 * np.cos(130.0 * x + 30.0 * wave + 3.0 * c.noise(7.0, 1, 75, (1.0, 1.0, 1.0)))
    lips = bell(y - 6.705 + 0.06 * (x / 0.2) ** 2, 0.042) + 0.7 * bell(
        y - 6.50 - 0.06 * (x / 0.2) ** 2, 0.035
    )
    height -= 0.55 * lines**4 * lips * step(0.24, 0.16, x) * step(0.02, 0.05, x) * front
    height -= 0.8 * bell(y - 6.455 - 0.35 * x**2 + wave * 0.4, 0.016) * step(0.17, 0.08, x) * front
    for start, strength in (
        (0.385, 0.6),
        (0.445, 0.5),
        (0.51, 0.35),
    ):  # beside the mouth, where a smile folds
        line = start + 0.30 * (y - 6.62) ** 2 / 0.3 + 0.12 * (6.62 - y) + wave * 0.5
        height -= strength * bell(x - line, 0.011) * step(6.86, 6.74, y) * step(6.36, 6.5, y) * front
    jowl = np.hypot((x - 0.43) / 0.12, (y - 6.29) / 0.10)
    height += 2.0 * bell(jowl, 1.0) * step(0.55, 0.8, c.z)
    return np.asarray(height)


def gradients(c: Chart, height: Floats, depth: float) -> tuple[Floats, Floats]:
    """Return the slope of a relief of `depth` dm along the angle and upward."""
    radius = np.maximum(np.hypot(c.x, c.z - AXIS), 0.3)
    per_column = np.gradient(c.angle, axis=1) * radius
    along = np.gradient(height, axis=1) / np.maximum(np.abs(per_column), 1e-4) * depth
    up = -np.gradient(height, axis=0) / ((TOP - BOTTOM) / HEIGHT) * depth
    return along.astype(np.float32), up.astype(np.float32)


def compile_maps(
    canonical: Floats, triangles: Ints, parts: npt.NDArray[np.uint8]
) -> dict[str, npt.NDArray[np.uint8] | npt.NDArray[np.int8]]:
    """Return the maps of every level, interleaved.

    "pigment_<level>" is uint8 (H, W, pigments and the darkness of the reliefs without pores), "slope_<level>"
    is int8 (H, W, 2 × reliefs): along the angle and upward.
    """
    half = chart(canonical, triangles, parts)
    heights = relief(half)
    layers = pigments(half) | brows(half)
    planes = [layers[name] for name in PIGMENTS] + [
        np.clip(-heights[name], 0, 1) for name in list(RELIEFS)[1:]
    ]
    slopes = [slope for name, depth in RELIEFS.items() for slope in gradients(half, heights[name], depth)]
    pigment = np.stack(planes, axis=2).clip(0, 1).astype(np.float32)
    slope = np.stack(slopes, axis=2).clip(-1.27, 1.27)
    arrays: dict[str, Array] = {}
    for level in range(LEVELS):
        arrays[f"pigment_{level}"] = np.round(pigment * 255).astype(np.uint8)
        arrays[f"slope_{level}"] = np.round(slope * SLOPE).astype(np.int8)
        pigment, slope = _halved(pigment), _halved(slope)
    return arrays


def _halved(planes: Floats) -> Floats:
    height, width, n = planes.shape
    return np.asarray(planes.reshape(height // 2, 2, width // 2, 2, n).mean(axis=(1, 3)))
