"""What docs/privacy.md says of a clinic's pictures: none is stored, which names are, how one person goes."""

from __future__ import annotations

import getpass
import json
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

import facelib
from facelib import studies
from facelib.cli.main import app
from facelib.faces import Face, FaceSet

pytestmark = pytest.mark.packages

ROOT = Path(__file__).parents[2]
PEOPLE = 6
LARGE = 640  # px; from 1 MB on, joblib hands arrays to other processes by files
MODELS = ("known_unbiased",)
BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"JFIF\0", b"Exif\0\0", b"WEBPVP8")
PLAN = """
study: paired
faces: {folder: Klinik Nord, metadata: faces.csv, detect: false, only_there: true}
condition: sitzung
classifiers: [known_unbiased]
"""
GONE = "quokka3/nach.png"


@dataclass(frozen=True)
class Done:
    """A study that was run, where its report and export are, and its people."""

    result: Any
    report: Path
    tables: Path

    @property
    def figures(self) -> Path:
        return self.tables.parent / "figures"


def noise(side: int, seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)


def rendered() -> list[Face]:
    """Rest and smile of people with a weak side, as photographs of a clinic: with landmarks."""
    faces = []
    for number, head in enumerate(facelib.sample_heads(PEOPLE, seed=5, electrodes=0.0)):
        even = head.replace(pose=(0, 0, 0), light="frontal", glasses=0.0, left=1 - number / 10, right=1.0)
        for label in ("neutral", "happy"):
            about = {"id": f"quokka{number}/{label}.png", "person": f"quokka{number}", "label": label}
            about |= {"hb": 1 + number % 3}
            shown = even.replace(expression=label).render(96)
            faces.append(shown.replace(attributes=about, source="photograph"))
    return faces


def plain(side: int = 64) -> list[Face]:
    """Pictures of people in two sessions: noise, which is read as well."""
    faces = []
    for number in range(PEOPLE):
        for session in ("vor", "nach"):
            about = {"id": f"quokka{number}/{session}.png", "person": f"quokka{number}", "sitzung": session}
            one = facelib.load_face(noise(side, len(faces)), detect=False)
            faces.append(one.replace(attributes=about | {"label": "happy"}))
    return faces


def kept(kind: str) -> facelib.PairedStudy | facelib.ChimericStudy | facelib.InterventionalStudy:
    if kind == "paired":
        return facelib.PairedStudy(plain()[:-1], "sitzung", order=("vor", "nach"), classifiers=MODELS)
    if kind == "chimeric":
        return facelib.ChimericStudy(rendered(), grade="hb", classifiers=MODELS)
    return facelib.InterventionalStudy(plain(), ["blur"], MODELS, steps=2, label="happy")


