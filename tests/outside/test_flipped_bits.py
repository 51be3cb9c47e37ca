"""A bit of a stored study flips, wherever: what is opened is what was stored, or it is said that it isn't."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import facelib
from facelib.errors import FacelibError
from facelib.faces import Face
from facelib.studies import (
    Hypothesis,
    InterventionalResult,
    InterventionalStudy,
    ObservationalResult,
    ObservationalStudy,
    StoreError,
    open_study,
    register,
    verify,
)
from facelib.studies.declared.registration import later_changes
from facelib.studies.engine.record import read_record, write_record
from facelib.studies.engine.store import Store

FLIPS = 300
KNOWN = ("known_unbiased", "known_age_happy")


def pictures(count: int) -> list[Face]:
    """Return pictures of noise: they need no head and no package."""
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


def changing() -> InterventionalStudy:
    return InterventionalStudy(
        pictures(4), ["blur", "noise"], KNOWN, steps=3, measured=["brightness"], control="noise"
    )


def observing() -> ObservationalStudy:
    return ObservationalStudy(
        pictures(24), ["age", "brightness"], KNOWN, methods=["partial_correlation"], label_source="made up"
    )


Opened = InterventionalResult | ObservationalResult


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of a small study of each kind, with several parts, a hypothesis and tests."""
    root = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facelib.studies.engine.execution.batch_size", lambda jobs, *_, **__: jobs // 2)
        register(root / "changed", Hypothesis("It falls.", "blur", direction="falls"))
        changing().run(root / "changed", n_jobs=1)
        assert len(observing().run(root / "observed", n_jobs=1).grid)
    return {path.name: path for path in sorted(root.iterdir())}


def all_of(result: Opened) -> list[object]:
    """Return all that a folder says."""
    found = [result.table, result.faces, result.unmeasured, dict(result.settings), dict(result.provenance)]
    found += [dict(result.made_by), later_changes(result.store, result.settings)]
    return found + ([result.grid] if isinstance(result, ObservationalResult) else [])


def same(one: object, other: object) -> bool:
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        return one.equals(other)
    return one == other


def flipped(path: Path, rng: random.Random) -> bytes:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def outcome(folder: Path, expected: list[object]) -> str:
    """Return what opening a study gives; whatever isn't ours comes out."""
    try:
        result = open_study(folder)
        found = all_of(result)
    except StoreError as error:
        return "told" if "damaged" in str(error) else f"unclear: {error}"
    if any("damaged" in note and "set aside" in note for note in result.notes):
        return "set aside and said" if not result.complete else "said, but complete"
    alike = result.complete and all(map(same, found, expected))
    return "the same" if alike else "OTHER NUMBERS, NO WORD"


def test_no_flipped_bit_gives_other_numbers_without_a_word(stored: dict[str, Path], tmp_path: Path) -> None:
    rng = random.Random(17)
    expected = {name: all_of(open_study(path)) for name, path in stored.items()}
    files = [
        (name, path.relative_to(folder))
        for name, folder in stored.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size
    ]
    kinds = {path.name.partition("-")[0] if "-" in path.name else path.name for _, path in files}
    assert {"study.json", "provenance.json", "hypothesis.json", "faces", "units", "grid"} <= kinds
    seen: Counter[str] = Counter()
    for name, path in stored.items():
        shutil.copytree(path, tmp_path / name)
    for number in range(FLIPS):
        name, inner = files[number % len(files)]
        folder = tmp_path / name
        (folder / inner).write_bytes(flipped(stored[name] / inner, rng))
        checked = verify(folder)
        assert not checked.sound, f"{inner} isn't found damaged"
        assert [one.name for one in checked.files if one.state == "damaged"] == [inner.as_posix()]
        seen[outcome(folder, expected[name])] += 1
        shutil.copy2(stored[name] / inner, folder / inner)
        for aside in folder.rglob("*.damaged"):
            aside.unlink()
    assert set(seen) == {"told", "set aside and said"}, dict(seen)


