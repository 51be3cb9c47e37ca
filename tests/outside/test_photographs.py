"""Photographs, looked at as their owner does: what is refused, and what a change leaves to be seen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

import facelib
from facelib import cli, interventions, studies
from facelib.errors import BadValueError
from facelib.faces import Face, Head, sample_photograph

STORED = Path(__file__).parent / "stored"
INSTEAD = ("facelib.Head(", "Prototype", "outside.editor")
"""What one reads who asks for another skin tone on a photograph: the three ways that there are."""


def as_photograph(head: Head, size: int = 224, **known: Any) -> Face:
    """Return a rendered head whose picture and landmarks alone are known."""
    return head.render(size).replace(source="photograph", attributes=known)


def says_why_and_what_else(message: str) -> bool:
    return "skin" in message and "have rated it" in message and all(way in message for way in INSTEAD)


class TestSkinTone:
    """It was painted over photographs: nobody is shown that again, whichever way it is asked for."""

    @pytest.fixture(scope="class")
    @staticmethod
    def people() -> list[Face]:
        heads = [Head(skin_tone=tone, seed=seed, expression="happy") for seed, tone in enumerate((0.1, 0.5))]
        return [as_photograph(head, id=f"{head.seed}.png", label="happy") for head in heads]

    @pytest.mark.parametrize("to", [None, "lighter", "darker", 0.5])
    @pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
    def test_no_picture_is_made(self, people: list[Face], to: Any, strength: float) -> None:
        change = interventions.get("skin_tone", to=to)
        for face in people:
            assert not change.accepts(face)
            with pytest.raises(BadValueError) as refused:
                change.apply(face, strength)
            assert says_why_and_what_else(str(refused.value))

    def test_a_sweep_says_so_before_it_reads_anything(self, people: list[Face]) -> None:
        with pytest.raises(BadValueError) as refused:
            facelib.sweep(people[0], "skin_tone", ["known_unbiased"])
        assert says_why_and_what_else(str(refused.value))

    def test_a_study_says_so_in_its_plan_and_isnt_run(self, people: list[Face], tmp_path: Path) -> None:
        study = facelib.InterventionalStudy(people, ["skin_tone", "brightness"], ["known_unbiased"], steps=2)
        assert any(says_why_and_what_else(note) for note in study.plan(n_jobs=1).notes)
        with pytest.raises(BadValueError) as refused:
            study.run(tmp_path / "study", n_jobs=1)
        assert says_why_and_what_else(str(refused.value))
        assert not (tmp_path / "study").exists()

    def test_of_heads_and_photographs_the_heads_are_changed(self, people: list[Face], tmp_path: Path) -> None:
        faces: list[Head | Face] = [Head(seed=1, expression="happy"), people[0]]
        study = facelib.InterventionalStudy(faces, ["skin_tone"], ["known_unbiased"], steps=2, size=64)
        found = study.run(tmp_path, n_jobs=1)
        assert found.failures["face"].unique().tolist() == ["0.png"]
        assert all(says_why_and_what_else(error) for error in found.failures["error"])
        assert found.sound["face"].nunique() == 1

    @pytest.mark.packages
    def test_a_declared_study_of_a_folder_says_so(self, people: list[Face], tmp_path: Path) -> None:
        (tmp_path / "faces").mkdir()
        for face in people:
            Image.fromarray(face.image).save(tmp_path / "faces" / face.attributes["id"])
        plan = tmp_path / "plan.yml"
        plan.write_text(
            "study: interventional\nfaces: {folder: faces}\ninterventions: [skin_tone]\n"
            "classifiers: [known_unbiased]\nlabel: happy\nsteps: 2\n"
        )
        planned = CliRunner().invoke(cli.app, ["study", "plan", str(plan)])
        assert planned.exit_code == 0
        assert says_why_and_what_else(" ".join(planned.output.split()))
        run = CliRunner().invoke(cli.app, ["study", "run", str(plan), "--yes"])
        assert isinstance(run.exception, BadValueError)
        assert says_why_and_what_else(str(run.exception))

    def test_what_is_offered_is_what_works(self, people: list[Face]) -> None:
        head, picture = (set(interventions.available(face)["id"]) for face in (Head(), people[0]))
        assert "skin_tone" in head - picture
        tags = interventions.available().set_index("id")
        assert tags.loc["skin_tone", "on"] == "heads"

    def test_heads_change_as_they_did(self) -> None:
        dark = interventions.person.SkinTone(to="darker").edit(Head(skin_tone=0.2), 0.5)
        assert dark.replace(skin_tone=0.2) == Head(skin_tone=0.2)
        assert dark.skin_tone == pytest.approx(0.6)

    @pytest.mark.packages
    @pytest.mark.filterwarnings("ignore:.*ipykernel.*")
    def test_the_page_doesnt_offer_it_and_says_why_beside_the_menu(self) -> None:
        from facelib.app import Explorer
        from facelib.app.change_panel import ChangePanel

        explorer = Explorer(("known_unbiased",), background=False)
        panel = ChangePanel(explorer)
        assert "skin_tone" in dict(panel.menu.options).values()
        assert not panel.withheld.value
        explorer.show(sample_photograph())
        assert "skin_tone" not in dict(panel.menu.options).values()
        assert "skin tone" in panel.withheld.value
        assert all(way in panel.withheld.value for way in INSTEAD)
        explorer.show(Head())
        assert not panel.withheld.value

    @pytest.mark.packages
    @pytest.mark.filterwarnings("ignore:.*ipykernel.*")
    def test_so_does_the_page_of_studies(self) -> None:
        from facelib.app import PopulationPanel
        from facelib.app.population_state import offered

        assert "skin_tone" not in {change.id for change in offered("mine")}
        panel = PopulationPanel(models=("known_unbiased",), size=64, background=False)
        try:
            assert not panel.changes.withheld.value
            panel.state.whom.source = "mine"
            assert all(way in panel.changes.withheld.value for way in INSTEAD)
        finally:
            panel.state.close()

    def test_a_study_that_was_run_before_opens_and_reports(self, tmp_path: Path) -> None:
        """One of six rendered photographs, written by the version that still painted."""
        folder = shutil.copytree(STORED / "skin_tone_on_photographs", tmp_path / "study")
        found: Any = studies.open_study(folder)
        assert found.complete
        assert found.failures.empty
        effects = found.effects.set_index("intervention")
        assert effects.loc["skin_tone", "n"] == 6
        assert effects.loc["skin_tone", "mean"] == pytest.approx(-0.000672, abs=1e-6)
        assert "skin tone" in found.report(tmp_path / "report.html").read_text(encoding="utf-8")
