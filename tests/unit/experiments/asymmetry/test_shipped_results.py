"""Results come back from their files as they were, and the committed ones are whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.experiments import load_asymmetry
from facelib.experiments.asymmetry import compare_with_observed
from facelib.experiments.asymmetry.agreement import AGREEMENT_COLUMNS
from facelib.experiments.asymmetry.design import (
    ARMS,
    CONTROLS,
    EXPRESSIONS,
    INTENSITIES,
    PEOPLE,
    SIDES,
    SIZE,
    STEPS,
    asymmetry_faces,
)
from facelib.experiments.asymmetry.effects import ALL
from facelib.experiments.asymmetry.estimands import ESTIMANDS, STATEMENT, registered_answers
from facelib.experiments.asymmetry.shipped_results import AsymmetryResults
from facelib.experiments.asymmetry.table import TABLE_COLUMNS, asymmetry_table
from facelib.faces import render_heads
from facelib.head.expressions import TUNED_ON

Built = tuple[pd.DataFrame, pd.DataFrame]
World = Callable[..., Built]


@pytest.fixture(scope="module")
def small(world: World) -> Built:
    return world(lambda asymmetry, _: -asymmetry, people=4, expressions=("happy",), intensities=(1.0,))


@pytest.fixture(scope="module")
def results(small: Built) -> AsymmetryResults:
    table, faces = small
    rng = np.random.default_rng(5)
    n = 40
    observed = pd.concat(
        pd.DataFrame(
            {
                "identity": [f"person {i}" for i in range(n)],
                "expression": np.array(["happy", "sad"])[np.arange(n) % 2],
                "classifier": classifier,
                "logit": rng.normal(size=n),
                "probability": rng.uniform(size=n),
                "symmetry": rng.uniform(0.5, 1, n),
                "activation": rng.uniform(1, 4, n),
            }
        )
        for classifier in ("a", "b")
    )
    measured = table.assign(measured_activation=1 - table["strength"])
    return AsymmetryResults.of(measured, faces, observed, {"people": 4}, delta=0.1)


@pytest.mark.thorough
def test_tables_come_back_to_six_digits(results: AsymmetryResults, tmp_path: Path) -> None:
    again = load_asymmetry(results.save(tmp_path))
    assert again.about == {"people": 4}
    for name in AsymmetryResults.names():
        there, before = getattr(again, name), getattr(results, name)
        pd.testing.assert_frame_equal(there, before, rtol=1e-5, check_dtype=False)
    assert set(again.effects["delta"].dropna()) == {0.1}
    assert set(again.effects["alpha"]) == {0.05}
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.thorough
def test_the_table_and_the_comparison_are_those_of_the_rows(results: AsymmetryResults, small: Built) -> None:
    own = results.table[results.table["expression"] == "all"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, asymmetry_table(*small))
    assert set(results.table["expression"]) == {"all", "happy"}
    expected = compare_with_observed(results.slopes, results.table, results.check)
    pd.testing.assert_frame_equal(results.agreement, expected)
    assert len(expected) == 4


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadValueError, match=r"no result of this kind: asymmetry_effects\.parquet, asymmetry_con"
    ):
        load_asymmetry(tmp_path)


@pytest.fixture(scope="module")
def committed() -> AsymmetryResults:
    return load_asymmetry()


@pytest.mark.thorough
def test_the_committed_result_is_that_of_the_whole_design(committed: AsymmetryResults) -> None:
    assert committed.about["n_identities"] == PEOPLE
    assert committed.about["failures"] == 0
    assert set(committed.effects["n"]) == {PEOPLE}
    assert set(committed.effects["classifier"]) == set(TUNED_ON)
    assert set(committed.effects["expression"]) == {ALL, "neutral", *EXPRESSIONS}
    assert set(committed.effects["intensity"]) == set(INTENSITIES)
    assert set(committed.effects["intervention"]) == set(ARMS.values())
    assert committed.curves["strength"].nunique() == STEPS
    assert tuple(committed.table.columns) == tuple(TABLE_COLUMNS)
    assert tuple(committed.agreement.columns) == tuple(AGREEMENT_COLUMNS)
    sizes = {path.name: path.stat().st_size for path in AsymmetryResults.folder.glob("asymmetry_*")}
    assert sum(size for name, size in sizes.items() if "_contrasts_" in name) < 250_000
    assert sum(size for name, size in sizes.items() if "_contrasts_" not in name) < 300_000


def test_symmetry_falls_at_every_step_in_every_committed_face(committed: AsymmetryResults) -> None:
    check = committed.check[committed.check["measured"] == "symmetry"].set_index("intervention")
    assert (check["monotone"] == 1).all()
    assert (check.loc[[ARMS[side] for side in SIDES], "change"] < -0.15).all()
    assert (check.loc[[ARMS[control] for control in CONTROLS], "change"].abs() < 1e-3).all()


def test_what_the_notebook_says_of_the_committed_result(committed: AsymmetryResults) -> None:
    counts = committed.lowering.query("expression == 'all' and intensity == 1 and control == 'both'")
    counts = counts.set_index(["side", "value"])
    assert counts["k"].to_list() == [6] * 4
    assert counts.loc[("left", "probability"), "k_because"] == 0
    assert counts.loc[("left", "logit"), "because"] == "faceapi"
    assert counts.loc[("right", "logit"), "k_because"] == 0
    whole = committed.table.query("expression == 'all' and intensity == 1 and value == 'probability'")
    assert (whole.query("side == 'left'")["change_verdict"] == "matters").sum() == 5
    halves = [f"d_{control}_verdict_half" for control in CONTROLS]
    left = whole[whole["side"] == "left"].set_index("classifier")
    assert (left.drop("pyemotion")[halves] == "does not matter at δ").all(axis=None)
    assert (left.drop("pyemotion")["d_total_verdict"] == "does not matter at δ").all()
    assert (left.loc["pyemotion", [*halves, "d_total_verdict"]] == "cannot fall that far").all()
    assert (committed.agreement.query("value == 'logit' and held == 'total'")["overlap"]).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_committed_starts_come_again(
    committed: AsymmetryResults, load_network: Callable[[str], Classifier]
) -> None:
    """The mean of fer's output for happy over the 60 people, read anew."""
    clf = load_network("fer")
    heads = [head for head in asymmetry_faces(intensities=(1.0,)) if head.expression == "happy"]
    faces = render_heads(heads, SIZE)
    probabilities = clf.probabilities(
        np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    )
    rows = committed.effects.query(
        "classifier == 'fer' and expression == 'happy' and intensity == 1 and value == 'probability'"
    )
    assert rows["start"].to_numpy() == pytest.approx(probabilities[:, clf.index_of("happy")].mean(), abs=2e-3)


