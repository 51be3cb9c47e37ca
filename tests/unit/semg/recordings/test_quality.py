"""What is wrong with recordings is found and said, and sound ones are let alone."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces.video import VideoCheck
from facelib.semg import Chain, Faults, Recording, bipolar, envelope, simulate_clip
from facelib.semg.recordings.channel_quality import QUALITY_COLUMNS, quality_table
from facelib.semg.recordings.findings import Finding
from facelib.semg.recordings.quality import check
from facelib.semg.recordings.recording import Kind
from facelib.semg.recordings.spectra import SPECTRUM_COLUMNS, common_lines, harmonics, spectra, spectrum_table

RATE = 2048.0
SECONDS = 20.0
CHANNELS = ("zygomaticus_left", "zygomaticus_right", "mentalis_left")


def muscle(seed: int = 0, rate: float = RATE, count: int = 3) -> np.ndarray:
    """Return 20 s of noise of 2 µV, and of 60 µV in two movements."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(SECONDS * rate)) / rate
    active = ((times > 4) & (times < 7)) | ((times > 12) & (times < 15))
    return rng.normal(size=(len(times), count)) * np.where(active, 60, 2)[:, None]


def recording(signals: np.ndarray, rate: float = RATE) -> Recording:
    return Recording(signals, rate, CHANNELS[: signals.shape[1]], "bipolar")


def wave(frequency: float, amplitude: float, rate: float = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(SECONDS * rate)) / rate)


def whats(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.what, finding.channel) for finding in findings]


def test_nothing_is_said_of_a_sound_recording() -> None:
    assert check(recording(muscle()), frames=600) == ()


def test_the_table_measures_what_it_says() -> None:
    signals = muscle()
    signals[1000:1200, 0] = np.nan
    signals[3000, 0] = np.nan
    signals[8000:8500, 1] = signals[8000, 1]
    signals[:, 2] += wave(150, 20)
    table = quality_table(recording(signals)).set_index("channel")
    assert list(table.reset_index().columns) == list(QUALITY_COLUMNS)
    assert table["missing"].tolist() == pytest.approx([201 / len(signals), 0, 0])
    assert table["gap"].tolist() == pytest.approx([200 / RATE, 0, 0])
    assert table["still"].tolist() == pytest.approx([0, 500 / RATE, 0])
    # white noise of σ: what passes is the share of the band, and of that what the notch leaves
    noise, active = table.loc["zygomaticus_right", ["noise", "active"]]
    assert noise == pytest.approx(2 * np.sqrt(490 / 1024), rel=0.15)
    assert active / noise == pytest.approx(30, rel=0.15)
    assert table.loc["zygomaticus_right", "snr"] == pytest.approx(20 * np.log10(active / noise))
    assert table["line"].tolist()[2] == 150
    assert table["harmonic"].tolist()[2] > 20
    assert table["harmonic"].tolist()[1] < 10
    assert (table["hum"] < 10).all()


