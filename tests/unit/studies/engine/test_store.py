"""Parts are whole or not there; a full disk, a closed folder and damage are told; nothing is doubled."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.studies.engine.store import Store, StoreError


def rows(**values: float) -> pa.Table:
    """Return two rows a unit, with a number each."""
    units = [unit for unit in values for _ in range(2)]
    numbers = [value + step for value in values.values() for step in range(2)]
    return pa.table({"unit": pa.array(units).dictionary_encode(), "value": numbers})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "run")


def values(store: Store, *units: str) -> list[float]:
    table = store.read("outputs", {unit: number for number, unit in enumerate(units)})
    return table["value"].tolist() if len(table) else []


def test_rows_come_back_in_the_order_that_is_asked_for(store: Store) -> None:
    store.write("outputs", rows(a=1, b=3), ["a", "b"])
    store.write("outputs", rows(c=5), ["c"])
    assert values(store, "c", "a", "b") == [5, 6, 1, 2, 3, 4]
    assert values(store, "b", "z") == [3, 4], "what isn't there is left out"
    assert values(store) == []
    assert store.contents().parts.keys() == {"a", "b", "c"}


def test_a_unit_that_two_parts_have_is_read_once(store: Store) -> None:
    store.write("outputs", rows(a=1, b=3), ["a", "b"])
    store.write("outputs", rows(b=3, c=5), ["b", "c"])
    assert values(store, "a", "b", "c") == [1, 2, 3, 4, 5, 6]


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), min_size=1, max_size=6))
def test_however_units_are_shared_out_every_one_is_there_once(batches: list[set[str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        numbers = {unit: float(10 * place) for place, unit in enumerate("abcdef")}
        for batch in batches:
            units = sorted(batch)
            store.write("outputs", rows(**{unit: numbers[unit] for unit in units}), units)
        there = sorted(set().union(*batches))
        expected = [numbers[unit] + step for unit in there for step in range(2)]
        assert values(store, *there) == expected


def test_the_same_batch_again_replaces_itself(store: Store) -> None:
    first = store.write("outputs", rows(a=1), ["a"])
    assert store.write("outputs", rows(a=1), ["a"]) == first
    assert len(list(store.folder.rglob("*.parquet"))) == 1


def test_what_failed_gives_way_to_what_did_not(store: Store) -> None:
    store.write("outputs", rows(a=1, b=3), ["a", "b"], failed=["a"])
    assert store.contents().failed == {"a"}
    store.write("outputs", rows(a=7), ["a"])
    assert store.contents().failed == frozenset()
    assert values(store, "a", "b") == [7, 8, 3, 4]


def test_a_damaged_part_counts_for_nothing_and_is_kept_aside(store: Store) -> None:
    path = store.write("outputs", rows(a=1, b=3), ["a", "b"])
    store.write("outputs", rows(c=5), ["c"])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert store.contents().parts.keys() == {"c"}
    assert path.with_suffix(".damaged").exists()
    assert values(store, "a", "c") == [5, 6]


def test_a_foreign_file_is_no_part(store: Store) -> None:
    (store.folder / "outputs").mkdir(parents=True)
    pd.DataFrame({"unit": ["a"]}).to_parquet(store.folder / "outputs" / "x.parquet")
    assert not store.contents().parts


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_and_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store.write("outputs", rows(a=1), ["a"])

    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"is full\. What was done is kept: make room"):
        store.write("outputs", rows(b=3), ["b"])
    monkeypatch.undo()
    assert store.contents().parts.keys() == {"a"}
    assert not list(store.folder.rglob("*.part"))


@pytest.mark.thorough
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="only root can mount a small disk"
)
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A disk of 100 kB, mounted for one process alone."""
    mounts = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=100k none {tmp_path}"]
    if subprocess.run(mounts, capture_output=True, check=False).returncode and not os.environ.get("CI"):
        pytest.skip("this container may not mount a disk")
    code = """
import sys
from pathlib import Path
import numpy as np, pyarrow as pa
from facelib.studies.engine.store import Store,  StoreError
store, written = Store(Path(sys.argv[1]) / "run"), []
try:
    for number in range(100):
        noise = np.random.default_rng(number).normal(size=2000)
        unit = f"unit{number}"
        store.write("outputs", pa.table({"unit": [unit] * 2000, "value": noise}), [unit])
        written.append(unit)
except StoreError as error:
    print(error)
print(len(written), sorted(store.contents().parts) == sorted(written))
print(len(list(store.folder.rglob("*.part"))))
"""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=100k none {disk} && exec {sys.executable} -c '{code}' {disk}"
    ran = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    told, counted, left = ran.stdout.splitlines() or [ran.stderr, "", ""]
    assert "is full. What was done is kept" in told
    assert counted.endswith(" True")
    assert 1 <= int(counted.split()[0]) < 100
    assert left == "0"


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    store = Store(tmp_path / "file" / "run")
    with pytest.raises(StoreError, match=r"can't be written .*Choose another folder"), store.writing():
        pass
    with pytest.raises(StoreError, match="can't be written"):
        store.write("outputs", rows(a=1), ["a"])


