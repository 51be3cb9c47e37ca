"""Time left, said calmly while the clock of a busy machine jitters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from facelib.app.studies.time_left import TimeLeft, in_steps


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("total", [25.0, 90.0, 600.0])
def test_it_falls_calmly_though_estimates_jitter(seed: int, total: float) -> None:
    rng, time = np.random.default_rng(seed), TimeLeft()
    seconds = np.cumsum(rng.exponential(total / 60, 70))
    seconds = seconds[seconds < total]
    raw = (total - seconds) * rng.lognormal(0.0, 0.35, len(seconds))
    said = [time.said(now, left) for now, left in zip(seconds.tolist(), raw.tolist(), strict=True)]
    rises = [(a, b) for a, b in pairwise(said) if b > a]
    assert all(b >= 1.2 * a for a, b in rises), rises
    assert len(rises) <= 3
    assert sum(b > a for a, b in pairwise(raw)) > 5 * max(len(rises), 1)  # they do jitter
    middle = slice(len(said) // 3, 2 * len(said) // 3)
    assert np.median(np.array(said[middle]) / (total - seconds[middle])) == pytest.approx(1, abs=0.3)


def test_what_is_said_is_round() -> None:
    assert [in_steps(seconds) for seconds in (0.0, 9.6, 12.4, 59.0, 70.0, 1000.0, 8000.0)] == [
        0, 10, 10, 60, 75, 1020, 7800,
    ]  # fmt: skip


def test_a_machine_that_gets_slower_is_told() -> None:
    time = TimeLeft()
    assert time.said(1.0, 30.0) == 30
    assert time.said(2.0, 33.0) == 30
    said = [time.said(3.0 + k, 120.0 - k) for k in range(60)]
    assert max(said) >= 70
    assert said[-1] == pytest.approx(61, abs=15)


def test_another_run_begins_anew_and_what_is_not_known_is_not_said() -> None:
    time = TimeLeft()
    assert np.isnan(time.said(0.5, float("nan")))
    assert time.said(50.0, 20.0) == 20
    assert time.said(1.0, 300.0) == 300
