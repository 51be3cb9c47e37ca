"""One-sided facial palsy, and the synkinesis that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

from facelib.editing.motion import FaceMotion, Units, by_side, joined
from facelib.faces import Head
from facelib.head.head import PalsyParts, Side
from facelib.head.palsy import weaken
from facelib.interventions.face_units import SHAPE_ONLY, OfFaceUnits
from facelib.interventions.intervention import (
    Expected,
    HeadIntervention,
    OneSided,
    along,
    check_choice,
    register,
)

_ONLY = {"both": "", "dynamic": ", in movement only", "resting": ", at rest only"}


@register
@dataclass(frozen=True)
class Palsy(OneSided, OfFaceUnits):
    """A peripheral facial palsy of one side grows from the face's own level to complete (our own scale).

    Heads with a palsy of the other side, or of other parts, are not accepted. Of photographs, what they show
    counts as healthy.

    Parameters
    ----------
    side
        The person's own "left" or "right".
    parts
        "dynamic": what moves, moves less. "resting": what sags at rest. "both". None: what `palsy_parts` of
        the head says, "both" unless it was set; of photographs, "both".
    """

    parts: PalsyParts | None = None

    id: ClassVar[str] = "palsy"
    title: ClassVar[str] = "one-sided palsy"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "One side moves less and droops at rest: brow, lid, cheek, corner of the mouth. Our own scale, "
        "not a clinical grading. Synkinesis is no part of it: it is a change of its own, offered once the "
        "head has a palsy."
        + SHAPE_ONLY
        + along(
            "activation",
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "estimated_age",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "a palsy of the {side} side grows"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parts is not None:
            check_choice("parts of a palsy", self.parts, get_args(PalsyParts))

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The two sides, and the parts."""
        return {"side": get_args(Side), "parts": get_args(PalsyParts)}

    @property
    def clause(self) -> str:
        """Sentence with side and parts filled in."""
        return super().clause + (_ONLY[self.parts] if self.parts else "")

    def lack(self, head: Head) -> str:
        """Say that a palsy which is there has another side, or other parts."""
        parts = self.parts or head.palsy_parts
        if head.palsy and head.palsy_side != self.side:
            return (
                f"A head has a palsy on one side only: this one has {head.palsy:g} on the {head.palsy_side}, "
                f"so none can grow on the {self.side}. Choose the {head.palsy_side} side, or a head without."
            )
        if head.palsy and head.palsy_parts != parts:
            return (
                f"A palsy keeps its parts as it grows: this head's has {head.palsy_parts!r}, not {parts!r}. "
                f"Choose {head.palsy_parts!r} for the parts, or a head without a palsy."
            )
        return ""

    def _edit(self, head: Head, strength: float) -> Head:
        parts = self.parts or head.palsy_parts
        grown = head.palsy + (1 - head.palsy) * strength
        return head.replace(palsy=grown, palsy_side=self.side, palsy_parts=parts)

    def units_of(self, motion: FaceMotion, strength: float) -> Units:
        """Return the units with a palsy as strong as `strength`: what they are counts as healthy."""
        rule = Head(palsy=strength, palsy_side=self.side, palsy_parts=self.parts or "both")
        sides, common = by_side(motion.units)
        weaken(rule, sides, common)
        return joined((sides, common))


@register
@dataclass(frozen=True)
class Synkinesis(HeadIntervention):
    """Synkinesis on the side of a palsy grows, from the head's own to the whole of it.

    The eye narrows as the mouth moves, the corner of the mouth pulls as the eye closes. What doesn't move
    brings nothing along: a head at rest stays as it is. Heads without a palsy are not accepted.
    """

    id: ClassVar[str] = "synkinesis"
    title: ClassVar[str] = "synkinesis after a palsy"
    group: ClassVar[str] = "Symmetry"
    description: ClassVar[str] = (
        "On the side of a palsy the eye narrows as the mouth moves, and the corner of the mouth pulls as the "
        "eye closes. Needs a palsy, and an expression that moves mouth or lids."
        + along("activation", "activation_left", "activation_asymmetry")
    )
    sentence: ClassVar[str] = "on the side of the palsy, eye and mouth move together"

    def lack(self, head: Head) -> str:
        """Say that a palsy is needed."""
        none = "Synkinesis comes after a palsy, and this head has none. Give it one first."
        return "" if head.palsy else none

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(synkinesis=head.synkinesis + (1 - head.synkinesis) * strength)
