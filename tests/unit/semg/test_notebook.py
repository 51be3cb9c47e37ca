"""What notebook 09 says of the results that come with facelib is what they say."""

from __future__ import annotations

import pytest

from facelib.experiments import load_electrodes
from facelib.experiments.electrodes import load_restoration
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.shipped_results import ElectrodesResults
from facelib.experiments.electrodes.won_back import ALL
from facelib.semg.shipped_results import load_results


@pytest.fixture(scope="module")
def found() -> ElectrodesResults:
    return load_electrodes()


@pytest.mark.thorough
def test_who_loses_accuracy_to_electrodes(found: ElectrodesResults) -> None:
    ends = found.numbers.query("scheme == 'fridlund' and expression_set == 'tuned' and number == 22")
    lose = ends[(ends["p_holm"] < 0.05) & (ends["accuracy_change"] < 0)]
    assert set(lose["classifier"]) == {"fer", "facemood", "faceapi", "human"}
    mean = found.numbers.query("scheme == 'fridlund' and expression_set == 'tuned' and classifier == @MEAN")
    first, last = (mean.loc[mean["number"] == number, "accuracy"].item() for number in (0, 22))
    assert (round(100 * first), round(100 * last)) == (60, 41)


def test_half_of_the_change_is_there_at_eight(found: ElectrodesResults) -> None:
    own = found.halves.query("scheme == 'fridlund' and expression_set == 'tuned' and classifier == @MEAN")
    row = own[own["outcome"] == "probability"].iloc[0]
    assert round(row["half"]) == 8
    assert row["half_high"] < 11


def test_which_region_comes_first(found: ElectrodesResults) -> None:
    own = found.shares.query("scheme == 'fridlund' and by == 'region' and outcome == 'probability'")
    ordered = own.sort_values("change").groupby("classifier", sort=False)["group"].agg(list)
    assert ordered[MEAN][:2] == ["midface", "mouth"]
    mean = own[own["classifier"] == MEAN].set_index("group")
    assert 0.3 < mean.loc["midface", "change"] / mean.loc["midface", "total"] < 0.37
    assert [ordered[name][0] for name in ("fer", "faceapi", "human")] == ["brow", "mouth", "chin"]
    assert (own.loc[own["group"] == "jaw", "change"].abs() < 1e-4).all()


def test_no_muscle_survives_the_correction(found: ElectrodesResults) -> None:
    muscles = found.shares.query("by == 'muscle' and outcome == 'probability' and classifier == @MEAN")
    assert (muscles["p_holm"] >= 0.05).all()


def test_what_restoration_wins_back() -> None:
    table = load_restoration().accuracy
    own = table[(table["classifier"] == ALL) & (table["method"] == "network")]
    own = own.set_index(["worn", "expression_set"])
    plain, facs = own.loc[("fridlund", "tuned")], own.loc[("fridlund", "facs")]
    assert [round(100 * plain[name]) for name in ("won_back", "low", "high")] == [94, 87, 101]
    assert [round(100 * facs[name]) for name in ("won_back", "low", "high")] == [57, 34, 72]
    taped = own.loc["fridlund, leads and tape"]["won_back"]
    assert [round(100 * taped[name]) for name in ("tuned", "facs")] == [76, 48]
    classical = table[(table["classifier"] == ALL) & (table["method"] != "network")]
    ahead = own["won_back"] - classical.groupby(["worn", "expression_set"])["won_back"].max()
    assert ahead.loc[[("fridlund", "tuned"), ("fridlund, leads and tape", "tuned")]].min() > 0.05
    assert ahead.drop([("fridlund", "tuned"), ("fridlund, leads and tape", "tuned")]).max() < 0


def test_how_well_faces_tell_of_muscles() -> None:
    scores = load_results().scores
    own = scores.query(
        "kind == 'ridge' and level == 'group' and model == 'Expression2EMG' and by == 'session'"
    )
    rho = own.set_index(["source", "name"])["rho"]
    assert rho["true face units"].min() > 0.9
    read = rho["read from the film"].sort_values()
    assert round(read.median(), 2) == 0.74
    names = ("the same without", "read with electrodes", "read as they are taken off")
    assert [round(rho[name].median(), 2) for name in names] == [0.78, 0.56, 0.74]
    assert set(read.index[:2]) == {"frontalis_lateral_right", "depressor_anguli_oris_right"}
    assert all(name.startswith(("zygomaticus", "orbicularis_oculi")) for name in read.index[-4:])
