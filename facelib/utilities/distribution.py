"""The distribution that pip installs: its name, its version, and its extras as messages name them."""

from __future__ import annotations

import importlib.metadata
import re
from functools import cache
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "facelib-explorer"
"""The name on the package index, where `facelib` is another project's. The import name is `facelib`."""

CHECKOUT: Final = Path(__file__).parents[2] / "pyproject.toml"


@cache
def distribution_version() -> str:
    """Return the version of this facelib: what its checkout says, else what is installed.

    A checkout comes first because it is what runs: an editable installation keeps the version that it
    had when it was made.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If facelib neither runs from a checkout nor is installed.
    """
    if CHECKOUT.is_file():
        text = CHECKOUT.read_text(encoding="utf-8")
        name, version = (re.search(rf'^{key} = "(.+)"$', text, re.MULTILINE) for key in ("name", "version"))
        if name and version and name[1] == DISTRIBUTION:
            return version[1]
    return importlib.metadata.version(DISTRIBUTION)


def installed() -> importlib.metadata.Distribution | None:
    """Return what pip has installed, None if facelib runs without being installed."""
    try:
        return importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None


def with_extra(extra: str) -> str:
    """Return what pip installs facelib and one of its extras by.

    >>> with_extra("app")
    'facelib-explorer[app]'
    """
    return f"{DISTRIBUTION}[{extra}]"
