"""A restoration as one picture: before, with electrodes, the mask, restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.head.rendering.contact_sheet import contact_sheet
from facelib.restoration.methods import Method
from facelib.restoration.restore import restore

if TYPE_CHECKING:
    from PIL.Image import Image

    from facelib.restoration.methods import Plane


def restoration_sheet(
    worn: Sequence[Face],
    bare: Sequence[Face] | None = None,
    methods: Sequence[str | Method] = ("network",),
    mask: str | Plane = "found",
    *,
    size: int = 128,
) -> Image:
    """Return one row per face: without electrodes (if it is known), with, what was filled in, and restored.

    Parameters
    ----------
    worn
        Faces with electrodes.
    bare
        The same without, or None.
    methods, mask
        As for `restore`; each method is a column.
    size
        Of a picture, px.

    Raises
    ------
    BadValueError
        If there is no face, or not as many without electrodes as with.
    """
    if not worn or (bare is not None and len(bare) != len(worn)):
        msg = (
            "A sheet shows faces with electrodes, and as many without or None; got "
            f"{len(worn)} and {None if bare is None else len(bare)}."
        )
        raise BadValueError(msg)
    shown: list[Face] = []
    captions: list[str] = []
    for place, face in enumerate(worn):
        done = [restore(face, restored, mask) for restored in methods]
        white = np.repeat(np.rint(255 * done[0].mask).astype(np.uint8)[:, :, None], 3, axis=2)
        row = [face, face.replace(image=white), *(face.replace(image=restored.image) for restored in done)]
        words = ["with electrodes", "filled in", *(restored.method.replace("_", " ") for restored in done)]
        if bare is not None:
            row, words = [bare[place], *row], ["without", *words]
        shown += row
        captions += words
    return contact_sheet(shown, len(shown) // len(worn), captions, size=size)
