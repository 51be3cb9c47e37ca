"""Power of Properties, rebuilt: people whose properties don't go together, and what outputs go with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.classifiers import EMOTIONS, Classifier
from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet, Head, sample_heads
from facelib.head.head import ExpressionSet
from facelib.head.sampling_ranges import WORN
from facelib.studies.engine.subjects import FACE_COLUMNS, Faces, faces_table, subjects
from facelib.studies.observational import RENDERED, ObservationalStudy
from facelib.utilities.consent import columns_of

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
HEADS, SEED = 1050, 20261128  # 150 per label
LEAST: Final = len(EMOTIONS)

LIGHTS: Final = ("frontal", "studio", "side")
POSE: Final = (4.0, 8.0, 6.0)
"""Farthest yaw, pitch and roll, degrees. A head that is turned farther is measured as less symmetric for that
alone, and the symmetry of the person is lost in the symmetry of the view."""
SHARES: Final = {
    "electrodes": 0.5, "facial_hair": 0.5, "glasses": 0.4, "left": 0.5, "palsy": 0.3, "weaker_side": 0.5,
}  # fmt: skip
ALSO: Final = {
    "asymmetry": (0.0, 0.8),
    "glasses": SHARES["glasses"],
    "intensity": (0.5, 1.0),
    "light": LIGHTS,
    "pose": POSE,
}
EVEN: Final = (
    "expression", "hair", "light", "age", "gender", "skin_tone", "asymmetry", "electrodes", "glasses",
    "intensity", "pose",
)  # fmt: skip
"""What is spread evenly, also within labels, the most important first."""
ADDED: Final = {
    "facial_hair": WORN["facial_hair"],
    "weaker_side": (0.2, 1.0),
    "palsy": WORN["palsy"],
    "left": (1.0, 1.0),
}
"""What is added to drawn heads, and its range: hair, how much less one side moves, palsy, and which side that
is. Our choice."""
_STREAMS: Final = {"facial_hair": 41, "weaker_side": 42, "palsy": 43, "left": 44}  # keeps draws apart
_TRIES: Final = 100  # draws of what is added, of which the one least correlated with all else is taken

PROPERTIES: Final = (
    "age", "gender", "skin_tone", "asymmetry", "weaker_side", "palsy", "hair", "facial_hair", "glasses",
    "electrodes", "light", "yaw", "pitch", "roll",
)  # fmt: skip
"""Properties of the population that are given, apart from the intensity of the expression."""

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
ESTIMATES: Final = ("estimated_age", "estimated_gender")
"""What networks read in the picture of a property that is known: second rows."""
OF_EXPRESSION: Final = (INTENSITY, ACTIVATION)
"""Properties that are the expression itself, as it was set and as it is measured: a yardstick and no finding,
for a reader of expressions should follow them."""
NO_PROPERTIES: Final = frozenset(
    {*FACE_COLUMNS, "file", "folder", "id", "identity", "label", "name", "note", "person", "remark"}
)
"""Columns of a user's table that say which face it is, who, and what it shows: they aren't properties."""

MOST_WORDS: Final = 20
"""A column with more different words than that names things, and says nothing that faces have in common."""


def labelled_population(
    n: int = HEADS, seed: int = SEED, *, expression_set: ExpressionSet = "facs"
) -> list[Head]:
    """Draw people with an expression each: labels equally often, properties independent by design.

    Adults of 18 to 80 years who show an expression at half to full intensity, nearly frontal. Age, shape
    (gender), skin tone, asymmetry at rest, hair style, electrodes (half wear the 22 of Fridlund), glasses
    (.4), light and pose are spread evenly over their ranges within every label, hair and light also
    equally often; facial hair is grown by half of the people *whatever their shape*, and hair style is not
    that of a gender. Of half of the people one side moves less than the other, by a fifth to all of it, and
    .3 have a peripheral palsy of that side (`Head.palsy`, .2 to 1), which also sags at rest; left and right
    are equally often. So unlike among people on the street nothing goes with anything else, and what is
    found of a property isn't that of a companion.

    Parameters
    ----------
    n
        How many, 7 or more.
    seed
        Of everything that is drawn.
    expression_set
        "facs", plain; or "tuned", which some classifiers read well by construction
        (`facelib.head.expressions.TUNED_ON`).

    Returns
    -------
    list of Head
        Each another person.

    Raises
    ------
    BadValueError
        Unless n is a whole number that gives every label a head.

    Examples
    --------
    >>> heads = labelled_population(70)
    >>> sum(head.expression == "happy" for head in heads), sum(bool(head.electrodes) for head in heads)
    (10, 35)
    """
    count: Any = n
    if isinstance(count, bool) or not isinstance(count, Integral) or count < LEAST:
        msg = f"A labelled population has {LEAST} heads or more, one per label; got {n!r}."
        raise BadValueError(msg)
    heads = sample_heads(
        int(count),
        seed=seed,
        expression_set=expression_set,
        electrodes=SHARES["electrodes"],
        stratify=EVEN,
        also=ALSO,
    )
    added: dict[str, Floats] = {}
    words = [[head.light == light for head in heads] for light in LIGHTS]
    words += [[head.hair == hair for head in heads] for hair in sorted({head.hair for head in heads})]
    words += [[bool(head.electrodes) for head in heads]]
    for name, ends in ADDED.items():
        more = [*words, *added.values()] if added else []  # hair first, as of former releases
        added[name] = _spread(heads, more, SHARES[name], ends, [seed, _STREAMS[name]])
    sides = ["left" if left else "right" for left in added.pop("left")]
    weaker = added.pop("weaker_side")
    return [
        head.replace(
            palsy_side=sides[place],
            **{sides[place]: round(1 - float(weaker[place]), 4)},
            **{name: round(float(values[place]), 4) for name, values in added.items()},
        )
        for place, head in enumerate(heads)
    ]


def population_table(heads: Sequence[Head]) -> pd.DataFrame:
    """Return expression and properties of heads, one row each: the columns of `PROPERTIES`, and intensity.

    Examples
    --------
    >>> table = population_table(labelled_population(14))
    >>> table.shape, sorted(table["electrodes"].unique())
    ((14, 16), ['fridlund', 'none'])
    """
    table = faces_table(subjects(list(heads)))
    table["electrodes"] = table["electrodes"].fillna("none")
    return table[["expression", *PROPERTIES, "intensity"]]


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
    name: str = "Power of Properties, rebuilt",
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


def _spread(
    heads: Sequence[Head], more: Sequence[Any], share: float, ends: tuple[float, float], seed: list[int]
) -> Floats:
    """Return a number for each head, (n,): in every label a `share` has one, evenly between the ends; else 0.

    Of several draws the one is taken that goes least with the other properties, and with `more` numbers.
    """
    (low, high), rng = ends, np.random.default_rng(seed)
    names: Any = np.asarray([str(head.expression) for head in heads])
    labels = [np.flatnonzero(names == name) for name in dict.fromkeys(names)]
    numbers = [(h.age, h.gender, h.skin_tone, h.asymmetry, h.glasses, h.intensity, *h.pose) for h in heads]
    others = np.column_stack([numbers, *more])
    others = (others - others.mean(axis=0)) / np.maximum(others.std(axis=0), 1e-9)

    def drawn() -> Floats:
        place = np.empty(len(heads))
        for rows in labels:
            place[rows] = (rng.permutation(len(rows)) + rng.random(len(rows))) / len(rows)
        return place

    place = min((drawn() for _ in range(_TRIES)), key=lambda one: float(np.abs((one - 0.5) @ others).max()))
    amount = (place - (1 - share)) / share
    return np.where(amount < 0, 0.0, low + (high - low) * np.maximum(amount, 0.0))
