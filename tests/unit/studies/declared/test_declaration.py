"""Studies declared in a file: what can't be is told with its line, and what was declared is written back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facelib.errors import BadValueError
from facelib.faces import FaceSet, sample_heads
from facelib.studies import InterventionalStudy, ObservationalStudy
from facelib.studies.declared.declaration import declare, load_declaration, load_study, parse_study, to_yaml
from facelib.studies.declared.designs import DESIGNS
from facelib.studies.declared.yaml_lines import DeclarationError
from facelib.studies.study import Study

ROOT = Path(__file__).parents[4]
PLAN = """\
study: interventional
faces:
  heads: 3
  expressions: [happy]
interventions:
  - symmetry
  - palsy: {side: right}
classifiers: known_unbiased
steps: 5
"""


def with_line(old: str, new: str) -> str:
    assert old in PLAN
    return PLAN.replace(old, new)


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Six pictures, cropped to the face already, and their table."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rows = []
    for number in range(6):
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(pictures / f"{number}.png")
        rows.append((f"{number}.png", f"p{number}", "happy" if number % 2 else "sad", 20 + number))
    table = pd.DataFrame(rows, columns=["file", "person", "label", "age"])
    table.to_csv(pictures / "faces.csv", index=False)
    return tmp_path


def test_a_plan_is_the_study_that_python_would_make() -> None:
    study = parse_study(PLAN).study()
    assert isinstance(study, InterventionalStudy)
    assert study.faces == sample_heads(3, expressions=["happy"])
    assert [arm.name for arm in study.arms] == ["asymmetric_expression", "palsy(side=right)"]
    assert (study.steps, study.delta, study.alternative) == (5, 0.10, "two-sided")
    assert [model.id for model in study.models] == ["known_unbiased"]


def test_studies_open_themselves_from_files(tmp_path: Path) -> None:
    (tmp_path / "plan.yml").write_text(PLAN)
    study = InterventionalStudy.from_yaml(tmp_path / "plan.yml")
    assert Study.from_yaml(tmp_path / "plan.yml").faces == study.faces
    assert parse_study(study.to_yaml()).content == parse_study(PLAN).content
    with pytest.raises(BadValueError, match="of another kind: interventional"):
        ObservationalStudy.from_yaml(tmp_path / "plan.yml")


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["study.yml", "observational.yml"])
def test_the_documented_examples_load_and_are_written_back(name: str, tmp_path: Path) -> None:
    declared = load_declaration(ROOT / "docs" / name)
    study = declared.study()
    (tmp_path / name).write_text(to_yaml(study))
    again = load_declaration(tmp_path / name)
    assert again.content == declared.content
    assert again.study().faces == study.faces
    assert to_yaml(again.study()) == to_yaml(study)


def test_the_example_says_what_holds_without_it() -> None:
    """What docs/study.yml shows is the default, unless the remark beside it says otherwise."""
    text = (ROOT / "docs" / "study.yml").read_text()
    study = load_study(ROOT / "docs" / "study.yml")
    bare = parse_study(PLAN).study()
    assert isinstance(study, InterventionalStudy)
    assert isinstance(bare, InterventionalStudy)
    assert (study.steps, study.size, study.delta, study.alpha, study.seed) == (
        (11, bare.size, bare.delta, bare.alpha, bare.seed)
    )
    assert study.hypothesis is not None
    assert study.hypothesis.faces == len(study.faces)
    assert study.alternative == "less"
    for name in ("  folder", "  metadata", "  subset", "  detect", "  only_listed", "  correlate", "label"):
        assert f"# {name}: " in text or f"  # {name.strip()}: " in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps: 5", "steps: many", "line 9: steps is a whole number from 2 to 501; got 'many'. How"),
        ("steps: 5", "steps: 1", "line 9: steps is .*; got 1"),
        ("steps: 5", "steps: true", "line 9: steps is .*; got True"),
        ("steps: 5", "stepps: 5", "line 9: There is no 'stepps' .*mean steps"),
        ("steps: 5", "zzz: 5", "line 9: There is no 'zzz' here. Known: alpha, "),
        ("steps: 5", "delta: 1.5", "line 9: delta is a number .*; got 1.5"),
        ("steps: 5", "alpha: [1]", r"line 9: alpha is a number .*; got \[1\]"),
        ("steps: 5", "label: joy", "line 9: label: The class is one of neutral"),
        ("steps: 5", "label: [a, b]", "line 9: label is a common emotion"),
        ("steps: 5", "seed: -1", "line 9: seed is"),
        ("steps: 5", "name: 3", "line 9: name is a text; got 3"),
        ("steps: 5", "measured:\n  - symmetry\n  - smile", "line 11: .*no property named 'smile'"),
        ("steps: 5", "measured: {a: 1}", "line 9: measured is a list"),
        ("steps: 5", "alternative: lower", "line 9: alternative is one of two-sided, less"),
        ("steps: 5", "properties: [age]", "line 9: properties belongs to an observational study"),
        ("known_unbiased", "[known_unbiased, known_agehappy]", "line 8: .*Did you mean known_age_happy"),
        ("known_unbiased", "\n  - fer\n  - fer", "line 10: fer is there twice"),
        ("known_unbiased", "[]", "line 8: classifiers is a list of ids; got"),
        ("  - symmetry", "  - symetry", "line 6: .*Did you mean"),
        ("  - symmetry", "  - 3", "line 5: interventions is|line 6: interventions is"),
        ("{side: right}", "{side: up}", "line 7: Expected a side"),
        ("{side: right}", "\n      side: left\n      sides: up", "line 9: 'palsy' has no such"),
        ("{side: right}", "right", "line 7: The options of palsy are"),
        ("  - symmetry\n  - palsy: {side: right}\n", "", "line 5: interventions is .*; got nothing"),
        ("  heads: 3", "  heads: some", "line 3: heads is a whole .*; got 'some'"),
        ("  heads: 3", "  heads:", "line 3: heads is a whole number.*; got nothing"),
        ("  heads: 3", "  head: 3", "line 3: There is no 'head' .*mean heads"),
        ("  heads: 3", "  heads: 3\n  ages: [18]", r"line 4: ages is two numbers .*; got \[18\]"),
        ("  heads: 3", "  heads: 3\n  ages: [60, 20]", "line 4: "),
        ("  heads: 3", "  heads: 3\n  subset: age > 3", "line 4: subset doesn't go with heads"),
        ("  heads: 3", "  heads: 3\n  folder: x", "line 3: faces has one of heads .*; got heads and"),
        ("  heads: 3\n", "", "line 3: faces has one of heads .*; got none"),
        ("[happy]", "[joy]", "line 4: "),
        ("  heads: 3", "  heads: 3\n  also: {glasess: 1}", "line 3: faces: .*glasess"),
        ("  heads: 3", "  heads: 3\n  correlate: {age: {happy: 2}}", "line 4: correlate is a number"),
        ("  heads: 3", "  heads: 3\n  correlate: {age: happy}", "line 4: correlate says of age"),
        ("study: interventional\n", "", "line 1: A file declares .*; got neither"),
        ("study: interventional", "study: survey", "line 1: study is one of .*; got 'survey'"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"plan.yml, {message}"):
        parse_study(with_line(old, new))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PLAN + "design: facing_asymmetry\n", "line 1: A file declares .*; got both"),
        (PLAN + "steps: 7\n", "line 10: steps is there twice, first in line 9"),
        ("study: interventional\nfaces: {heads: 3}\n", "line 1: An interventional study has interventions"),
        ("study: observational\nproperties: [age]\n", "line 1: An observational study has faces"),
        ("study: observational\nfaces: {heads: 3}\nproperties: age\nmethods: [kci]\n", "line 4: .*'kci'"),
        ("study: observational\nfaces: {heads: 3}\nproperties: age\nsteps: 3\n", "line 4: steps belongs"),
        ("study: observational\nfaces: {heads: 3}\nproperties: age\nbudget: 60\n", "line 4: .*'budget'"),
        ("design: asymmetry\n", "line 1: There is no design named 'asymmetry'"),
        ("design: facing_asymmetry\nstep: 3\n", "line 2: There is no 'step' .*mean steps"),
        ("design: facing_asymmetry\nsteps: x\n", "line 2: steps is a whole number"),
        ("design: facing_asymmetry\nfaces:\n  peopel: 3\n", "line 3: There is no 'peopel' .*mean people"),
        (PLAN + "hypothesis: it falls\n", "line 10: hypothesis is a mapping"),
        (PLAN + "hypothesis: {subject: palsy}\n", "line 10: A hypothesis has .*; statement isn't there"),
        (PLAN + "hypothesis:\n  statement: It falls\n  subjct: x\n", "line 12: There is no 'subjct' here"),
        (PLAN + "hypothesis:\n  statement: It falls\n  subject: x\n  created: now\n", "line 11: A time is"),
        (
            PLAN + "hypothesis:\n  statement: It\n  subject: x\n  direction: up\n",
            "line 13: direction is one of",
        ),
        (
            PLAN + "hypothesis: {statement: It, subject: x, direction: falls}\nalternative: greater\n",
            "line 11: The alternative 'greater' isn't that of the hypothesis",
        ),
    ],
)
def test_what_cannot_be_together_is_told_with_its_line(content: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"plan.yml, {message}"):
        parse_study(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PLAN + "control: age\n", "line 10: The control is one of the interventions"),
        (
            with_line("  - symmetry", "  - palsy: {side: right}"),
            "line 6: A study has one intervention or more",
        ),
        (
            "study: observational\nfaces: {heads: 3}\nproperties:\n  - agee\nclassifiers: known_unbiased\n",
            "line 4: There is no property named 'agee'",
        ),
        ("design: facing_asymmetry\nfaces: {people: 0}\n", "line 2: faces: The number of people"),
    ],
)
def test_what_the_study_refuses_is_told_with_its_line(content: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"plan.yml, {message}"):
        parse_study(content).study()


def test_the_hypothesis_takes_what_it_leaves_open_from_the_study() -> None:
    text = (
        PLAN
        + "delta: 0.2\nlabel: happy\nhypothesis: {statement: It falls, subject: palsy, direction: falls}\n"
    )
    study = parse_study(text).study()
    assert isinstance(study, InterventionalStudy)
    assert study.hypothesis is not None
    assert (study.hypothesis.delta, study.hypothesis.label, study.hypothesis.alpha) == (0.2, "happy", 0.05)
    assert study.alternative == study.hypothesis.alternative == "less"
    observed = parse_study(
        "study: observational\nfaces: {heads: 3}\nproperties: age\nclassifiers: known_unbiased\n"
        "hypothesis: {statement: Used, subject: age}\n"
    ).study()
    assert observed.hypothesis is not None
    assert (observed.hypothesis.delta, observed.hypothesis.alpha) == (0.01, 0.01)


def test_tests_of_an_observational_study_are_one_several_or_those_of_the_paper() -> None:
    plan = "study: observational\nfaces: {heads: 3}\nproperties: age\nclassifiers: known_unbiased\n"
    for line, methods in (("", None), ("methods: paper\n", "paper"), ("methods: [rcot]\n", ["rcot"])):
        settings = parse_study(f"{plan}{line}n_permutations: 999\n").study().settings
        assert (settings["methods"], settings["n_permutations"]) == (methods, 999)


def test_the_time_of_a_hypothesis_stays() -> None:
    text = PLAN + "hypothesis: {statement: It falls, subject: palsy}\n"
    first = parse_study(text).study()
    again = parse_study(to_yaml(first)).study()
    assert first.hypothesis == again.hypothesis


def test_the_plan_in_the_guide_loads() -> None:
    text = (ROOT / "docs" / "how-to" / "studies.md").read_text()
    plan = text.split("```yaml\n")[1].split("```")[0]
    study = parse_study(plan).study()
    assert isinstance(study, InterventionalStudy)
    assert [arm.name for arm in study.arms][2] == "palsy(side=right)"
    assert study.hypothesis is not None
    assert study.hypothesis.faces == len(study.faces)


def test_a_name_without_a_value_is_left_out() -> None:
    study = parse_study(PLAN + "label:\ndelta: ~\n").study()
    assert isinstance(study, InterventionalStudy)
    assert (study.label, study.delta) == (None, 0.10)


def test_all_keywords_of_heads_are_passed_on() -> None:
    content = {
        "study": "interventional",
        "faces": {
            "heads": 8,
            "seed": 3,
            "expressions": ["happy", "sad"],
            "expression_set": "facs",
            "stratify": ["expression"],
            "also": {"pose": [10, 5, 0], "glasses": 0.5, "light": ["studio", "side"]},
            "correlate": {"age": {"skin_tone": 0.5}},
            "ages": [20, 40],
            "electrodes": 0.5,
        },
        "interventions": "palsy",
        "classifiers": "known_unbiased",
    }
    expected = sample_heads(
        8,
        3,
        {("age", "skin_tone"): 0.5},
        ages=(20, 40),
        expressions=["happy", "sad"],
        expression_set="facs",
        electrodes=0.5,
        stratify=["expression"],
        also={"pose": (10, 5, 0), "glasses": 0.5, "light": ("studio", "side")},
    )
    assert declare(content).study().faces == expected


def test_photographs_are_found_beside_the_file(folder: Path) -> None:
    plan = folder / "plan.yml"
    plan.write_text(
        "study: observational\nfaces:\n  folder: pictures\n  metadata: faces.csv\n  subset: age > 21\n"
        "  detect: false\nproperties: [age]\nlabels: label\nlabel_source: instructed\n"
        "classifiers: known_unbiased\n"
    )
    study = load_study(plan)
    assert isinstance(study, ObservationalStudy)
    assert isinstance(study.faces, FaceSet)
    assert study.faces.table["id"].tolist() == [f"{number}.png" for number in range(2, 6)]
    assert study.given == ("age",)


@pytest.mark.parametrize(
    ("faces", "message"),
    [
        ("folder: nowhere", "line 3: There is no folder"),
        ("zip: nowhere.zip", "line 3: There is no file"),
        ("folder: pictures\n  metadata: none.csv", "line 4: "),
        ("folder: pictures\n  metadata: faces.csv\n  subset: agee > 3", "line 5: The comparison"),
        ("folder: pictures\n  metadata: faces.csv\n  subset: age > 99", "line 5: No face of the set"),
        ("folder: pictures\n  grammar: kdfe", "line 4: grammar: There is no .*'kdfe'. Did you mean kdef"),
        ("folder: pictures\n  grammar: [kdef]", "line 4: grammar is one of kdef, akdef"),
        ("folder: pictures\n  grammar: kdef", "line 4: No file name looks like KDEF's.* got 0.png, 1.png"),
        ("folder: pictures\n  person_from: name", "line 4: person_from is folder; got 'name'"),
        ("folder: pictures\n  person_from: folder", "line 4: People are named by folders"),
        ("heads: 3\n  grammar: kdef", "line 4: grammar doesn't go with heads"),
    ],
)
def test_photographs_that_are_not_there(folder: Path, faces: str, message: str) -> None:
    text = f"study: observational\nfaces:\n  {faces}\nproperties: [age]\nclassifiers: known_unbiased\n"
    with pytest.raises(DeclarationError, match=f"plan.yml, {message}"):
        parse_study(text, folder=folder).study()


@pytest.mark.parametrize(
    "query",
    [
        "age.to_csv('taken.csv') == 1",
        "age.__class__.__init__.__globals__ == 1",
        "@self.foo == 1",
        "__import__('os').system('touch taken.csv') == 0",
        "age[0] > 1",
        "(lambda: 1)() == 1",
        "age >",
        "[age for age in label]",
    ],
)
def test_a_subset_compares_and_nothing_else(folder: Path, query: str) -> None:
    faces = {"folder": "pictures", "metadata": "faces.csv", "subset": query}
    content = {"study": "observational", "faces": faces, "properties": ["age"]}
    with pytest.raises(DeclarationError, match="subset is a comparison of columns with values"):
        declare(content, folder)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("age > 21", 4),
        ("21 < age <= 23 and label == 'happy'", 1),
        ("not (label in ['happy', 'angry'])", 3),
        ("`age` + 1 > 25 or person == 'p0'", 2),
        ("(age > 20) & ~(label == 'sad')", 3),
    ],
)
def test_subsets_that_compare(folder: Path, query: str, count: int) -> None:
    faces = {"folder": "pictures", "metadata": "faces.csv", "subset": query}
    content = {"study": "observational", "faces": faces, "properties": ["age"]}
    content["classifiers"] = "known_unbiased"
    assert len(declare(content, folder).study().faces) == count


def test_a_design_is_declared_by_its_name_and_parameters() -> None:
    study = parse_study(
        "design: facing_asymmetry\nfaces: {people: 2, expressions: [happy], intensities: [1.0]}\n"
        "classifiers: known_unbiased\nsteps: 3\nhypothesis: {statement: It falls, subject: symmetry}\n"
    ).study()
    assert isinstance(study, InterventionalStudy)
    assert (len(study.faces), study.steps, study.alternative) == (4, 3, "less")
    assert study.hypothesis is not None
    assert parse_study(to_yaml(study)).study().faces == study.faces


def test_the_power_of_properties_is_declared_by_its_name() -> None:
    study = parse_study(
        "design: power_of_properties\nfaces: {n: 14, seed: 3}\nproperties: [age, gender]\n"
        "classifiers: known_unbiased\nalpha: 0.05\nhypothesis: {statement: Age is used, subject: age}\n"
    ).study()
    assert isinstance(study, ObservationalStudy)
    assert (len(study.faces), study.names, study.alpha) == (14, ("age", "gender"), 0.05)
    assert study.hypothesis is not None
    assert (study.hypothesis.delta, study.hypothesis.alpha) == (0.01, 0.05)


def test_designs_are_found_when_they_are_asked_for() -> None:
    assert {"facing_asymmetry", "power_of_properties"} <= set(DESIGNS)
    assert callable(DESIGNS["facing_asymmetry"].find())


def test_a_study_made_in_python_is_not_written() -> None:
    study = parse_study(PLAN).study()
    with pytest.raises(BadValueError, match="made in Python"):
        to_yaml(replace(study, steps=3))  # type: ignore[type-var]


@pytest.mark.parametrize("name", ["nothing.yml", "."])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(DeclarationError, match="can't be read"):
        load_study(tmp_path / name)


def test_plain_data_is_checked_as_a_file_is() -> None:
    content: dict[str, Any] = {"study": "interventional", "faces": {"heads": 2}, "interventions": ["palsi"]}
    with pytest.raises(DeclarationError, match=r"study.yml, line 3: .*palsy"):
        declare(content)
