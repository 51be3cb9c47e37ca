"""Interventions by other programs: pictures edited beforehand, or a function that edits them.

What stands behind it is the user's: a diffusion model (``diffusers``), a graphics program, a morphing tool.
It isn't part of facelib, and what it changes besides isn't known: measure properties along the frames.

The protocol of Penzel & Denzler (arXiv 2503.05424), as their published code runs it with InstructPix2Pix: one
instruction, one fixed seed for all pictures, an image guidance scale of 2.5, and a text guidance scale that
grows evenly from 1.01 to 15.0 in 100 steps (`README.md`; the function's own default ends at 12.5). The
original comes first: 101 pictures, whose order is the strength. Here::

    edits = [edit(face.image, guidance_scale=scale) for scale in numpy.linspace(1.01, 15.0, 100)]
    change = outside.frames([face.image, *edits], face, name="fur colour")
    facelib.sweep(face, change, steps=101)

A guidance scale is no measure of a property: equal steps of it are not equal steps of what is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.interventions.intervention import PictureIntervention
from facelib.interventions.own.edited_frames import (
    GROUP,
    EditedFrames,
    Landmarks,
    Picture,
    changed,
    check_edit,
    check_picture,
    frames,
    landmarks_of,
)
from facelib.interventions.session import slug

__all__ = ["EditedFrames", "OutsideEditor", "editor", "frames"]

REMEMBERED: Final = 256  # pictures whose editor was seen to leave them as they are at strength 0


@dataclass(frozen=True)
class OutsideEditor(PictureIntervention):
    """A function that edits a picture by a strength; made by `editor`.

    Parameters
    ----------
    edit
        ``edit(image, strength)``: uint8 (H, W, 3) and 0 … 1 to a picture of the same shape. At 0 it returns
        the same picture, and the same strength always gives the same one (fix the seed). It is called from
        several threads.
    name
        The name of what it changes.
    title
        Name in menus.
    version
        Of the editor, its model and settings: noted with the results, as a function can't be.
    landmarks
        As in `EditedFrames`.
    moves
        The property that it is meant to move, by its name in `facelib.properties`, or None.
    """

    edit: Callable[[Picture, float], Picture] = field(repr=False)
    name: str = "picture"
    title: str = ""  # type: ignore[misc]  # of each its own
    version: str = ""
    landmarks: Landmarks = "found"
    moves: str | None = None  # type: ignore[misc]
    id: str = field(init=False)  # type: ignore[misc]
    _steady: dict[bytes, None] = field(default_factory=dict, init=False, repr=False, compare=False)

    group: ClassVar[str] = GROUP
    description: ClassVar[str] = "A function that the user brought along edits the picture."
    sentence: ClassVar[str] = "another program changes the {name}"

    def __post_init__(self) -> None:
        given: Any = self.edit
        if not callable(given):
            msg = f"An editor is a function of a picture and a strength; got {given!r}."
            raise BadValueError(msg)
        check_edit(self)
        object.__setattr__(
            self, "id", "_".join(filter(None, ["editor", *map(slug, (self.name, self.version))]))
        )

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        return self.sentence.format(name=self.name)

    def _change(self, face: Face, strength: float) -> Face:
        self._check_steady(face.image)
        picture = self._edited(face.image, strength)
        return changed(face, picture, landmarks_of(face, picture, self), self)

    def _edited(self, image: Picture, strength: float) -> Picture:
        try:
            picture = self.edit(image.copy(), strength)
        except Exception as error:
            msg = f"The editor {self.id!r} failed at strength {strength:g}: {type(error).__name__}: {error}"
            raise BadValueError(msg) from error
        check_picture(picture, image, f"What the editor {self.id!r} returns")
        return picture.copy()

    def _check_steady(self, image: Picture) -> None:
        """Raise `BadValueError` unless the editor returns this picture as it is at strength 0."""
        digest = hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()
        if digest in self._steady:
            return
        same = self._edited(image, 0.0)
        if not np.array_equal(same, image):
            apart = float(np.abs(same.astype(np.float32) - image).mean())
            msg = (
                f"At strength 0 an editor returns the picture as it is; {self.id!r} changes it by "
                f"{apart:.2f} grey levels on average, which would be taken for the effect of the first step. "
                "Use outside.frames with the pictures that it makes, and its own of strength 0 as the face."
            )
            raise BadValueError(msg)
        if len(self._steady) < REMEMBERED:
            self._steady[digest] = None


def editor(
    edit: Callable[[Picture, float], Picture],
    name: str = "picture",
    title: str | None = None,
    *,
    version: str = "",
    landmarks: Landmarks = "found",
    moves: str | None = None,
) -> OutsideEditor:
    """Return a function that edits pictures as an intervention; see `OutsideEditor`.

    What it returns is checked every time, and that it leaves a picture as it is at strength 0, once for every
    picture. `BadValueError` says what is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> def darker(image, strength):
    ...     return np.rint(image * (1 - 0.3 * strength)).astype(np.uint8)
    >>> change = editor(darker, "darkness", landmarks="kept")
    >>> change.id
    'editor_darkness'
    """
    return OutsideEditor(edit, name, title or name, version, landmarks, moves)
