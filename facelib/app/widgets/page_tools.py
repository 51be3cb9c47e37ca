"""Undo, Redo and Share: what stands in the header for all parts of the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script

_HERE = Path(__file__).parent
PRESSES: Final = ("undo", "redo")


class PageTools(anywidget.AnyWidget):
    """Asks for what its buttons say; the page answers by `share`, `opened` and `refuse`.

    Attributes
    ----------
    can_undo, can_redo
        Whether there is something to undo or to redo in the part of the page that is open.
    sharing
        When the dialog of Share was opened, in ms; 0 while it is closed. By it a busy kernel that missed the
        closing notices the next opening. While it is open, `share` follows each change.

    Parameters
    ----------
    on_press
        Called with "undo" or "redo".
    on_open
        Called with what somebody shared: a link, or the text of a session's file.
    """

    _esm = script("page_tools.js")
    _css = _HERE / "page_tools.css"

    can_undo = t.Bool(default_value=False).tag(sync=True)
    can_redo = t.Bool(default_value=False).tag(sync=True)
    sharing = t.Int(0).tag(sync=True)

    def __init__(self, on_press: Callable[[str], None], on_open: Callable[[str], None]) -> None:
        super().__init__()
        self._on_press, self._on_open = on_press, on_open
        self.on_msg(self._on_msg)

    def share(self, address: str, session: str, name: str) -> None:
        """Hand out the address of the scene, and the text and the name of the session's file."""
        self.send({"shared": {"address": address, "session": session, "name": name}})

    def opened(self) -> None:
        """Say that what was shared is shown."""
        self.send({"opened": True})

    def refuse(self, words: str) -> None:
        """Say why what was shared isn't shown."""
        self.send({"refused": words})

    def _on_msg(self, _widget: object, content: Any, _buffers: object) -> None:
        given = content if isinstance(content, dict) else {}
        if given.get("press") in PRESSES:
            self._on_press(given["press"])
        elif isinstance(given.get("open"), str):
            self._on_open(given["open"])
