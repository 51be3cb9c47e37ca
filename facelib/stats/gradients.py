"""Property gradients: how an output moves along growing strengths, as a magnitude and companions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from facelib.utilities.checks import Floats, as_count, as_floats, as_series
from facelib.utilities.short_repr import in_short

NEIGHBOURS = 5  # k of the mutual information
MI_STRENGTHS = 50  # below this many strengths the mutual information is hidden
TOLERANCE = 1e-9  # relative, for ties
BLOCK = 512


@in_short()
@dataclass(frozen=True, eq=False)
class PropertyGradient:
    """Description of one output series along the strengths.

    Floats for a series of shape (n,), arrays (k,) for (n, k).

    Attributes
    ----------
    epgm
        Expected property gradient magnitude: mean absolute gradient at unit spacing, >= 0. It scales as 1/n,
        so it is compared at equal n only.
    total_variation
        Sum of all absolute steps, >= 0. Central differences cancel alternation; this doesn't.
    signed
        Mean gradient: its sign shows whether the output rises.
    correlation
        Pearson's r with the strengths, in [-1, 1]; NaN for a constant series.
    mutual_information
        With the strengths, in nats (Kraskov, Stögbauer and Grassberger's first estimator, k = 5, both
        z-scored); NaN below 50 strengths. Can come out slightly negative.
    flips
        None for (n,). For (n, k): how often the arg-max over the k outputs changes along the series.
    """

    epgm: float | Floats
    total_variation: float | Floats
    signed: float | Floats
    correlation: float | Floats
    mutual_information: float | Floats
    flips: int | None


def property_gradient(p: npt.ArrayLike) -> PropertyGradient:
    """Describe how outputs move along evenly spaced strengths.

    EPGM = mean_i |np.gradient(p)_i| (Penzel and Denzler, WACV 2026): central differences inside, one-sided at
    the ends.

    Parameters
    ----------
    p
        (n,) one output, or (n, k) k outputs, along n >= 2 growing strengths; row 0 is the unchanged face.

    Raises
    ------
    BadValueError
        If `p` has another shape, is too short or holds NaN or masked values.

    Examples
    --------
    >>> straight = property_gradient([0.0, 0.25, 0.5, 0.75, 1.0])
    >>> straight.epgm, straight.total_variation
    (0.25, 1.0)
    >>> property_gradient([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]).flips
    1
    """
    series = as_series(unmasked(p))
    many = np.ndim(p) == 2
    columns = {
        "epgm": epgm(series),
        "total_variation": np.abs(np.diff(series, axis=0)).sum(axis=0),
        "signed": np.gradient(series, axis=0).mean(axis=0),
        "correlation": _correlation(series),
        "mutual_information": _mutual_information(series),
    }
    flips = int(np.count_nonzero(np.diff(series.argmax(axis=1)))) if many else None
    if many:
        return PropertyGradient(**columns, flips=flips)
    return PropertyGradient(**{name: float(column[0]) for name, column in columns.items()}, flips=flips)


def unmasked(values: Any) -> Any:
    """Return `values` with NaN where they are masked: what is masked is missing."""
    if not np.ma.isMaskedArray(values) or values.dtype.kind not in "biuf":
        return values
    return np.ma.filled(values.astype(np.float64), np.nan)


def epgm(series: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the mean absolute gradient along the first axis: (n, ...) -> (...).

    Twice the gradient is taken inside, so that all terms share one division.
    """
    inside = np.subtract(series[2:], series[:-2])
    np.abs(inside, out=inside)
    ends = np.abs(series[1] - series[0]) + np.abs(series[-1] - series[-2])
    total: npt.NDArray[Any] = (inside.sum(axis=0) / 2 + ends) / len(series)
    return total


def monotone_epgm(size: npt.ArrayLike, ends: npt.ArrayLike, n: int) -> Floats:
    """Return the EPGM of any rising or falling curve in closed form: (size + ends / 2) / n.

    Since 0 <= ends <= size it lies between size / n and 1.5 size / n; a straight ramp has size / (n - 1).

    Parameters
    ----------
    size
        |last - first output|, >= 0.
    ends
        |first step| + |last step|, from 0 to `size`.
    n
        Number of strengths, >= 3 (with 2 the first step is the last one).

    Raises
    ------
    BadValueError
        If sizes or steps aren't finite numbers, or there are fewer strengths.

    Examples
    --------
    >>> float(monotone_epgm(0.8, 0.2, 5)), property_gradient([0.9, 0.8, 0.5, 0.2, 0.1]).epgm
    (0.18, 0.18)
    """
    total: Floats = as_floats(size, "Sizes of curves") + as_floats(ends, "Their first and last steps") / 2
    return total / as_count(n, "The number of strengths", least=3)


def _correlation(series: Floats) -> Floats:
    spread = np.ptp(series, axis=0)  # exact: rounding in a mean must not make a constant correlate
    moving = spread > 0
    strengths = np.linspace(-0.5, 0.5, len(series))
    scaled = series[:, moving] / spread[moving]  # squares of the smallest outputs would vanish
    centred = scaled - scaled.mean(axis=0)
    r = np.full(series.shape[1], np.nan)
    r[moving] = strengths @ centred / np.sqrt((strengths**2).sum() * (centred**2).sum(axis=0))
    return r.clip(-1.0, 1.0)


def _mutual_information(series: Floats) -> Floats:
    n = len(series)
    if n < MI_STRENGTHS:
        return np.full(series.shape[1], np.nan)
    strengths = np.linspace(0.0, 1.0, n)
    return np.array([ksg(strengths, column) for column in series.T])


def ksg(x: Floats, y: Floats) -> float:
    """Return the first estimator of Kraskov, Stögbauer and Grassberger (2004), x and y (n,), k = 5, in nats.

    The radius of a point is the distance to its k-th neighbour in the joint maximum norm of the z-scored
    values; in each variable, the points strictly closer are counted: with a relative tolerance, since the
    strengths lie on a grid, where rounding would decide ties.
    """
    n = len(x)
    x, y = _z(x), _z(y)
    near = 0.0
    for start in range(0, n, BLOCK):  # n × n distances of long series don't fit into memory
        rows = slice(start, start + BLOCK)
        dx, dy = np.abs(x[rows, None] - x), np.abs(y[rows, None] - y)
        joint = np.partition(np.maximum(dx, dy), NEIGHBOURS, axis=1)
        inside = (joint[:, NEIGHBOURS] * (1 - TOLERANCE))[:, None]  # the point itself is number 0
        for distance in (dx, dy):
            # The counts hold the point itself: the paper's n_x + 1 (at radius 0 they hold not even that).
            near += float(digamma(np.maximum((distance < inside).sum(axis=1), 1)).sum())
    return float(digamma(NEIGHBOURS) + digamma(n) - near / n)


def _z(values: Floats) -> Floats:
    spread = np.ptp(values)
    if spread == 0:
        return np.zeros_like(values)
    scaled = values / spread
    z: Floats = (scaled - scaled.mean()) / scaled.std()
    return z
