"""Constants are those of a session; clips keep their proportions, and everything can be undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from facelib.errors import BadValueError, UnknownNameError
from facelib.semg import Recording
from facelib.semg.recordings.normalising import METHODS, normalise, scale_of

CHANNELS = ("zygomaticus_left", "zygomaticus_right")


def clip(values: np.ndarray, session: str = "1S", source: str = "") -> Recording:
    columns = np.asarray(values, np.float64).reshape(len(values), -1)
    return Recording(columns, 30, CHANNELS[: columns.shape[1]], "envelope", session=session, source=source)


@pytest.fixture
def session(rng: np.random.Generator) -> list[Recording]:
    quiet = 3 + rng.uniform(0, 1, (600, 2))
    weak = quiet.copy()
    weak[200:300] += 20
    strong = quiet.copy()
    strong[200:300] += 80
    return [clip(quiet, source="99_1S_schaede_01_Face-At-Rest"), clip(weak), clip(strong)]


def test_each_method_makes_what_it_says(session: list[Recording]) -> None:
    everything = np.concatenate([recording.signals for recording in session]).astype(np.float64)
    quiet = session[0].signals.astype(np.float64)
    wanted = {
        "percentile": (np.percentile(everything, 5, axis=0), np.percentile(everything, 99, axis=0)),
        "max": (np.zeros(2), everything.max(axis=0)),
        "rest": (np.median(quiet, axis=0), np.percentile(everything, 99, axis=0)),
        "z": (everything.mean(axis=0), everything.mean(axis=0) + everything.std(axis=0)),
    }
    assert set(wanted) == set(METHODS)
    for method, (zero, one) in wanted.items():
        scale = scale_of(session, method)  # type: ignore[arg-type]
        assert np.allclose(scale.offset, zero)
        assert np.allclose(scale.offset + scale.span, one)
        assert (scale.session, scale.findings) == ("1S", ())


def test_clips_keep_their_proportions(session: list[Recording]) -> None:
    together = normalise(session, "percentile").recordings
    weak, strong = (recording.signals[200:300].mean() for recording in together[1:])
    assert weak / strong == pytest.approx(0.25, abs=0.01)
    alone = [normalise(recording, "percentile").recordings[0] for recording in session[1:]]
    weak, strong = (recording.signals[200:300].mean() for recording in alone)
    assert weak / strong > 0.95  # what normalising each clip by itself would do


def test_what_was_normalised_can_be_undone(session: list[Recording]) -> None:
    for method in METHODS:
        result = normalise(
            {recording.source + str(i): recording for i, recording in enumerate(session)}, method
        )
        for before, after in zip(session, result.recordings, strict=True):
            assert after.unit == ""
            back = result.scale.undo(after)
            assert back.unit == "µV"
            assert np.allclose(back.signals, before.signals, atol=1e-3)


def test_constants_go_to_new_clips_by_name(session: list[Recording]) -> None:
    scale = scale_of(session)
    new = session[2].pick(CHANNELS[::-1])
    assert np.allclose(scale.apply(new).signals[:, ::-1], scale.apply(session[2]).signals)
    assert scale.apply(new.pick(["zygomaticus_right"])).channels == ("zygomaticus_right",)
    with pytest.raises(UnknownNameError, match="mentalis_left"):
        scale.apply(new.replace(channels=("mentalis_left", "zygomaticus_left")))
    with pytest.raises(BadValueError, match="session 1S"):
        scale.apply(new.replace(session="2S"))
    with pytest.raises(BadValueError, match="normalised already"):
        scale.apply(scale.apply(new))
    with pytest.raises(BadValueError, match="Only normalised"):
        scale.undo(new)


def test_an_artefact_moves_the_maximum_and_not_the_percentile(session: list[Recording]) -> None:
    signals = session[2].signals.copy()
    signals[10:13] = 1800
    spoilt = [*session[:2], session[2].replace(signals=signals)]
    assert np.allclose(scale_of(spoilt).span, scale_of(session).span, rtol=0.02)
    assert (scale_of(spoilt, "max").span > 20 * scale_of(session, "max").span).all()


def test_flat_and_empty_channels_are_said_and_divide_by_nothing(rng: np.random.Generator) -> None:
    for method in METHODS:
        values = np.stack([np.full(1200, 4.0 if method != "max" else 0.0), np.full(1200, np.nan)], 1)
        still = clip(values, source="Face-At-Rest")
        result = normalise(still, method)
        assert [(f.severity, f.what, f.channel) for f in result.scale.findings] == [
            ("warning", "flat channel", CHANNELS[0]),
            ("error", "missing channel", CHANNELS[1]),
        ]
        assert np.array_equal(result.recordings[0].signals[:, 0], np.zeros(1200))
        assert np.isnan(result.recordings[0].signals[:, 1]).all()
        assert np.array_equal(result.scale.undo(result.recordings[0]).signals, still.signals, equal_nan=True)


def test_constants_of_a_moment_are_noted() -> None:
    (finding,) = scale_of(clip(np.arange(60.0))).findings
    assert (finding.severity, finding.what) == ("note", "short session")


def test_missing_samples_stay_missing_and_do_not_count(session: list[Recording]) -> None:
    signals = session[1].signals.copy()
    signals[:100, 0] = np.nan
    gapped = session[1].replace(signals=signals)
    result = normalise([session[0], gapped, session[2]])
    assert np.isnan(result.recordings[1].signals[:100, 0]).all()
    assert np.isfinite(result.recordings[1].signals[100:]).all()
    assert np.allclose(result.scale.span, scale_of(session).span, rtol=0.05)


def test_what_does_not_belong_together_is_said(session: list[Recording]) -> None:
    other = session[0].replace(session="2S")
    cases = [
        ([], "got none"),
        ([session[0], other], "by itself"),
        ([session[0], session[0].pick(CHANNELS[:1])], "same channels"),
        (session[0].replace(kind="bipolar"), "Envelopes are normalised"),
        (session[0].replace(unit=""), "normalised already"),
    ]
    for recordings, words in cases:
        with pytest.raises(BadValueError, match=words):
            scale_of(recordings)
    with pytest.raises(BadValueError, match="Methods are"):
        scale_of(session, "minmax")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="at rest"):
        scale_of(session[1:], "rest")
    assert np.allclose(
        scale_of(session[1:], "rest", rest=session[0]).offset, np.median(session[0].signals, axis=0)
    )
    with pytest.raises(BadValueError, match="other channels"):
        scale_of(session, "rest", rest=session[0].pick(CHANNELS[:1]))
    for low, high in ((50, 50), (-1, 99), (5, 101)):
        with pytest.raises(BadValueError, match="Percentiles"):
            scale_of(session, low=low, high=high)


@pytest.mark.thorough
@settings(max_examples=100, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 60), st.just(2)),
        elements=st.floats(0, 1e5, width=32) | st.just(np.nan),
    ),
    st.sampled_from(list(METHODS)),
)
def test_any_envelopes_are_normalised_and_undone(values: np.ndarray, method: str) -> None:
    recording = clip(values, source="Face-At-Rest")
    result = normalise(recording, method)  # type: ignore[arg-type]
    assert np.array_equal(np.isnan(result.recordings[0].signals), np.isnan(values))
    back = result.scale.undo(result.recordings[0]).signals
    assert np.allclose(back, values, rtol=1e-4, atol=1e-2, equal_nan=True)
