"""Number of surface-EMG electrodes on the face."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from facelib.errors import FacelibError
from facelib.faces import Face
from facelib.faces.electrodes import resolve
from facelib.properties.property import Values, register


@register(
    "electrodes",
    title="sEMG electrodes",
    unit="attached",
    source="given",
    description="How many electrodes are attached to the face.",
    low=0.0,
    high=50.0,
    cost="free",
)
def electrodes(faces: Sequence[Face]) -> Values:
    """Return the numbers of attached electrodes, (n,); NaN where nothing is known about them."""
    return np.array([_count(face.attributes.get("electrodes", np.nan)) for face in faces], np.float64)


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
