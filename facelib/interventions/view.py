"""How the face is seen: the head's pose, where its eyes look, and the light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

from facelib.faces import Head, Light
from facelib.faces.gaze import FARTHEST
from facelib.faces.head import Side
from facelib.interventions.intervention import HeadIntervention, check_choice, register


@register
@dataclass(frozen=True)
class Pose(HeadIntervention):
    """The head turns until its yaw is `yaw` degrees (positive: the person's left); pitch and roll stay."""

    yaw: float = 35.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "yaw", Head(pose=(self.yaw, 0.0, 0.0)).pose[0])

    id: ClassVar[str] = "pose"
    title: ClassVar[str] = "head turns"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = "The head turns sideways, to a given angle; the measured symmetry falls."
    sentence: ClassVar[str] = "the head turns"

    def _edit(self, head: Head, strength: float) -> Head:
        yaw, pitch, roll = head.pose
        return head.replace(pose=(_between(yaw, self.yaw, strength), pitch, roll))


@register
@dataclass(frozen=True)
class Gaze(HeadIntervention):
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
    description: ClassVar[str] = "Both eyes turn to one side as far as they reach; the head stays."
    sentence: ClassVar[str] = "the eyes turn to the {side}"

    def _edit(self, head: Head, strength: float) -> Head:
        yaw, pitch = head.gaze
        end = FARTHEST if self.side == "left" else -FARTHEST
        return head.replace(gaze=(_between(yaw, end, strength), pitch))


@register
@dataclass(frozen=True)
class LightDirection(HeadIntervention):
    """The key light wanders to `azimuth` degrees (positive: the person's left)."""

    azimuth: float = 75.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "azimuth", Light(azimuth=self.azimuth).azimuth)

    id: ClassVar[str] = "light_direction"
    title: ClassVar[str] = "light from the side"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = (
        "The key light wanders to the side; its strength stays. Brightness, contrast, sharpness and the "
        "measured skin tone of the picture follow."
    )
    sentence: ClassVar[str] = "the light wanders to the side"

    def _edit(self, head: Head, strength: float) -> Head:
        start = Light.of(head.light)
        return head.replace(light=start.replace(azimuth=_between(start.azimuth, self.azimuth, strength)))


def _between(start: float, end: float, strength: float) -> float:
    """Return an angle on the way from `start` to `end`, which rounding doesn't carry past its ends."""
    low, high = sorted((start, end))
    return min(max(start + (end - start) * strength, low), high)
