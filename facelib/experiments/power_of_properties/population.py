"""A labelled population: rendered heads, one per person, whose properties don't go together."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers import EMOTIONS
from facelib.errors import BadValueError
from facelib.faces import Head, sample_heads
from facelib.head.head import ExpressionSet
from facelib.head.sampling_ranges import WORN

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
    from facelib.studies.engine.subjects import faces_table, subjects

    table = faces_table(subjects(list(heads)))
    table["electrodes"] = table["electrodes"].fillna("none")
    return table[["expression", *PROPERTIES, "intensity"]]


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
