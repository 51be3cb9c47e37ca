"""Facing Asymmetry, rebuilt: its faces, interventions and controls, the study, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from facelib import interventions
from facelib.classifiers import EMOTIONS, Classifier
from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet, Head, sample_heads
from facelib.head.head import ExpressionSet
from facelib.head.sampling_ranges import is_number
from facelib.interventions import Intervention
from facelib.stats.corrections import adjust
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.signflip import Alternative
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.lazy import listing

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.chimeric import ChimericStudy
    from facelib.studies.interventional import InterventionalStudy
    from facelib.studies.results import InterventionalResult

__all__ = ["ARMS", "arms", "asymmetry_faces", "asymmetry_table", "facing_asymmetry", "of_faces"]

NEUTRAL, ALL = "neutral", "all"
EXPRESSIONS: Final = tuple(name for name in EMOTIONS if name != NEUTRAL)
"""The six expressions that can weaken."""
INTENSITIES: Final = (1.0, 0.5)
"""A start near 1 can only fall, so all is repeated at half the expression."""
PEOPLE, STEPS, SIZE, SEED = 60, 11, 224, 20261127

ARMS: Final = MappingProxyType(
    {
        "left": "asymmetric_expression",
        "right": "asymmetric_expression(side=right)",
        "total": "weaker_expression",
        "displacement": "weaker_by_displacement",
    }
)
"""What is run on every face, by short name: its name in the table of a study.

