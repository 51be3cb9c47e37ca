"""No callback fails silently: a message in its panel, details in the log, no traceback in the page."""

from __future__ import annotations

import contextlib
import functools
import html
import io
import logging
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, Protocol, TypeVar

import ipywidgets

from facelib.errors import FacelibError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

OUT_OF_MEMORY = (
    "The computer has run out of memory. Close other programs or ask for fewer faces, then try again."
)
UNEXPECTED = (
    "Something went wrong inside facelib. Change a setting and try again, or reload the page. "
    "The details are in the window in which facelib was started."
)


def explain(error: BaseException) -> str:
    """Say in words for a reader who doesn't program what has happened.

    What an error advises to write in Python is left out.

    Examples
    --------
    >>> from facelib.errors import BadImageError
    >>> explain(BadImageError("This picture has 100 megapixels.", hint="In Python: PIL.Image.resize."))
    'This picture has 100 megapixels.'
    """
    if isinstance(error, FacelibError):
        return error.words
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    return UNEXPECTED


class Messages(ipywidgets.HTML):
    """Where a panel says what went wrong; screen readers read it out when it changes.

    It is empty and takes no room while there is nothing to say, but it is there: what comes with its text is
    often not read out. Its role is given by the page's style.
    """

    def __init__(self) -> None:
        super().__init__()
        self.add_class("facelib-messages")
        self._source: object = None
        log_to_terminal()

    def show(self, text: str, source: object = None) -> None:
        """Show `text`, which is escaped; `source` may settle it."""
        self._source = source
        self.value = f'<div class="facelib-message">{html.escape(text)}</div>'

    def report(self, error: BaseException, source: object = None) -> None:
        """Show what happened; log the traceback of anything but a `FacelibError`."""
        if not isinstance(error, FacelibError):
            logger.error("A callback of the page failed", exc_info=error)
        self.show(explain(error), source=source)

    def settle(self, source: object) -> None:
        """Take away the message if `source` is who showed it: what failed before works now."""
        if self._source is source:
            self.clear()

    def clear(self) -> None:
        """Take the message away."""
        self._source = None
        self.value = ""


class HasMessages(Protocol):
    """A panel with a place for messages."""

    messages: Messages


def guarded(
    panel: HasMessages | Messages, lock: AbstractContextManager[object] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
    """Decorate a callback of `panel`: what it raises is shown there, and it returns None.

    The message goes when the same callback succeeds.

    Parameters
    ----------
    panel
        A message area, or something that has one as ``messages`` by the time the callback runs.
    lock
        The session's lock, held while the callback runs: JupyterLab calls from another thread.

    Examples
    --------
    >>> area = Messages()
    >>> @guarded(area)
    ... def divide(x):
    ...     return 1 / x
    >>> divide(2), area.value
    (0.5, '')
    """

    def decorate(callback: Callable[P, R]) -> Callable[P, R | None]:
        @functools.wraps(callback)
        def call(*args: P.args, **kwargs: P.kwargs) -> R | None:
            area = panel if isinstance(panel, Messages) else panel.messages
            with lock if lock is not None else contextlib.nullcontext():
                try:
                    result = callback(*args, **kwargs)
                except Exception as error:
                    area.report(error, source=call)
                    return None
                area.settle(call)
                return result

        return call

    return decorate


class TerminalHandler(logging.Handler):
    """Writes to the terminal that the kernel was started from.

    A kernel sends its stderr to the page, threads' stderr even into the cell that started them; a traceback
    has no business there. ipykernel keeps a copy of the real one.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a terminal that is gone is no reason to fail."""
        copy = getattr(sys.stderr, "_original_stdstream_copy", None)
        try:
            if copy is not None:
                os.write(copy, f"{self.format(record)}\n".encode())
            elif sys.__stderr__ is not None:
                sys.__stderr__.write(f"{self.format(record)}\n")
        except (OSError, ValueError, io.UnsupportedOperation):
            self.handleError(record)


def log_to_terminal() -> None:
    """Send facelib's log to the terminal, unless whoever runs us has set up logging already."""
    root = logging.getLogger("facelib")
    if root.hasHandlers():
        return
    handler = TerminalHandler(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    root.addHandler(handler)


def close_output_port() -> None:
    """Close the port of a kernel that takes what forked processes print; nothing of ours forks.

    It is open to every user of the machine, takes messages of any size, and writes them into the log.
    """
    thread: Any = getattr(sys.stdout, "pub_thread", None)
    port = getattr(thread, "_pipe_in", None)
    if port is not None:
        thread._pipe_flag = False
        thread.schedule(port.close)
