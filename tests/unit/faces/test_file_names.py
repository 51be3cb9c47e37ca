"""File names of face sets: what they tell, what doesn't follow, and what a folder says before a run."""

from __future__ import annotations

import doctest
import io
import re
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facelib import FaceSet
from facelib.classifiers import common
from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.faces import GRAMMARS, Grammar, file_names, grammar

TOLD = {
    "kdef": {
        "AF01ANFL.JPG": {
            "person": "F01", "label": "angry", "session": "series one", "gender": 0,
            "pose": "full left profile",
        },
        "BM35SUS.JPG": {
            "person": "M35", "label": "surprised", "session": "series two", "gender": 1, "pose": "straight",
        },
        "bf07afhr.jpg": {"person": "F07", "label": "afraid", "pose": "half right profile"},
    },
    "akdef": {
        "FAFFL.JPG": {"person": "F", "label": "afraid", "gender": 0, "pose": "full left profile"},
        "MNES.JPG": {"person": "M", "label": "neutral", "gender": 1, "pose": "straight"},
    },
    "rafd": {
        "Rafd090_28_Caucasian_male_angry_frontal.jpg": {
            "person": "28", "label": "angry", "camera": "090", "group": "Caucasian", "gender": 1,
            "gaze": "frontal",
        },
        "Rafd045_41_Kid_female_contemptuous_left.jpg": {
            "person": "41", "label": "contemptuous", "camera": "045", "group": "Kid", "gender": 0,
            "gaze": "left",
        },
    },
    "ck+": {
        "cohn-kanade-images/S005/001/S005_001_00000011.png": {
            "person": "S005", "label": None, "sequence": "001", "frame": "00000011",
        },
    },
    "jaffe": {
        "YM.FE4.70.tiff": {"person": "YM", "label": "fear", "take": "4", "number": "70"},
        "KA.AN1.39.tiff.png": {"person": "KA", "label": "angry"},
        "UY.DI2.158": {"person": "UY", "label": "disgust", "number": "158"},
    },
    "faces": {
        "004_o_m_a_b.jpg": {
            "person": "004", "label": "anger", "age_group": "older", "gender": 1, "set": "b",
        },
        "066_y_f_n_a.jpg": {"person": "066", "label": "neutrality", "age_group": "young", "gender": 0},
    },
    "cfd": {
        "CFD-WM-040-023-HO.jpg": {
            "person": "WM-040", "label": "happy", "mouth": "open", "race": "White", "gender": 1,
            "photo": "023",
        },
        "CFD-BF-001-025-N.jpg": {"person": "BF-001", "label": "neutral", "mouth": None, "gender": 0},
        "CFD-MF-331-010-F.jpg": {"label": "fearful", "race": "multiracial"},
    },
}  # fmt: skip
STRANGE = {
    "kdef": [
        "AF36ANFL.JPG", "AF00ANFL.JPG", "CF01ANFL.JPG", "AF01XXFL.JPG", "AF01ANXX.JPG", "AF31V.JPG",
        "AF01ANFL (1).JPG", "xAF01ANFL.JPG", "AF01ANFL_crop.JPG", "AF1ANFL.JPG", "AF٠١ANFL.JPG",
        "AF01ANſ.JPG",
    ],
    "akdef": ["AF01ANFL.JPG", "FANX.JPG"],
    "rafd": ["Rafd100_28_Caucasian_male_angry_frontal.jpg", "Rafd090_28_Caucasian_male_bored_frontal.jpg"],
    "ck+": ["S005_001_00000011_landmarks.txt", "S005_001.png", "S05_001_00000011.png"],
    "jaffe": ["XX.AN1.39.tiff", "KA-AN1-39.tiff"],
    "faces": ["004_x_m_a_b.jpg", "4_o_m_a_b.jpg", "004_o_m_a_c.jpg"],
    "cfd": ["CFD-WM-040-023-H.jpg", "CFD-WM-040-023-NC.jpg", "CFD-XM-040-023-N.jpg"],
}  # fmt: skip


