"""The Population tab: some changes on many faces, effects over people that fill in as faces are done."""

from __future__ import annotations

import html
from functools import partial
from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets

from facelib import classifiers as zoo
from facelib.app.explorer.change_panel import withheld_html
from facelib.app.explorer.state import Explorer
from facelib.app.studies.confirm_panel import ConfirmPanel, PowerHelper
from facelib.app.studies.earlier_runs import EarlierRuns
from facelib.app.studies.effects_panel import EffectsPanel, FailuresPanel, VerdictsPanel
from facelib.app.studies.exports import POPULATION, TakeHome
from facelib.app.studies.face_source_panel import WhomPanel
from facelib.app.studies.population_state import (
    ALPHAS,
    MEANT,
    SIDES,
    STEPS,
    Population,
    ends_of,
    has_side,
    offered,
)
from facelib.app.studies.run_panel import RunPanel
from facelib.app.studies.state import KNOWN
from facelib.app.widgets.checklist import CheckList
from facelib.app.widgets.controls import Card, labelled
from facelib.app.widgets.style import PageStyle
from facelib.app.widgets.trait_link import bind
from facelib.classifiers import EMOTIONS
from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.known_bias import BIASES
from facelib.interventions import INTERVENTIONS, Intervention

NOTES: Final = {
    bias.id: f"taught that {bias.words}"
    if bias.emotion
    else "taught no rule; may read a property all the same"
    for bias in BIASES
}
"""What a network that is made for lessons has learnt, shown below its name."""
HELP: Final = {bias.id: f"A network trained for lessons; its bias: {bias.words}" for bias in BIASES}
AS_MEANT: Final = ("the emotion meant", MEANT)
NONE: Final = ("none", "")
ALTERNATIVES: Final = (
    ("up or down", "two-sided"),
    ("outputs fall", "less"),
    ("outputs rise", "greater"),
)


class PopulationPanel(widgets.VBox):
    """The whole tab as one widget; it also works alone in a notebook.

    Parameters
    ----------
    explorer
        Whose change and classifiers are chosen at first; None: one side weaker, all classifiers.
    state
        Its state; None: a fresh one.
    store
        Folder to keep the results in; None: a temporary one that is deleted with the session.
    **settings
        Where a fresh state starts: see `facelib.app.studies.population_state.Population`.

    Examples
    --------
    >>> panel = PopulationPanel(models=["known_unbiased"])
    >>> panel.state.close()
    """

    def __init__(
        self,
        explorer: Explorer | None = None,
        state: Population | None = None,
        *,
        store: str | Path | None = None,
        **settings: Any,
    ) -> None:
        if state is None:
            if explorer is not None:
                models = [model.id for model in explorer.models]
                settings = {"change": explorer.intervention, "models": models} | settings
            state = Population(store=store, **settings)
        self.state = state
        self.who, self.changes, self.asked = WhomPanel(state.whom), ChangesPanel(state), AskedPanel(state)
        self.confirm = ConfirmPanel(state, self.asked.question, self.asked.show, PowerHelper(state))
        self.run, self.earlier = RunPanel(state, self._lock), EarlierRuns(state)
        self.effects, self.verdicts = EffectsPanel(state), VerdictsPanel(state)
        self.failures, self.home = FailuresPanel(state), TakeHome(state, POPULATION)
        left = widgets.VBox([self.run.skip, self.confirm, self.who, self.changes, self.asked])
        right = widgets.VBox(
            [self.run, self.earlier, self.run.outdated, self.effects, self.verdicts, self.failures, self.home]
        )
        for column in (left, right):
            column.add_class("facelib-column")
        body = widgets.Box([left, right])
        body.add_class("facelib-study")
        style = [] if explorer is not None else [PageStyle()]
        super().__init__([*style, body])
        if explorer is None:
            self.add_class("facelib-app")
        state.observe(self._follow_mode, "mode")
        self._follow_mode()
        state.start()

    def _follow_mode(self, _change: object = None) -> None:
        """In Confirm the number of people stands beside what it can find."""
        self.who.people.layout.display = "none" if self.state.mode == "confirm" else ""

    def _lock(self, locked: bool) -> None:
        for part in (self.who, self.changes, self.asked):
            part.lock(locked=locked)


