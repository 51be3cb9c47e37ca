"""Fetch model packages by name and hash: all of a package is there afterwards, or nothing of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from facelib.errors import BadValueError, UnavailableError
from facelib.models.catalogue import PACKAGES, Package, file_hash
from facelib.models.packages import Status, folder_of, verify
from facelib.utilities.home import home
from facelib.utilities.progress import Report, reporting

_TEMPORARY = ".fetch-"
_OFFLINE_SIGNS = (
    "Failed to establish a new connection", "NameResolutionError", "name resolution", "ConnectTimeoutError",
    "Name or service not known", "Network is unreachable", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED",
    "ENETUNREACH", "ETIMEDOUT", "network timeout",
)  # fmt: skip


class OfflineError(UnavailableError):
    """The registry can't be reached."""


def fetch(names: Iterable[str] | None = None, progress: bool | Report | None = None) -> list[Status]:
    """Fetch missing and damaged packages; intact ones are left alone, without touching the network.

    A package is put into a temporary folder beside its final one, its files are checked, and one rename
    makes it visible: a fetch that is killed leaves nothing half-done.

    Parameters
    ----------
    names
        Names of packages; None fetches all.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts packages: before one
        is fetched (not for those that are there already), and when its state is known. Its words say so.

    Returns
    -------
    list of Status
        One for each package, "ready" or with the reason why it isn't.

    Raises
    ------
    UnknownNameError
        No package has one of the names.
    BadValueError
        If the names aren't a list.
    """
    if names is not None and (isinstance(names, str) or not isinstance(names, Iterable)):
        msg = f"Give names of packages as a list, such as ['fer']; got {names!r}. None fetches all."
        raise BadValueError(msg)
    wanted = [PACKAGES[name] for name in (PACKAGES if names is None else names)]
    before = {entry.package: entry for entry in verify()}
    if all(before[package].state == "ready" for package in wanted):
        return [before[package] for package in wanted]
    with _alone() as packages, reporting(progress, len(wanted), unit="package") as report:
        before = {entry.package: entry for entry in verify()}  # another process may have fetched meanwhile
        offline: dict[str, str] = {}
        outcomes = []
        for done, package in enumerate(wanted):
            entry = before[package]
            if entry.state != "ready":
                report.at(done, f"fetching {package.name}")
                entry = _try_one(package, packages, offline)
            report.at(done + 1, f"{package.name} is {entry.state}")
            outcomes.append(entry)
    return outcomes


def _try_one(package: Package, packages: Path, offline: dict[str, str]) -> Status:
    """Fetch one package; once a registry couldn't be reached, its other packages aren't tried."""
    reason = offline.get(package.source, "")
    if not reason:
        try:
            _fetch_one(package, packages)
        except OfflineError as error:
            reason = offline[package.source] = str(error)
        except UnavailableError as error:
            reason = str(error)
        except OSError as error:
            reason = f"The files can't be written: {error}."
    return Status(package, "missing" if reason else "ready", reason)


def _fetch_one(package: Package, packages: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=packages) as scratch:
        content = Path(scratch) / "content"
        if package.source == "pypi":
            _install(package, content, Path(scratch))
        else:
            _unpack(package, _pack(package, Path(scratch)), content)
        faults = package.faults(content)
        if faults:
            raise UnavailableError(faults[0])
        final = folder_of(package)
        if final.exists():  # a damaged one; a folder can't be replaced while it has files
            final.rename(Path(scratch) / "damaged")
        content.replace(final)


def _install(package: Package, content: Path, scratch: Path) -> None:
    """Let pip put a wheel into a folder; it compares the hash and runs nothing of it."""
    requirements = scratch / "requirements.txt"
    line = f"{package.registry_name}=={package.version} --hash=sha256:{package.sha256}\n"
    requirements.write_text(line, encoding="utf-8")
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
        "--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:", "--ignore-requires-python",
        "--retries", "1", "--target", str(content), "--requirement", str(requirements),
    ]  # fmt: skip
    _run(package, command, {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"})


def _pack(package: Package, scratch: Path) -> Path:
    """Let npm download a tarball, and compare its hash."""
    npm = shutil.which("npm")
    if npm is None:
        msg = "npm is not installed; it is needed for this optional package only."
        raise UnavailableError(msg)
    name = f"{package.registry_name}@{package.version}"
    command = [npm, "pack", name, "--ignore-scripts", "--loglevel=error", "--pack-destination", str(scratch)]
    impatience = {"retries": "1", "retry_mintimeout": "1000", "timeout": "60000"}
    _run(package, command, {f"npm_config_fetch_{name}": value for name, value in impatience.items()})
    archives = list(scratch.glob("*.tgz"))
    if len(archives) != 1:
        msg = f"npm was expected to write one archive of {package.folder}; it wrote {len(archives)}."
        raise UnavailableError(msg)
    found = file_hash(archives[0])
    if found != package.sha256:
        msg = f"The archive of {package.folder} has sha256 {found}, not {package.sha256}; it was thrown away."
        raise UnavailableError(msg)
    return archives[0]


def _unpack(package: Package, archive: Path, content: Path) -> None:
    """Unpack an npm tarball (all of it lies in one folder ``package/``); nothing may leave `content`."""
    unpacked = archive.parent / "unpacked"
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")  # refuses absolute paths, "..", devices and outward links
    except tarfile.TarError as error:
        msg = f"The archive of {package.folder} can't be unpacked: {error}."
        raise UnavailableError(msg) from None
    (unpacked / "package").replace(content)


def _run(package: Package, command: list[str], environment: dict[str, str]) -> None:
    """Run pip or npm quietly; say in one line what went wrong."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONSAFEPATH": "1", **environment},  # no pip.py of the current folder
    )
    if done.returncode == 0:
        return
    tool = "npm" if package.source == "npm" else "pip"
    text = done.stderr + done.stdout
    if any(sign in text for sign in _OFFLINE_SIGNS):
        msg = f"{tool} can't reach its registry: no network?"
        raise OfflineError(msg)
    if "No module named pip" in text:
        msg = "This Python has no pip; add it with `python -m ensurepip`."
        raise UnavailableError(msg)
    lines = [line for line in text.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "nothing")
    msg = f"{tool} could not fetch {package.folder} (exit code {done.returncode}); it said: {said.strip()}"
    raise UnavailableError(msg)


@contextmanager
def _alone() -> Iterator[Path]:
    """Yield the folder of all packages, swept, to this process alone; others that fetch wait here.

    The system frees the lock if we die, so whatever is temporary in the folder is nobody's.
    """
    folder = home() / "packages"
    try:
        folder.mkdir(exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        msg = f"Nothing can be fetched into {folder}: {error}. FACELIB_HOME may name another folder."
        raise UnavailableError(msg) from error
    with file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        for stale in folder.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(stale)
        yield folder
