"""Calibration of the tests: level and power, measured where the truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.stats.calibration.measure import p_values
    from facelib.stats.calibration.scenarios import simulate
    from facelib.stats.calibration.sentences import order_sentence, reference_sentence
    from facelib.stats.calibration.table import level_sentence, load_table, nearest

# Imported when asked for: the tests read the table, and what measures them reads the tests.
__all__ = [
    "level_sentence",
    "load_table",
    "nearest",
    "order_sentence",
    "p_values",
    "reference_sentence",
    "simulate",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
