"""The base of both maps between muscles and faces: settings, weights, a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadModelError, BadValueError
from facelib.semg import regression
from facelib.semg.muscles import CHANNELS
from facelib.semg.parameters.columns import Groups, checked_groups, grouped, listed
from facelib.semg.parameters.tools import are_face_units, whose
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
        How face units, or other parameters within 0 … 1, are taken: "plain", or "logit": the logarithm of
        their odds, for what a network read, whose scores crowd near 0 and 1.
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
    groups
        Group to its columns, of the face's parameters.
    centre, spread
        Mean and standard deviation of the face's parameters over the rows of the fit, by which they were
        scaled; empty where they are face units, which have a scale of their own, 0 … 1.
    """

    direction: ClassVar[str] = ""
    face_side: ClassVar[Literal["inputs", "outputs"]] = "outputs"

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
    groups: Groups = field(default_factory=dict, repr=False)
    centre: tuple[float, ...] = field(default=(), repr=False)
    spread: tuple[float, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        names = self.parameters  # files of earlier versions have no groups
        object.__setattr__(self, "groups", grouped(names, self.groups or None))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the face's parameters: of the columns that aren't channels."""
        return self.outputs if self.face_side == "outputs" else self.inputs

    @property
    def of_face_units(self) -> bool:
        """Whether all parameters are face units, by which a head can move."""
        return are_face_units(self.parameters)

    def save(self, path: str | Path) -> Path:
        """Write the map as one safetensors file, whole or not at all; settings are JSON in its head.

        Raises
        ------
        WriteError
            If the file can't be written: most likely the disk is full.
        """
        from safetensors.numpy import save

        target = Path(path)
        names = [one.name for one in fields(self) if one.name != "weights"]
        settings = {name: getattr(self, name) for name in names}
        settings["groups"] = dict(self.groups)
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
            RecursionError,
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
            empty = [*_empty(inputs, told.inputs), *_empty(outputs, told.outputs)]
            why = f" No row has a number of {listed(empty)}." if empty else ""
            msg = (
                f"A map needs {LEAST_ROWS} rows without NaN, two seconds; there are {rows}, and {left_out} "
                f"were left out.{why} Check the clips with facelib.semg.check."
            )
            raise BadValueError(msg)
        made = regression.ridge(x, y) if given.kind == "ridge" else regression.mlp(x, y, given.seed)
        return cls(
            given.kind, told.inputs, told.outputs, given.context, given.scale, told.unit, told.rate,
            MappingProxyType(dict(made.weights)), told.rest, rows, left_out, len(x), made.penalty, given.seed,
            told.groups, told.centre, told.spread,
        )  # fmt: skip

    def slopes(self) -> Floats:
        """Return how much each output changes per unit of each input held for the whole context, (p, q).

        The linear part alone, in the units of the columns; of those that are taken as odds, in these.
        """
        slope = self.weights["slope"].astype(np.float64) / self.weights["scale"][:, None]
        wide = slope.reshape(len(self.context), len(self.inputs), -1).sum(axis=0)
        if self.spread:
            size = np.asarray(self.spread)
            wide = wide * size if self.face_side == "outputs" else wide / size[:, None]
        return np.asarray(wide, np.float64)

    def taken(self, parameters: Floats) -> Floats:
        """Return the face's parameters (n, k) as the map takes them: their odds, their scale."""
        return standardised(scaled(parameters, self.scale), self.centre, self.spread)

    def given_back(self, values: Floats) -> Floats:
        """Return the face's parameters (n, k) of what the map gives: the inverse of `taken`."""
        if not self.spread:
            return back(values, self.scale)
        own = values * np.asarray(self.spread) + np.asarray(self.centre)
        return own if self.scale == "plain" else back(own, self.scale)

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
    groups: Groups
    centre: tuple[float, ...]
    spread: tuple[float, ...]


def moments(
    rows: Sequence[Floats], names: Sequence[str], scale: Scale
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each parameter in the rows of a fit; of face units nothing.

    Parameters
    ----------
    rows
        (n, k) of each clip, before any scaling.
    names
        Of the columns.
    scale
        As in `Map`.

    Raises
    ------
    BadValueError
        If a column has no number, is the same in all rows, or leaves 0 … 1 and is to be taken as odds.
    """
    if are_face_units(names):
        return (), ()
    every = np.concatenate(rows)
    there = np.isfinite(every)
    if empty := [name for name, known in zip(names, there.T, strict=True) if not known.any()]:
        msg = f"No row has a number of {listed(empty)}: leave it out."
        raise BadValueError(msg, hint=_LEAVE)
    low, high = np.nanmin(every, axis=0), np.nanmax(every, axis=0)
    if scale == "logit" and not ((low >= 0) & (high <= 1)).all():
        place = int(np.argmax((low < 0) | (high > 1)))
        msg = (
            f"Odds are those of numbers from 0 to 1; {names[place]} goes from {low[place]:.3g} to "
            f"{high[place]:.3g}. Take {whose(names)} plain."
        )
        raise BadValueError(msg, hint='In Python: scale="plain".')
    values = scaled(every, scale)
    centre, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    same = spread <= regression.STILL * np.maximum(1.0, np.abs(centre))
    if same.any():
        constant = [f"{names[int(place)]} ({low[place]:.3g})" for place in np.flatnonzero(same)]
        msg = (
            f"The same number in all rows of the fit: {listed(constant)}. Nothing can be learnt of a column "
            "that doesn't change: leave it out."
        )
        raise BadValueError(msg, hint=_LEAVE)
    return tuple(centre.tolist()), tuple(spread.tolist())


_LEAVE: Final = "In Python: units=, with the names of the others."


def standardised(rows: Floats, centre: Sequence[float], spread: Sequence[float]) -> Floats:
    """Return rows by their distance from the centre in spreads; without these, as they are."""
    return np.asarray((rows - np.asarray(centre)) / np.asarray(spread)) if spread else rows


def _empty(rows: Sequence[Floats], names: Sequence[str]) -> list[str]:
    known = [bool(there.any()) for there in np.isfinite(np.concatenate(rows)).T]
    return [name for name, there in zip(names, known, strict=True) if not there]


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
    channels = model.inputs if model.face_side == "outputs" else model.outputs
    known = set(channels) <= set(CHANNELS) and not set(model.parameters) & set(CHANNELS)
    checked_groups(model.groups)
    settings = model.kind in KINDS and model.scale in SCALES and _scales_fit(model)
    if not (good and known and settings and shapes.get("mean") == shapes.get("scale") == (wide,)):
        msg = f"The weights {shapes} don't fit a map of {wide} inputs and {len(model.outputs)} outputs."
        raise BadModelError(msg)


def _scales_fit(model: Map) -> bool:
    """Return whether the scales of parameters are those of such columns: numbers, and none for face units."""
    count = 0 if model.of_face_units else len(model.parameters)
    scales = np.array([model.centre, model.spread], np.float64)
    return scales.shape == (2, count) and bool(np.isfinite(scales).all() and (scales[1] > 0).all())
