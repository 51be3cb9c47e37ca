"""The line for a session: first come, first served, and nobody waits for who has gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.app.server.lobby import FRESH, HELD, MOST, PATIENCE, Lobby


class Clock:
    """Seconds that a test chooses."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_first_come_first_served() -> None:
    lobby = Lobby(Clock())
    places = [lobby.join("") for _ in range(3)]
    assert len(set(places)) == 3
    assert [lobby.ahead(place) for place in (*places, "", "never seen")] == [0, 1, 2, 3, 3]
    assert lobby.leave(places[0])
    assert not lobby.leave(places[0])
    assert [lobby.ahead(place) for place in places[1:]] == [0, 1]


def test_who_asks_again_keeps_the_place_and_who_doesnt_is_not_waited_for() -> None:
    clock = Clock()
    lobby = Lobby(clock)
    gone, stays = lobby.join(""), lobby.join("")
    clock.now = FRESH + 1
    assert lobby.join(stays) == stays
    assert lobby.ahead(stays) == 0
    assert lobby.join(gone) == gone  # a page that slept comes back to where it was
    assert [lobby.ahead(gone), lobby.ahead(stays)] == [0, 1]
    clock.now += PATIENCE + 1
    assert lobby.join(stays) not in {gone, stays}


def test_who_was_let_in_and_found_no_session_is_first_again() -> None:
    lobby = Lobby(Clock())
    first, second = lobby.join(""), lobby.join("")
    lobby.leave(first)
    lobby.come_back(first)
    assert [lobby.ahead(first), lobby.ahead(second)] == [0, 1]


def test_a_place_of_ones_own_invention_is_the_last_one() -> None:
    lobby = Lobby(Clock())
    lobby.join("")
    mine = lobby.join("let me in first")
    assert mine != "let me in first"
    assert lobby.ahead(mine) == 1


def test_a_flood_ends() -> None:
    lobby = Lobby(Clock())
    places = [lobby.join("") for _ in range(MOST + 5)]
    assert places[MOST:] == [""] * 5
    assert lobby.ahead("") == MOST


@pytest.mark.thorough
@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "wait"]), st.integers(0, 5)), max_size=40))
def test_a_slow_twin_agrees(steps: list[tuple[str, int]]) -> None:
    clock = Clock()
    lobby = Lobby(clock)
    line: list[list[object]] = []  # place, when it was heard of
    for what, number in steps:
        if what == "wait":
            clock.now += 10.0 * number
        line = [one for one in line if clock.now - float(str(one[1])) <= PATIENCE]
        known = line[number] if number < len(line) else None
        if what == "join":
            place = lobby.join(str(known[0]) if known else "")
            if known:
                known[1] = clock.now
            else:
                line.append([place, clock.now])
        elif what == "leave" and known:
            line.remove(known)
            lobby.leave(str(known[0]))
        fresh = [clock.now - float(str(one[1])) <= FRESH for one in line]
        assert [lobby.ahead(str(one[0])) for one in line] == [sum(fresh[:k]) for k in range(len(line))]


def test_a_page_that_is_reloaded_keeps_its_seat_and_one_that_is_closed_gives_it_up() -> None:
    clock = Clock()
    lobby = Lobby(clock)
    waiting = lobby.join("")
    seat = lobby.seat()
    assert lobby.knows(seat)
    assert lobby.join(seat) == seat, "its page is loaded again; the session that it leaves is still there"
    assert [lobby.ahead(waiting), lobby.ahead(seat)] == [0, 1]
    lobby.hold(seat)
    assert [lobby.ahead(seat), lobby.ahead(waiting)] == [0, 1]
    lobby.leave(seat)
    assert lobby.ahead(waiting) == 0
    lobby.hold(lobby.seat())
    clock.now += HELD + 1
    lobby.join(waiting)
    assert lobby.ahead(waiting) == 0


def test_nobody_holds_a_seat_that_was_not_given() -> None:
    lobby = Lobby(Clock())
    waiting = lobby.join("")
    for seat in ("", "mine", waiting):
        lobby.hold(seat)
    assert lobby.ahead(waiting) == 0
    first = lobby.seat()
    for _ in range(MOST):
        lobby.seat()
    assert not lobby.knows(first)