def test_missing_samples() -> None:
    signals = muscle()
    signals[5000:5010, 0] = np.nan
    signals[10_000:11_000, 1] = np.nan
    signals[: len(signals) * 2 // 3, 2] = np.nan
    found = [f for f in check(recording(signals)) if f.what == "missing samples"]
    assert whats(tuple(found)) == [
        ("error", "missing samples", "mentalis_left"),
        ("warning", "missing samples", "zygomaticus_right"),
        ("note", "missing samples", "zygomaticus_left"),
    ]
    assert "0.49 s" in found[1].words


def test_flat_channels_and_clipping() -> None:
    signals = muscle()
    signals[:, 0] = 7.0
    signals[10_000:10_400, 1] = 3.0
    signals[:, 2] = np.clip(signals[:, 2], -80, 80)
    found = check(recording(signals))
    assert ("warning", "flat channel", "zygomaticus_left") in whats(found)
    assert ("warning", "flat channel", "zygomaticus_right") in whats(found)
    assert ("warning", "clipped", "mentalis_left") in whats(found)
    assert not [f for f in found if f.what == "clipped" and f.channel != "mentalis_left"]


def test_the_largest_sample_is_not_clipping() -> None:
    assert quality_table(recording(muscle()))["clipped"].tolist() == [0, 0, 0]


def test_hum_that_the_notch_takes_is_a_note_and_its_harmonics_a_warning() -> None:
    signals = muscle()
    signals[:, 0] += wave(50, 15)
    signals[:, 1] += wave(50, 25) + wave(150, 15)
    found = check(recording(signals))
    assert ("note", "mains hum", "zygomaticus_left") in whats(found)
    assert ("warning", "mains hum", "zygomaticus_right") in whats(found)
    (harmonic,) = [f for f in found if f.what == "mains hum" and f.severity == "warning"]
    assert "150 Hz" in harmonic.words


def test_drift_noise_and_silence() -> None:
    signals = muscle()
    signals[:, 0] += wave(1.5, 200)
    signals[:, 1] = np.random.default_rng(5).normal(size=len(signals)) * 30
    found = check(recording(signals))
    assert ("warning", "drift", "zygomaticus_left") in whats(found)
    assert ("warning", "noise floor", "zygomaticus_right") in whats(found)
    assert ("warning", "signal to noise", "zygomaticus_right") in whats(found)
    assert not [f for f in found if f.channel == "mentalis_left"]


@pytest.mark.one_case
@pytest.mark.parametrize("told", [RATE / 2, RATE * 1.5, RATE * 2])
def test_a_wrong_rate_is_told_by_where_the_mains_lie(told: float) -> None:
    signals = muscle() + wave(50, 15)[:, None]
    (found,) = [
        f for f in check(recording(signals, told), chain=Chain(high=400)) if f.what == "sampling rate"
    ]
    assert f"{RATE:g} samples a second" in found.remedy


def test_mains_of_another_country_and_harmonics_alone_are_no_wrong_rate() -> None:
    american = check(recording(muscle() + wave(60, 15)[:, None]))
    assert [f.what for f in american if not f.channel] == ["mains"]
    assert "Set the mains to 60 Hz" in american[0].remedy
    odd = recording(muscle() + wave(150, 15)[:, None])
    assert [f for f in check(odd) if f.what in {"sampling rate", "mains"}] == []


def test_a_rate_too_low_for_the_band_is_an_error() -> None:
    found = check(recording(muscle()[:, :1], 500.0))
    assert ("error", "sampling rate", "") in whats(found)


def test_signal_and_video_of_different_length() -> None:
    signal = recording(muscle())
    assert [f for f in check(signal, frames=600) if f.what == "sampling rate"] == []
    (found,) = [f for f in check(signal, frames=300) if f.what == "sampling rate"]
    assert found.severity == "error"
    assert "4096 Hz" in found.remedy
    rows = Recording(np.random.default_rng(0).uniform(1, 90, (600, 1)), 30, CHANNELS[:1], "envelope")
    (short,) = check(rows, frames=599)
    assert (short.severity, short.what) == ("warning", "dropped frames")


def test_frames_that_are_missing_or_twice() -> None:
    times = np.delete(np.arange(600) / 30, [100, 101])
    found = check(recording(muscle()), video=VideoCheck(30.0, 598, times, (50, 51)))
    assert whats(found) == [("warning", "dropped frames", ""), ("note", "frames twice", "")]
    assert "2 before frame 100" in found[0].words


def test_envelopes_have_neither_hum_nor_clipping() -> None:
    rng = np.random.default_rng(0)
    rows = np.abs(rng.normal(3, 1, (600, 2)))
    rows[200:300] += 80
    rows[400:450, 1] = 5.0
    found = Recording(rows, 30, CHANNELS[:2], "envelope")
    table = quality_table(found)
    assert table[["hum", "harmonic", "line", "drift", "clipped"]].isna().all(axis=None)
    assert whats(check(found)) == [("warning", "flat channel", "zygomaticus_right")]


def test_an_envelope_of_zero_was_not_recorded() -> None:
    signals = muscle()
    signals[8 * 2048 : 10 * 2048, 0] = np.nan  # the chain takes it for 0
    rows = envelope(recording(signals))
    assert np.isfinite(rows.signals).all()
    assert whats(check(rows)) == [("warning", "missing samples", "zygomaticus_left")]
    assert quality_table(rows)["gap"].tolist() == pytest.approx([1.5, 0, 0], abs=0.1)
    few = rows.signals.copy()
    few[100:104] = 0  # as ringing makes it
    assert len(check(rows.replace(signals=few))) == 1


def test_inputs_are_checked_before_they_are_paired() -> None:
    signals = np.random.default_rng(0).normal(size=(4096, 4)) * 20
    signals[100:900, 0] = np.nan
    inputs = Recording(signals, RATE, ("F20a", "F20b", "F19a", "F19b"), "monopolar")
    found = [f for f in check(inputs) if f.what == "missing samples"]
    assert [f.channel for f in found] == ["F20a"]  # once, and where it is
    (montage,) = [f for f in check(inputs.pick(["F20a", "F19a", "F19b"])) if f.what == "montage"]
    assert montage.severity == "error"


@pytest.mark.thorough
@pytest.mark.parametrize(("factor", "meant"), [(1e-6, "V or mV"), (1e-3, "V or mV"), (1e3, "nV")])
@pytest.mark.parametrize("kind", ["bipolar", "envelope"])
def test_numbers_in_another_unit_are_found(factor: float, meant: str, kind: str) -> None:
    clip = simulate_clip("happy", 5.0, raw=True)
    given = clip.envelope if kind == "envelope" else bipolar(clip.raw)
    assert "unit" not in {one.what for one in check(given)}
    (first,) = [one for one in check(given.replace(signals=given.signals * factor)) if one.what == "unit"]
    assert first.severity == "error"
    assert meant in first.remedy


def test_a_session_without_emg_is_a_note() -> None:
    (found,) = check(None, session="1N")
    assert (found.severity, found.what) == ("note", "session without EMG")
    assert "1N" in found.words


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("faults", "wanted"),
    [
        (Faults(), set()),
        (Faults(missing=(("zygomaticus_left", 1.0, 2.0),)), {"missing samples"}),
        (Faults(flat=("mentalis_left",)), {"flat channel"}),
        (Faults(swapped=True), {"swapped sides"}),
        (Faults(told_rate=2048.0), {"sampling rate"}),
    ],
    ids=["sound", "missing", "flat", "swapped", "rate"],
)
def test_faults_of_simulated_recordings_are_found(faults: Faults, wanted: set[str]) -> None:
    clip = simulate_clip("Smile-Left", 5.0, raw=True, faults=faults)
    assert clip.raw is not None
    found = check(clip.raw, units=pd.DataFrame(clip.unit_table()), frames=len(clip.units))
    assert {f.what for f in found if f.severity != "note"} - {"noise floor", "signal to noise"} == wanted


