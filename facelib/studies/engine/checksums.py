"""Checksums of what a study stores, so that any flipped bit is noticed.

A table is named ``<what>-<checksum>.parquet`` after the content of its file. JSON names its format and the
checksum of its text; one of the two is left, whichever bit of the other flips.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from facelib.errors import FacelibError

FORMAT: Final = 2
"""Of what is stored; studies of format 1 had no checksums."""

LENGTH: Final = 32  # hexadecimal digits in names
EMPTY: Final = "0" * 64  # stands in JSON while its checksum is made
HIDDEN: Final = ("format", "sha256")

_NAMED: Final = re.compile(rf"-([0-9a-f]{{{LENGTH}}})\.parquet")


class DamagedError(FacelibError, ValueError):
    """A file isn't what was written."""


def named(what: str, content: bytes) -> str:
    """Return the name of a file of a table.

    >>> named("faces", b"")
    'faces-e3b0c44298fc1c149afbf4c8996fb924.parquet'
    """
    return f"{what}-{hashlib.sha256(content).hexdigest()[:LENGTH]}.parquet"


def is_named(name: str) -> bool:
    """Return whether the name of a table has a checksum.

    >>> is_named(named("faces", b"")), is_named("faces.parquet")
    (True, False)
    """
    return _NAMED.search(name) is not None


def check(path: Path, content: bytes) -> bool:
    """Return whether the name of a table has a checksum: then it is that of its content.

    Raises
    ------
    DamagedError
        If it is another one.
    """
    found = _NAMED.search(path.name)
    if found is None:
        return False
    if found[1] != hashlib.sha256(content).hexdigest()[:LENGTH]:
        msg = "its checksum isn't that of its content"
        raise DamagedError(msg)
    return True


def sealed(content: Mapping[str, Any]) -> bytes:
    """Return names and values as JSON with its checksum."""
    whole = {"format": FORMAT} | {key: value for key, value in content.items() if key not in HIDDEN}
    text = json.dumps(whole | {"sha256": EMPTY}, indent=2, default=_as_json).encode()
    return _sum(text).encode().join(text.rsplit(EMPTY.encode(), 1))


def unsealed(text: bytes) -> tuple[dict[str, Any], bool]:
    """Return what `sealed` was given, and whether there is a checksum.

    Raises
    ------
    DamagedError
        If it isn't that of the content, or this is no JSON of names and values.

    Examples
    --------
    >>> unsealed(sealed({"seed": 3}))
    ({'seed': 3}, True)
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"it is no JSON ({error})"
        raise DamagedError(msg) from error
    if not isinstance(content, dict):
        msg = f"it has no names and values; got {type(content).__name__!r}"
        raise DamagedError(msg)
    stored, version = content.get("sha256"), content.get("format")
    if stored is None and not (isinstance(version, int) and version >= FORMAT):
        return content, False
    if not isinstance(stored, str) or _sum(EMPTY.encode().join(text.rsplit(stored.encode(), 1))) != stored:
        msg = "its checksum isn't that of its content"
        raise DamagedError(msg)
    return {key: value for key, value in content.items() if key not in HIDDEN}, True


def _sum(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _as_json(value: Any) -> Any:
    """Return a number of numpy as Python's, anything else as its text."""
    return value.item() if hasattr(value, "item") else str(value)
