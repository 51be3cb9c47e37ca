"""The Change panel: which property is changed, how far, and what was measured."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from facelib import interventions, properties
from facelib.app.controls import Quiet, card, grid, labelled
from facelib.app.guard import MessageArea, guarded
from facelib.app.livetable import LiveTable
from facelib.app.state import STEPS, Explorer
from facelib.faces import ELECTRODE_SCHEMES
from facelib.interventions import INTERVENTIONS, Intervention

OPTIONS = {
    "side": ("Side", "The person's own side", ("left", "right")),
    "scheme": ("Scheme", "Where the electrodes sit", tuple(ELECTRODE_SCHEMES)),
}
MEASURED_COLUMNS = (
    {"title": "property", "align": "left"},
    {"title": "now", "align": "right"},
    {"title": "unchanged", "align": "right"},
)
SHOWN = ("symmetry", "age", "gender", "skin_tone", "electrodes", "brightness")


def change_panel(explorer: Explorer) -> tuple[widgets.Widget, widgets.IntSlider]:
    """Return the panel, and its strength slider so that the page can link what follows it in the browser."""
    messages, quiet = MessageArea(), Quiet()
    menu = widgets.Dropdown()
    options = {
        name: widgets.Dropdown(options=list(values)) for name, (_title, _help, values) in OPTIONS.items()
    }
    slider = widgets.IntSlider(min=0, max=STEPS - 1, readout=False)
    slider.add_class("facelib-strength")
    play = widgets.Play(min=0, max=STEPS - 1, interval=120, show_repeat=False)
    widgets.jslink((play, "value"), (slider, "value"))
    readout = LiveTable(caption="Measured")
    hint = widgets.HTML()

    def follow(_change: object = None) -> None:
        chosen = explorer.intervention
        with quiet:
            menu.options = _menu(explorer)
            menu.value = chosen.id
            for name, control in options.items():
                has = hasattr(chosen, name)
                control.layout.display = "" if has else "none"
                if has:
                    control.value = getattr(chosen, name)
        hint.value = chosen.description

    @guarded(messages)
    def on_choice(_event: Any) -> None:
        if quiet:
            return
        with explorer.lock:
            found = INTERVENTIONS[menu.value]
            given = {name: control.value for name, control in options.items() if hasattr(found, name)}
            explorer.choose(interventions.get(menu.value, **given))

    @guarded(messages)
    def on_slider(event: Any) -> None:
        if not quiet:
            explorer.step = event["new"]

    def on_step(event: Any) -> None:
        with quiet:
            slider.value = event["new"]

    def measured(_change: object = None) -> None:
        readout.show(MEASURED_COLUMNS, _measured(explorer))

    menu.observe(on_choice, "value")
    for control in options.values():
        control.observe(on_choice, "value")
    slider.observe(on_slider, "value")
    explorer.observe(on_step, "step")
    explorer.observe(follow, "scene")
    explorer.observe(measured, ["result", "snapshot"])
    follow()
    panel = card(
        "Change",
        labelled("Property", "What is changed; everything else stays fixed", menu),
        grid(*(labelled(OPTIONS[name][0], OPTIONS[name][1], options[name]) for name in options)),
        hint,
        widgets.HBox([play, labelled("Strength", "0 the face unchanged … 1 the whole change", slider)]),
        readout,
        messages,
    )
    panel.readout = readout
    return panel, slider


def _menu(explorer: Explorer) -> list[tuple[str, str]]:
    """Real properties first, then the harmless reference changes."""
    usable: list[Intervention] = [
        INTERVENTIONS[name] for name in INTERVENTIONS if INTERVENTIONS[name].accepts(explorer.face)
    ]
    usable.sort(key=lambda item: item.placebo)
    return [(f"{item.group} · {item.title}", item.id) for item in usable]


def _measured(explorer: Explorer) -> list[list[Any]]:
    """One row a property that can be told: its value now, and in the unchanged face."""
    if explorer.result is not None:
        table = explorer.result.sweep.properties
    elif explorer.snapshot is not None:
        faces = explorer.snapshot.frames.faces
        table = properties.measure([faces[0], *[faces[-1]] * (STEPS - 1)], SHOWN)
    else:
        return []
    rows: list[list[Any]] = []
    for name in SHOWN:
        if name in table and table[name].notna().all():
            values = [f"{value:.2f}" for value in table[name]]
            rows.append([name.replace("_", " "), {"series": values}, values[0]])
    return rows
