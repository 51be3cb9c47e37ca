"""A finished study of the user's own code is opened where that code isn't registered: numbers need none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facelib
from facelib import charts, interventions, properties, studies
from facelib.errors import FacelibError, UnknownNameError

pytestmark = pytest.mark.outside

OWN = """
import dataclasses
import numpy as np
import facelib
from facelib import interventions, properties
from facelib.stats import independence

@properties.register(
    "gone_red", title="Redness", unit="", source="measured", low=0, high=1, description="Share of red."
)
def red(faces):
    return np.array([face.image[..., 0].mean() / face.image.mean() / 3 for face in faces])

@interventions.register
class Darker(interventions.PictureIntervention):
    id, title, group, moves = "gone_darker", "Darker, mine", "View", "gone_red"
    description, sentence = "It darkens.", "it darkens by {most}"
    most: float = 0.5

    def _change(self, face, strength):
        return face.replace(image=(face.image * (1 - strength * self.most)).astype(np.uint8))

@independence.register
@dataclasses.dataclass(frozen=True)
class Gone(independence.PartialCorrelation):
    id = "gone_correlation"
    title = "correlation, mine"
"""
RUN = """
heads = facelib.sample_heads(6, seed=1, expressions=["happy"])
change = interventions.get("gone_darker", most=0.3)
facelib.InterventionalStudy(
    heads, [change, "blur"], ["known_unbiased"], steps=3, size=64, control="blur"
).run("changed", n_jobs=1)
heads = facelib.sample_heads(60, seed=1, expressions=["happy", "sad"])
facelib.ObservationalStudy(
    heads, ["age", "gone_red"], ["known_unbiased"], size=64, methods=["gone_correlation"]
).run("observed", n_jobs=1).grid
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run both kinds of studies in a session of their own, as a user did last week."""
    place = tmp_path_factory.mktemp("gone")
    done = subprocess.run(
        [sys.executable, "-c", OWN + RUN],
        cwd=place, env=os.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return place


def test_stored_numbers_need_no_code_of_changes(folder: Path) -> None:
    result: Any = studies.open_study(folder / "changed")
    for name in ("effects", "effects_by_label", "contrasts", "curves", "share_significant"):
        assert "gone_darker(most=0.3)" in set(getattr(result, name)["intervention"]), name
    assert np.isfinite(result.table["measured_gone_red"]).all()
    assert len(charts.forest(result.effects).to_dict())
    assert studies.verify(folder / "changed").sound


def test_stored_numbers_need_no_code_of_properties_and_tests(folder: Path) -> None:
    result: Any = studies.open_study(folder / "observed")
    assert result.tested
    assert {"age", "gone_red"} <= set(result.effects["property"])
    assert len(charts.explained(result.effects).to_dict())
    assert len(charts.significant_shares(result.share_significant).to_dict())


@pytest.mark.parametrize("kind", ["changed", "observed"])
def test_report_and_folder_are_written(kind: str, folder: Path, tmp_path: Path) -> None:
    result = studies.open_study(folder / kind)
    page = result.report(tmp_path / "one.html").read_text(encoding="utf-8")
    assert "Traceback" not in page
    assert ("Darker, mine" if kind == "changed" else "gone correlation") in page
    written = result.export(tmp_path / "all")
    tables = [path.read_text(encoding="utf-8") for path in written.rglob("*.csv")]
    assert tables
    assert any("gone" in table for table in tables)
    meanings = (written / "columns.json").read_text(encoding="utf-8")
    assert "gone red: a property that isn't registered in this session" in meanings or kind == "observed"


def test_the_report_says_which_change_is_not_registered_and_what_to_do(folder: Path, tmp_path: Path) -> None:
    result = studies.open_study(folder / "changed")
    page = result.report(tmp_path / "one.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert "No picture is shown: the intervention 'gone_darker' isn't registered in this session" in page
    assert "facelib.interventions.register" in page
    assert "this version of facelib can't draw it" not in page


def test_the_picture_is_there_once_it_is_registered(folder: Path, tmp_path: Path) -> None:
    """Also in the session that has written the report without it."""
    code = f"""
from facelib.studies import open_study
first = open_study("changed").report({str(tmp_path / "one.html")!r}).read_text()
assert first.count("isn&#39;t registered in this session") == 1
{OWN}
second = open_study("changed").report({str(tmp_path / "two.html")!r}).read_text()
assert "isn&#39;t registered" not in second
assert second.count("<img") == first.count("<img") + 1
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=os.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


ASKED: dict[str, Any] = {
    "gone_darker": lambda: studies.demonstrate("gone_darker"),
    "gone_darker of a sweep": lambda: facelib.sweep(facelib.Head(), "gone_darker", ["known_unbiased"], 3),
    "gone_darker by name": lambda: interventions.get("gone_darker"),
    "gone_red": lambda: properties.measure([facelib.Head()], ["gone_red"]),
    "gone_red by name": lambda: properties.get("gone_red"),
    "gone_correlation": lambda: facelib.stats.independence_test(
        np.arange(20.0), np.arange(20.0), method="gone_correlation"
    ),
    "gone_network": lambda: facelib.classifiers.load("gone_network"),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED)
def test_what_needs_the_code_says_what_is_missing_and_how_to_register_it(case: str) -> None:
    name = case.split(maxsplit=1)[0]
    with pytest.raises(UnknownNameError) as caught:
        ASKED[case]()
    assert isinstance(caught.value, FacelibError)
    words = str(caught.value)
    assert f"named {name!r}" in words
    assert ".register" in words
    assert "docs/own.md" in words
