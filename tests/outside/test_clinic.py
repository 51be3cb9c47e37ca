"""A clinic's folder: German labels, a grade, three missing files, before and after; from plan to report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib import studies

PEOPLE = 24
LABELS = {"Freude": "happy", "Trauer": "sad"}
GONE = ("p03_Freude_nach.jpg", "p07_Trauer_vor.jpg", "p11_Freude_vor.jpg")
PLAN = """
study: paired
name: Vor und nach
faces: {folder: klinik, metadata: faces.csv, only_there: true}
condition: sitzung
labels: label
classifiers: [known_unbiased, known_age_happy]
"""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures as a script of a clinic writes them: afterwards expressions are much weaker."""
    place = tmp_path_factory.mktemp("clinic")
    folder = place / "klinik"
    folder.mkdir()
    rows = []
    for number, person in enumerate(facelib.sample_heads(PEOPLE, seed=11, electrodes=0.0)):
        frontal = person.replace(pose=(0.0, 0.0, 0.0), glasses=0.0, left=1.0, right=1.0, light="studio")
        for label, expression in LABELS.items():
            for session, intensity in (("vor", 1.0), ("nach", 0.15)):
                name = f"p{number:02}_{label}_{session}.jpg"
                face = frontal.replace(expression=expression, intensity=intensity).render(224)
                Image.fromarray(face.image).save(folder / name, quality=95)
                rows.append((name, f"p{number:02}", label, session, number % 6 + 1))
    table = pd.DataFrame(rows, columns=["file", "person", "label", "sitzung", "House-Brackmann"])
    table.to_csv(folder / "faces.csv", index=False)
    for name in GONE:
        (folder / name).unlink()
    (place / "plan.yml").write_text(PLAN)
    return place


def command(clinic: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "facelib", "study", *words], cwd=clinic, capture_output=True, text=True,
        timeout=300, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_from_plan_to_report_without_a_line_of_code(clinic: Path) -> None:
    planned = command(clinic, "plan", "plan.yml")
    assert "3 of 96 pictures that the table lists aren't there" in planned
    assert all(name in planned for name in GONE)
    assert "45 pairs of 24 people (90 faces)" in planned
    assert "sitzung 'nach' minus 'vor'" in planned
    assert "Freude for happy, Trauer for sad" in planned
    assert "3 halves are missing" in planned
    command(clinic, "run", "plan.yml", "--jobs", "1")
    command(clinic, "report", "runs/plan", "--out", "report.html")
    page = (clinic / "report.html").read_text()
    assert "no difference is shown to be an effect" in page
    assert "data:image" not in page.replace("data:image/svg", "")  # nobody's face leaves in it


def test_what_was_put_in_is_found(clinic: Path) -> None:
    if not (clinic / "runs/plan").is_dir():
        command(clinic, "run", "plan.yml", "--jobs", "1")
    result = studies.open_study(clinic / "runs/plan")
    assert isinstance(result, studies.PairedResult)
    wanted = {"classifier", "label", "mean", "low", "high", "n", "verdict"}
    assert wanted <= set(result.effects)
    assert (result.effects["n"] == PEOPLE).all()
    meant = result.intended_effects
    assert set(meant["label"]) == {"intended", "happy", "sad"}
    assert set(meant["verdict"]) == {"differs between conditions"}
    assert (meant["high"] < -0.1).all()
    neutral = result.effects[result.effects["label"] == "neutral"]
    assert (neutral["low"] > 0).all()
    accuracy = result.accuracy_change
    assert (accuracy["change"] < -0.3).all()
    assert (accuracy["p_holm"] < 0.02).all()
    assert set(result.pairing.alone["faces"]) == {
        "p03_Freude_vor.jpg", "p07_Trauer_nach.jpg", "p11_Freude_nach.jpg",
    }  # fmt: skip
