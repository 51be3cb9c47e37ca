"""Pairs: differences by hand, McNemar and retests against other libraries, unequal repeats, words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from facelib import stats
from facelib.errors import BadValueError
from facelib.stats import effects_over_faces
from facelib.stats.classification import paired_difference
from facelib.stats.paired import (
    ACCURACY_COLUMNS,
    EFFECT_COLUMNS,
    FLIPS,
    MCNEMAR,
    RETEST_COLUMNS,
    paired_accuracy,
    paired_effects,
    person_differences,
    retests,
)


def rows_of(values: npt.ArrayLike, *, cell: str = "happy", meant: str = "happy") -> pd.DataFrame:
    """Tidy outputs of (people, 2 conditions[, repeats]) probabilities of happy; sad has the rest."""
    found = np.asarray(values, float)
    found = found[:, :, None] if found.ndim == 2 else found
    rows = []
    for (person, side, repeat), value in np.ndenumerate(found):
        if np.isnan(value):
            continue
        face = f"{cell}-{person}-{side}-{repeat}"
        for name, share in (("happy", value), ("sad", 1 - value)):
            rows.append(
                {"intervention": "", "classifier": "fer", "label": name, "face": face, "person": f"P{person}",
                 "cell": cell, "side": side, "logit": np.log(share + 1e-9), "probability": share,
                 "meant": meant}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_differences_are_those_of_a_pencil() -> None:
    """Two tasks of one person and unequal repeats: sets are averaged first, then pairs, then people."""
    happy = rows_of([[[0.8, 0.6], [0.4, np.nan]], [[0.9, np.nan], [0.5, np.nan]]])
    sad = rows_of([[[0.2, np.nan], [0.4, np.nan]], [[0.3, np.nan], [np.nan, np.nan]]], cell="sad")
    rows = pd.concat([happy, sad])
    by_person = person_differences(rows).query("label == 'happy'").set_index("person")
    assert by_person.loc["P0", "difference"] == pytest.approx(((0.4 - 0.7) + (0.4 - 0.2)) / 2)
    assert by_person.loc["P1", "difference"] == pytest.approx(0.5 - 0.9)  # sad has no second half
    assert by_person["pairs"].to_dict() == {"P0": 2, "P1": 1}
    found = paired_effects(rows, delta=0.1).set_index("label").loc["happy"]
    assert found["mean"] == pytest.approx((-0.05 - 0.4) / 2)
    assert (found["n"], found["pairs"]) == (2, 3)
    assert found["start"] == pytest.approx(((0.7 + 0.2) / 2 + 0.9) / 2)
    assert list(paired_effects(rows, delta=0.1)) == list(EFFECT_COLUMNS)


def test_a_person_with_many_pictures_counts_once() -> None:
    """Nine pictures of one person who rises, one pair each of nine who fall: the mean over people falls."""
    rng = np.random.default_rng(0)
    many = np.full((10, 2, 9), np.nan)
    many[0] = [[0.1] * 9, [0.9] * 9]
    many[1:, :, 0] = [0.8, 0.5] + 0.01 * rng.normal(size=(9, 2))
    found = paired_effects(rows_of(many), delta=0.1).set_index("label").loc["happy"]
    assert found["mean"] == pytest.approx(np.nanmean([0.8, *(many[1:, 1, 0] - many[1:, 0, 0])]))
    assert found["n"] == 10


@pytest.mark.one_case
@pytest.mark.parametrize("seed", range(4))
def test_mcnemar_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = rng.random((37, 2)) < [0.8, 0.55]
    found = paired_accuracy(rows_of(np.where(right, 0.9, 0.1))).iloc[0]
    table = [[int((a & b).sum()) for b in (right[:, 1], ~right[:, 1])] for a in (right[:, 0], ~right[:, 0])]
    assert found["test"] == MCNEMAR
    assert found["p"] == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert (found["lost"], found["gained"]) == (table[0][1], table[1][0])
    assert (found["first"], found["second"]) == pytest.approx(right.mean(axis=0))
    assert found["first_low"] < found["first"] < found["first_high"]


@pytest.mark.thorough
def test_several_pairs_of_a_person_are_not_independent_for_mcnemar() -> None:
    """The same 8 people three times: McNemar would count 24; whole persons are flipped."""
    right = np.tile([True, False], (8, 1))
    three = pd.concat([rows_of(np.where(right, 0.9, 0.1), cell=task) for task in "abc"])
    found = paired_accuracy(three).iloc[0]
    assert found["test"] == FLIPS
    assert found["p"] == pytest.approx(2 / 2**8)
    assert (found["n"], found["pairs"]) == (8, 24)
    assert np.isnan(found["first_low"])


def test_who_shows_what_a_classifier_does_not_know_is_left_out_there() -> None:
    rows = rows_of(np.full((6, 2), 0.9), meant="contempt")
    assert paired_accuracy(rows).empty
    assert list(paired_accuracy(rows)) == list(ACCURACY_COLUMNS)
    assert len(paired_effects(rows, delta=0.1)) == 2


def test_retests_are_the_root_of_the_mean_square_inside_people() -> None:
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    rng = np.random.default_rng(5)
    values = np.clip(rng.normal(0.5, 0.1, (12, 2, 1)) + rng.normal(0, 0.05, (12, 2, 3)), 0, 1)
    found = retests(rows_of(values)).set_index("label").loc["happy"]
    long = pd.DataFrame(
        [(value, f"{p}-{s}") for (p, s, _), value in np.ndenumerate(values)], columns=["value", "group"]
    )
    inside = anova_lm(smf.ols("value ~ group", long).fit()).loc["Residual", "mean_sq"]
    assert found["sem"] == pytest.approx(np.sqrt(inside))
    assert found["smallest_change"] == pytest.approx(1.96 * np.sqrt(2 * inside))
    assert (found["sets"], found["pictures"]) == (24, 72)
    assert found["sem_low"] < 0.05 < found["sem_high"]
    assert list(retests(rows_of(values))) == list(RETEST_COLUMNS)
    assert retests(rows_of(values[:, :, :1])).empty


@pytest.mark.thorough
def test_retest_intervals_hold_their_level() -> None:
    rng = np.random.default_rng(2)
    runs, covered = 400, 0
    for _ in range(runs):
        found = retests(rows_of(0.5 + 0.05 * rng.normal(size=(8, 2, 2)))).iloc[0]
        covered += found["sem_low"] <= 0.05 <= found["sem_high"]
    low, high = binom.ppf([0.0005, 0.9995], runs, 0.95)
    assert low <= covered <= high


def test_retests_are_told_of_all_pictures_and_of_each_expression() -> None:
    """A smile that is read as .9 again and again, and sadness that jumps: one number hid both."""
    rng = np.random.default_rng(7)
    happy = rows_of(np.clip(0.9 + 0.01 * rng.normal(size=(9, 2, 2)), 0, 1))
    sad = rows_of(np.clip(0.3 + 0.1 * rng.normal(size=(9, 2, 2)), 0, 1), cell="sad", meant="sad")
    found = retests(pd.concat([happy, sad])).query("label == 'happy'").set_index("shown")
    assert list(found.index) == ["all", "happy", "sad"]
    assert found.loc["happy", "sem"] < 0.02
    assert found.loc["sad", "sem"] > 0.07
    assert found.loc["all", "sets"] == found.loc["happy", "sets"] + found.loc["sad", "sets"]
    unknown = pd.concat([happy, sad.assign(meant="")])
    assert list(retests(unknown).query("label == 'happy'")["shown"]) == ["all", "happy"]


@pytest.mark.parametrize("table", [(36, 12, 2, 0), (53, 2, 0, 1), (30, 0, 0, 0), (5, 9, 2, 14), (0, 3, 7, 2)])
def test_the_interval_of_paired_shares_is_newcombes(table: tuple[int, int, int, int]) -> None:
    """A slow twin of method 10, from Wilson's ends of another library."""
    both, lost, gained, neither = table
    n = sum(table)
    low_1, high_1 = proportion_confint(both + lost, n, method="wilson")
    low_2, high_2 = proportion_confint(both + gained, n, method="wilson")
    first, second = (both + lost) / n, (both + gained) / n
    up = both * neither - lost * gained
    up = max(up - n / 2, 0) if up > 0 else up
    root = np.sqrt((both + lost) * (gained + neither) * (both + gained) * (lost + neither))
    phi = up / root if root else 0.0
    below, above = second - low_2, high_1 - first
    low = second - first - np.sqrt(below**2 - 2 * phi * below * above + above**2)
    below, above = first - low_1, high_2 - second
    high = second - first + np.sqrt(below**2 - 2 * phi * below * above + above**2)
    found = paired_difference(both, lost, gained, neither)
    assert found == pytest.approx((second - first, low, high))
    turned = paired_difference(both, gained, lost, neither)
    assert turned == pytest.approx((first - second, -high, -low))


