"""Checks of arguments: numbers within their range, enough of them, none missing."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError

Floats = npt.NDArray[np.float64]


_TRUTHS = {"true": True, "yes": True, "ja": True, "1": True,
           "false": False, "no": False, "nein": False, "0": False, "": False}  # fmt: skip


def as_flag(value: object) -> bool | None:
    """Return a truth value as tables write it; what is empty is false. None: it is none.

    >>> as_flag("Yes"), as_flag(0.0), as_flag(float("nan")), as_flag("perhaps")
    (True, False, False, None)
    """
    if value is None or (isinstance(value, Real) and np.isnan(float(value))):
        return False
    if isinstance(value, str):
        return _TRUTHS.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | np.bool_ | Real) and value in {0, 1} else None


def as_floats(values: Any, what: str) -> Floats:
    """Return `values` as float64, or raise `BadValueError` if they aren't finite real numbers."""
    array = as_reals(values, what)
    missing = int((~np.isfinite(array)).sum())
    if missing:
        msg = (
            f"{what} must be finite; {missing} of {array.size} are missing, NaN or infinite. Leave them out."
        )
        raise BadValueError(msg)
    return array


def as_reals(values: Any, what: str) -> Floats:
    """Return `values` as float64, NaN and infinity among them, or raise `BadValueError`."""
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":  # complex numbers and text would be converted silently
            raise TypeError
        return given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        msg = f"{what} must be numbers; got {_culprit(values)}."
        raise BadValueError(msg) from None


def _culprit(values: Any) -> str:
    """Return type and look of the first value of an array that is no number; of anything else as a whole."""
    some = values.ravel().tolist() if isinstance(values, np.ndarray) else [values]
    worst = next((value for value in some if not _reads(value)), some[0])
    return f"{type(worst).__name__}: {f'{worst!r}':.60}"


def _reads(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def as_series(p: Any) -> Floats:
    """Return one series (n,) or k series (n, k) as float64 (n, k), n >= 2 and k >= 1.

    >>> as_series([0.1, 0.2]).shape
    (2, 1)
    """
    array = as_floats(p, "Outputs along the strengths")
    if array.ndim not in (1, 2):
        msg = f"Outputs along the strengths have shape (n,) or (n, k); got {array.shape}."
        raise BadValueError(msg)
    if len(array) < 2 or array.size == 0:
        msg = f"Outputs are needed at 2 strengths or more, at least one output each; got shape {array.shape}."
        raise BadValueError(msg)
    return array.reshape(len(array), -1)


def as_list(values: Any, what: str, least: int) -> Floats:
    """Return `values` as float64 (m,) with m >= `least`."""
    array = as_floats(values, what)
    if array.ndim != 1 or len(array) < least:
        msg = f"{what} have shape (m,) with m >= {least}; got {array.shape}."
        raise BadValueError(msg)
    return array


def as_number(value: Any, what: str) -> float:
    """Return `value` as one float, or raise `BadValueError`."""
    array = as_floats(value, what)
    if array.ndim:
        msg = f"{what} must be one number; got shape {array.shape}."
        raise BadValueError(msg)
    return float(array)


def as_share(value: Any, what: str) -> float:
    """Return `value` as a float strictly between 0 and 1, or raise `BadValueError`."""
    number = as_number(value, what)
    if not 0.0 < number < 1.0:
        msg = f"{what} lies strictly between 0 and 1; got {value!r}."
        raise BadValueError(msg)
    return number


def as_count(value: Any, what: str, least: int = 1) -> int:
    """Return `value` as a whole number of at least `least`, or raise `BadValueError`."""
    number = as_number(value, what)
    if number != int(number) or number < least:
        msg = f"{what} must be a whole number, {least} or more; got {value!r}."
        raise BadValueError(msg)
    return int(number)


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
