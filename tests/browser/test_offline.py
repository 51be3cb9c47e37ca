"""The pages where there is no network at all: a test of this folder, run in a namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALONE = ["unshare", "--map-root-user", "--net", sys.executable, str(HERE / "alone.py")]


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """The command before another command that takes the network away from it."""
    possible = shutil.which("unshare") and subprocess.run([*ALONE, "true"], check=False).returncode == 0
    if not possible:
        text = "Network namespaces are not allowed here (unshare --map-root-user --net)"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    return ALONE


@pytest.mark.outside
@pytest.mark.packages
def test_works_without_any_network(alone: list[str], tmp_path: Path) -> None:
    test = "test_journeys.py::test_a_drag_repaints_picture_table_bars_and_curves"
    own = f"--basetemp={tmp_path / 'own'}"  # it doesn't tidy up the folders of the tests beside it
    options = ["-q", "-p", "no:cacheprovider", "--no-header", own, str(HERE / test)]
    answer = subprocess.run(
        [*alone, sys.executable, "-m", "pytest", *options],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1 passed" in answer.stdout
