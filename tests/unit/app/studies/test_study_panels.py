"""The tabs as widgets, without a browser: what they offer, lock, show and hand out."""

from __future__ import annotations

import io
import re
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances as alive
from PIL import Image

from facelib import classifiers, interventions, studies
from facelib.app import Explorer, MusclesPanel, ObservedPanel, PopulationPanel, layout, page
from facelib.app.studies import state as states
from facelib.app.studies import throttle as looks
from facelib.app.studies.effects_panel import failures_html, places_of
from facelib.app.studies.exports import (
    OBSERVED,
    PAIRED,
    POPULATION,
    NothingYetError,
    report_html,
    run_zip,
)
from facelib.app.widgets.checklist import CheckList
from facelib.app.widgets.watchdog import Watchdog
from facelib.classifiers import EMOTIONS
from facelib.faces import sample_photograph
from facelib.studies.disclaimer import LIMITS_OF
from facelib.studies.engine import execution

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

MODELS = ("known_unbiased", "known_age_happy")
SMALL: dict[str, Any] = {"models": MODELS, "size": 64, "background": False}
Make = Callable[..., Any]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Panels that compute at once and end with the test."""
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made: list[Any] = []

    def begin(kind: type = PopulationPanel, people: int = 4, **settings: Any) -> Any:
        made.append(kind(**(SMALL | settings)))
        made[-1].state.whom.people = people
        return made[-1]

    yield begin
    for panel in made:
        panel.state.close()


def shown(widget: Any) -> bool:
    return bool(widget.layout.display != "none")


def inside(widget: Any) -> Iterator[Any]:
    """Everything in a widget."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


@pytest.mark.thorough
def test_the_page_makes_the_tabs_when_they_are_opened() -> None:
    explorer = Explorer(("known_unbiased",), background=False)
    explorer.choose(interventions.get("palsy", side="right"))
    before = len(alive)
    root = page(explorer)
    cold = len(alive) - before
    boxes = [box for box in root.children if "facelib-tab" in box._dom_classes]
    assert [len(box.children) for box in boxes] == [1, 0, 0, 0]
    (bar,) = (one for one in inside(root) if type(one).__name__ == "TabBar")
    bar.index = 1
    purpose, population = boxes[1].children
    assert "One change on many faces" in purpose.value
    assert isinstance(population, PopulationPanel)
    assert population.state.chosen == ["palsy"]
    assert population.state.interventions[0] == interventions.get("palsy", side="right")
    assert population.state.models == ["known_unbiased"]
    assert len(boxes[2].children) == 0
    bar.index = 2
    assert isinstance(boxes[2].children[1], ObservedPanel)
    bar.index = 3
    _, muscles = boxes[3].children
    assert isinstance(muscles, MusclesPanel)
    assert (muscles.state.models, muscles.state.head) == (["known_unbiased"], explorer.last_head)
    assert len(alive) - before > 2 * cold / 3  # what a cold page is spared
    for box in boxes[1:]:
        box.children[1].state.close()
    explorer.close()


@pytest.mark.thorough
def test_what_other_tabs_need_is_imported_once_a_visitor_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = threading.Event()
    monkeypatch.setattr(layout, "imports", imported.set)
    explorer = Explorer(("known_unbiased",), background=False)
    (dog,) = (one for one in inside(page(explorer)) if isinstance(one, Watchdog))
    assert not imported.wait(0.2)
    dog.visited = True
    assert imported.wait(60)
    explorer.close()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_page_knows_what_would_be_lost_with_it() -> None:
    explorer = Explorer(("known_unbiased",), background=False)
    root = page(explorer)
    (dog,) = (one for one in inside(root) if isinstance(one, Watchdog))
    (bar,) = (one for one in inside(root) if type(one).__name__ == "TabBar")
    assert dog.unsaved == []
    explorer.show(sample_photograph())
    assert dog.unsaved == []  # everybody has that one
    explorer.show(sample_photograph().replace(attributes={"name": "mine.jpg"}))
    assert dog.unsaved == ["photograph"]
    explorer.undo()
    assert dog.unsaved == []
    for index, name in ((1, "population"), (2, "observed")):
        bar.index = index
        _, panel = root.children[5 + index].children
        panel.state.stage = "running"
        assert dog.unsaved == [name]
        panel.state.stage = "stopped"
        assert dog.unsaved == []
        panel.state.close()
    explorer.close()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [PopulationPanel, ObservedPanel])
