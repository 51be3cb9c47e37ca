"""Landlock: a process of Linux gives up all files, for itself and until it ends.

The numbers are those of the kernel's ``include/uapi/linux/landlock.h``, which landlock(7) explains.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Final

OLDEST: Final = "5.13"
"""Version of Linux that has it first; some systems leave it out of newer ones."""

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # calls, the same on x86-64 and arm64
_ASK_VERSION = 1
_NO_NEW_PRIVILEGES = 38  # prctl: needed before a process without rights may restrict itself

# How many kinds of access to files each version knows, in bits from the first: to execute, write, read, list,
# remove and make; then to link elsewhere (2), truncate (3) and command devices (5).
_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_BIND_AND_CONNECT: Final = 0b11  # TCP, from version 4 on
_SOCKETS_AND_SIGNALS: Final = 0b11  # to processes outside, from version 6 on


def abi() -> int:
    """Return the version of Landlock's interface in this kernel; 0 where there is none.

    Examples
    --------
    >>> abi() >= 0
    True
    """
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def give_up_files() -> int:
    """Give up opening, making, changing and executing files; what is open stays open.

    Names, sizes and rights of files can still be asked for. It holds for this thread and those that it
    starts, so call it before there are others.

    Returns
    -------
    int
        Version of the interface; 0: there is none, and nothing was given up.

    Raises
    ------
    OSError
        The kernel has it and refuses: nothing untrusted should be read then.
    """
    version = abi()
    if not version:
        return 0
    rights = (1 << _RIGHTS[min(version, max(_RIGHTS))]) - 1
    handled = [rights, *[_BIND_AND_CONNECT] * (version >= 4), *[_SOCKETS_AND_SIGNALS] * (version >= 6)]
    packed = struct.pack(f"={len(handled)}Q", *handled)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    ruleset = _checked(_call(_CREATE_RULESET, packed, len(packed), 0))  # without a rule: nothing is allowed
    try:
        _checked(_call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return version


def _call(number: int, first: bytes | int | None, *others: int) -> int:
    kernel = ctypes.CDLL(None, use_errno=True)
    begin = ctypes.c_char_p(first) if first is None or isinstance(first, bytes) else ctypes.c_long(first)
    return int(kernel.syscall(ctypes.c_long(number), begin, *map(ctypes.c_long, others)))


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        msg = f"Landlock can't be used: {os.strerror(number)}"
        raise OSError(number, msg)
    return answer
