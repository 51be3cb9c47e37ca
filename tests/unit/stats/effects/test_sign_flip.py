"""The sign-flip test over identities."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from facelib.errors import BadValueError
from facelib.stats import sign_flip
from facelib.stats.effects.signflip import smallest_p

WHOLE = st.lists(st.integers(-6, 6), min_size=1, max_size=7)  # many ties


def slow_p(d: list[float], alternative: str) -> float:
    """Go through all 2^n sign patterns, with the plain sum."""

    def extreme(total: float) -> float:
        return {"two-sided": abs(total), "less": -total, "greater": total}[alternative]

    observed = extreme(sum(d))
    patterns = list(itertools.product([1, -1], repeat=len(d)))
    hits = sum(
        extreme(sum(sign * x for sign, x in zip(pattern, d, strict=True))) >= observed - 1e-9
        for pattern in patterns
    )
    return hits / len(patterns)


@pytest.mark.thorough
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@given(d=WHOLE)
def test_all_patterns_are_the_formula(alternative: str, d: list[float]) -> None:
    test = sign_flip(d, alternative=alternative)
    assert test.p_value == slow_p(d, alternative)
    assert (test.exact, test.p_interval, test.n_flips) == (True, (test.p_value, test.p_value), 2 ** len(d))


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("n", [3, 7, 12])
def test_scipy_agrees(alternative: str, n: int, rng: np.random.Generator) -> None:
    d = rng.normal(0.4, 1, n)
    oracle = permutation_test(
        (d,),
        np.mean,
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
        vectorized=True,
    )
    assert sign_flip(d, alternative=alternative).p_value == pytest.approx(oracle.pvalue, rel=1e-12)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_random_patterns_come_close_to_all(alternative: str, rng: np.random.Generator) -> None:
    d = rng.normal(0.25, 1, 14)
    exact = sign_flip(d, alternative=alternative)
    drawn = sign_flip(d, alternative=alternative, exact_up_to=0, n_flips=20_000, seed=3)
    assert not drawn.exact
    assert drawn.p_interval[0] <= exact.p_value <= drawn.p_interval[1]
    assert (drawn.p_value * 20_001) % 1 == pytest.approx(0, abs=1e-6)


def test_columns_share_their_flips(rng: np.random.Generator) -> None:
    d = rng.normal(size=(30, 5))
    together = sign_flip(d, seed=5)
    for column in range(5):
        alone = sign_flip(d[:, column], seed=5)
        assert together.p_value[column] == alone.p_value
        assert alone.p_max == alone.p_value
    assert together.n_flips == 9999


@pytest.mark.parametrize("alternative", ["two-sided", "less"])
def test_the_largest_statistic_by_hand(alternative: str, rng: np.random.Generator) -> None:
    d = rng.normal(-0.5, 1, (8, 4)) * [1, 10, 0.1, 3]
    signs = np.array(list(itertools.product([1, -1], repeat=8)))
    null = (signs[:, :, None] * d).sum(axis=1) / np.sqrt((d**2).sum(axis=0))
    null = np.abs(null) if alternative == "two-sided" else -null
    observed = null[0]  # the first pattern flips nothing
    expected = [np.mean(null.max(axis=1) >= value - 1e-12) for value in observed]
    test = sign_flip(d, alternative=alternative)
    np.testing.assert_allclose(test.p_max, expected, rtol=1e-12)
    assert (test.p_max >= test.p_value).all()


def test_missing_identities_change_only_their_columns(rng: np.random.Generator) -> None:
    d = rng.normal(0.4, 1, (9, 3))
    d[[2, 5], 1] = math.nan
    test = sign_flip(d)
    assert test.n.tolist() == [9, 7, 9]
    for column in range(3):
        kept = d[~np.isnan(d[:, column]), column]
        assert test.p_value[column] == pytest.approx(slow_p(kept.tolist(), "two-sided"), rel=1e-12)


def test_a_column_without_anyone_is_not_testable(rng: np.random.Generator) -> None:
    d = np.column_stack([rng.normal(1, 1, 8), np.full(8, math.nan)])
    test = sign_flip(d)
    assert np.isnan([test.p_value[1], test.p_max[1], *test.p_interval[:, 1]]).all()
    assert test.p_max[0] == sign_flip(d[:, 0]).p_value
    nobody = sign_flip([math.nan, math.nan])
    assert math.isnan(nobody.p_value)
    assert nobody.n == 0


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip([0.0] * 9).p_value == 1.0
    assert sign_flip([0.0] * 40, alternative="less").p_value == 1.0
    assert sign_flip([0.3]).p_value == 1.0
    assert sign_flip([0.1, 0.2, -0.3]).p_value == 1.0  # the sum is 5e-17, not 0


@pytest.mark.thorough
@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=9),
    st.sampled_from([1e-8, 0.25, 3.0, 1e6]),
    st.randoms(use_true_random=False),
)
def test_scale_and_order_do_not_matter(d: list[float], factor: float, random) -> None:  # type: ignore[no-untyped-def]
    p = sign_flip(d).p_value
    shuffled = list(d)
    random.shuffle(shuffled)
    assert sign_flip(shuffled).p_value == p
    assert sign_flip([factor * x for x in d]).p_value == p
    assert (
        sign_flip([-x for x in d], alternative="less").p_value == sign_flip(d, alternative="greater").p_value
    )
    assert p > 0


@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 60])
@pytest.mark.parametrize("alternative", ["two-sided", "less"])
def test_the_smallest_p_is_reached(n: int, alternative: str) -> None:
    test = sign_flip(-1 - np.arange(n) / 7, alternative=alternative, n_flips=999)
    smallest = smallest_p(n, alternative, 999)
    assert test.p_value >= smallest
    if n <= 16 or n == 60:
        assert test.p_value == smallest


def test_the_same_seed_gives_the_same_p(rng: np.random.Generator) -> None:
    d = rng.normal(0.3, 1, 40)
    assert sign_flip(d, seed=1).p_value == sign_flip(d, seed=1).p_value
    assert sign_flip(d, seed=1).p_value != sign_flip(d, seed=2).p_value
    assert sign_flip(d, seed=1).seed == 1


def test_twelve_hundred_columns_are_quick_enough_to_be_live(rng: np.random.Generator) -> None:
    test = sign_flip(
        rng.normal(size=(60, 1200)), n_flips=1999
    )  # in blocks: no array of flips × columns × faces
    assert test.p_value.shape == (1200,)
    assert 0.02 < np.mean(test.p_value <= 0.05) < 0.09


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sign_flip([]), "at least one identity"),
        (lambda: sign_flip(np.zeros((2, 2, 2))), "(n,) or (n, m)"),
        (lambda: sign_flip([0.1, math.inf]), "1 are infinite"),
        (lambda: sign_flip(["a"]), "must be numbers"),
        (lambda: sign_flip([0.1], alternative="lower"), "two-sided, less, greater"),
        (lambda: sign_flip([0.1], n_flips=0), "whole number"),
        (lambda: sign_flip([0.1], seed=-1), "whole number"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("alternative", ["two-sided", "less"])
def test_a_column_with_few_identities_is_exact_beside_one_with_many(
    alternative: str, rng: np.random.Generator
) -> None:
    d = rng.normal(-0.5, 1, (20, 5))
    d[4:, 1] = d[:13, 2] = d[7:, 3] = math.nan
    d[:4, 1] = [-0.1, -0.2, -0.3, -0.4]
    for seed in range(20):
        test = sign_flip(d, alternative=alternative, n_flips=999, seed=seed)
        assert test.exact.tolist() == [False, True, True, True, False]
        for column in (1, 2, 3):
            alone = sign_flip(d[~np.isnan(d[:, column]), column], alternative=alternative)
            assert test.p_value[column] == pytest.approx(alone.p_value, rel=1e-12)
            assert test.p_interval[:, column].tolist() == [test.p_value[column]] * 2
        whole = sign_flip(d[:, [0, 4]], alternative=alternative, n_flips=999, seed=seed)
        assert test.n_flips == 999
        assert (test.p_max >= test.p_value).all()
        if seed == 0:  # as many columns in a block as in the flips of the whole
            np.testing.assert_array_equal(test.p_value[[0, 4]], whole.p_value)


def test_masked_differences_are_missing() -> None:
    hidden = np.ma.array([0.1, 0.2, -5.0, 0.3, 0.2], mask=[False, False, True, False, False])
    assert (sign_flip(hidden).p_value, sign_flip(hidden).n) == (0.125, 4)


def test_numbers_beyond_floats_and_other_options_are_named() -> None:
    with pytest.raises(BadValueError, match="must be numbers"):
        sign_flip([10**400, 1])
    with pytest.raises(BadValueError, match="two-sided, less, greater"):
        sign_flip([0.1, 0.2], alternative=np.array(["less", "greater"]))  # type: ignore[arg-type]
