"""Names of a package: those imported when they are first asked for, and the list that a Tab key shows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Listing = Callable[[], list[str]]


def listing(names: Iterable[str]) -> Listing:
    """Return the ``__dir__`` of a package: its public names, and nothing that it happens to import.

    >>> listing(["sweep", "Head"])()
    ['Head', 'sweep']
    """
    return lambda: sorted(names)


def lazy(
    package: str, modules: Mapping[str, str], names: Iterable[str]
) -> tuple[Callable[[str], Any], Listing]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names are imported when asked for.

    Parameters
    ----------
    package
        Its ``__name__``.
    modules
        By name, the module of the package that holds it.
    names
        All public names (``__all__``).
    """

    def get(name: str) -> Any:
        if name in modules:
            return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    return get, listing(names)
