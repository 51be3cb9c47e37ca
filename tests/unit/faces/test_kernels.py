"""Compiled functions are kept apart for every version of the code that they were compiled from."""

import shutil

import numba
import pytest

from facelib.faces import kernels


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the sources of `facelib.faces`, which a test may change."""
    for path in kernels._HERE.glob("*.py"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(kernels, "_HERE", tmp_path)
    return tmp_path


def _append(path, line):
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_a_change_in_a_called_module_gives_its_callers_another_version(copied):
    before = {module: kernels.version(module) for module in ("resolve", "materials", "raster")}
    _append(copied / "lighting.py", "# changed")
    after = {module: kernels.version(module) for module in before}
    assert after["resolve"] != before["resolve"]
    assert after["materials"] != before["materials"]
    assert after["raster"] == before["raster"]


def test_constants_count_too(copied):
    before = kernels.version("resolve")
    text = (copied / "maps.py").read_text()
    assert "TOP, BOTTOM = 8.5, 5.7" in text
    (copied / "maps.py").write_text(text.replace("TOP, BOTTOM = 8.5, 5.7", "TOP, BOTTOM = 8.5, 5.8"))
    assert kernels.version("resolve") != before


def test_old_versions_go_and_the_new_one_stays(copied):
    kernels.folder.cache_clear()
    (copied / "__pycache__").mkdir()
    chosen = set()
    for number in range(6):
        _append(copied / "raster.py", f"# {number}")
        kernels.folder.cache_clear()
        chosen.add(last := kernels.folder("raster"))
    kept = set((copied / "__pycache__").glob("raster-*"))
    assert len(chosen) == 6
    assert last in kept
    assert len(kept) == 4
    kernels.folder.cache_clear()


def test_numba_itself_is_left_as_it_was():
    before = numba.config.CACHE_DIR
    compiled = kernels.jit(kernels.version)
    assert before == numba.config.CACHE_DIR
    assert str(kernels.folder("kernels")) in compiled.stats.cache_path
