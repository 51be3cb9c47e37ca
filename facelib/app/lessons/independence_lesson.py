"""A lesson: is the output independent of the property given the label? A world with sliders, tests live."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, Final

import ipywidgets as widgets
import pandas as pd
import traitlets

from facelib.app.lessons.independence_state import LEVELS, REPETITIONS, SETTINGS, Settings, World, in_words
from facelib.app.lessons.lesson import OWN, Situation
from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, Fold, Quiet, button, labelled, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.app.widgets.style import PageStyle
from facelib.charts import specs
from facelib.charts.statistics.diagram import causal_diagram
from facelib.charts.statistics.independence_rows import (
    SHOWN,
    face_rows,
    level_rows,
    named,
    p_rows,
    placed,
    power_rows,
    reach,
    titles_of,
)
from facelib.errors import BadValueError
from facelib.stats.calibration import level_sentence
from facelib.stats.causal_model import CONDITIONERS, HELD, LABELS, SHAPES, arrows, nodes

POWER_HEADING: Final = "Share of draws that reject, over the effect; dashed: the level α; band: 95 % interval"
TRUST: Final = (
    {"title": "test", "align": "left"},
    {"title": "its level, as we measured it", "align": "left"},
    {"title": "what it says of this p", "align": "left"},
)
PLAIN: Final = {
    "effect": 0.3, "confounding": 1.0, "shape": "linear", "conditioner": "labels", "held": "label",
    "n": 300,
}  # fmt: skip

SITUATIONS: Final = (
    Situation("an effect", "The label drives both, and the property drives the output too.", PLAIN),
    Situation(
        "no effect",
        "The label drives both, nothing else. Held fixed, it explains all: each test rejects one draw in "
        "twenty at α = .05. Draw again and again.",
        {**PLAIN, "effect": 0.0},
    ),
    Situation(
        "nothing held fixed",
        "The same world without an effect. All tests reject: they answer another question.",
        {**PLAIN, "effect": 0.0, "held": "nothing"},
    ),
    Situation(
        "a curved effect",
        "Low and high values of the property raise the output. A straight line through all of them is flat: "
        "partial correlation sees nothing.",
        {**PLAIN, "effect": 0.5, "shape": "quadratic"},
    ),
    Situation(
        "an effect that flips",
        "Under half of the labels the output rises with the property, under the other half it falls.",
        {**PLAIN, "effect": 0.4, "shape": "sign-flipping"},
    ),
    Situation(
        "labels as a number",
        "No effect, and the label is held fixed, but as one number from 0 to 6: a line through such numbers "
        "does not hold the label fixed.",
        {**PLAIN, "effect": 0.0, "held": "label as a number"},
    ),
    Situation(
        "a rated label",
        "No effect. Raters saw the property and the rest of the picture: holding what they said fixed ties "
        "the two together (a collider).",
        {**PLAIN, "effect": 0.0, "held": "rated label"},
    ),
    Situation(
        "a wavy number",
        "No effect. The label is a number, and both follow its waves: a straight line takes hardly any of it "
        "away.",
        {**PLAIN, "effect": 0.0, "conditioner": "wavy number"},
    ),
    Situation(
        "few faces",
        "The same effect as in the first world, and 50 faces: not to reject is not to show independence.",
        {**PLAIN, "n": 50},
    ),
)


class IndependenceLesson(widgets.VBox):
    """The whole lesson as one widget; the same in JupyterLab and in Voila.

    Parameters
    ----------
    world
        Its state; None: a fresh one.
    **settings
        Where a fresh one starts: effect, confounding, n, shape, conditioner, held, alpha, seed, filling.

    Raises
    ------
    BadValueError
        If there is no such setting, or its control can't stand there.

    Examples
    --------
    >>> lesson = IndependenceLesson(effect=0.0, filling=False)
    >>> lesson.world.effect
    0.0
    >>> lesson.world.close()
    """

    def __init__(self, world: World | None = None, **settings: Any) -> None:
        self.world = world or _world(settings)
        self.controls, self.faces = WorldPanel(self.world), FacesPanel(self.world)
        self.tests, self.power = TestsPanel(self.world), PowerPanel(self.world)
        right = widgets.VBox([self.tests, self.faces, self.power])
        right.add_class("facelib-column")
        body = widgets.Box([self.controls, right])
        body.add_class("facelib-lesson")
        super().__init__([PageStyle(), body])
        self.add_class("facelib-app")
        self.world.start()


class WorldPanel(Card):
    """The causal model: its diagram, and the controls that change it."""

    def __init__(self, world: World) -> None:
        super().__init__("The world")
        self.world = world
        self._quiet = Quiet()
        self.diagram = widgets.HTML()
        self.diagram.add_class("facelib-diagram")
        menu = [(situation.title, place) for place, situation in enumerate(SITUATIONS)]
        self.situation = labelled(
            "Situation", "Worlds worth looking at", widgets.Dropdown(options=[*menu, OWN])
        )
        self.claim = widgets.HTML()
        self.claim.add_class("facelib-hint")
        self.controls = _controls()
        self.again = button("Draw again", "Take other faces from the same world")
        self._bind()
        self.follow()
        draw = widgets.HBox([self.controls["seed"], self.again])
        draw.add_class("facelib-choice")
        fields = [control for name, control in self.controls.items() if name != "seed"]
        self.fill(self.diagram, self.situation, self.claim, *fields, draw)

    def _bind(self) -> None:
        self.again.on_click(self.guarded(lambda _button: self.world.draw_again()))
        self.situation.observe(self.guarded(self._on_situation), "value")
        for control in (self.situation, *self.controls.values()):
            control.style.description_width = "92px"
        for name, control in self.controls.items():
            control.observe(self.guarded(self._changer(name)), "value")
        self.world.observe(self.guarded(self.follow), list(SETTINGS))

    def _changer(self, name: str) -> Callable[[Any], None]:
        def change(event: Any) -> None:
            with self.world.lock:
                if not self._quiet:
                    setattr(self.world, name, event["new"])

        return change

    def _on_situation(self, event: Any) -> None:
        with self.world.lock:
            if self._quiet:
                return
            if event["new"] == OWN[1]:
                self.follow()  # it is no place to go to: the menu says where we are
            else:
                self.world.change(**SITUATIONS[event["new"]].setting)

    def follow(self, _change: object = None) -> None:
        """Show what the world is."""
        settings = self.world.settings
        drawing = causal_diagram(nodes(settings.held), arrows(settings.model, settings.held))
        if self.diagram.value != drawing.svg:
            self.diagram.value = drawing.svg
        here = {name: getattr(self.world, name) for name in SETTINGS}
        known = [
            place for place, situation in enumerate(SITUATIONS) if situation.setting.items() <= here.items()
        ]
        with self._quiet:
            for name, control in self.controls.items():
                control.value = here[name]
            self.situation.value = known[0] if known else OWN[1]
        self.claim.value = paragraphs(SITUATIONS[known[0]].claim) if known else ""


class FacesPanel(Card):
    """The faces that were drawn, label by label."""

    def __init__(self, world: World) -> None:
        super().__init__("The faces")
        self.world = world
        self.chart = ChartView(spec=specs.of("statistics.independence.faces_layout"))
        world.observe(self.guarded(self.follow), "sample")
        self.fill(self.chart)

    def follow(self, _change: object = None) -> None:
        """Show the faces that were drawn last."""
        faces, held = self.world.sample, self.world.held
        if held == "rated label":
            faces = faces.assign(label=faces["rated"])
        points = face_rows(faces)
        some = "" if len(faces) <= SHOWN else f" ({SHOWN} of them drawn)"
        rated = "rated " if held == "rated label" else ""
        heading = f"Output over property of {len(faces)} faces{some}, {rated}label by label; lines are trends"
        signals = {
            "reach": reach(points), "faces_heading": heading, "faces_titles": titles_of(points, "group"),
        }  # fmt: skip
        self.chart.show(data={"faces": points}, signals=signals)


class TestsPanel(Card):
    """One p per test, what the one that decides says, and whether it is right."""

    __test__ = False  # not a test case for pytest

    def __init__(self, world: World) -> None:
        super().__init__("The tests: is the output independent of the property?")
        self.world = world
        self.chart = ChartView(spec=specs.of("statistics.independence.p_layout"))
        self.sentence, self.status, self.trust = widgets.HTML(), widgets.HTML(), LiveTable()
        self.sentence.add_class("facelib-sentence")
        self.status.add_class("facelib-hint")
        more = Fold("How far can each test be trusted here?", self.trust)
        world.observe(self.guarded(self.follow), ["tests", "problem", "status"])
        self.follow()
        self.fill(self.chart, self.status, self.sentence, more)

    def follow(self, _change: object = None) -> None:
        """Show the tests as far as they are."""
        world = self.world
        signals = {"tests_heading": f"p of each test on these {world.n} faces; held fixed: {world.held}"}
        data = {"tests": p_rows(world.tests, world.alpha), "level": level_rows(world.alpha)}
        self.chart.show(data=data, signals=signals)
        words = in_words(world.tests, world.settings)
        if words:
            self.sentence.value = f'<p class="facelib-status">{html.escape(words)}</p>'
        self.status.value = html.escape(world.status) or "&nbsp;"
        self.trust.show(TRUST, trust(world.tests, world.settings), "Levels measured nearest to these faces")
        if world.problem:
            self.messages.show(world.problem, source=world)
        else:
            self.messages.settle(world)


class PowerPanel(Card):
    """How often each test rejects when faces are drawn again and again."""

    def __init__(self, world: World) -> None:
        super().__init__("Power: how often does each test reject?")
        self.world = world
        self.chart = ChartView(spec=specs.of("statistics.independence.power_layout"))
        self.progress = widgets.FloatProgress(min=0, max=REPETITIONS)
        self.progress.add_class("facelib-progress")
        self.count = widgets.HTML()
        self.count.add_class("facelib-hint")
        self.stop = button("Stop", "Stop or go on filling in the curves")
        self.stop.on_click(self.guarded(self._on_stop))
        world.observe(self.guarded(self.follow), ["curve", "tests", "filling", "effect"])
        self.follow()
        line = widgets.HBox([self.stop, self.progress, self.count])
        line.add_class("facelib-filling")
        self.fill(self.chart, line)

    def _on_stop(self, _button: object) -> None:
        with self.world.lock:
            self.world.filling = not self.world.filling

    def follow(self, _change: object = None) -> None:
        """Show the curves as far as they are."""
        world = self.world
        data = power_rows(world.curve, world.missing)
        signals = {
            "alpha": world.alpha, "effect": world.effect, "power_heading": POWER_HEADING,
            "power_titles": titles_of(data, "title"),
        }  # fmt: skip
        self.chart.show(data={"power": data}, signals=signals)
        self.progress.value = world.repetitions
        self.count.value = f"{world.repetitions} of {REPETITIONS} draws of {world.n} faces"
        self.stop.description = "Stop" if world.filling else "Go on"
        self.stop.disabled = world.repetitions >= REPETITIONS


def trust(tests: pd.DataFrame, settings: Settings) -> list[list[str]]:
    """Return for every test what its level was where we measured it, and what it says of its p.

    Examples
    --------
    >>> from facelib.stats.causal_model import CausalModel
    >>> tests = pd.DataFrame({"method": ["partial_correlation"], "notes": ["A note."]})
    >>> settings = Settings(CausalModel(conditioner="number"), "label", 200, 0.05, 1)
    >>> ((title, level, note),) = trust(tests, settings)
    >>> title, note
    ('partial correlation', 'A note.')
    """
    labels, numbers = conditioners(settings)
    found = []
    for test in sorted(tests.to_dict("records"), key=lambda test: placed(test["method"])):
        level = level_sentence(test["method"], settings.n, labels, numbers) or ""
        notes = str(test["notes"]).replace(level, "").strip()
        found.append([named(test["method"]), level or "not measured with such a label", notes])
    return found


def conditioners(settings: Settings) -> tuple[int, int]:
    """Return how many labels and how many numbers the tests hold fixed.

    >>> from facelib.stats.causal_model import CausalModel
    >>> conditioners(Settings(CausalModel(), "label as a number", 200, 0.05, 1))
    (0, 1)
    """
    if settings.held == "nothing":
        return 0, 0
    as_labels = settings.model.conditioner == "labels" and settings.held != "label as a number"
    return (len(LABELS), 0) if as_labels else (0, 1)


def _world(settings: dict[str, Any]) -> World:
    """Return a fresh world, or raise `BadValueError`."""
    known = (*SETTINGS, "filling")
    if wrong := [name for name in settings if name not in known]:
        msg = f"The lesson has the settings {', '.join(known)}; got {', '.join(wrong)}."
        raise BadValueError(msg)
    try:
        return World(**settings)
    except traitlets.TraitError as error:
        msg = f"A setting is out of its control's range. {error}"
        raise BadValueError(msg) from None


def _controls() -> dict[str, Any]:
    """Return a control for each setting of the world; the world's own ranges are those of its controls."""
    faces = {"min": World.n.min, "max": World.n.max, "step": 50}
    return {
        "effect": _slider(
            "Effect", "What one unit of the property adds to the output; 0: nothing", World.effect
        ),
        "confounding": _slider(
            "Confounding", "How far the label pulls property and output alike", World.confounding
        ),
        "n": labelled("Faces", "How many faces are drawn", widgets.IntSlider(**faces)),
        "shape": _menu("Shape", "How the property changes the output", SHAPES),
        "conditioner": _menu("Label is", "Seven labels, or one number", CONDITIONERS),
        "held": _menu("Held fixed", "What the tests are given", HELD),
        "alpha": _menu("Level α", "A test rejects if its p is below", LEVELS),
        "seed": labelled("Seed", "Which faces are drawn", widgets.BoundedIntText(min=0, max=World.seed.max)),
    }


def _slider(title: str, help_text: str, of: Any) -> widgets.FloatSlider:
    made: widgets.FloatSlider = labelled(
        title, help_text, widgets.FloatSlider(min=of.min, max=of.max, step=0.05, readout_format=".2f")
    )
    return made


def _menu(title: str, help_text: str, options: Any) -> widgets.Dropdown:
    made: widgets.Dropdown = labelled(title, help_text, widgets.Dropdown(options=list(options)))
    return made