def pictures(root: Path, names: Iterable[str]) -> Path:
    """Grey pictures by those names, each file another; they are never read."""
    stream = io.BytesIO()
    Image.new("L", (64, 64), 128).save(stream, "PNG")
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(stream.getvalue() + bytes([number]))
    return root


def known(table: pd.DataFrame, row: int) -> dict[str, object]:
    return {name: None if pd.isna(value) else value for name, value in table.iloc[row].items()}


def test_the_doctests_of_the_module_hold() -> None:
    assert doctest.testmod(file_names).failed == 0


@pytest.mark.parametrize("name", list(GRAMMARS))
def test_names_tell_what_their_makers_wrote_into_them(name: str) -> None:
    read = grammar(name).read(TOLD[name])
    assert list(read)[:3] == ["file", "person", "label"]
    assert read["file"].tolist() == list(TOLD[name])
    for row, wanted in enumerate(TOLD[name].values()):
        told = known(read, row)
        assert {column: told[column] for column in wanted} == wanted
    first = set(next(iter(TOLD[name].values())))
    assert set(read.columns) - {"file"} == first, "the first example tells all columns"


@pytest.mark.parametrize("name", list(GRAMMARS))
def test_other_names_tell_nothing_and_stay(name: str) -> None:
    one = grammar(name)
    names = [one.example, *STRANGE[name]]
    read = one.read(names)
    assert read["file"].tolist() == names
    assert one.follow(names) == [True] + [False] * len(STRANGE[name])
    assert read.iloc[1:].drop(columns="file").isna().all(axis=None)


@pytest.mark.parametrize("name", list(GRAMMARS))
def test_each_has_a_source_an_example_and_labels_that_are_known(name: str) -> None:
    one = grammar(name)
    assert re.match(r"https://[\w.-]+/", one.source)
    assert [other for other in GRAMMARS if grammar(other).follow([one.example]) == [True]] == [name]
    labels = list(one.words.get("label", {}).values())
    unknown = [word for word, emotion in common(labels).items() if emotion is None]
    assert unknown == (["contemptuous"] if name == "rafd" else [])
    assert labels or "no expression" in one.remark


@pytest.mark.parametrize(
    "written",
    [
        "af01anfl.jpg", "AF01ANFL", "KDEF/AF01/AF01ANFL.JPG", "KDEF\\AF01\\AF01ANFL.JPG", " AF01ANFL .webp",
        "a/b c/ü/AF01ANFL.tif.PNG", "AF01ANFL.JPEG",
    ],
)  # fmt: skip
def test_capitals_endings_blanks_and_folders_do_not_count(written: str) -> None:
    read = grammar("kdef").read([written])
    assert read["person"].tolist() == ["F01"]
    assert read["file"].tolist() == [written]


def test_one_person_of_two_sessions_is_one() -> None:
    read = grammar("kdef").read(["AF01ANS.JPG", "BF01ANS.JPG", "AM01ANS.JPG"])
    assert read["person"].tolist() == ["F01", "F01", "M01"]


@pytest.mark.thorough
@given(st.lists(st.text(max_size=300), max_size=5), st.sampled_from(list(GRAMMARS)))
@settings(max_examples=200, deadline=None)
def test_any_name_is_read_or_told_apart(names: list[str], which: str) -> None:
    read = grammar(which).read(names)
    assert read["file"].tolist() == names
    follows = pd.Series(grammar(which).follow(names), dtype=bool)
    assert (read["person"].notna() == follows).all()


