"""What is taken home: names of somebody's zip are no formulas, and a full disk is told."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facelib import FaceSet, studies
from facelib.app.studies.exports import OBSERVED, POPULATION
from facelib.utilities.spreadsheet import unguarded

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

HOSTILE = ["=cmd|' -C calc'!A1", "+1+1", "-2+3", "@SUM(1+1)", "\t=1", "a;=1+1", "＝1+1", "plain"]
FORMULA = re.compile(r"[=+\-@＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?", re.IGNORECASE)


def somebodys_zip(more: int = 0) -> bytes:
    """Return a zip of noise whose files, persons and columns are formulas."""
    rng = np.random.default_rng(3)
    buffer, names = io.BytesIO(), [*HOSTILE, *(f"@{number}" for number in range(more))]
    with zipfile.ZipFile(buffer, "w") as archive:
        rows = []
        for number, name in enumerate(names):
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(picture, "PNG")
            archive.writestr(f"{name}.png", picture.getvalue())
            label = "happy" if number % 2 else "sad"
            rows.append((f"{name}.png", name, label, number, 20 + number))
        table = pd.DataFrame(rows, columns=["file", "person", "label", "=1+1", "age"])
        archive.writestr("faces.csv", table.to_csv(index=False))
    return buffer.getvalue()


def read_by_a_spreadsheet(content: bytes, separator: str) -> list[str]:
    """Return the cells as a spreadsheet sees them, wherever its language separates them."""
    text = content.decode()
    if separator == ",":
        return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    return [cell.strip('"') for line in text.splitlines() for cell in line.split(separator)]


def assert_harmless(content: bytes, where: str) -> None:
    """Fail if a cell would be computed; a line that begins with a number is none."""
    assert content
    for separator in ",;\t":
        for cell in read_by_a_spreadsheet(content, separator):
            begin = cell.strip().split(",")[0]
            assert not FORMULA.match(begin) or NUMBER.fullmatch(begin), (where, separator, cell)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    faces = FaceSet.from_zip(somebodys_zip(), "faces.csv", detect=False)
    study = studies.InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2, size=64, label="happy")
    return study.run(tmp_path_factory.mktemp("changed") / "run", n_jobs=1)


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    faces = FaceSet.from_zip(somebodys_zip(40), "faces.csv", detect=False)
    columns = ["age", "=1+1"]
    study = studies.ObservationalStudy(
        faces,
        columns,
        classifiers=["known_unbiased"],
        labels="label",
        size=64,
        methods=["partial_correlation"],
    )
    return study.run(tmp_path_factory.mktemp("observed") / "run", n_jobs=1)


@pytest.mark.parametrize("kind", ["changed", "observed"])
def test_no_table_that_is_taken_home_holds_a_formula(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    result = request.getfixturevalue(kind)
    folder = result.export(tmp_path / "export")
    files = {str(path): path.read_bytes() for path in folder.rglob("*.csv")}
    found = SimpleNamespace(result=result)
    if kind == "changed":
        found.effects, found.by_label = result.effects, result.effects_by_label
    else:
        found.grid = result.grid
    for make, label, _ in POPULATION if kind == "changed" else OBSERVED:
        made = make(found)
        if made.name.endswith(".csv"):
            files[label] = made.data
        elif made.name.endswith("figures.zip"):
            with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
                files |= {name: archive.read(name) for name in archive.namelist() if name.endswith(".csv")}
    assert len(files) >= 6
    for name, content in files.items():
        assert_harmless(content, name)
    text = b"".join(files.values()).decode()
    assert "'=cmd|' -C calc'!A1" in text, "the test reached no name of the zip"
    assert kind == "changed" or "'=1+1" in text


def test_what_was_exported_comes_back_as_it_was(changed: Any, tmp_path: Path) -> None:
    folder = changed.export(tmp_path / "export")
    told, kept = folder / "tables" / "faces.csv", pd.read_parquet(folder / "tables" / "faces.parquet")
    read = unguarded(pd.read_csv(told, dtype=str, keep_default_na=False))
    assert list(read) == list(kept)
    for column in kept.columns[:2]:
        assert list(read[column]) == list(kept[column].astype(str))
    table = pd.read_csv(folder / "tables" / "table.csv")
    numbers = pd.read_parquet(folder / "tables" / "table.parquet").select_dtypes("number")
    for column in numbers:
        np.testing.assert_allclose(table[column], numbers[column], rtol=1e-6)


FULL = """
import sys
from pathlib import Path
import numpy as np
from facelib import FacelibError
from facelib.faces.video import write_video
from facelib.studies import open_study
disk, result = Path(sys.argv[1]), open_study(sys.argv[2])
def film(path):
    rng = np.random.default_rng(0)
    return write_video(path, (rng.integers(0, 255, (256, 256, 3), np.uint8) for _ in range(30)))
works = {
    "report": lambda: result.report(disk / "report.html"),
    "export": lambda: result.export(disk / "export"),
    "film": lambda: film(disk / "film.mp4"),
}
for name, work in works.items():
    try:
        work()
    except FacelibError as error:
        print(name, type(error).__name__, error)
    print(name, "left", [str(path) for path in disk.rglob("*")])
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="only root can mount a small disk"
)
def test_a_full_disk_is_told_and_nothing_half_written_stays(changed: Any, tmp_path: Path) -> None:
    mounts = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=100k none {tmp_path}"]
    if subprocess.run(mounts, capture_output=True, check=False).returncode and not os.environ.get("CI"):
        pytest.skip("this container may not mount a disk")
    disk, code = tmp_path / "disk", tmp_path / "full.py"
    disk.mkdir()
    code.write_text(FULL)
    script = f"mount -t tmpfs -o size=16k none {disk} && exec {sys.executable} {code} {disk} {changed.store}"
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    lines, told = ran.stdout.splitlines(), ran.stdout + ran.stderr
    for what in ("report", "export"):
        assert f"{what} WriteError The disk of {disk} is full. Make room" in told, told
    assert "film WriteError The film could not be written" in told, told
    assert [line.partition("left ")[2] for line in lines if " left " in line] == ["[]"] * 3
