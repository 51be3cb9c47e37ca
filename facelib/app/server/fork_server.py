"""Kernels that start at once: forked from a process that has imported what a page needs (Linux only).

A new Python takes seconds to import it and has a copy of all of it to itself; one that is forked has it there
and shares the memory. Nothing but imports happens before a fork: threads and random numbers begin after it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import queue
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

LAUNCHER: Final = "ipykernel_launcher"
COMMS: Final = (
    "import ipywidgets; ipywidgets.register_comm_target(); del ipywidgets"  # no kernel, none at import
)
NAME: Final = "facelib-kernel"  # what `ps -e` and `top` show
ALONE: Final = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Else pyarrow's allocator starts a thread as soon as it is imported; what is forked has one thread only."""
USABLE: Final = sys.platform == "linux"  # macOS' own libraries don't bear a fork


class ForkServerError(RuntimeError):
    """The server of forked kernels has ended."""


def kernel_arguments(command: Sequence[str]) -> list[str] | None:
    """Return the arguments of a kernel of this Python; None for any other command.

    >>> kernel_arguments([sys.executable, "-m", "ipykernel_launcher", "-f", "kernel.json"])
    ['-f', 'kernel.json']
    >>> kernel_arguments(["/usr/bin/R", "--slave"])
    """
    if LAUNCHER not in command or not os.path.exists(command[0]):
        return None
    same = os.path.samefile(command[0], sys.executable)
    return list(command[command.index(LAUNCHER) + 1 :]) if same else None


class ForkedKernel:
    """A kernel that isn't our child, with what a `subprocess.Popen` has that `jupyter_client` asks for.

    Attributes
    ----------
    pid
        Of its process, which leads its own group.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, server: ForkServer) -> None:
        self.pid = pid
        self._server = server

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._server.ended(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; return its exit code."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(NAME, timeout or 0.0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Starts kernels by forking; ends, and they with it, when this process ends, however it does.

    Parameters
    ----------
    variables
        Environment variables that must be there when a process begins.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **ALONE, **variables},
                start_new_session=True,  # Ctrl-C in a terminal isn't for it
            )
        self._socket = ours
        self._asking = Lock()
        self._answers: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._codes: dict[int, int] = {}
        self._gone = False
        self._listener = Thread(target=self._listen, name="facelib-forks", daemon=True)
        self._listener.start()

    def start(self, arguments: Sequence[str], env: Mapping[str, str], cwd: str) -> ForkedKernel:
        """Start a kernel; the first time this waits for the imports.

        Raises
        ------
        ForkServerError
            If the server has ended.
        """
        order = {"arguments": list(arguments), "env": dict(env), "cwd": cwd}
        pid = None
        with self._asking, contextlib.suppress(OSError):
            if not self._gone:
                self._socket.sendall(json.dumps(order).encode() + b"\n")
                pid = self._answers.get()
        if pid is None:
            msg = "The process that kernels are forked from has ended."
            raise ForkServerError(msg)
        return ForkedKernel(pid, self)

    def ended(self, pid: int) -> int | None:
        """Return the exit code of a kernel; None while it runs."""
        return self._codes.get(pid, 1 if self._gone else None)

    def close(self) -> None:
        """End the server, and the kernels that still run."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.process.kill()  # it may be importing, and would notice seconds later
        self.process.wait(10)
        self._listener.join()
        self._socket.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._socket.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                told = json.loads(line)
                if "code" in told:
                    self._codes[told["pid"]] = told["code"]
                else:
                    self._answers.put(told["pid"])
        self._gone = True
        self._answers.put(None)


def serve(place: socket.socket, parent: int) -> dict[str, Any] | None:
    """Fork a kernel for each order that arrives; return the order in the kernel, and None at the end.

    The end is when the parent process has gone: orders that it has left are nobody's.
    """
    here = os.getpid()
    wake, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    Path("/proc/self/comm").write_text("facelib-forks")
    kept = b""
    while True:
        ready, _, _ = select.select([place, wake], [], [])
        if wake in ready:
            wake.recv(4096)
            _tell_ended(place)
        if place not in ready:
            continue
        arrived = place.recv(65536)
        if not arrived or os.getppid() != parent:
            return None
        *orders, kept = (kept + arrived).split(b"\n")
        for order in orders:
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (place, wake, wakes):
                    one.close()
                return {**json.loads(order), "parent": here}
            place.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def _tell_ended(place: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            told = {"pid": pid, "code": os.waitstatus_to_exitcode(status)}
            place.sendall(json.dumps(told).encode() + b"\n")


def become(order: Mapping[str, Any]) -> None:
    """Be the kernel that was ordered, as if Python had started it."""
    import numpy as np

    os.setsid()
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    Path("/proc/self/comm").write_text(NAME)
    # Else a visitor's own code draws the same numbers in each session. Python's own generator is seeded anew
    # by the fork itself; keys, tokens and ids are drawn by the system.
    np.random.seed()  # noqa: NPY002
    if (torch := sys.modules.get("torch")) is not None:
        torch.seed()
    options = {"exec_lines": COMMS, "parent_handle": order["parent"]}  # it looks whether the server lives
    own = [f"--IPKernelApp.{name}={value}" for name, value in options.items()]
    sys.argv = [LAUNCHER, *order["arguments"], *own]
    logging.getLogger("tornado.general").addFilter(_lives)
    runpy.run_module(LAUNCHER, run_name="__main__", alter_sys=True)


def _lives(record: logging.LogRecord) -> bool:
    """Drop the traceback of what a kernel still wanted to send when it was ended."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, RuntimeError) and "during shutdown" in str(error))


def main() -> None:
    """Import what a page needs, then serve."""
    place = socket.socket(fileno=int(sys.argv[1]))
    import ipykernel.ipkernel
    import ipykernel.kernelapp

    from facelib.app import layout
    from facelib.app.explorer.state import Explorer
    from facelib.app.server import precompile as warm
    from facelib.classifiers import names
    from facelib.classifiers.classifier import single_threaded

    warm.imports()
    assert ipykernel.kernelapp, layout
    single_threaded()
    with contextlib.suppress(Exception):  # the page itself says what is wrong
        # Its first picture: networks, geometry, what is compiled for them. What a visitor's own network
        # starts (threads, a graphics card) would not outlive a fork.
        first = Explorer(tuple(names(kind="pretrained")), background=False)
        first.start()
        first.close()
    gc.collect()
    gc.freeze()  # what is shared stays shared: looking through it for garbage would copy it
    order = serve(place, int(sys.argv[2]))
    if order is not None:
        become(order)


if __name__ == "__main__":
    main()
