"""A study of pairs, declared in Python and in a file: plan, run, go on, report, and what is refused."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib import studies
from facelib.errors import BadValueError, Cancelled
from facelib.faces import Face
from facelib.stats.paired import EFFECT_COLUMNS, MCNEMAR
from facelib.studies import DeclarationError, PairedResult, parse_study
from facelib.studies.disclaimer import PAIRED
from facelib.studies.engine import execution

MODELS = ("known_unbiased", "known_age_happy")
PEOPLE = 9


def wearing(people: int = PEOPLE) -> list[facelib.Head]:
    """Heads without electrodes, and the same with them; one of the latter is missing."""
    bare = facelib.sample_heads(people, seed=4, electrodes=0.0)
    return [*bare, *(head.replace(electrodes="fridlund") for head in bare[:-1])]


def study(**changes: Any) -> facelib.PairedStudy:
    settings: dict[str, Any] = {"classifiers": MODELS, "size": 64, **changes}
    return facelib.PairedStudy(settings.pop("faces", wearing()), "electrodes", **settings)


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> PairedResult:
    """A study of electrodes that is done, with the pictures once more without them."""
    return study(after=["electrode_removal"]).run(tmp_path_factory.mktemp("worn"), n_jobs=1)


@pytest.mark.thorough
def test_the_plan_says_who_is_compared_and_who_is_missing() -> None:
    plan = study().plan()
    said = str(plan)
    assert "8 pairs of 8 people (16 faces), with the same person and expression" in said
    assert "electrodes 'fridlund' minus 'none'" in said
    assert re.search(r"1 half is missing, and its partner is left out: \w+, \w+ has no 'fridlund'\.", said)
    assert "“does not differ” at δ = .10 needs at least 29" in said
    assert plan.pictures == len(wearing())


@pytest.mark.thorough
def test_every_face_is_read_once_and_those_with_electrodes_once_more_without(worn: PairedResult) -> None:
    assert worn.complete
    assert len(worn.failures) == 0
    counts = worn.table.drop_duplicates(["face", "intervention"])["intervention"].value_counts()
    assert counts.to_dict() == {"": 2 * PEOPLE - 1, "electrode_removal": PEOPLE - 1}
    assert list(worn.effects) == list(EFFECT_COLUMNS)
    assert set(worn.effects["intervention"]) == {"", "electrode_removal"}
    assert (worn.effects["n"] == PEOPLE - 1).all()
    assert (worn.accuracy_change["test"] == MCNEMAR).all()
    moved = worn.effects.groupby("intervention")["mean"].apply(lambda means: means.abs().mean())
    assert moved["electrode_removal"] < moved[""]


@pytest.mark.thorough
def test_differences_are_those_of_the_table(worn: PairedResult) -> None:
    """A slow twin: the outputs of each pair, subtracted one by one."""
    plain = worn.table[worn.table["intervention"] == ""].set_index(["face", "classifier", "label"])[
        "probability"
    ]
    faces = worn.faces.set_index("face")
    bare = faces[faces["electrodes"].isna()].reset_index().set_index("identity")["face"]
    with_them = faces[faces["electrodes"].notna()].reset_index().set_index("identity")["face"]
    for row in worn.effects[worn.effects["intervention"] == ""].head(5).to_dict("records"):
        cell = (row["classifier"], row["label"])
        each = [plain[(with_them[who], *cell)] - plain[(bare[who], *cell)] for who in with_them.index]
        assert row["mean"] == pytest.approx(np.mean(each))


@pytest.mark.thorough
def test_its_report_and_export_speak_of_conditions(worn: PairedResult, tmp_path: Path) -> None:
    text = text_of(worn, tmp_path)
    assert PAIRED[:80] in text
    assert "Report of a study of pairs" in text
    assert "McNemar" in text
    assert "differs between conditions" in text or "cannot tell" in text
    assert "matters" not in text
    assert not re.search(r"because of|effect of (?!the condition)", text)
    folder = worn.export(tmp_path / "export")
    meanings = json.loads((folder / "columns.json").read_text())
    assert {"effects", "intended_effects", "accuracy_change", "differences", "missing_halves"} <= set(
        meanings
    )
    assert all(meanings["effects"].values())


def text_of(result: PairedResult, path: Path) -> str:
    page = html.unescape(result.report(path / "report.html").read_text())
    return re.sub(r"<[^>]+>|\s+", " ", page.replace("\xa0", " "))


def test_rendered_partners_that_differ_in_the_condition_alone_are_told_so(
    worn: PairedResult, tmp_path: Path
) -> None:
    """The report said that camera and light may differ, of two renders that differ in electrodes alone."""
    assert worn.differing == []
    said = text_of(worn, tmp_path)
    assert "partners differ in electrodes and in nothing else" in said
    assert "The condition is not of our making" not in said
    assert "McNemar, exact (4 tests, Holm)" in said
    assert "Accuracies with Wilson's 95 % interval" in said
    bare = facelib.sample_heads(6, seed=4, electrodes=0.0)
    other = [
        head.replace(electrodes="fridlund", light="dim" if head.light != "dim" else "side") for head in bare
    ]
    found = study(faces=[*bare, *other]).run(tmp_path / "run", n_jobs=1)
    assert found.differing == ["light"]
    said = text_of(found, tmp_path)
    assert "differs between partners in light, too. No difference is shown to be an effect" in said


@pytest.mark.thorough
def test_a_margin_that_was_changed_after_a_run_is_told(tmp_path: Path) -> None:
    study().run(tmp_path / "run", n_jobs=1)
    found = study(delta=0.3).run(tmp_path / "run", n_jobs=1)
    said = text_of(found, tmp_path)
    assert "δ = .30, changed from .10 once results of an earlier run were there" in said
    assert "δ was .10 in an earlier run of this study, and changed after its results" in said
    assert "set before the run" not in said.split("Limits")[0]


@pytest.mark.thorough
def test_it_is_opened_again_and_gone_on_with(tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 9

    with pytest.raises(Cancelled, match="Run the study again to go on"):
        study().run(tmp_path, n_jobs=1, stop=stop)
    part = studies.open_study(tmp_path)
    assert isinstance(part, PairedResult)
    assert not part.complete
    assert any("of 17 faces are done" in note for note in part.notes)
    assert "no p before all is done" in text_of(part, tmp_path)
    done = study().run(tmp_path, n_jobs=1)
    assert done.complete
    assert isinstance(facelib.studies.Result.open(tmp_path), PairedResult)


@pytest.mark.thorough
def test_the_report_of_a_study_that_was_stopped_has_no_p(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not be written: accuracy that isn't tested yet has no p."""
    monkeypatch.setattr(execution, "MOST", 1)  # a file for every face
    done = [0]
    with pytest.raises(Cancelled):
        study().run(
            tmp_path / "run",
            n_jobs=1,
            progress=lambda at: done.append(at.done),
            stop=lambda: done[-1] >= 2 * PEOPLE - 3,
        )
    part = studies.open_study(tmp_path / "run")
    assert isinstance(part, PairedResult)
    assert not part.complete
    assert part.accuracy_change[["p", "p_holm"]].isna().all(axis=None)
    said = text_of(part, tmp_path)
    assert "Faces named as they are meant" in said
    assert "after Holm =" not in said


