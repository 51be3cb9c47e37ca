"""Kernels that are forked: as if Python had started them, and gone with whoever started them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from facelib.app.server.fork_server import (
    NAME,
    USABLE,
    ForkedKernel,
    ForkServer,
    ForkServerError,
    kernel_arguments,
)

pytestmark = pytest.mark.skipif(not USABLE, reason="kernels are forked on Linux only")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    made = ForkServer({"FACELIB_TEST": "from the start"})
    yield made
    made.close()


def run(server: ForkServer, folder: Path, line: str, **variables: str) -> ForkedKernel:
    """Start a kernel that runs one line before it would wait for messages."""
    arguments = [
        f"--IPKernelApp.connection_file={folder / 'kernel.json'}",
        f"--IPKernelApp.exec_lines={line}",
    ]
    return server.start(arguments, {**os.environ, **variables}, str(folder))


@pytest.mark.thorough
def test_a_kernel_has_its_own_folder_variables_arguments_and_chance(
    server: ForkServer, tmp_path: Path
) -> None:
    line = (
        "import numpy, os, sys; "
        "open('said', 'a').write(repr((os.environ.get('OWN'), os.environ.get('FACELIB_TEST'), "
        "sys.argv[0], __name__, os.getpgid(0) == os.getpid(), numpy.random.rand())) + '\\n'); os._exit(7)"
    )
    for own in "ab":
        kernel = run(server, tmp_path, line, OWN=own)
        assert kernel.wait(60) == 7
    (*first, one), (*second, other) = (eval(text) for text in (tmp_path / "said").read_text().splitlines())
    assert first[0] == "a"
    assert second[0] == "b"
    assert first[1] is None  # it has the variables that it was given, and no others
    assert first[2].endswith("ipykernel_launcher.py")
    assert first[3:] == second[3:] == ["__main__", True]
    assert one != other


DRAWN = (
    "import json, os, random, secrets, uuid; import numpy, torch; "
    "from ipykernel.kernelapp import IPKernelApp; "
    "app = IPKernelApp.instance(); "
    "json.dump({'python': random.random(), 'numpy': numpy.random.rand(), 'torch': float(torch.rand(1)), "
    "'generator': numpy.random.default_rng().random(), 'seed': torch.initial_seed(), "
    "'secret': secrets.token_hex(), 'uuid': str(uuid.uuid4()), 'key': app.session.key.hex(), "
    "'session': app.session.session}, open('drawn.part', 'w')); os.rename('drawn.part', 'drawn'); os._exit(0)"
)


@pytest.mark.thorough
def test_two_kernels_share_neither_secrets_nor_chance(server: ForkServer, tmp_path: Path) -> None:
    drawn = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        assert run(server, folder, DRAWN).wait(60) == 0
        drawn.append(json.loads((folder / "drawn").read_text()))
    for name, value in drawn[0].items():
        assert value != drawn[1][name], name
        assert value, name


@pytest.mark.thorough
def test_no_thread_runs_where_kernels_are_forked(server: ForkServer, tmp_path: Path) -> None:
    assert run(server, tmp_path, "import os; os._exit(0)").wait(60) == 0
    assert psutil.Process(server.process.pid).num_threads() == 1


@pytest.mark.thorough
def test_a_kernel_that_runs_is_seen_and_ended(server: ForkServer, tmp_path: Path) -> None:
    kernel = run(server, tmp_path, "open('there', 'w').close()")
    deadline = time.monotonic() + 60
    while not (tmp_path / "there").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert kernel.poll() is None
    assert psutil.Process(kernel.pid).name() == NAME
    assert str(tmp_path) not in " ".join(psutil.Process(kernel.pid).cmdline())
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(0.1)
    kernel.kill()
    assert kernel.wait(30) == -9
    kernel.kill()  # nothing happens


@pytest.mark.thorough
def test_where_the_server_has_ended_its_kernels_have_and_nothing_waits_for_it(tmp_path: Path) -> None:
    server = ForkServer({})
    kernel = run(server, tmp_path, "pass")
    server.process.kill()
    with pytest.raises(ForkServerError, match="forked from has ended"):
        run(server, tmp_path, "pass")
    assert kernel.wait(10) == 1
    deadline = time.monotonic() + 30
    while psutil.pid_exists(kernel.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.close()


@pytest.mark.thorough
def test_whoever_dies_while_it_imports_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys, threading, time; from facelib.app.server.fork_server import ForkServer; "
        "server = ForkServer({}); "
        f"threading.Thread(target=server.start, args=([], dict(os.environ), {str(tmp_path)!r}), daemon=True)"
        ".start(); time.sleep(0.5); print(server.process.pid, flush=True); os._exit(0)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    if psutil.pid_exists(int(said)):
        forks = psutil.Process(int(said))
        known = set(forks.children(recursive=True))
        while forks.is_running() and forks.status() != psutil.STATUS_ZOMBIE:
            known |= set(forks.children(recursive=True))
            time.sleep(0.02)
        assert psutil.wait_procs(known, timeout=30)[1] == []


def test_only_kernels_of_this_python_are_forked() -> None:
    assert kernel_arguments([sys.executable, "-m", "ipykernel_launcher", "-f", "x"]) == ["-f", "x"]
    assert kernel_arguments(["/no/python", "-m", "ipykernel_launcher", "-f", "x"]) is None
    assert kernel_arguments(["/bin/sh", "-m", "ipykernel_launcher"]) is None
    assert kernel_arguments([sys.executable, "kernel.py"]) is None
