"""The study's tables against slow twins on built worlds, and against worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from facelib import stats
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import asymmetry_curves, asymmetry_lowering, symmetry_check
from facelib.experiments.asymmetry.design import ARMS
from facelib.experiments.asymmetry.effects import (
    ALL,
    CONTRAST_TABLE,
    CURVE_TABLE,
    EFFECT_COLUMNS,
    asymmetry_contrasts,
    asymmetry_effects,
    intended_rows,
)
from facelib.experiments.asymmetry.lowering import LOWERING_COLUMNS
from facelib.experiments.asymmetry.table import CHECK_COLUMNS, TABLE_COLUMNS, asymmetry_table

Built = tuple[pd.DataFrame, pd.DataFrame]
World = Callable[..., Built]
LOGIT = {"values": ("logit",)}


@pytest.fixture(scope="module")
def found(only_asymmetry: Built) -> pd.DataFrame:
    """Return the whole table of the world in which only asymmetry matters."""
    return asymmetry_table(*only_asymmetry)


@pytest.fixture(scope="module")
def found_total(only_total: Built) -> pd.DataFrame:
    """Return the whole table of the world in which only the total matters."""
    return asymmetry_table(*only_total)


def change(built: Built, person: str, intensity: float, arm: str, value: str) -> float:
    """Mean change over a person's expressions, row by row."""
    table, faces = built
    changes = []
    for face in faces.to_dict("records"):
        if face["identity"] != person or face["intensity"] != intensity or face["expression"] == "neutral":
            continue
        ends = {}
        for row in table[table["face"] == face["face"]].to_dict("records"):
            asked = row["intervention"] == ARMS[arm] and row["classifier"] == "a"
            if asked and row["label"] == face["expression"]:
                ends[row["strength"]] = row[value]
        changes.append(ends[1.0] - ends[0.0])
    return sum(changes) / len(changes)


@pytest.mark.thorough
def test_numbers_equal_those_computed_row_by_row(only_asymmetry: Built, found: pd.DataFrame) -> None:
    people = only_asymmetry[1]["identity"].unique()
    for row in found[found["classifier"] == "a"].to_dict("records"):
        other = "right" if row["side"] == "left" else "left"
        asked = (row["intensity"], row["value"])
        one = np.array([change(only_asymmetry, who, asked[0], row["side"], asked[1]) for who in people])
        assert row["change_mean"] == pytest.approx(one.mean())
        for control in ("total", "displacement"):
            both = [change(only_asymmetry, who, asked[0], control, asked[1]) for who in people]
            assert row[f"d_{control}_mean"] == pytest.approx((one - both).mean())
        swapped = [change(only_asymmetry, who, asked[0], other, asked[1]) for who in people]
        assert row["swap"] == pytest.approx((one - swapped).mean())
        assert row["swap_low"] <= row["swap_verdict_low"] <= row["swap"]
        assert row["swap"] <= row["swap_verdict_high"] <= row["swap_high"]
        assert (row["n"], row["faces"]) == (12, 24)


@pytest.mark.thorough
def test_each_family_is_the_classifiers_of_one_arm(only_asymmetry: Built) -> None:
    effects = asymmetry_effects(*only_asymmetry)
    assert tuple(effects.columns) == tuple(EFFECT_COLUMNS)
    assert (effects["family"] == 2).all()
    assert set(effects["expression"]) == {ALL, "happy", "sad", "neutral"}
    # all expressions and each of two, both intensities; neutral faces have one
    assert len(effects) == 2 * (3 * 2 + 1) * 4 * 2
    contrasts = asymmetry_contrasts(*only_asymmetry)
    assert "neutral" not in set(contrasts["expression"])
    assert tuple(contrasts.columns) == tuple(CONTRAST_TABLE)
    against_control = contrasts["control"].isin([ARMS["total"], ARMS["displacement"]])
    assert set(contrasts.loc[against_control, "alternative"]) == {"less"}
    assert set(contrasts.loc[~against_control, "alternative"]) == {"two-sided"}


