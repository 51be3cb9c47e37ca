"""What the doctor looks at in the machine: processor, memory, disk, settings, other programs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from facelib.cli.doctor.finding import Finding
from facelib.errors import FacelibError

LITTLE_MEMORY: Final = 2.0  # GB: the explorer with two sessions, or a study with one process
LITTLE_DISK, TIGHT_DISK = 0.5, 3.0  # GB
LITTLE_SHARED: Final = 0.1  # GB, of /dev/shm
PORT: Final = 8866
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
MEMINFO: Final = Path("/proc/meminfo")
CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")
SHARED: Final = Path("/dev/shm")


def compiled() -> Iterator[Finding]:
    """Look whether what numba compiles can be kept."""
    from facelib.head.jit import folder

    try:
        place = folder("head.geometry.raster")
        with tempfile.TemporaryFile(dir=place):
            pass
    except (FacelibError, OSError) as error:
        yield Finding(
            "compiled code",
            "problem",
            f"it can't be kept, so every start takes a minute: {error}",
            "Set FACELIB_HOME to a folder that you may write to.",
        )
        return
    yield Finding("compiled code", "ok", f"it is kept in {place}")


def processor() -> Iterator[Finding]:
    """Look at cores and memory."""
    usable, there = usable_cores(), os.cpu_count() or 1
    cores = f"{usable} core{'' if usable == 1 else 's'}"
    if usable < there:
        cores += f" of {there} may be used"
    free = free_memory()
    memory = "memory unknown" if free is None else f"{free:.1f} GB of memory are free"
    if free is not None and free < LITTLE_MEMORY:
        yield Finding(
            "processor and memory",
            "note",
            f"{cores}, {memory}",
            "Close other programs; run studies with --jobs 1, and the explorer with --pool-size 0.",
        )
    else:
        yield Finding("processor and memory", "ok", f"{cores}, {memory}")


def devices() -> Iterator[Finding]:
    """Look for accelerators that torch and onnxruntime can use, and at what is asked for."""
    import onnxruntime

    from facelib.models.devices import VARIABLE, Device, accelerators, as_device, free_memory

    there = accelerators()
    try:
        chosen = as_device()
    except FacelibError as error:
        remedy = f"Unset {VARIABLE}, or set it to one of: {', '.join(['auto', 'cpu', *there])}."
        yield Finding("graphics card", "problem", str(error), remedy)
        return
    if not there:
        yield Finding("graphics card", "ok", "torch finds none; none is needed")
        return
    for name in there:
        kind, _, number = name.partition(":")
        card = Device(kind, int(number))
        known = free_memory(card)
        memory = "" if known is None else f", {known[0] / 1e9:.1f} of {known[1] / 1e9:.1f} GB are free"
        yield Finding("graphics card", "ok", f"{name}: {card.key}{memory}")
    providers = ", ".join(onnxruntime.get_available_providers())
    where = f"classifiers run on {chosen}, unless a call says device=…; onnxruntime has {providers}"
    remedy = "" if chosen.accelerated else f"To use a card: device='auto', or {VARIABLE}=auto."
    yield Finding("device", "ok" if chosen.accelerated else "note", where, remedy)


def settings(variables: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Look for settings that make facelib slow."""
    given = os.environ if variables is None else variables
    usable, quiet = usable_cores(), True
    if given.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        quiet = False
        yield Finding(
            "settings",
            "problem",
            "NUMBA_DISABLE_JIT is set: a face takes minutes to render",
            "Unset NUMBA_DISABLE_JIT.",
        )
    for name in THREADS:
        value = given.get(name, "")
        if value.isdigit() and int(value) > usable:
            quiet = False
            yield Finding(
                "settings",
                "note",
                f"{name}={value}, but {usable} can be used: threads wait for each other",
                f"Set {name}={usable}, or unset it.",
            )
    if given.get("OMP_NUM_THREADS") == "1" and usable > 1:
        quiet = False
        yield Finding(
            "settings",
            "note",
            f"OMP_NUM_THREADS=1: right for studies, which use processes; the explorer could use {usable}",
            "Unset OMP_NUM_THREADS for the explorer.",
        )
    if usable < (os.cpu_count() or 1) and "OMP_NUM_THREADS" not in given:
        quiet = False
        yield Finding(
            "settings",
            "note",
            f"only {usable} of {os.cpu_count()} cores may be used, which libraries don't see",
            f"Set OMP_NUM_THREADS={usable}.",
        )
    if sys.flags.dev_mode:
        quiet = False
        yield Finding(
            "settings", "note", "Python runs in its development mode, which is slow", "Unset PYTHONDEVMODE."
        )
    if quiet:
        yield Finding("settings", "ok", "none makes facelib slow")


