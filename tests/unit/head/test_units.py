"""Each of the 52 face units, on each side, moves the landmarks where its name says."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import FACE_UNITS, Head
from facelib.head.expressions import COMMON, PAIRED, SPLIT
from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import place
from facelib.head.geometry.makehuman import TONGUE

pytestmark = pytest.mark.packages

Points = npt.NDArray[np.float64]

MARKS = {  # landmark on the person's left, and the same on the right
    "inner brow": (285, 55),
    "middle of the brow": (334, 105),
    "outer brow": (293, 63),
    "upper lid": (386, 159),
    "lower lid": (374, 145),
    "iris": (473, 468),
    "cheekbone": (280, 50),
    "cheek": (411, 187),
    "wing of the nose": (358, 129),
    "corner": (291, 61),
    "upper lip": (270, 40),
    "lower lip": (405, 181),
    "edge of the upper lip": (310, 80),
    "middle of the upper lip": (0, 0),
    "middle of the lower lip": (17, 17),
    "edge of the lower lip": (14, 14),
    "chin": (152, 152),
}
WAYS = {  # axis and sign; "out" is away from the midline
    "up": (1, 1),
    "down": (1, -1),
    "forward": (2, 1),
    "back": (2, -1),
    "out": (0, 1),
    "in": (0, -1),
}
MOVES: dict[str, tuple[tuple[str, str, float], ...]] = {  # at least so many mm on the average face
    "browDown": (("inner brow", "down", 2), ("middle of the brow", "down", 2), ("inner brow", "in", 1)),
    "browInnerUp": (("inner brow", "up", 2),),
    "browOuterUp": (("outer brow", "up", 2), ("middle of the brow", "up", 2)),
    "cheekPuff": (("cheek", "forward", 5), ("cheek", "out", 1)),
    "cheekSquint": (("cheekbone", "up", 4), ("lower lid", "up", 0.5)),
    "eyeBlink": (("upper lid", "down", 5),),
    "eyeLookDown": (("iris", "down", 2), ("upper lid", "down", 2)),
    "eyeLookIn": (("iris", "in", 3),),
    "eyeLookOut": (("iris", "out", 3),),
    "eyeLookUp": (("iris", "up", 2), ("upper lid", "up", 0.5)),
    "eyeSquint": (("lower lid", "up", 2),),
    "eyeWide": (("upper lid", "up", 2),),
    "jawForward": (("chin", "forward", 4), ("middle of the lower lip", "forward", 4)),
    "jawOpen": (("chin", "down", 8), ("edge of the lower lip", "down", 20)),
    "mouthDimple": (("corner", "out", 3), ("corner", "back", 2)),
    "mouthFrown": (("corner", "down", 3),),
    "mouthFunnel": (
        ("edge of the upper lip", "forward", 2),
        ("corner", "in", 2),
        ("edge of the lower lip", "down", 4),
    ),
    "mouthLowerDown": (("lower lip", "down", 2),),
    "mouthPress": (("lower lip", "up", 2), ("corner", "out", 3)),
    "mouthPucker": (("corner", "in", 2), ("upper lip", "forward", 4), ("lower lip", "forward", 2)),
    "mouthRollLower": (("middle of the lower lip", "up", 2), ("edge of the lower lip", "back", 2)),
    "mouthRollUpper": (("middle of the upper lip", "down", 4), ("middle of the upper lip", "back", 4)),
    "mouthShrugLower": (("middle of the lower lip", "up", 3), ("middle of the lower lip", "forward", 1)),
    "mouthShrugUpper": (("middle of the upper lip", "up", 3), ("upper lip", "up", 1)),
    "mouthSmile": (("corner", "up", 8), ("corner", "out", 4)),
    "mouthStretch": (("corner", "out", 3),),
    "mouthUpperUp": (("upper lip", "up", 2),),
    "noseSneer": (("wing of the nose", "up", 2), ("inner brow", "down", 2)),
}
ASIDE = {"jawLeft": 1, "jawRight": -1, "mouthLeft": 1, "mouthRight": -1}
PERSONS = [
    Head(expression={}),
    Head(expression={}, seed=4, age=70, gender=1.0, ancestry={"african": 1}),
    Head(expression={}, seed=9, age=10, gender=0.0, ancestry={"asian": 1}),
]


@cache
def points(head: Head) -> Points:
    """Return the landmarks (478, 3), dm."""
    geometry = load()
    fine = mesh.fine(mesh.coarse(head), geometry).astype(np.float64)
    flat = [place(fine[:, k : k + 2], geometry.landmark_vertices, geometry.landmark_weights) for k in (0, 1)]
    return np.concatenate([flat[0], flat[1][:, 1:]], axis=1)


def moved(head: Head, **units: float) -> Points:
    """Return how far units move the landmarks (478, 3), mm."""
    return (points(head.replace(expression=units)) - points(head)) * 100


def along(way: Points, mark: str, direction: str, side: int) -> float:
    """Return the motion of a landmark of one side (0 the left) in a direction."""
    axis, sign = WAYS[direction]
    outward = -1 if axis == 0 and side == 1 else 1
    return float(way[MARKS[mark][side], axis] * sign * outward)


def test_every_unit_is_described() -> None:
    described = {f"{name}{side}" for name in PAIRED for side in ("Left", "Right")}
    described |= {name for name in (*SPLIT, *COMMON) if name in MOVES} | set(ASIDE)
    assert described | {"mouthClose", "tongueOut"} == set(FACE_UNITS)
    assert set(MOVES) < {*PAIRED, *SPLIT, *COMMON}


@pytest.mark.one_case
@pytest.mark.parametrize("head", PERSONS)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("name", [name for name in PAIRED if name in MOVES])
def test_a_unit_of_one_side(name: str, side: int, head: Head) -> None:
    way = moved(head, **{f"{name}{('Left', 'Right')[side]}": 1.0})
    half = moved(head, **{f"{name}{('Left', 'Right')[side]}": 0.5})
    for mark, direction, least in MOVES[name]:
        enough = least if head.seed == 0 else least / 2
        assert along(way, mark, direction, side) > enough, (mark, direction)
        assert along(half, mark, direction, side) > enough / 2.5
        assert abs(along(way, mark, direction, 1 - side)) < 0.06 * least


@pytest.mark.one_case
@pytest.mark.parametrize("head", PERSONS)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("name", [name for name in SPLIT if name in MOVES])
def test_a_unit_of_both_sides(name: str, side: int, head: Head) -> None:
    way = moved(head, **{name: 1.0})
    weak = moved(head.replace(**{("right", "left")[side]: 0.0}), **{name: 1.0})
    for mark, direction, least in MOVES[name]:
        enough = least if head.seed == 0 else least / 2
        assert along(way, mark, direction, side) > enough, (mark, direction)
        middle = MARKS[mark][0] == MARKS[mark][1]  # on the midline half a mouth moves half
        assert along(weak, mark, direction, side) > (0.4 if middle else 0.9) * enough
        if not middle:
            assert abs(along(weak, mark, direction, 1 - side)) < 0.06 * least


@pytest.mark.parametrize("head", PERSONS)
@pytest.mark.parametrize("name", [name for name in COMMON if name in MOVES])
def test_a_unit_of_the_jaw(name: str, head: Head) -> None:
    way = moved(head, **{name: 1.0})
    for mark, direction, least in MOVES[name]:
        assert along(way, mark, direction, 0) > (least if head.seed == 0 else least / 2)


@pytest.mark.parametrize("head", PERSONS)
@pytest.mark.parametrize("name", ASIDE)
def test_jaw_and_mouth_go_to_the_persons_side(name: str, head: Head) -> None:
    way = moved(head, **{name: 1.0})[:, 0] * ASIDE[name]
    jaw, lips = way[[152, 17, 14]], way[[0, 17, 13, 14]]
    assert (jaw if name.startswith("jaw") else lips).min() > 2
    assert np.abs(way[[33, 263, 9]]).max() < 0.05  # eyes and brow stay


@pytest.mark.parametrize("head", PERSONS)
def test_the_mouth_closes_over_an_open_jaw(head: Head) -> None:
    """mouthClose brings the lips together where jawOpen parted them; the chin stays down."""

    def gap(**units: float) -> float:
        lips = points(head.replace(expression=units))[[13, 14], 1]
        return float(lips[0] - lips[1]) * 100

    opened, closed = gap(jawOpen=1.0), gap(jawOpen=1.0, mouthClose=1.0)
    assert opened > 15
    assert abs(closed) < 0.2 * opened
    assert moved(head, jawOpen=1.0, mouthClose=1.0)[152, 1] < -5


@pytest.mark.parametrize("head", PERSONS)
def test_the_tongue_comes_out(head: Head) -> None:
    geometry = load()
    tongue = np.unique(geometry.triangles[geometry.parts == TONGUE])
    tongue = tongue[tongue < len(geometry.base)]
    way = mesh.coarse(head.replace(expression={"tongueOut": 1.0})) - mesh.coarse(head)
    tip = tongue[np.argmax(mesh.coarse(head)[tongue, 2])]
    assert way[tip, 2] > 0.1  # dm forward
    lips = points(head)[13, 2]
    assert mesh.coarse(head.replace(expression={"tongueOut": 1.0, "jawOpen": 0.5}))[tongue, 2].max() > lips


def test_brows_rise_at_the_end_that_is_named() -> None:
    inner, outer = moved(PERSONS[0], browInnerUp=1.0), moved(PERSONS[0], browOuterUp=1.0)
    for side in (0, 1):
        assert along(inner, "inner brow", "up", side) > 3 * along(inner, "outer brow", "up", side)
        assert along(outer, "outer brow", "up", side) > 3 * along(outer, "inner brow", "up", side)
