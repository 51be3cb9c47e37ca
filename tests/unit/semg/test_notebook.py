"""What notebook 09 says of the results that come with facelib is what they say."""

from __future__ import annotations

import pytest

from facelib import data
from facelib.experiments.electrodes.outcomes import MEAN

OF = "scheme == 'fridlund' and expression_set == 'tuned'"


@pytest.mark.thorough
def test_what_electrodes_cost() -> None:
    numbers = data.table("electrodes/numbers").query(OF)
    ends = numbers[numbers["number"] == 22]
    lose = ends[(ends["p_holm"] < 0.05) & (ends["accuracy_change"] < 0)]
    assert set(lose["classifier"]) == {"fer", "facemood", "faceapi", "human"}
    mean = numbers[numbers["classifier"] == MEAN].set_index("number")["accuracy"]
    assert (round(100 * mean[0]), round(100 * mean[22])) == (60, 41)
    half = (
        data.table("electrodes/halves")
        .query(f"{OF} and classifier == @MEAN and outcome == 'probability'")
        .iloc[0]
    )
    assert round(half["half"]) == 8
    assert half["half_high"] < 11


def test_which_electrodes_matter() -> None:
    shares = data.table("electrodes/shares").query("outcome == 'probability'")
    own = shares[(shares["scheme"] == "fridlund") & (shares["by"] == "region")]
    ordered = own.sort_values("change").groupby("classifier", sort=False)["group"].agg(list)
    assert ordered[MEAN][:2] == ["midface", "mouth"]
    mean = own[own["classifier"] == MEAN].set_index("group")
    assert 0.3 < mean.loc["midface", "share"] < 0.37
    assert [ordered[name][0] for name in ("fer", "faceapi", "human")] == ["brow", "mouth", "chin"]
    assert (own.loc[own["group"] == "jaw", "change"].abs() < 1e-4).all()
    muscles = shares[(shares["by"] == "muscle") & (shares["classifier"] == MEAN)]
    assert (muscles["p_holm"] >= 0.05).all()


def test_what_restoration_wins_back() -> None:
    table = data.table("restoration/accuracy").query("classifier == 'all'")
    won = table.set_index(["method", "worn", "expression_set"]).sort_index()
    for expressions, expected in (("tuned", [94, 87, 101]), ("facs", [57, 34, 72])):
        row = won.loc[("network", "fridlund", expressions), ["won_back", "low", "high"]]
        assert (100 * row.astype(float)).round().tolist() == expected
    taped = won.loc[("network", "fridlund, leads and tape"), "won_back"]
    assert [round(100 * taped[name]) for name in ("tuned", "facs")] == [76, 48]
    assert (data.table("restoration/placebo")["changed"] == 0).all()


def test_how_well_faces_tell_of_muscles() -> None:
    own = data.table("muscles/scores").query(
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
