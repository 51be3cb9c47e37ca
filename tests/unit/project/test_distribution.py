"""The wheel has everything that runs and no test; it works from where there is no repository."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from facelib.utilities.distribution import DISTRIBUTION, distribution_version

ROOT = Path(__file__).parents[3]
STEM = f"{DISTRIBUTION.replace('-', '_')}-{distribution_version()}"
DATA = {".csv", ".css", ".html", ".j2", ".js", ".json", ".parquet", ".safetensors", ".typed"}
MEGABYTES = 6


def tool(*arguments: str | Path, cwd: Path, **variables: str) -> str:
    """Run a module of this Python and return what it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from it, as `make build` does."""
    folder = tmp_path_factory.mktemp("dist")
    tool("-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert {path.name for path in folder.iterdir()} == {f"{STEM}.tar.gz", f"{STEM}-py3-none-any.whl"}
    return folder


def wheel(built: Path) -> Path:
    return built / f"{STEM}-py3-none-any.whl"


def in_repository(folder: str) -> set[str]:
    """Return the files below a folder that belong to the package, whatever lies there beside them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.mark.thorough
def test_the_wheel_has_all_of_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(wheel(built)) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    package = {name for name in names if name.startswith("facelib/")}
    data = f"{STEM}.data/data/"
    shared = {name.removeprefix(data) for name in names if name.startswith(data)}
    about = {name for name in names if name.startswith(f"{STEM}.dist-info/")}
    assert package == in_repository("facelib")
    assert shared == {"share/facelib/notebooks/app.ipynb", *in_repository("share")}
    assert names == package | about | {data + name for name in shared}
    assert not [
        name for name in names if Path(name).name.startswith(("test_", "conftest")) or "/tests/" in name
    ]


@pytest.mark.thorough
def test_no_kind_of_data_file_is_missing(built: Path) -> None:
    with zipfile.ZipFile(wheel(built)) as archive:
        kinds = Counter(Path(name).suffix for name in archive.namelist())
    assert set(kinds) >= DATA - {".typed"} | {".ipynb"}
    for kind in DATA - {".typed"}:
        files = [*in_repository("facelib"), *in_repository("share")]
        assert kinds[kind] == sum(name.endswith(kind) for name in files), kind


@pytest.mark.thorough
def test_the_source_distribution_leaves_out_what_only_this_repository_needs(built: Path) -> None:
    path = built / f"{STEM}.tar.gz"
    with tarfile.open(path) as archive:
        names = {name.removeprefix(f"{STEM}/") for name in archive.getnames()}
    tops = {name.split("/")[0] for name in names}
    assert tops >= {
        "LICENSE",
        "Makefile",
        "PKG-INFO",
        "README.md",
        "docs",
        "facelib",
        "notebooks",
        "pyproject.toml",
    }
    assert {name.split("/")[1] for name in names if name.startswith("tests/")} == {
        "conftest.py",
        "unit",
    }
    assert not tops & {".ci", ".github", ".venv", "build", "dist", "runs", "screenshots"}
    assert not [name for name in names if name.startswith("tests/unit/project/")]
    assert in_repository("facelib") <= names
    assert path.stat().st_size < MEGABYTES * 1_000_000
    assert wheel(built).stat().st_size < MEGABYTES * 1_000_000


@pytest.mark.thorough
def test_what_the_index_would_show_is_sound(built: Path) -> None:
    assert "PASSED" in tool("-m", "twine", "check", "--strict", *built.iterdir(), cwd=built)


@pytest.mark.thorough
def test_it_runs_away_from_the_repository(built: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    quiet = ("--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check")
    tool("-m", "pip", "install", *quiet, "--target", target, wheel(built), cwd=tmp_path)
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    others = [path for path in others if not (Path(path) / "facelib").is_dir()]
    place = {"PYTHONPATH": os.pathsep.join([str(target), *others]), "FACELIB_HOME": str(tmp_path / "home")}
    where = tool("-c", "import facelib; print(facelib.__file__)", cwd=tmp_path, **place)
    assert Path(where.strip()) == target / "facelib" / "__init__.py"
    assert tool("-m", "facelib", "--version", cwd=tmp_path, **place) == f"facelib {distribution_version()}\n"
    said = tool("-m", "facelib", "--help", cwd=tmp_path, **place)
    assert all(command in said for command in ("app", "models", "study", "data", "doctor"))
    found = tool(
        "-c",
        "from facelib import data; from facelib.app.server import launch; "
        "print(launch.find_notebook(), launch.shared(launch.TEMPLATE), len(data.table('manipulation')))",
        cwd=tmp_path,
        **place,
    )
    assert found.count(str(target)) == 2
    assert int(found.split()[-1]) > 0
