"""Files that are there whole or not at all, while other processes write and remove some too."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to, beside `path`; it becomes `path` by one rename when the block ends well.

    Two processes that start at once, a killed one, or a full disk leave no half file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)


def newest_last(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that are there, by when they were last changed: other processes may take some away."""
    changed = []
    for path in paths:
        with suppress(FileNotFoundError):
            changed.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(changed)]
