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
from facelib.stats import independence_grid, independence_test, share_significant
from facelib.stats.independence import TESTS, Kcit, PartialCorrelation, WithinRff
from facelib.stats.independence.grid import COLUMNS, NULL_PROPERTY
from facelib.stats.independence.permutation.sequential import Progress
from facelib.stats.independence.vote import VOTERS, votes

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
    methods = {*TESTS, "vote", "exact_vote"}
    assert set(grid["method"]) == methods
    assert len(grid) == 4 * len(methods)
    assert not grid.duplicated(["property", "output", "method"]).any()
    assert ((grid["p"] > 0) & (grid["p"] <= 1)).all()


@pytest.mark.one_case
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


@pytest.mark.thorough
def test_corrections_count_one_family_a_method(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=["partial_correlation"])
    for column, name in (("p_holm", "holm"), ("p_bh", "fdr_bh"), ("p_by", "fdr_by")):
        np.testing.assert_allclose(grid[column], multipletests(grid["p"], method=name)[1])
    assert grid["rejects"].tolist() == (grid["p"] < 0.01).tolist()
    assert cell(grid, "age", "happy", "partial_correlation")["rejects_holm"]


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_the_vote_of_exact_tests_decides_by_its_own_p(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, alpha=0.05)
    for (prop, output), rows in grid.groupby(["property", "output"]):
        three = [cell(grid, prop, output, voter)["p"] for voter in ("chsic", "within_dcov", "within_rff")]
        vote = cell(grid, prop, output, "exact_vote")
        assert vote["p"] == pytest.approx(min(1.0, 1.5 * sorted(three)[1]))
        assert vote["rejects"] == (vote["p"] < 0.05)
        counts = rows.set_index("method")["votes"]
        assert (counts.drop("vote") == sum(p < 0.05 for p in three)).all()
    assert cell(grid, "age", "happy", "exact_vote")["rejects_holm"]


def test_two_of_three_exact_tests_below_alpha_are_not_enough() -> None:
    p = {"chsic": 0.040, "within_dcov": 0.045, "within_rff": 0.8, "rcot": 0.9, "cmiknn": 0.01}
    rows = pd.DataFrame({"pair": 0, "method": list(p), "p": list(p.values()), "n": 60, "notes": ""})
    found = votes(rows, ["pair"], 0.05).set_index("method")
    assert found.loc["exact_vote", ["p", "rejects", "votes"]].tolist() == [1.5 * 0.045, False, 2]
    assert found.loc["vote", ["rejects", "votes"]].tolist() == [True, 2]  # as before


