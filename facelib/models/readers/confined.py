"""Limits that a process sets for itself before it handles an untrusted file; it can't lift them again."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # instructions of the kernel's packet filter
_ALLOW, _NOT_PERMITTED = 0x7FFF0000, 0x00050001  # the second fails the call with EPERM
_NUMBER, _MACHINE, _THIRD = 0, 4, 32  # where a filter finds them: the call, the processor, its third argument
_TO_WRITE = 0o1103  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC

# Processor as the kernel calls it; openat; the other calls that are refused: socket, io_uring_setup, openat2,
# execve, execveat, unlinkat, renameat, renameat2, mkdirat, mknodat, symlinkat, linkat, truncate, fchmodat,
# ptrace, kill; on x86-64 also open, creat, fork, vfork, unlink, rename, mkdir, rmdir, link, symlink, chmod,
# mknod.
_CALLS = {
    "x86_64": (
        0xC000003E,
        257,
        (
            *(41, 425, 437, 59, 322, 263, 264, 316, 258, 259, 266, 265, 76, 268, 101, 62),
            *(2, 85, 57, 58, 87, 82, 83, 84, 86, 88, 90, 133),
        ),
    ),
    "aarch64": (
        0xC00000B7,
        56,
        (198, 425, 437, 221, 281, 35, 38, 276, 34, 33, 36, 37, 45, 53, 117, 129),
    ),
}


def confine(seconds: int, memory: int) -> None:
    """Limit this process, as far as its system can: where it can't, the caller has to watch the clock.

    On Linux it reaches no network, starts no program and changes no file. Whatever it needs is imported
    before.

    Parameters
    ----------
    seconds
        Of processor time from the beginning of the process; then it is ended.
    memory
        Bytes that it may take in addition to what it has.
    """
    with suppress(ImportError):  # Windows has none
        import resource

        limits = {
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_AS: _taken() + memory,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
        }
        for what, most in limits.items():
            with suppress(OSError, ValueError):  # it is lower already, or this system hasn't got it
                resource.setrlimit(what, (most, most))
    if sys.platform == "linux" and platform.machine() in _CALLS:
        _filter_calls(*_CALLS[platform.machine()])


def _taken() -> int:
    """Return the bytes of this process's address space, 0 where that can't be read."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _filter_calls(machine: int, open_at: int, refused: tuple[int, ...]) -> None:
    """Let the kernel refuse calls: network, other programs, and whatever changes a file."""
    end = len(refused) + 4
    program = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, end, machine),  # another processor's calls go by other numbers: allowed
        (_LOAD, 0, 0, _NUMBER),
        *((_EQUAL, end - 1 - place, 0, call) for place, call in enumerate(refused)),
        (_EQUAL, 0, 2, open_at),
        (_LOAD, 0, 0, _THIRD),
        (_ANY_BIT, 1, 0, _TO_WRITE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOT_PERMITTED),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    filter_ = Program(len(program), ctypes.addressof(code))
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    kernel.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(filter_), 0, 0)
