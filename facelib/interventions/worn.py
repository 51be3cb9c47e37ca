"""Glasses and masks: put on or taken off, lenses darkened."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

from facelib.editing.accessories import dressed
from facelib.faces import Face, Head
from facelib.interventions.head_numbers import Toward
from facelib.interventions.intervention import (
    NO_PLACEBO,
    Cost,
    Expected,
    FaceIntervention,
    along,
    edited,
    register,
)

_GROUP = "Worn on the face"


@dataclass(frozen=True)
class _PutOn(Toward, FaceIntervention):
    """A thing that heads wear more or less of, and that is put on the face of a photograph from nothing."""

    def unfit(self, face: Face) -> str:
        """Say that landmarks aren't known, or that something would have to be taken off."""
        if reason := super().unfit(face):
            return reason
        worn = face.attributes.get(self.field)
        if isinstance(worn, Real) and float(worn) > 0:
            return f"The person wears {self.title} already: it can't be drawn over, nor taken off."
        if self._drawn():
            return ""
        return f"Nothing can be taken off a photograph: choose “{self.words[1]}”, where the change leads."

    def _drawn(self) -> float:
        """Return how much is on at strength 1, of a photograph."""
        if isinstance(self.to, str):
            return self.ends[self.words.index(self.to)]
        return self.ends[1] if self.to is None else self.to

    def _change(self, face: Face, strength: float) -> Face:
        there = self._drawn() * strength
        drawn = dressed(face, **{_DRAWN[self.field]: there})
        return edited(face, drawn.image).replace(attributes={**face.attributes, self.field: there})


_DRAWN = {"glasses": "weight", "mask": "pulled"}  # what the number is called in `dressed`


@register
@dataclass(frozen=True)
class Glasses(_PutOn):
    """Glasses: a frame that grows from nothing over a thin wire, or thins out until it is gone.

    On photographs of heads that are turned by 20° at most they are drawn; none are taken off.
    """

    id: ClassVar[str] = "glasses"
    title: ClassVar[str] = "glasses"
    group: ClassVar[str] = _GROUP
    moves: ClassVar[str | None] = "glasses"
    description: ClassVar[str] = (
        "Clear glasses appear, the frame heavier and heavier; or they vanish, where all but a thin frame is "
        "worn. They sit on nose and ears of the resting face."
        + along("appearance_symmetry", "estimated_age", "estimated_gender", "light_azimuth", "sharpness")
    )
    sentence: ClassVar[str] = "glasses appear or vanish"
    toward: ClassVar[str] = "glasses are put {to}"
    field: ClassVar[str] = "glasses"
    frontal: ClassVar[float] = 20.0
    turned: ClassVar[str] = "the far lens would stand outside the face"
    ends: ClassVar[tuple[float, float]] = (0.0, 0.6)
    words: ClassVar[tuple[str, str]] = ("off", "on")


@register
@dataclass(frozen=True)
class Sunglasses(Toward):
    """The lenses of a head with glasses darken until they hide the eyes, or clear up."""

    id: ClassVar[str] = "sunglasses"
    title: ClassVar[str] = "sunglasses"
    group: ClassVar[str] = _GROUP
    moves: ClassVar[str | None] = "lens_tint"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "The lenses of the glasses darken until they hide the eyes, or clear up; the frame stays. For heads "
        "with glasses. The picture grows darker around the eyes."
        + along(
            "appearance_symmetry",
            "contrast",
            "estimated_gender",
            "light_azimuth",
            "light_contrast",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the lenses of the glasses change their tint"
    toward: ClassVar[str] = "the lenses of the glasses turn {to}"
    field: ClassVar[str] = "lens_tint"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("clear", "dark")

    def lack(self, head: Head) -> str:
        """Say that glasses are needed."""
        if head.glasses:
            return ""
        return f"{self.id!r} changes the lenses of glasses, and this head wears none. Give it some first."


@register
@dataclass(frozen=True)
class Mask(_PutOn):
    """A surgical mask is pulled up from under the chin over mouth and nose, or down.

    On photographs it is drawn; none is taken off.
    """

    id: ClassVar[str] = "mask"
    title: ClassVar[str] = "surgical mask"
    group: ClassVar[str] = _GROUP
    moves: ClassVar[str | None] = "mask"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "A surgical mask is pulled up from under the chin over mouth and nose, or down where it covers them. "
        "It follows jaw and cheeks, and hides what the mouth shows."
        + NO_PLACEBO
        + along(
            "appearance_symmetry",
            "brightness",
            "contrast",
            "estimated_age",
            "skin_tone",
            "light_azimuth",
            "light_elevation",
            "light_contrast",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "a surgical mask is pulled up or down"
    toward: ClassVar[str] = "a surgical mask is pulled {to}"
    field: ClassVar[str] = "mask"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("down", "up")
