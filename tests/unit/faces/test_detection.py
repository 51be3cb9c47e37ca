"""The real detector finds rendered heads, whoever they are."""

from __future__ import annotations

import pytest

from facelib.faces import HAIR, LIGHTS, render_heads, sample_heads
from facelib.faces.detector import detect_faces

pytestmark = pytest.mark.packages


@pytest.mark.thorough
@pytest.mark.usefixtures("single_threaded")
def test_the_detector_finds_random_frontal_heads() -> None:
    """All ages, tones, expressions, hair, beards and lights, evenly."""
    also = {"facial_hair": 0.4, "hair": HAIR, "light": tuple(LIGHTS), "moles": 0.2}
    even = ["expression", "hair", "age", "gender", "skin_tone"]
    heads = sample_heads(300, seed=300, ages=(5.0, 90.0), stratify=even, also=also)
    missed = [
        head
        for head, face in zip(heads, render_heads(heads, 128), strict=True)
        if not any(
            abs(found.eyes - face.eyes).max() < 0.1 * (face.box[2] - face.box[0])
            for found in detect_faces(face.image)
        )
    ]
    assert len(missed) <= 3, missed
