"""What facelib wrote about people on this machine can be seen and deleted, and a session leaves nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from harness import wait_until
from PIL import Image

pytestmark = pytest.mark.packages

SECRET = "Erika Mustermann"
SESSION = """
import sys, time
from pathlib import Path
from facelib.app.studies.population_state import Population
settings = {"chosen": ["blur"], "control": "", "size": 64, "label": "happy", "background": False}
state = Population(models=["known_unbiased"], **settings)
state.whom.source, state.whom.cropped = "mine", True
state.whom.take("mine.zip", Path(sys.argv[1]).read_bytes())
state.start()
state.run()
print(state.stage + state.problem, flush=True)
time.sleep(600)
"""
STUDY = """
import sys
from pathlib import Path
from facelib import FaceSet, studies
faces = FaceSet.from_zip(Path(sys.argv[1]).read_bytes(), "faces.csv", detect=False)
study = studies.InterventionalStudy(faces, ["blur"], ["known_unbiased"], steps=2, size=64, label="happy")
"""


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """A zip of eight pictures of two people whose names, ages and labels stand in its table."""
    rng = np.random.default_rng(1)
    rows = [(f"{k}.png", f"{SECRET} {k % 2}", ("happy", "sad")[k % 2], 30 + k) for k in range(8)]
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for name, *_ in rows:
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(picture, "PNG")
            archive.writestr(name, picture.getvalue())
        archive.writestr(
            "faces.csv", pd.DataFrame(rows, columns=["file", "person", "label", "age"]).to_csv(index=False)
        )
    return tmp_path / "mine.zip"


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """A user's places of their own."""
    for name in ("data", "temporary"):
        (tmp_path / name).mkdir()
    return {
        **os.environ,
        "FACELIB_DATA": str(tmp_path / "data" / "facelib"),
        "TMPDIR": str(tmp_path / "temporary"),
    }


def command(own: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "facelib", *map(str, words)],
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def listed(own: dict[str, str]) -> dict[str, dict[str, Any]]:
    told = command(own, "data", "list", "--json")
    assert told.returncode == 0, told.stderr
    return {Path(row["path"]).name: row for row in json.loads(told.stdout)}


def places_with(secret: str, *folders: Path) -> list[Path]:
    """Return the files in which something stands, Parquet looked into."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        text = str(path).encode() + path.read_bytes()
        if path.suffix == ".parquet":
            text += pd.read_parquet(path).to_string().encode()
        if secret.encode() in text:
            found.append(path)
    return found


def test_all_that_was_written_is_listed_and_deleted_and_nothing_else(
    own: dict[str, str], zipped: Path, tmp_path: Path
) -> None:
    places = tmp_path / "places"
    places.mkdir()
    code = STUDY + (
        "for name in ('mixed', 'pure', 'moving'):\n"
        "    result = study.run(sys.argv[2] + '/' + name, n_jobs=1)\n"
        "for name in ('', 'other '):\n"
        "    result.report(sys.argv[2] + '/' + name + 'report.html')\n"
        "    result.export(sys.argv[2] + '/' + name + 'export')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(zipped), str(places)], env=own, check=True, timeout=300)
    mine = [places / "mixed" / "thesis.txt", places / "mixed" / "outputs" / "notes.md", places / "own.html"]
    mine += [places / "export" / "tables" / name for name in ("my.csv", "my.parquet", "table (copy).csv")]
    mine += [places / "export" / "figures" / name for name in ("my.png", "my.svg")]
    changed = [places / "other report.html", places / "other export" / "provenance.json"]
    for file in [*mine, *changed]:
        file.write_text("mine")
    (places / "moving").rename(places / "moved")
    kept = {*mine, *places.glob("moved/**/*"), *places.glob("other*"), *places.glob("other export/**/*")}
    found = listed(own)
    assert {name: (row["kind"], row["files"] > 0) for name, row in found.items()} == {
        "mixed": ("study", True),
        "pure": ("study", True),
        "moving": ("study", False),
        "report.html": ("report", True),
        "export": ("export", True),
        "other report.html": ("report", False),  # somebody else's by now
        "other export": ("export", False),
    }
    registry = Path(own["FACELIB_DATA"])
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o077 == 0 for path in [registry, *registry.iterdir()])
    text = command(own, "data", "list").stdout
    assert str(places / "mixed") in text
    assert "hold nothing about people" in text

    asked = command(own, "data", "delete")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    one = command(own, "data", "delete", "--yes", places / "pure")
    assert one.returncode == 0, one.stderr
    assert not (places / "pure").exists()
    assert listed(own).keys() == found.keys() - {"pure"}
    rest = command(own, "data", "delete", "--yes")
    assert rest.returncode == 0, rest.stderr
    assert f"{places / 'export'} is still there" in rest.stdout
    assert f"{places / 'mixed'} is still there" in rest.stdout
    assert "moving isn't there any more" in rest.stdout
    assert {path for path in places.rglob("*") if path.is_file()} == {one for one in kept if one.is_file()}
    assert not places_with(SECRET, places / "mixed")
    away = {"moving", "other report.html", "other export"}  # a disk may come back
    assert listed(own).keys() == away
    unknown = command(own, "data", "delete", "--yes", places / "nowhere")
    assert unknown.returncode == 2
    assert "nowhere" in unknown.stderr
    assert command(own, "data", "delete", "--yes", *(places / name for name in away)).returncode == 0
    assert listed(own) == {}
    assert not list(registry.glob("*"))


@pytest.mark.skipif(os.name != "posix", reason="systems without modes")
def test_a_report_is_its_owners_alone_from_its_first_byte(
    own: dict[str, str], zipped: Path, tmp_path: Path
) -> None:
    (tmp_path / "public").mkdir(mode=0o755)
    code = STUDY + (
        "import os\n"
        "os.umask(0o022)\n"
        "open(sys.argv[2] + '/report.html', 'w').close()\n"
        "study.run(sys.argv[2] + '/../run', n_jobs=1).report(sys.argv[2] + '/report.html')\n"
    )
    words = [sys.executable, "-c", code, str(zipped), str(tmp_path / "public")]
    subprocess.run(words, env=own, check=True, timeout=300)
    told = command(own, "study", "report", tmp_path / "run", "--out", tmp_path / "public" / "other.html")
    assert told.returncode == 0, told.stderr
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "public").iterdir()}
    assert modes == {"report.html": 0o600, "other.html": 0o600}


@pytest.fixture
def session(own: dict[str, str], zipped: Path) -> Iterator[subprocess.Popen[str]]:
    """A session of the page, as its kernel runs it, that has looked at somebody's zip."""
    running = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(zipped)], env=own, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "done\n"
        yield running
    finally:
        running.kill()
        running.communicate(timeout=30)


