"""Is an output independent of a property given the label? One file a test."""

from __future__ import annotations

from facelib.stats.independence.base import TESTS, IndependenceTest
from facelib.stats.independence.outcome import TestResult
from facelib.stats.independence.partial_correlation import PartialCorrelation
from facelib.stats.independence.single import independence_test

__all__ = ["TESTS", "IndependenceTest", "PartialCorrelation", "TestResult", "independence_test"]
