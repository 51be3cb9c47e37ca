"""Compiled functions are kept apart for every version of the code that they were compiled from."""

import shutil
import time
import types
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numba
import pytest

from facelib.errors import UnavailableError
from facelib.head import jit
from facelib.utilities import code_digests
from facelib.utilities.files import newest_last

RASTER, NOISE = "head.geometry.raster", "head.geometry.noise"
RESOLVE, MATERIALS = "head.rendering.resolve", "head.rendering.materials"


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the sources of facelib, of which a test may change those in `head`."""
    ignored = shutil.ignore_patterns("__pycache__", "*.parquet")
    shutil.copytree(jit._HERE.parent, tmp_path / "facelib", ignore=ignored)
    monkeypatch.setattr(jit, "_HERE", tmp_path / "facelib/head")
    code_digests.forget()
    yield tmp_path / "facelib/head"
    code_digests.forget()


def _append(path, line):
    path.write_text(f"{path.read_text()}\n{line}\n")
    code_digests.forget()


@pytest.mark.thorough
def test_a_change_in_a_called_module_gives_its_callers_another_version(copied):
    before = {module: jit.version(module) for module in (RESOLVE, MATERIALS, RASTER)}
    _append(copied / "rendering/lighting.py", "# changed")
    after = {module: jit.version(module) for module in before}
    assert after[RESOLVE] != before[RESOLVE]
    assert after[MATERIALS] != before[MATERIALS]
    assert after[RASTER] == before[RASTER]


@pytest.mark.thorough
def test_constants_count_too(copied):
    before = jit.version(RESOLVE)
    text = (copied / "geometry/textures.py").read_text()
    assert "TOP, BOTTOM = 8.5, 5.7" in text
    (copied / "geometry/textures.py").write_text(
        text.replace("TOP, BOTTOM = 8.5, 5.7", "TOP, BOTTOM = 8.5, 5.8")
    )
    code_digests.forget()
    assert jit.version(RESOLVE) != before


@pytest.mark.thorough
def test_old_versions_go_and_the_new_one_stays(copied):
    jit.folder.cache_clear()
    (copied / "__pycache__").mkdir()
    chosen = set()
    for number in range(6):
        _append(copied / "geometry/raster.py", f"# {number}")
        jit.folder.cache_clear()
        chosen.add(last := jit.folder(RASTER))
    kept = set((copied / "__pycache__").glob(f"{RASTER}-*"))
    assert len(chosen) == 6
    assert last in kept
    assert len(kept) == 4
    jit.folder.cache_clear()


def test_numba_itself_is_left_as_it_was():
    before = numba.config.CACHE_DIR
    compiled = jit.jit(jit.version)
    assert before == numba.config.CACHE_DIR
    assert str(jit.folder("head.jit")) in compiled.stats.cache_path


@pytest.mark.thorough
def test_functions_compiled_in_several_threads_go_to_their_own_folders(monkeypatch):
    """Numba's folder is a setting of the whole process."""
    usual, seen = numba.config.CACHE_DIR, {}

    def slow(**_):
        def keep(function):
            time.sleep(0.01)
            seen[function.__name__] = numba.config.CACHE_DIR
            return mock.MagicMock()

        return keep

    def function(number):
        made = types.FunctionType(jit.version.__code__, {}, f"f{number}")
        made.__module__ = f"facelib.{(RASTER, NOISE)[number % 2]}"
        return made

    monkeypatch.setattr(jit.numba, "njit", slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(jit.jit, map(function, range(16))))
    for number in range(16):
        assert seen[f"f{number}"] == str(jit.folder((RASTER, NOISE)[number % 2]))
    assert usual == numba.config.CACHE_DIR


def test_versions_that_another_process_takes_away_meanwhile_do_no_harm(tmp_path):
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.mkdir()
    assert newest_last([gone, there]) == [there]


def test_no_place_for_compiled_functions_is_told_in_words(copied, monkeypatch):
    file = copied / "file"
    file.touch()
    monkeypatch.setattr(jit.os, "access", lambda *_: False)
    monkeypatch.setenv("FACELIB_HOME", str(file))
    jit.folder.cache_clear()
    with pytest.raises(UnavailableError, match="FACELIB_HOME"):
        jit.folder(RASTER)
    jit.folder.cache_clear()
