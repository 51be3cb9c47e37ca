"""Contrasts of one weaker side: what each holds fixed, against readers whose truth is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib import classifiers
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import SIDES, asymmetry_faces
from facelib.experiments.asymmetry_contrasts import (
    ARM_COLUMNS,
    ESTIMANDS,
    SIDED,
    arms_of,
    check_arms,
    estimate,
    read_arms,
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
Reader = Callable[[float, float], float]


def read_by(reader: Reader, people: int = 40, noise: float = 0.03) -> pd.DataFrame:
    """Return what `read_arms` would, of a reader that is a function of both sides' shares."""
    rng = np.random.default_rng(0)
    rows = []
    for person, expression in itertools.product(range(people), ("happy", "sad")):
        offset = rng.normal(0, noise)
        for arm, (weak, strong) in LEFT_RIGHT.items():
            for side in SIDES if arm in SIDED else ("",):
                shares = (strong, weak) if side == "right" else (weak, strong)
                p = float(np.clip(reader(*shares) + offset + rng.normal(0, noise), 0.001, 0.999))
                row = dict.fromkeys(("symmetry", "activation", "activation_detected"), 1.0)
                row |= {"face": f"{person} {expression}", "identity": str(person), "expression": expression}
                row |= {"light": "frontal", "arm": arm, "side": side, "share": weak, "classifier": "x"}
                rows.append(row | {"probability": p})
    return pd.DataFrame(rows)[list(ARM_COLUMNS)]


def means(found: pd.DataFrame) -> pd.Series:
    return found[found["expression"] == "all"].set_index("contrast")["mean"]


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
    assert averaged["left against right"] == pytest.approx(-0.8, abs=0.03)


def test_chimeras_are_asymmetry_and_curvature_person_by_person() -> None:
    tidy = tidy_arms(read_by(lambda left, right: 0.2 + 0.5 * left * right + 0.2 * left))
    ends = tidy[tidy["strength"] == 1]
    once = ends[ends["intervention"].isin(["half", "none"])]  # of one picture, not a mean
    np.testing.assert_allclose(once["logit"], np.log(once["probability"] / (1 - once["probability"])))
    whole = ends.pivot_table(index="face", columns="intervention", values="probability")
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
@pytest.mark.parametrize(
    ("reader", "verdict"),
    [
        (lambda left, right: 0.02 + 0.9 * (min(left, right) == 1), "cannot fall that far"),
        (lambda _left, _right: 0.5, "could not have shown it"),
    ],
)
def test_a_cell_that_could_not_have_fallen_says_so(reader: Reader, verdict: str) -> None:
    """Either the control leaves nothing that asymmetry could take, or no expression is read at all."""
    found = estimate(read_by(reader), names=["total activation"])
    assert found.set_index("expression").loc["all", "verdict"] == verdict


@pytest.mark.thorough
def test_a_family_is_one_contrast_over_expressions_and_classifiers() -> None:
    table = read_by(lambda left, right: 0.2 + 0.3 * (left + right), people=12)
    both = pd.concat([table, table.assign(classifier="y", probability=1 - table["probability"])])
    found = estimate(both, names=["stronger side", "droop"])
    for _, family in found[found["expression"] != "all"].groupby("contrast"):
        assert len(family) == 4
        holm = np.minimum(1, np.maximum.accumulate(np.sort(family["p"]) * np.arange(4, 0, -1)))
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


@pytest.mark.thorough
@pytest.mark.packages
def test_arms_are_what_they_say() -> None:
    """Also: every arm is read with the box of the unchanged face; one that followed would be a confound."""
    heads = asymmetry_faces(2, ("happy", "surprise"), (1.0,), seed=5, neutral=False)
    lit = [head.replace(light="frontal") for head in heads]
    model = classifiers.load("known_unbiased")
    read = read_arms(lit, [model], size=96)
    assert list(read.columns) == list(ARM_COLUMNS)
    unmatched = 4 * 2 - (read["arm"] == "read").sum()
    assert len(read) == 4 * 11 - unmatched
    assert unmatched <= 4  # happy faces can be matched, surprised ones not always
    shares = read.groupby("arm")["share"].unique()
    assert [shares[arm].tolist() for arm in ("unchanged", "half", "one", "none", "palsy")] == [
        [1.0], [0.5], [0.0], [0.0], [0.0]
    ]  # fmt: skip
    one_sided = read["arm"].isin(["one", "palsy"])
    assert read.loc[one_sided, "symmetry"].max() < 0.9
    assert read.loc[~one_sided, "symmetry"].min() > 0.95
    check = check_arms(read).query("expression == 'all'").set_index("arm")
    assert check.loc["one", "mismatch"] == 0
    assert abs(check.loc["read", "mismatch"]) < 0.1
    assert check.loc["half", "mismatch"] > 0.2  # the total is less than what is read of one weak side
    assert np.isfinite(check["mismatch_detected"]).all()

    own = arms_of(lit[:1])[0]
    faces = render_heads([own["unchanged", ""], own["palsy", "left"]], 96)
    images, boxes = np.stack([face.image for face in faces]), np.stack([faces[0].box] * 2)
    expected = model.probabilities(images, boxes)[:, model.index_of("happy")]
    mine = read[read["face"] == lit[0].key].set_index(["arm", "side"])["probability"]
    found = [mine["unchanged", ""], mine["palsy", "left"]]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_bad_input_is_named() -> None:
    (head,) = asymmetry_faces(1, ("happy",), (1.0,), neutral=False)
    with pytest.raises(BadValueError, match="Every head shows one of"):
        read_arms([head.replace(expression="neutral")], [])
    table = read_by(lambda left, right: left * right, people=2)
    with pytest.raises(BadValueError, match=r"Contrasts are a list out of stronger side.*got 'weak side'"):
        estimate(table, names=["weak side"])
    with pytest.raises(BadValueError, match="left or right alone; got 'both'"):
        estimate(table, sides="both")


def test_every_contrast_says_what_it_holds_fixed() -> None:
    for name, estimand in ESTIMANDS.items():
        assert estimand.fixed, name
        assert {estimand.arm, estimand.against} <= {*LEFT_RIGHT, "chimeras", "one left", "one right"}
