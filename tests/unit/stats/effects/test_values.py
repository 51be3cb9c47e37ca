"""Effects on values: with bounds they are judged as probabilities are, without by intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from facelib.errors import BadValueError
from facelib.stats import contrast, effects_over_faces, few_people, fewest_people

SIZED = (
    "mean",
    "median",
    "sd",
    "low",
    "high",
    "delta",
    "verdict_low",
    "verdict_high",
    "room",
    "smallest_found",
)
SAME = ("p", "p_holm", "g", "betting_p", "room_share", "beyond_falls", "beyond_rises", "fewest")
WORDS = ("verdict", "verdict_half", "verdict_double")


def table(starts: Any, changes: Any, column: str = "value", run: str = "palsy") -> pd.DataFrame:
    """Return the tidy table of one output of people."""
    rows = [
        (f"p{i}", run, strength, "net", "valence", start + strength * change)
        for i, (start, change) in enumerate(zip(starts, changes, strict=True))
        for strength in (0.0, 1.0)
    ]
    return pd.DataFrame(rows, columns=["face", "intervention", "strength", "classifier", "label", column])


def people(count: int, spread: float, mean: float, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0.3, 0.7, count)
    return starts, np.clip(mean + spread * rng.standard_normal(count), -0.3, 0.3)


@pytest.mark.parametrize("interim", [False, True])
@pytest.mark.parametrize("summary", ["difference", "slope"])
@pytest.mark.parametrize(("count", "spread", "mean"), [(40, 0.01, 0.0), (60, 0.08, -0.2), (12, 0.05, 0.02)])
def test_bounded_values_are_judged_as_probabilities_are(
    count: int, spread: float, mean: float, summary: Any, interim: bool
) -> None:
    """A scale from a to b is a probability that is stretched: nothing but the numbers' size may change."""
    starts, changes = people(count, spread, mean)
    low, span = -3.0, 8.0
    options: dict[str, Any] = {"alternative": "less", "summary": summary, "interim": interim}
    plain = effects_over_faces(table(starts, changes, "probability"), delta=0.1, **options).iloc[0]
    found = effects_over_faces(
        table(low + span * starts, span * changes),
        value="value",
        bounds=(low, low + span),
        delta=0.1 * span,
        **options,
    ).iloc[0]
    assert found["span"] == span
    for name in SIZED:
        np.testing.assert_allclose(found[name], span * plain[name], rtol=2e-3, atol=2e-3, err_msg=name)
    for name in SAME:
        np.testing.assert_allclose(found[name], plain[name], rtol=1e-6, atol=1e-9, err_msg=name)
    assert [found[name] for name in WORDS] == [plain[name] for name in WORDS]


def test_bounded_values_take_bets_and_room_and_unbounded_ones_have_none() -> None:
    starts, changes = people(40, 0.0, 0.0)
    bounded = effects_over_faces(table(starts, changes), value="value", bounds=(0, 1), delta=0.1).iloc[0]
    free = effects_over_faces(
        table(starts, changes + 1e-3 * np.tile([1, -1], 20)), value="value", delta=0.1
    ).iloc[0]
    assert bounded["betting_p"] < 0.05
    assert bounded["verdict"] == free["verdict"] == "does not matter at δ"
    assert math.isnan(free["betting_p"])
    assert math.isnan(free["room"])
    assert math.isnan(free["span"])
    near_the_end = effects_over_faces(
        table(starts * 0.05, changes), value="value", bounds=(0, 1), delta=0.1, alternative="less"
    ).iloc[0]
    assert near_the_end["verdict"] == "cannot fall that far"
    assert (
        "cannot fall"
        not in effects_over_faces(
            table(starts * 0.05, changes + 1e-3 * np.tile([1, -1], 20)),
            value="value",
            delta=0.1,
            alternative="less",
        ).iloc[0]["verdict"]
    )


