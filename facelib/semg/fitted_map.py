"""The base of both maps between muscles and faces: settings, weights, a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadModelError, BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import regression
from facelib.semg.muscles import CHANNELS
from facelib.semg.regression import Kind, Single
from facelib.utilities.files import explained, written_whole

Floats = npt.NDArray[np.float64]
Scale = Literal["plain", "logit"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SCALES: Final[tuple[Scale, ...]] = get_args(Scale)
LEAST_ROWS: Final = 60
"""Rows that a fit needs."""
TINIEST: Final = 1e-6
"""Face units are kept within this distance of 0 and 1 before the logarithm of their odds is taken."""

_HEAD: Final = "facelib_semg_map"


@dataclass(frozen=True, eq=False)
class Map:
    """A fitted map from rows to rows; see `EMG2Expression` and `Expression2EMG`.

    Parameters
    ----------
    kind
        "ridge" (linear, closed form) or "mlp" (and what a small network adds to it).
    inputs, outputs
        Names of its columns.
    context
        Frames that it sees around each.
    scale
        How face units are taken: "plain", or "logit": the logarithm of their odds, for what a network read,
        whose scores crowd near 0 and 1.
    unit, rate
        Of the envelopes it was fitted to, and frames a second.
    weights
        float32 arrays by name, see `facelib.semg.regression`.
    rest
        Envelopes (one per channel) that are taken for a face at rest.
    rows, left_out, clips
        Rows it was fitted to, rows left out for a NaN in them or in their context, and clips.
    penalty
        Of ridge regression for each output.
    seed
        Of the network.
    """

    direction: ClassVar[str] = ""

    kind: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    context: tuple[int, ...]
    scale: Scale
    unit: str
    rate: float
    weights: Mapping[str, Single] = field(repr=False)
    rest: tuple[float, ...] = field(repr=False)
    rows: int
    left_out: int
    clips: int
    penalty: tuple[float, ...] = field(repr=False)
    seed: int = 0

    def save(self, path: str | Path) -> Path:
        """Write the map as one safetensors file, whole or not at all; settings are JSON in its head.

        Raises
        ------
        WriteError
            If the file can't be written: most likely the disk is full.
        """
        from safetensors.numpy import save

        target = Path(path)
        settings = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "weights"}
        text = json.dumps({"direction": self.direction, **settings}, ensure_ascii=False)
        content = save({name: np.array(array) for name, array in self.weights.items()}, {_HEAD: text})
        with explained(target), written_whole(target) as file:
            file.write(content)
        return target

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a map that was saved; nothing in the file is run.

        Raises
        ------
        BadModelError
            It is no file of such a map.
        """
        from safetensors import SafetensorError, safe_open

        source = Path(path)
        if not source.is_file():
            msg = f"There is no file {source}."
            raise BadModelError(msg)
        try:
            with safe_open(source, "np") as file:
                settings = json.loads((file.metadata() or {})[_HEAD])
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            direction = settings.pop("direction")
            if direction != cls.direction:
                msg = f"{source.name} maps {direction}; {cls.__name__} reads maps {cls.direction}."
                raise BadModelError(msg)
            lists = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
            loaded = cls(**{**settings, **lists}, weights=weights)
            _check_weights(loaded)
        except (
            SafetensorError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            json.JSONDecodeError,
        ) as error:
            if isinstance(error, BadModelError):
                raise
            msg = f"{source.name} holds no map that facelib saved: {error}."
            raise BadModelError(msg) from error
        return loaded

    @classmethod
    def fitted(cls, inputs: Sequence[Floats], outputs: Sequence[Floats], given: Given, told: Told) -> Self:
        """Fit a map to rows of each clip."""
        if given.kind not in KINDS:
            msg = f"A map is {' or '.join(KINDS)}; got {given.kind!r}."
            raise BadValueError(msg)
        if given.scale not in SCALES:
            msg = f"Face units are taken {' or '.join(SCALES)}; got {given.scale!r}."
            raise BadValueError(msg)
        x, y, left_out = _complete(inputs, outputs, given.context)
        rows = sum(len(part) for part in x)
        if rows < LEAST_ROWS:
            msg = (
                f"A map needs {LEAST_ROWS} rows without NaN, two seconds; there are {rows}, and {left_out} "
                "were left out. Check the clips with facelib.semg.check."
            )
            raise BadValueError(msg)
        made = regression.ridge(x, y) if given.kind == "ridge" else regression.mlp(x, y, given.seed)
        return cls(
            given.kind, told.inputs, told.outputs, given.context, given.scale, told.unit, told.rate,
            MappingProxyType(dict(made.weights)), told.rest, rows, left_out, len(x), made.penalty, given.seed,
        )  # fmt: skip

    def slopes(self) -> Floats:
        """Return how much each output changes per unit of each input held for the whole context, (p, q).

        The linear part alone; of face units that are taken as odds, in these.
        """
        slope = self.weights["slope"].astype(np.float64) / self.weights["scale"][:, None]
        wide = slope.reshape(len(self.context), len(self.inputs), -1)
        return np.asarray(wide.sum(axis=0), np.float64)

    def mapped(self, rows: Floats) -> Floats:
        """Return the map's predictions for rows (n, inputs), each seen with its context: (n, outputs)."""
        return regression.apply(self.weights, regression.with_context(rows, self.context))


