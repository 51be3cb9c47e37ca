"""Independent random streams of one seed: draws for different purposes must not share numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np

Stream = Literal["arrangement", "orders", "widths", "halves", "pictures"]

_KEYS: dict[Stream, tuple[int, ...]] = {
    "arrangement": (), "orders": (1,), "widths": (2,), "halves": (3,), "pictures": (4,),
}  # fmt: skip


def stream(seed: int, name: Stream) -> np.random.Generator:
    """Return the generator of one stream.

    The arrangement of rows and a sample of them once came from the same numbers: the sample was then the
    rows of lowest content, and kernels got a third too narrow.
    """
    return np.random.default_rng([seed, *_KEYS[name]])
