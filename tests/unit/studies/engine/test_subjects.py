"""Whom a study looks at: keys of pictures, who is one person, what stands in the table of faces."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import facelib
from facelib.errors import BadImageError
from facelib.faces import Face, FaceSet, Head
from facelib.faces.sources import Folder
from facelib.studies import InterventionalStudy
from facelib.studies.engine.subjects import PASSING, faces_table, identity_of, subjects


def picture(shade: int = 0, **attributes: Any) -> Face:
    image = np.full((64, 64, 3), shade, np.uint8)
    return Face(image, np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan), attributes=attributes)


@pytest.mark.parametrize(
    "change",
    [
        {"pose": (20.0, 5.0, 0.0)}, {"light": "side"}, {"glasses": 1.0}, {"electrodes": "fridlund"},
        {"mask": 1.0}, {"palsy": 0.7, "palsy_side": "right"}, {"background": "blue"}, {"expression": "sad"},
    ],
)  # fmt: skip
def test_a_head_that_is_seen_or_dressed_otherwise_is_the_same_person(change: dict[str, Any]) -> None:
    head = Head(seed=4, age=50)
    assert head.replace(**change).key != head.key
    assert identity_of(head.replace(**change)) == identity_of(head)
    assert set(PASSING) >= set(change)


@pytest.mark.parametrize("change", [{"seed": 5}, {"age": 51}, {"gender": 0.9}, {"skin_tone": 0.9}])
def test_another_person_is_another_identity(change: dict[str, Any]) -> None:
    head = Head(seed=4, age=50)
    assert identity_of(head.replace(**change)) != identity_of(head)


@pytest.mark.parametrize(
    "known", [{"hair": "long"}, {"age": 70}, {"electrodes": ("a",)}, {"skin_tone": None}]
)
def test_what_is_known_of_a_picture_is_in_its_key(known: dict[str, Any]) -> None:
    """Measures and interventions read it: a corrected table of photographs gave the rows of the old one."""
    before, same, after = (
        subjects(picture(id="a", **more))[0].key for more in ({"age": 30}, {"age": 30}, {"age": 30} | known)
    )
    assert before == same
    assert before != after


def test_the_table_of_photographs_is_in_their_keys(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture()._repr_png_())
    keys = [
        subjects(FaceSet.from_folder(tmp_path, pd.DataFrame({"file": ["a.png"], "age": [age]})))[0].key
        for age in (30, 30, 40)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_a_damaged_picture_in_a_zip_is_one_face_that_fails() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        made.writestr("bad.png", picture()._repr_png_())
        made.writestr("good.png", picture(9)._repr_png_())
    content = bytearray(file.getvalue())
    content[60] ^= 255
    people = subjects(FaceSet.from_zip(bytes(content), detect=False))
    assert [one.name for one in people] == ["bad.png", "good.png"]
    with pytest.raises(BadImageError):
        people[0].open()
    assert isinstance(people[1].open(), Face)


def test_numbers_among_words_are_words_in_the_table_of_faces(tmp_path: Path) -> None:
    table = faces_table(subjects([picture(id="a", age=30), picture(id="b", age="old"), picture(id="c")]))
    assert table["age"].tolist()[:2] == ["30", "old"]
    assert pd.isna(table["age"][2])
    table.to_parquet(tmp_path / "faces.parquet")
    both = faces_table(subjects([Head(gender=0.2), picture(id="a", gender="female")]))
    assert both["gender"].tolist() == ["0.2", "female"]


def test_faces_of_whom_nobody_knows_who_they_are_are_not_one_person() -> None:
    people = subjects([picture(id=name, person=np.nan) for name in "ab"] + [picture(id="c", person="Anna")])
    assert [one.identity for one in people] == ["a", "b", "Anna"]


def test_a_face_of_a_list_doesnt_take_the_others_along() -> None:
    faces = FaceSet.from_faces([picture(shade, name=f"{shade}") for shade in range(30)])
    sent = len(cloudpickle.dumps(subjects(faces)[0]))
    assert sent < 2 * len(cloudpickle.dumps(faces[0]))


@pytest.mark.thorough
def test_a_set_of_many_files_is_known_quickly_and_sent_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(7)._repr_png_())
    table = pd.DataFrame({"file": "a.png", "id": [f"{n}" for n in range(3000)], "age": np.arange(3000) % 90})
    faces = FaceSet(table, Folder(tmp_path, detect=False, which=None), "file")
    people = subjects(faces)
    assert people[2999].open().attributes["age"] == 2999 % 90  # type: ignore[union-attr]
    sent = pickle.dumps(people[2999])
    assert len(sent) < 5000
    there = pickle.loads(sent).open()
    assert (there.attributes["id"], there.image.max()) == ("2999", 7)


def test_faces_that_can_be_looked_at_once_only_are_all_there() -> None:
    heads = facelib.sample_heads(5, seed=1)
    study = InterventionalStudy((head for head in heads), ["blur"], ["known_unbiased"])  # type: ignore[arg-type]
    assert [one.name for one in study.people] == [head.key for head in heads]
