"""The question: which property of this face is changed, and which output is watched."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from facelib import interventions
from facelib.app.explorer import property_menu, thumbnails
from facelib.app.explorer.state import Explorer
from facelib.app.widgets.controls import Card, Quiet, folded, labelled, paragraphs
from facelib.app.widgets.pictured.chooser import Chooser
from facelib.classifiers import EMOTIONS
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
WATCHED = "The output that sentence, rows and maps are about"
NOT_OFFERED = "Another change is shown, as the one that was chosen can't be made now. {why}"
FEW = 3  # titles that stand in a line
OPEN = ""  # in menus, for an option that is left open: with None they would show nothing


class ChangePanel(Card):
    """Chooses the property that is changed, its options, and the output that is watched.

    Parameters
    ----------
    explorer
        The state that is changed.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Change")
        self.add_class("facelib-asks")
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
        self.withheld = widgets.HTML()
        self.withheld.add_class("facelib-hint")
        self._told_of: Face | Head | None = None
        self.label = labelled("Emotion", WATCHED, widgets.Dropdown(options=EMOTIONS))
        self._beside = widgets.HBox([*self.options.values()])
        self._beside.add_class("facelib-choice")
        self._beside.add_class("facelib-options")
        self._bind()
        self.follow()
        words = [widgets.HTML(f"<span>{text}</span>") for text in ("Make this face", "and watch")]
        self.question = widgets.HBox([words[0], self.menu, self._beside, words[1], self.label])
        self.question.add_class("facelib-question")
        self.fill(self.question, self.withheld)

    def _bind(self) -> None:
        on_choice = self.guarded(self._on_choice)
        for control in (self.menu, *self.options.values()):
            control.observe(on_choice, "value")
        self.label.observe(self.guarded(self._on_label), "value")
        self.explorer.observe(self.follow, ["scene", "label"])

    def ask(self, *beside: widgets.Widget) -> None:
        """Put something beside the question."""
        self.question.children = (*self.question.children, *beside)

    def follow(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        chosen = self.explorer.intervention
        with self._quiet:
            self.menu.groups = property_menu.groups()  # traits that stay as they are send nothing
            if self.explorer.face is not self._told_of:  # of a photograph it takes a third of a second
                self.menu.refused = property_menu.refused(self.explorer.face)
            self.menu.value, self.label.value = chosen.id, self.explorer.label
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

    def _on_label(self, _event: Any) -> None:
        with self.explorer.lock:
            if not self._quiet:
                self.explorer.label = self.label.value


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
