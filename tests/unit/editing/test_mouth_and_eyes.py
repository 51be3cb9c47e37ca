"""Lips and lids slide over teeth and eyes, and never cross."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.editing.mouth_and_eyes import EYES, MOUTH, held, slid
from facelib.faces import Head
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between

pytestmark = pytest.mark.packages
DOWN = np.array([0.0, 1.0])


@pytest.mark.parametrize("opening", [MOUTH, *EYES])
def test_columns_run_from_left_to_right_and_end_in_the_corners(opening: object) -> None:
    assert opening.upper[0] == opening.lower[0]  # type: ignore[attr-defined]
    assert opening.upper[-1] == opening.lower[-1]  # type: ignore[attr-defined]
    points = Head(expression="surprise").render(320).landmarks.astype(float)
    for rim in (opening.upper, opening.lower):  # type: ignore[attr-defined]
        assert (np.diff(points[list(rim), 0]) > 0).all()
    assert (opening.gaps(points, DOWN)[1:-1] > 1).all()  # type: ignore[attr-defined]


@pytest.mark.thorough
@given(st.integers(0, 2**16), st.sampled_from(["happy", "surprise", "neutral", "angry"]))
@settings(max_examples=30, deadline=None)
def test_rims_never_cross_and_hardly_part(seed: int, expression: str) -> None:
    """Whatever the goal: far beyond what a face does."""
    own = Head(seed=5, expression=expression).render(320).landmarks.astype(float)
    rng = np.random.default_rng(seed)
    offsets = rng.normal(0, 6, (478, 2))
    model = own + rng.normal(0, 6, (478, 2))
    points = held(own, own + offsets, own, model)
    eyes = eyes_between(own.astype(np.float32))
    across = (eyes[0] - eyes[1]) / np.hypot(*(eyes[0] - eyes[1]))
    down = np.array([-across[1], across[0]])
    for opening in (MOUTH, *EYES):
        before, after = (opening.gaps(landmarks, down)[1:-1] for landmarks in (own, points))
        assert (after > np.minimum(before, 0) - 1e-9).all()
        assert (after <= opening.wider * np.maximum(before, 0) + 1e-9).all()
    assert (points[FIRST_IRIS:] == own[FIRST_IRIS:]).all()


def test_a_goal_that_needs_nothing_stays() -> None:
    own = Head(seed=9, expression="happy").render(320).landmarks.astype(float)
    np.testing.assert_allclose(held(own, own, own, own), own, atol=1e-9)


def test_lips_that_close_in_the_model_close_in_the_picture() -> None:
    own = Head(seed=9, expression="happy").render(320).landmarks.astype(float)
    shut = own.copy()
    shut[list(MOUTH.lower)] = shut[list(MOUTH.upper)]
    points = held(own, own, own, shut)
    assert MOUTH.gaps(own, DOWN).max() > 12
    assert MOUTH.gaps(points, DOWN).max() < 1.5


def striped(size: int = 320) -> tuple[np.ndarray, np.ndarray]:
    """Return stripes across and down, and the landmarks of a laughing head."""
    rows, columns = np.mgrid[:size, :size]
    picture = np.stack([128 + 100 * np.sin(columns), 128 + 100 * np.sin(rows), 0 * rows], axis=-1)
    return picture.astype(np.uint8), Head(seed=9, expression="happy").render(size).landmarks.astype(float)


def test_what_is_inside_stays_where_it_is_as_the_opening_narrows() -> None:
    picture, own = striped()
    goal = own.copy()
    for opening in (MOUTH, *EYES):  # the lower rim comes up, and what is next to it follows
        goal[list(opening.lower[1:-1])] -= 0.4 * opening.gaps(own, DOWN)[1:-1, None] * DOWN
    result = slid(picture, own, goal, np.zeros(2))
    for opening in (MOUTH, *EYES):
        middle = len(opening.upper) // 2
        top, bottom = (goal[rim[middle]] for rim in (opening.upper, opening.lower))
        x, y = np.rint((top + 2 * bottom) / 3 - 0.5).astype(int)
        near = np.s_[y - 1 : y + 1, x - 2 : x + 3]
        np.testing.assert_allclose(result[near].astype(int), picture[near], atol=3)
        x, y = np.rint(bottom + 2 * DOWN).astype(int)
        assert np.abs(result[y - 1 : y + 2, x, 1].astype(int) - picture[y - 1 : y + 2, x, 1]).max() > 20


def test_the_lower_teeth_go_with_the_jaw_and_the_upper_stay() -> None:
    _, own = striped()
    rise = np.mgrid[:320, :320][0] - own[13, 1]
    picture = np.repeat((100 + 4 * rise).clip(0, 255).astype(np.uint8)[..., None], 3, -1)
    result = slid(picture, own, own, np.array([0.0, -4.0])).astype(int) - picture
    x = round(own[13, 0])
    height = own[14, 1] - own[13, 1]
    shown = [result[round(own[13, 1] + share * height), x, 0] / 4 for share in (0.1, 0.3, 0.5, 0.75)]
    assert shown == pytest.approx([0.4, 1.2, 2.0, 2.8], abs=0.6)  # seen from so far below


def test_under_a_lip_that_hid_the_skin_there_is_skin_and_no_lip() -> None:
    head = Head(seed=3, age=45, gender=0.9, expression="surprise")
    face, rest = head.render(400), head.replace(intensity=0.0).render(400)
    own, goal = face.landmarks.astype(float), rest.landmarks.astype(float)
    picture = slid(face.image, own, goal, goal[152] - own[152]).astype(int)
    x, y = np.rint(goal[18] - 0.5).astype(int)
    under = np.s_[y - 1 : y + 2, x - 4 : x + 5]
    redness = [(one[under][..., 0] - one[under][..., 1]).mean() for one in (picture, rest.image.astype(int))]
    assert redness[0] == pytest.approx(redness[1], abs=6)


def test_the_corner_of_a_picture_may_cut_the_mouth() -> None:
    picture, own = striped()
    shifted = own - own[291] + [3.0, 160.0]  # all but the corner lies outside
    for goal in (shifted, shifted + 1.0):
        assert slid(picture, shifted, goal, np.zeros(2)).shape == picture.shape
