"""Bad input is refused with what was expected, what came and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facelib.errors import BadValueError
from facelib.stats import leave_one_kind_out, local_verdict, property_gradient, reference_rank, shuffle_test
from facelib.utilities.checks import as_count, as_number, as_share

SERIES = (property_gradient, shuffle_test)
LISTS: tuple[Callable[[Any], Any], ...] = (
    local_verdict,
    lambda values: reference_rank(0.5, values, ["blur"] * len(values)),
    lambda values: leave_one_kind_out(
        values, ["blur", "crop"] * (len(values) // 2) + ["crop"] * (len(values) % 2)
    ),
)
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=True)


@given(
    values=hnp.arrays(np.float64, st.integers(2, 30), elements=NUMBERS),
    bad=st.sampled_from([np.nan, np.inf, -np.inf]),
    place=st.integers(0, 29),
    function=st.sampled_from([*SERIES, *LISTS]),
)
def test_a_missing_or_infinite_number_is_refused(
    values: np.ndarray, bad: float, place: int, function: Callable[[Any], Any]
) -> None:
    values[place % len(values)] = bad
    with pytest.raises(
        BadValueError, match=rf"must be finite; 1 of {len(values)} are missing, NaN or infinite"
    ):
        function(values)


@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    function=st.sampled_from(SERIES),
)
def test_a_series_has_one_or_two_axes_and_two_strengths(
    shape: tuple[int, ...], function: Callable[[Any], Any]
) -> None:
    if len(shape) in (1, 2) and shape[0] >= 2 and min(shape) >= 1:
        function(np.full(shape, 0.5))
        return
    with pytest.raises(BadValueError, match="got") as caught:
        function(np.full(shape, 0.5))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("function", SERIES)
@pytest.mark.parametrize(
    "values",
    ["happy", ["0.1", "0.2"], [[0.1, 0.2], [0.3]], [0.1 + 1j, 0.2], {"happy": 0.5}],
    ids=["text", "texts", "ragged", "complex", "dictionary"],
)
def test_what_is_no_number_is_refused(function: Callable[[Any], Any], values: object) -> None:
    with pytest.raises(BadValueError, match="must be numbers; got"):
        function(values)


@pytest.mark.parametrize("function", SERIES)
def test_none_counts_as_missing(function: Callable[[Any], Any]) -> None:
    with pytest.raises(BadValueError, match="1 of 3 are missing"):
        function([0.1, None, 0.2])


def test_a_long_wrong_value_does_not_flood_the_message() -> None:
    with pytest.raises(BadValueError) as caught:
        property_gradient(["no number"] * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("values", [[0, 1, 1, 0], [False, True, True, False], np.float32([0, 1, 1, 0])])
def test_whole_numbers_truth_values_and_single_precision_are_numbers(values: Any) -> None:
    assert property_gradient(values).epgm == property_gradient([0.0, 1.0, 1.0, 0.0]).epgm


def test_input_is_never_changed(rng: np.random.Generator) -> None:
    series = rng.random((60, 3))
    before = series.copy()
    property_gradient(series)
    shuffle_test(series)
    np.testing.assert_array_equal(series, before)


@pytest.mark.parametrize("values", [0.5, [0.1], [], [[0.1, 0.2], [0.3, 0.4]]])
def test_a_verdict_needs_a_list_of_two(values: Any) -> None:
    with pytest.raises(
        BadValueError, match=r"Differences of shaken copies have shape \(m,\) with m >= 2; got"
    ):
        local_verdict(values)


@pytest.mark.parametrize("count", [0, -1, 2.5, [3, 4]])
def test_a_count_is_whole_and_positive(count: Any) -> None:
    with pytest.raises(BadValueError, match="The number of permutations must be"):
        shuffle_test([0.1, 0.2, 0.3], n_permutations=count)


@pytest.mark.parametrize("seed", [-1, 0.5, "one"])
def test_a_seed_is_whole(seed: Any) -> None:
    with pytest.raises(BadValueError, match="The seed must be"):
        shuffle_test([0.1, 0.2, 0.3], seed=seed)


def test_numbers_come_out_as_plain_ones() -> None:
    assert type(as_number(np.float32(0.5), "x")) is float
    assert type(as_count(np.int64(5), "x")) is int
    assert as_share(np.float64(0.25), "x") == 0.25
    for share in (0, 1, -0.1, 1.1):
        with pytest.raises(BadValueError, match="strictly between 0 and 1; got"):
            as_share(share, "x")
