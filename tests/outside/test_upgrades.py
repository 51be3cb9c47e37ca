"""After an upgrade what was stored opens as it was and says what computed it; nothing is computed unasked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import facelib
from facelib import studies
from facelib.cli import main as cli
from facelib.faces import Face
from facelib.studies import (
    InterventionalStudy,
    ObservationalResult,
    ObservationalStudy,
    StoreError,
    open_study,
    verify,
)
from facelib.studies.engine import fingerprints
from facelib.utilities import code_digests as sources

FIXTURES = Path(__file__).parents[1] / "fixtures/studies"
STORED = sorted(path for path in FIXTURES.glob("*/*") if path.is_dir())
KNOWN = ("known_unbiased", "known_age_happy")


def contents(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder, but for the lock."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "run.lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def nothing_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every computation of a study fail."""

    def refuse(*_args: object, **_options: object) -> None:
        msg = "something was computed unasked"
        raise AssertionError(msg)

    for name in ("facelib.studies.study.execute", "facelib.studies.engine.worker.run_job"):
        monkeypatch.setattr(name, refuse)
    monkeypatch.setattr("facelib.stats.independence_grid", refuse)


@pytest.mark.parametrize("stored", STORED, ids=lambda path: f"{path.parent.name}-{path.name}")
@pytest.mark.usefixtures("nothing_computed")
def test_what_an_earlier_version_stored_opens_as_it_was(stored: Path, tmp_path: Path) -> None:
    shutil.copytree(stored, folder := tmp_path / "run")
    before = contents(folder)
    result = open_study(folder)
    expected = pd.read_parquet(stored.with_suffix(".parquet"))
    pd.testing.assert_frame_equal(result.table, expected, check_exact=True)
    assert result.complete
    told = result.notes[0]
    assert "Computed by facelib 0.1.0 (code 6544bd37)" in told
    assert "torch 2.13.0" in told
    assert "nothing was computed anew" in told
    if isinstance(result, ObservationalResult):
        assert result.tested
        kept = pd.read_parquet(next(stored.glob("grid-*")))
        pd.testing.assert_frame_equal(result.grid, kept, check_exact=True)
        assert "The tests were run by another version" in result.notes[-1]
    assert len(result.effects) > 0
    report = result.report(tmp_path / "report.html").read_text()
    assert "Computed by facelib 0.1.0 (code 6544bd37)" in report
    status = CliRunner().invoke(cli.app, ["study", "status", str(folder)]).output
    assert told in status
    assert contents(folder) == before, "opening changes nothing"
    checked = verify(folder)
    assert checked.sound
    assert {one.state for one in checked.files} == {"not covered"}


def people() -> list[facelib.Head]:
    return facelib.sample_heads(4, seed=7, expressions=["happy"])


def stored_heads(**changes: Any) -> InterventionalStudy:
    """Return the study `heads` of the fixture of 80850c4, as it was declared."""
    said: dict[str, Any] = {"steps": 3, "size": 64, "control": "blur", "seed": 3, "name": "Four heads"}
    return InterventionalStudy(people(), ["symmetry", "blur"], KNOWN, **(said | changes))


@pytest.mark.usefixtures("nothing_computed")
def test_running_a_finished_study_of_another_version_leaves_it(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "of_80850c4/heads", folder := tmp_path / "run")
    before = contents(folder)
    result = stored_heads().run(folder, n_jobs=1)
    expected = pd.read_parquet(FIXTURES / "of_80850c4/heads.parquet")
    pd.testing.assert_frame_equal(result.table, expected, check_exact=True)
    assert "Computed by facelib 0.1.0 (code 6544bd37)" in result.notes[0]
    kept = contents(folder)
    assert before.items() <= kept.items() or contents(next(folder.glob("earlier-*"))) == before


@pytest.mark.usefixtures("nothing_computed")
def test_a_damaged_record_does_not_let_versions_mix(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "of_80850c4/heads", folder := tmp_path / "run")
    (folder / "study.json").write_bytes((folder / "study.json").read_bytes()[:-9])
    before = contents(folder)
    with pytest.raises(
        StoreError, match=r"study.json is damaged.*computed by another version.*recompute=True"
    ):
        stored_heads().run(folder, n_jobs=1)
    assert contents(folder) == before


# Studies of this version, and what an upgrade makes of them: pictures of noise need no package.


def pictures(count: int = 3) -> list[Face]:
    rng = np.random.default_rng(1)
    return [
        Face(
            rng.integers(0, 256, (64, 64, 3), np.uint8),
            np.array([0.0, 0.0, 64.0, 64.0]),
            np.full((2, 2), np.nan),
            attributes={"id": f"face {number}", "expression": "happy", "age": 20 + number},
        )
        for number in range(count)
    ]


