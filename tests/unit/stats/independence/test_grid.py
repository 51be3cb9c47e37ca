"""The grid: the same numbers as single tests, who decides, families, progress, and what it refuses."""

from __future__ import annotations

import inspect
import math
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests

from facelib.errors import BadValueError, Cancelled
from facelib.stats import independence_grid, independence_test, share_significant
from facelib.stats.independence import TESTS, Chsic, Kcit
from facelib.stats.independence.grid import COLUMNS, NULL_PROPERTY
from facelib.stats.independence.permutation.sequential import Progress
from facelib.stats.independence.vote import VOTERS, deciding, vote

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


def test_one_row_a_pair_by_the_test_that_decides(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS)
    assert list(grid.columns) == list(COLUMNS)
    assert len(COLUMNS) <= 20
    assert len(grid) == 4
    assert set(grid["method"]) == {"chsic"} == {deciding(TESTS)}
    assert not grid.duplicated(["property", "output"]).any()
    assert ((grid["p"] > 0) & (grid["p"] <= 1)).all()
    number = np.random.default_rng(0).normal(size=N)
    for held in (number, {"label": LABELS, "number": number}):
        assert set(independence_grid(*faces, held)["method"]) == {"kcit"}
    assert independence_test(faces[0]["age"], faces[1]["happy"], LABELS).method == "chsic"


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
    for column, name in (("p_holm", "holm"), ("p_bh", "fdr_bh")):
        np.testing.assert_allclose(grid[column], multipletests(grid["p"], method=name)[1])
    assert grid["rejects"].tolist() == (grid["p"] < 0.01).tolist()


@pytest.mark.thorough
def test_the_vote_is_cast_by_its_name_and_decides_then(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, "paper", alpha=0.05)
    assert set(grid["method"]) == {*VOTERS, "vote"}
    assert deciding(grid["method"]) == "vote"
    for (prop, output), _ in grid.groupby(["property", "output"]):
        three = [cell(grid, prop, output, voter)["p"] for voter in VOTERS]
        found = cell(grid, prop, output, "vote")
        assert found["p"] == pytest.approx(min(1.0, 1.5 * sorted(three)[1]))
        assert found["rejects"] == (sorted(three)[1] < 0.05)
        assert found["statistic"] == sum(p < 0.05 for p in three)
    assert cell(grid, "age", "happy", "vote")["rejects"]
    assert not cell(grid, "gender", "sad", "vote")["rejects"]
    named = independence_grid(*faces, LABELS, VOTERS)
    assert set(named["method"]) == set(VOTERS)  # the same tests without the name: no vote, cHSIC decides
    assert deciding(named["method"]) == "chsic"


def test_two_of_three_below_alpha_are_enough_and_a_test_that_was_not_run_leaves_it_open() -> None:
    def table(*p: float, notes: str = "") -> pd.DataFrame:
        return pd.DataFrame({"property": "x", "output": list("ab"), "p": p, "n": 60, "notes": notes})

    three = [table(0.04, 0.9), table(0.045, 0.01), table(0.8, 0.9)]
    found = vote(three, 0.05)
    assert found["p"].tolist() == pytest.approx([1.5 * 0.045, 1.0])
    assert found["rejects"].tolist() == [True, False]
    assert found["statistic"].tolist() == [2, 1]
    untested = vote([*three[:2], table(np.nan, np.nan, notes="Not testable: …")], 0.05)
    assert untested["p"].tolist() == pytest.approx([1.5 * 0.045, 1.0])  # counts as p = 1
    open_ = vote([*three[:2], table(np.nan, np.nan, notes="Not run: …")], 0.05)
    assert open_["p"].isna().all()
    assert not open_["rejects"].any()


def test_two_numbers_are_refused_unless_it_is_meant(faces: Any) -> None:
    two = np.random.default_rng(0).normal(size=(N, 2))
    x, y = faces[0]["age"], faces[1]["happy"]
    refused = r"KCIT holds 1 number fixed at its level; got 2\..*groups.*approximate=True"
    for held in (two, {"label": LABELS, "a": two[:, 0], "b": two[:, 1]}):
        with pytest.raises(BadValueError, match=refused):
            independence_grid(*faces, held)
        with pytest.raises(BadValueError, match=refused):
            independence_test(x, y, held)
    for method in ("rcot", "cmiknn"):
        with pytest.raises(BadValueError, match="approximate=True"):
            independence_grid(*faces, two, methods=["partial_correlation", method])
    assert independence_test(x, y, two, "partial_correlation").p_value < 0.01
    assert independence_test(x, y, two, "kcit", approximate=True).p_value < 0.01
    meant = independence_grid(*faces, two, methods=["kcit", "rcot"], approximate=True)
    assert meant["p"].notna().all()
    assert meant["notes"].str.contains("don't rely on it alone").all()


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
        assert (pairs["n_permutations"] > 0).all()
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
    permuted = set(grid.index[grid["n_permutations"] > 0])
    assert permuted == {("bearded", "named"), ("bearded", "copied")}  # dependent or not
    alone = independence_test(rare, other, LABELS, method="kcit")
    assert (alone.null, alone.p_interval is not None) == ("permutation", True)
    asked = independence_test(rare, other, LABELS, method="kcit", null="analytic")
    assert asked.null == "analytic"  # whoever asks for it gets it


