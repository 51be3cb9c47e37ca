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

from facelib.stats.independence.kcit.exact import Sums
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.lowrank import factor
from facelib.stats.independence.permutation.permutations import RowOrders
from facelib.stats.independence.threads import threaded
from facelib.stats.independence.variables import Codes
from facelib.utilities.checks import Floats

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
    """

    weights: Floats
    gram: Floats


@dataclass(frozen=True, eq=False)
class NodeKernel:
    """K_R of one variable between its nodes under every label; k labels, s nodes.

    K_R = (I − M) K (I − M), and an entry of M depends on the labels of two faces only. So between value u
    under label a and value v under label b it is K − mean_ab(v) − mean_ba(u) + constant_ab.

    Attributes
    ----------
    weights
        Ψ, (n, s).
    gram
        (s, s): factor of K that belongs to values.
    between
        (k, k): factor of K that belongs to labels, with ones on its diagonal.
    means
        (k, k, s): M K, [a, b, t] from any face of label a to node t under label b.
    constant
        (k, k): M K M.
    masses
        (k, s): Σ Ψ over the faces of a label.
    """

    weights: Floats
    gram: Floats
    between: Floats
    means: Floats
    constant: Floats
    masses: Floats

    def row(self, label: int) -> Floats:
        """Return K_R from nodes under one label to nodes under all, (s, k, s): all at once take k² s²."""
        entries: Floats = self.between[label][None, :, None] * self.gram[:, None, :]
        entries += self.constant[label][None, :, None] - self.means[label]
        entries -= self.means[:, label].T[:, :, None]
        return entries

    @property
    def diagonal(self) -> Floats:
        """K_R of a face with itself at every node, (k, s)."""
        found: Floats = 1 - 2 * np.einsum("aas->as", self.means) + np.diagonal(self.constant)[:, None]
        return found

    @property
    def square(self) -> float:
        """ΣK_R² over all pairs of faces."""
        rows = (mass @ np.tensordot(self.row(a) ** 2, self.masses) for a, mass in enumerate(self.masses))
        return float(sum(rows))

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

    finest = max(tolerance**2, SMALLEST)
    found = factor(entries, len(kernel), finest, most, seed)
    if found.error > finest:
        return None
    return Nodes(found.cardinal, kernel.tile(found.pivots, found.pivots))


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
        (k, k): M = I − R H between two faces depends on their labels only.
    """
    masses = np.add.reduceat(variable.weights, bounds[:-1], axis=0)
    images = masses @ variable.gram  # (k, s): sum of the kernel over a label's faces
    means = np.einsum("ac,cb,ct->abt", hat, between, images)
    constant = hat @ (between * (images @ masses.T)) @ hat
    return NodeKernel(variable.weights, variable.gram, between, means, constant, masses)


def node_sums(xs: Sequence[NodeKernel], ys: Sequence[NodeKernel], bounds: Codes, workers: int = 1) -> Sums:
    """Return the sums over all pairs of variables."""

    def pair(both: tuple[NodeKernel, NodeKernel]) -> tuple[float, float, float]:
        x, y = both
        joint = joint_masses(x.weights, y.weights, bounds)
        product = square = 0.0
        for label in range(len(joint)):
            x_row, y_row = x.row(label), y.row(label)
            product += row_total(x_row, y_row, joint, label)
            square += row_total(x_row**2, y_row**2, joint, label)
        return product, square, float(np.einsum("as,ast,at", x.diagonal, joint, y.diagonal))

    pair_sums = np.array(threaded(pair, list(itertools.product(xs, ys)), workers))
    product, square, trace = pair_sums.T.reshape(3, len(xs), len(ys))
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

    def product(x: NodeKernel, y: NodeKernel, moved: Floats) -> float:
        joint = joint_masses(moved, y.weights, bounds)
        return sum(row_total(x.row(a), y.row(a), joint, a) for a in range(len(joint)))

    def products(order: Codes) -> list[list[float]]:
        moved = [x.weights[order] for x in xs]
        return [[product(x, y, weights) for y in ys] for x, weights in zip(xs, moved, strict=True)]

    return np.array(threaded(products, orders, workers))


def joint_masses(x: Floats, y: Floats, bounds: Codes) -> Floats:
    """Return N_c = Ψ_Xᵀ Ψ_Y over the faces of each label, (k, s, t)."""
    return np.stack([x[start:end].T @ y[start:end] for start, end in itertools.pairwise(bounds)])


def row_total(x: Floats, y: Floats, joint: Floats, label: int) -> float:
    """Return Σ f_X f_Y over pairs of a face under one label and any other, from f between nodes.

    With N of the label, f_X (s, k, s), f_Y (t, k, t): Σ_b ⟨f_X,b, N f_Y,b N_bᵀ⟩ = Σ_b ⟨f_X,b N_b, N f_Y,b⟩.
    """
    k, s, t = joint.shape
    left = (joint[label] @ y.reshape(t, k * t)).reshape(s, k, t)
    right = x.transpose(1, 0, 2) @ joint  # (k, s, t)
    return float(np.einsum("sbt,bst", left, right))
