"""Gradual changes of one property: `get` one by its id, `apply` it with a strength in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.interventions import (
    electrodes,
    expression,
    palsy,
    person,
    reference,
    symmetry,
    view,
)
from facelib.interventions.intervention import (
    INTERVENTIONS,
    HeadIntervention,
    Intervention,
    PictureIntervention,
    check_strength,
    register,
)

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("Symmetry", "Expression", "Person", "Worn on the face", "View")  # then others, placebos last
ALIASES = {"symmetry": "asymmetric_expression"}  # what the word means on a parametric head

__all__ = [
    "ALIASES",
    "GROUPS",
    "INTERVENTIONS",
    "HeadIntervention",
    "Intervention",
    "PictureIntervention",
    "available",
    "check_strength",
    "electrodes",
    "expression",
    "get",
    "ordered",
    "palsy",
    "person",
    "reference",
    "register",
    "symmetry",
    "view",
]


def get(name: str | Intervention, **options: Any) -> Intervention:
    """Return the intervention that is registered under `name`, with its options set.

    Parameters
    ----------
    name
        An id of `available()`, or ``"symmetry"``: one-sided weakening on heads.
    **options
        Fields of the intervention, such as ``side="right"`` or ``to=70``.

    Raises
    ------
    UnknownNameError
        If nothing has this name.
    BadValueError
        If the intervention has no such option.

    Examples
    --------
    >>> import facelib
    >>> facelib.interventions.get("palsy", side="right").clause
    'a palsy of the right side grows'
    """
    if isinstance(name, Intervention):
        return name
    found = INTERVENTIONS[ALIASES.get(name, name)]
    if not options:
        return found
    try:
        return type(found)(**options)
    except TypeError:
        known = ", ".join(getattr(found, "__dataclass_fields__", {})) or "none"
        msg = f"{found.id!r} has no such options: {', '.join(options)}. Its options: {known}."
        raise BadValueError(msg) from None


def ordered(face: Face | Head | None = None) -> list[Intervention]:
    """Return what works on `face` (None: everything) as menus show it: by group, placebos last."""

    def rank(item: Intervention) -> tuple[bool, int]:
        return item.placebo, GROUPS.index(item.group) if item.group in GROUPS else len(GROUPS)

    usable = (INTERVENTIONS[name] for name in INTERVENTIONS)
    return sorted((item for item in usable if face is None or item.accepts(face)), key=rank)


def available(face: Face | Head | None = None, *, placebo: bool | None = None) -> pd.DataFrame:
    """Return the interventions that work on `face` (None: all), one row each, with their tags."""
    import pandas as pd

    rows = [
        {
            "id": item.id,
            "title": item.title,
            "group": item.group,
            "property": item.moves,
            "placebo": item.placebo,
            "expected": item.expected,
            "on": "heads" if isinstance(item, HeadIntervention) else "heads and pictures",
            "description": item.description,
        }
        for item in ordered(face)
        if placebo in (None, item.placebo)
    ]
    return pd.DataFrame(rows)
