"""One-sided facial palsy in face units: weaker movement, sagging at rest, synkinesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facelib.head.head import Head

Side = dict[str, float]

_SAG = {  # at rest, by a complete palsy
    "mouthFrown": 0.4,
    "browOuterUp": -0.45,
    "browInnerUp": -0.35,
    "eyeWide": 0.3,
    "mouthSmile": -0.12,
}
_EYE_LEFT = 0.3  # share of the blink that a complete palsy leaves: the lid falls by its weight
_DRAWN, _DRAWN_MOVING = 0.18, 0.25  # how far the healthy side draws the mouth over, at rest and in movement
_FIRST_LEVEL = 0.2  # palsy from which on synkinesis shows whole
_FROM_MOUTH = {"eyeBlink": 0.28, "eyeSquint": 0.5}  # what a moving mouth brings along, at synkinesis 1
_FROM_EYE = {"mouthSmile": 0.4, "mouthStretch": 0.3, "mouthDimple": 0.3}  # and what a closing eye does


@dataclass(frozen=True)
class PalsyLevel:
    """One step of our own scale of a one-sided palsy. It grades pictures, not patients.

    Parameters
    ----------
    level
        0 … 5.
    name
        One word.
    palsy
        The value of `Head.palsy`: level / 5.
    movement
        Share of every movement that the weak side has left; the eye closes better than that.
    drop
        How far the corner of the mouth hangs at rest, mm; the outer end of the brow hangs by .4 of it.
    open_eye
        Share of the resting opening that stays open as the eyes close, on average over adults.
    looks
        Its visible signs, in words.
    """

    level: int
    name: str
    palsy: float
    movement: float
    drop: float
    open_eye: float
    looks: str


PALSY_LEVELS: tuple[PalsyLevel, ...] = (
    PalsyLevel(0, "none", 0.0, 1.0, 0.0, 0.0, "both sides alike"),
    PalsyLevel(1, "slight", 0.2, 0.8, 0.7, 0.0, "seen on a close look, and as the face moves"),
    PalsyLevel(2, "mild", 0.4, 0.6, 1.5, 0.1, "smile and forehead uneven, the lids hardly meet"),
    PalsyLevel(
        3, "moderate", 0.6, 0.4, 2.2, 0.29, "uneven at rest: brow and mouth hang; the lids leave a slit"
    ),
    PalsyLevel(4, "severe", 0.8, 0.2, 2.9, 0.51, "little movement, fold beside the nose flat, eye half open"),
    PalsyLevel(5, "complete", 1.0, 0.0, 3.6, 0.73, "no movement, mouth drawn over, the eye hardly closes"),
)
"""Our own scale of a one-sided palsy with all its parts, for labels and help texts.

Not House-Brackmann and no clinical grading. The millimetres and shares are measured on rendered adults.
"""


def weaken(head: Head, sides: Mapping[str, Side], common: Side) -> None:
    """Apply the palsy of a head to the activations of its face units, in place (see `Head.palsy`).

    Parameters
    ----------
    sides
        Units without "Left" or "Right", on the person's "left" and "right" side, to their activation.
    common
        Those that move both sides as one.
    """
    level = head.palsy
    weak = sides[head.palsy_side]
    healthy = sides["right" if head.palsy_side == "left" else "left"]
    activity = max(healthy[name] for name in ("mouthSmile", "mouthStretch", "mouthUpperUp", "mouthFrown"))
    drawn = 0.0
    if head.palsy_parts != "resting":
        drawn += _DRAWN_MOVING * activity
        for name in weak:
            if not name.startswith("eyeLook"):  # the eye's own muscles have other nerves
                weak[name] *= 1 - (1 - _EYE_LEFT if name == "eyeBlink" else 1.0) * level
    if head.palsy_parts != "dynamic":
        drawn += _DRAWN
        for name, sag in _SAG.items():
            weak[name] += sag * level
    common["mouthRight" if head.palsy_side == "left" else "mouthLeft"] += level * drawn
    for name, amount in brought_along(head).items():
        weak[name] = min(weak[name] + amount, 1.0)


def brought_along(head: Head) -> Side:
    """Return the activation that synkinesis adds to units of the weak side, by unit without side.

    In proportion to what is meant, whatever the palsy leaves of it; whole from the first level on.
    """
    if not (head.palsy and head.synkinesis):
        return {}
    side = ("left", "right").index(head.palsy_side)
    ending = head.palsy_side.capitalize()
    meant = {name: head.units[f"{name}{ending}"][side] for name in ("mouthSmile", "mouthStretch", "eyeBlink")}
    meant["mouthPucker"] = head.units["mouthPucker"][side]
    share = head.synkinesis * min(head.palsy / _FIRST_LEVEL, 1.0)
    return {name: share * amount for name, amount in synkinesis(meant).items()}


def synkinesis(meant: Mapping[str, float]) -> Side:
    """Return the synkinetic activations of one side, at a synkinesis of 1.

    Our choice: as the mouth smiles, puckers or stretches, the eye narrows; as the eye blinks, the corner of
    the mouth is pulled out and up; both in proportion.

    Examples
    --------
    >>> synkinesis({"eyeBlink": 0.5, "mouthSmile": 0.0, "mouthPucker": 0.0, "mouthStretch": 0.0})
    {'eyeBlink': 0.0, 'eyeSquint': 0.0, 'mouthSmile': 0.2, 'mouthStretch': 0.15, 'mouthDimple': 0.15}
    """
    mouth = max(meant["mouthSmile"], meant["mouthPucker"], meant["mouthStretch"])
    eye = meant["eyeBlink"]
    return {name: mouth * amount for name, amount in _FROM_MOUTH.items()} | {
        name: eye * amount for name, amount in _FROM_EYE.items()
    }
