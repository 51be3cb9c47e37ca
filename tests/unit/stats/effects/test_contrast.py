"""An intervention against its control, and the words about it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.stats import contrast, describe_lowering, effects_over_faces, lowering, sign_flip
from facelib.stats.effects.activation import not_beyond
from facelib.stats.effects.contrasts import CONTRAST_COLUMNS

FALLS = {  # of one side, of both sides
    "only asymmetry": (0.40, 0.00),
    "both": (0.40, 0.20),
    "only weakness": (0.25, 0.25),
    "nothing": (0.00, 0.00),
}


def make_table(rng: np.random.Generator, faces: int = 24, label: str = "happy") -> pd.DataFrame:
    rows = []
    for face in range(faces):
        for classifier, falls in FALLS.items():
            start = rng.uniform(0.7, 0.9)
            for run, fall in zip(("one side", "both sides"), falls, strict=True):
                end = start - fall + rng.normal(0, 0.05)
                for strength, probability in ((0.0, start), (1.0, end)):
                    rows.append((f"face {face}", run, strength, classifier, label, probability))
    names = ["face", "intervention", "strength", "classifier", "label", "probability"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(logit=np.log(table["probability"] / (1 - table["probability"])))


def slow_contrast(table: pd.DataFrame, classifier: str) -> list[float]:
    wide = table[table["classifier"] == classifier].set_index(["face", "intervention", "strength"])[
        "probability"
    ]
    found = []
    for face in table["face"].unique():
        one = wide[face, "one side", 1.0] - wide[face, "one side", 0.0]
        both = wide[face, "both sides", 1.0] - wide[face, "both sides", 0.0]
        found.append(one - both)
    return found


def test_the_contrast_is_a_difference_of_differences(rng: np.random.Generator) -> None:
    table = make_table(rng)
    found = contrast(table, "one side", "both sides", alternative="less")
    assert list(found.columns) == list(CONTRAST_COLUMNS)
    assert found["classifier"].tolist() == list(FALLS)
    columns = []
    for _, row in found.iterrows():
        d = slow_contrast(table, row["classifier"])
        columns.append(d)
        assert row["mean"] == pytest.approx(np.mean(d), rel=1e-9)
        assert row["mean"] == pytest.approx(row["mean_intervention"] - row["mean_control"], rel=1e-9)
        assert (row["intervention"], row["control"], row["n"]) == ("one side", "both sides", 24)
    test = sign_flip(np.array(columns).T, alternative="less")
    np.testing.assert_allclose(found["p"], test.p_value, rtol=1e-12)
    alone = effects_over_faces(table[table["intervention"] == "one side"])
    np.testing.assert_allclose(found["mean_intervention"], alone["mean"], rtol=1e-9)
    np.testing.assert_allclose(found["start"], alone["start"], rtol=1e-9)


def test_faces_with_one_of_the_two_are_left_out(rng: np.random.Generator) -> None:
    table = make_table(rng)
    gone = (table["face"] == "face 2") & (table["intervention"] == "both sides")
    gone |= (table["face"] == "face 7") & (table["intervention"] == "one side")
    gone |= (
        (table["face"] == "face 9")
        & (table["intervention"] == "both sides")
        & (table["classifier"] == "both")
    )
    found = contrast(table[~gone], "one side", "both sides").set_index("classifier")
    assert found["n"].to_dict() == {"only asymmetry": 22, "both": 21, "only weakness": 22, "nothing": 22}
    assert "2 of 23 identities have no control and are left out." in found.loc["both", "notes"]
    kept = table[~table["face"].isin(["face 2", "face 7"])]
    expected = contrast(kept, "one side", "both sides").set_index("classifier")
    assert found.loc["nothing", "mean"] == pytest.approx(expected.loc["nothing", "mean"], rel=1e-12)


def test_identities_are_averaged_before(rng: np.random.Generator) -> None:
    table = make_table(rng, 20)
    table["identity"] = "person " + (table["face"].str.slice(5).astype(int) // 2).astype(str)
    found = contrast(table, "one side", "both sides").set_index("classifier")
    d = np.array(slow_contrast(table, "both")).reshape(10, 2).mean(axis=1)
    assert found.loc["both", "n"] == 10
    assert found.loc["both", "sd"] == pytest.approx(np.std(d, ddof=1), rel=1e-9)
    assert "Each identity counts once: the mean of its 2 faces." in found.loc["both", "notes"]


def test_classifiers_are_counted_raw_and_because(rng: np.random.Generator) -> None:
    found = lowering(make_table(rng), "one side", "both sides", label="happy")
    assert (found.k, found.k_because, found.total) == (3, 2, 4)
    assert found.classifiers == ("only asymmetry", "both", "only weakness")
    assert found.because == ("only asymmetry", "both")
    assert found.k_uncorrected >= found.k
    assert found.n == (24, 24)
    assert 0.7 < found.start[0] <= found.start[1] < 0.9
    words = describe_lowering(found, fixed="the same total activation", clause="the left side weakens")
    assert words.startswith(
        "As the left side weakens, 3 of 4 classifiers lower their output for happy; 2 of 4 fall "
        "further than with the same total activation (both sides). One-sided sign-flip tests over 24 "
        "identities, Holm over 4 classifiers at .05 (uncorrected: "
    )
    assert "Mean output at strength 0: .79 to .82." in words


def test_without_a_control_there_is_no_because(rng: np.random.Generator) -> None:
    table = make_table(rng)
    found = lowering(table[table["intervention"] == "one side"], "one side", label="happy")
    assert (found.k, found.k_because, found.because) == (3, None, ())
    words = describe_lowering(found)
    assert words.startswith("Under one side, 3 of 4 classifiers lower their output for happy. One-sided")
    assert "because" not in words


@pytest.mark.thorough
def test_what_could_not_be_tested_is_counted_and_named(rng: np.random.Generator) -> None:
    table = make_table(rng)
    table.loc[table["classifier"] == "nothing", ["probability", "logit"]] = math.nan
    found = lowering(table, "one side", "both sides", label="happy")
    assert (found.k, found.total, found.notes) == (3, 4, ("nothing: not testable",))
    assert describe_lowering(found).endswith(" Note: nothing: not testable.")
    gone = (table["classifier"] == "both") & (table["intervention"] == "both sides")
    assert (
        "1 classifier has no control" in lowering(table[~gone], "one side", "both sides", label="happy").notes
    )


def test_the_control_is_named_where_what_it_holds_fixed_is_not(rng: np.random.Generator) -> None:
    words = describe_lowering(lowering(make_table(rng), "one side", "both sides", label="happy", alpha=0.01))
    assert "; 2 of 4 fall further than under both sides. " in words
    assert "at .01 (" in words


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda t: contrast(t, "one side", "one side"), BadValueError, "another intervention"),
        (lambda t: contrast(t, "one side", "none"), UnknownNameError, "it has: one side, both sides"),
        (lambda t: lowering(t, "one side", label="fear"), UnknownNameError, "it has: happy"),
        (lambda t: contrast(t.to_numpy(), "one side", "both sides"), BadValueError, "tidy table"),
        (lambda t: contrast(t.drop(columns="intervention"), "a", "b"), BadValueError, "column intervention"),
    ],
)
def test_bad_input_is_named(call, error, words: str, rng: np.random.Generator) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error) as caught:
        call(make_table(rng, 3))
    assert words in str(caught.value)


def test_runs_that_share_nothing_are_refused(rng: np.random.Generator) -> None:
    table = make_table(rng, 4)
    apart = table.assign(face=table["intervention"] + table["face"])
    with pytest.raises(BadValueError, match="share no identity"):
        contrast(apart, "one side", "both sides")
    others = table.assign(classifier=table["intervention"] + table["classifier"])
    with pytest.raises(BadValueError, match="share no classifier"):
        contrast(others, "one side", "both sides")


def rows_of(falls: dict[str, tuple[float, float]], faces: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return a table of classifiers that fall by so much under one side and under both sides."""
    rows = [
        (f"face {face}", run, strength, classifier, "happy", 0.7 - strength * (fall + 0.02 * rng.random()))
        for face in range(faces)
        for classifier, both in falls.items()
        for run, fall in zip(("one side", "both sides"), both, strict=True)
        for strength in (0.0, 1.0)
    ]
    return pd.DataFrame(
        rows, columns=["face", "intervention", "strength", "classifier", "label", "probability"]
    )


