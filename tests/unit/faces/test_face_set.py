"""Sets of faces: the files and the table fit, pictures are read when they are asked for, and few are kept."""

from __future__ import annotations

import doctest
import io
import os
import pickle
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facelib import Face, FaceSet, Head
from facelib.errors import (
    BadArchiveError,
    BadImageError,
    BadTableError,
    BadValueError,
    NoFaceError,
    UnknownNameError,
)
from facelib.faces import sources
from facelib.faces.sources import Kept, Listed
from facelib.faces.table import natural_key

GREYS = {
    "anna/with.png": 10, "anna/without.png": 20, "ben/with.png": 30, "ben/without.png": 40,
    "cem/with.png": 50,
}  # fmt: skip
TABLE = """\
file,person,label,electrodes,age
anna/without.png,007,none,0,34
anna/with.png,007,none,16,34
ben/without.png,ben,none,0,
ben/with.png,ben,none,16,51.5
cem/with.png,cem,,16,NA
"""


def picture(grey: int, side: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (side, side), grey).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, grey in GREYS.items():
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(grey))
    (tmp_path / "faces" / "faces.csv").write_text(TABLE)
    return tmp_path / "faces"


def zipped(folder: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder).as_posix())
    return stream.getvalue()


def level(face: Face) -> int:
    return int(face.image[0, 0, 0])


def crops(folder: Path, metadata: str | Path | pd.DataFrame | None = None, **options: bool) -> FaceSet:
    return FaceSet.from_folder(folder, metadata, detect=False, **options)


def test_a_folder_without_a_table_is_in_natural_order(folder: Path) -> None:
    for name in ("10.png", "9.PNG", "z2.jpeg", "Z10.webp"):
        (folder / name).write_bytes(picture(0))
    for name in (".hidden.png", "notes.txt", ".git/x.png", "__MACOSX/9.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    table = crops(folder).table
    assert table.file.tolist() == ["9.PNG", "10.png", *GREYS, "z2.jpeg", "Z10.webp"]
    assert table.id.tolist() == table.file.tolist()
    assert table.folder.tolist() == ["", "", "anna", "anna", "ben", "ben", "cem", "", ""]


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["f1", "f02", "F3", "f10", "f10b", "f" + "9" * 5000]
    shuffled = names[::-1]
    assert sorted(shuffled, key=natural_key) == names


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_names_have_one_order(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_gives_order_and_attributes(folder: Path, separator: str) -> None:
    text = TABLE.replace(",", separator).replace("\n", "\r\n")
    (folder / "faces.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    faces = crops(folder, "faces.csv")
    assert [level(face) for face in faces] == [20, 10, 40, 30, 50]
    assert list(faces.table) == ["id", "file", "person", "label", "electrodes", "age"]
    first, cem = faces[0].attributes, faces[-1].attributes
    assert first == {
        "id": "anna/without.png", "file": "anna/without.png",
        "person": "007", "label": "none", "electrodes": 0, "age": 34.0,
    }  # fmt: skip
    assert "age" not in cem, "what isn't known isn't there"
    assert "label" not in cem
    assert cem["electrodes"] == 16


@pytest.mark.parametrize("kind", ["path", "parquet", "frame"])
def test_tables_come_as_files_and_frames(folder: Path, tmp_path: Path, kind: str) -> None:
    frame = pd.read_csv(io.StringIO(TABLE))
    if kind == "path":
        source: str | Path | pd.DataFrame = tmp_path / "elsewhere.csv"
        Path(tmp_path / "elsewhere.csv").write_text(TABLE)
    elif kind == "parquet":
        source = str(tmp_path / "faces.parquet")
        frame.to_parquet(source)
    else:
        source = frame
    faces = crops(folder, source)
    assert faces.table.file.tolist() == frame.file.tolist()
    assert faces["ben/with.png"].attributes["age"] == 51.5
    assert "id" not in frame, "the caller's table stays as it was"


def test_ids_may_be_given(folder: Path) -> None:
    frame = pd.read_csv(io.StringIO(TABLE)).assign(id=[5, 6, 7, 8, 9])
    faces = crops(folder, frame)
    assert level(faces["8"]) == 30
    with pytest.raises(BadTableError, match=r"an id of its own; 1 given several times: 5") as caught:
        crops(folder, frame.assign(id=[5, 5, 7, 8, 9]))
    assert caught.value.duplicates == ("5",)


def test_names_are_compared_as_people_read_them(folder: Path) -> None:
    (folder / "Jose\u0301.png").write_bytes(picture(60))  # as macOS writes it
    frame = pd.DataFrame({"file": ["Jos\u00e9.png", "anna\\with.png", "./ben/with.png "]})
    assert [level(face) for face in crops(folder, frame, only_listed=True)] == [60, 10, 30]


def test_what_does_not_fit_is_listed(folder: Path) -> None:
    text = TABLE.replace("cem/with", "cem/wth") + "../secret.png,,,,\nben/with.png,,,,\n"
    (folder / "faces.csv").write_text(text)
    with pytest.raises(BadTableError) as caught:
        crops(folder, "faces.csv")
    error = caught.value
    assert error.missing == ("cem/wth.png", "../secret.png")
    assert error.unlisted == ("cem/with.png",)
    assert error.duplicates == ("ben/with.png",)
    for part in ("2 listed, but not there: cem/wth.png", "1 there, but not listed", "1 listed several times"):
        assert part in str(error)


def test_pictures_that_are_not_listed_can_be_left_out(folder: Path) -> None:
    (folder / "more.png").write_bytes(picture(0))
    with pytest.raises(BadTableError, match="only_listed=True"):
        crops(folder, "faces.csv")
    assert len(crops(folder, "faces.csv", only_listed=True)) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "can't be read as CSV"),
        (b"\xff\xfe\x00\x01", "can't be read as CSV"),
        ("file,person\ncem/with.png,Jos\u00e9".encode("latin-1"), "can't be read as CSV"),
        (b"name,person\na,b\n", "one column 'file'.*got name, person"),
        (b"file, file\na,b\n", "no column twice"),
        (b'file,person\n"a,b\n', "can't be read as CSV"),
        (b"file\n,\n", "listed, but not there"),
    ],
)
def test_tables_that_are_none(folder: Path, content: bytes, message: str) -> None:
    (folder / "faces.csv").write_bytes(content)
    with pytest.raises(BadTableError, match=message):
        crops(folder, "faces.csv")


