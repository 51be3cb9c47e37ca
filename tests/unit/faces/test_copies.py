"""One file under several names: found when a folder or a zip is read, and said with both names."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.faces import FaceSet, sources
from facelib.faces.copies import alike, told

CONTENT = {
    "p1/rest.png": b"one picture",
    "p1/smile.png": b"another one",
    "p2/rest.png": b"one picture",
    "p3/rest.png": b"one pictura",  # as long, and another one
    "p3/more.png": b"",
    "p4/more.png": b"",
}
PEOPLE = pd.DataFrame({"file": list(CONTENT), "person": [name[:2] for name in CONTENT]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in CONTENT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in CONTENT.items():
            made.writestr(name, content)
    return buffer.getvalue()


def test_a_file_under_two_names_is_said_with_both_and_with_whose_it_is(folder: Path) -> None:
    said = "p1/rest.png = p2/rest.png (of p1 and p2). Is one of them mixed up?"
    for faces in (FaceSet.from_folder(folder, PEOPLE), FaceSet.from_zip(zipped(), PEOPLE)):
        assert faces.copies == (("p1/rest.png", "p2/rest.png"),)
        assert said in faces.notes[-1]
        assert said.removesuffix("?") in repr(faces)
    by_folder = FaceSet.from_folder(folder, person_from="folder")
    assert said in by_folder.notes[-1]
    assert "mixed up" not in " ".join(FaceSet.from_folder(folder / "p3").notes)


def test_a_part_of_a_set_knows_its_own_copies(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, PEOPLE)
    rest = faces.subset(faces.table["person"].isin(["p1", "p3"]))
    assert rest.copies == ()
    assert "mixed up" not in " ".join(rest.notes)
    both = faces.subset("person == 'p1' or person == 'p2'")
    assert both.copies == faces.copies
    assert sum("mixed up" in note for note in both.notes) == 1


def test_only_files_of_one_size_are_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "p1" / "large.png").write_bytes(os.urandom(50_000))
    opened: list[str] = []
    original = sources.open_file

    def noted(path: Path) -> Any:
        opened.append(path.name)
        return original(path)

    monkeypatch.setattr(sources, "open_file", noted)
    FaceSet.from_folder(folder)
    assert "large.png" not in opened
    assert len(opened) <= 2 * 4, "the four of one size: their starts, and then what is left"


def test_names_that_strangers_chose_stay_one_line() -> None:
    table = pd.DataFrame({"id": ["a\nb.png", "c" * 400]})
    said = told((("a\nb.png", "c" * 400),), table)
    assert "\n" not in said
    assert len(said) < 300
    assert told((), table) == ""


@pytest.mark.thorough
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=2), max_size=12))
@settings(max_examples=100)
def test_groups_are_those_of_whole_hashes(files: dict[str, bytes]) -> None:
    """A slow twin: every file is hashed."""
    by_hash: dict[str, list[str]] = {}
    for name, content in files.items():
        by_hash.setdefault(hashlib.sha256(content).hexdigest(), []).append(name)
    expected = {tuple(names) for names in by_hash.values() if len(names) > 1}
    keys = [lambda name: len(files[name]), lambda name: files[name][:1], lambda name: files[name]]
    assert set(alike(files, keys)) == expected
