"""A place for one's own files: dropped, chosen, or (pictures) taken with the camera of the browser."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, Final

import anywidget
import traitlets

from facelib.app.widgets.scripts import script

TYPES: Final = ("image/png", "image/jpeg", "image/webp")
MOST: Final = 20_000_000  # bytes of a picture
PART: Final = 4_000_000  # bytes of a message to the kernel: a larger file comes in parts


class DropZone(anywidget.AnyWidget):
    """Calls ``take(name, content)`` with the bytes of each file that the visitor gives.

    Attributes
    ----------
    types, suffixes, most
        What may be given: media types, or endings of names where browsers don't agree on one; and bytes.
    one, kinds, refusal
        What it is, in words: "picture", "PNG, JPEG or WebP"; and what is said of anything else.
    camera
        Whether the camera may be used, where the browser allows it.
    disabled
        Whether nothing may be given now.
    busy
        While a file is read; the browser waits.
    """

    _esm = script("dropzone.js")
    _css = pathlib.Path(__file__).parent / "dropzone.css"

    types = traitlets.List(traitlets.Unicode(), default_value=list(TYPES)).tag(sync=True)
    suffixes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)
    part = traitlets.Int(PART).tag(sync=True)
    one = traitlets.Unicode("picture").tag(sync=True)
    kinds = traitlets.Unicode("PNG, JPEG or WebP").tag(sync=True)
    refusal = traitlets.Unicode("isn't a picture in PNG, JPEG or WebP.").tag(sync=True)
    camera = traitlets.Bool(default_value=True).tag(sync=True)
    disabled = traitlets.Bool(default_value=False).tag(sync=True)
    busy = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, take: Callable[[str, bytes], None], **traits: Any) -> None:
        super().__init__(**traits)
        self.take = take
        self._parts: list[bytes] = []
        self.on_msg(self._on_msg)

    def _on_msg(self, _widget: object, content: Any, buffers: Any) -> None:
        """Take a file, or keep a part of it until the last one is there."""
        if not isinstance(content, dict) or not buffers:
            self._rest()
            return
        place, parts = (int(content.get(name, default)) for name, default in (("place", 0), ("parts", 1)))
        if place == 0:
            self._parts.clear()
        self._parts.append(bytes(buffers[0]))
        too_much = sum(map(len, self._parts)) > self.most  # the page has looked, but whoever sends may lie
        if place + 1 < parts and not too_much:
            return
        whole = b"".join(self._parts)
        try:
            if not too_much and len(self._parts) == parts:
                self.take(str(content.get("name", self.one)), whole)
        finally:
            self._rest()

    def _rest(self) -> None:
        self._parts.clear()
        self.set_trait("busy", False)
        self.send_state("busy")
