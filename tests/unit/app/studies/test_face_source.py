"""Whom a study looks at: rendered people, and zips with whatever people put into them."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib.app.studies.face_source import ASYMMETRY, Whom, crossed, drawn, example_zip, read_zip
from facelib.classifiers import EMOTIONS
from facelib.errors import BadArchiveError, BadTableError, BadValueError
from facelib.studies.engine.subjects import identity_of


def picture(seed: int) -> bytes:
    grey = np.random.default_rng(seed).integers(90, 160, (96, 96, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def packed(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PICTURES: dict[str, bytes | str] = {f"{name}.png": picture(number) for number, name in enumerate("abc")}


def test_every_person_shows_every_expression_and_stays_the_same_person() -> None:
    heads = crossed(6, ["happy", "sad"], seed=3, recipes="facs")
    people = [identity_of(head) for head in heads]
    assert len(set(people)) == 6
    assert [head.expression for head in heads] == ["happy", "sad"] * 6
    assert people[0::2] == people[1::2]


def test_people_who_are_seen_once_show_expressions_equally_often_and_half_wear_what_is_asked() -> None:
    heads = drawn(70, list(EMOTIONS), ["electrodes"], seed=2, recipes="facs")
    assert {name: [head.expression for head in heads].count(name) for name in EMOTIONS} == dict.fromkeys(
        EMOTIONS, 10
    )
    assert len({identity_of(head) for head in heads}) == 70
    assert 20 < sum(bool(head.electrodes) for head in heads) < 50
    shapes = [head.asymmetry for head in heads]
    assert min(shapes) >= ASYMMETRY[0]
    assert max(shapes) <= ASYMMETRY[1]
    assert max(shapes) > 0.4


def test_consent_is_counted_and_is_nothing_to_be_tested() -> None:
    table = "file,person,Einwilligung,age\na.png,p1,nein,3\nb.png,p2,ja,4\nc.png,p1,,5\n"
    whom = Whom()
    whom.take("mine.zip", packed({**PICTURES, "faces.csv": table}))
    assert "2 pictures of 1 person without a recorded consent: they are read, and shown in no" in whom.note
    assert whom.columns == ("person", "age")


@pytest.mark.thorough
def test_a_missing_picture_is_left_out_and_named_and_a_third_of_them_is_too_many() -> None:
    """The page named an option that it hasn't, and took nothing."""
    table = "file,person\na.png,p1\nb.png,p2\nc.png,p3\ngone.png,p4\n"
    for folder in ("", "clinic/"):
        files = {f"{folder}{name}": content for name, content in {**PICTURES, "faces.csv": table}.items()}
        faces, note = read_zip(packed(files), detect=False)
        assert len(faces) == 3
        assert "1 picture that it lists isn't there: left out." in note
        assert "1 of 4 pictures that the table lists aren't there: gone.png." in faces.notes
    plan = facelib.ObservationalStudy(faces, ["person"], classifiers=["known_unbiased"], labels=()).plan()
    assert "aren't there: gone.png." in str(plan)
    for gone in (2, 300):
        rows = "".join(f"gone{number}.png,p\n" for number in range(gone))
        with pytest.raises(
            BadTableError, match=f"{gone} of {gone + 3} pictures .*gone0.png.*another"
        ) as found:
            read_zip(packed({**PICTURES, "faces.csv": table.replace("gone.png,p4\n", rows)}), detect=False)
        assert "only_" not in str(found.value)
    with pytest.raises(BadTableError, match="check their names") as found:
        read_zip(packed({**PICTURES, "faces.csv": "file\nx.png\n"}), detect=False)
    assert "only_" not in str(found.value)


def test_another_seed_gives_other_people() -> None:
    first, second = (Whom(people=4, seed=seed).faces() for seed in (1, 2))
    assert not {head.key for head in first} & {head.key for head in second}  # type: ignore[union-attr]


def test_pictures_without_a_table_are_taken_as_they_are() -> None:
    faces, note = read_zip(packed(PICTURES), detect=False)
    assert list(faces.table["file"]) == ["a.png", "b.png", "c.png"]
    assert note.startswith("3 pictures, without a table")


def test_the_table_of_a_zipped_folder_counts_from_its_own_folder() -> None:
    table = "file,person,label\na.png,anna,happy\nb.png,ben,sad\n"
    content = packed({f"study/{name}": one for name, one in PICTURES.items()} | {"study/faces.csv": table})
    faces, note = read_zip(content, detect=False)
    assert list(faces.table["file"]) == ["study/a.png", "study/b.png"]
    assert faces.people() == ["anna", "ben"]
    assert note == "2 pictures; study/faces.csv has: person, label. 1 picture not in it: left out."


def test_of_several_tables_the_one_called_faces_counts() -> None:
    files = PICTURES | {"faces.csv": "file,label\na.png,happy\n", "notes.csv": "what\nnothing\n"}
    assert len(read_zip(packed(files), detect=False)[0]) == 1
    files["other.csv"] = files.pop("faces.csv")
    with pytest.raises(BadTableError, match=r"several tables: .*faces\.csv"):
        read_zip(packed(files))


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"not a zip", BadArchiveError, "isn't a zip"),
        (packed({"readme.txt": "nothing"}), BadArchiveError, "no picture in the zip"),
        (packed(PICTURES | {"faces.csv": "file\nz.png\n"}), BadTableError, "z.png"),
    ],
)
def test_what_is_wrong_with_a_zip_is_said_and_what_was_there_stays(
    content: bytes, error: type[Exception], words: str
) -> None:
    whom = Whom(cropped=True)
    whom.take("mine.zip", packed(PICTURES))
    with pytest.raises(error, match=words):
        whom.take("broken.zip", content)
    assert whom.archive == "mine.zip"
    assert len(whom.photographs) == 3


def test_a_zip_becomes_the_faces_and_is_read_again_where_pictures_are_cropped() -> None:
    whom = Whom()
    told: list[object] = []
    whom.observe(lambda change: told.append(change["new"]), "photographs")
    whom.take("mine.zip", packed(PICTURES | {"faces.csv": "file,age\na.png,30\nb.png,40\n"}))
    assert whom.source == "mine"
    assert whom.columns == ("age",)
    assert whom.words == "2 photographs of mine.zip"
    before = whom.photographs
    whom.cropped = True
    assert whom.photographs is not before
    assert whom.photographs[0].size == (96, 96)  # the whole picture is the face
    assert len(told) == 2


def test_nobody_and_nothing_shown_are_refused_in_words() -> None:
    with pytest.raises(BadValueError, match="give a zip"):
        Whom(source="mine").faces()
    with pytest.raises(BadValueError, match="choose one expression"):
        Whom(expressions=[]).faces()


@pytest.mark.thorough
def test_the_example_is_taken_back_as_it_is_and_becomes_people_with_ages_and_labels() -> None:
    whom = Whom()
    whom.take("example-faces.zip", example_zip())  # faces are looked for, as in anyone's zip
    faces = whom.photographs
    assert whom.columns == ("person", "label", "age")
    assert len(faces) == 12
    assert len(faces.failures) == 0
    assert len(faces.people()) == 6
    assert all(face.landmarks is not None for face in faces)
    ages = faces.table.groupby("person")["age"]
    assert (ages.nunique() == 1).all()
    assert ages.first().between(18, 100).all()
    assert faces.table.groupby("label").size().to_dict() == {"happy": 6, "sad": 6}
