"""The card that starts and stops a study: its plan before, its progress while it runs, what failed after."""

from __future__ import annotations

import html
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.studies.state import StudyState
from facelib.app.widgets.controls import Card, button, paragraphs
from facelib.utilities.progress import Progress

PLANNING: Final = "Planning …"
PLANNED_FIRST: Final = "Planning; it runs as soon as that is done"
WORDS: Final = {
    "ready": "",
    "running": "Running",
    "stopping": "Stopping: the face at hand is finished first",
    "stopped": "Stopped. What is done is kept; “Go on” does the rest.",
    "done": "Done.",
}
ELSEWHERE: Final = "Other tabs can be used meanwhile."
OLD: Final = "These results are of the settings before."
CHANGED: Final = "Settings have changed since."


class RunPanel(Card):
    """Shows the plan, runs, stops.

    Parameters
    ----------
    state
        The study.
    locked
        Called with whether settings may not be changed now.

    Attributes
    ----------
    skip
        A button to stand before the settings, seen while it has the focus: it leads past dozens of stops of
        the Tab key to "Run".
    outdated
        A line to stand above the results, in sight while they are: they are of other settings.
    """

    def __init__(self, state: StudyState, locked: Any = None) -> None:
        super().__init__("Run")
        self.state = state
        self._locked = locked
        self.plan, self.words, self.now = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.now.add_class("facelib-hint")
        self.plan.add_class("facelib-plan")
        self.words.add_class("facelib-sentence")
        self.run = button("Run", "Start the study as it is set now, or go on with it")
        self.run.button_style = "primary"
        self.skip = button("Go to Run", "Past the settings, to the button that starts the study")
        self.skip.add_class("facelib-skip")
        self.skip.on_click(self.guarded(lambda _button: self.run.focus()))
        again = button("Run again", "Take the settings that are set now")
        again.on_click(self.guarded(self._on_run))
        words = widgets.HTML(f"<p>{html.escape(OLD)}</p>")
        self.outdated = widgets.HBox([words, again])
        self.outdated.add_class("facelib-outdated")
        self.stop = button("Stop", "End cleanly: what is done is kept")
        self.progress = widgets.FloatProgress(min=0, max=1)
        self.progress.add_class("facelib-progress")
        self.run.on_click(self.guarded(self._on_run))
        self._waits = False  # for the plan, to run then
        self.stop.on_click(self.guarded(lambda _button: self.state.stop()))
        names = ["stage", "plan", "lacks", "progress", "step", "fresh", "found", "problem"]
        state.observe(self.guarded(self.follow), names)
        line = widgets.HBox([self.run, self.stop, self.progress, self.words])
        line.add_class("facelib-filling")
        self.follow()
        self.fill(line, self.now, self.plan)  # above what grows and shrinks while it is planned

    def _on_run(self, _button: object) -> None:
        """Run at once, or as soon as it is known what that takes."""
        self._waits = self.state.plan is None
        if self._waits:
            self.words.value = f'<p class="facelib-status">{html.escape(PLANNED_FIRST)}</p>'
        else:
            self.state.run()

    def follow(self, _change: object = None) -> None:
        """Show how the study stands."""
        state = self.state
        running = state.running
        self.plan.value = plan_html(state.plan, state.lacks, state.change_words)
        again = self.outdated.children[1]
        self.outdated.layout.display = "none" if state.fresh or state.found is None else ""
        again.description, again.disabled = run_word(state), running or bool(state.lacks)
        self.run.disabled = running or bool(state.lacks)
        self.skip.disabled = self.run.disabled
        self.run.description = run_word(state)
        self.stop.disabled = state.stage != "running"
        self.progress.value = share(state.progress) if running or state.stage == "stopped" else 0.0
        self.progress.layout.display = "" if running or state.stage == "stopped" else "none"
        self.words.value = f'<p class="facelib-status">{html.escape(status(state))}</p>'
        self.now.value = paragraphs(*doing(state))
        self.now.layout.display = "" if running else "none"
        if self._waits and (state.plan is not None or state.lacks):
            self._waits = False  # for good: what is mended later isn't run unasked
            if not state.lacks:
                state.run()
        if self._locked is not None:
            self._locked(running)
        if state.problem:
            self.messages.show(state.problem, source=state)
        else:
            self.messages.settle(state)


def share(progress: Progress | None) -> float:
    """Return how much of a run is done, in [0, 1]."""
    return 0.0 if progress is None else progress.share


def status(state: StudyState) -> str:
    """Say how a run stands, in a line."""
    at = state.progress
    words = WORDS[state.stage]
    if state.stage == "running":
        if at is None or state.step:
            return state.step or words
        words = f"{at.counts.done} of {at.total} {state.UNITS}"
    if at is not None and at.failed:
        words = f"{words.rstrip('.')}; {at.failed} failed (listed below)"
    if not state.fresh and state.found is not None:
        words = f"{words} {CHANGED}".strip()
    return words


def doing(state: StudyState) -> list[str]:
    """Say what is done now, and what can be used already."""
    now = "" if state.progress is None or state.step else state.progress.words
    return [" ".join(filter(None, [now and f"Now: {now}.", state.MEANWHILE, ELSEWHERE]))]


def is_shown(state: StudyState) -> bool:
    """Whether all that a study as it is set now can find is shown."""
    return state.stage == "done" and state.fresh and state.found is not None


def run_word(state: StudyState) -> str:
    """Say what the button that starts a study would do."""
    plan = state.plan
    if state.stage == "stopped" and state.fresh:
        return "Go on"
    if plan is not None and plan.done >= plan.units:
        return "Run again" if is_shown(state) else "Show the results"
    return "Go on" if plan is not None and 0 < plan.done < plan.units else "Run"


def plan_html(plan: Any, lacks: str, changes: str = "") -> str:
    """Return a plan as a small list of terms, or what the study lacks before it can start.

    `changes` names what is changed; "": they are counted.
    """
    if plan is None:
        return paragraphs(lacks or PLANNING)
    pictures = f"{plan.pictures:,}, read by {count(plan.classifiers, 'classifier')}"
    people = f"{count(plan.identities, 'person', 'people')}, {count(plan.faces, 'face')}"
    rows = [("People", people)]
    if plan.interventions:
        rows.append(("Changes", changes or str(plan.interventions)))
        if plan.strengths > 1:
            rows.append(("Strengths", str(plan.strengths)))
    rows.append(("Pictures", pictures))
    if plan.done:
        rows.append(("Done", done_before(plan)))
    terms = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(str(words))}</dd></div>" for name, words in rows
    )
    return f"<dl>{terms}</dl>{paragraphs(*plan.notes, *filter(None, [lacks]))}"


def done_before(plan: Any) -> str:
    """Say how much of a plan was run before."""
    counts = plan.counts
    return "all" if counts.done == counts.total else f"{counts.done:,} of {counts.total:,}{counts.failures}"


def count(number: int, what: str, several: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "face"), count(2, "person", "people")
    ('1 face', '2 people')
    """
    return f"{number:,} {what if number == 1 else several or what + 's'}"
