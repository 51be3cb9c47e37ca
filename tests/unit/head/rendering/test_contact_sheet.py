"""Contact sheets show every face once, in order, in its own shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facelib import Face, Head
from facelib.errors import BadValueError
from facelib.faces import contact_sheet
from facelib.head.rendering.contact_sheet import GAP, LINE, _cut


def plain(grey: int, height: int = 40, width: int = 40) -> Face:
    image = np.full((height, width, 3), grey, np.uint8)
    return Face(image, np.array([0.0, 0, width, height]), np.full((2, 2), np.nan))


def test_faces_stand_row_by_row() -> None:
    sheet = np.asarray(contact_sheet([plain(10 * i) for i in range(5)], 3, size=20))
    assert sheet.shape == (2 * 20 + GAP, 3 * 20 + 2 * GAP, 3)
    for i in range(5):
        y, x = i // 3 * (20 + GAP), i % 3 * (20 + GAP)
        assert (sheet[y : y + 20, x : x + 20] == 10 * i).all()
    assert (sheet[20 + GAP :, 2 * (20 + GAP) :] == 255).all()  # nobody stands there
    assert contact_sheet([plain(0)] * 7, size=10).size == (3 * 10 + 2 * GAP, 3 * 10 + 2 * GAP)
    assert contact_sheet([plain(0)] * 2, 9, size=10).size == (2 * 10 + GAP, 10)


def test_pictures_keep_their_shape() -> None:
    sheet = np.asarray(contact_sheet([plain(0, 20, 40)], size=40))
    dark = (sheet == 0).all(axis=2)
    assert dark.sum() == 40 * 20
    assert dark[10:30].all()


def test_captions_stand_below_and_never_reach_the_neighbour() -> None:
    faces = [plain(255)] * 2
    sheet = np.asarray(contact_sheet(faces, captions=["a caption that is far too long", ""], size=60))
    assert sheet.shape[0] == 60 + LINE
    ink = (sheet < 200).any(axis=2)
    assert ink[60:, :60].any()
    assert not ink[:, 60:].any()


@pytest.mark.parametrize("width", [10, 30, 55, 100])
def test_long_captions_end_in_an_ellipsis(width: int) -> None:
    def length(text: str) -> float:
        return 10.0 * len(text)

    cut = _cut("happy, 35", width, length)
    assert length(cut) <= width
    assert cut == {10: "", 30: "ha…", 55: "happ…", 100: "happy, 35"}[width]


@pytest.mark.packages
def test_heads_are_rendered() -> None:
    head, face = Head(seed=1), plain(9, 64, 64)
    sheet = np.asarray(contact_sheet([face, head, face], 3, size=64))
    step = 64 + GAP
    assert np.array_equal(sheet[:, step : step + 64], head.render(64).image)
    assert (sheet[:, :64] == 9).all()
    assert (sheet[:, 2 * step :] == 9).all()
    assert contact_sheet([head], size=20).size == (20, 20)  # smaller than heads are rendered


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([],), "got none"),
        ((["face"],), "got str"),
        ((None,), "got NoneType"),
        (([plain(0)], None, ["a", "b"]), "got 2 for 1"),
        (([plain(0)], None, "a"), "list of texts, or None; got 'a'"),
        (([plain(0)], None, 3), "list of texts, or None; got 3"),
        (([plain(0)], True), "whole number"),
        (([plain(0)], 0), "above 0; got 0"),
        (([plain(0)], 1.5), "whole number"),
        (([plain(0)],), "px above 0; got 0"),
    ],
)
def test_bad_sheets_are_refused(arguments: Any, said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        contact_sheet(*arguments, size=0 if "px" in said else 40)
