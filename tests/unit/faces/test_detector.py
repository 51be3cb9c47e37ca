"""Faces are found where they are, in the same convention whatever the picture's shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

from facelib.errors import BadImageError
from facelib.faces.detector import KEYPOINTS, _merge, _overlaps, detect_faces

Picture = npt.NDArray[np.uint8]

# As the prototype's detector draws it: box, then right eye, left eye, nose, mouth, right ear, left ear.
ASTRONAUT = [(178.066, 80.914), (272.136, 174.983)]
ASTRONAUT_POINTS = [
    (203.871, 100.811), (247.966, 108.427), (221.959, 124.670),
    (218.901, 145.486), (177.860, 109.239), (271.121, 124.735),
]  # fmt: skip


@pytest.fixture(scope="module")
def astronaut() -> Picture:
    return np.ascontiguousarray(skimage.data.astronaut())


@pytest.mark.packages
def test_one_face_as_the_prototype_found_it(astronaut: Picture) -> None:
    (face,) = detect_faces(astronaut)
    assert face.score == pytest.approx(0.92257, abs=1e-4)
    np.testing.assert_allclose(face.box.reshape(2, 2), ASTRONAUT, atol=0.01)
    np.testing.assert_allclose(face.keypoints, ASTRONAUT_POINTS, atol=0.01)


@pytest.mark.packages
def test_left_and_right_are_the_persons(astronaut: Picture) -> None:
    (face,) = detect_faces(astronaut)
    left, right = face.eyes
    assert left[0] > right[0]  # she looks at us: her left is on our right
    np.testing.assert_array_equal(right, face.keypoints[KEYPOINTS.index("right eye")])


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("model", ["front", "back"])
def test_it_moves_with_the_picture(astronaut: Picture, model: str) -> None:
    def box(image: Picture) -> npt.NDArray[np.float64]:
        return detect_faces(image, model=model)[0].box  # type: ignore[arg-type]

    tall, wide = astronaut[:, 100:350], astronaut[30:280]
    np.testing.assert_allclose(box(tall) + np.array([100, 0, 100, 0]), box(astronaut), atol=8)
    np.testing.assert_allclose(box(wide) + np.array([0, 30, 0, 30]), box(astronaut), atol=8)


@pytest.mark.packages
def test_small_faces_are_found_by_the_second_network(astronaut: Picture) -> None:
    scene = np.full((512, 1400, 3), 128, np.uint8)
    scene[:, 400:912] = astronaut
    assert not detect_faces(scene, model="front")
    (face,) = detect_faces(scene)
    np.testing.assert_allclose(face.box.reshape(2, 2) - (400, 0), ASTRONAUT, atol=15)


@pytest.mark.packages
def test_two_faces(astronaut: Picture) -> None:
    head = astronaut[0:250, 100:350]
    found = detect_faces(np.hstack([head, head]))
    assert len(found) == 2
    assert abs(found[0].box[0] - found[1].box[0]) == pytest.approx(250, abs=8)
    assert found[0].score >= found[1].score


@pytest.mark.packages
@pytest.mark.parametrize("value", [0, 128, 255])
def test_no_face(value: int) -> None:
    assert detect_faces(np.full((100, 140, 3), value, np.uint8)) == []


def test_detections_that_overlap_are_averaged() -> None:
    boxes = np.array([[[0, 0], [10, 10]], [[1, 0], [11, 10]], [[50, 50], [60, 60]]], np.float64)
    rows = np.concatenate([boxes, np.zeros((3, 6, 2))], 1)
    first, second = _merge(rows, np.array([0.9, 0.6, 0.8]))
    np.testing.assert_allclose(first[0][:2], [[0.4, 0], [10.4, 10]])  # 0.9 : 0.6
    assert (first[1], second[1]) == (0.9, 0.8)
    np.testing.assert_allclose(second[0][:2], boxes[2])


def test_overlap_follows_the_definition(rng: np.random.Generator) -> None:
    boxes = np.sort(rng.integers(0, 12, (20, 2, 2)), 1) + np.array([[0, 0], [1, 1]])
    cells = np.zeros((20, 14, 14), bool)
    for cell, ((x1, y1), (x2, y2)) in zip(cells, boxes, strict=True):
        cell[y1:y2, x1:x2] = True
    expected = [(cells[0] & one).sum() / (cells[0] | one).sum() for one in cells]
    np.testing.assert_allclose(_overlaps(boxes[0].astype(float), boxes.astype(float)), expected)


@pytest.mark.parametrize(
    "image", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3)), np.zeros((5, 5, 4), np.uint8)]
)
def test_bad_pictures(image: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(BadImageError, match=r"uint8 \(H, W, 3\)"):
        detect_faces(image)
