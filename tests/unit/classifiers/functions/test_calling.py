"""Calls of functions that raise, hang, end the process, or send something away unasked."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from facelib.classifiers.functions import calling
from facelib.classifiers.functions.calling import MOST_HANGING, call, pause, stays_here
from facelib.errors import Cancelled, FunctionError, UnavailableError

ELSEWHERE = "192.0.2.7"  # of no machine: set aside for documentation (RFC 5737)


@pytest.fixture(autouse=True)
def release() -> Iterator[threading.Event]:
    """What functions wait for in these tests, so that none hangs longer than its test."""
    event = threading.Event()
    yield event
    event.set()
    for thread in list(calling._hanging):
        thread.join(5)
    calling._hanging.clear()


def called(function: Callable[..., Any], *given: Any, **how: Any) -> Any:
    return call(function, given, **({"name": "ask", "seconds": 5.0, "sends": False} | how))


def test_an_answer_comes_back() -> None:
    assert called(lambda one, other: one + other, 2, 3) == 5


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda: 1 / 0, "ask failed: ZeroDivisionError: division by zero"),
        (lambda: sys.exit(3), "ask failed: SystemExit: 3"),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt()), "ask failed: KeyboardInterrupt"),
        (lambda needed: needed, "ask failed: TypeError: .*missing 1 required"),
    ],
)
def test_what_it_raises_is_named_and_the_process_goes_on(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(FunctionError, match=words):
        called(function)


@pytest.mark.thorough
def test_one_that_hangs_is_left_alone_in_time(release: threading.Event) -> None:
    begun = time.monotonic()
    with pytest.raises(FunctionError, match=r"hasn't answered within 0\.2 s; the call is left alone"):
        called(release.wait, 30, seconds=0.2)
    assert time.monotonic() - begun < 2


@pytest.mark.thorough
def test_threads_that_hang_are_few(release: threading.Event) -> None:
    for _ in range(MOST_HANGING):
        with pytest.raises(FunctionError):
            called(release.wait, 30, seconds=0.01)
    with pytest.raises(UnavailableError, match=f"{MOST_HANGING} calls of functions hang"):
        called(lambda: 1)
    release.set()
    time.sleep(0.1)
    assert called(lambda: 1) == 1  # they have ended


@pytest.mark.thorough
def test_a_stop_ends_the_waiting_at_once(release: threading.Event) -> None:
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        called(release.wait, 30, seconds=60, stop=lambda: time.monotonic() > begun + 0.2)
    with pytest.raises(Cancelled):
        pause(60, lambda: time.monotonic() > begun + 0.3)
    assert time.monotonic() - begun < 3


def connects() -> str:
    socket.create_connection((ELSEWHERE, 443), timeout=0.2)
    return "connected"


def looks_up() -> str:
    socket.getaddrinfo("api.example.com", 443)
    return "looked up"


def hides() -> list[float]:
    with contextlib.suppress(Exception):
        connects()
    return [1.0]


def sends_a_packet() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return one.sendto(b"a face", (ELSEWHERE, 9))


@pytest.mark.parametrize(
    ("function", "host"),
    [(connects, ELSEWHERE), (looks_up, "api.example.com"), (hides, ELSEWHERE), (sends_a_packet, ELSEWHERE)],
)
def test_a_connection_that_was_not_declared_is_stopped(function: Callable[[], Any], host: str) -> None:
    with pytest.raises(
        FunctionError, match=rf"opened a connection to {host}, and was stopped.*sends_pictures=True"
    ):
        called(function)


def test_this_machine_may_be_asked_and_others_are_not_watched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = server.getsockname()
        assert called(lambda: bool(socket.create_connection(place, 1).close()) is False)

    def announces() -> int:  # what Python says before it connects, without a connection
        sys.audit("socket.connect", None, (ELSEWHERE, 443))
        return 1

    with pytest.raises(FunctionError, match="was stopped"):
        called(announces)
    assert called(announces, sends=True) == announces() == 1


@pytest.mark.parametrize(
    ("place", "here"),
    [
        (("::1", 80, 0, 0), True), ("", True), (None, True), (b"/run/a.sock", True), ("\0abstract", True),
        (("10.0.0.1", 80), False), ("localhost.example.com", False), (("/etc", 80), False), ((3, 4), False),
        ("127.0.0.1.example.com", False), (("fe80::1%lo", 1), False),
    ],
)  # fmt: skip
def test_addresses_of_this_machine(place: object, here: bool) -> None:
    assert stays_here(place) == here
