"""Tests of independence of an output and a property given the label, one file per test."""

from __future__ import annotations

from facelib.stats.independence.base import TESTS, IndependenceTest, Prepared, register
from facelib.stats.independence.grid import COLUMNS, independence_grid
from facelib.stats.independence.kcit.kcit import Kcit
from facelib.stats.independence.partial_correlation import PartialCorrelation
from facelib.stats.independence.permutation.chsic import Chsic
from facelib.stats.independence.permutation.cmiknn import Cmiknn
from facelib.stats.independence.permutation.within_dcov import WithinDcov
from facelib.stats.independence.permutation.within_rff import WithinRff
from facelib.stats.independence.rcot import Rcot
from facelib.stats.independence.result import TestResult
from facelib.stats.independence.shares import share_significant
from facelib.stats.independence.single import independence_test
from facelib.utilities.lazy import listing

__all__ = [
    "COLUMNS",
    "TESTS",
    "Chsic",
    "Cmiknn",
    "IndependenceTest",
    "Kcit",
    "PartialCorrelation",
    "Prepared",
    "Rcot",
    "TestResult",
    "WithinDcov",
    "WithinRff",
    "independence_grid",
    "independence_test",
    "register",
    "share_significant",
]

__dir__ = listing(__all__)
