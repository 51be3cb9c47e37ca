"""Sources of faces: the parametric head, photographs, sets and films of them, and the detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.face import Face
from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.faces.averaging import average, composite
    from facelib.faces.detector import Detection
    from facelib.faces.face_set import FaceSet
    from facelib.faces.file_names import GRAMMARS, Grammar, grammar
    from facelib.faces.landmarker import find_landmarks, read_face_units
    from facelib.faces.photographs import find_faces, load_face, read_picture, sample_photograph
    from facelib.head.actions import expression_table
    from facelib.head.electrodes import ELECTRODE_SCHEMES
    from facelib.head.expressions import EXPRESSIONS, FACE_UNITS
    from facelib.head.head import EYE_COLOURS, HAIR, HAIR_COLOURS, Head
    from facelib.head.light import LIGHTS, Light
    from facelib.head.palsy import PALSY_LEVELS
    from facelib.head.rendering.contact_sheet import contact_sheet
    from facelib.head.rendering.render import render_heads
    from facelib.head.sampling import sample_heads

__all__ = [
    "ELECTRODE_SCHEMES",
    "EXPRESSIONS",
    "EYE_COLOURS",
    "FACE_UNITS",
    "GRAMMARS",
    "HAIR",
    "HAIR_COLOURS",
    "LIGHTS",
    "PALSY_LEVELS",
    "Detection",
    "Face",
    "FaceSet",
    "Grammar",
    "Head",
    "Light",
    "average",
    "composite",
    "contact_sheet",
    "expression_table",
    "find_faces",
    "find_landmarks",
    "grammar",
    "load_face",
    "read_face_units",
    "read_picture",
    "render_heads",
    "sample_heads",
    "sample_photograph",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