def test_ten_thousand_names_and_long_ones_take_less_than_a_second() -> None:
    names = [f"{'AB'[n % 2]}F{n % 35 + 1:02}ANFL.JPG" for n in range(10_000)]
    start = time.perf_counter()
    assert len(grammar("kdef").read(names)) == 10_000
    assert time.perf_counter() - start < 1
    long = [
        part * (300 // len(part)) for part in ("A", " ", ".", ".png", "KA.AN1.", "CFD-", "S005_", "0", "é")
    ]
    start = time.perf_counter()
    for name in GRAMMARS:
        assert not any(grammar(name).follow(long * 100))
    assert time.perf_counter() - start < 1


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    assert grammar("KDEF") is grammar("kdef")
    with pytest.raises(UnknownNameError, match=r"'kdfe'.* Did you mean kdef"):
        grammar("kdfe")
    with pytest.raises(UnknownNameError, match="no grammar of file names"):
        grammar(None)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no grammar of file names"):
        grammar(["kdef"])  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="A list of file names is needed; got int: 3"):
        grammar("kdef").read([3])  # type: ignore[list-item]
    with pytest.raises(BadValueError, match="A list of file names"):
        grammar("kdef").read("AF01ANFL.JPG")


@pytest.mark.parametrize(
    ("pattern", "words", "said"),
    [
        ("(?P<person>[", {}, "is a regular expression; .* isn't"),
        ("[0-9]+", {}, "a named group for each column"),
        ("(?P<file>[0-9]+)", {}, "a named group for each column"),
        ("(?P<person>[0-9]+)", {"label": {"A": "angry"}}, "words are given for label"),
        ("(?P<person>[a-z]+)", {}, "example follows its pattern"),
        ("(?P<person>[0-9]+)", {"person": {"1": ["a"]}}, "a code of person stands for, a text or number"),
    ],
)
def test_a_grammar_that_can_not_be_is_refused(
    pattern: str, words: dict[str, dict[str, Any]], said: str
) -> None:
    with pytest.raises(BadValueError, match=said):
        Grammar("Mine", pattern, "https://example.org", "12.jpg", words)


def test_a_folder_needs_no_table(tmp_path: Path) -> None:
    pictures(tmp_path, ["AF01/AF01ANS.JPG", "AF01/AF01HAHL.JPG", "BF01/BF01ANS.JPG", "x/notes.jpg"])
    faces = FaceSet.from_folder(tmp_path, grammar="kdef", detect=False)
    assert faces.people() == ["F01"]
    assert faces["AF01/AF01HAHL.JPG"].attributes["label"] == "happy"
    assert faces["AF01/AF01HAHL.JPG"].attributes["gender"] == 0
    assert "label" not in faces["x/notes.jpg"].attributes
    assert len(faces) == 4, "none is dropped"
    (note,) = faces.notes
    assert note == (
        "File names were read as KDEF's: 1 person, 2 labels (angry, happy), session (series one, series "
        "two), gender, pose (half left profile, straight); 1 of 4 names doesn't follow it: x/notes.jpg. "
        "Nothing is known of what doesn't follow; each counts as one more person, or is left out of pairs. "
        "Gender: as the set's makers wrote it, no estimate."
    )


def test_a_zip_needs_no_table_either(tmp_path: Path) -> None:
    root = pictures(tmp_path, ["KA.AN1.39.png", "YM.FE4.70.png"])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in root.glob("*.png"):
            archive.write(path, f"jaffe/{path.name}")
    faces = FaceSet.from_zip(stream.getvalue(), grammar="jaffe", detect=False)
    assert faces.table[["person", "label"]].to_numpy().tolist() == [["KA", "angry"], ["YM", "fear"]]


def test_what_a_table_says_stays_and_names_tell_the_rest(tmp_path: Path) -> None:
    pictures(tmp_path, ["AF01ANS.JPG", "BF01ANS.JPG"])
    table = pd.DataFrame(
        {"file": ["AF01ANS.JPG", "BF01ANS.JPG"], "person": ["a", "b"], "label": ["sad", None]}
    )
    faces = FaceSet.from_folder(tmp_path, table, grammar="kdef", detect=False)
    assert faces.people() == ["a", "b"]
    assert faces.table["label"].tolist()[0] == "sad"
    assert faces.table["label"].isna().tolist() == [False, True], "an empty cell is unknown, and stays"
    assert faces.table["session"].tolist() == ["series one", "series two"]
    (note,) = faces.notes
    assert "What was known of person, label stays. The names tell 1 person where 2 are known" in note


