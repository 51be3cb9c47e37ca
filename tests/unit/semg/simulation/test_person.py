"""Clips are true to the declared map, the same for the same seed, and their films show what is true."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import CHANNELS, GROUPS, Faults, pair_of, simulate_clip, unit_weights
from facelib.semg.simulation.movements import Task


def test_face_units_are_those_of_the_declared_map() -> None:
    """A slow twin: sums of shares, unit by unit."""
    clip = simulate_clip("surprised", 3.0, seed=4)
    weights = unit_weights()
    for frame in (0, 45, 89):
        for row, name in enumerate(FACE_UNITS):
            if name in clip.task.others:
                continue
            expected = sum(
                weights[row, column] * clip.activity.signals[frame, column] for column in range(len(CHANNELS))
            )
            assert clip.units[frame, row] == pytest.approx(min(expected, 1.0), abs=1e-5)
    jaw = clip.units[:, FACE_UNITS.index("jawOpen")]
    assert jaw.max() > 0.15


def test_a_group_alone_moves_its_units_alone() -> None:
    for group in GROUPS.values():
        weights = unit_weights()[:, [CHANNELS.index(name) for name in group.channels]].sum(axis=1)
        assert {FACE_UNITS[row] for row in np.flatnonzero(weights)} == set(group.units)


def test_electrodes_sit_the_same_in_a_session_and_otherwise_in_the_next() -> None:
    def strength(session: str, task: str) -> np.ndarray:
        clip = simulate_clip(task, 30.0, session=session, seed=1)
        return np.asarray(clip.envelope.signals.mean(axis=0) / clip.activity.signals.mean(axis=0))

    same = np.log(strength("1S", "happy") / strength("1S", "sad"))
    other = np.log(strength("1S", "happy") / strength("2S", "sad"))
    assert same.std() < 0.6 * other.std()


def test_clips_are_reproducible_and_differ() -> None:
    first, again = simulate_clip("happy", 2.0, seed=9), simulate_clip("happy", 2.0, seed=9)
    np.testing.assert_array_equal(first.envelope.signals, again.envelope.signals)
    np.testing.assert_array_equal(first.units, again.units)
    for other in (simulate_clip("happy", 2.0, seed=10), simulate_clip("happy", 2.0, seed=9, session="2S")):
        assert np.abs(other.units - first.units).max() > 0.1


def test_the_film_stays_the_same_when_signals_come_later_or_fail() -> None:
    plain = simulate_clip("happy", 2.0, seed=9)
    faulty = simulate_clip("happy", 2.0, seed=9, lag=0.3, faults=Faults(dropped=5, flat=("mentalis_left",)))
    np.testing.assert_array_equal(plain.units, faulty.units)
    assert len(faulty.shown) == len(plain.shown) - 5
    assert len(faulty.heads()) == 55


def test_raw_signals_come_with_their_envelope() -> None:
    clip = simulate_clip("Smile-Left", 2.0, raw=True)
    assert clip.raw is not None
    assert clip.raw.signals.shape == (8192, 44)
    assert clip.envelope.channels == CHANNELS
    assert len(clip.envelope) == len(clip) == 60
    left, right = (clip.envelope.pick([f"zygomaticus_{side}"]).signals.max() for side in ("left", "right"))
    assert left > 3 * right


def test_heads_show_the_units_and_wear_electrodes_in_sensor_sessions() -> None:
    clip = simulate_clip("Brow-Right", 1.0, session="1S")
    head = clip.heads()[10]
    shown = dict(head.expression)  # type: ignore[arg-type]
    truth = dict(zip(FACE_UNITS, clip.units[10].tolist(), strict=True))
    for name, value in truth.items():
        assert shown.get(name, 0.0) == pytest.approx(value, abs=1.1e-3)
    assert head.electrodes == "fridlund"
    assert clip.heads(electrodes=False)[0].electrodes is None
    assert simulate_clip("Brow-Right", 1.0, session="1N").heads()[0].electrodes is None


def test_own_tasks_can_be_simulated() -> None:
    task = Task("Own", "schaede", {"mentalis_left": 1.0})
    clip = simulate_clip(task, 20.0)
    means = dict(zip(CHANNELS, clip.activity.signals.mean(axis=0), strict=True))
    assert max(means, key=means.__getitem__) == "mentalis_left"


def test_impossible_clips_are_refused() -> None:
    with pytest.raises(BadValueError, match="lasts"):
        simulate_clip("happy", 0.1)
    with pytest.raises(BadValueError, match="can't lose"):
        simulate_clip("happy", 1.0, faults=Faults(dropped=30))


def test_what_a_film_lost_has_no_partner() -> None:
    clip = simulate_clip("happy", 2.0, faults=Faults(dropped=4))
    pair = pair_of(clip, clip.units[clip.shown])
    assert len(pair) == 56
    np.testing.assert_array_equal(pair.envelope.signals, clip.envelope.signals[clip.shown])
    assert len(pair_of(clip)) == 60
    with pytest.raises(BadValueError, match="Lost frames"):
        pair_of(clip, clip.units[:50])
