"""What the Population tab shows: some changes on many faces, and their effects over people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets

from facelib import classifiers as zoo
from facelib import interventions, studies
from facelib.app.studies.face_source import Whom
from facelib.app.studies.state import StudyState, known_classifiers
from facelib.app.studies.throttle import need
from facelib.app.worker import Task
from facelib.classifiers import EMOTIONS
from facelib.interventions import INTERVENTIONS, Intervention
from facelib.stats.effects.equivalence import CANNOT_TELL, DOES_NOT, MATTERS, UNDECIDED
from facelib.stats.effects.few_people import few_people
from facelib.stats.power import plain
from facelib.studies.declared.hypothesis import ALTERNATIVE, INTENDED, Hypothesis
from facelib.studies.engine.subjects import example
from facelib.studies.interventional import intervention_name
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.wording import signed

if TYPE_CHECKING:
    import pandas as pd


MEANT: Final = ""
STEPS: Final = (2, 3, 5, 11, 21)
ALPHAS: Final = (0.05, 0.01)
OPEN: Final = {word: f"it {word}" for word in UNDECIDED} | {CANNOT_TELL: "it cannot be said"}
SAID: Final = {"falls": "fall", "rises": "rise", "two-sided": "change"}
SIDES: Final = ("left", "right")
TWO: Final = 2
USUAL_CONTROL: Final = "weaker_expression"
NAMED: Final = 3  # changes that are named in a plan; more are counted


@dataclass(frozen=True, eq=False)
class Found:
    """What is known of a study, finished or not.

    Attributes
    ----------
    result
        The study's result at that moment.
    effects, by_label
        Effects over people on the intended class, and on every emotion; empty while nothing is known.
    contrasts
        The intervention against its control; None without one.
    share
        Share of significant tests by intervention, raw and corrected.
    failures
        One row a unit that failed.
    """

    result: Any
    effects: pd.DataFrame
    by_label: pd.DataFrame
    contrasts: pd.DataFrame | None
    share: pd.DataFrame
    failures: pd.DataFrame


class Population(StudyState):
    """State of the Population tab.

    Attributes
    ----------
    chosen
        Ids of the interventions.
    options
        Interventions by id whose options aren't the usual ones.
    side
        The person's own side, for changes of one side.
    toward
        Where changes with two ends lead, by id: "older". Over people one end is chosen: a mean over both
        says nothing.
    control
        Id of the control; "": none.
    steps
        Strengths from 0 to 1.
    size
        Side of rendered pictures, px.
    models
        Ids of the classifiers.
    label
        Class of interest; "": each face's intended class.
    delta, alpha, alternative
        Margin, level, and direction of the tests.

    Examples
    --------
    >>> state = Population(models=["known_unbiased"], background=False)
    >>> [change.id for change in state.interventions]
    ['asymmetric_expression', 'weaker_expression']
    """

    SETTINGS: ClassVar[tuple[str, ...]] = (
        "chosen", "side", "toward", "control", "steps", "size", "models", "label", "delta", "alpha",
        "alternative",
    )  # fmt: skip
    NAME: ClassVar[str] = "facelib-population"
    UNITS: ClassVar[str] = "faces × changes done"
    MEANWHILE: ClassVar[str] = "The map below fills in; p comes when all people are read."

    chosen = traitlets.List(traitlets.Unicode(), default_value=["asymmetric_expression"])
    side = traitlets.Enum(SIDES, "left")
    toward = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Unicode())
    control = traitlets.Unicode("weaker_expression")
    steps = traitlets.Enum(STEPS, 5)
    size = traitlets.Int(224)
    models = traitlets.List(traitlets.Unicode())
    label = traitlets.Enum((MEANT, *EMOTIONS), MEANT)
    delta = traitlets.Float(DELTA, min=0.01, max=0.5)
    alpha = traitlets.Enum(ALPHAS, 0.05)
    alternative = traitlets.Enum(("two-sided", "less", "greater"), "two-sided")

    def __init__(
        self,
        *,
        change: Intervention | None = None,
        models: list[str] | tuple[str, ...] | None = None,
        store: str | Path | None = None,
        background: bool = True,
        **settings: Any,
    ) -> None:
        self.options: dict[str, Intervention] = {}
        if change is not None:
            self.options[change.id] = change
            side = getattr(change, "side", None)
            settings = {
                "chosen": [change.id],
                "control": control_of(change.id),
                "side": side if side in SIDES else "left",
            } | settings
        known = zoo.available() if models is None else list(models)
        super().__init__(Whom("each"), store=store, background=background, models=known, **settings)
        self._proposes = True
        self.observe(self._on_chosen, "chosen")

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Set what was kept, the control as it was."""
        self._proposes = False
        try:
            super().take_up(kept)
        finally:
            self._proposes = True

    def _on_chosen(self, change: Any) -> None:
        """Propose the control of other changes, unless another one than the proposed one was chosen."""
        if self._proposes and self.control == proposed_control(change["old"]):
            self.control = proposed_control(change["new"])

    @property
    def choices(self) -> Mapping[str, Collection[str]]:
        """What can be chosen for rendered people on this machine."""
        changes = offered("rendered")
        return {
            "chosen": [change.id for change in changes],
            "control": ["", *(change.id for change in changes if not change.placebo)],
            "models": known_classifiers(self.models),
        }

    @property
    def interventions(self) -> list[Intervention]:
        """What is run, its control last."""
        names = [*self.chosen, *([self.control] if self.control and self.control not in self.chosen else [])]
        return [self.as_set(name) for name in names]

    @property
    def change_words(self) -> str:
        """The changes by their titles, the control as such; many are counted."""
        titles = [self.as_set(name).title for name in self.chosen if name != self.control]
        named = ", ".join(titles) if len(titles) <= NAMED else f"{len(titles)} changes"
        control = f"; control: {INTERVENTIONS[self.control].title}" if self.control else ""
        return f"{named}{control}".replace(" (control)", "")

    @property
    def setting_words(self) -> str:
        """Who, what is changed, and by whom it is read."""
        return f"{self.whom.words}; {self.change_words}; {self.reader_words}"

    def headline(self, found: Found) -> str:
        """Say for how many classifiers the first change matters, and how large it is."""
        effects = found.effects
        rows = (
            effects[effects["intervention"] != found.result.settings["control"]] if len(effects) else effects
        )
        if not len(rows):
            return "Nothing is known yet."
        rows = rows[rows["intervention"] == rows["intervention"].iloc[0]]
        matters, means = int((rows["verdict"] == MATTERS).sum()), rows["mean"].dropna()
        sizes = f"; mean change {signed(means.min())} to {signed(means.max())}" if len(means) else ""
        return f"Matters for {matters} of {len(rows)} classifiers{sizes}."

    def as_set(self, name: str) -> Intervention:
        """Return an intervention by its id, with the options that are set."""
        change = self.options.get(name) or INTERVENTIONS[name]
        if has_side(change):
            return interventions.get(change, side=self.side)
        return interventions.get(change, to=self.end_of(name)) if ends_of(change) else change

    def end_of(self, name: str) -> str:
        """Return where a change with two ends leads: as chosen, else to the later one."""
        ends, end = ends_of(self.options.get(name) or INTERVENTIONS[name]), self.toward.get(name)
        return end if end in ends else ends[-1]

    def declare(self) -> Any:
        """Return the study as it is set now."""
        need(self.models, "Nobody reads the faces: choose a classifier or more.")
        need(
            [name for name in self.chosen if name != self.control],
            "Nothing is changed: choose a change or more, besides the control.",
        )
        faces = self.whom.faces()
        if self.whom.source == "mine" and self.label == MEANT:
            need(
                {"expression", "label"} & set(self.whom.columns),
                "The photographs' table has no column label (or expression) that says which emotion each one "
                "is meant to show: choose the class of interest.",
            )
        return studies.InterventionalStudy(
            faces=faces,
            interventions=self.interventions,
            classifiers=list(self.models),
            steps=self.steps,
            size=self.size,
            label=self.label or None,
            delta=self.delta,
            alpha=self.alpha,
            alternative=self.alternative,
            control=self._named(self.control, faces) if self.control else None,
            seed=self.whom.seed,
            name=f"Population: {self.whom.words}",
            hypothesis=self.hypothesis if self.mode == "confirm" else None,
            device="cpu",  # kernels are forked, which cards don't outlive
        )

    def hypothesise(self, statement: str) -> Hypothesis:
        """Return the hypothesis that the settings amount to: about the first change that is no control."""
        faces = self.whom.faces()
        subject = next((name for name in self.chosen if name != self.control), "")
        return Hypothesis(
            statement=statement,
            subject=self._named(subject, faces),
            label=self.label or INTENDED,
            classifiers=tuple(self.models),
            direction=next(name for name, kind in ALTERNATIVE.items() if kind == self.alternative),
            delta=self.delta,
            alpha=self.alpha,
            faces=len(faces),
        )

    def answer(self, found: Found) -> str:
        """Say for how many classifiers it came out as the hypothesis has it."""
        asked: Hypothesis = self.hypothesis
        rows = found.effects[found.effects["intervention"] == asked.subject]
        signs = {"falls": rows["mean"] < 0, "rises": rows["mean"] > 0}
        along = signs.get(asked.direction, rows["mean"].notna())
        matters = rows["verdict"] == MATTERS
        names = ", ".join(rows.loc[matters & along, "classifier"])
        other, still = int((matters & ~along).sum()), int((rows["verdict"] == DOES_NOT).sum())
        people = int(rows["n"].max()) if len(rows) else 0
        counts = [
            f"for {int((matters & along).sum())} of {len(rows)} classifiers the {SAID[asked.direction]} "
            f"matters at δ = {plain(asked.delta)}{names and f' ({names})'}",
            *([f"for {other} the change matters, but the other way"] if other else []),
            *([f"for {still} it does not matter"] if still else []),
            *[
                f"for {count} {OPEN[word]}"
                for word in UNDECIDED
                if (count := int((rows["verdict"] == word).sum())) or word == CANNOT_TELL
            ],
        ]
        few = few_people(people, asked.delta, asked.alpha, self.alternative) if not still else ""
        side = "two-sided" if self.alternative == "two-sided" else "one-sided"
        family = int(rows["family"].max()) if len(rows) else 0
        significant = int(((rows["p_holm"] <= asked.alpha) & along).sum())
        return (
            f"Answer over {people} people: {', '.join(counts)}. Distinguished from no change after Holm "
            f"({side}, over {family} tests): {significant} of {len(rows)}.{few and f' {few}'}"
        )

    def _named(self, name: str, faces: Any) -> str:
        """Return the name that an intervention has in tables."""
        return intervention_name(self.as_set(name).meant_for(example(faces)))

    def gather(self, result: Any, task: Task | None = None) -> Found:  # noqa: ARG002
        """Return the effects so far."""
        return Found(
            result=result,
            effects=result.effects,
            by_label=result.effects_by_label,
            contrasts=result.contrasts,
            share=result.share_significant,
            failures=result.failures,
        )


