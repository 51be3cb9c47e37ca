"""The card of Explore and Confirm: what is set before a run, its time, and what changed since."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets as widgets

from facelib import stats
from facelib.app.studies.state import StudyState
from facelib.app.widgets.controls import Card, button, labelled, paragraphs
from facelib.app.widgets.patched_chart import PatchedChart
from facelib.app.widgets.trait_link import bind
from facelib.charts import specs
from facelib.errors import BadValueError
from facelib.studies.declared.registration import describe_hypothesis, registrations

EXPLORE: Final = "Look around: what is found here is a hypothesis, and nothing is confirmed by it."
CONFIRM: Final = (
    "One hypothesis, written down with its time before the run, on faces that were not looked at. Everything "
    "that is changed later is shown, here and in the report."
)
SIZES: Final = (2, 400)  # people


class ConfirmPanel(Card):
    """Switches between Explore and Confirm; asks for the hypothesis, and stamps it.

    Parameters
    ----------
    state
        The study.
    question
        Controls of class, direction, margin and level: they stand here in Confirm, elsewhere in Explore.
    elsewhere
        Called with whether `question` is to stand elsewhere.
    power
        A helper for the number of people; None: there is none for this kind of study.
    """

    def __init__(
        self, state: StudyState, question: list[Any], elsewhere: Any, power: PowerHelper | None = None
    ) -> None:
        super().__init__("Explore or confirm")
        self.state, self.question, self._elsewhere = state, question, elsewhere
        self.power = power
        self.mode = widgets.ToggleButtons(
            options=[("Explore", "explore"), ("Confirm", "confirm")],
            tooltips=[EXPLORE, CONFIRM],
            style={"button_width": "auto"},
        )
        self.words, self.told = widgets.HTML(), widgets.HTML()
        self.words.add_class("facelib-hint")
        self.told.add_class("facelib-sentence")
        self.statement = labelled(
            "Hypothesis",
            "What is to be confirmed, in a sentence",
            widgets.Textarea(
                rows=3,
                placeholder="As one side weakens, the output for the emotion meant falls.",
            ),
        )
        self.set = button("Set the hypothesis", "Write it down with its time and with all settings")
        self.set.button_style = "primary"
        self.anew = button("Begin another", "Keep this one as it is written down, and write another")
        self.fields = widgets.VBox()
        self.fields.add_class("facelib-fields")
        self.buttons = widgets.HBox([self.set, self.anew])
        self.buttons.add_class("facelib-filling")
        self._bind()
        self._place()
        self.follow()
        self.fill(self.mode, self.words, self.fields, self.buttons, self.told)

    def _bind(self) -> None:
        bind(self.state, "mode", self.mode, self.state.lock)
        self.set.on_click(self.guarded(lambda _button: self.state.set_hypothesis(self.statement.value)))
        self.anew.on_click(self.guarded(lambda _button: self.state.begin_anew()))
        self.state.observe(self.guarded(self._place), "mode")
        names = ["mode", "hypothesis", "changes", "stage", "plan", "lacks", "fresh"]
        self.state.observe(self.guarded(self.follow), names)

    def _place(self, _change: object = None) -> None:
        """Put the question where it belongs: here in Confirm."""
        confirming = self.state.mode == "confirm"
        self._elsewhere(not confirming)
        more = [] if self.power is None else [self.power]
        self.fields.children = [self.statement, *self.question, *more] if confirming else []

    def follow(self, _change: object = None) -> None:
        """Show what is set, when, and what was changed since."""
        state = self.state
        confirming, there = state.mode == "confirm", state.hypothesis is not None
        self.words.value = html.escape(CONFIRM if confirming else EXPLORE)
        for part in (self.fields, self.buttons, self.told):
            part.layout.display = "" if confirming else "none"
        self.mode.disabled = state.running
        self.statement.disabled = state.running
        self.set.disabled = state.running or (state.plan is None and not there)
        self.set.description = "Change it" if there else "Set the hypothesis"
        self.anew.layout.display = "" if there else "none"
        self.anew.disabled = state.running
        self.told.value = told(state) if confirming else ""


class PowerHelper(widgets.VBox):
    """Shows what a number of people can find, as it is dragged.

    Parameters
    ----------
    state
        A population's study: its margin, level, direction and classifiers count.
    """

    def __init__(self, state: Any) -> None:
        self.state = state
        self.people = labelled(
            "People",
            "How many different people: drag it to see how often a study of so many finds the change",
            widgets.IntSlider(min=2, max=200),
        )
        self.change = labelled(
            "True change",
            "What you take the mean change of the probability over people to be",
            widgets.FloatSlider(value=-0.2, min=-0.9, max=0.9, step=0.01, readout_format=".2f"),
        )
        self.sd = labelled(
            "Spread",
            "How far people differ: the standard deviation of their changes",
            widgets.FloatSlider(value=0.2, min=0.02, max=0.6, step=0.01, readout_format=".2f"),
        )
        self.take = button("From Explore", "Take change and spread from what Explore has found")
        self.chart, self.sentence = PatchedChart(), widgets.HTML()
        self.sentence.add_class("facelib-hint")
        bind(state.whom, "people", self.people, state.lock)
        for control in (self.change, self.sd):
            control.observe(self.follow, "value")
        self.take.on_click(lambda _button: self.adopt())
        state.observe(self.follow, ["delta", "alpha", "alternative", "models", "mode"])
        state.whom.observe(self.follow, "people")
        super().__init__([self.people, self.change, self.sd, self.take, self.sentence, self.chart])
        self.add_class("facelib-fields")

    def follow(self, _change: object = None) -> None:
        """Show the chances of this number of people."""
        state = self.state
        if state.mode != "confirm":
            return
        from facelib.charts.studies.power_live import QUESTIONS, power_data

        people = state.whom.people
        asked: dict[str, Any] = {
            "delta": state.delta, "alpha": state.alpha, "alternative": state.alternative,
            "family": max(1, len(state.models)),
        }  # fmt: skip
        known = stats.study_power(people, self.change.value, self.sd.value, **asked)
        inside = abs(self.change.value) < state.delta
        question: Any = "does not matter" if inside else "matters"
        words = [stats.describe_power(known, question), stats.describe_power(known, "differs"), known.few]
        try:
            needed = stats.sample_size(self.change.value, self.sd.value, question=question, **asked).n
            words.append(f"For 80 % of studies to find that it {question}, it takes {needed} people.")
        except BadValueError as error:
            words.append(error.words)
        self.sentence.value = paragraphs(*filter(None, words))
        sizes = sorted({*range(SIZES[0], max(60, people + 20), 2), people})
        curve = stats.power_curve(self.change.value, self.sd.value, sizes=sizes, questions=QUESTIONS, **asked)
        delta = round(state.delta, 3)
        spec = specs.of("studies.power_live.layout", delta=delta)
        self.chart.draw(spec, power_data(curve, people), {}, delta)

    def adopt(self) -> None:
        """Take the assumptions from what was explored: a middling change, a cautious spread."""
        found = self.state.explored
        if found is None:
            self.sentence.value = paragraphs("Explore has found nothing yet: run it first on other people.")
            return
        effects = found.effects
        control = found.result.settings["control"]
        rows = effects[(effects["intervention"] != control) & effects["sd"].notna() & (effects["n"] > 1)]
        if not len(rows):
            self.sentence.value = paragraphs("Explore has looked at one person only: that shows no spread.")
            return
        sd = stats.cautious_sd(max(float(rows["sd"].median()), 0.02), int(rows["n"].max()))
        self.change.value = round(float(rows["mean"].median()), 2)
        self.sd.value = round(sd, 2)


def told(state: StudyState) -> str:
    """Return what was set, when, and what was changed since, as HTML."""
    parts = []
    if state.warning:
        parts.append(f'<p class="facelib-warning">{html.escape(state.warning)}</p>')
    if state.hypothesis is not None:
        last = registrations(state.store)[-1]
        parts.append(paragraphs(describe_hypothesis(last)))
        if state.changes:
            changes = "".join(f"<li>{html.escape(_now(state, text))}</li>" for text in state.changes)
            parts.append(f"<p>Changed since:</p><ul>{changes}</ul>")
        else:
            parts.append(paragraphs("Nothing was changed since."))
        if state.stage == "done" and state.found is not None and state.fresh:
            parts.append(f"<p><strong>{html.escape(state.answer(state.found))}</strong></p>")
    return "".join(parts)


def _now(state: StudyState, text: str) -> str:
    """Return a change as it stands before the run, where there was none yet."""
    return text if state.found is not None else text.replace("the study ran with", "now it is set to")
