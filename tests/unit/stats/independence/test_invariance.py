"""All seven tests: row order, units and names change nothing, p is in (0, 1], and bad input is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib.errors import FacelibError
from facelib.stats.independence import TESTS, TestResult, independence_test
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import as_variable

N = 40
NAMES = {"a": "z", "b": "q", "c": "m"}
FEW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SINGLE_PRECISION = 1e-5
"""RCoT given numbers: cosines have single precision, and a ridge of 1e-10 amplifies rounding."""


def outcome(method: str, x: Any, y: Any, z: Any, **more: Any) -> TestResult:
    count: dict[str, Any] = {"n_permutations": 19} if TESTS[method].null == "permutation" else {}
    return independence_test(x, y, z, method, **count, **more)


@st.composite
def faces(draw: st.DrawFn, method: str) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    numbers = "continuous" in TESTS[method].conditioners
    held = draw(st.sampled_from(["none", "labels", *(("numbers", "both") if numbers else ())]))
    label = rng.permutation(np.repeat(["a", "b", "c"], [17, 13, 10]))
    number, own = rng.standard_normal((2, N))
    x: Any = {
        "continuous": own,
        "tied": np.round(2 * own),
        "binary": (own > 0) * 1.0,
        "categorical": np.array(["r", "g", "b"])[np.digitize(own, [-0.4, 0.4])],
    }[draw(st.sampled_from(["continuous", "tied", "binary", "categorical"]))]
    noise = rng.standard_normal((N, 2))
    y: Any = {"scalar": noise[:, 0], "vector": noise, "binary": (noise[:, 0] > 0.2) * 1.0}[
        draw(st.sampled_from(["scalar", "vector", "binary"]))
    ]
    z: Any = {"none": {}, "labels": {"l": label}, "numbers": {"n": number}, "both": {"l": label, "n": number}}
    return x, y, z[held]


@pytest.mark.thorough
@pytest.mark.parametrize("method", TESTS)
@FEW
@given(st.data())
def test_order_units_and_names_change_nothing(method: str, data: st.DataObject) -> None:
    x, y, z = data.draw(faces(method))
    first = outcome(method, x, y, z)
    assert 0 < first.p_value <= 1
    order = np.random.default_rng(data.draw(st.integers(0, 10**6))).permutation(N)
    scale, shift = data.draw(st.sampled_from([(1, 0), (1e-6, 0), (250, -1e4)]))
    if x.dtype.kind == "f":
        x = scale * x + shift
    renamed = {name: np.array([NAMES[v] for v in z[name]]) if name == "l" else 7 * z[name] - 2 for name in z}
    renamed = {name: column[order] for name, column in renamed.items()}
    second = outcome(method, x[order], (0.02 * y + 5)[order], renamed)
    near = SINGLE_PRECISION if method == "rcot" and "n" in z else 1e-9
    assert second.p_value == pytest.approx(first.p_value, rel=near)
    assert second.statistic == pytest.approx(first.statistic, rel=near, abs=1e-12)
    assert second.effect == pytest.approx(first.effect, abs=max(near, 1e-7))
    assert second.notes == first.notes


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["partial_correlation", "kcit"])
@FEW
@given(st.data())
def test_turning_a_variable_round_changes_no_analytic_p(method: str, data: st.DataObject) -> None:
    x, y, z = data.draw(faces(method))
    first, second = outcome(method, x, y, z), outcome(method, x, -y, z)
    assert second.p_value == pytest.approx(first.p_value, rel=1e-9)
    assert abs(second.effect) == pytest.approx(abs(first.effect), abs=1e-9)


@pytest.mark.one_case
@pytest.mark.parametrize("method", TESTS)
def test_a_surrogate_is_the_statistic_of_moved_data(method: str) -> None:
    """What makes a permutation null exact: nothing in a surrogate depends on the observed order."""
    rng = np.random.default_rng(1)
    label = np.repeat(["a", "b", "c"], [17, 13, 10])
    x = rng.standard_normal(N)
    xs = (as_variable(x, "x"), as_variable(x > 0, "flag"), as_variable(rng.choice(list("rgb"), N), "hair"))
    ys = (as_variable(x**2 + rng.standard_normal(N), "y"), as_variable(rng.standard_normal((N, 2)), "vector"))
    question = Problem(xs, ys, as_given(label, N), seed=2)
    prepared = TESTS[method]().prepare(question)
    orders = WithinStrata(question.given.bounds, 3).draw(3)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        moved = Problem(tuple(v.take(order) for v in xs), ys, question.given, seed=2)
        again = TESTS[method]().prepare(moved).extreme
        np.testing.assert_allclose(found[b], again, rtol=1e-6, atol=1e-9 * np.abs(again).max())


ROWS = 12
NUMBERS = np.random.default_rng(0).standard_normal(ROWS)
WITH_GAPS = np.where(np.arange(ROWS) % 5 == 1, np.nan, NUMBERS)
TEXT = np.array(list("abcdabcdabcd"))
GOOD: list[Any] = [NUMBERS, NUMBERS[::-1] ** 2, TEXT, np.arange(ROWS) % 3, np.c_[NUMBERS, NUMBERS**2]]
ODD: list[Any] = [
    None, 3, 2**70, "text", b"bytes", object(), [], {}, set(), {1, 2}, range(ROWS), iter(range(ROWS)),
    WITH_GAPS, np.where(np.isnan(WITH_GAPS), np.inf, NUMBERS), [float("nan")] * ROWS, [None] * ROWS,
    NUMBERS[:-1], np.zeros(ROWS), np.ones(ROWS, bool), np.full(ROWS, 1e308), NUMBERS * 3e307,
    NUMBERS * 1e-320,    np.r_[1e308, -1e308, NUMBERS[2:]], np.arange(ROWS) / 1e17 + 1, [10**400, 1, 2] * 4,
    np.zeros((ROWS, 2)), np.zeros((ROWS, 0)), np.zeros((0, 3)), np.zeros((2, ROWS)), np.eye(ROWS),
    np.random.default_rng(1).standard_normal((ROWS, ROWS + 3)), np.zeros((ROWS, 1, 1)),
    [[1, 2], [3]] * 6, [1, [2]] * 6, [np.array([1, 2])] * ROWS, [frozenset()] * ROWS, [("a", 1)] * ROWS,
    np.array([1, "a", None, 2.5] * 3, object), np.array([1, "a", 3, 2.5] * 3, object),
    ["a", float("nan")] * 6, [True, None] * 6, [f"face {i}" for i in range(ROWS)],
    np.array([b"a", b"b"] * 6), NUMBERS + 1j,
    np.array(["2020-01-01"] * ROWS, "M8[D]"), np.arange(ROWS).astype("m8[s]"),
    pd.Series(NUMBERS, index=range(5, 5 + ROWS)), pd.Series(["a", "b", None] * 4),
    pd.Series(["a", "b", "c"] * 4, dtype="category"), pd.Series([1, 2, None] * 4, dtype="Int64"),
    pd.DataFrame({"a": NUMBERS, "b": TEXT}), pd.DataFrame(np.c_[NUMBERS, NUMBERS], columns=["a", "a"]),
    {"a": NUMBERS, "b": TEXT}, {"a": NUMBERS[:3], "b": TEXT}, {"a": 3}, {"a": np.eye(ROWS)},
    np.ma.masked_array(NUMBERS, NUMBERS > 0), pd.MultiIndex.from_product([[1, 2], range(6)]),
    np.zeros(ROWS, dtype=[("a", float)]), np.full(ROWS, 2**63, dtype=np.uint64), (v for v in NUMBERS),
]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("method", TESTS)
@settings(FEW, max_examples=120)
@given(st.data())
def test_any_input_gives_a_p_a_reason_or_an_error_of_ours(method: str, data: st.DataObject) -> None:
    some = st.one_of(st.sampled_from(GOOD), st.sampled_from(ODD))
    x, y, z = data.draw(some), data.draw(some), data.draw(st.one_of(st.none(), some))
    person = data.draw(st.one_of(st.none(), some))
    try:
        result = outcome(method, x, y, z, person=person)
    except FacelibError:
        return
    if np.isnan(result.p_value):
        assert result.notes[0].startswith("Not testable")
        return
    assert 0 < result.p_value <= 1
    assert np.isfinite(result.statistic)


@pytest.mark.parametrize(("method", "place"), [(m, p) for m in TESTS for p in ("x", "y", "z", "person")])
def test_odd_input_in_every_place(method: str, place: str) -> None:
    """Each odd thing alone beside good data: never another exception, never certainty about noise."""
    rng = np.random.default_rng(3)
    for odd in ODD:
        values: dict[str, Any] = {"x": rng.standard_normal(ROWS), "y": rng.standard_normal(ROWS), "z": None}
        values[place] = odd
        try:
            result = outcome(method, **values)
        except FacelibError:
            continue
        assert np.isnan(result.p_value) or 1e-4 < result.p_value <= 1
