"""Six skin tones are treated alike: each keeps its shading, and shows an expression as clearly as the others.

Contrast is measured in CIE L*: it is about even for the eye, and close to the levels of sRGB that classifiers
are given. In linear light dark skin would show a fifth of what light skin shows, and in ratios of light,
which leave the colour of the skin out, the levels that classifiers see would still differ.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from facelib.faces import EXPRESSIONS, Face, Head, render_heads, sample_heads
from facelib.properties.skin_tone import lab

pytestmark = pytest.mark.packages

TONES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def lightness(face: Face) -> npt.NDArray[np.float64]:
    """Return L* inside the face box."""
    x1, y1, x2, y2 = np.round(face.box).astype(int).clip(0)
    return lab(face.image[y1:y2, x1:x2])[..., 0]


@cache
def resting(light: str, tone: float) -> tuple[list[Head], list[npt.NDArray[np.float64]]]:
    people = sample_heads(20, seed=0, ages=(20, 75), expressions=("neutral",))
    heads = [person.replace(skin_tone=tone, light=light) for person in people]
    return heads, [lightness(face) for face in render_heads(heads, 96)]


@pytest.mark.thorough
@pytest.mark.parametrize("light", ["studio", "frontal"])
@pytest.mark.parametrize(
    "expression",
    [
        name if name == "happy" else pytest.param(name, marks=pytest.mark.thorough)
        for name in EXPRESSIONS["tuned"]
        if name != "neutral"
    ],
)
def test_expressions_change_the_picture_as_much_in_every_tone(light: str, expression: str) -> None:
    """Mean absolute change of L* in the face box, neutral to expression: largest within 10 % of smallest."""
    contrast = []
    for tone in TONES:
        heads, rest = resting(light, tone)
        moved = render_heads([head.replace(expression=expression) for head in heads], 96)
        pairs = zip(rest, map(lightness, moved), strict=True)
        contrast.append(np.mean([np.abs(before - after).mean() for before, after in pairs]))
    assert min(contrast) > 1
    assert max(contrast) <= 1.10 * min(contrast), np.round(contrast, 3)


@pytest.mark.thorough
@pytest.mark.parametrize("light", ["studio", "frontal"])
def test_every_tone_keeps_its_shading(light: str) -> None:
    """From the brightest to the darkest part of the bare skin: many levels of L*, none at the ends."""
    for tone in TONES:
        face = Head(skin_tone=tone, light=light, expression="neutral", hair="bald", seed=4).render(224)
        points = face.landmarks[[9, 10, 50, 280, 152, 199, 205, 425, 234, 454, 6, 1, 132, 361, 117, 346]]
        patches = [lab(face.image[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]) for x, y in points]
        shades = np.array([np.median(patch[..., 0]) for patch in patches])
        assert np.ptp(shades) > 12
        assert shades.min() > 6
        assert shades.max() < 97