def changing(**changes: Any) -> InterventionalStudy:
    said: dict[str, Any] = {"steps": 2, "measured": ["brightness"]} | changes
    return InterventionalStudy(said.pop("faces", pictures()), ["blur", "noise"], KNOWN, **said)


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Make this facelib another version."""
    true = dict(fingerprints.versions())

    def to(code: str) -> None:
        fingerprints.version_key.cache_clear()
        monkeypatch.setattr(fingerprints, "versions", lambda: true | {"code": code, "torch": f"9.{code[0]}"})

    yield to
    monkeypatch.undo()
    fingerprints.version_key.cache_clear()


def test_a_finished_study_stays_and_says_what_computed_it(
    upgrade: Callable[[str], None], tmp_path: Path
) -> None:
    first = changing().run(tmp_path, n_jobs=1)
    assert first.notes == ()
    upgrade("1" * 32)
    before = contents(tmp_path)
    plan = changing().plan(tmp_path)
    assert (plan.done, plan.units, plan.refused) == (6, 6, "")
    assert "Computed by facelib 0.1.0 (code" in str(plan)
    for result in (open_study(tmp_path), changing().run(tmp_path, n_jobs=1)):
        pd.testing.assert_frame_equal(result.table, first.table, check_exact=True)
        assert result.complete
        assert "; here is facelib 0.1.0 (code 11111111), torch 9.1." in result.notes[0]
    assert contents(tmp_path) == before
    wider = changing(delta=0.3).run(tmp_path, n_jobs=1)
    assert wider.settings["delta"] == 0.3, "what is asked of the rows may change"
    pd.testing.assert_frame_equal(wider.table, first.table, check_exact=True)
    assert contents(next(tmp_path.glob("earlier-*"))) == before


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"steps": 3}, "holds another study, computed by"),
        ({"faces": pictures(4)}, "holds another study, computed by"),
        ({"faces": [face.replace(image=255 - face.image) for face in pictures()]}, "holds another study"),
    ],
)
def test_another_study_is_not_mixed_into_it(
    upgrade: Callable[[str], None], tmp_path: Path, other: dict[str, Any], told: str
) -> None:
    changing().run(tmp_path, n_jobs=1)
    upgrade("2" * 32)
    before = contents(tmp_path)
    assert told in changing(**other).plan(tmp_path).refused
    with pytest.raises(StoreError, match=rf"{told}.*recompute=True.*another folder"):
        changing(**other).run(tmp_path, n_jobs=1)
    assert contents(tmp_path) == before


def stopped_after(count: int) -> Callable[[], bool]:
    asked = iter(range(1000))
    return lambda: next(asked) >= count


def test_an_unfinished_study_says_the_choices_and_is_computed_anew_when_asked(
    upgrade: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facelib.studies.engine.execution.batch_size", lambda *_, **__: 1)
    folder = tmp_path / "run"
    whole = changing().run(tmp_path / "whole", n_jobs=1)
    with pytest.raises(studies.Cancelled):
        changing().run(folder, n_jobs=1, stop=stopped_after(4))
    half = open_study(folder)
    assert 0 < half.done < half.total
    upgrade("3" * 32)
    before = contents(folder)
    with pytest.raises(StoreError, match=r"a study of which .*recompute=True") as refused:
        changing().run(folder, n_jobs=1)
    left = f"{half.counts.done} of 6 units (one face × one change) are done{half.counts.others}, computed by"
    assert left in str(refused.value)
    assert contents(folder) == before
    pd.testing.assert_frame_equal(open_study(folder).table, half.table, check_exact=True)

    with pytest.raises(studies.Cancelled):  # what is computed anew may be stopped, and goes on
        changing().run(folder, n_jobs=1, recompute=True, stop=stopped_after(3))
    (earlier,) = folder.glob("earlier-*")
    assert contents(earlier) == before
    pd.testing.assert_frame_equal(open_study(earlier).table, half.table, check_exact=True)
    begun = open_study(folder)
    (unfinished,) = begun.notes  # and nothing of another version or study
    assert unfinished.startswith(
        f"Unfinished: {begun.counts.done} of {begun.total} faces × changes are done{begun.counts.others}."
    )
    anew = changing().run(folder, n_jobs=1)
    assert anew.complete
    assert anew.notes == ()
    pd.testing.assert_frame_equal(anew.table, whole.table, check_exact=True)
    assert verify(folder).sound
    assert {path.name for path in (earlier / "outputs").iterdir()}.isdisjoint(
        path.name for path in (folder / "outputs").iterdir()
    )


def test_killed_while_the_former_is_kept_it_is_as_it_was(
    upgrade: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file it is killed at: the study opens as before, and recomputing works."""
    from facelib.studies.engine import upgrades

    first = changing().run(tmp_path, n_jobs=1)
    upgrade("4" * 32)
    before = contents(tmp_path)
    original = upgrades._link
    for number in range(len(before)):
        left = iter(range(number))

        def killed(path: Path, target: Path, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            original(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(upgrades, "_link", killed)
            with pytest.raises(KeyboardInterrupt):
                changing().run(tmp_path, n_jobs=1, recompute=True)
        pd.testing.assert_frame_equal(open_study(tmp_path).table, first.table, check_exact=True)
        assert not list(tmp_path.glob("earlier-[0-9a-f]*"))
    assert changing().run(tmp_path, n_jobs=1, recompute=True).notes == ()
    assert contents(next(tmp_path.glob("earlier-*"))) == before


def test_tests_of_another_version_are_shown_not_run_again(
    upgrade: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelib.studies import kept_tests

    study = ObservationalStudy(
        pictures(24), ["age", "brightness"], KNOWN, methods=["partial_correlation"], label_source="made up"
    )
    grid = study.run(tmp_path, n_jobs=1).grid
    monkeypatch.setattr(kept_tests, "_version", lambda: "other000")
    with monkeypatch.context() as patch:
        patch.setattr("facelib.stats.independence_grid", lambda *_, **__: pytest.fail("tested again"))
        found = ObservationalResult.open(tmp_path)
        assert found.tested
        pd.testing.assert_frame_equal(found.grid, grid, check_exact=True)
        assert found.notes == (
            "The tests were run by another version of facelib, and are shown as they were stored; "
            "run them again to compute them anew.",
        )
    pd.testing.assert_frame_equal(found.test(), grid, check_exact=True)
    assert ObservationalResult.open(tmp_path).notes == ()


def test_an_unfinished_study_says_so_wherever_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facelib.studies.engine.execution.batch_size", lambda *_, **__: 1)
    with pytest.raises(studies.Cancelled):
        changing().run(tmp_path / "run", n_jobs=1, stop=stopped_after(4))
    half = open_study(tmp_path / "run")
    said = f"Unfinished: {half.counts.done} of 6 faces × changes are done{half.counts.others}."
    assert 0 < half.done < 6
    assert half.notes[0].startswith(said)
    assert said in repr(half)
    assert said in half._repr_html_()
    assert said in CliRunner().invoke(cli.app, ["study", "status", str(tmp_path / "run")]).output
    assert said in half.report(tmp_path / "report.html").read_text()
    whole = changing().run(tmp_path / "run", n_jobs=1)
    assert whole.notes == ()
    assert "Unfinished" not in repr(whole)


def test_another_study_in_the_same_folder_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert changing().run(folder, n_jobs=1).notes == ()
    other = changing(faces=pictures(4)[3:]).run(folder, n_jobs=1)
    said = "The folder also holds 6 units (one face × one change) of another study that was run in it: kept, "
    assert len(other.faces) == 1
    assert other.notes[0].startswith(said)
    assert open_study(folder).notes == other.notes
    assert said in repr(other)
    assert said in CliRunner().invoke(cli.app, ["study", "status", str(folder)]).output
    assert said in other.report(tmp_path / "report.html").read_text()
    more = changing(faces=pictures(4)).run(folder, n_jobs=1)  # both of them
    assert more.notes == ()


CHANGED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import facelib
assert facelib.__file__.startswith(sys.argv[1]), facelib.__file__
from facelib.studies import open_study
print(open_study(sys.argv[2]).notes)
"""


def test_a_changed_byte_of_the_weights_of_restoration_is_another_version(tmp_path: Path) -> None:
    """A real copy of facelib, one byte of which is another: the network that takes electrodes off."""
    changing().run(tmp_path / "run", n_jobs=1)
    ignored = shutil.ignore_patterns("__pycache__", "results")
    copy = shutil.copytree(sources.FOLDER, tmp_path / "copy/facelib", ignore=ignored)

    def notes() -> str:
        command = [sys.executable, "-c", CHANGED, str(copy.parent), str(tmp_path / "run")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert notes() == "()"
    weights = copy / "restoration/trained/restoration.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert "Computed by facelib 0.1.0 (code" in notes()


def test_the_command_says_it_and_computes_anew_when_told(
    upgrade: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for number, face in enumerate(pictures()):
        (tmp_path / f"pictures/{number}.png").write_bytes(face._repr_png_())
    (tmp_path / "plan.yml").write_text(
        "study: interventional\nfaces:\n  folder: pictures\n  detect: false\n"
        "interventions: [blur]\nclassifiers: [known_unbiased]\nsteps: 2\nlabel: happy\n"
        "measured: [brightness]\n"
    )

    def command(*words: str) -> Any:
        return CliRunner().invoke(cli.app, ["study", *words])

    ran = command("run", "plan.yml", "--jobs", "1")
    assert ran.exit_code == 0, ran.output
    upgrade("5" * 32)
    again = command("run", "plan.yml", "--jobs", "1")
    assert again.exit_code == 0
    assert "nothing was computed anew" in again.output
    (tmp_path / "plan.yml").write_text((tmp_path / "plan.yml").read_text() + "size: 96\n")
    refused = command("run", "plan.yml", "--jobs", "1")
    assert isinstance(refused.exception, StoreError)
    assert "--recompute" in str(refused.exception)
    anew = command("run", "plan.yml", "--jobs", "1", "--recompute")
    assert anew.exit_code == 0, anew.output
    assert "3 of 3 faces × changes are done." in anew.output
    assert command("verify", "runs/plan").exit_code == 0
    assert "3 of 3 faces" in command("status", str(next((tmp_path / "runs/plan").glob("earlier-*")))).output
    part = next((tmp_path / "runs/plan/outputs").iterdir())
    part.write_bytes(part.read_bytes()[:-1])
    found = command("verify", "runs/plan")
    assert found.exit_code == 1
    assert f"damaged: outputs/{part.name}" in found.output
