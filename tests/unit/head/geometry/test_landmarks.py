"""Landmarks and box from the mesh, against the detector."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.faces import Head, render_heads, sample_heads
from facelib.faces.detector import detect_faces
from facelib.head.geometry import landmarks

pytestmark = pytest.mark.packages


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    return common / (float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common)


@pytest.mark.thorough
def test_boxes_are_the_detectors() -> None:
    heads = sample_heads(40, seed=404)
    turns = np.random.default_rng(1).normal(0, [14, 7, 5], (40, 3)).clip(-35, 35)
    heads = [
        head.replace(pose=tuple(turn) if i % 2 else (0, 0, 0))
        for i, (head, turn) in enumerate(zip(heads, turns, strict=True))
    ]
    faces = render_heads(heads, 224)
    found = [detect_faces(face.image) for face in faces]
    assert all(found)
    overlaps = [overlap(face.box, boxes[0].box) for face, boxes in zip(faces, found, strict=True)]
    assert np.mean(overlaps) >= 0.85
    assert min(overlaps) >= 0.7
    gaps = [
        np.linalg.norm(face.eyes - boxes[0].eyes, axis=1).max() / (face.box[2] - face.box[0])
        for face, boxes in zip(faces, found, strict=True)
    ]
    assert np.median(gaps) < 0.05


def test_box_and_landmarks_scale_with_the_picture() -> None:
    small, large = (Head(pose=(20, 5, 3), seed=6).render(size) for size in (128, 512))
    np.testing.assert_allclose(small.box * 4, large.box, atol=0.01)
    np.testing.assert_allclose(small.landmarks * 4, large.landmarks, atol=0.01)
    np.testing.assert_allclose(small.eyes * 4, large.eyes, atol=0.01)


def test_all_landmarks_are_known_and_where_they_belong() -> None:
    face = Head(expression="neutral", light="frontal").render(224)
    marks = face.landmarks
    assert np.isfinite(marks).all()
    assert marks[468:473].mean(axis=0) == pytest.approx(face.eyes[1], abs=1.5)  # the person's right iris
    assert marks[473:478].mean(axis=0) == pytest.approx(face.eyes[0], abs=1.5)
    assert marks[10, 1] < marks[105, 1] < marks[159, 1] < marks[1, 1] < marks[13, 1] < marks[152, 1]
    assert marks[61, 0] < marks[291, 0]


def test_lips_open_and_lids_close() -> None:
    closed, wide = (Head(expression=recipe).render(224).landmarks for recipe in ({}, {"jawOpen": 0.8}))
    assert closed[14, 1] - closed[13, 1] < 3
    assert wide[14, 1] - wide[13, 1] > 12
    shut = Head(expression={"eyeBlink": 1.0}).render(224).landmarks
    assert shut[145, 1] - shut[159, 1] < 0.35 * (closed[145, 1] - closed[159, 1])


def test_weights_add_up_to_one() -> None:
    from facelib.head.geometry.arrays import load

    geometry = load()
    np.testing.assert_allclose(geometry.landmark_weights.sum(axis=1), 1.0, atol=1e-6)
    assert geometry.landmark_vertices.shape == (landmarks.N_LANDMARKS, 3)


def test_the_table_is_symmetric() -> None:
    places = landmarks.table()
    for right, left in ((33, 263), (133, 362), (61, 291), (234, 454), (105, 334), (468, 473)):
        np.testing.assert_allclose(places[right] * [-1, 1, 1], places[left], atol=1e-3)
