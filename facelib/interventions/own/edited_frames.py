"""Pictures of one face that another program edited, as an intervention."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnavailableError
from facelib.face import N_LANDMARKS
from facelib.faces import Face, Head
from facelib.interventions.intervention import (
    RENDER_SIZE,
    Cost,
    Intervention,
    check_choice,
    check_strength,
    edited,
)
from facelib.interventions.session import check_moves, slug

Picture = npt.NDArray[np.uint8]
Between = Literal["nearest", "blend"]
Landmarks = Literal["found", "kept"]

GROUP: Final = "Outside editors"
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp")
MOST: Final = 501  # frames
MOST_BYTES: Final = 1_000_000_000
NEAR: Final = 3.0
"""Grey levels, on average, by which the frame of strength 0 may differ from the face: about JPEG's cost."""


class Edit(Protocol):
    """The base of frames and editors."""

    @property
    def name(self) -> str:
        """The name of the change."""

    @property
    def landmarks(self) -> Landmarks:
        """The source of the landmarks."""

    @property
    def moves(self) -> str | None:
        """The property that is meant to move."""


@dataclass(frozen=True, eq=False)
class EditedFrames(Intervention):
    """Pictures of one face that were edited before, by growing strength; made by `frames`.

    Parameters
    ----------
    name
        The name of the change, part of the id.
    face
        The unedited face, the only one that it works on.
    pictures
        uint8 (n, H, W, 3), of the size of the face's picture.
    strengths
        (n,), rising, in [0, 1].
    between
        What a strength shows that has no picture of its own. "nearest": the nearest one's picture. "blend":
        the two neighbours mixed, which no editor made: edges that moved are doubled.
    landmarks
        "found": by the network, in each picture; unknown if it isn't on this machine. "kept": those of the
        unedited face, where nothing has moved.
    title
        Name in menus.
    moves
        The property that it is meant to move, by its name in `facelib.properties`, or None.
    """

    name: str
    face: Face = field(repr=False)
    pictures: Picture = field(repr=False)
    strengths: tuple[float, ...] = field(repr=False)
    between: Between = "nearest"
    landmarks: Landmarks = "found"
    title: str = ""  # type: ignore[misc]  # of each its own
    moves: str | None = None  # type: ignore[misc]
    id: str = field(init=False)  # type: ignore[misc]
    _found: dict[int, Face] = field(default_factory=dict, init=False, repr=False)

    group: ClassVar[str] = GROUP
    cost: ClassVar[Cost] = "pixels"
    on: ClassVar[str] = "pictures"
    description: ClassVar[str] = "Pictures of one face that another program edited, by their strengths."
    sentence: ClassVar[str] = "another program changes the {name}"

    def __post_init__(self) -> None:
        check_choice("what is shown between frames", self.between, get_args(Between))
        check_edit(self)
        object.__setattr__(self, "id", f"frames_{slug(self.name)}_{self.key[:8]}")

    @property
    def key(self) -> str:
        """Hash of the pictures and their strengths."""
        parts = hashlib.sha256(repr((self.name, self.strengths, self.pictures.shape)).encode())
        for picture in (self.face.image, *self.pictures):
            parts.update(picture.tobytes())
        return parts.hexdigest()

    def _identity(self) -> tuple[Any, ...]:
        return (self.id, self.between, self.landmarks, self.title, self.moves)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EditedFrames) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        return self.sentence.format(name=self.name)

    def why_not(self, face: Face | Head) -> str:
        """Say that these are pictures of another face; empty if not."""
        if face is self.face or (isinstance(face, Face) and np.array_equal(face.image, self.face.image)):
            return ""
        return "The pictures that were edited are of another face, or of another cut-out of it."

    def apply(self, face: Face | Head, strength: float, size: int = RENDER_SIZE) -> Face:  # noqa: ARG002
        """Return the picture of this strength; at 0 the face itself."""
        value = check_strength(strength)
        if reason := self.why_not(face):
            msg = f"{self.id!r} doesn't work on this face. {reason}"
            raise BadValueError(msg)
        grades = np.array(self.strengths)
        if self.between == "nearest" or value in self.strengths:
            return self._frame(int(np.argmin(abs(grades - value))), face)
        after = int(np.searchsorted(grades, value))
        share = (value - grades[after - 1]) / (grades[after] - grades[after - 1])
        one, two = self._frame(after - 1, face), self._frame(after, face)
        image = one.image + share * (two.image.astype(np.float32) - one.image)
        landmarks = one.landmarks + np.float32(share) * (two.landmarks - one.landmarks)
        return changed(one, np.rint(image).astype(np.uint8), landmarks, self)

    def _frame(self, number: int, face: Any) -> Face:
        if self.strengths[number] == 0:
            found: Face = face
            return found
        if number not in self._found:
            picture = self.pictures[number]
            self._found[number] = changed(self.face, picture, landmarks_of(self.face, picture, self), self)
        return self._found[number]


