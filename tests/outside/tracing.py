"""Programs under strace: whom they ask, and which files they write."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CALLS = (
    "connect,sendto,sendmsg,sendmmsg,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat"
)
RESOLVERS = ("nscd/socket", "systemd/resolve", "avahi", "dbus")
"""Sockets of services that ask other machines for us."""

_ADDRESS = re.compile(
    r"sa_family=AF_INET6?, .*?htons\((?P<port>\d+)\)"
    r".*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"(?P<ip>[^\"]+)\""
)
_SOCKET = re.compile(r"sun_path=@?\"(?P<path>[^\"]+)\"")
_FOLDER = r"(?:(?:AT_FDCWD|\d+)(?:<(?P<folder>[^>]*)>)?, )?"
_WRITES = re.compile(
    r"\b(?:openat|open)\(" + _FOLDER + r"\"(?P<path>[^\"]+)\", [A-Z_|]*(?:O_WRONLY|O_RDWR|O_CREAT)"
)
_MAKES = re.compile(r"\b(?:creat|mkdir|mkdirat)\(" + _FOLDER + r"\"(?P<path>[^\"]+)\"")
_MOVES = re.compile(
    r"\b(?:rename|renameat|renameat2|link|linkat)\(.*?"
    + _FOLDER
    + r"\"(?P<path>[^\"]+)\"(?:, [A-Z0-9_|]+)?\)"
)


_RESUMED = re.compile(r"\s*<\.\.\. \w+ resumed>(?P<rest>.*)")


def command(log: Path) -> list[str]:
    """Return what stands before a command to trace it and all that it starts."""
    strace = shutil.which("strace")
    if strace is None:
        text = "strace isn't installed. Install it, for example with: apt-get install strace"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    return [strace, "-f", "--seccomp-bpf", "-qq", "-y", "-s", "300", "-e", f"trace={CALLS}", "-o", str(log)]


@dataclass(frozen=True)
class Person:
    """Somebody with a home of his own, as a fresh account has it.

    Nothing is inherited that says "this is a test": libraries that report their use are silent in CI. The
    folder for temporary files has a short name, as sockets lie in it.
    """

    home: Path
    temporary: Path

    def environment(self) -> dict[str, str]:
        """Return the environment of a new session, with the model packages of this machine."""
        from facelib.utilities.home import home

        kept = ("PATH", "PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "LANG": "C.UTF-8",
            "FACELIB_HOME": str(home()),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def traced(self, log: Path, *argv: str) -> list[str]:
        """Return a command as this person starts it, with strace before it."""
        variables = [f"{name}={value}" for name, value in self.environment().items()]
        return [*command(log), "env", "-i", *variables, *argv]

    def run(
        self, log: Path, argv: Sequence[str], cwd: Path, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command under strace and wait for its end."""
        return subprocess.run(
            self.traced(log, *argv), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=seconds, check=False,
        )  # fmt: skip


def asked(log: Path) -> list[str]:
    """Return the calls that leave this machine, or have a service ask: all but loopback, and any DNS."""
    return [line for line in _lines(log) if _leaves(line)]


def _leaves(line: str) -> bool:
    if (found := _ADDRESS.search(line)) is not None:
        address = ipaddress.ip_address(found["ip"])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return found["port"] == "53" or not mapped.is_loopback
    unix = _SOCKET.search(line)
    return unix is not None and "ENOENT" not in line and any(name in unix["path"] for name in RESOLVERS)


def written(log: Path, cwd: Path) -> set[Path]:
    """Return the files and folders that were opened for writing, made, or moved to, from a working folder."""
    found = (
        match for line in _lines(log) for one in (_WRITES, _MAKES, _MOVES) if (match := one.search(line))
    )
    failed = re.compile(r"= -1 E[A-Z]+")
    return {Path(match["folder"] or cwd, match["path"]) for match in found if not failed.search(match.string)}


def elsewhere(paths: Iterable[Path], allowed: Iterable[str | Path]) -> list[str]:
    """Return the paths that lie in none of the folders that are allowed, nor on the way to one."""
    places = [f"{os.path.realpath(place)}/" for place in allowed]
    whole = {os.path.realpath(path) for path in paths}
    strays = (
        path
        for path in whole
        if not any(f"{path}/".startswith(place) or place.startswith(f"{path}/") for place in places)
    )
    return sorted(path for path in strays if "__pycache__" not in Path(path).parts)  # compiled code


def _lines(log: Path) -> list[str]:
    """Return one line per call; those that another process interrupted are put together again."""
    begun: dict[str, str] = {}
    whole = []
    for line in log.read_text(errors="replace").splitlines():
        process, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif (rest := _RESUMED.match(call)) is not None:
            whole.append(begun.pop(process, "") + rest["rest"])
        else:
            whole.append(line)
    whole += begun.values()
    assert whole, "strace has written nothing: the test looks at nothing"
    return whole
