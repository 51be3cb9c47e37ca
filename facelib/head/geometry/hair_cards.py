"""Hair cards: ribbons of strands that grow from the scalp, combed once on the base head.

A wisp is a ribbon of two rows of vertices. It is bound to a few points of the skull, so that it follows the
shape of every head but no expression. Everything is made on the person's left and mirrored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facelib.head.geometry.hair_pattern import STRANDED, WHOLE
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.textures import AXIS, hairline, is_ear, step

Doubles = npt.NDArray[np.float64]
STYLES = ("short", "long", "tied")
_CROWN = np.array([0.0, 8.42, -0.20])
_KNOT = np.array([0.0, 7.80, -0.92])  # where tied hair comes together
_UP = np.array([0.0, 1.0, 0.0])
_POINTS = 56  # of the skull that carry the hair
_NAPE = 6.8  # dm; short wisps grow above it
_EAR_ROOM = 0.12  # dm between long hair and the ears, which grow with age


@dataclass(frozen=True)
class Style:
    """Parameters of one hair style. Lengths in dm."""

    count: int  # wisps on one side
    knots: int  # points along a wisp
    length: Callable[[Doubles], Doubles]  # of wisps, by their roots
    width: float
    lift: float  # how steeply hair leaves the scalp
    thickness: float  # of the hair beneath the wisps
    gap: tuple[float, float]  # how far wisps lie above that
    cling: float  # how much of a larger gap closes at every step
    gravity: float
    wild: float  # how much single wisps stray
    flow: Callable[[Doubles, Doubles], Doubles]  # (positions, roots) -> combing direction
    over_ears: bool = False
    tip: float = 1.0  # how far down the strand pattern the wisps reach; 1 thins them out to the tip
    whole: float = 0.0  # share of the wisps, the innermost, that are whole: nothing shows through
    roll: float = 0.0  # radians by which hanging wisps turn about themselves: none has them all edge-on
    margin: float = 0.0  # dm inside the hairline that are painted only
    tufts: bool = False  # wisps run out into one point, instead of into strands


def _toward(points: Doubles, goal: Doubles) -> Doubles:
    vector = goal - points
    return np.asarray(vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-9))


def _on_top(roots: Doubles) -> Doubles:
    return step(7.75, 8.1, roots[:, 1]) * step(-0.5, 0.1, roots[:, 2])


def _short_flow(points: Doubles, roots: Doubles) -> Doubles:
    """Comb the top back and a little to the side, the sides back and down, the back down."""
    top = _on_top(roots)[:, None]
    back = _toward(points, _CROWN + np.array([0.0, 0.1, -0.5]))
    outward = np.column_stack([np.full(len(points), 0.35), np.full(len(points), 0.1), np.zeros(len(points))])
    behind = step(-0.1, -0.45, roots[:, 2])[:, None]
    side = np.array([0.0, -0.55, -1.0]) * (1 - behind) + np.array([0.0, -1.0, -0.15]) * behind
    return np.asarray(top * (back + outward) + (1 - top) * side)


def _short_length(roots: Doubles) -> Doubles:
    low = step(6.6, 7.7, roots[:, 1])
    return 0.10 + 0.16 * low + 0.28 * _on_top(roots)


def _long_flow(points: Doubles, roots: Doubles) -> Doubles:  # noqa: ARG001, all combs look alike
    """Part in the middle; comb to the side and back, then let it hang, clear of the face."""
    # heights (y) and depths (z) in dm at which the comb turns: our choice, by eye
    side = np.column_stack(
        [np.full(len(points), 0.8), np.full(len(points), -0.55), np.full(len(points), -0.60)]
    )
    down = np.tile([0.0, -1.0, 0.0], (len(points), 1))
    hang = step(8.05, 7.55, points[:, 1])[:, None]
    flow = side * (1 - hang) + down * hang
    flow[:, 2] -= 1.2 * step(0.35, 0.70, points[:, 2]) * step(8.05, 7.70, points[:, 1])
    low = step(6.9, 6.3, points[:, 1])
    flow[:, 0] -= 0.35 * low * np.clip((points[:, 0] - 0.62) / 0.3, -0.4, 1)
    flow[:, 0] -= 0.6 * step(7.4, 7.1, points[:, 1]) * np.clip((points[:, 0] - 0.86) / 0.2, 0, 1)
    return np.asarray(flow)


def _tied_flow(points: Doubles, roots: Doubles) -> Doubles:
    """Comb everything to the knot."""
    return _toward(points, _KNOT) + 0 * roots


# all numbers of the three styles: our choice, by eye
_COMBED = {
    "short": Style(
        1700,
        5,
        _short_length,
        0.034,
        0.26,
        0.05,
        (-0.008, 0.05),
        0.7,
        0.04,
        0.08,
        _short_flow,
        tufts=True,
    ),
    "long": Style(
        420,
        13,
        lambda roots: 0.35 + 1.15 * (roots[:, 1] - 5.8) + 0.12 * np.cos(9 * roots[:, 2]),
        0.108,
        0.15,
        0.045,
        (0.0, 0.07),
        0.7,
        0.06,
        0.07,
        _long_flow,
        over_ears=True,
        tip=0.5,
        whole=0.6,
        roll=0.8,
    ),
    "tied": Style(
        520,
        11,
        lambda roots: np.linalg.norm(roots - _KNOT, axis=1) * 1.25,
        0.07,
        0.05,
        0.03,
        (0.002, 0.012),
        0.9,
        0.0,
        0.03,
        _tied_flow,
        whole=0.7,
        margin=0.07,
        tufts=True,
    ),
}


def compile_wisps(
    base: Floats, canonical: Floats, normals: Floats, triangles: Ints, parts: npt.NDArray[np.uint8]
) -> dict[str, npt.NDArray[Any]]:
    """Return the hair of every style as arrays "<style>_…" (see `geometry.Hair`), and the skull's points.

    Parameters
    ----------
    base
        float32 (n, 3), coarse vertices, of which the skull's points are chosen.
    canonical, normals
        float32 (N, 3), fine vertices of the resting base head and their normals.
    """
    skin = np.unique(triangles[parts == SKIN])
    points, facing = canonical[skin].astype(np.float64), normals[skin].astype(np.float64)
    bare = ~is_ear(*points.T)
    covered, behind_ears = _Body(points, facing), _Body(points[bare], facing[bare])
    anchors = _anchors(base)
    arrays: dict[str, npt.NDArray[Any]] = {"anchors": anchors}
    for number, (name, style) in enumerate(_COMBED.items()):
        body = covered if style.over_ears else behind_ears
        roots = _roots(behind_ears, style, np.random.default_rng(100 + number))
        arrays |= {f"{name}_{key}": value for key, value in _comb(style, roots, body, number).items()}
        weights = _weights(arrays[f"{name}_vertices"], base[anchors])
        arrays[f"{name}_weights"] = weights
    return arrays


class _Body:
    """The surface that hair lies on."""

    def __init__(self, points: Doubles, normals: Doubles) -> None:
        self.points, self.normals = points, normals
        self.tree = cKDTree(points)

    def height(self, positions: Doubles) -> tuple[Doubles, Doubles]:
        """Return how far positions lie outside, and the surface's normals there."""
        # inverse-distance mean of the four nearest normals and heights
        gap, near = map(np.asarray, self.tree.query(positions, k=4))
        weight = 1 / (gap + 0.02) ** 2
        weight /= weight.sum(axis=1, keepdims=True)
        normal = (self.normals[near] * weight[:, :, None]).sum(axis=1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        offset = positions[:, None, :] - self.points[near]
        return ((offset * self.normals[near]).sum(axis=2) * weight).sum(axis=1), normal


def _roots(body: _Body, style: Style, rng: np.random.Generator) -> Doubles:
    """Return places on the scalp of the person's left, spread evenly, a third of them near the hairline.

    Short hair leaves the nape to the painted scalp: single wisps would stand off it.
    """
    count, lowest = style.count, 6.4 if style.over_ears else _NAPE
    x, y, z = body.points.T
    angle = np.arctan2(np.abs(x), z - AXIS)
    inside = hairline(angle, y)
    scalp = np.flatnonzero((inside > style.margin) & (x >= -1e-6) & (y > lowest) & ~_over_ear(body.points))
    edge = scalp[inside[scalp] < style.margin + 0.10]
    rim = _spread(body.points[edge], min(count // 3, len(edge)), rng)
    rest = _spread(body.points[scalp], min(count - len(rim), len(scalp)), rng)
    roots = np.concatenate([rim, rest])
    if len(roots) < count:
        extra = body.points[rng.choice(scalp, count - len(roots))] + rng.normal(
            0, 0.02, (count - len(roots), 3)
        )
        roots = np.concatenate([roots, extra])
    roots[:, 0] = np.abs(roots[:, 0])
    return rng.permutation(roots)


def _spread(points: Doubles, count: int, rng: np.random.Generator) -> Doubles:
    """Return `count` of the points, each far from those chosen before."""
    chosen = [int(rng.integers(len(points)))]
    gap = np.linalg.norm(points - points[chosen[0]], axis=1)
    for _ in range(count - 1):
        chosen.append(int(np.argmax(gap)))
        gap = np.minimum(gap, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return points[chosen].copy()


def _comb(style: Style, roots: Doubles, body: _Body, number: int) -> dict[str, npt.NDArray[Any]]:
    """Let every wisp grow: along the comb, off the head, down with its weight."""
    rng = np.random.default_rng(200 + number)
    count, knots = len(roots), style.knots
    angle = np.arctan2(roots[:, 0], roots[:, 2] - AXIS)
    deep = hairline(angle, roots[:, 1])
    fine = 0.45 + 0.55 * step(0.0, 0.14, deep)  # finer and shorter at the hairline
    uneven = 0.05 if style.over_ears else 0.2
    length = (
        style.length(roots) * rng.uniform(1 - uneven, 1 + uneven, count) * (fine if style.knots < 8 else 1.0)
    )
    position = roots.copy()
    # first direction: off the scalp, along the comb, and a little astray
    _, normal = body.height(position)
    stray = rng.normal(0, style.wild, (count, 3))
    direction = normal * style.lift + style.flow(position, roots) + stray
    layer = np.sort(rng.uniform(*style.gap, count))[::-1]  # the outermost are drawn first and hide the rest
    layer = layer * (0.35 + 0.65 * fine) + cap_height(style.thickness, deep)
    track = np.zeros((knots, count, 3))
    facing = np.zeros((knots, count, 3))
    for k in range(knots):
        # push the wisp out to its layer, or let it cling to the head
        height, normal = body.height(position)
        excess = layer * (0.2 if k == 0 else 1.0) - height
        if style.over_ears:
            excess += _EAR_ROOM * _near_ear(position)
        cling = style.cling * (step(7.15, 7.45, position[:, 1]) if style.over_ears else 1.0)
        position += (
            normal
            * np.where(excess > 0, np.minimum(excess, 0.3), excess * (1.0 if k == 0 else cling))[:, None]
        )
        position[:, 0] = np.maximum(position[:, 0], 0.0) if style.over_ears else position[:, 0]
        # below the ears long hair hangs free, facing away from a round head
        round_head = position - np.array([0.0, 0.0, 0.15])
        round_head[:, 1] = 0.15
        hanging = step(7.35, 6.95, position[:, 1])[:, None] * (1.0 if style.over_ears else 0.0)
        normal = (
            normal * (1 - hanging) + round_head / np.linalg.norm(round_head, axis=1, keepdims=True) * hanging
        )
        track[k], facing[k] = position, normal / np.linalg.norm(normal, axis=1, keepdims=True)
        # next direction: half of the last one, half of the comb, strays and weight; never into the head
        flow = style.flow(position, roots)
        flow -= normal * np.minimum((flow * normal).sum(axis=1), 0)[:, None] * 0.8
        direction = 0.5 * direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        direction += 0.5 * flow + stray * 0.35 - _UP * style.gravity
        unit = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        onward = position + unit * (length / (knots - 1))[:, None]
        stopped = _over_ear(onward) & (not style.over_ears)
        position = np.where(stopped[:, None], position, onward)
    if style.over_ears:  # what would fall over the forehead or the temples is left out
        x, y, z = track.transpose(2, 0, 1)
        ahead = (y > 7.3) & (hairline(np.arctan2(x, z - AXIS), y) < -0.05) & (z > 0.5)
        free = ~ahead.any(axis=0)
        track, facing, fine = track[:, free], facing[:, free], fine[free]
    return _ribbons(track, facing, style, fine, rng)


def _over_ear(points: Doubles) -> npt.NDArray[np.bool_]:
    """Return which points would cover the ear."""
    x, y, z = points.T
    return np.asarray((y < 7.38) & (y > 6.75) & (z < 0.62) & (z > -0.05) & (x > 0.7))


def _near_ear(points: Doubles) -> Doubles:
    """Return 1 over the ears, fading to 0 around them."""
    x, y, z = points.T
    return (
        step(6.6, 6.85, y)
        * step(7.62, 7.45, y)
        * step(-0.25, -0.02, z)
        * step(0.85, 0.6, z)
        * step(0.5, 0.68, x)
    )


def cap_height(thickness: float, inside: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return how far hair of a thickness raises the scalp at a distance inside the hairline."""
    return thickness * step(0.0, 0.2, inside)


THICKNESS = {name: style.thickness for name, style in _COMBED.items()}
KNOTS = {name: style.knots for name, style in _COMBED.items()}


def _ribbons(
    track: Doubles, facing: Doubles, style: Style, fine: Doubles, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Return vertices, triangles and what they carry for wisps on both sides."""
    knots, count = track.shape[:2]
    tangent = np.gradient(track, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    across = np.cross(facing, tangent)
    across /= np.maximum(np.linalg.norm(across, axis=2, keepdims=True), 1e-9)
    if style.roll:
        angle = rng.uniform(-style.roll, style.roll, count) * step(7.6, 7.1, track[..., 1])
        across = across * np.cos(angle)[..., None] + np.cross(tangent, across) * np.sin(angle)[..., None]
    out = np.cross(tangent, across) + 2.5 * facing
    out /= np.linalg.norm(out, axis=2, keepdims=True)
    along = np.linspace(0, 1, knots)
    down = along * style.tip
    width = style.width * (0.6 + 0.4 * fine) * rng.uniform(0.7, 1.25, count)
    taper = (1 - 0.55 * along**2) * (0.4 + 0.6 * step(0.0, 0.2, down))
    if style.roll:
        taper = taper * step(1.0, 0.8, along)  # pointed, where nothing else thins them
    taper = taper[:, None] * width
    vertices = np.stack(
        [track - across * taper[..., None] / 2, track + across * taper[..., None] / 2], axis=2
    )
    lean = 0.25
    normal = np.stack([out - lean * across, out + lean * across], axis=2)
    normal /= np.linalg.norm(normal, axis=3, keepdims=True)
    tint = np.broadcast_to(
        rng.normal(0, 0.35, (count, 2)) + rng.normal(0, 0.3, (count, 1)), (knots, count, 2)
    )
    lowest = STRANDED if style.tufts else 0
    variant = rng.integers(lowest, lowest + STRANDED, size=(count,))
    variant[round(count * (1 - style.whole)) :] = WHOLE  # the last are the innermost
    order = (1, 0, 2, 3)  # wisp, knot, edge, coordinate
    vertices, normal = vertices.transpose(order).reshape(-1, 3), normal.transpose(order).reshape(-1, 3)
    tangent = np.repeat(tangent.transpose(1, 0, 2).reshape(-1, 3), 2, axis=0)
    carried = np.column_stack(
        [
            tangent,
            tint.transpose(1, 0, 2).ravel(),
            np.tile(np.repeat(down, 2), count),
        ]
    )
    base = (np.arange(count)[:, None] * knots + np.arange(knots - 1)[None, :]).ravel() * 2
    first = np.stack([base, base + 1, base + 2], axis=1)
    second = np.stack([base + 1, base + 3, base + 2], axis=1)
    triangles = np.stack([first, second], axis=1).reshape(-1, 3)
    variants = np.repeat(variant, (knots - 1) * 2)
    n = len(vertices)
    flip = np.array([-1.0, 1.0, 1.0])
    mirrored = carried * np.array([-1.0, 1.0, 1.0, 1.0, 1.0])
    return {
        "vertices": np.concatenate([vertices, vertices * flip]),
        "normals": np.concatenate([normal, normal * flip]),
        "carried": np.concatenate([carried, mirrored]),
        "triangles": np.concatenate([triangles, triangles + n]).astype(np.int32),
        "variants": np.concatenate([variants, variants]).astype(np.uint8),
        "edges": np.tile(np.array([0, 1], np.uint8), n).astype(np.uint8),
    }


def _anchors(base: Floats) -> Ints:
    """Return coarse vertices spread over the skull, in mirror pairs (their mirror images are added)."""
    x, y, z = base.astype(np.float64).T
    skull = np.flatnonzero((y > 6.2) & (x >= -1e-6) & ((y > 7.75) | (z < 0.75)) & (np.abs(x) < 0.78))
    points = base[skull].astype(np.float64)
    chosen = _spread(points, _POINTS // 2, np.random.default_rng(7))
    left = cKDTree(base).query(chosen)[1]
    right = cKDTree(base).query(chosen * np.array([-1.0, 1.0, 1.0]))[1]
    return np.concatenate([left, right]).astype(np.int32)


def _weights(vertices: Doubles, anchors: Floats) -> Doubles:
    """Return the share (V, K) of every skull point in the motion of a hair vertex."""
    gap = np.linalg.norm(vertices[:, None, :] - anchors[None, :, :], axis=2)
    weight = np.exp(-((gap / 0.42) ** 2)) + 1e-6 / (gap + 0.1)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))
