"""Patients and healthy people at rest and smiling, before and after: both papers' tables from a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib import classifiers, studies
from facelib.faces import Head
from facelib.interventions.symmetry import flipped
from facelib.stats.chimeras import INTENDED, LESS_REST

PEOPLE = 60
LABELS = {"Ruhe": "neutral", "Freude": "happy"}
GONE = ("p03_Freude_nach.jpg", "p07_Ruhe_vor.jpg", "p11_Freude_vor.jpg")
ASYMMETRY = """
design: facing_asymmetry
faces: {folder: klinik, metadata: faces.csv, only_there: true, subset: "sitzung == 'vor'"}
group: gruppe
healthy: gesund
grade: House-Brackmann
classifiers: [fer]
"""
PAIRS = """
study: paired
faces: {folder: klinik, metadata: faces.csv, only_there: true, subset: "gruppe == 'Patient'"}
condition: sitzung
classifiers: [fer]
"""

pytestmark = pytest.mark.packages


def people() -> Iterator[tuple[str, Head, int]]:
    """Name, a frontal head in even light, and a grade: 1 is healthy; each grade is a fifth of weakness."""
    heads = facelib.sample_heads(PEOPLE, seed=11, electrodes=0.0, expression_set="tuned")
    for number, head in enumerate(heads):
        frontal = head.replace(
            pose=(0, 0, 0), glasses=0.0, light="frontal", palsy=0.0, right=1.0, intensity=1.0
        )
        yield f"p{number:02}", frontal, 1 if number % 3 == 0 else 2 + number % 5


def weak(head: Head, label: str, grade: int, session: str) -> Head:
    """Return the face of a session: afterwards a fifth of the weakness is left."""
    share = (grade - 1) / 5 * (0.2 if session == "nach" else 1.0)
    return head.replace(expression=LABELS[label], left=1 - share)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clinic")
    folder = place / "klinik"
    folder.mkdir()
    rows = []
    for name, head, grade in people():
        for label in LABELS:
            for session in ("vor", "nach"):
                file = f"{name}_{label}_{session}.jpg"
                Image.fromarray(weak(head, label, grade, session).render(224).image).save(
                    folder / file, quality=95
                )
                group = "gesund" if grade == 1 else "Patient"
                rows.append((file, name, label, session, group, "" if grade == 1 else grade))
    columns = ["file", "person", "label", "sitzung", "gruppe", "House-Brackmann"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "faces.csv", index=False)
    for file in GONE:
        (folder / file).unlink()
    (place / "asymmetrie.yml").write_text(ASYMMETRY)
    (place / "paare.yml").write_text(PAIRS)
    for name in ("asymmetrie", "paare"):
        command(place, "run", f"{name}.yml")
    return place


def command(clinic: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "facelib", "study", *words], cwd=clinic, capture_output=True, text=True,
        timeout=500, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def of_the_mesh() -> pd.DataFrame:
    """Contrast of each person's smile with symmetric faces of the true mesh, by hand."""
    model = classifiers.load("fer")
    column = model.index_of("happy")

    def read(head: Head) -> float:
        face = head.render(224)
        both = [
            model.probabilities(one.image[None], one.box[None])[0, column] for one in (face, flipped(face))
        ]
        return float(np.mean(both))

    rows = []
    for name, head, grade in people():
        own = weak(head, "Freude", grade, "vor")
        sides = [read(own.replace(left=share, right=share)) for share in (own.left, own.right)]
        rows.append((name, grade, read(own) - np.mean(sides)))
    return pd.DataFrame(rows, columns=["person", "grade", "truth"])


def test_a_physician_gets_from_the_folder_to_the_report(clinic: Path) -> None:
    planned = command(clinic, "plan", "asymmetrie.yml")
    assert all(name in planned for name in GONE)
    assert "gruppe 'gesund': 20 people with 20 faces that show happy." in planned
    assert "gruppe 'Patient': 39 people with 39 faces that show happy." in planned
    assert "1 person without a face at rest (neutral)" in planned
    assert "Freude for happy, Ruhe for neutral" in planned
    command(clinic, "report", "runs/asymmetrie", "--out", "report.html", "--export", "tables")
    page = (clinic / "report.html").read_text()
    assert "Beside the healthy" in page
    assert "With the grade" in page
    assert "data:image" not in page.replace("data:image/svg", "")  # nobody's face leaves in it
    assert {"effects.csv", "grade_associations.csv", "persons.csv"} <= {
        path.name for path in (clinic / "tables").rglob("*.csv")
    }


def test_what_was_put_in_is_found(clinic: Path) -> None:
    """Contrasts of pictures are those of the mesh on average, person by person, and by grade."""
    result = studies.open_study(clinic / "runs/asymmetrie")
    assert isinstance(result, studies.ChimericResult)
    persons = result.persons[
        (result.persons["contrast"] == "chimeras") & (result.persons["reference"] == LESS_REST)
    ]
    both = persons.merge(of_the_mesh(), on="person", suffixes=("", "_put_in"))
    assert len(both) == PEOPLE - 2
    ill = both[both["group"] == "Patient"]
    assert (ill["grade"] == ill["grade_put_in"]).all()
    assert abs((both["value"] - both["truth"]).mean()) < 0.05
    assert both["value"].corr(both["truth"]) > 0.7
    healthy = both[both["group"] == "gesund"]
    assert abs(healthy["value"].mean()) < 0.05
    groups = result.group_differences
    chosen = groups[(groups["contrast"] == "chimeras") & (groups["reference"] == LESS_REST)].iloc[0]
    assert chosen["low"] <= ill["truth"].mean() - healthy["truth"].mean() <= chosen["high"]
    effects = result.effects[result.effects["label"] == INTENDED]
    assert set(effects["group"]) == {"gesund", "Patient"}


def test_the_same_folder_answers_what_the_treatment_changed(clinic: Path) -> None:
    result = studies.open_study(clinic / "runs/paare")
    assert isinstance(result, studies.PairedResult)
    assert (result.pairing.first, result.pairing.second) == ("vor", "nach")
    assert result.pairing.people == 40
    assert len(result.pairing.alone) == 2
    meant = result.intended_effects.set_index("label")
    assert meant.loc["happy", "mean"] > 0.03
    assert meant.loc["happy", "p"] < 0.05
