"""cHSIC given labels: everything is a sum over labels of small cross-products of kernel features."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

NEGLIGIBLE = 1e-12  # share of the features' variance inside labels below which a direction is left out
BLOCK = 1 << 17  # numbers of one label's cross-products at a time: they stay in the cache


@dataclass(frozen=True, eq=False)
class Conditioner:
    """Residual operator of ridge regression on labels: S = D + E N^(−½) Ŝ N^(−½) Eᵀ.

    S = ε (M + ε I)⁻¹ H with the centred Gram M of Z; D takes means out of labels, E (n, C) says which label a
    face has, N holds the labels' sizes. S commutes with permutations inside labels.

    Attributes
    ----------
    bounds
        (C + 1,) where labels begin and end.
    left
        N^(−½) Ŝ N^(−½), (C, C): what is left of the labels' means, tiny.
    """

    bounds: Codes
    left: Floats

    @classmethod
    def of(cls, bounds: Codes, between: float, epsilon: float) -> Conditioner:
        """Return it for labels whose kernel is 1 inside and `between` across labels."""
        roots = np.sqrt(np.diff(bounds))
        constant = roots / np.sqrt(bounds[-1])
        kernel = (1 - between) * np.eye(len(roots)) + between
        centred = np.eye(len(roots)) - constant[:, None] * constant
        gram = centred @ (roots[:, None] * kernel * roots) @ centred
        values, vectors = np.linalg.eigh(gram)
        rest = vectors * (epsilon / (np.maximum(values, 0) + epsilon)) @ vectors.T
        rest -= constant[:, None] * constant
        return cls(bounds, rest / roots[:, None] / roots)

    @property
    def labels(self) -> list[slice]:
        """Rows of each label."""
        return [slice(start, end) for start, end in itertools.pairwise(self.bounds.tolist())]


class Features:
    """Low-rank features Φ of the kernel of one variable, K ≈ Φ Φᵀ, as they are seen given labels.

    The kernel on (variable, Z) is that of the variable times `between` across labels.

    Attributes
    ----------
    rows
        (n, r) features without their labels' means, in principal directions.
    sums
        (C, r) sums over labels of the features.
    means
        (C, C) kernel on (variable, Z), summed over pairs of labels.
    between
        Kernel of two labels on (variable, Z).
    """

    def __init__(self, factor: Floats, between: float, conditioner: Conditioner) -> None:
        sums = np.stack([factor[rows].sum(axis=0) for rows in conditioner.labels])
        centred = np.concatenate([factor[rows] - factor[rows].mean(axis=0) for rows in conditioner.labels])
        _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
        directions = directions[sizes**2 > NEGLIGIBLE * (sizes**2).sum()]
        self.rows: Floats = centred @ directions.T
        self.sums: Floats = sums @ directions.T
        self.between = between
        self.means: Floats = self.across * (sums @ sums.T)

    @property
    def across(self) -> Floats:
        """Kernel of all pairs of labels, (C, C)."""
        labels = len(self.sums)
        kernel: Floats = (1 - self.between) * np.eye(labels) + self.between
        return kernel


class Crossed:
    """One X and many Ŷ given labels: tr(K S L S) for any order of X inside labels.

    With centred features Φ_c, Ψ_c inside label c, their sums s_c, t_c, the kernels B, B′ of X and Ŷ between
    labels, W what ridge regression leaves of the labels' means, and h = b b′ off the diagonal of B ∘ B′:

    tr(K S L S) = (1 − h) Σ ‖M_c‖² + h ‖Σ M_c‖² + 2 Σ ⟨M_c, R_c⟩ + constant,

    M_c = Φ_cᵀ Ψ_c, R_c = Σ_de B_cd s_d W_de t_eᵀ B′_ec. Only M_c depends on the order.
    """

    def __init__(self, x: Features, ys: Sequence[Features], conditioner: Conditioner) -> None:
        left = conditioner.left
        self.ys, self.labels = ys, conditioner.labels
        self.turned = np.ascontiguousarray(x.rows.T)
        self.both = np.array([x.between * y.between for y in ys])
        self.means = [2 * _through_means(x, y, left) for y in ys]
        self.constant = np.array([np.trace(x.means @ left @ y.means @ left) for y in ys])

    def traces(self, chosen: Codes, orders: RowOrders, workers: int = 1) -> Floats:
        """Return tr(K S L S) of the chosen Ŷ with the rows of X in other orders, (B, chosen)."""
        columns = np.concatenate([self.ys[o].rows for o in chosen], axis=1)
        means = np.concatenate([self.means[o] for o in chosen], axis=2)
        starts = np.cumsum([0, *(self.ys[o].rows.shape[1] for o in chosen)])
        both, nothing = self.both[chosen], np.zeros_like(means[0])
        criterion = np.tile(self.constant[chosen], (len(orders), 1))
        step = max(1, BLOCK // max(len(self.turned) * columns.shape[1], 1))

        def compute(start: int) -> None:
            part, result = orders[start : start + step], criterion[start : start + step]
            total = np.zeros((len(self.turned), len(part), columns.shape[1]))
            for c, rows in enumerate(self.labels):
                moved = self.turned[:, part[:, rows]]
                block = (moved.reshape(-1, moved.shape[2]) @ columns[rows]).reshape(total.shape)
                add_squares(block, (1 - both, means[c]), starts, total, result)
            add_squares(total, (both, nothing), starts, np.zeros_like(total), result)

        threaded(compute, range(0, len(orders), step), workers)
        return criterion


def _through_means(x: Features, y: Features, left: Floats) -> Floats:
    """Return R, (C, r, q)."""
    pairs = zip(x.across, y.across, strict=True)
    return np.stack([(a[:, None] * x.sums).T @ left @ (b[:, None] * y.sums) for a, b in pairs])


@numba.njit(nogil=True, cache=True, fastmath={"reassoc"})
def add_squares(block, form, starts, total, found):  # type: ignore[no-untyped-def]  # numba infers
    """Add M = block (r, B, Q) to total and Σ (weight · M² + linear · M) of an output to found, (B, O)."""
    weights, linear = form
    for k in range(block.shape[0]):
        for b in range(block.shape[1]):
            for o in range(found.shape[1]):
                more = 0.0
                for q in range(starts[o], starts[o + 1]):
                    value = block[k, b, q]
                    total[k, b, q] += value
                    more += value * (weights[o] * value + linear[k, q])
                found[b, o] += more
