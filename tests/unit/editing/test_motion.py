"""The face units that explain landmarks: those of rendered heads are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from facelib.editing.motion import SPREAD, FaceMotion, _likely, by_side, face_motion, joined, side_of
from facelib.errors import BadValueError
from facelib.faces import Head, sample_photograph
from facelib.head.expressions import PAIRED, SPLIT
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between

pytestmark = pytest.mark.packages


def eye_distance(landmarks: np.ndarray) -> float:
    eyes = eyes_between(landmarks)
    return float(np.hypot(*(eyes[0] - eyes[1])))


@pytest.mark.thorough
@pytest.mark.parametrize("pose", [(0.0, 0.0, 0.0), (20.0, -8.0, 12.0)])
@pytest.mark.parametrize("seed", [4, 17])
def test_landmarks_of_heads_are_explained(seed: int, pose: tuple[float, float, float]) -> None:
    head = Head(seed=seed, expression="happy", expression_set="facs", pose=pose)
    face = head.render(320)
    motion = face_motion(face.landmarks)
    assert motion.misfit < 0.012
    away = np.linalg.norm(motion.at(motion.units) - face.landmarks, axis=1)[:FIRST_IRIS]
    assert np.sqrt((away**2).mean()) == pytest.approx(motion.misfit * eye_distance(face.landmarks), rel=0.02)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("units", "strong", "weak"),
    [
        ({"mouthSmileLeft": 1.0}, "mouthSmileLeft", "mouthSmileRight"),
        ({"browOuterUpRight": 1.0, "browInnerUp": 1.0}, "browOuterUpRight", "browOuterUpLeft"),
        ({"eyeBlinkLeft": 0.8}, "eyeBlinkLeft", "eyeBlinkRight"),
        ({"jawOpen": 0.8}, "jawOpen", "mouthSmileLeft"),
    ],
)
def test_a_unit_is_found_on_its_own_side(units: dict[str, float], strong: str, weak: str) -> None:
    for seed in (2, 30):
        found = face_motion(Head(seed=seed, expression=units).render(320).landmarks).units
        assert found[strong] > 0.4
        assert found[weak] < 0.15


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("expression", "share"), [("happy", 0.4), ("surprise", 0.25), ("angry", 0.3), ("sad", 0.4)]
)
def test_the_resting_face_is_found_under_the_expression(expression: str, share: float) -> None:
    left_over, way = 0.0, 0.0
    for seed in (3, 11, 26, 40):
        head = Head(seed=seed, expression=expression, expression_set="facs")
        shown, rest = (head.replace(intensity=level).render(320).landmarks for level in (1.0, 0.0))
        motion = face_motion(shown)
        offsets = motion.at(motion.weakened(0.0)) - motion.at(motion.units)
        left_over += float(np.linalg.norm(shown + offsets - rest, axis=1)[:FIRST_IRIS].mean())
        way += float(np.linalg.norm(shown - rest, axis=1)[:FIRST_IRIS].mean())
    assert left_over < share * way


def test_the_photographs_smile_is_read() -> None:
    face = sample_photograph()
    motion = face_motion(face.landmarks)
    assert motion.misfit < 0.03
    rest = face.landmarks + motion.at(motion.weakened(0.0)) - motion.at(motion.units)
    for points, wide in ((face.landmarks, True), (rest, False)):
        width = np.linalg.norm(points[61] - points[291]) / eye_distance(face.landmarks)
        assert (width > 0.95) == wide
    gaps = [np.linalg.norm(points[14] - points[13]) for points in (face.landmarks, rest)]
    assert gaps[1] < 0.5 * gaps[0]


@pytest.mark.thorough
@given(st.floats(-np.pi, np.pi), st.floats(0.3, 4), st.floats(-300, 300))
@settings(max_examples=15, deadline=None)
def test_shift_size_and_tilt_do_not_count(turn: float, scale: float, shift: float) -> None:
    points = Head(seed=6, expression="happy").render(320).landmarks.astype(float)
    plain = face_motion(points)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    there = face_motion(points @ rotation.T + shift)
    assert np.array(list(there.units.values())) == pytest.approx(list(plain.units.values()), abs=0.02)
    np.testing.assert_allclose(there.resting, plain.resting @ rotation.T + shift, atol=0.3 * scale)


def test_the_likeliest_amounts_are_those_of_the_whole_system() -> None:
    """Resting shapes are solved for first; the obvious way solves for all at once."""
    rng = np.random.default_rng(5)
    columns, aim, people = rng.normal(size=(12, 40)), rng.normal(size=40), 5
    prior = np.diag(np.r_[np.ones(people), np.full(7, 1 / SPREAD)])
    low, high = np.r_[np.full(people, -np.inf), np.zeros(7)], np.r_[np.full(people, np.inf), np.ones(7)]
    slow = lsq_linear(np.vstack([columns.T, prior]), np.r_[aim, np.zeros(12)], (low, high), tol=1e-14).x
    np.testing.assert_allclose(_likely(columns, aim, people), slow, atol=1e-6)


def test_units_weaken_on_their_side_and_the_gaze_stays() -> None:
    units = {"mouthSmileLeft": 0.8, "browInnerUp@right": 0.5, "jawOpen": 0.4, "eyeLookUpLeft": 0.6}
    motion = FaceMotion(units, np.zeros((4, 478, 2)), np.zeros((478, 2)), 0.0)
    assert motion.weakened(0.5, 1.0) == pytest.approx(
        {"mouthSmileLeft": 0.4, "browInnerUp@right": 0.5, "jawOpen": 0.3, "eyeLookUpLeft": 0.6}
    )
    assert motion.weakened(0.0) == {**dict.fromkeys(units, 0.0), "eyeLookUpLeft": 0.6}


def test_units_are_taken_apart_by_side_and_joined_again() -> None:
    units = {"mouthSmileLeft": 0.8, "browInnerUp@right": 0.5, "jawLeft": 0.4, "noseSneerRight": 0.1}
    sides, common = by_side(units)
    assert sides["left"]["mouthSmile"] == 0.8
    assert sides["right"]["browInnerUp"] == 0.5
    assert common["jawLeft"] == 0.4
    again = joined((sides, common))
    assert {name: value for name, value in again.items() if value} == units
    assert [side_of(name) for name in again].count("") == len(common)
    assert len(again) == 2 * len((*PAIRED, *SPLIT)) + len(common)


@pytest.mark.parametrize("shape", [(68, 2), (478, 3)])
def test_other_landmarks_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(BadValueError, match=r"\(478, 2\) px"):
        face_motion(np.zeros(shape))
    points = Head().render(64).landmarks.copy()
    points[5] = np.nan
    with pytest.raises(BadValueError, match="NaN"):
        face_motion(points)
