"""Contrasts of one weaker side: what each holds fixed, against readers whose truth is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as distributions

from facelib import classifiers, properties
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import estimands
from facelib.experiments.asymmetry.design import SIDES, asymmetry_faces
from facelib.experiments.asymmetry.estimands import (
    ARM_COLUMNS,
    ESTIMANDS,
    arms_of,
    between_seeds,
    check_arms,
    estimate,
    read_arms,
    registered_answers,
    share_read_alike,
    tidy_arms,
)
from facelib.faces import render_heads

LEFT_RIGHT = {  # shares of the expression on both sides, for the left side weak
    "unchanged": (1.0, 1.0),
    "none": (0.0, 0.0),
    "half": (0.5, 0.5),
    "one": (0.0, 1.0),
    "visible": (0.45, 0.45),
    "read": (0.7, 0.7),
    "palsy": (0.0, 1.0),
}
SIDED = ("one", "visible", "read", "palsy")
Reader = Callable[[float, float], float]


def read_by(reader: Reader, people: int = 40, noise: float = 0.03, seed: int = 0) -> pd.DataFrame:
    """What `read_arms` returns, of a reader that is a function of both sides' shares."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        offset = rng.normal(0, noise)
        for expression in ("happy", "sad"):
            for arm, (weak, strong) in LEFT_RIGHT.items():
                for side in SIDES if arm in SIDED else ("",):
                    shares = (strong, weak) if side == "right" else (weak, strong)
                    p = float(np.clip(reader(*shares) + offset + rng.normal(0, noise), 0.001, 0.999))
                    row = {
                        "face": f"{person} {expression}",
                        "identity": str(person),
                        "expression": expression,
                    }
                    row |= {"light": "frontal", "arm": arm, "side": side, "share": weak, "classifier": "x"}
                    row |= {"logit": float(np.log(p / (1 - p))), "probability": p}
                    rows.append(row | {"symmetry": 1.0, "activation": 1.0, "activation_detected": 1.0})
    return pd.DataFrame(rows)[list(ARM_COLUMNS)]


def means(found: pd.DataFrame, expression: str = "all") -> pd.Series:
    own = found[found["expression"] == expression]
    return own.set_index("contrast")["mean"]


READERS: dict[str, tuple[Reader, dict[str, float]]] = {
    "minds the total": (
        lambda left, right: 0.1 + 0.4 * (left + right),
        {"stronger side": -0.4, "total activation": 0.0, "chimeras": 0.0, "curvature": 0.0},
    ),
    "minds asymmetry": (
        lambda left, right: 0.6 - 0.3 * abs(left - right),
        {"stronger side": -0.3, "total activation": -0.3, "chimeras": -0.3, "curvature": 0.0},
    ),
    "is saturated": (  # half of an expression is read as nearly the whole: curvature, and no asymmetry
        lambda left, right: 0.1 + 0.8 * min(1.0, (left + right) / 1.0),
        {"stronger side": 0.0, "total activation": 0.0, "chimeras": 0.4, "curvature": 0.4},
    ),
    "minds the weaker side": (
        lambda left, right: 0.1 + 0.8 * min(left, right),
        {"stronger side": -0.8, "total activation": -0.4, "chimeras": -0.4, "curvature": 0.0},
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", READERS)
def test_each_contrast_sees_what_it_does_not_hold_fixed(name: str) -> None:
    reader, truth = READERS[name]
    found = means(estimate(read_by(reader)))
    for contrast, value in truth.items():
        assert found[contrast] == pytest.approx(value, abs=0.03), contrast
    assert found["palsy"] == pytest.approx(found["stronger side"], abs=0.03)  # no reader here sees a droop
    assert found["droop"] == pytest.approx(0.0, abs=0.03)


@pytest.mark.thorough
def test_a_swap_of_sides_is_averaged_out_and_seen_by_side() -> None:
    """A reader that looks at the left side only: each side alone tells another story."""
    table = read_by(lambda left, _right: 0.1 + 0.8 * left)
    averaged, left, right = (means(estimate(table, sides=sides)) for sides in ("averaged", *SIDES))
    assert left["total activation"] == pytest.approx(-0.4, abs=0.03)
    assert right["total activation"] == pytest.approx(0.4, abs=0.03)
    assert averaged["total activation"] == pytest.approx(0.0, abs=0.03)


def test_chimeras_are_asymmetry_and_curvature_person_by_person() -> None:
    tidy = tidy_arms(read_by(lambda left, right: 0.2 + 0.5 * left * right + 0.2 * left))
    whole = tidy[tidy["strength"] == 1].pivot_table(
        index="face", columns="intervention", values="probability"
    )
    parts = (whole["one"] - whole["half"]) + (whole["half"] - whole["chimeras"])
    np.testing.assert_allclose(whole["one"] - whole["chimeras"], parts, atol=1e-12)
    np.testing.assert_allclose(whole["chimeras"], (whole["none"] + whole["unchanged"]) / 2, atol=1e-12)


@pytest.mark.thorough
def test_means_are_those_of_a_slow_twin() -> None:
    table = read_by(lambda left, right: 0.3 + 0.3 * left * right, people=8)
    found = estimate(table, names=["read activation"])
    for expression in ("happy", "sad", "all"):
        each = []
        for person in table["identity"].unique():
            changes = []
            for shown in ("happy", "sad") if expression == "all" else (expression,):
                own = table[(table["identity"] == person) & (table["expression"] == shown)]
                one, read = (own[own["arm"] == arm]["probability"].mean() for arm in ("one", "read"))
                changes.append(one - read)
            each.append(np.mean(changes))
        row = found[found["expression"] == expression].iloc[0]
        assert row["mean"] == pytest.approx(np.mean(each))
        assert row["sd"] == pytest.approx(np.std(each, ddof=1))
        assert row["n"] == 8


@pytest.mark.thorough
def test_what_the_control_leaves_is_room() -> None:
    """Half an expression is read as hardly any: nothing is left that asymmetry could take away."""
    found = estimate(
        read_by(lambda left, right: 0.02 + 0.9 * (min(left, right) == 1)), names=["total activation"]
    )
    row = found[found["expression"] == "all"].iloc[0]
    assert row["room"] < 0.1
    assert row["verdict"] == "cannot fall that far"
    assert bool(row["sensitive"])


@pytest.mark.thorough
def test_a_reader_of_no_expression_could_not_have_shown_it() -> None:
    found = estimate(read_by(lambda _left, _right: 0.5), names=["total activation"])
    row = found[found["expression"] == "all"].iloc[0]
    assert not row["sensitive"]
    assert row["verdict"] == "could not have shown it"


@pytest.mark.thorough
def test_a_family_is_one_contrast_over_expressions_and_classifiers() -> None:
    table = read_by(lambda left, right: 0.2 + 0.3 * (left + right), people=12)
    both = pd.concat([table, table.assign(classifier="y", probability=1 - table["probability"])])
    found = estimate(both, names=["stronger side", "droop"])
    each = found[found["expression"] != "all"]
    for _, family in each.groupby("contrast"):
        assert len(family) == 4
        ordered = np.sort(family["p"])
        holm = np.minimum(1, np.maximum.accumulate(ordered * np.arange(4, 0, -1)))
        np.testing.assert_allclose(np.sort(family["p_holm"]), holm)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=8), st.floats(-2, 12))
