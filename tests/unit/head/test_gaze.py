"""Gaze: degrees that the iris landmarks show, both eyes together, apart from everything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.head.expressions import activations
from facelib.head.gaze import FARTHEST, REACH
from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import place
from facelib.head.rendering import scene

pytestmark = pytest.mark.packages

IRIS = (473, 468)  # the person's left and right
CORNERS = ((362, 263), (133, 33))
REST = Head(expression={}, light="frontal")
PERSONS = [REST, *(REST.replace(seed=seed, age=30 + seed, gender=seed % 2) for seed in (3, 8, 15))]
GAZES = [
    (21.0, 0.0),
    (-21.0, 0.0),
    (10.0, 0.0),
    (-5.0, 0.0),
    (0.0, 10.5),
    (0.0, 5.0),
    (0.0, -15.5),
    (0.0, -8.0),
]


def shift(head: Head, gaze: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return how far a gaze moves both irises in the picture, right and up, in widths of the resting eyes.

    The picture stays when the eyes turn; corners of turned eyes follow the lids, so the resting ones count.
    """
    rest, turned = (one.render(512).landmarks.astype(np.float64) for one in (head, head.replace(gaze=gaze)))
    widths = np.array([np.linalg.norm(rest[outer] - rest[inner]) for outer, inner in CORNERS])
    moved: npt.NDArray[np.float64] = (turned - rest)[list(IRIS)] * [1, -1] / widths[:, None]
    return moved


def eyeball(head: Head) -> float:
    """Return how far the iris lies before the middle of the eyeball, in eye widths."""
    geometry = load()
    vertices = mesh.fine(mesh.identity(head), geometry).astype(np.float64)
    ball = vertices[scene.eye_vertices()[0]]
    middle = (ball.min(axis=0) + ball.max(axis=0)) / 2
    marks = [
        place(vertices[:, k : k + 2], geometry.landmark_vertices, geometry.landmark_weights) for k in (0, 1)
    ]
    points = np.concatenate([marks[0], marks[1][:, 1:]], axis=1)
    width = np.linalg.norm(points[CORNERS[0][0], :2] - points[CORNERS[0][1], :2])
    return float(np.linalg.norm(points[IRIS[0]] - middle) / width)


@pytest.mark.thorough
@pytest.mark.parametrize("gaze", GAZES)
def test_a_gaze_turns_both_irises_by_its_degrees(gaze: tuple[float, float]) -> None:
    """Positive yaw looks to the person's left (right in the picture), positive pitch up."""
    along = 0 if gaze[0] else 1
    for head in PERSONS:
        angles = np.degrees(np.arcsin(shift(head, gaze) / eyeball(head)))
        within = 0.7 if head == REST else 0.1 * abs(gaze[along])  # the average head; others' eyes differ
        np.testing.assert_allclose(angles[:, along], gaze[along], atol=within)
        np.testing.assert_allclose(angles[:, 1 - along], 0.0, atol=0.7)
        np.testing.assert_allclose(angles[0, along], angles[1, along], atol=0.5)  # both eyes alike


@pytest.mark.thorough
def test_left_mirrors_right() -> None:
    left, right = (shift(REST, (yaw, 4.0)) for yaw in (15.0, -15.0))
    np.testing.assert_allclose(left * [-1, 1], right[::-1], atol=1e-3)


def test_a_level_gaze_adds_nothing() -> None:
    for head in (Head(), Head(expression="sad", left=0.4, intensity=0.7), Head(expression="fear", palsy=0.5)):
        assert dict(head.units) == activations(head.recipe, head.intensity, head.left, head.right)
    straight = Head(gaze=(-0.0, 0))
    assert (straight, straight.key) == (Head(), Head().key)
    assert straight.gaze == (0.0, 0.0)


@pytest.mark.parametrize(
    "fields",
    [
        {"intensity": 0.0},
        {"left": 0.0},
        {"right": 0.2, "intensity": 0.5},
        {"palsy": 1.0},
        {"palsy": 1.0, "palsy_side": "right", "left": 0.1},
        {"expression": "surprise", "expression_set": "facs"},
    ],
)
def test_nothing_weakens_a_gaze(fields: dict[str, Any]) -> None:
    head = Head(**fields)
    before, after = mesh.unit_weights(head), mesh.unit_weights(head.replace(gaze=(10.5, -7.75)))
    turned = {name: after[name] - before.get(name, 0.0) for name in after if name.startswith("eyeLook")}
    half = dict.fromkeys(("eyeLookOutLeft", "eyeLookDownLeft", "eyeLookDownRight"), 0.5)
    assert turned == pytest.approx(half | {"eyeLookInRight": 10.5 / 22})
    assert {name: after[name] for name in after if name not in turned} == before


def test_an_expression_that_turns_the_eyes_adds_up_to_one() -> None:
    head = Head(expression={"eyeLookDown": 0.7, "eyeLookInRight": 0.25}, left=0.5)
    units = head.replace(gaze=(10.5, -7.75)).units
    assert units["eyeLookDownLeft"] == pytest.approx((0.35 + 0.5, 0.0))
    assert units["eyeLookDownRight"] == (0.0, 1.0)
    assert units["eyeLookInRight"] == pytest.approx((0.0, 0.25 + 10.5 / 22))
    assert units["eyeLookOutLeft"] == (0.5, 0.0)


def test_the_range_is_what_the_units_reach() -> None:
    units = Head(expression={}, gaze=(-FARTHEST, REACH["Up"])).units
    assert {name: sum(both) for name, both in units.items() if any(both)} == {
        "eyeLookOutRight": 1.0,
        "eyeLookInLeft": 21 / 22,
        "eyeLookUpLeft": 1.0,
        "eyeLookUpRight": 1.0,
    }
    assert Head(expression={}, gaze=(0, -REACH["Down"])).units["eyeLookDownRight"] == (0.0, 1.0)


@pytest.mark.parametrize(
    ("gaze", "message"),
    [
        ((22, 0), r"gaze yaw between -21 and 21; got 22"),
        ((0, 11), r"gaze pitch between -15\.5 and 10\.5; got 11"),
        ((0, -16), r"gaze pitch between -15\.5 and 10\.5; got -16"),
        ((float("nan"), 0), r"gaze yaw between .* got nan"),
        (("left", 0), r"gaze yaw between .* got 'left'"),
        ((1, 2, 3), r"gaze is \(yaw, pitch\) in degrees; got \(1, 2, 3\)"),
        ("up", r"gaze is \(yaw, pitch\) in degrees; got 'up'"),
        (5.0, r"gaze is \(yaw, pitch\) in degrees; got 5\.0"),
        (None, r"gaze is \(yaw, pitch\) in degrees; got None"),
    ],
)
def test_a_wrong_gaze_is_refused(gaze: Any, message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        Head(gaze=gaze)


def test_a_gaze_moves_neither_box_nor_skin_below_the_eyes() -> None:
    rest, turned = REST.render(224), REST.replace(gaze=(21.0, 0.0)).render(224)
    np.testing.assert_array_equal(rest.box, turned.box)
    changed = np.abs(rest.image.astype(int) - turned.image).max(axis=2) > 8
    rows = np.flatnonzero(changed.any(axis=1))
    height = rest.eyes[:, 1].mean()
    assert changed.any()
    assert np.abs(rows - height).max() < 25
