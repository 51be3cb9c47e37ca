"""A head on which an intervention can be seen: some need electrodes, a palsy, or a weak expression."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from facelib import interventions
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.interventions import HeadIntervention, Intervention

PREPARED: Final[tuple[MappingProxyType[str, Any], ...]] = tuple(
    MappingProxyType(fields)
    for fields in (
        {},
        {"intensity": 0.3},
        {"asymmetry": 1.0},
        {"palsy": 0.4},
        {"electrodes": "fridlund"},
        {"glasses": 0.4},
        {"mask": 0.7},
        {"facial_hair": 1.0},
        {"hair": "short"},
        {"hair": "long"},
    )
)
"""What is tried on a head, in this order, until an intervention changes it."""


def demonstration_head(intervention: str | Intervention, head: Head | None = None) -> Head:
    """Return `head`, with as little put on it as it takes for an intervention to change it.

    Size, tape and leads of electrodes need electrodes, a synkinesis needs a palsy, a face that becomes more
    symmetric has to be asymmetric, and an expression that grows has to be weak. What is put on is found by
    trying (`PREPARED`), so interventions that are registered later find their head too.

    Parameters
    ----------
    intervention
        Id, or an intervention with its options.
    head
        Who is shown; None: a smiling adult.

    Raises
    ------
    BadValueError
        If something else than a head is given, or the intervention changes none of those that were tried.

    Examples
    --------
    >>> demonstration_head("age") == Head()
    True
    >>> demonstration_head("electrode_tape").electrodes
    'fridlund'
    >>> demonstration_head("stronger_expression").intensity
    0.3
    """
    change, person = interventions.get(intervention), Head() if head is None else head
    if not isinstance(person, Head):
        msg = f"An intervention is demonstrated on a Head; got {type(person).__name__}."  # type: ignore[unreachable]
        raise BadValueError(msg)
    for fields in PREPARED:
        tried = person.replace(**fields)
        if change.accepts(tried) and (
            not isinstance(change, HeadIntervention) or change.edit(tried, 1.0) != tried
        ):
            return tried
    msg = (
        f"{change.id!r} changes none of the heads that were tried. Give it one that it accepts: "
        "facelib.studies.demonstrate(intervention, head)."
    )
    raise BadValueError(msg)
