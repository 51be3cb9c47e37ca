"""A process that has confined itself can compute, and do nothing else."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import os, socket, subprocess, threading
from facelib.models.readers.confined import confine
confine({seconds}, {memory})
"""
ATTEMPTS = {
    "a file": "open('{place}/new', 'w')",
    "more of a file": "open('{place}/there', 'a')",
    "an empty file": "os.open('{place}/new', os.O_CREAT)",
    "no file": "os.unlink('{place}/there')",
    "another name": "os.rename('{place}/there', '{place}/new')",
    "a folder": "os.mkdir('{place}/new')",
    "a link": "os.symlink('/etc/hostname', '{place}/new')",
    "a program": "subprocess.run(['touch', '{place}/new'], check=True)",
    "a socket": "socket.socket()",
    "a socket of this machine": "socket.socket(socket.AF_UNIX)",
}


def ended(code: str, seconds: int = 20, memory: int = 2**30) -> subprocess.CompletedProcess[str]:
    text = START.format(seconds=seconds, memory=memory) + code
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


@pytest.mark.thorough
@pytest.mark.skipif(
    platform.machine() not in {"x86_64", "aarch64"} or not Path("/proc/sys/kernel/seccomp").exists(),
    reason="this system has no filter of calls that facelib knows",
)
@pytest.mark.parametrize("what", ATTEMPTS)
def test_nothing_is_changed_or_reached(what: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("as it was")
    found = ended(ATTEMPTS[what].format(place=tmp_path))
    assert "PermissionError" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "as it was"


@pytest.mark.thorough
def test_it_can_compute_and_answer() -> None:
    code = "thread = threading.Thread(target=lambda: print(sum(range(5))))\nthread.start()"
    assert ended(code).stdout == "10\n"


@pytest.mark.thorough
def test_what_is_open_stays_open(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("as it was")
    code = "print(os.read(0, 99).decode())"
    text = START.format(seconds=20, memory=2**30) + code
    with (tmp_path / "there").open() as opened:
        found = subprocess.run(
            [sys.executable, "-c", text], stdin=opened, capture_output=True, text=True, check=False
        )
    assert found.stdout == "as it was\n"


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to both limits")
def test_time_and_memory_end() -> None:
    assert ended("while True: pass", seconds=1).returncode < 0
    assert "MemoryError" in ended("bytes(2**31)").stderr