@pytest.mark.thorough
def test_a_hypothesis_is_about_the_condition(tmp_path: Path) -> None:
    about = studies.Hypothesis("Electrodes change outputs.", "electrodes")
    found = study(hypothesis=about).run(tmp_path, n_jobs=1)
    assert found.settings["hypothesis"]
    with pytest.raises(BadValueError, match="no condition of this study; it has electrodes"):
        study(hypothesis=studies.Hypothesis("x is y.", "palsy"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"order": ["none"]}, "The order names two different values"),
        ({"order": ("none", "none")}, "The order names two different values"),
        ({"order": "none"}, "The order names two different values"),
        ({"delta": 0}, "margin"),
        ({"labels": 3}, "A column that partners share"),
        ({"after": 3}, "A list of changes"),
        ({"after": ["blur", "blur"]}, "Each change"),
        ({"person": 7}, "The column that tells who is shown"),
    ],
)
def test_what_cannot_be_is_refused_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        study(**changes)


def test_what_is_wrong_with_the_faces_is_said_when_it_is_planned() -> None:
    with pytest.raises(BadValueError, match="has no 'kuramoto'"):
        study(order=("none", "kuramoto")).plan()
    with pytest.raises(BadValueError, match="no column task"):
        study(labels="task").plan()
    with pytest.raises(BadValueError, match="has 1: none"):
        study(faces=facelib.sample_heads(4, seed=1, electrodes=0.0)).plan()