@pytest.mark.thorough
@pytest.mark.parametrize("tied", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_a_rare_property_and_a_rare_decision_hold_the_level(tied: bool) -> None:
    rng, rejected, sets = np.random.default_rng(11), {"kcit": 0, "rcot": 0}, 0
    for _ in range(16):
        labels = rng.permutation(np.repeat(list("abcdefg"), 29)[:200])
        bearded = {f"{k}": (rng.random(200) < 0.1).astype(float) for k in range(8)}
        named = {f"{k}": rng.random(200) < 0.05 for k in range(8)}
        outputs = {
            k: np.where(v, rng.random(200), 1.0) if tied else v.astype(float) for k, v in named.items()
        }
        grid = independence_grid(bearded, outputs, labels, methods=list(rejected), alpha=0.05)
        pairs = grid[(grid["property"] == grid["output"]) & grid["p"].notna()]
        assert (pairs["null"] == "permutation").all()
        assert pairs["notes"].str.contains("rare in both").all()
        for method in rejected:
            rejected[method] += int(pairs.loc[pairs["method"] == method, "rejects"].sum())
        sets += len(pairs) // 2
    assert max(rejected.values()) <= scipy_stats.binom.ppf(0.999, sets, 0.05), rejected  # .12 to .23 before


@pytest.mark.thorough
def test_the_null_is_chosen_by_each_variable_beside_the_labels(faces: Any) -> None:
    rng = np.random.default_rng(3)
    rare, other = (rng.permutation(np.repeat([1.0, 0.0], [12, N - 12])) for _ in range(2))
    properties = {"bearded": rare, "age": faces[0]["age"]}
    outputs = {"named": other, "copied": rare, "logit": rng.normal(size=N)}
    grid = independence_grid(properties, outputs, LABELS, methods=["kcit"]).set_index(["property", "output"])
    permuted = set(grid.index[grid["null"] == "permutation"])
    assert permuted == {("bearded", "named"), ("bearded", "copied")}  # dependent or not
    alone = independence_test(rare, other, LABELS, method="kcit")
    assert (alone.null, alone.p_interval is not None) == ("permutation", True)
    asked = independence_test(rare, other, LABELS, method="kcit", null="analytic")
    assert asked.null == "analytic"  # whoever asks for it gets it


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


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_progress_is_told_and_false_cancels(faces: Any) -> None:
    seen: list[Progress] = []
    independence_grid(*faces, LABELS, methods=["partial_correlation", "within_dcov"], progress=seen.append)
    assert {state.method for state in seen} == {"partial_correlation", "within_dcov"}
    assert seen[-1].done == seen[-1].total == 4
    assert {state.total for state in seen} == {4}

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


@pytest.mark.thorough
def test_a_budget_ends_drawing_and_what_was_drawn_is_valid() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    outputs = {str(i): x + 0.1 * rng.normal(size=N) for i in range(8)}  # never settled: p stays minimal
    started = time.monotonic()
    grid = independence_grid(
        {"x": x}, outputs, LABELS, methods=["within_dcov"], budget=0.5, n_permutations=10_000_000
    )
    assert time.monotonic() - started < 10  # all permutations would take hours
    assert (grid["n_permutations"] > 0).all()
    np.testing.assert_allclose(grid["p"], 1 / (grid["n_permutations"] + 1))
    assert grid["notes"].str.contains("budget").all()


def test_settled_pairs_stop_early_and_the_others_go_on(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=["within_dcov"])
    strong, nothing = (cell(grid, p, o, "within_dcov") for p, o in (("age", "happy"), ("gender", "sad")))
    assert strong["n_permutations"] == TESTS["within_dcov"].draws
    assert nothing["n_permutations"] < 300
    assert nothing["p"] == pytest.approx(10 / nothing["n_permutations"])


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_a_continuous_conditioner_leaves_out_tests_that_need_labels(faces: Any) -> None:
    z = np.random.default_rng(0).normal(size=N)
    grid = independence_grid(*faces, z, n_permutations=50)
    assert not {"within_dcov", "within_rff"} & set(grid["method"])
    with pytest.raises(BadValueError, match="labels fixed, not numbers"):
        independence_grid(*faces, z, methods=["within_dcov"])


@pytest.mark.thorough
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


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"properties": 3}, "DataFrame or a mapping"),
        ({"properties": {}}, "DataFrame or a mapping"),
        ({"properties": pd.DataFrame()}, "one at least; got no column"),
        ({"properties": pd.DataFrame(np.ones((N, 2)), columns=["age", "age"])}, "several are called age"),
        ({"outputs": {1: np.arange(N), "1": np.arange(N)}}, "several are called 1"),
        ({"properties": {NULL_PROPERTY: np.arange(N)}}, "name of the random property"),
        ({"outputs": {"happy": [1.0, 2.0]}}, "different lengths"),
        ({"outputs": {"happy": np.full(N, np.nan)}}, "must be finite"),
        ({"labels": np.arange(N).astype(str)}, "labels for 210 faces"),
        ({"alpha": 1.0}, "alpha"),
        ({"budget": -1}, "budget"),
        ({"methods": []}, "one test or more"),
        ({"methods": "kcit"}, r'methods is a list of ids or tests, as \["kcit", "rcot"\]; got \'kcit\''),
        ({"methods": Kcit()}, "methods is a list"),
        ({"methods": [Kcit]}, r"as Kcit\(\); got <class"),
        ({"workers": 0}, "threads"),
        ({"workers": -3}, "threads"),
        ({"workers": "x"}, "threads"),
        ({"progress": 1}, "progress is True"),
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


@pytest.mark.thorough
def test_corrected_draws_suffice_for_a_unanimous_vote(faces: Any) -> None:
    properties, outputs = faces
    happy = outputs[["happy"]] + 3 * properties[["age"]].to_numpy()
    grid = independence_grid(
        properties, outputs.assign(happy=happy), LABELS, methods=VOTERS, n_permutations="corrected"
    )
    assert cell(grid, "age", "happy", "cmiknn")["n_permutations"] == math.ceil(1.5 * 4 / 0.01)
    assert cell(grid, "age", "happy", "vote")["rejects_holm"]
    assert not grid["notes"].str.contains("Cannot reach").any()


def test_a_vote_that_lacks_a_test_is_not_decided(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=VOTERS, progress=lambda _state: False)
    ran = set(grid.loc[grid["p"].notna(), "method"])
    assert ran == {"rcot"}
    vote = grid[grid["method"] == "vote"]
    assert vote[["p", "p_holm", "statistic"]].isna().all(axis=None)
    assert grid["votes"].isna().all()
    assert not vote["rejects"].any()
    assert (vote["notes"] == "Not run: cHSIC, CMIknn of the three that vote.").all()
    assert share_significant(grid).set_index("method").loc["vote", "tests"].tolist() == [0, 0]


