"""Corrections for many tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust, adjusted

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def slow_holm(p: list[float]) -> list[float]:
    """p_(i) · (m - i + 1), made monotone from the smallest on."""
    m, result, so_far = len(p), [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p[i])):
        so_far = max(so_far, (m - rank) * p[index])
        result[index] = min(1.0, so_far)
    return result


def slow_fdr(p: list[float], dependent: bool) -> list[float]:
    """p_(i) · m / i (· Σ 1/j), made monotone from the largest on."""
    m, result, so_far = len(p), [0.0] * len(p), 1.0
    factor = sum(1 / j for j in range(1, m + 1)) if dependent else 1.0
    order = sorted(range(m), key=lambda i: p[i])
    for rank in range(m, 0, -1):
        index = order[rank - 1]
        so_far = min(so_far, p[index] * m * factor / rank)
        result[index] = so_far
    return result


def slow_max(observed: list[float], null: list[list[float]]) -> list[float]:
    counts = [sum(max(row) >= value for row in null) for value in observed]
    return [(count + 1) / (len(null) + 1) for count in counts]


@pytest.mark.thorough
@given(P)
def test_holm_and_false_discovery_rates_are_the_formulas(p: list[float]) -> None:
    np.testing.assert_allclose(adjust(p, "holm"), slow_holm(p), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(adjust(p, "bh"), slow_fdr(p, dependent=False), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(adjust(p, "by"), slow_fdr(p, dependent=True), rtol=1e-12, atol=1e-300)


@pytest.mark.thorough
def test_statsmodels_and_scipy_agree(rng: np.random.Generator) -> None:
    p = (rng.random(480) ** 3).round(3)  # with ties
    for ours, theirs in {"holm": "holm", "bh": "fdr_bh", "by": "fdr_by"}.items():
        np.testing.assert_allclose(adjusted(p)[f"p_{ours}"], multipletests(p, method=theirs)[1], rtol=1e-12)
    np.testing.assert_allclose(adjust(p, "bh"), false_discovery_control(p, method="bh"), rtol=1e-12)
    np.testing.assert_allclose(adjust(p, "by"), false_discovery_control(p, method="by"), rtol=1e-12)


@pytest.mark.thorough
@given(P, st.data())
def test_what_is_not_testable_is_no_part_of_the_family(p: list[float], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(p)))
    gap = [*p[:where], math.nan, *p[where:]]
    for name, corrected in adjusted(gap).items():
        assert np.isnan(corrected[where])
        np.testing.assert_array_equal(np.delete(corrected, where), adjusted(p)[name])


def test_a_table_is_one_family(rng: np.random.Generator) -> None:
    p = rng.random((6, 4))
    for name, corrected in adjusted(p).items():
        assert corrected.shape == (6, 4)
        np.testing.assert_array_equal(corrected.ravel(), adjusted(p.ravel())[name])


def test_nothing_testable_stays_nothing() -> None:
    assert np.isnan(adjust([math.nan, math.nan], "by")).all()
    assert adjust([], "holm").shape == (0,)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adjust([0.2, 1.3], "holm"), "between 0 and 1"),
        (lambda: adjust([0.2, -0.1], "bh"), "between 0 and 1"),
        (lambda: adjust(["a"], "bh"), "must be numbers"),
        (lambda: adjust([10**400], "holm"), "must be numbers"),
        (lambda: adjust([0.2], "bonferoni"), "holm, bh, by"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)
