"""Verdicts and the words for them."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.stats import (
    describe_change,
    describe_gradient,
    describe_order,
    format_p,
    local_verdict,
    property_gradient,
    reference_rank,
    shuffle_test,
)
from facelib.stats.verdicts import excursion
from facelib.utilities.wording import format_number

CLAUSE = "the left side weakens"
RAMP = np.linspace(0.9, 0.1, 21)


def slow_quantile(values: list[float], q: float) -> float:
    """Linear interpolation between order statistics (type 7)."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


@pytest.mark.thorough
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=40), st.floats(0.01, 0.5))
def test_the_verdict_follows_from_the_central_90_percent(d: list[float], delta: float) -> None:
    found = local_verdict(d, delta)
    low, high = slow_quantile(d, 0.05), slow_quantile(d, 0.95)
    assert found.interval == pytest.approx((low, high), abs=1e-12)
    assert found.median == pytest.approx(slow_quantile(d, 0.5), abs=1e-12)
    assert (found.delta, found.n) == (delta, len(d))
    low, high = found.interval
    expected = "cannot tell"
    if low > delta or high < -delta:
        expected = "changes"
    if -delta <= low and high <= delta:
        expected = "does not change"
    assert found.verdict == expected


@pytest.mark.thorough
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=40))
@example([0.0, 1.0, 1.0])  # its lower end is the margin, .1
def test_falling_is_judged_like_rising(d: list[float]) -> None:
    up, down = local_verdict(d), local_verdict([-x for x in d])
    assert up.verdict == down.verdict
    assert up.interval == pytest.approx((-down.interval[1], -down.interval[0]), abs=1e-12)


@pytest.mark.parametrize(
    ("d", "verdict"),
    [
        ([-0.62] * 20, "changes"),
        ([0.11] * 20, "changes"),
        ([0.1] * 20, "does not change"),  # the margin itself belongs to it
        ([-0.2] * 10 + [0.2] * 10, "cannot tell"),
        ([0.09] * 10 + [0.12] * 10, "cannot tell"),
        ([0.3] * 19 + [-0.9], "changes"),  # one replicate of 20 lies outside the central 90 %
        ([0.3] * 18 + [-0.9] * 2, "cannot tell"),
    ],
)
def test_verdicts_of_20_replicates(d: list[float], verdict: str) -> None:
    assert local_verdict(d).verdict == verdict


@pytest.mark.thorough
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=40), st.floats(-1, 1), st.floats(0.01, 0.5))
@example([-0.096] + [0.0] * 19, -0.110, 0.10)  # a photograph: "does not change", beside a change of −.11
@example([-0.5] * 20, -0.9, 0.10)
@example([0.3] * 20, 0.0, 0.10)
def test_what_is_shown_lies_in_its_interval_and_never_contradicts_its_verdict(
    d: list[float], shown: float, delta: float
) -> None:
    found = local_verdict(d, delta, shown=shown)
    low, high = found.interval
    assert low <= shown <= high
    assert found.n == len(d) + 1
    assert abs(shown) > delta if found.verdict == "changes" else True
    assert abs(shown) <= delta if found.verdict == "does not change" else True
    all_of_them = [*d, shown]
    slow_low = min(shown, slow_quantile(all_of_them, 0.05))
    slow_high = max(shown, slow_quantile(all_of_them, 0.95))
    assert found.interval == pytest.approx((slow_low, slow_high), abs=1e-12)
    alone = local_verdict(d, delta)
    unusual = found.verdict == "cannot tell" and alone.verdict != "cannot tell"
    assert found.remark == ("this picture is unusual among its own shaken copies" if unusual else "")
    turned = local_verdict([-x for x in d], delta, shown=-shown)
    assert (turned.verdict, turned.remark) == (found.verdict, found.remark)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("mean", "shares"),
    [
        (0.10, {"changes": (0.0, 0.001), "does not change": (0.0, 0.001)}),  # at the margin neither is said
        (0.20, {"changes": (0.95, 1.0)}),
        (0.15, {"changes": (0.5, 0.9)}),
        (0.00, {"does not change": (0.95, 1.0)}),
        (0.05, {"does not change": (0.5, 0.9)}),
    ],
)
def test_how_often_each_verdict_is_given(
    mean: float, shares: dict[str, tuple[float, float]], rng: np.random.Generator
) -> None:
    """The picture is one of 21 exchangeable ones; that its own change counts costs little power."""
    runs = 3000
    draws = rng.normal(mean, 0.03, (runs, 21))
    said = [local_verdict(d[1:], 0.10, shown=d[0]).verdict for d in draws]
    alone = [local_verdict(d[1:], 0.10).verdict for d in draws]
    for verdict, (least, most) in shares.items():
        assert least <= said.count(verdict) / runs <= most
        assert abs(said.count(verdict) - alone.count(verdict)) / runs < 0.12


