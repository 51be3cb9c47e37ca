"""Lazy names of a package: imported on first use, listed for completion."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Listing = Callable[[], list[str]]


def listing(names: Iterable[str]) -> Listing:
    """Return the ``__dir__`` of a package: its public names, and nothing that it happens to import.

    >>> listing(["sweep", "Head"])()
    ['Head', 'sweep']
    """
    return lambda: sorted(names)


def lazy(package: str, file: str, names: Iterable[str]) -> tuple[Callable[[str], Any], Listing]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names are imported when asked for.

    Which module holds a name is read from the imports that the package makes for type checkers, so that it is
    written once.

    Parameters
    ----------
    package
        Its ``__name__``.
    file
        Its ``__file__``.
    names
        All public names (``__all__``).
    """
    modules = {
        name.name: node.module
        for block in ast.parse(Path(file).read_text(encoding="utf-8")).body
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }

    def get(name: str) -> Any:
        if name not in modules:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        if modules[name] == package:  # a package in it
            return importlib.import_module(f"{package}.{name}")
        return getattr(importlib.import_module(modules[name]), name)

    return get, listing(names)
