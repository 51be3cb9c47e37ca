"""Photographs are shown around the face, and read whole; maps stay where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import app
from facelib.app.explorer.pictures_panel import blank_words, cut, fractions, view_of
from facelib.faces import Face


def photograph(height: int, width: int, box: list[float], source: str = "photograph") -> Face:
    image = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    return Face(image, np.array(box, float), np.ones((2, 2)), source=source)


@pytest.mark.parametrize(
    "box", [[10, 10, 70, 70], [0, 0, 50, 60], [340, 230, 400, 300], [180, 120, 240, 190], [-20, -20, 40, 40]]
)
def test_a_view_is_a_square_around_the_face_inside_the_picture(box: list[float]) -> None:
    face = photograph(300, 400, box)
    x1, y1, x2, y2 = view_of(face)
    assert x2 - x1 == y2 - y1 == 2 * max(box[2] - box[0], box[3] - box[1])
    assert 0 <= x1 < x2 <= 400
    assert 0 <= y1 < y2 <= 300
    assert x1 <= max(box[0], 0)
    assert x2 >= box[2]
    np.testing.assert_array_equal(cut(face.image, (x1, y1, x2, y2)), face.image[y1:y2, x1:x2])


@pytest.mark.parametrize("box", [[0, 0, 400, 300], [50, 20, 250, 220], [0, 0, 0, 0]])
def test_a_face_that_fills_its_picture_is_shown_whole(box: list[float]) -> None:
    assert view_of(photograph(300, 400, box)) == (0, 0, 400, 300)
    assert view_of(photograph(300, 400, [180, 120, 240, 190], "rendered")) == (0, 0, 400, 300)


def test_a_map_lies_on_the_same_pixels_of_the_face_in_both_views() -> None:
    face, region = photograph(300, 400, [180, 120, 240, 190]), np.array([170.0, 110.0, 250.0, 200.0])
    x1, y1, x2, y2 = view_of(face)
    x, y, width, height = fractions(region - np.array([x1, y1, x1, y1]), (y2 - y1, x2 - x1))
    side = x2 - x1
    assert [x * side + x1, y * side + y1] == pytest.approx([170, 110])
    assert [width * side, height * side] == pytest.approx([80, 90])


def test_strengths_without_a_visible_map_are_named() -> None:
    """Nothing was drawn at strength 1, and nobody said whether it was zero, late or broken."""
    maps = np.ones((21, 3, 3), np.float32)
    assert blank_words(maps, "fer", "happy") == ""
    maps[5] = 0.01
    assert "is blank at .25: no part speaks for happy there" in blank_words(maps, "fer", "happy")
    maps[18:] = 0
    assert "at .25, .90 to 1.00" in blank_words(maps, "fer", "happy")
    assert blank_words(0 * maps, "fer", "happy").startswith("The map of fer is blank: ")
    maps[:] = np.nan
    maps[7] = 1
    assert blank_words(maps, "fer", "happy") == ""


def test_the_former_name_is_still_there() -> None:
    assert app.LookPanel is app.PicturesPanel
