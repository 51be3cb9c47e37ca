"""A session as a file: how all tabs are set, without pictures and results."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from facelib.app.address import from_address
from facelib.app.page_state import PageState, from_plain, no_number, to_plain
from facelib.errors import BadValueError
from facelib.utilities.distribution import distribution_version

LONGEST_SESSION: Final = 100_000  # characters
KIND: Final = "facelib session"
ABOUT: Final = "How the page was set. Pictures and results aren't in it; opening it starts nothing."


def to_session(state: PageState) -> str:
    """Return how the page is set as the text of a file, JSON.

    >>> '"kind": "facelib session"' in to_session(PageState())
    True
    """
    saved = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"kind": KIND, "about": ABOUT, "saved": saved, "facelib": distribution_version()}
    return json.dumps(about | {"state": to_plain(state)}, indent=1)


def from_session(text: str) -> PageState:
    """Return how a page was set, from a session's file.

    Raises
    ------
    BadValueError
        It is no session's file, or not as facelib writes it.
    """
    if len(text) > LONGEST_SESSION:
        msg = f"A session's file has {LONGEST_SESSION:,} characters at most; got {len(text):,}."
        raise BadValueError(msg)
    try:
        given = json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        msg = "This is no session's file of facelib: it can't be read as JSON."
        raise BadValueError(msg) from error
    if not isinstance(given, dict) or given.get("kind") != KIND or "state" not in given:
        msg = "This is no session's file of facelib: choose one that “Save session” has made."
        raise BadValueError(msg)
    return from_plain(given["state"])


def shared_state(text: str) -> tuple[PageState, bool]:
    """Return the state of what somebody shared, a session's file or a link, and whether it is a session.

    >>> shared_state("http://127.0.0.1:8866/#age=70")[0].head.age
    70.0
    """
    text = text.strip()
    if text.startswith(("{", "[")):
        return from_session(text), True
    before, mark, scene = text.partition("#")
    if not mark and "://" in before:
        msg = "This link has no scene: it ends before the #."
        raise BadValueError(msg)
    return from_address(scene if mark else before), False


def name_of_session() -> str:
    """Return the name of a session's file, with the date."""
    return f"facelib_session_{datetime.now().astimezone():%Y-%m-%d_%H%M}.json"
