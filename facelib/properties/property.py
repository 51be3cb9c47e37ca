"""What a property is: one number of a face, given with it or measured in its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.registry import Registry

Source = Literal["given", "measured"]
Values = npt.NDArray[np.float64]
Measure = Callable[[Sequence[Face]], Values]


@dataclass(frozen=True)
class Property:
    """Something that can be told about a face.

    Attributes
    ----------
    name
        Name in the registry and column in tables, for example ``"skin_tone"``.
    title
        Name in menus.
    unit
        Unit, or an empty string.
    source
        "given" with the face (set, or from its metadata) or "measured" in its picture or landmarks.
    description
        How the number comes about, in one or two sentences.
    low, high
        Usual range, for axes.
    measure
        Faces -> float64 (n,); NaN where it can't be told.
    """

    name: str
    title: str
    unit: str
    source: Source
    description: str
    low: float
    high: float
    measure: Measure = field(repr=False, compare=False)


PROPERTIES: Registry[Property] = Registry("property")


def register(
    name: str, *, title: str, unit: str, source: Source, description: str, low: float, high: float
) -> Callable[[Measure], Measure]:
    """Decorate the function that tells a property: make it available by its name."""

    def enter(measure: Measure) -> Measure:
        PROPERTIES.register(name, Property(name, title, unit, source, description, low, high, measure))
        return measure

    return enter


def given(faces: Sequence[Face], name: str) -> Values:
    """Return a numeric attribute that came with the faces, (n,); NaN where there is none."""
    values = [face.attributes.get(name) for face in faces]
    return np.array([value if isinstance(value, Real) else np.nan for value in values], np.float64)
