"""Expressions: weaker on one side, on both sides with the same total, altogether, stronger, or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from facelib.editing.motion import FaceMotion, Units
from facelib.faces import EXPRESSIONS, Face, Head
from facelib.head.expressions import expand
from facelib.interventions.face_units import SHAPE_ONLY, OfFaceUnits
from facelib.interventions.head_numbers import StraightLine, between
from facelib.interventions.intervention import (
    Expected,
    HeadIntervention,
    OneSided,
    along,
    check_choice,
    register,
)


@register
@dataclass(frozen=True)
class AsymmetricExpression(OneSided, OfFaceUnits):
    """One side of the face shows 1 − strength of its expression, the other side all of it.

    Our instantiation of the symmetry intervention of "Facing Asymmetry". `side` is the person's own. Its
    controls: `facelib.interventions.control_set`.
    """

    id: ClassVar[str] = "asymmetric_expression"
    title: ClassVar[str] = "one side weaker"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "The expression of one half of the face weakens step by step; identity, pose and light stay "
        "fixed."
        + SHAPE_ONLY
        + along(
            "activation",
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the {side} side weakens"
    degree: ClassVar[str] = "side at {rest} %"

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(**{self.side: getattr(head, self.side) * (1 - strength)})

    def units_of(self, motion: FaceMotion, strength: float) -> Units:
        """Return the units, with those of one side weaker."""
        return motion.weakened(**{"left": 1.0, "right": 1.0, self.side: 1 - strength})


@register
@dataclass(frozen=True)
class WeakerExpression(OfFaceUnits):
    """Both sides show 1 − strength/2: the same total activation as the one-sided change, but symmetric.

    The control of `AsymmetricExpression`: one-sided (1, s) against ((1 + s)/2, (1 + s)/2).
    """

    id: ClassVar[str] = "weaker_expression"
    title: ClassVar[str] = "both sides weaker (control)"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "activation"
    expected: ClassVar[Expected] = "falls"
    holds_fixed: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"asymmetric_expression": "the same total activation on both sides", "palsy": ""}
    )
    description: ClassVar[str] = (
        "Both halves weaken equally, with the same total activation as the one-sided change: what "
        "remains of its effect when symmetry is kept."
        + SHAPE_ONLY
        + along(
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "sharpness",
            "light_elevation",
        )
    )
    sentence: ClassVar[str] = "both sides weaken"
    degree: ClassVar[str] = "both at {rest} %"

    def _edit(self, head: Head, strength: float) -> Head:
        factor = 1 - strength / 2
        return head.replace(left=head.left * factor, right=head.right * factor)

    def units_of(self, motion: FaceMotion, strength: float) -> Units:
        """Return the units, all of them weaker."""
        return motion.weakened(1 - strength / 2)


@register
@dataclass(frozen=True)
class Intensity(StraightLine, OfFaceUnits):
    """The whole expression fades to neutral."""

    id: ClassVar[str] = "intensity"
    title: ClassVar[str] = "weaker expression"
    group: ClassVar[str] = "Expression"
    moves: ClassVar[str | None] = "activation"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "The expression fades step by step until the face is neutral; a photograph's open mouth may stay."
        + SHAPE_ONLY
        + along(
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "light_azimuth",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the expression fades"
    field: ClassVar[str] = "intensity"

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the intensity at strength 1."""
        return 0.0

    def units_of(self, motion: FaceMotion, strength: float) -> Units:
        """Return the units, all of them weaker."""
        return motion.weakened(1 - strength)


@register
@dataclass(frozen=True)
class StrongerExpression(StraightLine):
    """The expression grows from the head's own intensity to the whole of its recipe.

    Heads that show all of it already are not accepted.
    """

    id: ClassVar[str] = "stronger_expression"
    title: ClassVar[str] = "stronger expression"
    group: ClassVar[str] = "Expression"
    moves: ClassVar[str | None] = "activation"
    expected: ClassVar[Expected] = "rises"
    description: ClassVar[str] = (
        "A weak expression grows step by step to the whole of it. Needs an expression that isn't whole "
        "yet."
        + along(
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "light_azimuth",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the expression grows"
    field: ClassVar[str] = "intensity"

    def accepts(self, face: Face | Head) -> bool:
        """Return whether `face` is a head whose expression isn't whole yet."""
        return isinstance(face, Head) and face.intensity < 1

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the intensity at strength 1."""
        return 1.0


@register
@dataclass(frozen=True)
class Expression(HeadIntervention):
    """The face units move in straight lines from the head's own expression to another emotion's.

    Intensity and the factors of the two sides stay, and apply to both. The recipe of the other emotion is
    that of the head's own expression set. A head that shows it already stays as it is.

    Parameters
    ----------
    to
        Name of an expression: "neutral", "happy", "sad", "surprise", "fear", "disgust" or "angry".
    """

    to: str = "sad"

    id: ClassVar[str] = "expression"
    title: ClassVar[str] = "toward another emotion"
    group: ClassVar[str] = "Expression"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "The expression changes step by step into another emotion's, each face unit in a straight line."
        + along(
            "activation",
            "activation_left",
            "activation_right",
            "activation_asymmetry",
            "appearance_symmetry",
            "estimated_age",
            "estimated_gender",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the expression becomes {to}"

    def __post_init__(self) -> None:
        check_choice("an expression", self.to, EXPRESSIONS["facs"])

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the expressions."""
        return {"to": tuple(EXPRESSIONS["facs"])}

    def _edit(self, head: Head, strength: float) -> Head:
        if strength == 1 or head.expression == self.to:
            return head.replace(expression=self.to)
        start, other = expand(head.recipe), EXPRESSIONS[head.expression_set][self.to]
        return head.replace(
            expression={
                unit: between(start.get(unit, 0.0), other.get(unit, 0.0), strength)
                for unit in sorted({*start, *other})
            }
        )
