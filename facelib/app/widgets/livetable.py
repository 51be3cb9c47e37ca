"""A table whose numbers follow the strength slider in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import HERE, script
from facelib.errors import BadValueError


class LiveTable(anywidget.AnyWidget):
    """An accessible table; cells with a series follow `index` without the kernel.

    Attributes
    ----------
    columns
        One mapping a column: ``title``, and if wanted ``help`` (a sentence) and ``align`` (left, center,
        right).
    rows
        One list of cells a row; the first cell is the row's header. A cell is a string, or a mapping with
        ``text`` or ``series`` (one string a step), and if wanted ``mark`` (or ``marks``, one a step;
        ``"verdict-changes"`` becomes the CSS class ``facelib-verdict-changes``), ``swatch`` (a colour),
        ``opens`` (id of the card that the cell opens) and ``help``.
    index
        The step shown.
    caption
        What the table says, above it.

    Examples
    --------
    >>> table = LiveTable()
    >>> table.show(
    ...     [{"title": "classifier"}, {"title": "happy now", "align": "right"}, {"title": "verdict"}],
    ...     [["fer", {"series": ["0.98", "0.61"]}, {"text": "changes", "mark": "verdict-changes"}]],
    ... )
    >>> table.rows[0][0]
    'fer'
    """

    _esm = script("livetable.js")
    _css = HERE / "livetable.css"

    columns = t.List(t.Dict()).tag(sync=True)
    rows = t.List(t.List()).tag(sync=True)
    index = t.Int(0).tag(sync=True)
    caption = t.Unicode("").tag(sync=True)

    def show(
        self, columns: Sequence[dict[str, str]], rows: Sequence[Sequence[Any]], caption: str | None = None
    ) -> None:
        """Show other columns and rows, in one message.

        Raises
        ------
        BadValueError
            If a row has another number of cells than there are columns.
        """
        wrong = [len(row) for row in rows if len(row) != len(columns)]
        if wrong:
            msg = f"Expected {len(columns)} cells in each row; got a row of {wrong[0]}."
            raise BadValueError(msg)
        with self.hold_sync():
            self.columns = [dict(column) for column in columns]
            self.rows = [list(row) for row in rows]
            if caption is not None:
                self.caption = caption
