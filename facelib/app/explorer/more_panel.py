"""What else can be set on a head: gaze, hair, palsy, things worn, electrodes, light; folded at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args

import ipywidgets as widgets

from facelib.app.widgets.controls import Knob, grid, menu
from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Head, Light
from facelib.head.head import BACKGROUNDS, EYE_COLOURS, HAIR_COLOURS, MolesSide, PalsyParts, Side
from facelib.head.sampling_ranges import PART_OF

OTHER = "other"
NO_ELECTRODES = "none"

Change = Callable[[Any], dict[str, Any]]
Bind = Callable[[Any, Change], None]
"""A control and what its new value changes of the head; a value of None changes nothing."""

KNOBS = {
    knob.field: knob
    for knob in (
        Knob(
            "gaze_yaw",
            "Gaze aside",
            "Degrees: below 0 to the person's right, above 0 to the left",
            -21,
            21,
            1,
            ".0f",
        ),
        Knob("gaze_pitch", "Gaze up", "Degrees: below 0 down, above 0 up", -15.5, 10.5, 0.5, ".1f"),
        Knob(
            "grey",
            "Grey hair",
            "Share of grey hair: 0 none … 1 all; at first as the age has it",
            0,
            1,
            0.05,
        ),
        Knob("hair_length", "Hair length", "Of long hair: 0 to the chin … 1 its whole length", 0, 1, 0.05),
        Knob("thinning", "Thinning", "0 all the hair of the style … 1 none", 0, 1, 0.05),
        Knob("facial_hair", "Beard", "0 none, 0.3 stubble, 1 a full short beard", 0, 1, 0.05),
        Knob("moles", "Moles", "Moles and freckles: 0 none … 1 dark", 0, 1, 0.05),
        Knob(
            "palsy",
            "Palsy",
            "Peripheral facial palsy of one side: 0 none … 1 complete; a scale of our own, no clinical grade",
            0,
            1,
            0.05,
        ),
        Knob(
            "synkinesis",
            "Synkinesis",
            "How far eye and mouth of the weak side move together: 0 not at all … 1 fully",
            0,
            1,
            0.05,
        ),
        Knob("glasses", "Glasses", "0 none, 0.2 a thin wire … 1 a heavy dark frame", 0, 1, 0.05),
        Knob("lens_tint", "Lens tint", "0 clear … 1 sunglasses that hide the eyes", 0, 1, 0.05),
        Knob(
            "mask",
            "Mask",
            "Surgical mask: 0 none … over chin and mouth … 1 up to the bridge of the nose",
            0,
            1,
            0.05,
        ),
        Knob("electrode_size", "Size", "Diameter of the electrodes, times their usual one", 0.5, 2, 0.05),
        Knob("tape", "Tape", "Strips of tape over the electrodes: 0 none … 1 full length", 0, 1, 0.05),
        Knob("wires", "Leads", "Leads of the electrodes: 0 none … 1 out of the picture", 0, 1, 0.05),
        Knob("light_strength", "Brightness", "All light, times the usual one", 0.3, 2, 0.05),
        Knob(
            "light_warmth",
            "Warmth",
            "Colour of the main light: −1 bluish as the sky, 0 white, 1 yellowish as a lamp",
            -1,
            1,
            0.05,
        ),
    )
}
MENUS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "hair_colour": ("Hair colour", "Hair turns grey with age", HAIR_COLOURS),
    "eye_colour": ("Eye colour", "Colour of the iris", EYE_COLOURS),
    "moles_side": ("Moles on", "The person's own side, or both", get_args(MolesSide)),
    "palsy_side": ("Weak side", "The person's own side", get_args(Side)),
    "palsy_parts": ("Parts", "At rest, in motion, or both", get_args(PalsyParts)),
    "background": ("Background", "What is behind the head", (*BACKGROUNDS, OTHER)),
    "electrodes": (
        "Electrodes",
        "Where electrodes for surface electromyography sit",
        (NO_ELECTRODES, *ELECTRODE_SCHEMES, OTHER),
    ),
}
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Gaze": ("gaze_yaw", "gaze_pitch"),
    "Hair and skin": (
        "hair_colour",
        "grey",
        "hair_length",
        "thinning",
        "facial_hair",
        "eye_colour",
        "moles",
        "moles_side",
    ),
    "Palsy": ("palsy", "palsy_side", "palsy_parts", "synkinesis"),
    "Worn": ("glasses", "lens_tint", "mask"),
    "Electrodes": ("electrodes", "electrode_size", "tape", "wires"),
    "Light and background": ("light_strength", "light_warmth", "background"),
}
WHITE = (1.0, 1.0, 1.0)


class MorePanel(widgets.VBox):
    """The sections that the button `fold` unfolds; they are made when it is pressed first.

    Parameters
    ----------
    bind
        Lets a control change the head.
    head
        Returns the head that is shown.
    first
        What comes before the sections.
    """

    def __init__(self, bind: Bind, head: Callable[[], Head], *first: widgets.Widget) -> None:
        super().__init__()
        self._bind, self._head, self._first = bind, head, first
        self.controls: dict[str, Any] = {}
        help_text = "Gaze, hair and skin, palsy, glasses and mask, electrodes, light and background"
        self.fold = widgets.ToggleButton(description="More", tooltip=help_text)
        self.fold.add_class("facelib-fold")
        self.sections = widgets.VBox(layout={"display": "none", "overflow": "visible"})
        self.sections.add_class("facelib-more")
        self.fold.observe(self._on_fold, "value")
        self.children = (self.sections,)
        self.layout.overflow = "visible"

    def follow(self) -> None:
        """Show the head. What means nothing on it is dimmed: tape without electrodes, say."""
        head = self._head()
        for field, control in self.controls.items():
            control.value = shown(head, field)
            control.disabled = field in PART_OF and not getattr(head, PART_OF[field])

    def _changed(self, field: str, value: Any) -> dict[str, Any]:
        return changed(self._head(), field, value)

    def _on_fold(self, event: Any) -> None:
        if not self.controls:
            self._unfold()
        self.sections.layout.display = "" if event["new"] else "none"

    def _unfold(self) -> None:
        """Make all controls, show the head in them, then let them change it."""
        for field in (field for fields in SECTIONS.values() for field in fields):
            self.controls[field] = KNOBS[field].slider() if field in KNOBS else menu(*MENUS[field])
        self.follow()
        for field, control in self.controls.items():
            self._bind(control, partial(self._changed, field))
        parts: list[widgets.Widget] = [*self._first]
        for title, fields in SECTIONS.items():
            parts += [widgets.HTML(f"<h3>{title}</h3>"), grid(*(self.controls[field] for field in fields))]
        self.sections.children = parts


def shown(head: Head, field: str) -> Any:
    """Return what the control of a field shows.

    >>> shown(Head(electrodes=("F1",)), "electrodes"), shown(Head(gaze=(3, 0)), "gaze_yaw")
    ('other', 3.0)
    """
    if field in {"gaze_yaw", "gaze_pitch"}:
        return head.gaze[field == "gaze_pitch"]
    if field == "light_strength":
        return Light.of(head.light).strength
    if field == "light_warmth":
        return warmth(Light.of(head.light))
    if field == "background":
        return head.background if isinstance(head.background, str) else OTHER
    if field == "electrodes":
        worn = head.electrode_names
        names = (name for name, scheme in ELECTRODE_SCHEMES.items() if scheme == worn)
        return next(names, OTHER) if worn else NO_ELECTRODES
    return head.greying if field == "grey" else getattr(head, field)


def changed(head: Head, field: str, value: Any) -> dict[str, Any]:
    """Return what of a head changes as the control of a field gets a value.

    >>> changed(Head(gaze=(3, 2)), "gaze_yaw", 5.0)
    {'gaze': (5.0, 2.0)}
    """
    if value == OTHER:
        return {}
    if field in {"gaze_yaw", "gaze_pitch"}:
        return {"gaze": (value, head.gaze[1]) if field == "gaze_yaw" else (head.gaze[0], value)}
    if field == "light_strength":
        return {"light": Light.of(head.light).replace(strength=value)}
    if field == "light_warmth":
        return {"light": Light.of(head.light).replace(colour=colour_of(value))}
    if field == "electrodes":
        return {"electrodes": () if value == NO_ELECTRODES else value}
    return {field: value}


def colour_of(warmth: float) -> tuple[float, ...]:
    """Return the colour of a key light: −1 that of the preset "cool", 0 white, 1 that of "warm"."""
    end = LIGHTS["warm" if warmth > 0 else "cool"].colour
    return tuple(white + (far - white) * abs(warmth) for white, far in zip(WHITE, end, strict=True))


def warmth(light: Light) -> float:
    """Return how warm a key light is, by its red and its blue; see `colour_of`.

    >>> round(warmth(Light(colour=colour_of(-0.4))), 9)
    -0.4
    """
    lead = light.colour[0] - light.colour[2]
    far = LIGHTS["warm" if lead > 0 else "cool"].colour
    return min(lead / abs(far[0] - far[2]), 1.0) if lead > 0 else max(lead / abs(far[0] - far[2]), -1.0)
