"""Surface-EMG electrodes on the face: how many, how large, under tape, and with leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import ELECTRODE_SCHEMES, Face, Head
from facelib.faces.attached import attached, seen
from facelib.faces.electrodes import resolve
from facelib.interventions.intervention import (
    Cost,
    Expected,
    FaceIntervention,
    along,
    check_choice,
    edited,
    register,
)
from facelib.interventions.number import Toward

_GROUP = "Worn on the face"


@register
@dataclass(frozen=True)
class Electrodes(FaceIntervention):
    """Electrodes are attached one after the other; those that the person wears already stay.

    On photographs they are drawn; a table may tell which are worn (attribute "electrodes").

    The strength is the share of the scheme's missing electrodes that is attached, in the order of the scheme
    (`facelib.faces.ELECTRODE_SCHEMES`): F1 to F22 from the forehead down, each one of the person's right
    followed by its twin of the left; K1 to K24 likewise, those of the midline last.
    """

    scheme: str = "fridlund"

    id: ClassVar[str] = "electrodes"
    title: ClassVar[str] = "sEMG electrodes"
    group: ClassVar[str] = _GROUP
    moves: ClassVar[str | None] = "electrodes"
    expected: ClassVar[Expected] = "falls"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "Electrodes for surface electromyography are attached one by one at the positions of the scheme. "
        "They add contrast and sharpness to the picture."
        + along(
            "appearance_symmetry", "estimated_gender", "light_azimuth", "light_elevation", "light_contrast"
        )
    )
    sentence: ClassVar[str] = "electrodes are attached"

    def __post_init__(self) -> None:
        check_choice("a scheme", self.scheme, ELECTRODE_SCHEMES)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The schemes."""
        return {"scheme": tuple(ELECTRODE_SCHEMES)}

    def _edit(self, head: Head, strength: float) -> Head:
        worn = head.electrode_names
        added = self._added(worn, strength)
        return head.replace(electrodes=(*worn, *added)) if added else head

    def _change(self, face: Face, strength: float) -> Face:
        worn = resolve(face.attributes.get("electrodes")) or ()
        added = self._added(worn, strength)
        if not added:
            return face
        known = {"electrode_size": 1.0, "tape": 0.0, "wires": 0.0, **face.attributes}
        there = seen(face, added)
        drawn = attached(face, there, float(known["electrode_size"]), float(known["tape"]))
        already = face.attributes.get("visible_electrodes", worn)
        return edited(face, drawn.image).replace(
            attributes={**known, "electrodes": (*worn, *added), "visible_electrodes": (*already, *there)}
        )

    def _added(self, worn: tuple[str, ...], strength: float) -> tuple[str, ...]:
        """Return the electrodes that are attached besides those worn."""
        missing = [name for name in ELECTRODE_SCHEMES[self.scheme] if name not in worn]
        return tuple(missing[: round(strength * len(missing))])


@dataclass(frozen=True)
class _OfElectrodes(Toward):
    """A number of the electrodes that a head wears. Heads without electrodes are not accepted."""

    group: ClassVar[str] = _GROUP
    expected: ClassVar[Expected] = "falls"

    def lack(self, head: Head) -> str:
        """Say that electrodes are needed."""
        if head.electrodes is not None:
            return ""
        return (
            f"{self.id!r} changes the electrodes of a head, and this one wears none. Try "
            "head.replace(electrodes='fridlund')."
        )


@register
@dataclass(frozen=True)
class ElectrodeSize(_OfElectrodes):
    """The electrodes grow to twice the usual diameter, or shrink to half of it if they are large."""

    id: ClassVar[str] = "electrode_size"
    title: ClassVar[str] = "size of the electrodes"
    moves: ClassVar[str | None] = "electrode_size"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "The electrodes that the head wears grow, or shrink if they are large; their places stay. Needs "
        "electrodes."
        + along(
            "appearance_symmetry",
            "brightness",
            "contrast",
            "skin_tone",
            "light_azimuth",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the electrodes change their size"
    toward: ClassVar[str] = "the electrodes become {to}"
    field: ClassVar[str] = "electrode_size"
    ends: ClassVar[tuple[float, float]] = (0.5, 2.0)
    words: ClassVar[tuple[str, str]] = ("smaller", "larger")


@register
@dataclass(frozen=True)
class ElectrodeTape(_OfElectrodes):
    """Strips of tape grow over the electrodes, from the middle to both sides, or go if they are there."""

    id: ClassVar[str] = "electrode_tape"
    title: ClassVar[str] = "tape over the electrodes"
    moves: ClassVar[str | None] = "electrode_tape"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "Strips of medical tape grow over the electrodes that the head wears, or go if they are there. Needs "
        "electrodes."
        + along(
            "contrast",
            "estimated_age",
            "estimated_gender",
            "skin_tone",
            "light_azimuth",
            "light_elevation",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "the tape over the electrodes changes"
    toward: ClassVar[str] = "the electrodes are {to}"
    field: ClassVar[str] = "tape"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("untaped", "taped")


@register
@dataclass(frozen=True)
class ElectrodeWires(_OfElectrodes):
    """Leads grow from the electrodes until they hang out of the picture, or go if they are there."""

    id: ClassVar[str] = "electrode_wires"
    title: ClassVar[str] = "leads of the electrodes"
    moves: ClassVar[str | None] = "electrode_wires"
    description: ClassVar[str] = (
        "Leads grow from the electrodes that a head wears, over the skin to the jaw and down, or go if they "
        "hang there. Needs electrodes." + along("sharpness")
    )
    sentence: ClassVar[str] = "the leads of the electrodes change"
    toward: ClassVar[str] = "the electrodes become {to}"
    field: ClassVar[str] = "wires"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("wireless", "wired")
