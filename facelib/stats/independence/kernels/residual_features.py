"""Random Fourier features less their regression on a conditioner, in blocks of rows to bound memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.kernels.fourier import Fourier
from facelib.utilities.checks import Floats

RIDGE = 1e-10
FLAT = 1e-12  # variance below which a feature is constant: its cosine is rounded to 1e-7


class Regressor(Protocol):
    """Least squares of normalised features on a conditioner, from sums over rows."""

    used: float
    """Degrees of freedom that the regression takes: the trace of its hat matrix."""

    def add(self, rows: slice, features: Floats) -> None:
        """Take in the raw features (m, f) of a block of rows."""

    def fit(self, mean: Floats, scale: Floats) -> None:
        """Regress (features − mean) · scale."""

    def predict(self, rows: slice) -> Floats:
        """Return what Z explains of the normalised features, (m, f)."""

    def explained(self, split: int) -> Floats:
        """Return C_xz (C_zz + 1e-10 I)⁻¹ C_zy with x the first `split` features, y the others."""


class OnLabels:
    """One value per label: its mean, or its prediction from features of the labels.

    Parameters
    ----------
    given
        Labels; rows are sorted.
    count
        Features that will be regressed.
    features
        (K, q) raw features of each label; None: label means.
    """

    def __init__(self, given: Given, count: int, features: Floats | None = None) -> None:
        self.strata, self.counts = given.strata, np.diff(given.bounds).astype(np.float64)[:, None]
        self.features = None if features is None else self._normalised(features)
        self.table = self.sums = np.zeros((len(self.counts), count))
        self.used = float(len(self.counts))

    def add(self, rows: slice, features: Floats) -> None:
        """Add up the features of each label."""
        labels = self.strata[rows]
        starts = np.flatnonzero(np.diff(labels, prepend=-1))
        self.table[labels[starts]] += np.add.reduceat(features, starts)

    def fit(self, mean: Floats, scale: Floats) -> None:
        """Find each label's value."""
        self.sums = sums = (self.table - self.counts * mean) * scale
        if self.features is None:
            self.table = sums / self.counts
        else:
            gram = self.features.T @ (self.counts * self.features)
            self.table = self.features @ ridge(gram, self.features.T @ sums, self.counts.sum() - 1)

    def predict(self, rows: slice) -> Floats:
        """Look the value up."""
        predicted: Floats = self.table[self.strata[rows]]
        return predicted

    def explained(self, split: int) -> Floats:
        """Return the covariance that goes through Z."""
        covariance: Floats = self.sums[:, :split].T @ self.table[:, split:] / (self.counts.sum() - 1)
        return covariance

    def _normalised(self, features: Floats) -> Floats:
        n = self.counts.sum()
        centred: Floats = features - (self.counts * features).sum(axis=0) / n
        return centred * inverse_deviation((self.counts * centred**2).sum(axis=0) / (n - 1))