@pytest.mark.thorough
def test_a_voter_that_cannot_test_a_pair_is_named_and_counts_as_one(faces: Any) -> None:
    properties, outputs = faces
    labels = (np.arange(N) % 42).astype(str)  # five faces a label: too few neighbours
    grid = independence_grid(properties, outputs, labels, methods=VOTERS, n_permutations=99)
    assert cell(grid, "age", "happy", "cmiknn")["notes"].startswith("Not testable: every label has fewer")
    vote = cell(grid, "age", "happy", "vote")
    three = [1.0, *(cell(grid, "age", "happy", voter)["p"] for voter in ("chsic", "rcot"))]
    assert vote["p"] == pytest.approx(min(1.0, 1.5 * sorted(three)[1]))
    assert vote["votes"] == sum(p < 0.01 for p in three)
    assert "Not testable, counted as p = 1: CMIknn." in vote["notes"]
    dead = independence_grid(properties, {"dead": np.ones(N)}, LABELS, methods=VOTERS)
    assert dead["p"].isna().all()
    assert dead["votes"].isna().all()
    assert (dead["notes"][dead["method"] == "vote"] == "Not testable: none of the three could test it.").all()


@pytest.mark.thorough
def test_the_vote_repeats_the_caveats_of_its_tests(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, methods=VOTERS, n_permutations=99)
    notes = cell(grid, "age", "happy", "vote")["notes"]
    assert "valid however they depend on each other, if each of the three is." in notes
    assert notes.count("Assumes one picture per person") == 1
    for voter in ("cHSIC", "CMIknn"):
        assert f"{voter}: Can't be significant at 0.01. Cannot reach the corrected level." in notes
    z = np.random.default_rng(0).normal(size=N)
    numbers = independence_grid(*faces, z, methods=VOTERS, n_permutations=99)
    assert "cHSIC: Approximate null." in cell(numbers, "age", "happy", "vote")["notes"]


def several_pictures() -> dict[str, Any]:
    """30 persons with two labels each: age is theirs, symmetry differs within them."""
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(30), 2)
    age, symmetry = rng.uniform(18, 80, 30)[person], rng.normal(size=60)
    return {
        "properties": {"age": age, "symmetry": symmetry},
        "outputs": {"happy": age / 10 + symmetry + 0.1 * rng.normal(size=60)},
        "labels": np.tile(["happy", "sad"], 30),
        "person": person,
    }


@pytest.mark.thorough
def test_every_part_has_its_share_of_the_time() -> None:
    grid = independence_grid(
        **several_pictures(), methods=["within_dcov"], budget=0.6, n_permutations=10_000_000
    )
    assert (grid["n_permutations"] > 100).all()
    assert grid["notes"].str.contains("Stopped early").all()


@pytest.mark.thorough
def test_what_was_not_run_stays_in_the_family() -> None:
    data = several_pictures()
    whole = independence_grid(**data, methods=["within_dcov"])
    first: list[Progress] = []

    def stop(state: Progress) -> bool:
        first.append(state)
        return state.done < 1

    grid = independence_grid(**data, methods=["within_dcov"], progress=stop)
    assert first[-1].total == 2
    ran = grid[grid["p"].notna()]
    assert len(ran) == 1
    assert ran["p_holm"].item() == pytest.approx(2 * ran["p"].item())
    assert ran["p_by"].item() == pytest.approx(2 * 1.5 * ran["p"].item())
    left = grid[grid["p"].isna()]
    assert left["notes"].str.startswith("Not run: cancelled").all()
    assert left["p_holm"].isna().all()
    assert whole["p_holm"].max() <= 2 * whole["p"].max()


def test_a_test_that_refuses_leaves_the_others(faces: Any) -> None:
    few = [table.iloc[:12] for table in faces]
    numbers = np.random.default_rng(1).normal(size=(12, 10))
    grid = independence_grid(*few, numbers, methods=["partial_correlation", "kcit"])
    refused = grid[grid["method"] == "partial_correlation"]
    assert refused["notes"].str.startswith("Not run: 12 faces are too few for 10 conditioning columns").all()
    assert refused["p"].isna().all()
    assert grid.loc[grid["method"] == "kcit", "p"].notna().all()
    with pytest.raises(BadValueError, match="12 faces are too few for 10"):
        independence_grid(*few, numbers, methods=["partial_correlation"])
    with pytest.raises(BadValueError, match="12 faces are too few for 10"):
        independence_test(few[0]["age"], few[1]["happy"], numbers, "partial_correlation")


