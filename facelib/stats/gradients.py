"""How an output moves along growing strengths: property gradient magnitude and companions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from facelib.stats.checks import Floats, as_series

NEIGHBOURS = 5  # k of the mutual information
MI_STRENGTHS = 50  # below this many strengths the mutual information is hidden


@dataclass(frozen=True, eq=False)
class PropertyGradient:
    """What one output series does along the strengths; all descriptive.

    Floats for a series of shape (n,), arrays (k,) for (n, k).

    Attributes
    ----------
    epgm
        Expected property gradient magnitude: mean absolute gradient at unit spacing, >= 0. It scales as 1/n,
        so it is compared at equal n only.
    total_variation
        Sum of all absolute steps, >= 0. Central differences cancel alternation; this doesn't.
    signed
        Mean gradient: its sign tells whether the output rises.
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
        If `p` has another shape, is too short or holds NaN.

    Examples
    --------
    >>> straight = property_gradient([0.0, 0.25, 0.5, 0.75, 1.0])
    >>> straight.epgm, straight.total_variation
    (0.25, 1.0)
    >>> property_gradient([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]).flips
    1
    """
    series = as_series(p)
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


def epgm(series: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the mean absolute gradient along the first axis: (n, ...) -> (...).

    Twice the gradient is taken inside, so that all terms share one division.
    """
    inside = np.subtract(series[2:], series[:-2])
    np.abs(inside, out=inside)
    ends = np.abs(series[1] - series[0]) + np.abs(series[-1] - series[-2])
    total: npt.NDArray[Any] = (inside.sum(axis=0) / 2 + ends) / len(series)
    return total


def _correlation(series: Floats) -> Floats:
    strengths = np.linspace(-0.5, 0.5, len(series))
    centred = series - series.mean(axis=0)
    moving = np.ptp(series, axis=0) > 0  # exact: rounding in the mean must not make a constant correlate
    scale = np.sqrt((strengths**2).sum() * (centred**2).sum(axis=0))
    r = np.full(series.shape[1], np.nan)
    r[moving] = (strengths @ centred)[moving] / scale[moving]
    return r.clip(-1.0, 1.0)


def _mutual_information(series: Floats) -> Floats:
    n = len(series)
    if n < MI_STRENGTHS:
        return np.full(series.shape[1], np.nan)
    between_strengths = _distances(np.linspace(0.0, 1.0, n))
    return np.array([_ksg(between_strengths, _distances(column)) for column in series.T])


def _distances(values: Floats) -> Floats:
    """Return |x_i - x_j| (n, n) of the z-scored values; all 0 for a constant."""
    if np.ptp(values) > 0:
        values = (values - values.mean()) / values.std()
        return np.abs(values[:, None] - values[None, :])
    return np.zeros((len(values), len(values)))


def _ksg(dx: Floats, dy: Floats) -> float:
    """Return KSG's first estimator from distances within each variable, (n, n) each.

    Radii are the distances to the k-th neighbour in the joint maximum norm; points strictly closer are
    counted, with a relative tolerance, since the strengths lie on a grid where rounding would decide ties.
    """
    n = len(dx)
    joint = np.partition(np.maximum(dx, dy), NEIGHBOURS, axis=1)
    radius = joint[:, NEIGHBOURS]  # the point itself is number 0
    inner = (radius * (1 - 1e-9))[:, None]
    # Counts hold the point itself (number of others, plus one); at radius 0 not even that is inside.
    near_x = np.maximum((dx < inner).sum(axis=1), 1)
    near_y = np.maximum((dy < inner).sum(axis=1), 1)
    return float(digamma(NEIGHBOURS) + digamma(n) - np.mean(digamma(near_x) + digamma(near_y)))
