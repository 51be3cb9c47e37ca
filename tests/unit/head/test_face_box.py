"""The face box of a rendered head: the detector's, whoever is shown, and moving with the face."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import render_heads, sample_heads
from facelib.faces.detector import detect_faces
from facelib.head.geometry.landmarks import N_LANDMARKS, face_box
from facelib.properties.mirror_pairs import LEFT, MIDLINE, RIGHT

Floats = npt.NDArray[np.float32]


def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    return common / (float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_boxes_of_all_ages_and_poses_are_the_detectors() -> None:
    even = ["expression", "age", "pose", "gender"]
    heads = sample_heads(21, 12, ages=(5.0, 90.0), stratify=even, also={"pose": (35.0, 15.0, 15.0)})
    faces = render_heads(heads, 128)
    found = [detect_faces(face.image) for face in faces]
    assert all(found)
    overlaps = [overlap(face.box, boxes[0].box) for face, boxes in zip(faces, found, strict=True)]
    assert np.mean(overlaps) >= 0.85
    assert min(overlaps) >= 0.65


@pytest.fixture
def marks(rng: np.random.Generator) -> Floats:
    return rng.normal(100, 30, (N_LANDMARKS, 2)).astype(np.float32)


def test_the_box_shifts_and_scales_with_the_face(marks: Floats) -> None:
    moved = face_box(np.asarray(marks * 2 + np.array([10, -7]), np.float32))
    np.testing.assert_allclose(moved, face_box(marks) * 2 + np.array([10, -7, 10, -7]), atol=1e-3)


def test_the_box_of_a_mirror_image_is_the_mirrored_box(marks: Floats) -> None:
    partner = np.arange(N_LANDMARKS)
    partner[list(LEFT)], partner[list(RIGHT)], partner[list(MIDLINE)] = RIGHT, LEFT, MIDLINE
    mirrored = marks[partner] * np.array([-1, 1], np.float32)
    x1, y1, x2, y2 = face_box(marks)
    np.testing.assert_allclose(face_box(mirrored), [-x2, y1, -x1, y2], atol=1e-3)
