"""The look of the page, and what changed while the page was on its way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets
from ipywidgets.widgets.widget import _instances

_HERE = Path(__file__).parent
_OVERLAP: Final = 1.0  # s that a page takes to ask for the states of all widgets


class PageStyle(anywidget.AnyWidget):
    """Brings `style.css` into the page and names its controls; put one of it anywhere among the panels.

    A browser that opens a page asks for the states of all widgets once, and doesn't hear of changes until it
    has built them. From that moment until the page is there, changes are noted, and then they are sent again.
    """

    _esm = _HERE / "style.js"
    _css = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("style.css", "shades.css"))

    def __init__(self) -> None:
        self._watched: list[traitlets.HasTraits] = []
        self._changed: dict[tuple[Any, str], float] = {}  # widget and trait, and when they changed last
        super().__init__()
        self.on_msg(self._on_message)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Return the state that the browser gets; whoever asks for all of it is opening the page."""
        if key is None:
            self._watch()
        return super().get_state(key, drop_defaults)

    def _watch(self) -> None:
        late = time.monotonic() - _OVERLAP  # other widgets may have been asked before this one
        self._changed = {change: when for change, when in list(self._changed.items()) if when > late}
        watched = set(map(id, self._watched))
        for widget in list(_instances.values()):
            if id(widget) not in watched:
                widget.observe(self._note, traitlets.All)
                self._watched.append(widget)

    def _note(self, change: Any) -> None:
        self._changed[change["owner"], change["name"]] = time.monotonic()

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        if not isinstance(content, dict) or not content.get("there"):
            return
        changed, self._changed = self._changed, {}
        watched, self._watched = self._watched, []
        for widget in watched:
            widget.unobserve(self._note, traitlets.All)
        for widget, name in changed:
            if name in widget.keys and widget.comm is not None:
                widget.send_state(name)
