"""What a network sees: square crop around the box, border repeated, resized, scaled."""

from __future__ import annotations

import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from facelib.classifiers import Preparation
from facelib.classifiers.preparation import Colour, Images
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


def test_a_margin_is_a_larger_box_around_the_same_centre(image: Images) -> None:
    box = (20.0, 15.0, 40.0, 35.0)
    wide = Preparation(16, "rgb", 0.0, 1.0, margin=0.25)
    torch.testing.assert_close(wide(image[None], box), PLAIN(image[None], (15.0, 10.0, 45.0, 40.0)))
    tight = Preparation(16, "rgb", 0.0, 1.0, margin=-0.1)
    torch.testing.assert_close(tight(image[None], box), PLAIN(image[None], (22.0, 17.0, 38.0, 33.0)))


def test_bgr_turns_the_channels_after_each_was_scaled_by_its_own_numbers(image: Images) -> None:
    numbers = (120.0, 110.0, 100.0), (60.0, 50.0, 40.0)
    rgb, bgr = (Preparation(16, colour, *numbers)(image[None]) for colour in ("rgb", "bgr"))
    torch.testing.assert_close(bgr, rgb[:, [2, 1, 0]])


@pytest.mark.parametrize("colour", ["gray", "gray three times", "rgb", "bgr"])
def test_what_is_seen_is_the_input_before_scaling(image: Images, colour: Colour) -> None:
    preparation = Preparation(16, colour, 10.0, 2.0)
    seen = preparation.seen(image[None].repeat(2, 0), (3, 4, 33, 34))
    assert seen.shape == (2, 16, 16, 3)
    assert seen.dtype == np.uint8
    expected = preparation(image[None], (3, 4, 33, 34))[0] * 2 + 10
    if colour == "bgr":
        expected = expected.flip(0)
    np.testing.assert_allclose(seen[1].transpose(2, 0, 1), expected.expand(3, -1, -1), atol=1e-4)


@pytest.mark.parametrize(
    ("preparation", "words"),
    [
        (
            Preparation(200, "gray three times", 0.0, 255.0),
            "gray repeated as three channels, 200 × 200 px, scaled to [0, 1]",
        ),
        (
            Preparation(112, "bgr", (122.782, 117.001, 104.298), 255.0),
            "BGR, 112 × 112 px, minus (122.8, 117, 104.3), divided by (255, 255, 255)",
        ),
    ],
)
def test_words_on_the_card(preparation: Preparation, words: str) -> None:
    assert preparation.describe() == words


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 2}, "4 … 1024 px wide; got 2"),
        ({"size": 64.0}, "got 64.0"),
        ({"colour": "hsv"}, "one of 'gray', .*; got 'hsv'"),
        ({"mean": (1.0, 2.0)}, "`mean` is one number"),
        ({"std": 0.0}, "`std` is one number"),
        ({"colour": "gray", "mean": (1.0, 2.0, 3.0)}, "`mean` is one number"),
        ({"margin": 3.0}, "share of the face box"),
        ({"margin": float("nan")}, "share of the face box"),
    ],
)
def test_what_can_not_be_is_answered_in_words(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        dataclasses.replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("fit", "margin", "part"),
    [
        ("square", 0.0, [10, 0, 50, 40]),
        ("square", 0.25, [0, -10, 60, 50]),
        ("stretch", 0.0, [10, 10, 50, 30]),
        ("stretch", 0.25, [0, 5, 60, 35]),
        ("crop", 0.0, [20, 10, 40, 30]),
        ("crop", 0.5, [10, 0, 50, 40]),
    ],
)
def test_what_becomes_of_a_box_that_is_not_square(fit: Any, margin: float, part: list[int]) -> None:
    preparation = Preparation(16, "rgb", 0.0, 1.0, margin=margin, fit=fit)
    assert preparation.crop_boxes((10, 10, 50, 30), 1, 60, 100)[0].tolist() == part
    assert preparation(np.zeros((1, 60, 100, 3), np.uint8), (10, 10, 50, 30)).shape == (1, 3, 16, 16)
    words = {"square": "", "stretch": "stretched", "crop": "cropped"}[fit]
    assert words in preparation.describe()


def test_imagenet_is_that_of_values_0_to_255() -> None:
    ready = Preparation.imagenet(224)
    assert ready.size == 224
    np.testing.assert_allclose(ready.mean, 255 * np.array((0.485, 0.456, 0.406)))
    np.testing.assert_allclose(ready.std, 255 * np.array((0.229, 0.224, 0.225)))
    assert Preparation.imagenet(96, "bgr", margin=0.1, fit="crop").describe().endswith("in the middle")
