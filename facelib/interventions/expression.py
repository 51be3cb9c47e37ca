"""Weaker expressions: on one side, on both sides with the same total, and altogether."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head
from facelib.interventions.intervention import Expected, HeadIntervention, OneSided, register


@register
@dataclass(frozen=True)
class AsymmetricExpression(OneSided):
    """One side of the face shows 1 − strength of its expression, the other side all of it.

    Our instantiation of the symmetry intervention of "Facing Asymmetry". `side` is the person's own.
    """

    id: ClassVar[str] = "asymmetric_expression"
    title: ClassVar[str] = "one side weaker"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "The expression of one half of the face weakens step by step; identity, pose and light stay fixed. "
        "The sharpness of the picture falls a little."
    )
    sentence: ClassVar[str] = "the {side} side weakens"

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(**{self.side: getattr(head, self.side) * (1 - strength)})


@register
@dataclass(frozen=True)
class WeakerExpression(HeadIntervention):
    """Both sides show 1 − strength/2: the same total activation as the one-sided change, but symmetric.

    The control of `AsymmetricExpression`: one-sided (1, s) against ((1 + s)/2, (1 + s)/2).
    """

    id: ClassVar[str] = "weaker_expression"
    title: ClassVar[str] = "both sides weaker (control)"
    group: ClassVar[str] = "Symmetry"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "Both halves weaken equally, with the same total activation as the one-sided change: what remains of "
        "its effect when symmetry is kept. The sharpness of the picture falls a little."
    )
    sentence: ClassVar[str] = "both sides weaken"

    def _edit(self, head: Head, strength: float) -> Head:
        factor = 1 - strength / 2
        return head.replace(left=head.left * factor, right=head.right * factor)


@register
@dataclass(frozen=True)
class Intensity(HeadIntervention):
    """The whole expression fades to neutral."""

    id: ClassVar[str] = "intensity"
    title: ClassVar[str] = "intensity"
    group: ClassVar[str] = "Expression"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "The expression fades step by step until the face is neutral. The sharpness of the picture falls a "
        "little."
    )
    sentence: ClassVar[str] = "the expression fades"

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(intensity=head.intensity * (1 - strength))
