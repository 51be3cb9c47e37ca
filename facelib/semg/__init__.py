"""Surface electromyography of the face: recordings, what muscles move, and faces that move along."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.semg.activity import activity_of, scaling_of
    from facelib.semg.animation import Animation, animate
    from facelib.semg.channels import channel_of, channels_of
    from facelib.semg.montage import bipolar
    from facelib.semg.muscles import (
        CHANNELS,
        GROUPS,
        MUSCLES,
        POSITIONS,
        REGIONS,
        Group,
        Muscle,
        group_of,
        muscle_table,
        region_of,
        unit_weights,
    )
    from facelib.semg.processing import Chain, envelope, missing
    from facelib.semg.recording import Recording
    from facelib.semg.topography import Topography, topographies
    from facelib.semg.video import Video, open_video, write_video

_NAMES = {
    "CHANNELS": "muscles",
    "GROUPS": "muscles",
    "MUSCLES": "muscles",
    "POSITIONS": "muscles",
    "REGIONS": "muscles",
    "Animation": "animation",
    "Chain": "processing",
    "Group": "muscles",
    "Muscle": "muscles",
    "Recording": "recording",
    "Topography": "topography",
    "Video": "video",
    "activity_of": "activity",
    "animate": "animation",
    "bipolar": "montage",
    "channel_of": "channels",
    "channels_of": "channels",
    "envelope": "processing",
    "group_of": "muscles",
    "missing": "processing",
    "muscle_table": "muscles",
    "open_video": "video",
    "region_of": "muscles",
    "scaling_of": "activity",
    "topographies": "topography",
    "unit_weights": "muscles",
    "write_video": "video",
}

__all__ = [
    "CHANNELS",
    "GROUPS",
    "MUSCLES",
    "POSITIONS",
    "REGIONS",
    "Animation",
    "Chain",
    "Group",
    "Muscle",
    "Recording",
    "Topography",
    "Video",
    "activity_of",
    "animate",
    "bipolar",
    "channel_of",
    "channels_of",
    "envelope",
    "group_of",
    "missing",
    "muscle_table",
    "open_video",
    "region_of",
    "scaling_of",
    "topographies",
    "unit_weights",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"facelib.semg.{_NAMES[name]}"), name)
    msg = f"module 'facelib.semg' has no attribute {name!r}"
    raise AttributeError(msg)
