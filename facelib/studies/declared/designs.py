"""Studies that are declared by name: the rebuilt experiments, with their own parameters."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from facelib.errors import UnavailableError
from facelib.utilities.registry import Registry


@dataclass(frozen=True)
class Design:
    """A function that declares a study; it is found when it is asked for.

    Attributes
    ----------
    function
        Where it is: "module:name".
    faces
        Where the function is that makes its faces, if there is one; else "".
    meaning
        What the study asks, in a sentence.
    """

    function: str
    faces: str = ""
    meaning: str = ""

    def find(self) -> Callable[..., Any]:
        """Return the function that declares the study."""
        return _found(self.function)

    def find_faces(self) -> Callable[..., Any] | None:
        """Return the function that makes its faces, or None."""
        return _found(self.faces) if self.faces else None


DESIGNS: Registry[Design] = Registry("design")

DESIGNS.register(
    "facing_asymmetry",
    Design(
        "facelib.experiments.asymmetry:facing_asymmetry",
        "facelib.experiments.asymmetry:asymmetry_faces",
        "One side of the expression weakens, and both sides as its controls; photographs, beside symmetric "
        "faces.",
    ),
)
DESIGNS.register(
    "power_of_properties",
    Design(
        "facelib.experiments.power_of_properties:power_of_properties",
        "facelib.experiments.power_of_properties:labelled_population",
        "Which outputs depend on which properties, given the label.",
    ),
)


def parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function that can be named.

    >>> list(parameters(lambda people, *, seed=0: None))
    ['people', 'seed']
    """
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(function).parameters
    return {name: one for name, one in found.items() if one.kind in kinds}


def _found(place: str) -> Callable[..., Any]:
    module, name = place.split(":")
    there = importlib.util.find_spec(module) is not None
    function: Any = getattr(importlib.import_module(module), name, None) if there else None
    if not callable(function):
        msg = f"This version of facelib has no {name} in {module}."
        raise UnavailableError(msg)
    found: Callable[..., Any] = function
    return found