def test_what_is_not_there_is_said(folder: Path) -> None:
    with pytest.raises(BadValueError, match="no folder"):
        crops(folder / "nothing")
    with pytest.raises(BadTableError, match="no table"):
        crops(folder, "nothing.csv")
    (folder / "bad.parquet").write_bytes(b"PAR1 but no table")
    with pytest.raises(BadTableError, match="Parquet"):
        crops(folder, "bad.parquet")


def test_a_zip_is_the_same_as_its_folder(folder: Path, tmp_path: Path) -> None:
    content = zipped(folder)
    path = tmp_path / "faces.zip"
    path.write_bytes(content)
    expected = crops(folder, "faces.csv")
    for source in (content, path):
        for metadata in ("faces.csv", folder / "faces.csv"):
            faces = FaceSet.from_zip(source, metadata, detect=False)
            pd.testing.assert_frame_equal(faces.table, expected.table)
            assert [level(face) for face in faces] == [20, 10, 40, 30, 50]
    bare = FaceSet.from_zip(content, detect=False)
    pd.testing.assert_frame_equal(bare.table, crops(folder).table)
    assert sorted(tmp_path.iterdir()) == [folder, path], "nothing was unpacked"
    with pytest.raises(BadArchiveError):
        FaceSet.from_zip(b"no zip")


def test_faces_that_are_there_become_a_set() -> None:
    heads = [Head(age=age).render(64) for age in (20, 70)]
    named = [face.replace(attributes={**face.attributes, "id": f"p{n}"}) for n, face in enumerate(heads)]
    faces = FaceSet.from_faces(named)
    assert faces[1].image is heads[1].image
    assert faces.table.id.tolist() == ["p0", "p1"]
    assert faces.table.age.tolist() == [20, 70]
    assert faces.subset("age > 30")[0].attributes["id"] == "p1"
    assert FaceSet.from_faces([]).table.shape == (0, 1)
    with pytest.raises(BadValueError, match="got Head"):
        FaceSet.from_faces([Head()])  # type: ignore[list-item]


def test_a_face_is_found_by_number_id_and_slice(folder: Path) -> None:
    faces = crops(folder)
    assert len(faces) == 5
    assert level(faces[1]) == level(faces[-4]) == level(faces["anna/without.png"]) == 20
    part = faces[::2]
    assert isinstance(part, FaceSet)
    assert [level(face) for face in part] == [10, 30, 50]
    assert part.table.index.tolist() == [0, 1, 2]
    with pytest.raises(IndexError):
        faces[5]
    with pytest.raises(UnknownNameError, match="no face of id 'nobody'"):
        faces["nobody"]


