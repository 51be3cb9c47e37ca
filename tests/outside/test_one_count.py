"""A study in which some failed: whoever asks how far it is gets one count, wherever it is asked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facelib import sample_heads, studies
from facelib.app import PopulationPanel
from facelib.app.studies import state as states
from facelib.cli.studies import app
from facelib.errors import BadValueError, Cancelled
from facelib.interventions import INTERVENTIONS
from facelib.reports.page import content_of
from tests.unit.reports.report_reader import parsed

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

MODELS = ("known_unbiased", "known_age_happy")
CHANGES = ("blur", "glasses")
SAID = "10 of 12 {}, 2 failed"


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the glasses fit only the first four of six people."""
    heads = sample_heads(6, seed=4, expressions=["happy"])
    fits = {head.seed for head in heads[:4]}
    kind = type(INTERVENTIONS["glasses"])
    usual = kind.edit

    def edit(self: Any, head: Any, strength: float) -> Any:
        if head.seed not in fits:
            msg = "No glasses fit this nose."
            raise BadValueError(msg)
        return usual(self, head, strength)

    monkeypatch.setattr(kind, "edit", edit)


def study() -> studies.InterventionalStudy:
    heads = sample_heads(6, seed=4, expressions=["happy"])
    return studies.InterventionalStudy(heads, CHANGES, MODELS, steps=2, size=64, name="noses")


@pytest.mark.usefixtures("moody")
def test_command_plan_progress_and_report_count_alike(tmp_path: Path) -> None:
    seen: list[str] = []
    result = study().run(tmp_path / "run", n_jobs=1, progress=lambda at: seen.append(str(at)))
    assert str(result.counts) == SAID.format("done")
    assert seen[-1] == SAID.format("").replace(" ,", ",")
    said = CliRunner().invoke(app, ["status", str(tmp_path / "run")]).output
    assert SAID.format("faces × changes are done") in said
    assert "2 failed; --retry" in said
    assert f"Done before: {SAID.format('').replace(' ,', ',')}." in str(study().plan(tmp_path / "run"))
    again = study().run(tmp_path / "run", n_jobs=1)
    assert str(again.counts) == SAID.format("done")
    content = content_of(result)
    assert content.status == f"All were run: {SAID.format('units (one face × one change)')}."
    assert content.failures[0][0].startswith("2 of 12 units (one face × one change) failed, on 2 of 6 faces")
    assert "failed in 2 of 12 units" in content.paragraph
    text = result.report(tmp_path / "report.html").read_text()
    assert not re.search(r"12 of 12|Complete", parsed(text).all("body")[0].text)


@pytest.mark.usefixtures("moody")
def test_a_stopped_study_says_what_is_missing(tmp_path: Path) -> None:
    after = iter([False] * 8 + [True] * 100)
    with pytest.raises(Cancelled) as ended:
        study().run(tmp_path / "run", n_jobs=1, stop=lambda: next(after))
    counts = studies.open_study(tmp_path / "run").counts
    assert counts.missing
    assert counts.total == 12
    rest = f"{counts.done} of 12 are done and kept in {tmp_path / 'run'}{counts.others}."
    assert rest in str(ended.value)
    said = CliRunner().invoke(app, ["status", str(tmp_path / "run")]).output
    assert f"{counts.done} of 12 faces × changes are done{counts.others}." in said
    status = content_of(studies.open_study(tmp_path / "run")).status
    assert status.startswith(f"Unfinished: {counts.done} of 12 units (one face × one change){counts.others}.")


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made = PopulationPanel(models=MODELS, size=64, steps=2, background=False, chosen=["blur", "glasses"])
    made.state.control = ""
    made.state.whom.people = 6
    yield made
    made.state.close()


def test_the_page_counts_alike(panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(INTERVENTIONS["glasses"])
    usual, calls = kind.edit, iter(range(10_000))
    monkeypatch.setattr(
        kind, "edit", lambda self, head, strength: usual(self, _second(head, next(calls)), strength)
    )
    panel.run.run.click()
    counts = panel.state.found.result.counts
    assert counts.failed
    assert not counts.missing
    plan = html.unescape(panel.run.plan.value)
    assert f"{counts.done} of {counts.total}, {counts.failed} failed" in plan
    assert f"{counts.failed} failed (listed below)" in panel.run.words.value
    assert f"<p>{counts.failed} failed; " in panel.failures.words.value


def _second(head: Any, call: int) -> Any:
    if call % 5 == 4:
        msg = "No glasses fit this nose."
        raise BadValueError(msg)
    return head