def disk() -> Iterator[Finding]:
    """Look at the room for models and compiled code, for studies, and for temporary files."""
    from facelib.utilities.home import home

    places = {"models": home(), "this folder": Path.cwd(), "temporary files": Path(tempfile.gettempdir())}
    for what, place in places.items():
        free = shutil.disk_usage(place).free / 1e9
        says = f"{free:.1f} GB are free for {what} ({place})"
        if not os.access(place, os.W_OK):
            yield Finding("disk", "problem", f"{place} can't be written to ({what})", _elsewhere(what))
        elif free < LITTLE_DISK:
            yield Finding("disk", "problem", says, f"Make room. {_elsewhere(what)}")
        elif free < TIGHT_DISK:
            yield Finding("disk", "note", says, _elsewhere(what))
        else:
            yield Finding("disk", "ok", says)
    if SHARED.is_dir() and (free := shutil.disk_usage(SHARED).free / 1e9) < LITTLE_SHARED:
        yield Finding(
            "disk",
            "note",
            f"{1000 * free:.0f} MB are free in {SHARED}, which processes share",
            "Start the container with --shm-size=1g, or run studies with --jobs 1.",
        )


def port() -> Iterator[Finding]:
    """Look whether the explorer can listen."""
    try:
        from facelib.app.server.launch import free_port

        free = free_port("127.0.0.1", PORT)
    except FacelibError as error:
        yield Finding("port", "problem", str(error), "Allow programs to listen on 127.0.0.1 (a firewall?).")
        return
    if free == PORT:
        yield Finding("port", "ok", f"{PORT} is free on this machine")
    else:
        yield Finding("port", "note", f"{PORT} is taken (another explorer?); facelib app takes {free}")


def programs() -> Iterator[Finding]:
    """Look for programs that are needed for some things only."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        yield Finding("Chromium", "ok", browser)
    else:
        yield Finding("Chromium", "note", "not here: only facelib's own browser tests need it")
    npm = shutil.which("npm")
    if npm:
        yield Finding("npm", "ok", npm)
    else:
        yield Finding(
            "npm",
            "note",
            "not here: two optional classifiers need it once",
            "Install Node.js, then: facelib models fetch",
        )


def usable_cores() -> int:
    """Return how many cores this process may use: affinity and a container's share count."""
    import joblib

    return int(joblib.cpu_count())


def free_memory() -> float | None:
    """Return the memory that is free, in GB, within what a container may use; None if that isn't told."""
    free = None
    if MEMINFO.is_file():
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024 / 1e9
    if CONTAINER.is_file():
        limit = CONTAINER.read_text().strip()
        if limit.isdigit():
            used = CONTAINER.with_name("memory.current")
            taken = int(used.read_text()) if used.is_file() else 0
            left = max(0, int(limit) - taken) / 1e9
            free = left if free is None else min(free, left)
    return free


def _elsewhere(what: str) -> str:
    return {
        "models": "FACELIB_HOME may name another folder.",
        "this folder": "Run studies elsewhere: --store names the folder.",
    }.get(what, "TMPDIR may name another folder.")
