"""How the face is seen: the head's pose and the light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head, Light
from facelib.interventions.intervention import HeadIntervention, register


@register
@dataclass(frozen=True)
class Pose(HeadIntervention):
    """The head turns by `yaw` degrees (positive: toward the person's left)."""

    yaw: float = 35.0

    id: ClassVar[str] = "pose"
    title: ClassVar[str] = "head turns"
    group: ClassVar[str] = "View"
    description: ClassVar[str] = "The head turns away from the camera."
    sentence: ClassVar[str] = "the head turns"

    def _edit(self, head: Head, strength: float) -> Head:
        yaw, pitch, roll = head.pose
        return head.replace(pose=(yaw + (self.yaw - yaw) * strength, pitch, roll))


@register
@dataclass(frozen=True)
class LightDirection(HeadIntervention):
    """The key light wanders to `azimuth` degrees (positive: the person's left)."""

    azimuth: float = 75.0

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
