"""Eleven people observed: an answer begins with that, and nothing reassuring stands without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facelib import sample_heads, studies
from facelib.app import ObservedPanel
from facelib.app.studies import state as states
from facelib.stats.effects.few_people import few_for_nothing
from facelib.studies import Hypothesis
from tests.unit.reports.report_reader import Element, parsed

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

MODELS = ("known_unbiased", "known_age_happy")
FEW = "Too few people: 11."
MAY = "11 people may be enough to find that an output depends on a property."
LEAST = "takes at least 459 (δ = .01, α = .01)."  # log(.01) / log(.99), up
CALMING = r"on none of|never does|\bfinds nothing\b|\bno outputs?\b"


def eleven(**changes: Any) -> studies.ObservationalStudy:
    heads = sample_heads(11, seed=2, expressions=["happy", "sad"])
    settings: dict[str, Any] = {"size": 64, "methods": ["partial_correlation"]} | changes
    return studies.ObservationalStudy(heads, ["age", "gender"], MODELS, **settings)


@pytest.fixture(scope="module", params=["all tests", "one test", "a hypothesis", "nothing held"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Element:
    changes: dict[str, dict[str, Any]] = {
        "all tests": {"methods": None},
        "a hypothesis": {"hypothesis": Hypothesis("Outputs go with gender", "gender", faces=11)},
        "nothing held": {"labels": ()},
    }
    folder = tmp_path_factory.mktemp("eleven")
    result = eleven(**changes.get(request.param, {})).run(folder / "run", n_jobs=1)
    return parsed(result.report(folder / "report.html").read_text())


def plainly(text: str) -> str:
    return text.replace("\xa0", " ")


def test_the_answer_begins_with_too_few_people(page: Element) -> None:
    answer = plainly(page.after("answer"))
    assert answer.startswith(FEW)
    assert LEAST in answer.partition("Age:")[0]
    for line in re.findall(r"(?:Age|Gender): .*", answer):
        calming = re.search(CALMING, line)
        assert not calming or "with so few people that says nothing" in line, line


def test_captions_say_it_before_they_show_a_none(page: Element) -> None:
    shown = [
        plainly(one.text)
        for one in (*page.all("caption"), *page.all("figcaption"))
        if re.search(r"outputs? (that|on|whose)|every output|every test", plainly(one.text))
    ]
    assert len(shown) >= 5
    assert all(FEW in text[:40] for text in shown), shown


def test_a_size_that_is_not_known_has_no_range(page: Element) -> None:
    (table,) = [one for one in page.all("table") if "aren't small" in one.text][:1]
    for row in table.all("tr")[1:]:
        cells = [one.text for one in row if one.tag == "td"]
        assert (cells[-1] == "–") == (cells[-2] == "–"), cells


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made = ObservedPanel(models=MODELS, size=64, background=False, chosen=["age"])
    made.state.whom.people = 11
    made.state.whom.expressions = ["happy"]
    yield made
    made.state.close()


def test_the_page_says_it_before_and_after(panel: Any) -> None:
    assert MAY in panel.run.plan.value
    assert LEAST in panel.run.plan.value
    panel.run.run.click()
    assert panel.state.stage == "done", panel.state.problem
    assert FEW in panel.map.notes.value[:60]
    assert FEW in panel.shares.sentence.value[:60]
    panel.state.hypothesis = panel.state.hypothesise("Outputs go with age")
    assert panel.state.answer(panel.state.found).startswith(FEW)


def test_a_size_that_is_not_known_is_no_small_one_on_the_page(panel: Any) -> None:
    """Eight faces a label have no ω²: "0 of them by δ or more" said that none is large."""
    panel.state.whom.people = 8
    panel.run.run.click()
    panel.state.hypothesis = panel.state.hypothesise("Outputs go with age")
    answer = panel.state.answer(panel.state.found)
    assert "by how much isn't known" in answer
    assert "of their variance or more" not in answer


def test_the_command_line_says_it_before(tmp_path: Path) -> None:
    plan = str(eleven().plan(tmp_path / "run"))
    assert MAY in plan
    assert LEAST in plan


def test_with_people_enough_nothing_is_said() -> None:

    assert few_for_nothing(458, 0.01, 0.01)
    assert not few_for_nothing(459, 0.01, 0.01)


def test_three_people_are_told_that_nothing_can_be_tested_and_promised_nothing() -> None:
    heads = sample_heads(3, seed=2, expressions=["happy"])
    notes = " ".join(studies.ObservationalStudy(heads, ["age"], MODELS)._notes())
    assert "Nothing can be tested with these faces" in notes
    assert "may be enough to find" not in notes
    assert "permutations" not in notes