def test_the_sentence_says_why_nothing_can_be_told() -> None:
    rank = reference_rank(0.999, [0.1] * 32, ["blur"] * 32)
    copies = local_verdict([-1.0] * 10 + [-0.009] * 10, shown=-0.999)
    words = describe_change(
        clause=CLAUSE, classifier="pyemotion", label="happy", change=-0.999, reference=rank, verdict=copies
    )
    assert words == (
        "As the left side weakens, pyemotion's output for happy falls by 1.00 on this face; 0 of 32 placebos "
        "did as much. Whether it changes by δ = .10 can't be said: in 90 % of its shaken copies "
        "(shift, size, light by up to 3 %) the change is −1.00 to −.01."
    )
    odd = local_verdict([0.0] * 20, shown=-0.11)
    words = describe_change(clause=CLAUSE, classifier="facex", label="happy", change=-0.11, verdict=odd)
    assert words.endswith(
        "can't be said: this picture is unusual among its own shaken copies; with it their change is −.11 to "
        ".00."
    )
    told = describe_change(
        clause=CLAUSE, classifier="facex", label="happy", change=-0.5, verdict=local_verdict([-0.5] * 20)
    )
    assert told.endswith("falls by .50 on this face.")


@pytest.mark.parametrize("delta", [0, -0.1, [0.1, 0.2], float("nan"), "wide"])
def test_a_margin_is_one_positive_number(delta: object) -> None:
    with pytest.raises(BadValueError, match="The margin delta"):
        local_verdict([0.1, 0.2], delta)  # type: ignore[arg-type]


def test_the_sentence_of_the_methods_page() -> None:
    rank = reference_rank(0.62, [0.7] * 3 + [0.1] * 96, ["blur"] * 99)
    assert describe_change(
        clause=CLAUSE, classifier="faceapi", label="happy", change=-0.62, reference=rank
    ) == (
        "As the left side weakens, face-api.js's output for happy falls by .62 on this face; "
        "3 of 99 placebos did as much."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.62, "rises by .62"),
        (-0.005, "falls by .01"),
        (0.0051, "rises by .01"),
        (0.00499, "stays within .005"),
        (-0.00499, "stays within .005"),
        (0.0, "stays within .005"),
        (1.0, "rises by 1.00"),
        (-0.999, "falls by 1.00"),
        (np.float32(-0.25), "falls by .25"),
    ],
)
def test_rises_falls_or_stays(change: float, words: str) -> None:
    found = describe_change(clause=CLAUSE, classifier="faceapi", label="happy", change=change)
    assert found == f"As the left side weakens, face-api.js's output for happy {words} on this face."


@pytest.mark.thorough
@given(st.floats(-1, 1), st.sampled_from(["happy", "sad", "angry"]))
def test_the_sentence_is_about_an_output_never_about_a_feeling(change: float, label: str) -> None:
    found = describe_change(clause=CLAUSE, classifier="faceapi", label=label, change=change)
    assert f"output for {label}" in found
    assert not re.search(r"face is|person|less |more |feels|matters", found)


def test_a_change_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadValueError, match="The change must be finite"):
        describe_change(clause=CLAUSE, classifier="faceapi", label="happy", change=float("nan"))


def test_order_and_its_negative_say_nothing_about_size() -> None:
    assert describe_order(shuffle_test(RAMP)) == (
        "the outputs depend on the order of the strengths (p < .001); this says nothing about how much"
    )
    assert describe_order(shuffle_test(RAMP, 200)) == (
        "the outputs depend on the order of the strengths (p = .005); this says nothing about how much"
    )
    spike = np.zeros(21)
    spike[10] = 0.9
    assert describe_order(shuffle_test(spike)) == (
        "nothing shows that the outputs depend on the order of the strengths (p > .999); "
        "this says nothing about how much"
    )


def test_order_of_jumps_of_constants_and_of_few_strengths() -> None:
    jumps = np.tile([0.0, 0.0, 1.0, 1.0], 6)[:21]  # the central differences are as large as they can be
    test = shuffle_test(jumps)
    assert test.side == "larger"
    assert describe_order(test) == (
        "the outputs depend on the order of the strengths, jumping more than shuffled ones (p < .001); "
        "this says nothing about how much"
    )
    assert "no order to depend on" in describe_order(shuffle_test(np.full(21, 0.3)))
    assert describe_order(shuffle_test([0.1, 0.2, 0.3, 0.4, 0.5])) == (
        "5 strengths are too few to tell whether the outputs depend on their order"
    )


@pytest.mark.parametrize(("p_value", "follows"), [(0.0499, True), (0.05, True), (0.0501, False)])
def test_order_is_judged_at_05(p_value: float, follows: bool) -> None:
    sentence = describe_order(dataclasses.replace(shuffle_test(RAMP), p_value=p_value))
    assert sentence.startswith("the outputs depend") == follows
    assert sentence.startswith("nothing shows") == (not follows)
    assert format_p(p_value) in sentence


def test_the_published_zero_is_not_printed_as_zero() -> None:
    test = shuffle_test(RAMP, convention="published")
    assert test.p_value == 0
    assert "(p < .001)" in describe_order(test)


