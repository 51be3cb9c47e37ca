"""Lags are found to a part of a frame, and what has none in common isn't synchronised."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import binom

from facelib.errors import BadValueError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import TASKS, Expression2EMG, Recording, SimulatedClip, pair_of, simulate_clip, synchronise
from facelib.semg.synchronising import (
    GRADES,
    VOTES,
    aligned,
    best_lag,
    correlations,
    most_active,
    trigger_lag,
)

MOVING = [name for name in TASKS if name not in ("Face-At-Rest", "Clench")]


def test_correlations_at_each_lag_are_those_of_what_is_shared(rng: np.random.Generator) -> None:
    """The slow, obvious way: cut out what both have, and correlate."""
    a, b = rng.standard_normal(90).cumsum(), rng.standard_normal(70).cumsum()
    lags, found = correlations(a, b, 10.0, 2.0)
    assert lags.tolist() == list(range(-20, 21))
    for lag, value in zip(lags, found, strict=True):
        start = max(lag, 0)
        stop = min(len(a), len(b) + lag)
        expected = np.corrcoef(a[start:stop], b[start - lag : stop - lag])[0, 1]
        assert value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("lag", [-1.3, -0.21, 0.0, 0.117, 0.9])
def test_the_lag_of_a_smooth_curve_is_found_between_rows(lag: float) -> None:
    times = np.arange(300) / 30

    def curve(t: np.ndarray) -> np.ndarray:
        return np.exp(-((t - 3) ** 2)) + 0.7 * np.exp(-3 * (t - 6.5) ** 2)

    found, height = best_lag(curve(times - lag), curve(times), 30.0, 2.0)
    assert found == pytest.approx(lag, abs=0.1 / 30)
    assert height > 0.999


def test_constant_curves_have_no_lag() -> None:
    lag, height = best_lag(np.ones(100), np.sin(np.arange(100) / 9), 30.0, 1.0)
    assert np.isnan(lag)
    assert height == -1.0


@pytest.mark.thorough
def test_known_lags_of_simulated_clips_are_found(rng: np.random.Generator) -> None:
    errors, grades = [], []
    for number in range(24):
        lag = float(rng.uniform(-1.5, 1.5))
        clip = simulate_clip(MOVING[number], 10.0, seed=400 + number, lag=lag)
        film = clip.units + rng.normal(0, 0.03, clip.units.shape)
        found = synchronise(clip.envelope, film)
        grades.append(found.grade)
        if found.grade:
            assert found.how == "consensus"
            errors.append(abs(found.lag - lag) * 30)
    assert np.mean(np.array(grades) > 0) >= 0.9
    assert np.median(errors) < 0.5  # frames
    assert max(errors) < 1.5


def test_signals_at_4096_hz_and_films_at_other_rates_are_synchronised() -> None:
    clip = simulate_clip("Free-1", 6.0, seed=7, lag=0.4, raw=True)
    film = clip.units[::2]  # 15 frames a second
    assert synchronise(clip.envelope, film, 15.0).lag == pytest.approx(0.4, abs=1 / 30)


@pytest.mark.thorough
def test_unrelated_signals_hardly_ever_get_a_grade() -> None:
    """The rate that the module tells, 1 % at 10 s, with room for chance: a binomial band."""
    count, graded = 80, 0
    for number in range(count):
        task = MOVING[number % len(MOVING)]
        signals = simulate_clip(task, 10.0, seed=20_000 + number).envelope
        film = simulate_clip(task, 10.0, seed=30_000 + number).units
        graded += synchronise(signals, film).grade > 0
    assert graded <= binom.ppf(0.995, count, 0.01)


def test_a_face_at_rest_falls_back_to_the_trigger_and_says_so(rng: np.random.Generator) -> None:
    signals = simulate_clip("happy", 6.0, seed=1).envelope
    film = rng.uniform(0, 0.02, (180, 52))
    lost = synchronise(signals, film)
    assert (lost.grade, lost.how, lost.known) == (0, "none", False)
    assert np.isnan(lost.lag)
    assert "Not synchronised" in " ".join(lost.notes)
    kept = synchronise(signals, film, trigger=0.25)
    assert (kept.grade, kept.how, kept.lag) == (0, "trigger", 0.25)
    assert "trigger" in " ".join(kept.notes)


@pytest.mark.one_case
@pytest.mark.parametrize("seed", range(4))
def test_a_muscle_before_its_movement_is_no_lag_of_the_clocks(seed: int) -> None:
    """A delay of 80 ms was swallowed with the grade "sure", and no word said so."""
    clip = simulate_clip(MOVING[3 * seed], 10.0, seed=900 + seed)
    times = np.arange(len(clip.units)) / 30
    film = np.column_stack([np.interp(times - 0.08, times, column) for column in clip.units.T])
    found = synchronise(clip.envelope, film)
    assert found.grade == 1, "else nothing is tested"
    assert found.lag == pytest.approx(-0.08, abs=0.03)
    assert "no latency between muscle and face can be read from it" in " ".join(found.notes)
    told = synchronise(clip.envelope, film, delay=0.08)
    assert told.lag == pytest.approx(0, abs=0.03)
    assert "A delay of 0.080 s" in " ".join(told.notes)
    by_trigger = synchronise(clip.envelope, film, trigger=0.0)
    assert (by_trigger.lag, by_trigger.how, by_trigger.grade) == (0.0, "trigger", 1)
    assert re.search(r"what lies between, \+0\.(0[5-9]|1[01])\d s", " ".join(by_trigger.notes))
    wrong = synchronise(clip.envelope, film, trigger=0.9)
    assert (wrong.lag, wrong.how, wrong.grade) == (0.9, "trigger", 0)
    assert "Nothing in the film confirms it" in " ".join(wrong.notes)
    with pytest.raises(BadValueError, match="electromechanical delay"):
        synchronise(clip.envelope, film, delay="soon")  # type: ignore[arg-type]


def test_faces_that_were_lost_for_a_while_and_missing_signals_do_not_matter() -> None:
    clip = simulate_clip("sad", 10.0, seed=3, lag=-0.3)
    film, signals = np.array(clip.units), np.array(clip.envelope.signals)
    film[60:75] = np.nan
    signals[200:215, 4] = np.nan
    found = synchronise(clip.envelope.replace(signals=signals), film)
    assert found.lag == pytest.approx(-0.3, abs=1 / 30)


def test_the_most_active_channels_are_those_of_the_task_and_never_the_jaw() -> None:
    clip = simulate_clip("Smile-Left", 10.0, seed=5)
    assert "zygomaticus_left" in most_active(clip.envelope, 3)
    jaw = simulate_clip("Clench", 10.0, seed=5)
    assert not [name for name in most_active(jaw.envelope, 22) if name.startswith("masseter")]


def test_votes_are_told() -> None:
    clip = simulate_clip("happy", 10.0, seed=6)
    found = synchronise(clip.envelope, clip.units)
    assert list(found.votes.columns) == list(VOTES)
    won = found.votes[found.votes["wins"]]
    assert np.ptp(won["lag"]) <= 2 / 30 + 1e-9
    assert found.correlation == pytest.approx(won["correlation"].mean())
    assert set(GRADES) == {0, 1, 2, 3}


def test_the_trigger_is_where_it_first_rises() -> None:
    pulse = np.zeros(1000)
    pulse[400:600] = 5
    assert trigger_lag(pulse, 100.0, shown=3.5) == 0.5
    with pytest.raises(BadValueError, match="never does"):
        trigger_lag(np.ones(10), 100.0, shown=0.0)


@pytest.mark.parametrize("lag", [0.37, -0.5])
def test_aligned_rows_are_of_one_moment(lag: float) -> None:
    clip = simulate_clip("happy", 8.0, seed=8, lag=lag)
    still = simulate_clip("happy", 8.0, seed=8)
    pair = aligned(clip.envelope, clip.units, lag, id="one")
    assert pair.id == "one"
    lost = round(abs(lag) * 30)
    assert len(clip) - lost - 1 <= len(pair) <= len(clip) - lost + 1
    rows = still.envelope.signals[:-12] if lag > 0 else still.envelope.signals[15:]
    inner = slice(20, 180)
    column = pair.envelope.channels.index("zygomaticus_left")
    likeness = np.corrcoef(pair.envelope.signals[inner, column], rows[inner, column])[0, 1]
    assert likeness > 0.99
    with pytest.raises(BadValueError, match="no lag"):
        aligned(clip.envelope, clip.units, float("nan"))


def test_what_cannot_be_synchronised_is_refused() -> None:
    clip = simulate_clip("happy", 1.0)
    with pytest.raises(BadValueError, match="share 1 s"):
        synchronise(clip.envelope, clip.units)
    raw = Recording(np.zeros((10, 1)), 100.0, ("mentalis_left",), "bipolar")
    with pytest.raises(BadValueError, match="bipolar"):
        synchronise(raw, clip.units)


@pytest.mark.thorough
def test_a_map_of_other_clips_finds_what_badly_read_units_do_not(rng: np.random.Generator) -> None:
    """Each unit is read as a mixture of many: alone it tells little, all together much."""
    mixture = np.linalg.qr(rng.standard_normal((52, 52)))[0] * 0.4

    def read(clip: SimulatedClip) -> np.ndarray:
        return clip.units @ mixture + rng.normal(0, 0.003, clip.units.shape)

    known = [simulate_clip(f"Free-{number}", 10.0, seed=50) for number in range(1, 7)]
    model = Expression2EMG.fit([pair_of(clip, read(clip)) for clip in known])
    clip = simulate_clip("happy", 8.0, seed=51, lag=0.7)
    film = read(clip)
    alone, by_map = synchronise(clip.envelope, film), synchronise(clip.envelope, film, model=model)
    assert by_map.grade in (1, 2)
    assert by_map.lag == pytest.approx(0.7, abs=1 / 30)
    assert set(by_map.votes["unit"]) == {"expected by the map"}
    assert alone.grade == 0


def test_units_that_never_move_have_no_vote(rng: np.random.Generator) -> None:
    clip = simulate_clip("Snarl", 8.0, seed=52)
    film = np.array(clip.units)
    film[:, FACE_UNITS.index("noseSneerLeft")] *= 1e-3
    voted = set(synchronise(clip.envelope, film).votes["unit"])
    assert "noseSneerLeft" not in voted
    assert "noseSneerRight" in voted


@pytest.mark.parametrize("lag", [0.4, -0.4, 0.6])
def test_a_lag_longer_than_what_is_looked_at_is_not_told_as_its_end(lag: float) -> None:
    clip = simulate_clip("happy", 10.0, lag=lag, seed=2)
    assert not synchronise(clip.envelope, clip.units, longest=0.3).known
    found = synchronise(clip.envelope, clip.units, longest=abs(lag))
    assert (found.grade, found.lag) == (1, pytest.approx(lag, abs=0.03))