def control_of(change: str) -> str:
    """Return the control that is proposed for a change, the first that is made for it; "": none.

    >>> control_of("palsy"), control_of("age")
    ('weaker_expression', '')
    """
    made_for = (name for name in INTERVENTIONS if change in INTERVENTIONS[name].holds_fixed)
    return next(iter(sorted(made_for, key=lambda name: name != USUAL_CONTROL)), "")


def proposed_control(changes: Sequence[str]) -> str:
    """Return the control that is proposed for several changes, that of the first that has one; "": none.

    >>> proposed_control(["age", "palsy"]), proposed_control(["age"])
    ('weaker_expression', '')
    """
    return next(filter(None, map(control_of, changes)), "")


def ends_of(change: Intervention) -> tuple[str, ...]:
    """Return the two ends that a change may lead to, unless its end is set; else nothing.

    >>> ends_of(INTERVENTIONS["age"]), ends_of(INTERVENTIONS["palsy"])
    (('younger', 'older'), ())
    """
    words = change.choices.get("to", ())
    return tuple(words) if len(words) == TWO and getattr(change, "to", words) is None else ()


def has_side(change: Intervention) -> bool:
    """Whether a change is one of the person's left or right side."""
    return {*SIDES} <= set(change.choices.get("side", ()))


def offered(source: str) -> list[Intervention]:
    """Return what can be done with rendered people, or with photographs ("mine"), as menus show it."""
    wanted = "pictures" if source == "mine" else "heads"
    return [change for change in interventions.ordered() if wanted in change.on]
