"""One-sided facial palsy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head
from facelib.interventions.expression import Side
from facelib.interventions.intervention import Expected, HeadIntervention, register


@register
@dataclass(frozen=True)
class Palsy(HeadIntervention):
    """A peripheral facial palsy of one side grows from the face's own level to complete (our own scale)."""

    side: Side = "left"

    id: ClassVar[str] = "palsy"
    title: ClassVar[str] = "one-sided palsy"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "One side moves less and droops at rest: brow, lid, cheek, corner of the mouth. Our own scale, "
        "not a clinical grading."
    )
    sentence: ClassVar[str] = "a palsy of the {side} side grows"

    def _edit(self, head: Head, strength: float) -> Head:
        start = head.palsy if head.palsy_side == self.side else 0.0
        return head.replace(palsy=start + (1 - start) * strength, palsy_side=self.side)
