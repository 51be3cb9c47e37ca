"""environment.yml installs what pyproject.toml says, and every conda spec parses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import rattler
import yaml

from facelib.utilities.distribution import DISTRIBUTION

ROOT = Path(__file__).parents[3]


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def environment() -> list:
    return yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def test_pip_section_repeats_pyproject() -> None:
    (pip,) = [entry["pip"] for entry in environment() if isinstance(entry, dict)]
    project = pyproject()
    extras = project["optional-dependencies"]
    expected = ["-e .", *project["dependencies"], *extras["app"], *extras["semg"]]
    assert pip == expected


def test_the_environment_is_called_like_the_distribution() -> None:
    whole = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert whole["name"] == pyproject()["name"] == DISTRIBUTION


def test_conda_specs_parse_strictly() -> None:
    specs = [entry for entry in environment() if isinstance(entry, str)]
    names = {rattler.MatchSpec(spec, strict=True).name.normalized for spec in specs}
    assert {"python", "pip"} <= names


def test_python_floor_is_the_same_everywhere() -> None:
    assert f"python{pyproject()['requires-python']}" in environment()


def test_the_page_on_dependencies_explains_every_one() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    project = pyproject()
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *extras["app"], *extras["semg"], *extras["models"]]:
        name = requirement.split(">")[0].split("[")[0].split("=")[0].strip()
        assert f"`{name}`" in page, f"{name} is missing in docs/dependencies.md"


def test_tests_have_what_recordings_need() -> None:
    extras = pyproject()["optional-dependencies"]
    assert set(extras["semg"]) <= set(extras["test"])
