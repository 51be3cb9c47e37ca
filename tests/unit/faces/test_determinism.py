"""The same head is the same bytes: in any process, order, number of workers and of threads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facelib.faces import Face, Head, render_heads, sample_heads

pytestmark = pytest.mark.packages

SIZE = 64


def everything() -> list[Head]:
    """Return 12 people with all that can be drawn, and a sweep of one of them."""
    also = {
        "glasses": 0.5, "lens_tint": 0.5, "mask": 0.3, "palsy": 0.5, "synkinesis": 0.5, "asymmetry": 0.5,
        "moles": 0.5, "moles_side": ("both", "left"), "grey": (0.0, 1.0), "hair_length": (0.0, 1.0),
        "thinning": 0.5, "wires": 0.5, "tape": 0.5, "facial_hair": 0.5, "pose": 40.0,
        "gaze": 20.0, "light": ("studio", "side", "top"), "background": ("grey", "blue", "room"),
    }  # fmt: skip
    heads = sample_heads(12, seed=6, electrodes=0.5, ages=(5.0, 90.0), stratify=["hair", "age"], also=also)
    return heads + [heads[0].replace(left=1 - step / 4) for step in range(5)]


def prints(faces: list[Face]) -> list[str]:
    return [
        hashlib.sha256(b"".join(part.tobytes() for part in (face.image, face.box, face.eyes, face.landmarks)))
        .hexdigest()
        for face in faces
    ]  # fmt: skip


def all_ways() -> dict[str, list[str]]:
    """Return the fingerprints of the heads, rendered in several ways by this process."""
    heads = everything()
    ways = {"last first": prints(render_heads(heads[::-1], SIZE, workers=1))[::-1]}
    ways |= {f"{workers} workers": prints(render_heads(heads, SIZE, workers)) for workers in (1, 2, 4)}
    return ways | {"one by one": prints([head.render(SIZE) for head in heads])}


@pytest.fixture(scope="module")
def here() -> list[str]:
    return prints(render_heads(everything(), SIZE, workers=1))


@pytest.mark.thorough
def test_workers_and_order_leave_no_trace(here: list[str]) -> None:
    assert len({*here}) == 16  # of 17: the sweep's first head is the first one
    for way, found in all_ways().items():
        assert found == here, way


@pytest.mark.thorough
@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_another_process_gives_the_same(here: list[str], threads: int) -> None:
    """Its first picture is another one, so that nothing lies in a cache by the same way."""
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    run = subprocess.run(
        [sys.executable, Path(__file__)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | dict.fromkeys(names, str(threads)),
    )
    for way, found in json.loads(run.stdout).items():
        assert found == here, way


if __name__ == "__main__":
    sys.stdout.write(json.dumps(all_ways()))
