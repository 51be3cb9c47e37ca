"""Surface-EMG electrodes on the face: how many are seen, how large, under how much tape, with what leads."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from facelib.errors import FacelibError
from facelib.faces import Face
from facelib.head.electrodes import resolve
from facelib.properties.property import Values, given, register


@register(
    "electrodes",
    title="sEMG electrodes",
    unit="seen",
    source="given",
    description=(
        "Number of electrodes seen: in rendered pictures those whose middle is inside the picture and not "
        "hidden by the head, hair or anything worn; else how many are said to be attached."
    ),
    low=0.0,
    high=50.0,
    cost="free",
)
def electrodes(faces: Sequence[Face]) -> Values:
    """Return the numbers of electrodes that are seen, (n,); NaN where nothing is known about them."""
    return np.array([_seen(face) for face in faces], np.float64)


def _seen(face: Face) -> float:
    seen = face.attributes.get("visible_electrodes")
    return _count(face.attributes.get("electrodes", np.nan)) if seen is None else float(len(seen))


def _count(attached: Any) -> float:
    """Count the electrodes of a scheme, of a tuple of positions, or take the number."""
    if attached is None:
        return 0.0
    if isinstance(attached, Real):
        return float(attached)
    try:
        return float(len(resolve(attached) or ()))
    except FacelibError:
        return np.nan


def _of_worn(faces: Sequence[Face], field: str) -> Values:
    """Return a field of heads with electrodes; NaN for the others."""
    worn = np.array([bool(face.attributes.get("electrodes")) for face in faces], bool)
    return np.where(worn, given(faces, field), np.nan)


@register(
    "electrode_size",
    title="Size of the electrodes",
    unit="",
    source="given",
    description="Factor on the electrodes' diameter that the head was set to; unknown without electrodes.",
    low=0.5,
    high=2.0,
    cost="free",
)
def electrode_size(faces: Sequence[Face]) -> Values:
    """Return the given sizes, (n,), factors."""
    return _of_worn(faces, "electrode_size")


@register(
    "electrode_tape",
    title="Tape over the electrodes",
    unit="",
    source="given",
    description="Extent of the tape, as the head was set: 0 none … 1 whole; unknown without electrodes.",
    low=0.0,
    high=1.0,
    cost="free",
)
def electrode_tape(faces: Sequence[Face]) -> Values:
    """Return the extent of the strips of tape, (n,), in [0, 1]."""
    return _of_worn(faces, "tape")


@register(
    "electrode_wires",
    title="Leads of the electrodes",
    unit="",
    source="given",
    description="Share of the leads that is shown, as the head was set; unknown without electrodes.",
    low=0.0,
    high=1.0,
    cost="free",
)
def electrode_wires(faces: Sequence[Face]) -> Values:
    """Return the share of the leads that is there, (n,), in [0, 1]."""
    return _of_worn(faces, "wires")