def test_what_was_damaged_is_computed_again_bit_for_bit(stored: dict[str, Path], tmp_path: Path) -> None:
    rng = random.Random(5)
    expected = open_study(stored["changed"])
    for number, kind in enumerate(
        ["outputs/*", "measured/*", "study.json", "provenance.json", "faces-*", "units-*"]
    ):
        folder = tmp_path / f"run{number}"
        shutil.copytree(stored["changed"], folder)
        path = sorted(folder.glob(kind))[0]
        path.write_bytes(flipped(path, rng))
        again = changing().run(folder, n_jobs=1)
        assert again.complete
        assert again.notes == ()
        pd.testing.assert_frame_equal(again.table, expected.table, check_exact=True)
        assert verify(folder).sound


def test_tests_that_were_damaged_are_run_again_once_that_was_said(
    stored: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(stored["observed"], folder := tmp_path / "run")
    (path,) = folder.glob("grid-*")
    path.write_bytes(flipped(path, random.Random(3)))
    with pytest.raises(StoreError, match=r"damaged.*set aside; running the tests again makes it anew"):
        _ = ObservationalResult.open(folder).grid
    before = ObservationalResult.open(stored["observed"]).grid
    pd.testing.assert_frame_equal(ObservationalResult.open(folder).grid, before, check_exact=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("provenance.json", b"[]"),
        ("provenance.json", b"null"),
        ("provenance.json", b'{"runs": 3}'),
        ("provenance.json", b"{" * 100_000),
        ("study.json", b'{"kind": "interventional", "stored": 3}'),
        ("study.json", b"\xff\xfe"),
        ("study.json", b""),
        ("units-*", None),
        ("faces-*", b"PAR1"),
    ],
)
def test_what_facelib_did_not_write_is_told_and_mended(
    stored: dict[str, Path], tmp_path: Path, name: str, content: bytes | None
) -> None:
    shutil.copytree(stored["changed"], folder := tmp_path / "run")
    (path,) = folder.glob(name)
    path.write_bytes((folder / "study.json").read_bytes() if content is None else content)
    with pytest.raises(StoreError, match=r"run the study\s+again|holds no study"):
        open_study(folder)
    assert changing().run(folder, n_jobs=1).complete


def test_a_units_table_of_another_study_is_told(tmp_path: Path) -> None:
    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    shutil.copytree(fixture, folder := tmp_path / "run")
    pd.DataFrame({"word": ["foreign"]}).to_parquet(folder / "units.parquet")
    with pytest.raises(StoreError, match="it has no column unit"):
        open_study(folder)


def test_parts_without_checksums_never_raise_what_is_not_ours(tmp_path: Path) -> None:
    """Of the first format: some flips can't be noticed there, but no error of pyarrow comes out."""
    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    rng = random.Random(2)
    for number in range(60):
        shutil.copytree(fixture, folder := tmp_path / f"run{number}")
        path = rng.choice([*sorted(folder.glob("*/*.parquet")), folder / "units.parquet"])
        path.write_bytes(flipped(path, rng))
        with suppress(FacelibError):
            verify(folder)
            open_study(folder)
        shutil.rmtree(folder)


def test_a_study_that_has_just_begun_is_not_called_none(tmp_path: Path) -> None:
    """Whoever looks from the first file on sees that it has begun, or rows: never "no study"."""
    seen: list[str] = []

    def look(original: Callable[..., object]) -> Callable[..., object]:
        def looking(*args: object, **options: object) -> object:
            answer = original(*args, **options)
            try:
                open_study(tmp_path / "run")
            except StoreError as error:
                seen.append("has just begun" if "has just begun" in str(error) else str(error))
            else:
                seen.append("open")
            return answer

        return looking

    from facelib.studies.engine.store import Store

    with pytest.MonkeyPatch.context() as patch:
        for name in ("save", "save_table", "write"):
            patch.setattr(Store, name, look(getattr(Store, name)))
        changing().run(tmp_path / "run", n_jobs=1)
    assert set(seen) == {"has just begun", "open"}
    assert seen == sorted(seen), "once it can be opened, it can be opened"


def test_pyarrow_is_what_reads_it_elsewhere(stored: dict[str, Path]) -> None:
    """DuckDB, Polars and pandas take the folder as it is."""
    import pyarrow.dataset as ds

    rows = ds.dataset(stored["changed"] / "outputs").to_table()
    assert isinstance(rows, pa.Table)
    assert len(rows) == len(open_study(stored["changed"]).table)
    assert facelib.studies.verify(stored["changed"]).table["state"].unique().tolist() == ["ok"]


