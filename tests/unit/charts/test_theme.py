from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import rgb2lab

from facelib.charts import palette, theme

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "trichromat": np.eye(3),
    "protanope": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def linear(c: np.ndarray) -> np.ndarray:
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def gamma(c: np.ndarray) -> np.ndarray:
    c = np.clip(c, 0, 1)
    return np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio."""
    light = sorted(float(linear(rgb(c)) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return light[1] / light[0]


@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_for_every_vision(vision: str) -> None:
    seen = [rgb2lab(gamma(np.asarray(VISION[vision]) @ linear(rgb(c)))) for c in palette.PALETTE[:6]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 9


@pytest.mark.parametrize("text", [theme.INK, theme.MUTED])
def test_texts_are_readable(text: str) -> None:
    assert contrast(text, "#ffffff") >= 4.5
    assert contrast(text, "#f3f5f8") >= 4.5


def test_colour_belongs_to_the_place() -> None:
    assert [palette.colour(k) for k in range(3)] == list(palette.PALETTE[:3])
    assert len(set(palette.PALETTE)) == len(palette.PALETTE)
