"""Estimates beside given values; results that are kept and loaded again; those that come with facelib."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import given_and_estimated, load_power_of_properties
from facelib.experiments.power_of_properties.controls import CONTROL_COLUMNS, ESTIMATE_COLUMNS
from facelib.experiments.power_of_properties.curves import EFFECT_CURVE_COLUMNS, curves_of
from facelib.experiments.power_of_properties.electrodes import ELECTRODE_COLUMNS
from facelib.experiments.power_of_properties.shipped_results import PropertiesResults
from facelib.experiments.power_of_properties.table import PROPERTY_COLUMNS


@pytest.fixture
def estimates() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    age = rng.uniform(18, 80, 40)
    expression = np.repeat(["happy", "sad"], 20)
    return pd.DataFrame(
        {
            "expression": expression,
            "age": age,
            "gender": rng.uniform(0, 1, 40),
            "age_one": age + np.where(expression == "happy", 10.0, -4.0) + rng.normal(0, 3, 40),
            "age_two": 0.5 * age + 20,
            "male_one": np.full(40, 0.5),
            "male_two": np.nan,
        }
    )


def test_estimates_are_compared_per_label_and_estimator(estimates: pd.DataFrame) -> None:
    table = given_and_estimated(estimates)
    assert list(table) == list(ESTIMATE_COLUMNS)
    rows = table.set_index(["property", "estimator", "expression"])
    happy = estimates[estimates["expression"] == "happy"]
    one = rows.loc[("age", "one", "happy")]
    assert one["n"] == 20
    assert one["bias"] == pytest.approx((happy["age_one"] - happy["age"]).mean())
    assert one["error"] == pytest.approx((happy["age_one"] - happy["age"]).abs().mean())
    assert one["correlation"] == pytest.approx(happy["age"].corr(happy["age_one"]))
    assert one["correlation_low"] < one["correlation"] < one["correlation_high"]
    assert one["between"] == pytest.approx(happy["age_one"].corr(happy["age_two"]))
    mean = (happy["age_one"] + happy["age_two"]) / 2 - happy["age"]
    assert rows.loc[("age", "mean", "happy"), "bias"] == pytest.approx(mean.mean())
    assert ("gender", "two", "all") not in rows.index
    assert ("gender", "mean", "all") not in rows.index
    assert np.isnan(rows.loc[("gender", "one", "all"), "correlation"])


def test_a_comparison_is_told_in_words(estimates: pd.DataFrame) -> None:
    said = given_and_estimated(estimates).set_index(["property", "estimator", "expression"])["sentence"]
    assert "years too high" in said[("age", "one", "happy")]
    assert "years too low" in said[("age", "one", "sad")]
    assert "mean of both" in said[("age", "mean", "all")]


def test_curves_hold_the_expression_fixed() -> None:
    """Older people here smile more often; the output follows the smile alone."""
    rng = np.random.default_rng(2)
    age = rng.uniform(18, 80, 600)
    label = pd.Series(np.where(rng.uniform(size=600) < (age - 18) / 62, "happy", "sad"))
    output = pd.DataFrame({"a: happy": np.where(label == "happy", 0.8, 0.2) + rng.normal(0, 0.02, 600)})
    pair = pd.DataFrame({"property": ["age"], "classifier": ["a"], "label": ["happy"], "explained": [0.1]})
    curves = curves_of(pd.DataFrame({"age": age}), output, label, pair, bins=4)
    assert list(curves) == list(EFFECT_CURVE_COLUMNS)
    whole = curves[curves["expression"] == "all"]
    assert len(whole) == 4
    assert np.ptp(whole["mean"]) < 0.02
    assert whole["value"].is_monotonic_increasing
    happy = curves[curves["expression"] == "happy"]
    assert happy["mean"].to_numpy() == pytest.approx(0.8, abs=0.02)


def test_categories_and_many_zeros_have_bins_of_their_own() -> None:
    rng = np.random.default_rng(4)
    glasses = np.where(np.arange(300) % 5 < 3, 0.0, rng.uniform(0.2, 1, 300))
    properties = pd.DataFrame({"glasses": glasses, "hair": rng.choice(["long", "short"], 300)})
    output = pd.DataFrame({"a: sad": glasses + rng.normal(0, 0.1, 300)})
    pairs = pd.DataFrame(
        {"property": ["glasses", "hair"], "classifier": "a", "label": "sad", "explained": [0.5, 0.0]}
    )
    curves = curves_of(properties, output, pd.Series(["sad"] * 300), pairs, bins=5)
    worn = curves[(curves["property"] == "glasses") & (curves["expression"] == "all")]
    assert worn.iloc[0][["n", "value"]].tolist() == [180, 0.0]
    hair = curves[(curves["property"] == "hair") & (curves["expression"] == "all")]
    assert hair["category"].tolist() == ["long", "short"]
    assert hair["n"].tolist() == properties["hair"].value_counts().sort_index().tolist()


def test_results_are_saved_whole_and_come_back(tmp_path: Path) -> None:
    tables = {
        name: pd.DataFrame({"name": ["a"], "share": [0.1], "n": [3]})
        for name in ("properties", "effects", "controls", "curves", "electrodes", "estimates")
    }
    PropertiesResults(**tables, about={"seed": 3}).save(tmp_path)
    assert not list(tmp_path.glob("*.part"))
    back = load_power_of_properties(tmp_path)
    pd.testing.assert_frame_equal(back.curves, tables["curves"], check_dtype=False)
    assert (back.about, back.properties["share"].item()) == ({"seed": 3}, 0.1)
    (tmp_path / "properties_about.json").unlink()
    with pytest.raises(BadValueError, match="properties_study"):
        load_power_of_properties(tmp_path)


class TestCommitted:
    """What comes with facelib is whole, and says what it rests on."""

    def test_tables_have_their_columns(self) -> None:
        found = load_power_of_properties()
        assert list(found.properties)[: len(PROPERTY_COLUMNS)] == list(PROPERTY_COLUMNS)
        assert list(found.controls) == list(CONTROL_COLUMNS)
        assert list(found.curves) == list(EFFECT_CURVE_COLUMNS)
        assert set(found.electrodes) == set(ELECTRODE_COLUMNS)
        assert list(found.estimates) == list(ESTIMATE_COLUMNS)

    def test_the_study_is_of_full_size(self) -> None:
        found = load_power_of_properties()
        whole = found.properties[~found.properties["held"].str.endswith(" light")]
        assert whole["n"].min() >= 1000
        assert found.properties["n"].min() >= 350  # a third in each light
        assert found.effects["classifier"].nunique() >= 6
        assert found.controls["classifier"].nunique() == 5
        symmetry = found.properties[found.properties["property"] == "symmetry"]
        assert symmetry["held"].nunique() == 5
        assert {"weaker_side", "palsy", "estimated_age"} <= set(whole["property"])
        assert (whole["decision"].iloc[0], whole["tests"].iloc[0]) == ("exact_vote", 42)
        assert set(found.electrodes["scheme"]) == {"fridlund", "kuramoto"}
        assert not any(found.about["failures"].values())

    def test_shares_are_those_of_the_effects(self) -> None:
        found = load_power_of_properties()
        first = found.properties.drop_duplicates("property").set_index("property")
        assert found.effects.groupby("property")["rejects"].sum().to_dict() == first["significant"].to_dict()
        assert found.by_classifier.groupby("property")["tests"].sum().to_dict() == first["tests"].to_dict()

    def test_known_truth_is_told_rightly(self) -> None:
        controls = load_power_of_properties().controls
        assert controls.loc[controls["trained"], "verdict"].eq("found").all()
        unused = controls[~controls["trained"]]
        assert not unused["verdict"].eq("found").any()

    def test_files_are_small(self) -> None:
        assert sum(path.stat().st_size for path in PropertiesResults.folder.glob("properties_*")) < 300_000

    def test_what_the_notebook_says_of_it_holds(self) -> None:
        table = load_power_of_properties().properties
        rows = table.drop_duplicates("property").set_index("property")
        above = rows.loc[["electrodes", "age", "skin_tone", "glasses"], "share"].min()
        assert above > rows.loc[["intensity", "activation"], "share"].max()
        medical = rows.loc[["weaker_side", "palsy", "symmetry", "asymmetry"]]
        assert medical["share_holm"].eq(0).all()
        assert medical["significant"].between(0, 7).all()
        assert table["out_of_reach"].eq(0).all()
        assert rows["null_share"].max() <= 0.015
        assert rows.index[rows["largest"]].tolist() == ["electrodes"]