def test_because_needs_a_fall_of_its_own(rng: np.random.Generator) -> None:
    table = rows_of({"rises": (-0.05, -0.15), "falls": (0.4, 0.1), "unsure": (0.0, -0.3)}, 12, rng)
    one = (table["intervention"] == "one side") & (table["strength"] == 1)
    table.loc[one & (table["classifier"] == "unsure"), "probability"] = 0.7 + np.tile([0.05, -0.052], 6)
    found = lowering(table, "one side", "both sides", label="happy")
    assert (found.k, found.k_because, found.k_because_uncorrected) == (1, 1, 1)
    assert found.classifiers == found.because == ("falls",)
    words = describe_lowering(found)
    assert words.startswith(
        "Under one side, 1 of 3 classifiers lower their output for happy; 1 of 3 fall further"
    )
    assert found.notes == (
        "rises: rises less than under both sides: no lower output",
        "unsure: more below both sides, but no fall of its own is shown",
    )


def test_what_the_control_leaves_open_is_no_none(rng: np.random.Generator) -> None:
    """The words "0 of 6 fall further" read as if it were shown of all six that they don't."""
    table = rows_of({"a": (0.4, 0.1), "b": (0.3, 0.3), "c": (0.3, 0.31), "d": (0.2, 0.2)}, 12, rng)
    found = lowering(table, "one side", "both sides", label="happy")
    verdicts = pd.DataFrame(
        {
            "classifier": ["a", "b", "c", "d"],
            "mean": [-0.3, 0.0, 0.2, 0.0],
            "verdict": ["does not matter at δ", "does not matter at δ", "matters", "cannot tell"],
        }
    )
    assert found.because == ("a",)
    shown = not_beyond(verdicts, found.because)
    assert shown == ("b", "c")
    words = describe_lowering(replace(found, not_because=shown), fixed="the same total")
    assert (
        "; 1 of 4 are shown to fall further than with the same total (both sides), 2 shown not to; "
        "for 1 it can't be said. One-sided" in words
    )
    none = replace(found, because=(), k_because=0, not_because=())
    assert "; 0 of 4 are shown to fall further than under both sides, 0 shown not to; for 4 it can't" in (
        describe_lowering(none)
    )
    assert "4 of 4 fall further" in describe_lowering(replace(found, k_because=4, not_because=()))


