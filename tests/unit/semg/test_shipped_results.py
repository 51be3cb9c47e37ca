"""The tables that come with facelib keep what was promised, say what they are, and are small."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import GROUPS, load_results, unit_weights
from facelib.semg.shipped_results import SCORES, SYNCHRONISED, UNITS, MuscleResults

KNOWN = {name for name, group in GROUPS.items() if group.identifiable}


@pytest.fixture(scope="module")
def results() -> MuscleResults:
    return load_results()


@pytest.fixture(scope="module")
def groups(results: MuscleResults) -> pd.DataFrame:
    return results.scores[results.scores["level"] == "group"]


def test_from_true_face_units_every_identifiable_group_is_told(groups: pd.DataFrame) -> None:
    true = groups[groups["source"] == "true face units"]
    assert {tuple(key) for key in true[["model", "by"]].drop_duplicates().to_numpy()} == {
        (model, by) for model in ("EMG2Expression", "Expression2EMG") for by in ("clip", "session")
    }
    for _, table in true.groupby(["model", "kind", "by"]):
        assert set(table["name"]) == KNOWN
        assert table["rho"].min() >= 0.9


def test_from_films_half_of_the_groups_are_told_well(groups: pd.DataFrame) -> None:
    read = groups[(groups["source"] == "read from the film") & (groups["model"] == "Expression2EMG")]
    for _, table in read.groupby(["kind", "by"]):
        assert set(table["name"]) == KNOWN
        assert table["rho"].median() >= 0.7
    assert read["rho"].min() < 0.9  # nobody may think that films tell as much as the truth


def test_electrodes_on_the_face_mislead_who_reads_it(groups: pd.DataFrame) -> None:
    median = groups.groupby("source")["rho"].median()
    assert median["read with electrodes"] < median["the same without"] - 0.1
    assert median["read as they are taken off"] > median["read with electrodes"]


def test_tables_have_the_columns_that_are_documented(results: MuscleResults) -> None:
    assert list(results.scores.columns) == list(SCORES)
    assert list(results.units.columns) == list(UNITS)
    assert list(results.synchronised.columns) == list(SYNCHRONISED)
    assert set(results.units["unit"]) == {
        name for name, row in zip(FACE_UNITS, unit_weights(), strict=True) if row.any()
    }
    assert not results.scores["name"].str.contains("masseter").any()


def test_graded_lags_are_right(results: MuscleResults) -> None:
    table = results.synchronised
    assert ((table["grade"] == 0) == table["found"].isna()).all()
    true = table[(table["source"] == "true face units") & (table["grade"] > 0)]
    assert true["error"].abs().median() < 0.5  # frames
    sure = table[table["grade"] == 1]
    assert (sure["error"].abs() < 3).mean() > 0.95


def test_it_is_said_that_nobody_was_recorded(results: MuscleResults) -> None:
    assert "simulated" in results.about["made by"]
    assert "put in" in results.about["made by"]
    assert sum(path.stat().st_size for path in MuscleResults.folder.iterdir()) < 100_000


def test_tables_are_saved_and_loaded(results: MuscleResults, tmp_path: Path) -> None:
    again = load_results(results.save(tmp_path / "copy"))
    for name in MuscleResults.names():
        pd.testing.assert_frame_equal(getattr(again, name), getattr(results, name))
    assert again.about == results.about
    (tmp_path / "copy" / "muscles_units.parquet").unlink()
    with pytest.raises(BadValueError, match="muscles_units"):
        load_results(tmp_path / "copy")