def test_few_who_change_by_much_are_found_out_by_bets_alone() -> None:
    """Thirty still people: the interval is inside, and the bets leave it open, on whatever scale."""
    starts, changes = people(30, 0.001, 0.0)
    bounded = effects_over_faces(table(starts, changes), value="value", bounds=(0, 1), delta=0.1).iloc[0]
    assert bounded["verdict"] == "cannot tell"
    assert "within ± 1" in bounded["notes"]
    stretched = effects_over_faces(
        table(10 * starts, 10 * changes), value="value", bounds=(0, 10), delta=1.0
    ).iloc[0]
    assert "within ± 10" in stretched["notes"]


@pytest.mark.one_case
@pytest.mark.parametrize("factor", [12.0, 1 / 365])
def test_without_bounds_the_unit_does_not_matter(factor: float) -> None:
    """Ages in years, months or centuries: the same verdicts from the same people."""
    starts, changes = people(31, 0.02, -0.04)
    years = effects_over_faces(table(40 + starts, changes), value="value", delta=0.06).iloc[0]
    other = effects_over_faces(
        table(factor * (40 + starts), factor * changes), value="value", delta=0.06 * factor
    ).iloc[0]
    assert [years[name] for name in WORDS] == [other[name] for name in WORDS]
    assert years["fewest"] == other["fewest"] == fewest_people(0.1) == 29
    assert years["verdict"] == "does not matter at δ"


def test_without_bounds_few_people_are_judged_by_student_s_t() -> None:
    """Below 20 people the interval is Student's, from scipy."""
    starts, changes = people(16, 0.5, 1.0)
    changes = changes + np.linspace(0.5, 2.0, 16)
    found = effects_over_faces(table(30 + starts, changes), value="value", delta=0.4).iloc[0]
    assert found["interval_method"] == "t"
    low, high = scipy_stats.t.interval(0.9, 15, changes.mean(), scipy_stats.sem(changes))
    np.testing.assert_allclose((found["verdict_low"], found["verdict_high"]), (low, high))
    assert found["verdict"] == "matters"


def test_a_look_before_the_end_gives_no_verdict_without_bounds() -> None:
    starts, changes = people(60, 0.01, 0.0)
    found = effects_over_faces(table(starts, changes), value="value", delta=0.1, interim=True).iloc[0]
    assert found["verdict"] == ""
    assert math.isnan(found["low"])
    assert math.isnan(found["p"])


def test_values_against_a_control_keep_their_scale() -> None:
    starts, changes = people(50, 0.01, -0.2)
    both = pd.concat([table(starts, changes), table(starts, changes / 2, run="both sides")])
    found = contrast(both, "palsy", "both sides", value="value", bounds=(-1, 1), delta=0.05).iloc[0]
    assert found["verdict"] == "matters"
    np.testing.assert_allclose(found["room"], (starts + changes / 2 + 1).mean(), rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"value": "value"}, "margin of a value is in its units and has to be said"),
        ({"value": "value", "delta": 0.1, "bounds": (1, 0)}, "two numbers, the lower one first"),
        ({"value": "value", "delta": 0.1, "bounds": (0, 1, 2)}, "two numbers, the lower one first"),
        ({"value": "value", "delta": 0.1, "bounds": (0.45, 0.55)}, "lie beyond the bounds 0.45 … 0.55"),
        ({"value": "probability", "bounds": (0, 1)}, "Bounds are of values"),
        ({"value": "years", "delta": 1}, 'is "probability", "logit" or "value"'),
    ],
)
def test_what_cannot_be_asked_is_refused(options: dict[str, Any], why: str) -> None:
    starts, changes = people(12, 0.05, 0.0)
    both = table(starts, changes).assign(probability=0.5, years=1.0)
    with pytest.raises(BadValueError, match=why):
        effects_over_faces(both, **options)


@given(span=st.floats(0.1, 1e4), share=st.floats(0.01, 0.9))
@settings(max_examples=60, deadline=None)
def test_the_floor_of_people_goes_by_the_share_of_the_scale(span: float, share: float) -> None:
    scaled, plain = fewest_people(share * span, span=span), fewest_people(share)
    assert abs(scaled - plain) <= 1  # but for rounding
    said = few_people(scaled, share * span, span=span)
    assert "does not matter" not in said
    assert f"needs at least {scaled}" in few_people(scaled - 1, share * span, span=span)
