"""Deferred import of altair, for modules whose rows the page needs without it.

Importing it takes two seconds, in which the page's kernel wouldn't answer.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class Deferred(ModuleType):
    """A module that is imported when it is first asked for a name.

    Examples
    --------
    >>> Deferred("math").sqrt(49)
    7.0
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


altair = Deferred("altair")