def test_one_sentence_describes_one_series() -> None:
    with pytest.raises(BadValueError, match="One sentence describes one series; got 2"):
        describe_order(shuffle_test(np.column_stack([RAMP, RAMP])))


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "< .001"),
        (0.00099999, "< .001"),
        (0.001, ".001"),
        (1 / 1001, "< .001"),
        (0.0031, ".003"),
        (0.05, ".050"),
        (0.36363, ".364"),
        (0.5, ".500"),
        (0.9994, ".999"),
        (0.9995, "> .999"),
        (1.0, "> .999"),
        (1, "> .999"),
    ],
)
def test_p_values_as_apa_writes_them(p: float, text: str) -> None:
    assert format_p(p) == text


@given(st.floats(0, 1))
def test_every_p_has_three_digits(p: float) -> None:
    assert re.fullmatch(r"(< |> )?\.\d{3}", format_p(p))
    assert format_p(p) != ".000"


@pytest.mark.parametrize("p", [-0.01, 1.01, float("nan"), "small"])
def test_what_is_no_p_is_refused(p: object) -> None:
    with pytest.raises(BadValueError, match="A p-value"):
        format_p(p)  # type: ignore[arg-type]


def described(p: np.ndarray) -> dict[str, tuple[str, str]]:
    rows = describe_gradient(property_gradient(p), float(p[-1] - p[0]), len(p))
    return {row.name: (row.value, row.meaning) for row in rows}


def test_every_number_of_a_gradient_is_said_in_words() -> None:
    fall = described(np.linspace(0.9, 0.1, 21))
    assert fall["EPGM"] == (
        ".040",
        "mean step in size; curves that go one way, .800 in all, have .038 to .057 at 21 strengths",
    )
    assert fall["total variation"][0] == ".800"
    assert fall["total variation"][1].endswith("so it only goes one way")
    assert fall["mean gradient"][0] == "−.040"
    assert fall["correlation"][0] == "−1.000"
    assert fall["mutual information"] == (
        "hidden",
        "dependence of any shape on the strength, 0 is none; it needs 50 strengths",
    )
    long = described(np.linspace(0.9, 0.1, 60))
    assert re.fullmatch(r"\d\.\d{3} nats", long["mutual information"][0])
    zigzag = described(np.tile([0.2, 0.6], 11)[:21])
    assert zigzag["total variation"] == (
        "8.000",
        "all steps added, up and down: 8.000 more than between the two ends",
    )
    constant = described(np.full(21, 0.3))
    assert (constant["EPGM"][0], constant["total variation"][0]) == ("0", "0")
    assert (constant["EPGM"][1], constant["total variation"][1]) == (
        "mean step in size",
        "all steps added, up and down",
    )
    tent = described(np.r_[np.zeros(10), 0.8, np.zeros(10)] + 0.1)
    assert tent["correlation"][0] == "0"  # not the rounding error of a sum
    assert constant["correlation"] == ("none", "with the strength, −1 … 1: the outputs never change")


@pytest.mark.thorough
@given(st.lists(st.floats(0, 1), min_size=3, max_size=30))
def test_the_range_of_one_way_curves_holds_them(values: list[float]) -> None:
    p = np.sort(np.round([0, *values, 1], 3))
    meaning = described(p)["EPGM"][1]
    least, most = property_gradient(p).epgm * 0.999 - 6e-4, property_gradient(p).epgm * 1.001 + 6e-4
    found = re.fullmatch(r".* have (\S+) to (\S+) at .*", meaning)
    assert found is not None
    low, high = (float(text.replace("−", "-")) for text in found.groups())
    assert low <= most
    assert high >= least


def test_a_table_of_words_describes_one_series() -> None:
    with pytest.raises(BadValueError, match="One table describes one series; got 2"):
        describe_gradient(property_gradient(np.column_stack([RAMP, RAMP])), 0.1, 21)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.6234, ".623"),
        (-1.5, "−1.500"),
        (1e-7, "1.0e−07"),
        (-0.0004, "−4.0e−04"),
        (0.0005, ".001"),
    ],
)
def test_numbers_have_three_decimals_or_a_power_of_ten(value: float, text: str) -> None:
    assert format_number(value) == text


def test_what_an_output_does_on_the_way_is_told() -> None:
    """A change that goes up and down again has ends that say nothing of it."""
    series, strengths = np.array([0.5, 0.84, 0.6, 0.49]), np.linspace(0, 1, 4)
    way = excursion(series, strengths)
    assert way == pytest.approx((1 / 3, 0.34))
    words = describe_change(clause=CLAUSE, classifier="fer", label="happy", change=-0.01, on_the_way=way)
    assert words.endswith("on this face; on the way, at strength .33, it was .34 higher than at the start.")
    assert excursion(1 - series, strengths) == pytest.approx((1 / 3, -0.34))


@pytest.mark.thorough
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(0.01, 0.5))
def test_only_what_goes_beyond_both_ends_by_delta_is_told(series: list[float], delta: float) -> None:
    low, high = min(series[0], series[-1]), max(series[0], series[-1])
    way = excursion(series, np.linspace(0, 1, len(series)), delta=delta)
    far = [value for value in series if value - high >= delta or low - value >= delta]
    assert (way is None) == (not far)
    assert way is None or series[0] + way[1] == pytest.approx(max(far, key=lambda v: max(v - high, low - v)))
