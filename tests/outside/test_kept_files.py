"""What facelib keeps of its own work: a damaged or planted file is noticed, made again, and never run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelib.app.widgets import chartview
from facelib.charts import specs
from facelib.errors import UnavailableError
from facelib.head import jit as kernels
from facelib.head.geometry import arrays as geometry
from facelib.utilities import sealed_files as kept


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    return tmp_path


class Runs:
    """Leaves a file where it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.canary}",)


def flipped(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 4
    return bytes(changed)


def damages(content: bytes) -> Iterator[bytes]:
    """Flipped bits all over a file, a file that was cut, and one that somebody else wrote."""
    for place in range(0, len(content), max(1, len(content) // 40)):
        yield flipped(content, place)
    yield flipped(content, len(content) - 1)
    yield content[:-40]
    yield b""
    yield b"alert('planted')"


def test_a_damaged_script_of_the_page_never_reaches_a_browser(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda snippet: f"/* whole */ {snippet}")
    whole = chartview.library_bundle()
    (path,) = (home / "compiled").glob("vega-*.js")
    content = path.read_bytes()
    for damaged in damages(content):
        path.write_bytes(damaged)
        assert chartview.library_bundle() == whole
        assert path.read_bytes() == content


def test_a_damaged_layout_of_a_chart_is_made_again(home: Path) -> None:
    whole = specs.bars(["fer", "facex"])
    (path,) = (home / "compiled").glob("chart-*.json")
    content = path.read_bytes()
    for damaged in [flipped(content, len(content) // 2), content.replace(b"fer", b"fxr")]:
        path.write_bytes(damaged)
        assert specs.bars(["fer", "facex"]) == whole


@pytest.mark.packages
def test_a_damaged_geometry_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with np.load(geometry._compiled()) as arrays:
        whole = {name: arrays[name] for name in arrays}
    compiled: list[int] = []

    def compile_arrays(_data: Path) -> dict[str, Any]:
        compiled.append(1)
        return whole

    path = tmp_path / "compiled" / "head.npz"
    monkeypatch.setattr(geometry, "cache_path", lambda: path)
    monkeypatch.setattr("facelib.head.geometry.build.compile_arrays", compile_arrays)
    geometry.load.cache_clear()
    try:
        geometry.load()
        content = path.read_bytes()
        with path.open("wb") as file:
            np.savez(file, **{**whole, "base": whole["base"] * 1.01})
        planted = path.read_bytes()
        for damaged in (flipped(content, len(content) // 3), content[: len(content) // 2], planted):
            path.write_bytes(damaged)
            geometry.load.cache_clear()
            np.testing.assert_array_equal(geometry.load().base, whole["base"])
        assert len(compiled) == 4
    finally:
        geometry.load.cache_clear()


def double(x: float) -> float:
    return 2 * x


double.__module__ = "facelib.head.geometry.raster"


def hits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Compile a function and call it; return how often numba took it from the disk."""
    monkeypatch.setattr(kernels, "folder", lambda _module: folder)
    compiled = kernels.jit(double)
    assert compiled(3.0) == 6.0
    return sum(compiled.stats.cache_hits.values())


def test_a_damaged_compiled_function_is_compiled_again_and_a_planted_one_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, canary = tmp_path / "raster", tmp_path / "canary"
    assert hits(folder, monkeypatch) == 0
    assert hits(folder, monkeypatch) == 1  # so the files do serve
    for suffix in (".nbi", ".nbc"):
        (path,) = folder.rglob(f"*{suffix}")
        content = path.read_bytes()
        places = [flipped(content, place) for place in range(0, len(content), max(1, len(content) // 6))]
        for damaged in [*places, content[:-40], b"", pickle.dumps(Runs(canary))]:
            path.write_bytes(damaged)
            assert hits(folder, monkeypatch) == 0
            assert hits(folder, monkeypatch) == 1
    assert not canary.exists()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")
def test_the_folder_is_for_this_user_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept.folder().stat().st_mode & 0o777 == 0o700
    kept.folder().chmod(0o777)
    assert kept.folder().stat().st_mode & 0o777 == 0o700
    owner = kept.folder().stat().st_uid or 12345
    if os.getuid() == 0:
        os.chown(home / "compiled", owner, -1)
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(UnavailableError, match="another user"):
        kept.folder()
