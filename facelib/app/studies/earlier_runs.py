"""Runs of this session, a list that brings their results and settings back; it survives nothing."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.widgets.controls import Card, button, paragraphs

MOST: Final = 8  # runs
MOST_ROWS: Final = 2_000_000  # of their tables, together: as many as one study of the page may have
SHOWN_NOW: Final = "shown now"
ENDS: Final = {"done": "finished", "stopped": "stopped"}
FORGOTTEN: Final = (
    f"Of this session and this mode, {MOST} at most; a reload or closing the page forgets them. Nothing is "
    "computed again; Undo leads back."
)


@dataclass(frozen=True, eq=False)
class Run:
    """A run as it ended.

    Attributes
    ----------
    found, progress, stage
        What it found, how far it came, and whether it is "done" or "stopped".
    kept, source
        Its settings, without photographs, and where its faces came from.
    mode, hypothesis
        "explore" or "confirm", and the hypothesis that was set.
    words, headline
        Its settings and its main result, in words.
    at
        When it ended, as the clock of this machine says, "14:05".
    """

    found: Any
    progress: Any
    stage: str
    kept: Mapping[str, Any]
    source: str
    mode: str
    hypothesis: Any
    words: str
    headline: str
    photographs: Any = None
    at: str = field(default_factory=lambda: time.strftime("%H:%M"))

    @property
    def rows(self) -> int:
        """Rows of its table, which the page holds in memory."""
        return len(self.found.result.table)

    @property
    def title(self) -> str:
        """What stands in the list."""
        return f"{self.at}, {ENDS[self.stage]}: {self.words}. {self.headline}"

    def like(self, other: Run) -> bool:
        """Tell whether another one is the same run, gone on with or repeated."""
        same = all(
            getattr(self, name) == getattr(other, name) for name in ("kept", "source", "mode", "hypothesis")
        )
        return same and self.photographs is other.photographs


def remembered(runs: tuple[Run, ...], one: Run) -> tuple[Run, ...]:
    """Return the runs with another one first; it takes the place of one like it, the oldest ones leave."""
    kept, rows = [one], one.rows
    for run in runs:
        rows += 0 if run.like(one) else run.rows
        if len(kept) < MOST and rows <= MOST_ROWS and not run.like(one):
            kept.append(run)
    return tuple(kept)


def reference(photographs: Any) -> Any:
    """Return what tells whether photographs are the same ones, and doesn't keep them in memory."""
    return None if photographs is None else weakref.ref(photographs)


class EarlierRuns(Card):
    """Lists the runs of this session; a press shows one of them again.

    Parameters
    ----------
    state
        The study: `facelib.app.studies.state.StudyState`.
    """

    def __init__(self, state: Any) -> None:
        super().__init__("Earlier runs")
        self.state = state
        self.buttons = [button("Earlier run", "Show its results and its settings again") for _ in range(MOST)]
        for place, one in enumerate(self.buttons):
            one.add_class("facelib-run")
            one.on_click(self.guarded(partial(self._on_press, place)))
        hint = widgets.HTML(paragraphs(FORGOTTEN))
        hint.add_class("facelib-hint")
        state.observe(self.guarded(self.follow), ["runs", "found", "stage", "mode", "hypothesis"])
        self.follow()
        self.fill(*self.buttons, hint)

    def _on_press(self, place: int, _button: object) -> None:
        listed = self.state.listed
        if place < len(listed):
            self.state.recall(listed[place])

    def follow(self, _change: object = None) -> None:
        """Show the runs of this mode; none while the only one is what is shown."""
        state, listed = self.state, self.state.listed
        for place, one in enumerate(self.buttons):
            here = place < len(listed)
            one.layout.display = "" if here else "none"
            if here:
                now = listed[place].found is state.found
                mark = f" ({SHOWN_NOW})" if now else ""
                one.description = f"{'✓ ' if now else ''}{listed[place].title}{mark}"
            one.disabled = not here or state.running
        worth = len(listed) > 1 or (bool(listed) and listed[0].found is not state.found)
        self.layout.display = "" if worth else "none"
