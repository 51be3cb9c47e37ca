"""Files made once on this machine and kept in the cache folder."""

from __future__ import annotations

from collections.abc import Callable

from facelib import models
from facelib.models.writing import written_whole


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the file `name` of the cache folder, made by `make` if it isn't there.

    `name` must change with everything that the content depends on.
    """
    path = models.home() / "compiled" / name
    if path.is_file():
        return path.read_bytes()
    content = make()
    with written_whole(path) as file:
        file.write(content)
    return content
