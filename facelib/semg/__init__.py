"""Surface electromyography of the face: recordings, muscle activity, and faces animated by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.faces.tracking import units_of_frames, units_of_video
    from facelib.faces.video import Video, open_video
    from facelib.semg.activity import activity_of, activity_range
    from facelib.semg.animation import Animation, animate
    from facelib.semg.dataset import Clip, Dataset, open_dataset
    from facelib.semg.electrode_swaps import swapped
    from facelib.semg.evaluation import HeldOut, evaluate
    from facelib.semg.expected_activity import electrode_free_emg
    from facelib.semg.mapping import EMG2Expression, Expression2EMG
    from facelib.semg.montage import bipolar
    from facelib.semg.muscles import CHANNELS, GROUPS, MUSCLES, REGIONS, Muscle, muscle_table, unit_weights
    from facelib.semg.pairs import Pair, normalised_pairs, pair_of, pairs_of
    from facelib.semg.parameters.columns import parameters_of
    from facelib.semg.parameters.reading import read_parameters
    from facelib.semg.parameters.tools import tool_table
    from facelib.semg.recordings.channel_quality import quality_table
    from facelib.semg.recordings.channels import channel_of
    from facelib.semg.recordings.findings import finding_table
    from facelib.semg.recordings.from_mne import from_mne
    from facelib.semg.recordings.normalising import Normalised, normalise
    from facelib.semg.recordings.processing import Chain, envelope, missing
    from facelib.semg.recordings.quality import check
    from facelib.semg.recordings.reading import read_signals
    from facelib.semg.recordings.recording import Event, Recording
    from facelib.semg.simulation.folder import simulate
    from facelib.semg.simulation.movements import TASKS, Activity, draw_activity
    from facelib.semg.simulation.person import SimulatedClip, person, simulate_clip
    from facelib.semg.simulation.signals import Faults
    from facelib.semg.synchronising import Synchronisation, synchronise
    from facelib.semg.topography import Topography

__all__ = [
    "CHANNELS",
    "GROUPS",
    "MUSCLES",
    "REGIONS",
    "TASKS",
    "Activity",
    "Animation",
    "Chain",
    "Clip",
    "Dataset",
    "EMG2Expression",
    "Event",
    "Expression2EMG",
    "Faults",
    "HeldOut",
    "Muscle",
    "Normalised",
    "Pair",
    "Recording",
    "SimulatedClip",
    "Synchronisation",
    "Topography",
    "Video",
    "activity_of",
    "activity_range",
    "animate",
    "bipolar",
    "channel_of",
    "check",
    "draw_activity",
    "electrode_free_emg",
    "envelope",
    "evaluate",
    "finding_table",
    "from_mne",
    "missing",
    "muscle_table",
    "normalise",
    "normalised_pairs",
    "open_dataset",
    "open_video",
    "pair_of",
    "pairs_of",
    "parameters_of",
    "person",
    "quality_table",
    "read_parameters",
    "read_signals",
    "simulate",
    "simulate_clip",
    "swapped",
    "synchronise",
    "tool_table",
    "unit_weights",
    "units_of_frames",
    "units_of_video",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
