"""The address at which others reach a server of this machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import Final

EVERYWHERE: Final = ("", "0.0.0.0", "::")
"""What a server listens on that is reached on all addresses of its machine."""
ELSEWHERE: Final = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that documents use and nobody has (RFC 5737, RFC 3849): a way there is the way out."""


def page_address(ip: str, port: int, base_url: str = "/", *, here: bool = False) -> str:
    """Return the address of a page without its token.

    Parameters
    ----------
    ip, port, base_url
        Where the server listens, and below which path.
    here
        As this machine's own browser knows it, not as others do.

    Examples
    --------
    >>> page_address("192.0.2.7", 8866), page_address("0.0.0.0", 8866, "/hub/x/", here=True)
    ('http://192.0.2.7:8866/', 'http://127.0.0.1:8866/hub/x/')
    >>> page_address("::1", 8866)
    'http://[::1]:8866/'
    """
    name = ip
    if ip in EVERYWHERE:
        name = "127.0.0.1" if here else own_address()
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{base_url}"


def own_address() -> str:
    """Return the address of this machine in its network, by the way out of it; else its name.

    Nothing is sent: a way is looked up, and the address at its beginning is the machine's own.

    Examples
    --------
    >>> own_address() not in ("", "127.0.0.1", "0.0.0.0")
    True
    """
    for family, there in ELSEWHERE.items():
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((there, 9))
            found = str(way.getsockname()[0])
            if is_reachable(found):
                return found
    with suppress(OSError):  # a network without a way out
        for *_, place in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
            if is_reachable(str(place[0])):
                return str(place[0])
    return socket.gethostname()


def is_reachable(address: str) -> bool:
    """Return whether others in the network can reach an address.

    >>> [is_reachable(one) for one in ("192.168.1.20", "127.0.1.1", "0.0.0.0", "fe80::1%eth0", "fd00::7")]
    [True, False, False, False, True]
    """
    known = ipaddress.ip_address(address)
    return not (known.is_loopback or known.is_unspecified or known.is_link_local)
