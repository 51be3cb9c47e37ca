"""Compiled functions, kept on disk: `jit` compiles one for the processor, without Python's lock.

Numba keeps what it compiled from a file until that file changes, but sees no change in the functions and
constants that come from other files. So the functions of a module are kept in a folder whose name changes
with the module and with all that it imports.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numba
from numba.core.caching import IndexDataCacheFile

from facelib.errors import UnavailableError
from facelib.utilities import code_digests
from facelib.utilities.files import newest_last
from facelib.utilities.sealed_files import folder as private
from facelib.utilities.sealed_files import is_whole, sealed

_HERE = Path(__file__).parent
_MATH = {"nnan", "nsz", "arcp"}  # no NaN comes in; sums and products keep their order and their rounding
_KEPT = 4  # folders of other versions of a module stay for those who run them
_NUMBAS = Lock()  # its settings are one for all threads


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called with arguments of a kind, unless that is on disk already."""
    kept = str(folder(function.__module__.removeprefix("facelib.")))
    with _NUMBAS:
        usual = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = kept
        try:
            made = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_MATH)(function)
        finally:
            numba.config.CACHE_DIR = usual
    made._cache._cache_file.__class__ = _Sealed
    return made


class _Sealed(IndexDataCacheFile):
    """Numba's files, each with its sha256 at the end: what was damaged is compiled again."""

    def _load_index(self) -> Any:
        return super()._load_index() if is_whole(Path(self._index_path)) else {}

    def _load_data(self, name: str) -> Any:
        if not is_whole(Path(self._data_path(name))):
            raise FileNotFoundError(name)  # numba then compiles
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[IO[bytes]]:
        content = io.BytesIO()
        with super()._open_for_write(filepath) as file:
            yield content
            file.write(sealed(content.getvalue()))


@cache
def folder(module: str) -> Path:
    """Return where the compiled functions of a module lie, made if it isn't there.

    Beside the module, or in `home()` where that can't be written to; `UnavailableError` if neither can.
    """
    beside = _HERE / "__pycache__"
    root = beside if os.access(beside if beside.exists() else _HERE, os.W_OK) else private()
    path = root / f"{module}-{version(module)}"
    if not path.exists():
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"No folder for compiled functions can be made: {error}. FACELIB_HOME may name another one."
            raise UnavailableError(msg) from error
        for old in newest_last(root.glob(f"{module}-{'[0-9a-f]' * 16}"))[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return path


def version(module: str) -> str:
    """Return a name that changes with a module, its imports, and the data beside it."""
    return code_digests.digest(f"facelib.{module}", folder=_HERE.parent)[:16]
