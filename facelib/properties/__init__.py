"""Properties of faces, one file each: `available` lists them, `measure` makes the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.properties import (  # noqa: F401 - they register what they measure
    activation,
    appearance_symmetry,
    electrodes,
    estimates,
    given,
    light,
    picture,
    pose,
    skin_tone,
    symmetry,
)
from facelib.properties.clinical.displacements import commissure_displacements
from facelib.properties.clinical.tables import (
    clinical_measures,
    commissure_displacement,
    relative_eye_opening,
)
from facelib.properties.measuring import measure
from facelib.properties.property import PROPERTIES, Property, register
from facelib.utilities.lazy import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PROPERTIES",
    "Property",
    "available",
    "clinical_measures",
    "commissure_displacement",
    "commissure_displacements",
    "get",
    "measure",
    "register",
    "relative_eye_opening",
    "table",
]

__dir__ = listing(__all__)


def get(name: str) -> Property:
    """Return the property that is registered under `name`.

    Raises
    ------
    UnknownNameError
        If nothing has this name.

    Examples
    --------
    >>> get("age").unit
    'years'
    """
    return PROPERTIES[name]


def available() -> pd.DataFrame:
    """Return all properties, one row each; the same as `table`."""
    return table()


def table() -> pd.DataFrame:
    """Return all properties, one row each, with source, cost, unit, range and description.

    The column "reason" says why one can't be measured on this machine; it is empty where one can.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "name": item.name,
                "title": item.title,
                "source": item.source,
                "cost": item.cost,
                "unit": item.unit,
                "low": item.low,
                "high": item.high,
                "description": item.description,
                "reason": item.reason,
            }
            for item in (PROPERTIES[name] for name in PROPERTIES)
        ]
    )