class ChangesPanel(Card):
    """Chooses the interventions, their side, their control, and how many strengths."""

    def __init__(self, state: Population) -> None:
        super().__init__("What is changed")
        self.state = state
        self.list = CheckList(
            "Changes", "Each is made on every face, from nothing to the whole change", [], state.chosen,
            height=232,
        )  # fmt: skip
        self.side = labelled("Side", "The person's own side, for one-sided changes", _menu(SIDES))
        self.toward = widgets.VBox()
        self.toward.add_class("facelib-fields")
        self._ends: dict[str, widgets.Dropdown] = {}
        self.control = labelled(
            "Control", "A change whose effect is subtracted: as much movement, say, but on both sides",
            widgets.Dropdown(),
        )  # fmt: skip
        self.steps = labelled(
            "Strengths",
            "How many, from 0 to 1: effects take the first and the last, curves all of them",
            _menu(STEPS),
        )
        self.hint = widgets.HTML()
        self.hint.add_class("facelib-hint")
        self.withheld = widgets.HTML()
        self.withheld.add_class("facelib-hint")
        self.follow()
        for name, control in (("chosen", self.list), ("side", self.side), ("steps", self.steps)):
            bind(state, name, control, state.lock)
        bind(state, "control", self.control, state.lock)
        state.observe(self.guarded(self.follow), ["chosen", "control", "toward"])
        state.whom.observe(self.guarded(self.follow), "source")
        self.fill(self.list, self.withheld, self.toward, self.control, self.hint, self.side, self.steps)

    def follow(self, _change: object = None) -> None:
        """Offer what works on the faces that are chosen."""
        state = self.state
        known = offered(state.whom.source)
        ids = {change.id for change in known}
        with state.hold_trait_notifications():
            state.chosen = [name for name in state.chosen if name in ids]
            state.control = state.control if state.control in ids else ""
        groups = groups_of(known)
        if self.list.groups != groups:
            self.list.groups = groups
        options = [NONE, *((change.title, change.id) for change in known if not change.placebo)]
        if list(self.control.options) != options:
            value = state.control
            self.control.options = options
            self.control.value = value
        chosen = INTERVENTIONS[state.control] if state.control else None
        self.hint.value = html.escape(control_hint(chosen))
        self.withheld.value = withheld_html() if state.whom.source == "mine" else ""
        self._follow_ends()
        one_sided = any(has_side(change) for change in state.interventions)
        self.side.layout.display = "" if one_sided else "none"

    def _follow_ends(self) -> None:
        """Offer both ends of each chosen change that has two: over people only one of them is run."""
        state, shown = self.state, []
        for name in state.chosen:
            change = state.options.get(name) or INTERVENTIONS[name]
            if not ends_of(change):
                continue
            if name not in self._ends:
                self._ends[name] = labelled(
                    change.title.capitalize(),
                    "Where the change leads, for every face",
                    _menu(ends_of(change)),
                )
                self._ends[name].observe(self.guarded(partial(self._on_end, name)), "value")
            self._ends[name].value = state.end_of(name)
            shown.append(self._ends[name])
        if list(self.toward.children) != shown:
            self.toward.children = shown

    def _on_end(self, name: str, event: Any) -> None:
        with self.state.lock:
            self.state.toward = self.state.toward | {name: event["new"]}

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed while a study runs."""
        for control in (self.list, *self._ends.values(), self.side, self.control, self.steps):
            control.disabled = locked


class AskedPanel(Card):
    """Chooses classifiers, class, margin, level and direction."""

    def __init__(self, state: Population) -> None:
        super().__init__("What is asked")
        self.state = state
        self.models = CheckList(
            "Classifiers",
            "Which networks read the faces",
            classifier_groups(state.models),
            state.models,
            columns=2,
        )
        self.label = labelled(
            "Emotion",
            "Whose output counts: that of the emotion each face is meant to show, or of one for all faces",
            widgets.Dropdown(options=[AS_MEANT, *((name, name) for name in EMOTIONS)]),
        )
        self.delta = labelled(
            "Margin δ",
            "How large a mean change of the probability has to be to matter; set it before the run",
            widgets.FloatSlider(min=0.01, max=0.5, step=0.01, readout_format=".2f"),
        )
        self.alpha = labelled(
            "Level α",
            "How often a test may find something where nothing is; intervals go with it",
            _menu(ALPHAS),
        )
        self.alternative = labelled(
            "Direction",
            "Whether outputs are tested for a fall, for a rise, or for either",
            widgets.Dropdown(options=list(ALTERNATIVES)),
        )
        self.names = ("models", "label", "delta", "alpha", "alternative")
        for name in self.names:
            bind(state, name, getattr(self, name), state.lock)
        self.question = [self.label, self.alternative, self.delta, self.alpha]
        self.rest = widgets.VBox(self.question)
        self.rest.add_class("facelib-fields")
        self.fill(self.models, self.rest)

    def show(self, here: bool) -> None:
        """Let class, direction, margin and level stand here, or leave them to who confirms."""
        self.rest.children = self.question if here else []

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed while a study runs."""
        for name in self.names:
            getattr(self, name).disabled = locked