@pytest.mark.parametrize("asked", ["rafd", "ck+"])
def test_another_sets_names_are_refused_with_what_would_fit(tmp_path: Path, asked: str) -> None:
    pictures(tmp_path, [f"AF{n:02}ANS.JPG" for n in range(1, 30)])
    with pytest.raises(BadTableError) as caught:
        FaceSet.from_folder(tmp_path, grammar=asked, detect=False)
    said = str(caught.value)
    assert said.startswith(f"No file name looks like {grammar(asked).title}'s, as {grammar(asked).example}")
    assert "got AF01ANS.JPG, AF02ANS.JPG" in said
    assert "29 look like KDEF's: grammar='kdef' (in a study's file, grammar: kdef)" in said


def test_few_that_fit_are_refused_and_a_tenth_is_not(tmp_path: Path) -> None:
    names = [f"{n}.jpg" for n in range(18)]
    few = pictures(tmp_path / "few", ["AF01ANS.jpg", *names])
    with pytest.raises(BadTableError, match=r"Only 1 of 19 file names look like KDEF's.*None of the others"):
        FaceSet.from_folder(few, grammar="kdef", detect=False)
    some = pictures(tmp_path / "some", ["AF01ANS.jpg", "BF01ANS.jpg", *names])
    faces = FaceSet.from_folder(some, grammar="kdef", detect=False)
    assert len(faces) == 20
    assert "18 of 20 names don't follow it" in faces.notes[0]
    assert "0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg …" in faces.notes[0]


def test_a_set_without_files_has_no_file_names(tmp_path: Path) -> None:
    faces = FaceSet.from_faces([])
    for ask in (lambda: faces.read_names("kdef"), faces.read_people):
        with pytest.raises(BadTableError, match="no column 'file'"):
            ask()
    with pytest.raises(BadValueError, match="A grammar of file names, by its name"):
        faces.read_names(3)  # type: ignore[arg-type]
    assert len(FaceSet.from_folder(tmp_path, grammar="kdef")) == 0


def test_without_a_grammar_the_set_says_which_would_read_its_names(tmp_path: Path) -> None:
    names = ["AF01ANS.JPG", "AF01HAS.JPG", "x.jpg"]
    pictures(tmp_path, names)
    faces = FaceSet.from_folder(tmp_path, detect=False)
    assert faces.notes == (
        "2 of 3 file names look like KDEF's: grammar='kdef' (in a study's file, grammar: kdef) reads what "
        "they tell.",
    )
    assert "label" not in faces.table
    assert not any("look like" in note for note in faces.read_names("kdef").notes), "it was done"
    told = FaceSet.from_folder(tmp_path, pd.DataFrame({"file": names}), detect=False)
    assert told.notes == ()


def test_a_grammar_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Grammar(
        "the clinic", "(?P<person>P[0-9]+)_(?P<label>[fr])", "https://example.org", "P1_f.jpg",
        {"label": {"f": "Freude", "r": "Ruhe"}},
    )  # fmt: skip
    pictures(tmp_path, ["p07_f.jpg", "p12_r.jpg"])
    faces = FaceSet.from_folder(tmp_path, grammar=mine, detect=False)
    assert faces.table[["person", "label"]].to_numpy().tolist() == [["P07", "Freude"], ["P12", "Ruhe"]]
    monkeypatch.setattr(GRAMMARS, "_items", dict(GRAMMARS._items))
    GRAMMARS.register("clinic", mine)
    assert FaceSet.from_folder(tmp_path, grammar="clinic", detect=False).people() == ["P07", "P12"]


