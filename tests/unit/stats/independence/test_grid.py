"""The grid: the same numbers as single tests, families, votes, budget, cancel, and what it refuses."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests

from facelib.errors import BadValueError
from facelib.stats import independence_grid, independence_test
from facelib.stats.independence import TESTS, WithinRff
from facelib.stats.independence.grid import COLUMNS, NULL_PROPERTY, VOTERS
from facelib.stats.independence.sequential import Progress

N = 210
LABELS = np.array(["happy", "sad", "angry"])[np.arange(N) % 3]


@pytest.fixture(scope="module")
def faces() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    age, gender = rng.uniform(18, 80, N), rng.choice(["female", "male"], N)
    happy = 0.05 * age + (LABELS == "happy") + rng.normal(size=N)
    sad = (LABELS == "sad") + 0.1 * rng.normal(size=N)
    return pd.DataFrame({"age": age, "gender": gender}), pd.DataFrame({"happy": happy, "sad": sad})


def cell(grid: pd.DataFrame, prop: str, output: str, method: str) -> pd.Series:
    return grid[(grid["property"] == prop) & (grid["output"] == output) & (grid["method"] == method)].iloc[0]


def test_one_row_a_pair_and_method_and_all_columns(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS)
    assert list(grid.columns) == list(COLUMNS)
    methods = {*TESTS, "vote"} if set(VOTERS) <= set(TESTS) else set(TESTS)
    assert set(grid["method"]) == methods
    assert len(grid) == 4 * len(methods)
    assert not grid.duplicated(["property", "output", "method"]).any()
    assert ((grid["p"] > 0) & (grid["p"] <= 1)).all()


@pytest.mark.parametrize("method", ["partial_correlation", "kcit"])
def test_a_cell_is_the_single_test(faces: Any, method: str) -> None:
    properties, outputs = faces
    grid = independence_grid(properties, outputs, LABELS, methods=[method])
    for prop in properties:
        for output in outputs:
            alone = independence_test(properties[prop], outputs[output], LABELS, method=method)
            found = cell(grid, prop, output, method)
            assert found["statistic"] == pytest.approx(alone.statistic, rel=1e-9)
            assert found["p"] == pytest.approx(alone.p_value, rel=1e-6)


def test_corrections_count_one_family_a_method(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=["partial_correlation"])
    for column, name in (("p_holm", "holm"), ("p_bh", "fdr_bh"), ("p_by", "fdr_by")):
        np.testing.assert_allclose(grid[column], multipletests(grid["p"], method=name)[1])
    assert grid["rejects"].tolist() == (grid["p"] < 0.01).tolist()
    assert cell(grid, "age", "happy", "partial_correlation")["rejects_holm"]


def test_the_vote_is_the_second_smallest_of_three(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=VOTERS, alpha=0.05)
    for (prop, output), rows in grid.groupby(["property", "output"]):
        three = [cell(grid, prop, output, voter)["p"] for voter in VOTERS]
        vote = cell(grid, prop, output, "vote")
        assert vote["p"] == pytest.approx(min(1.0, 1.5 * sorted(three)[1]))
        assert vote["rejects"] == (sorted(three)[1] < 0.05)
        assert set(rows["votes"]) == {sum(p < 0.05 for p in three)}
    assert cell(grid, "age", "happy", "vote")["rejects"]
    assert not cell(grid, "gender", "sad", "vote")["rejects"]


def test_without_all_voters_there_is_no_vote(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=["partial_correlation"])
    assert grid["votes"].isna().all()
    assert "vote" not in set(grid["method"])


def test_the_max_statistic_keeps_the_family_and_beats_holm_on_correlated_outputs() -> None:
    rng = np.random.default_rng(0)
    base, x = rng.normal(size=N), rng.normal(size=N)
    outputs = {f"copy {i}": base + 0.2 * x + 1e-3 * rng.normal(size=N) for i in range(20)}
    grid = independence_grid(
        {"x": x}, outputs, LABELS, methods=["partial_correlation"], max_statistic_draws=999
    )
    assert (grid["p_max"] >= grid["p"] * 0.8).all()
    assert (grid["p_max"] < grid["p_holm"]).all()  # twenty copies are one test, and the permutations know it


def test_the_max_statistic_holds_the_family_wise_level() -> None:
    rng, runs, rejected = np.random.default_rng(11), 200, 0
    for seed in range(runs):
        x, base = rng.normal(size=60), rng.normal(size=60)
        outputs = {str(i): base + rng.normal(size=60) for i in range(4)}
        grid = independence_grid(
            {"x": x}, outputs, methods=["partial_correlation"], max_statistic_draws=99, seed=seed
        )
        rejected += bool((grid["p_max"] <= 0.05).any())
    assert scipy_stats.binom.ppf(0.0005, runs, 0.05) <= rejected <= scipy_stats.binom.ppf(0.9995, runs, 0.05)


def test_the_null_property_stands_outside_the_family(faces: Any) -> None:
    plain = independence_grid(*faces, LABELS, methods=["partial_correlation"])
    grid = independence_grid(*faces, LABELS, methods=["partial_correlation"], null_property=True)
    kept = grid[~grid["null_property"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[["p", "p_holm", "p_by"]], plain[["p", "p_holm", "p_by"]])
    chance = grid[grid["null_property"]]
    assert set(chance["property"]) == {NULL_PROPERTY}
    assert chance["p_holm"].isna().all()


def test_constant_columns_are_said_and_leave_the_family(faces: Any) -> None:
    properties, outputs = faces
    grid = independence_grid(
        properties.assign(place="Jena"), outputs.assign(dead=0.5), LABELS, methods=["partial_correlation"]
    )
    dead = grid[(grid["property"] == "place") | (grid["output"] == "dead")]
    assert dead["p"].isna().all()
    assert dead["notes"].str.contains("Not testable").all()
    assert "dead is the same within every label" in cell(grid, "age", "dead", "partial_correlation")["notes"]
    plain = independence_grid(properties, outputs, LABELS, methods=["partial_correlation"])
    np.testing.assert_allclose(grid["p_holm"].dropna(), plain["p_holm"])


def test_progress_is_told_and_false_cancels(faces: Any) -> None:
    seen: list[Progress] = []
    independence_grid(*faces, LABELS, methods=["partial_correlation", "within_dcov"], progress=seen.append)
    assert {state.method for state in seen} == {"partial_correlation", "within_dcov"}
    assert seen[-1].done == seen[-1].total == 4

    def stop(state: Progress) -> bool:
        return state.method != "within_dcov"

    methods = ["within_dcov", "cmiknn"]
    grid = independence_grid(*faces, LABELS, methods=methods, progress=stop, n_permutations=5000)
    first = grid[grid["method"] == "within_dcov"]
    assert first["notes"].str.contains("cancelled").all()
    assert (first["n_permutations"] < 5000).all()
    later = grid[grid["method"] == "cmiknn"]
    assert later["p"].isna().all()
    assert later["notes"].str.contains("Not run: cancelled").all()


def test_a_budget_ends_drawing_and_what_was_drawn_is_valid() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    outputs = {str(i): x + 0.1 * rng.normal(size=N) for i in range(8)}  # never settled: p stays minimal
    started = time.monotonic()
    grid = independence_grid(
        {"x": x}, outputs, LABELS, methods=["within_dcov"], budget=0.5, n_permutations=10_000_000
    )
    assert time.monotonic() - started < 3
    assert (grid["n_permutations"] > 0).all()
    np.testing.assert_allclose(grid["p"], 1 / (grid["n_permutations"] + 1))
    assert grid["notes"].str.contains("budget").all()


def test_settled_pairs_stop_early_and_the_others_go_on(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=["within_dcov"])
    strong, nothing = (cell(grid, p, o, "within_dcov") for p, o in (("age", "happy"), ("gender", "sad")))
    assert strong["n_permutations"] == TESTS["within_dcov"].draws
    assert nothing["n_permutations"] < 300
    assert nothing["p"] == pytest.approx(10 / nothing["n_permutations"])


def test_corrected_draws_suffice_for_holm_and_fewer_are_said(faces: Any) -> None:
    few = independence_grid(*faces, LABELS, methods=["within_dcov"], n_permutations=99)
    assert few["notes"].str.contains("Cannot reach the corrected level").all()
    enough = independence_grid(*faces, LABELS, methods=["within_dcov"], n_permutations="corrected")
    strong = cell(enough, "age", "happy", "within_dcov")
    assert strong["n_permutations"] == 400
    assert strong["rejects_holm"]
    assert not enough["notes"].str.contains("Cannot reach").any()


def test_several_pictures_a_person_are_tested_between_and_within() -> None:
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(30), 6)
    label = np.tile(np.repeat(["happy", "sad"], 3), 30)
    age = rng.uniform(18, 80, 30)[person]
    symmetry = rng.normal(size=180)
    happy = rng.normal(size=30)[person] + symmetry + rng.normal(size=180)
    grid = independence_grid(
        {"age": age, "symmetry": symmetry},
        {"happy": happy},
        label,
        methods=["partial_correlation"],
        person=person,
        null_property=True,
    )
    assert set(grid["n"]) == {60}
    assert set(grid["null"]) == {"permutation"}
    assert cell(grid, "symmetry", "happy", "partial_correlation")["rejects"]
    assert not cell(grid, "age", "happy", "partial_correlation")["rejects"]
    assert grid["notes"].str.contains("whole persons are exchanged").all()


def test_a_logit_vector_is_one_output(faces: Any) -> None:
    properties, outputs = faces
    grid = independence_grid(
        properties, {"logits": outputs.to_numpy()}, LABELS, methods=["partial_correlation"]
    )
    assert len(grid) == 2
    assert cell(grid, "age", "logits", "partial_correlation")["rejects"]


def test_a_continuous_conditioner_leaves_out_tests_that_need_labels(faces: Any) -> None:
    z = np.random.default_rng(0).normal(size=N)
    grid = independence_grid(*faces, z, n_permutations=50)
    assert not {"within_dcov", "within_rff"} & set(grid["method"])
    with pytest.raises(BadValueError, match="labels fixed, not numbers"):
        independence_grid(*faces, z, methods=["within_dcov"])


def test_the_order_of_rows_changes_nothing(faces: Any) -> None:
    properties, outputs = faces
    order = np.random.default_rng(1).permutation(N)
    one = independence_grid(properties, outputs, LABELS, methods=["within_dcov", "partial_correlation"])
    two = independence_grid(
        properties.iloc[order],
        outputs.iloc[order],
        LABELS[order],
        methods=["within_dcov", "partial_correlation"],
    )
    pd.testing.assert_frame_equal(one, two, rtol=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"properties": 3}, "DataFrame or a mapping"),
        ({"properties": {}}, "DataFrame or a mapping"),
        ({"outputs": {"happy": [1.0, 2.0]}}, "different lengths"),
        ({"outputs": {"happy": np.full(N, np.nan)}}, "must be finite"),
        ({"labels": np.arange(N).astype(str)}, "labels for 210 faces"),
        ({"alpha": 1.0}, "alpha"),
        ({"budget": -1}, "budget"),
        ({"methods": []}, "one test or more"),
        ({"methods": ["kcit", "kcit"]}, "each once"),
        ({"methods": ["kicit"]}, "kcit"),
        ({"n_permutations": 0}, "Permutations"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_refused_in_words(faces: Any, change: dict[str, Any], message: str) -> None:
    given = {"properties": faces[0], "outputs": faces[1], "labels": LABELS} | change
    with pytest.raises((BadValueError, KeyError), match=message):
        independence_grid(**given)


def test_a_budget_draws_on_toward_the_corrected_level(faces: Any) -> None:
    properties, outputs = faces
    grid = independence_grid(properties, outputs, LABELS, methods=["within_rff"], alpha=0.001, budget=60.0)
    assert grid["n_permutations"].max() == math.ceil(len(grid) / 0.001) > WithinRff.draws
    assert not grid["notes"].str.contains("Cannot reach").any()


def test_corrected_draws_suffice_for_a_unanimous_vote(faces: Any) -> None:
    properties, outputs = faces
    happy = outputs[["happy"]] + 3 * properties[["age"]].to_numpy()
    grid = independence_grid(
        properties, outputs.assign(happy=happy), LABELS, methods=VOTERS, n_permutations="corrected"
    )
    assert cell(grid, "age", "happy", "cmiknn")["n_permutations"] == math.ceil(1.5 * 4 / 0.01)
    assert cell(grid, "age", "happy", "vote")["rejects_holm"]
    assert not grid["notes"].str.contains("Cannot reach").any()
