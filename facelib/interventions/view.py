"""The view of the face: pose of the head and gaze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

from facelib.faces import Head
from facelib.head.gaze import FARTHEST, REACH
from facelib.head.head import Side
from facelib.interventions.head_numbers import StraightLine, Toward
from facelib.interventions.intervention import FEW_PLACEBOS, along, check_choice, register


@register
@dataclass(frozen=True)
class Pitch(Toward):
    """The head nods, its face up or down; yaw and roll stay."""

    id: ClassVar[str] = "pitch"
    title: ClassVar[str] = "head nods"
    group: ClassVar[str] = "View"
    moves: ClassVar[str | None] = "pitch"
    description: ClassVar[str] = "The head nods until the face looks up or down, to a given angle." + along(
        "activation", "activation_left", "activation_right", "appearance_symmetry", "light_contrast"
    )
    sentence: ClassVar[str] = "the head nods"
    toward: ClassVar[str] = "the head nods {to}"
    field: ClassVar[str] = "pose.pitch"
    ends: ClassVar[tuple[float, float]] = (-20.0, 20.0)
    words: ClassVar[tuple[str, str]] = ("down", "up")


@register
@dataclass(frozen=True)
class Roll(Toward):
    """The head tilts toward a shoulder; yaw and pitch stay."""

    id: ClassVar[str] = "roll"
    title: ClassVar[str] = "head tilts"
    group: ClassVar[str] = "View"
    moves: ClassVar[str | None] = "roll"
    description: ClassVar[str] = (
        "The head tilts toward the person's left or right shoulder, to a given angle."
        + FEW_PLACEBOS
        + along("appearance_symmetry", "light_azimuth", "light_elevation", "light_contrast", "sharpness")
    )
    sentence: ClassVar[str] = "the head tilts"
    toward: ClassVar[str] = "the head tilts to the {to}"
    field: ClassVar[str] = "pose.roll"
    ends: ClassVar[tuple[float, float]] = (-30.0, 30.0)
    words: ClassVar[tuple[str, str]] = ("right", "left")


@register
@dataclass(frozen=True)
class Pose(StraightLine):
    """The head turns until its yaw is `yaw` degrees (positive: the person's left); pitch and roll stay."""

    yaw: float = 35.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "yaw", Head(pose=(self.yaw, 0.0, 0.0)).pose[0])

    id: ClassVar[str] = "pose"
    title: ClassVar[str] = "head turns"
    group: ClassVar[str] = "View"
    moves: ClassVar[str | None] = "yaw"
    description: ClassVar[str] = "The head turns sideways, to a given angle." + along(
        "activation",
        "activation_left",
        "activation_right",
        "activation_asymmetry",
        "symmetry",
        "appearance_symmetry",
        "estimated_age",
        "light_azimuth",
        "light_contrast",
        "sharpness",
    )
    sentence: ClassVar[str] = "the head turns"
    field: ClassVar[str] = "pose.yaw"

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the angle at strength 1."""
        return self.yaw


@register
@dataclass(frozen=True)
class Gaze(StraightLine):
    """Both eyes turn from the head's own gaze to `side` (the person's own), as far as they reach.

    How far they look up or down stays, and so does the head. Where the expression turns the eyes sideways
    too, both add up, and the eyes may arrive before strength 1.
    """

    side: Side = "left"

    def __post_init__(self) -> None:
        check_choice("a side", self.side, get_args(Side))

    id: ClassVar[str] = "gaze"
    title: ClassVar[str] = "eyes turn"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = "Both eyes turn to one side as far as they reach; the head stays." + along(
        "activation_asymmetry", "appearance_symmetry"
    )
    sentence: ClassVar[str] = "the eyes turn to the {side}"
    field: ClassVar[str] = "gaze.yaw"

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The two sides."""
        return {"side": get_args(Side)}

    def end(self, head: Head) -> float:  # noqa: ARG002
        """Return the angle at strength 1."""
        return FARTHEST if self.side == "left" else -FARTHEST


@register
@dataclass(frozen=True)
class GazePitch(Toward):
    """Both eyes turn up or down as far as they reach, and the lids follow; how far sideways stays.

    Where the expression turns the eyes too, both add up (see `Gaze`).
    """

    id: ClassVar[str] = "gaze_pitch"
    title: ClassVar[str] = "eyes turn up or down"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = (
        "Both eyes turn down, or up if they look down already, as far as they reach; the lids follow, "
        "the head stays." + along("activation", "activation_left", "activation_right")
    )
    sentence: ClassVar[str] = "the eyes turn up or down"
    toward: ClassVar[str] = "the eyes turn {to}"
    field: ClassVar[str] = "gaze.pitch"
    ends: ClassVar[tuple[float, float]] = (-REACH["Down"], REACH["Up"])
    words: ClassVar[tuple[str, str]] = ("down", "up")
