"""Sweeps: one face, one intervention, growing strengths, several classifiers."""

from facelib.studies.frames import Frames, even_strengths, film_strip, make_frames
from facelib.studies.manipulation import (
    MANIPULATION_COLUMNS,
    load_manipulation,
    manipulation_check,
)
from facelib.studies.readings import Cancelled, Reading, read
from facelib.studies.references import References, ReferenceSweep, run_references
from facelib.studies.snapshot import Snapshot, snapshot
from facelib.studies.sweep import DELTA, Sweep, sweep
from facelib.studies.table import COLUMNS

__all__ = [
    "COLUMNS",
    "DELTA",
    "MANIPULATION_COLUMNS",
    "Cancelled",
    "Frames",
    "Reading",
    "ReferenceSweep",
    "References",
    "Snapshot",
    "Sweep",
    "even_strengths",
    "film_strip",
    "load_manipulation",
    "make_frames",
    "manipulation_check",
    "read",
    "run_references",
    "snapshot",
    "sweep",
]