def test_the_null_property_stands_outside_the_family(faces: Any) -> None:
    plain = independence_grid(*faces, LABELS, methods=["partial_correlation"])
    grid = independence_grid(*faces, LABELS, methods=["partial_correlation"], null_property=True)
    kept = grid[~grid["null_property"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[["p", "p_holm", "p_bh"]], plain[["p", "p_holm", "p_bh"]])
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


def test_progress_is_told_and_stop_ends_the_run(faces: Any) -> None:
    seen: list[Progress] = []
    outputs = faces[1].assign(dead=0.0)
    independence_grid(*(faces[0], outputs), LABELS, ["partial_correlation", "chsic"], progress=seen.append)
    assert {state.total for state in seen} == {6}
    assert {state.method: state.done for state in seen} == {"partial_correlation": 6, "chsic": 6}
    own = [state.done for state in seen if state.method == "chsic"]
    assert own == sorted(own)
    with pytest.raises(Cancelled):
        independence_grid(*faces, LABELS, stop=lambda: True)


def test_a_pair_takes_what_the_correction_needs_and_others_stop_early(faces: Any) -> None:
    grid = independence_grid(*faces, LABELS, alpha=0.001)
    strong, nothing = (cell(grid, p, o, "chsic") for p, o in (("age", "happy"), ("gender", "sad")))
    assert strong["n_permutations"] == math.ceil(4 / 0.001) > TESTS["chsic"].draws
    assert strong["p_holm"] < 0.001
    assert nothing["n_permutations"] < 300
    assert nothing["p"] == pytest.approx(10 / nothing["n_permutations"])
    assert not grid["notes"].str.contains("Cannot reach").any()
    few = independence_grid(*faces, LABELS, n_permutations=99)
    assert few["n_permutations"].max() == 99
    assert few["notes"].str.contains("Cannot reach the corrected level: Holm needs 400 permut").all()


def test_the_same_seed_gives_the_same_table_however_fast_the_machine(
    faces: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = independence_grid(*faces, LABELS, null_property=True, seed=3, workers=1)
    draws = Chsic.prepare

    def slow(test: Chsic, problem: Any) -> Any:
        time.sleep(0.3)
        return draws(test, problem)

    monkeypatch.setattr(Chsic, "prepare", slow)
    second = independence_grid(*faces, LABELS, null_property=True, seed=3, workers=2)
    pd.testing.assert_frame_equal(first, second)
    assert "budget" not in inspect.signature(independence_grid).parameters


def test_several_pictures_a_person_are_averaged_and_persons_exchanged() -> None:
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
    assert (grid["n_permutations"] > 0).all()
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
def test_the_order_of_rows_changes_nothing(faces: Any) -> None:
    properties, outputs = faces
    order = np.random.default_rng(1).permutation(N)
    one = independence_grid(properties, outputs, LABELS, methods=["chsic", "partial_correlation"])
    two = independence_grid(
        properties.iloc[order],
        outputs.iloc[order],
        LABELS[order],
        methods=["chsic", "partial_correlation"],
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
        ({"methods": []}, "one test or more"),
        ({"methods": "kcit"}, r'ids or tests, as \["kcit", "rcot"\], or "paper"; got \'kcit\''),
        ({"methods": Kcit()}, "methods is a list"),
        ({"methods": [Kcit]}, r"as Kcit\(\); got <class"),
        ({"workers": 0}, "threads"),
        ({"workers": -3}, "threads"),
        ({"workers": "x"}, "threads"),
        ({"progress": 1}, "progress is True"),
        ({"methods": ["kcit", "kcit"]}, "each once"),
        ({"methods": ["kicit"]}, "kcit"),
        ({"n_permutations": 0}, "permutations"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_input_is_refused_in_words(faces: Any, change: dict[str, Any], message: str) -> None:
    given = {"properties": faces[0], "outputs": faces[1], "labels": LABELS} | change
    with pytest.raises((BadValueError, KeyError), match=message):
        independence_grid(**given)


@pytest.mark.thorough
def test_draws_suffice_for_a_unanimous_vote(faces: Any) -> None:
    properties, outputs = faces
    happy = outputs[["happy"]] + 3 * properties[["age"]].to_numpy()
    grid = independence_grid(properties, outputs.assign(happy=happy), LABELS, "paper")
    assert cell(grid, "age", "happy", "cmiknn")["n_permutations"] == math.ceil(1.5 * 4 / 0.01)
    assert cell(grid, "age", "happy", "vote")["p_holm"] < 0.01
    assert share_significant(grid).set_index("method").loc["vote", "significant"].tolist() == [1, 0]


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


def test_a_test_that_refuses_leaves_the_others(faces: Any) -> None:
    few = [table.iloc[:12] for table in faces]
    numbers = np.random.default_rng(1).normal(size=(12, 10))
    grid = independence_grid(*few, numbers, methods=["partial_correlation", "kcit"], approximate=True)
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
        independence_grid(*faces, z, methods=["partial_correlation", "chsic"], progress=seen.append)
    assert not seen


@pytest.mark.thorough
def test_a_test_by_persons_does_not_depend_on_who_ran_before() -> None:
    data = several_pictures()
    noise = np.random.default_rng(6).normal(size=(60, 8))
    data["outputs"] = {str(i): column for i, column in enumerate(noise.T)}
    alone = independence_grid(**data, methods=["chsic"])
    later = independence_grid(**data, methods=["partial_correlation", "chsic"])
    later = later[later["method"] == "chsic"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, later)


def test_names_of_tests_may_come_as_an_array(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(2, 40))
    grid = independence_grid({"x": x}, {"y": y}, methods=np.array(["kcit", "rcot"]))  # type: ignore[arg-type]
    assert set(grid["method"]) == {"kcit", "rcot"}
