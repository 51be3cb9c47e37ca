"""Progress is reported in one way, and work is stopped in one way, wherever it takes a while."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

import facelib
from facelib import experiments, semg, stats, studies
from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.experiments.electrodes.restoration import restoration_study
from facelib.experiments.training import restoration as training
from facelib.experiments.training.restoration_pairs import Pairs
from facelib.faces import FaceSet, Head
from facelib.semg.pairs import Pair
from facelib.stats import causal_model, rejection_rates
from facelib.stats.calibration.measure import p_values
from facelib.stats.independence.permutation.sequential import GridReport
from facelib.stats.independence.permutation.sequential import Progress as GridProgress
from facelib.studies.engine.execution import Progress as StudyProgress
from facelib.studies.engine.execution import StudyReport
from facelib.studies.engine.subjects import subjects
from facelib.utilities.progress import Progress, Report, Reporter, check_stop, reporting

HEAD = Head(seed=3)
BIASED = "known_unbiased"
REPORTS = ("Report", "StudyReport", "GridReport", "TrainingReport")
PROGRESS = {form.format(name) for name in REPORTS for form in ("{} | None", "bool | {} | None")}
"""How a parameter called progress may be annotated."""
STOP = {"Stop | None"}
ENDS = {
    "charts.chain_steps", "semg.Recording.cut", "semg.Video.frames", "semg.from_mne", "semg.read_signals",
}  # fmt: skip
"""Where stop is a number: the end of what begins at start."""


# the class


@pytest.mark.parametrize(
    ("done", "total", "share", "words"),
    [
        (0, 9, 0.0, "0 of 9"),
        (3, 9, 1 / 3, "3 of 9"),
        (9, 9, 1.0, "9 of 9"),
        (0, 0, 1.0, "0 of 0"),
        (10, 9, 1.0, "10 of 9"),
        (-1, 9, 0.0, "-1 of 9"),
        (0.426, 1, 0.426, "43 %"),
        (1_234_567, 7_654_321, 1_234_567 / 7_654_321, "1234567 of 7654321"),
        (48, math.nan, math.nan, "48 done"),
    ],
)
def test_shares_and_words(done: float, total: float, share: float, words: str) -> None:
    at = Progress(done, total)
    assert at.share == pytest.approx(share, nan_ok=True)
    assert str(at) == words


def test_words_name_the_work_and_what_is_left() -> None:
    assert str(Progress(30, 120, left=95.0)) == "30 of 120, 1 min 35 s left"
    assert (
        str(Progress(30, 120, "fer reads the faces", 9.0, 95))
        == "fer reads the faces: 30 of 120, 1 min 35 s left"
    )
    assert str(Progress(120, 120, left=0.0)) == "120 of 120"
    assert str(Progress(1, 120, left=math.inf)) == "1 of 120"


def test_studies_and_grids_report_progress_too() -> None:
    study = StudyProgress(30, 120, failed=2, part=(Path("a.parquet"),), left=95.0)
    assert str(study) == "28 of 120, 2 failed, 1 min 35 s left"
    assert (study.share, study.counts.missing) == (0.25, 90)
    grid = GridProgress(3, 4, words="kcit", seconds=1.5, method="kcit")
    assert (str(grid), grid.share) == ("kcit: 3 of 4", 0.75)
    assert isinstance(study, Progress)
    assert isinstance(grid, Progress)


# what work reports to


def test_what_is_reported_has_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 100.0, 110.0, 140.0])
    monkeypatch.setattr("facelib.utilities.progress.time.monotonic", lambda: next(now))
    seen: list[Progress] = []
    with reporting(seen.append, 4, "cutting") as report:
        report.at(0)
        report.at(1)
        report.at(4, "done")
    first, second, last = seen
    assert (first.seconds, first.words) == (0.0, "cutting")
    assert math.isnan(first.left)
    assert second == Progress(1, 4, "cutting", 10.0, 30.0)
    assert last == Progress(4, 4, "done", 40.0, 0.0)


def test_a_function_gets_what_it_is_given_and_is_answered() -> None:
    seen: list[Progress] = []

    def refuse(at: Progress) -> bool:
        seen.append(at)
        return False

    one = StudyProgress(1, 2)
    with reporting(refuse, 2) as report:
        assert report(one) is False
    assert seen[0] is one


@pytest.mark.parametrize("nothing", [None, False])
def test_nothing_is_shown_where_nothing_is_asked_for(
    nothing: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with reporting(nothing, 2) as report:
        assert isinstance(report, Reporter)
        report.at(1)
        assert report(Progress(1, 2)) is None
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", [1, 0, "yes", [print]])
def test_progress_is_reported_to_a_function_or_a_bar(wrong: Any) -> None:
    words = r"a function of a Progress; got .*progress is True, False"
    with pytest.raises(BadValueError, match=words), reporting(wrong, 8):
        pass


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the bars that are drawn from here on."""
    import tqdm.auto

    drawn = []

    class Bar(tqdm.auto.tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            drawn.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    return drawn


def test_a_bar_counts_steps(bars: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(True, 8, "reading", unit="face") as report:
        for done in (3, 5):
            report.at(done)
    assert [(bar.n, bar.total, bar.unit) for bar in bars] == [(5, 8, "face")]
    assert "reading" in capsys.readouterr().err


def test_a_bar_shows_shares_in_per_cent(bars: list[Any]) -> None:
    with reporting(True, 1.0) as report:
        report.at(0.254, "rendering")
    assert [(bar.n, bar.total, bar.unit) for bar in bars] == [(25, 100, "%")]


def test_a_bar_takes_work_of_unknown_length(bars: list[Any]) -> None:
    with reporting(True, math.nan, unit="frame") as report:
        report.at(7)
    assert [(bar.n, bar.total) for bar in bars] == [(7, None)]


def test_a_bar_does_not_count_earlier_runs_as_fast_work(bars: list[Any]) -> None:
    with reporting(True, 9, unit="sweep") as report:
        report(StudyProgress(4, 9))
        report(StudyProgress(6, 9, failed=1, seconds=2.0))
    (bar,) = bars
    assert (bar.n, bar.initial, bar.postfix) == (6, 4, "1 failed")


# what every public function looks like from outside


def packages() -> Iterator[ModuleType]:
    """Return facelib and the packages within it that say what is public."""
    yield facelib
    for found in pkgutil.walk_packages(facelib.__path__, "facelib."):
        if found.ispkg and hasattr(module := importlib.import_module(found.name), "__all__"):
            yield module


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the public functions, and the methods of public classes, with their names."""
    for package in packages():
        for name in package.__all__:
            public = getattr(package, name)
            where = f"{package.__name__}.{name}"
            if inspect.isclass(public):
                yield from (
                    (f"{where}.{method}", function)
                    for method, function in inspect.getmembers_static(public, inspect.isfunction)
                    if not method.startswith("_") or method == "__init__"
                )
            elif inspect.isfunction(public):
                yield where, public


def annotations(parameter: str) -> dict[str, str]:
    """Return how a parameter of that name is annotated, by function."""
    found = {}
    for where, function in functions():
        parameters = inspect.signature(function).parameters
        if parameter in parameters and function.__module__.startswith("facelib"):
            found[where] = str(parameters[parameter].annotation)
    return found


LOOKED_ON = """
from facelib.utilities.progress import reporting

with reporting(True, 3, "trying", unit="heads") as report:
    for done in (1, 2, 3):
        report.at(done)
"""


@pytest.mark.thorough
def test_a_bar_that_has_gone_leaves_no_hole_in_a_notebook() -> None:
    """A page is drawn when all has run: the view of a bar that is closed by then said "model not found"."""
    live = "application/vnd.jupyter.widget-view+json"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LOOKED_ON)])
    client = NotebookClient(notebook, kernel_name="python3", timeout=120)
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        bars = [kept for kept in client.widget_state.values() if kept["_model_name"] == "FloatProgressModel"]
    assert len(bars) == 1, "there was one"
    assert not [output for output in notebook.cells[0]["outputs"] if live in output.get("data", {})]


def test_every_public_function_takes_progress_alike() -> None:
    found = annotations("progress")
    assert {
        "facelib.sweep",
        "facelib.properties.measure",
        "facelib.classifiers.read",
        "facelib.stats.independence_grid",
        "facelib.semg.simulate",
        "facelib.models.fetch",
        "facelib.studies.InterventionalStudy.run",
    } <= found.keys()
    takes_one = {f"facelib.studies.Plan.{name}": "Progress" for name in ("left", "slower")}  # reported last
    assert {where: text for where, text in found.items() if text not in PROGRESS} == takes_one


@pytest.mark.thorough
def test_every_public_function_is_stopped_alike() -> None:
    found = annotations("stop")
    assert {
        "facelib.sweep",
        "facelib.stats.independence_grid",
        "facelib.semg.simulate",
        "facelib.studies.make_frames",
        "facelib.studies.run_references",
        "facelib.studies.ObservationalStudy.run",
    } <= found.keys()
    others = {where: text for where, text in found.items() if text not in STOP}
    assert all(re.fullmatch(r"(int|float)( \| None)?", text) for text in others.values()), "ends of a range"
    assert {where.split(".", 1)[1] for where in others} == ENDS
    assert annotations("stale") == {}


def test_reports_are_functions_of_one_progress() -> None:
    for report, kind in [
        (Report, Progress),
        (StudyReport, StudyProgress),
        (GridReport, GridProgress),
        (training.TrainingReport, training.TrainingProgress),
    ]:
        assert report == Callable[[kind], object]
        assert issubclass(kind, Progress)
    assert studies.Progress is StudyProgress
    assert studies.Cancelled is Cancelled


# what real work reports

Run = Callable[[Callable[[Any], object]], object]


def toy_grid() -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    rng = np.random.default_rng(0)
    return (
        pd.DataFrame({"age": rng.normal(size=60), "gender": rng.normal(size=60)}),
        pd.DataFrame({"happy": rng.normal(size=60)}),
        ["a", "b"] * 30,
    )


def few_faces() -> FaceSet:
    return FaceSet.from_faces([Head(seed=seed).render(64) for seed in range(3)])


def toy_recording() -> semg.Recording:
    wave = np.random.default_rng(0).normal(size=(8192, 2))
    return semg.Recording(wave, 4096.0, ("zygomaticus_left", "zygomaticus_right"), "bipolar")


def toy_pairs() -> list[Pair]:
    return [
        semg.pair_of(semg.simulate_clip(name, 1.0, seed=1, name=name)) for name in ("happy", "sad", "angry")
    ]


def toy_training(report: Callable[[Any], object]) -> None:
    rng = np.random.default_rng(0)
    without, worn = rng.integers(0, 255, (2, 4, 224, 224, 3), np.uint8)
    pieces = np.zeros((4, 224, 224), np.uint8)
    pieces[:, 100:110, 100:110] = 1
    boxes, eyes = np.array([[50.0, 50, 180, 180]] * 4), np.array([[[90.0, 100], [130, 100]]] * 4)
    pairs = Pairs(without, worn, pieces, boxes, eyes)
    courses = training.FIRST._replace(steps=2), training.SECOND._replace(steps=1)
    training.train(pairs, held_out=1, courses=courses, size=2, patch=32, progress=report)


RUNS: dict[str, Run] = {
    "counts: properties": lambda tell: facelib.properties.measure(few_faces(), "brightness", progress=tell),
    "counts: one classifier": lambda tell: facelib.classifiers.load(BIASED).read([HEAD], progress=tell),
    "counts: several classifiers": lambda tell: facelib.classifiers.read(
        [HEAD, HEAD.replace(age=70)], [BIASED, "known_age_happy"], progress=tell
    ),
    "counts: data sets": lambda tell: p_values("partial_correlation", "none", 20, runs=3, progress=tell),
    "counts: channels": lambda tell: semg.envelope(toy_recording(), progress=tell),
    "counts: findings": lambda tell: semg.check(toy_recording(), progress=tell),
    "shares: what is left out": lambda tell: semg.evaluate(
        semg.Expression2EMG, toy_pairs(), n_bootstrap=10, progress=tell
    ),
    "shares: frames": lambda tell: semg.units_of_frames([HEAD.render(64).image] * 5, progress=tell),
    "counts: subjects": lambda tell: subjects(few_faces(), progress=tell),
    "counts: interventions": lambda tell: experiments.manipulation_check(
        [HEAD, HEAD.replace(age=70)], ["blur", "jpeg"], ["sharpness"], steps=2, size=64, progress=tell
    ),
    "shares: sweep": lambda tell: facelib.sweep(
        HEAD, "blur", [BIASED], 3, replicates=5, size=64, progress=tell
    ),
    "shares: inference": lambda tell: studies.read(
        [facelib.classifiers.load(BIASED)],
        np.stack([HEAD.render(64).image] * 9),
        np.array(HEAD.render(64).box, float),
        progress=tell,
    ),
    "a grid": lambda tell: stats.independence_grid(*toy_grid(), methods=["within_dcov"], progress=tell),
    "steps and a loss": toy_training,
}


def reported(run: Run) -> Sequence[Progress]:
    seen: list[Progress] = []
    run(seen.append)
    return seen


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", RUNS)
def test_real_work_reports_a_share_that_rises_to_one(name: str) -> None:
    seen = reported(RUNS[name])
    assert seen
    assert all(isinstance(at, Progress) for at in seen)
    shares = [at.share for at in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len({at.total for at in seen}) == 1
    assert all(at.seconds >= 0 for at in seen)
    assert not seen[-1].left > 0


@pytest.mark.thorough
@pytest.mark.packages
def test_a_study_reports_the_same(tmp_path: Path) -> None:
    study = facelib.InterventionalStudy([HEAD, HEAD.replace(age=70)], ["blur"], [BIASED], steps=2, size=64)
    seen = reported(lambda tell: study.run(tmp_path / "run", n_jobs=1, progress=tell))
    assert all(isinstance(at, StudyProgress) for at in seen)
    assert [at.share for at in seen] == sorted(at.share for at in seen)
    assert (seen[0].share, seen[-1].share) == (0.0, 1.0)


# what stops it


def at_once() -> bool:
    return True


STOPPED: dict[str, Callable[[Path], object]] = {
    "a sweep": lambda _: facelib.sweep(HEAD, "blur", [BIASED], 3, size=64, stop=at_once),
    "frames": lambda _: studies.make_frames(
        HEAD, facelib.interventions.get("blur"), [0.0, 1.0], size=64, stop=at_once
    ),
    "a study": lambda path: facelib.InterventionalStudy([HEAD], ["blur"], [BIASED], steps=2, size=64).run(
        path, n_jobs=1, stop=at_once
    ),
    "a grid": lambda _: stats.independence_grid(*toy_grid(), methods=["within_dcov"], stop=at_once),
    "rounds": lambda _: next(rejection_rates.power_rounds(causal_model.CausalModel(), 60, stop=at_once)),
    "a simulation": lambda path: semg.simulate(path, seconds=0.5, size=64, readings="truth", stop=at_once),
    "electrodes taken off": lambda _: restoration_study(
        [Head(expression="happy")], [BIASED], worn={}, methods=[], size=64, stop=at_once
    ),
}


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", STOPPED)
def test_stopped_work_raises_cancelled(name: str, tmp_path: Path) -> None:
    with pytest.raises(Cancelled, match="Stopped"):
        STOPPED[name](tmp_path / "new")


def test_cancelled_says_what_became_of_the_work() -> None:
    check_stop(None)
    check_stop(lambda: False)
    with pytest.raises(Cancelled, match="nothing half-done was kept"):
        check_stop(at_once)
    assert issubclass(Cancelled, FacelibError)
    assert str(Cancelled("Stopped after 40 %.")) == "Stopped after 40 %."


@pytest.mark.thorough
@pytest.mark.packages
def test_faces_that_come_one_by_one_are_read_by_every_classifier() -> None:
    faces = [HEAD, HEAD.replace(age=70)]
    seen: list[Progress] = []
    table = facelib.classifiers.read(iter(faces), [BIASED, "known_age_happy"], progress=seen.append)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(table, facelib.classifiers.read(faces, [BIASED, "known_age_happy"]))
    assert [(at.done, at.total) for at in seen] == [(2, 4), (4, 4)]
    assert {at.words for at in seen} == {f"{name} reads the faces" for name in (BIASED, "known_age_happy")}
