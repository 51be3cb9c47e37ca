"""People in several pictures: the affected side, one file twice, columns that are stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet
from facelib.interventions.symmetry import flipped
from facelib.reports.chimeric import tables
from facelib.stats.chimeras import SIDE_COLUMNS, side_outputs
from facelib.studies import ChimericResult, DeclarationError, PairedResult, open_study, parse_study

MODELS = ("known_unbiased",)
WEAK = {"p0": "left", "p1": "right", "p2": "left", "p3": "right"}
GERMAN = {"left": "links", "right": "Rechts"}


def patients(*, mirrored: str = "", said: bool = False) -> list[Face]:
    """Rest and smile of patients with a weak side; one person's pictures may be mirrored, and said to be."""
    faces = []
    heads = facelib.sample_heads(len(WEAK), seed=5, electrodes=0.0)
    for (name, side), head in zip(WEAK.items(), heads, strict=True):
        for label, expression in (("Ruhe", "neutral"), ("Freude", "happy")):
            weak = {"left": 0.1, "right": 1.0} if side == "left" else {"left": 1.0, "right": 0.1}
            shown = head.replace(
                expression=expression, pose=(0, 0, 0), light="frontal", glasses=0.0, intensity=1.0, **weak
            )
            face = shown.render(96).replace(source="photograph")
            about = {"id": f"{name}_{label}.png", "person": name, "label": label, "seite": GERMAN[side]}
            about |= {"age": 40, "note of the clinic": f"born 19{name[1]}0"}
            if said:
                about["mirrored"] = name == mirrored
            faces.append((flipped(face) if name == mirrored else face).replace(attributes=about))
    return faces


def chimeric(faces: list[Face], **options: Any) -> facelib.ChimericStudy:
    return facelib.ChimericStudy(faces, classifiers=MODELS, side="seite", **options)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> ChimericResult:
    return chimeric(patients()).run(tmp_path_factory.mktemp("sides"), n_jobs=1)


@pytest.mark.thorough
def test_the_plan_counts_whose_weaker_side_is_not_the_tables() -> None:
    assert "isn't the table's" not in " ".join(chimeric(patients())._notes())
    said = " ".join(chimeric(patients(mirrored="p1"))._notes())
    assert (
        "Of 1 of 4 people the side that moves less in the picture isn't the table's affected side (p1)"
        in said
    )
    assert "isn't the table's" not in " ".join(chimeric(patients(mirrored="p1", said=True))._notes())
    sessions = [
        face.replace(attributes={**face.attributes, "id": f"{when}{face.attributes['id']}", "sitzung": when})
        for face in patients(mirrored="p1")
        for when in ("vor", "nach")
    ]
    pairs = facelib.PairedStudy(sessions, "sitzung", classifiers=MODELS, side="seite", order=("vor", "nach"))
    assert "Of 1 of 4 people the side that moves less" in " ".join(pairs._notes())


@pytest.mark.thorough
def test_the_weak_half_is_the_tables(done: ChimericResult) -> None:
    assert list(done.sides) == list(SIDE_COLUMNS)
    assert dict(zip(done.sides["person"], done.sides["side"], strict=True)) == WEAK
    outputs = done.sound
    read = outputs[outputs["label"] == "happy"].groupby(["face", "step"])["probability"].first()
    for row in done.sides.to_dict("records"):  # a slow twin: steps 2 and 6 are left-left, 3 and 7 right-right
        own = read[f"{row['person']}_Freude.png"]
        left, right = (own[[step, step + 4]].mean() for step in (2, 3))
        weak, healthy = (left, right) if row["side"] == "left" else (right, left)
        assert (row["weak"], row["healthy"]) == pytest.approx((weak, healthy))
        assert row["difference"] == pytest.approx(healthy - weak)
    assert "sides" in tables(done)


def test_what_is_said_to_be_mirrored_has_its_sides_put_right() -> None:
    read = pd.DataFrame(
        {"person": ["p1", "p1", "p2"], "group": "", "classifier": "fer", "mirrored": ["yes", True, False],
         "original": 0.5, "left": [0.2, 0.4, 0.9], "right": [0.7, 0.9, 0.1]}
    )  # fmt: skip
    found = side_outputs(read, {"p1": "left", "p2": "right"}).set_index("person")
    assert found.loc["p1", ["weak", "healthy", "pictures"]].tolist() == pytest.approx([0.8, 0.3, 2])
    assert found.loc["p2", ["weak", "healthy", "pictures"]].tolist() == pytest.approx([0.1, 0.9, 1])


@pytest.mark.thorough
def test_without_a_side_there_is_no_such_table(done: ChimericResult) -> None:
    found = replace(done, settings={name: one for name, one in done.settings.items() if name != "side"})
    assert found.sides.empty
    assert list(found.sides) == list(SIDE_COLUMNS)
    assert "sides" not in tables(found)


