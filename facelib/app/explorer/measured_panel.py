"""The Measured panel: what the pictures say about the face, beside what was set."""

from __future__ import annotations

from typing import Any, Final

import ipywidgets as widgets

from facelib import properties
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.controls import Card, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.faces import Head
from facelib.studies.sweeps.sweep import measured

COLUMNS = (
    {"title": "property", "align": "left"},
    {"title": "now", "align": "right"},
    {"title": "before", "align": "right"},
)
ENDS = {"gender": "0 female, 1 male", "skin_tone": "degrees: more is lighter"}
SHOWN = ("symmetry", "age", "gender", "skin_tone", "electrodes", "brightness", "sharpness")

ESTIMATED: Final = (
    "Skin tone is estimated from the picture, as pose and light are: folds and shadows of a changed face "
    "move them, too."
)


class MeasuredPanel(Card):
    """Shows the property that is meant to move, and then the others that are known.

    `table.index` follows the strength slider in the browser.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Measured")
        self.explorer = explorer
        self.table = LiveTable()
        explorer.observe(self.guarded(self.update), ["shown"])
        hint = widgets.HTML(paragraphs(ESTIMATED))
        hint.add_class("facelib-hint")
        self.fill(self.table, hint)

    def update(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        result, snapshot = self.explorer.result, self.explorer.snapshot
        if result is not None:
            table = result.sweep.properties
        elif snapshot is not None:
            faces = snapshot.frames.faces
            table = properties.measure(
                [faces[0], faces[-1]], measured(self.explorer.intervention, self.explorer.face)
            )
        else:
            self.table.show(COLUMNS, [])
            return
        rows: list[list[Any]] = []
        own = self.explorer.intervention.moves
        others = SHOWN if isinstance(self.explorer.face, Head) else table.columns
        for name in dict.fromkeys((own, *others)):
            if name is not None and name in table and table[name].notna().all():
                values = [_number(name, value) for value in table[name]]
                now = {"series": values} if result is not None else values[-1]
                rows.append([_title(name), now, values[0]])
        self.table.show(COLUMNS, rows)


def _title(name: str) -> dict[str, str]:
    """Return the cell that names a property; its help says unit and where the number comes from."""
    found = properties.PROPERTIES[name]
    unit = f" ({found.unit})" if found.unit else ""
    title = found.title
    if name in ENDS:
        title = f"{title[:-1]}, {ENDS[name]})" if title.endswith(")") else f"{title} ({ENDS[name]})"
    source = f"{found.source[:1].upper()}{found.source[1:]}"
    return {"text": title, "help": f"{source}{unit}: {found.description}"}


def _number(name: str, value: float) -> str:
    """Return two decimals for shares, none for what has a unit: years, degrees and counts.

    >>> _number("yaw", -3.2), _number("yaw", -0.2), _number("symmetry", 0.891), _number("gender", 1.0)
    ('−3', '0', '0.89', '1')
    """
    whole = bool(properties.PROPERTIES[name].unit) or value == round(value)
    return (f"{round(value)}" if whole else f"{value:.2f}").replace("-", "−")
