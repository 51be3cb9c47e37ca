"""Small pictures of changes and cases, all rendered heads: read from two sheets, and drawn anew."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from facelib import interventions
from facelib.faces import Face, Head
from facelib.interventions import Intervention
from facelib.studies.sweeps.demonstration import demonstration_head

FOLDER: Final = Path(__file__).parent / "pictures"
TILE: Final = 112  # px of a picture in its sheet
COLUMNS: Final = 10
QUALITY: Final = 76  # of WebP
AROUND: Final = (0.09, 0.0, 0.91, 0.82)  # x1, y1, x2, y2 of what is shown, in parts of a rendered picture
SHOWN: Final = Head(
    age=35, gender=0.5, skin_tone=0.5, hair="short", seed=7, expression="happy", intensity=0.9
)
"""Who shows a change: a middle skin tone, so that either way leads away from it."""
OTHERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "electrode_removal": {"electrodes": "fridlund"},
        "gender": {"gender": 0.0},
        "palsy": {"intensity": 1.0},
        "synkinesis": {"palsy": 0.6},
    }
)
"""What a head needs besides, so that a change can be seen in so small a picture."""
PARTWAY: Final[Mapping[str, float]] = MappingProxyType({"electrode_removal": 0.5, "thinning": 0.6})
"""Strengths other than 1: where the change is seen best."""
BOTH: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({"skin_tone": ("darker", "lighter")})
"""Changes of which either way is shown, one in each half of the picture: none of them is the usual one."""

Picture = npt.NDArray[np.uint8]
Kind = Literal["changes", "cases"]


@dataclass(frozen=True)
class Sheet:
    """A sheet of pictures, as it is sent to the browser.

    Attributes
    ----------
    content
        WebP: squares of `TILE` px, from left to right and top to bottom.
    names
        Whose they are: ids of changes or of cases.
    """

    content: bytes
    names: tuple[str, ...]

    @property
    def grid(self) -> list[int]:
        """How many pictures it has beside and below each other."""
        return [COLUMNS, -(-len(self.names) // COLUMNS)]

    def place(self, name: str) -> int:
        """Return where a picture stands; -1 if there is none, as of somebody's own change."""
        return self.names.index(name) if name in self.names else -1


@functools.cache
def sheet(kind: Kind) -> Sheet:
    """Return a sheet that is shipped: the pictures of all changes, or of all cases.

    >>> sheet("changes").place("age") >= 0, sheet("changes").place("of_my_own")
    (True, -1)
    """
    names = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return Sheet((FOLDER / f"{kind}.webp").read_bytes(), tuple(names))


def picture_of(name: str) -> Picture:
    """Draw the picture of a change, by its id: uint8 (TILE, TILE, 3)."""
    head = SHOWN.replace(**OTHERS.get(name, {}))
    if name in BOTH:
        return halves(head, *(interventions.get(name, to=way) for way in BOTH[name]))
    change = interventions.get(name)
    return changed(demonstration_head(change, head), change, PARTWAY.get(name, 1.0))


def changed(head: Head, change: Intervention, strength: float = 1.0) -> Picture:
    """Draw the picture of a head that is changed."""
    return small(change.apply(head, strength))


def halves(head: Head, first: Intervention, second: Intervention) -> Picture:
    """Draw two changes of a head in one picture, divided by a line down its middle."""
    left, right = (changed(head, change) for change in (first, second))
    middle = TILE // 2
    joined = np.concatenate([left[:, :middle], right[:, middle:]], axis=1)
    joined[:, middle - 1 : middle + 1] = 255
    return joined


def small(face: Face) -> Picture:
    """Return the middle of a picture in the size of the sheet."""
    from PIL import Image

    x1, y1, x2, y2 = (part * face.image.shape[0] for part in AROUND)
    made = Image.fromarray(face.image).resize((TILE, TILE), Image.Resampling.LANCZOS, box=(x1, y1, x2, y2))
    return np.asarray(made)


def read_tiles(given: Sheet) -> dict[str, Picture]:
    """Return the pictures of a sheet by their names."""
    from PIL import Image

    whole = np.asarray(Image.open(io.BytesIO(given.content)).convert("RGB"))
    places = (divmod(number, COLUMNS) for number in range(len(given.names)))
    tiles = (whole[TILE * y : TILE * (y + 1), TILE * x : TILE * (x + 1)] for y, x in places)
    return dict(zip(given.names, tiles, strict=True))


def write_sheet(pictures: Mapping[str, Picture]) -> Sheet:
    """Return a sheet of pictures."""
    from PIL import Image

    names = tuple(pictures)
    whole = np.full((TILE * -(-len(names) // COLUMNS), TILE * COLUMNS, 3), 228, np.uint8)
    for number, name in enumerate(names):
        y, x = divmod(number, COLUMNS)
        whole[TILE * y : TILE * (y + 1), TILE * x : TILE * (x + 1)] = pictures[name]
    buffer = io.BytesIO()
    Image.fromarray(whole).save(buffer, "WEBP", quality=QUALITY, method=6)
    return Sheet(buffer.getvalue(), names)
