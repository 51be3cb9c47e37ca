"""Surface-EMG electrodes on the face: how many, how large, under tape, and with leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, get_args

import numpy as np

from facelib.editing.electrodes import attached, seen, uncovered, within
from facelib.editing.leads import leads_on
from facelib.errors import BadValueError
from facelib.face import face_fingerprint
from facelib.faces import ELECTRODE_SCHEMES, Face, Head
from facelib.head.electrodes import resolve
from facelib.interventions.head_numbers import Toward
from facelib.interventions.intervention import (
    FEW_PLACEBOS,
    Cost,
    Expected,
    FaceIntervention,
    along,
    check_choice,
    edited,
    register,
)
from facelib.utilities.checks import whole

Order = Literal["scheme", "random"]

_GROUP = "Worn on the face"
_STREAM: Final = 53  # keeps the order of electrodes apart from others drawn with the same seed
_NAMED: Final = 4  # positions that a sentence names


def _canonical(only: Any, scheme: str) -> tuple[str, ...]:
    """Return positions of a scheme in its order, each once; () where they are all of it."""
    if only in ((), []):
        return ()
    places = ELECTRODE_SCHEMES[scheme]
    names = (only,) if isinstance(only, str) else only
    if not isinstance(names, tuple | list) or any(name not in places for name in names):
        msg = (
            f"only holds positions of the scheme {scheme!r}, {places[0]} to {places[-1]}, or nothing, which "
            f"is all of them; got {only!r}."
        )
        raise BadValueError(msg)
    chosen = tuple(name for name in places if name in names)
    return () if len(chosen) == len(places) else chosen


@register
@dataclass(frozen=True)
class Electrodes(FaceIntervention):
    """Electrodes are attached one after the other; those that the person wears already stay.

    On photographs they are drawn. Those under hair or a hat aren't, nor those that turn away from the camera
    or would reach beyond the outline of the face: "covered_electrodes" among the attributes of the changed
    face names them. A table may say which are worn (attribute "electrodes"), and how large,
    taped and wired those that come are to be ("electrode_size", "tape", "wires").

    The strength is the share of the missing electrodes that is attached. The order of the scheme
    (`facelib.faces.ELECTRODE_SCHEMES`) is F1 to F22 from the forehead down, each one of the person's right
    followed by its twin of the left; K1 to K24 likewise, those of the midline last. So the number of
    electrodes goes with their place: a random order, another one for every face, keeps the two apart.

    Parameters
    ----------
    scheme
        "fridlund" (22 electrodes) or "kuramoto" (19).
    only
        Positions of the scheme that are used; (): all of them.
    order
        "scheme", or "random": drawn for each face by what it is and `seed`.
    seed
        Of random orders.

    Raises
    ------
    BadValueError
        If there is no such scheme or order, or a position isn't one of the scheme.

    Examples
    --------
    >>> Electrodes(only=("F2", "F1")).edit(Head(), 1.0).electrodes
    ('F1', 'F2')
    >>> Electrodes().attached_at(0.5)
    11
    """

    scheme: str = "fridlund"
    only: tuple[str, ...] = ()
    order: Order = "scheme"
    seed: int = 0

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
        check_choice("an order", self.order, get_args(Order))
        whole("The seed of an order is a whole number, 0 or more", self.seed, 0)
        object.__setattr__(self, "only", _canonical(self.only, self.scheme))

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The orders, and the schemes where all of one is used."""
        orders = {"order": get_args(Order)}
        return orders if self.only else {"scheme": tuple(ELECTRODE_SCHEMES), **orders}

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        if not self.only:
            return self.sentence
        many = len(self.only) > _NAMED
        return f"{self.sentence} at {f'{len(self.only)} positions' if many else ', '.join(self.only)}"

    @property
    def positions(self) -> tuple[str, ...]:
        """The positions that are used, in the order of the scheme."""
        return self.only or ELECTRODE_SCHEMES[self.scheme]

    def attached_at(self, strength: float) -> int:
        """Return how many electrodes a strength attaches to a face that wears none of them."""
        return round(strength * len(self.positions))

    def in_order(self, face: Face | Head) -> tuple[str, ...]:
        """Return the positions as they are attached to a face, one after the other."""
        if self.order == "scheme":
            return self.positions
        key = face.key if isinstance(face, Head) else face_fingerprint(face)
        rng = np.random.default_rng([self.seed, _STREAM, int(key[:16], 16)])
        return tuple(self.positions[place] for place in rng.permutation(len(self.positions)))

    def _edit(self, head: Head, strength: float) -> Head:
        worn = head.electrode_names
        added = self._added(head, worn, strength)
        return head.replace(electrodes=(*worn, *added)) if added else head

    def _change(self, face: Face, strength: float) -> Face:
        worn = resolve(face.attributes.get("electrodes")) or ()
        added = self._added(face, worn, strength)
        if not added:
            return face
        settings = {"electrode_size": 1.0, "tape": 0.0, "wires": 0.0, **face.attributes}
        size = float(settings["electrode_size"])
        there = uncovered(face, within(face, seen(face, added), size))
        hidden = tuple(name for name in added if name not in there)
        drawn = attached(face, there, size, float(settings["tape"]))
        drawn = leads_on(drawn, there, float(settings["wires"]))
        already = face.attributes.get("visible_electrodes", worn)
        return edited(face, drawn.image).replace(
            attributes={
                **settings,
                "electrodes": (*worn, *added),
                "visible_electrodes": (*already, *there),
                "covered_electrodes": hidden,
            }
        )

    def _added(self, face: Face | Head, worn: tuple[str, ...], strength: float) -> tuple[str, ...]:
        """Return the electrodes that are attached besides those worn."""
        missing = [name for name in self.in_order(face) if name not in worn]
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
        return f"{self.id!r} changes the electrodes of a head, and this one wears none. Give it some first."


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
        + FEW_PLACEBOS
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
class ElectrodeWires(_OfElectrodes, FaceIntervention):
    """Leads grow from the electrodes until they hang out of the picture, or go if they are there.

    On photographs they are drawn, from the electrodes that a picture shows (drawn ones, or those that its
    table names in the attribute "electrodes"); there they can't go.
    """

    id: ClassVar[str] = "electrode_wires"
    title: ClassVar[str] = "leads of the electrodes"
    moves: ClassVar[str | None] = "electrode_wires"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "Leads grow from the electrodes that are worn, over the skin to the jaw and down, or go if they hang "
        "there. Needs electrodes." + along("sharpness")
    )
    sentence: ClassVar[str] = "the leads of the electrodes change"
    toward: ClassVar[str] = "the electrodes become {to}"
    field: ClassVar[str] = "wires"
    ends: ClassVar[tuple[float, float]] = (0.0, 1.0)
    words: ClassVar[tuple[str, str]] = ("wireless", "wired")

    def unfit(self, face: Face) -> str:
        """Say that the face can't be drawn on, no electrodes are shown, or leads would have to go."""
        if reason := super().unfit(face):
            return reason
        if not _shown(face):
            return "It draws leads of electrodes that a picture shows already, and this one names none."
        if self._drawn <= 0 or float(face.attributes.get("wires") or 0.0) > 0:
            return "Leads can be drawn once on a picture, and can't be taken off it."
        return ""

    @property
    def _drawn(self) -> float:
        """The length of leads on a picture at strength 1."""
        return self.ends[1] if self.to is None else self.end(Head())

    def _change(self, face: Face, strength: float) -> Face:
        wires = strength * self._drawn
        drawn = leads_on(face, _shown(face), wires)
        return edited(face, drawn.image).replace(attributes={**face.attributes, "wires": wires})


def _shown(face: Face) -> tuple[str, ...]:
    """Return the electrodes that a picture shows: those drawn, or those that its attributes name."""
    drawn = face.attributes.get("visible_electrodes")
    if drawn is not None:
        return tuple(drawn)
    worn = resolve(face.attributes.get("electrodes")) or ()
    return seen(face, worn)
