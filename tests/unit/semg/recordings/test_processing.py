"""The chain against a slow twin, and against what its filters must do to known signals."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import signal as scipy_signal

from facelib.errors import BadValueError
from facelib.semg import CHANNELS, Chain, Recording, bipolar, envelope, missing
from facelib.semg.recordings.processing import band_pass, centred, kernel, notch, resampled, rms, row_count
from facelib.utilities.progress import Progress

RATE = 4096.0
CHAIN = Chain()


def sine(frequency: float, seconds: float = 4.0, amplitude: float = 100.0, rate: float = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def recorded(signal: np.ndarray, rate: float = RATE) -> Recording:
    columns = signal.reshape(len(signal), -1)
    names = tuple(f"channel {number}" for number in range(columns.shape[1]))
    return Recording(columns, rate, names, "bipolar")


def decibel(before: np.ndarray, after: np.ndarray) -> float:
    """Return what is left of a signal's middle, dB."""
    middle = slice(len(before) // 4, -len(before) // 4)
    return 20 * math.log10(after[middle].std() / before[middle].std())


def twin(signal: np.ndarray, rate: float, rows: int) -> np.ndarray:
    """Process a signal line by line as METHODS §6 says, with loops, and transforms by their definition."""
    there = np.isfinite(signal)
    x = np.where(there, signal - signal[there].mean(), 0.0)
    # notch of second order, by its difference equation, forwards and backwards over the mirrored ends
    omega = 2 * math.pi * CHAIN.mains / rate
    beta = math.tan(omega / CHAIN.quality / 2)
    gain = 1 / (1 + beta)
    b = [gain, -2 * gain * math.cos(omega), gain]
    a = [1.0, -2 * gain * math.cos(omega), 2 * gain - 1]
    n = len(x)
    beside = min(n - 1, 400)
    x = np.concatenate([2 * x[0] - x[beside:0:-1], x, 2 * x[-1] - x[-2 : -beside - 2 : -1]])
    for _ in range(2):
        y = np.zeros(len(x))
        for i in range(len(x)):
            y[i] = b[0] * x[i]
            for lag in (1, 2):
                if i >= lag:
                    y[i] += b[lag] * x[i - lag] - a[lag] * y[i - lag]
        x = y[::-1]
    x = x[beside : beside + n]
    # windowed sinc of 129 taps, scaled to 1 in the middle of the band
    half = CHAIN.taps // 2
    taps = []
    for m in range(-half, half + 1):
        ideal = sum(
            sign * (2 * edge / rate) * np.sinc(2 * edge / rate * m)
            for sign, edge in ((1, CHAIN.high), (-1, CHAIN.low))
        )
        taps.append(ideal * (0.54 + 0.46 * math.cos(math.pi * m / half)))
    middle = (CHAIN.low + CHAIN.high) / 2
    scale = sum(tap * math.cos(2 * math.pi * middle / rate * m) for m, tap in enumerate(taps, -half))
    x = np.concatenate([2 * x[0] - x[half:0:-1], x, 2 * x[-1] - x[-2 : -half - 2 : -1]])
    x = np.array([np.dot(np.array(taps) / scale, x[i : i + CHAIN.taps]) for i in range(n)])
    # root mean square around each sample, of what there is
    lower, upper = CHAIN.window // 2, (CHAIN.window - 1) // 2
    power = [np.mean(x[max(0, i - lower) : i + upper + 1] ** 2) for i in range(n)]
    strength = np.sqrt(power)
    # Fourier: the series of the lowest frequencies, read at i / 30 s
    frequencies = np.fft.fftfreq(n, 1 / n)
    values = np.fft.fft(strength) / n
    kept = np.abs(frequencies) < rows / 2
    times = np.arange(rows) / rows
    found = [
        np.sum(values[kept] * np.exp(2j * np.pi * frequencies[kept] * time)).real
        + (values[np.abs(frequencies) == rows / 2] * np.exp(1j * np.pi * rows * time)).sum().real
        for time in times
    ]
    return np.maximum(found, 0.0)


def test_the_chain_is_what_its_slow_twin_computes(rng: np.random.Generator) -> None:
    signal = 40 + 30 * rng.normal(size=2 * 4096) * np.repeat([1.0, 5.0, 0.2, 2.0], 2048)
    signal += sine(50, 2.0)
    signal[3000:3100] = np.nan
    found = envelope(recorded(signal)).signals[:, 0]
    wanted = twin(signal, RATE, 60)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-3 * wanted.max()


def test_the_notch_takes_the_mains() -> None:
    assert decibel(sine(50), notch(sine(50), RATE, CHAIN)) < -60
    for beside in (25, 100, 200, 400):
        slope = beside * CHAIN.mains / CHAIN.quality / (beside**2 - CHAIN.mains**2)
        wanted = -20 * math.log10(1 + slope**2)  # of the analogue notch, both ways
        assert decibel(sine(beside), notch(sine(beside), RATE, CHAIN)) == pytest.approx(wanted, abs=0.02)
    # its edges: −3 dB one way, Q = 2 of width, and twice that for both directions
    width = CHAIN.mains / CHAIN.quality
    for sign in (-1, 1):
        edge = math.sqrt(CHAIN.mains**2 + (width / 2) ** 2) + sign * width / 2
        wave = sine(edge, 8.0)
        assert decibel(wave, notch(wave, RATE, CHAIN)) == pytest.approx(-6.02, abs=0.1)
    american = Chain(mains=60)
    assert decibel(sine(60), notch(sine(60), RATE, american)) < -60
    assert decibel(sine(50), notch(sine(50), RATE, american)) > -20


@pytest.mark.parametrize(
    ("frequency", "least", "most"),
    [
        # 129 taps at 4096 Hz: a sharp upper edge, and hardly a lower one (docstring of Chain)
        (1, -3.6, -3.3), (10, -3.3, -3.0), (20, -2.6, -2.2), (50, -0.5, -0.1), (100, -0.1, 0.1),
        (250, -0.05, 0.05), (450, -0.2, 0.1), (500, -6.2, -5.8), (550, -60, -40), (600, -90, -50),
        (1000, -120, -50),
    ],
)  # fmt: skip
def test_edges_of_the_band(frequency: float, least: float, most: float) -> None:
    wave = sine(frequency, 8.0)
    assert least < decibel(wave, band_pass(wave, RATE, CHAIN)) < most


def test_more_taps_make_the_lower_edge_that_the_chain_names() -> None:
    longer = Chain(taps=1025)
    assert decibel(sine(10, 8), band_pass(sine(10, 8), RATE, longer)) == pytest.approx(-6.0, abs=0.1)
    assert decibel(sine(1, 16), band_pass(sine(1, 16), RATE, longer)) < -50
    assert abs(decibel(sine(30, 8), band_pass(sine(30, 8), RATE, longer))) < 0.1


@pytest.mark.parametrize("taps", [129, 1025])  # added up, and by transforms
def test_the_band_pass_is_one_filter_without_delay(taps: int, rng: np.random.Generator) -> None:
    chain = Chain(taps=taps)
    weights = kernel(RATE, chain)
    assert len(weights) == taps
    assert np.allclose(weights, weights[::-1])
    impulse = np.zeros(4096)
    impulse[2000] = 1.0
    found = band_pass(impulse, RATE, chain)
    beside = taps // 2
    assert np.allclose(found[2000 - beside : 2000 + beside + 1], weights, atol=1e-12)
    assert np.abs(np.delete(found, np.arange(2000 - beside, 2000 + beside + 1))).max() < 1e-12


def test_the_root_mean_square_of_a_sine_is_exact() -> None:
    for frequency in (64, 100, 333):
        inner = rms(sine(frequency), 2048)[1024:-1024]
        assert np.abs(inner / (100 / math.sqrt(2)) - 1).max() < 0.01


def test_the_root_mean_square_is_what_its_loop_says(rng: np.random.Generator) -> None:
    signal = rng.normal(size=300)
    for window in (1, 2, 7, 64, 299, 1000):
        slow = [
            math.sqrt(np.mean(signal[max(0, i - window // 2) : i + (window - 1) // 2 + 1] ** 2))
            for i in range(300)
        ]
        assert np.allclose(rms(signal, window), slow, rtol=1e-12)


def test_sums_stay_exact_after_a_large_artefact() -> None:
    signal = np.ones(600_000)
    signal[1000:5000] = 1e5
    assert np.abs(rms(signal, 2048)[10_000:] - 1).max() < 1e-3


@pytest.mark.parametrize("frequency", [120, 200, 300, 420])
def test_a_known_sine_comes_out_as_strong_as_it_is(frequency: float) -> None:
    """Of 100 µV amplitude: 70.7 µV times what the notch leaves at that frequency, within 1 %."""
    found = envelope(recorded(sine(frequency))).signals[15:-15, 0]
    _, gain = scipy_signal.freqz(*scipy_signal.iirnotch(50, 2, fs=RATE), worN=[frequency], fs=RATE)
    wanted = 100 / math.sqrt(2) * abs(gain[0]) ** 2
    assert np.abs(found / wanted - 1).max() < 0.01
    assert found.mean() == pytest.approx(100 / math.sqrt(2), rel=0.08 if frequency < 200 else 0.02)


def test_a_burst_stays_where_it_is() -> None:
    """Zero phase: the centre of a burst in the envelope is that of the burst, within a tenth of a frame."""
    for centre in (3.0, 4.21):
        times = np.arange(8 * 4096) / RATE
        burst = np.exp(-(((times - centre) / 0.2) ** 2)) * np.sin(2 * np.pi * 180 * times)
        found = envelope(recorded(50 * burst)).signals[:, 0].astype(np.float64)
        assert np.sum(found**2 * np.arange(len(found)) / 30) / np.sum(found**2) == pytest.approx(
            centre, abs=1 / 300
        )


@pytest.mark.thorough
def test_rows_are_at_their_frames() -> None:
    """A step of strength is half way up in its own frame, also after minutes and at odd rates."""
    for rate in (4096.0, 2148.148148, 1925.926, 1000.0, 4096.3):
        chain = Chain(high=400)
        seconds, moment = 100.3, 83.0
        times = np.arange(round(seconds * rate)) / rate
        wave = np.where(times < moment, 10.0, 60.0) * np.sin(2 * np.pi * 200 * times)
        found = envelope(recorded(wave, rate), chain).signals[:, 0].astype(np.float64)
        power = found**2
        half = (power[300] + power[-60]) / 2
        place = int(np.argmax(power > half))
        crossed = place - (power[place] - half) / (power[place] - power[place - 1])
        assert crossed / 30 == pytest.approx(moment, abs=0.005), rate
        assert len(found) == math.ceil(len(times) / rate * 30)


def test_a_constant_is_no_activity(rng: np.random.Generator) -> None:
    noise = 20 * rng.normal(size=4096)
    plain = envelope(recorded(noise)).signals
    assert np.allclose(envelope(recorded(noise + 5000)).signals, plain, rtol=2e-3, atol=1e-2)
    assert envelope(recorded(np.full(4096, 300.0))).signals.max() < 1e-6


def test_an_impulse_moves_only_what_is_near() -> None:
    polyphase = Chain(resampling="polyphase")
    signal = np.zeros(8 * 4096)
    signal[4 * 4096 : 4 * 4096 + 2] = 1000.0, -1000.0  # without a mean, which is taken from everywhere
    found = envelope(recorded(signal), polyphase).signals[:, 0]
    near = np.abs(np.arange(len(found)) / 30 - 4) < 0.25 + 0.1
    assert found[near].max() > 1
    assert found[np.abs(np.arange(len(found)) / 30 - 4) > 0.25 + 11 / 30].max() < 1e-3


def test_edges_of_a_clip_are_no_events() -> None:
    """A steady signal is steady up to its ends, although filters see nothing beyond them."""
    rng = np.random.default_rng(3)
    signal = 50 * rng.normal(size=8 * 4096)
    for resampling in ("fourier", "polyphase"):
        found = envelope(recorded(signal), Chain(resampling=resampling)).signals[:, 0]
        assert 0.8 < found[:8].mean() / found[8:-8].mean() < 1.25
        assert 0.8 < found[-8:].mean() / found[8:-8].mean() < 1.25


def test_fourier_rings_where_a_clip_ends_otherwise_than_it_starts_and_polyphase_does_not() -> None:
    strength = np.concatenate([np.full(2048, 0.01), np.linspace(0.01, 50.0, 4096), np.full(2048, 50.0)])
    fourier = resampled(strength, RATE, CHAIN)
    other = resampled(strength, RATE, Chain(resampling="polyphase"))
    raw = scipy_signal.resample(strength, 60)
    assert raw.min() < 0
    assert np.allclose(fourier, np.maximum(raw, 0), atol=1e-9)  # what the data set does, and not below 0
    assert abs(other[-1] - 50) < 0.5
    assert abs(fourier[-1] - 50) > 3
    assert np.abs(fourier - other)[15:-15].max() < 1.0


def test_missing_samples_count_as_nothing_and_are_counted(rng: np.random.Generator) -> None:
    signal = 30 * rng.normal(size=(4 * 4096, 2)) + 100
    signal[4096:8192, 1] = np.nan
    signal[9000, 1] = np.inf
    recording = recorded(signal)
    assert missing(recording) == {"channel 0": 0, "channel 1": 4097}
    found = envelope(recording).signals
    assert np.isfinite(found).all()
    assert found[40:50, 1].max() < 1  # in the middle of the run
    assert np.allclose(found[100:110, 0].mean(), found[100:110, 1].mean(), rtol=0.3)
    assert np.array_equal(centred(np.full(5, np.nan)), np.zeros(5))


def test_monopolar_inputs_are_paired_on_the_way(rng: np.random.Generator) -> None:
    hum = 500 * np.sin(2 * np.pi * 50 * np.arange(4096) / RATE)[:, None]
    signal = (20 * rng.normal(size=(4096, 4)) + hum).astype(np.float32)
    recording = Recording(signal, RATE, ("F20a", "F20b", "F19a", "F19b"), "monopolar", session="1S")
    straight = envelope(recording)
    assert straight.channels == ("zygomaticus_left", "zygomaticus_right")
    assert (straight.kind, straight.rate, straight.session, straight.unit) == ("envelope", 30.0, "1S", "µV")
    assert np.allclose(straight.signals, envelope(bipolar(recording)).signals, atol=1e-3)
    chosen = envelope(recording, pairs={"Mentalis_l": ("F19a", "F20b")})
    assert chosen.channels == ("mentalis_left",)


def test_taps_and_window_last_as_long_at_any_rate() -> None:
    assert (CHAIN.taps_at(4096), CHAIN.window_at(4096)) == (129, 2048)
    assert (CHAIN.taps_at(2000), CHAIN.window_at(2000)) == (63, 1000)
    assert all(CHAIN.taps_at(rate) % 2 == 1 for rate in (100, 999.9, 2048, 5000))
    slow, quick = (envelope(recorded(sine(150, rate=rate), rate), Chain(high=400)) for rate in (2000.0, RATE))
    assert np.allclose(slow.signals[15:-15], quick.signals[15:-15], rtol=0.02)


def test_rates_that_do_not_fit_are_said() -> None:
    wave = recorded(sine(100, rate=1000), 1000.0)
    with pytest.raises(BadValueError, match=r"more than 1000 samples.*Chain\(high=450\)"):
        envelope(wave)
    assert len(envelope(wave, Chain(high=450))) == 120
    with pytest.raises(BadValueError, match="notch at 50 Hz"):
        Chain(low=1, high=20).check(90.0)
    with pytest.raises(BadValueError, match="at most as many rows"):
        Chain(low=1, high=4, mains=5, rate=30).check(20.0)
    with pytest.raises(BadValueError, match="an envelope already"):
        envelope(envelope(wave, Chain(high=450)))
    with pytest.raises(BadValueError, match="2 samples"):
        envelope(recorded(np.zeros(1)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mains": 0}, {"quality": -1}, {"low": 500}, {"high": math.nan}, {"taps": 128}, {"taps": 1},
        {"window": 0}, {"rate": math.inf}, {"resampling": "nearest"},
    ],
)  # fmt: skip
def test_constants_out_of_range_are_said(wrong: dict) -> None:
    with pytest.raises(BadValueError):
        Chain(**wrong)


@pytest.mark.thorough
def test_memory_is_that_of_a_channel_not_of_all() -> None:
    """Ten minutes need no more beside the signals than a few copies of one channel."""
    names = tuple(f"{channel} {which}" for channel in CHANNELS for which in (1, 2))
    signals = np.random.default_rng(0).normal(size=(20 * 4096, 44)).astype(np.float32)
    recording = Recording(signals, RATE, names, "monopolar")
    envelope(recording.cut(0, 1))
    tracemalloc.start()
    try:
        envelope(recording)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    one_channel = 8 * len(signals)
    assert peak < 12 * one_channel  # of 22, and 44 inputs


@pytest.mark.thorough
def test_ten_minutes_of_44_inputs_take_less_than_was_promised() -> None:
    """20 s and 1.5 GB; seconds are the processors', so that a busy machine doesn't count."""
    script = Path(__file__).parents[4] / "benchmarks" / "semg.py"
    command = [sys.executable, str(script), "--way", "facelib"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    _, worked, peak = map(float, told.split())
    assert worked < 20
    assert peak < 1.5


def test_progress_is_told_and_can_end_the_work() -> None:
    calls = []
    recording = recorded(np.stack([sine(100, 0.5)] * 3, 1))
    envelope(recording, progress=lambda at: calls.append((at.done, at.total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]

    def stop(at: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        envelope(recording, progress=stop)


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(2, 300), st.integers(1, 2)), elements=st.floats(width=32)
    ),
    st.floats(65.0, 9000.0),
    st.sampled_from(["fourier", "polyphase"]),
)
def test_any_numbers_give_a_finite_envelope(values: np.ndarray, rate: float, resampling: str) -> None:
    chain = Chain(mains=25, low=5, high=30, resampling=resampling)  # type: ignore[arg-type]
    values = np.clip(values, -1e15, 1e15)
    found = envelope(recorded(values, rate), chain)
    assert len(found) == row_count(len(values), rate, 30.0)
    assert np.isfinite(found.signals).all()
    assert (found.signals >= 0).all()
