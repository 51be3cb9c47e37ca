"""A row of cases with pictures, each of which is loaded by a press."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script

_HERE: Final = Path(__file__).parent


class Strip(anywidget.AnyWidget):
    """Calls ``take(case, way)`` with the ids that a visitor presses; the focus stays on what was pressed.

    Arrow keys, Home and End go from one to the next; wheel and finger move the row sideways.

    Attributes
    ----------
    label
        What the row holds.
    cases
        Mappings with ``id``, ``title``, ``sentence``, ``place`` (of the picture in the sheet) and ``ways``:
        each with ``id`` and ``title``. One way: the whole card is its button; more: the card has a button
        for each.
    current
        The case and the way that are shown now, divided by a colon; "" if it is none of them.
    sheet, grid
        The pictures: see `facelib.app.widgets.pictured.chooser.Chooser`.
    """

    _esm = script("pictured/strip.js")
    _css = _HERE / "strip.css"

    label = t.Unicode("").tag(sync=True)
    cases = t.List(t.Dict()).tag(sync=True)
    current = t.Unicode("").tag(sync=True)
    sheet = t.Bytes(b"").tag(sync=True)
    grid = t.List(t.Int(), default_value=[1, 1]).tag(sync=True)

    def __init__(self, take: Callable[[str, str], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._take = take
        self.on_msg(self._on_msg)

    def _on_msg(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict):
            self._take(str(content.get("case", ""))[:80], str(content.get("way", ""))[:80])
