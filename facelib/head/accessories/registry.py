"""The registry of accessories: one maker per kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from facelib.head.accessories import glasses, leads, surgical_mask
from facelib.head.accessories.thing import Worn
from facelib.head.geometry.makehuman import Floats

if TYPE_CHECKING:
    from facelib.head.head import Head

Maker = Callable[["Head", Floats, int], Worn | None]
"""Head, its fine vertices with the expression (N, 3) and the picture's size, px, to a thing it wears, if any.

Makers are pure and fast where there is nothing to wear.
"""

MAKERS: tuple[Maker, ...] = (surgical_mask.made, surgical_mask.loops, glasses.made, leads.made)


def worn_by(head: Head, vertices: Floats, size: int) -> tuple[Worn, ...]:
    """Return everything that a head wears."""
    made = (make(head, vertices, size) for make in MAKERS)
    return tuple(thing for thing in made if thing is not None and thing.opacity > 0)
