"""Files that are made once and kept in the cache folder."""

from __future__ import annotations

from collections.abc import Callable

from facelib.utilities import sealed_files


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the file `name` of the cache folder, made by `make` if it isn't there or was damaged.

    `name` must change with everything that the content depends on.
    """
    path = sealed_files.folder() / name
    if (content := sealed_files.read(path)) is not None:
        return content
    content = make()
    sealed_files.write(path, content)
    return content
