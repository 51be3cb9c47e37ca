"""Colours of charts in the dark, by the rules of the style sheet: read, told apart, and none forgotten."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from facelib.app.widgets.style import PageStyle
from facelib.charts import palette, theme

SHADES = PageStyle._css[PageStyle._css.index(".facelib-app.facelib-dark") :]
NAMED = dict(reversed(re.findall(r"--facelib-([\w-]+): (#[0-9a-f]{6});", SHADES)))  # the first of each
# Machado, Oliveira and Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1, on linear RGB.
SIGHTS = {
    "usual": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}


def linear(colour: str) -> np.ndarray:
    shares = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def shown(name: str, light: str) -> str:
    """The colour that an attribute gets in the dark."""
    (variable,) = re.findall(
        rf'\.facelib-chart-mount [^{{]*\[{name}="{light}"\][^{{]*{{ {name}: var\(--facelib-([\w-]+)\)', SHADES
    )
    return NAMED[variable]


@pytest.mark.parametrize("name", ["fill", "stroke"])
def test_every_colour_of_charts_has_one_for_the_dark(name: str) -> None:
    paper = NAMED["paper"]
    words, marks = (theme.INK, theme.MUTED), (theme.COUNTED, theme.BAND, *palette.PALETTE)
    for light, least in [*((colour, 4.5) for colour in words), *((colour, 3.0) for colour in marks)]:
        assert contrast(shown(name, light), paper) >= least, light
    assert contrast(shown(name, theme.GRID), paper) > 1.2
    assert shown(name, "#ffffff") == paper


def distances(colours: list[str], sight: np.ndarray) -> list[float]:
    def seen(colour: str) -> np.ndarray:
        light = np.clip(sight @ linear(colour), 0, 1)
        return rgb2lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))

    return [
        float(deltaE_ciede2000(seen(one), seen(other))) for one, other in itertools.combinations(colours, 2)
    ]


@pytest.mark.parametrize("sight", SIGHTS)
def test_classifiers_are_told_apart_as_well_as_in_the_light(sight: str) -> None:
    dark = [shown("stroke", colour) for colour in palette.PALETTE]
    light = min(distances(list(palette.PALETTE), SIGHTS[sight]))
    assert min(distances(dark, SIGHTS[sight])) >= min(light, 15.0)
    swatches = [
        NAMED[name]
        for name in re.findall(r"facelib-swatch[^{]*{ background: var\(--facelib-([\w-]+)\)", SHADES)
    ]
    assert swatches == dark
