"""Progress of long work and how it is stopped: the same for everything in facelib that takes a while."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from facelib.errors import BadValueError, Cancelled
from facelib.utilities.wording import duration

NAN = math.nan


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
    seconds
        Since the work began; 0 where nobody counts them.
    left
        Seconds until it will end, estimated; NaN where that isn't known.

    Examples
    --------
    >>> at = Progress(30, 120, left=95.0)
    >>> at.share
    0.25
    >>> print(at)
    30 of 120, 1 min 35 s left
    >>> print(Progress(0.4, 1, "fer reads the faces"))
    fer reads the faces: 40 %
    """

    done: float
    total: float
    words: str = ""
    seconds: float = 0.0
    left: float = NAN

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

    @property
    def remark(self) -> str:
        """Remark that belongs beside the numbers, such as how many steps failed; "" if there is none."""
        return ""

    def __str__(self) -> str:
        """Return it in words."""
        parts = [f"{self.words}: {self.counted}" if self.words else self.counted, self.remark]
        if math.isfinite(self.left) and self.done < self.total:
            parts.append(f"{duration(self.left)} left")
        return ", ".join(filter(None, parts))


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
        self._report, self._began = report, time.monotonic()

    def __call__(self, progress: Progress) -> object:
        """Report progress that the caller has put together; return what the function returned."""
        return self._report(progress)

    def at(self, done: float, words: str = "") -> None:
        """Report that so much is done, with the seconds since the beginning and those that are left.

        Parameters
        ----------
        done
            Of `total`.
        words
            Current activity; "": the words of all reports.
        """
        seconds = time.monotonic() - self._began
        rest = max(self.total - done, 0.0)  # NaN stays NaN
        left = seconds / done * rest if done > 0 else NAN
        self(Progress(done, self.total, words or self.words, seconds, left))


@contextmanager
def reporting(
    progress: bool | Callable[[Any], object] | None,
    total: float,
    words: str = "",
    *,
    unit: str = "",
    parts: bool = False,
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
        Name of one step, for the bar; "": the bar counts per cent.
    parts
        Whether the work has parts that are counted anew, each with words of its own, for the bar: together
        they have `total` steps.

    Raises
    ------
    BadValueError
        If `progress` is something else.

    Examples
    --------
    >>> with reporting(print, 3, "cutting", unit="loaf") as report:
    ...     for number in range(1, 4):
    ...         report(Progress(number, 3, "cutting"))
    cutting: 1 of 3
    cutting: 2 of 3
    cutting: 3 of 3
    """
    given: object = progress
    if progress is True:
        with _bar(total, words, unit, parts=parts) as show:
            yield Reporter(show, total, words)
    elif progress is None or progress is False:
        yield Reporter(lambda _at: None, total, words)
    elif callable(given):
        yield Reporter(given, total, words)
    else:
        msg = f"Progress is reported to a function of a Progress; got {given!r}."
        raise BadValueError(msg, hint="In Python: progress is True, False, None, or such a function.")


@contextmanager
def _bar(total: float, words: str, unit: str, *, parts: bool) -> Iterator[Report]:
    """Yield a function that moves a progress bar."""
    from tqdm.auto import tqdm
    from tqdm.notebook import tqdm_notebook

    drawn = issubclass(tqdm, tqdm_notebook)  # by widgets
    whole = total if unit else 100.0
    known = None if math.isnan(whole) else whole
    before: dict[str, float] = {}
    ours: dict[str, Any] = {"display": False} if drawn else {}
    with contextlib.ExitStack() as shown:
        bar = shown.enter_context(
            tqdm(total=known, desc=words or None, unit=unit or "%", leave=False, **ours)
        )
        if drawn:
            shown.enter_context(_seen(cast(Any, bar).container))

        def show(at: Progress) -> None:
            done = at.done if unit else round(100 * at.share) if math.isfinite(at.share) else 0
            last = before.get(at.words if parts else "", 0)
            if not before and not at.seconds:
                bar.initial = done  # of earlier runs: it says nothing of the pace
            if at.words:
                bar.set_description_str(at.words, refresh=False)
            if at.remark:
                bar.set_postfix_str(at.remark, refresh=False)
            bar.update(done - last if done >= last else done)
            before[at.words if parts else ""] = done

        yield show


@contextmanager
def _seen(widget: object) -> Iterator[None]:
    """Show a widget in a notebook, and take it out of the cell's outputs at the end.

    A view whose widget is closed is an error to a page that is drawn when all cells have run, as Voila's.
    """
    from IPython.display import display

    handle = display(widget, display_id=True)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if handle is not None:
            handle.update({"text/plain": ""}, raw=True)