def test_a_folder_without_a_study_is_told(tmp_path: Path) -> None:
    from facelib.studies import open_study

    with pytest.raises(StoreError, match=r"holds no study: it is an empty folder"):
        open_study(tmp_path)
    (tmp_path / "study.json").write_text('{"kind": "psychic"}')
    with pytest.raises(StoreError, match="of a kind that this version knows; got 'psychic'"):
        open_study(tmp_path)


def test_leftovers_of_killed_runs_are_cleared(store: Store) -> None:
    (store.folder / "outputs").mkdir(parents=True)
    left = store.folder / "outputs" / "x.parquet0123456789abcdef.part"
    left.write_bytes(b"half")
    with store.writing():
        assert not left.exists()


def test_what_can_not_be_read_now_is_not_called_damaged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague without the right to read, or too many open files, made whole parts "damaged"."""
    store.write("outputs", rows(a=1), ["a"])

    def refused(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("facelib.studies.engine.store.read_file", refused)
        with pytest.raises(StoreError, match=r"can't be read \(Permission denied\).*may well be whole"):
            values(store, "a")
    assert values(store, "a") == [1, 2]


def test_a_part_that_is_damaged_inside_is_set_aside_and_told(store: Store) -> None:
    units = [f"u{number}" for number in range(200)]
    path = store.write("outputs", rows(**{unit: float(n) for n, unit in enumerate(units)}), units)
    there = store.contents()
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged after it was written.*run the study again"):
        store.read("outputs", {unit: number for number, unit in enumerate(units)}, there)
    assert store.contents().parts == {}
    assert store.contents().aside == (path.with_suffix(".damaged").name,)
    assert path.with_suffix(".damaged").exists()


def test_numbers_of_numpy_are_numbers_in_what_is_written_down(store: Store) -> None:
    content = {"seed": np.int64(3), "alpha": np.float32(0.5), "folder": Path("a")}
    store.save("about.json", content)
    assert store.load("about.json") == {"seed": 3, "alpha": 0.5, "folder": "a"}


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_who_may_look_into_the_folder_may_read_the_rows(store: Store) -> None:
    """On the disk of a group, a study was its owner's alone."""
    store.folder.mkdir()
    store.folder.chmod(0o750)
    store.save("about.json", {})
    part = store.write("outputs", rows(a=1), ["a"])
    assert {path.stat().st_mode & 0o777 for path in (part, store.folder / "about.json")} == {0o640}


def test_parts_say_by_which_version_they_were_made(store: Store) -> None:
    store.write("outputs", rows(a=1), ["a"], version="one")
    store.write("outputs", rows(b=1), ["b"], version="two")
    store.write("outputs", rows(c=1), ["c"])
    assert store.contents().versions == {"one", "two", ""}
    assert values(store, "a", "b", "c") == [1, 2, 1, 2, 1, 2]


def test_only_the_tables_of_the_last_two_records_stay(store: Store) -> None:
    """Every run with other faces left a table behind."""
    from facelib.studies.engine.record import Record, read_record, write_record

    for number in range(5):
        table = pd.DataFrame({"face": [str(number)]})
        faces, units = (store.save_table(what, table).name for what in ("faces", "units"))
        write_record(store, Record({"kind": "interventional"}, faces, units, {"code": "x"}, {}))
    assert len(list(store.folder.glob("faces-*"))) == len(list(store.folder.glob("units-*"))) == 2
    assert (store.folder / read_record(store).faces).exists()


def test_what_was_half_written_when_a_run_ended_goes_with_it(store: Store) -> None:
    """Processes are killed when a run is stopped; one that was writing left its file."""

    def ended() -> None:
        with store.writing():
            store.write("outputs", rows(a=1), ["a"])
            (store.folder / "outputs" / "b.parquet0123456789abcdef.part").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ended()
    assert not list(store.folder.rglob("*.part"))
    assert values(store, "a") == [1, 2]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize(
    ("folder", "before", "after"),
    [
        (0o700, None, 0o600), (0o755, None, 0o600), (0o755, 0o644, 0o600), (0o750, 0o640, 0o600),
        (0o770, 0o660, 0o660), (0o775, 0o664, 0o660), (0o777, 0o666, 0o666), (0o777, 0o600, 0o600),
    ],
)  # fmt: skip
def test_who_may_only_read_a_study_cannot_hold_its_lock(
    tmp_path: Path, folder: int, before: int | None, after: int
) -> None:
    """A lock can be held by whoever may open its file; those of folders made before are closed, too."""
    tmp_path.chmod(folder)
    if before is not None:
        (tmp_path / "run.lock").touch()
        (tmp_path / "run.lock").chmod(before)
    with Store(tmp_path).writing():
        assert (tmp_path / "run.lock").stat().st_mode & 0o777 == after


@pytest.mark.skipif(os.name != "posix", reason="Windows lets not everybody make links")
def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").touch(mode=0o644)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.lock").symlink_to("../mine")
    with pytest.raises(StoreError, match="can't be written"), Store(tmp_path / "run").writing():
        pass
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o644