@pytest.mark.thorough
@pytest.mark.parametrize("shares", [(0.5, 0.2, 0.1, 0.2), (0.85, 0.1, 0.02, 0.03), (0.9, 0.05, 0.05, 0.0)])
@pytest.mark.parametrize("people", [12, 40])
def test_the_interval_of_paired_shares_covers(shares: tuple[float, ...], people: int) -> None:
    rng = np.random.default_rng(people)
    tables = rng.multinomial(people, shares, 2000)
    truth = shares[2] - shares[1]
    ends = [paired_difference(*map(int, table)) for table in tables]
    covered = sum(low - 1e-12 <= truth <= high + 1e-12 for _, low, high in ends)
    assert covered >= binom.ppf(0.0005, len(tables), 0.94)


def test_where_nobody_changes_the_share_still_has_an_interval() -> None:
    """Resampled people gave .00 to .00 for 20 who were all right twice."""
    found = paired_accuracy(rows_of(np.full((20, 2), 0.9))).iloc[0]
    assert found["change"] == 0
    assert found["change_low"] < -0.1 < 0.1 < found["change_high"]
    assert "verdict" not in found


def test_verdicts_speak_of_conditions_and_never_of_effects() -> None:
    rng = np.random.default_rng(1)
    far = np.stack([0.8 + 0.05 * rng.normal(size=40), 0.4 + 0.05 * rng.normal(size=40)], axis=1)
    near = np.stack([0.5 + 0.01 * rng.normal(size=60), 0.5 + 0.01 * rng.normal(size=60)], axis=1)
    assert set(paired_effects(rows_of(far), delta=0.1)["verdict"]) == {"differs between conditions"}
    assert set(paired_effects(rows_of(near), delta=0.1)["verdict"]) == {"does not differ at δ"}
    words = " ".join(map(str, EFFECT_COLUMNS.values()))
    assert "effect of" not in words


