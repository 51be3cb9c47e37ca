"""Sweeps: one face, one intervention, growing strengths, several classifiers."""

from facelib.studies.demonstration import demonstration_head
from facelib.studies.frames import Frames, even_strengths, film_strip, make_frames
from facelib.studies.leaderboard import LEADERBOARD_COLUMNS, leaderboard
from facelib.studies.manipulation import (
    MANIPULATION_COLUMNS,
    load_manipulation,
    manipulation_check,
)
from facelib.studies.readings import Cancelled, Reading, read
from facelib.studies.references import References, ReferenceSweep, run_references
from facelib.studies.snapshot import Snapshot, snapshot
from facelib.studies.strips import Strip, demonstrate, reference_strips, strip_tables
from facelib.studies.sweep import DELTA, Sweep, sweep
from facelib.studies.table import COLUMNS

__all__ = [
    "COLUMNS",
    "DELTA",
    "LEADERBOARD_COLUMNS",
    "MANIPULATION_COLUMNS",
    "Cancelled",
    "Frames",
    "Reading",
    "ReferenceSweep",
    "References",
    "Snapshot",
    "Strip",
    "Sweep",
    "demonstrate",
    "demonstration_head",
    "even_strengths",
    "film_strip",
    "leaderboard",
    "load_manipulation",
    "make_frames",
    "manipulation_check",
    "read",
    "reference_strips",
    "run_references",
    "snapshot",
    "strip_tables",
    "sweep",
]
