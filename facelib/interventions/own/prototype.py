"""The difference of two groups' average faces, added to one face: age, gender, any groups with labels.

The classical method of face research (Benson & Perrett 1993; Rowland & Perrett 1995, "Manipulating facial
appearance through shape and color"): the average shape and colour of one group minus those of another are
added to a face in steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.regions import REGIONS, labels
from facelib.editing.warp import coverage, grid, moved, outline, unknown_landmarks
from facelib.editing.warp import field as dense
from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS
from facelib.faces import Face, Head
from facelib.faces.alignment import mean_shape, similarity_of
from facelib.faces.averaging import checked_faces, mean_picture
from facelib.head.geometry.landmarks import FIRST_IRIS, eyes_between
from facelib.interventions.intervention import (
    RENDER_SIZE,
    Cost,
    Intervention,
    check_choice,
    check_strength,
    edited,
)
from facelib.interventions.person import SkinTone
from facelib.interventions.session import check_moves, slug
from facelib.properties.pose import pose
from facelib.utilities.checks import checked

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Part = Literal["shape and colour", "shape", "colour"]

FEWEST: Final = 5
"""Faces that a group needs at least (our choice): with fewer, what is added is those people."""
MANY: Final = 100
"""Faces per group from which on the colours are used as they are (our choice)."""
GRAIN: Final = 0.003  # of colours with fewer, standard deviation of their smoothing at MANY / 2, in widths
SIDE: Final = 256  # of the picture of the colours, px
FILLED: Final = 0.9  # of its width or height by the face
SKIN: Final = (
    "nose",
    "left cheek",
    "right cheek",
    "forehead",
    "chin",
)  # regions without eyes, brows and lips
EDGE: Final = 0.015  # of those regions, standard deviation of its blur, in widths
ROUNDS: Final = 8  # of a fit that folds, stubble and fringes hardly bend
TURNED: Final = 20.0
"""Degrees of yaw by which a face may differ from the groups' average (our choice)."""
FARTHEST: Final = 2.0


