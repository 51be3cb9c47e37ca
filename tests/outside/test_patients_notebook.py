"""Notebook 10 promises that one line makes it a physician's own folder: another folder, that line changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib.faces import PALSY_LEVELS

BOOK = Path(__file__).parents[2] / "notebooks" / "10_your_patients.ipynb"
LABELS = {"Ruhe": "neutral", "Freude": "happy"}
HEALTHY, PATIENTS = 4, 6
RUN = """
import sys, nbclient, nbformat
book = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(book, timeout=400, kernel_name="python3").execute()
nbformat.write(book, sys.argv[1])
"""


def cells() -> list[dict[str, Any]]:
    return [cell for cell in json.loads(BOOK.read_text())["cells"] if cell["cell_type"] == "code"]


def the_line() -> tuple[int, str]:
    """Return the number of the cell in which the folder is named, and that line."""
    found = [
        (place, line)
        for place, cell in enumerate(cells())
        for line in "".join(cell["source"]).splitlines()
        if "clinic()" in line and not line.startswith("def ")
    ]
    assert len(found) == 1, found
    return found[0]


def test_one_line_names_the_folder_and_none_names_its_people() -> None:
    place, line = the_line()
    assert line.startswith("folder = clinic()")
    later = ["".join(cell["source"]) for cell in cells()[place + 1 :]]
    assert not [text for text in later if re.search(r"[\"']p\d\d\b|klinik", text)]


def clinic(folder: Path) -> None:
    """Write other people than the notebook's: PNGs in a folder of each person, commas, codes with letters."""
    rows = []
    for number, head in enumerate(facelib.sample_heads(HEALTHY + PATIENTS, seed=23)):
        code, level = f"K{number:03}", max(number - HEALTHY + 1, 0)
        side = ("left", "right")[number % 2]
        (folder / code).mkdir(parents=True)
        for session, now in [("vor", min(level, 5)), ("nach", min(level, 5) // 2)][: 2 if level else 1]:
            for label, shown in LABELS.items():
                file = f"{code}/{session}-{label}.png"
                face = head.replace(
                    expression=shown, pose=(0, 0, 0), light="frontal", palsy=PALSY_LEVELS[now].palsy,
                    palsy_side=side,
                )  # fmt: skip
                Image.fromarray(face.render(224).image).save(folder / file)
                ill = ("Parese", now, {"left": "links", "right": "rechts"}[side])
                rows.append((file, code, label, session, *(ill if level else ("gesund", "", ""))))
    columns = ["file", "person", "label", "sitzung", "gruppe", "grad", "seite"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "faces.csv", index=False)


@pytest.mark.packages
@pytest.mark.thorough
def test_it_runs_on_another_folder(tmp_path: Path) -> None:
    clinic(tmp_path / "mine")
    before = sorted((tmp_path / "mine").rglob("*"))
    book = json.loads(BOOK.read_text())
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and "folder = clinic()" in text:
            cell["source"] = [f"folder = Path({str(tmp_path / 'mine')!r})"]
    copy = tmp_path / "book.ipynb"
    copy.write_text(json.dumps(book))
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(copy)], cwd=tmp_path, capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    shown = copy.read_text()
    assert "Traceback" not in shown
    assert "K009" in shown
    assert sorted((tmp_path / "mine").rglob("*")) == before  # a study writes beside nobody's pictures
