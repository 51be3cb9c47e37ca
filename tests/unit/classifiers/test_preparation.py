"""What a network sees: square crop around the box, border repeated, resized, scaled."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from facelib.classifiers import Preparation
from facelib.classifiers.preparation import Images
from facelib.errors import BadValueError

PLAIN = Preparation(16, "rgb", 0.0, 1.0)


def slow_square(box: tuple[float, float, float, float]) -> list[int]:
    """Square of the longer side around the centre of the box, to whole pixels."""
    x1, y1, x2, y2 = box
    side = max(x2 - x1, y2 - y1)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return [round(x - side / 2), round(y - side / 2), round(x + side / 2), round(y + side / 2)]


def slow_crop(image: Images, square: list[int]) -> Images:
    """Look up every pixel of the square, the nearest one of the picture where it lies outside."""
    x1, y1, x2, y2 = square
    height, width = image.shape[:2]
    rows = [min(max(y, 0), height - 1) for y in range(y1, y2)]
    columns = [min(max(x, 0), width - 1) for x in range(x1, x2)]
    return np.array([[image[y, x] for x in columns] for y in rows])


@pytest.fixture
def image(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "box",
    [
        (10, 12, 40, 42),
        (10.3, 5.5, 30.2, 41.7),
        (-9, -5, 20, 21),
        (35, 30, 75, 64),
        (2, 2, 9, 8),
        (-20, -30, 90, 80),
    ],
)
def test_crop_and_resize(image: Images, box: tuple[float, float, float, float]) -> None:
    square = slow_square(box)
    assert PLAIN.crop_boxes(box, 1, 50, 60)[0].tolist() == square
    crop = slow_crop(image, square)
    method = cv2.INTER_AREA if crop.shape[0] > 16 else cv2.INTER_LINEAR
    expected = cv2.resize(crop, (16, 16), interpolation=method)
    found = PLAIN(image[None], box)
    assert found.shape == (1, 3, 16, 16)
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found[0].permute(1, 2, 0), expected)


def test_without_a_box_the_whole_picture_is_the_face(image: Images) -> None:
    np.testing.assert_array_equal(PLAIN(image[None]), PLAIN(image[None], (0, 0, 60, 50)))


def test_gray_is_taken_before_resizing(image: Images) -> None:
    gray = cv2.resize(
        cv2.cvtColor(image[:48, :48], cv2.COLOR_RGB2GRAY), (16, 16), interpolation=cv2.INTER_AREA
    )
    one = Preparation(16, "gray", 127.5, 127.5)(image[None], (0, 0, 48, 48))
    three = Preparation(16, "gray three times", 127.5, 127.5)(image[None], (0, 0, 48, 48))
    np.testing.assert_allclose(one[0, 0], (gray / 255 - 0.5) * 2, atol=1e-6)
    assert three.shape == (1, 3, 16, 16)
    assert all(torch.equal(three[:, channel], one[:, 0]) for channel in range(3))


def test_mean_of_each_channel(image: Images) -> None:
    found = Preparation(16, "rgb", (10.0, 20.0, 30.0), 255.0)(image[None])
    expected = (PLAIN(image[None]) - torch.tensor([10.0, 20.0, 30.0]).view(3, 1, 1)) / 255
    torch.testing.assert_close(found, expected)


def test_squares_found_before_are_cut_in_parts(image: Images) -> None:
    images = np.stack([image, image[::-1], image[:, ::-1]])
    boxes = [(10, 10, 40, 40), (0, 0, 20, 20), (-5, -5, 30, 30)]
    squares = PLAIN.squares(images, boxes)
    assert squares.tolist() == [list(box) for box in boxes]
    assert torch.equal(PLAIN.cut(images[1:], squares[1:]), PLAIN(images, boxes)[1:])


def test_one_box_serves_all_pictures_and_many_serve_each(image: Images) -> None:
    images = np.stack([image, image[::-1]])
    boxes = [(10, 10, 40, 40), (0, 0, 20, 20)]
    torch.testing.assert_close(PLAIN(images, boxes[0])[1], PLAIN(images[1:], boxes[0])[0])
    each = PLAIN(images, boxes)
    for i in range(2):
        torch.testing.assert_close(each[i], PLAIN(images[i : i + 1], boxes[i])[0])


@pytest.mark.parametrize(
    "boxes",
    [
        (10, 10, 10, 40),
        (40, 40, 10, 10),
        (0, 0, np.nan, 20),
        (100, 0, 120, 20),
        (-30, -30, -10, -10),
        [(0, 0, 10, 10)] * 3,
        (1, 2, 3),
    ],
)
def test_bad_boxes(image: Images, boxes: object) -> None:
    with pytest.raises(BadValueError, match=r"box|Box"):
        PLAIN(image[None], boxes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "images", [np.zeros((50, 60, 3), np.uint8), np.zeros((1, 5, 6, 3)), np.zeros((1, 5, 6, 4), np.uint8)]
)
def test_bad_pictures(images: Images) -> None:
    with pytest.raises(BadValueError, match=r"uint8 array \(N, H, W, 3\), RGB; got"):
        PLAIN(images)


def test_a_tiny_box_still_has_pixels(image: Images) -> None:
    assert PLAIN(image[None], (10.2, 10.2, 10.4, 10.3)).shape == (1, 3, 16, 16)