@pytest.mark.thorough
def test_another_word_or_column_is_refused_before_the_run(tmp_path: Path) -> None:
    faces = patients()
    odd = [face.replace(attributes={**face.attributes, "seite": "beide"}) for face in faces]
    with pytest.raises(BadValueError, match="one of left, links, right, rechts; p0 has 'beide'"):
        chimeric(odd).plan()
    with pytest.raises(
        BadValueError, match=r"no column sieite, which says which side is affected.*Did you mean seite"
    ):
        facelib.ChimericStudy(faces, classifiers=MODELS, side="sieite").run(tmp_path / "run")
    with pytest.raises(BadValueError, match="no column born, which is to be kept"):
        chimeric(faces, keep_columns="born").run(tmp_path / "run")


@pytest.mark.thorough
def test_columns_that_nothing_uses_are_not_stored_and_partners_that_differ_in_them_are_still_said(
    done: ChimericResult, tmp_path: Path
) -> None:
    assert set(done.faces) == {"face", "identity", "expression", "person", "label", "seite"}
    assert set(chimeric(patients(), keep_columns=["age"]).stored) == {*done.faces, "age"}
    sessions = [
        face.replace(attributes={**face.attributes, "id": f"{when}{face.attributes['id']}", "sitzung": when,
                                 "kamera": camera})
        for face in patients()
        for when, camera in (("vor", "A"), ("nach", "B"))
    ]  # fmt: skip
    pairs = facelib.PairedStudy(sessions, "sitzung", classifiers=MODELS, order=("vor", "nach"))
    found = pairs.run(tmp_path / "pairs", n_jobs=1)
    assert set(found.faces) == {"face", "identity", "expression", "person", "label", "sitzung"}
    assert found.differing == ["kamera"]
    assert open_study(tmp_path / "pairs").differing == ["kamera"]  # type: ignore[union-attr]
    averaged = facelib.ChimericStudy(sessions, classifiers=MODELS)
    assert "sitzung" not in averaged.stored
    assert averaged.settings["differing"] == ["sitzung", "kamera"]


@pytest.mark.thorough
def test_heads_keep_all_that_they_are_made_of(tmp_path: Path) -> None:
    heads = facelib.sample_heads(3, seed=1, expressions=["happy"])
    found = facelib.InterventionalStudy(heads, ["blur"], MODELS, steps=2, size=64).run(tmp_path, n_jobs=1)
    assert {"age", "skin_tone", "light"} <= set(found.faces)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of noise: p1's second picture is the first, p2's first is p3's."""
    place = tmp_path / "klinik"
    place.mkdir()
    rows = []
    for number in range(6):
        for session in ("vor", "nach"):
            name = f"p{number}_{session}.png"
            pixels = np.random.default_rng(len(rows)).integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(pixels).save(place / name)
            rows.append((name, f"p{number}", session, "Freude", "links"))
    (place / "p1_nach.png").write_bytes((place / "p1_vor.png").read_bytes())
    (place / "p2_vor.png").write_bytes((place / "p3_vor.png").read_bytes())
    columns = ["file", "person", "sitzung", "label", "seite"]
    pd.DataFrame(rows, columns=columns).to_csv(place / "faces.csv", index=False)
    return place


@pytest.mark.thorough
def test_one_file_of_both_halves_or_of_two_people_is_left_out_with_all_its_pair(
    folder: Path, tmp_path: Path
) -> None:
    faces = FaceSet.from_folder(folder, "faces.csv", detect=False)
    study = facelib.PairedStudy(faces, "sitzung", classifiers=MODELS, order=("vor", "nach"))
    said = str(study.plan())
    halves = "one file, byte for byte, stands under vor and nach (sitzung): p1_vor.png = p1_nach.png"
    people = "one file, byte for byte, stands under p2 and p3 (person): p2_vor.png = p3_vor.png"
    assert f"2 faces left out: {halves} (p1_vor.png, p1_nach.png)." in said
    assert f"2 faces left out: {people} (p2_vor.png, p3_vor.png)." in said
    assert f"2 faces left out: its pair is left out: {people} (p2_nach.png, p3_nach.png)." in said
    assert "p2_vor.png = p3_vor.png (of p2 and p3)" in said
    assert "is missing" not in said, "nothing is missing: the partner of a doubtful picture is there"
    found = study.run(tmp_path / "run", n_jobs=1)
    for result in (found, open_study(tmp_path / "run")):
        assert isinstance(result, PairedResult)
        assert result.pairing.people == 3
        assert set(result.pairing.left_out["reason"]) == {halves, people, f"its pair is left out: {people}"}
        assert set(result.paired["person"]) == {"p0", "p4", "p5"}
    exported = found.export(tmp_path / "out")
    left = pd.read_csv(next(Path(exported).rglob("left_out.csv")))
    assert len(left) == 6
    assert left["reason"].str.contains("p1_vor.png = p1_nach.png").sum() == 2


