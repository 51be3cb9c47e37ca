"""`facelib study …`: the plan first, a run that ends cleanly and goes on, messages instead of tracebacks."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from facelib import studies
from facelib.cli import main as cli
from facelib.cli import studies as studies_cli
from facelib.studies.engine.execution import Progress

PLAN = """\
study: interventional
name: A small one
faces: {heads: 4, seed: 1, expressions: [happy]}
interventions: [symmetry, weaker_expression]
classifiers: [known_unbiased]
steps: 3
size: 64
hypothesis: {statement: It falls, subject: symmetry, direction: falls}
"""
OBSERVED = """\
study: observational
faces: {heads: 30, seed: 1, expressions: [happy, sad], stratify: [expression]}
properties: [age, gender]
classifiers: known_unbiased
methods: partial_correlation
size: 64
"""

packages = pytest.mark.packages


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a plan."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yml").write_text(PLAN)
    return tmp_path


def study(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["study", *words])


def main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run the whole command line; return the exit code and what it says of an error."""
    monkeypatch.setattr(sys, "argv", ["facelib", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0), capsys.readouterr().err


@pytest.mark.thorough
@packages
def test_the_plan_is_shown_and_nothing_is_written(here: Path) -> None:
    result = study("plan", "plan.yml")
    assert result.exit_code == 0, result.output
    assert "A small one: 4 faces of 4 people × 2 changes × 3 strengths = 24 pictures" in result.output
    assert sorted(path.name for path in here.iterdir()) == ["plan.yml"]


@pytest.mark.thorough
@packages
def test_a_run_shows_its_plan_and_keeps_what_was_declared(here: Path) -> None:
    result = study("run", "plan.yml", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert result.output.index("24 pictures") < result.output.index("8 of 8 faces × changes are done.")
    assert "The report: facelib study report runs/plan" in result.output
    found = studies.open_study("runs/plan")
    assert found.complete
    kept = studies.load_declaration(here / "runs/plan/declaration.json")
    assert kept.study().faces == studies.load_study("plan.yml").faces
    again = study("run", "plan.yml", "--jobs", "1")
    assert "Done before: 8 of 8." in again.output
    assert "declared otherwise" not in again.output


@pytest.mark.thorough
@packages
def test_a_device_is_said_in_the_command_and_in_the_one_that_goes_on(here: Path) -> None:
    found = study("plan", "plan.yml", "--device", "cpu")
    assert found.exit_code == 0, found.output
    for verb in ("plan", "run"):
        refused = study(verb, "plan.yml", "--device", "xpu:7")
        assert refused.exit_code != 0
        assert "The device 'xpu:7' isn't on this machine; there is cpu" in str(refused.exception)
    assert not Path("runs").exists()
    with pytest.MonkeyPatch.context() as patched:

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("facelib.studies.study.execute", interrupt)
        stopped = study("run", "plan.yml", "--jobs", "1", "--device", "cpu")
    assert "facelib study run plan.yml --jobs 1 --device cpu" in stopped.output


@pytest.mark.thorough
def test_another_study_in_the_same_folder_is_told(here: Path) -> None:
    assert study("run", "plan.yml", "--jobs", "1").exit_code == 0
    (here / "plan.yml").write_text(
        PLAN.replace("symmetry, weaker", "symmetry, palsy, weaker") + "delta: 0.2\n"
    )
    result = study("run", "plan.yml", "--jobs", "1")
    assert "declared otherwise (delta, interventions)" in result.output
    assert "Done before: 8 of 12, 4 missing." in result.output
    assert "δ was changed from .10 to .20 (" in result.output
    said = study("status", "runs/plan").output
    assert "12 of 12 faces × changes are done." in said
    assert "δ was changed from .10 to .20 (" in said
    assert said.count("δ was ") == 1
    assert "Run 2: " in said


@pytest.mark.thorough
@packages
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("when", ["in the run", "before it"])
def test_ctrl_c_ends_cleanly_and_the_run_goes_on(
    here: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def at_the_third(self: Any, at: Progress) -> None:
        if at.done == 3:
            interrupt()

    with monkeypatch.context() as patched:
        patched.setattr("facelib.studies.engine.execution.batch_size", lambda *_, **__: 1)
        if when == "in the run":
            patched.setattr(studies_cli._Lines, "__call__", at_the_third)
        else:
            patched.setattr("facelib.studies.study.execute", interrupt)
        result = study("run", "plan.yml", "--store", "runs/my one", "--jobs", "1")
    assert result.exit_code == 130
    assert "facelib study run plan.yml --store 'runs/my one' --jobs 1" in result.output
    assert "Traceback" not in result.output
    if when == "in the run":
        assert "Stopped: 3 of 8 are done and kept in runs/my one, 5 missing." in result.output
        assert "3 of 8 faces × changes are done, 5 missing." in study("status", "runs/my one").output
        assert "Done before: 3 of 8, 5 missing." in study("plan", "plan.yml", "--store", "runs/my one").output
    rest = study("run", "plan.yml", "--store", "runs/my one", "--jobs", "1")
    assert "8 of 8 faces × changes are done." in rest.output


@pytest.mark.thorough
@packages
def test_the_tests_of_an_observational_study_are_run_and_kept(here: Path) -> None:
    (here / "seen.yml").write_text(OBSERVED)
    result = study("run", "seen.yml", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "30 of 30 faces are done." in result.output
    assert list((here / "runs/seen").glob("grid-*.parquet"))
    assert "The tests:" in result.output
    again = study("run", "seen.yml", "--jobs", "1")
    assert again.exit_code == 0
    assert "The tests:" not in again.output, "they may take hours"


@pytest.mark.thorough
@packages
def test_what_another_run_is_doing_is_left_as_it_was_declared(here: Path) -> None:
    from facelib.studies.engine.store import Store, StoreError

    assert study("run", "plan.yml", "--jobs", "1").exit_code == 0
    before = (here / "runs/plan/declaration.json").read_text()
    (here / "plan.yml").write_text(PLAN + "delta: 0.2\n")
    with Store(here / "runs/plan").writing():
        result = study("run", "plan.yml", "--jobs", "1")
    assert isinstance(result.exception, StoreError)
    assert "Another run is writing" in str(result.exception)
    assert (here / "runs/plan/declaration.json").read_text() == before


@pytest.mark.thorough
@packages
def test_a_home_folder_is_the_same_for_all_commands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here / "home"))
    (here / "home").mkdir()
    assert study("run", "plan.yml", "--store", "~/one", "--jobs", "1").exit_code == 0
    assert "Done before: 8 of 8." in study("plan", "plan.yml", "--store", "~/one").output
    assert (here / "home/one/declaration.json").is_file()
    assert not (here / "~").exists()


@pytest.mark.thorough
@packages
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_a_cluster_is_named_by_its_address(here: Path) -> None:
    """Its one worker is a thread here; that worker processes of a cluster do it is tested with the engine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        result = study("run", "plan.yml", "--dask", cluster.scheduler_address)
    assert result.exit_code == 0, result.output
    assert "8 of 8 faces × changes are done." in result.output


@pytest.mark.thorough
def test_a_cluster_that_does_not_answer(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(studies_cli, "PATIENCE", 0.2)
    code, said = main(monkeypatch, capsys, "study", "run", "plan.yml", "--dask", "tcp://127.0.0.1:1")
    assert code == 2
    assert said.startswith("No Dask scheduler answers at tcp://127.0.0.1:1 within 0 s")
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, said = main(monkeypatch, capsys, "study", "run", "plan.yml", "--dask", "tcp://127.0.0.1:1")
    assert (code, said.split(":")[0]) == (2, "Dask isn't installed here")


@pytest.mark.thorough
@packages
def test_failures_are_counted_and_shown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facelib.classifiers import load

    def fail(self: Any, *_: Any, **__: Any) -> Any:
        msg = "no memory left"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(type(load("known_unbiased")), "logits", fail)
        result = study("run", "plan.yml", "--jobs", "1")
    assert result.exit_code == 0, result.output
    assert "0 of 8 faces × changes are done, 8 failed." in result.output
    assert "8 failed; --retry does them again. The first of them:" in result.output
    assert result.output.count("no memory left") == studies_cli.SHOWN
    _, before, after = study("run", "plan.yml", "--jobs", "1", "--retry").output.partition(
        "Done before: 0 of 8, 8 failed."
    )
    assert before
    assert "8 of 8 faces × changes are done." in after
    assert "failed" not in after


def test_someone_who_looks_on_is_asked_and_may_say_no(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    asked: list[str] = []

    def no(question: str, **_: Any) -> bool:
        asked.append(question)
        raise KeyboardInterrupt  # as Ctrl-C at the question

    monkeypatch.setattr(studies_cli.sys, "stdin", Terminal())
    monkeypatch.setattr(studies_cli.typer, "confirm", no)
    monkeypatch.setattr("facelib.studies.study.Study.plan", lambda *_, **__: SimpleNamespace(refused=""))
    with pytest.raises(studies_cli.typer.Exit) as ended:
        studies_cli.run(Path("plan.yml"))
    assert (ended.value.exit_code, asked) == (130, ["Start?"])
    assert not (here / "runs").exists()


def test_the_report_is_written_where_it_is_wanted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Found:
        def report(self, path: Path) -> Path:
            return path

        def export(self, folder: Path) -> Path:
            return folder

    monkeypatch.setattr(studies, "open_study", lambda _: Found())
    assert "runs/one/report.html" in study("report", "runs/one").output
    said = study("report", "runs/one", "--out", "one.html", "--export", "figures").output
    assert "in one.html." in said
    assert "in figures." in said


@pytest.mark.thorough
@pytest.mark.parametrize("before", [None, "0"])
@pytest.mark.parametrize("ends", [None, studies.StoreError("it is full"), KeyboardInterrupt()])
def test_the_environment_is_as_before_once_a_run_has_ended(
    here: Path, monkeypatch: pytest.MonkeyPatch, before: str | None, ends: BaseException | None
) -> None:
    seen = []

    def look(*_: object, **__: object) -> None:
        seen.append(os.environ.get("PYTHONSAFEPATH"))
        if ends is not None:
            raise ends

    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    if before is not None:
        monkeypatch.setenv("PYTHONSAFEPATH", before)
    monkeypatch.setattr(studies_cli, "_folder", look)  # of the first steps of a run
    study("run", "plan.yml", "--jobs", "1")  # packages that are imported first set variables of their own
    there = dict(os.environ)
    study("run", "plan.yml", "--jobs", "1")
    assert seen == ["1", "1"]
    assert dict(os.environ) == there
    assert os.environ.get("PYTHONSAFEPATH") == before


def test_what_is_wrong_is_a_message_with_its_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "plan.yml").write_text(PLAN.replace("steps: 3", "steps: many"))
    code, said = main(monkeypatch, capsys, "study", "run", "plan.yml")
    assert (code, said.split(";")[0]) == (2, "plan.yml, line 6: steps is a whole number from 2 to 501")
    code, said = main(monkeypatch, capsys, "study", "plan", "none.yml")
    assert (code, said) == (
        2,
        "none.yml can't be read: No such file or directory. A study is declared in a YAML file; "
        "docs/study.yml shows one.\n",
    )
    for command in ("status", "report"):
        code, said = main(monkeypatch, capsys, "study", command, "runs/none")
        assert code == 2
        assert said.startswith("runs/none holds no study")


def test_what_nobody_foresaw_is_a_message_too(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Any) -> None:
        msg = "out of cheese"
        raise RuntimeError(msg)

    monkeypatch.setattr(studies, "open_study", broken)
    code, said = main(monkeypatch, capsys, "study", "status", "runs/one")
    assert code == cli.UNKNOWN
    assert "RuntimeError: out of cheese" in said
    assert "Traceback" not in said
    monkeypatch.setenv("FACELIB_TRACEBACK", "1")
    monkeypatch.setattr(sys, "argv", ["facelib", "study", "status", "runs/one"])
    with pytest.raises(RuntimeError, match="cheese"):
        cli.main()


def test_lines_of_progress_are_few(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 29.0, 31.0, 32.0])
    monkeypatch.setattr(studies_cli.time, "monotonic", lambda: next(clock))
    lines = studies_cli._Lines()
    for done in (1, 2, 3, 4, 5):
        lines(Progress(done, 5))
    assert capsys.readouterr().err.splitlines() == ["1 of 5", "4 of 5", "5 of 5"]
