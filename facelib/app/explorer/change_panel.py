"""The Change panel: which property is changed, and how far."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets

from facelib import interventions
from facelib.app.explorer import property_menu, thumbnails
from facelib.app.explorer.state import STEPS, Explorer
from facelib.app.widgets.controls import Card, Quiet, folded, labelled, paragraphs
from facelib.app.widgets.pictured.chooser import Chooser
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.interventions import INTERVENTIONS, HeadIntervention, Intervention

OPTIONS = {
    "side": ("Side", "The person's own side", ""),
    "parts": ("Parts", "What the palsy does: at rest, as the face moves, or both", "as on the face"),
    "scheme": ("Scheme", "Where the electrodes sit", ""),
    "order": ("Order", "The scheme's order, or another random one for every face", ""),
    "keep": ("Keep", "Which half stays, or both, which meet in the middle", ""),
    "part": ("Part", "What is added: shape, colour, or both", ""),
    "to": ("Toward", "Where the change leads at strength 1", "whatever is farther"),
}
"""Title and help text of every option that takes a word, and what it is called if it is left open."""
OWN_SIDE = "Left and right are the person's own: their left is on the right of the picture."
NOT_OFFERED = "Another change is shown, as the one that was chosen can't be made now. {why}"
WAITS = "It can be played once every strength is computed."
FEW = 3  # titles that stand in a line
OPEN = ""  # in menus, for an option that is left open: with None they would show nothing


class ChangePanel(Card):
    """Chooses the property and the strength; `slider` is the strength, in steps of the sweep.

    Parameters
    ----------
    explorer
        The state that is changed.
    apart
        Leave out the strength: the page shows it beside the pictures.
    """

    def __init__(self, explorer: Explorer, *, apart: bool = False) -> None:
        super().__init__("Change")
        self.add_class("facelib-change")
        self.explorer = explorer
        self._quiet = Quiet()
        pictures = thumbnails.sheet("changes")
        self.menu = Chooser(
            "Property",
            "What is changed; nothing else is set anew. Type to search",
            sheet=pictures.content,
            grid=pictures.grid,
        )
        self.options = {
            name: labelled(title, help_text, widgets.Dropdown())
            for name, (title, help_text, _) in OPTIONS.items()
        }
        self.hint = widgets.HTML()
        self.hint.add_class("facelib-hint")
        self.withheld = widgets.HTML()
        self.withheld.add_class("facelib-hint")
        self._told_of: Face | Head | None = None
        self.what = widgets.HTML()
        self.what.add_class("facelib-what")
        self.slider = widgets.IntSlider(min=0, max=STEPS - 1, readout=False)
        self.slider.add_class("facelib-strength")
        self.play = widgets.Play(min=0, max=STEPS - 1, interval=120, show_repeat=False)
        widgets.jslink((self.play, "value"), (self.slider, "value"))
        self._beside = widgets.HBox([*self.options.values()])
        self._beside.add_class("facelib-choice")
        self._beside.add_class("facelib-options")
        self._bind()
        self.follow()
        self._on_shown()
        help_text = "0: the face unchanged … 1: the whole change"
        self.strength = widgets.HBox([labelled("Strength", help_text, self.slider), self.play])
        choice = widgets.HBox([self.menu, self._beside])
        choice.add_class("facelib-choice")
        choice.add_class("facelib-with-options")
        self.strength.add_class("facelib-choice")
        self.fill(choice, *([] if apart else [self.strength]), self.hint, self.withheld)

    def _bind(self) -> None:
        on_choice = self.guarded(self._on_choice)
        for control in (self.menu, *self.options.values()):
            control.observe(on_choice, "value")
        self.slider.observe(self.guarded(self._on_slider), "value")
        self.explorer.observe(self._on_step, "step")
        self.explorer.observe(self.follow, "scene")
        self.explorer.observe(self._on_shown, ["shown", "problem"])
        self.explorer.observe(self._on_reset, "resets")

    def follow(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        chosen = self.explorer.intervention
        with self._quiet:
            self.menu.groups = property_menu.groups()  # traits that stay as they are send nothing
            if self.explorer.face is not self._told_of:  # of a photograph it takes a third of a second
                self.menu.refused = property_menu.refused(self.explorer.face)
            self.menu.value = chosen.id
            for name, control in self.options.items():
                has = has_choice(chosen, name, self.explorer.face)
                control.layout.display = "" if has else "none"
                if has:
                    offered = words_of(chosen, name)
                    if list(control.options) != offered:
                        control.options = offered
                    control.value = _entry(chosen, name)
            shown = any(control.layout.display != "none" for control in self.options.values())
            self._beside.layout.display = "" if shown else "none"
        side = self.options["side"].layout.display != "none"
        self.hint.value = f"{chosen.description} {OWN_SIDE}" if side else chosen.description
        words = f"{chosen.title}, {self.options['side'].value} side" if side else chosen.title
        self.what.value = f"<h2>{html.escape(words)}</h2>"
        if self.explorer.face is not self._told_of:
            face = self._told_of = self.explorer.face
            self.withheld.value = (
                "" if isinstance(face, Head) else unfit_html(face, self.explorer.replaced) + withheld_html()
            )

    def _on_choice(self, _event: Any) -> None:
        with self.explorer.lock:
            if self._quiet:
                return
            self._check()
            found, shown = INTERVENTIONS[self.menu.value], self.explorer.intervention
            if found.id == shown.id:
                given = {name: self.options[name].value for name in found.choices}
                chosen = {name: None if value == OPEN else value for name, value in given.items()}
                self.explorer.choose(interventions.get(shown, **chosen))
            else:
                same_side = {"side": shown.side} if "side" in found.choices and hasattr(shown, "side") else {}
                made = interventions.get(found, **same_side)
                self.explorer.choose(made.fitted(self.explorer.face) or made)

    def _check(self) -> None:
        """Refuse what the menu doesn't offer: the face may have changed while it was open."""
        if self.menu.value not in {name for _, name in self.menu.options}:
            why = self.menu.refused.get(self.menu.value, "")
            self.follow()
            raise BadValueError(NOT_OFFERED.format(why=why).strip())

    def _on_slider(self, event: Any) -> None:
        with self.explorer.lock:
            if not self._quiet:
                self.explorer.step = event["new"]

    def _on_shown(self, _change: object = None) -> None:
        """Let the strengths be played once all of them are there."""
        waits = self.explorer.computes and self.explorer.result is None and not self.explorer.problem
        self.play.playing = self.play.playing and not waits
        self.play.disabled, self.play.tooltip = waits, WAITS if waits else ""

    def _on_reset(self, _change: object) -> None:
        self.play.playing = False

    def _on_step(self, event: Any) -> None:
        with self._quiet:
            self.slider.value = event["new"]


