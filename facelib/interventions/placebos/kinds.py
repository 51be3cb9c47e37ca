"""The placebos by kind: an intervention's effect is compared with theirs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from facelib.errors import UnknownNameError
from facelib.interventions.placebos.change import GROUP, Direction, Placebo
from facelib.interventions.placebos.detail import Blur, Jpeg, Noise, Sharpen
from facelib.interventions.placebos.geometry import Crop, Rotate, Scale, Shift, Stretch
from facelib.interventions.placebos.light import Haze, LightGradient, ShadowBands, Vignette
from facelib.interventions.placebos.tone import (
    Brightness,
    ColourTemperature,
    Contrast,
    Exposure,
    Gamma,
    Saturation,
    Tint,
)

__all__ = ["GROUP", "KINDS", "Direction", "Placebo", "kind_of"]

ReferenceChange = Placebo  # its former name

KINDS: Final[Mapping[str, type[Placebo]]] = MappingProxyType(
    {
        kind.id: kind
        for kind in (
            Shift, Scale, Rotate, Crop, Stretch, Blur, Sharpen, Noise, Jpeg,
            Brightness, Contrast, Gamma, ColourTemperature, Saturation, LightGradient, Vignette,
            Exposure, Tint, Haze, ShadowBands,
        )
    }
)  # fmt: skip
"""Kinds by id; every one is registered as an intervention too, along its documented default direction."""


MOVES: Final = 0.2
"""Spreads of a property between people from which on a kind moves it, and is no placebo of it."""
LEAST_KINDS: Final = 10
"""Kinds of the same size below which a change has no rank p: of fewer, one odd kind decides."""


@lru_cache(maxsize=1)
def moved() -> Mapping[str, Mapping[str, float]]:
    """Return how far each kind moves measured properties, in spreads between people: kind -> property -> it.

    The largest mean over 40 heads among four random directions, at the farthest that the kind goes, by
    `facelib.experiments.manipulation_check`.

    >>> moved()["brightness"]["skin_tone"] > 1 > MOVES > moved()["shift"]["skin_tone"]
    True
    """
    found: dict[str, dict[str, float]] = {}
    with Path(__file__).with_name("moved.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["kind"], {})[row["property"]] = float(row["moved"])
    return found


def placebos_of(intervention: str, moves: str | None) -> list[str]:
    """Return the kinds that are placebos of an intervention: neither it, nor such as move what it is to move.

    >>> placebos_of("skin_tone", "skin_tone")[:6]
    ['shift', 'scale', 'rotate', 'crop', 'stretch', 'blur']
    """
    return [
        kind for kind in KINDS
        if kind != intervention and not (moves and moved().get(kind, {}).get(moves, 0.0) >= MOVES)
    ]  # fmt: skip


def kind_of(name: str) -> type[Placebo]:
    """Return the kind of placebo with this id, or raise `UnknownNameError`."""
    if name not in KINDS:
        msg = f"There is no kind of placebo named {name!r}. Known: {', '.join(KINDS)}."
        raise UnknownNameError(msg)
    return KINDS[name]
