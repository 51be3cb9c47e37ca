"""Zips, tables and study files that strangers made: none writes, hangs, fills the memory or runs code."""

from __future__ import annotations

import io
import os
import pickle
import stat
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.outside.attempts import Attempts, started


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempts]:
    with started(tmp_path_factory.mktemp("attempts")) as attempts:
        yield attempts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def picture() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


# --- zips


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that are there twice
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(name, content, compress_type=zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def slip(name: str) -> Callable[[], bytes]:
    return lambda: zipped(("face.png", picture()), (name, picture()))


def link() -> bytes:
    info = zipfile.ZipInfo("face.png")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return zipped((info, b"/etc/passwd"))


def bomb() -> bytes:
    return zipped(*((f"{n}.png", bytes(40_000_000)) for n in range(20)))


def bomb_in_bombs() -> bytes:
    inner = zipped(("face.png", bytes(40_000_000)))
    for _ in range(6):
        inner = zipped(*((f"{n}.zip", inner) for n in range(8)))
    return inner


def overlapping() -> bytes:
    """Many names for one and the same content of a megabyte (as in Fifield's bomb)."""
    content = bytes(1_000_000)
    first = bytearray(zipped(("00000.png", content)))
    start = first.rindex(b"PK\x01\x02")
    end = first.rindex(b"PK\x05\x06")
    entry = bytes(first[start:end])
    entries = b"".join(entry.replace(b"00000", f"{n:05d}".encode()) for n in range(50_000))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 50_000, 50_000, len(entries), start, 0)
    return bytes(first[:start]) + entries + tail


def lying() -> bytes:
    """Claims ten bytes for a picture of 300 MB."""
    made = bytearray(zipped(("face.png", bytes(300_000_000))))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = made.rindex(mark) + place
        made[start : start + 4] = struct.pack("<I", 10)
    return bytes(made)


