"""Model packages on this machine: where they are, and whether their data files are intact."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facelib.errors import UnavailableError
from facelib.models.catalogue import PACKAGES, Package
from facelib.utilities.home import home

State = Literal["ready", "missing", "damaged"]

FETCH_HINT = (
    "Type “facelib models fetch” once into a terminal while online; everything else works without it."
)


@dataclass(frozen=True)
class Status:
    """Whether a package can be used: "ready", "missing" or "damaged", and if not, why."""

    package: Package
    state: State
    reason: str


def folder_of(package: Package) -> Path:
    """Return where `package` lives once it is fetched."""
    return home() / "packages" / package.folder


def package_path(name: str) -> Path:
    """Return the folder of a fetched package, as `pip install --target` or `npm pack` laid it out.

    Raises
    ------
    UnknownNameError
        No package has this name.
    UnavailableError
        It is not on this machine.
    """
    package = PACKAGES[name]
    folder = folder_of(package)
    if not folder.is_dir():
        msg = f"The model package {package.folder} ({package.purpose}) is not on this machine. {FETCH_HINT}"
        raise UnavailableError(msg)
    return folder


def data_path(name: str, relative: str) -> Path:
    """Return one data file (or folder, ending in ``/``) of a package, its sha256 compared the first time.

    Raises
    ------
    UnavailableError
        The package or the file is missing, or the file isn't the one that we know.
    """
    return _checked(PACKAGES[name], package_path(name), relative)


@functools.cache  # remembers only files that are right: an error is raised anew each time
def _checked(package: Package, folder: Path, relative: str) -> Path:
    fault = package.fault(folder, relative)
    if fault:
        msg = f"{fault} Type “facelib models fetch” into a terminal to mend it."
        raise UnavailableError(msg)
    return folder / relative


def status() -> list[Status]:
    """Return for every package whether its data files are there, without reading them."""
    return [_status(PACKAGES[name], check=False) for name in PACKAGES]


def verify() -> list[Status]:
    """Return for every package whether its data files are there and have the right sha256."""
    return [_status(PACKAGES[name], check=True) for name in PACKAGES]


def _status(package: Package, *, check: bool) -> Status:
    folder = folder_of(package)
    if not folder.is_dir():
        return Status(package, "missing", "not fetched yet")
    lacking = [name for name in package.files if not (folder / name).exists()]
    faults = [f"It lacks {name}." for name in lacking] or (package.faults(folder) if check else [])
    return Status(package, "damaged", faults[0]) if faults else Status(package, "ready", "")
