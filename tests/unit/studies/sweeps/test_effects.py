"""Order tests of a whole sweep with their correction, and placebos kind by kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from facelib import stats
from facelib.faces import Head
from facelib.interventions.placebos.matching import REGIONS, region_distances
from facelib.studies import Sweep, run_references, sweep
from facelib.studies.sweeps.effects import ORDER_COLUMNS, order_tests, reference_kinds
from facelib.studies.sweeps.placebos import References

pytestmark = pytest.mark.packages

HEAD = Head(age=34, gender=0.0, expression="happy")
NAMES = ["fer", "pyemotion"]


@pytest.fixture(scope="module")
def smile() -> Sweep:
    return sweep(HEAD, "symmetry", NAMES, steps=11)


@pytest.fixture(scope="module")
def some(smile: Sweep) -> References:
    *_, found = run_references(smile, 20, thinned=3)
    return found


@pytest.mark.thorough
def test_every_class_is_tested_and_corrected_for_their_number(smile: Sweep) -> None:
    table = order_tests(smile)
    assert list(table.columns) == list(ORDER_COLUMNS)
    assert len(table) == 14
    assert (table["n_permutations"] == 1399).all()  # Holm over 14 tests can then go below .01
    assert 14 / 1400 <= 0.01
    alone = stats.shuffle_test(smile.series("fer", "sad"), 1399)
    row = table[(table["classifier"] == "fer") & (table["label"] == "sad")].iloc[0]
    assert (row["p"], row["p_low"], row["p_high"]) == (alone.p_value, *alone.p_interval)
    assert (row["side"], row["order"]) == (alone.side, stats.describe_order(alone))
    assert table["p_holm"].tolist() == pytest.approx(multipletests(table["p"], method="holm")[1])
    assert table["p_holm"].min() < 0.011


@pytest.mark.thorough
def test_the_effects_are_the_rows_of_their_class(smile: Sweep) -> None:
    tests = order_tests(smile).set_index(["classifier", "label"])
    for label in ("happy", "neutral"):
        for row in smile.effects(label).to_dict("records"):
            test = tests.loc[(row["classifier"], label)]
            assert (row["shuffle_p"], row["shuffle_p_holm"]) == (test["p"], test["p_holm"])
            assert (row["shuffle_tests"], row["shuffle_exact"]) == (14, False)
            assert (row["side"], row["order"]) == (test["side"], test["order"])


@pytest.mark.thorough
def test_few_strengths_are_tested_exactly() -> None:
    few = sweep(HEAD, "symmetry", ["fer"], steps=5).effects()
    assert few["shuffle_exact"].all()
    assert (few["n_permutations"] == 120).all()
    assert few["shuffle_low"].tolist() == few["shuffle_p"].tolist() == few["shuffle_high"].tolist()


@pytest.mark.thorough
def test_changes_of_the_placebos_are_those_of_their_curves(some: References) -> None:
    for name in NAMES:
        table, curves = some.changes(name, "happy"), some.series(name, "happy")
        assert table["kind"].tolist() == some.kinds
        assert table["change"].tolist() == pytest.approx(curves[:, 2] - curves[:, 0])
        assert table["epgm"].tolist() == pytest.approx(np.abs(np.gradient(curves, axis=1)).mean(axis=1))
        assert (~table["matched"]).sum() == some.unmatched


@pytest.mark.thorough
def test_the_rank_is_split_over_the_kinds(smile: Sweep, some: References) -> None:
    effects = smile.effects(references=some).set_index("classifier")
    for name in NAMES:
        table = reference_kinds(smile, some, name, "happy")
        assert table["total"].sum() == 20 - some.unmatched == effects.loc[name, "references"]
        assert table["exceed"].sum() == effects.loc[name, "as_much"]
        assert table["p_value"].isna().all()  # never a p from fewer than 99
        thinned = smile.series(name)[some.steps]
        same_size = some.changes(name, "happy").query("matched")
        more = same_size["epgm"] >= np.abs(np.gradient(thinned)).mean()
        assert effects.loc[name, "epgm_as_much"] == more.sum()


def test_only_changes_of_the_same_size_are_ranked(smile: Sweep, some: References) -> None:
    short = [replace(one, reached=np.array([True, True, False])) for one in some.sweeps[:2]]
    some = replace(some, sweeps=(*short, *some.sweeps[2:]))
    assert 2 <= some.unmatched < len(some) / 2
    row = smile.effects(references=some).set_index("classifier").loc["fer"]
    same_size = some.changes("fer", "happy").query("matched")["change"].abs()
    assert row["as_much"] == (same_size >= abs(row["change"])).sum()
    ranked = f"{row['as_much']} of {len(same_size)} placebos did as much"
    assert f"{ranked}; {some.unmatched} others could not be made as large." in row["sentence"]
    low, high = np.quantile(some.series("fer", "happy")[some.matched], (0.05, 0.95), axis=0)
    band = some.band("happy").query("classifier == 'fer'")
    assert band["low"].tolist() == pytest.approx(low.tolist())
    assert band["high"].tolist() == pytest.approx(high.tolist())


def test_nothing_is_ranked_where_fewer_than_half_are_as_large(smile: Sweep, some: References) -> None:
    small = [replace(one, reached=np.array([True, False, False])) for one in some.sweeps[:11]]
    few = replace(some, sweeps=(*small, *some.sweeps[11:]))
    assert not few.comparable
    row = smile.effects(references=few).set_index("classifier").loc["fer"]
    assert (row["references"], row["unmatched"]) == (0, few.unmatched)
    assert pd.isna(row["as_much"])
    none = f"{few.unmatched} of {len(few)} placebos could not be made as large: no comparison."
    assert row["sentence"].endswith(none)
    assert few.band("happy").empty
    assert reference_kinds(smile, few, "fer", "happy").empty


def test_where_the_picture_changes_stands_beside_where_placebos_do(smile: Sweep, some: References) -> None:
    table = some.where()
    assert table["region"].tolist() == list(REGIONS)
    expected = region_distances(smile.images[0], smile.images[-1], smile.box)
    assert table["change"].tolist() == pytest.approx(expected.tolist())
    assert table["change"].idxmax() == REGIONS.index("lower left")  # the person's left half of the smile
    last = np.array([one.regions[-1] for one in some.sweeps])
    assert table["harmless"].tolist() == pytest.approx(np.median(last, axis=0).tolist())


@pytest.mark.thorough
def test_without_placebos_there_is_nothing_to_split(smile: Sweep) -> None:
    same = sweep(HEAD, "symmetrise", ["fer"], steps=3)
    (none,) = run_references(same, 5)
    assert reference_kinds(same, none, "fer", "happy").empty
    assert none.changes("fer", "happy").empty
    assert none.where()["harmless"].isna().all()
    assert isinstance(smile.effects(), pd.DataFrame)