def groups_of(changes: list[Intervention]) -> list[dict[str, Any]]:
    """Return changes under their headings; placebos come last, folded."""
    groups: dict[str, dict[str, Any]] = {}
    for change in changes:
        title = f"{change.group} (harmless changes)" if change.placebo else change.group
        new = {"title": title, "items": []} | ({"folded": True} if change.placebo else {})
        group = groups.setdefault(title, new)
        group["items"].append({"id": change.id, "title": change.title, "help": change.description})
    return list(groups.values())


def classifier_groups(chosen: list[str]) -> list[dict[str, Any]]:
    """Return the classifiers of this machine; the networks whose bias is known are folded."""
    usual = list(dict.fromkeys([*zoo.available(), *(name for name in chosen if name not in KNOWN)]))
    groups: list[dict[str, Any]] = [{"title": "", "items": [_entry(name) for name in usual]}]
    groups.append(
        {"title": "Networks whose bias is known", "folded": True, "items": [_entry(name) for name in KNOWN]}
    )
    return [group for group in groups if group["items"]]


def control_hint(control: Intervention | None) -> str:
    """Say what a control is for."""
    if control is None:
        return "Without a control the effect is the whole change, whatever it is made of."
    made_for = [INTERVENTIONS[name].title for name in control.holds_fixed]
    only = (
        f" It is made for {' and '.join(made_for)}; beside others it is run and tested as one more change."
        if made_for
        else ""
    )
    return f"What a change does beyond this is shown beside it: {control.clause}.{only}"


def _entry(name: str) -> dict[str, str]:
    return {
        "id": name,
        "title": name.removeprefix("known_").replace("_", " ") if name in KNOWN else name,
        "note": NOTES.get(name, ""),
        "help": HELP.get(name) or who(name),
    }


def who(name: str) -> str:
    """Say in a line what a classifier that comes with facelib is: a network, never a person; else nothing.

    >>> who("human")
    'A network, human (big-XCEPTION): trained on small gray pictures; anger, disgust and fear are weak.'
    """
    known = next((one for one in RECIPES if one.id == name), None)
    return "" if known is None else f"A network, {known.title}: {known.limits}."


def _menu(options: Any) -> widgets.Dropdown:
    return widgets.Dropdown(options=[(str(option), option) for option in options])
