"""Terms on which a function is asked: batches, time limit, rate, price, and what may leave the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facelib.errors import BadValueError, answers_misspelt
from facelib.utilities.checks import checked, whole
from facelib.utilities.wording import duration

DRAWS: Final = 3  # of one that sends pictures away: its answers differ from draw to draw (our choice)
RETRIES: Final = 2  # of one that sends pictures away; one on this machine would fail again (our choice)


@answers_misspelt("a function's terms")
@dataclass(frozen=True)
class Terms:
    """Terms on which a function is asked.

    Parameters
    ----------
    batch
        Pictures in a call, at most; 1 … 10,000.
    seconds
        Time limit of a call, above 0 and up to a day. A call that takes longer is left alone, and an error.
    retries
        Further calls after one that failed, each after a pause that doubles from 1 s; 0 … 20. None: 2 for a
        function that sends pictures away, else 0.
    per_minute
        Calls in a minute at most, over all processes of the session on this machine; None: no limit.
    price
        Cost of one picture in one call, in a currency of yours.
    budget
        What all calls of the session may cost, over all processes; None: no limit.
    draws
        How often a picture is asked; the mean counts. None: 3 for a function that sends pictures away, which
        is asked at least twice, else 1.
    cache
        True: answers are kept until Python ends, for all processes on this machine. A path: in that file, for
        later sessions, too; it holds hashes of pictures and answers, no pictures. False: not at all.
    sends_pictures
        Whether pictures leave this machine. A function on this machine that opens a connection to another
        one is stopped; what compiled code or other programs send can't be seen.
    photographs
        Whether photographs may leave, too; else rendered heads alone do.
    host, version
        Where pictures go, and which model answers there: a function that sends pictures away names both.

    Raises
    ------
    BadValueError
        A value is outside what is possible, or pictures are sent and it isn't said where to.

    Examples
    --------
    >>> Terms(sends_pictures=True, host="api.example.com", version="2024-08", per_minute=30).describe()
    'at most 16 pictures a call, 30 calls a minute, mean of 3 draws; sent to api.example.com, model 2024-08'
    """

    batch: int = 16
    seconds: float = 60.0
    retries: int | None = None
    per_minute: float | None = None
    price: float = 0.0
    budget: float | None = None
    draws: int | None = None
    cache: bool | str | Path = True
    sends_pictures: bool = False
    photographs: bool = False
    host: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        self._check_words()
        retries = RETRIES if self.sends_pictures else 0
        draws = DRAWS if self.sends_pictures else 1
        found = {
            "batch": whole("A call takes 1 … 10,000 pictures (batch)", self.batch, 1, 10_000),
            "seconds": checked("the time limit of a call, seconds,", self.seconds, 0.001, 86_400),
            "retries": retries
            if self.retries is None
            else whole("There are 0 … 20 retries", self.retries, 0, 20),
            "price": checked("the price of a picture", self.price, 0, 1e9),
            "draws": draws
            if self.draws is None
            else whole("A picture is asked 1 … 100 times (draws)", self.draws, 1, 100),
        }
        if self.per_minute is not None:
            found["per_minute"] = checked("calls a minute (per_minute)", self.per_minute, 1e-3, 1e6)
        if self.budget is not None:
            found["budget"] = checked("the budget", self.budget, 0, 1e12)
        for name, value in found.items():
            object.__setattr__(self, name, value)
        if self.sends_pictures and found["draws"] < 2:
            msg = (
                "A function that sends pictures away isn't reproducible, so a picture is asked twice or "
                f"more: draws is 2 … 100; got {self.draws!r}."
            )
            raise BadValueError(msg)

    def _check_words(self) -> None:
        """Raise `BadValueError` for what isn't of its kind, or lacks what goes with it."""
        for name in ("sends_pictures", "photographs"):
            if not isinstance(getattr(self, name), bool):
                msg = f"`{name}` is True or False; got {f'{getattr(self, name)!r}':.60}."
                raise BadValueError(msg)
        kept: object = self.cache
        if not isinstance(kept, bool | str | Path) or kept == "":
            msg = f"`cache` is True, False, or the path of a file; got {f'{kept!r}':.60}."
            raise BadValueError(msg)
        for name in ("host", "version"):
            told: object = getattr(self, name)
            if not isinstance(told, str) or (told and not (told.strip() and told.isprintable())):
                msg = f"`{name}` is a text in one line; got {f'{told!r}':.60}."
                raise BadValueError(msg)
        if self.sends_pictures and not (self.host and self.version):
            msg = (
                "A function that sends pictures away names where they go and which model answers, as "
                f"host='api.example.com', version='vision-2024-08'; got host={self.host!r}, "
                f"version={self.version!r}."
            )
            raise BadValueError(msg)
        if not self.sends_pictures and (self.host or self.photographs):
            said = "host" if self.host else "photographs"
            msg = (
                f"`{said}` is for a function that sends pictures away: say sends_pictures=True, or leave it "
                "out for one that works on this machine alone."
            )
            raise BadValueError(msg)

    @property
    def asked(self) -> int:
        """How often a picture is asked."""
        return self.draws or 1

    def describe(self) -> str:
        """Say in words how the function is asked, as it stands in provenance."""
        parts = [f"at most {self.batch} pictures a call"]
        if self.per_minute is not None:
            parts.append(f"{self.per_minute:g} calls a minute")
        if self.asked > 1:
            parts.append(f"mean of {self.asked} draws")
        words = ", ".join(parts)
        return f"{words}; sent to {self.host}, model {self.version}" if self.sends_pictures else words

    def estimate(self, pictures: int, spent: float = 0.0) -> Estimate:
        """Return what reading so many different pictures takes, where so much of the budget is spent.

        Examples
        --------
        >>> print(Terms(batch=4, price=0.01, per_minute=10).estimate(40))
        40 pictures are 10 calls; they cost 0.40, and take 54 s or more. What was answered before is not
        asked again, and each retry costs a call.
        """
        count = whole("A number of pictures, 0 or more, is needed", pictures, 0)
        calls = self.asked * math.ceil(count / self.batch)
        waits = 60 / self.per_minute * max(calls - 1, 0) if self.per_minute else 0.0
        cost = self.price * count * self.asked
        left = None if self.budget is None else max(self.budget - spent, 0.0)
        return Estimate(count, self.asked, calls, cost, waits, bool(self.cache), left)


@dataclass(frozen=True)
class Estimate:
    """Price of reading pictures, before it is paid.

    Attributes
    ----------
    pictures, draws
        Number of pictures, and how often each is asked.
    calls
        Of the function, without retries and with full batches.
    cost
        In the currency of `Terms.price`.
    seconds
        That the limit of calls a minute alone takes; the calls themselves come on top.
    cached
        Whether what was answered before isn't asked again.
    left
        Of the budget; None where there is none.
    """

    pictures: int
    draws: int
    calls: int
    cost: float
    seconds: float
    cached: bool = True
    left: float | None = None

    def __str__(self) -> str:
        """Return it in words."""
        times = f" × {self.draws} draws" if self.draws > 1 else ""
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}"
        cost = f"cost {self.cost:,.2f}" if self.cost else "cost nothing that was declared"
        waits = f", and take {duration(self.seconds)} or more" if self.seconds >= 1 else ""
        known = "What was answered before is not asked again, and each" if self.cached else "Each"
        words = (
            f"{self.pictures:,} pictures{times} are {calls}; they {cost}{waits}. {known} retry costs a call."
        )
        if self.left is None or self.cost <= self.left:
            return words
        return (
            f"{words} {self.left:,.2f} of the budget are left: it ends there, and what was answered is kept."
        )
