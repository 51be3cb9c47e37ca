"""Errors that a user can cause; each says what was expected, what came, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

PATHS: Final = (str, os.PathLike)
"""Kinds of what names a file or a folder."""


class FacelibError(Exception):
    """Base of every error that facelib raises on purpose.

    Parameters
    ----------
    *args
        The message, in plain words: what was expected, what came, and what to do. The page shows it.
    hint
        What to write in Python; it follows the message in a traceback, and the page leaves it out.

    Examples
    --------
    >>> error = FacelibError("No face was found.", hint="In Python: detect=False.")
    >>> str(error), error.words
    ('No face was found. In Python: detect=False.', 'No face was found.')
    """

    hint: str = ""

    def __init__(self, *args: object, hint: str = "") -> None:
        super().__init__(*args)
        self.hint = hint

    @property
    def words(self) -> str:
        """The message without its hint, as the page shows it."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.words, self.hint]))


class FacelibWarning(UserWarning):
    """Base of every warning that facelib gives on purpose."""


class BadValueError(FacelibError, ValueError):
    """A value outside what is allowed."""


def check_kind(value: object, kinds: type | tuple[type, ...], what: str) -> None:
    """Raise `BadValueError` unless a value is of a kind.

    Parameters
    ----------
    what
        What is expected, as the subject of a sentence: "A recording, as read_signals returns it,".

    Examples
    --------
    >>> check_kind("two", int, "The number of steps")
    Traceback (most recent call last):
    facelib.errors.BadValueError: The number of steps is needed; got str: 'two'.
    """
    if not isinstance(value, kinds):
        msg = f"{what} is needed; got {type(value).__name__}: {f'{value!r}':.60}."
        raise BadValueError(msg)


def check_all(values: object, kinds: type | tuple[type, ...], what: str) -> list[Any]:
    """Return several values as a list, or raise `BadValueError` unless all are of a kind.

    Parameters
    ----------
    what
        What each of them is expected to be, as for `check_kind`.

    Examples
    --------
    >>> check_all((1, 2), int, "A list of numbers of steps")
    [1, 2]
    >>> check_all([1, "two"], int, "A list of numbers of steps")
    Traceback (most recent call last):
    facelib.errors.BadValueError: A list of numbers of steps is needed; got str: 'two'.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        check_kind(values, (), what)
    found = list(cast("Iterable[Any]", values))
    for value in found:
        check_kind(value, kinds, what)
    return found


class UnknownNameError(FacelibError, KeyError):
    """A name that nothing is registered under."""


def answers_misspelt(noun: str) -> Callable[[type[T]], type[T]]:
    """Let a dataclass answer fields that it can't be made of in words, instead of by a bare TypeError.

    A misspelt one is answered with the nearest; too few and too many with those that there are; one of a kind
    that nothing was prepared for with what was expected and what came.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @answers_misspelt("a pear")
    ... @dataclass
    ... class Pear:
    ...     colour: str = "green"
    >>> Pear(color="red")
    Traceback (most recent call last):
    facelib.errors.UnknownNameError: There is no 'color' of a pear. Did you mean 'colour'?
    """

    def decorate(kind: type[T]) -> type[T]:
        make: Callable[..., None] = kind.__init__
        known = {field.name: str(field.type) for field in fields(cast("Any", kind)) if field.init}

        @wraps(make)
        def checked_make(self: T, *given: Any, **named: Any) -> None:
            try:
                make(self, *given, **named)
            except FacelibError:
                raise
            except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
                raise _answer(noun, make, known, error, given=given, named=named) from error

        kind.__init__ = checked_make  # type: ignore[method-assign,assignment]
        return kind

    return decorate


def _answer(
    noun: str,
    make: Callable[..., None],
    known: Mapping[str, str],
    error: Exception,
    *,
    given: tuple[Any, ...],
    named: Mapping[str, Any],
) -> FacelibError:
    """Return what to raise where a dataclass can't be made.

    Parameters
    ----------
    known
        Kinds of its fields, as they are annotated, by their names.
    """
    for name in named:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
            return UnknownNameError(f"There is no {name!r} of {noun}. {hint}")
    what = noun[0].upper() + noun[1:]
    came = dict(zip(known, given, strict=False))
    if len(given) > len(known) or (twice := sorted(came.keys() & named)):
        wrong = f"got {len(given)} values" if len(given) > len(known) else f"{', '.join(twice)} came twice"
        return BadValueError(f"{what} takes {', '.join(known)}; {wrong}.")
    came |= named
    needed = [one.name for one in list(signature(make).parameters.values())[1:] if one.default is one.empty]
    if missing := [name for name in needed if name not in came]:
        return BadValueError(f"{what} needs {', '.join(needed)}; there is no {', '.join(missing)} here.")
    values = [
        f"{name} ({known[name]}) is {type(value).__name__} {f'{value!r}':.60}" for name, value in came.items()
    ]
    return BadValueError(
        f"{what} can't be made of these: {'; '.join(values)}. {type(error).__name__}: {error}"
    )


class BadIndexError(FacelibError, IndexError):
    """A number beyond the end of what is counted."""


class Cancelled(FacelibError):  # noqa: N818 (the user wanted it)
    """Work was stopped before its end: the user asked for it, or a newer request took its place."""

    def __init__(
        self, message: str = "Stopped before the end; nothing half-done was kept.", *, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)


class UnavailableError(FacelibError):
    """A model or package that is not on this machine; the message says how to get it."""


class NoFaceError(FacelibError, ValueError):
    """A picture in which no face, or not the one that was asked for, was found.

    Attributes
    ----------
    boxes
        What was found all the same: (x1, y1, x2, y2) of each face, px of the whole picture, left to right.
    """

    def __init__(self, message: str = "", boxes: Iterable[Iterable[float]] = (), *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.boxes = tuple(tuple(float(edge) for edge in box) for box in boxes)


class FaceTooSmallError(NoFaceError):
    """A face of too few pixels to measure anything."""


class FaceCutError(NoFaceError):
    """A face of which the picture's border cuts off too much."""


class BadImageError(FacelibError, ValueError):
    """A picture that can't be read, is too large, or has an unknown format."""


class BadTableError(FacelibError, ValueError):
    """A table that doesn't fit the pictures that it describes.

    Attributes
    ----------
    missing, unlisted, duplicates
        Names of files that are listed but aren't there, that are there but aren't listed, and that are
        listed several times.
    """

    def __init__(
        self,
        message: str = "",
        *,
        missing: Sequence[str] = (),
        unlisted: Sequence[str] = (),
        duplicates: Sequence[str] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.missing, self.unlisted, self.duplicates = tuple(missing), tuple(unlisted), tuple(duplicates)


class BadArchiveError(FacelibError, ValueError):
    """A zip that can't be read, or that isn't safe to read; nothing of it was unpacked."""


class ReadError(FacelibError, OSError):
    """Not readable as a file: a pipe, a socket, a device, or more than it said it has."""


class WriteError(FacelibError, OSError):
    """A file that can't be written: the disk is full, or its folder is closed. No half of it is left."""


class BadModelError(FacelibError, ValueError):
    """A file that isn't the network, or the weights, that it should be; nothing of it was run or kept."""


class FunctionError(FacelibError, RuntimeError):
    """A function of one's own that raised, hung, or sent something away without having said so."""


class BadAnswerError(FunctionError, ValueError):
    """An answer of a function of one's own that isn't one row of probabilities for each picture."""


class BudgetError(UnavailableError):
    """The calls of a function have cost all that they may; what was answered before is kept."""
