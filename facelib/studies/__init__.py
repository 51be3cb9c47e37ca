"""Sweeps of one face, and studies of many: declared, run, resumed, and what they found."""

from facelib.lazy import listing
from facelib.studies.asymmetry import asymmetry_faces, asymmetry_table, facing_asymmetry, load_asymmetry
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
    Registration,
    describe_hypothesis,
    later_changes,
    register,
    registrations,
)
from facelib.studies.declaration import (
    Declaration,
    declare,
    load_declaration,
    load_study,
    parse_study,
    to_yaml,
)
from facelib.studies.demonstration import demonstration_head
from facelib.studies.electrodes import electrode_numbers, importance_study, load_electrodes
from facelib.studies.execution import Progress, WorkersLostError
from facelib.studies.frames import Frames, even_strengths, film_strip, make_frames
from facelib.studies.hypothesis import Hypothesis
from facelib.studies.interventional import InterventionalStudy, intervention_name
from facelib.studies.known_truth import detection_rates, load_known_truth, roc
from facelib.studies.leaderboard import LEADERBOARD_COLUMNS, leaderboard
from facelib.studies.manipulation import (
    MANIPULATION_COLUMNS,
    load_manipulation,
    manipulation_check,
)
from facelib.studies.observational import ObservationalStudy
from facelib.studies.plan import Plan
from facelib.studies.population import usual_population
from facelib.studies.power_of_properties import (
    electrodes_table,
    labelled_population,
    load_power_of_properties,
    paired_electrodes,
    properties_table,
)
from facelib.studies.readings import Cancelled, Reading, read
from facelib.studies.references import References, ReferenceSweep, run_references
from facelib.studies.results import InterventionalResult, ObservationalResult, Result, open_study
from facelib.studies.snapshot import Snapshot, snapshot
from facelib.studies.store import Store, StoreError
from facelib.studies.strips import Strip, demonstrate, reference_strips, strip_tables
from facelib.studies.subjects import identity_of, subjects
from facelib.studies.sweep import DELTA, Sweep, sweep
from facelib.studies.table import COLUMNS
from facelib.studies.verification import Verification, verify
from facelib.studies.yaml_tree import DeclarationError

__all__ = [
    "BEHAVIOUR_COLUMNS",
    "COLUMNS",
    "DELTA",
    "LEADERBOARD_COLUMNS",
    "MANIPULATION_COLUMNS",
    "Answers",
    "Behaviour",
    "Cancelled",
    "Declaration",
    "DeclarationError",
    "Frames",
    "Hypothesis",
    "InterventionalResult",
    "InterventionalStudy",
    "ObservationalResult",
    "ObservationalStudy",
    "Plan",
    "Progress",
    "Reading",
    "ReferenceSweep",
    "References",
    "Registration",
    "Result",
    "Snapshot",
    "Store",
    "StoreError",
    "Strip",
    "Sweep",
    "Verification",
    "WorkersLostError",
    "asymmetry_faces",
    "asymmetry_table",
    "behaviour",
    "declare",
    "demonstrate",
    "demonstration_head",
    "describe_hypothesis",
    "detection_rates",
    "disagreement",
    "electrode_numbers",
    "electrodes_table",
    "even_strengths",
    "facing_asymmetry",
    "film_strip",
    "identity_of",
    "importance_study",
    "intervention_name",
    "labelled_population",
    "later_changes",
    "leaderboard",
    "load_asymmetry",
    "load_declaration",
    "load_electrodes",
    "load_known_truth",
    "load_manipulation",
    "load_power_of_properties",
    "load_study",
    "make_frames",
    "manipulation_check",
    "measured_behaviour",
    "open_study",
    "paired_electrodes",
    "parse_study",
    "properties_table",
    "read",
    "read_heads",
    "reference_strips",
    "register",
    "registrations",
    "roc",
    "run_references",
    "snapshot",
    "strip_tables",
    "subjects",
    "sweep",
    "to_yaml",
    "usual_population",
    "verify",
]

__dir__ = listing(__all__)
