"""One-sided facial palsy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.interventions.intervention import Expected, OneSided, register


@register
@dataclass(frozen=True)
class Palsy(OneSided):
    """A peripheral facial palsy of one side grows from the face's own level to complete (our own scale).

    A head with a palsy of the other side raises `BadValueError`.
    """

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
        if head.palsy and head.palsy_side != self.side:
            msg = (
                f"A head has a palsy on one side only: this one has {head.palsy:g} on the {head.palsy_side}, "
                f"so none can grow on the {self.side}. Choose side={head.palsy_side!r} or a head without."
            )
            raise BadValueError(msg)
        return head.replace(palsy=head.palsy + (1 - head.palsy) * strength, palsy_side=self.side)
