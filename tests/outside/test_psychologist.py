"""A psychologist at command line and page: what can't be done is said first, what is said holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from facelib import sample_heads
from facelib.cli import main as cli
from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet
from facelib.studies import ObservationalStudy

pytestmark = pytest.mark.usefixtures("single_threaded")

MODELS = ("known_unbiased", "known_age_happy")


def folder_of(pictures: int, place: Path, table: str) -> Path:
    """Write some pictures and their table; what they show isn't looked at before a study runs."""
    place.mkdir()
    for number in range(pictures):
        pixels = np.full((96, 96, 3), 20 + number, np.uint8)
        Image.fromarray(pixels).save(place / f"{number:02}.png")
    place.with_suffix(".csv").write_text(table)
    return place


def command(tmp_path: Path, properties: str, table: str, verb: str = "plan") -> str:
    faces = folder_of(14, tmp_path / "faces", table)
    plan = tmp_path / "plan.yml"
    plan.write_text(
        f"study: observational\nfaces: {{folder: {faces}, metadata: {faces.with_suffix('.csv')}}}\n"
        f"properties: [{properties}]\nclassifiers: [{', '.join(MODELS)}]\n"
    )
    ended = CliRunner().invoke(cli.app, ["study", verb, str(plan), "--store", str(tmp_path / "run")])
    return ended.output + str(ended.exception or "")


NAMES = [f"{number:02}.png" for number in range(14)]
AGES = "\n".join(["file,age", *(f"{name},{20 + n}" for n, name in enumerate(NAMES))])
SOME = "\n".join(["file,age", *(f"{name},{20 + n if n > 2 else ''}" for n, name in enumerate(NAMES))])
NONE = "\n".join(["file,person", *(f"{name},p{n}" for n, name in enumerate(NAMES))])


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_an_age_that_no_picture_shows_is_refused_before_one_is_read(
    tmp_path: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        pytest.fail("a picture was read")

    monkeypatch.setattr("facelib.studies.study.execute", read)
    said = command(tmp_path, "symmetry, age", NONE, verb)
    assert "of 14 faces, 14 lack age." in said
    assert "age can't be measured in a picture: give the faces a column age" in said
    assert "ask for estimated_age instead" in said


def test_ages_of_some_are_counted_and_of_all_accepted(tmp_path: Path) -> None:
    pictures = [
        Face(
            np.zeros((64, 64, 3), np.uint8), np.array([8.0, 8, 56, 56]), np.array([[40.0, 30], [24, 30]]),
            attributes={"id": str(n)} | ({"mask": 0.5} if n < 12 else {}),
        )
        for n in range(14)
    ]  # fmt: skip
    study = ObservationalStudy(pictures, ["measured_mask", "brightness"], MODELS)
    study._check()
    notes = " ".join(study._notes())
    assert "2 of 14 faces will be left out: 2 lack mask. mask can't be measured" in notes
    ObservationalStudy(sample_heads(3, seed=1), ["age", "hair_length"], MODELS)._check()
    with pytest.raises(BadValueError, match=r"14 lack gender.*estimated_gender"):
        ObservationalStudy(pictures, ["gender"], MODELS)._check()
    for name, table in (("all", AGES), ("some", SOME)):
        faces = FaceSet.from_folder(
            folder_of(14, tmp_path / name, table), metadata=tmp_path / f"{name}.csv", detect=False
        )
        ObservationalStudy(faces, ["age"], MODELS)._check()
