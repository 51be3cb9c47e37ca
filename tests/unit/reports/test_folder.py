"""A folder of figures and tables: whole or as it was before, and every column explained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facelib import reports
from facelib.errors import BadValueError
from facelib.reports import folder
from facelib.studies import InterventionalResult, ObservationalResult
from facelib.studies.disclaimer import LIMITS_OF

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def exported(changed: InterventionalResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed.export(tmp_path_factory.mktemp("exports") / "one")


@pytest.mark.thorough
def test_tables_are_there_twice_and_as_they_are(exported: Path, changed: InterventionalResult) -> None:
    expected = {
        "table", "faces", "failures", "effects", "effects_by_label", "contrasts", "curves",
        "share_significant", "manipulation", "accuracy",
    }  # fmt: skip
    assert {path.stem for path in (exported / "tables").glob("*.csv")} == expected
    assert {path.stem for path in (exported / "tables").glob("*.parquet")} == expected
    kept = pd.read_parquet(exported / "tables" / "effects.parquet")
    pd.testing.assert_frame_equal(kept, changed.effects)
    text = pd.read_csv(exported / "tables" / "table.csv", keep_default_na=False, na_values=[""])
    assert len(text) == len(changed.table)
    np.testing.assert_allclose(text["probability"], changed.table["probability"])
    assert text["face"].tolist() == changed.table["face"].tolist()


@pytest.mark.thorough
def test_every_column_is_explained(exported: Path) -> None:
    told = json.loads((exported / "columns.json").read_text())
    for path in (exported / "tables").glob("*.parquet"):
        columns = pd.read_parquet(path).columns
        assert list(told[path.stem]) == list(columns)
        assert all(told[path.stem].values())
    assert told["table"]["measured_symmetry"].startswith("Facial symmetry")
    assert told["effects"]["p_holm"] == "p after Holm over the family"
    assert told["share_significant"]["share_matters"].startswith("share of outputs whose change matters")


@pytest.mark.thorough
def test_figures_are_those_of_the_report(exported: Path, pages: dict[str, str]) -> None:
    told = json.loads((exported / "figures" / "captions.json").read_text())
    assert len(told) == pages["interventional"].count("<figure")
    for name in told:
        assert (exported / "figures" / f"{name}.svg").read_text().startswith("<svg")
        with Image.open(exported / "figures" / f"{name}.png") as picture:
            assert min(picture.size) > 100


@pytest.mark.thorough
def test_provenance_says_all(exported: Path, changed: InterventionalResult) -> None:
    about = json.loads((exported / "provenance.json").read_text())
    assert about["provenance"] == json.loads(json.dumps(changed.provenance))
    assert about["settings"]["delta"] == 0.1
    assert about["limits"][0] == LIMITS_OF["interventional"]
    assert about["status"] == "Complete: 72 of 72 units (one face × one change)."
    assert "sign-flip" in about["methods"]
    assert about["parquet_only"] == []
    assert [path.name for path in exported.parent.iterdir()] == ["one"], "nothing half-made is left"


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_observational_studies_have_their_tables(observed: ObservationalResult, tmp_path: Path) -> None:
    target = reports.export(observed, tmp_path / "two")
    pd.testing.assert_frame_equal(
        pd.read_parquet(target / "tables" / "share_significant.parquet"), observed.share_significant
    )
    told = json.loads((target / "columns.json").read_text())
    assert set(told) == {
        "table", "faces", "failures", "grid", "effects", "share_significant", "outputs", "properties",
        "accuracy",
    }  # fmt: skip
    assert told["effects"]["p"] == "of the test that decides"
    assert told["share_significant"]["null_share"].startswith("share for a property of random numbers")


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_an_export_is_replaced_and_nothing_else_is(changed: InterventionalResult, tmp_path: Path) -> None:
    target = tmp_path / "one"
    target.mkdir()
    changed.export(target)
    (target / "tables" / "effects.csv").write_text("old")
    changed.export(target)
    assert (target / "tables" / "effects.csv").read_text() != "old"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(BadValueError, match="no export"):
        changed.export(mine)
    with pytest.raises(BadValueError, match="is a file"):
        changed.export(mine / "thesis.txt")
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_what_its_user_put_into_an_export_stays(changed: InterventionalResult, tmp_path: Path) -> None:
    target = changed.export(tmp_path / "one")
    mine = ["notes.md", "tables/my.csv", "figures/effects (retouched).svg", "talk/slides/one.pdf"]
    for name in mine:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(name)
    (target / "empty").mkdir()
    (target / "elsewhere").symlink_to(tmp_path / "not there")
    for _ in range(2):
        (target / "tables" / "effects.csv").write_text("old")
        changed.export(target)
        assert [(target / name).read_text() for name in mine] == mine
        assert (target / "tables" / "effects.csv").read_text() != "old"
        assert (target / "elsewhere").readlink() == tmp_path / "not there"
        assert (target / "empty").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_a_failed_export_leaves_what_was_there(
    changed: InterventionalResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = changed.export(tmp_path / "one")
    before = sorted(path.name for path in target.rglob("*"))

    def full(*_args: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(folder, "_write_tables", full)
        with pytest.raises(OSError, match="disk full"):
            changed.export(target)
        with pytest.raises(OSError, match="disk full"):
            changed.export(tmp_path / "two")
    assert sorted(path.name for path in target.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_large_tables_are_parquet_only(
    changed: InterventionalResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MOST", 1000)
    target = changed.export(tmp_path / "one")
    assert (target / "tables" / "table.parquet").exists()
    assert not (target / "tables" / "table.csv").exists()
    assert (target / "tables" / "effects.csv").exists()
    assert json.loads((target / "provenance.json").read_text())["parquet_only"] == ["table"]
