"""Results come back from their files as they were, and the committed ones are whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.studies import load_asymmetry
from facelib.studies.asymmetry import AsymmetryResults, asymmetry_table, compare_with_observed
from facelib.studies.asymmetry.committed import TABLES

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


def test_tables_come_back_to_six_digits(results: AsymmetryResults, tmp_path: Path) -> None:
    again = load_asymmetry(results.save(tmp_path))
    assert again.about == {"people": 4}
    for name in TABLES:
        there, before = getattr(again, name), getattr(results, name)
        pd.testing.assert_frame_equal(there, before, rtol=1e-5, check_dtype=False)
    assert set(again.effects["delta"].dropna()) == {0.1}
    assert set(again.effects["alpha"]) == {0.05}
    assert not list(tmp_path.glob("*.part"))


def test_the_table_and_the_comparison_are_those_of_the_rows(results: AsymmetryResults, small: Built) -> None:
    own = results.table[results.table["expression"] == "all"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, asymmetry_table(*small))
    assert set(results.table["expression"]) == {"all", "happy"}
    expected = compare_with_observed(results.slopes, results.table, results.check)
    pd.testing.assert_frame_equal(results.agreement, expected)
    assert len(expected) == 4


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="holds no result of this study: effects, contrasts"):
        load_asymmetry(tmp_path)
