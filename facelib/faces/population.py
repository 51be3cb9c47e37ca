"""Random heads: attributes independent of each other unless a correlation is asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces.expressions import EXPRESSIONS
from facelib.faces.head import Head

_UTILITIES = tuple(EXPRESSIONS["facs"])
_CONTINUOUS = ("age", "gender", "skin_tone")


def sample_heads(
    n: int,
    seed: int = 0,
    correlate: Mapping[tuple[str, str], float] | None = None,
    ages: tuple[float, float] = (18.0, 80.0),
) -> list[Head]:
    """Draw `n` heads whose attributes are independent of each other and of the expression, unless asked.

    Parameters
    ----------
    n
        How many.
    seed
        Seed of everything that is drawn.
    correlate
        Pairs of "age", "gender", "skin_tone" or an expression's name to a latent (Gaussian copula) correlation in
        [−1, 1], for example ``{("age", "happy"): 0.6}``: the older, the likelier to look happy.
    ages
        Lowest and highest age.
    """
    rng = np.random.default_rng(seed)
    names = (*_CONTINUOUS, *_UTILITIES)
    correlation = np.eye(len(names))
    for (first, second), value in (correlate or {}).items():
        for name in (first, second):
            if name not in names:
                msg = f"Heads can be correlated in {', '.join(names)}; got {name!r}."
                raise UnknownNameError(msg)
        i, j = names.index(first), names.index(second)
        correlation[i, j] = correlation[j, i] = value
    values, vectors = np.linalg.eigh(correlation)
    if values.min() < -1e-9:
        msg = "These correlations contradict each other: no distribution has them. Ask for weaker ones."
        raise BadValueError(msg)
    latent = rng.standard_normal((n, len(names))) @ (vectors * np.sqrt(values.clip(0))).T
    uniform = stats.norm.cdf(latent)
    heads = []
    for i in range(n):
        shares = rng.dirichlet([0.6, 0.6, 0.6])
        female = uniform[i, 1] < 0.5
        hair = rng.choice(["short", "long", "bald", "tied"], p=[0.2, 0.5, 0, 0.3] if female else [0.75, 0.05, 0.15, 0.05])
        heads.append(
            Head(
                age=ages[0] + (ages[1] - ages[0]) * uniform[i, 0],
                gender=float(uniform[i, 1]),
                skin_tone=float(uniform[i, 2]),
                ancestry=dict(zip(("african", "asian", "european"), shares.tolist(), strict=True)),
                hair=str(hair),
                expression=_UTILITIES[int(np.argmax(latent[i, len(_CONTINUOUS) :]))],
                seed=int(rng.integers(1, 2**31)),
            )
        )
    return heads
