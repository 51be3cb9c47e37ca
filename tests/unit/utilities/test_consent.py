"""Consent to showing a picture: what a cell says, and where a picture isn't shown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import facelib
from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet, contact_sheet
from facelib.studies.consent import consented
from facelib.studies.sweeps.frames import Frames
from facelib.utilities.consent import is_given, may_show, said_of

CELLS = {"ja.png": "Ja", "date.png": "2026-02-03", "no.png": "nein", "empty.png": ""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    for name in CELLS:
        Image.fromarray(rng.integers(60, 256, (64, 64, 3), np.uint8)).save(tmp_path / name)
    pd.DataFrame(CELLS.items(), columns=["file", "consent"]).to_csv(tmp_path / "faces.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(
    "cell",
    [
        "yes",
        " JA ",
        "true",
        "1",
        "2026-11-30",
        "3.2.2026",
        date(2026, 1, 2),
        True,
        1,
        np.bool_(True),
        np.int64(1),
        pd.Timestamp("2026-01-02"),
    ],
)
def test_words_and_dates_give_it(cell: Any) -> None:
    assert is_given(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "no",
        "nein",
        "",
        None,
        0,
        False,
        float("nan"),
        pd.NaT,
        pd.NA,
        "maybe",
        "withdrawn",
        "2026",
        np.bool_(False),
        [1],
    ],
)
def test_all_else_gives_none(cell: Any) -> None:
    assert not is_given(cell)


@pytest.mark.thorough
@given(st.text())
def test_no_text_is_a_consent_by_accident(text: str) -> None:
    if is_given(text):
        assert text.strip().casefold() in {"yes", "ja", "true", "1"} or any(
            letter.isdigit() for letter in text
        )


def test_whoever_gave_none_is_in_no_sheet_notebook_or_strip(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, "faces.csv", detect=False)
    shown = {name: faces[name] for name in CELLS}
    assert shown["empty.png"].attributes["consent"] == ""
    for name, face in shown.items():
        may = name in ("ja.png", "date.png")
        assert (face._repr_png_() is not None) == may
        assert ("<img" in face._repr_html_()) == may  # type: ignore[attr-defined]
        frames = Frames((face, face), np.array([0.0, 1.0]))
        assert ("<img" in frames._repr_html_()) == may  # type: ignore[attr-defined]
        if may:
            frames.strip()
        else:
            with pytest.raises(BadValueError, match="No consent is recorded"):
                frames.strip()
    sheet = np.asarray(contact_sheet(list(shown.values()), 4, size=64)).astype(int)
    places = [sheet[:64, start : start + 64] for start in range(0, 4 * 68, 68)]
    for face, place in zip(shown.values(), places, strict=False):
        same = bool((place == face.image).all())
        assert same == (face.attributes["consent"] in ("Ja", "2026-02-03"))


def test_a_changed_picture_of_them_is_shown_no_more_than_the_picture(folder: Path) -> None:
    face = FaceSet.from_folder(folder, "faces.csv", detect=False)["no.png"]
    changed = facelib.interventions.get("blur").apply(face, 0.5)
    assert changed._repr_png_() is None


def test_pictures_without_such_a_column_are_shown_as_before() -> None:
    grey = Face(np.full((64, 64, 3), 128, np.uint8), np.zeros(4), np.zeros((2, 2)))
    assert grey._repr_png_() is not None


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["Einwilligung", "EINWILLIGUNG ", "Consent"])
def test_other_names_of_the_column_are_the_same(folder: Path, name: str) -> None:
    """A reader's "Einwilligung: nein" was in no rule, and her pictures were shown."""
    table = pd.read_csv(folder / "faces.csv").rename(columns={"consent": name})
    faces = FaceSet.from_folder(folder, table, detect=False)
    assert [faces[one]._repr_png_() is not None for one in CELLS] == [True, True, False, False]
    plan = facelib.InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2, label="happy").plan()
    assert "2 pictures of 2 people without a recorded consent: they are read" in str(plan)
    with pytest.raises(BadValueError, match="consent isn't given"):
        consented(faces["no.png"], "This film", with_photograph=True)
    assert consented(faces["date.png"], "This film", with_photograph=True).endswith("2026-02-03.")


def test_of_two_columns_either_can_refuse() -> None:
    assert not may_show({"consent": "ja", "Einwilligung": "nein"})
    assert said_of(pd.DataFrame({"consent": ["ja"], "Einwilligung": ["nein"]}), ["p1"])
    assert not said_of(pd.DataFrame({"consent": ["ja"]}), ["p1"])
    assert not said_of(pd.DataFrame({"age": [3]}), ["p1"])


def test_the_plan_counts_them(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, "faces.csv", detect=False)
    plan = facelib.InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2, label="happy").plan()
    assert "2 pictures of 2 people without a recorded consent: they are read, and shown in no report" in str(
        plan
    )
