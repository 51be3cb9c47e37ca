"""Gradual changes of one property: `get` one by its id, `apply` it with a strength in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, Head
from facelib.interventions import (
    background,
    controls,
    electrode_removal,
    electrodes,
    expression,
    lighting,
    palsy,
    person,
    symmetry,
    view,
    worn,
)
from facelib.interventions.controls import CONTROLS, control_set
from facelib.interventions.intervention import (
    COSTS,
    INTERVENTIONS,
    FaceIntervention,
    HeadIntervention,
    Intervention,
    PictureIntervention,
    register,
)
from facelib.interventions.own import outside, prototype
from facelib.interventions.own.prototype import Prototype
from facelib.interventions.placebos import kinds as reference
from facelib.interventions.session import add
from facelib.interventions.symmetry import Symmetry
from facelib.utilities.lazy import listing

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("Symmetry", "Expression", "Person", "Worn on the face", "View", "Light")
"""Headings of menus in their order; others follow, placebos come last."""
ALIASES: Mapping[str, Intervention] = {"symmetry": Symmetry()}
INTERVENTIONS.reserve(*ALIASES)

__all__ = [
    "CONTROLS",
    "GROUPS",
    "INTERVENTIONS",
    "FaceIntervention",
    "HeadIntervention",
    "Intervention",
    "PictureIntervention",
    "Prototype",
    "add",
    "available",
    "background",
    "control_set",
    "controls",
    "electrode_removal",
    "electrodes",
    "expression",
    "get",
    "lighting",
    "ordered",
    "outside",
    "palsy",
    "person",
    "prototype",
    "reference",
    "register",
    "symmetry",
    "table",
    "view",
    "worn",
]

__dir__ = listing(__all__)


def get(name: str | Intervention, **options: Any) -> Intervention:
    """Return the intervention that is registered under `name`, or a given one, with its options set.

    Parameters
    ----------
    name
        An id of `available()`, or ``"symmetry"``: one-sided weakening of heads, `Symmetrise` of photographs;
        or an intervention, whose other options stay.
    **options
        Fields of the intervention, such as ``side="right"``, ``to=70`` or ``to="older"``; `available` lists
        the words.

    Raises
    ------
    UnknownNameError
        If nothing has this name.
    BadValueError
        If the intervention has no such option, or not with this value.

    Examples
    --------
    >>> import facelib
    >>> facelib.interventions.get("palsy", side="right").clause
    'a palsy of the right side grows'
    """
    aliased = isinstance(name, str) and name in ALIASES
    intervention = (
        name if isinstance(name, Intervention) else ALIASES[name] if aliased else INTERVENTIONS[name]
    )
    known: list[str] = [field.name for field in fields(intervention)] if is_dataclass(intervention) else []
    if unknown := [option for option in options if option not in known]:
        msg = (
            f"{intervention.id!r} has no such options: {', '.join(unknown)}. "
            f"Its options: {', '.join(known) or 'none'}."
        )
        raise BadValueError(msg)
    return replace(intervention, **options) if options else intervention  # type: ignore[type-var]


def ordered(face: Face | Head | None = None) -> list[Intervention]:
    """Return the interventions that work on `face` (None: all) as menus show them: by group, placebos last.

    What works with another word for an option only (a palsy of the other side) has that word.
    """
    check_kind(face, (Face, Head, type(None)), "A head, a face, or None for all")

    def rank(item: Intervention) -> tuple[bool, int]:
        return item.placebo, GROUPS.index(item.group) if item.group in GROUPS else len(GROUPS)

    every = (INTERVENTIONS[name] for name in INTERVENTIONS)
    fitted = (item if face is None else item.fitted(face) for item in every)
    return sorted((item for item in fitted if item), key=rank)


def withheld() -> list[Intervention]:
    """Return the changes of heads that aren't made on photographs, with reasons, in the order of menus."""
    return [item for item in ordered() if item.withheld]


def available(face: Face | Head | None = None, *, placebo: bool | None = None) -> pd.DataFrame:
    """Return the interventions that work on `face` (None: all), one row each; the same as `table`."""
    return table(face, placebo=placebo)


def table(face: Face | Head | None = None, *, placebo: bool | None = None) -> pd.DataFrame:
    """Return the interventions that work on `face` (None: all), one row each, with their tags.

    Parameters
    ----------
    face
        A face or head, or None.
    placebo
        True: placebos only; False: none of them.

    Returns
    -------
    pandas.DataFrame
        Columns id, title, group, property (that it moves, or None), placebo, expected (of the intended
        class of `face`: it depends on the way that a number moves), cost and ms (what is made anew for a
        strength, and how long that takes: see `COSTS`), on (what it works on), options (words that they
        take) and description.
    """
    import pandas as pd

    rows = [
        {
            "id": item.id,
            "title": item.title,
            "group": item.group,
            "property": item.moves,
            "placebo": item.placebo,
            "expected": item.expects(face),
            "cost": item.cost,
            "ms": COSTS[item.cost],
            "on": item.on,
            "options": "; ".join(f"{option}: {', '.join(words)}" for option, words in item.choices.items()),
            "description": item.description,
        }
        for item in ordered(face)
        if placebo in (None, item.placebo)
    ]
    return pd.DataFrame(rows)
