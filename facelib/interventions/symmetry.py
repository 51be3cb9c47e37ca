"""Interventions toward and away from a symmetric face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import blurred
from facelib.editing.forehead import covered
from facelib.editing.warp import coverage, field, grid, moved, resampled
from facelib.faces import Face, Head
from facelib.head.expressions import expand
from facelib.interventions.expression import AsymmetricExpression
from facelib.interventions.head_numbers import between
from facelib.interventions.intervention import (
    Cost,
    FaceIntervention,
    Intervention,
    along,
    check_choice,
    edited,
    register,
)
from facelib.interventions.mirror import Mirror, mirror_of, symmetric
from facelib.properties.mirror_pairs import LEFT, PARTNER, RIGHT

Doubles = npt.NDArray[np.float64]
Keep = Literal["both", "left", "right"]

FRONTAL = 15.0
"""Degrees that a head may be turned: one half is then seen at the angle of the other (our choice)."""
HALVES = 8.0
"""Degrees that it may be turned where one half is doubled: turned, it is narrower or wider (our choice)."""
HAIR = 0.02  # standard deviation of the blur around hair over the forehead, in widths of the face
SEAM = 0.04  # how fast the halves of a left-left face pass into each other at the midline, in its width


class OnFrontal(FaceIntervention):
    """A change that needs both halves of a face to be seen alike."""

    frontal: ClassVar[float] = FRONTAL
    turned: ClassVar[str] = "one half is seen at another angle than the other"


@register
@dataclass(frozen=True)
class Symmetrise(OnFrontal):
    """The face blends toward the average of itself and its mirror image.

    Of heads, shape, palsy and expression: face units of one side and of the other, and the factors
    `Head.left` and `Head.right`, each meet in their middle; the gaze stays. Of photographs, shape and
    appearance, gaze included, within the outline of the face: hair and ears stay, a fringe, too.

    Parameters
    ----------
    keep
        "both": the average. "left", "right": that half of the person's and its mirror image, of photographs.
    """

    keep: Keep = "both"

    id: ClassVar[str] = "symmetrise"
    title: ClassVar[str] = "more symmetric"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "Blends toward the average of the face and its mirror image; a symmetric face stays as it is."
    )
    sentence: ClassVar[str] = "the face becomes more symmetric"

    def __post_init__(self) -> None:
        check_choice("the half that is kept", self.keep, get_args(Keep))

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The halves that can be kept."""
        return {"keep": get_args(Keep)}

    def most_turned(self) -> float:
        """Return the degrees that a head may be turned."""
        return self.frontal if self.keep == "both" else HALVES

    def lack(self, head: Head) -> str:  # noqa: ARG002
        """Say that one half of a parametric head isn't kept."""
        return (
            ""
            if self.keep == "both"
            else "Both halves of a head meet in its middle: choose “both” for what is kept."
        )

    def _change(self, face: Face, strength: float) -> Face:
        mirror, own = mirror_of(face.landmarks), face.landmarks.astype(np.float64)
        goal = symmetric(own, mirror) if self.keep == "both" else self._half(own, mirror)
        points = own + (goal - own) * strength
        ways = (
            (field(points, own - points, face.size, around=own), None),
            (field(points, own[PARTNER] - mirror(points), face.size), mirror(grid(face.size))),
        )
        share = strength * coverage(points, face.size) * self._other(mirror, points, face.size)
        hair = np.rint(255 * covered(face)).astype(np.uint8)  # over the forehead: it stays
        if hair.any():
            under = np.maximum(*(resampled(hair, *way) for way in ways))
            hidden = under.astype(np.float32) / np.float32(255)
            share = share * (1 - blurred(hidden, HAIR * float(np.ptp(points[:, 0]))))
        image, turned = (resampled(face.image, *way) for way in ways)
        rows, columns = (np.flatnonzero(share.any(axis=axis)) for axis in (1, 0))
        if len(rows):
            part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            mixed = image[part].astype(np.float32)
            mixed += (turned[part] - mixed) * share[part][..., None]
            image[part] = np.rint(mixed).clip(0, 255).astype(np.uint8)
        return edited(face, image, points)

    def _half(self, own: Doubles, mirror: Mirror) -> Doubles:
        """Return the landmarks of one half, and of its mirror image."""
        kept = list(LEFT if self.keep == "left" else RIGHT)
        goal = symmetric(own, mirror)  # those on the midline
        goal[kept] = own[kept]
        goal[PARTNER[kept]] = mirror(own[kept])
        return goal

    def _other(self, mirror: Mirror, points: Doubles, size: tuple[int, int]) -> float | Doubles:
        """Return the share of the mirrored picture in each pixel, at full strength."""
        if self.keep == "both":
            return 0.5
        to_left = mirror.beside(grid(size)) / (SEAM * np.ptp(points[:, 0]))
        return 0.5 - 0.5 * np.tanh(to_left if self.keep == "left" else -to_left)

    def _edit(self, head: Head, strength: float) -> Head:
        middle = (head.left + head.right) / 2
        rest = 1 - strength
        straight = head.replace(
            asymmetry=head.asymmetry * rest,
            palsy=head.palsy * rest,
            left=middle + (head.left - middle) * rest,
            right=middle + (head.right - middle) * rest,
        )
        units = expand(head.recipe)
        mirrored = {mirrored_unit(unit): activation for unit, activation in units.items()}
        if units == mirrored:
            return straight
        return straight.replace(
            expression={
                unit: between(
                    units.get(unit, 0.0), (units.get(unit, 0.0) + mirrored.get(unit, 0.0)) / 2, strength
                )
                for unit in sorted({*units, *mirrored})
            }
        )