One side weakens, the left or (swapped) the right one; both sides weaken with the same total activation; both
sides weaken so that the landmarks move as far as when the left one does.
"""
STATEMENT: Final = (
    "As the left side of an expression weakens, the output for this expression falls, and falls further than "
    "with both sides weaker by the same total, or as visibly"
)
"""The hypothesis: registered with the study, before its run."""
REBUILT, PHOTOGRAPHED = "Facing Asymmetry, rebuilt", "Facing Asymmetry on photographs"
SIDES: Final = ("left", "right")
TABLE_COLUMNS: Final = (
    "expression", "intensity", "side", "classifier", "n", "start", "mean", "low", "high", "p", "p_holm",
    "verdict", "room", "d", "d_low", "d_high", "d_p_holm", "d_verdict", "d_room", "delta", "alpha",
)  # fmt: skip
"""Columns of `asymmetry_table`; their meaning: ``facelib.data.about("asymmetry")["columns"]["effects"]``."""


def asymmetry_faces(
    people: int = PEOPLE,
    expressions: Sequence[str] = EXPRESSIONS,
    intensities: Sequence[float] = INTENSITIES,
    expression_set: ExpressionSet = "facs",
    seed: int = SEED,
    *,
    neutral: bool = True,
) -> list[Head]:
    """Return the same people with every expression at every intensity, and once with a neutral face.

    Adults of 18 to 80 years, frontal, in studio light, with a symmetric resting face; age, gender and skin
    tone are each spread evenly.

    Parameters
    ----------
    people
        Number of identities.
    expressions
        Names, each other than neutral.
    intensities
        Each above 0, up to 1.
    expression_set
        "facs", plain and the one for confirmation; or "tuned", which the classifiers of
        `facelib.head.expressions.TUNED_ON` read well by construction.
    seed
        Of the people.
    neutral
        Whether every person is there with a neutral face too, once: nothing is left to weaken.

    Returns
    -------
    list of Head
        Person by person: people × (expressions × intensities + 1).

    Raises
    ------
    BadValueError
        A number, an expression or an intensity that can't be, or one that is there twice.

    Examples
    --------
    >>> heads = asymmetry_faces(2, ("happy", "sad"))
    >>> [(head.expression, head.intensity) for head in heads[:5]]
    [('happy', 1.0), ('happy', 0.5), ('sad', 1.0), ('sad', 0.5), ('neutral', 1.0)]
    >>> len(heads)
    10
    """
    _check(people, expressions, intensities, expression_set)
    rest = sample_heads(
        people,
        seed=seed,
        expressions=(NEUTRAL,),
        expression_set=expression_set,
        stratify=("age", "gender", "skin_tone"),
    )
    return [
        face
        for head in rest
        for face in (
            *(
                head.replace(expression=expression, intensity=float(intensity))
                for expression in expressions
                for intensity in intensities
            ),
            *([head] if neutral else []),
        )
    ]


def arms() -> list[Intervention]:
    """Return the interventions of `ARMS`, in their order."""
    return [
        interventions.get("asymmetric_expression", side="left"),
        interventions.get("asymmetric_expression", side="right"),
        interventions.get("weaker_expression"),
        interventions.get("weaker_by_displacement", side="left"),
    ]


def _check(people: Any, expressions: Any, intensities: Any, expression_set: Any) -> None:
    if isinstance(people, bool) or not isinstance(people, Integral) or people < 1:
        msg = f"The number of people is a whole number, 1 or more; got {people!r}."
        raise BadValueError(msg)
    if expression_set not in get_args(ExpressionSet):
        msg = f"The expression set is one of {', '.join(get_args(ExpressionSet))}; got {expression_set!r}."
        raise BadValueError(msg)
    names = [] if isinstance(expressions, str) else list(expressions)
    if not names or len(set(names)) < len(names) or not set(names) <= set(EXPRESSIONS):
        msg = (
            f"Expected different expressions out of {', '.join(EXPRESSIONS)}; got {expressions!r}. "
            "Neutral faces are added by themselves."
        )
        raise BadValueError(msg)
    numbers = [] if is_number(intensities) else list(intensities)
    usable = all(is_number(number) and 0 < number <= 1 for number in numbers)
    if not numbers or not usable or len(set(numbers)) < len(numbers):
        msg = f"Expected different intensities, each above 0 and up to 1; got {intensities!r}."
        raise BadValueError(msg)


def facing_asymmetry(
    faces: Sequence[Head] | FaceSet | Sequence[Face] | None = None,
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    steps: int | None = None,
    size: int = SIZE,
    delta: float = DELTA,
    alpha: float = ALPHA,
    seed: int = SEED,
    name: str | None = None,
    rest: str | None = NEUTRAL,
    group: str | None = None,
    healthy: str | None = None,
    grade: str | None = None,
    person: str | None = None,
    side: str | None = None,
    keep_columns: str | Sequence[str] = (),
    alternative: Alternative | None = None,
) -> InterventionalStudy | ChimericStudy:
    """Declare the study, of heads or of photographs.

    Of heads, one side of the expression weakens, and both sides as its controls: our instantiation of the
    symmetry intervention of "Facing Asymmetry" (ACCV 2024). Of photographs, each is compared with symmetric
    faces made of it, less the same at rest: `facelib.ChimericStudy`. The hypothesis has a sign: outputs for
    the expression that is shown are lower as symmetry is.

    Parameters
    ----------
    faces
        Heads, or photographs; None: `asymmetry_faces` as it is.
    classifiers
        None: all that are available on this machine.
    steps
        Strengths, of heads; None: 11.
    size, delta, alpha, seed, name
        As for `facelib.InterventionalStudy`; δ is set before the run.
    rest, group, healthy, grade, person, side, keep_columns
        Of photographs: as for `facelib.ChimericStudy`.
    alternative
        Of the tests; None: "less" for heads, whose hypothesis is registered, "two-sided" for photographs.

    Raises
    ------
    BadValueError
        If something is asked of photographs that only heads have, or the other way round.

    Examples
    --------
    >>> study = facing_asymmetry(asymmetry_faces(2, ("happy",)), ["known_unbiased"], steps=3, size=64)
    """
    from facelib.studies.chimeric import ChimericStudy
    from facelib.studies.declared.hypothesis import Hypothesis
    from facelib.studies.interventional import InterventionalStudy

    people: FaceSet | list[Any] = faces if isinstance(faces, FaceSet) else list(faces or [])
    if isinstance(people, FaceSet) or any(isinstance(face, Face) for face in people):
        if steps is not None:
            msg = f"steps are those of rendered heads; of photographs there are none; got {steps!r}."
            raise BadValueError(msg, hint="Leave steps out.")
        return ChimericStudy(
            people, rest, group, healthy, grade, person, classifiers=classifiers, size=size, delta=delta,
            alpha=alpha, alternative=alternative or "two-sided", seed=seed,
            name=PHOTOGRAPHED if name is None else name, side=side, keep_columns=keep_columns,
        )  # fmt: skip
    columns = {"group": group, "healthy": healthy, "grade": grade, "person": person, "side": side}
    if named := [column for column, value in columns.items() if value is not None]:
        msg = f"{', '.join(named)} can be said of photographs; these are rendered heads."
        raise BadValueError(msg, hint="Faces of a folder: facelib.FaceSet.from_folder; in a file, folder: …")
    return InterventionalStudy(
        faces=asymmetry_faces(seed=seed) if faces is None else people,
        interventions=arms(),
        classifiers=classifiers,
        steps=STEPS if steps is None else steps,
        size=size,
        measured=("symmetry", "activation"),
        label=None,
        delta=delta,
        alpha=alpha,
        alternative=alternative or "less",
        control=ARMS["total"],
        seed=seed,
        name=REBUILT if name is None else name,
        hypothesis=Hypothesis(
            STATEMENT, "asymmetric_expression", direction="falls", delta=delta, alpha=alpha
        ),
    )


def of_faces(
    result: InterventionalResult, expression: str = ALL, intensity: float = 1.0
) -> InterventionalResult:
    """Return what the study found of some of its faces: effects, contrasts and curves are theirs alone.

    Parameters
    ----------
    result
        Of `facing_asymmetry`, of heads.
    expression
        What they show; "all": everything but neutral.
    intensity
        Share of the expression at strength 0.

    Raises
    ------
    BadValueError
        If there are no such faces.
    """
    faces = result.faces
    shown = faces["expression"] != NEUTRAL if expression == ALL else faces["expression"] == expression
    own = faces[shown & (faces["intensity"] == intensity)].reset_index(drop=True)
    if own.empty:
        known = faces[["expression", "intensity"]].drop_duplicates().itertuples(index=False)
        there = ", ".join(f"{name} at {part:g}" for name, part in known)
        msg = f"The study has no faces of {expression} at intensity {intensity:g}; it has {there}."
        raise BadValueError(msg)
    return replace(result, faces=own, table=result.table[result.table["face"].isin(own["face"])])


def asymmetry_table(result: InterventionalResult) -> pd.DataFrame:
    """Return each output's change as one side weakens, and D: how far it goes beyond the same total.

    Parameters
    ----------
    result
        Of `facing_asymmetry`, of heads.

    Returns
    -------
    pandas.DataFrame
        One row per expression ("all" first), intensity, side and classifier, columns as in `TABLE_COLUMNS`.
        One family of tests is the classifiers of one side.
    """
    import pandas as pd

    kinds = result.faces[["expression", "intensity"]].drop_duplicates()
    intensities = kinds.loc[kinds["expression"] != NEUTRAL, "intensity"].unique()
    groups = [(ALL, part) for part in intensities] + list(kinds.itertuples(index=False, name=None))
    parts = []
    for expression, intensity in groups:
        own = of_faces(result, expression, intensity)
        for side in SIDES:
            rows = _beside(own, ARMS[side])
            parts.append(rows.assign(expression=expression, intensity=intensity, side=side))
    return pd.concat(parts, ignore_index=True)[list(TABLE_COLUMNS)]


def _beside(result: InterventionalResult, arm: str) -> pd.DataFrame:
    """Return the changes of one arm with their contrasts beside them, Holm over the classifiers."""
    changes, against = (
        table[table["intervention"] == arm].assign(p_holm=lambda rows: adjust(rows["p"].to_numpy(), "holm"))
        for table in (result.effects, result.contrasts)
        if table is not None
    )
    names = {"mean": "d"} | {name: f"d_{name}" for name in ("low", "high", "p_holm", "verdict", "room")}
    d = against[["classifier", *names]].rename(columns=names)
    return changes.merge(d, on="classifier", validate="one_to_one")


__dir__ = listing(__all__)
