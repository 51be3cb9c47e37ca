"""The Watch card of the Muscles tab: face, map, signals and outputs, all at the moment of one slider."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets as widgets
import numpy as np
import pandas as pd

from facelib.app.muscles.film import RATE, Film, Seen
from facelib.app.muscles.state import Muscles
from facelib.app.widgets.controls import Card, paragraphs
from facelib.app.widgets.moments import Moments
from facelib.app.widgets.muscles_stage import MusclesStage
from facelib.app.widgets.patched_chart import PatchedChart
from facelib.charts import specs
from facelib.charts.muscles.traces import EVENTS, TRACES, trace_table
from facelib.charts.tables import OUTPUTS, rows
from facelib.semg.face_plane import places

WAITS: Final = "The recording is being read."
NOTHING: Final = "Choose a recording: it moves the face here."
OVER: Final = ("seconds", "classifier", "label", "probability")
NOW: Final = {"over": "moment", "tick": "the first moment"}
NARROW: Final = 2  # panels beside each other where the page is narrow: their names have to fit
PLAYS: Final = "It can be played once all of its pictures are made."
FEWEST: Final = "No classifier reads along: choose one under “Shown”."


class WatchPanel(Card):
    """Shows a film; everything in it follows the slider `moments` in the browser, and `also`, too."""

    def __init__(self, state: Muscles, *also: Any) -> None:
        super().__init__("Watch")
        self.state = state
        self._film: Film | None = None
        self.stage, self.traces, self.over, self.bars = (
            MusclesStage(),
            PatchedChart(),
            PatchedChart(),
            PatchedChart(),
        )
        self.moments = Moments(self.guarded(self._on_moment))
        self.moments.follow(self.stage, self.traces, self.over, self.bars, *also)
        self.status, self.progress = widgets.HTML(), widgets.FloatProgress(min=0, max=1)
        self.progress.add_class("facelib-progress")
        self.waits = widgets.HTML(paragraphs(WAITS))
        self.few = widgets.HTML(paragraphs(FEWEST))
        for words in (self.waits, self.few):
            words.add_class("facelib-hint")
        line = widgets.HBox([self.progress, self.status])
        line.add_class("facelib-filling")
        self._bind()
        self.follow()
        watched = widgets.VBox([self.stage, self.moments])
        watched.add_class("facelib-watched")
        self.add_class("facelib-watching")
        self.fill(self.waits, watched, line, self.traces, self.over, self.bars, self.few)

    def _bind(self) -> None:
        state = self.state
        state.observe(self.guarded(self.follow), ["film", "seen", "label", "loaded", "film_problem"])
        state.observe(self.guarded(self.tell), ["status", "progress"])
        self.tell()

    def _on_moment(self, step: int) -> None:
        with self.state.lock:
            self.state.step = max(step, 0)

    def tell(self, _change: object = None) -> None:
        """Say what is being done."""
        state = self.state
        self.status.value = f'<span class="facelib-status">{html.escape(state.status)}</span>'
        self.progress.value = state.progress
        self.progress.layout.visibility = "visible" if state.status else "hidden"
        self.waits.value = paragraphs(WAITS if state.status else NOTHING)

    def follow(self, _change: object = None) -> None:
        """Show what is known; what is drawn already stays, and is patched."""
        state, film = self.state, self.state.film
        shown: tuple[Any, ...] = (self.stage, self.moments, self.traces)
        for part in shown:
            part.layout.display = "" if film is not None else "none"
        self.waits.layout.display = "none" if film is not None else ""
        if film is not self._film:
            self._film = film
            self._begin(film)
        read = bool(state.models) and film is not None
        self.few.layout.display = "" if film is not None and not state.models else "none"
        for chart in (self.over, self.bars):
            chart.layout.display = "" if read else "none"
        whole = film is not None and state.seen is not None and len(state.seen.frames) == len(film)
        waits = not state.film_problem and not (whole and state.seen.done == len(film))
        self.moments.let_play("" if not waits else PLAYS)
        if film is not None and state.seen is not None and whole:
            self.stage.show_frames(state.seen.frames)
            if read:
                self._outputs(film, state.seen)
        if state.film_problem:
            self.messages.show(state.film_problem, source=state)
        else:
            self.messages.settle(state)

    def _begin(self, film: Film | None) -> None:
        """Show another film."""
        if film is None:
            self.stage.clear()
            return
        step = min(self.state.step, len(film) - 1)
        self.moments.show(film.times.tolist(), film.animation.rate, step)
        known = np.isfinite(film.animation.activity)
        dots = [place for k, place in enumerate(places().values()) if known[:, k].any()]
        self.stage.show_film(
            film.times.tolist(), film.said, film.maps, dots, alt="the head, moved by the muscles,"
        )
        table = trace_table(film.animation.activity, film.times)
        self.traces.draw(
            specs.of("muscles.traces.layout", rate=RATE),
            {"traces": rows(table, TRACES), "events": rows(_events(film), EVENTS)},
            clock(film),
            "traces",
            specs.of("muscles.traces.layout", rate=RATE, beside=NARROW, lines=True),
        )

    def _outputs(self, film: Film, seen: Seen) -> None:
        """Draw what classifiers say: over time what was read, now the nearest moment that was."""
        names = list(seen.outputs)
        if not names:
            return
        label = self.state.label
        table = seen.table(film.times)
        self.over.draw(
            specs.of("muscles.traces.outputs_layout", classifiers=names, rate=RATE),
            {"outputs": rows(table, OVER)},
            clock(film) | {"label": label},
            names,
            specs.of("muscles.traces.outputs_layout", classifiers=names, rate=RATE, most=NARROW),
        )
        self.bars.draw(
            specs.of("sweeps.outputs.layout", classifiers=names, **NOW),
            {"outputs": rows(nearest(table, len(film)), OUTPUTS)},
            {"label": label},
            names,
            specs.of("sweeps.outputs.layout", classifiers=names, **NOW, most=NARROW, lines=True),
        )


def clock(film: Film) -> dict[str, float]:
    """Return where time begins and ends in the charts of a film, and how many moments a second has."""
    start, end = float(film.times[0]), float(film.times[-1])
    return {"start": start, "end": max(end, start + 0.1), "rate": film.animation.rate}


def _events(film: Film) -> pd.DataFrame:
    """Return what happened in the part of a recording that is shown."""
    table = film.loaded.recording.event_table()
    return table[table["seconds"].between(film.times[0], film.times[-1])]


def nearest(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return outputs of all moments: those that weren't read have what the nearest one has that was.

    Examples
    --------
    >>> read = pd.DataFrame({"step": [0, 3], "seconds": [0, 0.3], "classifier": "fer", "label": "sad"})
    >>> nearest(read.assign(probability=[0.1, 0.7]), 4)["probability"].tolist()
    [0.1, 0.1, 0.7, 0.7]
    """
    known = np.sort(table["step"].unique())
    if not len(known):
        return table.assign(strength=table["seconds"])
    steps = np.arange(count)
    closest = known[np.abs(known[:, None] - steps).argmin(axis=0)]
    pairs = pd.DataFrame({"shown": steps, "step": closest})
    found = pairs.merge(table, on="step").assign(step=lambda rows: rows["shown"])
    return found.assign(strength=found["seconds"]).drop(columns="shown")
