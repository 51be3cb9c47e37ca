"""Charts of recordings draw what is there, stay small, and say without colours what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facelib.charts.muscles.chain_steps import chain_steps, step_table
from facelib.charts.muscles.signals import (
    overview_table,
    quality_cells,
    quality_map,
    side_of,
    signal_overview,
    signal_spectra,
    title_of,
)
from facelib.errors import BadValueError, UnknownNameError
from facelib.semg import CHANNELS, Chain, Recording, envelope, quality_table

Texts = Callable[[Any], list[str]]
RATE = 2048.0


@pytest.fixture
def recording(rng: np.random.Generator) -> Recording:
    signals = rng.normal(size=(8 * 2048, 22)) * 20
    signals[:, 4] += 60 * np.sin(2 * np.pi * 150 * np.arange(len(signals)) / RATE)
    signals[4096:6144, 7] = np.nan
    return Recording(signals, RATE, CHANNELS, "bipolar")


def test_the_overview_has_all_that_is_largest_and_smallest(recording: Recording) -> None:
    table = overview_table(recording, 100)
    assert len(table) == 2200
    for order in (0, 7, 21):
        rows, signal = table[table["order"] == order], recording.signals[:, order]
        assert rows["low"].min() == pytest.approx(np.nanmin(signal))
        assert rows["high"].max() == pytest.approx(np.nanmax(signal))
        start = rows.iloc[37]
        part = signal[round(start["start"] * RATE) : round(start["end"] * RATE)]
        if np.isfinite(part).all():
            assert (start["low"], start["high"]) == pytest.approx((part.min(), part.max()))
    gone = table[(table["order"] == 7) & (table["missing"] == 1)]
    assert gone["start"].min() == pytest.approx(2.0, abs=0.1)
    assert gone["end"].max() == pytest.approx(3.0, abs=0.1)
    assert gone[["low", "high"]].isna().all(axis=None)


@pytest.mark.thorough
def test_the_overview_stays_small_however_long_the_recording_is() -> None:
    long = Recording(np.zeros((600_000, 2)), 4096, CHANNELS[:2], "bipolar")
    assert len(overview_table(long)) == 800
    assert len(json.dumps(signal_overview(long).to_dict())) < 200_000


@pytest.mark.thorough
def test_every_channel_has_its_name(recording: Recording, texts: Texts) -> None:
    written = set(texts(signal_overview(recording, stretches=10)))
    assert {title_of(channel) for channel in CHANNELS} <= written
    assert "Zygomaticus, left" in written
    assert any("Grey: nothing recorded." in text for text in written)
    strengths = envelope(recording, Chain(high=450))
    assert any(
        text.startswith("Envelopes over time") for text in texts(signal_overview(strengths, stretches=3))
    )
    inputs = Recording(np.ones((100, 2)), 4096, ("F20a", "F20b"), "monopolar")
    assert {"F20a", "F20b"} <= set(texts(signal_overview(inputs)))
    assert side_of("F20a") == ""


@pytest.mark.thorough
def test_a_line_stands_out_in_its_spectrum(recording: Recording, texts: Texts) -> None:
    data = signal_spectra(recording).to_dict()["datasets"]["spectrum"]
    assert len(data) <= 22 * 151
    chart = signal_spectra(recording.pick(CHANNELS[4:8]))
    data = chart.to_dict()["datasets"]["spectrum"]
    one = [row for row in data if row["panel"] == "Depressor supercilii / procerus" and row["side"] == "left"]
    assert max(one, key=lambda row: row["decibel"])["frequency"] == pytest.approx(150, abs=4)
    written = set(texts(chart))
    assert {"Depressor supercilii / procerus", "Frontalis, lateral part"} <= written
    with pytest.raises(BadValueError, match="no channel has any power"):
        signal_spectra(Recording(np.zeros((4096, 1)), RATE, CHANNELS[:1], "bipolar"))
    with pytest.raises(BadValueError, match="envelope"):
        signal_spectra(envelope(recording, Chain(high=450)))


@pytest.mark.thorough
def test_limits_are_said_by_a_sign(recording: Recording, texts: Texts) -> None:
    table = quality_table(recording)
    cells = {(cell["channel"], cell["check"]): cell for cell in quality_cells(table)}
    assert cells["Frontalis lat., right", "longest gap, s"]["words"] == "1.00 !"
    assert cells["Frontalis lat., right", "missing"]["words"] == "12.5% !"
    line = cells["Depressor supercilii / procerus, left", "multiples, dB"]
    assert line["bad"]
    assert "at 150 Hz" in line["says"]
    assert all(cell["words"].endswith(" !") == cell["bad"] for cell in cells.values())
    chart = quality_map(table)
    assert {"1.00 !", "12.5% !"} <= set(texts(chart))
    assert "Frontalis lat., right, longest gap, s: 1.00" in chart.to_dict()["description"]
    sound = quality_map(table.head(1).assign(noise=1.0, snr=30.0))
    assert "nothing is beyond its limit" in sound.to_dict()["description"]
    with pytest.raises(BadValueError, match="missing"):
        quality_map(table.drop(columns="hum"))
    with pytest.raises(BadValueError, match="no rows"):
        quality_map(table.head(0))


@pytest.mark.thorough
def test_steps_are_those_of_the_chain(recording: Recording, texts: Texts) -> None:
    chain = Chain(high=450)
    table, titles = step_table(recording, "zygomaticus_left", chain=chain, start=2.0, stop=5.0)
    assert list(titles) == ["recorded", "notch", "band", "envelope"]
    rows = table[table["step"] == "envelope"]
    strengths = envelope(recording, chain).pick(["zygomaticus_left"]).signals[:, 0]
    assert np.allclose(rows["low"], strengths[60:151], atol=1e-4)
    recorded = table[table["step"] == "recorded"]
    part = recording.signals[4096 : 5 * 2048, CHANNELS.index("zygomaticus_left")]
    assert (recorded["low"].min(), recorded["high"].max()) == pytest.approx((part.min(), part.max()))
    assert (recorded["start"].min(), recorded["end"].max()) == (2.0, 5.0)
    gap, _ = step_table(recording, "frontalis_lateral_right", chain=chain)
    drawn = gap[gap["step"] == "recorded"]
    assert not ((drawn["start"] > 2.05) & (drawn["end"] < 2.95)).any()
    chart = chain_steps(recording, "zygomaticus_left", chain=chain)
    assert set(titles.values()) <= set(texts(chart))


def test_steps_that_cannot_be_drawn_are_said(recording: Recording) -> None:
    chain = Chain(high=450)
    with pytest.raises(BadValueError, match="envelope"):
        chain_steps(envelope(recording, chain), "zygomaticus_left")
    with pytest.raises(UnknownNameError, match="no channel 'F20'"):
        chain_steps(recording, "F20", chain=chain)
    with pytest.raises(BadValueError, match="within"):
        chain_steps(recording, "zygomaticus_left", chain=chain, start=5, stop=50)
    with pytest.raises(BadValueError, match="more than 1000"):
        chain_steps(recording.replace(rate=900), "zygomaticus_left")
    with pytest.raises(BadValueError, match="stretches"):
        overview_table(recording, 0)