@pytest.fixture(scope="module", params=["paired", "chimeric", "interventional"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    place = tmp_path_factory.mktemp(request.param)
    result = kept(request.param).run(place / "run", n_jobs=1)
    return Done(result, result.report(place / "report.html"), result.export(place / "export") / "tables")


def files(*folders: Path) -> Iterator[Path]:
    return (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_study_holds_no_picture(done: Done) -> None:
    """Files of kinds that are known, of whose tables every cell is a word or a number."""
    seen = list(files(done.result.store))
    assert {path.suffix for path in seen} <= {".json", ".parquet", ".lock"}
    for path in seen:
        content = path.read_bytes()
        assert not [one for one in BEGINNINGS if one in content], path
        if path.suffix == ".parquet":
            for field in pq.read_schema(path):
                kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
                assert not pa.types.is_nested(kind), f"{path}: {field}"
                assert not pa.types.is_binary(kind), f"{path}: {field}"
                assert "landmark" not in field.name


def test_a_report_and_an_export_show_nobody(done: Done) -> None:
    page = done.report.read_text(encoding="utf-8")
    assert "<img" not in page
    assert "data:image" not in page
    assert page.count("<svg") >= 1
    drawn = {path.stem for path in files(done.figures)} - {"captions"}
    assert drawn == set(json.loads((done.figures / "captions.json").read_text(encoding="utf-8")))
    for path in done.figures.glob("*.svg"):
        assert "<image" not in path.read_text(encoding="utf-8"), path


def named_tables() -> set[str]:
    """Return the tables of an export that docs/privacy.md says name faces or persons."""
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    found = re.search(r"Of its tables these name faces or persons:(.*?);", text, re.DOTALL)
    assert found is not None
    return set(re.findall(r"`(\w+)`", found[1]))


def test_tables_that_name_people_are_those_that_the_page_lists(done: Done) -> None:
    naming = {path.stem for path in done.tables.glob("*.csv") if "quokka" in path.read_text(encoding="utf-8")}
    assert {"faces", "table"} <= naming
    assert naming <= named_tables()


def test_a_report_names_those_only_of_whom_something_is_missing(done: Done) -> None:
    names = set(re.findall(r"quokka\d", done.report.read_text(encoding="utf-8")))
    assert names == ({f"quokka{PEOPLE - 1}"} if done.result.kind == "paired" else set())


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures whose table says more than a study needs, and a list of places of its own."""
    folder = tmp_path / "Klinik Nord"
    rows = []
    for number in range(PEOPLE):
        for session in ("vor", "nach"):
            name = f"quokka{number}/{session}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise(64, len(rows))).save(folder / name)
            rows.append((name, f"quokka{number}", session, f"19{number}0-01-02"))
    table = pd.DataFrame(rows, columns=["file", "person", "sitzung", "born"])
    table.to_csv(folder / "faces.csv", index=False)
    (folder / GONE).unlink()
    (tmp_path / "plan.yml").write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv("FACELIB_DATA", str(tmp_path / "list"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*words: str) -> str:
    told = CliRunner().invoke(app, list(words))
    assert told.exit_code == 0, told.output
    return told.output


def run(store: str) -> None:
    command("study", "run", "plan.yml", "--store", store, "--jobs", "1", "--yes")


def said(*folders: Path) -> str:
    """Return all that stands in files, tables unpacked."""
    texts = []
    for path in files(*folders):
        texts.append(str(path))
        parquet = path.suffix == ".parquet"
        texts.append(pd.read_parquet(path).to_csv() if parquet else path.read_text(errors="replace"))
        if parquet:
            texts.append(str(pq.read_schema(path).metadata))
    return "\n".join(texts)


def test_columns_that_are_used_are_stored_and_no_name_of_user_or_machine(clinic: Path) -> None:
    run("runs/plan")
    store = clinic / "runs" / "plan"
    (table,) = store.glob("faces-*.parquet")
    stored = pd.read_parquet(table)
    assert set(stored) == {"face", "identity", "expression", "person", "sitzung"}
    assert "1930-01-02" not in said(store)
    with (clinic / "plan.yml").open("a", encoding="utf-8") as plan:
        plan.write("keep_columns: [born]\n")
    run("runs/more")
    (more,) = (clinic / "runs" / "more").glob("faces-*.parquet")
    assert "1930-01-02" in set(pd.read_parquet(more)["born"].astype(str))
    assert "Klinik Nord" in (store / "declaration.json").read_text(encoding="utf-8")
    text = said(store).replace(str(store), "")
    assert "quokka3" in text
    for word in (platform.node(), str(Path.home()), str(clinic)):
        assert word not in text
    if len(getpass.getuser()) > 4:  # shorter ones are parts of other words
        assert getpass.getuser() not in text


def listed() -> set[str]:
    """Return the names of what is listed, without sessions of whoever else uses this machine."""
    rows = json.loads(command("data", "list", "--json"))
    return {Path(row["path"]).name for row in rows if row["kind"] != "session"}


def test_one_person_withdraws(clinic: Path) -> None:
    """A new folder knows nothing of them, the old one goes whole; a run in the old folder would keep them."""
    run("runs/plan")
    command("study", "report", "runs/plan", "--out", "report.html", "--export", "export")
    faces = clinic / "Klinik Nord" / "faces.csv"
    table = pd.read_csv(faces)
    table[table["person"] != "quokka2"].to_csv(faces, index=False)
    for picture in (clinic / "Klinik Nord" / "quokka2").iterdir():
        picture.unlink()
    (clinic / "Klinik Nord" / "quokka2").rmdir()
    run("runs/plan-2")
    assert "quokka1" in said(clinic / "runs" / "plan-2")
    assert "quokka2" not in said(clinic / "runs" / "plan-2")
    run("runs/plan")
    assert "quokka2" in said(clinic / "runs" / "plan")
    assert listed() == {"plan", "plan-2", "report.html", "export"}
    before = set(files(clinic / "Klinik Nord"))
    command("data", "delete", "--yes", "runs/plan", "report.html", "export")
    assert set(files(clinic / "Klinik Nord")) == before
    assert "quokka2" not in said(clinic)
    assert not (clinic / "runs" / "plan").exists()
    assert listed() == {"plan-2"}


def test_other_processes_are_given_pictures_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures in memory are on no disk while several processes read them, not even as a temporary file."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(temporary))
    faces = FaceSet.from_faces(plain(LARGE))
    assert faces[0].image.nbytes > 2**20
    found: set[str] = set()

    def look(_progress: object) -> None:
        found.update(path.name for path in files(temporary) if path.stat().st_size > 2**20)

    study = studies.InterventionalStudy(faces, ["blur"], MODELS, steps=2, label="happy")
    study.run(tmp_path / "run", n_jobs=2, progress=look)
    assert found == set()
