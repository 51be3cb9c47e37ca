"""The look of the page."""

from __future__ import annotations

from pathlib import Path

import anywidget

_HERE = Path(__file__).parent


class PageStyle(anywidget.AnyWidget):
    """Brings `style.css` into the page and names its controls; put one of it anywhere among the panels."""

    _esm = _HERE / "style.js"
    _css = _HERE / "style.css"