def test_a_conditioner_that_cannot_be_held_is_refused_before_anything_runs(faces: Any) -> None:
    z = np.random.default_rng(0).normal(size=N)
    seen: list[Progress] = []
    with pytest.raises(BadValueError, match="labels fixed, not numbers"):
        independence_grid(*faces, z, methods=["partial_correlation", "within_dcov"], progress=seen.append)
    assert not seen


@pytest.mark.thorough
def test_a_budget_that_ends_too_soon_for_the_family_is_said() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    outputs = {str(i): x + 0.1 * rng.normal(size=N) for i in range(4)}
    grid = independence_grid(
        {"x": x}, outputs, LABELS, methods=["within_dcov"], budget=0.3, alpha=1e-6, n_permutations="corrected"
    )
    drawn = grid["n_permutations"].max()
    note = f"Holm needs 4000000 permutations at 1e-06; at most {drawn} were drawn."
    assert grid["notes"].str.contains(note, regex=False).all()


@pytest.mark.thorough
def test_progress_fills_whatever_can_be_tested(faces: Any) -> None:
    seen: list[Progress] = []
    outputs = faces[1].assign(dead=0.0)
    independence_grid(
        faces[0], outputs, LABELS, methods=["partial_correlation", "within_dcov"], progress=seen.append
    )
    assert {state.total for state in seen} == {6}
    last = {state.method: state.done for state in seen}
    assert last == {"partial_correlation": 6, "within_dcov": 6}
    seen.clear()
    independence_grid(**several_pictures(), methods=["within_dcov"], progress=seen.append)
    assert {state.total for state in seen} == {2}
    assert [state.done for state in seen] == sorted(state.done for state in seen)
    assert seen[-1].done == 2
    seen.clear()
    independence_grid(faces[0], {"dead": np.ones(N)}, LABELS, methods=["within_dcov"], progress=seen.append)
    assert (seen[-1].done, seen[-1].total) == (2, 2)


@pytest.mark.thorough
def test_persons_have_a_max_statistic() -> None:
    data = several_pictures()
    data["properties"] = {name: data["properties"]["age"] * k for name, k in (("age", 1), ("twice", 2))}
    plain = independence_grid(**data, methods=["partial_correlation", "rcot"])
    grid = independence_grid(
        **data, methods=["partial_correlation", "rcot"], max_statistic_draws=99, null_property=True
    )
    kept = grid[~grid["null_property"]].reset_index(drop=True)
    linear = kept[kept["method"] == "partial_correlation"]
    assert linear["p_max"].notna().all()
    assert linear["p_max"].iloc[0] == linear["p_max"].iloc[1]  # one property under two names is one test
    assert (linear["p_max"] >= 1 / 100).all()
    assert grid.loc[grid["null_property"], "p_max"].isna().all()
    pd.testing.assert_series_equal(kept["p"], plain["p"])  # its draws are its own


@pytest.mark.thorough
def test_a_test_by_persons_does_not_depend_on_who_ran_before() -> None:
    data = several_pictures()
    noise = np.random.default_rng(6).normal(size=(60, 8))
    data["outputs"] = {str(i): column for i, column in enumerate(noise.T)}
    alone = independence_grid(**data, methods=["within_rff"])
    later = independence_grid(**data, methods=["partial_correlation", "within_rff"])
    later = later[later["method"] == "within_rff"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, later)


@pytest.mark.thorough
def test_where_there_is_no_max_statistic_it_is_said(faces: Any) -> None:
    options: dict[str, Any] = {"methods": ["partial_correlation"], "max_statistic_draws": 99}
    parts = independence_grid(**several_pictures(), **options)
    assert parts["p_max"].isna().all()
    assert parts["notes"].str.contains("No p_max: some properties are compared between").all()
    numbers = independence_grid(*faces, np.random.default_rng(0).normal(size=N), **options)
    assert numbers["p_max"].isna().all()
    assert numbers["notes"].str.contains("No p_max: numbers are held fixed").all()
    cancelled = independence_grid(*faces, LABELS, progress=lambda _state: False, **options)
    assert cancelled["p_max"].isna().all()
    assert cancelled["notes"].str.contains("p_max ended early (cancelled): 0 of 99", regex=False).all()
    assert cancelled["p"].notna().all()


@pytest.mark.thorough
def test_a_budget_ends_the_max_statistic_too(faces: Any) -> None:
    started = time.monotonic()
    grid = independence_grid(
        *faces, LABELS, methods=[PartialCorrelation()], max_statistic_draws=10_000_000, budget=0.5
    )
    assert time.monotonic() - started < 20
    assert grid["p_max"].notna().all()
    assert grid["notes"].str.contains(r"p_max ended early \(budget\): \d+ of 10000000").all()
