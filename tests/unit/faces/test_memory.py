"""Rendering holds a bounded amount of memory, however many heads there are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from facelib.faces import Head

pytestmark = pytest.mark.packages

RENDER = r"""
import re, sys
from pathlib import Path
from facelib.faces import render_heads, sample_heads

def peak():
    status = Path("/proc/self/status").read_text()  # getrusage tells the parent's peak, if that is more
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

heads = sample_heads(160, seed=1, ages=(5, 90), electrodes=0.3, also={"glasses": 0.3, "pose": 30.0})
for start in range(0, 160, 40):
    render_heads(heads[start : start + 40], 224)
    print(peak())
render_heads([heads[0].replace(left=1 - step / 20) for step in range(21)], 224)
print(peak())
assert "torch" not in sys.modules
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is told by /proc")
def test_caches_fill_up_and_stay() -> None:
    Head(electrodes="fridlund", glasses=0.5).render(224)  # what is compiled once is compiled here
    run = subprocess.run([sys.executable, "-c", RENDER], capture_output=True, text=True, check=True)
    peaks = [float(line) for line in run.stdout.split()]
    assert peaks[-1] < 900
    assert peaks[-1] - peaks[2] < 60  # MB
