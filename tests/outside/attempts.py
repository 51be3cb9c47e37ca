"""Attempts to read a stranger's file, each in a process of its own with a limit on processor time.

Run as a program it loads facelib once, then answers one line of JSON for each that comes in. Every attempt is
a copy of that program (fork), so that none hangs the tests, fills their memory or is helped by another.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20  # of processor time for one attempt; what one takes depends on the machine, so there is room
WAITS = 300  # seconds on the clock, for what waits and takes no time of the processor
MEMORY = 1_000_000_000  # bytes at its peak, with facelib and torch
SPACE = 6 * 2**30  # bytes of addresses, so that what fills the memory doesn't fill the machine's
TRIAL = 3  # seconds of processor time that an ONNX file gets for its trial

SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    error: str
    own: bool
    message: str
    signal: int
    memory: int

    def refused(self) -> bool:
        """Whether it ended as it should: by an error of facelib, in time and in little memory."""
        return self.own and self.signal == 0 and self.memory < MEMORY


class Attempts:
    """The program that makes attempts."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, what: str, path: Path, **options: Any) -> Outcome:
        """Attempt something with a file; nothing may change beside it."""
        before = _tree(path.parent)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, str(path), options]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert _tree(path.parent) == before, "files were written, changed or removed"
        return Outcome(**answer)


@contextmanager
def started(folder: Path) -> Iterator[Attempts]:
    """Start the program, in a folder of its own."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-W", "ignore", __file__]
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        yield Attempts(process)
        assert process.stdin is not None
        process.stdin.close()


def _tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the files and folders below one, each with its size and when it was changed."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        found[str(path)] = (0 if path.is_dir() else about.st_size, about.st_mtime_ns)
    return found


def _classifier(path: str, *, factory: bool = False, **options: Any) -> None:
    from torch import nn

    from facelib.classifiers import Preparation, own

    if factory:
        options["factory"] = lambda: nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))
    made = own(path, labels=SEVEN, preparation=Preparation(48, "gray", 127.5, 127.5), **options)
    import numpy as np

    made.logits(np.full((1, 60, 60, 3), 200, np.uint8), np.array([0.0, 0, 60, 60]))


def _generator(path: str, *, factory: bool = False) -> None:
    from torch import nn

    from facelib.restoration.generator import own

    own(path, size=64, factory=nn.Identity if factory else None)


def _faces(make: str) -> Callable[..., None]:
    def attempt(path: str, **options: Any) -> None:
        from facelib.faces import FaceSet

        faces = getattr(FaceSet, make)(path, detect=False, **options)
        for number in range(len(faces)):
            faces[number]

    return attempt


def _study(path: str) -> None:
    from facelib.studies.declared.declaration import load_study

    load_study(path)


def _plan(path: str) -> None:
    from facelib.studies.declared.declaration import load_study

    load_study(path).plan()


def _open(path: str) -> None:
    from facelib.studies import open_study

    open_study(path)


def _signals(path: str) -> None:
    from facelib.semg import read_signals

    read_signals(path, rate=1000)


def _units(path: str) -> None:
    from facelib.semg.dataset import read_units

    read_units(Path(path))


ATTEMPTS: dict[str, Callable[..., None]] = {
    "classifier": _classifier,
    "generator": _generator,
    "zip": _faces("from_zip"),
    "folder": _faces("from_folder"),
    "study": _study,
    "plan": _plan,
    "open": _open,
    "signals": _signals,
    "units": _units,
}


def _attempt(what: str, path: str, options: dict[str, Any]) -> dict[str, Any]:
    """Make one attempt in this process, and say how it ended."""
    from facelib.errors import FacelibError

    try:
        ATTEMPTS[what](path, **options)
    except BaseException as error:
        return {
            "error": type(error).__name__,
            "own": isinstance(error, FacelibError),
            "message": str(error)[:2000],
        }
    return {"error": "", "own": False, "message": ""}


def _forked(what: str, path: str, options: dict[str, Any]) -> dict[str, Any]:
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
        signal.alarm(WAITS)
        with os.fdopen(send, "w") as stream:
            json.dump(_attempt(what, path, options), stream)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as stream:
        text = stream.read()
    _, status, used = os.wait4(child, 0)
    answer = json.loads(text) if text else {"error": "no answer", "own": False, "message": ""}
    return answer | {"signal": os.waitstatus_to_exitcode(status), "memory": used.ru_maxrss * 1024}


def main() -> None:
    """Answer what comes in, line by line."""
    import facelib.classifiers
    import facelib.faces
    import facelib.models.readers.onnx_graph
    import facelib.restoration.generator
    import facelib.studies.declared.declaration

    facelib.models.readers.onnx_trial.SECONDS = TRIAL
    for line in sys.stdin:
        what, path, options = json.loads(line)
        sys.stdout.write(json.dumps(_forked(what, path, options)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
