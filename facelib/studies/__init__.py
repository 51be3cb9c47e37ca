"""Sweeps: one face, one intervention, growing strengths, several classifiers."""

from facelib.studies.behaviour import (
    BEHAVIOUR_COLUMNS,
    Answers,
    Behaviour,
    behaviour,
    disagreement,
    measured_behaviour,
    read_heads,
)
from facelib.studies.confirmation import (
    Hypothesis,
    Registration,
    describe_hypothesis,
    later_changes,
    register,
    registrations,
)
from facelib.studies.demonstration import demonstration_head
from facelib.studies.frames import Frames, even_strengths, film_strip, make_frames
from facelib.studies.known_truth import detection_rates, load_known_truth, roc
from facelib.studies.leaderboard import LEADERBOARD_COLUMNS, leaderboard
from facelib.studies.manipulation import (
    MANIPULATION_COLUMNS,
    load_manipulation,
    manipulation_check,
)
from facelib.studies.population import usual_population
from facelib.studies.readings import Cancelled, Reading, read
from facelib.studies.references import References, ReferenceSweep, run_references
from facelib.studies.snapshot import Snapshot, snapshot
from facelib.studies.strips import Strip, demonstrate, reference_strips, strip_tables
from facelib.studies.sweep import DELTA, Sweep, sweep
from facelib.studies.table import COLUMNS

__all__ = [
    "BEHAVIOUR_COLUMNS",
    "COLUMNS",
    "DELTA",
    "LEADERBOARD_COLUMNS",
    "MANIPULATION_COLUMNS",
    "Answers",
    "Behaviour",
    "Cancelled",
    "Frames",
    "Hypothesis",
    "Reading",
    "ReferenceSweep",
    "References",
    "Registration",
    "Snapshot",
    "Strip",
    "Sweep",
    "behaviour",
    "demonstrate",
    "demonstration_head",
    "describe_hypothesis",
    "detection_rates",
    "disagreement",
    "even_strengths",
    "film_strip",
    "later_changes",
    "leaderboard",
    "load_known_truth",
    "load_manipulation",
    "make_frames",
    "manipulation_check",
    "measured_behaviour",
    "read",
    "read_heads",
    "reference_strips",
    "register",
    "registrations",
    "roc",
    "run_references",
    "snapshot",
    "strip_tables",
    "sweep",
    "usual_population",
]
