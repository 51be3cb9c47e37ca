"""The Face panel: who is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as widgets
import numpy as np

from facelib.app.explorer.more_panel import OTHER, MorePanel
from facelib.app.explorer.photo_panel import PhotoPanel
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.controls import Card, Knob, Quiet, button, grid, labelled, menu
from facelib.classifiers import EMOTIONS
from facelib.faces import HAIR, LIGHTS, Head, sample_heads, sample_photograph

MOST_PERSON = 999_999  # number of a person
ANCESTRIES = {
    "European": {"european": 1.0},
    "African": {"african": 1.0},
    "Asian": {"asian": 1.0},
    "mixed": {"african": 1.0, "asian": 1.0, "european": 1.0},
}
RESET = (
    "The page as it was opened: face, change, emotion and classifier, strength 0, no overlay. Undo brings "
    "face and change back."
)

KNOBS = (
    Knob("intensity", "Intensity", "How strong the expression is: 0 neutral … 1 all of it", 0, 1, 0.05),
    Knob("age", "Age", "Years", 5, 90, 1, ".0f"),
    Knob("gender", "Female–male", "Shape of the head: 0 female … 1 male", 0, 1, 0.05),
    Knob(
        "skin_tone",
        "Skin tone",
        "0 light … 1 dark, in even steps of the individual typology angle (ITA)",
        0,
        1,
        0.05,
    ),
    Knob(
        "asymmetry",
        "Asymmetry",
        "How unlike both sides of the face are at rest: 0 alike … 1 very unlike",
        0,
        1,
        0.05,
    ),
)
POSE = (
    Knob("yaw", "Turn", "Degrees: below 0 to the person's right, above 0 to the left", -45, 45, 1, ".0f"),
    Knob("pitch", "Nod", "Degrees: below 0 down, above 0 up", -30, 30, 1, ".0f"),
)
PERSON = (
    "age", "gender", "ancestry", "skin_tone", "seed", "hair", "hair_colour", "eye_colour", "asymmetry",
    "facial_hair", "moles", "moles_side", "thinning", "grey", "hair_length",
)  # fmt: skip
"""Who the person is; what the face shows, wears and is lit by is left to the other controls."""
WOMEN = {"long": 0.4, "tied": 0.3, "short": 0.3}
MEN = {"short": 0.5, "bald": 0.25, "long": 0.15, "tied": 0.1}
"""How often "Random" gives which hair (our choice): all kinds are seen after some presses."""
DECIDED = 0.35  # how far from either end of female–male a random person is, at most
DARK = 0.4  # skin tone from which hair and eyes of a random person are dark


class FacePanel(Card):
    """Chooses the face: one line of what is set most, a photograph instead, and the rest under "More".

    Parameters
    ----------
    explorer
        The state that is changed.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Face")
        self.add_class("facelib-face")
        self.explorer = explorer
        self._quiet = Quiet()
        help_text = "The sample (NASA, public domain), or a picture of yours. Again: the rendered head"
        self.source = widgets.ToggleButton(description="Photograph", tooltip=help_text)
        self.sliders = {knob.field: knob.slider() for knob in KNOBS}
        self.pose = {knob.field: knob.slider() for knob in POSE}
        self.menus = {
            "expression": menu("Expression", "What the face shows", EMOTIONS, OTHER),
            "ancestry": menu(
                "Ancestry",
                "A shape of the head; nothing is claimed about groups of people",
                ANCESTRIES,
                OTHER,
            ),
            "hair": menu("Hair", "Hair style", HAIR),
            "light": menu("Light", "Where the light comes from", LIGHTS, OTHER),
        }
        help_text = "Each number is another person: shape of the face and marks on the skin"
        self.seed = labelled("Person no.", help_text, widgets.BoundedIntText(min=0, max=MOST_PERSON))
        self.random = button("Random", "Another person: age, gender, skin, hair and shape at random")
        self.reset = button("Reset", RESET)
        rest = grid(
            *(self.sliders[name] for name in ("intensity", "asymmetry")),
            *(self.menus[name] for name in ("ancestry", "hair", "light")),
            *self.pose.values(),
            self.seed,
            self.reset,
        )
        self.more = MorePanel(self._on, lambda: self.explorer.last_head, rest)
        self.photo = PhotoPanel(explorer, self.guarded)
        usual = [self.sliders[name] for name in ("age", "gender", "skin_tone")]
        self.controls = widgets.HBox([self.menus["expression"], *usual, self.random, self.more.fold])
        bar = widgets.HBox([self.controls, self.source])
        for row in (self.controls, bar):
            row.add_class("facelib-bar")
        self._bind()
        explorer.observe(self.follow, "scene")
        self.follow()
        self.fill(bar, self.more, self.photo)

    def _bind(self) -> None:
        """Let every control change the head."""
        for field, slider in self.sliders.items():
            self._on(slider, partial(_field, field))
        for slider in self.pose.values():
            self._on(slider, lambda _value: {"pose": self._pose()})
        self._on(self.menus["expression"], lambda value: {"expression": None if value == OTHER else value})
        self._on(self.menus["hair"], lambda value: {"hair": value})
        self._on(self.menus["ancestry"], lambda value: {"ancestry": ANCESTRIES.get(value)})
        self._on(self.menus["light"], lambda value: {"light": None if value == OTHER else value})
        self._on(self.seed, lambda value: {"seed": value})
        self.source.observe(self.guarded(self._on_source), "value")
        self.random.on_click(self.guarded(self._on_random))
        self.reset.on_click(self.guarded(lambda _button: self.explorer.reset()))

    def _on(self, widget: Any, change: Callable[[Any], dict[str, Any]]) -> None:
        def on_value(event: Any) -> None:
            with self.explorer.lock:
                if self._quiet or _is_echo(widget, event["old"], event["new"]):
                    return
                changes = {key: value for key, value in change(event["new"]).items() if value is not None}
                if changes:
                    face = self.explorer.face
                    self.explorer.edit(**changes)
                    if not isinstance(face, Head):  # sent before the photograph was chosen, heard after it
                        self.explorer.show(face)

        widget.observe(self.guarded(on_value), "value")

    def _pose(self) -> tuple[float, float, float]:
        return self.pose["yaw"].value, self.pose["pitch"].value, self.explorer.last_head.pose[2]

    def _on_source(self, event: Any) -> None:
        with self.explorer.lock:
            if not self._quiet:
                self.explorer.show(sample_photograph() if event["new"] else self.explorer.last_head)

    def _on_random(self, _button: object) -> None:
        number = int(np.random.default_rng().integers(MOST_PERSON + 1))
        self.explorer.show(random_person(self.explorer.last_head, number))

    def follow(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        head, is_head = self.explorer.last_head, isinstance(self.explorer.face, Head)
        with self._quiet:
            self.source.value = not is_head
            for field, slider in self.sliders.items():
                slider.value = getattr(head, field)
            self.pose["yaw"].value, self.pose["pitch"].value = head.pose[:2]
            self.menus["expression"].value = head.expression if head.expression in EMOTIONS else OTHER
            self.menus["ancestry"].value = ancestry_name(head)
            self.menus["hair"].value = head.hair
            self.menus["light"].value = head.light if head.light in LIGHTS else OTHER
            self.seed.value = head.seed
            self.more.follow()
        for part in (self.controls, self.more):
            part.layout.display = "" if is_head else "none"
        self.photo.layout.display = "none" if is_head else ""
        self.photo.follow()


def random_person(head: Head, number: int) -> Head:
    """Return a head that shows and wears the same, as another person: the one of this number.

    Women and men are equally likely, and each has the hair of `WOMEN` or `MEN`. Darker skin comes with dark
    hair and eyes: an odd combination draws the eye from what the change does. Samples of studies
    (`sample_heads`) keep all of these independent of each other.

    Examples
    --------
    >>> person = random_person(Head(expression="happy"), 7)
    >>> person.expression, person.seed, person == random_person(Head(expression="happy"), 7)
    ('happy', 7, True)
    """
    person = sample_heads(1, seed=number)[0]
    rng = np.random.default_rng([number, 1])
    woman, apart = bool(rng.random() < 0.5), float(rng.uniform(0, DECIDED))
    kinds = WOMEN if woman else MEN
    looks: dict[str, Any] = {
        "gender": apart if woman else 1 - apart,
        "hair": str(rng.choice(list(kinds), p=list(kinds.values()))),
        "seed": number,
    }
    if woman:
        looks["facial_hair"] = 0.0
    if person.skin_tone >= DARK:
        looks["hair_colour"] = "black" if person.hair_colour != "brown" else "brown"
        looks["eye_colour"] = "brown"
    person = person.replace(**looks)
    return head.replace(**{field: getattr(person, field) for field in PERSON})


def ancestry_name(head: Head) -> str:
    """Return the menu entry of a head's ancestry.

    >>> ancestry_name(Head(ancestry={"african": 2.0}))
    'African'
    """
    known = (name for name, parts in ANCESTRIES.items() if Head(ancestry=parts).ancestry == head.ancestry)
    return next(known, OTHER)


def _field(field: str, value: float) -> dict[str, Any]:
    return {field: value}


def _is_echo(widget: Any, old: float, new: float) -> bool:
    """Return whether a slider only reports the step nearest to the value it was given: browsers round."""
    return isinstance(widget, widgets.FloatSlider) and abs(new - old) < 0.51 * widget.step
