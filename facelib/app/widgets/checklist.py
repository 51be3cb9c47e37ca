"""Several choices out of a grouped list, as one widget: an entry is named, explained, and can be left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script

_HERE = Path(__file__).parent


class CheckList(anywidget.AnyWidget):
    """Check boxes under headings; groups may be folded.

    A check box of ipywidgets each would be three widgets an entry: forty interventions would take the page a
    second.

    Attributes
    ----------
    label
        What is chosen, for screen readers and above the list.
    help
        What it means, as a tooltip.
    groups
        Mappings with ``title`` ("" for none), ``folded`` (whether it is closed at first) and ``items``: each
        with ``id``, ``title``, ``help`` and, if its help has to be seen, ``note``.
    value
        Ids that are chosen, in the order of the list.
    columns
        Entries beside each other.
    height
        Most px of the list before it scrolls; 0: no limit.
    disabled
        Whether it only shows what was chosen.

    Examples
    --------
    >>> chosen = CheckList("Fruit", "", [{"title": "", "items": [{"id": "fig", "title": "Fig"}]}], ["fig"])
    >>> chosen.value, chosen.ids
    (['fig'], ['fig'])
    """

    _esm = script("checklist.js")
    _css = _HERE / "checklist.css"

    label = t.Unicode("").tag(sync=True)
    help = t.Unicode("").tag(sync=True)
    groups = t.List(t.Dict()).tag(sync=True)
    value = t.List(t.Unicode()).tag(sync=True)
    columns = t.Int(1).tag(sync=True)
    height = t.Int(0).tag(sync=True)
    disabled = t.Bool(default_value=False).tag(sync=True)

    def __init__(
        self, label: str, help_text: str, groups: Iterable[dict[str, Any]], value: Iterable[str], **more: Any
    ) -> None:
        super().__init__(
            label=label, help=help_text, groups=[dict(group) for group in groups], value=list(value), **more
        )

    @property
    def ids(self) -> list[str]:
        """Ids of all entries, in their order."""
        return [item["id"] for group in self.groups for item in group["items"]]
