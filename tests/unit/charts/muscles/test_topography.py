"""Maps on the face: one scale, every electrode a dot where it is, the colours of the numbers."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facelib import charts
from facelib.charts.colour_ramp import RAMP, painted
from facelib.charts.muscles.topography import HIGH, WIDE, lines, moments, picture
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.semg import CHANNELS, Recording, animate
from facelib.semg.face_plane import places

pytestmark = pytest.mark.packages
HEIGHT = 190
REST = dict.fromkeys(CHANNELS, 0.0)


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_more_is_darker_throughout() -> None:
    steps = np.diff([lightness(colour) for colour in RAMP])
    assert (steps < -8).all()
    assert painted([0.5]).tolist()[0] == [*bytes.fromhex(RAMP[4][1:]), 255]


@pytest.mark.thorough
def test_every_electrode_is_a_dot_in_its_place_and_colour(
    marks: Callable[..., list[dict[str, Any]]], rng: np.random.Generator
) -> None:
    values = dict(zip(CHANNELS, rng.random(22), strict=True))
    chart = charts.muscle_maps(moments({"one": values, "two": REST}), height=HEIGHT)
    halo, drawn = np.split(np.array(marks(chart, 0, "symbol")), 2)
    assert len(drawn) == 22
    assert {dot["fill"] for dot in halo} == {"#ffffff"}  # below each dot, so that it is seen on dark maps
    assert [(dot["x"], dot["y"]) for dot in halo] == [(dot["x"], dot["y"]) for dot in drawn]
    assert min(dot["size"] for dot in halo) > 2 * max(dot["size"] for dot in drawn)
    width = round(HEIGHT * WIDE / HIGH)
    for dot, (channel, (x, y)) in zip(drawn, places().items(), strict=True):
        assert dot["x"] == pytest.approx((x / WIDE + 1) / 2 * width, abs=0.1)
        assert dot["y"] == pytest.approx((1 - y / HIGH) / 2 * HEIGHT, abs=0.1)
        red, green, blue = (int(part) for part in dot["fill"].strip("rgb()").split(","))
        assert np.abs(painted([values[channel]])[0, :3].astype(int) - (red, green, blue)).max() <= 3
    assert {dot["fill"] for dot in marks(chart, 1, "symbol")[22:]} == {"rgb(251, 246, 228)"}  # one scale


@pytest.mark.thorough
def test_the_picture_has_the_numbers_where_the_face_is(rng: np.random.Generator) -> None:
    values = rng.random(22)
    uri = picture(values, "fridlund", 1.0)
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
    height, width = image.shape[:2]
    assert image[0, 0, 3] == 0  # outside the face
    cell = 2 * (96 + 2) / height
    for value, (x, y) in zip(values, places().values(), strict=True):
        row, column = round(height / 2 - y / cell - 0.5), round(width / 2 + x / cell - 0.5)
        colour = image[row, column]
        assert colour[3] == 255
        assert np.abs(colour[:3].astype(int) - painted([value])[0, :3]).max() < 25


@pytest.mark.thorough
def test_missing_channels_have_no_dot_and_units_their_own_scale(
    marks: Callable[..., list[dict[str, Any]]], texts: Callable[[Any], list[str]]
) -> None:
    table = moments({"clip": dict.fromkeys(CHANNELS[:20], 40.0)})
    chart = charts.muscle_maps(table, unit="µV", most=80)
    assert len(marks(chart, 0, "symbol")) == 2 * 20  # each with its halo
    written = texts(chart)
    assert "µV" in written
    assert "80" in written
    assert {"left", "right"} <= set(written)
    assert any("interpolated" in text for text in written)


def test_moments_of_an_animation_are_the_nearest_pictures() -> None:
    signals = np.linspace(0, 1, 31)[:, None] * np.ones(22)
    film = animate(Head(), Recording(signals, 30, CHANNELS, "envelope", unit=""))
    table = moments(film, times=[0.0, 0.51])
    assert table["moment"].drop_duplicates().tolist() == ["0.0 s", "0.5 s"]
    assert table.loc[table["moment"] == "0.5 s", "value"].tolist() == pytest.approx([0.5] * 22)
    with pytest.raises(BadValueError, match="Which moments"):
        moments(film)
    with pytest.raises(BadValueError, match="Times belong"):
        moments({"one": REST}, times=[0.0])


def test_lines_are_the_outline_and_the_features() -> None:
    table = pd.DataFrame(lines())
    assert set(table["line"]) == {
        "outline", "left eye", "right eye", "left brow", "right brow", "nose", "lips", "mouth"
    }  # fmt: skip
    assert table["x"].abs().max() < WIDE
    assert table["y"].abs().max() < HIGH


def test_an_empty_table_is_no_map() -> None:
    with pytest.raises(BadValueError, match="no rows"):
        charts.muscle_maps(moments({}))
    with pytest.raises(BadValueError, match="position is missing"):
        charts.muscle_maps(pd.DataFrame({"moment": ["one"], "value": [1.0]}))
