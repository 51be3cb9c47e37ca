"""Design of Facing Asymmetry, rebuilt: its faces, interventions, controls, and the study."""

from __future__ import annotations

from collections.abc import Sequence
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
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.signflip import Alternative
from facelib.studies.engine.subjects import faces_table, subjects
from facelib.studies.sweeps.sweep import DELTA

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.chimeric import ChimericStudy
    from facelib.studies.interventional import InterventionalStudy

NEUTRAL: Final = "neutral"
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
CONTROLS: Final = ("total", "displacement")


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
    >>> len(heads), face_table(heads)["identity"].nunique()
    (10, 2)
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


def face_table(heads: Sequence[Head]) -> pd.DataFrame:
    """Return one row per head, as the faces of a result: face, identity, expression, intensity and the rest.

    All expressions and intensities of a person share the ``identity``.
    """
    return faces_table(subjects(heads))


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
