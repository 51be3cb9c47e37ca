"""What can be told of a face, one file each: `available` lists it, `measure` makes the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from facelib.errors import BadValueError, UnavailableError
from facelib.faces import Face
from facelib.properties import (
    activation,
    age,
    appearance_symmetry,
    brightness,
    contrast,
    electrodes,
    estimates,
    gender,
    glasses,
    hair,
    light,
    mask,
    moles,
    pose,
    sharpness,
    skin_tone,
    symmetry,
)
from facelib.properties.property import PROPERTIES, Measure, Property, Values, register

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PROPERTIES",
    "Property",
    "activation",
    "age",
    "appearance_symmetry",
    "available",
    "brightness",
    "contrast",
    "electrodes",
    "estimates",
    "gender",
    "glasses",
    "hair",
    "light",
    "mask",
    "measure",
    "moles",
    "pose",
    "register",
    "sharpness",
    "skin_tone",
    "symmetry",
]


def available() -> pd.DataFrame:
    """Return all properties, one row each, with source, cost, unit, range and description.

    The column "reason" says why one can't be told on this machine; it is empty where one can.
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


def measure(faces: Face | Sequence[Face], names: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return properties of faces as a table.

    Parameters
    ----------
    faces
        One face, or several. A face that comes several times is measured once.
    names
        Properties, by the names of `available()`; None: all. Those of cost "network" take some ms a face.

    Returns
    -------
    pandas.DataFrame
        One row a face, one float column a property; NaN where a face doesn't tell it, and, with None, where
        the model package isn't on this machine.

    Raises
    ------
    UnknownNameError
        If there is no property of that name.
    BadValueError
        If something else than faces is given; a head is rendered first.
    UnavailableError
        If a property was asked for by name and its model package isn't on this machine.
    """
    import pandas as pd

    rows = list(faces) if isinstance(faces, Iterable) else [faces]
    others = {type(face).__name__ for face in rows if not isinstance(face, Face)}
    if others:
        msg = (
            f"Properties are measured on faces; got {', '.join(others)}. Render a head first: head.render()."
        )
        raise BadValueError(msg)
    wanted = [names] if isinstance(names, str) else list(PROPERTIES if names is None else names)
    different = list({id(face): face for face in rows}.values())
    place = {id(face): number for number, face in enumerate(different)}
    found: dict[Measure, Values | None] = {}
    for read in {PROPERTIES[name].read for name in wanted}:  # what is read together is read once
        try:
            found[read] = read(different)
        except UnavailableError:
            if names is not None:
                raise
            found[read] = None
    unknown = np.full(len(different), np.nan)
    columns = {
        name: unknown if (values := found[item.read]) is None else item.pick(values)
        for name, item in ((name, PROPERTIES[name]) for name in wanted)
    }
    return pd.DataFrame(columns).iloc[[place[id(face)] for face in rows]].reset_index(drop=True)
