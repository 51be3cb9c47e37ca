"""Who can come to this page, its visitor alone or others, and where; networks of one's own need to know."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Final

VARIABLE: Final = "FACELIB_VISITORS"
"""Environment variable that the server sets for its sessions: one of `ALONE` and the keys of `REASONS`."""
ALONE: Final = "alone"
REASONS: Final = MappingProxyType(
    {
        "address": "this page is served on an address that others can reach",
        "path": "this page is served below a path, for a hub or a proxy, where others can come",
        "token": "this page is served without a token, to everyone who uses this computer",
        "unknown": "it isn't known who can come: this page wasn't started by “facelib app”",
    }
)
"""Why others can come, in words."""
CLOSED: Final = (
    "Off here: {reason}. A network is a file that a stranger may have made: it is taken only where you are "
    "alone with your own computer: start “facelib app” there, without further options."
)


def who_can_come(*, loopback: bool, token: bool, base_url: str = "/") -> str:
    """Return what a server says of itself in `VARIABLE`.

    Parameters
    ----------
    loopback
        Whether this machine alone reaches it.
    token
        Whether visitors have to know one.
    base_url
        Path below which it is served.

    Examples
    --------
    >>> who_can_come(loopback=True, token=True), who_can_come(loopback=True, token=False)
    ('alone', 'token')
    """
    if not loopback:
        return "address"
    if base_url != "/":
        return "path"
    return ALONE if token else "token"


def closed() -> str:
    """Return why no network of one's own is taken here, for people; "" where it is.

    In JupyterLab and in Python it is: who comes there can run any program already. Under Voila the server
    has to say that its visitor is alone.

    Examples
    --------
    >>> closed()
    ''
    """
    said = os.environ.get(VARIABLE)
    served = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    if said is None:
        said = "unknown" if served else ALONE
    return "" if said == ALONE else CLOSED.format(reason=REASONS.get(said, REASONS["unknown"]))
