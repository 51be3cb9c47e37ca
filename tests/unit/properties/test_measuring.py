"""A set of faces is measured in small pieces, in order, whatever is wrong with some of its pictures."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from facelib import Face, FaceSet, properties
from facelib.errors import BadValueError, UnavailableError, UnknownNameError
from facelib.faces import photographs, sample_photograph, sources
from facelib.properties import measuring
from facelib.utilities.progress import Progress

BROKEN = (3, 17, 18, 40)
COUNT = 45


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures that are brighter and brighter; some are none."""
    for number in range(COUNT):
        path = tmp_path / f"{number}.png"
        Image.new("L", (40, 40), 5 * number).save(path)
        if number in BROKEN:
            path.write_bytes(b"nothing")
    return tmp_path


def test_one_row_a_picture_and_a_remark_where_it_is_broken(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    table = properties.measure(faces, ["brightness", "roll"])
    assert list(table) == ["id", "brightness", "roll", "remark"]
    assert table.id.tolist() == [f"{number}.png" for number in range(COUNT)]
    broken = table.index.isin(BROKEN)
    assert (table.remark == "").tolist() == (~broken).tolist()
    assert table.remark[17].startswith("17.png: The file isn't a picture")
    assert table.brightness.isna().tolist() == broken.tolist()
    alone = [properties.measure(faces[number], "brightness").brightness[0] for number in (0, 16, 44)]
    np.testing.assert_array_equal(table.brightness[[0, 16, 44]], alone)
    assert (table.brightness[~broken].diff().dropna() > 0).all()
    assert all(table[name].dtype == np.float64 for name in ("brightness", "roll"))


def test_a_set_of_nothing_and_of_broken_pictures_only(folder: Path) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    for chosen in (faces[:0], faces[17:19]):
        table = properties.measure(chosen)
        assert list(table) == ["id", *properties.PROPERTIES, "remark"]
        assert len(table) == len(chosen)
        assert table[list(properties.PROPERTIES)].isna().all(axis=None)


def test_progress_counts_up_to_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    seen: list[tuple[float, float]] = []
    properties.measure(faces, "brightness", progress=lambda at: seen.append((at.done, at.total)))
    assert seen == [(16, 45), (32, 45), (45, 45)]
    properties.measure(faces, "brightness", progress=True)
    assert "0/45" in capsys.readouterr().err
    with pytest.raises(BadValueError, match="Progress is reported to a function"):
        properties.measure(faces, "brightness", progress="yes")  # type: ignore[arg-type]


def test_what_progress_raises_ends_the_measuring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "CHUNK", 2)
    monkeypatch.setattr(measuring, "_cores", lambda: 2)
    read: list[str] = []

    def counted(source: Path, *_: object) -> Face:
        read.append(source.name)
        return photographs.load_face(source, detect=False)

    monkeypatch.setattr(sources, "load_face", counted)

    def stop(at: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        properties.measure(FaceSet.from_folder(folder), "brightness", progress=stop)
    assert len(read) <= 2 * (measuring.AHEAD * 2 + 2), "few pieces are under way"


def test_several_threads_read_and_none_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wait for each other: one alone would wait in vain."""
    monkeypatch.setattr(measuring, "_cores", lambda: 2)
    both = threading.Barrier(2, timeout=20)
    met: list[int] = []
    load = photographs.load_face

    def waits(source: Path, *_: object) -> Face:
        if source.name in ("0.png", "16.png"):
            both.wait()
            met.append(torch.get_num_threads())
        return load(source, detect=False)

    monkeypatch.setattr(sources, "load_face", waits)
    threads, running = torch.get_num_threads(), threading.active_count()
    properties.measure(FaceSet.from_folder(folder), "brightness")
    assert met == [1, 1]
    assert (torch.get_num_threads(), threading.active_count()) == (threads, running)


def test_what_is_no_fault_of_a_picture_is_raised(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces = FaceSet.from_folder(folder, detect=False)
    with pytest.raises(UnknownNameError, match="Did you mean brightness"):
        properties.measure(faces, "brightnes")

    def missing(*_: object) -> Face:
        raise UnavailableError("The detector isn't fetched.")

    monkeypatch.setattr(sources, "load_face", missing)
    with pytest.raises(UnavailableError, match="isn't fetched"):
        properties.measure(FaceSet.from_folder(folder), "brightness")


@pytest.mark.thorough
@pytest.mark.packages
def test_a_set_measures_what_its_faces_do(tmp_path: Path) -> None:
    image = sample_photograph().image
    Image.fromarray(image).save(tmp_path / "1.png")
    Image.fromarray(image[:, ::-1]).save(tmp_path / "2.png")
    Image.fromarray(image[:60]).save(tmp_path / "3.png")
    Image.fromarray(np.hstack([image, image])).save(tmp_path / "4.png")
    (tmp_path / "faces.csv").write_text("file,electrodes\n2.png,16\n1.png,0\n3.png,\n4.png,1\n")
    faces = FaceSet.from_folder(tmp_path, "faces.csv")
    names = ["symmetry", "yaw", "skin_tone", "electrodes"]
    table = properties.measure(faces, names)
    expected = properties.measure(list(faces[:2]), names)
    pd.testing.assert_frame_equal(table[names][:2], expected, check_exact=False, atol=1e-6)
    assert table.electrodes[:2].tolist() == [16, 0]
    assert table.remark[:2].tolist() == [face.attributes.get("note", "") for face in faces[:2]]
    assert "No face was found" in table.remark[2]
    assert table.remark[3] == "2 faces were found; the largest is used."
    assert table.yaw[0] == pytest.approx(-table.yaw[1], abs=4)
