"""The line of visitors who wait for a session: first come, first served."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

RETRY: Final = 10  # seconds after which the page of who waits asks again (our choice)
FRESH: Final = 25.0  # seconds without a word after which nobody waits for a visitor (our choice)
PATIENCE: Final = 90.0  # seconds that a place is kept: browsers wake hidden pages once a minute (our choice)
HELD: Final = 8.0  # seconds that the place of a page that closes is held: it may be a reload (our choice)
MOST: Final = 200  # visitors that wait: each costs a few bytes, but anybody inside may send many (our choice)


class Lobby:
    """Visitors who wait, in the order in which they came.

    A place is a word that nobody can guess; the page of who waits asks again and again with it.

    Parameters
    ----------
    clock
        Seconds from any beginning.

    Examples
    --------
    >>> lobby = Lobby()
    >>> first, second = lobby.join(""), lobby.join("")
    >>> lobby.ahead(first), lobby.ahead(second), lobby.ahead("")
    (0, 1, 2)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._seats: dict[str, None] = {}  # given to pages, the oldest first

    def seat(self) -> str:
        """Return a word by which a page that is reloaded is known again."""
        word = secrets.token_urlsafe(12)
        self._seats[word] = None
        while len(self._seats) > MOST:
            del self._seats[next(iter(self._seats))]
        return word

    def knows(self, seat: str) -> bool:
        """Return whether a seat was given to a page, and not left for long."""
        return seat in self._seats

    def hold(self, seat: str) -> None:
        """Keep the head of the line for a while for the page of a seat: it closes, or is reloaded."""
        if self._seats.pop(seat, seat) is None:
            self._seats[seat] = None
            self._seen = {seat: self._clock() - (FRESH - HELD), **self._seen}

    def ahead(self, place: str) -> int:
        """Return how many wait before this place, of those heard of lately; "": before a newcomer."""
        self._forget()
        now, before = self._clock(), 0
        for other, seen in self._seen.items():
            if other == place:
                break
            before += now - seen <= FRESH
        return before

    def join(self, place: str) -> str:
        """Keep a place, or give one at the end of the line; "" where too many wait."""
        self._forget()
        if place not in self._seen:
            if len(self._seen) >= MOST:
                return ""
            place = place if self.knows(place) else secrets.token_urlsafe(12)
        self._seen[place] = self._clock()
        return place

    def leave(self, place: str) -> bool:
        """Give a place up; return whether there was one."""
        return self._seen.pop(place, None) is not None

    def come_back(self, place: str) -> None:
        """Put who was let in, and found no session after all, at the head of the line."""
        self._seen = {place: self._clock(), **self._seen}

    def _forget(self) -> None:
        now = self._clock()
        self._seen = {place: seen for place, seen in self._seen.items() if now - seen <= PATIENCE}
