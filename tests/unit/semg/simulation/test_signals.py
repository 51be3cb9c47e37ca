"""Signals have the strength, the band and the faults that they were given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import welch

from facelib.errors import BadValueError, UnknownNameError
from facelib.semg import CHANNELS, bipolar, draw_activity, envelope
from facelib.semg.simulation.movements import Activity
from facelib.semg.simulation.signals import (
    AMPLIFIER,
    RATE,
    Faults,
    band_noise,
    draw_strengths,
    expected_envelope,
    raw_signals,
)

ZYGOMATICUS, OTHER = CHANNELS.index("zygomaticus_left"), CHANNELS.index("zygomaticus_right")


@pytest.fixture(scope="module")
def activity() -> Activity:
    return draw_activity("happy", 6.0, 1)


@pytest.fixture(scope="module")
def strengths() -> np.ndarray:
    return draw_strengths(2)


def constant(level: float, seconds: float = 8.0) -> Activity:
    found = draw_activity("Face-At-Rest", seconds, 0)
    return Activity(np.full_like(found.channels, level), found.others, found.units, found.frames)


def test_muscle_noise_has_its_band_and_strength(rng: np.random.Generator) -> None:
    noise = band_noise(60 * 4096, 4096.0, rng)
    assert noise.std() == pytest.approx(1.0, abs=0.02)
    hertz, power = welch(noise, 4096.0, nperseg=4096)
    inside = power[(hertz > 40) & (hertz < 350)].mean()
    assert power[hertz < 10].max() < 0.01 * inside
    assert power[hertz > 800].max() < 0.01 * inside


def test_the_bipolar_signal_is_as_strong_as_activity_times_strength(strengths: np.ndarray) -> None:
    signals = bipolar(raw_signals(constant(0.5), strengths, 3)).pick(CHANNELS).signals
    found = signals.std(axis=0)
    np.testing.assert_allclose(found, 0.5 * strengths, rtol=0.06)


def test_pairing_takes_out_what_inputs_have_alike(strengths: np.ndarray) -> None:
    raw = raw_signals(constant(0.0), strengths, 3)
    paired = bipolar(raw)
    assert paired.signals.std() < raw.signals.std() / 10
    hertz, power = welch(raw.signals[:, 0], RATE, nperseg=8192)
    assert power[np.abs(hertz - 50).argmin()] > 100 * np.median(power[(hertz > 60) & (hertz < 90)])


@pytest.mark.thorough
def test_the_expected_envelope_is_the_one_of_the_signals(activity: Activity, strengths: np.ndarray) -> None:
    """The quick way against the slow one: raw signals through the whole chain."""
    slow = envelope(raw_signals(activity, strengths, 4)).pick(CHANNELS).signals
    quick = expected_envelope(activity, strengths, 5).signals
    strong = quick > 15  # µV, far above noise and drift
    ratio = slow[strong] / quick[strong]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)  # some 60 windows of ± 5 %
    assert np.log(ratio).std() < 0.08
    weak = expected_envelope(constant(0.0), strengths, 5).signals
    assert np.median(weak) < 2 * AMPLIFIER


@pytest.mark.one_case
@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("lag", [-0.4, 0.25])
def test_signals_come_later_by_the_lag(
    activity: Activity, strengths: np.ndarray, quick: bool, lag: float
) -> None:
    def made(lag: float) -> np.ndarray:
        if quick:
            return expected_envelope(activity, strengths, 6, lag=lag).signals[:, ZYGOMATICUS]
        return envelope(raw_signals(activity, strengths, 6, lag=lag)).pick(CHANNELS).signals[:, ZYGOMATICUS]

    still, moved = made(0.0).astype(float), made(lag).astype(float)
    frames = np.arange(-20, 21)
    inner = slice(30, -30)
    fits = [np.corrcoef(np.roll(still, shift)[inner], moved[inner])[0, 1] for shift in frames]
    assert abs(frames[int(np.argmax(fits))] / 30 - lag) <= 1 / 30


@pytest.mark.one_case
@pytest.mark.parametrize("quick", [True, False])
def test_faults_are_what_they_are_called(activity: Activity, strengths: np.ndarray, quick: bool) -> None:
    def made(faults: Faults) -> np.ndarray:
        if quick:
            return expected_envelope(activity, strengths, 7, faults=faults).signals
        return envelope(raw_signals(activity, strengths, 7, faults=faults)).pick(CHANNELS).signals

    good = made(Faults())
    assert made(Faults(flat=("zygomaticus_left",)))[:, ZYGOMATICUS].max() < 1e-3
    swapped = made(Faults(swapped=True))
    np.testing.assert_allclose(swapped[:, OTHER], good[:, ZYGOMATICUS], rtol=0.02, atol=0.2)
    gap = made(Faults(missing=(("zygomaticus_left", 2.0, 4.0),)))
    assert gap[85:95, ZYGOMATICUS].max() < 2.0  # µV: the middle of the gap
    mixed = made(Faults(crosstalk=0.3))
    jaw = CHANNELS.index("masseter_left")
    busy = good[:, ZYGOMATICUS] > 60
    both = np.hypot(good[busy, jaw], 0.3 * good[busy, ZYGOMATICUS])  # powers add up
    assert np.median(mixed[busy, jaw] / both) == pytest.approx(1.0, abs=0.03)
    assert np.median(mixed[busy, jaw] / good[busy, jaw]) > 1.5
    brow, beside = (CHANNELS.index(f"frontalis_{part}_right") for part in ("lateral", "medial"))
    alone = np.hypot(good[:, brow], 0.3 * good[:, beside])  # nothing of the mouth
    assert np.median(mixed[:, brow] / alone) == pytest.approx(1.0, abs=0.05)


def test_missing_samples_and_the_told_rate_are_in_the_recording(
    activity: Activity, strengths: np.ndarray
) -> None:
    faults = Faults(missing=(("mentalis_right", 1.0, 2.0),), told_rate=2048.0)
    raw = raw_signals(activity, strengths, 8, faults=faults)
    gone = np.isnan(raw.signals).sum(axis=0)
    assert dict(zip(raw.channels, gone, strict=True))["mentalis_right 1"] == 4096
    assert (gone > 0).sum() == 2
    assert raw.rate == 2048.0
    assert raw.signals.dtype == np.float32


def test_what_is_out_of_range_is_refused(activity: Activity, strengths: np.ndarray) -> None:
    with pytest.raises(BadValueError, match="A lag"):
        raw_signals(activity, strengths, lag=3.0)
    with pytest.raises(BadValueError, match="more than 900"):
        raw_signals(activity, strengths, rate=500.0)
    with pytest.raises(UnknownNameError, match="no channel"):
        Faults(flat=("zygomaticus",))
    with pytest.raises(BadValueError, match="Cross-talk"):
        Faults(crosstalk=2.0)


def test_a_gap_that_runs_backwards_is_refused() -> None:
    with pytest.raises(BadValueError, match="to a later one; got 3 … 1 s"):
        Faults(missing=(("mentalis_left", 3.0, 1.0),))