def test_progress_is_told() -> None:
    calls = []
    check(recording(muscle()), progress=lambda at: calls.append((at.done, at.total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_lines_are_found_where_they_are() -> None:
    found = spectra(recording(muscle() + wave(50, 10)[:, None] + wave(217, 10)[:, None]))
    assert common_lines(found, 20.0) == [50.0, 217.0]
    assert (found.at(217) > 20).all()
    assert (found.at(300) < 10).all()
    table = spectrum_table(found, 400.0)
    assert list(table.columns) == list(SPECTRUM_COLUMNS)
    assert table["frequency"].max() == 400.0
    loudest = table.loc[table.groupby("channel")["prominence"].idxmax(), "frequency"]
    assert set(loudest) <= {50.0, 217.0}


def test_the_density_is_the_power_of_white_noise(rng: np.random.Generator) -> None:
    noise = recording(rng.normal(size=(80_000, 1)) * 7)
    density = spectra(noise).density[5:-5, 0]
    assert density.mean() == pytest.approx(49 / (RATE / 2), rel=0.05)


def test_spectra_need_signals() -> None:
    with pytest.raises(BadValueError, match="envelope"):
        spectra(Recording(np.ones((100, 1)), 30, ("mentalis_left",), "envelope"))
    with pytest.raises(BadValueError, match="64 samples"):
        spectra(recording(muscle()[:10]))
    assert harmonics(50, 500) == [50, 100, 150, 200, 250]


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 200), st.integers(1, 2)),
        elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan),
    ),
    st.sampled_from(["bipolar", "envelope"]),
    st.floats(20, 5000),
)
def test_any_recording_is_checked(values: np.ndarray, kind: str, rate: float) -> None:
    names = CHANNELS[: values.shape[1]]
    given_one = Recording(values, rate, names, kind)  # type: ignore[arg-type]
    for finding in check(given_one, frames=17):
        assert finding.words
        assert "nan" not in finding.words
    assert len(quality_table(given_one)) == len(names)