def test_every_control_has_a_label_and_a_help_text(make: Make, kind: type) -> None:
    panel = make(kind)
    panel.state.mode = "confirm"
    numbers = (widgets.IntSlider, widgets.FloatSlider, widgets.BoundedIntText)
    kinds = (widgets.Dropdown, widgets.Button, widgets.Textarea, widgets.Checkbox, *numbers)
    controls = [one for one in inside(panel) if isinstance(one, kinds)]
    assert len(controls) > 12
    assert [one for one in controls if not (one.description and one.tooltip)] == []
    assert [one for one in inside(panel) if isinstance(one, CheckList) and not (one.label and one.help)] == []
    toggles = [one for one in inside(panel) if isinstance(one, widgets.ToggleButtons)]
    assert all(len(one.tooltips) == len(one.options) for one in toggles)


@pytest.mark.thorough
def test_a_run_fills_map_sentences_and_tables_with_what_was_found(make: Make) -> None:
    panel = make(people=6)
    panel.state.whom.expressions = ["happy", "surprise"]
    panel.state.alternative = "less"
    assert not shown(panel.effects.chart)
    assert not shown(panel.verdicts)
    assert all(button.disabled for button in panel.home.buttons)
    assert "120, read by 2 classifiers" in panel.run.plan.value  # people × changes × strengths
    panel.run.run.click()
    found = panel.state.found
    assert panel.state.problem == ""
    assert "Done." in panel.run.words.value
    cells = panel.effects.chart.data["cells"]
    assert panel.effects.chart.signals["cells_titles"] == ["one side weaker", "both sides weaker (control)"]
    heading = panel.effects.chart.signals["cells_heading"]
    assert heading[2:] == [
        "Column “as meant”: one-sided (falls), corrected over 4 tests",
        "Columns of emotions: two-sided, corrected over 28 tests",
    ]
    assert panel.effects.shares.caption.endswith("significant; two-sided, corrected over 28 tests")
    assert panel.verdicts.table.caption.endswith("p: one-sided (falls), corrected over 4 tests")
    known = pd.concat([found.effects, found.by_label]).set_index(["intervention", "classifier", "label"])[
        "mean"
    ]
    assert len(cells) == len(known)
    for cell in cells:
        mean = known[cell["intervention"], cell["classifier"], cell["label"]]
        assert cell["mean"] == pytest.approx(mean, abs=1e-4)
    assert "As the left side weakens" in panel.effects.lowering.value
    assert (
        "the sign-flip test with Holm over 4 tests needs at least 7 people at .05, and there are 6."
        in panel.effects.lowering.value
    )
    assert "weaker_expression" not in panel.effects.lowering.value  # it is named as people do
    table = panel.verdicts.table
    assert [row[0]["text"] for row in table.rows] == list(MODELS)
    effects = found.effects[found.effects["intervention"] == "asymmetric_expression"]
    assert [row[-1]["text"] for row in table.rows] == [
        verdict.removesuffix(" at δ") for verdict in effects["verdict"]
    ]
    assert "over 6 people" in table.caption
    panel.verdicts.menu.value = "weaker_expression"
    assert [row[6] for row in panel.verdicts.table.rows] == ["–", "–"]  # the control has no control
    assert [row[0] for row in panel.effects.shares.rows] == ["one side weaker", "both sides weaker (control)"]
    assert not shown(panel.failures)
    assert not any(button.disabled for button in panel.home.buttons)


