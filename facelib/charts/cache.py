"""Files made once on this machine and kept in the cache folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from facelib import models


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the file `name` of the cache folder, made by `make` if it isn't there.

    `name` must change with everything that the content depends on. The file is written aside and renamed, so
    that two kernels that start at once, or a full disk, leave no half file.
    """
    path = models.home() / "compiled" / name
    if path.is_file():
        return path.read_bytes()
    content = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)
    return content
