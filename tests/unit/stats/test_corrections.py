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
from facelib.stats.corrections import CORRECTIONS, adjust

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def slow_holm(p: list[float]) -> list[float]:
    """p_(i) · (m - i + 1), made monotone from the smallest on."""
    m, result, so_far = len(p), [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p[i])):
        so_far = max(so_far, (m - rank) * p[index])
        result[index] = min(1.0, so_far)
    return result


@pytest.mark.thorough
@given(P)
def test_holm_is_the_formula(p: list[float]) -> None:
    np.testing.assert_allclose(adjust(p, "holm"), slow_holm(p), rtol=1e-12, atol=1e-300)


@pytest.mark.thorough
def test_statsmodels_and_scipy_agree(rng: np.random.Generator) -> None:
    p = (rng.random(480) ** 3).round(3)  # with ties
    np.testing.assert_allclose(adjust(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-12)
    np.testing.assert_allclose(adjust(p, "bh"), false_discovery_control(p, method="bh"), rtol=1e-12)


@pytest.mark.thorough
@given(P, st.data())
def test_what_is_not_testable_is_no_part_of_the_family(p: list[float], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(p)))
    gap = [*p[:where], math.nan, *p[where:]]
    for name in CORRECTIONS:
        corrected = adjust(gap, name)
        assert np.isnan(corrected[where])
        np.testing.assert_array_equal(np.delete(corrected, where), adjust(p, name))


def test_a_table_is_one_family(rng: np.random.Generator) -> None:
    p = rng.random((6, 4))
    for name in CORRECTIONS:
        corrected = adjust(p, name)
        assert corrected.shape == (6, 4)
        np.testing.assert_array_equal(corrected.ravel(), adjust(p.ravel(), name))


def test_nothing_testable_stays_nothing() -> None:
    assert np.isnan(adjust([math.nan, math.nan], "bh")).all()
    assert adjust([], "holm").shape == (0,)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: adjust([0.2, 1.3], "holm"), "between 0 and 1"),
        (lambda: adjust([0.2, -0.1], "bh"), "between 0 and 1"),
        (lambda: adjust(["a"], "bh"), "must be numbers"),
        (lambda: adjust([10**400], "holm"), "must be numbers"),
        (lambda: adjust([0.2], "bonferoni"), "holm, bh"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)
