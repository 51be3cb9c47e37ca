"""Scores of other tools in studies: their own unit and margin, reasons for what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import facelib
from facelib import studies
from facelib.classifiers import ScoreTable, from_table
from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.studies import PairedResult
from facelib.studies.engine.observers import loaded, reader_of

PEOPLE = 14
HEADER = "frame,FaceRectX,FaceScore,anger,disgust,fear,happiness,sadness,surprise,neutral,input\n"


def face(name: str, **known: Any) -> Face:
    grey = np.full((48, 48, 3), 128, np.uint8)
    return Face(grey, np.array([0.0, 0, 48, 48]), np.full((2, 2), np.nan), attributes={"id": name, **known})


def pairs() -> list[Face]:
    return [
        face(f"{who}_{when}.png", person=f"p{who}", when=when, label="happy")
        for who in range(PEOPLE)
        for when in ("before", "after")
    ]


def table(folder: Path, *, times: float = 1.0, **options: Any) -> ScoreTable:
    """Scores of these pictures: happiness falls by .3; one face isn't found, one picture is nobody's."""
    noise = np.random.default_rng(0).normal(0, 0.02, (PEOPLE, 2))
    lines = []
    for who in range(PEOPLE):
        for place, when in enumerate(("before", "after")):
            happy = times * (0.7 - 0.3 * place + noise[who, place])
            cells = [0, 1, 0.9, 0, 0, 0, f"{happy:.6f}", 0, 0, f"{times - happy:.6f}"]
            if (who, when) == (3, "after"):
                cells = [0, *[""] * 9]
            lines.append(",".join([*map(str, cells), f"D:/study/{who}_{when}.png"]))
    lines.append("0,1,0.9,0,0,0,0,0,0,0,D:/study/stranger.png")
    folder.mkdir(exist_ok=True)
    path = folder / "fex.csv"
    path.write_text(HEADER + "\n".join(lines))
    return from_table(path, **options)


def paired(reader: Any, **options: Any) -> facelib.PairedStudy:
    return facelib.PairedStudy(
        pairs(), "when", order=("before", "after"), classifiers=[reader], size=48, **options
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> PairedResult:
    folder = tmp_path_factory.mktemp("scores")
    return paired(table(folder / "table")).run(folder / "store", n_jobs=1)


@pytest.mark.thorough
def test_the_plan_says_what_they_are_and_what_is_not_matched(tmp_path: Path) -> None:
    said = str(paired(table(tmp_path)).plan())
    assert "pyfeat: scores of Py-Feat, 0 to 1, which are no probabilities." in said
    assert "1 picture has no scores (Py-Feat gives no score): 3_after.png." in said
    assert "1 file of the table is not used (no picture of this name): D:/study/stranger.png." in said


@pytest.mark.thorough
def test_differences_are_in_the_tools_unit_and_judged_by_its_margin(found: PairedResult) -> None:
    happy = found.effects.set_index("label").loc["happy"]
    wide = found.table[found.table["label"] == "happy"].set_index("face")["logit"]
    twin = [
        wide[f"{who}_after.png"] - wide[f"{who}_before.png"] for who in range(PEOPLE) if who != 3
    ]  # line by line
    assert happy["mean"] == pytest.approx(np.mean(twin))
    assert (happy["n"], happy["delta"], happy["value"]) == (PEOPLE - 1, 0.1, "score")
    assert happy["verdict"] == "differs between conditions"
    assert found.unit == "Py-Feat's scores from 0 to 1"
    assert np.isnan(happy["room"])
    assert np.isnan(happy["betting_p"])
    assert found.table["probability"].isna().all()
    assert found.differences.set_index("label").loc["happy", "difference"].mean() == pytest.approx(
        happy["mean"]
    )


@pytest.mark.thorough
def test_accuracy_goes_by_the_largest_score(found: PairedResult) -> None:
    row = found.accuracy.iloc[0]
    assert (row["n"], row["classes"]) == (2 * PEOPLE - 1, 7)
    change = found.accuracy_change.set_index("label").loc["all"]
    assert (change["first"], change["second"]) == (1.0, 0.0)


@pytest.mark.thorough
def test_what_is_missing_has_its_reason_and_stays_in_the_result(found: PairedResult) -> None:
    assert found.failures.to_dict("records") == [
        {"face": "3_after.png", "intervention": "", "classifier": "pyfeat", "error": "Py-Feat gives no score"}
    ]
    assert any("stranger.png" in note for note in found.notes)
    assert studies.open_study(found.store).effects.equals(found.effects)


@pytest.mark.thorough
def test_the_report_never_calls_them_probabilities(found: PairedResult, tmp_path: Path) -> None:
    text = " ".join(found.report(tmp_path / "r.html").read_text(encoding="utf-8").split())
    assert "in Py-Feat&#39;s scores from 0 to 1" in text or "in Py-Feat's scores from 0 to 1" in text
    assert "in probability" not in text
    assert "takes bets" not in text
    assert "and bets on" not in text
    assert "stranger.png" in text
    folder = found.export(tmp_path / "folder")
    effects = pd.read_csv(next(folder.rglob("effects.csv")))
    assert set(effects["value"]) == {"score"}


@pytest.mark.thorough
def test_a_scale_of_100_gives_the_same_verdicts_in_its_own_unit(found: PairedResult, tmp_path: Path) -> None:
    percent = paired(table(tmp_path / "t", times=100, unit=(0, 100))).run(tmp_path / "s", n_jobs=1)
    one, hundred = found.effects, percent.effects
    assert (hundred["delta"] == 10).all()
    for column in ("mean", "low", "high", "start", "sd", "smallest_found"):
        np.testing.assert_allclose(hundred[column], 100 * one[column], rtol=1e-4, atol=1e-9)
    for column in ("verdict", "verdict_half", "verdict_double"):
        assert hundred[column].tolist() == one[column].tolist()
    np.testing.assert_allclose(hundred["p"], one["p"], rtol=1e-6)


def test_units_are_not_mixed_and_changes_are_not_read(tmp_path: Path) -> None:
    scores = table(tmp_path)
    with pytest.raises(BadValueError, match="takes a study of its own"):
        facelib.PairedStudy(pairs(), "when", classifiers=[scores, "known_unbiased"])
    with pytest.raises(BadValueError, match="lies below 1"):
        paired(scores, delta=3.0)
    with pytest.raises(BadValueError, match="margin in probability"):
        paired(scores, hypothesis=facelib.studies.Hypothesis("It falls", "when", direction="falls"))
    assert paired(scores, delta=0.4).delta == 0.4
    assert facelib.PairedStudy(pairs(), "when", classifiers=["known_unbiased"]).delta == 0.1
    change = facelib.InterventionalStudy(pairs(), ["blur"], classifiers=[scores], steps=3)
    with pytest.raises(BadValueError, match="none of changed ones"):
        change.plan()
    with pytest.raises(BadValueError, match="reads no pictures"):
        facelib.sweep(pairs()[0], "blur", classifiers=[scores], steps=3)


@pytest.mark.thorough
def test_observed_properties_are_tested_beside_a_network(tmp_path: Path) -> None:
    ages = np.linspace(20, 80, 80)
    lines = [f"0,1,0.9,0,0,0,{age / 100},0,0,{1 - age / 100},{n}.png" for n, age in enumerate(ages)]
    (tmp_path / "fex.csv").write_text(HEADER + "\n".join(lines))
    faces = [face(f"{n}.png", person=f"p{n}", age=age) for n, age in enumerate(ages)]
    study = facelib.ObservationalStudy(
        faces, ["age"], classifiers=[from_table(tmp_path / "fex.csv"), "known_unbiased"], labels=(), size=48,
        methods=["partial_correlation"],
    )  # fmt: skip
    result = study.run(tmp_path / "store", n_jobs=1)
    happy = result.effects.set_index(["classifier", "label"]).loc["pyfeat", "happy"]
    assert happy["rejects"]
    assert happy["explained"] > 0.9
    assert set(result.effects["classifier"]) == {"pyfeat", "known_unbiased"}
    assert result.outputs["pyfeat: happy"].max() == pytest.approx(0.8)


@pytest.mark.thorough
def test_it_goes_along_to_other_processes_with_the_scores_of_these_pictures_only(tmp_path: Path) -> None:
    study = paired(table(tmp_path))
    (bound,) = study.models
    assert isinstance(bound, ScoreTable)
    sent = loaded(reader_of(bound, travels=True))
    assert isinstance(sent, ScoreTable)
    assert sent.export.rows.empty
    values, problem = sent.scores_of("0_before.png")
    assert (problem, round(values[sent.labels.index("happiness")], 1)) == ("", 0.7)
    assert sent.scores_of("stranger.png")[1] == "no row of it"


@pytest.mark.thorough
def test_another_table_is_another_reader(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = paired(table(tmp_path / "t")).run(store, n_jobs=1)
    other = paired(table(tmp_path / "t", times=0.5)).run(store, n_jobs=1)
    halves = [
        one.table.loc[one.table["label"] == "happy", ["face", "logit"]].set_index("face")
        for one in (first, other)
    ]
    pd.testing.assert_frame_equal(halves[1], halves[0] / 2, check_exact=False, atol=1e-5)
