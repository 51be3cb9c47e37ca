"""One call of a function of one's own: with a time limit, and watched for what it sends away."""

from __future__ import annotations

import ipaddress
import sys
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from typing import Any, Final

from facelib.errors import FunctionError, UnavailableError
from facelib.utilities.progress import Stop, check_stop
from facelib.utilities.wording import duration

LOOK: Final = 0.1  # seconds between two looks whether the work should stop
MOST_HANGING: Final = (
    4  # calls left alone, of all functions of a process: a thread each, which can't be ended
)

SENDING: Final = frozenset(
    {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
)
"""What Python says of connections before they are made (its audit events)."""

_watched = threading.local()
_hanging: list[threading.Thread] = []


def call(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    *,
    name: str,
    seconds: float,
    sends: bool,
    stop: Stop | None = None,
) -> Any:
    """Call a function once in a thread of its own, and return what it answers.

    Parameters
    ----------
    function, given
        What is called, with what.
    name
        Of the function, for messages.
    seconds
        Time limit.
    sends
        Whether it may open connections to other machines.
    stop
        Asked while it runs.

    Raises
    ------
    FunctionError
        It raised, needs more time, or opened a connection that it may not.
    UnavailableError
        Earlier calls hang still.
    Cancelled
        If `stop` answered True; the call is left alone.
    """
    _hanging[:] = [thread for thread in _hanging if thread.is_alive()]
    if len(_hanging) >= MOST_HANGING:
        msg = (
            f"{len(_hanging)} calls of functions hang, and a thread can't be ended, so {name} isn't called "
            "again in this process. What was answered is kept. Start Python again, with a function that ends."
        )
        raise UnavailableError(msg)
    running = _Call(function, given, sends=sends)
    running.start()
    try:
        if not running.wait(seconds, stop):
            _hanging.append(running.thread)
            msg = (
                f"{name} hasn't answered within {_limit(seconds)}; the call is left alone. A larger time "
                "limit is seconds=."
            )
            raise FunctionError(msg)
    except BaseException:
        if running.thread not in _hanging:
            _hanging.append(running.thread)
        raise
    if running.sent:
        raise FunctionError(_sent(name, running.sent[0]))
    if running.error is not None:
        msg = f"{name} failed: {_said(running.error)}"
        raise FunctionError(msg) from running.error
    return running.answer


class _Call:
    """A call in a thread, with its answer or its error."""

    def __init__(self, function: Callable[..., Any], given: tuple[Any, ...], *, sends: bool) -> None:
        self.answer: Any = None
        self.error: BaseException | None = None
        self.sent: list[str] = []
        self._ended = threading.Event()
        context = copy_context()

        def run() -> None:
            _watched.sent = None if sends else self.sent
            try:
                self.answer = context.run(function, *given)
            except BaseException as error:  # sys.exit() in it ends this call, not the study
                self.error = error
            finally:
                self._ended.set()

        if not sends:
            _watch()
        self.thread = threading.Thread(target=run, name="facelib-function", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def wait(self, seconds: float, stop: Stop | None) -> bool:
        """Wait for the end; return whether it came in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._ended.wait(left if stop is None else min(left, LOOK)):
                return True
            check_stop(stop)
        return self._ended.is_set()


def pause(seconds: float, stop: Stop | None = None) -> None:
    """Wait, and raise `Cancelled` as soon as the work should stop."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check_stop(stop)
        time.sleep(left if stop is None else min(left, LOOK))


@cache
def _watch() -> None:
    """Watch connections from now on: in threads that call a function that may open none, they are refused."""
    sys.addaudithook(_refuse)


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event not in SENDING:
        return
    sent = getattr(_watched, "sent", None)
    if sent is None:
        return
    place = given[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else given[1]
    if not stays_here(place):
        sent.append(_host(place))
        msg = f"It may not open a connection to {sent[0]}."
        raise FunctionError(msg)


def stays_here(place: object) -> bool:
    """Return whether an address is one of this machine.

    Parameters
    ----------
    place
        Of a socket: host and port, a path of this machine, or a host.

    Examples
    --------
    >>> stays_here(("127.0.0.1", 80)), stays_here("localhost"), stays_here("/run/x"), stays_here("a.org")
    (True, True, True, False)
    """
    host = place[0] if isinstance(place, tuple) and place else place
    text = host.decode("utf-8", "replace") if isinstance(host, bytes) else host
    if text is None or text in ("", "localhost"):
        return True
    if not isinstance(text, str):
        return False
    if not isinstance(place, tuple) and text[:1] in ("/", "\0", "."):
        return True  # a socket of this machine, by its path
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _host(place: object) -> str:
    host = place[0] if isinstance(place, tuple) and place else place
    return f"{host.decode('utf-8', 'replace') if isinstance(host, bytes) else host!s}"[:60]


def _sent(name: str, host: str) -> str:
    return (
        f"{name} opened a connection to {host}, and was stopped: pictures stay on this machine unless it is "
        f"said that they leave. If that is meant: sends_pictures=True, host={host!r}, version=… of its model."
    )


def _said(error: BaseException) -> str:
    """Return the kind of an error and the first line of its message."""
    try:
        lines = str(error).splitlines()
    except Exception:  # a stranger's error
        lines = []
    return f"{type(error).__name__}{f': {lines[0][:300]}' if lines else ''}"


def _limit(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else f"{seconds:g} s"
