"""Surface electromyography of the face: recordings, what muscles move, and faces that move along."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelib.semg.activity import activity_of, scaling_of
    from facelib.semg.animation import Animation, animate
    from facelib.semg.channels import channel_of, channels_of
    from facelib.semg.dataset import Clip, Dataset, open_dataset
    from facelib.semg.findings import Finding, finding_table
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
    from facelib.semg.reading import read_signals
    from facelib.semg.recording import Recording
    from facelib.semg.simulated_folder import SimulationStoppedError, simulate
    from facelib.semg.simulated_signals import Faults, draw_strengths, expected_envelope, raw_signals
    from facelib.semg.simulation import SimulatedClip, face_units, person, simulate_clip
    from facelib.semg.tasks import TASKS, Activity, Task, draw_activity
    from facelib.semg.topography import Topography, topographies
    from facelib.semg.video import Video, open_video, write_video
    from facelib.semg.watching import ESTIMATED, Watched, electrode_free_emg, units_of_frames, units_of_video

_NAMES = {
    "Activity": "tasks",
    "Animation": "animation",
    "CHANNELS": "muscles",
    "Chain": "processing",
    "Clip": "dataset",
    "Dataset": "dataset",
    "ESTIMATED": "watching",
    "Faults": "simulated_signals",
    "Finding": "findings",
    "GROUPS": "muscles",
    "Group": "muscles",
    "MUSCLES": "muscles",
    "Muscle": "muscles",
    "POSITIONS": "muscles",
    "REGIONS": "muscles",
    "Recording": "recording",
    "SimulatedClip": "simulation",
    "SimulationStoppedError": "simulated_folder",
    "TASKS": "tasks",
    "Task": "tasks",
    "Topography": "topography",
    "Video": "video",
    "Watched": "watching",
    "activity_of": "activity",
    "animate": "animation",
    "bipolar": "montage",
    "channel_of": "channels",
    "channels_of": "channels",
    "draw_activity": "tasks",
    "draw_strengths": "simulated_signals",
    "electrode_free_emg": "watching",
    "envelope": "processing",
    "expected_envelope": "simulated_signals",
    "face_units": "simulation",
    "finding_table": "findings",
    "group_of": "muscles",
    "missing": "processing",
    "muscle_table": "muscles",
    "open_dataset": "dataset",
    "open_video": "video",
    "person": "simulation",
    "raw_signals": "simulated_signals",
    "read_signals": "reading",
    "region_of": "muscles",
    "scaling_of": "activity",
    "simulate": "simulated_folder",
    "simulate_clip": "simulation",
    "topographies": "topography",
    "unit_weights": "muscles",
    "units_of_frames": "watching",
    "units_of_video": "watching",
    "write_video": "video",
}

__all__ = [
    "CHANNELS",
    "ESTIMATED",
    "GROUPS",
    "MUSCLES",
    "POSITIONS",
    "REGIONS",
    "TASKS",
    "Activity",
    "Animation",
    "Chain",
    "Clip",
    "Dataset",
    "Faults",
    "Finding",
    "Group",
    "Muscle",
    "Recording",
    "SimulatedClip",
    "SimulationStoppedError",
    "Task",
    "Topography",
    "Video",
    "Watched",
    "activity_of",
    "animate",
    "bipolar",
    "channel_of",
    "channels_of",
    "draw_activity",
    "draw_strengths",
    "electrode_free_emg",
    "envelope",
    "expected_envelope",
    "face_units",
    "finding_table",
    "group_of",
    "missing",
    "muscle_table",
    "open_dataset",
    "open_video",
    "person",
    "raw_signals",
    "read_signals",
    "region_of",
    "scaling_of",
    "simulate",
    "simulate_clip",
    "topographies",
    "unit_weights",
    "units_of_frames",
    "units_of_video",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"facelib.semg.{_NAMES[name]}"), name)
    msg = f"module 'facelib.semg' has no attribute {name!r}"
    raise AttributeError(msg)
