"""Callbacks that fail say so in their panel, in words, and never as a traceback."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from types import SimpleNamespace

import pytest

from facelib.app.widgets.messages import (
    OUT_OF_MEMORY,
    Messages,
    TerminalHandler,
    explain,
    guarded,
    log_to_terminal,
)
from facelib.errors import BadImageError, BadValueError, UnknownNameError


@pytest.fixture
def messages() -> Messages:
    return Messages()


def test_nothing_to_say_is_empty_but_there(messages: Messages) -> None:
    assert messages.value == ""
    assert messages.layout.display is None


def test_what_the_user_caused_is_told_word_by_word_and_escaped(messages: Messages) -> None:
    @guarded(messages)
    def choose() -> None:
        raise BadValueError("Expected <b>one</b> face & got 'two'.")

    assert choose() is None
    assert "Expected &lt;b&gt;one&lt;/b&gt; face &amp; got &#x27;two&#x27;." in messages.value
    assert '<div class="facelib-message"' in messages.value


def test_what_nobody_expected_is_told_shortly_and_logged_fully(
    messages: Messages, caplog: pytest.LogCaptureFixture
) -> None:
    @guarded(messages)
    def divide(number: float) -> float:
        return 1 / number

    assert divide(2) == 0.5
    assert divide(0) is None
    assert "Something went wrong inside facelib." in messages.value
    assert "Error" not in messages.value
    assert "Traceback" not in messages.value
    assert "division by zero" not in messages.value
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_users_errors_are_not_logged(messages: Messages, caplog: pytest.LogCaptureFixture) -> None:
    messages.report(BadImageError("Too large."))
    assert not caplog.records


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), OUT_OF_MEMORY),
        (UnknownNameError("There is no classifier named 'x'."), "There is no classifier named 'x'."),
        (OSError("/home/somebody/secret"), "went wrong inside facelib"),
    ],
)
def test_explanations(error: BaseException, text: str) -> None:
    assert text in explain(error)
    assert "secret" not in explain(error)


def test_message_goes_when_the_same_callback_succeeds_and_only_then(messages: Messages) -> None:
    @guarded(messages)
    def upload(size: int) -> None:
        if size > 16:
            raise BadImageError("A picture may have 16 MB at most.")

    @guarded(messages)
    def move() -> None:
        pass

    upload(20)
    move()
    assert "16 MB" in messages.value
    upload(3)
    assert messages.value == ""


def test_panel_may_get_its_messages_later() -> None:
    panel = SimpleNamespace()
    callback = guarded(panel)(lambda: 1 / 0)
    panel.messages = Messages()
    callback()
    assert "went wrong inside facelib" in panel.messages.value


def test_lock_is_held_during_the_callback_and_its_message(messages: Messages) -> None:
    lock = threading.RLock()
    free: list[bool] = []

    def look(_change: object = None) -> None:
        other = threading.Thread(target=lambda: free.append(lock.acquire(blocking=False)))
        other.start()
        other.join()

    messages.observe(look, "value")

    @guarded(messages, lock)
    def callback() -> None:
        look()
        raise BadValueError("Expected something else.")

    callback()
    assert free == [False, False]
    assert lock.acquire(blocking=False)
    lock.release()


def test_name_and_docstring_survive(messages: Messages) -> None:
    @guarded(messages)
    def named() -> None:
        """Say what it does."""

    assert (named.__name__, named.__doc__) == ("named", "Say what it does.")


def test_log_goes_to_the_terminal_unless_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("facelib")
    monkeypatch.setattr(logger, "propagate", False)  # as in a program that hasn't set up logging; pytest has
    monkeypatch.setattr(logger, "handlers", [])
    log_to_terminal()
    log_to_terminal()
    assert [type(handler) for handler in logger.handlers] == [TerminalHandler]
    logger.handlers[:] = [logging.NullHandler()]
    log_to_terminal()
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]


def test_terminal_is_the_kernels_own_and_not_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    page = io.StringIO()
    page._original_stdstream_copy = writing
    monkeypatch.setattr(sys, "stderr", page)
    logger = logging.Logger("facelib.test")
    logger.addHandler(TerminalHandler())
    logger.error("something happened")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "something happened\n"
    assert page.getvalue() == ""


def test_without_a_kernel_the_terminal_is_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "__stderr__", terminal)
    logger = logging.Logger("facelib.test")
    logger.addHandler(TerminalHandler())
    logger.error("something happened")
    assert terminal.getvalue() == "something happened\n"
