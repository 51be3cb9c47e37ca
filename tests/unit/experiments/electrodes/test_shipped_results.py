"""Results that are kept and loaded again, and those that come with facelib."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments import load_electrodes
from facelib.experiments.electrodes import describe_importance
from facelib.experiments.electrodes.importance import POSITION_COLUMNS
from facelib.experiments.electrodes.numbers import HALF_COLUMNS, NUMBER_COLUMNS
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.sentences import describe_numbers
from facelib.experiments.electrodes.shares import SHARE_COLUMNS
from facelib.experiments.electrodes.shipped_results import ElectrodesResults

MOST = {"fridlund": 22, "kuramoto": 19}


@pytest.fixture(scope="module")
def found() -> ElectrodesResults:
    return load_electrodes()


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame({"classifier": ["a", MEAN], "change": [-0.1, 0.25], "rank": [1, 2]})
    made = ElectrodesResults(numbers=table, halves=table, positions=table, shares=table, about={"seed": 3})
    made.save(tmp_path)
    again = load_electrodes(tmp_path)
    for name in ("numbers", "halves", "positions", "shares"):
        pd.testing.assert_frame_equal(getattr(again, name), table)
    assert again.about == {"seed": 3}
    with pytest.raises(BadValueError, match="electrodes_study"):
        load_electrodes(tmp_path / "elsewhere")


@pytest.mark.thorough
def test_what_was_stored_without_the_interval_behind_a_verdict_stays_readable(
    found: ElectrodesResults, tmp_path: Path
) -> None:
    for table in (found.numbers, found.positions, found.shares):
        assert table[["verdict_low", "verdict_high"]].isna().all().all()
        assert table["verdict"].notna().all()
    lows = {"verdict_low": -0.4, "verdict_high": -0.2}
    kept = {name: getattr(found, name) for name in ("numbers", "halves", "shares")}
    anew = ElectrodesResults(**kept, positions=found.positions.assign(**lows), about={})
    again = load_electrodes(anew.save(tmp_path))
    assert set(again.positions["verdict_low"]) == {-0.4}


def test_the_files_are_small_and_whole(found: ElectrodesResults) -> None:
    assert sum(path.stat().st_size for path in ElectrodesResults.folder.glob("electrodes_*")) < 300_000
    for table, columns in (
        (found.numbers, NUMBER_COLUMNS), (found.halves, HALF_COLUMNS),
        (found.positions, POSITION_COLUMNS), (found.shares, SHARE_COLUMNS),
    ):  # fmt: skip
        assert list(table) == list(columns)
    assert found.about["failures"] == 0
    assert {row["classifier"] for row in found.about["classifiers"]} | {MEAN} == set(
        found.numbers["classifier"]
    )
    assert set(found.numbers["expression_set"]) == {"facs", "tuned"}
    for scheme, most in MOST.items():
        numbers = found.numbers[found.numbers["scheme"] == scheme]
        assert (numbers["number"].min(), numbers["number"].max()) == (0, most)
        assert (numbers["n"] == 105).all()
        assert found.positions.query("scheme == @scheme")["position"].nunique() == most


def test_the_numbers_agree_with_each_other(found: ElectrodesResults) -> None:
    first = found.numbers[found.numbers["number"] == 0]
    assert (first[["change", "accuracy_change", "lost", "gained"]].fillna(0) == 0).all().all()
    counted = found.numbers.dropna(subset="right")
    np.testing.assert_allclose(counted["right"] / counted["n"], counted["accuracy"], atol=1e-5)
    net = (counted["gained"] - counted["lost"]) / counted["n"]
    np.testing.assert_allclose(net, counted["accuracy_change"], atol=1e-5)
    keys = ["scheme", "by", "classifier", "outcome"]
    sums = found.shares.groupby(keys)[["change"]].sum()["change"]
    totals = found.shares.groupby(keys)["total"].first()
    np.testing.assert_allclose(sums, totals, atol=1e-4)
    regions = found.shares.query("by == 'region'")
    assert (regions["error"] == 0).all()
    muscles = found.shares.query("by == 'muscle'")
    assert muscles["error"].between(0, 0.05).all()
    whole = muscles["high"] - muscles["low"]
    assert (whole >= 2 * muscles["error"]).mean() > 0.95  # the interval over people holds that error


def test_region_values_are_those_of_their_muscles(found: ElectrodesResults) -> None:
    """Two ways to share out one change: exact over regions, sampled over muscles; they tell the same."""
    from facelib.semg import MUSCLES

    own = found.shares.query("scheme == 'fridlund' and outcome == 'probability'")
    muscles = own[own["by"] == "muscle"].assign(
        region=lambda rows: [MUSCLES[one].region for one in rows["group"]]
    )
    summed = muscles.groupby(["classifier", "region"])["change"].sum()
    regions = own[own["by"] == "region"].set_index(["classifier", "group"])["change"].reindex(summed.index)
    assert np.corrcoef(summed, regions)[0, 1] > 0.9
    assert np.abs(summed - regions).max() < 0.05


def test_what_is_found_is_told(found: ElectrodesResults) -> None:
    mean = found.numbers.query("classifier == @MEAN and expression_set == 'tuned'")
    for scheme, most in MOST.items():
        row = mean[(mean["scheme"] == scheme) & (mean["number"] == most)].iloc[0]
        assert row["verdict"] == "matters"
        assert row["accuracy_change_high"] < -0.05
    said = describe_numbers(found.numbers, found.halves)
    assert said[-1].startswith("On average the classifiers name 60 % of 105 faces")
    assert describe_importance(found.positions, found.shares).startswith("Averaged over classifiers, F")
