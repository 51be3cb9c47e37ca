"""Progress is reported in one way, and work is stopped in one way, wherever it takes a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import facelib
from facelib import semg, stats, studies
from facelib.errors import BadValueError, Cancelled, FacelibError
from facelib.faces import FaceSet, Head
from facelib.stats import causal_model, rejection_rates
from facelib.stats.independence.permutation.sequential import Progress as GridProgress
from facelib.studies.engine.execution import Progress as StudyProgress
from facelib.utilities.progress import Progress, Reporter, check_stop, reporting

HEAD = Head(seed=3)
BIASED = "known_unbiased"


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


def test_words_name_the_work() -> None:
    assert str(Progress(30, 120, "fer reads the faces")) == "fer reads the faces: 30 of 120"


def test_studies_and_grids_report_progress_too() -> None:
    study = StudyProgress(30, 120, failed=2, part=(Path("a.parquet"),))
    assert str(study) == "28 of 120, 2 failed"
    assert (study.share, study.counts.missing) == (0.25, 90)
    grid = GridProgress(3, 4, words="kcit", method="kcit")
    assert (str(grid), grid.share) == ("kcit: 3 of 4", 0.75)
    assert isinstance(study, Progress)
    assert isinstance(grid, Progress)


# what work reports to


def test_what_is_reported_has_the_words_of_all_unless_it_has_its_own() -> None:
    seen: list[Progress] = []
    with reporting(seen.append, 4, "cutting") as report:
        report.at(1)
        report.at(4, "done")
    assert seen == [Progress(1, 4, "cutting"), Progress(4, 4, "done")]


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


def test_a_bar_shows_shares(bars: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(True, 1.0) as report:
        report.at(0.25, "rendering")
    assert [(bar.n, bar.total) for bar in bars] == [(0.25, 1.0)]
    assert "rendering:  25%" in capsys.readouterr().err


def test_a_bar_takes_work_of_unknown_length(bars: list[Any]) -> None:
    with reporting(True, math.nan, unit="frame") as report:
        report.at(7)
    assert [(bar.n, bar.total) for bar in bars] == [(7, None)]


def test_a_bar_does_not_count_earlier_runs_as_fast_work(bars: list[Any]) -> None:
    with reporting(True, 9, unit="sweep", before=4) as report:
        report(StudyProgress(4, 9))
        report(StudyProgress(6, 9, failed=1))
    (bar,) = bars
    assert (bar.n, bar.initial) == (6, 4)


def test_a_bar_counts_every_part_anew(bars: list[Any]) -> None:
    with reporting(True, 4, unit="pair") as report:
        for method in ("rcot", "kcit"):
            for done in (1, 3):
                report(GridProgress(done, 4, method, method))
    assert [(bar.n, bar.total) for bar in bars] == [(3, 4)]


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


RUNS: dict[str, Run] = {
    "properties": lambda tell: facelib.properties.measure(few_faces(), "brightness", progress=tell),
    "several classifiers": lambda tell: facelib.classifiers.read(
        [HEAD, HEAD.replace(age=70)], [BIASED, "known_age_happy"], progress=tell
    ),
    "frames": lambda tell: semg.units_of_frames([HEAD.render(64).image] * 5, progress=tell),
    "a sweep": lambda tell: facelib.sweep(HEAD, "blur", [BIASED], 3, replicates=5, size=64, progress=tell),
    "a grid": lambda tell: stats.independence_grid(*toy_grid(), methods=["chsic"], progress=tell),
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
    "a grid": lambda _: stats.independence_grid(*toy_grid(), methods=["chsic"], stop=at_once),
    "rounds": lambda _: next(rejection_rates.power_rounds(causal_model.CausalModel(), 60, stop=at_once)),
    "a simulation": lambda path: semg.simulate(path, seconds=0.5, size=64, readings="truth", stop=at_once),
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
