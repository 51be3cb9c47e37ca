"""Digital removal of electrodes from a picture, piece by piece from the forehead down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from facelib.editing.regions import sticking
from facelib.editing.warp import unknown_landmarks
from facelib.errors import FacelibError
from facelib.faces import Face, Head
from facelib.head.electrodes import resolve
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.interventions.electrodes import Electrodes
from facelib.interventions.intervention import (
    Expected,
    PictureIntervention,
    along,
    check_choice,
    edited,
    register,
)
from facelib.restoration import METHODS, Restored, restore
from facelib.restoration.pieces import parts_of
from facelib.restoration.pixel_masks import known_mask
from facelib.restoration.restore import MASKS, laid_over

GONE: Final = 0.5  # of the mask, at an electrode's middle: it counts as taken off from there on
_SEEN: Final = ("electrodes", "visible_electrodes")
_WORN: Final = (*_SEEN, "electrode_size", "tape")
_MISSED: Final = 0.95  # of an electrode, the share that a found mask covers at least; else it missed some
_AROUND: Final = {"network": "biharmonic"}  # what it didn't see it paints again: filled from around instead
_REMEMBERED: Final = 4  # pictures: a sweep restores one, and shows it in many strengths


@register
@dataclass(frozen=True)
class ElectrodeRemoval(PictureIntervention):
    """Electrodes, tape and leads are painted over on the picture, one piece after the other.

    The mask's pieces, about one per electrode where leads don't join them, go from the top of the picture
    down; each fades while the strength covers its share of the mask's area. Pixels outside the mask stay bit
    for bit. Landmarks, eyes and box stay: they are those of the person. What is seen of electrodes afterwards
    follows from where the mask lies.

    Parameters
    ----------
    method
        A name in `facelib.restoration.METHODS`: "network", "telea", "navier_stokes", "biharmonic", or one
        that was registered.
    mask
        "found" by the network, and on photographs also where they name electrodes that it missed, in whole
        or part: other pictures differ from those it learnt from. Or "known" from the positions that are worn,
        without their leads.
    """

    method: str = "network"
    mask: str = "found"

    id: ClassVar[str] = "electrode_removal"
    title: ClassVar[str] = "electrodes taken off digitally"
    group: ClassVar[str] = Electrodes.group
    moves: ClassVar[str | None] = "electrodes"
    expected: ClassVar[Expected] = "rises"
    description: ClassVar[str] = (
        "Electrodes, tape and leads are found on the picture and painted over with the skin that may lie "
        "below them, from the forehead down; a face without any stays as it is. Needs electrodes."
        + along(
            "appearance_symmetry",
            "contrast",
            "estimated_gender",
            "light_azimuth",
            "light_elevation",
            "light_contrast",
            "sharpness",
        )
    )
    sentence: ClassVar[str] = "electrodes are taken off digitally"

    def __post_init__(self) -> None:
        METHODS[self.method]  # an unknown one is named
        check_choice("where the mask comes from", self.mask, MASKS)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The methods, and where the mask comes from."""
        return {"method": tuple(METHODS), "mask": MASKS}

    def why_not(self, face: Face | Head) -> str:
        """Say that nothing is worn that could be taken off; empty if something is, or may be."""
        worn: Any = face.electrodes if isinstance(face, Head) else face.attributes.get("electrodes", True)
        if worn is None or worn in ((), 0):
            return f"{self.id!r} takes electrodes off, and this face wears none. Give it some first."
        return ""

    def _change(self, face: Face, strength: float) -> Face:
        found = _restored(_Shown(face), self.method, self.mask)
        if not found.changed:
            return face
        share = _shares(found.mask, strength)
        return edited(face, laid_over(face.image, found.fill, share)).replace(
            eyes=face.eyes, attributes=_attributes(face, share, self.method)
        )


@dataclass(frozen=True, eq=False)
class _Shown:
    """A face that counts as the same if its picture does, and where it is in it."""

    face: Face

    def _identity(self) -> tuple[Any, ...]:
        face = self.face
        places = tuple(part.tobytes() for part in (face.image, face.box, face.eyes, face.landmarks))
        return (face.size, places, tuple(str(face.attributes.get(name)) for name in _WORN))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shown) and (
            other.face is self.face or other._identity() == self._identity()
        )

    def __hash__(self) -> int:
        return hash(self._identity())


@lru_cache(maxsize=_REMEMBERED)
def _restored(shown: _Shown, method: str, mask: str) -> Restored:
    face = shown.face
    first = restore(face, method, mask)
    missed = _missed(face, first.mask) if mask == "found" and face.source != "rendered" else ()
    if not missed:
        return first
    missed_mask = known_mask(face, missed)
    then = restore(face.replace(image=first.image), _AROUND.get(method, method), missed_mask)
    cover = 1 - (1 - first.mask) * (1 - missed_mask)
    below = (first.mask * (1 - missed_mask))[..., None] * first.fill + missed_mask[..., None] * then.fill
    return Restored(then.image, cover, below / np.maximum(cover, 1e-6)[..., None], method)


def _missed(face: Face, mask: npt.NDArray[np.float32]) -> tuple[str, ...]:
    """Return the electrodes that a face names and that a mask doesn't cover."""
    if unknown_landmarks(face):
        return ()
    covers = ((name, known_mask(face, (name,))) for name in _positions(face.attributes) or ())
    return tuple(name for name, own in covers if np.minimum(own, mask).sum() < _MISSED * own.sum())


def _shares(mask: npt.NDArray[np.float32], strength: float) -> npt.NDArray[np.float32]:
    """Return a mask (H, W) of which a share is there, piece after piece, the topmost first."""
    parts = parts_of(mask)
    count = int(parts.max()) + 1
    tops = np.full(count, len(mask))
    np.minimum.at(tops, parts, np.arange(len(mask))[:, None])
    order = 1 + np.argsort(tops[1:], kind="stable")  # 0 is what isn't covered
    areas = np.bincount(parts.ravel(), weights=mask.ravel(), minlength=count)[order]
    gone = strength * areas.sum() - (np.cumsum(areas) - areas)
    weights = np.zeros(count, np.float32)
    weights[order] = (gone / np.maximum(areas, 1e-9)).clip(0, 1)
    return np.asarray(mask * weights[parts], np.float32) if strength < 1 else mask


def _attributes(face: Face, share: npt.NDArray[np.float32], method: str) -> dict[str, Any]:
    """Return the attributes of a face: electrodes whose middle is painted over aren't seen any more."""
    attributes = {**face.attributes, "electrodes_removed_by": method}
    names = _positions(attributes)
    if names is None or not np.isfinite(face.landmarks[:FIRST_IRIS]).all():
        return {name: value for name, value in attributes.items() if name not in _SEEN}
    if names:
        height, width = face.size
        middles = np.stack([sticking()[name][0, :FIRST_IRIS] for name in names]) @ face.landmarks[:FIRST_IRIS]
        columns, rows = middles.astype(int).T
        gone = share[rows.clip(0, height - 1), columns.clip(0, width - 1)] >= GONE
        names = tuple(name for name, off in zip(names, gone, strict=True) if not off)
    return {**attributes, "visible_electrodes": names}


def _positions(known: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the electrodes that are seen, by a face's attributes; None where they don't say."""
    worn: Any = known.get("visible_electrodes", known.get("electrodes", False))
    try:
        return resolve(worn if worn is None or isinstance(worn, str) else tuple(worn)) or ()
    except (FacelibError, TypeError):  # a number, or nothing is known
        return None
