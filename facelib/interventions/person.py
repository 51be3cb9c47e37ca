"""Interventions on identity: age, gender, ancestry, skin tone, hair, beard and marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final, cast, get_args

from facelib.faces import Head
from facelib.head.head import ANCESTRY, MolesSide
from facelib.interventions.head_numbers import Toward
from facelib.interventions.intervention import (
    NO_PLACEBO,
    Cost,
    HeadIntervention,
    along,
    check_choice,
    register,
)

_SIDES: Final[Mapping[MolesSide, str]] = MappingProxyType(
    {"both": "both sides", "left": "the left", "right": "the right"}
)


@register
@dataclass(frozen=True)
class Age(Toward):
    """The person's age in years: shape, skin relief and hair colour."""

    id: ClassVar[str] = "age"
    title: ClassVar[str] = "age"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "age"
    cost: ClassVar[Cost] = "shape"
    withheld: ClassVar[str] = (
        "Age isn't changed on photographs: it takes a head that grows older as a whole. Instead, take two "
        "groups of labelled pictures, young and old, and add what differs between them (a prototype). Or "
        "change rendered heads."
    )
    instead: ClassVar[str] = "In Python: interventions.Prototype.between(young, old), facelib.Head(age=70)."
    description: ClassVar[str] = "The same person grows older, or younger if old already." + along(
        "activation",
        "activation_left",
        "activation_right",
        "appearance_symmetry",
        "contrast",
        "estimated_age",
        "estimated_gender",
        "grey_hair",
        "pitch",
        "light_azimuth",
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
    title: ClassVar[str] = "sex-typical shape"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "gender"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "The shape of the face moves between the female and the male morph of the model; hair stays. "
        "Networks that estimate gender hardly follow it: it is named for what it moves."
        + along("activation", "activation_left", "activation_right", "pitch")
    )
    sentence: ClassVar[str] = "the shape moves to the other morph, female or male"
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
        "tone, hair and eyes stay."
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
        """The change in words, as the strength rises."""
        return self.sentence if self.to is None else f"the shape moves to the {self.to} morph"

    def _edit(self, head: Head, strength: float) -> Head:
        shares = dict(cast("Mapping[str, float]", dict(head.ancestry)))
        to = self.to or min(ANCESTRY, key=lambda name: shares.get(name, 0.0))
        moved = {name: share * (1 - strength) for name, share in shares.items()}
        return head.replace(ancestry=moved | {to: moved.get(to, 0.0) + strength})


@register
@dataclass(frozen=True)
class SkinTone(Toward):
    """Skin tone of heads, linear in the individual typology angle; nothing else changes."""

    id: ClassVar[str] = "skin_tone"
    title: ClassVar[str] = "skin tone"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "skin_tone"
    withheld: ClassVar[str] = (
        "Skin tone isn't changed on photographs: the skin looked painted, as in blackface, and classifiers "
        "read the paint, not a person of another tone. It stays off until people of those tones have rated "
        "it. Instead, change rendered heads, or bring a generator of your own."
    )
    instead: ClassVar[str] = "In Python: facelib.Head(skin_tone=0.5), interventions.outside.editor."
    description: ClassVar[str] = (
        "The skin grows darker, or lighter if dark already; shape and light stay."
        + NO_PLACEBO
        + along("appearance_symmetry", "brightness", "light_azimuth", "light_contrast")
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
        + along("appearance_symmetry", "contrast", "estimated_gender", "light_contrast", "sharpness")
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
    )
    sentence: ClassVar[str] = "the fullness of the hair changes"
    toward: ClassVar[str] = "the hair becomes {to}"
    field: ClassVar[str] = "thinning"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("fuller", "thinner")


@register
@dataclass(frozen=True)
class GreyHair(Toward):
    """The hair turns grey, the beard and, later, the brows too, or gets its colour back; age stays."""

    id: ClassVar[str] = "grey_hair"
    title: ClassVar[str] = "grey hair"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "grey_hair"
    description: ClassVar[str] = (
        "The hair turns grey, or gets its colour back where it is grey; brows and beard follow, age and skin "
        "stay. A bald head shows it in its brows."
        + along("estimated_age", "estimated_gender", "light_elevation")
    )
    sentence: ClassVar[str] = "the share of grey hair changes"
    toward: ClassVar[str] = "the hair becomes {to}"
    field: ClassVar[str] = "grey"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("coloured", "grey")


@register
@dataclass(frozen=True)
class Moles(Toward):
    """Moles and freckles appear at places that the seed draws, or fade; no two sides are alike.

    Heads with moles of another side are not accepted.

    Parameters
    ----------
    side
        "both", or the person's own "left" or "right" alone. None: where the head has them, on both sides
        unless it was set.
    """

    side: MolesSide | None = None

    id: ClassVar[str] = "moles"
    title: ClassVar[str] = "moles and freckles"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "moles"
    description: ClassVar[str] = (
        "Marks on the skin appear step by step, or fade where they are dark. They are no mirror images of "
        "each other: the picture becomes a little less symmetric, the shape of the face stays."
    )
    sentence: ClassVar[str] = "moles and freckles appear or fade"
    toward: ClassVar[str] = "the skin becomes {to}"
    field: ClassVar[str] = "moles"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("clear", "freckled")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side is not None:
            check_choice("where moles are", self.side, get_args(MolesSide))

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Words of the end, and where the marks are."""
        return {**super().choices, "side": get_args(MolesSide)}

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises, and where."""
        return super().clause + (f" on {_SIDES[self.side]}" if self.side else "")

    def lack(self, head: Head) -> str:
        """Say that marks which are there are elsewhere."""
        if not head.moles or self.side in {None, head.moles_side}:
            return ""
        return (
            f"Moles keep their side as they change: this head has them on {_SIDES[head.moles_side]}, not on "
            f"{_SIDES[self.side]}. Choose the same side, or a head without."
        )

    def _edit(self, head: Head, strength: float) -> Head:
        return super()._edit(head.replace(moles_side=self.side or head.moles_side), strength)


@register
@dataclass(frozen=True)
class HairLength(Toward):
    """Long hair becomes shorter, up to the chin, or grows to its full length; other hair is not accepted."""

    id: ClassVar[str] = "hair_length"
    title: ClassVar[str] = "length of long hair"
    group: ClassVar[str] = "Person"
    moves: ClassVar[str | None] = "hair_length"
    description: ClassVar[str] = (
        "Long hair is cut shorter and shorter, up to the chin, or grows back where it is short. For heads "
        "with long hair."
    )
    sentence: ClassVar[str] = "the length of the hair changes"
    toward: ClassVar[str] = "the hair becomes {to}"
    field: ClassVar[str] = "hair_length"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("shorter", "longer")

    def lack(self, head: Head) -> str:
        """Say that long hair is needed."""
        if head.hair == "long":
            return ""
        return (
            f"{self.id!r} changes the length of long hair, and this head's is {head.hair}. Give it "
            "long hair first."
        )
