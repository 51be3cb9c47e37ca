"""The same rows wherever a study is run: here, in two processes, on a Dask cluster; also if one is killed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import pandas as pd
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.studies import Cancelled, InterventionalResult, Progress, open_study
from facelib.studies.engine import execution
from facelib.studies.engine import worker as work
from facelib.studies.engine.execution import WorkersLostError, batch_size, in_random_order, workers
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.store import Store
from facelib.studies.sweeps.frames import Frames
from tests.unit.studies.small_study import PEOPLE, small_study

UNITS = 3 * PEOPLE


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    return small_study().run(tmp_path_factory.mktemp("undisturbed") / "run", n_jobs=1)


def same(one: InterventionalResult, other: InterventionalResult) -> None:
    assert one.complete
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def kill_once(processes: Callable[[], list[int]]) -> Callable[[Progress], None]:
    """Return a progress function that kills a process as soon as something is done."""
    killed: list[int] = []

    def at(progress: Progress) -> None:
        if progress.done and not killed and (known := processes()):
            killed.append(known[0])
            os.kill(known[0], signal.SIGKILL)

    return at


def loky_processes() -> list[int]:
    children = psutil.Process().children()
    return [one.pid for one in children if one.is_running() and "LokyProcess" in " ".join(one.cmdline())]


@pytest.mark.thorough
@pytest.mark.packages
def test_two_processes_give_the_same_rows_with_one_killed(
    undisturbed: InterventionalResult, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    kill = kill_once(loky_processes)

    def at(progress: Progress) -> None:
        seen.append(progress)
        kill(progress)

    same(small_study().run(tmp_path / "run", n_jobs=2, progress=at), undisturbed)
    assert seen[-1].done == UNITS
    assert all(before.done <= after.done for before, after in pairwise(seen))


@pytest.mark.packages
@pytest.mark.filterwarnings(  # of Dask's own connections to the worker that is killed
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
)
@pytest.mark.thorough  # 19 s; above the same is asked of two processes
def test_a_dask_cluster_gives_the_same_rows_with_a_worker_killed(
    undisturbed: InterventionalResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        mine = os.getpid()

        def processes() -> list[int]:
            return [pid for pid in client.run(os.getpid).values() if pid != mine]

        assert len(set(processes())) == 2, "workers are processes of their own"
        with joblib.parallel_config(backend="dask"):
            assert workers(None) == (2, False)
            result = small_study().run(tmp_path / "dask", progress=kill_once(processes))
    same(result, undisturbed)


@pytest.mark.packages
def test_stop_ends_it_and_it_goes_on(undisturbed: InterventionalResult, tmp_path: Path) -> None:
    after = iter([False] * 8 + [True] * 1000)
    with pytest.raises(Cancelled, match=r"^Stopped: \d+ of 36 are done and kept in .*Run the study again"):
        small_study().run(tmp_path / "run", n_jobs=1, stop=lambda: next(after))
    partly = open_study(tmp_path / "run")
    assert 0 < partly.done < UNITS
    assert not partly.complete
    assert partly.provenance["runs"][0]["ended"] is not None
    assert set(partly.effects["interval_method"]) <= {"bets", "none"}, "a look before the end is by bets"
    assert partly.effects["p"].isna().all()
    assert undisturbed.effects["p"].notna().any()
    seen: list[Progress] = []
    same(small_study().run(tmp_path / "run", n_jobs=1, progress=seen.append), undisturbed)
    assert seen[0].done == partly.done, "what was done isn't done again"
    assert len(open_study(tmp_path / "run").provenance["runs"]) == 2


@pytest.mark.thorough
@pytest.mark.packages
def test_who_stops_it_as_the_last_is_done_has_it_all(
    undisturbed: InterventionalResult, tmp_path: Path
) -> None:
    told: list[Progress] = []
    settings = {"n_jobs": 1, "progress": told.append, "stop": lambda: bool(told) and told[-1].done == UNITS}
    same(small_study().run(tmp_path / "run", **settings), undisturbed)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_it_cleanly(undisturbed: InterventionalResult, tmp_path: Path, n_jobs: int) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Cancelled, match="Stopped"):
        small_study().run(tmp_path / "run", n_jobs=n_jobs, progress=interrupt)
    assert not list((tmp_path / "run").rglob("*.part"))
    same(small_study().run(tmp_path / "run", n_jobs=1), undisturbed)


@pytest.mark.packages
def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    refused: list[str] = []

    def again(progress: Progress) -> None:
        if progress.done and not refused:
            with pytest.raises(OSError, match="Another run is writing to") as caught:
                small_study().run(tmp_path / "run", n_jobs=1)
            refused.append(str(caught.value))

    small_study().run(tmp_path / "run", n_jobs=1, progress=again)
    assert refused


def test_processes_that_die_again_and_again_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class TerminatedWorkerError(RuntimeError):
        pass

    def dying(*_args: object, **_options: object) -> None:
        raise TerminatedWorkerError

    monkeypatch.setattr(execution, "_batches", lambda *_args, **_options: (dying() for _ in range(1)))
    study = small_study()
    readers = study._readers(travels=False)
    jobs, _ = study._jobs(readers)
    with pytest.raises(WorkersLostError, match=r"memory ran out.*n_jobs=1"):
        execution.execute(Store(tmp_path), jobs, readers)


@pytest.mark.thorough
@pytest.mark.packages
def test_a_backend_that_gives_its_results_at_the_end_gives_the_same_rows(
    undisturbed: InterventionalResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's is such a one: results come in waves."""
    from joblib._parallel_backends import ThreadingBackend

    monkeypatch.setattr(ThreadingBackend, "supports_return_generator", False)
    monkeypatch.setattr(execution, "WAVE", 2)
    seen: list[Progress] = []
    with joblib.parallel_config(backend="threading", n_jobs=1):
        assert workers(None) == (1, False)
        same(small_study().run(tmp_path / "run", progress=seen.append), undisturbed)
    assert len(seen) > 2
    assert seen[-1].done == UNITS
    watches = [one for one in threading.enumerate() if one.name == "facelib-parent"]
    assert watches == [], "work in threads doesn't end the process that asked for it"


