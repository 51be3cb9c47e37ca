"""The strand pattern of hair cards: which parts of a ribbon are hair, and which are gaps."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

_GAPS = (
    (0, 0.06, 0.2, 0.5, 0.8, 1.0),
    (1.0, 0.70, 0.30, 0.32, 0.50, 0.85),
)  # place along a wisp, share of gaps
_PATTERN = 32  # cells along and across
STRANDED = 8  # variants that run out into strands; as many tufts follow, then a whole one and an empty one
WHOLE, EMPTY = 2 * STRANDED, 2 * STRANDED + 1


def strand_pattern() -> npt.NDArray[np.uint8]:
    """Return how dearly each spot (variant, along, across) of a ribbon keeps its hair, 0 … 255."""
    rng = np.random.default_rng(9)
    table = np.zeros((EMPTY + 1, _PATTERN, _PATTERN), np.uint8)
    across = (np.arange(_PATTERN) + 0.5) / _PATTERN
    centre = 1 - np.abs(2 * across - 1) ** 2
    for variant in range(2 * STRANDED):
        tuft = variant >= STRANDED
        # low waves make tufts, higher ones single strands; the middle of a ribbon keeps its hair longest
        waves = [(rng.normal(), f, rng.random()) for f in ((1, 2) if tuft else (1, 2, 4, 6, 9))]
        curve = sum(
            (a * np.sin(2 * np.pi * (f * across + b)) / f**0.3 for a, f, b in waves), np.zeros(_PATTERN)
        )
        rank = np.argsort(np.argsort(curve)) / (_PATTERN - 1)
        share = 0.15 if tuft else 0.55
        table[variant] = np.round(255 * (share * rank + (1 - share) * centre))[None, :]
    table[WHOLE] = np.round(255 * np.clip(1.3 * centre, 0, 1) ** 0.25)[None, :]
    return table


@cache
def strand_gaps(size: int) -> npt.NDArray[np.uint8]:
    """Return the value (along,) of the pattern from which on there is hair; small pictures have few gaps."""
    along = (np.arange(_PATTERN) + 0.5) / _PATTERN
    share = np.interp(along, *_GAPS) * np.clip(size / 320, 0.4, 1.0)
    gaps = np.asarray(np.round(255 * share), np.uint8)
    gaps.flags.writeable = False
    return gaps
