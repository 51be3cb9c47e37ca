"""Verdicts over faces: one interval against a margin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from facelib.errors import BadValueError
from facelib.stats import equivalence, few_people, mean_distribution
from facelib.stats.effects.betting import equivalence_p
from facelib.stats.effects.equivalence import left_open

ENDS = st.floats(-1, 1)


@pytest.mark.parametrize("mean", [-0.12, -0.05, 0.0, 0.04, 0.099])
def test_students_version_is_statsmodels_tost(mean: float, rng: np.random.Generator) -> None:
    d = rng.normal(mean, 0.1, 15)
    found = equivalence(d, 0.10)
    oracle, _, _ = DescrStatsW(d).ttost_mean(-0.10, 0.10)
    inside = -0.10 <= found.interval[0] <= found.interval[1] <= 0.10
    assert inside == (oracle <= 0.05)
    assert (found.method, found.n, found.delta, found.alpha) == ("t", 15, 0.10, 0.05)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [15, 60])
def test_the_verdict_is_that_of_interval_and_bets(n: int, rng: np.random.Generator) -> None:
    seen = set()
    for mean in np.linspace(0.0, 0.16, 25):
        d = mean + 0.05 * rng.exponential(size=n) - 0.05
        found = equivalence(d, 0.10, n_bootstrap=1999)
        inside = -0.10 <= found.interval[0] <= found.interval[1] <= 0.10
        bets = bool(equivalence_p(d[:, None], 0.10)[0] <= 0.05)
        assert (found.verdict == "does not matter at δ") == (inside and n >= 29 and bets)
        undecided = found.verdict == "cannot tell"
        assert bool(found.note) == (undecided and (n < 29 or (inside and not bets)))
        low, high = mean_distribution(d, n_bootstrap=1999).interval(0.90)
        assert found.interval == (low[0], high[0])
        seen.add(found.verdict)
    assert len(seen) >= 2


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("d", "verdict", "half", "double", "addition"),
    [
        ([-0.61, -0.55, -0.70], "matters", "matters", "matters", ""),
        ([0.13, 0.14, 0.15, 0.16], "matters", "matters", "does not matter at δ", ""),
        (
            [0.055, 0.06, 0.065, 0.07],
            "does not matter at δ",
            "matters",
            "does not matter at δ",
            "detectable, but smaller than δ",
        ),
        ([-0.01, 0.01, 0.02, -0.02], *["does not matter at δ"] * 3, ""),
        ([-5, 6, 1, -3], *["cannot tell"] * 3, ""),
        ([0.08, 0.10, 0.12], "cannot tell", "matters", "does not matter at δ", ""),
    ],
)
def test_verdicts(d: list[float], verdict: str, half: str, double: str, addition: str) -> None:
    found = equivalence(d * (480 // len(d)))
    assert (found.verdict, found.verdict_half, found.verdict_double) == (verdict, half, double)
    assert found.addition == addition
    few = equivalence(d[:2])
    assert {few.verdict, few.verdict_half, few.verdict_double} == {"cannot tell"}


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.integers(-50, 50).map(lambda x: x / 100), min_size=2, max_size=12),
    st.integers(1, 50).map(lambda x: x / 100),
)
def test_a_wider_margin_never_makes_more_of_an_effect(d: list[float], delta: float) -> None:
    order = ["matters", "cannot tell", "does not matter at δ"]
    found = equivalence(d, delta)
    ranks = [order.index(v) for v in (found.verdict_half, found.verdict, found.verdict_double)]
    if ranks[0] == 2:
        assert ranks == [2, 2, 2]
    if ranks[2] == 0:
        assert ranks == [0, 0, 0]
    assert not (found.addition and found.verdict != "does not matter at δ")
    mirrored = equivalence([-x for x in d], delta)
    assert (mirrored.verdict, mirrored.detectable) == (found.verdict, found.detectable)


def test_without_spread_there_is_a_verdict() -> None:
    few = equivalence([0.05] * 40)
    assert (few.verdict, few.note) == ("cannot tell", left_open(few.betting_p, 0.10))
    same = equivalence([0.05] * 80)
    assert (same.verdict, same.detectable) == ("does not matter at δ", True)


@pytest.mark.parametrize("value", [0.0, 0.2, -0.4])
def test_without_spread_few_identities_tell_nothing(value: float) -> None:
    for n in (2, 5):
        few = equivalence([value] * n)
        assert (few.verdict, few.verdict_half, few.verdict_double) == ("cannot tell",) * 3
        assert (few.detectable, few.addition) == (False, "")
        assert few.note == f"the differences of {n} identities are all the same number; {few_people(n, 0.1)}"
    assert equivalence([value] * 33).verdict != "cannot tell"
    assert equivalence([value] * 33).note == ""
    assert bool(equivalence([value] * 32).note) == (value == 0)
    assert (equivalence([value] * 6).verdict == "matters") == (value != 0)
    assert equivalence([0.1, 0.2]).note == few_people(2, 0.10)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: equivalence([0.1, 0.2], 0.0), "above 0"),
        (lambda: equivalence([0.1, 0.2], alpha=0.5), "below .5"),
        (lambda: equivalence([0.1, 0.2], alpha=0.0), "strictly between"),
        (lambda: equivalence([[0.1], [0.2]]), "(2, 1)"),
        (lambda: equivalence([[1, 2], [3]]), "must be numbers"),
        (lambda: equivalence([0.1] * 10 + [0.2] * 10, n_bootstrap=99), "needs 400 resamples"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadValueError) as caught:
        call()
    assert words in str(caught.value)