def test_a_share_is_given_where_what_is_read_rises_and_meets_the_target(
    read: list[float], target: float
) -> None:
    factors = tuple(np.linspace(0, 1, len(read)))
    share = share_read_alike(np.array(read), target, factors)
    rises = all(one < other for one, other in itertools.pairwise(read))
    assert (share is None) == (not rises or not read[0] <= target <= read[-1])
    if share is not None:
        assert 0 <= share <= 1
        assert np.interp(share, factors, read) == pytest.approx(target, abs=1e-6)


def test_a_face_without_a_match_is_left_out_of_both_arms() -> None:
    """One side weak of six expressions against what is matched of three would compare expressions."""
    table = read_by(lambda left, right: 0.1 + 0.4 * (left + right), people=12)
    lacking = (table["arm"] == "read") & (table["expression"] == "sad") & (table["side"] == "left")
    sad = table["expression"] == "sad"
    shifted = table.assign(probability=table["probability"].where(~sad, table["probability"] / 3))
    found = estimate(shifted[~lacking], names=["read activation"]).set_index("expression")
    assert set(found.index) == {"happy", "all"}
    assert found.loc["all", "mean"] == pytest.approx(found.loc["happy", "mean"])


def test_logits_are_log_odds_without_the_free_constant() -> None:
    tidy = tidy_arms(read_by(lambda left, right: 0.2 + 0.3 * (left + right)).assign(logit=1e6))
    own = tidy[tidy["intervention"].isin(["half", "none"])]
    np.testing.assert_allclose(own["logit"], np.log(own["probability"] / (1 - own["probability"])))


def test_left_against_right_is_paired_by_person() -> None:
    found = means(estimate(read_by(lambda left, _right: 0.1 + 0.8 * left), names=["left against right"]))
    assert found["left against right"] == pytest.approx(-0.8, abs=0.03)