def test_subsets_by_query_and_mask(folder: Path) -> None:
    faces = crops(folder, "faces.csv")
    assert faces.subset("electrodes == 16 and age > 40").table.id.tolist() == ["ben/with.png"]
    chosen = faces.subset(faces.table.electrodes == 0)
    assert [level(face) for face in chosen] == [20, 40]
    assert len(faces.subset("age > 1000")) == 0
    assert len(chosen.subset("person == '007'")) == 1
    for wrong in ("unknown > 3", "age >", "import os", "age"):
        with pytest.raises(BadValueError, match=r"can't be answered|Expected a comparison"):
            faces.subset(wrong)
    for mask in ([True], [1, 0, 1, 0, 1], np.ones((5, 1), bool)):
        with pytest.raises(BadValueError, match="one bool per face"):
            faces.subset(mask)


def test_people_and_pairs(folder: Path) -> None:
    faces = crops(folder, "faces.csv")
    assert faces.people() == ["007", "ben", "cem"]
    pairs = faces.pairs("electrodes")
    assert list(pairs) == ["person", "label", "0", "16"]
    assert pairs["0"].tolist() == ["anna/without.png", "ben/without.png"]
    assert pairs["16"].tolist() == ["anna/with.png", "ben/with.png"]
    with pytest.raises(BadTableError, match="'person' has 3"):
        faces.pairs("person")
    with pytest.raises(BadTableError, match="no column 'tape'"):
        faces.pairs("tape")
    with pytest.raises(BadTableError, match="several partners") as caught:
        faces.pairs("electrodes", within=["label"])
    assert "ben/with.png" in caught.value.duplicates
    with pytest.raises(BadTableError, match="something in common"):
        faces.pairs("electrodes", within=["session"])
    with pytest.raises(BadTableError, match="no column 'person'"):
        crops(folder).people()


def test_broken_pictures_are_told_by_name_or_left_out(folder: Path) -> None:
    (folder / "anna" / "with.png").write_bytes(b"not a picture")
    (folder / "cem" / "with.png").write_bytes(picture(1)[:60])
    faces = crops(folder)
    with pytest.raises(BadImageError, match=r"^anna/with.png: The file isn't a picture"):
        list(faces)
    assert [level(face) for face in faces.iterate(skip_broken=True)] == [20, 30, 40]
    failures = faces.failures
    assert failures.file.tolist() == ["anna/with.png", "cem/with.png"]
    assert failures.reason[0].startswith("The file isn't a picture")
    (folder / "anna" / "with.png").write_bytes(picture(11))
    assert [level(face) for face in faces.iterate(skip_broken=True)] == [11, 20, 30, 40]
    assert faces.failures.file.tolist() == ["cem/with.png"]


def test_a_picture_that_went_away_is_a_failure(folder: Path) -> None:
    faces = crops(folder)
    (folder / "ben" / "with.png").unlink()
    assert len(list(faces.iterate(skip_broken=True))) == 4
    assert "no file" in faces.failures.reason[0]


@pytest.mark.packages
def test_faces_are_looked_for_unless_cropped(folder: Path) -> None:
    with pytest.raises(NoFaceError, match=r"^anna/with.png: No face was found"):
        FaceSet.from_folder(folder)[0]


def test_nothing_is_read_before_it_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = sources.load_face

    def counted(source: Path, *options: object) -> Face:
        read.append(source.parent.name)
        return load(source, *options)  # type: ignore[arg-type]

    monkeypatch.setattr(sources, "load_face", counted)
    faces = crops(folder, "faces.csv")
    assert (len(faces), len(faces.table), len(faces.subset("age > 40"))) == (5, 5, 1)
    faces.pairs("electrodes")
    assert read == []
    first = faces[4]
    assert read == ["cem"]
    first.image[:] = 0
    assert level(faces[4]) == 50, "who changes a picture changes no one else's"
    assert read == ["cem"], "the faces read last are kept"


def test_few_pictures_are_kept() -> None:
    pictures = [np.full((100, 100, 3), number, np.uint8) for number in range(20)]
    read: list[str] = []

    class Counted(Listed):
        def read(self, name: str) -> Face:
            read.append(name)
            return super().read(name)

    source = Counted({str(n): Face(image, np.zeros(4), np.zeros((2, 2))) for n, image in enumerate(pictures)})
    kept = Kept(source, limit=90_000)  # three of them
    for name in ("0", "1", "2", "0", "3", "0", "1"):
        assert level(kept.read(name)) == int(name)
    assert read == ["0", "1", "2", "3", "1"]
    assert level(Kept(source, limit=10).read("7")) == 7, "one that is too large to keep"