def withheld_html() -> str:
    """Return which changes of heads aren't made on photographs, and why, as HTML that opens with a click."""
    items = interventions.withheld()
    titles = ", ".join(item.title for item in items)
    only = (item for item in interventions.ordered() if item.on == HeadIntervention.on)
    own = [item.title for item in only if not (item.placebo or item.withheld or item.holds_fixed)]
    more = f"On parametric faces only: {', '.join(own)}."
    return folded(f"Not on photographs: {titles}, and more", *(item.withheld for item in items), more)


def unfit_html(face: Face, replaced: Intervention | None = None) -> str:
    """Return which changes of photographs this one does not allow, with reasons, as HTML.

    `replaced` is what was chosen on the last face.
    """
    reasons: dict[str, list[str]] = {}
    for item in interventions.ordered():
        if item.on != HeadIntervention.on and not item.placebo and item.fitted(face) is None:
            reasons.setdefault(item.meant_for(face).why_not(face), []).append(item.title)
    lost = []
    if replaced is not None:
        why = replaced.meant_for(face).why_not(face)
        lost = [f"Another change is shown, as this picture doesn't allow {replaced.title}. {why}"]
    titles = [title for own in reasons.values() for title in own]
    words = ", ".join(titles) if len(titles) <= FEW else f"{len(titles)} changes"
    each = (f"{', '.join(own)}: {why}" for why, own in reasons.items())
    return paragraphs(*lost) + folded(f"Not on this picture: {words}", *each)


def has_choice(chosen: Intervention, option: str, face: Face | Head) -> bool:
    """Tell whether an option has a word for this face besides the one that it has."""
    words = chosen.choices.get(option, ())
    own = getattr(chosen, option, None)
    others = (interventions.get(chosen, **{option: word}) for word in words if word != own)
    return any(other.accepts(face) for other in others)


def words_of(chosen: Intervention, option: str) -> list[tuple[str, Any]]:
    """Return what an option can be set to, as a menu shows it; a value of its own comes first.

    >>> words_of(interventions.get("age", to=70), "to")
    [('70', 70.0), ('whatever is farther', ''), ('younger', 'younger'), ('older', 'older')]
    """
    words: list[tuple[str, Any]] = [(word, word) for word in chosen.choices[option]]
    if getattr(INTERVENTIONS[chosen.id], option) is None:
        words.insert(0, (OPTIONS[option][2], OPEN))
    value = _entry(chosen, option)
    if value not in [known for _, known in words]:
        words.insert(0, (f"{value:g}" if isinstance(value, float) else str(value), value))
    return words


def _entry(chosen: Intervention, option: str) -> Any:
    """Return what the menu of an option holds."""
    value = getattr(chosen, option)
    return OPEN if value is None else value
