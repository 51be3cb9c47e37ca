"""The lesson on property gradients: its series have the order that they claim, and every claim holds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import vl_convert
from scipy.stats import binom

from facelib import charts, stats
from facelib.app.lessons import gradient_lesson as lesson
from facelib.app.lessons.lesson import OWN, Answer
from facelib.charts.export import with_data
from facelib.charts.tables import rows
from facelib.errors import BadValueError
from facelib.utilities.wording import format_number

CLAIMED = {situation.title: situation for situation in lesson.SITUATIONS}


def outcome(title: str) -> stats.ShuffleTest:
    return stats.shuffle_test(lesson.series(**CLAIMED[title].setting)[:, 0], lesson.SHUFFLES)


def bars_of(shown: Answer) -> int:
    """How many p-values the third chart shows."""
    bars = shown.tables["p_values"]
    return int((bars["high"] - bars["low"]).sum())


def slow_noise(n: int, rho: float, seed: int, repeats: int) -> np.ndarray:
    """AR(1) step by step: x_0 = e_0, x_i = ρ x_(i − 1) + √(1 − ρ²) e_i."""
    drawn = np.random.default_rng(seed).standard_normal((repeats, n)).T
    found = np.zeros_like(drawn)
    for i in range(n):
        found[i] = drawn[i] if i == 0 else rho * found[i - 1] + math.sqrt(1 - rho**2) * drawn[i]
    return found


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9])
def test_noise_remembers_as_told(rho: float) -> None:
    drawn = lesson.series("no trend", 101, noise=0.05, rho=rho, seed=3, repeats=7)
    np.testing.assert_allclose(drawn, np.clip(0.5 + 0.05 * slow_noise(101, rho, 3, 7), 0, 1), rtol=1e-12)


def test_series_stay_probabilities_and_the_first_does_not_depend_on_how_many() -> None:
    for shape in lesson.SHAPES:
        many = lesson.series(shape, 21, size=1.0, noise=0.2, rho=0.6, seed=1, repeats=20)
        assert many.shape == (21, 20)
        assert 0 <= many.min() <= many.max() <= 1
        alone = lesson.series(shape, 21, size=1.0, noise=0.2, rho=0.6, seed=1)
        np.testing.assert_array_equal(alone[:, 0], many[:, 0])
    with pytest.raises(BadValueError, match="straight fall"):
        lesson.series("circle", 21)


def test_what_needs_no_luck() -> None:
    assert outcome("a constant series").epgm == 0
    assert outcome("a constant series").p_value == outcome("one spike in the middle").p_value == 1
    assert outcome("five strengths").p_value == pytest.approx(8 / 120)
    assert outcome("a straight fall").epgm == pytest.approx(0.8 / 20)
    assert outcome("a smooth fall").p_value == outcome("a fall of a millionth").p_value == 1 / 1001
    assert outcome("a zigzag").side == outcome("a smooth fall").side == "smaller"
    assert outcome("a zigzag").epgm == pytest.approx(2 * 0.8 / 21)  # all but its two end steps cancel
    assert outcome("jumps in pairs").side == "larger"
    assert outcome("jumps in pairs").p_value < 0.01
    low, high = outcome("one spike near the end").p_interval
    assert low < 4 / 21 < high
    assert "the exact one is about 4e-5" in CLAIMED["a fall of a millionth"].claim
    assert round(1734 / math.factorial(11), 5) == 4e-5  # enumerated in the facts


@pytest.mark.parametrize(
    ("n", "curve", "hits"),
    [
        (5, [0.031, 0.005, 0.867, 0.134, 0.379], 4),
        (6, [0.226, 0.195, 0.818, 0.128, 0.372, 0.240], 4),
        (7, [0.370, 0.319, 0.506, 0.026, 0.728, 0.206, 0.272], 4),
    ],
)
def test_curves_that_turn_go_lower_than_those_that_only_rise(n: int, curve: list[float], hits: int) -> None:
    test = stats.shuffle_test(curve)
    assert test.exact
    assert test.p_value == pytest.approx(hits / math.factorial(n))
    assert test.p_value < stats.shuffle.SMALLEST_P[n]


@pytest.mark.parametrize(("rho", "n", "rate"), [(0.0, 11, 0.05), (0.0, 101, 0.05), (0.3, 101, 0.14)])
def test_rejections_are_what_the_facts_say(rho: float, n: int, rate: float) -> None:
    (row,) = lesson.rejections([rho], [n], repeats=1000, seed=5).to_dict("records")
    hits = round(1000 * row["rate"])
    room = 0.0 if rho == 0 else 0.03  # the fact itself is a simulation
    assert binom.ppf(0.0005, 1000, rate - room) <= hits <= binom.ppf(0.9995, 1000, rate + room)
    assert row["low"] < row["rate"] < row["high"]
    assert row["series"] == f"n = {n}"


def test_the_trap() -> None:
    shown = lesson.answer(**CLAIMED["noise that remembers"].setting)
    assert "the test takes that for order" in shown.sentences[2]
    low, high = (int(text) for text in shown.sentences[2].split("(")[1].split(" %")[0].split(" to "))
    assert (low, high) == (99, 100)
    honest = lesson.answer(**CLAIMED["independent noise"].setting)
    assert "Nothing here depends on the strength" in honest.sentences[2]
    assert "order." not in honest.sentences[2]


@pytest.mark.parametrize("title", CLAIMED)
def test_the_pictures_show_the_p_that_is_told(title: str) -> None:
    shown = lesson.answer(**CLAIMED[title].setting)
    test = outcome(title)
    bars = shown.tables["null"]
    counted = bars.loc[bars["part"] == "counted"]
    hits, all_of_them = int((counted["high"] - counted["low"]).sum()), int((bars["high"] - bars["low"]).sum())
    assert all_of_them == test.n_permutations
    if test.exact:
        assert hits / all_of_them == pytest.approx(test.p_value)
    else:
        assert (hits + 1) / (all_of_them + 1) == pytest.approx(test.p_value)
    numbers = dict(zip(shown.numbers["quantity"], shown.numbers["value"], strict=True))
    expected = "1" if test.p_value == 1 else stats.format_p(float(test.p_value))
    assert (numbers["p"], numbers["side"]) == (expected, test.side)
    assert numbers["EPGM"] == format_number(float(test.epgm))
    assert bars_of(shown) == lesson.REPEATS


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("n", "repeats"), [(5, lesson.FEWER_REPEATS), (8, lesson.FEWER_REPEATS), (9, lesson.REPEATS)]
)
def test_as_many_repeats_are_shown_as_are_told(n: int, repeats: int) -> None:
    shown = lesson.answer(shape="no trend", n=n, size=0.8, noise=0.1, rho=0.0)
    assert bars_of(shown) == repeats
    assert shown.signals["p_heading"] == f"p of {repeats} repeats; dark: p ≤ .05"
    assert shown.tables["p_marks"]["value"].tolist() == [repeats / 20]
    even = lesson.answer(shape="straight fall", n=n, size=0.8, noise=0.0, rho=0.0)
    assert bars_of(even) == lesson.REPEATS
    assert even.signals["p_heading"] == "Without noise every repeat is the same"


def p_of(shape: str, n: int) -> float:
    return float(stats.shuffle_test(lesson.series(shape, n)[:, 0], 20_000).p_value)


@pytest.mark.thorough
def test_what_is_claimed_of_spikes_holds_at_every_number_of_strengths() -> None:
    middle, end = (CLAIMED[f"one spike {where}"].claim for where in ("in the middle", "near the end"))
    few = [p_of("spike in the middle", n) for n in (5, 6, 7)]
    assert (
        f"With 5, 6 and 7 strengths there are few such places: p = {', '.join(two(p) for p in few)}."
        in middle
    )
    assert [p_of("spike in the middle", n) for n in range(8, 30)] == [1.0] * 22
    assert f"p = 4 / n, {two(4 / 21)} at 21 strengths and {two(4 / 11)} at 11. With 8 or fewer p = 1" in end
    assert [p_of("spike near the end", n) for n in range(5, 9)] == [1.0] * 4
    for n in range(9, 30):
        assert p_of("spike near the end", n) == pytest.approx(4 / n, abs=0.015)
    spans = {title: float(np.ptp(lesson.series(**CLAIMED[title].setting))) for title in CLAIMED}
    assert spans["one spike in the middle"] == pytest.approx(spans["a straight fall"])  # as far, no farther


def test_no_pattern_is_called_the_only_one_whose_epgm_is_larger() -> None:
    larger = [title for title in CLAIMED if outcome(title).side == "larger"]
    assert larger == ["one spike near the end", "jumps in pairs"]
    assert not any("one pattern" in situation.claim for situation in lesson.SITUATIONS)
    assert not any("*" in situation.claim for situation in lesson.SITUATIONS)  # shown as it stands


def two(p: float) -> str:
    return f"{p:.2f}".removeprefix("0")


def test_the_gallery_holds_every_situation() -> None:
    table = lesson.situations()
    assert list(table["situation"].unique()) == list(CLAIMED)
    notes = table.groupby("situation", sort=False)["note"].first()
    assert notes["one spike in the middle"] == "p = 1; EPGM smaller"
    assert notes["a smooth fall"] == "p < .001; EPGM smaller"
    assert notes["a constant series"] == "p = 1; EPGM equal"


def test_a_control_makes_a_setting_of_ones_own_and_patches() -> None:
    shown = lesson.GradientLesson()
    assert shown.situation.label == lesson.SITUATIONS[0].title
    specs = [chart.spec for chart in shown.charts]
    before = shown.table.rows
    shown.controls["n"].value = 11
    assert shown.situation.value == OWN[1]
    assert shown.charts[0].signals["curve_heading"] == "Outputs at 11 strengths"
    assert len(shown.charts[0].data["curve"]) == 11
    assert shown.table.rows != before
    assert all(chart.spec is spec for chart, spec in zip(shown.charts, specs, strict=True))
    shown.situation.value = 4
    assert shown.controls["shape"].value == "spike in the middle"
    assert shown.controls["n"].value == 21
    assert shown.table.rows[0][1] == "1"
    assert "p &gt; .999" in shown.sentences.value
    assert shown.claim.value.startswith("It goes as far as the falls do, and p = 1")


@pytest.mark.thorough
def test_every_value_of_every_control_is_answered() -> None:
    shown = lesson.GradientLesson()
    for shape in lesson.SHAPES:
        for n in (5, 8, 9, 101):
            shown.situation.value = OWN[1]
            shown.controls["shape"].value = shape
            shown.controls["n"].value = n
            assert shown.card.messages.value == ""
    shown.controls["shape"].value = "straight fall"
    assert "No one would notice" not in shown.sentences.value
    shown.controls["size"].value = 1e-6
    assert "No one would notice such a change" in shown.sentences.value


@pytest.mark.thorough
@pytest.mark.parametrize("title", ["a smooth fall", "independent noise"])
def test_the_three_plots_stand_level_and_are_equally_wide(title: str) -> None:
    shown = lesson.answer(**CLAIMED[title].setting)
    places = []
    for spec in (
        charts.specs.of(name)
        for name in (
            "statistics.gradients.curve",
            "statistics.null_distributions.null_distribution",
            "statistics.null_distributions.p_histogram",
        )
    ):
        data = {
            name: rows(shown.tables[name], shown.tables[name].columns.astype(str).tolist(), digits=None)
            for name in spec["datasets"]
        }
        signals = {p["name"]: shown.signals[p["name"]] for p in spec["params"] if p["name"] in shown.signals}
        drawn = vl_convert.vegalite_to_scenegraph(with_data(spec, data, signals))
        places.append((*drawn["origin"], drawn["width"], drawn["height"]))
    table = pd.DataFrame(places, columns=["x", "y", "width", "height"])
    assert table[["x", "y", "height"]].drop_duplicates().shape[0] == 1, table
    assert np.ptp(table["width"]) <= 4, table  # half a number beyond the end of an axis
