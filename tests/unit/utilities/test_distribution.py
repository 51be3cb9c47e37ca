"""What pip installs is called facelib-explorer everywhere; its version is that of the code that runs."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import facelib
from facelib.cli.main import app
from facelib.studies.engine import fingerprints
from facelib.utilities import distribution

ROOT = Path(__file__).parents[3]
OF_FACELIB = re.compile(r"""(?:version|distribution|metadata|requires)\(\s*["']facelib["']""")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let facelib run from a folder without a pyproject.toml, into which a test may write one."""
    monkeypatch.setattr(distribution, "CHECKOUT", tmp_path / "pyproject.toml")
    distribution.distribution_version.cache_clear()
    yield tmp_path / "pyproject.toml"
    distribution.distribution_version.cache_clear()


def test_the_checkout_says_name_and_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == distribution.DISTRIBUTION == "facelib-explorer"
    assert project["version"] == distribution.distribution_version() == facelib.__version__


def test_everything_asks_the_same_function() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert fingerprints.versions()["facelib"] == project["version"]
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output) == (0, f"facelib {project['version']}\n")
    for path in sorted((ROOT / "facelib").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not OF_FACELIB.search(text), f"{path.relative_to(ROOT)} asks for another project's version"


def test_what_is_installed_is_asked_where_there_is_no_checkout(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"1.2 of {name}")
    assert distribution.distribution_version() == "1.2 of facelib-explorer"
    distribution.distribution_version.cache_clear()
    elsewhere.write_text('[project]\nname = "facelib"\nversion = "9.9"\n')  # of the other facelib
    assert distribution.distribution_version() == "1.2 of facelib-explorer"
    distribution.distribution_version.cache_clear()
    elsewhere.write_text('[project]\nname = "facelib-explorer"\nversion = "2.0"\n')
    assert distribution.distribution_version() == "2.0"


@pytest.mark.usefixtures("elsewhere")
def test_without_any_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", nothing)
    monkeypatch.setattr(importlib.metadata, "distribution", nothing)
    assert distribution.installed() is None
    with pytest.raises(importlib.metadata.PackageNotFoundError, match="facelib-explorer"):
        distribution.distribution_version()


@pytest.mark.thorough
def test_no_text_tells_pip_to_install_the_other_facelib() -> None:
    wrong = re.compile(
        r"facelib\\*\[(?:app|dask|models|semg|test)|pip install (?:--?[\w-]+ )*'?facelib(?![\w/-])"
    )
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout
    names = [
        name
        for name in listed.decode().split("\0")
        if name.endswith((".py", ".md", ".yml", ".ipynb", ".toml"))
    ]
    for name in names or ["README.md", "pyproject.toml", "environment.yml"]:
        if (ROOT / name).is_file() and ROOT / name != Path(__file__):
            found = wrong.search((ROOT / name).read_text(encoding="utf-8"))
            assert not found, f"{name}: {found}"


def test_it_is_light() -> None:
    code = (
        "import sys, facelib.utilities.distribution as d; d.distribution_version(); "
        "assert not {'numpy', 'pandas', 'torch', 'typer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