@pytest.fixture
def two_labels(tmp_path: Path) -> FaceSet:
    """Rest and smile of four people in two sessions; b's smile of the second is the rest of it."""
    names = [
        f"{who}_{label}_{when}.png" for who in "abcd" for label in ("rest", "smile") for when in ("1", "2")
    ]
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "b_smile_2.png").write_bytes((tmp_path / "b_rest_2.png").read_bytes())
    known = [[name, *name.removesuffix(".png").split("_")] for name in names]
    table = pd.DataFrame(known, columns=["file", "person", "label", "when"])
    return FaceSet.from_folder(tmp_path, table, detect=False)


@pytest.mark.one_case
@pytest.mark.parametrize("labels", [None, ()])
def test_one_file_under_two_labels_is_no_pair_of_either(two_labels: FaceSet, labels: Any) -> None:
    """A reader's folder: rest counted as a smile, since either had a partner under the other condition."""
    study = facelib.PairedStudy(two_labels, "when", classifiers=MODELS, labels=labels)
    assert set(study.pairing.pairs["person"]) == {"a", "c", "d"}
    assert len(study.pairing.pairs) == (3 if labels == () else 6)
    left = study.pairing.left_out
    assert sorted(left["face"]) == [f"b_{label}_{when}.png" for label in ("rest", "smile") for when in "12"]
    assert left["reason"].str.contains("b_rest_2.png = b_smile_2.png", regex=False).all()
    assert left["reason"].str.contains("stands under").all()


def test_the_same_file_twice_as_one_thing_stays(two_labels: FaceSet, tmp_path: Path) -> None:
    table = two_labels.table.drop(columns="id")
    table.loc[table["file"] == "b_smile_2.png", "label"] = "rest"
    faces = FaceSet.from_folder(tmp_path, table, detect=False)
    study = facelib.PairedStudy(faces, "when", classifiers=MODELS)
    assert study.pairing.left_out.empty
    assert not study.same_pictures


def test_nobody_is_left_by_one_file_and_the_error_says_so(two_labels: FaceSet) -> None:
    study = facelib.PairedStudy(two_labels.subset("person == 'b'"), "when", classifiers=MODELS)
    with pytest.raises(BadValueError, match=r"b_rest_2\.png = b_smile_2\.png"):
        study.plan()


def test_one_file_of_two_people_or_expressions_is_in_no_study_of_symmetry(folder: Path) -> None:
    table = pd.read_csv(folder / "faces.csv")
    table["label"] = table["sitzung"].map({"vor": "Ruhe", "nach": "Freude"})
    faces = FaceSet.from_folder(folder, table, detect=False)
    study = facelib.ChimericStudy(faces, classifiers=MODELS)
    left = study.roles[study.roles["reason"] != ""]
    assert left["face"].tolist() == ["p1_vor.png", "p1_nach.png", "p2_vor.png", "p3_vor.png"]
    assert "neutral and happy (what is meant to be shown): p1_vor.png = p1_nach.png" in left["reason"].iloc[0]
    assert "p2 and p3 (person): p2_vor.png = p3_vor.png" in left["reason"].iloc[2]
    table["label"] = table["label"].mask(table["file"] == "p1_vor.png", "Trauer")
    sad = facelib.ChimericStudy(FaceSet.from_folder(folder, table, detect=False), classifiers=MODELS)
    assert "sad and happy" in sad.roles["reason"].iloc[2], "two expressions, neither at rest"


@pytest.mark.thorough
def test_a_file_names_side_and_columns_and_errors_name_the_line(folder: Path) -> None:
    text = (
        "study: paired\nfaces: {folder: klinik, metadata: faces.csv, detect: false}\ncondition: sitzung\n"
        "side: seite\nkeep_columns: [label]\nclassifiers: [known_unbiased]\n"
    )
    study: Any = parse_study(text, folder=folder.parent).study()
    assert (study.side, study.keep_columns) == ("seite", ("label",))
    with pytest.raises(DeclarationError, match=r"line 4: .*no column seit, which says"):
        parse_study(text.replace("side: seite", "side: seit"), folder=folder.parent).study()
    with pytest.raises(DeclarationError, match=r"line 5: .*no column born, which is to be kept"):
        parse_study(text.replace("[label]", "[born]"), folder=folder.parent).study()


@pytest.mark.thorough
def test_settings_have_the_names_that_stored_studies_have(folder: Path) -> None:
    """What both kinds share is written once; no name of theirs changed."""
    common = {"name", "faces", "n_faces", "n_identities", "faces_key", "person", "classifiers", "size",
              "delta", "alpha", "alternative", "notes", "seed", "hypothesis"}  # fmt: skip
    faces = patients()
    chimeras = facelib.ChimericStudy(faces, classifiers=MODELS)
    assert set(chimeras.settings) == common | {"rest", "group", "healthy", "grade", "differing"}
    pairs = facelib.PairedStudy(
        FaceSet.from_folder(folder, "faces.csv", detect=False).subset("person != 'p1' and person != 'p3'"),
        "sitzung", classifiers=MODELS,
    )  # fmt: skip
    more = {"condition", "order", "labels", "after", "rendered", "differing"}
    assert set(pairs.settings) == common | more
