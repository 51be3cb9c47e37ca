"""Run a command where no other machine can be reached: ``unshare -rn python alone.py command …``."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import sys

SET_FLAGS = 0x8914  # SIOCSIFFLAGS
UP = 0x1  # IFF_UP
UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH}


def raise_loopback() -> None:
    """Switch on this namespace's own loopback: it is new, and off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        fcntl.ioctl(device, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def check_alone() -> None:
    """Fail if there is a way out."""
    with socket.socket() as probe:
        probe.settimeout(2)
        error = probe.connect_ex(("192.0.2.1", 80))  # an address that documentation may use
    if error not in UNREACHABLE:
        sys.exit(f"There is a network here (connecting gave {errno.errorcode.get(error, error)})")


if __name__ == "__main__":
    raise_loopback()
    check_alone()
    os.execvp(sys.argv[1], sys.argv[1:])