class OnFeatures:
    """Ridge regression on random Fourier features of Z.

    Parameters
    ----------
    values
        (n, d) Z in units of its kernel's width.
    count
        Features that will be regressed.
    fourier
        Features of Z.
    blocks
        Blocks of rows.
    """

    def __init__(self, values: Floats, count: int, fourier: Fourier, blocks: list[slice]) -> None:
        self.raw = np.empty((len(values), fourier.count))
        total = np.zeros(fourier.count)
        for rows in blocks:
            features = fourier(values[rows])
            self.raw[rows] = features
            total += features.sum(axis=0)
        self.mean, self.scale = total / len(values), np.ones(fourier.count)
        gram = np.zeros((fourier.count, fourier.count))
        for rows in blocks:
            centred = self._normalised(rows)
            gram += centred.T @ centred
        self.scale = inverse_deviation(np.diag(gram) / (len(values) - 1))
        self.gram = gram * self.scale * self.scale[:, None]
        sizes = np.linalg.eigvalsh(self.gram / (len(values) - 1)).clip(0)
        self.used = 1 + float((sizes / (sizes + RIDGE)).sum())
        self.cross = np.zeros((fourier.count, count))
        self.coefficients = self.cross

    def add(self, rows: slice, features: Floats) -> None:
        """Add to the cross products with Z's features."""
        self.cross += self._normalised(rows).T @ features

    def fit(self, mean: Floats, scale: Floats) -> None:  # noqa: ARG002 (means drop out: Z's are centred)
        """Find the coefficients."""
        self.cross *= scale
        self.coefficients = ridge(self.gram, self.cross, len(self.raw) - 1)

    def predict(self, rows: slice) -> Floats:
        """Return what Z explains."""
        predicted: Floats = self._normalised(rows) @ self.coefficients
        return predicted

    def explained(self, split: int) -> Floats:
        """Return the covariance that goes through Z."""
        covariance: Floats = self.cross[:, :split].T @ self.coefficients[:, split:] / (len(self.raw) - 1)
        return covariance

    def _normalised(self, rows: slice) -> Floats:
        centred: Floats = (self.raw[rows] - self.mean) * self.scale
        return centred


class ResidualFeatures:
    """One draw of features of many variables, less what Z explains of them.

    Two passes over the rows: means, covariances and the regression first, then residuals, block by block.

    Parameters
    ----------
    values
        (n, d) properties and outputs side by side, in units of their kernels' widths.
    fourier
        Features of all variables.
    split
        Features of the properties; the others are of the outputs.
    regressor
        On Z.
    blocks
        Blocks of rows.

    Attributes
    ----------
    covariance
        C = C_xy − C_xz (C_zz + 1e-10 I)⁻¹ C_zy of the normalised features, (split, count − split). It isn't
        quite the covariance of the residuals, because of the ridge.
    """

    def __init__(
        self, values: Floats, fourier: Fourier, split: int, regressor: Regressor, blocks: list[slice]
    ) -> None:
        self.values, self.fourier, self.regressor, self.blocks = values, fourier, regressor, blocks
        total, squares = np.zeros(fourier.count), np.zeros(fourier.count)
        cross = np.zeros((split, fourier.count - split))
        for rows in blocks:
            features = fourier(values[rows])
            total += features.sum(axis=0)
            squares += (features**2).sum(axis=0)
            cross += features[:, :split].T @ features[:, split:]
            regressor.add(rows, features)
        n = len(values)
        self.mean = total / n
        self.scale = inverse_deviation((squares - n * self.mean**2) / (n - 1))
        regressor.fit(self.mean, self.scale)
        together = (cross - n * np.outer(self.mean[:split], self.mean[split:])) / (n - 1)
        together *= np.outer(self.scale[:split], self.scale[split:])
        self.covariance = together - regressor.explained(split)

    def __iter__(self) -> Iterator[Floats]:
        """Yield the residual features of one block of rows after the other, (m, f)."""
        for rows in self.blocks:
            features = (self.fourier(self.values[rows]) - self.mean) * self.scale
            yield features - self.regressor.predict(rows)


def ridge(gram: Floats, cross: Floats, degrees: float) -> Floats:
    """Return (G/m + 1e-10 I)⁻¹ C/m with m degrees of freedom; (q, q) and (q, f) -> (q, f)."""
    factor = cho_factor(gram / degrees + RIDGE * np.eye(len(gram)))
    solved: Floats = cho_solve(factor, cross / degrees)
    return solved


def inverse_deviation(variance: Floats) -> Floats:
    """Return 1/√variance, 0 where a feature is constant."""
    flat = variance <= FLAT
    inverse: Floats = np.where(flat, 0.0, 1 / np.sqrt(np.where(flat, 1.0, variance)))
    return inverse


def blocks_of(n: int, width: int, numbers: int = 1 << 20) -> list[slice]:
    """Return blocks of rows of at most `numbers` float64 numbers (8 MB) if a row has `width`."""
    step = max(256, numbers // max(width, 1))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]
