"""Another package adds an intervention, a property, a test and a classifier; a broken one does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.outside

MODULE = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from facelib.interventions import HeadIntervention, register
from facelib.properties import register as measured
from facelib.stats import independence

@register
class Older(HeadIntervention):
    id, title, group, cost = "theirs_older", "Older, theirs", "Person", "shape"
    description, sentence = "Ten years are added.", "ten years are added"

    def _edit(self, head, strength):
        return head.replace(age=head.age + 10 * strength)

@measured("theirs_red", title="Red", unit="", source="measured", low=0, high=1, description="Share of red.")
def red(faces):
    return np.array([face.image[..., 0].mean() / face.image.sum(-1).mean() for face in faces])

@independence.register
@dataclass(frozen=True)
class Theirs(independence.Kcit):
    id: ClassVar[str] = "theirs_kcit"
    title: ClassVar[str] = "KCIT, theirs"

def network():
    from facelib.classifiers import load, own
    return load("known_unbiased")
"""
POINTS = """
[facelib.interventions]
older = theirs
broken = theirs_broken
[facelib.properties]
red = theirs
[facelib.independence_tests]
kcit = theirs
"""
LOOK = """
import facelib
from facelib.stats import independence
head = facelib.Head(age=30)
print(facelib.interventions.get("theirs_older").edit(head, 1.0).age)
print("theirs_older" in set(facelib.interventions.table()["id"]))
print(facelib.properties.get("theirs_red").title, "theirs_red" in set(facelib.properties.table()["name"]))
print(independence.get("theirs_kcit").title, "theirs_kcit" in independence.available())
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "theirs.py").write_text(MODULE)
    (tmp_path / "theirs_broken.py").write_text("1 / 0")
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    return tmp_path


def test_what_another_package_offers_is_there(elsewhere: Path) -> None:
    path = os.pathsep.join([str(elsewhere), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split("\n") == ["40.0", "True", "Red True", "KCIT, theirs True", ""]
    assert "The intervention broken of the package theirs is left out: ZeroDivisionError" in ran.stderr
