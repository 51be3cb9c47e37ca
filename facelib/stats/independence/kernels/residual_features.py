"""Random Fourier features less what a conditioner explains of them."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from facelib.stats.independence.conditioning import Given
from facelib.utilities.checks import Floats

RIDGE = 1e-10
FLAT = 1e-12  # variance below which a feature is constant: its cosine is rounded to 1e-7


class Regression:
    """Least squares of features on a conditioner: on label means, or by ridge on random features of Z.

    Parameters
    ----------
    given
        The conditioner; rows are sorted.
    features
        Raw features of Z, (K, q) one row per label, (n, q) where numbers are held fixed; None: label means.

    Attributes
    ----------
    used
        Degrees of freedom that it takes: the trace of its hat matrix.
    """

    def __init__(self, given: Given, features: Floats | None = None) -> None:
        self.strata = given.strata if given.categorical else None
        self.starts, self.degrees = given.bounds[:-1], len(given.strata) - 1
        counts = np.bincount(given.strata) if given.categorical else np.ones(len(given.strata))
        self.counts: Floats = counts.astype(np.float64)
        self.features, self.used = None, float(given.n_strata)
        if features is not None:
            self.features = z = normalised(features, self.counts)
            gram = (z.T * self.counts) @ z / self.degrees
            self.factor = cho_factor(gram + RIDGE * np.eye(len(gram)))
            sizes = np.linalg.eigvalsh(gram).clip(0)
            self.used = 1 + float((sizes / (sizes + RIDGE)).sum())

    def residuals(self, features: Floats, split: int) -> tuple[Floats, Floats]:
        """Return residuals of normalised features, in their place, and the covariance of some with others.

        Parameters
        ----------
        features
            (n, f) of properties and outputs side by side.
        split
            Features of the properties.

        Returns
        -------
        (n, f), and C_xy − C_xz (C_zz + 1e-10 I)⁻¹ C_zy, (split, f − split): because of the ridge not quite
        the covariance of the residuals.
        """
        sums = features if self.strata is None else np.add.reduceat(features, self.starts)
        if self.features is None:
            explained = sums / self.counts[:, None]
        else:
            explained = self.features @ cho_solve(self.factor, self.features.T @ sums / self.degrees)
        covariance = features[:, :split].T @ features[:, split:] - sums[:, :split].T @ explained[:, split:]
        features -= explained if self.strata is None else explained[self.strata]
        return features, covariance / self.degrees


def normalised(features: Floats, counts: Floats) -> Floats:
    """Return z-scores (ddof 1) of features (m, f), in place; rows count `counts` (m,); 0 where constant."""
    n = counts.sum()
    features -= counts @ features / n
    variance = counts @ features**2 / (n - 1)
    flat = variance <= FLAT
    features *= np.where(flat, 0.0, 1 / np.sqrt(np.where(flat, 1.0, variance)))
    return features