@pytest.mark.thorough
def test_faces_without_labels_are_compared_by_their_outputs_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    faces = [
        Face(
            rng.integers(0, 255, (64, 64, 3), np.uint8), np.array([8.0, 8, 56, 56]), np.full((2, 2), np.nan),
            attributes={"id": f"{who}{when}", "person": who, "session": when},
        )
        for who in "abcdefg"
        for when in ("pre", "post")
    ]  # fmt: skip
    pairs = facelib.PairedStudy(faces, "session", classifiers=["known_unbiased"])
    assert "No face says what it is meant to show" in str(pairs.plan())
    found = pairs.run(tmp_path, n_jobs=1)
    assert (found.pairing.first, found.pairing.second) == ("pre", "post")
    assert len(found.effects) == 7
    assert found.accuracy_change.empty
    assert found.intended_effects.empty
    assert "no face says what it is meant to show (column label)" in text_of(found, tmp_path)


YAML = """study: paired
faces: {heads: 12, electrodes: 0, twice: {electrodes: fridlund}}
condition: electrodes
"""


def test_a_file_declares_it_and_is_written_back() -> None:
    declared = parse_study(YAML + "order: [none, fridlund]\nlabels: []\nafter: [electrode_removal]\n")
    made = declared.study()
    assert isinstance(made, facelib.PairedStudy)
    assert (made.order, made.label_columns) == (("none", "fridlund"), ())
    assert [arm.name for arm in made.arms] == ["", "electrode_removal"]
    again = parse_study(declared.to_yaml())
    assert again.content == declared.content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study: paired\nfaces: {heads: 3}\n", "A paired study has condition; there are none here"),
        (YAML + "order: [a, b, c]\n", "line 4: order is a list of two values"),
        (YAML + "properties: [age]\n", "line 4: properties belongs to an observational study"),
        (YAML + "delta: 2\n", "line 4: delta is a number above 0 and below 1"),
        (YAML.replace("electrodes\n", "3\n"), "line 3: condition is a column"),
        (YAML + "after: [nothing]\n", "line 4"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(said)):
        parse_study(text).study()


@pytest.mark.thorough
def test_labels_that_are_numbers_are_asked_for_and_a_misspelt_word_is_named() -> None:
    def plan(words: list[str], numbers: str = "") -> str:
        face = Face(
            np.zeros((64, 64, 3), np.uint8), np.array([8.0, 8, 56, 56]), np.full((2, 2), np.nan),
        )  # fmt: skip
        faces = facelib.FaceSet.from_faces(
            face.replace(attributes={"id": f"{n}{when}", "person": f"p{n}", "session": when, "label": word})
            for n, word in enumerate(words)
            for when in ("pre", "post")
        )
        faces = faces.label_numbers(numbers) if numbers else faces
        return str(facelib.PairedStudy(faces, "session", classifiers=["known_unbiased"]).plan())

    assert "Labels are numbers (1, 4), which differ between data sets" in plan(["1", "4"])
    named = plan(["1", "4"], "affectnet")
    assert "Labels are numbers (" not in named
    assert "Labels are numbers of affectnet." in named
    assert "2 of 6 faces show no common emotion (hapy): check their spelling" in plan(
        ["happy", "hapy", "sad"]
    )


@pytest.mark.thorough
def test_a_broken_picture_is_in_no_pair_and_in_the_report(tmp_path: Path) -> None:
    """The report counted pairs of the table, its accuracy those that were read."""
    folder = tmp_path / "faces"
    folder.mkdir()
    rows = ["file,person,label,session"]
    for head in facelib.sample_heads(7, seed=3, expressions=["happy"], electrodes=0.0):
        for when, intensity in (("pre", 1.0), ("post", 0.5)):
            name = f"{head.key[:6]}_{when}.png"
            Image.fromarray(head.replace(intensity=intensity).render(96).image).save(folder / name)
            rows.append(f"{name},{head.key[:6]},Freude,{when}")
    first = rows[1].split(",")[0]
    (folder / first).write_bytes(b"no picture")
    (folder / "faces.csv").write_text("\n".join(rows))
    faces = facelib.FaceSet.from_folder(folder, "faces.csv", detect=False)
    found = facelib.PairedStudy(faces, "session", classifiers=["known_unbiased"]).run(
        tmp_path / "run", n_jobs=1
    )
    assert found.pairing.people == 6
    assert (found.effects["n"] == 6).all()
    assert found.pairing.left_out["face"].tolist() == [first]
    text = text_of(found, tmp_path)
    assert "6 pairs of 6 people" in text
    assert re.search(rf"1 face left out: it couldn't be read: [A-Z][^()]+[^.] \({first}\)\.", text)
    assert "Freude for happy" in text