def many() -> bytes:
    return zipped(*((f"{n}.png", b"") for n in range(100_001)))


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def pixel_bomb() -> bytes:
    """A picture of 60,000 × 60,000 px in 10 MB, unpacked 10 GB."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(10_000_000), 9)
    made = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return zipped(("face.png", made))


CANARY = Path(tempfile.gettempdir()) / f"canary-{os.getpid()}.png"
ZIPS: dict[str, Callable[[], bytes]] = {
    "out of it": slip("../canary.png"),
    "far out of it": slip(f"a/{'../' * 12}{CANARY.as_posix()[1:]}"),
    "by backslashes": slip("..\\canary.png"),
    "absolute": slip(CANARY.as_posix()),
    "a drive": slip("C:\\canary.png"),
    "a link": link,
    "800 MB": bomb,
    "bombs in bombs": bomb_in_bombs,
    "50 GB by one megabyte": overlapping,
    "a lie about its size": lying,
    "too many": many,
    "a picture of 10 GB": pixel_bomb,
    "a pickle": lambda: pickle.dumps({"a": 1}),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_hostile_zip_is_refused_and_nothing_of_it_is_written(
    name: str, folder: Path, attempt: Attempts
) -> None:
    (folder / "in").mkdir()
    path = folder / "in" / "faces.zip"
    path.write_bytes(ZIPS[name]())
    assert attempt("zip", path).refused()
    assert [found.name for found in folder.rglob("*")] == ["in", "faces.zip"]
    assert not CANARY.exists()


def test_a_harmless_zip_is_read(folder: Path, attempt: Attempts) -> None:
    table = b"file,person\nface.png,A\n"
    (folder / "faces.zip").write_bytes(zipped(("face.png", picture()), ("faces.csv", table)))
    outcome = attempt("zip", folder / "faces.zip", metadata="faces.csv")
    assert (outcome.error, outcome.signal) == ("", 0), outcome


# --- tables


def columns(count: int) -> bytes:
    names = ",".join(f"c{n}" for n in range(count))
    return f"file,{names}\nface.png,{','.join('1' for _ in range(count))}\n".encode()


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", use_dictionary=True)
    return stream.getvalue()


def repeated() -> bytes:
    """A table of ten gigabytes that holds one text of ten megabytes, and says 1,000 times where it is."""
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1000, np.int32)), pa.array(["x" * 10_000_000]))
    return parquet(pa.table({"file": texts}))


def saved_array(canary: Path) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, data=np.array([Runs(canary)], dtype=object))
    return stream.getvalue()


TABLES: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "one enormous line": ("t.csv", lambda _: b"file," + b"x" * 190_000_000),
    "one enormous cell": ("t.csv", lambda _: b'file\n"' + b"x" * 190_000_000),
    "a line of separators": ("t.csv", lambda _: b"file\n" + b"," * 100_000_000),
    "a first line of separators": ("t.csv", lambda _: b"file" + b"," * 100_000_000 + b"\n"),
    "100,000 columns": ("t.csv", lambda _: columns(100_000)),
    "10,000,000 rows": ("t.csv", lambda _: b"file\n" + b"a.png\n" * 10_000_000),
    "10,000,000 empty rows": ("t.csv", lambda _: b"file,a\n" + b",\n" * 10_000_000),
    "10,000,000 rows by carriage returns": ("t.csv", lambda _: b"file\r" + b"a.png\r" * 10_000_000),
    "zeros": ("t.csv", lambda _: bytes(50_000_000)),
    "lines of zeros": ("t.csv", lambda _: b"file\n" + (bytes(500_000) + b"\n") * 100),
    "a hundred lines of separators": ("t.csv", lambda _: b"file\n" + (b"," * 999_999 + b"\n") * 100),
    "columns behind a quoted line": ("t.csv", lambda _: b'file\n"\n"' + b"," * 900_000 + b"\n"),
    "a number without end": ("t.csv", lambda _: b"file,age\nface.png," + b"9" * 50_000_000),
    "10,000,000 rows in Parquet": (
        "t.parquet",
        lambda _: parquet(pa.table({"file": pa.repeat("a", 10_000_000), "n": pa.nulls(10_000_000)})),
    ),
    "one text 1,000 times in Parquet": ("t.parquet", lambda _: repeated()),
    "a pickle as Parquet": ("t.parquet", lambda canary: pickle.dumps(Runs(canary))),
    "a pickle as CSV": ("t.csv", lambda canary: pickle.dumps(Runs(canary), protocol=0)),
    "a pickle by its name": ("t.pkl", lambda canary: pickle.dumps(Runs(canary))),
    "an array of objects": ("t.npz", saved_array),
    "an array of objects as Parquet": ("t.parquet", saved_array),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_hostile_table_is_refused(name: str, folder: Path, attempt: Attempts) -> None:
    file, make = TABLES[name]
    (folder / "face.png").write_bytes(picture())
    (folder / file).write_bytes(make(folder / "canary"))
    outcome = attempt("folder", folder, metadata=file)
    assert outcome.refused(), outcome
    assert not (folder / "canary").exists()


@pytest.mark.parametrize("name", ["one enormous line", "100,000 columns", "10,000,000 rows"])
def test_a_hostile_table_within_a_zip_is_refused(name: str, folder: Path, attempt: Attempts) -> None:
    file, make = TABLES[name]
    content = zipped(("face.png", picture() * 5000), (file, make(folder / "canary")))
    (folder / "faces.zip").write_bytes(content)
    assert attempt("zip", folder / "faces.zip", metadata=file).refused()


@pytest.mark.parametrize("file", ["t.csv", "t.parquet"])
def test_a_harmless_table_is_read(file: str, folder: Path, attempt: Attempts) -> None:
    table = pd.DataFrame({"file": ["face.png"], "person": ["007"], "age": [np.nan], "day": ['a, "b"\nc']})
    table["group"] = pd.Categorical(["x"])
    table.to_csv(folder / file, index=False) if file == "t.csv" else table.to_parquet(folder / file)
    (folder / "face.png").write_bytes(picture())
    outcome = attempt("folder", folder, metadata=file)
    assert (outcome.error, outcome.signal) == ("", 0), outcome


# --- study files

START = "study: interventional\nfaces: {heads: 2}\ninterventions: [symmetry]\nlabel: happy\n"


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines)


STUDIES: dict[str, Callable[[Path], str | bytes]] = {
    "a billion laughs": lambda _: laughs(),
    "merged a billion times": lambda _: "a: &a {b: 1}\nc: {<<: [*a, *a, *a]}",
    "an anchor within itself": lambda _: "a: &a [*a]",
    "brackets": lambda _: "a: " + "[" * 200_000,
    "braces": lambda _: "a: " + "{a: " * 50_000,
    "dashes": lambda _: "- " * 120_000,
    "steps": lambda _: "\n".join(" " * n + "a:" for n in range(700)),
    "a command": lambda canary: f"name: !!python/object/apply:os.system ['touch {canary}']",
    "another command": lambda canary: f"!!python/object/new:os.system ['touch {canary}']",
    "a number without end": lambda _: START + "steps: " + "9" * 200_000,
    "a word without end": lambda _: START + "label: " + "x" * 10_000_000,
    "a name without end": lambda _: "? " + "x" * 200_000 + "\n: 1",
    "a hundred thousand documents": lambda _: "---\n" * 50_000,
    "quotes": lambda _: START + "name: '" + "''" * 100_000,
    "a pickle": lambda canary: pickle.dumps(Runs(canary)),
    "many heads": lambda _: START.replace("heads: 2", "heads: 99999999999"),
    "many steps": lambda _: START + "steps: 99999999999",
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_hostile_study_file_is_refused(name: str, folder: Path, attempt: Attempts) -> None:
    content = STUDIES[name](folder / "canary")
    (folder / "study.yml").write_bytes(content.encode() if isinstance(content, str) else content)
    outcome = attempt("study", folder / "study.yml")
    assert outcome.refused(), outcome
    assert not (folder / "canary").exists()


@pytest.mark.parametrize(
    ("what", "file"), [("folder", "t.csv"), ("folder", "t.parquet"), ("study", "study.yml")]
)
def test_a_file_of_five_gigabytes_is_not_read(what: str, file: str, folder: Path, attempt: Attempts) -> None:
    with (folder / file).open("wb") as stream:
        stream.truncate(5_000_000_000)  # takes no room on the disk
    options = {"metadata": file} if what == "folder" else {}
    assert attempt(what, folder if what == "folder" else folder / file, **options).refused()


def test_the_study_file_of_these_tests_is_read_without_the_bomb(folder: Path, attempt: Attempts) -> None:
    (folder / "study.yml").write_text(START)
    outcome = attempt("study", folder / "study.yml")
    assert (outcome.error, outcome.signal) == ("", 0), outcome
