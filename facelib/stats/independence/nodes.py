"""KCIT given labels through nodes: sums over n² pairs of faces from a few dozen values of each variable.

Within a pair of labels an entry of a residual kernel is a smooth function of two values of one variable, and
so is its square. Both are known everywhere once they are known between some nodes: f(v_i) ≈ Σ_t Ψ_it f(v_t).
So all sums over pairs of faces follow from N_c = Ψ_Xᵀ Ψ_Y over the faces of label c, and cost grows as n.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facelib.stats.checks import Floats
from facelib.stats.independence.hadamard import Sums
from facelib.stats.independence.kernels import Gaussian
from facelib.stats.independence.lowrank import factor
from facelib.stats.independence.orders import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes

SMALLEST = 1e-15  # relative error of a trace that rounding lets us see


@dataclass(frozen=True, eq=False)
class Nodes:
    """One variable of n faces, carried by s of its values.

    Attributes
    ----------
    weights
        Ψ, (n, s).
    gram
        (s, s) kernel between the nodes.
    error
        Relative error of the trace of (1 + K)² / 4, which spans all that is interpolated.
    """

    weights: Floats
    gram: Floats
    error: float


@dataclass(frozen=True, eq=False)
class NodeKernel:
    """K_R of one variable between its nodes under every label; k labels, s nodes.

    Attributes
    ----------
    weights
        Ψ, (n, s).
    entries, squares
        (k, s, k, s): K_R and its elementwise square.
    diagonal
        (k, s): K_R of a face with itself.
    masses
        (k, s): Σ Ψ over the faces of a label.
    """

    weights: Floats
    entries: Floats
    squares: Floats
    diagonal: Floats
    masses: Floats

    @property
    def square(self) -> float:
        """ΣK_R² over all pairs of faces."""
        return float(np.einsum("as,asbt,bt", self.masses, self.squares, self.masses))

    @property
    def trace(self) -> float:
        """Sum of the diagonal of K_R over all faces."""
        return float((self.masses * self.diagonal).sum())


def nodes(kernel: Gaussian, tolerance: float, most: int, seed: int) -> Nodes | None:
    """Choose nodes by incomplete Cholesky of (1 + K)² / 4, or return None if `most` aren't enough.

    A residual kernel is a constant plus kernel functions in each of its arguments, its square a sum of
    products of two of them: just what this kernel's functions are. Interpolation errs by the root of what
    the factor leaves out, so `tolerance`, relative to sums, is squared.
    """

    def entries(rows: slice | Codes, columns: slice | Codes) -> Floats:
        block = kernel.tile(rows, columns)
        block += 1
        block *= block
        block /= 4
        return block

    found = factor(entries, len(kernel), max(tolerance**2, SMALLEST), most, seed)
    if found.error > max(tolerance**2, SMALLEST):
        return None
    return Nodes(found.cardinal, kernel.tile(found.pivots, found.pivots), found.error)


def node_kernel(variable: Nodes, bounds: Codes, between: Floats, hat: Floats) -> NodeKernel:
    """Take labels out of a variable's kernel.

    Parameters
    ----------
    variable
        Its nodes.
    bounds
        (k + 1,) where labels begin and end among the sorted rows.
    between
        (k, k) factor of the kernel that belongs to the labels: ones for an output.
    hat
        (k, k): I − R H between two faces depends on their labels only.
    """
    masses = np.add.reduceat(variable.weights, bounds[:-1], axis=0)
    images = masses @ variable.gram  # (k, s): sum of the kernel over a label's faces
    means = np.einsum("ac,cb,ct->abt", hat, between, images)  # row label, column label, column node
    constant = hat @ (between * (images @ masses.T)) @ hat
    entries = between[:, None, :, None] * variable.gram[None, :, None, :]
    entries -= means[:, None, :, :]
    entries -= means.transpose(1, 2, 0)[:, :, :, None]
    entries += constant[:, None, :, None]
    diagonal = np.einsum("asas->as", entries).copy()
    return NodeKernel(variable.weights, entries, entries**2, diagonal, masses)


def node_sums(xs: Sequence[NodeKernel], ys: Sequence[NodeKernel], bounds: Codes, workers: int = 1) -> Sums:
    """Return the sums over all pairs of variables."""

    def pair(both: tuple[NodeKernel, NodeKernel]) -> tuple[float, float, float]:
        x, y = both
        joint = joint_masses(x.weights, y.weights, bounds)
        trace = float(np.einsum("as,ast,at", x.diagonal, joint, y.diagonal))
        return total(x.entries, y.entries, joint), total(x.squares, y.squares, joint), trace

    found = np.array(threaded(pair, list(itertools.product(xs, ys)), workers))
    product, square, trace = found.T.reshape(3, len(xs), len(ys))
    return Sums(
        product=product,
        square=square,
        trace=trace,
        x_square=np.array([x.square for x in xs]),
        y_square=np.array([y.square for y in ys]),
        x_trace=np.array([x.trace for x in xs]),
        y_trace=np.array([y.trace for y in ys]),
    )


def node_products(
    xs: Sequence[NodeKernel], ys: Sequence[NodeKernel], bounds: Codes, orders: RowOrders, workers: int = 1
) -> Floats:
    """Return ΣP of all pairs with the rows of X in other orders (B, n), (B, P, O)."""

    def products(order: Codes) -> list[list[float]]:
        moved = [x.weights[order] for x in xs]
        return [
            [total(x.entries, y.entries, joint_masses(weights, y.weights, bounds)) for y in ys]
            for x, weights in zip(xs, moved, strict=True)
        ]

    return np.array(threaded(products, orders, workers))


def joint_masses(x: Floats, y: Floats, bounds: Codes) -> Floats:
    """Return N_c = Ψ_Xᵀ Ψ_Y over the faces of each label, (k, s_x, s_y)."""
    return np.stack([x[start:end].T @ y[start:end] for start, end in itertools.pairwise(bounds)])


def total(x: Floats, y: Floats, joint: Floats) -> float:
    """Return Σ over pairs of faces of a product of two functions known between nodes.

    Σ_ab ⟨x_ab, N_a y_ab N_bᵀ⟩ = Σ_ab ⟨x_ab N_b, N_a y_ab⟩.
    """
    k, s, t = joint.shape
    left = joint @ y.reshape(k, t, k * t)  # (a, s, b t)
    right = x.reshape(k * s, k, s).transpose(1, 0, 2) @ joint  # (b, a s, t)
    return float(np.einsum("asbt,bast", left.reshape(k, s, k, t), right.reshape(k, k, s, t)))
