"""Toward and away from a symmetric face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head
from facelib.faces.expressions import expand
from facelib.interventions.intervention import Cost, HeadIntervention, along, register
from facelib.interventions.number import between


@register
@dataclass(frozen=True)
class Symmetrise(HeadIntervention):
    """Shape, palsy and expression blend toward the average of the face and its mirror image.

    Face units of one side and of the other, and the factors `Head.left` and `Head.right`, each meet in their
    middle; the gaze stays.
    """

    id: ClassVar[str] = "symmetrise"
    title: ClassVar[str] = "more symmetric"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "Blends toward the average of the face and its mirror image; a symmetric face stays as it is."
    )
    sentence: ClassVar[str] = "the face becomes more symmetric"

    def _edit(self, head: Head, strength: float) -> Head:
        middle = (head.left + head.right) / 2
        rest = 1 - strength
        straight = head.replace(
            asymmetry=head.asymmetry * rest,
            palsy=head.palsy * rest,
            left=middle + (head.left - middle) * rest,
            right=middle + (head.right - middle) * rest,
        )
        own = expand(head.recipe)
        mirrored = {_mirrored(unit): activation for unit, activation in own.items()}
        if own == mirrored:
            return straight
        return straight.replace(
            expression={
                unit: between(
                    own.get(unit, 0.0), (own.get(unit, 0.0) + mirrored.get(unit, 0.0)) / 2, strength
                )
                for unit in sorted({*own, *mirrored})
            }
        )


def _mirrored(unit: str) -> str:
    """Return the face unit that does the same in the mirror."""
    if unit.endswith("Left"):
        return unit.removesuffix("Left") + "Right"
    return unit.removesuffix("Right") + "Left" if unit.endswith("Right") else unit


@register
@dataclass(frozen=True)
class Asymmetrise(HeadIntervention):
    """The shape of the resting face becomes asymmetric; the pattern follows the head's seed."""

    id: ClassVar[str] = "asymmetrise"
    title: ClassVar[str] = "less symmetric shape"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "Brows, eyes, cheeks, nose, mouth and jaw grow apart between left and right."
        + along("activation_asymmetry", "appearance_symmetry")
    )
    sentence: ClassVar[str] = "the shape of the face becomes asymmetric"

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(asymmetry=head.asymmetry + (1 - head.asymmetry) * strength)
