"""Regression: ridge in closed form, and a small network that adds to it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Kind = Literal["ridge", "mlp"]

PENALTIES: Final = tuple(10.0 ** np.arange(-6, 2.5, 0.5))
"""Tried for ridge regression, times the number of rows."""
FOLDS: Final = 8
"""At most so many parts, of whole clips, does the search for a penalty leave out in turn."""
HIDDEN: Final = 48
"""Units of the network's two hidden layers."""
EPOCHS, PATIENCE, BATCH, RATE, DECAY = 200, 12, 256, 2e-3, 1e-3
"""Of the network's training: passes at most, passes without progress after which it ends, rows per step, step
size and weight decay of Adam."""
STILL: Final = 1e-9
"""Standard deviation below which a column is constant, and counts for nothing."""


@in_short()
@dataclass(frozen=True, eq=False)
class Fitted:
    """Weights of a map, and the results of its fit.

    Parameters
    ----------
    weights
        float32 arrays by name: ``mean`` and ``scale`` (p,) of the inputs, ``slope`` (p, q) and ``base`` (q,)
        of ridge regression, and of a network's layers ``weight0`` (p, h), ``bias0`` (h,) …
    penalty
        (q,) that ridge regression took for each output, times the number of rows.
    error
        (q,) mean square of what was left on clips that the fit left out to choose penalty or epoch.
    """

    weights: Mapping[str, Single]
    penalty: tuple[float, ...]
    error: tuple[float, ...]


def with_context(rows: npt.NDArray[Any], offsets: Sequence[int]) -> npt.NDArray[Any]:
    """Return rows (n, p) with those some frames before and after beside them, (n, p · k); ends are held.

    Examples
    --------
    >>> with_context(np.array([[1], [2], [3]]), (-1, 0)).tolist()
    [[1, 1], [1, 2], [2, 3]]
    """
    places = np.arange(len(rows))
    shifted = [rows[np.clip(places + offset, 0, max(len(rows) - 1, 0))] for offset in offsets]
    return np.concatenate(shifted, axis=1)


def ridge(
    inputs: Sequence[Floats], outputs: Sequence[Floats], penalties: Sequence[float] = PENALTIES
) -> Fitted:
    """Fit ridge regression: standardised inputs, a penalty of its own for each output.

    Rows of a clip resemble each other, so penalties are compared on whole clips that were left out, in up to
    `FOLDS` parts; of a single clip by generalised cross-validation.

    Parameters
    ----------
    inputs, outputs
        (n, p) and (n, q) of each clip, without NaN.
    penalties
        Tried, times the number of rows.
    """
    x, y = np.concatenate(inputs), np.concatenate(outputs)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > STILL, scale, np.inf)  # constant columns become 0
    x = (x - mean) / scale
    if len(inputs) > 1:
        error = _left_out_errors(x, y, _parts([len(rows) for rows in inputs]), penalties)
    else:
        error = _generalised_errors(x, y, penalties)
    best = error.argmin(axis=0)
    base = y.mean(axis=0)
    values, vectors = np.linalg.eigh(x.T @ x)
    turned = vectors.T @ (x.T @ (y - base))
    chosen = np.asarray(penalties)[best]
    slope = vectors @ (turned / (values.clip(0)[:, None] + len(x) * chosen))
    weights = {"mean": mean, "scale": scale, "slope": slope, "base": base}
    return Fitted(_single(weights), tuple(chosen.tolist()), tuple(error.min(axis=0).tolist()))


