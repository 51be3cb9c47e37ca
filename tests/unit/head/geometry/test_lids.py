"""Lids meet as an eye blinks, and never cross, wherever the eye looks and whatever else moves them."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import Head, sample_heads
from facelib.head.geometry import lids, mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.landmarks import place

pytestmark = pytest.mark.packages

EPSILON = 1e-4  # dm; a hundredth of a millimetre
HEADS = [
    Head(expression={}),
    Head(expression={}, age=85, seed=3),
    Head(expression={}, age=6, seed=4),
    Head(expression={}, asymmetry=1.0, seed=11),
    *(head.replace(expression={}) for head in sample_heads(4, seed=414)),
]
GAZES = [(0.0, 0.0), (0.0, -15.5), (0.0, 10.5), (21.0, -15.5), (-21.0, -8.0)]
RIMS = {"left": ((386, 374), (385, 380), (387, 373)), "right": ((159, 145), (158, 153), (160, 144))}
"""Landmarks on the upper and the lower lid, in pairs above each other."""


def gaps(head: Head) -> npt.NDArray[np.float32]:
    return lids.gaps(mesh.coarse(head))


def crossing(head: Head) -> npt.NDArray[np.float32]:
    """Return how far the lids cross beyond what the corners of the resting eyes do."""
    resting = np.minimum(lids.gaps(mesh.identity(head)), 0)
    return np.maximum(resting - gaps(head), 0)


@pytest.mark.one_case
@pytest.mark.parametrize("head", HEADS)
def test_lids_never_cross(head: Head) -> None:
    for blink, squint, wide, gaze in itertools.product((0, 0.3, 0.7, 1), (0, 0.5, 1), (0, 1), GAZES):
        moved = head.replace(expression={"eyeBlink": blink, "eyeSquint": squint, "eyeWide": wide}, gaze=gaze)
        assert crossing(moved).max() < EPSILON, (blink, squint, wide, gaze)


@pytest.mark.one_case
@pytest.mark.parametrize("expression", ["happy", "sad", "surprise", "fear", "disgust", "angry"])
@pytest.mark.parametrize("expression_set", ["tuned", "facs"])
def test_no_expression_crosses_them(expression: str, expression_set: str) -> None:
    for head in HEADS:
        for gaze in GAZES[:3]:
            moved = head.replace(expression_set=expression_set, expression=expression, gaze=gaze)
            assert crossing(moved).max() < EPSILON


@pytest.mark.parametrize("head", HEADS)
def test_a_blink_shuts_everyones_eyes(head: Head) -> None:
    assert gaps(head).max(axis=1).min() > 0.03  # dm; they were open
    for squint, gaze in itertools.product((0, 1), GAZES):
        shut = head.replace(expression={"eyeBlink": 1, "eyeSquint": squint}, gaze=gaze)
        assert gaps(shut).max() < EPSILON


def test_an_eye_shuts_steadily_whatever_else_opens_it() -> None:
    for head, others in itertools.product(HEADS, ({}, {"eyeWide": 1.0}, {"eyeSquint": 0.5})):
        widest = [
            gaps(head.replace(expression={"eyeBlink": blink, **others})).max(axis=1)
            for blink in np.linspace(0, 1, 11)
        ]
        assert (np.diff(widest, axis=0) < 1e-5).all()


def sum_of_units(head: Head) -> npt.NDArray[np.float32]:
    names = [str(name) for name in load().unit_names]
    units = mesh.unit_weights(head).items()
    moves = sum(np.float32(weight) * load().unit[names.index(name)] for name, weight in units)
    return np.asarray(mesh.identity(head) + moves)


def test_lids_that_do_not_cross_are_left_alone() -> None:
    head = Head(expression={"mouthSmile": 1.0, "eyeWide": 0.3, "eyeLookUp": 0.5, "eyeSquintLeft": 0.2})
    np.testing.assert_allclose(mesh.coarse(head), sum_of_units(head), atol=1e-6)


@pytest.mark.parametrize("blink", [0.2, 0.4, 0.6])
def test_half_a_blink_is_the_units_own_in_the_middle_and_closes_the_corners_along_with_it(
    blink: float,
) -> None:
    head = Head(expression={"eyeBlink": blink, "jawOpen": 0.5})
    own, plain, opened = gaps(head), lids.gaps(sum_of_units(head)), gaps(head.replace(expression={}))
    middle = slice(4, 7)
    np.testing.assert_allclose(own[:, middle], plain[:, middle], atol=2e-3)
    assert (own[:, 0] < plain[:, 0]).all()
    share = own / opened  # of the opening that is left; the unit closes the outer corner first
    assert np.ptp(share[:, :7]) < 0.12
    assert (share[:, 7:] < share[:, :7].max()).all()
    assert np.abs(mesh.coarse(head) - sum_of_units(head)).max() < 0.015  # dm


def test_one_eye_leaves_the_other_alone_and_left_mirrors_right() -> None:
    left, right = (
        mesh.coarse(Head(expression={unit: 1.0}, gaze=(0.0, -12.0)))
        for unit in ("eyeBlinkLeft", "eyeBlinkRight")
    )
    np.testing.assert_array_equal(left[load().mirror] * np.array([-1, 1, 1], np.float32), right)
    np.testing.assert_array_equal(lids.gaps(left)[1], gaps(Head(expression={}, gaze=(0.0, -12.0)))[1])


@pytest.mark.thorough
def test_the_landmarks_of_shut_eyes_meet_in_the_picture() -> None:
    for head, gaze in itertools.product(HEADS[:3], GAZES[:3]):
        opened, shut = (
            head.replace(expression={"eyeBlink": blink}, gaze=gaze).render(512).landmarks for blink in (0, 1)
        )
        for upper, lower in itertools.chain(*RIMS.values()):
            between = opened[lower, 1] - opened[upper, 1]
            assert abs(shut[lower, 1] - shut[upper, 1]) < max(0.3 * between, 2.0)


def test_lashes_go_with_the_lid() -> None:
    """The fine mesh's lashes end below the upper rim of a shut eye and above the cheek."""
    geometry = load()
    shut = mesh.fine(mesh.coarse(Head(expression={"eyeBlink": 1.0}, gaze=(0.0, -15.5))), geometry)
    points = place(shut, geometry.landmark_vertices, geometry.landmark_weights)
    tips = np.flatnonzero((geometry.lash > 0.9) & (np.abs(geometry.canonical[:, 0] - 0.32) < 0.05))
    upper = tips[geometry.canonical[tips, 1] > 7.3]
    rim = points[386, 1]
    assert len(upper) > 3
    assert (np.abs(shut[upper, 1] - rim) < 0.08).all()