@pytest.mark.thorough
def test_done_is_never_said_beside_what_is_known_so_far(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LEAST", 0.0)
    monkeypatch.setattr(looks, "SHARE", 1e9)
    monkeypatch.setattr(execution, "MOST", 1)  # a file for every face
    panel = make(people=3)
    seen: list[tuple[bool, bool]] = []

    def look(_change: object) -> None:
        early = shown(panel.effects.waits) and "So far: " in panel.effects.waits.value
        seen.append((early, "Done." in panel.run.words.value))

    for words in (panel.run.words, panel.effects.waits):
        words.observe(look, "value")
    panel.run.run.click()
    assert (True, False) in seen
    assert (True, True) not in seen
    assert seen[-1] == (False, True)
    cells = panel.effects.chart.data["cells"]  # one emotion is meant: no second column says the same
    assert {cell["label"] for cell in cells} == set(EMOTIONS)
    assert panel.effects.chart.signals["cells_heading"][2:] == [
        "Tests of the map: two-sided, corrected over 28 tests",
        "Tests of the verdicts below: two-sided, corrected over 4 tests",
    ]


@pytest.mark.thorough
def test_nothing_can_be_changed_while_it_runs(make: Make) -> None:
    panel = make()
    seen: list[tuple[bool, ...]] = []

    def look(_change: object) -> None:
        controls = (
            panel.run.run,
            panel.who.people,
            panel.changes.list,
            panel.asked.delta,
            panel.confirm.mode,
        )
        seen.append((panel.run.stop.disabled, *(one.disabled for one in controls)))

    panel.state.observe(look, "progress")
    panel.run.run.click()
    assert (False, True, True, True, True, True) in seen
    assert not panel.run.run.disabled
    assert panel.run.stop.disabled
    assert not panel.changes.list.disabled


@pytest.mark.thorough
def test_what_is_offered_depends_on_the_faces(make: Make) -> None:
    panel = make()
    heads = set(panel.changes.list.ids)
    assert panel.changes.list.groups[-1]["title"] == "Placebos (harmless changes)"
    assert panel.changes.list.groups[-1]["folded"]
    assert shown(panel.changes.side)
    panel.changes.list.value = ["age", "blur"]
    panel.changes.control.value = ""
    assert panel.state.chosen == ["age", "blur"]
    assert not shown(panel.changes.side)
    panel.who.source.value = "mine"
    assert set(panel.changes.list.ids) < heads
    assert panel.state.chosen == ["blur"]
    assert not shown(panel.who.rendered)
    assert "give a zip of them" in panel.run.plan.value
    assert panel.run.run.disabled


@pytest.mark.thorough
def test_columns_of_photographs_are_offered_as_labels_and_persons(make: Make) -> None:
    panel = make(ObservedPanel)
    asked = panel.asked
    assert not shown(asked.labels)
    panel.who.source.value = "mine"
    assert shown(panel.who.mine)
    assert not shown(panel.who.rendered)
    assert (asked.labels.value, panel.state.labels) == ("", "")
    panel.state.whom.cropped = True
    grey = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), 128, np.uint8)).save(grey, "PNG")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.png", grey.getvalue())
        archive.writestr("faces.csv", "file,person,emotion,age\na.png,anna,happy,30\n")
    panel.who.take("mine.zip", content.getvalue())
    assert [value for _, value in asked.labels.options] == ["", "person", "emotion", "age"]
    assert (asked.labels.value, asked.person.value) == ("emotion", "person")
    asked.labels.value = "age"
    assert panel.state.labels == "age"
    assert "emotion" in asked.chosen.ids
    panel.who.source.value = "rendered"
    assert (asked.labels.value, panel.state.labels) == ("expression", "expression")


def sessions(first: str = "before", second: str = "<b>after</b>", people: int = 4) -> bytes:
    """A zip of grey pictures of some people, two of each."""
    content, lines = io.BytesIO(), ["file,person,label,session"]
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(2 * people):
            picture = io.BytesIO()
            Image.fromarray(np.full((64, 64, 3), 40 + 20 * number, np.uint8)).save(picture, "PNG")
            archive.writestr(f"{number}.png", picture.getvalue())
            lines.append(f"{number}.png,p{number // 2},happy,{second if number % 2 else first}")
        archive.writestr("faces.csv", "\n".join(lines))
    return content.getvalue()


@pytest.mark.thorough
def test_two_conditions_are_offered_where_people_have_partners_and_else_it_is_said_why(make: Make) -> None:
    panel = make(ObservedPanel)
    asked = panel.asked
    pairs = (asked.condition, asked.turned, asked.shared, asked.level, asked.margin)
    alone = (asked.chosen, asked.labels, asked.label_source, asked.alpha, asked.delta)
    assert not any(map(shown, (asked.question, asked.why_not, *pairs)))
    panel.state.whom.cropped = True
    panel.who.take("mine.zip", sessions(second="before"))
    assert not shown(asked.question)
    assert shown(asked.why_not)
    assert "needs a column of two values" in asked.why_not.value
    asked.person.value = ""
    assert "choose the column that says who is shown" in asked.why_not.value
    panel.who.take("mine.zip", sessions())
    assert shown(asked.question)
    assert not shown(asked.why_not)
    assert all(map(shown, alone))
    assert not any(map(shown, pairs))
    asked.question.value = "conditions"
    assert all(map(shown, pairs))
    assert not any(map(shown, alone))
    assert asked.condition.options == (("session", "session"),)
    assert [words for words, _ in asked.turned.options] == [
        "before, then <b>after</b>", "<b>after</b>, then before",
    ]  # fmt: skip
    assert (asked.shared.ids, asked.shared.value) == (["label"], ["label"])
    assert "4 pairs of 4 people (8 faces)" in panel.run.plan.value
    assert "&lt;b&gt;after" in panel.run.plan.value
    panel.who.source.value = "rendered"
    assert not any(map(shown, (asked.question, *pairs)))
    assert shown(asked.chosen)