def test_without_repeats_it_is_the_paired_difference_of_effects() -> None:
    """A slow twin: the same people as sweeps of two strengths."""
    values = np.random.default_rng(3).random((25, 2))
    rows = rows_of(values)
    twin = effects_over_faces(
        rows.rename(columns={"person": "identity"}).assign(
            face=rows["person"], strength=rows["side"].astype(float)
        ),
        delta=0.1,
    )
    found = paired_effects(rows, delta=0.1)
    for name in ("mean", "low", "high", "p", "g", "beyond_falls", "betting_p"):
        np.testing.assert_allclose(found[name], twin[name])


def test_nobody_under_both_conditions_is_said() -> None:
    with pytest.raises(BadValueError, match="no pair"):
        paired_effects(rows_of([[0.5, np.nan], [np.nan, 0.4]]), delta=0.1)


def test_accuracy_is_told_by_expression_too_with_families_of_their_own() -> None:
    right = np.random.default_rng(0).random((30, 2)) < [0.9, 0.5]
    happy = rows_of(np.where(right, 0.9, 0.1))
    sad = rows_of(np.where(right[::-1], 0.1, 0.9), cell="sad", meant="sad")
    found = paired_accuracy(pd.concat([happy, sad])).set_index("label")
    assert list(found.index) == ["all", "happy", "sad"]
    assert found.loc["all", "test"] == FLIPS
    assert (found.loc[["happy", "sad"], "test"] == MCNEMAR).all()
    assert found.loc["all", "p_holm"] == found.loc["all", "p"]
    each = found.loc[["happy", "sad"]]
    np.testing.assert_allclose(each["p_holm"], stats.adjust(each["p"], "holm"))


def test_remarks_are_in_the_words_of_pairs() -> None:
    rng = np.random.default_rng(4)
    fell = np.where(rng.random(40) < 0.4, 0.5, 0.0) + 0.01 * rng.normal(size=40)
    rows = rows_of(np.stack([np.full(40, 0.97), 0.97 - fell], axis=1).clip(0, 1))
    found = paired_effects(rows, delta=0.1).set_index("label").loc["happy"]
    assert found["verdict"] == "differs between people"
    assert "of the differences are falls by more than" in found["notes"]
    assert "of people" not in found["notes"]
    assert "lower intensity" not in found["notes"]
    assert found["second"] == pytest.approx(found["start"] + found["mean"])


def test_a_one_sided_question_has_a_one_sided_p() -> None:
    values = np.clip(np.random.default_rng(6).normal([0.6, 0.55], 0.1, (20, 2)), 0, 1)
    two, one = (
        paired_effects(rows_of(values), delta=0.1, alternative=way).set_index("label").loc["happy", "p"]
        for way in ("two-sided", "less")
    )
    assert one < two


def test_repeats_of_different_things_are_no_retests_and_no_change_exceeds_one() -> None:
    happy = rows_of(np.full((6, 2, 1), 0.99), cell="")
    sad = rows_of(np.full((6, 2, 1), 0.01), cell="", meant="sad").assign(
        face=lambda rows: "sad" + rows["face"]
    )
    assert retests(pd.concat([happy, sad])).empty
    far = np.random.default_rng(1).integers(0, 2, (20, 2, 2)).astype(float)
    assert (retests(rows_of(far))["smallest_change"] == 1.0).all()
