"""An observational study: faces as they are, their properties, and whether outputs depend on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.errors import BadValueError, answers_misspelt, check_kind
from facelib.faces import Face, FaceSet, Head
from facelib.properties import PROPERTIES
from facelib.stats.effects.few_people import enough_to_find
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.methods import as_tests
from facelib.stats.independence.power import faces_to_find, smallest_explained
from facelib.stats.independence.problem import check_size
from facelib.stats.independence.vote import draws_needed, votes
from facelib.studies.declared.hypothesis import check_subject
from facelib.studies.engine.subjects import FACE_COLUMNS, Faces, Subject
from facelib.studies.grid import incomplete, lacking, shortfalls
from facelib.studies.meant import translations, usual_labels
from facelib.studies.results import ObservationalResult
from facelib.studies.study import Arm, Study, check_common
from facelib.utilities.checks import as_count, as_share
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import counted, percent

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.declared.hypothesis import Hypothesis

RENDERED: Final = "rendered"
"""Where the labels of heads come from: they were instructed what to show."""

UNCONDITIONAL: Final = (
    "A property that merely goes with the expression (smiles of the young, say) then counts, too."
)
"""What it means that nothing is held fixed."""


@in_short()
@answers_misspelt("a study of observed faces")
@dataclass(frozen=True, eq=False)
class ObservationalStudy(Study[ObservationalResult]):
    """Read faces once, and test whether each output depends on each property, given the label.

    Parameters
    ----------
    faces
        Heads, faces, or a `FaceSet`.
    properties
        Names: what is known of the faces (columns of their table, a head's fields) is taken as given; what
        isn't known is measured in the picture, if it can be (`facelib.properties.available`): age and gender
        can't, ``"estimated_age"`` and ``"estimated_gender"`` can. ``"measured_symmetry"`` measures what is
        given, too.
    classifiers
        Ids, or classifiers; None: all that are available on this machine.
    labels
        What is held fixed: a column, or several; ``()``: nothing. None: what the faces are meant to show (the
        common emotion, or the words of the column ``label`` where one of them has none), and nothing where no
        face says it.
    label_source
        Where labels come from: "rendered", "instructed", "rated" … It stands in the report. None:
        "rendered" of heads.
    person
        Column of who is shown; None: the faces' own, where one comes several times.
    size
        Side of rendered pictures, px.
    methods
        None: cHSIC. Else tests by name, of which cHSIC decides if it is there; "paper": cHSIC, RCoT, CMIknn
        and their vote, two of three, which then decides.
    alpha
        Level of a single test.
    delta
        Margin of the share of variance that goes with a property (our choice: .01).
    n_permutations
        Most permutations of a pair; None: as many as a p needs to survive Holm's correction.
    seed
        Of the tests.
    name
        For reports.
    hypothesis
        What is to be confirmed: it is written down with its time before the run.
    keep_columns
        Columns of the faces' table that are stored besides those that the study uses.
    device
        Where classifiers read, as for `facelib.classifiers.load`; None: what FACELIB_DEVICE says, else the
        processor, or where a classifier that is given is.

    Raises
    ------
    BadValueError, UnknownNameError
        If something is declared that can't be run.

    Examples
    --------
    >>> import facelib
    >>> study = facelib.ObservationalStudy(facelib.sample_heads(70, seed=1), ["age", "gender", "symmetry"])
    >>> study.given, study.properties_measured
    (('age', 'gender'), ('symmetry',))
    >>> study.run("runs/two").share_significant  # doctest: +SKIP
    """

    faces: Faces
    properties: Sequence[str]
    classifiers: str | Sequence[str | Classifier] | None = None
    labels: str | Sequence[str] | None = None
    label_source: str | None = None
    person: str | None = None
    size: int = 224
    methods: Sequence[str] | Literal["paper"] | None = None
    alpha: float = 0.01
    delta: float = 0.01
    n_permutations: int | None = None
    seed: int = 0
    name: str = ""
    hypothesis: Hypothesis | None = None
    keep_columns: str | Sequence[str] = ()
    device: str | None = None

    def __post_init__(self) -> None:
        check_common(self)
        as_share(self.delta, "The margin delta")
        check_kind(self.properties, Iterable, "A list of properties")
        check_kind(
            self.labels, (str, Iterable, type(None)), "A column to hold fixed (labels), or a list of them,"
        )
        check_kind(
            self.person, (str, type(None)), "The column that tells who is shown (person), a text, or None"
        )
        asked = [self.properties] if isinstance(self.properties, str) else list(self.properties)
        if not asked or len(set(asked)) < len(asked):
            msg = f"A study names one property or more, each once; got {self.properties!r}."
            raise BadValueError(msg)
        if self.methods is not None:
            as_tests(self.methods)
        if self.n_permutations is not None:
            as_count(self.n_permutations, "The number of permutations")
        self._check_names()
        others = [name.removeprefix("measured_") for name in self.names]
        check_subject(self.hypothesis, self.names, others, "property")

    @property
    def kind(self) -> str:
        """Kind of the study."""
        return "observational"

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every face as it is."""
        return (Arm("", None, (0.0,)),)

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Columns that are held fixed; none if nothing is."""
        if self.labels is None:
            return usual_labels(self.known)
        return (self.labels,) if isinstance(self.labels, str) else tuple(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """All properties that are asked for."""
        return (self.properties,) if isinstance(self.properties, str) else tuple(self.properties)

    @property
    def given(self) -> tuple[str, ...]:
        """Properties that are known of the faces."""
        return tuple(name for name in self.names if name in self.known)

    @property
    def properties_measured(self) -> tuple[str, ...]:
        """Properties measured in every picture."""
        given = self.given
        names = [name.removeprefix("measured_") for name in self.names if name not in given]
        for name in names:
            PROPERTIES[name]
        return tuple(names)

    @property
    def settings(self) -> dict[str, Any]:
        """The study as it was declared, in words and numbers."""
        heads = all(isinstance(one.face, Head) for one in self.people)
        return self._of_all | {
            "properties": list(self.names),
            "given": list(self.given),
            "measured": list(self.properties_measured),
            "labels": list(self.label_columns),
            "label_source": self.label_source or (RENDERED if heads else "not declared"),
            "person": self.person,
            "methods": self.methods if self.methods is None or votes(self.methods) else list(self.methods),
            "delta": self.delta,
            "n_permutations": self.n_permutations,
        }

    def _columns_used(self) -> tuple[str | None, ...]:
        return (*super()._columns_used(), *self.label_columns, self.person, *self.given)

    def _check_names(self) -> None:
        """Refuse columns and properties that there can't be, by the set's table or what is known of faces."""
        there = self.faces.table if isinstance(self.faces, FaceSet) else self.known
        known = dict.fromkeys(
            [*map(str, there), *FACE_COLUMNS, "label"]
        )  # the latter of words in the column expression
        for name in self.names:
            if name not in known:
                PROPERTIES[name.removeprefix("measured_")]
        self._check_columns(known)

    def _check_columns(self, there: Collection[str]) -> None:
        """Refuse columns to hold fixed, or of persons, that aren't there."""
        labels = () if self.labels is None else self.label_columns
        for name, what in [
            *((name, "is to be held fixed") for name in labels),
            *([] if self.person is None else [(self.person, "would tell who is shown")]),
        ]:
            if name not in there:
                raise BadValueError(self._absent(name, what, there))

    def _absent(self, name: str, what: str, there: Iterable[str]) -> str:
        other = "." if name == self.person else ", or labels=() to hold nothing fixed."
        known = ", ".join(there)
        return f"The faces have no {name}, which {what}; they have {known}. Name another column{other}"

    def _check(self) -> None:
        columns = self.known
        empty = {name for name, missing in lacking(columns, map(str, columns)).items() if missing.all()}
        for name, what in [
            *((name, "is to be held fixed") for name in self.label_columns),
            *([] if self.person is None else [(self.person, "would tell who is shown")]),
        ]:
            if name not in columns or name in empty:
                there = (str(one) for one in columns if one not in empty)
                raise BadValueError(self._absent(name, what, there))
        lacks = self._lacks()
        try:
            incomplete(lacks, len(columns))
        except BadValueError as refusal:
            msg = " ".join([str(refusal), *self._remedies(lacks)])
            raise BadValueError(msg) from None

    def _lacks(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Return which faces lack what is known before they are read, by column or property."""
        who = () if self.person is None else (self.person,)
        columns = lacking(self.known, dict.fromkeys([*self.label_columns, *who, *self.given]))
        return columns | {
            name: _lacking_property(self.people, name)
            for name in self.properties_measured
            if PROPERTIES[name].source == "given"
        }

    def _remedies(self, lacks: Mapping[str, npt.NDArray[np.bool_]]) -> Iterator[str]:
        """Say what to do about properties that no picture shows and that some faces lack."""
        for name in self.properties_measured:
            if name in lacks and lacks[name].any():
                estimate = f"estimated_{name}"
                instead = f", ask for {estimate} instead" if estimate in PROPERTIES else ""
                yield (
                    f"{name} can't be measured in a picture: give the faces a column {name}{instead}, or "
                    "leave it out."
                )

    def _notes(self) -> Iterator[str]:
        labels, lacks = self.label_columns, self._lacks()
        if not labels:
            why = "as declared" if self.labels is not None else "no face says what it shows (column label)"
            yield f"Nothing is held fixed: {why}. {UNCONDITIONAL}"
        elif "expression" in labels:
            yield from translations(self.people)
        whole = ~incomplete(lacks, len(self.people))
        n = int(whole.sum())
        if n < len(whole):
            yield f"{len(whole) - n} of {len(whole)} faces will be left out: {shortfalls(lacks)}."
            yield from self._remedies(lacks)
        try:
            check_size(n)
            yield from as_given(self.known.loc[whole, list(labels)].astype("str"), n).notes
        except BadValueError as refusal:
            yield f"Nothing can be tested with these faces: {refusal}"
            return
        column = self.known["identity" if self.person is None else self.person]
        if few := enough_to_find(int(column[whole].nunique()), self.delta, self.alpha):
            yield few
        questions = len(self.names) * self._outputs
        needed = draws_needed(self.methods, questions, self.alpha)
        draws = needed if self.n_permutations is None else self.n_permutations
        few = f", fewer than the {needed:,} that Holm's correction needs" if draws < needed else ""
        yield f"{questions} questions, each with {draws:,} permutations while it stays open{few}."
        who, held = column[whole], self.known.loc[whole, list(labels)]
        yield from self._power(held, int(who.nunique()), questions)

    def _power(self, labels: pd.DataFrame, n: int, questions: int) -> Iterator[str]:
        """Say what n people show after the correction, and how many it takes for the margin."""
        groups = len(labels.drop_duplicates()) if len(labels.columns) else 1
        shared: dict[str, Any] = {"alpha": self.alpha, "labels": groups}
        least = smallest_explained(n, questions, **shared)
        takes = counted(faces_to_find(self.delta, questions, **shared), "person", "people")
        if least == 1.0:  # fewer people than labels: it was said that nothing can be tested
            return
        yield (
            f"After Holm's correction, {counted(n, 'person', 'people')} show in 8 of 10 cases what explains "
            f"{percent(least)} or more of an output's variance inside labels along a straight line. To show "
            f"{percent(self.delta)} (δ) takes {takes} (a formula, checked by simulation; what is curved "
            "takes more)."
        )

    @property
    def _outputs(self) -> int:
        return sum(len(model.classes) for model in self.models)


def _lacking_property(people: Sequence[Subject], name: str) -> npt.NDArray[np.bool_]:
    """Return which pictures (n,) come without a property that is given or not known; none is read."""
    found = np.zeros(len(people), bool)
    pictures = [number for number, one in enumerate(people) if not isinstance(one.face, Head)]
    found[pictures] = np.isnan(PROPERTIES[name].measure([_blank(people[number]) for number in pictures]))
    return found


def _blank(one: Subject) -> Face:
    """Return a picture that shows nothing, with what is known of a face."""
    known = one.face.attributes if isinstance(one.face, Face) else one.known
    return Face(np.zeros((1, 1, 3), np.uint8), np.zeros(4), np.zeros((2, 2)), attributes=known)
