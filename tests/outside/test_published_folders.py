"""Folders of published face sets as they come: no table, the names tell; from the folder to the plan."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

import facelib
from facelib.studies import load_study
from facelib.studies.declared.yaml_lines import DeclarationError

CODES = {"AF": "fear", "HA": "happy", "NE": "neutral"}
ANGLES = {"S": 0.0, "HL": 40.0}
ODD = ("AF31V.JPG", "Bild ü (1).jpg")  # KDEF has such a name
PLAN = """
study: interventional
faces: {%s, detect: false}
interventions: [brightness]
classifiers: [known_unbiased]
steps: 3
"""


@pytest.fixture(scope="module")
def kdef(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as KDEF has it, of rendered people: two sessions, each in a folder of its own."""
    place = tmp_path_factory.mktemp("published")
    for number, person in enumerate(facelib.sample_heads(4, seed=5, electrodes=0.0), start=1):
        sex = "F" if person.gender < 0.5 else "M"
        for session in "AB":
            folder = place / "KDEF" / f"{session}{sex}{number:02}"
            folder.mkdir(parents=True)
            for code, expression in CODES.items():
                for angle, yaw in ANGLES.items():
                    face = person.replace(expression=expression, pose=(yaw, 0.0, 0.0)).render(64)
                    Image.fromarray(face.image).save(folder / f"{folder.name}{code}{angle}.JPG")
    for name in ODD:
        Image.fromarray(face.image).save(place / "KDEF" / name)
    return place


def planned(place: Path, faces: str) -> str:
    (place / "plan.yml").write_text(PLAN % faces)
    return str(load_study(place / "plan.yml").plan())


def test_a_folder_as_it_comes_is_planned_and_says_what_was_understood(kdef: Path) -> None:
    (kdef / "kdef.yml").write_text(PLAN % "folder: KDEF, grammar: kdef")
    done = subprocess.run(
        [sys.executable, "-m", "facelib", "study", "plan", "kdef.yml"], cwd=kdef, capture_output=True,
        text=True, timeout=300, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "50 faces of 6 people" in said, "four, of two sessions each, and two of whom nothing is known"
    assert "File names were read as KDEF's: 4 people, 3 labels (afraid, happy, neutral), session" in said
    assert "2 of 50 names don't follow it: AF31V.JPG, Bild ü (1).jpg." in said
    assert "Gender: as the set's makers wrote it, no estimate." in said
    assert "afraid for fear" in said
    assert "2 of 50 faces show no common emotion" in said


def test_what_is_coded_can_be_chosen_by(kdef: Path) -> None:
    straight = planned(kdef, "folder: KDEF, grammar: kdef, subset: pose == 'straight'")
    assert "24 faces of 4 people" in straight
    assert "show no common emotion" not in straight


def test_a_zip_of_it_is_planned_alike(kdef: Path) -> None:
    with zipfile.ZipFile(kdef / "kdef.zip", "w") as archive:
        for path in sorted((kdef / "KDEF").rglob("*.JPG")):
            archive.write(path, path.relative_to(kdef).as_posix())
    said = planned(kdef, "zip: kdef.zip, grammar: kdef")
    assert "49 faces of 5 people" in said
    assert "1 of 49 names doesn't follow it: KDEF/AF31V.JPG." in said


def test_who_names_no_grammar_or_a_wrong_one_is_told_of_the_right_one(kdef: Path) -> None:
    said = planned(kdef, "folder: KDEF")
    assert "48 of 50 file names look like KDEF's" in said
    assert "grammar: kdef" in said
    with pytest.raises(DeclarationError, match=r"plan.yml, line 3: No file name looks like RaFD's.*48 look"):
        planned(kdef, "folder: KDEF, grammar: rafd")


def test_labels_that_nobody_knows_are_said_in_the_plan(kdef: Path) -> None:
    folder = kdef / "rafd"
    folder.mkdir()
    picture = (kdef / "KDEF" / ODD[0]).read_bytes()
    for person in (11, 28):
        for label in ("angry", "contemptuous"):
            (folder / f"Rafd090_{person}_Caucasian_male_{label}_frontal.jpg").write_bytes(picture)
    said = planned(kdef, "folder: rafd, grammar: rafd")
    assert "2 people, 2 labels (angry, contemptuous)" in said
    assert "2 of 4 faces show no common emotion (contemptuous)" in said


def test_people_are_named_by_their_folders(kdef: Path) -> None:
    picture = (kdef / "KDEF" / ODD[0]).read_bytes()
    for name in ("anna/1.jpg", "anna/after/2.jpg", "ben/1.jpg", "loose.jpg"):
        (kdef / "clinic" / name).parent.mkdir(parents=True, exist_ok=True)
        (kdef / "clinic" / name).write_bytes(picture)
    said = planned(kdef, "folder: clinic, person_from: folder")
    assert "4 faces of 3 people" in said
    assert "2 people (anna, ben); 1 of 4 pictures lies in none and has no person: loose.jpg." in said
