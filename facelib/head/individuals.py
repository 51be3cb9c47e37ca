"""Individual shapes of heads, drawn from a seed within human bounds, and shapes of age."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Weights = dict[str, float]

# Pairs of opposite shapes with the standard deviation of their weight; draws stop at two standard deviations.
_PAIRS: dict[tuple[str, str], float] = {
    ("head-scale-horiz-incr", "head-scale-horiz-decr"): 0.11,
    ("head-scale-vert-incr", "head-scale-vert-decr"): 0.09,
    ("head-scale-depth-incr", "head-scale-depth-decr"): 0.20,
    ("head-fat-incr", "head-fat-decr"): 0.16,
    ("forehead-scale-vert-incr", "forehead-scale-vert-decr"): 0.08,
    ("forehead-temple-incr", "forehead-temple-decr"): 0.25,
    ("forehead-trans-forward", "forehead-trans-backward"): 0.10,
    ("eyebrows-trans-up", "eyebrows-trans-down"): 0.22,
    ("eyebrows-angle-up", "eyebrows-angle-down"): 0.16,
    ("eyebrows-trans-forward", "eyebrows-trans-backward"): 0.12,
    ("eye-bag-incr", "eye-bag-decr"): 0.25,
    ("eye-height1-incr", "eye-height1-decr"): 0.25,
    ("eye-height2-incr", "eye-height2-decr"): 0.35,
    ("eye-height3-incr", "eye-height3-decr"): 0.25,
    ("eye-corner1-up", "eye-corner1-down"): 0.35,
    ("eye-corner2-up", "eye-corner2-down"): 0.40,
    ("eye-eyefold-up", "eye-eyefold-down"): 0.30,
    ("eye-eyefold-angle-up", "eye-eyefold-angle-down"): 0.30,
    ("eye-scale-incr", "eye-scale-decr"): 0.25,
    ("eye-trans-in", "eye-trans-out"): 0.25,
    ("eye-trans-up", "eye-trans-down"): 0.12,
    ("eye-push1-in", "eye-push1-out"): 0.15,
    ("nose-base-up", "nose-base-down"): 0.22,
    ("nose-curve-concave", "nose-curve-convex"): 0.25,
    ("nose-flaring-incr", "nose-flaring-decr"): 0.25,
    ("nose-greek-incr", "nose-greek-decr"): 0.25,
    ("nose-hump-incr", "nose-hump-decr"): 0.30,
    ("nose-nostrils-angle-up", "nose-nostrils-angle-down"): 0.22,
    ("nose-nostrils-width-incr", "nose-nostrils-width-decr"): 0.25,
    ("nose-point-up", "nose-point-down"): 0.14,
    ("nose-point-width-incr", "nose-point-width-decr"): 0.35,
    ("nose-scale-depth-incr", "nose-scale-depth-decr"): 0.18,
    ("nose-scale-horiz-incr", "nose-scale-horiz-decr"): 0.35,
    ("nose-scale-vert-incr", "nose-scale-vert-decr"): 0.25,
    ("nose-trans-up", "nose-trans-down"): 0.20,
    ("nose-volume-incr", "nose-volume-decr"): 0.18,
    ("nose-width1-incr", "nose-width1-decr"): 0.35,
    ("nose-width2-incr", "nose-width2-decr"): 0.35,
    ("nose-width3-incr", "nose-width3-decr"): 0.30,
    ("mouth-angles-up", "mouth-angles-down"): 0.12,
    ("mouth-cupidsbow-incr", "mouth-cupidsbow-decr"): 0.40,
    ("mouth-lowerlip-height-incr", "mouth-lowerlip-height-decr"): 0.20,
    ("mouth-lowerlip-volume-incr", "mouth-lowerlip-volume-decr"): 0.30,
    ("mouth-philtrum-volume-incr", "mouth-philtrum-volume-decr"): 0.30,
    ("mouth-scale-depth-incr", "mouth-scale-depth-decr"): 0.18,
    ("mouth-scale-horiz-incr", "mouth-scale-horiz-decr"): 0.22,
    ("mouth-scale-vert-incr", "mouth-scale-vert-decr"): 0.16,
    ("mouth-trans-up", "mouth-trans-down"): 0.12,
    ("mouth-upperlip-height-incr", "mouth-upperlip-height-decr"): 0.25,
    ("mouth-upperlip-volume-incr", "mouth-upperlip-volume-decr"): 0.30,
    ("cheek-bones-incr", "cheek-bones-decr"): 0.22,
    ("cheek-inner-incr", "cheek-inner-decr"): 0.14,
    ("cheek-volume-incr", "cheek-volume-decr"): 0.22,
    ("cheek-trans-up", "cheek-trans-down"): 0.15,
    ("chin-bones-incr", "chin-bones-decr"): 0.18,
    ("chin-cleft-incr", "chin-cleft-decr"): 0.25,
    ("chin-height-incr", "chin-height-decr"): 0.12,
    ("chin-jaw-drop-incr", "chin-jaw-drop-decr"): 0.30,
    ("chin-prognathism-incr", "chin-prognathism-decr"): 0.14,
    ("chin-prominent-incr", "chin-prominent-decr"): 0.18,
    ("chin-width-incr", "chin-width-decr"): 0.20,
    ("ear-lobe-incr", "ear-lobe-decr"): 0.25,
    ("ear-rot-forward", "ear-rot-backward"): 0.18,
    ("ear-scale-incr", "ear-scale-decr"): 0.20,
    ("ear-wing-incr", "ear-wing-decr"): 0.18,
    ("measure-neck-circ-incr", "measure-neck-circ-decr"): 0.25,
}
_OUTLINES = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")
_OUTLINE = 0.12  # standard deviation of the weight of an outline of the head
_AGED: Weights = {  # weights at 85 years
    "head-age-incr": 0.9,
    "eye-bag-incr": 0.8,
    "eye-eyefold-down": 0.7,
    "cheek-trans-down": 0.35,
    "cheek-volume-decr": 0.2,
    "mouth-laugh-lines-in": 0.8,
    "mouth-angles-down": 0.2,
    "mouth-upperlip-height-decr": 0.35,
    "mouth-upperlip-volume-decr": 0.6,
    "mouth-lowerlip-volume-decr": 0.5,
    "nose-point-down": 0.10,
    "nose-scale-vert-incr": 0.2,
    "ear-lobe-incr": 0.5,
    "ear-scale-vert-incr": 0.25,
    "neck-double-incr": 0.25,
}
_FRIENDLY: Weights = {
    "mouth-angles-up": 0.22
}  # the base mesh's mouth sags at rest; everyone's is lifted a little


def shape_weights(seed: int, age: float) -> Weights:
    """Return the weights of the symmetric local shapes of an individual at an age.

    Seed 0 is the average person: nothing but age moves its shapes.
    """
    weights = dict(_FRIENDLY)

    def add(name: str, amount: float) -> None:
        if amount:
            weights[name] = weights.get(name, 0.0) + amount

    if seed:
        rng = np.random.default_rng([seed, 0])
        for (more, less), deviation in _PAIRS.items():
            amount = float(rng.normal(0, deviation))
            amount = max(-2 * deviation, min(2 * deviation, amount))
            add(more if amount > 0 else less, abs(amount))
        for outline in _OUTLINES:
            add(f"head-{outline}", min(abs(float(rng.normal(0, _OUTLINE))), 2 * _OUTLINE))
    old = min(max((age - 32) / 53, 0.0), 1.0)
    for name, amount in _AGED.items():
        add(name, amount * old**1.2)
    return weights


def build(seed: int) -> tuple[float, float]:
    """Return muscle and weight, each in [0, 1], of an individual."""
    if seed == 0:
        return 0.5, 0.5
    muscle, weight = np.random.default_rng([seed, 1]).normal(0.5, 0.1, 2)
    return float(np.clip(muscle, 0.25, 0.75)), float(np.clip(weight, 0.3, 0.75))


def asymmetry_weights(seed: int, pairs: int) -> npt.NDArray[np.float64]:
    """Return the weights (2 × pairs,) of the asymmetric shapes at full asymmetry, left and right alternating.

    Either side of a pair is drawn, never both.
    """
    amounts = np.random.default_rng([seed, 2]).normal(0, 0.8, pairs).clip(-1, 1)
    weights = np.zeros(2 * pairs)
    weights[0::2], weights[1::2] = np.maximum(amounts, 0), np.maximum(-amounts, 0)
    return weights
