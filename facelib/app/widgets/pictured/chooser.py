"""One choice out of many entries with pictures: a button, and the panel with a search that it opens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script

_HERE: Final = Path(__file__).parent


class Chooser(anywidget.AnyWidget):
    """A button with what is chosen; it opens a panel in which entries are searched, seen and chosen.

    The search is the browser's: it finds beginnings of words in titles, headings, ids, lines and `words`, and
    parts of titles. Letters that are typed on the button open the panel with a search for them.

    Attributes
    ----------
    label, help
        What is chosen, and what that means.
    groups
        Mappings with ``title``, ``note`` (a sentence below it, or ""), ``apart`` (whether a line divides it
        from those before it) and ``items``: each with ``id``, ``title``, ``line`` (a sentence that is
        shown), ``about`` and ``words`` (what else finds it, badly or well) and ``place`` (of its picture in
        the sheet; -1: none).
    refused
        By id: why an entry can't be chosen now.
    value
        Id of what is chosen.
    sheet, grid
        One WebP picture with all pictures, equal squares from left to right and top to bottom, and how many
        of them it has beside and below each other.

    Examples
    --------
    >>> items = [{"id": "fig", "title": "Fig"}, {"id": "nut", "title": "Nut"}]
    >>> fruit = Chooser("Fruit", "", [{"title": "Sweet", "items": items}], value="fig")
    >>> fruit.refused = {"nut": "It is no fruit."}
    >>> fruit.options
    [('Fig', 'fig')]
    """

    _esm = script("pictured/chooser.js")
    _css = _HERE / "chooser.css"

    label = t.Unicode("").tag(sync=True)
    help = t.Unicode("").tag(sync=True)
    groups = t.List(t.Dict()).tag(sync=True)
    refused = t.Dict().tag(sync=True)
    value = t.Unicode("").tag(sync=True)
    sheet = t.Bytes(b"").tag(sync=True)
    grid = t.List(t.Int(), default_value=[1, 1]).tag(sync=True)

    def __init__(
        self, label: str, help_text: str, groups: Iterable[dict[str, Any]] = (), **more: Any
    ) -> None:
        super().__init__(label=label, help=help_text, groups=[dict(group) for group in groups], **more)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Title and id of each entry that can be chosen now, in their order."""
        items = (item for group in self.groups for item in group["items"])
        return [(item["title"], item["id"]) for item in items if item["id"] not in self.refused]
