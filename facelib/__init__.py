"""Change one property of a face gradually, and see what emotion classifiers make of it.

Heavy libraries are imported where they are used: `import facelib` is quick. Nothing leaves the machine:
libraries that would report their use are silenced here, before any of them is imported.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

from facelib.errors import FacelibError

if TYPE_CHECKING:
    from facelib import (
        app,
        attribution,
        charts,
        classifiers,
        experiments,
        faces,
        interventions,
        models,
        properties,
        reports,
        restoration,
        semg,
        stats,
        studies,
    )
    from facelib.app.layout import explore
    from facelib.faces import Face, FaceSet, Head, Light, find_faces, load_face, sample_heads
    from facelib.studies.chimeric import ChimericStudy
    from facelib.studies.interventional import InterventionalStudy
    from facelib.studies.observational import ObservationalStudy
    from facelib.studies.paired import PairedStudy
    from facelib.studies.sweeps.sweep import sweep

_SILENCED = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

if "onnxruntime" in sys.modules and os.environ.get("ORT_DISABLE_TELEMETRY") != "1":
    warnings.warn(
        "onnxruntime was imported before facelib and may already report its use over the network. Import "
        "facelib first, or set ORT_DISABLE_TELEMETRY=1 before Python starts.",
        stacklevel=2,
    )
os.environ.update(_SILENCED)

_SUBPACKAGES = frozenset(
    [
        "app",
        "attribution",
        "charts",
        "classifiers",
        "experiments",
        "faces",
        "interventions",
        "models",
        "properties",
        "reports",
        "restoration",
        "semg",
        "stats",
        "studies",
    ]
)
_NAMES = {
    "ChimericStudy": "facelib.studies",
    "Face": "facelib.faces",
    "FaceSet": "facelib.faces",
    "Head": "facelib.faces",
    "InterventionalStudy": "facelib.studies",
    "Light": "facelib.faces",
    "ObservationalStudy": "facelib.studies",
    "PairedStudy": "facelib.studies",
    "explore": "facelib.app",
    "find_faces": "facelib.faces",
    "load_face": "facelib.faces",
    "sample_heads": "facelib.faces",
    "sweep": "facelib.studies",
}

__all__ = [
    "ChimericStudy",
    "Face",
    "FaceSet",
    "FacelibError",
    "Head",
    "InterventionalStudy",
    "Light",
    "ObservationalStudy",
    "PairedStudy",
    "app",
    "attribution",
    "charts",
    "classifiers",
    "experiments",
    "explore",
    "faces",
    "find_faces",
    "interventions",
    "load_face",
    "models",
    "properties",
    "reports",
    "restoration",
    "sample_heads",
    "semg",
    "stats",
    "studies",
    "sweep",
]


def _show_sweeps() -> None:
    """Let a notebook show a sweep that ends a cell as the live picture; nothing is imported until then."""

    def cell(sweep: Any, **_options: Any) -> Any:
        return importlib.import_module("facelib.app.live").cell(sweep)

    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type_by_name("facelib.studies.sweeps.sweep", "Sweep", cell)


_show_sweeps()


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"facelib.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name == "__version__":
        from facelib.utilities.distribution import distribution_version

        return distribution_version()
    msg = f"module 'facelib' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(__all__)
