"""Symmetry by appearance: what it must not depend on, and what it must follow."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib import Head, Light, interventions, properties
from facelib.faces import Face, sample_photograph
from facelib.properties.appearance_symmetry import (
    BELOW,
    COARSEST,
    FINEST,
    GAP,
    HALF_HEIGHT,
    HALF_WIDTH,
    HEIGHT,
    MIDDLE,
    REACH,
    STEADY,
    WIDTH,
    likeness,
    upright,
)
from facelib.properties.estimation.similarity import similarity

Floats = npt.NDArray[np.float64]
NO_LANDMARKS = np.full((478, 2), np.nan, np.float32)
LOOSE = 0.02  # what resampling may do


def score(face: Face) -> float:
    return float(properties.measure(face, "appearance_symmetry").appearance_symmetry[0])


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    """A render with one weak side, a crooked one, and a photograph, large enough to be moved about."""
    heads = [Head(expression="happy", left=0.4, seed=3), Head(asymmetry=1.0, seed=5, light="frontal")]
    return [*(head.render(384) for head in heads), sample_photograph()]


def moved(face: Face, matrix: Floats) -> Face:
    """The picture and all that is known about it, seen through a map."""
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    image = cv2.warpAffine(
        face.image, centred, (700, 700), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    go = lambda points: points @ matrix[:, :2].T + matrix[:, 2]  # noqa: E731
    corners = go(face.box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2))
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return face.replace(
        image=image, box=box, eyes=go(face.eyes), landmarks=go(face.landmarks).astype(np.float32)
    )


def twin(levels: Floats) -> float:
    """The score, pixel after pixel."""

    def smooth(picture: Floats, sigma: float) -> Floats:
        return cv2.GaussianBlur(picture, (0, 0), sigma).astype(float)

    inside = [
        (row, column)
        for row in range(HEIGHT)
        for column in range(WIDTH)
        if ((column + 0.5 - MIDDLE[0]) / GAP / HALF_WIDTH) ** 2
        + ((row + 0.5 - MIDDLE[1]) / GAP / HALF_HEIGHT) ** 2
        <= 1
    ]
    fine = smooth(levels.astype(np.float32).astype(float), FINEST)
    detail = fine - smooth(fine, COARSEST * GAP)
    usual = np.std([detail[place] for place in inside])
    even = detail / (np.sqrt(smooth(detail**2, COARSEST * GAP)) + STEADY * usual)
    best = -1.0
    for shift in range(-REACH, REACH + 1):
        pairs = [
            (even[row, column], even[row, min(max(WIDTH - 1 - column + shift, 0), WIDTH - 1)])
            for row, column in inside
        ]
        best = max(best, float(np.corrcoef(np.array(pairs).T)[0, 1]))
    return best


def test_it_is_what_a_slow_twin_says(rng: np.random.Generator) -> None:
    half = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH)), (0, 0), 2)
    for share in (0.0, 0.5, 1.0):
        levels = (share * half + (1 - share) * half[:, ::-1]).astype(np.float32)
        assert likeness(levels) == pytest.approx(twin(levels), abs=1e-4)


@pytest.mark.thorough
@pytest.mark.packages
@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2),
    st.floats(0.6, 1.6),
    st.floats(-np.pi, np.pi),
    st.tuples(st.floats(-25, 25), st.floats(-25, 25)),
)
def test_shift_size_and_tilt_do_not_count(
    faces: list[Face], which: int, size: float, turn: float, shift: tuple[float, float]
) -> None:
    face = faces[which]
    middle = (face.box[:2] + face.box[2:]) / 2
    spin = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([spin, np.array([350, 350]) + shift - spin @ middle])
    for known in (face, face.replace(landmarks=NO_LANDMARKS)):
        assert score(moved(known, matrix)) == pytest.approx(score(known), abs=LOOSE)


@pytest.mark.thorough
@pytest.mark.packages
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2), st.floats(0.3, 0.8), st.floats(0, 50))
def test_brightness_and_contrast_do_not_count(
    faces: list[Face], which: int, gain: float, offset: float
) -> None:
    face = faces[which]
    image = np.rint(face.image * gain + offset).astype(np.uint8)  # nothing is cut off
    assert score(face.replace(image=image)) == pytest.approx(score(face), abs=LOOSE)


@pytest.mark.thorough
@pytest.mark.packages
def test_a_face_and_its_mirror_image_score_the_same(faces: list[Face]) -> None:
    for face in faces:
        plain = face.replace(landmarks=NO_LANDMARKS)
        width = face.size[1]
        eyes = (face.eyes * [-1, 1] + [width, 0])[::-1]
        flipped = plain.replace(image=np.ascontiguousarray(face.image[:, ::-1]), eyes=eyes)
        assert score(flipped) == pytest.approx(score(plain), abs=1e-3)


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("size", [64, 96, 224, 512])
def test_a_symmetric_head_scores_one_at_any_size(size: int) -> None:
    for head in (Head(light="frontal", seed=3), Head(light="frontal", skin_tone=1.0, expression="surprise")):
        face = head.render(size)
        assert score(face) > 0.995
        assert score(face.replace(landmarks=NO_LANDMARKS)) > 0.995


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", ["asymmetric_expression", "palsy", "asymmetrise"])
def test_it_falls_as_the_face_gets_crooked(name: str) -> None:
    change = interventions.get(name)
    falls = []
    for seed in (1, 4, 7):
        head = Head(light="frontal", expression="happy", seed=seed)
        scores = [score(change.apply(head, strength)) for strength in (0, 0.25, 0.5, 0.75, 1)]
        assert scores[0] > 0.99
        falls.append(scores)
    assert (np.diff(np.mean(falls, axis=0)) < 0).all()
    assert np.mean(falls, axis=0)[-1] < 0.93


@pytest.mark.thorough
@pytest.mark.packages
def test_a_turned_head_scores_lower_and_light_from_the_side_counts_in_part() -> None:
    head = Head(light="frontal", seed=3)
    turned = [score(head.replace(pose=(yaw, 0, 0)).render()) for yaw in (0, 10, 20, 30)]
    assert (np.diff(turned) < -0.05).all()
    lit = [score(head.replace(light=Light(azimuth=angle)).render()) for angle in (0, 30, 60)]
    assert lit[0] > lit[1] > lit[2] > 0.2


@pytest.mark.packages
def test_the_axis_stands_upright_in_the_middle(faces: list[Face]) -> None:
    matrix = upright(faces[0])
    assert matrix is not None
    eyes = faces[0].eyes @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(eyes.mean(axis=0), [MIDDLE[0], MIDDLE[1] - BELOW * GAP], atol=1.5)
    by_eyes = upright(faces[0].replace(landmarks=NO_LANDMARKS))
    level = MIDDLE[1] - BELOW * GAP
    ends = np.array([[MIDDLE[0] + GAP / 2, level], [MIDDLE[0] - GAP / 2, level]])
    np.testing.assert_allclose(by_eyes, similarity(faces[0].eyes, ends), atol=1e-6)


def test_nothing_to_see_is_nothing_to_say(rng: np.random.Generator) -> None:
    box, eyes = np.array([0.0, 0, 64, 64]), np.array([[44.0, 20], [20, 20]])
    face = Face(np.full((64, 64, 3), 90, np.uint8), box, eyes)
    assert np.isnan(score(face))
    assert np.isnan(score(face.replace(box=np.full(4, np.nan), eyes=np.full((2, 2), np.nan))))
    noise = face.replace(image=rng.integers(0, 256, (64, 64, 3), np.uint8), eyes=np.full((2, 2), np.nan))
    assert 0 <= score(noise) < 0.3