@pytest.mark.thorough
def test_two_groups_of_people_are_compared_as_welch_does() -> None:
    """Against SciPy's own test, on the changes person by person."""
    tables = [read_by(lambda left, right: 0.2 + 0.3 * left * right, people=n, seed=n) for n in (20, 30)]
    found = between_seeds(*(estimate(table) for table in tables))
    row = found[(found["contrast"] == "total activation") & (found["expression"] == "happy")].iloc[0]
    changes = []
    for table in tables:
        tidy = tidy_arms(table)
        own = tidy[(tidy["strength"] == 1) & (tidy["label"] == "happy")]
        wide = own.pivot_table(index="identity", columns="intervention", values="probability")
        changes.append((wide["one"] - wide["half"]).to_numpy())
    expected = distributions.ttest_ind(*changes, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    assert row["difference"] == pytest.approx(changes[0].mean() - changes[1].mean())


@pytest.mark.thorough
def test_both_halves_of_what_was_registered_are_answered() -> None:
    yes = registered_answers(estimate(read_by(READERS["minds asymmetry"][0])))
    assert yes["k"].tolist() == [1, 1]
    only_first = registered_answers(estimate(read_by(READERS["minds the total"][0], people=60)))
    assert only_first["k"].tolist() == [1, 0]
    assert only_first["sentence"].tolist() == [
        "(1) The output falls as one side weakens in 1 of 1 classifiers.",
        "(2) It falls further than with the same total activation on both sides in 0 of 1 classifiers.",
    ]
    low = registered_answers(estimate(read_by(lambda left, right: 0.02 + 0.9 * (min(left, right) == 1))))
    assert low["sentence"][1].endswith("; x can't fall so by δ.")


def test_every_contrast_says_what_it_holds_fixed() -> None:
    for name, estimand in ESTIMANDS.items():
        assert estimand.fixed, name
        assert {estimand.arm, estimand.against} <= {*LEFT_RIGHT, "chimeras", "one left", "one right"}
    assert "because" not in estimands.STATEMENT


@pytest.fixture(scope="module")
def read() -> pd.DataFrame:
    heads = asymmetry_faces(2, ("happy", "surprise"), (1.0,), seed=5, neutral=False)
    lit = [head.replace(light="frontal") for head in heads]
    return read_arms(lit, [classifiers.load("known_unbiased")], size=96)


@pytest.mark.thorough
@pytest.mark.packages
def test_arms_are_what_they_say(read: pd.DataFrame) -> None:
    assert list(read.columns) == list(ARM_COLUMNS)
    unmatched = 4 * 2 - (read["arm"] == "read").sum()
    assert len(read) == 4 * 11 - unmatched
    assert unmatched <= 4  # happy faces can be matched, surprised ones not always
    one = read.drop_duplicates(["face", "arm", "side"])
    share = one.groupby("arm")["share"].agg(["min", "max"])
    assert share.loc["unchanged"].tolist() == [1.0, 1.0]
    assert (
        share.loc["none"].tolist() == share.loc["one"].tolist() == share.loc["palsy"].tolist() == [0.0, 0.0]
    )
    assert share.loc["half"].tolist() == [0.5, 0.5]
    assert (one[one["arm"].isin(["one", "palsy"])]["symmetry"] < 0.9).all()
    assert (one[~one["arm"].isin(["one", "palsy"])]["symmetry"] > 0.95).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_same_is_read_of_both_sides_as_of_one(read: pd.DataFrame) -> None:
    check = check_arms(read).query("expression == 'all'").set_index("arm")
    assert abs(check.loc["read", "mismatch"]) < 0.1
    assert check.loc["half", "mismatch"] > 0.2  # the total is less than what is read of one weak side
    assert np.isfinite(check["mismatch_detected"]).all()
    assert check.loc["one", "mismatch"] == 0


@pytest.mark.thorough
@pytest.mark.packages
def test_every_arm_is_read_with_the_box_of_the_unchanged_face(read: pd.DataFrame) -> None:
    """A box that followed the change would be a confound."""
    heads = asymmetry_faces(2, ("happy", "surprise"), (1.0,), seed=5, neutral=False)[:1]
    own = arms_of([heads[0].replace(light="frontal")])[0]
    faces = render_heads([own["unchanged", ""], own["palsy", "left"]], 96)
    model = classifiers.load("known_unbiased")
    column = model.index_of("happy")
    images, boxes = np.stack([face.image for face in faces]), np.stack([faces[0].box] * 2)
    expected = model.probabilities(images, boxes)[:, column]
    mine = read[(read["face"] == own["unchanged", ""].key) & (read["classifier"] == model.id)]
    found = [mine[mine["arm"] == "unchanged"], mine[(mine["arm"] == "palsy") & (mine["side"] == "left")]]
    np.testing.assert_allclose([part["probability"].iloc[0] for part in found], expected, atol=1e-6)


@pytest.mark.packages
def test_the_activation_of_the_arm_is_what_the_property_measures(read: pd.DataFrame) -> None:
    head = asymmetry_faces(2, ("happy", "surprise"), (1.0,), seed=5, neutral=False)[0].replace(
        light="frontal"
    )
    own = arms_of([head])[0]
    measured = properties.measure(render_heads([own["half", ""]], 96), ["activation"])["activation"].iloc[0]
    mine = read[(read["face"] == head.key) & (read["arm"] == "half")]["activation"].iloc[0]
    assert mine == pytest.approx(measured, rel=1e-3)


def test_heads_without_an_expression_by_name_are_refused() -> None:
    (head,) = asymmetry_faces(1, ("happy",), (1.0,), neutral=False)
    with pytest.raises(BadValueError, match="Every head shows one of"):
        read_arms([head.replace(expression="neutral")], [])
