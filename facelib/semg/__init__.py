"""Surface electromyography of the face: recordings, muscle activity, and faces animated by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.faces.tracking import Watched, units_of_frames, units_of_video
    from facelib.faces.video import Video, open_video, write_video
    from facelib.semg.activity import activity_of, activity_range
    from facelib.semg.animation import Animation, animate
    from facelib.semg.dataset import Clip, Dataset, open_dataset
    from facelib.semg.electrode_swaps import swapped
    from facelib.semg.evaluation import HeldOut, evaluate, held_out
    from facelib.semg.expected_activity import ESTIMATED, electrode_free_emg
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
    from facelib.semg.pairs import Pair, normalised_pairs, pair_of, pairs_of
    from facelib.semg.recordings.channels import channel_of, channels_of
    from facelib.semg.recordings.findings import Finding, finding_table
    from facelib.semg.recordings.normalising import Normalised, Scale, normalise, scale_of
    from facelib.semg.recordings.processing import Chain, envelope, missing
    from facelib.semg.recordings.quality import check, quality_table
    from facelib.semg.recordings.reading import read_signals
    from facelib.semg.recordings.recording import Recording
    from facelib.semg.shipped_results import MuscleResults, load_results
    from facelib.semg.simulation.folder import SimulationStoppedError, simulate
    from facelib.semg.simulation.movements import TASKS, Activity, Task, draw_activity
    from facelib.semg.simulation.person import SimulatedClip, face_units, person, simulate_clip
    from facelib.semg.simulation.signals import Faults, draw_strengths, expected_envelope, raw_signals
    from facelib.semg.synchronising import Synchronisation, aligned, synchronise, trigger_lag
    from facelib.semg.topography import Topography, topographies

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

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
