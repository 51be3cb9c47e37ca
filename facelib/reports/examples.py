"""Example pictures: a rendered head at strengths 0, ½ and 1. Nobody's photograph is in a report."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.classifiers import EMOTIONS
from facelib.errors import FacelibError
from facelib.faces import Head
from facelib.interventions import INTERVENTIONS, Intervention, get
from facelib.reports.parts import Picture
from facelib.studies.interventional import intervention_name
from facelib.studies.sweeps.film_strips import data_uri
from facelib.utilities.registry import named

if TYPE_CHECKING:
    from facelib.studies.results import InterventionalResult

STRENGTHS: Final = (0.0, 0.5, 1.0)
SIZE, QUALITY = 128, 70  # px of each head, and of the JPEG: a row is some 10 KB
SHOWS: Final = "happy"  # where no face says what it is meant to show
RENDERED: Final = "rendered head"
"""In what a study says of its faces, where there are heads among them."""

PHOTOGRAPHS: Final = (
    "No picture is shown: the faces of this study are photographs, and a report is passed on to others than "
    "those to whom these people gave them."
)
UNKNOWN: Final = "No picture is shown: this version of facelib can't draw it from what the study stored."
UNREGISTERED: Final = (
    "No picture is shown: the intervention {id!r} isn't registered in this session, and a study stores "
    "numbers, not code. Register it as for the run (facelib.interventions.register, or import the module "
    "that does so; docs/own.md), then write the report again."
)


def example(result: InterventionalResult, item: Mapping[str, Any]) -> Picture | str:
    """Return a head under one intervention of a study, or why none is shown.

    Parameters
    ----------
    result
        Of the study.
    item
        The intervention as it was declared.
    """
    if RENDERED not in str(result.settings["faces"]):
        return PHOTOGRAPHS
    shown = sorted(set(result.faces["expression"]) & set(EMOTIONS))
    shows = SHOWS if SHOWS in shown or not shown else shown[0]
    kind, name = str(item["id"]), str(item["name"])
    if kind not in INTERVENTIONS:
        return UNREGISTERED.format(id=kind)
    row = _drawn(_as_stored(kind, name), shows)
    if row is None:
        return UNKNOWN
    return Picture(
        row,
        (SIZE * len(STRENGTHS), SIZE),
        f"An example head, {shows}, drawn for this report (no face of the study): strength 0, ½ and 1, as "
        f"{item['clause']}.",
        f"Three pictures of one rendered head, {shows}, side by side: strength 0, one half and 1, as "
        f"{item['clause']}.",
    )


def _drawn(change: Intervention | None, shows: str) -> str | None:
    """Return the pictures side by side as a URI; None if they can't be drawn."""
    if change is None:
        return None
    try:
        with named(type(change), "intervention", change.id):
            if not change.accepts(Head(expression=shows, seed=1)):
                return None
            draw = _row if _hashes(change) else _row.__wrapped__
            return draw(change, shows)
    except FacelibError:  # the packages that heads are made of aren't here, say
        return None


def _hashes(change: Intervention) -> bool:
    try:
        hash(change)
    except TypeError:  # an option is a list, say
        return False
    return True


@functools.lru_cache(maxsize=64)
def _row(change: Intervention, shows: str) -> str:
    """Return the pictures side by side as a URI."""
    head = Head(expression=shows, seed=1)
    drawn = [_fitted(change.apply(head, strength).image) for strength in STRENGTHS]
    return data_uri(np.concatenate(drawn, axis=1), QUALITY)


def _fitted(image: Any) -> Any:
    from PIL import Image

    return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.LANCZOS))


def _as_stored(kind: str, name: str) -> Intervention | None:
    """Return an intervention from its name in tables, which holds its options; None if that isn't enough.

    >>> _as_stored("palsy", "palsy(side=right)").side
    'right'
    >>> _as_stored("my own", "my own") is None
    True
    """
    if kind not in INTERVENTIONS:
        return None
    usual: Any = INTERVENTIONS[kind]
    options_text = name.removeprefix(kind).removeprefix("(").removesuffix(")")
    options = dict(part.partition("=")[::2] for part in options_text.split(", ") if part)
    usual_options = (
        {one.name: getattr(usual, one.name) for one in fields(usual)} if is_dataclass(usual) else {}
    )
    if not set(options) <= set(usual_options):
        return None
    try:
        intervention = get(usual, **{key: _value(text, usual_options[key]) for key, text in options.items()})
    except (FacelibError, ValueError, TypeError):
        return None
    return intervention if intervention_name(intervention) == name else None


def _value(text: str, usual: Any) -> Any:
    """Return an option from its words, of the kind that the usual value has."""
    if isinstance(usual, tuple):
        return tuple(_value(part, usual[0] if usual else "") for part in text.split("+"))
    if isinstance(usual, bool):
        return text == "True"
    try:
        return float(text) if not isinstance(usual, int) else int(text)
    except ValueError:
        return text