@pytest.mark.thorough
def test_a_comparison_is_told_in_sentences_a_table_and_a_chart_and_taken_home(make: Make) -> None:
    panel = make(ObservedPanel)
    panel.state.whom.cropped = True
    panel.who.take("mine.zip", sessions())
    panel.asked.question.value = "conditions"
    assert (shown(panel.map), shown(panel.pairs), shown(panel.home)) == (False, True, False)
    assert "Nothing has been run yet" in panel.pairs.waits.value
    panel.asked.turned.value = True
    panel.run.run.click()
    assert (panel.state.problem, panel.pairs.messages.value) == ("", "")
    said = panel.pairs.said.value
    assert "<strong>“before” against “&lt;b&gt;after&lt;/b&gt;”</strong></p><p>The output for what" in said
    assert "<b>" not in said
    assert "can&#x27;t be said" in said
    table = panel.pairs.accuracy
    assert [row[0] for row in table.rows] == [f"{name}: all" for name in MODELS]
    assert [column["title"] for column in table.columns][2:4] == ["<b>after</b>", "before"]
    rows = panel.pairs.chart.data["effects"]
    assert [row["row"] for row in rows][: len(MODELS)] == [f"{name}: as meant" for name in MODELS]
    assert len(rows) == len(MODELS) * (1 + len(EMOTIONS))
    assert panel.pairs.chart.signals["effects_heading"][0].endswith("“before” minus “<b>after</b>”")
    assert "<summary>Remarks on these numbers</summary><p>4 people are few" in panel.pairs.notes.value
    assert "No difference is shown to be an effect" in panel.pairs.notes.value
    found = panel.state.found
    files = {label: maker(found) for maker, label, _ in PAIRED if label in {"Report (HTML)", "Differences"}}
    assert len(pd.read_csv(io.BytesIO(files["Differences"].data))) == len(found.effects)
    assert b"Report of a study of pairs" in files["Report (HTML)"].data
    assert [button.disabled for button in panel.home_of_pairs.buttons] == [False] * len(PAIRED)
    panel.asked.question.value = "properties"
    assert shown(panel.pairs), "what was found stays, and says of which settings it is"
    assert shown(panel.run.outdated)
    panel.asked.question.value = "conditions"
    assert not shown(panel.run.outdated)


@pytest.mark.thorough
def test_a_zip_that_is_none_is_refused_in_its_own_card(make: Make) -> None:
    panel = make()
    panel.who.zone.busy = True
    panel.who.zone._on_msg(None, {"name": "a.zip", "place": 0, "parts": 2}, [memoryview(b"not ")])
    assert panel.who.zone.busy
    assert panel.who.messages.value == ""
    panel.who.zone._on_msg(None, {"name": "a.zip", "place": 1, "parts": 2}, [memoryview(b"a zip")])
    assert "isn&#x27;t a zip" in panel.who.messages.value
    assert not panel.who.zone.busy
    assert panel.state.whom.source == "rendered"


@pytest.mark.thorough
def test_who_gives_another_zip_that_fails_knows_which_one_stays(make: Make) -> None:
    panel = make()
    panel.who.take("first.zip", panel.who.example.make().data)
    panel.who.guarded(panel.who.take)("second.zip", b"no zip")
    assert "second.zip is not taken." in panel.who.messages.value
    assert "first.zip stays, as it was before." in panel.who.messages.value
    places = [*panel.who.children]
    assert places.index(panel.who.messages) < places.index(panel.who.mine), "above what it is about"
    assert places.count(panel.who.messages) == 1


@pytest.mark.thorough
def test_what_goes_wrong_is_said_beside_run(make: Make, tmp_path: Path) -> None:
    blocked = tmp_path / "taken"
    blocked.write_text("a file, no folder")
    panel = make(store=blocked)
    panel.run.run.click()
    assert "taken" in panel.run.messages.value
    assert "Traceback" not in panel.run.messages.value
    panel.state.chosen = []
    assert "choose a change" in panel.run.plan.value
    assert panel.run.messages.value == ""