@pytest.mark.parametrize("kind", ["envelope", "bipolar"])
def test_a_recording_without_samples_is_an_error(kind: Kind) -> None:
    (finding,) = check(Recording(np.zeros((0, 2), np.float32), 2048, CHANNELS[:2], kind))
    assert (finding.severity, finding.what) == ("error", "missing samples")


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(5))
def test_a_clip_without_faults_is_not_warned_about(seed: int) -> None:
    """In 8 s a muscle may never rest: its weakest moments are no noise, and no electrode sits badly."""
    task = ("happy", "sad", "angry", "surprised", "Smile-Open")[seed]
    clip = simulate_clip(task, 8.0, seed=40 + seed, raw=True)
    assert clip.raw is not None
    assert [finding for finding in check(clip.raw) if finding.severity != "note"] == []


def test_noise_is_said_of_a_muscle_that_rests() -> None:
    """The same strength for 4 s is a noise floor, in an envelope that never comes to rest it is none."""
    rows = np.arange(300)
    resting = np.where(rows < 120, 20.0, 20.0 + 60 * np.sin((rows - 120) / 9) ** 2)
    moving = 20.0 + 60 * np.sin(rows / 9) ** 2
    found = check(Recording(np.stack([resting, moving], 1), 30.0, CHANNELS[:2], "envelope"))
    assert [f.channel for f in found if f.what == "noise floor"] == [CHANNELS[0]]
    table = quality_table(Recording(np.stack([resting, moving], 1), 30.0, CHANNELS[:2], "envelope"))
    assert (table["rest"] > 3).tolist() == [True, False]


def lead(size: float = 300.0) -> np.ndarray:
    """Three muscles of which the first one's lead moves from 8 to 11 s, at 3 Hz."""
    signals = muscle()
    times = np.arange(len(signals)) / RATE
    signals[:, 0] += wave(3, size) * ((times > 8) & (times < 11))
    return signals


@pytest.mark.thorough
def test_a_moving_lead_is_found_where_it_moves_and_no_muscle_is_taken_for_one() -> None:
    found = check(recording(lead()))
    (one,) = [f for f in found if f.what == "moving lead"]
    assert (one.severity, one.channel) == ("warning", "zygomaticus_left")
    assert re.match(r"From 7\.[789] to 11\.[0-3] s it swings slowly, by (19|20|21)\d µV", one.words)
    assert not [f for f in check(recording(muscle())) if f.what == "moving lead"]
    (taken,) = [f for f in check(recording(lead()), chain=Chain.preset("facial")) if f.what == "moving lead"]
    assert (taken.severity, taken.remedy) == ("note", "The band-pass takes it.")


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(4))
def test_no_clip_without_faults_has_a_moving_lead(seed: int) -> None:
    clip = simulate_clip(("happy", "sad", "angry", "Clench")[seed], 8.0, seed=70 + seed, raw=True)
    assert clip.raw is not None
    table = quality_table(bipolar(clip.raw))
    assert (table["swing"] <= 0.3).all()


def test_the_facial_chain_takes_a_moving_lead_and_leaves_the_muscle() -> None:
    """A lead that swung by 300 µV at 3 Hz made 145 µV of a muscle's 23, and the quality map got better."""
    still, moved = recording(muscle()), recording(lead())
    rows = slice(round(8.5 * 30), round(10.5 * 30))
    levels = {}
    for name in ("data set", "facial"):
        chain = Chain.preset(name)
        levels[name] = [float(np.median(envelope(one, chain).signals[rows, 0])) for one in (still, moved)]
    assert levels["data set"][1] > 10 * levels["data set"][0], "else nothing is tested"
    assert levels["facial"][1] < 1.1 * levels["facial"][0]


def test_the_facial_chain_notches_what_hums_and_nothing_else() -> None:
    signals = muscle()
    signals[:, 1] += wave(50, 40)
    chain = Chain.preset("facial")
    kept = envelope(recording(signals), chain).signals
    bare = envelope(recording(muscle()), Chain(low=20, high=450, taps=1025, quality=1e6)).signals
    np.testing.assert_allclose(
        kept[:, 0], bare[:, 0], rtol=1e-3, err_msg="a channel without hum loses nothing"
    )
    rests = slice(30, 90)
    assert np.median(kept[rests, 1]) < 1.3 * np.median(kept[rests, 0]), "the hum is gone"
    with pytest.raises(UnknownNameError, match="'facial' or 'data set'"):
        Chain.preset("leg")
    with pytest.raises(BadValueError, match="A notch is 'always' or 'hum'"):
        Chain(notch="never")  # type: ignore[arg-type]
