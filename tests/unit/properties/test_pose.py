"""Measured pose: what was set, within a few degrees, whoever it is and whatever the face does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib import Head, properties, sample_heads
from facelib.faces import Face, find_landmarks, sample_photograph
from facelib.head.geometry.camera import DISTANCE, rotation_of
from facelib.head.geometry.landmarks import table
from facelib.properties.mirror_pairs import LEFT, MIDLINE, RIGHT
from facelib.properties.pose import MIDDLE, angles, rotation

NAMES = ["yaw", "pitch", "roll"]
PARTNER = np.arange(478)
PARTNER[list(RIGHT)], PARTNER[list(LEFT)], PARTNER[list(MIDLINE)] = LEFT, RIGHT, MIDLINE

turns = st.tuples(st.floats(-60, 60), st.floats(-40, 40), st.floats(-170, 170))


def told(faces: list[Face]) -> npt.NDArray[np.float64]:
    return properties.measure(faces, NAMES).to_numpy()


def average_head(pose: tuple[float, float, float], focal: float = 900.0, shift: float = 0.0) -> Face:
    """Landmarks of the average head as a lens sees them that points at its middle."""
    places = table() - table()[[33, 133, 362, 263]].mean(axis=0) - MIDDLE
    x, y, z = (places @ rotation_of(pose).T).T
    points = np.stack([focal * x, -focal * y], axis=1) / (DISTANCE - z)[:, None] + 150 + shift
    box, eyes = np.array([50.0, 50, 250, 250]), points[[473, 468]]
    return Face(np.zeros((300, 300, 3), np.uint8), box, eyes, points.astype(np.float32))


@given(turns)
def test_angles_are_read_back_from_the_rotation(pose: tuple[float, float, float]) -> None:
    assert angles(rotation_of(pose)) == pytest.approx(pose, abs=1e-6)


@pytest.mark.thorough
@settings(deadline=None, max_examples=60)
@given(turns, st.floats(200, 4000), st.floats(-400, 400))
def test_the_average_head_tells_its_pose_exactly(
    pose: tuple[float, float, float], focal: float, shift: float
) -> None:
    face = average_head(pose, focal, shift)
    (found,) = told([face])
    assert found == pytest.approx(pose, abs=0.5)
    matrix = rotation(face)
    assert matrix is not None
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)


@pytest.mark.thorough
@pytest.mark.packages
def test_heads_of_all_kinds_tell_what_was_set(rng: np.random.Generator) -> None:
    heads = sample_heads(40, seed=3)
    poses = rng.uniform([-40, -25, -40], [40, 25, 40], (len(heads), 3))
    faces = [head.replace(pose=tuple(pose)).render(64) for head, pose in zip(heads, poses, strict=True)]
    misfit = abs(told(faces) - poses)
    assert (misfit.mean(axis=0) < [1.5, 2.5, 1.5]).all()
    assert (misfit.max(axis=0) < [5, 8, 5]).all()


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_more_is_more_and_the_other_angles_stay(axis: int) -> None:
    heads = sample_heads(4, seed=6)
    for head in heads:
        poses = np.zeros((5, 3))
        poses[:, axis] = np.linspace(-30, 30, 5)
        found = told([head.replace(pose=tuple(pose)).render(64) for pose in poses])
        assert (np.diff(found[:, axis]) > 8).all()
        assert (np.ptp(np.delete(found, axis, axis=1), axis=0) < 7).all()


@pytest.mark.packages
def test_no_expression_moves_it() -> None:
    for pose in ((0, 0, 0), (25, 10, 0)):
        heads = [
            Head(pose=pose, expression=expression, seed=4)
            for expression in ("neutral", "happy", "surprise", "angry", {"jawOpen": 1.0})
        ]
        assert np.ptp(told([head.render(64) for head in heads]), axis=0).max() < 1.5


@pytest.mark.thorough
@settings(deadline=None, max_examples=30)
@given(turns, st.integers(0, 99))
def test_the_mirror_image_has_the_mirrored_pose(pose: tuple[float, float, float], seed: int) -> None:
    face = average_head(pose)
    uneven = face.landmarks + np.random.default_rng(seed).normal(0, 1, (478, 2)).astype(np.float32)
    flipped = (uneven * [-1, 1] + [300, 0])[PARTNER].astype(np.float32)
    here, there = told([face.replace(landmarks=uneven), face.replace(landmarks=flipped)])
    assert there == pytest.approx(here * [-1, 1, -1], abs=0.05)


@pytest.mark.thorough
@pytest.mark.packages
def test_the_landmarks_that_the_network_finds_will_do() -> None:
    poses = np.array([[-30.0, 0, 0], [30, 0, 0], [0, 15, 0], [0, -15, 0], [0, 0, 25]])
    faces = [Head(pose=tuple(pose), seed=2, expression="neutral").render(224) for pose in poses]
    faces = [face.replace(landmarks=find_landmarks(face.image, face.box, face.eyes)) for face in faces]
    assert abs(told(faces) - poses).max() < 9
    (photograph,) = told([sample_photograph()])
    assert abs(photograph).max() < 8


def test_without_landmarks_the_eyes_tell_the_roll() -> None:
    face = average_head((0, 0, 30)).replace(landmarks=np.full((478, 2), np.nan, np.float32))
    (found,) = told([face])
    assert np.isnan(found[:2]).all()
    assert found[2] == pytest.approx(30, abs=0.5)
    for eyes in (np.full((2, 2), np.nan), np.zeros((2, 2))):
        assert np.isnan(told([face.replace(eyes=eyes)])).all()
    heap = np.full((478, 2), 20.0, np.float32)
    assert np.isnan(told([face.replace(landmarks=heap)])[0, :2]).all()
    assert told([]).shape == (0, 3)