@pytest.mark.thorough
def test_the_committed_contrasts_are_whole() -> None:
    found = load_asymmetry().contrasted
    assert found.about["people"] == 100
    assert found.about["hypothesis"] == STATEMENT
    table = found.contrasts
    keys = ["light", "sides", "value", "contrast", "expression", "classifier"]
    assert not table.duplicated(keys).any()
    cells = len(ESTIMANDS) * (len(EXPRESSIONS) + 1) * len(TUNED_ON)
    assert len(table) == 2 * cells * (2 + 2)  # lights; both scales averaged, each side in probabilities
    assert len(found.seeds) == 2 * cells
    assert set(table.loc[table["contrast"] != "read activation", "n"]) == {100}
    matched = table[(table["contrast"] == "read activation") & (table["expression"] == "happy")]
    assert (matched["n"] > 60).all()
    assert set(table["delta"].dropna()) == {0.1}
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
    assert found.answers["half"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(registered_answers(table), found.answers, check_dtype=False)


@pytest.mark.thorough
def test_chimeras_of_the_committed_contrasts_are_asymmetry_and_curvature() -> None:
    table = load_asymmetry().contrasted.contrasts
    keys = ["light", "sides", "value", "expression", "classifier"]
    wide = table.pivot_table(index=keys, columns="contrast", values="mean")
    np.testing.assert_allclose(wide["chimeras"], wide["total activation"] + wide["curvature"], atol=2e-5)
