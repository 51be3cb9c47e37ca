"""A face: a picture, where the face is in it, and what is known about the person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, answers_misspelt
from facelib.utilities.consent import may_show
from facelib.utilities.short_repr import in_short

N_LANDMARKS = 478


def _unknown_landmarks() -> npt.NDArray[np.float32]:
    return np.full((N_LANDMARKS, 2), np.nan, np.float32)


@in_short(picture=lambda face: face.image if may_show(face.attributes) else None)
@answers_misspelt("a face")
@dataclass(frozen=True, eq=False)
class Face:
    """A picture of one face.

    Parameters
    ----------
    image
        uint8 (H, W, 3), RGB.
    box
        float64 (4,), px: x1, y1, x2, y2 of the face, as the BlazeFace detector draws it.
    eyes
        float64 (2, 2), px: centre of the person's left eye, then of the right eye.
    landmarks
        float32 (478, 2), px, in the order of the 478-point face mesh; NaN where not known.
    attributes
        What is known about the face (age, expression, electrodes …) by name.
    source
        Where it comes from: "rendered", "photograph" or "edited".
    """

    image: npt.NDArray[np.uint8]
    box: npt.NDArray[np.float64]
    eyes: npt.NDArray[np.float64]
    landmarks: npt.NDArray[np.float32] = field(default_factory=_unknown_landmarks)
    attributes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    source: str = "photograph"

    def __post_init__(self) -> None:
        for name in ("image", "box", "eyes", "landmarks"):
            if not isinstance(getattr(self, name), np.ndarray):
                came = getattr(self, name)
                msg = f"A face's {name} is an array of numpy; got {type(came).__name__}: {f'{came!r}':.60}."
                raise BadValueError(msg)
        known: object = self.attributes
        if not isinstance(known, Mapping):
            msg = f"A face's attributes are a mapping, as {{'age': 30}}; got {f'{known!r}':.60}."
            raise BadValueError(msg)
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3:
            msg = f"A face's image is uint8 (H, W, 3); got {self.image.dtype} {self.image.shape}."
            raise BadValueError(msg)
        for name, shape in (("box", (4,)), ("eyes", (2, 2)), ("landmarks", (N_LANDMARKS, 2))):
            if getattr(self, name).shape != shape:
                msg = f"A face's {name} has shape {shape}; got {getattr(self, name).shape}."
                raise BadValueError(msg)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture in pixels."""
        height, width = self.image.shape[:2]
        return height, width

    def replace(self, **changes: Any) -> Face:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def lent(self) -> Face:
        """Return the face with a read-only picture, for code that isn't facelib's own.

        Examples
        --------
        >>> face = Face(np.zeros((8, 8, 3), np.uint8), np.zeros(4), np.zeros((2, 2)))
        >>> face.lent().image.flags.writeable, face.image.flags.writeable
        (False, True)
        """
        view = self.image.view()
        view.flags.writeable = False
        return self.replace(image=view)

    def _repr_png_(self) -> bytes | None:
        """Show the picture in a notebook, unless its table says that there is no consent to that."""
        if not may_show(self.attributes):
            return None
        import io

        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, "PNG")
        return buffer.getvalue()


def shown_of(faces: Sequence[Face]) -> npt.NDArray[np.uint8] | None:
    """Return pictures (n, H, W, 3) for a notebook; None if a table says that one may not be shown."""
    return (
        np.stack([face.image for face in faces]) if all(may_show(one.attributes) for one in faces) else None
    )


def of_heads(faces: Sequence[Face]) -> bool:
    """Return whether pictures are of a rendered head: the first as it was rendered, the others edits of it.

    Examples
    --------
    >>> face = Face(np.zeros((8, 8, 3), np.uint8), np.zeros(4), np.zeros((2, 2)), source="rendered")
    >>> of_heads([face, face.replace(source="edited")]), of_heads([face.replace(source="edited")])
    (True, False)
    """
    later = all(face.source in ("rendered", "edited") for face in faces[1:])
    return bool(faces) and faces[0].source == "rendered" and later


def face_fingerprint(face: Face) -> str:
    """Return a hash of the picture of a face, its box, eyes and landmarks."""
    content = hashlib.sha256(face.image.tobytes())
    for points in (face.box, face.eyes, face.landmarks):
        content.update(points.tobytes())
    return hashlib.sha256(f"{face.image.shape}|{content.hexdigest()}".encode()).hexdigest()[:32]
