"""Compare: a scene is pinned and stands beside the one that is shown: faces, maps, curves, differences."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.app.explorer.pictures_panel import why_no_map
from facelib.app.explorer.state import Explorer, Result, Scene
from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, button, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.stage import Stage
from facelib.attribution.overlay import upright
from facelib.charts import specs
from facelib.charts.tables import OUTPUTS, rows
from facelib.errors import FacelibError
from facelib.faces import Face, Head
from facelib.stats.effects.equivalence import NO_FALL
from facelib.studies import Sweep
from facelib.studies.sweeps.comparison import compare_networks
from facelib.studies.sweeps.sweep import DELTA
from facelib.studies.sweeps.view import cut, fractions, picture_alt, view_of
from facelib.utilities.wording import signed

ASK: Final = (
    "Pin what is shown now, then change the face, the property or the classifier: both stand side by side, "
    "and both follow the strength."
)
WAITS: Final = "The other strengths are still being computed; pin it in a moment."
SAME: Final = "Nothing differs yet: change the face, the property, the emotion or the classifier."
COMING: Final = "What is shown now is being computed."
SCALE: Final = (
    "Strengths of two different changes are on no common scale: compare whole changes, from 0 to 1, not "
    "single strengths."
)
NETWORKS: Final = (
    "Face and change are the same; the networks differ: change of the one that is chosen now minus change of "
    "the pinned one, for the same shaken copies."
)
UNITS: Final = "Maps of two classifiers or emotions have units of their own: compare places, not brightness."
MEANING: Final = (
    "Difference: change now minus change pinned. The verdict says whether 90 % of copies of both pictures, "
    f"shaken alike, differ by more than {DELTA:.2f}, or by less. It is about these pictures, not people."
)
MARKS: Final = {
    "differ": "verdict-changes",
    "do not differ": "verdict-unchanged",
    NO_FALL: "verdict-unclear",
    "cannot tell": "verdict-unclear",
}
WORDS: Final = {NO_FALL: "hardly read: too little to lose"}
COLUMNS: Final = (
    {"title": "classifier", "align": "left"},
    {
        "title": "pinned, 0\u00a0to\u00a01",
        "align": "right",
        "help": "Change of the pinned scene, strength 0 to 1",
    },
    {
        "title": "now, 0\u00a0to\u00a01",
        "align": "right",
        "help": "Change of what is shown now, strength 0 to 1",
    },
    {"title": "difference", "align": "right", "help": "Now minus pinned"},
    {"title": "verdict", "align": "left", "help": MEANING},
)


@dataclass(frozen=True)
class Pinned:
    """A scene as it was pinned: what was found of it, and whose map it showed."""

    scene: Scene
    result: Result
    classifier: str
    label: str
    cam: str


class ComparePanel(Card):
    """Pins a scene, and shows it beside the one that is shown now; `linked` follow the strength slider.

    Parameters
    ----------
    explorer
        The state that is shown.
    leader
        The stage whose overlay and opacity both pictures follow.
    """

    def __init__(self, explorer: Explorer, leader: Stage) -> None:
        super().__init__("Compare")
        self.add_class("facelib-compare")
        self.explorer = explorer
        self.pinned: Pinned | None = None
        self._sent: tuple[Sweep | None, Sweep | None] = (None, None)
        self._known: tuple[object, ...] = ()  # what is shown: placebos that come in change nothing here
        self.hint = widgets.HTML(paragraphs(ASK))
        self.hint.add_class("facelib-hint")
        self.pin = button("Pin this scene", "Keep what is shown now beside what you choose next")
        self.swap = button("Swap", "Show the pinned scene, and pin what is shown now")
        self.unpin = button("Unpin", "Show one scene only")
        self.titles = widgets.HTML(), widgets.HTML()
        self.stages = Stage(), Stage()
        self.chart = ChartView()
        self.table = LiveTable()
        self.notes = widgets.HTML()
        self.notes.add_class("facelib-hint")
        for stage in self.stages:
            stage.overlay, stage.opacity = leader.overlay, leader.opacity
            for name in ("overlay", "opacity"):
                widgets.jslink((leader, name), (stage, name))
        self.linked = (*self.stages, self.chart, self.table)
        columns = [
            widgets.VBox([title, stage]) for title, stage in zip(self.titles, self.stages, strict=True)
        ]
        pair = widgets.HBox(columns)
        pair.add_class("facelib-pair")
        self._parts = (pair, self.table, self.chart, self.notes)
        self.inside = widgets.VBox()  # empty until something is pinned: canvases and charts cost the page
        self.inside.add_class("facelib-compared")
        self._buttons = widgets.HBox([self.pin, self.swap, self.unpin])
        self.pin.on_click(self.guarded(lambda _button: self.keep()))
        self.swap.on_click(self.guarded(lambda _button: self.exchange()))
        self.unpin.on_click(self.guarded(lambda _button: self.release()))
        explorer.observe(self.guarded(self._follow), ["shown", "label", "classifier", "cam"])
        self.fill(self.hint, self._buttons, self.inside)
        self._follow()

    def keep(self) -> None:
        """Pin the scene that is shown.

        Raises
        ------
        FacelibError
            It isn't computed yet.
        """
        with self.explorer.lock:
            explorer = self.explorer
            if explorer.result is None:
                raise FacelibError(WAITS)
            self.pinned = Pinned(
                explorer.scene, explorer.result, explorer.classifier, explorer.label, explorer.cam
            )
            self._follow()

    def release(self) -> None:
        """Take the pinned scene away."""
        with self.explorer.lock:
            self.pinned = None
            self._follow()

    def exchange(self) -> None:
        """Show the pinned scene and pin the one that was shown."""
        with self.explorer.lock:
            before, explorer = self.pinned, self.explorer
            if before is None:
                return
            self.keep()
            face = before.scene.face
            head = face if isinstance(face, Head) else explorer.last_head
            explorer.remember(before.scene, before.result)
            shown = {"classifier": before.classifier, "label": before.label, "cam": before.cam}
            explorer.restore(before.scene, head, undoable=True, step=explorer.step, **shown)

    def _follow(self, _change: object = None) -> None:
        pinned, result = self.pinned, self.explorer.result
        self.pin.disabled = result is None
        self.pin.description = "Pin this scene" if pinned is None else "Pin this instead"
        for control in (self.swap, self.unpin):
            control.layout.display = "none" if pinned is None else ""
        self.swap.disabled = result is None
        self.hint.layout.display = "" if pinned is None else "none"
        self.inside.layout.display = "none" if pinned is None else ""
        now = self.explorer
        known = (id(pinned), id(result.sweep) if result else 0, now.label, now.classifier, now.cam)
        if known == self._known:
            return
        self._known = known
        if pinned is None:
            self._sent = None, None
            self.inside.children = ()
            for stage in self.stages:
                stage.clear()
            return
        self.inside.children = self._parts
        if not self.chart.spec:
            names = [model.id for model in self.explorer.models]
            self.chart.spec = specs.of("sweeps.compared.layout", classifiers=names)
        self._pictures(pinned, result)
        self._numbers(pinned, result)

    def _pictures(self, pinned: Pinned, result: Result | None) -> None:
        explorer = self.explorer
        now = (
            Pinned(explorer.scene, result, explorer.classifier, explorer.label, explorer.cam)
            if result
            else None
        )
        words = ("Pinned", pinned), ("Now", now)
        named = self._only_networks(pinned)
        for title, (word, one) in zip(self.titles, words, strict=True):
            title.value = title_html(word, one, network=named)
        before = self._sent
        self._sent = pinned.result.sweep, result.sweep if result else None
        shown = [(pinned, maps_of(pinned)), (now, maps_of(now) if now else None)]
        alike = now is not None and map_key(now) == map_key(pinned)
        tops = [float(np.nanmax(maps, initial=0.0)) for _, maps in shown if maps is not None]
        for place, (stage, (one, maps)) in enumerate(zip(self.stages, shown, strict=True)):
            if one is None:
                stage.clear()
                continue
            sweep = one.result.sweep
            first = sweep.frames.faces[0]
            view = view_of(first)
            if sweep is not before[place]:
                frames: list[Any] = [cut(image, view) for image in sweep.images]
                stage.show_sweep(frames, sweep.strengths, alt=picture_alt(one.scene.face))
            if maps is None:
                stage.clear_maps()
                continue
            model = sweep.readings[one.classifier].classifier
            x1, y1, x2, y2 = view
            laid, region = upright(maps, model, sweep.box, first.size, points=sweep.frames.points[0])
            region = region - np.array([x1, y1, x1, y1])
            title = f"{one.classifier}: evidence for {one.label}"
            scale = max(tops) if alike else None
            stage.show_maps(laid, box=fractions(region, (y2 - y1, x2 - x1)), scale=scale, title=title)

    def _numbers(self, pinned: Pinned, result: Result | None) -> None:
        label = self.explorer.label
        parts = [pinned.result.sweep.outputs.assign(scene="pinned")]
        if result is not None:
            parts.append(result.sweep.outputs.assign(scene="now"))
        table = pd.concat([part[part["label"] == label] for part in parts])
        self.chart.show(data={"outputs": rows(table, [*OUTPUTS, "scene"])}, signals={"label": label})
        if result is None:
            self.table.show(COLUMNS, [], COMING)
            self.notes.value = ""
            return
        sweep, networks = result.sweep, (pinned.classifier, self.explorer.classifier)
        two = self._only_networks(pinned) and all(name in sweep.readings for name in networks)
        found = (
            compare_networks(sweep, *networks, label, delta=DELTA)
            if two
            else pinned.result.sweep.compared_with(sweep, label)
        )
        cells = [
            [
                f"{networks[0]}, then {networks[1]}" if two else row["classifier"],
                signed(row["change_first"]),
                signed(row["change_second"]),
                signed(row["difference"]),
                {
                    "text": WORDS.get(row["verdict"], row["verdict"])
                    + (f" ({_ends(row)})" if row["verdict"] == "cannot tell" else ""),  # why it can't
                    "mark": MARKS[row["verdict"]],
                    "help": f"90 % of copies shaken alike: {_ends(row)}",
                },
            ]
            for row in found.to_dict("records")
        ]
        caption = (
            f"What the change does to the probability of {label} for both networks"
            if two
            else f"What each change does to the probability of {label}"
        )
        self.table.show(COLUMNS, cells, caption)
        self.notes.value = paragraphs(*self._notes(pinned))

    def _only_networks(self, pinned: Pinned) -> bool:
        """Return whether face and change are the same, and another network is looked at."""
        explorer = self.explorer
        return bool(pinned.scene.key == explorer.scene.key) and pinned.classifier != explorer.classifier

    def _notes(self, pinned: Pinned) -> list[str]:
        explorer = self.explorer
        same = pinned.scene.key == explorer.scene.key
        maps = (explorer.classifier, explorer.label, explorer.cam)
        other_maps = maps != (pinned.classifier, pinned.label, pinned.cam)
        other_change = pinned.scene.intervention != explorer.intervention
        found = [SAME] if same and not other_maps else [MEANING] if not same else []
        found += [NETWORKS] if self._only_networks(pinned) else []
        return found + [SCALE] * other_change + [UNITS] * other_maps


def map_key(one: Pinned) -> tuple[str, str, str]:
    """Return what two maps must share to have one scale."""
    return one.classifier, one.label, one.cam


def maps_of(one: Pinned) -> npt.NDArray[np.float32] | None:
    """Return the maps of a scene's classifier and class, (n, h, w); None where there are none."""
    reading = one.result.sweep.readings.get(one.classifier)
    if reading is None or why_no_map(reading.classifier, one.label):
        return None
    return one.result.sweep.attribution.maps(one.classifier, one.label, one.cam)


def title_html(word: str, one: Pinned | None, *, network: bool = False) -> str:
    """Return which scene a picture shows, as HTML; and whose map lies on it, where that is what differs."""
    if one is None:
        return f"<h3>{word}</h3>" + paragraphs(COMING)
    change = one.scene.intervention
    own = getattr(change, "side", None)
    side = f", {own} side" if own else ""
    whose = f"; {one.classifier}" if network else ""
    said = f"{face_words(one.scene.face)}; {change.title}{side}{whose}"
    return f"<h3>{word}</h3><p>{html.escape(said)}</p>"


def face_words(face: Face | Head) -> str:
    """Name a face in a few words.

    >>> face_words(Head(age=70, expression="sad", seed=3))
    'person 3, 70 years, sad'
    """
    if not isinstance(face, Head):
        return "photograph"
    expression = face.expression if isinstance(face.expression, str) else "own expression"
    return f"person {face.seed}, {face.age:.0f} years, {expression}"


def _ends(row: Mapping[Any, Any]) -> str:
    return f"{signed(row['low'])} … {signed(row['high'])}"
