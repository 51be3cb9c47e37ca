"""What fields and options accept: numbers within their range, whole numbers, none missing."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from facelib.errors import BadValueError


def checked(what: str, value: Any, low: float, high: float) -> float:
    """Return `value` as a float in [low, high], or raise `BadValueError`: what was expected, what came."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        msg = f"Expected {what} between {low:g} and {high:g}; got {value!r}."
        raise BadValueError(msg)
    return number + 0.0  # −0.0 becomes 0.0, so that equal heads have equal keys


def whole(rule: str, value: Any, low: int, high: float = math.inf) -> int:
    """Return `value` as a whole number in [low, high], or raise `BadValueError`: the rule, what came."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not low <= value <= high or value == math.inf or value != int(value):
        msg = f"{rule}; got {value!r}."
        raise BadValueError(msg)
    return int(value)
