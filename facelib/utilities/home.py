"""The folders in which facelib keeps downloads and caches on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from facelib.errors import UnavailableError


def home() -> Path:
    """Return the folder for model packages and compiled caches, created on demand.

    The environment variable ``FACELIB_HOME`` overrides the user's cache folder. One that can't be made
    raises `UnavailableError`.
    """
    chosen = os.environ.get("FACELIB_HOME")
    folder = Path(chosen or platformdirs.user_cache_dir("facelib", appauthor=False)).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder for model packages can't be made: {error}."
        raise UnavailableError(msg, hint="The variable FACELIB_HOME may name another one.") from error
    return folder