def test_a_session_keeps_what_it_says_in_a_private_folder_until_it_ends(
    session: subprocess.Popen[str], own: dict[str, str]
) -> None:
    room = Path(own["TMPDIR"])
    held = places_with(SECRET, room)
    assert held
    assert all(path.match("faces*.parquet") for path in held), held  # as the page says
    (folder,) = room.glob("facelib-study-*")
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_size:
                assert path.stat().st_mode & 0o077 == 0, path
    assert folder.name.split("-")[-1] not in {"", "study"}  # can't be guessed
    if os.getuid() == 0:
        told = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", str(folder)],
            capture_output=True,
            check=False,
        )
        assert told.returncode != 0
    (row,) = listed(own).values()
    assert row["kind"] == "session"
    assert row["in_use"]
    assert "close its page" in command(own, "data", "delete", "--yes").stdout
    assert folder.exists()
    session.send_signal(signal.SIGKILL)
    session.wait(30)
    assert folder.exists()
    (row,) = listed(own).values()
    assert not row["in_use"]
    assert command(own, "data", "delete", "--yes").returncode == 0
    assert not folder.exists()


def test_what_a_killed_session_left_goes_at_the_next_start(
    session: subprocess.Popen[str], own: dict[str, str], tmp_path: Path
) -> None:
    room = Path(own["TMPDIR"])
    session.kill()
    session.wait(30)
    assert places_with(SECRET, room)
    with subprocess.Popen(
        [sys.executable, "-m", "facelib", "app", "--no-browser", "--port", "0", "--pool-size", "0"],
        env=own,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert "facelib is at" in server.stdout.readline()
            assert not places_with(SECRET, room)
        finally:
            server.send_signal(signal.SIGINT)


@pytest.mark.skipif(os.name != "posix", reason="a process can't be killed so elsewhere")
@pytest.mark.parametrize(
    "long",
    [False, pytest.param(True, marks=pytest.mark.thorough)],
    ids=["sockets beside", "a name too long for sockets"],
)
def test_what_a_killed_server_left_goes_at_the_next_start(
    long: bool, own: dict[str, str], tmp_path: Path
) -> None:
    room = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    home = tmp_path / "home"
    (home / "snap").mkdir(parents=True)  # its browser opens files in the home only
    place = room / ("x" * 90 if long else "y")
    place.mkdir()
    others = [place / "voila_of_others", home / "facelib-open-letter"]
    for folder in others:
        folder.mkdir()
    browser = tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n')
    browser.chmod(0o755)
    environment = own | {"TMPDIR": str(place), "HOME": str(home), "BROWSER": f"{browser} %s"}

    def left(process: int) -> list[Path]:
        return [
            path for where in (place, home, Path("/tmp")) for path in where.glob(f"facelib-*-{process}-*")
        ]

    def started() -> subprocess.Popen[str]:
        words = ["app", "--port", "0", "--pool-size", "1"]
        server = subprocess.Popen(
            [sys.executable, "-m", "facelib", *words], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        assert "facelib is at" in server.stdout.readline()
        wait_until(lambda: len(left(server.pid)) == 2, 60, "folders of the connections and of the page")
        return server

    try:
        killed = started()
        killed.kill()
        killed.communicate(timeout=30)
        assert len(left(killed.pid)) == 2
        assert all(folder.stat().st_mode & 0o077 == 0 for folder in left(killed.pid))
        assert listed(environment) == {}, "they hold nothing about people"
        with started() as server:
            there = left(killed.pid)
            server.send_signal(signal.SIGINT)
        assert not there
        assert not left(server.pid)
        assert all(folder.exists() for folder in others)
        assert [path for path in place.iterdir() if path not in others] == []
    finally:
        shutil.rmtree(room)
