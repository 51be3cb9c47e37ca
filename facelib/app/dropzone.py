"""A place for one's own pictures: dropped, chosen from a file, or taken with the camera of the browser."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, Final

import anywidget
import traitlets

TYPES: Final = ("image/png", "image/jpeg", "image/webp")
MOST: Final = 20_000_000  # bytes; a message to the kernel may have a little more


class DropZone(anywidget.AnyWidget):
    """Calls ``take(name, content)`` with the bytes of each picture that the visitor gives.

    Attributes
    ----------
    types, most
        What may be given: media types, and bytes.
    busy
        While a picture is read; the browser waits.
    """

    _esm = pathlib.Path(__file__).parent / "dropzone.js"
    _css = pathlib.Path(__file__).parent / "dropzone.css"

    types = traitlets.List(traitlets.Unicode(), default_value=list(TYPES)).tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)
    busy = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, take: Callable[[str, bytes], None]) -> None:
        super().__init__()
        self.take = take
        self.on_msg(self._on_msg)

    def _on_msg(self, _widget: object, content: Any, buffers: Any) -> None:
        try:
            if isinstance(content, dict) and buffers:
                self.take(str(content.get("name", "picture")), bytes(buffers[0]))
        finally:
            self.set_trait("busy", False)
            self.send_state("busy")
