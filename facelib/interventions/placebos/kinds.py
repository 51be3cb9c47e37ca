"""The placebos by kind: an intervention's effect is compared with theirs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facelib.errors import UnknownNameError
from facelib.interventions.placebos.change import GROUP, Direction, Placebo
from facelib.interventions.placebos.detail import Blur, Jpeg, Noise, Sharpen
from facelib.interventions.placebos.geometry import Crop, Rotate, Scale, Shift, Stretch
from facelib.interventions.placebos.tone import (
    Brightness,
    ColourTemperature,
    Contrast,
    Gamma,
    LightGradient,
    Saturation,
    Vignette,
)

__all__ = ["GROUP", "KINDS", "Direction", "Placebo", "kind_of"]

ReferenceChange = Placebo  # its former name

KINDS: Final[Mapping[str, type[Placebo]]] = MappingProxyType(
    {
        kind.id: kind
        for kind in (
            Shift, Scale, Rotate, Crop, Stretch, Blur, Sharpen, Noise, Jpeg,
            Brightness, Contrast, Gamma, ColourTemperature, Saturation, LightGradient, Vignette,
        )
    }
)  # fmt: skip
"""Kinds by id; every one is registered as an intervention too, along its documented default direction."""


def kind_of(name: str) -> type[Placebo]:
    """Return the kind of placebo with this id, or raise `UnknownNameError`."""
    if name not in KINDS:
        msg = f"There is no kind of placebo named {name!r}. Known: {', '.join(KINDS)}."
        raise UnknownNameError(msg)
    return KINDS[name]