def mlp(inputs: Sequence[Floats], outputs: Sequence[Floats], seed: int = 0) -> Fitted:
    """Fit ridge regression, and a network with two hidden layers to what it leaves.

    The network starts from adding nothing, and is taken where it predicts clips that neither learns from
    best; so it isn't worse there than ridge regression. Of several clips every fifth is kept for that, of a
    single one its last fifth. Same seed, same network.
    """
    import torch

    rng = np.random.default_rng(seed)
    kept = _kept(inputs)
    ends = np.cumsum([len(rows) for rows in inputs])[:-1]
    learning = [~part for part in np.split(kept, ends)]
    used = [(x[rows], y[rows]) for x, y, rows in zip(inputs, outputs, learning, strict=True) if rows.any()]
    linear = ridge([x for x, _ in used], [y for _, y in used])
    x, y = np.concatenate(inputs), np.concatenate(outputs)
    rest = y - apply(linear.weights, x)
    spread = rest[~kept].std(axis=0)
    spread = np.where(spread > STILL, spread, 1.0)
    seen = (x - linear.weights["mean"]) / linear.weights["scale"]
    layers = _drawn((x.shape[1], HIDDEN, HIDDEN, y.shape[1]), rng)
    given, wanted = (torch.from_numpy(rows.astype(np.float32)) for rows in (seen, rest / spread))
    best, error = _trained(given, wanted, kept, layers, rng)
    weights: dict[str, Any] = dict(linear.weights)
    for number in range(len(best) // 2):
        weights[f"weight{number}"], weights[f"bias{number}"] = best[2 * number], best[2 * number + 1]
    for name in (f"weight{len(best) // 2 - 1}", f"bias{len(best) // 2 - 1}"):
        weights[name] = weights[name] * spread
    return Fitted(_single(weights), linear.penalty, tuple((error * spread**2).tolist()))


def apply(weights: Mapping[str, Single], rows: npt.NDArray[np.floating]) -> Floats:
    """Return a fitted map's predictions for rows (n, p): (n, q); NaN in a row gives NaN."""
    x = (np.asarray(rows, np.float64) - weights["mean"]) / weights["scale"]
    predicted = x @ weights["slope"] + weights["base"]
    layers = sum(name.startswith("weight") for name in weights)
    for number in range(layers):
        x = x @ weights[f"weight{number}"] + weights[f"bias{number}"]
        if number < layers - 1:
            x = np.tanh(x)
    return np.asarray(predicted + x if layers else predicted, np.float64)


def _single(weights: Mapping[str, Any]) -> dict[str, Single]:
    found = {}
    for name, values in weights.items():
        array = np.ascontiguousarray(values, np.float32)
        array.setflags(write=False)
        found[name] = array
    return found


def _parts(lengths: Sequence[int]) -> npt.NDArray[np.intp]:
    """Return for every row the number of the part that it belongs to: whole clips, dealt out in turn."""
    parts = np.arange(len(lengths)) % min(FOLDS, len(lengths))
    return np.repeat(parts, lengths)


def _left_out_errors(x: Floats, y: Floats, parts: npt.NDArray[np.intp], penalties: Sequence[float]) -> Floats:
    """Return the mean square of what is left of each part by the others' fit, (penalties, q).

    By sums of squares and products of the parts: rows are gone through once, not once per part.
    """
    sums = [_Sums.of(x[parts == part], y[parts == part]) for part in range(int(parts.max()) + 1)]
    every = _Sums(*(sum(values) for values in zip(*(one.parts() for one in sums), strict=True)))
    total = np.zeros((len(penalties), y.shape[1]))
    for out in sums:
        inner = _Sums(*(a - b for a, b in zip(every.parts(), out.parts(), strict=True)))
        middle, base = inner.x / inner.n, inner.y / inner.n
        xx, xy, _ = inner.around(middle, base)
        values, vectors = np.linalg.eigh(xx)
        turned = vectors.T @ xy
        xx, xy, yy = out.around(middle, base)
        seen, met = vectors.T @ xx @ vectors, vectors.T @ xy
        for row, penalty in enumerate(penalties):
            slope = turned / (values.clip(0)[:, None] + inner.n * penalty)
            total[row] += yy - 2 * (slope * met).sum(axis=0) + (slope * (seen @ slope)).sum(axis=0)
    return np.asarray(total / len(x))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over rows: how many, of inputs and outputs, and of their products."""

    n: Any
    x: Any
    y: Any
    xx: Any
    xy: Any
    yy: Any

    @classmethod
    def of(cls, x: Floats, y: Floats) -> _Sums:
        return cls(len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y, np.square(y).sum(axis=0))

    def parts(self) -> tuple[Any, ...]:
        return self.n, self.x, self.y, self.xx, self.xy, self.yy

    def around(self, middle: Floats, base: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the sums of products of what differs from `middle` and `base`."""
        xx = self.xx - np.outer(self.x, middle) - np.outer(middle, self.x) + self.n * np.outer(middle, middle)
        xy = self.xy - np.outer(self.x, base) - np.outer(middle, self.y) + self.n * np.outer(middle, base)
        return xx, xy, self.yy - 2 * base * self.y + self.n * base**2


def _generalised_errors(x: Floats, y: Floats, penalties: Sequence[float]) -> Floats:
    """Return the score of generalised cross-validation, (penalties, q)."""
    left, values, _ = np.linalg.svd(x, full_matrices=False)
    centred = y - y.mean(axis=0)
    turned = left.T @ centred
    errors = []
    for penalty in penalties:
        kept = values**2 / (values**2 + len(x) * penalty)
        rest = centred - left @ (kept[:, None] * turned)
        errors.append(np.square(rest).mean(axis=0) / (1 - (kept.sum() + 1) / len(x)) ** 2)
    return np.array(errors)


def _kept(inputs: Sequence[Floats]) -> npt.NDArray[np.bool_]:
    """Return which rows a network doesn't learn from, but is stopped by."""
    if len(inputs) == 1:
        count = len(inputs[0])
        return np.arange(count) >= count - max(count // 5, 1)
    out = np.arange(len(inputs)) % 5 == min(4, len(inputs) - 1)
    return np.repeat(out, [len(rows) for rows in inputs])


def _drawn(sizes: Sequence[int], rng: np.random.Generator) -> list[Single]:
    """Draw weights (Glorot & Bengio 2010), layer by layer; biases and the last weights are 0."""
    layers: list[Single] = []
    for before, after in itertools.pairwise(sizes):
        bound = np.sqrt(6 / (before + after))
        layers.append(rng.uniform(-bound, bound, (before, after)).astype(np.float32))
        layers.append(np.zeros(after, np.float32))
    layers[-2] = np.zeros_like(layers[-2])
    return layers


def _trained(
    given: torch.Tensor,
    wanted: torch.Tensor,
    kept: npt.NDArray[np.bool_],
    layers: Sequence[Single],
    rng: np.random.Generator,
) -> tuple[list[Floats], Floats]:
    """Return the layers with the smallest error on the rows `kept`, and the mean square of that error."""
    import torch

    parameters = [torch.from_numpy(layer.copy()).requires_grad_() for layer in layers]

    def told(rows: torch.Tensor) -> torch.Tensor:
        for number in range(0, len(parameters), 2):
            rows = rows @ parameters[number] + parameters[number + 1]
            if number < len(parameters) - 2:
                rows = torch.tanh(rows)
        return rows

    learning = np.flatnonzero(~kept)
    held = torch.from_numpy(np.flatnonzero(kept))
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    best = [layer.astype(np.float64) for layer in layers]
    error, waited = torch.square(wanted[held]).mean(dim=0).double().numpy(), 0
    for _ in range(EPOCHS):
        order = rng.permutation(learning)
        for start in range(0, len(order), BATCH):
            rows = torch.from_numpy(order[start : start + BATCH])
            loss = torch.square(told(given[rows]) - wanted[rows]).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        with torch.no_grad():
            now = torch.square(told(given[held]) - wanted[held]).mean(dim=0).double().numpy()
        if now.mean() < error.mean():
            error, waited = now, 0
            best = [parameter.detach().double().numpy().copy() for parameter in parameters]
        else:
            waited += 1
            if waited >= PATIENCE:
                break
    return best, error
