"""A study that is killed at any instant goes on without losing or doubling a row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.studies import InterventionalResult, open_study
from tests.unit.studies.small_study import PEOPLE, small_study

pytestmark = [
    pytest.mark.packages,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork"),
]

SCRIPT = Path(__file__).with_name("small_study.py")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    return small_study().run(tmp_path_factory.mktemp("undisturbed") / "run", n_jobs=1)


@pytest.fixture
def start() -> Iterator[Callable[[Path], tuple[int, Callable[[], int]]]]:
    """Start a run in a process of its own; gives its number, and a function that waits for its exit code."""
    root = Path(__file__).parents[3]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as runner:
        assert runner.stdin is not None
        assert runner.stdout is not None
        orders, answers = runner.stdin, runner.stdout

        def begin(folder: Path) -> tuple[int, Callable[[], int]]:
            orders.write(f"{folder}\n")
            orders.flush()
            return int(answers.readline()), lambda: int(answers.readline())

        yield begin
        orders.close()


def parts(folder: Path) -> int:
    return len(list(folder.glob("outputs/*.parquet")))


def killed_until_done(
    start: Callable[[Path], tuple[int, Callable[[], int]]], folder: Path, kills: int, rng: np.random.Generator
) -> int:
    """Run again and again, and kill each run some time after it began to write; return how often."""
    done = 0
    for _ in range(kills):
        child, ended = start(folder)
        before, deadline = parts(folder), time.monotonic() + 30
        if rng.random() < 0.8:  # most of them while they write, the others wherever they are
            while parts(folder) == before and time.monotonic() < deadline:
                time.sleep(0.001)
        time.sleep(float(rng.uniform(0, 0.05)))
        os.kill(child, signal.SIGKILL)
        done += ended() == -signal.SIGKILL
    return done


def test_killed_four_times_it_ends_like_an_undisturbed_run(
    start: Callable[[Path], tuple[int, Callable[[], int]]],
    undisturbed: InterventionalResult,
    tmp_path: Path,
    rng: np.random.Generator,
) -> None:
    kills = 0
    for attempt in range(4):  # a store that is complete can't be killed at work any more
        folder = tmp_path / f"run{attempt}"
        kills += killed_until_done(start, folder, 4, rng)
        partly = open_study(folder)
        assert 0 < partly.done <= partly.total
        _, ended = start(folder)
        assert ended() == 0
        whole = open_study(folder)
        assert whole.complete
        assert whole.total == 3 * PEOPLE
        pd.testing.assert_frame_equal(whole.table, undisturbed.table, check_exact=True)
        assert not list(folder.rglob("*.part")), "nothing half-written stays"
        if kills >= 4:
            break
    assert kills >= 4


@pytest.mark.thorough
def test_killed_two_hundred_times(
    start: Callable[[Path], tuple[int, Callable[[], int]]],
    undisturbed: InterventionalResult,
    tmp_path: Path,
    rng: np.random.Generator,
) -> None:
    kills = 0
    while kills < 200:
        folder = tmp_path / f"run{kills}"
        kills += killed_until_done(start, folder, 8, rng)
        result = small_study().run(folder, n_jobs=1)
        pd.testing.assert_frame_equal(result.table, undisturbed.table, check_exact=True)