FOREIGN = {
    "a part of an old release": ("outputs/0123456789abcdef01234567.parquet", "parts"),
    "a table of an old release": ("units.parquet", "units-*"),
    "a test of an old release": ("grid-0123456789abcdef.parquet", "faces-*"),
    "a declaration of an old release": ("declaration.json", "{}"),
    "a provenance of an old release": ("provenance.json", '{"runs": [], "versions": {}, "classifiers": []}'),
    "a record of an old release": ("study.json", ""),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_has_no_checksum_in_a_study_that_has_some_is_named(
    kind: str, stored: dict[str, Path], tmp_path: Path
) -> None:
    import json

    from typer.testing import CliRunner

    from facelib.cli.studies import app

    shutil.copytree(stored["changed"], folder := tmp_path / "run")
    name, source = FOREIGN[kind]
    if source == "parts":
        shutil.copy2(sorted(folder.glob("outputs/*"))[0], folder / name)
    elif "*" in source:
        shutil.copy2(next(folder.glob(source)), folder / name)
    else:
        content = json.loads((folder / "study.json").read_text())
        told = {key: value for key, value in content.items() if key not in {"format", "sha256"}}
        (folder / name).write_text(source or json.dumps(told))
    checked = verify(folder)
    assert not checked.sound
    assert [(one.name, one.state) for one in checked.files if one.state != "ok"] == [(name, "foreign")]
    told = CliRunner().invoke(app, ["verify", str(folder)])
    assert told.exit_code == 1
    assert f"foreign: {name} (it has no checksum, though the study's own files have)" in told.output
    assert "computed anew" not in told.output


def test_a_study_of_an_old_release_may_have_newer_files_beside(tmp_path: Path) -> None:
    """A hypothesis, a margin or tests that this version wrote don't make its old rows foreign."""
    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    shutil.copytree(fixture, folder := tmp_path / "run")
    before = verify(folder)
    assert {one.state for one in before.files} == {"not covered"}
    from facelib.studies.engine.record import read_record, write_record
    from facelib.studies.engine.store import Store

    write_record(Store(folder), read_record(Store(folder)))
    after = verify(folder)
    assert after.sound
    assert {one.state for one in after.files} == {"ok", "not covered"}
    (folder / "study.json").write_text("{")
    assert [one.name for one in verify(folder).files if one.state == "damaged"] == ["study.json"]
    assert {one.state for one in verify(folder).files} == {"damaged", "not covered"}


def test_what_was_computed_anew_has_checksums_throughout(tmp_path: Path) -> None:
    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    shutil.copytree(fixture, folder := tmp_path / "run")
    (folder / "declaration.json").write_text('{"study": "interventional"}')
    result = changing().run(folder, n_jobs=1, recompute=True)
    assert result.complete
    assert {one.state for one in verify(folder).files} == {"ok"}
    (kept,) = folder.glob("earlier-*")
    assert {one.state for one in verify(kept).files} == {"not covered"}


def told_by_command(word: str, folder: Path) -> tuple[int, str]:
    from typer.testing import CliRunner

    from facelib.cli.main import app

    ran = CliRunner().invoke(app, ["study", word, str(folder)])
    return ran.exit_code, f"{ran.output}{ran.exception or ''}"


def remove_outputs(folder: Path) -> None:
    for path in folder.glob("outputs/*"):
        path.unlink()


def remove_one(folder: Path) -> None:
    next(folder.glob("outputs/*")).unlink()


def remove_folders(folder: Path) -> None:
    for name in ("outputs", "measured"):
        shutil.rmtree(folder / name, ignore_errors=True)


def set_one_aside(folder: Path) -> None:
    path = next(folder.glob("outputs/*"))
    path.write_bytes(flipped(path, random.Random(1)))
    assert not open_study(folder).complete  # as a report does


GUTTED = (remove_outputs, remove_one, remove_folders, set_one_aside)


@pytest.mark.parametrize("gut", GUTTED)
@pytest.mark.parametrize("kind", ["changed", "observed"])
def test_a_finished_study_whose_rows_are_gone_is_not_sound(
    gut: Callable[[Path], None], kind: str, stored: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(stored[kind], folder := tmp_path / "run")
    total = open_study(folder).total
    assert told_by_command("verify", folder)[0] == 0
    assert f"units: {total} of {total} done." in told_by_command("verify", folder)[1]
    gut(folder)
    code, said = told_by_command("verify", folder)
    lost = total // 2 if gut in {remove_one, set_one_aside} else total
    assert (code, verify(folder).lost) == (1, lost), said
    assert f"missing: {lost} units that were done aren't there any more" in said
    assert f"units: {total - lost} of {total} done, {lost} missing." in said
    again = changing() if kind == "changed" else observing()
    assert again.run(folder, n_jobs=1).complete
    assert told_by_command("verify", folder)[0] == 0


def test_a_lost_declaration_or_hypothesis_is_missing(stored: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(stored["changed"], folder := tmp_path / "run")
    store = Store(folder)
    for name in ("declaration.json", "hypothesis.json"):
        store.save(name, {"here": True})
    write_record(store, read_record(store))
    assert told_by_command("verify", folder)[0] == 0
    for name in ("declaration.json", "hypothesis.json"):
        (folder / name).unlink()
        code, said = told_by_command("verify", folder)
        assert code == 1
        assert f"missing: {name}" in said


def test_a_stopped_study_is_sound_until_rows_of_it_go(tmp_path: Path) -> None:
    from facelib.studies import Cancelled

    seen: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facelib.studies.engine.execution.batch_size", lambda *_, **__: 1)
        with pytest.raises(Cancelled):
            changing().run(tmp_path / "run", n_jobs=1, progress=seen.append, stop=lambda: len(seen) > 3)
    checked = verify(tmp_path / "run")
    assert checked.sound
    assert checked.counts is not None
    assert 0 < checked.counts.done < checked.counts.total
    next((tmp_path / "run" / "measured").glob("*.parquet")).unlink()
    assert verify(tmp_path / "run").lost == 1


def test_rows_of_an_old_release_are_counted(tmp_path: Path) -> None:
    """It didn't write down what was done: what was set aside is missing, of the rest nobody knows."""
    fixture = Path(__file__).parents[1] / "fixtures/studies/of_80850c4/heads"
    shutil.copytree(fixture, folder := tmp_path / "run")
    total = open_study(folder).total
    path = sorted(folder.glob("outputs/*"))[0]
    path.rename(tmp_path / path.name)
    code, said = told_by_command("verify", folder)
    assert code == 0
    assert f"of {total} done, " in said
    (tmp_path / path.name).rename(path.with_suffix(".damaged"))
    code, said = told_by_command("verify", folder)
    assert code == 1, said
    assert "missing: " in said


def test_what_is_foreign_or_cannot_be_read_hides_no_other_damage(
    stored: dict[str, Path], tmp_path: Path
) -> None:
    import os

    shutil.copytree(stored["changed"], folder := tmp_path / "run")
    (folder / "outputs" / "notes.txt").write_text("mine")
    (folder / "measured" / "more").mkdir()
    (folder / "thesis.txt").write_text("mine")
    states = {one.name: one.state for one in verify(folder).files if one.state != "ok"}
    assert states == {"outputs/notes.txt": "foreign", "measured/more": "foreign", "thesis.txt": "beside"}
    assert told_by_command("verify", folder)[0] == 1
    if os.name != "posix":
        return
    os.mkfifo(folder / "outputs" / "pipe.parquet")
    path = next(folder.glob("measured/*.parquet"))
    path.write_bytes(flipped(path, random.Random(1)))
    code, said = told_by_command("verify", folder)
    assert code == 1, said
    assert "not read: outputs/pipe.parquet" in said
    assert f"damaged: measured/{path.name}" in said


def test_a_study_without_its_record_is_not_said_to_have_just_begun(
    stored: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(stored["changed"], folder := tmp_path / "run")
    (folder / "study.json").unlink()
    code, said = told_by_command("status", folder)
    assert code
    assert "just begun" not in said
    assert "has no study.json any more, though 4 files of rows are there" in said
    code, said = told_by_command("verify", folder)
    assert code == 1, said
    assert "missing: study.json" in said
    assert changing().run(folder, n_jobs=1).complete
    assert verify(folder).sound
