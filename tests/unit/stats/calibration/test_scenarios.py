"""What the calibration scenarios promise: who causes what, how strongly, and when nothing does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats.calibration import simulate
from facelib.stats.calibration.scenarios import NOISE, RARE, SCENARIOS, SHAPES, Scenario
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.variables import as_variable

MANY = 40_000
CONTINUOUS = [name for name in SCENARIOS if SCENARIOS[name].kind == "continuous"]


def able(scenario: str, shape: str) -> bool:
    setting = SCENARIOS[scenario]
    if setting.kind == "binary" and shape in ("quadratic", "threshold"):
        return False
    return shape != "signs" or bool(setting.n_labels or setting.n_numbers)


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_tables_hold_what_is_drawn(scenario: str) -> None:
    setting = SCENARIOS[scenario]
    x, y, z = simulate(scenario, 300, rng=3)
    held = as_given(z, 300)
    assert x.shape == y.shape == (300,)
    assert (held.n_strata if setting.n_labels else 0) == setting.n_labels
    assert held.numbers.shape[1] == setting.n_numbers
    assert as_variable(x, "x").kind == setting.kind


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(list(SCENARIOS)), st.sampled_from(list(SHAPES)), st.integers(0, 999))
def test_the_seed_decides_everything(scenario: str, shape: str, seed: int) -> None:
    if not able(scenario, shape):
        with pytest.raises(BadValueError, match="choose"):
            simulate(scenario, 30, shape, 0.5, seed)  # type: ignore[arg-type]
        return
    first, again = (simulate(scenario, 30, shape, 0.5, seed) for _ in range(2))  # type: ignore[arg-type]
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    none = simulate(scenario, 30, rng=seed)
    np.testing.assert_array_equal(first[0], none[0])  # an effect changes the output only
    if SCENARIOS[scenario].output == "number":  # others show few of their changes
        assert np.array_equal(first[1], none[1]) == (shape == "none")
    elif shape == "none":
        np.testing.assert_array_equal(first[1], none[1])


@pytest.mark.parametrize("scenario", CONTINUOUS)
def test_nothing_is_left_once_what_z_causes_is_known(scenario: str) -> None:
    """X = f(Z) + noise, Y = f(Z) + noise: their difference holds both noises and nothing of Z."""
    x, y, z = simulate(scenario, MANY, rng=1)
    held = as_given(z, MANY)
    if SCENARIOS[scenario].output != "number":
        inside = [
            np.corrcoef(x[rows], y[rows])[0, 1] for rows in (held.strata == k for k in range(held.n_strata))
        ]
        assert max(map(abs, inside)) < 6 / np.sqrt(MANY / held.n_strata)
        return
    difference = x - y
    for label in range(held.n_strata):
        rows = held.strata == label
        assert abs(difference[rows].mean()) < 6 * difference[rows].std() / np.sqrt(rows.sum())
    for column in held.numbers.T:
        assert abs(np.corrcoef(difference, column)[0, 1]) < 5 / np.sqrt(MANY)
    if SCENARIOS[scenario].noise == "normal":
        assert difference.std() == pytest.approx(NOISE * np.sqrt(2), rel=0.03)


def test_outputs_are_seen_as_decisions_ties_and_probabilities() -> None:
    x, decided, _ = simulate("labels_7_rare_decision", MANY, rng=1)
    assert (x.mean(), decided.mean()) == pytest.approx((0.10, RARE), abs=0.01)
    assert set(decided) == {0.0, 1.0}
    x, tied, _ = simulate("labels_7_rare_tied", MANY, rng=1)
    assert (x.mean(), (tied == tied.max()).mean()) == pytest.approx((0.05, 1 - RARE), abs=0.01)
    assert tied.max() == 1
    _, near_one, _ = simulate("labels_7_saturated", MANY, rng=1)
    assert 0 < near_one.min() < near_one.max() <= 1
    assert np.median(near_one) > 0.98
    _, share, _ = simulate("labels_7_share", MANY, rng=1)
    assert 0 < share.min() < share.max() < 1
    assert share.mean() == pytest.approx(1 / 7, abs=0.03)
    _, y, z = simulate("labels_7_strongly_heteroscedastic", MANY, rng=1)
    spreads = sorted(y[z == label].std() for label in set(z.tolist()))
    assert spreads[-1] / spreads[0] == pytest.approx(50, rel=0.1)


@pytest.mark.parametrize(
    "scenario", ["labels_2", "labels_7", "labels_7_unequal", "number_tanh", "numbers_2_sin"]
)
def test_z_causes_both(scenario: str) -> None:
    x, y, _ = simulate(scenario, MANY, rng=1)
    assert np.corrcoef(x, y)[0, 1] > 0.2


@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_a_linear_effect_has_its_size(kind: str) -> None:
    x, y, z = simulate("none" if kind == "continuous" else "none_binary", MANY, "linear", 0.3, 2)
    assert z is None
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.3 / np.sqrt(1.09), abs=0.02)


@pytest.mark.parametrize("shape", ["linear", "quadratic", "threshold", "signs"])
def test_effects_have_the_same_size(shape: str) -> None:
    none, moved = (simulate("labels_7", MANY, s, 0.5, 2)[1] for s in ("none", shape))  # type: ignore[arg-type]
    effect = (moved - none) / NOISE
    assert effect.std() == pytest.approx(0.5, rel=0.03)
    assert effect.mean() == pytest.approx(0, abs=0.02)


def test_shapes_are_what_they_are_called() -> None:
    x = simulate("none", MANY, rng=2)[0] / NOISE
    none = simulate("none", MANY, rng=2)[1]
    quadratic = (simulate("none", MANY, "quadratic", 0.5, 2)[1] - none) / NOISE
    np.testing.assert_allclose(quadratic, 0.5 * (x**2 - 1) / np.sqrt(2), atol=1e-9)
    step = (simulate("none", MANY, "threshold", 0.5, 2)[1] - none) / NOISE
    assert len(np.unique(step.round(9))) == 2
    assert (step > 0).mean() == pytest.approx((x > 1).mean())
    spread = simulate("none", MANY, "variance", 0.5, 2)[1]
    assert np.log(np.std(spread[x > 1]) / np.std(spread[x < -1])) == pytest.approx(1.5, abs=0.2)
    assert abs(np.corrcoef(x, spread)[0, 1]) < 0.03


def test_signs_turn_with_the_label() -> None:
    x, y, z = simulate("labels_7", MANY, "signs", 1.0, 2)
    slopes = [np.corrcoef(x[z == name], y[z == name])[0, 1] for name in sorted(set(z))]
    assert [np.sign(s) for s in slopes] == [-1, 1, -1, 1, -1, 1, -1]


def test_labels_have_the_sizes_that_were_asked_for() -> None:
    equal = np.unique(simulate("labels_7", 100, rng=2)[2], return_counts=True)[1]
    unequal = np.unique(simulate("labels_7_unequal", 50, rng=2)[2], return_counts=True)[1]
    assert set(equal) == {14, 15}
    assert unequal.tolist() == [15, 11, 8, 6, 4, 4, 2]


def test_spread_depends_on_the_label_in_both() -> None:
    x, y, z = simulate("labels_7_heteroscedastic", MANY, rng=2)
    for values in (x, y):
        spreads = [values[z == name].std() for name in sorted(set(z))]
        np.testing.assert_allclose(spreads, NOISE * np.linspace(0.5, 2, 7), rtol=0.08)


def test_a_new_scenario_needs_no_registration() -> None:
    x, _, z = simulate(Scenario("mine", "12 labels", n_labels=5), 60, rng=1)
    assert len(x) == 60
    assert len(set(z)) == 5


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_labels": 9}, "at most 7 labels; got 9"),
        ({"n_labels": -1}, "number of labels"),
        ({"n_labels": 2.5}, "number of labels"),
        ({"n_labels": "two"}, "number of labels"),
        ({"n_numbers": -1}, "continuous conditioners"),
        ({"n_numbers": 1, "cause": "cubic"}, "cause is one of linear, tanh, .*; got 'cubic'"),
        ({"noise": "heavy"}, "noise is one of normal, .*; got 'heavy'"),
        ({"kind": "categorical"}, "kind of property is one of continuous, binary; got 'categorical'"),
        ({"n_labels": 3, "shares": (0.5, 0.5)}, "3 numbers above 0 that add up to 1"),
        ({"n_labels": 2, "shares": (0.5, 0.4)}, "add up to 1"),
        ({"n_labels": 2, "shares": (1.5, -0.5)}, "add up to 1"),
        ({"shares": (1.0,)}, "Shares of 0 labels"),
        ({"n_labels": 2, "shares": ("a", "b")}, "Shares of labels must be numbers"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        Scenario("mine", "my own", **settings)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="labels_7"):
        simulate("labels_8", 30)
    with pytest.raises(BadValueError, match="linear"):
        simulate("none", 30, "cubic", 1.0)  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="2 or more"):
        simulate("none", 1)
