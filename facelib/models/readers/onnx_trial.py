"""Trial run of an untrusted ONNX graph in a process of its own, with limits.

The process ends by itself when it needs too much, so a file that would hang or fill the memory is an error
here and nothing else. On Linux it can't write files, reach the network or start programs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from facelib.errors import BadModelError
from facelib.models.readers.confined import confine

SECONDS = 30
"""Of processor time for the whole trial: two pictures, one after the other and together."""
MEMORY = 4 * 2**30
"""Bytes besides the weights."""
_PATIENCE = 120  # seconds on the clock, on a machine that does much else
_WEIGHTS = 4  # copies of the content that loading it takes
_FAILED, _TOO_LARGE = 3, 4  # how the trial's process ends
_WAY_OUT = "If you know its maker and it needs that much, pass trust=True; it is then run without this trial."


def try_alone(content: bytes, shape: Sequence[int], name: str) -> None:
    """Run a graph on noise in a process of its own.

    Parameters
    ----------
    content
        The graph, as onnxruntime takes it.
    shape
        Of one picture, without the batch.
    name
        Of its file, for messages.

    Raises
    ------
    BadModelError
        It can't be run, or needs more time or memory than the limits.
    """
    limits = [SECONDS, MEMORY + _WEIGHTS * len(content), *shape]
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", __name__, *map(str, limits)],
            input=content,
            capture_output=True,
            timeout=_PATIENCE,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadModelError(_too_slow(name, _PATIENCE)) from None
    except OSError as error:
        msg = f"{name} can't be tried out in a process of its own: {error.strerror}."
        raise BadModelError(msg) from error
    if ended.returncode == _TOO_LARGE:
        msg = f"{name} needs more than {MEMORY / 2**30:.0f} GB of memory to run one picture. {_WAY_OUT}"
        raise BadModelError(msg)
    if -ended.returncode in _ENDED_BY_TIME:
        raise BadModelError(_too_slow(name, SECONDS))
    if ended.returncode < 0:
        msg = (
            f"{name} broke the process that tried it out (signal {-ended.returncode}): it needs more than "
            f"{MEMORY / 2**30:.0f} GB of memory, or it is damaged; it isn't run."
        )
        raise BadModelError(msg)
    if ended.returncode:
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        msg = f"onnxruntime can't run {name}: {lines[-1] if lines else 'it says nothing'}"
        raise BadModelError(msg)


_ENDED_BY_TIME = (9, 24)  # killed by the limit, or warned by it (SIGXCPU)


def _too_slow(name: str, seconds: int) -> str:
    return f"{name} needs more than {seconds} s of processor time to run one picture. {_WAY_OUT}"


def _environment() -> dict[str, str]:
    """Return the environment of the trial: the same packages, one thread, no telemetry."""
    root = str(Path(__file__).resolve().parents[3])
    folders = [folder for folder in sys.path if folder]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(folders if root in folders else [root, *folders]),
        "ORT_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": "1",
    }


def main(arguments: Sequence[str]) -> int:
    """Run the graph that `try_alone` sends to this process; return the exit code."""
    seconds, memory, *shape = map(int, arguments)
    import numpy as np
    import onnxruntime  # noqa: F401 - loaded before the limits hold

    from facelib.models.readers.onnx import OnnxGraph

    pictures = np.random.default_rng(20240412).random((2, *shape), np.float32)
    confine(seconds, memory)
    try:
        graph = OnnxGraph(sys.stdin.buffer.read())
        graph(pictures[:1])
        try:
            graph(pictures)
        except Exception as error:
            if _for_memory(error):  # any other reason: a batch of one is written into the graph
                raise
    except Exception as error:  # onnxruntime has kinds of errors of its own
        sys.stderr.write(str(error).strip().split("\n", maxsplit=1)[0])
        return _TOO_LARGE if _for_memory(error) else _FAILED
    return 0


def _for_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(
        word in str(error).lower() for word in ("bad_alloc", "bad allocation", "allocate memory")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
