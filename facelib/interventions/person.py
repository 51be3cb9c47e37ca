"""Who is shown: age, gender, ancestry, skin tone and beard, each from what the head has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from facelib.faces import Head
from facelib.faces.head import ANCESTRY
from facelib.interventions.intervention import Cost, HeadIntervention, along, check_choice, register
from facelib.interventions.number import Toward


@register
@dataclass(frozen=True)
class Age(Toward):
    """The person's age in years: shape, skin relief and hair colour."""

    id: ClassVar[str] = "age"
    title: ClassVar[str] = "age"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "age"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = "The same person grows older, or younger if old already." + along(
        "activation",
        "activation_left",
        "activation_right",
        "appearance_symmetry",
        "contrast",
        "estimated_age",
        "estimated_age_spread",
        "estimated_gender",
        "pitch",
        "light_elevation",
        "light_contrast",
    )
    sentence: ClassVar[str] = "the age of the person changes"
    toward: ClassVar[str] = "the person grows {to}"
    field: ClassVar[str] = "age"
    ends: ClassVar[tuple[float, float]] = (20.0, 85.0)
    words: ClassVar[tuple[str, str]] = ("younger", "older")


@register
@dataclass(frozen=True)
class Gender(Toward):
    """Shape between the female (0) and the male (1) morph; hair stays."""

    id: ClassVar[str] = "gender"
    title: ClassVar[str] = "gender (shape)"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "gender"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "The shape of the face moves between the female and the male morph; hair stays."
        + along("activation", "activation_left", "activation_right", "estimated_gender_spread", "pitch")
    )
    sentence: ClassVar[str] = "the shape moves to the other gender's morph"
    toward: ClassVar[str] = "the shape moves to the {to} morph"
    field: ClassVar[str] = "gender"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("female", "male")


@register
@dataclass(frozen=True)
class Ancestry(HeadIntervention):
    """The shape blends to one of the ancestry morphs: the shares move in straight lines; skin tone stays.

    Parameters
    ----------
    to
        "african", "asian" or "european"; None: the one of which the head has least (of several, the first).
    """

    to: str | None = None

    id: ClassVar[str] = "ancestry"
    title: ClassVar[str] = "ancestry (shape)"
    group: ClassVar[str] = "Person"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "The shape of the face blends to another ancestry's morph (not a claim about people); skin "
        "tone, hair and eyes stay." + along("estimated_age_spread")
    )
    sentence: ClassVar[str] = "the shape moves to another ancestry's morph"

    def __post_init__(self) -> None:
        if self.to is not None:
            check_choice("an ancestry morph", self.to, ANCESTRY)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The three morphs."""
        return {"to": ANCESTRY}

    @property
    def clause(self) -> str:
        """What happens as the strength rises."""
        return self.sentence if self.to is None else f"the shape moves to the {self.to} morph"

    def _edit(self, head: Head, strength: float) -> Head:
        shares = dict(cast("Mapping[str, float]", dict(head.ancestry)))
        to = self.to or min(ANCESTRY, key=lambda name: shares.get(name, 0.0))
        moved = {name: share * (1 - strength) for name, share in shares.items()}
        return head.replace(ancestry=moved | {to: moved.get(to, 0.0) + strength})


@register
@dataclass(frozen=True)
class SkinTone(Toward):
    """Skin tone, linear in the individual typology angle; nothing else changes."""

    id: ClassVar[str] = "skin_tone"
    title: ClassVar[str] = "skin tone"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "skin_tone"
    description: ClassVar[str] = (
        "The skin grows darker, or lighter if dark already; shape and light stay."
        + along("appearance_symmetry", "brightness", "contrast", "light_elevation", "light_contrast")
    )
    sentence: ClassVar[str] = "the skin tone changes"
    toward: ClassVar[str] = "the skin grows {to}"
    field: ClassVar[str] = "skin_tone"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("lighter", "darker")


@register
@dataclass(frozen=True)
class FacialHair(Toward):
    """Facial hair, from none over stubble to a full short beard; shape stays."""

    id: ClassVar[str] = "facial_hair"
    title: ClassVar[str] = "facial hair"
    group: ClassVar[str] = "Person"
    description: ClassVar[str] = (
        "A short beard grows over stubble, or goes if there is one; the shape stays."
        + along(
            "appearance_symmetry",
            "contrast",
            "estimated_gender",
            "light_elevation",
            "light_contrast",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the facial hair changes"
    toward: ClassVar[str] = "the face becomes {to}"
    field: ClassVar[str] = "facial_hair"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("shaven", "bearded")


@register
@dataclass(frozen=True)
class Thinning(Toward):
    """The hair of the style thins, from all of it to none; a bald head stays as it is."""

    id: ClassVar[str] = "thinning"
    title: ClassVar[str] = "thinning hair"
    group: ClassVar[str] = "Person"
    description: ClassVar[str] = (
        "The hair thins until none is left, or grows again where it is thin; a bald head stays as it is."
        + along("estimated_gender")
    )
    sentence: ClassVar[str] = "the fullness of the hair changes"
    toward: ClassVar[str] = "the hair becomes {to}"
    field: ClassVar[str] = "thinning"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("fuller", "thinner")