def test_failures_are_told_by_their_reason_one_face_and_change_once() -> None:
    rows = [("a.jpg", "blur", who, "No face <was> found.") for who in ("fer", "properties")]
    rows += [("b.jpg", "blur", "fer", "No face <was> found."), ("b.jpg", "crop", "fer", "Too dark.")]
    text = failures_html(pd.DataFrame(rows, columns=["face", "intervention", "classifier", "error"]))
    assert "<p>3 failed; " in text
    assert text.index("2 × No face &lt;was&gt; found. (for example a.jpg)") < text.index("1 × Too dark.")


@pytest.mark.thorough
def test_confirm_takes_the_question_over_and_helps_with_the_number_of_people(make: Make) -> None:
    panel = make()
    assert panel.asked.rest.children == tuple(panel.asked.question)
    panel.run.run.click()
    panel.confirm.mode.value = "confirm"
    assert panel.asked.rest.children == ()
    assert panel.asked.delta in panel.confirm.fields.children
    assert not shown(panel.who.people)
    assert panel.run.run.disabled
    assert "Set the hypothesis first" in panel.run.plan.value
    assert "looked at in Explore" in panel.confirm.told.value
    helper = panel.confirm.power
    before = helper.chart.data["marks"]
    helper.people.value = 40
    assert panel.state.whom.people == 40
    assert "With 40 people" in helper.sentence.value
    assert "For 80 % of studies to find that it matters, it takes " in helper.sentence.value
    helper.change.value = 0.0
    assert "For 80 % of studies to find that it does not matter, it takes " in helper.sentence.value
    helper.people.value, helper.sd.value = 12, 0.02
    assert "in 0 % of studies: that needs at least 29 people" in helper.sentence.value
    assert "it takes 35 people" in helper.sentence.value  # the floor is 29; bets need some more
    helper.people.value = 40
    assert helper.chart.data["marks"] != before
    embedded = helper.chart.spec
    helper.change.value = -0.3
    assert helper.chart.spec is embedded  # patched, not drawn anew
    helper.take.click()
    effects = panel.state.explored.effects
    rows = effects[effects["intervention"] == "asymmetric_expression"]
    assert helper.change.value == pytest.approx(rows["mean"].median(), abs=0.006)
    panel.who.seed.value = 5
    helper.people.value = 4
    panel.confirm.set.click()
    assert "The statement is a text" in panel.confirm.messages.value
    panel.confirm.statement.value = "It falls <b>"
    panel.confirm.set.click()
    assert "It falls &lt;b&gt;. Set on " in panel.confirm.told.value
    assert "Nothing was changed since" in panel.confirm.told.value
    panel.asked.alpha.value = 0.01
    assert "α was registered as .05" in panel.confirm.told.value
    panel.asked.alpha.value = 0.05
    panel.run.run.click()
    assert "Answer over 4 people" in panel.confirm.told.value