@dataclass(frozen=True, eq=False)
class Prototype(Intervention):
    """A face is changed by the difference between the average faces of two groups.

    `between` makes one of labelled faces, `facelib.interventions.add` puts it on the menus. At strength s,
    s times the difference of the average shapes, brought to the face by a similarity, moves the landmarks; s
    times the difference of the average colours, in CIE Lab and brought to the face's shape, is added within
    its outline, feathered. Hair, ears and neck stay.
    Tone and shading of the skin as a whole stay, too: a plane that is fitted to the difference of the colours
    over the skin is taken out of it. Else groups that differ in skin tone or light paint a mask; for another
    tone see `facelib.interventions.person.SkinTone`.
    Groups must differ in nothing else: whatever else they differ in (expression, how they hold their heads)
    is added too. What covers the skin is tinted, not covered. A smile that is added to a smile is twice as
    wide.

    Parameters
    ----------
    name
        The property in which the groups differ: "age".
    title
        Name in menus.
    shape
        float64 (478, 2): the mean of the two average shapes, px of `colour`.
    change
        float64 (478, 2): how the shape differs, group b minus group a, px of `colour`.
    colour
        float32 (H, W, 3): how the colour differs, CIE Lab, within that shape.
    n
        Numbers of faces of the groups.
    people
        Names of the groups.
    amount
        How much of the difference strength 1 adds, −2 … 2; below 0, toward group a.
    part
        "shape and colour", or only one of them.
    moves
        The property that it is meant to move, by its name in `facelib.properties`, or None; not "skin_tone".
    """

    name: str
    title: str  # type: ignore[misc]  # of every prototype its own
    shape: Doubles = field(repr=False)
    change: Doubles = field(repr=False)
    colour: Floats = field(repr=False)
    n: tuple[int, int]
    people: tuple[str, str] = ("a", "b")
    amount: float = 1.0
    part: Part = "shape and colour"
    moves: str | None = None  # type: ignore[misc]
    id: str = field(init=False)  # type: ignore[misc]

    group: ClassVar[str] = "Prototypes"
    cost: ClassVar[Cost] = "pixels"
    description: ClassVar[str] = (
        "The difference between the average faces of two groups is added, in shape and colour; hair and skin "
        "tone stay."
    )
    sentence: ClassVar[str] = "the face moves from the average of {a} toward that of {b}"

    def __post_init__(self) -> None:
        check_choice("what is added", self.part, get_args(Part))
        checked("how much of the difference is added", self.amount, -FARTHEST, FARTHEST)
        check_moves(self.moves)
        if self.moves == SkinTone.moves:
            raise BadValueError(SkinTone.withheld, hint=SkinTone.instead)
        object.__setattr__(self, "id", f"prototype_{slug(self.name)}_{self.key[:8]}")

    @classmethod
    def between(
        cls,
        group_a: Sequence[Face],
        group_b: Sequence[Face],
        name: str = "group",
        title: str | None = None,
        *,
        people: tuple[str, str] = ("group a", "group b"),
        moves: str | None = None,
    ) -> Prototype:
        """Return the difference between two groups of faces, as an intervention.

        The shapes of both groups are aligned together; each group counts as one, however many it has. Every
        picture is brought to the shape half way between the two averages; what the mean pictures differ in,
        in CIE Lab, is the colour. Its grain, which comes from the few people rather than from what they have
        in common, falls with the root of their number: below 100 per group the difference is smoothed
        by a Gaussian of standard deviation 0.003 · sqrt(100 / n − 1) of the face's width (n: harmonic mean).
        On rendered people that leaves about the same grain from 5 to 28 per group; of wrinkles, about
        half and four fifths. Tone and shading of the skin are taken out last. Two passes are made over each
        group, face by face.

        Parameters
        ----------
        group_a, group_b
            Faces of different pictures, 5 or more each, with landmarks: the start and the goal.
        name
            What the groups differ in: part of the id. If faces were given a property of this name, changed
            faces no longer are: it isn't known any more.
        title
            Name in menus; None: the name.
        people
            What the groups are called, in the sentence: ("younger people", "older people").
        moves
            The property that is meant to move, such as "estimated_age".

        Raises
        ------
        BadValueError
            Too few faces, unknown landmarks, the same picture twice, an iterator, an empty name, or a
            prototype that is meant to move the skin tone.
        UnknownNameError
            If `moves` is no property.
        """
        label = str(name).strip()
        if not label or not slug(label):
            msg = f"A prototype needs a name with letters or digits in it, such as 'age'; got {name!r}."
            raise BadValueError(msg)
        shapes, seen = [], dict[bytes, str]()
        for faces, which in ((group_a, people[0]), (group_b, people[1])):
            shapes.append(_landmarks(faces, which, seen))
        n = (len(shapes[0]), len(shapes[1]))
        both = mean_shape(np.concatenate(shapes), np.concatenate([np.full(k, 1 / k) for k in n]))
        means = [_mean_near(both, group) for group in shapes]
        scale, middle = _frame((means[0] + means[1]) / 2)
        first, second = (SIDE / 2 + (mean - middle) * scale for mean in means)
        shape = (first + second) / 2
        labs = [
            _lab(mean_picture(faces, shape, (SIDE, SIDE), np.ones(k)) / 255)
            for faces, k in zip((group_a, group_b), n, strict=True)
        ]
        few = 2 / (1 / n[0] + 1 / n[1])
        width = float(np.ptp(shape[outline(), 0]))
        colour = _smooth(labs[1] - labs[0], GRAIN * width * np.sqrt(max(MANY / few - 1, 0.0)))
        colour = _level(colour, shape, EDGE * width)
        for part in (shape, change := second - first, colour):
            part.setflags(write=False)
        return cls(
            label, title or label, shape, change, colour, n, (str(people[0]), str(people[1])), moves=moves
        )

    @cached_property
    def key(self) -> str:
        """Hash of the name and of what is added: equal groups have equal keys."""
        parts = hashlib.sha256(repr((self.name, self.n, self.colour.shape)).encode())
        for array in (self.shape, self.change, self.colour):
            parts.update(array.tobytes())
        return parts.hexdigest()

    def _identity(self) -> tuple[Any, ...]:
        return (self.key, self.title, self.people, self.amount, self.part, self.moves)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prototype) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The options that can be added."""
        return {"part": get_args(Part)}

    @property
    def clause(self) -> str:
        """The change in words, as the strength rises."""
        a, b = self.people if self.amount >= 0 else self.people[::-1]
        only = "" if self.part == "shape and colour" else f" (only the {self.part})"
        return self.sentence.format(a=a, b=b) + only

    @cached_property
    def yaw(self) -> float:
        """Yaw of the average of both groups, to the person's left, degrees."""
        return float(pose([_blank(self.shape)])[0, 0])

    def why_not(self, face: Face | Head) -> str:
        """Return why it doesn't work on a face; empty if it does."""
        if isinstance(face, Face) and (reason := unknown_landmarks(face)):
            return reason
        yaw = face.pose[0] if isinstance(face, Head) else float(pose([face])[0, 0])
        if abs(yaw - self.yaw) <= TURNED:
            return ""
        if np.isnan(yaw):
            return "Its landmarks don't lie as those of a face do."
        return (
            f"The head is turned by {yaw:.0f}° and the average of the groups by {self.yaw:.0f}°: their "
            f"difference would be drawn in the wrong places. Up to {TURNED:.0f}° apart is fine."
        )

    def apply(self, face: Face | Head, strength: float, size: int = RENDER_SIZE) -> Face:
        """Return the changed picture; of a head, of its rendered one. `BadValueError` says why not."""
        value = check_strength(strength)
        if reason := self.why_not(face):
            msg = f"{self.id!r} doesn't work on this face. {reason}"
            raise BadValueError(msg)
        picture = face.render(size) if isinstance(face, Head) else face
        return self._change(picture, value * self.amount) if value * self.amount else picture

    def _change(self, face: Face, step: float) -> Face:
        marks = face.landmarks.astype(np.float64)
        image, points = face.image, marks
        if self.part != "colour":
            points = marks + similarity_of(self.shape, marks).turned(self.change) * step
            irises = marks[FIRST_IRIS:] if np.isnan(self.change[FIRST_IRIS:]).any() else points[FIRST_IRIS:]
            points = np.concatenate([points[:FIRST_IRIS], irises])
            image = moved(image, marks, points)
        if self.part != "shape":
            image = self._tinted(image, points, step)
        known = {
            name: face.attributes[name] for name in face.attributes if name not in {self.name, self.moves}
        }
        return edited(face, image, points).replace(attributes=known)

    def _tinted(self, image: npt.NDArray[np.uint8], points: Doubles, step: float) -> npt.NDArray[np.uint8]:
        """Return the picture with the difference of colours added where its landmarks are."""
        size = (image.shape[0], image.shape[1])
        share = coverage(points, size)
        rows, columns = (np.flatnonzero(share.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return image
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        to = similarity_of(points, self.shape)
        places = to(grid(size)[part]) + dense(points, self.shape - to(points), size)[part] - np.float32(0.5)
        added = cv2.remap(self.colour, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lab = _lab(image[part].astype(np.float32) / 255) + added * (step * share[part])[..., None]
        tinted = image.copy()
        levels = np.rint(255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)).clip(0, 255).astype(np.uint8)
        tinted[part] = np.where(share[part][..., None] > 0, levels, image[part])
        return tinted


def _landmarks(faces: Iterable[Face], which: str, seen: dict[bytes, str]) -> Doubles:
    """Return the landmarks (n, 478, 2) of a group, whose pictures haven't been `seen`."""
    shapes = []
    for number, face in enumerate(checked_faces(faces)):
        digest = hashlib.sha256(repr(face.size).encode() + face.image.tobytes()).digest()
        place = f"number {number} of {which}"
        if digest in seen:
            msg = f"Every face of a prototype is there once: {place} is the same picture as {seen[digest]}."
            raise BadValueError(msg)
        seen[digest] = place
        shapes.append(face.landmarks)
    if len(shapes) < FEWEST:
        msg = (
            f"A prototype needs at least {FEWEST} faces per group: of fewer, the average is those people "
            f"rather than what they have in common; {which} has {len(shapes)}."
        )
        raise BadValueError(msg)
    return np.array(shapes, np.float64).reshape(-1, N_LANDMARKS, 2)


def _mean_near(frame: Doubles, shapes: Doubles) -> Doubles:
    """Return the mean shape of a group, laid over another one, of size 1."""
    mean = mean_shape(shapes)
    to = similarity_of(mean, frame)
    turned = to.turned(mean) / to.size
    placed: Doubles = turned - turned[:FIRST_IRIS].mean(axis=0)
    return placed


def _frame(mean: Doubles) -> tuple[float, Doubles]:
    """Return by how much a shape has to grow to fill the picture of the colours, and its middle."""
    edge = mean[outline()]
    low, high = edge.min(axis=0), edge.max(axis=0)
    return FILLED * SIDE / float((high - low).max()), (low + high) / 2


def _level(colour: Floats, shape: Doubles, edge: float) -> Floats:
    """Return a difference of colours (H, W, 3) without what the skin as a whole differs in.

    Off the skin only as much of it is taken as is there: brows and eyes of people who differ in tone are
    about alike, and mustn't glow.
    """
    size = (colour.shape[0], colour.shape[1])
    kinds = labels(_blank(shape), shape, size, ())
    skin = np.isin(kinds, [REGIONS.index(name) for name in SKIN])
    y, x = (np.indices(size) / SIDE - 0.5).astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y], axis=-1)
    known, wanted = terms[skin].astype(np.float64), colour[skin].astype(np.float64)
    counts = np.ones(len(known))
    for _ in range(ROUNDS):
        weighted = known * counts[:, None]
        fit = np.linalg.solve(weighted.T @ known, weighted.T @ wanted)
        off = np.linalg.norm(wanted - known @ fit, axis=1)
        counts = 1 / (1 + np.square(off / max(2 * float(np.median(off)), 1e-6)))
    whole = (terms @ fit).astype(np.float32)
    there = (_smooth(colour, edge) * whole).sum(axis=-1) / np.maximum((whole * whole).sum(axis=-1), 1e-6)
    sure = _smooth(cv2.erode(skin.astype(np.float32), np.ones((3, 3), np.uint8)), edge)
    share = sure + (1 - sure) * there.clip(0, 1)
    return np.asarray(colour - share[..., None] * whole, np.float32)


def _blank(shape: Doubles) -> Face:
    """Return a face of which only the landmarks are known, px of the picture of the colours."""
    points = shape.astype(np.float32)
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    return Face(image, np.array([0.0, 0, SIDE, SIDE]), eyes_between(points), points)


def _lab(picture: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(cv2.cvtColor(np.asarray(picture, np.float32), cv2.COLOR_RGB2LAB), np.float32)


def _smooth(picture: Floats, sigma: float) -> Floats:
    if sigma <= 0:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
