"""One test of one pair: every kind of data with every test, what is refused, what is said."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats.calibration import level_note
from facelib.stats.independence import TESTS, TestResult, independence_grid, independence_test
from facelib.stats.independence.threads import available, one_blas_thread, threaded

N = 60
LABEL = np.array(["happy", "sad", "angry"])[np.arange(N) % 3]
DRAWS = {"n_permutations": 199}
SURE = 0.021  # p of a clear effect over 60 faces, by any test and 199 permutations


def draws(method: str) -> dict[str, Any]:
    return DRAWS if TESTS[method].null == "permutation" else {}


def data(x: str, y: str, z: str, *, linked: bool = True) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(5)
    number = rng.standard_normal(N)
    shift = np.array([0.0, 2.0, -1.0])[np.arange(N) % 3] * (z in ("labels", "both"))
    shift = shift + number * (z in ("numbers", "both"))
    own = rng.standard_normal(N)
    code = np.digitize(own, [-0.5, 0.5])
    kinds: dict[str, Any] = {
        "continuous": 40 + 10 * (own + shift),
        "binary": own > 0,
        "categorical": np.array(["bald", "short", "long"])[code],
    }
    cause = {"continuous": own, "binary": 2.0 * (own > 0), "categorical": 1.5 * code}[x]
    output = shift + 2.5 * linked * cause + 0.3 * rng.standard_normal(N)
    outputs = {"scalar": output, "vector": np.column_stack([output, rng.standard_normal(N), 3 - output])}
    given = {
        "labels": LABEL,
        "numbers": number,
        "both": {"label": LABEL, "number": number},
        "none": None,
    }
    return kinds[x], outputs[y], given[z]


CASES = [
    (method, x, y, z)
    for method in TESTS
    for x in ("continuous", "binary", "categorical")
    for y in ("scalar", "vector")
    for z in ("labels", "numbers", "both", "none")
]


@pytest.mark.parametrize(("method", "x", "y", "z"), CASES)
def test_every_kind_of_data(method: str, x: str, y: str, z: str) -> None:
    values = data(x, y, z)
    if z in ("numbers", "both") and "continuous" not in TESTS[method].conditioners:
        with pytest.raises(BadValueError, match="holds labels fixed, not numbers"):
            independence_test(*values, method)
        return
    result = independence_test(*values, method, **draws(method))
    assert result.p_value < SURE
    assert 0 < abs(result.effect) <= 1
    assert np.isfinite(result.statistic)
    assert (result.method, result.n, result.seed) == (method, N, 0)
    assert any("one picture per person" in note for note in result.notes)
    if result.null == "permutation":
        assert result.p_interval is not None
        low, high = result.p_interval
        assert 0 <= low <= result.p_value <= high <= 1
        assert result.p_value >= 1 / 200
        assert result.n_permutations == 199
    else:
        assert result.p_interval is None
        assert result.n_permutations is None


@pytest.mark.parametrize("method", TESTS)
def test_what_is_unrelated_is_not_found(method: str) -> None:
    result = independence_test(*data("continuous", "scalar", "labels", linked=False), method, **draws(method))
    assert result.p_value > 0.01


@pytest.mark.one_case
@pytest.mark.parametrize("method", TESTS)
def test_the_same_call_gives_the_same_result(method: str) -> None:
    values = data("continuous", "scalar", "labels", linked=False)
    first, second = (independence_test(*values, method, 3, **draws(method)) for _ in range(2))
    assert first == second
    assert first.seed == 3


def test_a_result_is_frozen_and_carries_what_was_set() -> None:
    result = independence_test(*data("continuous", "scalar", "labels"), "rcot", features=4)
    assert isinstance(result, TestResult)
    assert result.parameters == {"repeats": 9, "features": 4, "features_z": 100}
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.p_value = 0.0  # type: ignore[misc]


@pytest.mark.one_case
@pytest.mark.parametrize("method", TESTS)
@pytest.mark.parametrize("constant", ["x", "y"])
@pytest.mark.parametrize("where", ["for all faces", "within every label"])
def test_constant_input_has_no_p(method: str, constant: str, where: str) -> None:
    rng = np.random.default_rng(1)
    numbers: dict[str, Any] = {"x": rng.standard_normal(N), "y": rng.standard_normal(N)}
    inside = where == "within every label"
    same = np.where(LABEL == "sad", 0.7, 0.1) if inside else np.full(N, 0.1)
    result = independence_test(**(numbers | {constant: same}), z=LABEL if inside else None, method=method)
    assert np.isnan(result.p_value)
    assert np.isnan(result.statistic)
    assert np.isnan(result.effect)
    assert result.p_interval is None
    assert result.notes[0] == f"Not testable: {constant} is the same {where}."


@pytest.mark.parametrize("method", TESTS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_values_are_refused(method: str, bad: float) -> None:
    x, y, z = np.random.default_rng(2).standard_normal((3, N))
    broken = x.copy()
    broken[7] = bad
    cases: list[tuple[Any, Any, Any]] = [
        (broken, y, None), (x, broken, None), (x, y, broken), (x, np.c_[y, broken], z > 0),
    ]  # fmt: skip
    for values in cases:
        with pytest.raises(BadValueError, match=r"1 of \d+ are missing"):
            independence_test(*values, method)


@pytest.mark.parametrize("method", TESTS)
def test_too_few_faces_are_refused(method: str) -> None:
    x, y = np.random.default_rng(3).standard_normal((2, 8))
    with pytest.raises(BadValueError, match="at least 8 faces; got 7"):
        independence_test(x[:7], y[:7], None, method)
    assert 0 < independence_test(x, y, None, method, **draws(method)).p_value <= 1


def test_lengths_must_agree() -> None:
    x, y, z = data("continuous", "scalar", "labels")
    with pytest.raises(BadValueError, match="different lengths: x 59, y 60"):
        independence_test(x[:-1], y, z)
    with pytest.raises(BadValueError, match="there are 60 faces"):
        independence_test(x, y, z[:-1])
    with pytest.raises(BadValueError, match="there are 60 faces"):
        independence_test(x, y, z, person=np.arange(59))


def test_more_labels_than_faces_can_fill() -> None:
    x, y, _ = data("continuous", "scalar", "none")
    with pytest.raises(BadValueError, match="31 labels for 60 faces"):
        independence_test(x, y, [f"label {i % 31}" for i in range(N)])


def test_an_unknown_test_names_the_nearest_or_all() -> None:
    values = data("continuous", "scalar", "labels")
    with pytest.raises(UnknownNameError, match="Did you mean kcit"):
        independence_test(*values, "kcti")
    with pytest.raises(UnknownNameError) as error:
        independence_test(*values, "??")
    assert all(name in str(error.value) for name in TESTS)


@pytest.mark.parametrize("method", TESTS)
def test_an_unknown_parameter_names_the_known(method: str) -> None:
    with pytest.raises(BadValueError, match="has the parameters") as error:
        independence_test(*data("continuous", "scalar", "labels"), method, bandwidth=3)
    assert all(field.name in str(error.value) for field in dataclasses.fields(TESTS[method]))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"seed": "today"}, "seed"),
        ({"n_permutations": 0}, "permutations"),
        ({"n_permutations": 9.5}, "permutations"),
        ({"null": "exact"}, "null is"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        independence_test(*data("continuous", "scalar", "labels"), "partial_correlation", **wrong)


def test_too_few_permutations_for_a_level_are_said() -> None:
    values = data("continuous", "scalar", "labels")
    notes = [
        " ".join(independence_test(*values, "chsic", n_permutations=count).notes)
        for count in (9, 19, 98, 99, 100)
    ]
    assert "The smallest possible p is 0.1: it can't be significant at 0.05." in notes[0]
    assert "The smallest possible p is 0.05: it can't be significant at 0.05." in notes[1]
    for at_the_level in notes[2:4]:  # a test rejects where p < alpha: 99 permutations never reach p < .01
        assert "The smallest possible p is 0.01: it can't be significant at 0.01." in at_the_level
    assert "smallest possible" not in notes[4]


@pytest.mark.parametrize("method", ["partial_correlation", "chsic"])
def test_permutations_that_are_not_drawn_are_said(method: str) -> None:
    values = data("continuous", "scalar", "labels")
    given = " ".join(independence_test(*values, method, n_permutations=200).notes)
    assert ("n_permutations has no effect" in given) == (TESTS[method].null == "analytic")
    left_to_the_test = " ".join(independence_test(*values, method).notes)
    assert "n_permutations" not in left_to_the_test


def test_few_orders_limit_p_too() -> None:
    x = np.arange(8.0)
    result = independence_test(x, x + 0.01 * x**2, np.repeat(list("abcd"), 2), "chsic")
    assert result.p_value > 0.04  # 2⁴ orders
    assert any("So few faces per label" in note for note in result.notes)
    assert any("The smallest possible p is 0.062" in note for note in result.notes)


@pytest.mark.parametrize("method", TESTS)
def test_every_test_can_be_permuted_inside_labels(method: str) -> None:
    values = data("continuous", "scalar", "labels")
    result = independence_test(*values, method, null="permutation", n_permutations=99)
    assert result.null == "permutation"
    assert result.p_value == pytest.approx(0.01)


@pytest.mark.parametrize("method", [name for name in TESTS if TESTS[name].null == "permutation"])
def test_an_analytic_null_that_is_not_there_is_refused(method: str) -> None:
    with pytest.raises(BadValueError, match="An analytic null isn't available here"):
        independence_test(*data("continuous", "scalar", "labels"), method, null="analytic")


def test_persons_leave_no_analytic_null() -> None:
    values = data("continuous", "scalar", "labels")
    person = np.arange(N) // 6
    with pytest.raises(BadValueError, match="rows repeat persons"):
        independence_test(*values, "kcit", null="analytic", person=person)
    result = independence_test(*values, "kcit", person=person, n_permutations=99)
    assert result.null == "permutation"
    assert result.n == 30
    assert not any("one picture per person" in note for note in result.notes)


@pytest.mark.parametrize("method", ["kcit", "rcot", "partial_correlation"])
def test_where_a_level_is_known_not_to_hold_it_is_said(method: str) -> None:
    rng = np.random.default_rng(4)
    x, y, number = rng.standard_normal((3, 200))
    result = independence_test(x, y, number, method)
    expected = level_note(method, 200, n_labels=1, n_numbers=1)
    assert (expected in result.notes) == (expected is not None)


@pytest.mark.parametrize("method", ["kcit", "rcot"])
def test_two_faces_a_label_are_too_few_for_an_analytic_null(method: str) -> None:
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((2, N))
    pairs = np.array([f"label {i // 2}" for i in range(N)])
    result = independence_test(x, y, pairs, method)
    assert any("With 2.0 faces per label" in note and 'null="permutation"' in note for note in result.notes)
    exact = independence_test(x, y, pairs, method, null="permutation", n_permutations=99)
    assert not any("faces per label" in note for note in exact.notes)


def test_threads_keep_order_and_raise_the_first_error() -> None:
    assert threaded(lambda i: i * i, range(20), 4) == [i * i for i in range(20)]
    assert threaded(lambda i: i, [], 4) == []
    with pytest.raises(ZeroDivisionError):
        threaded(lambda i: 1 // i, [2, 0, 1], 2)
    assert 1 <= available() <= (os.cpu_count() or 1)


def test_blas_threads_are_restored_when_the_last_leaves() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    def counts() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(2, "blas"):
        before = counts()
        with one_blas_thread():
            with one_blas_thread():
                assert counts() == {1}
            assert counts() == {1}
        assert counts() == before


def test_what_is_rare_limits_p_and_is_named(rng: np.random.Generator) -> None:
    bearded, y = np.arange(60) == 7, rng.standard_normal(60)
    notes = independence_test(bearded, y, None, "chsic").notes
    assert "x is so rare that its p can't go below 0.017." in notes
    assert not any("so rare" in note for note in independence_test(np.arange(60) % 2, y, None, "chsic").notes)
    grid = independence_grid({"beard": bearded}, {"happy": y}, methods=["chsic"], n_permutations=9999)
    assert "beard is so rare that its p can't go below 0.017." in grid["notes"].item()
