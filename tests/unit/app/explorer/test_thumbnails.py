"""Small pictures: one for each change and case, none of them stale."""

from __future__ import annotations

import numpy as np
import pytest

from facelib import interventions
from facelib.app.explorer import gallery, thumbnails
from facelib.app.explorer.gallery import CASES
from facelib.app.explorer.thumbnails import Picture

pytestmark = pytest.mark.packages
FEW = ("age", "palsy", "glasses", "gaze", "blur", "skin_tone")
MOST = 120_000  # bytes in git
LOSS = 6.0  # grey levels that WebP takes on average


Tiles = dict[str, dict[str, Picture]]


@pytest.fixture(scope="module")
def tiles() -> Tiles:
    return {
        "changes": thumbnails.read_tiles(thumbnails.sheet("changes")),
        "cases": thumbnails.read_tiles(thumbnails.sheet("cases")),
    }


def apart(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


def test_every_change_and_every_case_has_its_picture(tiles: Tiles) -> None:
    assert list(tiles["changes"]) == [item.id for item in interventions.ordered()], (
        "run benchmarks/thumbnails.py"
    )
    assert list(tiles["cases"]) == list(CASES), "run benchmarks/thumbnails.py"
    sheet = thumbnails.sheet("changes")
    assert [sheet.place(name) for name in sheet.names] == list(range(len(sheet.names)))
    assert sheet.place("of my own") == -1
    assert sum(path.stat().st_size for path in thumbnails.FOLDER.iterdir()) <= MOST


@pytest.mark.thorough
@pytest.mark.parametrize("name", FEW)
def test_the_picture_of_a_change_is_as_it_is_drawn_now(tiles: Tiles, name: str) -> None:
    there, drawn = tiles["changes"], thumbnails.picture_of(name)
    assert apart(there[name], drawn) < LOSS
    assert min(there, key=lambda other: apart(there[other], drawn)) == name, "another picture is in its place"


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["palsy_rest", "skin_tone", "photograph"])
def test_the_picture_of_a_case_is_as_it_is_drawn_now(tiles: Tiles, name: str) -> None:
    assert apart(tiles["cases"][name], gallery.picture(CASES[name])) < LOSS


@pytest.mark.thorough
def test_no_two_changes_have_the_same_picture(tiles: Tiles) -> None:
    there = list(tiles["changes"].items())
    alike = [
        (one, other)
        for place, (one, picture) in enumerate(there)
        for other, another in there[place + 1 :]
        if apart(picture, another) < 0.5
    ]
    assert alike == []


def test_a_sheet_is_read_as_it_was_written() -> None:
    made = {name: np.full((thumbnails.TILE, thumbnails.TILE, 3), level, np.uint8) for name, level in
            (("dark", 20), ("middle", 120), ("light", 220))}  # fmt: skip
    sheet = thumbnails.write_sheet(made)
    assert sheet.grid == [thumbnails.COLUMNS, 1]
    read = thumbnails.read_tiles(sheet)
    assert list(read) == list(made)
    assert max(apart(read[name], made[name]) for name in made) < 2
