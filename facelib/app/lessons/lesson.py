"""A lesson: controls, a pure function, and what it answers as charts, numbers and words, patched in place."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final

import ipywidgets as widgets
import pandas as pd

from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, Quiet, labelled, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.style import PageStyle
from facelib.charts.export import with_data
from facelib.charts.tables import rows

OWN: Final = ("your own setting", -1)
NUMBERS: Final = ("quantity", "value", "meaning")


@dataclass(frozen=True, eq=False)
class Answer:
    """What a lesson shows for one setting: the return value of its pure function.

    Attributes
    ----------
    tables
        Data of the charts, by the name of the data set.
    signals
        Values of the charts' parameters, such as headings.
    numbers
        quantity, value (text), meaning: one row each.
    sentences
        What is to be read, most important first.
    """

    tables: Mapping[str, pd.DataFrame]
    signals: Mapping[str, Any]
    numbers: pd.DataFrame
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """A setting worth looking at.

    Attributes
    ----------
    title
        In the menu.
    claim
        What is to be seen there, in one sentence.
    setting
        Values of the controls by name; controls that aren't named keep theirs.
    """

    title: str
    claim: str
    setting: Mapping[str, Any] = field(default_factory=dict)


class Lesson(widgets.VBox):
    """Shows what `answer` says for what the controls are set to, as they move.

    Parameters
    ----------
    title
        Of the card.
    controls
        ipywidgets by parameter of `answer`, each with its label (`facelib.app.widgets.controls.labelled`).
    charts
        Vega-Lite specifications; each takes those tables and signals of the answer that it names.
    answer
        Pure function of the controls' values: the lesson without a screen.
    situations
        Settings worth looking at; the first one is shown first.

    Examples
    --------
    >>> def answer(n):
    ...     numbers = pd.DataFrame([("square", str(n * n), "n times n")], columns=list(NUMBERS))
    ...     return Answer({}, {}, numbers, (f"{n} squared is {n * n}.",))
    >>> control = labelled("n", "a number", widgets.IntSlider(2, 1, 9))
    >>> lesson = Lesson("Squares", {"n": control}, [], answer, [Situation("two", "", {"n": 2})])
    >>> control.value = 3
    >>> lesson.table.rows[0][1], lesson.situation.label
    ('9', 'your own setting')
    """

    def __init__(
        self,
        title: str,
        controls: Mapping[str, Any],
        charts: Sequence[Mapping[str, Any]],
        answer: Callable[..., Answer],
        situations: Sequence[Situation],
    ) -> None:
        self.controls, self.answer, self.situations = dict(controls), answer, tuple(situations)
        self.charts = [ChartView() for _ in charts]
        self._specs = [dict(spec) for spec in charts]
        self.table, self.sentences, self.claim = LiveTable(), widgets.HTML(), widgets.HTML()
        self.sentences.add_class("facelib-sentence")
        self.claim.add_class("facelib-hint")
        menu = [(situation.title, place) for place, situation in enumerate(self.situations)]
        self.situation = labelled(
            "Situation", "Settings worth looking at", widgets.Dropdown(options=[*menu, OWN], value=0)
        )
        self.card = Card(title)
        self._quiet, self._lock = Quiet(), RLock()
        self._bind()
        self._choose(0)
        self.card.fill(
            self.situation,
            self.claim,
            side_by_side(*self.controls.values(), least=250),
            side_by_side(*self.charts, least=290),
            self.sentences,
            self.table,
        )
        super().__init__([PageStyle(), self.card])
        self.add_class("facelib-app")
        self.add_class("facelib-answers")

    def setting(self) -> dict[str, Any]:
        """Return the values of the controls, by name: the arguments of `answer`."""
        return {name: control.value for name, control in self.controls.items()}

    def _bind(self) -> None:
        moved, chosen = self.card.guarded(self._moved), self.card.guarded(self._chosen)
        for control in self.controls.values():
            control.observe(moved, "value")
        self.situation.observe(chosen, "value")

    def _moved(self, _event: object) -> None:
        with self._lock:  # JupyterLab calls from a thread of its own
            if self._quiet:
                return
            with self._quiet:
                self.situation.value = OWN[1]
            self._show()

    def _chosen(self, event: Any) -> None:
        with self._lock:
            if not self._quiet and event["new"] != OWN[1]:
                self._choose(event["new"])

    def _choose(self, place: int) -> None:
        situation = self.situations[place]
        with self._quiet:
            for name, value in situation.setting.items():
                self.controls[name].value = value
        self.claim.value = html.escape(situation.claim)
        self._show()

    def _show(self) -> None:
        answer = self.answer(**self.setting())
        data = {
            name: rows(table, table.columns.astype(str).tolist(), digits=None)
            for name, table in answer.tables.items()
        }
        for chart, spec in zip(self.charts, self._specs, strict=True):
            own = {name: data[name] for name in spec.get("datasets", {}) if name in data}
            names = {param["name"] for param in spec.get("params", [])}
            signals = {name: value for name, value in answer.signals.items() if name in names}
            # Embedded with its first data: Vega warns of scales without any.
            chart.show(None if chart.spec else with_data(spec, own, signals), data=own, signals=signals)
        self.table.show(
            (
                {"title": "number", "align": "left"},
                {"title": "value", "align": "right"},
                {"title": "what it says", "align": "left"},
            ),
            answer.numbers[list(NUMBERS)].to_numpy().tolist(),
        )
        self.sentences.value = paragraphs(*answer.sentences)


def side_by_side(*children: Any, least: int, most: int = 3, gap: int = 18) -> widgets.GridBox:
    """Return children beside each other, each at least `least` px wide and at most so many in a row."""
    width = f"max({least}px, (100% - {(most - 1) * gap}px) / {most})"
    return widgets.GridBox(
        list(children),
        layout={
            "grid_template_columns": f"repeat(auto-fit, minmax(min({width}, 100%), 1fr))",
            "grid_gap": f"5px {gap}px",
            "overflow": "visible",
        },
    )
