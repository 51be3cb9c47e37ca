"""How the face is seen: the head's pose and the light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head, Light
from facelib.interventions.intervention import HeadIntervention, register


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
    description: ClassVar[str] = "The head turns sideways, to a given angle."
    sentence: ClassVar[str] = "the head turns"

    def _edit(self, head: Head, strength: float) -> Head:
        yaw, pitch, roll = head.pose
        return head.replace(pose=(yaw + (self.yaw - yaw) * strength, pitch, roll))


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
    description: ClassVar[str] = "The key light wanders to the side; its strength stays."
    sentence: ClassVar[str] = "the light wanders to the side"

    def _edit(self, head: Head, strength: float) -> Head:
        start = Light.of(head.light)
        return head.replace(
            light=start.replace(azimuth=start.azimuth + (self.azimuth - start.azimuth) * strength)
        )