def test_a_set_of_files_travels_without_its_pictures(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    first = faces[0]
    sent = pickle.dumps(faces[:1])
    assert first.image.tobytes() not in sent
    assert np.array_equal(pickle.loads(sent)[0].image, first.image)


def test_a_fingerprint_is_that_of_the_content(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    before = [faces.fingerprint(number) for number in range(len(faces))]
    assert len(set(before)) == len(faces)
    assert [faces[1:].fingerprint(0)] == before[1:2], "whatever its number"
    name = faces.table["file"][0]
    (folder / "other.png").write_bytes((folder / name).read_bytes())
    again = FaceSet.from_folder(folder, detect=False)
    number = again.table["file"].tolist().index("other.png")
    assert again.fingerprint(number) == before[0], "whatever its name"
    assert FaceSet.from_folder(folder, detect=True).fingerprint(number) != before[0], "and how it is read"
    with zipfile.ZipFile(folder.parent / "all.zip", "w") as archive:
        archive.write(folder / name, name)
    assert FaceSet.from_zip(folder.parent / "all.zip", detect=False).fingerprint(0) == before[0]


@pytest.mark.thorough
def test_a_large_folder_opens_in_no_time(tmp_path: Path) -> None:
    (tmp_path / "0.jpg").touch()
    for number in range(1, 8000):
        os.link(tmp_path / "0.jpg", tmp_path / f"{number}.jpg")
    start = time.process_time()
    faces = FaceSet.from_folder(tmp_path)
    assert time.process_time() - start < 1.0  # 50 000 take 0.6 s on an idle machine
    assert faces.table.file.tolist() == [f"{number}.jpg" for number in range(8000)]


@pytest.mark.thorough
@pytest.mark.packages
def test_the_layout_in_the_readme_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[3] / "data" / "README.md").read_text()
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    example = "".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"^([^,]+\.jpg),", table, re.MULTILINE):
        path = tmp_path / "data" / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(skimage.data.astronaut()[:300, 60:360]).save(path)
    (tmp_path / "data" / "study" / "faces.csv").write_text(table)
    found = doctest.DocTestParser().get_doctest(example, {}, "data/README.md", None, None)
    assert len(found.examples) > 4
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found).failed == 0


NUMBERED = {"a": "0", "b": "3", "c": "6", "d": "7", "e": None}


def numbered(labels: dict[str, str | None]) -> FaceSet:
    """Grey faces with ids and labels."""
    grey = Face(np.full((64, 64, 3), 128, np.uint8), np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan))
    known = ({"id": name} | ({"label": label} if label else {}) for name, label in labels.items())
    return FaceSet.from_faces([grey.replace(attributes=one) for one in known])


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("affectnet", ["neutral", "surprise", "angry", "contempt", None]),
        ("ferplus", ["neutral", "sad", "fear", "contempt", None]),
    ],
)
def test_numbers_of_labels_are_words_of_their_data_set(dataset: str, words: list[str | None]) -> None:
    named = numbered(NUMBERED).label_numbers(dataset)
    assert [face.attributes.get("label") for face in named] == words
    assert named.table["label_number"].tolist()[:4] == [0, 3, 6, 7]
    assert named["b"].attributes["label"] == words[1]


def test_a_number_that_a_data_set_has_not_is_refused_and_none_is_unknown() -> None:
    with pytest.raises(BadTableError, match="raf-db are numbers from 1 to 7; here are 0, too"):
        numbered(NUMBERED).label_numbers("raf-db")
    with pytest.raises(BadTableError, match="here are happy, too"):
        numbered({"a": "1", "b": "happy"}).label_numbers("affectnet")
    with pytest.raises(UnknownNameError, match="affectnet, ferplus, raf-db"):
        numbered({"a": "1"}).label_numbers("fer2013")
    assert "label" not in numbered({"a": "1", "b": "10"}).label_numbers("affectnet")["b"].attributes


def test_rows_without_a_picture_are_left_out_by_name_where_that_is_asked(folder: Path) -> None:
    there = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.suffix in (".png", ".jpg")
    )
    table = pd.DataFrame({"file": [*there, "gone.png", "lost.jpg"]})
    with pytest.raises(BadTableError, match=r"2 listed, but not there: gone.png, lost.jpg.*only_there=True"):
        crops(folder, table, only_listed=True)
    found = crops(folder, table, only_listed=True, only_there=True)
    assert found.table["file"].tolist() == there
    assert (
        f"2 of {len(there) + 2} pictures that the table lists aren't there: gone.png, lost.jpg."
        in found.notes
    )
    assert found.absent["file"].tolist() == ["gone.png", "lost.jpg"]
    assert found[:1].absent.empty
    of_zip = FaceSet.from_zip(zipped(folder), table, detect=False, only_listed=True, only_there=True)
    assert any("gone.png" in note for note in of_zip.notes)
    with pytest.raises(BadTableError, match="2 listed, but not there"):
        crops(folder, table.tail(2), only_listed=True, only_there=True)
