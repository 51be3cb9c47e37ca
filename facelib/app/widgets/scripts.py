"""JavaScript of a widget, with what it shares with others before it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent


def script(*names: str) -> str:
    """Return a widget's files behind that of ``elements.js``: browsers get each widget as one module.

    >>> script("checklist.js").count("function element(")
    1
    """
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("elements.js", *names))
