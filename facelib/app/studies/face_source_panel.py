"""The card that says whom a study looks at: rendered people, or photographs of a zip."""

from __future__ import annotations

from typing import Any, Final

import ipywidgets as widgets

from facelib.app.studies.face_source import MOST_BYTES, WORN, Whom, example_zip
from facelib.app.widgets.checklist import CheckList
from facelib.app.widgets.controls import Card, labelled, paragraphs
from facelib.app.widgets.download import Download, DownloadButton
from facelib.app.widgets.dropzone import DropZone
from facelib.app.widgets.trait_link import bind
from facelib.classifiers import EMOTIONS
from facelib.errors import BadArchiveError, FacelibError

PRIVACY: Final = (
    "Your pictures stay in the memory of this session, and nothing leaves the computer that facelib runs on. "
    "What your table says of them (names of files and persons, labels, ages …) and what classifiers answer "
    "is kept in a private temporary folder, which is deleted when the session ends."
)
ZIP: Final = (
    "A zip with PNG, JPEG or WebP pictures and, if you like, a table faces.csv: a row for each picture, its "
    "name in the column file, and what you know of it in columns such as person, label and age. The example "
    "shows how: six people, enough to try it and too few to learn from. A label is what a face is meant to "
    f"show ({', '.join(EMOTIONS)}); every other column can be a property."
)
RECIPES: Final = (("action units (FACS) alone", "facs"), ("action units, tuned on the classifiers", "tuned"))


class WhomPanel(Card):
    """Chooses the faces of a study.

    Parameters
    ----------
    whom
        The state that is changed.
    most
        End of the slider of people.
    """

    def __init__(self, whom: Whom, *, most: int = 200) -> None:
        super().__init__("Who")
        self.whom = whom
        self.source = widgets.ToggleButtons(
            options=[("Rendered people", "rendered"), ("Your photographs", "mine")],
            tooltips=[
                "Heads drawn at random: everything about them is known",
                "A zip of pictures, kept in memory only",
            ],
            style={"button_width": "auto"},
        )
        self.people = labelled(
            "People",
            "How many different people; several faces of one person count as one",
            widgets.IntSlider(min=2, max=most),
        )
        each = "Each person shows each of them" if whom.design == "each" else "Each person shows one of them"
        groups = [{"title": "", "items": [{"id": name, "title": name} for name in EMOTIONS]}]
        self.expressions = CheckList("Expressions", each, groups, whom.expressions, columns=3)
        self.recipes = labelled(
            "Made by",
            "How the heads' expressions are made: by action units (FACS) alone, or tuned on the built-in "
            "classifiers besides, which flatters these",
            widgets.Dropdown(options=RECIPES),
        )
        self.seed = labelled(
            "Seed", "Another number draws other people", widgets.BoundedIntText(min=0, max=10**6)
        )
        self.zone = DropZone(
            self.guarded(self.take),
            types=[],
            suffixes=[".zip"],
            most=MOST_BYTES,
            one="zip",
            kinds="PNG, JPEG or WebP pictures in it",
            refusal="isn't a zip.",
            camera=False,
        )
        self.cropped = widgets.Checkbox(
            description="Cropped to the face already",
            tooltip="Take every picture as a face: none is looked for, and landmarks stay unknown",
            indent=False,
        )
        self.example = DownloadButton(
            self.guarded(lambda: Download("example-faces.zip", example_zip(), "application/zip")),
            label="Download an example",
            help="A zip with pictures of six rendered people and a table of them",
        )
        self.note = widgets.HTML()
        hints = widgets.HTML(paragraphs(ZIP, PRIVACY))
        for words in (self.note, hints):
            words.add_class("facelib-hint")
        worn = [{"title": "", "items": [{"id": name, "title": f"half wear {name}"} for name in WORN]}]
        self.worn = CheckList("Worn", "What half of the people wear, at random", worn, whom.worn, columns=2)
        self.worn.layout.display = "none" if whom.design == "each" else ""
        self.rendered = _box(self.people, self.expressions, self.worn, self.recipes, self.seed)
        self.mine = _box(self.zone, self.note, self.cropped, hints, self.example)
        self._bind()
        self.follow()
        self.fill(self.source, self.messages, self.rendered, self.mine)

    def _bind(self) -> None:
        for name, control in (
            ("source", self.source),
            ("people", self.people),
            ("expressions", self.expressions),
            ("worn", self.worn),
            ("recipes", self.recipes),
            ("seed", self.seed),
        ):
            bind(self.whom, name, control, self.whom.lock)
        self.cropped.observe(self.guarded(self._on_cropped), "value")
        self.whom.observe(self.guarded(self.follow), ["source", "note", "archive"])

    def take(self, name: str, content: bytes) -> None:
        """Use the pictures of a zip."""
        try:
            self.whom.take(name, content)
        except FacelibError as error:
            before = f" {self.whom.archive} stays, as it was before." if self.whom.archive else ""
            msg = f"{name} is not taken. {error.words}{before}"
            raise BadArchiveError(msg) from error
        self.messages.clear()

    def _on_cropped(self, event: Any) -> None:
        self.whom.cropped = event["new"]

    def follow(self, _change: object = None) -> None:
        """Show the controls of the kind of faces that is chosen, and what was found in the zip."""
        mine = self.whom.source == "mine"
        self.rendered.layout.display = "none" if mine else ""
        self.mine.layout.display = "" if mine else "none"
        self.note.value = paragraphs(f"{self.whom.archive}: {self.whom.note}") if self.whom.note else ""

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed while a study runs."""
        controls = (self.source, self.people, self.expressions, self.worn, self.recipes, self.seed)
        for control in (*controls, self.cropped, self.zone):
            control.disabled = locked


def _box(*children: Any) -> widgets.VBox:
    box = widgets.VBox(list(children))
    box.add_class("facelib-fields")
    return box
