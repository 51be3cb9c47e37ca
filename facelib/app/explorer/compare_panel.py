"""Compare: a scene is pinned and stands beside the one that is shown, with the difference of what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.explorer.state import Explorer, Result, Scene
from facelib.app.live import Live
from facelib.app.widgets.controls import Card, button, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.errors import FacelibError
from facelib.faces import Face, Head
from facelib.reports.live import frames_of, rounded
from facelib.stats.effects.equivalence import NO_FALL
from facelib.studies import Sweep
from facelib.studies.sweeps.comparison import compare_networks
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.wording import shown_name, signed

ASK: Final = (
    "Pin what is shown now, then change the face, the property or the classifier: both stand side by side, "
    "and both follow the strength."
)
WAITS: Final = "The other strengths are still being computed; pin it in a moment."
SAME: Final = "Nothing differs yet: change the face, the property, the emotion or the classifier."
COMING: Final = "What is shown now is being computed."
SCALE: Final = (
    "Strengths of two different changes are on no common scale: compare whole changes, from 0 to 1, not "
    "single strengths."
)
NETWORKS: Final = (
    "Face and change are the same; the networks differ: change of the one that is chosen now minus change of "
    "the pinned one, for the same shaken copies."
)
MEANING: Final = (
    "Difference: change now minus change pinned. The verdict says whether 90 % of copies of both pictures, "
    f"shaken alike, differ by more than {DELTA:.2f}, or by less. It is about these pictures, not people."
)
MARKS: Final = {
    "differ": "verdict-changes",
    "do not differ": "verdict-unchanged",
    NO_FALL: "verdict-unclear",
    "cannot tell": "verdict-unclear",
}
WORDS: Final = {NO_FALL: "hardly read: too little to lose"}
COLUMNS: Final = (
    {"title": "classifier", "align": "left"},
    {
        "title": "pinned, 0\u00a0to\u00a01",
        "align": "right",
        "help": "Change of the pinned scene, strength 0 to 1",
    },
    {
        "title": "now, 0\u00a0to\u00a01",
        "align": "right",
        "help": "Change of what is shown now, strength 0 to 1",
    },
    {"title": "difference", "align": "right", "help": "Now minus pinned"},
    {"title": "verdict", "align": "left", "help": MEANING},
)


@dataclass(frozen=True)
class Pinned:
    """A scene as it was pinned, what was found of it, and which network was looked at."""

    scene: Scene
    result: Result
    classifier: str
    label: str


class ComparePanel(Card):
    """Pins a scene: the live picture shows it beside the one that is there now; this says how they differ.

    Parameters
    ----------
    explorer
        The state that is shown.
    live
        The live picture above.
    """

    def __init__(self, explorer: Explorer, live: Live) -> None:
        super().__init__("Compare")
        self.add_class("facelib-compare")
        self.explorer, self.live = explorer, live
        self.pinned: Pinned | None = None
        self._known: tuple[object, ...] = ()  # what is shown: placebos that come in change nothing here
        self.hint = widgets.HTML()
        self.hint.add_class("facelib-hint")
        self.buttons = {
            "pin": button("Pin this scene", "Keep what is shown now beside what you choose next"),
            "swap": button("Swap", "Show the pinned scene, and pin what is shown now"),
            "unpin": button("Unpin", "Show one scene only"),
        }
        self.table = LiveTable()
        for name, act in (("pin", self.keep), ("swap", self.exchange), ("unpin", self.release)):
            self.buttons[name].on_click(self.guarded(lambda _button, act=act: act()))
        explorer.observe(self.guarded(self._follow), ["shown", "label", "classifier"])
        self.fill(widgets.HBox([*self.buttons.values()]), self.hint, self.table)
        self._follow()

    def keep(self) -> None:
        """Pin the scene that is shown.

        Raises
        ------
        FacelibError
            It isn't computed yet.
        """
        with self.explorer.lock:
            explorer, result = self.explorer, self.explorer.result
            if result is None:
                raise FacelibError(WAITS)
            self.pinned = Pinned(explorer.scene, result, explorer.classifier, explorer.label)
            self.live.pin(pinned_data(result.sweep))
            self._follow()

    def release(self) -> None:
        """Take the pinned scene away."""
        with self.explorer.lock:
            self.pinned = None
            self.live.pin(None)
            self._follow()

    def exchange(self) -> None:
        """Show the pinned scene and pin the one that was shown."""
        with self.explorer.lock:
            before, explorer = self.pinned, self.explorer
            if before is None:
                return
            self.keep()
            face = before.scene.face
            head = face if isinstance(face, Head) else explorer.last_head
            explorer.remember(before.scene, before.result)
            shown = {"classifier": before.classifier, "label": before.label, "cam": explorer.cam}
            explorer.restore(before.scene, head, undoable=True, step=explorer.step, **shown)

    def _follow(self, _change: object = None) -> None:
        pinned, result, now = self.pinned, self.explorer.result, self.explorer
        self.buttons["pin"].disabled = self.buttons["swap"].disabled = result is None
        self.buttons["pin"].description = "Pin this scene" if pinned is None else "Pin this instead"
        for name in ("swap", "unpin"):
            self.buttons[name].layout.display = "none" if pinned is None else ""
        known = (id(pinned), id(result.sweep) if result else 0, now.label, now.classifier)
        if known == self._known:
            return
        self._known = known
        if pinned is None:
            self.hint.value = paragraphs(ASK)
            self.table.layout.display = "none"
            return
        self.table.layout.display = ""
        self._numbers(pinned, result)

    def _numbers(self, pinned: Pinned, result: Result | None) -> None:
        now, label = self.explorer, self.explorer.label
        titles = [titled("Pinned", pinned.scene), titled("Now", now.scene)]
        if result is None:
            self.table.show(COLUMNS, [], COMING)
            self.hint.value = paragraphs(*titles)
            return
        sweep, networks = result.sweep, (pinned.classifier, now.classifier)
        same = bool(pinned.scene.key == now.scene.key)
        two = same and networks[0] != networks[1] and all(name in sweep.readings for name in networks)
        found = (
            compare_networks(sweep, *networks, label, delta=DELTA)
            if two
            else pinned.result.sweep.compared_with(sweep, label)
        )
        cells = [
            [
                ", then ".join(map(shown_name, networks)) if two else shown_name(row["classifier"]),
                signed(row["change_first"]),
                signed(row["change_second"]),
                signed(row["difference"]),
                {
                    "text": WORDS.get(row["verdict"], row["verdict"])
                    + (f" ({_ends(row)})" if row["verdict"] == "cannot tell" else ""),  # why it can't
                    "mark": MARKS[row["verdict"]],
                    "help": f"90 % of copies shaken alike: {_ends(row)}",
                },
            ]
            for row in found.to_dict("records")
        ]
        self.table.show(COLUMNS, cells, f"What each change does to the probability of {label}")
        other = pinned.scene.intervention != now.intervention
        notes = [NETWORKS if two else SAME if same else MEANING, *([SCALE] if other else [])]
        self.hint.value = paragraphs(*titles, *notes)


def pinned_data(sweep: Sweep) -> dict[str, Any]:
    """Return what the live picture shows of a pinned sweep: pictures, amounts, and the curves by label."""
    about = frames_of(sweep)
    labels = {label for one in sweep.readings.values() for label in one.classifier.classes}
    curves = {
        label: [rounded(sweep.series(name, label)) for name in sweep.classifiers] for label in sorted(labels)
    }
    return {name: about[name] for name in ("frames", "amounts", "alt")} | {"curves": curves}


def titled(word: str, scene: Scene) -> str:
    """Say which scene is meant."""
    change = scene.intervention
    own = getattr(change, "side", None)
    side = f", {own} side" if own else ""
    return f"{word}: {face_words(scene.face)}; {change.title}{side}."


def face_words(face: Face | Head) -> str:
    """Name a face in a few words.

    >>> face_words(Head(age=70, expression="sad", seed=3))
    'person 3, 70 years, sad'
    """
    if not isinstance(face, Head):
        return "photograph"
    expression = face.expression if isinstance(face.expression, str) else "own expression"
    return f"person {face.seed}, {face.age:.0f} years, {expression}"


def _ends(row: Mapping[Any, Any]) -> str:
    return f"{signed(row['low'])} … {signed(row['high'])}"
