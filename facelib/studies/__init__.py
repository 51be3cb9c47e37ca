"""Sweeps of one face, and studies of many: declared, run, resumed, and what they found."""

from facelib.experiments.asymmetry import asymmetry_faces, asymmetry_table, facing_asymmetry, load_asymmetry
from facelib.experiments.behaviour import (
    BEHAVIOUR_COLUMNS,
    Answers,
    Behaviour,
    behaviour,
    disagreement,
    measured_behaviour,
    read_heads,
)
from facelib.experiments.electrodes import electrode_numbers, importance_study, load_electrodes
from facelib.experiments.known_truth import detection_rates, load_known_truth, roc
from facelib.experiments.manipulation import MANIPULATION_COLUMNS, load_manipulation, manipulation_check
from facelib.experiments.population import usual_population
from facelib.experiments.power_of_properties import (
    electrodes_table,
    labelled_population,
    load_power_of_properties,
    paired_electrodes,
    properties_table,
)
from facelib.experiments.ranking import LEADERBOARD_COLUMNS, leaderboard
from facelib.studies.declared.declaration import (
    Declaration,
    declare,
    load_declaration,
    load_study,
    parse_study,
    to_yaml,
)
from facelib.studies.declared.hypothesis import Hypothesis
from facelib.studies.declared.registration import (
    Registration,
    describe_hypothesis,
    later_changes,
    register,
    registrations,
)
from facelib.studies.declared.yaml_lines import DeclarationError
from facelib.studies.engine.execution import Progress, WorkersLostError
from facelib.studies.engine.plan import Plan
from facelib.studies.engine.store import Store, StoreError
from facelib.studies.engine.subjects import identity_of, subjects
from facelib.studies.engine.verification import Verification, verify
from facelib.studies.interventional import InterventionalStudy, intervention_name
from facelib.studies.observational import ObservationalStudy
from facelib.studies.results import InterventionalResult, ObservationalResult, Result, open_study
from facelib.studies.sweeps.demonstration import demonstration_head
from facelib.studies.sweeps.film_strips import Strip, demonstrate, reference_strips, strip_tables
from facelib.studies.sweeps.frames import Frames, even_strengths, film_strip, make_frames
from facelib.studies.sweeps.inference import Cancelled, Reading, read
from facelib.studies.sweeps.placebos import References, ReferenceSweep, run_references
from facelib.studies.sweeps.snapshot import Snapshot, snapshot
from facelib.studies.sweeps.sweep import DELTA, Sweep, sweep
from facelib.studies.sweeps.table import COLUMNS
from facelib.utilities.lazy import listing

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
