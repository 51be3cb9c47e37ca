"""The list of what facelib wrote about people."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import facelib
from facelib.errors import BadValueError
from facelib.properties.clinical.changes import CHANGE_COLUMNS
from facelib.properties.clinical.displacements import DISPLACEMENT_COLUMNS, LOST_COLUMNS
from facelib.utilities import ledger, scratch
from facelib.utilities.ledger import delete, remember, written


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of its own."""
    monkeypatch.setenv(ledger.VARIABLE, str(tmp_path / "data"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / "data" / ledger.LIST


def study(folder: Path) -> Path:
    """Return a folder as a study leaves it."""
    part, units = f"{'a' * 24}-{'0' * 32}.parquet", f"units-{'1' * 32}.parquet"
    for name in (f"outputs/{part}", f"measured/{part}", "faces.parquet", units, "run.lock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"rows")
    (folder / "study.json").write_text('{"kind": "interventional"}')
    return folder


def test_a_place_is_noted_once_and_privately(place: Path, tmp_path: Path) -> None:
    folder = study(tmp_path / "run")
    remember("study", folder)
    remember("study", folder)
    assert len(place.read_text().splitlines()) == 1
    if os.name == "posix":
        assert place.stat().st_mode & 0o777 == 0o600
    (one,) = written()
    assert (one.kind, one.path, len(one.files), one.bytes) == ("study", folder, 6, 46)
    assert one.files[-1].name == "study.json"  # deleted last: an interrupted deletion can be repeated


def test_folders_that_end_with_their_process_are_closed_instead(place: Path) -> None:
    folder = scratch.new_folder("study")
    inside = study(folder / "explore")
    inside.chmod(0o755)
    remember("study", inside)
    assert not place.exists()
    if os.name == "posix":
        assert inside.stat().st_mode & 0o077 == 0
    (one,) = written()
    assert (one.kind, one.in_use) == ("session", True)
    scratch.remove(folder)


def test_only_what_facelib_wrote_goes(place: Path, tmp_path: Path) -> None:
    folder = study(tmp_path / "run")
    (folder / "mine.parquet").write_text("mine")
    (folder / "outputs" / "my.parquet").write_text("mine")
    (folder / "faces_ward3.parquet").write_text("mine")
    (folder / "thesis.docx.part").write_text("mine")
    (folder / "sub").mkdir()
    (folder / "sub" / "faces.parquet").write_text("mine")
    remember("study", folder)
    assert delete(written()) == []
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "faces_ward3.parquet",
        "mine.parquet",
        "outputs",
        "outputs/my.parquet",
        "sub",
        "sub/faces.parquet",
        "thesis.docx.part",
    ]
    assert not place.exists()


@pytest.mark.parametrize("damaged", ["{", "", "null"])
def test_a_study_whose_first_file_is_damaged_is_deleted_all_the_same(tmp_path: Path, damaged: str) -> None:
    folder = study(tmp_path / "run")
    (folder / f"units-{'0' * 32}.parquet").write_bytes(b"people")
    remember("study", folder)
    (folder / "study.json").write_text(damaged)
    assert delete(written()) == []
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such locks")
def test_a_study_that_is_being_run_is_in_use(tmp_path: Path) -> None:
    from facelib.studies.engine.store import Store

    remember("study", study(tmp_path / "run"))
    with Store(tmp_path / "run").writing():
        assert [one.in_use for one in written()] == [True]
    assert [one.in_use for one in written()] == [False]


def test_links_lead_nowhere(tmp_path: Path) -> None:
    folder, other = study(tmp_path / "run"), tmp_path / "other"
    other.mkdir()
    (other / "a.parquet").write_text("mine")
    (folder / f"faces-{'2' * 32}.parquet").symlink_to(other / "a.parquet")
    for file in (folder / "measured").iterdir():
        file.unlink()
    (folder / "measured").rmdir()
    (folder / "measured").symlink_to(other)
    remember("study", folder)
    assert delete(written()) == [folder / "measured"]
    assert list(folder.iterdir()) == [folder / "measured"]
    assert len(written()) == 1  # what the link leads to isn't forgotten
    assert (other / "a.parquet").read_text() == "mine"


@pytest.mark.parametrize("line", ["", "no", "[]", "3", '{"kind": "study"}', '{"kind": "x", "path": "/"}'])
def test_a_damaged_list_is_no_obstacle(place: Path, tmp_path: Path, line: str) -> None:
    folder = study(tmp_path / "run")
    remember("study", folder)
    place.write_text(f"{line}\n{place.read_text()}")
    assert [one.path for one in written()] == [folder]


def test_a_list_never_points_at_everything(place: Path, tmp_path: Path) -> None:
    """Whoever writes into the list gets nothing deleted that doesn't look as facelib left it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.html").write_text("mine")
    place.parent.mkdir()
    rows = [{"kind": kind, "path": str(tmp_path / "home")} for kind in ("session", "study", "export")]
    rows.append({"kind": "report", "path": str(tmp_path / "home" / "letter.html")})
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    delete(written())
    assert (tmp_path / "home" / "letter.html").exists()


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everywhere")
def test_a_closed_home_is_no_obstacle(place: Path, tmp_path: Path) -> None:
    place.parent.mkdir(mode=0o500)
    remember("study", study(tmp_path / "run"))
    assert not place.exists()


def test_a_home_that_is_no_folder_is_no_obstacle(place: Path, tmp_path: Path) -> None:
    place.parent.write_text("a file")
    remember("study", study(tmp_path / "run"))
    assert written() == []


def test_what_is_away_for_a_while_is_not_forgotten(tmp_path: Path) -> None:
    folder = study(tmp_path / "run")
    remember("study", folder)
    folder.rename(tmp_path / "away")
    assert delete(written()) == []
    (tmp_path / "away").rename(folder)
    (one,) = written()
    assert len(one.files) == 6
    (folder / "study.json").unlink()  # a run that was killed before it wrote this
    (one,) = written()
    assert len(one.files) == 5


def test_a_damaged_line_hides_no_other(place: Path, tmp_path: Path) -> None:
    remember("study", study(tmp_path / "one"))
    place.write_bytes(b"\xff\n" + place.read_bytes() + b'{"kind": "stu')
    remember("study", study(tmp_path / "two"))
    assert [one.path.name for one in written()] == ["one", "two"]


@pytest.mark.one_case
@pytest.mark.skipif(os.name != "posix", reason="Windows lets not everybody make links")
@pytest.mark.parametrize(
    "asked",
    [
        "run", "./run", "../here/run", "../here", "..", ".", "link", "../real link/run", "outer", "outer/led",
        "deep/../run", "real link/../here/run",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ran", ["run", "../here/run", "link", "outer/led"])
def test_a_place_is_deleted_by_any_of_its_names(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, ran: str
) -> None:
    """As a person means it: `..` and links lead where they lead, whatever name the study was run by."""
    from facelib.cli.main import app

    (tmp_path / "here" / "deep").mkdir(parents=True)
    (tmp_path / "here" / "outer").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("link").symlink_to("run")
    Path("real link").symlink_to("../here")
    (tmp_path / "real link").symlink_to("here")
    Path("outer/led").symlink_to(tmp_path / "here" / "run")
    study(Path("run"))
    other = study(tmp_path / "elsewhere" / "run")
    remember("study", Path(ran))
    remember("study", other)
    told = CliRunner().invoke(app, ["data", "delete", "--yes", asked])
    if asked == "outer" and ran != "outer/led":
        assert isinstance(told.exception, BadValueError)  # it holds a link to a study, no study
        return
    assert told.exit_code == 0, told.output
    assert not list(Path("run").glob("*")), told.output
    assert (other / "study.json").exists() == (asked != "..")


def test_a_place_that_only_begins_alike_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelib.cli.main import app

    monkeypatch.chdir(tmp_path)
    remember("study", study(tmp_path / "run2"))
    told = CliRunner().invoke(app, ["data", "delete", "--yes", "run"])
    assert isinstance(told.exception, BadValueError)
    assert (tmp_path / "run2" / "study.json").exists()


@pytest.mark.parametrize("damaged", [False, True])
def test_files_that_an_export_does_not_name_are_its_users(damaged: bool, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    ours = ["tables/table.csv", "tables/table.parquet", "figures/one.svg", "figures/one.png"]
    mine = [f"tables/{name}" for name in ("my.csv", "my.parquet", "table (copy).csv")]
    mine += ["figures/my.png", "figures/my.svg"]
    for name in (*ours, *mine):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / "provenance.json").write_text('{\n "made_by": "facelib export"}')
    (folder / "columns.json").write_text("[" if damaged else '{"table": {}}')
    (folder / "figures/captions.json").write_text('["one"]' if damaged else '{"one": {}}')
    remember("export", folder)
    (found,) = written()
    assert found.files[-1].name == "provenance.json"
    names = [file.relative_to(folder).as_posix() for file in found.files]
    if not damaged:
        assert names.index("columns.json") > names.index("tables/table.parquet")
        assert names.index("figures/captions.json") > names.index("figures/one.png")
    assert delete([found]) == []
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == ({*mine, *ours} if damaged else {*mine})


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", ["smile.gif", "smile.mp4"])
def test_films_of_sweeps_are_listed_and_deleted_and_a_film_of_others_is_not(
    tmp_path: Path, name: str
) -> None:
    """Made as a user makes them: what is listed is what a sweep wrote, found by what it says of itself."""
    from facelib.cli.main import app

    head = facelib.Head(expression="happy")
    sweep = facelib.sweep(head, "symmetry", "known_unbiased", steps=3, size=64, replicates=5)
    made = sweep.film(tmp_path / "home" / name)
    asked = CliRunner().invoke(app, ["data", "list", "--json"])
    assert [(row["kind"], row["path"], row["files"]) for row in json.loads(asked.output)] == [
        ("film", str(made), 1)
    ]
    (one,) = written()
    assert delete([one]) == []
    assert not made.exists()
    assert written() == []
    again = sweep.film(made)
    again.write_bytes(b"somebody else's film")
    (one,) = written()
    assert one.files == (), "another file of that name isn't facelib's"


@pytest.mark.parametrize(
    "columns", [DISPLACEMENT_COLUMNS, LOST_COLUMNS, CHANGE_COLUMNS], ids=["mm", "left out", "changes"]
)
def test_every_table_that_names_people_is_found_and_deleted(columns: dict[str, str], tmp_path: Path) -> None:
    """Who is left out stood in a table that `facelib data delete` forgot and left there."""
    path = tmp_path / "table.csv"
    path.write_text(",".join([*columns, "HB"]) + "\n" + ",".join(["anna"] * (len(columns) + 1)) + "\n")
    remember("table", path)
    (one,) = written()
    assert one.files == (path,)
    assert delete([one]) == []
    assert not path.exists()
    assert written() == []
    path.write_text("person,anything else\n")
    remember("table", path)
    assert written()[0].files == (), "another's table by now"