@pytest.mark.thorough
def test_files_are_made_in_memory_and_leave_nothing_behind(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = make(store=tmp_path / "kept")
    with pytest.raises(NothingYetError):
        panel.home.buttons[0].make.__wrapped__()
    panel.run.run.click()
    room = tmp_path / "temporary"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    found = panel.state.found
    files = {label: maker(found) for maker, label, _ in POPULATION if maker is not report_html}
    assert not list(room.iterdir())
    table = pd.read_csv(io.BytesIO(files["Table"].data))
    assert len(table) == len(found.result.table) == len(pd.read_parquet(io.BytesIO(files["Parquet"].data)))
    effects = pd.read_csv(io.BytesIO(files["Effects"].data))
    assert len(effects) == len(found.effects) + len(found.by_label)
    with zipfile.ZipFile(io.BytesIO(files["Figures (zip)"].data)) as archive:
        assert {Path(name).suffix for name in archive.namelist()} >= {".svg", ".png", ".csv"}
    with zipfile.ZipFile(io.BytesIO(run_zip(found).data)) as archive:
        archive.extractall(tmp_path / "again")
    again = studies.open_study(tmp_path / "again")
    pd.testing.assert_frame_equal(again.table, found.result.table)


@pytest.mark.thorough
def test_the_report_is_one_page_with_its_limits(make: Make) -> None:
    panel = make(ObservedPanel, 14, chosen=["age"])
    panel.run.run.click()
    assert panel.state.problem == ""
    made = report_html(panel.state.found)
    text = made.data.decode()
    assert re.fullmatch(r"facelib_observational_report_[0-9a-f]{8}\.html", made.name)
    assert made.type == "text/html"
    other = make(ObservedPanel, 14, chosen=["gender"])  # lies beside it in a folder
    other.run.run.click()
    assert report_html(other.state.found).name != made.name
    assert LIMITS_OF["observational"].split(".")[0] in text
    assert "http-equiv" not in text or 'src="http' not in text
    assert [label for _, label, _ in OBSERVED][:2] == ["Report (HTML)", "Figures (zip)"]
    cells = panel.map.chart.data["cells"]
    assert {cell["title"] for cell in cells} == {"Age"}
    assert all(cell["words"] in ("yes", "yes *", "no", "–") for cell in cells)
    assert [row[0] for row in panel.shares.table.rows] == ["Age"]


@pytest.mark.thorough
def test_the_button_says_what_it_would_do_and_counts_name_their_units() -> None:
    panel = PopulationPanel(
        models=["known_unbiased"], size=64, steps=2, background=False, chosen=["blur"], control=""
    )
    state = panel.state
    state.whom.people = 3
    try:
        assert (panel.run.run.description, panel.run.run.disabled) == ("Run", False)
        state.control = "weaker_expression"
        assert "<dd>blur; control: both sides weaker</dd>" in panel.run.plan.value
        panel.run.run.click()
        assert panel.run.run.description == "Run again", "all that it could find is shown"
        state.stage, state.progress = "running", studies.Progress(4, 6)
        assert "4 of 6 faces × changes done" in panel.run.words.value
        state.stage = "done"
        state.alpha = 0.01
        assert (panel.run.run.description, panel.run.run.disabled) == ("Show the results", False)
        assert "<dd>all</dd>" in panel.run.plan.value
    finally:
        state.close()


@pytest.mark.thorough
def test_what_could_not_be_planned_is_not_run_once_it_is_mended() -> None:
    panel = PopulationPanel(models=["known_unbiased"], size=64, steps=2, background=False, chosen=["blur"])
    state = panel.state
    try:
        state.plan = None
        panel.run.run.click()
        assert "runs as soon as" in panel.run.words.value
        state.models = []
        assert panel.run.run.disabled
        state.models = ["known_unbiased"]
        assert state.stage == "ready", "nobody asked for it any more"
    finally:
        state.close()


@pytest.mark.thorough
def test_results_of_other_settings_say_so_where_they_stand(make: Make) -> None:
    """The status line beside Run is out of sight for whoever reads the results."""
    panel = make()
    note = panel.run.outdated
    column = next(box for box in inside(panel) if note in getattr(box, "children", ()))
    assert column.children.index(note) < column.children.index(panel.effects)
    assert not shown(note)
    panel.run.run.click()
    assert not shown(note)
    panel.state.delta = 0.2
    assert shown(note)
    words, again = note.children
    assert "of the settings before" in words.value
    assert again.description == panel.run.run.description == "Show the results"
    assert "Settings have changed since." in panel.run.words.value
    again.click()
    assert not shown(note)
    assert set(panel.state.found.effects["delta"]) == {0.2}


@pytest.mark.thorough
def test_what_other_faces_lack_is_chosen_again_with_the_first_ones(make: Make) -> None:
    """A look at one's own photographs had unticked age and gender for good."""
    panel = make(ObservedPanel)
    state = panel.state
    before = set(state.chosen)
    assert {"age", "gender"} <= before
    state.whom.source = "mine"
    assert not {"age", "gender"} & set(state.chosen)
    state.whom.source = "rendered"
    assert set(state.chosen) == before


@pytest.mark.thorough
def test_the_control_follows_the_changes_unless_another_one_was_chosen(make: Make) -> None:
    state = make().state
    assert (state.chosen, state.control) == (["asymmetric_expression"], "weaker_expression")
    state.chosen = ["age"]
    assert state.control == ""  # both sides weaker is no control of age
    state.chosen = ["age", "palsy"]
    assert state.control == "weaker_expression"
    state.control = "weaker_by_displacement"
    state.chosen = ["age"]
    assert state.control == "weaker_by_displacement"
    state.control = "weaker_expression"
    again = make().state  # after a reload
    again.take_up(state.kept)
    assert (again.chosen, again.control) == (["age"], "weaker_expression")


def test_a_network_keeps_its_colour_whoever_is_chosen_beside_it() -> None:
    """It was orange in Explore and blue in Population."""
    every = classifiers.available()
    for place, name in enumerate(every):
        assert places_of([name])[name] == place
    assert places_of(["my own"])["my own"] == len(every)
