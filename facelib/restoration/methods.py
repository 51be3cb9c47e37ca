"""The methods of filling in covered parts, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.utilities.registry import Registry

Colours = npt.NDArray[np.float32]
Plane = npt.NDArray[np.float32]


class Method(Protocol):
    """A method of filling in: called with a face and a mask, it returns grey levels of the whole picture.

    Parameters
    ----------
    face
        Its picture isn't to be changed.
    mask
        float32 (H, W) in [0, 1]: what is covered; not empty.

    Returns
    -------
    numpy.ndarray
        (H, W, 3) in [0, 255], of any type; only what the mask covers is taken.
    """

    def __call__(self, face: Face, mask: Plane, /) -> npt.NDArray[np.generic]:
        """Fill in."""


METHODS: Final[Registry[Method]] = Registry("restoration")
"""Name to method; "network" stands first and is what is meant where nothing is said."""


def method(name: str) -> Callable[[Method], Method]:
    """Register a function as a method (decorator)."""

    def keep(function: Method) -> Method:
        return METHODS.register(name, function)

    return keep
