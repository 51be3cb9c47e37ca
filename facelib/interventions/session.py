"""Registration of a user's own interventions, so that menus and lists offer them."""

from __future__ import annotations

import re
from typing import Any

from facelib.errors import BadValueError
from facelib.interventions.intervention import (
    INTERVENTIONS,
    Intervention,
    check_clause,
    check_complete,
    settle,
)
from facelib.properties import PROPERTIES
from facelib.utilities.registry import place_of


def add(intervention: Any) -> Intervention:
    """Make an intervention available by its id for this session: in menus, lists and sweeps.

    The same one again is fine, and a class that is defined again replaces what it made before, so that a cell
    of a notebook can be run twice.

    Parameters
    ----------
    intervention
        A `Prototype`, an `EditedFrames` or `OutsideEditor`, or one of an own class.

    Returns
    -------
    Intervention
        The intervention, or an equal one that was registered already.

    Raises
    ------
    BadValueError
        If it is no intervention, or another one has its id.
    """
    if not isinstance(intervention, Intervention):
        msg = f"Expected an intervention, such as a Prototype; got {intervention!r}."
        raise BadValueError(msg)
    check_complete(intervention)
    settle(type(intervention))
    check_clause(intervention)
    if intervention.id in INTERVENTIONS and INTERVENTIONS[intervention.id] == intervention:
        return INTERVENTIONS[intervention.id]
    kind = type(intervention)
    same = intervention.id in INTERVENTIONS and type(INTERVENTIONS[intervention.id]) is kind
    # The class itself, defined again, may replace what it made; the same class with other options may not.
    return INTERVENTIONS.register(intervention.id, intervention, "" if same else place_of(kind))


def check_moves(name: str | None) -> None:
    """Raise `UnknownNameError` unless this is a property that can be meant to move, or None."""
    if name is not None:
        PROPERTIES[name]


def slug(name: Any) -> str:
    """Return a name as it stands in an id: small letters, digits and underscores; "" if nothing is left.

    >>> slug("Fur colour!")
    'fur_colour'
    """
    return re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_")
