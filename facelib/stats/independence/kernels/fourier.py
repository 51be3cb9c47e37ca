"""Random Fourier features: columns whose inner products are Gaussian kernels, on average."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import pdist

from facelib.stats.independence.seeds import stream
from facelib.stats.independence.variables import Codes, Variable
from facelib.utilities.checks import Floats

SAMPLE = 500
"""Rows from which a median distance is taken, as published."""


def fourier(
    variables: Sequence[Floats], count: int, rng: np.random.Generator, *, double: bool = False
) -> Floats:
    """Return √2 cos(Wv + b) with W ~ N(0, 1), b ~ U(0, 2π), of variables side by side.

    All variables get the same b, and the same W as far as their numbers of columns allow, so a variable has
    the same features alone and in a grid.

    Parameters
    ----------
    variables
        Each (n, d), in units of its kernel's width.
    count
        Features of each variable.
    rng
        Where W and b come from.
    double
        Whether cosines have double precision, as a regression on many features needs. Single precision
        (error 1e-6) is fifteen times faster.

    Returns
    -------
    (n, count · variables)
    """
    phases = rng.uniform(0, 2 * np.pi, count)
    weights = rng.standard_normal((max(values.shape[1] for values in variables), count))
    angles = np.hstack([values @ weights[: values.shape[1]] for values in variables])
    angles += np.tile(phases, len(variables))
    features: Floats = np.sqrt(2) * np.cos(angles if double else angles.astype(np.float32))
    return features


def median_distance(*groups: Floats) -> float:
    """Return the median of the non-zero Euclidean distances of rows (m, d) of one group; 1 if all are equal.

    With zeros left out, a variable of few values keeps its scale: with them, the median of a binary variable
    jumps between 0 and the distance of its values as their shares pass one half.

    >>> median_distance(np.array([[0.0], [0.0], [3.0]]))
    3.0
    """
    distances = np.concatenate([pdist(values) if values.size else np.zeros(0) for values in groups])
    apart = distances[distances > 0]
    return float(np.median(apart)) if apart.size else 1.0


def sampled(n: int, seed: int) -> Codes:
    """Return at most 500 of n rows, drawn with the seed: rows are sorted by stratum, the first say little."""
    return stream(seed, "widths").permutation(n)[:SAMPLE].astype(np.intp)


def in_kernel_widths(variable: Variable, rows: Codes) -> Floats:
    """Return the z-scored variable divided by the median distance of the sampled rows, (n, d)."""
    scaled = variable.scaled
    width: Floats = scaled / median_distance(scaled[rows])
    return width