@pytest.mark.thorough
def test_where_only_asymmetry_matters_all_lower_because_of_it(
    only_asymmetry: Built, found: pd.DataFrame, world: World
) -> None:
    assert tuple(found.columns) == tuple(TABLE_COLUMNS)
    assert found[["lowers", "because_total", "because_displacement", "because"]].all(axis=None)
    assert (found["d_total_verdict"][found["value"] == "probability"] == "matters").all()
    assert (found["swap_verdict"][found["value"] == "probability"] == "cannot tell").all()  # twelve people
    many = asymmetry_table(
        *world(lambda asymmetry, _: 1.0 - 2.0 * asymmetry, people=40, strengths=(0.0, 1.0))
    )
    assert (many["swap_verdict"][many["value"] == "probability"] == "does not matter at δ").all()
    counts = asymmetry_lowering(*only_asymmetry)
    assert tuple(counts.columns) == tuple(LOWERING_COLUMNS)
    assert (counts["k"] == counts["total"]).all()
    assert (counts["k_because"] == counts["total"]).all()


@pytest.mark.thorough
def test_where_only_the_total_matters_none_lowers_because_of_asymmetry(
    only_total: Built, found_total: pd.DataFrame, world: World
) -> None:
    counts = asymmetry_lowering(*only_total)
    assert (counts["k"] == 2).all()
    against_total = counts[counts["control"].isin(["total", "both"])]
    assert (against_total["k_because"] == 0).all()
    assert found_total["lowers"].all()
    assert not found_total["because"].any()
    probability = found_total[found_total["value"] == "probability"]
    assert (probability["change_verdict"] == "matters").all()
    assert (probability["d_total_verdict"] == "cannot tell").all()  # twelve people
    many = asymmetry_table(*world(lambda _, total: -1.0 + 2.0 * total, people=40, strengths=(0.0, 1.0)))
    probability = many[many["value"] == "probability"]
    assert (probability["d_total_verdict"] == "does not matter at δ").all()


@pytest.mark.thorough
def test_a_control_that_is_weaker_by_too_little_is_found_by_the_other(found_total: pd.DataFrame) -> None:
    """The displacement control loses a tenth less here: against it alone, the total looks like asymmetry."""
    assert found_total["because_displacement"].all()
    assert not found_total["because_total"].any()


@pytest.mark.thorough
def test_counts_of_the_table_are_those_of_lowering(world: World) -> None:
    built = world(
        lambda asymmetry, total: -0.3 * asymmetry + 0.2 * total, noise=0.5, classifiers=tuple("abcde")
    )
    found = asymmetry_table(*built)
    for row in asymmetry_lowering(*built).to_dict("records"):
        keys = ["side", "intensity", "value", "expression"]
        own = found[(found[keys] == [row[key] for key in keys]).all(axis=1)]
        column = {"both": "because"}.get(row["control"], f"because_{row['control']}")
        assert own["lowers"].sum() == row["k"]
        assert own[column].sum() == row["k_because"]
        assert ", ".join(own.loc[own[column], "classifier"]) == row["because"]


@pytest.mark.thorough
def test_neutral_faces_do_not_change(found: pd.DataFrame) -> None:
    assert (found[["neutral", "neutral_low", "neutral_high"]] == 0).all(axis=None)


