"""Sequential colour ramp for amounts: colour-blind safe, and monotone in grey."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

RAMP: Final = (
    "#fbf6e4", "#fbe3a2", "#fbc04f", "#f7962b", "#e8682f", "#c73f4c", "#982766", "#5f1a6d", "#2a0f4e",
)  # fmt: skip
"""From nothing to all."""


def painted(values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Return the colours of shares 0 … 1 as RGBA, uint8 (..., 4); NaN is transparent.

    Examples
    --------
    >>> painted([0.0, 1.0, np.nan]).tolist()
    [[251, 246, 228, 255], [42, 15, 78, 255], [0, 0, 0, 0]]
    """
    shares = np.asarray(values, np.float64)
    finite = np.isfinite(shares)
    at = np.where(finite, shares, 0.0).clip(0, 1) * (len(RAMP) - 1)
    stops = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in RAMP], np.float64)
    result = np.zeros((*shares.shape, 4), np.uint8)
    for channel in range(3):
        result[..., channel] = np.round(np.interp(at, np.arange(len(RAMP)), stops[:, channel]))
    result[..., 3] = 255
    result[~finite] = 0
    return result
