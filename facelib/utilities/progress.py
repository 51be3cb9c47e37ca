"""Progress of long work and how it is stopped: the same for everything in facelib that takes a while."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from facelib.errors import BadValueError, Cancelled

OF_ONE: Final = "{l_bar}{bar}| {elapsed}<{remaining}"
"""How tqdm draws a share of one: its counts would be parts of it."""


@dataclass(frozen=True)
class Progress:
    """Progress of some work, as it is reported now and then.

    Parameters
    ----------
    done, total
        Steps that are done, and all; where the steps aren't known, the share that is done, and 1. A total
        that nobody knows is NaN.
    words
        Current activity, such as "fer reads the faces"; may be empty.

    Examples
    --------
    >>> at = Progress(30, 120)
    >>> at.share
    0.25
    >>> print(at)
    30 of 120
    >>> print(Progress(0.4, 1, "fer reads the faces"))
    fer reads the faces: 40 %
    """

    done: float
    total: float
    words: str = ""

    @property
    def share(self) -> float:
        """Share that is done, in [0, 1]; 1 if there is nothing to do, NaN if the total isn't known."""
        if self.total == 0:
            return 1.0
        share = self.done / self.total
        return share if math.isnan(share) else min(max(share, 0.0), 1.0)

    @property
    def counted(self) -> str:
        """Steps that are done in words, "30 of 120"; a share in per cent."""
        if math.isnan(self.total):
            return f"{self.done:.15g} done"
        if self.total == 1:
            return f"{100 * self.share:.0f} %"
        return f"{self.done:.15g} of {self.total:.15g}"

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.words}: {self.counted}" if self.words else self.counted


Report = Callable[[Progress], object]
"""Called now and then with the `Progress`; an error that it raises ends the work."""

Stop = Callable[[], bool]
"""Asked now and then; once it answers True, the work ends with `facelib.errors.Cancelled`."""


def check_stop(stop: Stop | None) -> None:
    """Raise `Cancelled` if the work should stop.

    Examples
    --------
    >>> check_stop(None)
    >>> check_stop(lambda: True)
    Traceback (most recent call last):
    facelib.errors.Cancelled: Stopped before the end; nothing half-done was kept.
    """
    if as_stop(stop) is not None and stop():  # type: ignore[misc]
        raise Cancelled


def as_stop(stop: Any) -> Stop | None:
    """Return what is asked whether to stop, or raise `BadValueError` if it can't be asked.

    >>> as_stop(True)
    Traceback (most recent call last):
    facelib.errors.BadValueError: stop is a function without arguments that answers whether to stop; got True.
    In Python: stop=lambda: clicked.
    """
    if stop is not None and not callable(stop):
        msg = f"stop is a function without arguments that answers whether to stop; got {f'{stop!r}':.60}."
        raise BadValueError(msg, hint="In Python: stop=lambda: clicked.")
    return cast("Stop | None", stop)


class Reporter:
    """Hands progress on to a function or a bar; `reporting` makes it.

    Parameters
    ----------
    report
        The function that it hands on to.
    total, words
        Of every `Progress` that `at` makes.
    """

    def __init__(self, report: Callable[[Any], object], total: float, words: str) -> None:
        self.total, self.words = total, words
        self._report = report

    def __call__(self, progress: Progress) -> object:
        """Report progress that the caller has put together; return what the function returned."""
        return self._report(progress)

    def at(self, done: float, words: str = "") -> None:
        """Report that so much of `total` is done; `words` as of all reports unless others are given."""
        self(Progress(done, self.total, words or self.words))


@contextmanager
def reporting(
    progress: bool | Callable[[Any], object] | None,
    total: float,
    words: str = "",
    *,
    unit: str = "",
    before: float = 0,
) -> Iterator[Reporter]:
    """Yield what work reports to: a function, a progress bar, or nothing.

    Parameters
    ----------
    progress
        A function of a `Progress`, or of the kind of `Progress` that this work reports; True: a bar; False or
        None: nothing.
    total, words
        Of the work, see `Progress`.
    unit
        Name of one step, for the bar; "": it shows a share of 1.
    before
        Steps that earlier runs did: they say nothing of the pace.

    Raises
    ------
    BadValueError
        If `progress` is something else.

    Examples
    --------
    >>> with reporting(print, 3, "cutting", unit="loaf") as report:
    ...     for number in range(1, 4):
    ...         report.at(number)
    cutting: 1 of 3
    cutting: 2 of 3
    cutting: 3 of 3
    """
    given: object = progress
    if progress is True:
        with _bar(total, words, unit, before) as show:
            yield Reporter(show, total, words)
    elif progress is None or progress is False:
        yield Reporter(lambda _at: None, total, words)
    elif callable(given):
        yield Reporter(given, total, words)
    else:
        msg = f"Progress is reported to a function of a Progress; got {given!r}."
        raise BadValueError(msg, hint="In Python: progress is True, False, None, or such a function.")


@contextmanager
def _bar(total: float, words: str, unit: str, before: float) -> Iterator[Report]:
    """Yield a function that moves a bar of tqdm."""
    from tqdm.auto import tqdm

    form = None if unit else OF_ONE
    known = None if math.isnan(total) else total
    with tqdm(total=known, desc=words or None, unit=unit, initial=before, bar_format=form) as bar:

        def show(at: Progress) -> None:
            if at.done < bar.n:  # the next part of the work is counted anew
                bar.reset()
            if at.words:
                bar.set_description_str(at.words, refresh=False)
            bar.update(at.done - bar.n)

        yield show
