"""Interventions on the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import Head
from facelib.head.head import BACKGROUNDS, Background
from facelib.interventions.intervention import Cost, HeadIntervention, along, check_choice, register


@register
@dataclass(frozen=True)
class Backdrop(HeadIntervention):
    """The background fades over to `to`; None: to a room, or to grey in a room."""

    to: Background | None = None

    id: ClassVar[str] = "background"
    title: ClassVar[str] = "background"
    group: ClassVar[str] = "View"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "What is behind the head fades over to something else; the face and its light stay as they are."
        + along("sharpness")
    )
    sentence: ClassVar[str] = "the background changes"

    def __post_init__(self) -> None:
        if self.to is not None:
            check_choice("a background", self.to, BACKGROUNDS)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Words for `to`."""
        return {"to": BACKGROUNDS}

    def target(self, head: Head) -> Background:
        """Background at strength 1."""
        return self.to or ("grey" if head.background == "room" else "room")

    def _edit(self, head: Head, strength: float) -> Head:
        start = {head.background: 1.0} if isinstance(head.background, str) else dict(head.background)
        shares = {name: share * (1 - strength) for name, share in start.items()}
        end = self.target(head)
        return head.replace(background=shares | {end: shares.get(end, 0.0) + strength})
