"""A network from a stranger's file, read and run in a child process with limits.

The child has a limit of time and of memory. On Linux it can't write a file, reach the network or start a
program; where the kernel has Landlock (`facelib.models.landlock`), it can't open one either: the stranger's
file comes through a pipe and is never on the disk. Whatever it does there, an endless computation or a
crash, ends as an error here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from facelib.errors import BadModelError, BadValueError, FacelibError
from facelib.models.architectures import ARCHITECTURES, network_of, outputs_of
from facelib.models.readers.confined import confine
from facelib.models.readers.onnx_trial import MEMORY
from facelib.utilities.content import Held

Rows = npt.NDArray[np.float32]

LARGEST: Final = 120_000_000
"""Bytes of a file; ResNet-50 has 103 million (our choice)."""
SECONDS: Final = 120
"""Of processor time that a child has for all that it reads (our choice)."""
PATIENCE: Final = 180.0
"""Seconds on the clock for one answer (our choice)."""
FEWEST, MOST = 2, 30  # outputs (our choice)
USUAL_SIZE: Final = 224  # px, where a file leaves it open
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {".onnx": "ONNX", ".tflite": "TensorFlow Lite", ".safetensors": "safetensors"}
)
"""Endings of the files that are taken, and what they are called."""

_BEGINS: Final[Mapping[str, re.Pattern[bytes]]] = MappingProxyType(
    {
        ".onnx": re.compile(rb"(?!PK\x03\x04|\x80[\x02-\x05])", re.DOTALL),
        ".tflite": re.compile(rb".{4}TFL3", re.DOTALL),
        ".safetensors": re.compile(rb".{8}\{", re.DOTALL),
    }
)
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        ".onnx": ("onnxruntime", "facelib.models.readers.onnx_graph", "onnx2torch", "onnx.inliner"),
        ".tflite": ("facelib.models.readers.tflite",),
        ".safetensors": (
            "torchvision",
            "safetensors.torch",
            "facelib.models.readers.network",
            "facelib.models.readers.trial",
            "facelib.models.readers.weights",
        ),
    }
)
_HEADER: Final = struct.Struct("<IQ")  # bytes of the words, and of the numbers after them
_MOST_WORDS: Final = 65_536
_COPIES: Final = 4  # of the file that reading it takes
_AT_ONCE: Final = 4  # pictures
_ENDED_BY_TIME: Final = (9, 24)  # killed by the limit, or warned by it (SIGXCPU)
_PROGRAM: Final = (
    "{name} isn't taken: a file of weights or a graph is needed ({kinds}). TorchScript, pickled and other "
    "files can be programs."
)


@dataclass(frozen=True)
class About:
    """What a file says of its network.

    Attributes
    ----------
    channels, size
        Of the pictures that it takes: 1 or 3; side in px.
    any_size
        Whether the file leaves the size open; `size` is then the one that it was read with.
    outputs
        Their number.
    returns
        "logits", or "probabilities" where what it returns looks like them.
    ending
        "softmax" or "sigmoid" that stood at the end and was taken off; "" if none did.
    network
        In words.
    architecture
        Of weights alone, as in `ARCHITECTURES`; "" for a graph.
    no_maps
        Why there are no class activation maps; "" if there are.
    """

    channels: int
    size: int
    any_size: bool
    outputs: int
    returns: Literal["logits", "probabilities"]
    ending: Literal["", "softmax", "sigmoid"]
    network: str
    architecture: str = ""
    no_maps: str = ""


class Sandbox:
    """A child process that holds the network of one file and runs it on pictures.

    Parameters
    ----------
    name
        Of the file; its ending says what it is (`KINDS`).
    content
        The file.
    architecture
        Of weights alone: one of `ARCHITECTURES`; None: the first whose weights have these names and shapes.
    size
        Side of the pictures where the file leaves it open, px; None: 224.

    Attributes
    ----------
    about
        What the file says of its network.

    Raises
    ------
    BadValueError
        The file is of another kind or too large, or the architecture isn't known.
    BadModelError
        It is damaged, isn't a network that takes one picture and returns one row of 2 to 30 finite numbers,
        or needs more time or memory than the limits; nothing of it is kept.

    Examples
    --------
    >>> with Sandbox("net.onnx", b"nonsense") as network:
    ...     network.rows(pictures)
    Traceback (most recent call last):
    facelib.errors.BadModelError: net.onnx can't be read as an ONNX network: Error parsing message ...
    """

    def __init__(
        self, name: str, content: bytes, *, architecture: str | None = None, size: int | None = None
    ) -> None:
        self.name = plain_name(name)
        check_file(self.name, content)
        if architecture is not None and architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            msg = f"The architecture is one of {known}; got {str(architecture)[:60]!r}."
            raise BadValueError(msg)
        self._ended = ""  # why there is no child any more
        memory = MEMORY + _COPIES * len(content)
        asked = {"name": self.name, "architecture": architecture, "size": size, "memory": memory}
        self._child = _start(asked, content)
        try:
            words, _ = self._answer()
        except BaseException:
            self.close()
            raise
        self.about = About(**words)

    def rows(self, pictures: npt.ArrayLike) -> Rows:
        """Return the network's outputs.

        Parameters
        ----------
        pictures
            float32 (N, C, h, w), prepared as the network was trained.

        Returns
        -------
        float32 (N, K)

        Raises
        ------
        BadModelError
            It needed too much time or memory, broke, or returned numbers that aren't finite.
        """
        given = np.ascontiguousarray(pictures, np.float32)
        self._say({"shape": given.shape}, given.tobytes())
        _, numbers = self._answer()
        if len(numbers) != 4 * len(given) * self.about.outputs:
            msg = f"{self.name} returned another number of outputs than before; it isn't used."
            raise BadModelError(msg)
        rows = np.frombuffer(numbers, np.float32).reshape(len(given), self.about.outputs)
        if not np.isfinite(rows).all():
            msg = f"{self.name} returns numbers that aren't finite: its weights are damaged."
            raise BadModelError(msg)
        return rows

    def close(self) -> None:
        """End the child."""
        self._ended = self._ended or f"{self.name} was put away."
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _say(self, words: object, numbers: bytes = b"") -> None:
        if self._ended:
            raise BadModelError(self._ended)
        with contextlib.suppress(OSError):  # it has ended: the answer says why
            _write(_pipe(self._child.stdin), words, numbers)

    def _answer(self) -> tuple[dict[str, Any], bytes]:
        """Return what the child says; raise what it couldn't do, or how it ended."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._child.kill()

        clock = threading.Timer(PATIENCE, end)
        clock.start()
        try:
            words, numbers = _read(_pipe(self._child.stdout), 4 * MOST * 4096)
        except (OSError, ValueError, EOFError):
            self._ended = self._reason(late=late.is_set())
            self.close()
            raise BadModelError(self._ended) from None
        finally:
            clock.cancel()
        if "error" in words:
            self._ended = f"{words['error']}"[:600]
            self.close()
            raise BadModelError(self._ended)
        return words, numbers

    def _reason(self, *, late: bool) -> str:
        """Say how the child ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(5)
        code = self._child.returncode
        if late or (code is not None and -code in _ENDED_BY_TIME):
            return (
                f"{self.name} needed more than {SECONDS} s of processor time, or {PATIENCE:.0f} s for an "
                "answer. It was ended, and isn't used."
            )
        how = f"signal {-code}" if code is not None and code < 0 else f"exit {code}"
        return (
            f"{self.name} broke the process that tried it out ({how}): it needs more than "
            f"{MEMORY / 2**30:.0f} GB of memory, or it is damaged. It isn't used."
        )


def plain_name(name: str) -> str:
    r"""Return the name of a file without its folder, of letters, digits and ``. _ -`` only, 60 at most.

    Examples
    --------
    >>> plain_name(r"C:\nets\my <b>net.onnx"), plain_name("../../etc/passwd")
    ('my_b_net.onnx', 'passwd')
    """
    last = re.split(r"[\\/]", str(name))[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "_", last)[-60:].strip("._") or "network"


def check_file(name: str, content: bytes) -> None:
    """Raise `BadValueError` unless a file is of a kind that is taken, by its name and by how it begins."""
    suffix = Path(name).suffix.lower()
    kinds = ", ".join(f"{word} ({ending})" for ending, word in KINDS.items())
    if suffix not in KINDS or not _BEGINS[suffix].match(content):
        raise BadValueError(_PROGRAM.format(name=name, kinds=kinds))
    if len(content) > LARGEST:
        msg = f"{name} has {len(content) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are taken."
        raise BadValueError(msg)


def _start(asked: Mapping[str, Any], content: bytes) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    folders = [folder for folder in sys.path if folder]
    alone = {
        "PYTHONPATH": os.pathsep.join(folders if root in folders else [root, *folders]),
        "ORT_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": "1",
    }
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **alone},
    )
    with contextlib.suppress(OSError):
        _write(_pipe(child.stdin), asked, content)
    return child


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe


def _write(pipe: IO[bytes], words: object, numbers: bytes = b"") -> None:
    text = json.dumps(words).encode()
    pipe.write(_HEADER.pack(len(text), len(numbers)) + text + numbers)
    pipe.flush()


def _read(pipe: IO[bytes], most: int) -> tuple[dict[str, Any], bytes]:
    """Return the words and numbers of one message; the one who sends may lie about their length."""
    head = pipe.read(_HEADER.size)
    if len(head) < _HEADER.size:
        raise EOFError
    length, count = _HEADER.unpack(head)
    if length > _MOST_WORDS or count > most:
        raise ValueError("the message is too long")
    words, numbers = json.loads(pipe.read(length)), pipe.read(count)
    if not isinstance(words, dict) or len(numbers) < count:
        raise EOFError
    return words, numbers


# --- in the child


def main() -> int:
    """Read the file that the parent sends, then answer pictures with outputs; return the exit code."""
    given = os.fdopen(os.dup(0), "rb")
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    try:
        asked, content = _read(given, LARGEST)
    except EOFError:
        return 1
    import torch

    torch.set_num_threads(1)
    file = Held(asked["name"], content)
    _import_all(file.suffix.lower())
    confine(SECONDS, asked["memory"])
    try:
        network, about = _network(file, asked["architecture"], asked["size"])
        _write(told, asdict(about))
        for words, numbers in _messages(given):
            pictures = torch.frombuffer(bytearray(numbers), dtype=torch.float32).reshape(words["shape"])
            with torch.no_grad():
                parts = [network(part) for part in torch.split(pictures, _AT_ONCE)]
            _write(told, {}, np.ascontiguousarray(torch.cat(parts).numpy(), np.float32).tobytes())
    except Exception as error:  # whatever an untrusted network raises
        _write(told, {"error": _words(error, file.name)})
        return 1
    return 0


def _messages(pipe: IO[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    with contextlib.suppress(EOFError):
        while True:
            yield _read(pipe, 2**31)


def _import_all(suffix: str) -> None:
    """Load what reads such files before the limits hold: nothing can be imported then.

    Torch imports `torch._dynamo` when it first runs some layers, and looks up the processor in a file of the
    system.
    """
    for name in (*_NEEDED[suffix], "torch._dynamo"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    from torch.backends import nnpack

    nnpack.is_available()  # type: ignore[no-untyped-call]


def _words(error: Exception, name: str) -> str:
    text = str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
    short = isinstance(error, MemoryError) or any(
        word in text.lower() for word in ("bad_alloc", "bad allocation", "allocate memory")
    )
    if short:
        return f"{name} needs more than {MEMORY / 2**30:.0f} GB of memory. It isn't used."
    return text if isinstance(error, FacelibError) else f"{name} can't be run: {text}"


def _network(file: Held, architecture: str | None, size: int | None) -> tuple[Any, About]:
    """Read a file by the reader of its kind, and see what it takes and returns."""
    from facelib.models.readers.network import FileNetwork

    found: FileNetwork
    found, known, any_size = _READERS[file.suffix.lower()](file, architecture, size)
    channels, height, width = found.shape
    if height != width or channels not in (1, 3):
        taken = " × ".join(map(str, found.shape))
        msg = f"{file.name} takes pictures of {taken}; square ones, gray or in three colours, are handled."
        raise BadModelError(msg)
    import torch

    from facelib.models.readers.trial import noise

    with torch.no_grad():
        outputs = int(found.network(noise(found.shape, 1)).shape[1])
    if not FEWEST <= outputs <= MOST:
        plural = "output" if outputs == 1 else "outputs"
        msg = f"{file.name} has {outputs:,} {plural}; {FEWEST} to {MOST} are handled, one for each emotion."
        raise BadModelError(msg)
    return found.network, About(
        channels, width, any_size, outputs, found.outputs, found.ending, found.description, known,
        found.no_gradient,
    )  # fmt: skip


def _read_onnx(file: Held, _architecture: str | None, size: int | None) -> tuple[Any, str, bool]:
    from facelib.models.readers.onnx_file import read_onnx
    from facelib.models.readers.onnx_graph import read_onnx_network

    try:
        read_onnx(file)
        any_size = False
    except BadModelError as error:
        if "pictures of any size" not in str(error):
            raise
        any_size = True
    # Its trial in a process of its own is left out: this is one.
    return read_onnx_network(file, size=size or USUAL_SIZE, trust=True), "", any_size


def _read_tflite(file: Held, _architecture: str | None, _size: int | None) -> tuple[Any, str, bool]:
    from facelib.models.readers.tflite import read_tflite_network

    return read_tflite_network(file), "", False


def _read_weights(file: Held, architecture: str | None, size: int | None) -> tuple[Any, str, bool]:
    from facelib.models.readers.network import FileNetwork
    from facelib.models.readers.trial import are_probabilities, try_out
    from facelib.models.readers.weights import load_into, read_weights

    weights = read_weights(file)
    candidates: Sequence[str] = ARCHITECTURES if architecture is None else (architecture,)
    counts = ((name, outputs_of(name, weights)) for name in candidates)
    known, outputs = next(((name, count) for name, count in counts if count), ("", 0))
    if not known:
        whose = "any architecture of the list" if architecture is None else architecture
        msg = (
            f"{file.name} holds weights, but not those of {whose}: their names or shapes differ. Save the "
            "network as ONNX instead: torch.onnx.export."
        )
        raise BadModelError(msg)
    network = network_of(known, outputs)
    load_into(network, weights)
    shape = (3, size or USUAL_SIZE, size or USUAL_SIZE)
    network = network.eval().requires_grad_(requires_grad=False)
    answers = try_out(network, shape, file.name)
    returns: Literal["logits", "probabilities"] = "probabilities" if are_probabilities(answers) else "logits"
    return FileNetwork(network, shape, returns, "", f"{known} of torchvision"), known, True


_READERS: Final[Mapping[str, Callable[[Held, str | None, int | None], tuple[Any, str, bool]]]] = (
    MappingProxyType({".onnx": _read_onnx, ".tflite": _read_tflite, ".safetensors": _read_weights})
)


if __name__ == "__main__":
    sys.exit(main())
