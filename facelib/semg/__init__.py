"""Surface electromyography of the face: recordings, what muscles move, and faces that move along."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.semg.channels import channel_of, channels_of
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
    from facelib.semg.recording import Recording

_NAMES = {
    "CHANNELS": "muscles",
    "GROUPS": "muscles",
    "MUSCLES": "muscles",
    "POSITIONS": "muscles",
    "REGIONS": "muscles",
    "Group": "muscles",
    "Muscle": "muscles",
    "Recording": "recording",
    "channel_of": "channels",
    "channels_of": "channels",
    "group_of": "muscles",
    "muscle_table": "muscles",
    "region_of": "muscles",
    "unit_weights": "muscles",
}

__all__ = [
    "CHANNELS",
    "GROUPS",
    "MUSCLES",
    "POSITIONS",
    "REGIONS",
    "Group",
    "Muscle",
    "Recording",
    "channel_of",
    "channels_of",
    "group_of",
    "muscle_table",
    "region_of",
    "unit_weights",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"facelib.semg.{_NAMES[name]}"), name)
    msg = f"module 'facelib.semg' has no attribute {name!r}"
    raise AttributeError(msg)