def test_each_family_is_named_with_its_own_size(rng: np.random.Generator) -> None:
    falls = dict.fromkeys("abcd", (0.4, 0.1))
    table = rows_of(falls, 12, rng)
    table = table[(table["classifier"] != "d") | (table["intervention"] == "one side")]
    found = lowering(table, "one side", "both sides", label="happy", alpha=0.005)
    assert (found.total, found.tested, found.tested_because) == (4, 4, 3)
    assert "Holm over 4 classifiers (3 against both sides) at .005 (" in describe_lowering(found)
    assert "1 classifier has no control" in found.notes


@pytest.mark.thorough
def test_what_can_not_be_shown_is_said(rng: np.random.Generator) -> None:
    one, many = {"fer": (0.4, 0.1)}, {f"network {i}": (0.4, 0.1) for i in range(17)}
    few = lowering(rows_of(one, 3, rng), "one side", "both sides", label="happy")
    assert few.notes == ("with 3 identities p can't be below .125: nothing can be shown at .05",)
    table = rows_of(many, 6, rng)
    found = lowering(table, "one side", "both sides", label="happy")
    assert any("Holm over 17 tests can't reach .05" in note for note in found.notes)
    assert (found.k, found.k_uncorrected) == (0, 17)
    assert describe_lowering(lowering(table, "one side", label="happy")) == (
        "Under one side, how many of 17 classifiers lower their output for happy can't be said: 6 people, "
        "where the sign-flip test needs at least 9 at .05 with Holm over 17 tests. Verdicts of size aren't "
        "corrected: “matters” needs at least 6 people (5 where the test is one-sided)."
    )
    coarse = lowering(rows_of(one, 20, rng), "one side", label="happy", n_flips=9)
    assert coarse.notes == ("with 9 sign patterns p can't be below .1: nothing can be shown at .05",)
    assert lowering(rows_of(one, 12, rng), "one side", "both sides", label="happy").notes == ()


