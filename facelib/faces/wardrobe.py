"""What a head can wear: every kind of thing has a maker here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from facelib.faces import glasses, mask, wires
from facelib.faces.anatomy import Floats
from facelib.faces.worn import Worn

if TYPE_CHECKING:
    from facelib.faces.head import Head

Maker = Callable[["Head", Floats, int], Worn | None]
"""Head, its fine vertices with the expression (N, 3) and the picture's size, px, to a thing it wears, if any.

Makers are pure and fast where there is nothing to wear.
"""

MAKERS: tuple[Maker, ...] = (mask.made, mask.loops, glasses.made, wires.made)


def worn_by(head: Head, vertices: Floats, size: int) -> tuple[Worn, ...]:
    """Return everything that a head wears."""
    made = (make(head, vertices, size) for make in MAKERS)
    return tuple(thing for thing in made if thing is not None and thing.opacity > 0)
