"""Says in the page that the kernel computes or has died: else the page would only stop answering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

HERE = Path(__file__).parent


class Watchdog(anywidget.AnyWidget):
    """Is pinged by the page each second; after three missing answers the page asks the server, and says it.

    It takes no room. A kernel that is busy for less than three seconds is not reported, then a line says that
    it computes; a banner comes only once the kernel is known to have ended, or the server can't be reached.
    Both go when an answer comes, and a server that was started again is asked for a new session at once.
    JupyterLab isn't asked; there ten missing answers of an idle kernel count.

    Parameters
    ----------
    period
        Milliseconds between two pings.

    Attributes
    ----------
    visited
        Whether a page has ever pinged. A page computed ahead for a visitor to come can put off what only a
        visitor needs until this turns true.
    unsaved
        What would be lost with the session. If there is anything, the browser asks before the page is left.
    """

    _esm = HERE / "watchdog.js"
    _css = HERE / "watchdog.css"

    period = traitlets.Int(1000).tag(sync=True)
    unsaved = traitlets.List(traitlets.Unicode()).tag(sync=True)
    visited = traitlets.Bool(False)
    computing = traitlets.Unicode("Still computing\u2026").tag(sync=True)
    ended = traitlets.Unicode("The session has ended. Reload the page to go on.").tag(sync=True)
    unreachable = traitlets.Unicode(
        "facelib doesn\u2019t answer. If it was stopped, start it again: this scene comes back."
    ).tag(sync=True)
    locked = traitlets.Unicode(
        "facelib was started again, with a new token. Reload the page and give it that token: this scene "
        "comes back."
    ).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(_answer)

    def keep(self, name: str, *, there: bool) -> None:
        """Add something to what would be lost, or take it away."""
        self.unsaved = sorted({*self.unsaved, name} if there else set(self.unsaved) - {name})


def _answer(widget: Watchdog, content: Any, _buffers: object) -> None:
    if isinstance(content, dict) and "ping" in content:
        widget.send({"pong": content["ping"]})
        widget.visited = True