def mirrored_unit(unit: str) -> str:
    """Return the face unit that does the same in the mirror.

    >>> mirrored_unit("mouthSmileLeft"), mirrored_unit("jawOpen")
    ('mouthSmileRight', 'jawOpen')
    """
    if unit.endswith("Left"):
        return unit.removesuffix("Left") + "Right"
    return unit.removesuffix("Right") + "Left" if unit.endswith("Right") else unit


@dataclass(frozen=True)
class Chimeras(Symmetrise):
    """The symmetric faces of a photograph: its mirror average, and each of its halves doubled.

    No gradual change, so it isn't in the menu: `variants` makes all of them, for
    `facelib.studies.ChimericStudy`.
    """

    id: ClassVar[str] = "chimeras"
    title: ClassVar[str] = "symmetric faces"
    frontal: ClassVar[float] = HALVES
    description: ClassVar[str] = "Lays the face over its mirror image, and doubles each of its halves."
    sentence: ClassVar[str] = "the face becomes symmetric"

    def variants(self, face: Face) -> Iterator[Face]:
        """Yield the face, its mirror average, left-left and right-right; then all of them flipped.

        Flipped, a picture is seen as in a mirror, with its box: an average over both says nothing of which
        side a classifier looks at.

        Raises
        ------
        BadValueError
            If the face isn't seen from the front, or its landmarks aren't known.
        """
        made = [face]
        yield face
        for keep in get_args(Keep):
            made.append(Symmetrise(keep).apply(face, 1.0))
            yield made[-1]
        yield from map(flipped, made)


def flipped(face: Face) -> Face:
    """Return a picture as it is seen in a mirror: its left is its right.

    >>> face = Face(np.zeros((8, 10, 3), np.uint8), np.array([1.0, 2, 5, 6]), np.array([[4.0, 3], [2, 3]]))
    >>> flipped(face).box, flipped(face).eyes[0]
    (array([5., 2., 9., 6.]), array([8., 3.]))
    """
    across = np.array([face.size[1], 0.0])
    points = (face.landmarks * [-1, 1] + across).astype(np.float32)[PARTNER]
    x1, y1, x2, y2 = face.box
    return face.replace(
        image=np.ascontiguousarray(face.image[:, ::-1]),
        box=np.array([across[0] - x2, y1, across[0] - x1, y2]),
        eyes=(face.eyes * [-1, 1] + across)[::-1],
        landmarks=points,
    )


@register
@dataclass(frozen=True)
class Asymmetrise(OnFrontal):
    """The shape of the resting face becomes asymmetric.

    Of heads, the pattern follows their seed. Of photographs, the distance from the symmetric average doubles
    at full strength, shape only.
    """

    id: ClassVar[str] = "asymmetrise"
    title: ClassVar[str] = "less symmetric shape"
    group: ClassVar[str] = "Symmetry"
    moves: ClassVar[str | None] = "symmetry"
    cost: ClassVar[Cost] = "shape"
    description: ClassVar[str] = (
        "Brows, eyes, cheeks, nose, mouth and jaw grow apart between left and right."
        + along("activation_asymmetry", "appearance_symmetry")
    )
    sentence: ClassVar[str] = "the shape of the face becomes asymmetric"

    def _change(self, face: Face, strength: float) -> Face:
        own = face.landmarks.astype(np.float64)
        points = own + (own - symmetric(own, mirror_of(own))) * strength
        return edited(face, moved(face.image, own, points), points)

    def _edit(self, head: Head, strength: float) -> Head:
        return head.replace(asymmetry=head.asymmetry + (1 - head.asymmetry) * strength)


@dataclass(frozen=True)
class Symmetry(AsymmetricExpression):
    """Symmetry, by the kind of face: of a head, one side weakens; a photograph becomes symmetric.

    Sweeps name the one that was run: `AsymmetricExpression` or `Symmetrise`.
    """

    def meant_for(self, face: Face | Head) -> Intervention:
        """Return the intervention that is run on this face."""
        return AsymmetricExpression(self.side) if isinstance(face, Head) else Symmetrise()

    def called(self, face: Face | Head) -> str:
        """Return the name that was written, and what it means."""
        kind = "heads" if isinstance(face, Head) else "photographs"
        return f"'symmetry' (of {kind}, {self.meant_for(face).id!r})"

    def unfit(self, face: Face) -> str:
        """Return why the face can't be made symmetric."""
        return Symmetrise().unfit(face)

    def _change(self, face: Face, strength: float) -> Face:
        return Symmetrise().apply(face, strength)