def test_a_code_without_a_word_stays_and_is_no_emotion(tmp_path: Path) -> None:
    mine = Grammar("the clinic", "P(?P<label>[a-z])", "", "Pf.jpg", {"label": {"f": "Freude"}})
    faces = FaceSet.from_folder(pictures(tmp_path, ["Pf.jpg", "Px.jpg"]), grammar=mine, detect=False)
    assert faces.table["label"].tolist() == ["Freude", "x"]
    assert faces.notes == ("File names were read as the clinic's: 2 labels (Freude, x).",)


def test_what_a_hostile_name_holds_does_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = ["\x1b[31mred.jpg", "two\nlines.jpg", "\u202egpj.exe.jpg", "y" * 240 + ".jpg"]
    faces = FaceSet.from_folder(pictures(tmp_path, ["AF01ANS.jpg", *hostile]), grammar="kdef", detect=False)
    assert len(faces) == 5
    (note,) = faces.notes
    assert note.isprintable()
    assert "4 of 5 names don't follow it" in note
    assert r"\x1b[31mred.jpg" in note
    assert "y" * 61 not in note


def test_people_are_named_by_the_first_folder(tmp_path: Path) -> None:
    names = ["anna/1.png", "anna/before/2.png", "ben ü/1.png", "007/1.png", "loose.png"]
    faces = FaceSet.from_folder(pictures(tmp_path, names), person_from="folder", detect=False)
    told = dict(zip(faces.table["file"], faces.table["person"], strict=True))
    assert [told[name] for name in names[:4]] == ["anna", "anna", "ben ü", "007"]
    assert pd.isna(told["loose.png"])
    assert "person" not in faces["loose.png"].attributes
    assert faces.notes == (
        "People are named by their folders: 3 people (007, anna, ben ü); 1 of 5 pictures lies in none and "
        "has no person: loose.png.",
    )


def test_a_folder_from_a_mac_names_the_same_person() -> None:
    files = ["J\u00fcrgen/1.jpg", "Ju\u0308rgen/2.jpg"]
    people, note = file_names.folder_people(files)
    assert people.tolist() == ["Jürgen", "Jürgen"]
    assert "1 person (Jürgen)" in note


def test_folders_that_name_nobody_are_told(tmp_path: Path) -> None:
    flat = pictures(tmp_path / "flat", ["1.png", "2.png"])
    with pytest.raises(BadTableError, match=r"as anna/1.jpg; no picture lies in one: 1.png, 2.png"):
        FaceSet.from_folder(flat, person_from="folder", detect=False)
    one = pictures(tmp_path / "one", ["clinic/anna/1.png", "clinic/ben/1.png"])
    faces = FaceSet.from_folder(one, person_from="folder", detect=False)
    assert faces.people() == ["clinic"]
    assert "If the folders in clinic are the people, name clinic itself" in faces.notes[0]
    with pytest.raises(BadValueError, match="named by their folder, or by a table; got 'file'"):
        FaceSet.from_folder(one, person_from="file")  # type: ignore[arg-type]


def test_a_tables_people_are_not_the_folders(tmp_path: Path) -> None:
    root = pictures(tmp_path, ["s1/1.png", "s2/1.png"])
    table = pd.DataFrame({"file": ["s1/1.png", "s2/1.png"], "person": ["anna", "anna"]})
    faces = FaceSet.from_folder(root, table, person_from="folder", detect=False)
    assert faces.people() == ["anna"]
    assert faces.notes == ("People are those of the table, not the folders'.",)


def test_sessions_in_folders_of_their_own_are_told_by_the_names(tmp_path: Path) -> None:
    """KDEF has a folder for each session: by folders everybody would be two people."""
    root = pictures(tmp_path, ["AF01/AF01ANS.png", "BF01/BF01ANS.png"])
    faces = FaceSet.from_folder(root, grammar="kdef", person_from="folder", detect=False)
    assert faces.people() == ["AF01", "BF01"]
    assert "The names tell 1 person where 2 are known" in faces.notes[-1]
