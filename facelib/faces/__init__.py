"""Where faces come from: the parametric head and its renderer, photographs and sets of them, detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.faces.face import Face
from facelib.lazy import lazy

if TYPE_CHECKING:
    from facelib.faces.actions import ACTIONS, expression_table
    from facelib.faces.averaging import average, composite
    from facelib.faces.detector import Detection
    from facelib.faces.electrodes import ELECTRODE_SCHEMES
    from facelib.faces.expressions import EXPRESSIONS, FACE_UNITS
    from facelib.faces.face_set import FaceSet
    from facelib.faces.head import EYE_COLOURS, HAIR, HAIR_COLOURS, Head
    from facelib.faces.landmarker import find_landmarks, read_face_units
    from facelib.faces.light import LIGHTS, Light
    from facelib.faces.palsy import PALSY_LEVELS, PalsyLevel
    from facelib.faces.photographs import find_faces, load_face, read_picture, sample_photograph
    from facelib.faces.population import sample_heads
    from facelib.faces.rendering import render_heads, warm
    from facelib.faces.sheet import contact_sheet

_NAMES = {
    "ACTIONS": "actions",
    "Detection": "detector",
    "ELECTRODE_SCHEMES": "electrodes",
    "EXPRESSIONS": "expressions",
    "EYE_COLOURS": "head",
    "FACE_UNITS": "expressions",
    "HAIR": "head",
    "HAIR_COLOURS": "head",
    "FaceSet": "face_set",
    "Head": "head",
    "LIGHTS": "light",
    "Light": "light",
    "average": "averaging",
    "composite": "averaging",
    "PALSY_LEVELS": "palsy",
    "PalsyLevel": "palsy",
    "contact_sheet": "sheet",
    "expression_table": "actions",
    "find_faces": "photographs",
    "find_landmarks": "landmarker",
    "load_face": "photographs",
    "read_face_units": "landmarker",
    "read_picture": "photographs",
    "render_heads": "rendering",
    "sample_heads": "population",
    "sample_photograph": "photographs",
    "warm": "rendering",
}

__all__ = [
    "ACTIONS",
    "ELECTRODE_SCHEMES",
    "EXPRESSIONS",
    "EYE_COLOURS",
    "FACE_UNITS",
    "HAIR",
    "HAIR_COLOURS",
    "LIGHTS",
    "PALSY_LEVELS",
    "Detection",
    "Face",
    "FaceSet",
    "Head",
    "Light",
    "PalsyLevel",
    "average",
    "composite",
    "contact_sheet",
    "expression_table",
    "find_faces",
    "find_landmarks",
    "load_face",
    "read_face_units",
    "read_picture",
    "render_heads",
    "sample_heads",
    "sample_photograph",
    "warm",
]

__getattr__, __dir__ = lazy(__name__, _NAMES, __all__)
