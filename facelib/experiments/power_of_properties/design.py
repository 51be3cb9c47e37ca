"""Power of Properties, rebuilt: the observational study that asks which outputs go with which properties."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from facelib import classifiers
from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.experiments.known_truth import probe_heads
from facelib.experiments.power_of_properties.population import HEADS, PROPERTIES, SEED, labelled_population
from facelib.faces import Face, FaceSet, Head
from facelib.studies.engine.subjects import FACE_COLUMNS
from facelib.studies.observational import RENDERED, ObservationalStudy
from facelib.utilities.consent import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from facelib.studies.engine.subjects import Faces

SOURCES: Final = MappingProxyType(
    {
        "rendered": "heads were instructed what to show: the label comes before the picture",
        "instructed": "people were asked to show it: the label comes before the picture",
        "self-report": "people said what they felt: the label is no reading of the picture",
        "rated": "raters read the label off the picture, and saw the property there, too: holding it fixed "
        "can make a dependence that isn't the classifier's (the label is a collider). With instructed labels "
        "at hand run the study with these as well",
    }
)
"""Where labels come from, and what that means for holding them fixed."""

SYMMETRY, ACTIVATION, INTENSITY = "symmetry", "activation", "intensity"
ESTIMATES: Final = MappingProxyType({"estimated_age": "age", "estimated_gender": "gender"})
"""What networks read in the picture, and the property that is known: second rows."""
ONE_SIDED: Final = (SYMMETRY, "asymmetry", "weaker_side", "palsy")
"""Properties that light from one side might stand for, or hide."""
OF_EXPRESSION: Final = (INTENSITY, ACTIVATION)
"""Properties that are the expression itself, as it was set and as it is measured: a yardstick and no finding,
for a reader of expressions should follow them."""
NO_PROPERTIES: Final = frozenset(
    {*FACE_COLUMNS, "file", "folder", "id", "identity", "label", "name", "note", "person", "remark"}
)
"""Columns of a user's table that say which face it is, who, and what it shows: they aren't properties."""

MOST_WORDS: Final = 20
"""A column with more different words than that names things, and says nothing that faces have in common."""

CONTROL_SIZE: Final = 64  # px, as the networks of known bias learnt from
CONTROLLED: Final = ("age", "skin_tone", "electrodes")
NAME: Final = "Power of Properties, rebuilt"


def power_of_properties(
    n: int = HEADS,
    faces: Faces | None = None,
    *,
    classifiers: str | Sequence[str | Classifier] | None = None,
    properties: Sequence[str] | None = None,
    labels: str | Sequence[str] = "expression",
    label_source: str | None = None,
    person: str | None = None,
    size: int = 224,
    methods: Sequence[str] | Literal["paper"] | None = None,
    alpha: float = 0.01,
    delta: float = 0.01,
    n_permutations: int | None = None,
    seed: int = SEED,
    name: str = NAME,
) -> ObservationalStudy:
    """Declare the study: every property against every output of every classifier, given the label.

    Parameters
    ----------
    n
        People of the rendered population, if no faces are given.
    faces
        Your own: a `FaceSet` whose table has labels, persons and properties as columns, or a list. None:
        `labelled_population`.
    classifiers
        Ids, or classifiers; None: all pretrained ones that are available on this machine.
    properties
        Names. None: what is known of the faces (of the population `PROPERTIES`; of yours every column of
        numbers or of up to `MOST_WORDS` words), age and gender as two networks estimate them, symmetry as
        measured on landmarks, and the measured intensity of the expression.
    labels
        Column, or columns, to hold fixed.
    label_source
        One of `SOURCES`; None: "rendered" of heads. It has to be said of photographs.
    person
        Column of who is shown. None: the column ``person``, if there is one, else one picture per person.
    size, methods, alpha, delta, n_permutations, seed, name
        As for `facelib.ObservationalStudy`.

    Raises
    ------
    BadValueError
        If it isn't said where the labels of photographs come from, or no property is known.

    Examples
    --------
    >>> study = power_of_properties(14, classifiers=["known_unbiased"], properties=["age", "symmetry"])
    >>> study.given, study.properties_measured, study.label_source
    (('age',), ('symmetry',), 'rendered')
    """
    people = labelled_population(n, seed) if faces is None else faces
    held = (labels,) if isinstance(labels, str) else tuple(labels)
    return ObservationalStudy(
        faces=people,
        properties=_known(people, {*held, person}) if properties is None else properties,
        classifiers=classifiers,
        labels=labels,
        label_source=_source(people, label_source),
        person=person,
        size=size,
        methods=methods,
        alpha=alpha,
        delta=delta,
        n_permutations=n_permutations,
        seed=seed,
        name=name,
    )


def known_use_control(
    n: int = HEADS,
    *,
    methods: Sequence[str] | Literal["paper"] | None = None,
    alpha: float = 0.01,
    delta: float = 0.01,
    n_permutations: int | None = None,
    seed: int = SEED + 2,
    size: int = CONTROL_SIZE,
) -> ObservationalStudy:
    """Declare the control: the same tests on five networks of which it is known what they use.

    The networks of `facelib.classifiers.known_bias` learnt on rendered heads of seven expressions, half of
    them with electrodes, frontal and in studio light. People like these are shown, for only of them it is
    known what the networks use: what they were trained to use has to be found, and what they weren't has to
    be cleared; see `known_use_table`.

    Parameters
    ----------
    n, methods, alpha, delta, n_permutations, seed, size
        As for `power_of_properties`.

    Examples
    --------
    >>> [model.id for model in known_use_control(14).models][:2]
    ['known_unbiased', 'known_age_happy']
    """
    return power_of_properties(
        faces=probe_heads(n, seed),
        classifiers=classifiers.available(kind="known bias"),
        properties=CONTROLLED,
        size=size,
        methods=methods,
        alpha=alpha,
        delta=delta,
        n_permutations=n_permutations,
        seed=seed,
        name=f"{NAME}: networks whose use of properties is known",
    )


def label_note(settings: Mapping[str, Any]) -> str:
    """Say in a sentence where a study's labels come from, and what follows.

    Examples
    --------
    >>> label_note({"label_source": "instructed"})
    'Labels are instructed: people were asked to show it: the label comes before the picture.'
    """
    source = str(settings["label_source"])
    if source not in SOURCES:
        return f"Labels: {source}. Whether they may be held fixed depends on how they came about."
    return f"Labels are {source}: {SOURCES[source]}."


def _source(people: Any, declared: str | None) -> str:
    """Return where labels come from, or raise an error."""
    if declared is None and _heads(people):
        return RENDERED
    if declared not in SOURCES:
        msg = (
            f"Say where the labels of the faces come from, label_source: one of {', '.join(SOURCES)}; "
            f"got {declared!r}."
        )
        raise BadValueError(msg)
    return str(declared)


def _known(people: Any, held: Collection[str | None]) -> tuple[str, ...]:
    """Return the properties that are known of all or some faces, and those that are measured beside them."""
    table = _table(people)
    apart = {*NO_PROPERTIES, *columns_of(table), *held}
    columns = [str(name) for name in table if name not in apart]
    usual = [name for name in (*PROPERTIES, INTENSITY) if name in table]
    names = usual if _heads(people) else dict.fromkeys([*(one for one in usual if one in columns), *columns])
    known = [name for name in names if _varies(table[name])]
    if not known:
        msg = (
            "Nothing is known of these faces that could be tested: none of their columns "
            f"({', '.join(map(str, table))}) has numbers, or up to {MOST_WORDS} words, that differ and name "
            "no face. Give the table such columns (age, a clinical grade …), or name properties to measure."
        )
        raise BadValueError(msg)
    return tuple(dict.fromkeys([*known, SYMMETRY, *_measurable(ACTIVATION, *ESTIMATES)]))


def _measurable(*names: str) -> Iterator[str]:
    """Return the properties that can be measured on this machine."""
    from facelib.properties import PROPERTIES as REGISTERED

    yield from (name for name in names if not REGISTERED[name].reason)


def _table(people: Any) -> pd.DataFrame:
    """Return the attributes of the faces; no picture is read."""
    from facelib.studies.engine.subjects import faces_table, subjects

    return people.table if isinstance(people, FaceSet) else faces_table(subjects(people))


def _varies(column: pd.Series[Any]) -> bool:
    """Return whether a column has several values, doesn't number faces, and hasn't a word for each."""
    values = column.nunique(dropna=False)
    present = column.dropna()
    if not present.map(lambda value: isinstance(value, Real)).all() or present.empty:
        return 1 < values <= MOST_WORDS
    first = int(present.min() > 0)
    numbers = len(present) > MOST_WORDS and sorted(present) == list(range(first, first + len(present)))
    return values > 1 and not numbers


def _heads(people: Any) -> bool:
    return not isinstance(people, FaceSet | Face) and all(isinstance(one, Head) for one in _listed(people))


def _listed(people: Any) -> list[Any]:
    return [people] if isinstance(people, Head | Face) else list(people)