def frames(
    pictures: str | Path | Sequence[Picture],
    face: Face,
    strengths: Iterable[float] | None = None,
    *,
    name: str = "picture",
    title: str | None = None,
    between: Between = "nearest",
    landmarks: Landmarks = "found",
    moves: str | None = None,
) -> EditedFrames:
    """Return pictures that were edited before as an intervention on the face that they are of.

    Parameters
    ----------
    pictures
        A folder of PNG, JPEG or WebP files, in the order of the numbers in their names, or arrays uint8
        (H, W, 3). They are of the size of `face.image`: that picture is what has to be edited.
    face
        The unedited face.
    strengths
        One per picture, rising to 1, none below 0. None: the first is the unedited face, 0, the last 1, those
        between evenly spaced (a single one: 1). What has no picture of strength 0 starts with the face.
    name, title, between, landmarks, moves
        See `EditedFrames`. No title: the name.

    Raises
    ------
    BadValueError
        No pictures, other sizes, strengths that don't rise; or a picture of strength 0 that isn't the face:
        an editor that encodes and decodes a picture changes it by that alone, which would be taken for the
        effect of the first step. Then the editor's own picture of strength 0 has to be the face:
        ``facelib.load_face(picture)``.
    BadImageError
        A file of the folder can't be read.
    """
    given: Any = face
    if not isinstance(given, Face):
        msg = f"Edited pictures are of a Face; got {type(given).__name__}. A head has to be rendered first."
        raise BadValueError(msg)
    shown = _pictures(pictures)
    if not 0 < len(shown) <= MOST or len(shown) * face.image.nbytes > MOST_BYTES:
        msg = (
            f"Edited pictures are 1 … {MOST}, together at most {MOST_BYTES // 10**6} MB; got {len(shown)} "
            f"of {face.size[1]} × {face.size[0]} px."
        )
        raise BadValueError(msg)
    for number, picture in enumerate(shown):
        check_picture(picture, face.image, f"Edited picture number {number}")
    grades = _strengths(strengths, len(shown))
    if grades[0] > 0:
        grades, shown = (0.0, *grades), [face.image, *shown]
    apart = float(np.abs(shown[0].astype(np.float32) - face.image).mean())
    if apart > NEAR:
        msg = (
            f"The picture of strength 0 differs from the face by {apart:.1f} grey levels on average; up to "
            f"{NEAR:g} is what saving costs. Declare strengths if it is an edited one; if the editor changes "
            "all pictures a little, make its picture of strength 0 the face."
        )
        raise BadValueError(msg, hint="In Python: facelib.load_face(picture).")
    stack = np.stack(shown)
    stack.setflags(write=False)
    return EditedFrames(name, face, stack, grades, between, landmarks, title or name, moves)


def check_edit(change: Edit) -> None:
    """Raise an error unless name, landmarks and property are what they can be."""
    if not isinstance(change.name, str) or not slug(change.name):
        msg = f"An edit needs a name with letters or digits in it, such as 'fur colour'; got {change.name!r}."
        raise BadValueError(msg)
    check_choice("where landmarks come from", change.landmarks, get_args(Landmarks))
    check_moves(change.moves)


def check_picture(picture: Any, like: Picture, what: str) -> None:
    """Raise `BadValueError` unless a picture has the type and size of the face's."""
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.shape != like.shape:
        came = f"{picture.dtype} {picture.shape}" if isinstance(picture, np.ndarray) else repr(type(picture))
        msg = f"{what} is a picture like the face's, uint8 {like.shape}; got {came}."
        raise BadValueError(msg)


def landmarks_of(face: Face, picture: Picture, change: Edit) -> npt.NDArray[np.float32]:
    """Return the landmarks of an edited picture; NaN if the network isn't there."""
    if change.landmarks == "kept":
        return face.landmarks
    from facelib.faces.landmarker import find_landmarks

    try:
        return find_landmarks(picture, face.box, face.eyes)
    except UnavailableError:
        return np.full((N_LANDMARKS, 2), np.nan, np.float32)


def changed(face: Face, picture: Picture, landmarks: npt.NDArray[np.float32], change: Edit) -> Face:
    """Return the edited face; what it was given of the property that moves isn't known any more."""
    known = {
        name: value for name, value in face.attributes.items() if name not in {change.name, change.moves}
    }
    found = edited(face, picture, landmarks).replace(attributes=known)
    return found if np.isfinite(found.eyes).all() else found.replace(eyes=face.eyes)


def _pictures(pictures: Any) -> list[Picture]:
    """Return pictures from a folder, or as they are."""
    if isinstance(pictures, str | Path):
        from facelib.faces import load_face  # brings torch along

        folder = Path(pictures).expanduser()
        if not folder.is_dir():
            msg = f"There is no folder {folder}."
            raise BadValueError(msg)
        files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
        if len(files) > MOST:
            msg = f"Edited pictures are 1 … {MOST}; the folder has {len(files)}."
            raise BadValueError(msg)
        return [load_face(path, detect=False).image for path in sorted(files, key=_counted)]
    if not isinstance(pictures, Iterable):
        msg = f"Edited pictures are a folder or a list of arrays; got {type(pictures).__name__}."
        raise BadValueError(msg)
    return list(pictures)


def _strengths(strengths: Iterable[float] | None, n: int) -> tuple[float, ...]:
    if strengths is None:
        return tuple(np.linspace(0.0, 1.0, n).tolist()) if n > 1 else (1.0,)
    try:
        values = tuple(check_strength(value) for value in strengths)
    except TypeError:
        values = ()
    if len(values) != n or (np.diff(values) <= 0).any() or values[-1] != 1:
        msg = f"Strengths rise, from 0 or more to 1, one per picture: {n}; got {strengths!r}."
        raise BadValueError(msg)
    return values


def _counted(path: Path) -> list[tuple[bool, float, str]]:
    """Return what sorts files by the numbers in their names: 2 comes before 10, and .25 before .5."""
    parts = re.split(r"(\d+(?:\.\d+)?)", path.stem)
    return [
        (not part[:1].isdigit(), float(part) if part[:1].isdigit() else 0.0, part) for part in parts if part
    ]
