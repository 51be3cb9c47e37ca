"""Facing Asymmetry on photographs: plan, run, go on, report, and what is refused when it is planned."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facelib
from facelib import classifiers, studies
from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.experiments import facing_asymmetry
from facelib.faces import Face
from facelib.interventions.symmetry import Chimeras, Symmetrise, flipped
from facelib.stats.chimeras import AS_IS, INTENDED, LESS_REST
from facelib.studies import ChimericResult, DeclarationError, parse_study
from facelib.studies.chimeric import ROLE_COLUMNS, roles
from facelib.studies.disclaimer import CHIMERIC

MODELS = ("known_unbiased", "known_age_happy")
PEOPLE = 8


def pictures(people: int = PEOPLE, *, gone: str = "") -> list[Face]:
    """Rest and smile of patients with a weak left side, by grade, and of a quarter of healthy people."""
    faces = []
    for number, head in enumerate(facelib.sample_heads(people, seed=5, electrodes=0.0)):
        healthy = number % 4 == 0
        grade = 1 if healthy else 2 + number % 4
        for label, expression in (("Ruhe", "neutral"), ("Freude", "happy")):
            shown = head.replace(
                expression=expression, pose=(0, 0, 0), light="frontal", glasses=0.0, intensity=1.0,
                left=1 - (grade - 1) / 5, right=1.0,
            )  # fmt: skip
            name = f"p{number}_{label}.png"
            about = {
                "id": name,
                "person": f"p{number}",
                "label": label,
                "group": "well" if healthy else "ill",
            }
            about |= {} if healthy else {"hb": float(grade)}
            if name != gone:
                faces.append(shown.render(96).replace(attributes=about, source="photograph"))
    return faces


def study(faces: Any = None, **changes: Any) -> facelib.ChimericStudy:
    named = {"group": "group", "healthy": "well", "grade": "hb", "classifiers": MODELS} | changes
    return facelib.ChimericStudy(pictures() if faces is None else faces, **named)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> ChimericResult:
    return study().run(tmp_path_factory.mktemp("clinic"), n_jobs=1)


def text_of(result: ChimericResult, path: Path) -> str:
    page = html.unescape(result.report(path / "report.html").read_text())
    return re.sub(r"<[^>]+>|\s+", " ", page.replace("\xa0", " "))


@pytest.mark.thorough
def test_the_plan_says_who_is_there_and_how_often_a_face_is_read() -> None:
    plan = study(pictures(gone="p2_Ruhe.png")).plan()
    said = str(plan)
    assert plan.pictures == 8 * (2 * PEOPLE - 1)
    assert "15 faces of 8 people = 120 pictures" in said
    assert "with either half doubled, and once more flipped: 8 pictures" in said
    assert "group 'well': 2 people with 2 faces that show happy." in said
    assert "1 person without a face at rest (neutral)" in said
    assert "(p2)" in said
    assert "Freude for happy, Ruhe for neutral" in said
    assert "2 people without hb" in said


@pytest.mark.thorough
def test_several_sessions_are_said_to_be_averaged_and_people_at_rest_alone_are_named() -> None:
    """A physician would have published the mean of before and after treatment."""
    faces = [
        face.replace(attributes={**face.attributes, "id": f"{when}/{face.attributes['id']}", "sitzung": when})
        for face in pictures(gone="p3_Freude.png")
        for when in ("vor", "nach")
    ]
    said = str(study(faces).plan())
    assert (
        "8 people with several pictures of an expression, which are averaged; they differ in sitzung." in said
    )
    assert "choose one (subset), or compare them in a study of pairs" in said
    assert "1 person with a face at rest alone: in nothing (p3)." in said
    assert "Means and intervals stand without a verdict" in said
    once = str(study([face for face in faces if face.attributes["sitzung"] == "vor"]).plan())
    assert "are averaged" not in once


@pytest.mark.thorough
def test_outputs_are_those_of_the_pictures_averaged_over_flips(clinic: ChimericResult) -> None:
    """A slow twin: each version made and read by itself."""
    model = classifiers.load(MODELS[0])
    face = next(one for one in pictures() if one.attributes["id"] == "p3_Freude.png")
    versions = [face, *(Symmetrise(keep).apply(face, 1.0) for keep in ("both", "left", "right"))]
    column = model.index_of("happy")
    assert column is not None
    read = [
        np.mean(
            [model.probabilities(one.image[None], one.box[None])[0, column] for one in (face, flipped(face))]
        )
        for face in versions
    ]
    own = clinic.sets[
        (clinic.sets["person"] == "p3")
        & (clinic.sets["classifier"] == model.id)
        & (clinic.sets["label"] == "happy")
    ].set_index("contrast")
    assert own.loc["mirror average", ["face", "symmetric"]].tolist() == pytest.approx(read[:2], abs=1e-6)
    assert own.loc["chimeras", "symmetric"] == pytest.approx((read[2] + read[3]) / 2, abs=1e-6)


def test_a_flipped_face_is_the_mirror_image_with_its_points() -> None:
    face = pictures(1)[0]
    turned = flipped(face)
    np.testing.assert_array_equal(turned.image, face.image[:, ::-1])
    again = flipped(turned)
    np.testing.assert_allclose(again.landmarks, face.landmarks, atol=1e-4)
    np.testing.assert_allclose(again.box, face.box)
    left = face.eyes[0, 0] - face.eyes[1, 0]
    assert left > 0  # the person's left eye is on the right of the picture, also in the mirror
    assert turned.eyes[0, 0] - turned.eyes[1, 0] == pytest.approx(left)
    versions = list(Chimeras().variants(face))
    assert len(versions) == 8
    assert all(one.image.shape == face.image.shape for one in versions)


@pytest.mark.thorough
def test_groups_grades_and_what_was_put_in_are_in_the_tables(clinic: ChimericResult) -> None:
    assert clinic.complete
    effects = clinic.effects
    assert set(effects["group"]) == {"well", "ill"}
    assert set(effects["reference"]) == {AS_IS, LESS_REST}
    ill = effects[(effects["group"] == "ill") & (effects["label"] == INTENDED)]
    assert (ill["n"] == 6).all()
    assert clinic.persons.groupby("person")["grade"].first().isna().sum() == 2
    curvature = ill[(ill["contrast"] == "curvature") & (ill["reference"] == LESS_REST)]
    assert len(curvature) == len(MODELS)
    assert set(clinic.grade_associations["group"]) == {"ill"}
    assert clinic.group_differences.empty  # two healthy people are too few
    assert set(clinic.by_grade["grade"]) == {3.0, 4.0, 5.0}


@pytest.mark.thorough
def test_its_report_and_export_say_what_was_compared(clinic: ChimericResult, tmp_path: Path) -> None:
    said = text_of(clinic, tmp_path)
    assert CHIMERIC[:80] in said
    assert "Report of a study of faces and their symmetric versions" in said
    assert "Face minus its mirror average" in said
    for against in ("Face minus its mirror average", "Face minus the mean of its two chimeras"):
        assert f"{against}, with hb, over 6 people of “ill”" in said
    assert "Whether a difference is large enough to count isn't said" in said
    assert not re.search(r"because of|matters|does not differ|differs from symmetric|not judged", said, re.I)
    folder = clinic.export(tmp_path / "export")
    meanings = json.loads((folder / "columns.json").read_text())
    assert {"effects", "persons", "grade_associations", "by_grade", "roles", "bias"} <= set(meanings)
    assert all(all(one.values()) for one in meanings.values())


def test_it_is_stopped_opened_and_gone_on_with(tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 11

    with pytest.raises(Cancelled, match="Run the study again to go on"):
        study().run(tmp_path, n_jobs=1, stop=stop)
    part = studies.open_study(tmp_path)
    assert isinstance(part, ChimericResult)
    assert not part.complete
    assert "not read yet" in set(part.roles["reason"])
    assert "no p before all is done" in text_of(part, tmp_path)
    done = study().run(tmp_path, n_jobs=1)
    assert done.complete
    assert set(done.roles["reason"]) == {""}


@pytest.mark.thorough
def test_without_groups_grades_and_rest_it_still_runs(tmp_path: Path) -> None:
    faces = [face for face in pictures(4) if face.attributes["label"] == "Freude"]
    found = study(faces, group=None, healthy=None, grade=None, rest=None).run(tmp_path / "run", n_jobs=1)
    assert set(found.effects["reference"]) == {AS_IS}
    assert set(found.effects["group"]) == {"all"}
    said = text_of(found, tmp_path)
    assert "Nobody has a face at rest" in said
    shown = r"4 people: the mean output for what the faces are meant to show is \.\d+ \(known_age_happy\)"
    assert re.search(shown, said)


@pytest.mark.thorough
def test_a_turned_face_fails_by_name_and_the_others_count(tmp_path: Path) -> None:
    heads = facelib.sample_heads(6, seed=3, expressions=["happy"], electrodes=0.0)
    faces = [
        head.replace(pose=(25 if number == 2 else 0, 0, 0)).render(96).replace(
            attributes={"id": f"{number}.png", "person": f"p{number}", "label": "happy"}, source="photograph"
        )
        for number, head in enumerate(heads)
    ]  # fmt: skip
    declared = facelib.ChimericStudy(faces, classifiers=["known_unbiased"])
    planned = str(declared.plan())
    assert (
        "1 face of all that were looked at can't be made symmetric, and will be left out. 2.png: The head"
        in planned
    )
    found = declared.run(tmp_path, n_jobs=1)
    assert found.failures["face"].unique().tolist() == ["2.png"]
    lost = found.roles.set_index("face").loc["2.png", "reason"]
    assert lost.startswith("it couldn't be read: ")
    assert "turned by" in lost
    assert (found.effects["n"] == 5).all()


TABLE = pd.DataFrame(
    {
        "face": list("abcd"),
        "person": ["Anna", "Anna", "Ben", "Ben"],
        "expression": ["neutral", "happy", "neutral", "happy"],
        "group": ["ill", "ill", "well", "well"],
        "hb": [3, 3, None, None],
    }
)


@pytest.mark.parametrize(
    ("table", "named", "said"),
    [
        (TABLE, {"grade": "House"}, "no column House, which holds the grade"),
        (TABLE, {"group": "grup"}, r"no column grup, which names groups.*Did you mean group\?"),
        (TABLE, {"person": "patient"}, "no column patient, which tells who is shown"),
        (TABLE.assign(hb=["III", "4", "", "x"]), {"grade": "hb"}, "a has 'III', and 1 face more have none"),
        (TABLE, {"group": "group", "healthy": "gesund"}, "group has no 'gesund'.*it has ill, well"),
        (TABLE.assign(group=list("xyxy")), {"group": "group"}, "A person is in one group; Anna is x and y"),
        (TABLE[TABLE["expression"] == "neutral"], {}, "No face is meant to show an expression other than"),
        (TABLE.assign(expression=""), {}, "No face is meant to show an expression other than"),
    ],
)
def test_what_cannot_be_is_said_when_it_is_planned(table: Any, named: dict[str, str], said: str) -> None:
    with pytest.raises(BadValueError, match=said):
        roles(table, **named)  # type: ignore[arg-type]


cells = st.one_of(
    st.none(), st.text(max_size=3), st.integers(-2, 7), st.floats(), st.sampled_from(["ill", "3"])
)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(cells, cells, cells, st.sampled_from(["", "happy", "neutral"])), min_size=1, max_size=8
    )
)
def test_any_table_has_roles_or_is_refused_in_words(rows: list[tuple[Any, ...]]) -> None:
    table = pd.DataFrame(rows, columns=["person", "group", "hb", "expression"])
    table = table.assign(face=[f"f{n}" for n in range(len(rows))])
    try:
        found = roles(table, group="group", grade="hb")
    except FacelibError:
        return
    assert list(found) == list(ROLE_COLUMNS)
    good = found[found["reason"] == ""]
    assert good[["person", "group"]].notna().all(axis=None)
    assert not good[["person", "group"]].drop_duplicates()["person"].duplicated().any()
    assert (~good["at_rest"]).any()


@pytest.mark.thorough
def test_what_only_heads_or_only_photographs_have_is_refused() -> None:
    with pytest.raises(BadValueError, match="steps are those of rendered heads"):
        facing_asymmetry(pictures(2), list(MODELS), steps=5)
    with pytest.raises(BadValueError, match="grade can be said of photographs"):
        facing_asymmetry(facelib.sample_heads(2, seed=1), list(MODELS), grade="hb")
    with pytest.raises(BadValueError, match="healthy is a value of the column that names groups"):
        study(group=None)
    made = facing_asymmetry(pictures(2), list(MODELS), grade="hb", group="group")
    assert isinstance(made, facelib.ChimericStudy)
    assert (made.name, made.alternative) == ("Facing Asymmetry on photographs", "two-sided")


@pytest.mark.thorough
def test_a_file_declares_it(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "pics").mkdir()
    rows = ["file,person,label,diagnose,HB"]
    for face in pictures(4):
        name = face.attributes["id"]
        Image.fromarray(face.image).save(tmp_path / "pics" / name)
        grade = face.attributes.get("hb", "")
        rows.append(
            f"{name},{face.attributes['person']},{face.attributes['label']},{face.attributes['group']},{grade}"
        )
    (tmp_path / "pics" / "faces.csv").write_text("\n".join(rows))
    text = (
        "design: facing_asymmetry\nfaces: {folder: pics, metadata: faces.csv, detect: false}\n"
        "group: diagnose\nhealthy: well\ngrade: HB\nclassifiers: [known_unbiased]\n"
        "hypothesis: {statement: Smiles are read lower., subject: chimeras, direction: falls}\n"
    )
    made = parse_study(text, folder=tmp_path).study()
    assert isinstance(made, facelib.ChimericStudy)
    assert (made.grade, made.healthy, made.alternative) == ("HB", "well", "less")
    assert made.roles["at_rest"].sum() == 4
    chosen = parse_study(
        text.replace("detect: false", "detect: false, subset: \"diagnose == 'ill'\""), folder=tmp_path
    )
    assert "Only faces of diagnose == 'ill': 6 of 8." in str(chosen.study().settings["notes"])
    with pytest.raises(DeclarationError, match="steps are those of rendered heads"):
        parse_study(text + "steps: 3\n", folder=tmp_path).study()
    with pytest.raises(DeclarationError, match="line 7"):
        parse_study(text.replace("subject: chimeras", "subject: palsy"), folder=tmp_path).study()
