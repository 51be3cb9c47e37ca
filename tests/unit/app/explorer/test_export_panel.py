"""Files of the Download card: made of what is shown, and a photograph in them only after a tick."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

import facelib
from facelib.app import Explorer, ExportPanel
from facelib.app.explorer.export_panel import AGREED
from facelib.app.explorer.state import Result
from facelib.app.widgets.download import Download
from facelib.faces import Face, Head
from tests.unit.reports.report_reader import parsed

pytestmark = pytest.mark.packages

HEAD = Head(age=34, expression="happy")
ASKING = ("Explorable", "Film (MP4)", "Film (GIF)")


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    state = Explorer(("known_unbiased",), background=False)
    yield state
    state.close()


def show(explorer: Explorer, face: Face | Head, change: str) -> None:
    explorer.show(face)
    sweep = facelib.sweep(face, change, explorer.models, steps=3, size=96, replicates=5)
    explorer.step = 0
    explorer.shown = Result(sweep, finished=True)


def made(panel: ExportPanel, label: str) -> Download | None:
    (button,) = [one for one in panel.buttons if one.label == label]
    found: Any = button.make()
    return found


@pytest.mark.thorough
def test_the_explorable_is_of_what_is_shown(explorer: Explorer) -> None:
    show(explorer, HEAD, "symmetry")
    explorer.label, explorer.step = "sad", 1
    panel = ExportPanel(explorer)
    assert panel.agreed.layout.display == "none", "a rendered face shows nobody"
    page = made(panel, "Explorable")
    assert page is not None
    assert (page.name[-5:], page.type) == (".html", "text/html")
    tree = parsed(page.data.decode())
    data = json.loads("".join(tree.all("script")[0].parts))
    assert (data["label"], data["step"]) == ("sad", 1)
    assert next(iter(data["classes"])) == "sad"
    assert explorer.result is not None
    assert explorer.result.sweep.label == "happy", "the state is left alone"


@pytest.mark.thorough
def test_films_are_films(explorer: Explorer) -> None:
    show(explorer, HEAD, "symmetry")
    panel = ExportPanel(explorer)
    mp4, gif = made(panel, "Film (MP4)"), made(panel, "Film (GIF)")
    assert mp4 is not None
    assert gif is not None
    assert mp4.data[4:8] == b"ftyp"
    assert mp4.name.endswith(".mp4")
    with Image.open(io.BytesIO(gif.data)) as film:
        assert film.n_frames > 3


@pytest.mark.thorough
@pytest.mark.parametrize("label", ASKING)
def test_a_photograph_leaves_after_a_tick_and_the_file_says_so(explorer: Explorer, label: str) -> None:
    face = replace(HEAD.render(96), source="photograph", attributes={"name": "one"})
    show(explorer, face, "blur")
    panel = ExportPanel(explorer)
    assert panel.agreed.layout.display == ""
    assert "photograph" in panel.agreed.description
    assert "agreed" in panel.agreed.description
    assert made(panel, label) is None
    assert "tick" in panel.messages.value
    assert "with_photograph" not in panel.messages.value
    panel.agreed.value = True
    file = made(panel, label)
    assert file is not None
    said = file.data
    if label == "Film (GIF)":
        with Image.open(io.BytesIO(said)) as film:
            said = film.info["comment"]
    assert f"recorded in: a tick on the page, “{AGREED}”".encode() in said


def test_a_tick_is_for_one_face(explorer: Explorer) -> None:
    first = replace(HEAD.render(96), source="photograph")
    explorer.show(first)
    panel = ExportPanel(explorer)
    panel.agreed.value = True
    explorer.choose(facelib.interventions.get("blur"))
    assert panel.agreed.value, "another change of the same face"
    explorer.show(replace(first))
    assert not panel.agreed.value
    panel.agreed.value = True
    explorer.undo()
    assert not panel.agreed.value
    explorer.show(HEAD)
    assert panel.agreed.layout.display == "none"


@pytest.mark.thorough
def test_stimuli_and_maps_of_a_photograph_wait_for_the_tick_and_figures_do_not(explorer: Explorer) -> None:
    show(explorer, replace(HEAD.render(96), source="photograph", attributes={"name": "one"}), "blur")
    panel = ExportPanel(explorer)
    assert made(panel, "Stimuli (zip)") is None
    assert "tick" in panel.messages.value
    for agreed in (False, True):
        panel.agreed.value = agreed
        figures = made(panel, "Figures (zip)")
        assert figures is not None
        with zipfile.ZipFile(io.BytesIO(figures.data)) as archive:
            names, captions = archive.namelist(), archive.read("captions.txt").decode()
            about = json.loads(archive.read("about.json"))
        assert "response.svg" in names
        assert any(name.startswith("map_") for name in names) == agreed
        assert ("left out" in captions) != agreed
        assert bool(about["photograph"]) == agreed
    assert made(panel, "Stimuli (zip)") is not None


@pytest.mark.thorough
def test_the_report_is_of_what_is_shown_and_leaves_a_photograph_out_until_the_tick(
    explorer: Explorer,
) -> None:
    show(explorer, HEAD, "symmetry")
    explorer.label = "sad"
    page = made(ExportPanel(explorer), "Report")
    assert page is not None
    assert (page.name[-5:], page.type) == (".html", "text/html")
    tree = parsed(page.data.decode())
    assert "Outputs for sad" in [one.text for one in tree.all("h3")]
    assert len(tree.all("img")) == 1, "a rendered face shows nobody"
    show(explorer, replace(HEAD.render(96), source="photograph", attributes={"name": "one"}), "blur")
    panel = ExportPanel(explorer)
    for agreed in (False, True):
        panel.agreed.value = agreed
        file = made(panel, "Report")
        assert file is not None
        assert file.data.count(b"data:image") == agreed
        said = parsed(file.data.decode()).text
        assert ("nobody said that the person shown has agreed" in said) != agreed
        assert (f"a tick on the page, “{AGREED}”" in said) == agreed
