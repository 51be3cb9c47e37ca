"""Three people: whatever is read of such a study, nobody is told that a change does not matter."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from facelib import charts, sample_heads, stats, studies
from facelib.app import ObservedPanel, PopulationPanel
from facelib.app.studies import state as states
from facelib.charts.studies.heatmap import heatmap
from facelib.studies.engine import execution

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

MODELS = ("known_unbiased", "known_age_happy")
REMARK = "“does not matter” at δ = .10 needs at least 29"
PLAN = """
study: interventional
faces: {heads: 3, seed: 4, expressions: [happy]}
interventions: [blur, symmetry, weaker_expression]
control: weaker_expression
classifiers: [known_unbiased, known_age_happy]
steps: 2
size: 64
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> studies.InterventionalResult:
    """Three happy people; noise of the picture hardly moves these networks, so intervals lie inside ± δ."""
    study = studies.InterventionalStudy(
        sample_heads(3, seed=4, expressions=["happy"]),
        ["blur", "symmetry", "weaker_expression"],
        MODELS,
        steps=2,
        size=64,
        control="weaker_expression",
    )
    return study.run(tmp_path_factory.mktemp("three"), n_jobs=1)


def assert_withheld(text: str, remark: str = REMARK) -> None:
    """Assert that a text has the remark, and without it no word that a change doesn't matter."""
    assert remark in text
    bare = text.replace("“does not matter”", "")
    assert not re.search(r"does(n.t| not) matter|\bdoes not\b", bare), re.findall(r".*does not.*", bare)


def words_of(page: str) -> str:
    """Return what a reader of a report reads; formulas, which say what each word means, are left out."""
    body = re.sub(r"(?s)<(style|math|script)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def test_there_are_intervals_inside_the_margin(result: studies.InterventionalResult) -> None:
    """Else nothing of this file would be a test."""
    inside = result.effects_by_label[["verdict_low", "verdict_high"]].abs().max(axis=1) < 0.10
    assert inside.sum() > 3


@pytest.mark.parametrize("name", ["effects", "effects_by_label", "contrasts"])
def test_no_table_has_the_word(result: studies.InterventionalResult, name: str) -> None:
    table: pd.DataFrame = getattr(result, name)
    assert set(table["verdict"]) | set(table["verdict_half"]) | set(table["verdict_double"]) == {
        "cannot tell"
    }
    assert table["notes"].str.contains(REMARK, regex=False).all()
    assert (table["n"] == 3).all()


def test_no_share_says_that_nothing_matters(result: studies.InterventionalResult, panel: Any) -> None:
    """Of three people "0 % matter" would be said of whatever happens."""
    assert result.share_significant["share_matters"].isna().all()
    panel.run.run.click()
    assert {row[-1] for row in panel.effects.shares.rows} == {"–"}


def test_no_chart_has_the_word(result: studies.InterventionalResult) -> None:
    for chart in (charts.forest(result.effects), heatmap(result.effects_by_label)):
        data = json.dumps(chart.to_dict()["datasets"], ensure_ascii=False)
        assert "cannot tell" in data
        assert "does not matter" not in data


def test_the_report_and_its_files_withhold_it(result: studies.InterventionalResult, tmp_path: Path) -> None:
    page = result.report(tmp_path / "report.html").read_text()
    assert_withheld(words_of(page))
    folder = result.export(tmp_path / "folder")
    for file in folder.rglob("*.csv"):
        if "verdict" in (table := pd.read_csv(file)):
            assert set(table["verdict"]) == {"cannot tell"}
    for file in folder.rglob("*.svg"):
        assert "does not matter" not in words_of(file.read_text())


def texts(widget: Any) -> Iterator[str]:
    """Everything that a widget and those inside it say; nothing of those that are hidden."""
    if widget.layout.display == "none":
        return
    for name in ("value", "rows", "caption", "columns", "description", "data"):
        if isinstance(said := getattr(widget, name, None), str | list | dict):
            yield html.unescape(re.sub(r"<[^>]+>", " ", str(said)))
    for child in getattr(widget, "children", ()):
        yield from texts(child)


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made = PopulationPanel(models=MODELS, size=64, background=False, chosen=["blur"])
    made.state.whom.people = 3
    yield made
    made.state.close()


def test_the_page_says_it_before_the_run_and_withholds_the_word_after(panel: Any) -> None:
    assert REMARK in panel.run.plan.value
    panel.run.run.click()
    assert panel.state.stage == "done"
    assert_withheld("\n".join(texts(panel.run)))
    assert_withheld("\n".join([*texts(panel.effects), *texts(panel.verdicts)]))
    family = int(panel.state.found.effects["family"].max())
    least = stats.fewest_to_matter(panel.state.alpha / family, panel.state.alternative)
    assert least > 3
    assert f"needs at least {least}" in panel.effects.lowering.value  # how many change: not of three people


def test_the_tabs_say_and_show_and_tell_nothing(panel: Any) -> None:
    panel.run.run.click()
    observed = ObservedPanel(models=MODELS, size=64, background=False, chosen=["age"])
    try:
        said = "\n".join([*texts(panel), *texts(observed)])
    finally:
        observed.state.close()
    assert re.findall(r".{0,30}\b(?:told|tells)\b.{0,20}", said) == []
    assert "the class that is meant" not in said
    assert not re.search(r"δ = 0\.|about less than", said)


def test_caveats_stand_in_what_was_stopped(
    panel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "batch_size", lambda *_jobs, **_how: 1)  # a quick machine does all at once
    panel.state.observe(lambda change: change["new"].done and panel.state.stop(), "progress")
    panel.run.run.click()
    assert panel.state.stage == "stopped"
    assert not panel.state.found.result.complete
    shown = "\n".join(texts(panel.verdicts))
    assert_withheld(shown)
    assert "So far: " in panel.effects.waits.value
    page = words_of(panel.state.found.result.report(tmp_path / "stopped.html").read_text())
    assert "Unfinished: " in page
    assert_withheld(page)


def test_the_command_line_says_it_before_and_its_report_withholds_the_word(tmp_path: Path) -> None:
    (tmp_path / "study.yml").write_text(PLAN)

    def facelib(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "facelib", "study", *words],
            cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True, timeout=240,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert_withheld(facelib("run", "study.yml", "--yes", "--jobs", "1"))
    facelib("report", "runs/study")
    assert_withheld(words_of((tmp_path / "runs" / "study" / "report.html").read_text()))
