"""Random heads: attributes independent of each other unless a correlation is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces.expressions import EXPRESSIONS
from facelib.faces.head import ANCESTRY, EYE_COLOURS, HAIR, ExpressionSet, EyeColour, Hair, HairColour, Head

EMOTIONS = tuple(EXPRESSIONS["facs"])
_CONTINUOUS = ("age", "gender", "skin_tone", "electrodes")
_HAIR_OF_WOMEN = (0.17, 0.50, 0.01, 0.32)  # short, long, bald, tied
_HAIR_OF_MEN = (0.74, 0.06, 0.14, 0.06)
_HAIR_COLOURS: tuple[tuple[HairColour, float], ...] = (
    ("black", 0.34),
    ("brown", 0.34),
    ("chestnut", 0.16),
    ("blond", 0.12),
    ("red", 0.04),
)
_EYE_COLOURS = (0.52, 0.16, 0.08, 0.16, 0.08)  # brown, hazel, green, blue, grey


def sample_heads(
    n: int,
    seed: int = 0,
    correlate: Mapping[tuple[str, str], float] | None = None,
    *,
    ages: tuple[float, float] = (18.0, 80.0),
    expressions: Sequence[str] = EMOTIONS,
    expression_set: ExpressionSet = "tuned",
    electrodes: float = 0.0,
) -> list[Head]:
    """Draw `n` heads whose attributes are independent of each other and of the expression, unless asked.

    Age, gender (shape), skin tone, ancestry, colours of hair and eyes, and expression are independent. Hair
    style and beard follow the gender morph as they do among people (most women's hair is long or tied): with
    short hair only, rendered women are read as men.

    Parameters
    ----------
    n
        How many.
    seed
        Seed of everything that is drawn.
    correlate
        Pairs of names to a correlation in (−1, 1), for confounded populations: ``{("age", "happy"): 0.6}``
        makes the old look happy more often. Names are "age", "gender", "skin_tone", "electrodes" or an
        expression. It is the correlation of normal scores behind the attributes (a Gaussian copula); an
        expression is shown where its score is the largest, so what is measured afterwards is smaller.
    ages
        Lowest and highest age, years.
    expressions
        Names that are drawn from, equally likely.
    expression_set
        See `Head`.
    electrodes
        Share of heads with electrodes at the Fridlund positions.

    Raises
    ------
    BadValueError
        The number is negative, or the correlations contradict each other.
    UnknownNameError
        A name that can't be correlated.

    Examples
    --------
    >>> heads = sample_heads(3, seed=1)
    >>> [round(head.age) for head in heads] == [round(head.age) for head in sample_heads(3, seed=1)]
    True
    """
    if n < 0:
        msg = f"The number of heads is 0 or more; got {n!r}."
        raise BadValueError(msg)
    rng = np.random.default_rng(seed)
    names = (*_CONTINUOUS, *expressions)
    scores = rng.standard_normal((n, len(names))) @ _mixing(names, correlate or {}).T
    share = dict(zip(_CONTINUOUS, _normal_cdf(scores[:, : len(_CONTINUOUS)]).T, strict=True))
    shown = np.argmax(scores[:, len(_CONTINUOUS) :], axis=1)
    heads = []
    for i in range(n):
        gender = float(share["gender"][i])
        man = gender > 0.5
        beard = man and rng.random() < 0.35
        heads.append(
            Head(
                age=float(ages[0] + (ages[1] - ages[0]) * share["age"][i]),
                gender=gender,
                skin_tone=float(share["skin_tone"][i]),
                ancestry=dict(zip(ANCESTRY, rng.dirichlet([0.6] * len(ANCESTRY)).tolist(), strict=True)),
                hair=cast("Hair", str(rng.choice(HAIR, p=_HAIR_OF_MEN if man else _HAIR_OF_WOMEN))),
                hair_colour=_hair_colour(rng),
                eye_colour=cast("EyeColour", str(rng.choice(EYE_COLOURS, p=_EYE_COLOURS))),
                facial_hair=float(rng.uniform(0.15, 0.9)) if beard else 0.0,
                expression=expressions[int(shown[i])],
                expression_set=expression_set,
                electrodes="fridlund" if share["electrodes"][i] > 1 - electrodes else None,
                seed=int(rng.integers(1, 2**31)),
            )
        )
    return heads


def _hair_colour(rng: np.random.Generator) -> HairColour:
    names, shares = zip(*_HAIR_COLOURS, strict=True)
    return cast("HairColour", str(rng.choice(names, p=shares)))


def _mixing(names: Sequence[str], correlate: Mapping[tuple[str, str], float]) -> npt.NDArray[np.float64]:
    """Return the matrix that gives independent normal scores the asked correlations."""
    correlation = np.eye(len(names))
    for (first, second), value in correlate.items():
        for name in (first, second):
            if name not in names:
                msg = f"Heads can be correlated in {', '.join(names)}; got {name!r}."
                raise UnknownNameError(msg)
        if not -1.0 < value < 1.0:
            msg = f"A correlation lies between -1 and 1; {first} and {second} came with {value!r}."
            raise BadValueError(msg)
        i, j = names.index(first), names.index(second)
        correlation[i, j] = correlation[j, i] = value
    values, vectors = np.linalg.eigh(correlation)
    if values.min() < 1e-9:
        msg = "These correlations contradict each other: no distribution has them. Ask for weaker ones."
        raise BadValueError(msg)
    return np.asarray(vectors * np.sqrt(values) @ vectors.T)


def _normal_cdf(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(scores))
