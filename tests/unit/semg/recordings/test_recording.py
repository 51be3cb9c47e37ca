"""A recording keeps signals, rate and names together."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError, UnknownNameError
from facelib.semg import Recording

TWO = ("zygomaticus_left", "zygomaticus_right")


def recording(n: int = 90) -> Recording:
    signals = np.stack([np.arange(n), -np.arange(n)], axis=1)
    return Recording(signals, 30, TWO, "envelope", session="1S")


def test_its_length_and_times() -> None:
    one = recording()
    assert (len(one), one.seconds, one.rate) == (90, 3.0, 30.0)
    np.testing.assert_allclose(one.times[[0, 30, -1]], [0, 1, 89 / 30])
    assert one.signals.dtype == np.float32


def test_a_cut_and_a_choice_of_channels() -> None:
    part = recording().cut(1.0, 2.0).pick(["zygomaticus_right"])
    np.testing.assert_array_equal(part.signals[:, 0], -np.arange(30, 60))
    assert (part.channels, part.session, part.kind) == (("zygomaticus_right",), "1S", "envelope")


def test_signals_can_not_be_changed_and_the_given_array_can() -> None:
    given = np.zeros((4, 2), np.float32)
    one = Recording(given, 30, TWO, "bipolar")
    with pytest.raises(ValueError, match="read-only"):
        one.signals[0, 0] = 1
    given[0, 0] = 1


def test_its_table() -> None:
    table = recording().frame()
    assert list(table.columns) == ["seconds", *TWO]
    assert table["zygomaticus_left"].iloc[-1] == 89


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"signals": np.zeros(4)}, r"\(samples, channels\)"),
        ({"signals": np.array([["a", "b"]])}, "Signals are numbers"),
        ({"channels": ("zygomaticus_left",)}, "as many different names"),
        ({"channels": ("zygomaticus_left", "zygomaticus_left")}, "as many different names"),
        ({"rate": 0}, "above 0"),
        ({"rate": float("nan")}, "above 0"),
        ({"kind": "rectified"}, "monopolar, bipolar, envelope"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        recording().replace(**changes)


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (1, 1), (2, 1), (0, 4), (3, 3.5)])
def test_a_cut_outside_is_refused(start: float, stop: float) -> None:
    with pytest.raises(BadValueError, match="A cut lies within 0 … 3 s"):
        recording().cut(start, stop)


def test_a_channel_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no channel 'masseter_left'"):
        recording().pick(["masseter_left"])