@pytest.mark.thorough
@pytest.mark.packages
def test_what_is_tried_again_is_so_also_after_a_process_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TerminatedWorkerError(RuntimeError):
        pass

    study, broken = small_study(), [True]
    rendering = work._frames

    def frames(job: Job) -> Frames:
        if broken[0]:
            msg = "no light"
            raise RuntimeError(msg)
        return rendering(job)

    monkeypatch.setattr(work, "_frames", frames)
    assert len(study.run(tmp_path / "run", n_jobs=1).failures) == 3 * UNITS
    broken.clear()
    broken.append(False)
    doing, attempts = execution._batches, list[int]()

    def dying(store: Store, left: Sequence[Job], *args: Any, **options: Any) -> Any:
        attempts.append(len(left))
        for count, done in enumerate(doing(store, left, *args, **options)):
            if len(attempts) == 1 and count:
                raise TerminatedWorkerError
            yield done

    monkeypatch.setattr(execution, "_batches", dying)
    assert study.run(tmp_path / "run", n_jobs=1, retry=True).failures.empty
    assert len(attempts) == 2
    assert 0 < attempts[1] < attempts[0] == UNITS


@pytest.mark.packages
def test_ctrl_c_before_the_first_face_ends_it_cleanly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facelib.studies.study.execute", interrupted)
    with pytest.raises(Cancelled, match="Stopped: 0 of 36"):
        small_study().run(tmp_path / "run", n_jobs=1)


def test_people_come_in_a_random_order_and_one_persons_jobs_together() -> None:
    """In the order of a folder the first half would all be of one kind; another seed gives another order."""
    jobs: list[Any] = [
        SimpleNamespace(subject=SimpleNamespace(identity=f"{kind} {k}"), name=name)
        for kind in ("angry", "happy")
        for k in range(40)
        for name in ("a", "b")
    ]
    found = in_random_order(jobs, 0)
    people = [job.subject.identity for job in found]
    assert people[::2] == people[1::2]
    assert [job.name for job in found] == ["a", "b"] * 80
    assert sorted(people) == sorted(job.subject.identity for job in jobs)
    assert 10 < sum(name.startswith("angry") for name in people[:80:2]) < 30
    assert found == in_random_order(jobs[::-1][::-1], 0)
    assert [job.subject.identity for job in in_random_order(jobs, 1)] != people


@given(st.integers(1, 10**7), st.integers(1, 500))
def test_batches_are_never_empty_nor_endless(jobs: int, processes: int) -> None:
    size = batch_size(jobs, processes)
    assert 1 <= size <= min(jobs, execution.MOST)
    assert size == 1 or jobs / size >= processes * 16, "every process has some, so that the end is even"


@pytest.mark.parametrize("n_jobs", [0, 1.5, "two", True])
def test_a_wrong_number_of_processes_is_told(n_jobs: object) -> None:
    with pytest.raises(BadValueError, match=r"number of processes, 1 or more.*n_jobs="):
        workers(n_jobs)  # type: ignore[arg-type]


def test_all_cores_unless_told_otherwise() -> None:
    assert workers(None)[0] == joblib.cpu_count()
    assert workers(1) == (1, True)
    with joblib.parallel_config(backend="loky", n_jobs=3):
        assert workers(None) == (3, False)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert workers(None) == (2, False)
    with joblib.parallel_config(n_jobs=1):
        assert workers(None) == (1, True), "told otherwise"
    with joblib.parallel_config(backend="multiprocessing"):
        assert workers(None)[0] == joblib.cpu_count()


def test_progress_in_words() -> None:
    assert str(Progress(0, 9)) == "0 of 9"
    assert str(Progress(3, 9, failed=1)) == "2 of 9, 1 failed"
