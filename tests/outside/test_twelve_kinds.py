"""An auditor's afternoon: twelve kinds of networks, each brought in by one line, all the way to a report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("twelve_kinds.py")
KINDS = (
    "torchvision", "distilled", "swin", "folder", "clip", "safetensors", "onnx", "torchscript", "keras",
    "tflite", "aligned", "multilabel", "regression", "function",
)  # fmt: skip


def run(folder: Path, device: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), device],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.packages
def test_each_goes_all_the_way(tmp_path: Path) -> None:
    done = run(tmp_path, "cpu")
    assert done.returncode == 0, done.stderr[-3000:]
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    for kind in KINDS:
        verdict, shape, device, network = lines[kind].split("; ")
        assert verdict in {
            "changes", "does not change", "cannot tell", "cannot fall that far", "could not have shown it",
        }  # fmt: skip
        assert re.fullmatch(r"map \(\d+, \d+, \d+\)", shape), "evidence, or what hiding changes"
        assert device == "cpu"
        assert network
        report = (tmp_path / f"{kind}.html").read_text()
        assert kind in report
        assert (tmp_path / f"{kind}_dragged.html").stat().st_size < 6_000_000
    assert lines["emotions"] == "13 effects of 13 classifiers"
    assert lines["values"] == "1 effects of 1 classifiers"
    assert "robability of valence" not in (tmp_path / "regression.html").read_text()
    for name in ("emotions", "values"):
        assert "Methods" in (tmp_path / f"{name}.html").read_text()


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is one: the other test is run on it, too")
def test_the_same_script_says_that_there_is_no_accelerator(tmp_path: Path) -> None:
    done = run(tmp_path, "cuda")
    assert done.returncode == 1
    assert "The device 'cuda' isn't on this machine; there is cpu." in done.stderr


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="no accelerator on this machine")
def test_the_same_script_runs_on_an_accelerator(tmp_path: Path) -> None:
    name = str(torch.accelerator.current_accelerator())
    done = run(tmp_path, name)
    assert done.returncode == 0, done.stderr[-3000:]
    places = re.findall(r"; (\S+); [^;\n]+$", done.stdout, re.MULTILINE)
    assert places.count(f"{name}:0") >= 12
