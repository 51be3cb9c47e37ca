"""Surface electromyography of the face: recordings, what muscles move, and faces that move along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.lazy import lazy

if TYPE_CHECKING:
    from facelib.semg.activity import activity_of, activity_range
    from facelib.semg.animation import Animation, animate
    from facelib.semg.channels import channel_of, channels_of
    from facelib.semg.committed import MuscleResults, load_results
    from facelib.semg.dataset import Clip, Dataset, open_dataset
    from facelib.semg.evaluation import HeldOut, evaluate, held_out
    from facelib.semg.findings import Finding, finding_table
    from facelib.semg.mapping import EMG2Expression, Expression2EMG
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
    from facelib.semg.normalising import Normalised, Scale, normalise, scale_of
    from facelib.semg.pairs import Pair, normalised_pairs, pair_of, pairs_of
    from facelib.semg.processing import Chain, envelope, missing
    from facelib.semg.quality import check, quality_table
    from facelib.semg.reading import read_signals
    from facelib.semg.recording import Recording
    from facelib.semg.simulated_folder import SimulationStoppedError, simulate
    from facelib.semg.simulated_signals import Faults, draw_strengths, expected_envelope, raw_signals
    from facelib.semg.simulation import SimulatedClip, face_units, person, simulate_clip
    from facelib.semg.swapping import swapped
    from facelib.semg.synchronising import Synchronisation, aligned, synchronise, trigger_lag
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
    "EMG2Expression": "mapping",
    "ESTIMATED": "watching",
    "Expression2EMG": "mapping",
    "Faults": "simulated_signals",
    "Finding": "findings",
    "GROUPS": "muscles",
    "Group": "muscles",
    "HeldOut": "evaluation",
    "MUSCLES": "muscles",
    "Muscle": "muscles",
    "MuscleResults": "committed",
    "Normalised": "normalising",
    "POSITIONS": "muscles",
    "Pair": "pairs",
    "REGIONS": "muscles",
    "Recording": "recording",
    "Scale": "normalising",
    "SimulatedClip": "simulation",
    "SimulationStoppedError": "simulated_folder",
    "Synchronisation": "synchronising",
    "TASKS": "tasks",
    "Task": "tasks",
    "Topography": "topography",
    "Video": "video",
    "Watched": "watching",
    "activity_of": "activity",
    "aligned": "synchronising",
    "animate": "animation",
    "bipolar": "montage",
    "channel_of": "channels",
    "channels_of": "channels",
    "check": "quality",
    "draw_activity": "tasks",
    "draw_strengths": "simulated_signals",
    "electrode_free_emg": "watching",
    "envelope": "processing",
    "evaluate": "evaluation",
    "expected_envelope": "simulated_signals",
    "face_units": "simulation",
    "finding_table": "findings",
    "group_of": "muscles",
    "held_out": "evaluation",
    "load_results": "committed",
    "missing": "processing",
    "muscle_table": "muscles",
    "normalise": "normalising",
    "normalised_pairs": "pairs",
    "open_dataset": "dataset",
    "open_video": "video",
    "pair_of": "pairs",
    "pairs_of": "pairs",
    "person": "simulation",
    "quality_table": "quality",
    "raw_signals": "simulated_signals",
    "read_signals": "reading",
    "region_of": "muscles",
    "scale_of": "normalising",
    "activity_range": "activity",
    "simulate": "simulated_folder",
    "simulate_clip": "simulation",
    "swapped": "swapping",
    "synchronise": "synchronising",
    "topographies": "topography",
    "trigger_lag": "synchronising",
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
    "EMG2Expression",
    "Expression2EMG",
    "Faults",
    "Finding",
    "Group",
    "HeldOut",
    "Muscle",
    "MuscleResults",
    "Normalised",
    "Pair",
    "Recording",
    "Scale",
    "SimulatedClip",
    "SimulationStoppedError",
    "Synchronisation",
    "Task",
    "Topography",
    "Video",
    "Watched",
    "activity_of",
    "activity_range",
    "aligned",
    "animate",
    "bipolar",
    "channel_of",
    "channels_of",
    "check",
    "draw_activity",
    "draw_strengths",
    "electrode_free_emg",
    "envelope",
    "evaluate",
    "expected_envelope",
    "face_units",
    "finding_table",
    "group_of",
    "held_out",
    "load_results",
    "missing",
    "muscle_table",
    "normalise",
    "normalised_pairs",
    "open_dataset",
    "open_video",
    "pair_of",
    "pairs_of",
    "person",
    "quality_table",
    "raw_signals",
    "read_signals",
    "region_of",
    "scale_of",
    "simulate",
    "simulate_clip",
    "swapped",
    "synchronise",
    "topographies",
    "trigger_lag",
    "unit_weights",
    "units_of_frames",
    "units_of_video",
    "write_video",
]

__getattr__, __dir__ = lazy(__name__, _NAMES, __all__)
