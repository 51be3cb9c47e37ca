"""What the Observed data tab shows: faces as they are, whether outputs go with properties, and pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets

from facelib import classifiers as zoo
from facelib import properties, stats, studies
from facelib.app.studies.face_source import FIXED, Whom
from facelib.app.studies.state import StudyState, known_classifiers
from facelib.app.studies.throttle import Looks, need
from facelib.app.worker import Task
from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError
from facelib.properties.clinical.measures import NAMES as CLINICAL
from facelib.stats.effects.equivalence import MATTERS
from facelib.stats.effects.few_people import DELTA
from facelib.stats.independence import TESTS
from facelib.stats.independence.permutation.sequential import Progress as GridProgress
from facelib.stats.power import plain
from facelib.studies.declared.hypothesis import INTENDED, Hypothesis
from facelib.studies.grid import effects_of
from facelib.studies.meant import NAMES
from facelib.studies.pairing import possible_conditions
from facelib.utilities.consent import columns_of

if TYPE_CHECKING:
    import pandas as pd


PEOPLE: Final = 140
QUESTIONS: Final = ("properties", "conditions")
ALPHAS: Final = (0.01, 0.05)
RENDERED: Final = "expression"
EVERY: Final = "every class"
SOURCES: Final = ("instructed", "rated", "self-report", "not declared")
"""Where labels of photographs come from."""
RATED: Final = (
    "A rated label was read from the picture: holding it fixed can tie together what has nothing to do with "
    "each other (a collider). Where there are labels of both kinds, run the study with each."
)
GIVEN: Final = ("age", "gender", "skin_tone", "hair", "hair_colour", "facial_hair")
"""Fields of heads that are offered as properties."""
USUAL: Final = ("label", "expression", "emotion")
"""Columns that are taken for labels until another one is chosen."""
PERSONS: Final = ("person", "identity")
"""Columns that partners have in common anyway."""
FIRST: Final = ("symmetry", "appearance_symmetry")
WORN: Final = {"electrodes": "electrodes", "glasses": "glasses"}
REPAINT: Final = 0.2  # seconds between two words on which test is run
QUICK: Final = ("partial_correlation",)
"""What is run while faces are still being read."""


@dataclass(frozen=True, eq=False)
class Found:
    """What is known of a study, finished or not.

    Attributes
    ----------
    result
        The study's result at that moment.
    grid
        Independence grid: one row a property × output × test.
    effects
        One row a property × classifier × emotion: size, decision.
    share
        Share of significant tests by property, beside that of a random property.
    failures
        One row a face that couldn't be read.
    tested
        Whether all tests were run; else only sizes are known.
    left_out
        Faces that were read and lack a label, a property or an output.
    unread
        Faces that are not read yet.
    """

    result: Any
    grid: pd.DataFrame
    effects: pd.DataFrame
    share: pd.DataFrame
    failures: pd.DataFrame
    tested: bool
    left_out: int
    unread: int = 0


@dataclass(frozen=True, eq=False)
class Compared:
    """What is known of the same people under two conditions.

    Attributes
    ----------
    result
        The study's result at that moment.
    effects
        Mean differences of every output over people; empty while nobody was read under both conditions.
    meant
        The same of the class that each face is meant to show; empty where that isn't known.
    accuracy
        Accuracy under both conditions; empty where nothing is meant.
    failures
        One row a face that couldn't be read.
    """

    result: Any
    effects: pd.DataFrame
    meant: pd.DataFrame
    accuracy: pd.DataFrame
    failures: pd.DataFrame


class Observed(StudyState):
    """State of the Observed data tab.

    Attributes
    ----------
    question
        "properties": do outputs go with them; "conditions": do they differ between two, in the same people.
    condition, turned
        Column of the condition; whether its values are taken the other way round than they are guessed.
    shared
        Columns that partners have in common besides the person.
    margin, level
        Margin in probability, and level, of the comparison of two conditions.
    conditions
        Columns that can be the condition, with their two values, the one first that is guessed to be.
    chosen
        Names of the properties.
    models
        Ids of the classifiers.
    size
        Side of rendered pictures, px.
    labels
        Column that is held fixed; "": nothing is.
    label_source
        Where labels of photographs come from, out of `SOURCES`.
    person
        Column of who is shown; "": one picture a person.
    alpha, delta
        Level of every test, and margin of the share of variance.
    label
        Class of a hypothesis, or `EVERY`.
    """

    SETTINGS: ClassVar[tuple[str, ...]] = (
        "chosen", "models", "size", "labels", "label_source", "person", "alpha", "delta", "label",
        "question", "condition", "turned", "shared", "margin", "level",
    )  # fmt: skip
    NAME: ClassVar[str] = "facelib-observed"
    UNITS: ClassVar[str] = "faces read"
    MEANWHILE: ClassVar[str] = "What is below fills in; tests follow when all faces are read."

    chosen = traitlets.List(traitlets.Unicode(), default_value=["age", "gender", "skin_tone", "symmetry"])
    size = traitlets.Int(224)
    models = traitlets.List(traitlets.Unicode())
    labels = traitlets.Unicode(RENDERED)
    label_source = traitlets.Enum(SOURCES, "not declared")
    person = traitlets.Unicode("")
    alpha = traitlets.Enum(ALPHAS, 0.01)
    delta = traitlets.Float(0.01, min=0.001, max=0.5)
    label = traitlets.Enum((EVERY, *EMOTIONS), EVERY)
    question = traitlets.Enum(QUESTIONS, "properties")
    condition = traitlets.Unicode("")
    turned = traitlets.Bool(default_value=False)
    shared = traitlets.List(traitlets.Unicode())
    margin = traitlets.Float(DELTA, min=0.01, max=0.5)
    level = traitlets.Enum(ALPHAS, 0.05)

    def __init__(
        self,
        *,
        models: list[str] | tuple[str, ...] | None = None,
        store: str | Path | None = None,
        background: bool = True,
        **settings: Any,
    ) -> None:
        whom = Whom("one", people=PEOPLE, expressions=list(EMOTIONS))
        known = zoo.available() if models is None else list(models)
        self._left: list[str] = []  # chosen, but not known of the faces at hand
        self.conditions: dict[str, tuple[str, str]] = {}
        super().__init__(whom, store=store, background=background, models=known, **settings)
        whom.observe(self._on_faces, ["source", "photographs"])
        self.observe(self._on_person, "person")
        self.observe(self._on_condition, "condition")

    @property
    def choices(self) -> Mapping[str, Collection[str]]:
        """What can be chosen for these faces on this machine."""
        offered = [one["id"] for group in self.offered() for one in group["items"]]
        return {
            "chosen": offered,
            "labels": ["", *self.columns] if self.whom.source == "mine" else [RENDERED],
            "person": ["", *self.columns],
            "models": known_classifiers(self.models),
            "question": QUESTIONS if self.conditions else QUESTIONS[:1],
            "condition": ["", *self.conditions],
            "shared": self.shareable,
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the photographs' table that may be labels, persons or properties."""
        return self.whom.columns if self.whom.source == "mine" else ()

    def _on_faces(self, _change: object) -> None:
        """Choose the usual columns of other faces."""
        mine, known = self.whom.source == "mine", self.columns
        with self.hold_trait_notifications():
            usual = next((name for name in USUAL if name in known), "")
            self.labels = usual if mine else RENDERED
            self.person = "person" if "person" in known else ""
            ids = {one["id"] for group in self.offered() for one in group["items"]}
            wanted = [*self.chosen, *(name for name in self._left if name not in self.chosen)]
            self.chosen = [name for name in wanted if name in ids]
            self._left = [name for name in wanted if name not in ids]
            self.shared, self.turned = [usual] if usual else [], False
            self._on_person()

    def _on_person(self, _change: object = None) -> None:
        """Offer the conditions under which these persons have partners; without any, nothing is compared."""
        if self.person in self.columns:
            table = self.whom.photographs.table
            apart = (*FIXED, *PERSONS, *USUAL, *columns_of(table))
            self.conditions = possible_conditions(table, self.person, apart=apart)
        else:
            self.conditions = {}
        with self.hold_trait_notifications():
            if self.condition not in self.conditions:
                self.condition = next(iter(self.conditions), "")
            if not self.conditions:
                self.question = "properties"
            self._on_condition()

    def _on_condition(self, change: object = None) -> None:
        """Take the guessed order of another condition, which partners can't have in common."""
        with self.hold_trait_notifications():
            self.turned = self.turned and change is None
            self.shared = [name for name in self.shared if name in self.shareable]

    @property
    def shareable(self) -> list[str]:
        """Columns that partners may have in common besides the person."""
        return [name for name in self.columns if name not in (self.person, self.condition, *PERSONS)]

    @property
    def order(self) -> tuple[str, str]:
        """Values of the condition, the first one first; two empty ones without a condition."""
        first, second = self.conditions.get(self.condition, ("", ""))
        return (second, first) if self.turned else (first, second)

    @property
    def answered(self) -> str:
        """Which question what was found is about; while nothing is, the one that is asked."""
        if self.found is None:
            return str(self.question)
        return "conditions" if isinstance(self.found, Compared) else "properties"

    def offered(self) -> list[dict[str, Any]]:
        """Return the properties that can be asked for, in groups as `CheckList` takes them."""
        mine = self.whom.source == "mine"
        held = {self.labels, self.person, "id", "file", "folder"}
        given = [name for name in (self.columns if mine else GIVEN) if name not in held]
        if not mine:
            given += [name for name in WORN if name in self.whom.worn]
        groups: list[dict[str, Any]] = [
            {"title": "Known of each face", "items": [_given(name, mine=mine) for name in given]}
        ]
        for source, title in (
            ("measured", "Measured in the picture"),
            ("estimated", "Estimated by networks"),
        ):
            names = [
                one.name
                for one in map(properties.PROPERTIES.__getitem__, properties.PROPERTIES)
                if one.source == source and not one.reason and one.name not in (*given, *CLINICAL)
            ]
            names.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
            group = {"title": title, "items": [_entry(name) for name in names]}
            groups.append(group | ({"folded": True} if source == "estimated" else {}))
        clinical = [_entry(name) for name in CLINICAL]
        groups.append({"title": "Clinical measures, left and right", "items": clinical, "folded": True})
        return [group for group in groups if group["items"]]

    def declare(self) -> Any:
        """Return the study as it is set now."""
        need(self.models, "Nobody reads the faces: choose a classifier or more.")
        if self.question == "conditions":
            return self._pairs()
        need(self.chosen, "Nothing is asked: choose a property or more.")
        faces = self.whom.faces()
        mine = self.whom.source == "mine"
        return studies.ObservationalStudy(
            faces=faces,
            properties=list(self.chosen),
            classifiers=list(self.models),
            labels=self.labels or (),
            label_source=self.label_source if mine else None,
            person=self.person or None,
            size=self.size,
            alpha=self.alpha,
            delta=self.delta,
            seed=self.whom.seed,
            name=f"Observed data: {self.whom.words}",
            hypothesis=self.hypothesis if self.mode == "confirm" else None,
            device="cpu",  # kernels are forked, which cards don't outlive
        )

    def _pairs(self) -> Any:
        need(
            self.condition in self.conditions,
            "Nothing is compared: choose a column of two values as the condition.",
        )
        words = {} if "label" in self.columns else {"expression": "label"}  # as they are, known or not
        return studies.PairedStudy(
            faces=self.whom.faces(),
            condition=self.condition,
            order=self.order,
            labels=[words.get(name, name) for name in self.shared],
            person=self.person,
            classifiers=list(self.models),
            size=self.size,
            delta=self.margin,
            alpha=self.level,
            seed=self.whom.seed,
            name=f"Two conditions: {self.whom.words}",
            hypothesis=self.hypothesis if self.mode == "confirm" else None,
            device="cpu",  # kernels are forked, which cards don't outlive
        )

    def hypothesise(self, statement: str) -> Hypothesis:
        """Return the hypothesis that the settings amount to: about the first property, or the condition."""
        if self.question == "conditions":
            says = any(name in self.columns for name in NAMES)
            return Hypothesis(
                statement=statement,
                subject=self.condition,
                label=INTENDED if says else EVERY,
                classifiers=tuple(self.models),
                delta=self.margin,
                alpha=self.level,
                faces=len(self.whom.faces()),
            )
        return Hypothesis(
            statement=statement,
            subject=(self.chosen or [""])[0],
            label=self.label,
            classifiers=tuple(self.models),
            delta=self.delta,
            alpha=self.alpha,
            faces=len(self.whom.faces()),
        )

    @property
    def setting_words(self) -> str:
        """Who, what is asked, and by whom it is read."""
        asked = " against ".join(self.order) if self.question == "conditions" else ", ".join(self.chosen)
        return f"{self.whom.words}; {asked}; {self.reader_words}"

    def headline(self, found: Found | Compared) -> str:
        """Say how many outputs go with each property, or differ between conditions."""
        effects = found.effects
        if isinstance(found, Compared):
            if not len(effects):
                return "Nothing is known yet."
            matters = int((effects["verdict"] == MATTERS).sum())
            return f"The difference matters for {matters} of {len(effects)} outputs."
        if not found.tested:
            return "Not tested yet."
        counts = [
            f"{name} {int(rows['rejects'].astype(bool).sum())} of {len(rows)}"
            for name, rows in effects.groupby("property", sort=False)
        ]
        return f"Outputs that go with it: {', '.join(counts)}."

    def answer(self, found: Found | Compared) -> str:
        """Say for how many outputs it came out as the hypothesis has it, or how they differ."""
        if isinstance(found, Compared):
            from facelib.reports import paired

            return paired.answer(found.result, "")
        asked: Hypothesis = self.hypothesis
        rows = found.effects[found.effects["property"] == asked.subject]
        if asked.label != EVERY:
            rows = rows[rows["label"] == asked.label]
        large = rows["explained"] >= asked.delta
        rejects = rows["rejects"].astype(bool)
        sized = (
            f"{int((rejects & large).sum())} of them by δ = {plain(asked.delta)} of their variance or more"
            if rows["explained"].notna().any()
            else "by how much isn't known (too few faces a label)"
        )
        few = found.result.few
        return (
            f"{few and f'{few} '}Answer over {found.result.tested_people} people: {int(rejects.sum())} of "
            f"{len(rows)} outputs go with {asked.subject}, {sized}; after Holm: "
            f"{int((rows['p_holm'] < asked.alpha).sum())}."
        )

    def gather(self, result: Any, task: Task | None = None) -> Found | Compared:
        """Return sizes while faces are read, and the tests when all are; of pairs, those that are there."""
        if result.kind == "paired":
            return _compared(result)
        if not result.complete:
            grid = result.data.test({**result.settings, "methods": QUICK})
        else:
            told = Looks(REPAINT)

            def tell(progress: GridProgress) -> None:
                if told.due:
                    with told:
                        self._tell(task, setattr, self, "step", in_words(progress))

            def stop() -> bool:
                return self._stopped.is_set() or (task is not None and task())

            grid = result.test(progress=tell, stop=stop)
        return Found(
            result=result,
            grid=grid,
            effects=effects_of(grid),
            share=stats.share_significant(grid),
            failures=result.failures,
            tested=bool(result.complete),
            left_out=result.left_out,
            unread=result.unread,
        )


def in_words(progress: GridProgress) -> str:
    """Say which test is run, and how far it is.

    >>> in_words(GridProgress(12, 60, method="chsic")), in_words(GridProgress(12, 60, "mine"))
    ('Testing: cHSIC, 12 of 60 pairs', 'Testing: mine, 12 of 60 pairs')
    """
    title = TESTS[progress.method].title if progress.method in TESTS else progress.method or progress.words
    return f"Testing: {title}, {progress.done} of {progress.total} pairs"


def _compared(result: Any) -> Compared:
    """Return how outputs differ; before all faces are read there may be no pair yet."""
    import pandas as pd

    try:
        tables = result.effects, result.intended_effects, result.accuracy_change
    except BadValueError:
        if result.complete:
            raise
        tables = pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
    return Compared(result, *tables, result.failures)


def _given(name: str, *, mine: bool) -> dict[str, str]:
    title = name.replace("_", " ").capitalize()
    if not mine and name == "gender":  # of heads it is a shape, and nobody's gender
        title = "Sex-typical shape"
    return {"id": name, "title": title, "help": "As it is known of each face"}


def _entry(name: str) -> dict[str, str]:
    known = properties.PROPERTIES[name]
    return {"id": name, "title": known.title, "help": known.description}
