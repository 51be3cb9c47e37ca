"""JavaScript of a widget, with what it shares with others before it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from facelib.reports.shared_scripts import SHARED, shared

HERE: Final = Path(__file__).parent


def script(*names: str) -> str:
    """Return a widget's files behind that of ``elements.js``: browsers get each widget as one module.

    What explorables use, too, lies in the folder of what is shared with them.

    >>> script("checklist.js").count("function element(")
    1
    """
    return "\n".join(_code(name) for name in ("elements.js", *names))


def _code(name: str) -> str:
    return shared(name) if (SHARED / name).exists() else (HERE / name).read_text(encoding="utf-8")
