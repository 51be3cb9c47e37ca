"""Simulated differences over identities with a known truth, for sign-flip tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from facelib.stats.effects.signflip import sign_flip
from facelib.utilities.checks import Floats

DIFFERENCES: Final = {
    "normal": "normal differences",
    "heavy_tails": "differences with heavy tails (Student t, 3 degrees of freedom)",
    "skewed_falling": "skewed differences (exponential), long to the falling side",
    "skewed_rising": "skewed differences (exponential), long to the rising side",
}
"""Distributions of the differences over identities, standard deviation 1."""


def drawn(scenario: str, n: int, runs: int, rng: np.random.Generator) -> Floats:
    """Return differences with mean 0 and standard deviation 1, (n, runs)."""
    if scenario == "heavy_tails":
        return np.asarray(rng.standard_t(3, (n, runs)) / np.sqrt(3), np.float64)
    if scenario.startswith("skewed"):
        rising = rng.standard_exponential((n, runs)) - 1
        return rising if scenario == "skewed_rising" else -rising
    return rng.standard_normal((n, runs))


def sign_flip_p(differences: Floats, size: float, seed: int) -> Floats:
    """Return p of the two-sided sign-flip test, mean `size`, (runs,)."""
    return np.asarray(sign_flip(differences + size, seed=seed).p_value, np.float64)


def falling_p(differences: Floats, size: float, seed: int) -> Floats:
    """Return p of the one-sided sign-flip test of "falls", mean −`size`, (runs,)."""
    return np.asarray(sign_flip(differences - size, alternative="less", seed=seed).p_value, np.float64)


SIGN_FLIPS: Final[dict[str, Callable[[Floats, float, int], Floats]]] = {
    "sign_flip": sign_flip_p,
    "sign_flip_less": falling_p,
}
"""What is measured on differences, by method: p of many data sets at once."""
