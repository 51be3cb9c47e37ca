"""Sweeps of one face, and studies of many: declared, run, resumed, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.errors import Cancelled
    from facelib.studies.chimeric import ChimericStudy
    from facelib.studies.declared.declaration import (
        declare,
        load_declaration,
        load_study,
        parse_study,
        to_yaml,
    )
    from facelib.studies.declared.hypothesis import Hypothesis
    from facelib.studies.declared.registration import describe_hypothesis, register
    from facelib.studies.declared.yaml_lines import DeclarationError
    from facelib.studies.engine.execution import Progress
    from facelib.studies.engine.plan import Plan
    from facelib.studies.engine.store import StoreError
    from facelib.studies.engine.verification import verify
    from facelib.studies.interventional import InterventionalStudy
    from facelib.studies.observational import ObservationalStudy
    from facelib.studies.paired import PairedStudy
    from facelib.studies.results import (
        ChimericResult,
        InterventionalResult,
        ObservationalResult,
        PairedResult,
        Result,
        open_study,
    )
    from facelib.studies.sweeps.demonstration import demonstration_head
    from facelib.studies.sweeps.film_strips import demonstrate, reference_strips, strip_tables
    from facelib.studies.sweeps.frames import even_strengths, film_strip, make_frames
    from facelib.studies.sweeps.inference import Reading, read
    from facelib.studies.sweeps.placebos import References, run_references
    from facelib.studies.sweeps.snapshot import Snapshot, snapshot
    from facelib.studies.sweeps.sweep import Sweep, sweep
    from facelib.studies.sweeps.table import COLUMNS

__all__ = [
    "COLUMNS",
    "Cancelled",
    "ChimericResult",
    "ChimericStudy",
    "DeclarationError",
    "Hypothesis",
    "InterventionalResult",
    "InterventionalStudy",
    "ObservationalResult",
    "ObservationalStudy",
    "PairedResult",
    "PairedStudy",
    "Plan",
    "Progress",
    "Reading",
    "References",
    "Result",
    "Snapshot",
    "StoreError",
    "Sweep",
    "declare",
    "demonstrate",
    "demonstration_head",
    "describe_hypothesis",
    "even_strengths",
    "film_strip",
    "load_declaration",
    "load_study",
    "make_frames",
    "open_study",
    "parse_study",
    "read",
    "reference_strips",
    "register",
    "run_references",
    "snapshot",
    "strip_tables",
    "sweep",
    "to_yaml",
    "verify",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