@pytest.mark.thorough
def test_skewed_effects_are_said_beside_the_count(rng: np.random.Generator) -> None:
    table = rows_of({"fer": (0.0, 0.0), "facex": (0.3, 0.0)}, 24, rng)
    ends = (table["classifier"] == "fer") & (table["intervention"] == "one side") & (table["strength"] == 1)
    table.loc[ends, "probability"] = 0.58 + np.exp(np.linspace(-2, 2, 24)) / 20
    found = lowering(table, "one side", "both sides", label="happy")
    said = "the sign-flip p can be too small (one-sided)"
    assert found.notes == (
        f"fer: skewed changes: {said}",
        f"fer: skewed differences D from both sides: {said}",
    )


@pytest.mark.thorough
@pytest.mark.parametrize("fall", [0.02, 0.12])
def test_the_count_says_of_skew_what_the_table_of_the_same_quantity_says(fall: float) -> None:
    """ "p too small" stood above a table that said "too large" of the same differences."""
    tail = np.exp(np.linspace(-2, 2, 24)) / 20
    table = rows_of({"fer": (0.0, 0.0)}, 24, np.random.default_rng(3))
    ends = (table["intervention"] == "one side") & (table["strength"] == 1)
    table.loc[table["classifier"] == "fer", "probability"] = 0.5
    table.loc[ends, "probability"] = 0.5 + tail - fall
    found = lowering(table, "one side", "both sides", label="happy")
    one = contrast(table, "one side", "both sides").iloc[0]
    assert "The differences D are skewed (+" in one["notes"]
    small = "the sign-flip p can be too small" in one["notes"]
    assert small == (one["mean"] < 0)
    assert "(two-sided)" in one["notes"]
    assert any("differences D" in note for note in found.notes) == small
    own = effects_over_faces(table[table["intervention"] == "one side"]).iloc[0]
    assert any("skewed changes" in note for note in found.notes) == ("too small" in own["notes"])


def test_a_face_is_one_person_under_the_control_too(rng: np.random.Generator) -> None:
    table = rows_of({"fer": (0.4, 0.1)}, 6, rng)
    number = table["face"].str.slice(5).astype(int)
    table["identity"] = np.where(table["intervention"] == "one side", number, (number + 1) % 6).astype(str)
    with pytest.raises(BadValueError, match="'face 0' has two"):
        contrast(table, "one side", "both sides")
    with pytest.raises(BadValueError, match="'face 0' has two"):
        lowering(table, "one side", "both sides", label="happy")


def test_a_small_level_needs_no_resamples_to_count(rng: np.random.Generator) -> None:
    found = lowering(rows_of({"fer": (0.4, 0.1)}, 24, rng), "one side", label="happy", alpha=0.001)
    assert found.k == 1