@pytest.mark.thorough
def test_without_neutral_faces_their_columns_are_empty(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    kept = faces[faces["expression"] != "neutral"]
    found = asymmetry_table(table[table["face"].isin(kept["face"])], kept, **LOGIT)
    assert found["neutral"].isna().all()
    assert found["because"].all()


@pytest.mark.thorough
def test_verdicts_at_three_margins_come_from_one_interval(only_asymmetry: Built) -> None:
    row = asymmetry_table(*only_asymmetry, values=("probability",), delta=0.3).iloc[0]
    assert (row["delta"], row["alpha"]) == (0.3, 0.05)
    assert -0.6 < row["change_low"] <= row["change_high"] < -0.3
    verdicts = [row[f"change_verdict{where}"] for where in ("_half", "", "_double")]
    assert verdicts == ["matters", "matters", "does not matter at δ"]


@pytest.mark.thorough
def test_logits_have_no_margin(found: pd.DataFrame) -> None:
    logits = found[found["value"] == "logit"]
    ends = [name for name in found if name.endswith(("verdict_low", "verdict_high"))]
    words = [name for name in found if "verdict" in name and name not in ends]
    assert (logits[words] == "").all(axis=None)
    assert (logits[["change_verdict_low", "swap_verdict_low"]] < 3).all(axis=None)
    assert logits["delta"].isna().all()


@pytest.mark.thorough
def test_single_expressions_can_be_asked_for(only_asymmetry: Built) -> None:
    found = asymmetry_table(*only_asymmetry, expressions=("sad",), **LOGIT)
    assert set(found["expression"]) == {"sad"}
    assert (found["faces"] == 12).all()
    with pytest.raises(BadValueError, match="all, happy, sad, neutral; asked were disgust"):
        asymmetry_effects(*only_asymmetry, expressions=("disgust",))


@pytest.mark.thorough
def test_tuned_classifiers_are_marked(world: World) -> None:
    built = world(lambda _, total: total, classifiers=("fer", "mine"), people=6)
    marked = asymmetry_table(*built, **LOGIT).set_index("classifier")["tuned"]
    assert marked["fer"].all()
    assert not marked["mine"].any()


@pytest.mark.thorough
def test_curves_are_means_over_people(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    found = asymmetry_curves(table, faces)
    assert tuple(found.columns) == tuple(CURVE_TABLE)
    rows = intended_rows(table, faces)
    for row in found.sample(12, random_state=1).to_dict("records"):
        own = rows[
            (rows["intervention"] == row["intervention"])
            & (rows["classifier"] == row["classifier"])
            & np.isclose(rows["strength"], row["strength"])
            & (rows["intensity"] == row["intensity"])
            & (
                rows["expression"] != "neutral"
                if row["expression"] == ALL
                else rows["expression"] == row["expression"]
            )
        ]
        people = own.groupby("identity")["probability"].mean()
        assert row["mean"] == pytest.approx(people.mean())
        [low], [high] = stats.mean_distribution(people.to_numpy()).interval(0.95)
        assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_the_manipulation_check_sees_symmetry_fall_on_one_side_only(only_asymmetry: Built) -> None:
    found = symmetry_check(*only_asymmetry).set_index("intervention")
    assert tuple(found.reset_index().columns) == tuple(CHECK_COLUMNS)
    assert found.loc[[ARMS["left"], ARMS["right"]], "change"].to_numpy() == pytest.approx(-0.4)
    assert found.loc[[ARMS["total"], ARMS["displacement"]], "change"].to_numpy() == pytest.approx(0)
    assert (found["monotone"] == 1).all()
    assert (found["faces"] == 24).all()


def test_the_manipulation_check_counts_faces_whose_symmetry_rises(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    first = table["face"] == faces["face"][0]
    risen = table.assign(
        measured_symmetry=table["measured_symmetry"].mask(first & (table["strength"] == 1), 0.99)
    )
    found = symmetry_check(risen, faces).query("intensity == 1").set_index("intervention")
    assert found.loc[ARMS["left"], "monotone"] == pytest.approx(23 / 24)
    assert found.loc[ARMS["left"], "largest_rise"] == pytest.approx(0.99 - 0.8)
    with pytest.raises(BadValueError, match="lacks measured_activation"):
        symmetry_check(table, faces, "activation")


@pytest.mark.thorough
def test_failed_rows_are_left_out_and_said(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    lost = table["face"].isin(faces.loc[faces["identity"] == "person 3", "face"])
    values = {name: table[name].mask(lost) for name in ("logit", "probability")}
    found = asymmetry_table(table.assign(**values), faces, **LOGIT)
    assert (found["n"] == 11).all()
    assert found["notes"].str.contains("left out").all()


def test_the_intended_class_follows_the_face(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    rows = intended_rows(table.assign(identity="nobody"), faces)
    assert set(rows["label"]) == {"intended"}
    assert len(rows) == len(table) / 2
    assert set(rows["identity"]) == set(faces["identity"])
    assert rows["probability"].to_numpy() == pytest.approx(expit(rows["logit"].to_numpy()))


@pytest.mark.thorough
def test_bad_tables_are_named(only_asymmetry: Built) -> None:
    table, faces = only_asymmetry
    with pytest.raises(BadValueError, match="table of this study lacks strength"):
        asymmetry_table(table.drop(columns="strength"), faces)
    with pytest.raises(BadValueError, match="faces of this study lacks intensity"):
        asymmetry_table(table, faces.drop(columns="intensity"))
    with pytest.raises(BadValueError, match=r"5 faces of the table aren't described, first '0 happy 1\.0'"):
        asymmetry_table(table, faces.iloc[5:])
    with pytest.raises(BadValueError, match="described once"):
        asymmetry_table(table, pd.concat([faces, faces.head(1)]))
    alone = table[table["intervention"] == ARMS["left"]]
    with pytest.raises(BadValueError, match="One side and a control are needed"):
        asymmetry_table(alone, faces)
