"""Sampling ranges of what isn't identity: accessories, pose, light and more, as shares and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError
from facelib.head.gaze import FARTHEST, REACH
from facelib.head.head import BACKGROUNDS, EYE_COLOURS, HAIR, HAIR_COLOURS, Head, MolesSide, PalsyParts, Side
from facelib.head.light import LIGHTS, Light

Floats = npt.NDArray[np.float64]

WORN = {
    "asymmetry": (0.1, 0.8),
    "facial_hair": (0.15, 0.9),
    "glasses": (0.15, 1.0),
    "lens_tint": (0.2, 1.0),
    "mask": (0.7, 1.0),
    "moles": (0.3, 1.0),
    "palsy": (0.2, 1.0),
    "synkinesis": (0.2, 1.0),
    "tape": (0.5, 1.0),
    "thinning": (0.2, 0.8),
    "wires": (0.5, 1.0),
}
"""Knobs whose 0 is "not there", and the range of those that have it where a share is asked. Our choice."""

RANGES = ("electrode_size", "grey", "hair_length", "intensity", "left", "right")
"""Knobs that everyone has, drawn from a range."""

ANGLES = {"pose": ("yaw", "pitch", "roll"), "gaze": ("yaw", "pitch")}
_FARTHEST = {"pose": (90.0, 60.0, 180.0), "gaze": (FARTHEST, min(REACH["Up"], REACH["Down"]))}
CHOICES: dict[str, tuple[str, ...]] = {
    "background": BACKGROUNDS,
    "eye_colour": EYE_COLOURS,
    "hair": HAIR,
    "hair_colour": HAIR_COLOURS,
    "light": tuple(LIGHTS),
    "moles_side": get_args(MolesSide),
    "palsy_parts": get_args(PalsyParts),
    "palsy_side": get_args(Side),
}
"""Knobs with names, and the names."""

PART_OF = {
    "electrode_size": "electrodes",
    "lens_tint": "glasses",
    "moles_side": "moles",
    "palsy_parts": "palsy",
    "palsy_side": "palsy",
    "synkinesis": "palsy",
    "tape": "electrodes",
    "wires": "electrodes",
}
"""Knobs that mean nothing without another one."""


@dataclass(frozen=True)
class Amount:
    """A number that is drawn: `share` of the heads get one between `low` and `high`, the others 0."""

    low: float
    high: float
    share: float = 1.0

    def of(self, quantile: Floats) -> Floats:
        """Return the numbers at some quantiles in [0, 1): those without it first, then from low to high."""
        if self.share == 0:
            return np.zeros_like(quantile)
        inside = (quantile - (1 - self.share)) / self.share
        return np.where(inside < 0, 0.0, self.low + (self.high - self.low) * np.maximum(inside, 0))


@dataclass(frozen=True)
class Knobs:
    """Ranges and shares of what is drawn beside identity.

    Parameters
    ----------
    amounts
        By field; of pose and gaze, by field and axis: "pose_yaw".
    choices
        The names to draw from, by field.
    """

    amounts: Mapping[str, Amount]
    choices: Mapping[str, tuple[Any, ...]]


def read(also: Mapping[str, Any], electrodes: float) -> Knobs:
    """Return the knobs that `sample_heads` was asked to draw.

    Parameters
    ----------
    also
        See `sample_heads`.
    electrodes
        Share of heads with electrodes.

    Raises
    ------
    UnknownNameError
        A knob, or a name of one, that doesn't exist.
    BadValueError
        A share or range outside what is allowed, or a part of something that isn't drawn.
    """
    amounts: dict[str, Amount] = {}
    choices: dict[str, tuple[Any, ...]] = {}
    for name, asked in also.items():
        if name in ANGLES:
            amounts |= _angles(name, asked)
        elif name in CHOICES:
            choices[name] = _names(name, asked)
        elif name in WORN or name in RANGES:
            amounts[name] = _amount(name, asked)
        else:
            known = ", ".join(sorted([*ANGLES, *CHOICES, *RANGES, *WORN]))
            msg = f"Of heads can also be drawn {known}; got {name!r}."
            raise UnknownNameError(msg)
        whole = PART_OF.get(name)
        if whole and not (electrodes > 0 if whole == "electrodes" else whole in also):
            msg = f"Heads with {name} need {whole}: expected a share of {whole} too, got none. Ask for both."
            raise BadValueError(msg)
    if "palsy" in also:
        choices.setdefault("palsy_side", CHOICES["palsy_side"])
    return Knobs(amounts, choices)


def share(what: str, value: Any) -> float:
    """Return a share in [0, 1], or raise `BadValueError`."""
    if not is_number(value) or not 0 <= value <= 1:
        msg = f"The share of heads with {what} is between 0 and 1; got {value!r}."
        raise BadValueError(msg)
    return float(value)


def span(what: str, value: Any) -> tuple[float, float]:
    """Return the ends of a range, or raise `BadValueError`."""
    ends = several(value)
    if len(ends) != 2 or not all(map(is_number, ends)) or not ends[0] <= ends[1]:
        msg = f"The range of {what} is (lowest, highest); got {value!r}."
        raise BadValueError(msg)
    return float(ends[0]), float(ends[1])


def is_number(value: Any) -> bool:
    """Return whether a value is a real number, and not True or False."""
    return isinstance(value, Real) and not isinstance(value, bool)


def several(value: Any) -> tuple[Any, ...]:
    """Return the items of a list or an array, and none of anything else."""
    listed = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return tuple(value) if listed or (isinstance(value, np.ndarray) and value.ndim == 1) else ()


def _amount(name: str, asked: Any) -> Amount:
    if name in WORN and not several(asked):
        return Amount(*WORN[name], share=share(name, asked))
    low, high = span(name, asked)
    for end in (low, high):
        _allowed(name, end)
    return Amount(low, high)


def _angles(name: str, asked: Any) -> dict[str, Amount]:
    """Return the amounts of a turn: one number is for all axes, each as far as it goes."""
    axes, farthest = ANGLES[name], _FARTHEST[name]
    turns = several(asked)
    if is_number(asked):
        turns = tuple(min(asked, far) if asked <= max(farthest) else asked for far in farthest)
    fit = len(turns) == len(axes) and all(map(is_number, turns))
    if not fit or not all(0 <= turn <= far for turn, far in zip(turns, farthest, strict=True)):
        limits = ", ".join(f"{axis} {far:g}" for axis, far in zip(axes, farthest, strict=True))
        msg = (
            f"The {name} of heads is the farthest turn in degrees, one number or one for each axis, at most "
            f"{limits}; got {asked!r}."
        )
        raise BadValueError(msg)
    return {
        f"{name}_{axis}": Amount(-float(turn), float(turn)) for axis, turn in zip(axes, turns, strict=True)
    }


def _names(name: str, asked: Any) -> tuple[Any, ...]:
    options = (asked,) if isinstance(asked, str | Light) else several(asked)
    if not options or any(option in options[:i] for i, option in enumerate(options)):
        msg = (
            f"The {name} of heads is drawn from different names of {', '.join(CHOICES[name])}; got {asked!r}."
        )
        raise BadValueError(msg)
    for option in options:
        _allowed(name, option)
    return options


def _allowed(name: str, value: Any) -> None:
    """Raise the error of `Head` if a head can't have a value."""
    fields: dict[str, Any] = {name: value}
    Head(**fields)
