"""Age, gender and skin tone: from what the head has to another value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head
from facelib.interventions.intervention import HeadIntervention, register


def farther(value: float, low: float, high: float) -> float:
    """Return the end of [low, high] that lies farther from `value`."""
    return high if value <= (low + high) / 2 else low


@dataclass(frozen=True)
class _Attribute(HeadIntervention):
    """Moves one numeric field of the head in a straight line to `to`; None: to the farther of the `ends`."""

    to: float | None = None

    field: ClassVar[str]
    ends: ClassVar[tuple[float, float]]

    def __post_init__(self) -> None:
        if self.to is not None:  # a head knows its ranges
            object.__setattr__(self, "to", getattr(Head().replace(**{self.field: self.to}), self.field))

    def target(self, head: Head) -> float:
        """Value at strength 1."""
        return farther(getattr(head, self.field), *self.ends) if self.to is None else self.to

    def _edit(self, head: Head, strength: float) -> Head:
        start = float(getattr(head, self.field))
        return head.replace(**{self.field: start + (self.target(head) - start) * strength})


@register
@dataclass(frozen=True)
class Age(_Attribute):
    """The person's age in years: shape, skin relief and hair colour."""

    id: ClassVar[str] = "age"
    title: ClassVar[str] = "age"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "age"
    description: ClassVar[str] = "The same person grows older, or younger if old already."
    sentence: ClassVar[str] = "the age of the person changes"
    field: ClassVar[str] = "age"
    ends: ClassVar[tuple[float, float]] = (20.0, 85.0)


@register
@dataclass(frozen=True)
class Gender(_Attribute):
    """Shape between the female (0) and the male (1) morph; hair stays."""

    id: ClassVar[str] = "gender"
    title: ClassVar[str] = "gender (shape)"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "gender"
    description: ClassVar[str] = (
        "The shape of the face moves between the female and the male morph; hair stays."
    )
    sentence: ClassVar[str] = "the shape moves to the other gender's morph"
    field: ClassVar[str] = "gender"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)


@register
@dataclass(frozen=True)
class SkinTone(_Attribute):
    """Skin tone, linear in the individual typology angle; nothing else changes."""

    id: ClassVar[str] = "skin_tone"
    title: ClassVar[str] = "skin tone"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "skin_tone"
    description: ClassVar[str] = (
        "The skin grows darker, or lighter if dark already; shape and light stay. The brightness of the "
        "picture goes along."
    )
    sentence: ClassVar[str] = "the skin tone changes"
    field: ClassVar[str] = "skin_tone"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
