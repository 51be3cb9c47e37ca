"""The Face panel: who is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np

from facelib.app.controls import Quiet, button, card, grid, labelled
from facelib.app.guard import MessageArea, guarded
from facelib.app.state import FIRST_HEAD, Explorer
from facelib.classifiers import EMOTIONS
from facelib.faces import HAIR, LIGHTS, Head, sample_heads, sample_photograph

ANCESTRIES = {
    "European": (("european", 1.0),),
    "African": (("african", 1.0),),
    "Asian": (("asian", 1.0),),
    "mixed": (("african", 1 / 3), ("asian", 1 / 3), ("european", 1 / 3)),
}


@dataclass(frozen=True)
class Knob:
    """A slider for a number of the head."""

    field: str
    title: str
    help: str
    low: float
    high: float
    step: float
    format: str = ".2f"


KNOBS = {
    "Person": (
        Knob("age", "Age", "Years", 18, 90, 1, ".0f"),
        Knob("gender", "Gender", "Shape: 0 the female morph, 1 the male morph", 0, 1, 0.05),
        Knob("skin_tone", "Skin tone", "0 light … 1 dark, linear in the individual typology angle", 0, 1, 0.05),
        Knob("asymmetry", "Asymmetry", "Asymmetric shape of the resting face: 0 none … 1 strong", 0, 1, 0.05),
    ),
    "Expression": (Knob("intensity", "Intensity", "0 neutral … 1 the whole expression", 0, 1, 0.05),),
}
POSE = (
    Knob("yaw", "Turn", "Degrees; positive: toward the person's left", -45, 45, 1, ".0f"),
    Knob("pitch", "Nod", "Degrees; positive: up", -30, 30, 1, ".0f"),
)


def face_panel(explorer: Explorer) -> widgets.Widget:
    """Return the panel that chooses the face: parametric, or the sample photograph."""
    messages, quiet = MessageArea(), Quiet()
    source = widgets.ToggleButtons(
        options=[("Parametric face", "head"), ("Photograph", "photograph")],
        tooltips=["A rendered head: every property can be changed alone", "The sample: NASA, public domain"],
        style={"button_width": "auto"},
    )
    sliders = {knob.field: _slider(knob) for knobs in KNOBS.values() for knob in knobs}
    pose = {knob.field: _slider(knob) for knob in POSE}
    menus = {
        "expression": widgets.Dropdown(options=list(EMOTIONS)),
        "ancestry": widgets.Dropdown(options=[*ANCESTRIES, "other"]),
        "hair": widgets.Dropdown(options=list(HAIR)),
        "light": widgets.Dropdown(options=[*LIGHTS, "other"]),
    }
    seed = widgets.BoundedIntText(min=0, max=999_999)
    dice = button("Random", "Another person: age, gender, tone, hair and shape at random", "random")
    back = button("Undo", "Go back one change of face or property", "undo")
    home = button("Reset", "The face that the page opened with", "home")

    def follow(_change: object = None) -> None:
        """Show what the explorer holds."""
        head = explorer.last_head
        with quiet:
            source.value = "head" if isinstance(explorer.face, Head) else "photograph"
            for field, slider in sliders.items():
                slider.value = getattr(head, field)
            pose["yaw"].value, pose["pitch"].value = head.pose[:2]
            menus["expression"].value = head.expression if head.expression in EMOTIONS else "neutral"
            menus["ancestry"].value = _name_of(head)
            menus["hair"].value = head.hair
            menus["light"].value = head.light if head.light in LIGHTS else "other"
            seed.value = head.seed
        back.disabled = not explorer.can_undo
        controls.layout.display = "" if isinstance(explorer.face, Head) else "none"
        credit.layout.display = "none" if isinstance(explorer.face, Head) else ""

    def bind(widget: Any, change: Any) -> None:
        @guarded(messages)
        def on_value(event: Any) -> None:
            if quiet:
                return
            with explorer.lock:
                changes = change(event["new"])
                if changes:
                    explorer.edit(**changes)

        widget.observe(on_value, "value")

    for field, slider in sliders.items():
        bind(slider, lambda value, field=field: {field: value})
    for slider in pose.values():
        bind(slider, lambda _: {"pose": (pose["yaw"].value, pose["pitch"].value, explorer.last_head.pose[2])})
    bind(menus["expression"], lambda value: {"expression": value})
    bind(menus["ancestry"], lambda value: {"ancestry": ANCESTRIES[value]} if value in ANCESTRIES else {})
    bind(menus["hair"], lambda value: {"hair": value})
    bind(menus["light"], lambda value: {"light": value} if value in LIGHTS else {})
    bind(seed, lambda value: {"seed": value})

    @guarded(messages)
    def on_source(event: Any) -> None:
        if not quiet:
            explorer.show(explorer.last_head if event["new"] == "head" else sample_photograph())

    @guarded(messages)
    def on_random(_button: object) -> None:
        head = sample_heads(1, seed=int(np.random.default_rng().integers(1_000_000)))[0]
        explorer.show(head.replace(expression=explorer.last_head.expression, pose=(0.0, 0.0, 0.0), light="studio"))

    source.observe(on_source, "value")
    dice.on_click(on_random)
    back.on_click(guarded(messages)(lambda _button: explorer.undo()))
    home.on_click(guarded(messages)(lambda _button: explorer.show(FIRST_HEAD)))

    credit = widgets.HTML("Portrait of the astronaut Eileen Collins. NASA, public domain.")
    controls = widgets.VBox(
        [
            grid(
                labelled("Expression", "What the face shows", menus["expression"]),
                *(labelled(knob.title, knob.help, sliders[knob.field]) for knob in KNOBS["Expression"]),
                *(labelled(knob.title, knob.help, sliders[knob.field]) for knob in KNOBS["Person"]),
                labelled("Ancestry", "Shape morphs, not a claim about groups", menus["ancestry"]),
                labelled("Hair", "Hair style", menus["hair"]),
                labelled("Light", "Where the light comes from", menus["light"]),
                *(labelled(knob.title, knob.help, pose[knob.field]) for knob in POSE),
                labelled("Person no.", "Seed of the shape of the face and of the marks on the skin", seed),
            )
        ]
    )
    explorer.observe(follow, "scene")
    follow()
    return card("Face", source, controls, credit, grid(dice, back, home, columns=3), messages)


def _slider(knob: Knob) -> widgets.FloatSlider:
    return widgets.FloatSlider(
        min=knob.low,
        max=knob.high,
        step=knob.step,
        value=min(max(0.0, knob.low), knob.high),
        readout_format=knob.format,
    )


def _name_of(head: Head) -> str:
    ancestry = {key: value for key, value in head.ancestry if value > 1e-6}
    for name, parts in ANCESTRIES.items():
        if ancestry.keys() == dict(parts).keys() and np.allclose(
            [ancestry[key] for key in ancestry], [dict(parts)[key] for key in ancestry]
        ):
            return name
    return "other"
