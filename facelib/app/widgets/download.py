"""A download button for Voila and JupyterLab: the kernel makes the file, the browser keeps it."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets


@dataclass(frozen=True)
class Download:
    """A file to hand out."""

    name: str
    data: bytes
    type: str = "application/octet-stream"


class DownloadButton(anywidget.AnyWidget):
    """Calls `make` when pressed and lets the browser save what it returns (None: nothing to save)."""

    _esm = pathlib.Path(__file__).parent / "download.js"

    label = traitlets.Unicode("Download").tag(sync=True)
    help = traitlets.Unicode("").tag(sync=True)
    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    busy = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, make: Callable[[], Download | None], **traits: Any) -> None:
        super().__init__(**traits)
        self.make = make
        self.on_msg(self._on_msg)

    def _on_msg(self, _widget: object, content: Any, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("wanted"):
            # In a thread: the kernel goes on answering while a large file is made.
            threading.Thread(target=self.hand_out, name="facelib-download", daemon=True).start()

    def hand_out(self) -> None:
        """Make the file and send it to the browser."""
        try:
            made = self.make()
            if made is not None:
                self.send({"name": made.name, "type": made.type}, buffers=[made.data])
        finally:
            self.set_trait("busy", False)
            self.send_state("busy")
