"""Cases to begin with: a head, a change and an emotion, loaded by one press on their picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import ipywidgets as widgets
import numpy as np

from facelib import interventions
from facelib.app.explorer.state import FIRST_HEAD, FIRST_INTERVENTION, STEPS, Explorer, Scene, usable
from facelib.app.explorer.thumbnails import TILE, Picture, changed, halves, sheet
from facelib.app.widgets.messages import Messages, guarded
from facelib.app.widgets.pictured.strip import Strip
from facelib.errors import BadValueError
from facelib.faces import Face, Head, sample_photograph
from facelib.interventions import Intervention

MIDDLE_TONE: Final = 0.5
"""Where changes of the skin tone begin: neither end is the usual one."""


@dataclass(frozen=True)
class Way:
    """One change that a case makes.

    Attributes
    ----------
    id, title
        Of the way, where a case has several; else empty.
    intervention
        The change.
    """

    id: str
    title: str
    intervention: Intervention


@dataclass(frozen=True)
class Case:
    """A case: what a press on it shows. All of them are our choice.

    Attributes
    ----------
    id, title, sentence
        Its name, in the registry and for people, and what it shows.
    head
        Who is shown; None: a photograph.
    ways
        What can be changed, in no order of rank; none for a photograph, which keeps what it allows.
    step
        Where the strength stands, 0 … `STEPS` − 1: 0 where the visitor is to move it.
    """

    id: str
    title: str
    sentence: str
    head: Head | None = None
    ways: tuple[Way, ...] = ()
    step: int = 0

    @property
    def label(self) -> str:
        """The emotion that is looked at: the one that the head is meant to show."""
        return str(self.head.expression) if self.head is not None else ""


def _only(name: str, **options: object) -> tuple[Way, ...]:
    return (Way("", "", interventions.get(name, **options)),)


def _either(name: str, *words: str) -> tuple[Way, ...]:
    return tuple(Way(word, word, interventions.get(name, to=word)) for word in words)


_SMILING: Final = FIRST_HEAD
_MAN: Final = Head(
    age=45, gender=0.9, skin_tone=0.6, hair="short", seed=7, expression="happy", intensity=0.9,
    ancestry={"african": 1.0, "asian": 1.0, "european": 1.0},
)  # fmt: skip
_WOMAN: Final = Head(
    age=30, gender=0.1, skin_tone=MIDDLE_TONE, hair="long", hair_colour="black", seed=23, expression="happy",
    intensity=0.9, ancestry={"asian": 1.0},
)  # fmt: skip
_YOUNG: Final = Head(
    age=25, gender=0.8, skin_tone=0.45, hair="short", seed=31, expression="happy", intensity=0.9
)
_DARK: Final = Head(
    age=34, gender=0.2, skin_tone=0.8, hair="tied", hair_colour="black", seed=12, expression="surprise",
    ancestry={"african": 1.0},
)  # fmt: skip

CASES: Final[Mapping[str, Case]] = MappingProxyType(
    {
        case.id: case
        for case in (
            Case(
                "weaker_side",
                "One side weaker",
                "Half of a smile fades.",
                _SMILING,
                _only(FIRST_INTERVENTION),
            ),
            Case(
                "palsy_smile",
                "Palsy, left",
                "A smile; the left side is paralysed.",
                _MAN,
                _only("palsy", side="left"),
                step=STEPS - 1,  # its picture is what one comes for
            ),
            Case(
                "palsy_rest",
                "Palsy at rest",
                "A neutral face; its left side droops.",
                _MAN.replace(expression="neutral", age=55, seed=19),
                _only("palsy", side="left", parts="resting"),
                step=STEPS - 1,
            ),
            Case(
                "both_sides",
                "Both sides weaker",
                "The same loss, shared by both sides.",
                _SMILING,
                _only("weaker_expression"),
            ),
            Case(
                "seventy", "Seventy years", "The same smile, from 25 years on.", _YOUNG, _only("age", to=70)
            ),
            Case(
                "skin_tone",
                "Another skin tone",
                "From a middle tone.",
                _WOMAN,
                _either("skin_tone", "darker", "lighter"),
            ),
            Case(
                "electrodes",
                "Electrodes",
                "The Fridlund scheme, one by one.",
                _MAN,
                _only("electrodes", scheme="fridlund"),
            ),
            Case("mask", "Surgical mask", "It hides an open mouth.", _DARK, _only("mask", to="up")),
            Case(
                "blur",
                "Blur, a placebo",
                "Harmless; others are compared with it.",
                _WOMAN,
                _only("blur"),
            ),
            Case("photograph", "Your photograph", "Drop it under Face, or try the sample."),
        )
    }
)
"""All cases by their ids, in the order of the page."""


class Gallery(widgets.VBox):
    """The row of cases; one that is pressed is one step of "undo".

    Parameters
    ----------
    explorer
        The state that a case is loaded into.
    """

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.messages = Messages()
        sheet_of_cases = sheet("cases")
        self.strip = Strip(
            guarded(self.messages)(self.load),
            label="Cases: press one to see it",
            cases=[_plain(case) for case in CASES.values()],
            sheet=sheet_of_cases.content,
            grid=sheet_of_cases.grid,
        )
        super().__init__([self.strip, self.messages])
        self.add_class("facelib-gallery")
        explorer.observe(self.follow, "scene")
        self.follow()

    def load(self, name: str, way: str = "") -> None:
        """Show a case; what else is chosen (classifier, kind of map) stays."""
        explorer = self.explorer
        case = CASES.get(name)
        if case is None or way not in ({one.id for one in case.ways} or {""}):
            msg = "There is no such case. Reload the page."
            raise BadValueError(msg)
        with explorer.lock:
            if case.head is None:
                if not isinstance(explorer.face, Face):
                    explorer.show(sample_photograph())
                return
            change = next(one.intervention for one in case.ways if one.id == way)
            scene = Scene(case.head, usable(change, case.head))
            explorer.restore(scene, case.head, undoable=True, step=case.step, label=case.label)

    def follow(self, _change: object = None) -> None:
        """Mark the case that is shown."""
        scene = self.explorer.scene
        shown = (
            f"{case.id}:{way.id}"
            for case in CASES.values()
            for way in case.ways
            if case.head == scene.face and way.intervention == scene.intervention
        )
        other = "" if isinstance(scene.face, Head) else "photograph:"
        self.strip.current = next(shown, other)


def pictures() -> dict[str, Picture]:
    """Draw the picture of every case, by its id."""
    return {name: picture(case) for name, case in CASES.items()}


def picture(case: Case) -> Picture:
    """Draw what a case shows at strength 1; of two ways either, of a photograph an outline."""
    if case.head is None:
        return silhouette()
    if len(case.ways) > 1:
        return halves(case.head, *(way.intervention for way in case.ways[:2]))
    return changed(case.head, case.ways[0].intervention)


def silhouette() -> Picture:
    """Draw head and shoulders of nobody, in the frame of a photograph."""
    from PIL import Image, ImageDraw

    side = 4 * TILE  # drawn larger, for smooth edges
    image = Image.new("RGB", (side, side), "#e4e9ee")
    pen = ImageDraw.Draw(image)
    head, shoulders = (0.36, 0.2, 0.64, 0.56), (0.2, 0.62, 0.8, 1.3)
    for box in (head, shoulders):
        pen.ellipse([part * side for part in box], fill="#8a97a5")
    pen.rectangle([0.06 * side, 0.06 * side, 0.94 * side, 0.94 * side], outline="#52606d", width=side // 40)
    return np.asarray(image.resize((TILE, TILE), Image.Resampling.LANCZOS))


def _plain(case: Case) -> dict[str, object]:
    ways = [{"id": way.id, "title": way.title} for way in case.ways] or [{"id": "", "title": ""}]
    return {
        "id": case.id,
        "title": case.title,
        "sentence": case.sentence,
        "place": sheet("cases").place(case.id),
        "ways": ways,
    }