@dataclass(frozen=True)
class Given:
    """Settings of a fit."""

    kind: Kind
    context: tuple[int, ...]
    scale: Scale
    seed: int


@dataclass(frozen=True)
class Told:
    """Facts about the training data that a map keeps."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    unit: str
    rate: float
    rest: tuple[float, ...]


def _complete(
    inputs: Sequence[Floats], outputs: Sequence[Floats], context: Sequence[int]
) -> tuple[list[Floats], list[Floats], int]:
    """Return the rows of each clip that have no NaN, with their context, and how many were left out."""
    x, y, left_out = [], [], 0
    for before, after in zip(inputs, outputs, strict=True):
        wide = regression.with_context(before, context)
        whole = np.isfinite(wide).all(axis=1) & np.isfinite(after).all(axis=1)
        left_out += int((~whole).sum())
        if whole.any():
            x.append(wide[whole])
            y.append(after[whole])
    return x, y, left_out


def scaled(units: Floats, scale: Scale) -> Floats:
    """Return face units as they are, or the logarithm of their odds."""
    if scale == "plain":
        return units
    inside = units.clip(TINIEST, 1 - TINIEST)
    return np.asarray(np.log(inside / (1 - inside)))


def back(values: Floats, scale: Scale) -> Floats:
    """Return face units, 0 … 1, of what `scaled` returned."""
    inside = values.clip(0, 1) if scale == "plain" else 1 / (1 + np.exp(-values.clip(-50, 50)))
    return np.asarray(inside, np.float64)


def _check_weights(model: Map) -> None:
    """Raise `BadModelError` unless all arrays of a map are there and fit each other."""
    wide = len(model.inputs) * len(model.context)
    shapes = {name: array.shape for name, array in model.weights.items()}
    layers = [shapes[f"weight{n}"] for n in range(sum(name.startswith("weight") for name in shapes))]
    out = len(model.outputs)
    good = shapes.get("slope") == (wide, out) and shapes.get("base") == (out,)
    if model.kind == "mlp":
        ends = bool(layers) and layers[0][0] == wide and layers[-1][1] == out
        good = good and ends and all(shapes.get(f"bias{n}") == (shape[1],) for n, shape in enumerate(layers))
    known = set(model.inputs) | set(model.outputs) <= {*FACE_UNITS, *CHANNELS}
    settings = model.kind in KINDS and model.scale in SCALES
    if not (good and known and settings and shapes.get("mean") == shapes.get("scale") == (wide,)):
        msg = f"The weights {shapes} don't fit a map of {wide} inputs and {len(model.outputs)} outputs."
        raise BadModelError(msg)
