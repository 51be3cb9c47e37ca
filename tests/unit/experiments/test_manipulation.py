"""Manipulation checks: every intervention moves its own property, one way, and what it leaks into is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib import Head, data, sample_heads
from facelib.errors import BadValueError, UnknownNameError
from facelib.experiments import manipulation_check
from facelib.experiments.manipulation import (
    HEADS,
    MANIPULATION_COLUMNS,
    QUARTER,
    READERS,
    usual_heads,
)
from facelib.interventions import INTERVENTIONS
from facelib.properties import PROPERTIES, measure
from facelib.properties.property import ALIKE
from facelib.studies import make_frames
from facelib.studies.sweeps.sweep import MEASURED

SMALL = {"steps": 3, "size": 96}


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return data.table("manipulation")


def test_every_intervention_and_property_is_in_the_committed_check(committed: pd.DataFrame) -> None:
    assert tuple(committed.columns) == tuple(MANIPULATION_COLUMNS)
    assert set(committed["intervention"]) == set(INTERVENTIONS)
    assert set(committed["property"]) <= set(PROPERTIES)
    assert set(MEASURED) <= set(committed["property"])
    assert not committed.duplicated(["intervention", "property"]).any()
    assert (committed["heads"] == HEADS).all()


def test_each_moves_its_own_property_far_and_one_way(committed: pd.DataFrame) -> None:
    own = committed[committed["own"]]
    assert set(own["intervention"]) == {
        name for name in INTERVENTIONS if INTERVENTIONS[name].moves in set(committed["property"])
    }
    assert (own["monotone"].abs() >= 0.95).all()
    assert (own["moved"].abs() >= 1).all()
    assert (own["same_way"] == 1).all()


def test_leaks_are_named_in_the_descriptions(committed: pd.DataFrame) -> None:
    """Placebos are made of nothing else; all others say what goes along."""
    for row in committed[committed["leaks"] & ~committed["placebo"]].itertuples():
        told = INTERVENTIONS[row.intervention].description.lower()
        assert row.property.replace("_", " ") in told, (row.intervention, row.property)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("name", ["age", pytest.param("symmetrise", marks=pytest.mark.thorough)])
def test_the_committed_check_comes_again(committed: pd.DataFrame, name: str) -> None:
    again = manipulation_check(usual_heads(), [name], list(committed["property"].unique()))
    again = again[again["heads"] == HEADS].drop(columns=["intervention", "property"]).reset_index(drop=True)
    there = committed[committed["intervention"] == name].reset_index(drop=True)
    there = there.drop(columns=["intervention", "property"])
    still = there["moved"].abs() < 0.1  # spreads: its sign is rounding, which processors do otherwise
    assert (again["moved"] - there["moved"])[still].abs().max() < 0.02
    pd.testing.assert_frame_equal(again[~still], there[~still], check_dtype=False, atol=2e-3, rtol=5e-3)


@pytest.mark.thorough
@pytest.mark.packages
def test_a_row_is_what_its_columns_say() -> None:
    heads = sample_heads(4, seed=8)
    (row,) = manipulation_check(heads, ["blur"], ["sharpness"], **SMALL).to_dict("records")
    frames = [make_frames(head, INTERVENTIONS["blur"], (0, 0.5, 1), size=96).faces for head in heads]
    curves = np.array([measure(faces, "sharpness")["sharpness"] for faces in frames])
    change = curves[:, 2] - curves[:, 0]
    assert row["start"] == pytest.approx(curves[:, 0].mean())
    assert row["change"] == pytest.approx(change.mean())
    assert row["change_sd"] == pytest.approx(change.std(ddof=1))
    assert row["moved"] == pytest.approx(change.mean() / row["spread"])
    assert (row["monotone"], row["same_way"], row["own"], row["leaks"]) == (-1.0, 1.0, True, False)


@pytest.mark.packages
def test_who_grows_younger_is_turned_around() -> None:
    heads = [Head(age=age, seed=3) for age in (25, 30, 80)]
    table = manipulation_check(heads, ["age"], ["age", "electrodes"], **SMALL).set_index("property")
    assert table.loc["age", "change"] == pytest.approx(((85 - 25) + (85 - 30) + (80 - 20)) / 3)
    assert table.loc["age", "monotone"] == 1
    assert table.loc["electrodes", "change"] == 0
    assert np.isnan(table.loc["electrodes", "monotone"])


@pytest.mark.thorough
@pytest.mark.packages
def test_people_who_are_alike_are_measured_by_the_usual_range() -> None:
    heads = [Head(age=40, seed=seed) for seed in (1, 2)]
    (row,) = manipulation_check(heads, ["age"], ["age"], **SMALL).to_dict("records")
    usual = PROPERTIES["age"].high - PROPERTIES["age"].low
    assert row["spread"] == pytest.approx(QUARTER * usual)
    apart = [Head(age=40 + ALIKE * usual * years, seed=1) for years in (0, 2)]
    (row,) = manipulation_check(apart, ["age"], ["age"], **SMALL).to_dict("records")
    assert row["spread"] == pytest.approx(2 * ALIKE * usual / np.sqrt(2))


@pytest.mark.packages
def test_bad_input_is_named_before_anything_is_rendered() -> None:
    two = [Head(), Head(seed=1)]
    for heads, said in (([], "got 0"), ([Head()], "got 1"), ([Head().render(64)] * 2, "Face")):
        with pytest.raises(BadValueError, match=said):
            manipulation_check(heads)
    for names, measured, said in (([], ["age"], "got 0 and 1"), (["blur"], [], "got 1 and 0")):
        with pytest.raises(BadValueError, match=said):
            manipulation_check(two, names, measured)
    with pytest.raises(UnknownNameError):
        manipulation_check(two, ["smoke"])
    with pytest.raises(UnknownNameError):
        manipulation_check(two, ["blur"], ["charm"])
    seen: list[tuple[float, float]] = []
    table = manipulation_check(
        two, ["blur", "jpeg"], ["sharpness"], progress=lambda at: seen.append((at.done, at.total)), **SMALL
    )
    assert seen == [(1, 2), (2, 2)]
    assert table["intervention"].tolist() == ["blur", "jpeg"]


def test_what_an_independent_reader_sees_is_said_and_nothing_of_other_rows(committed: pd.DataFrame) -> None:
    """No intervention is checked by its own knob: age and gender are given, and read by networks."""
    rows = committed[committed["seen"].notna()]
    assert dict(zip(rows["intervention"], rows["property"], strict=True)) == dict(READERS)
    for row in rows.to_dict("records"):
        assert row["seen"] == (abs(row["moved"]) >= 1 and row["same_way"] >= 0.9)
    seen = rows.set_index("intervention")["seen"]
    assert seen["age"]
    assert not seen["gender"]  # hence its title
    assert "gender" not in INTERVENTIONS["gender"].title
    given = {name for name in PROPERTIES if PROPERTIES[name].source == "given"}
    assert not given & set(rows["property"])
