"""How long photographs take to change, at 512 px.

Run ``python benchmarks/photo_interventions.py``; a minute. Promised: the first frame of a face in 60 ms, 21
strengths of symmetry in a second on two cores. Every face is a new one, so that nothing of it is known yet;
what all faces share is loaded before.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from facelib import interventions
from facelib.faces import Face, Head, render_heads, sample_heads
from facelib.studies.sweeps.frames import even_strengths, make_frames

STEPS = 21


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=6)
    parser.add_argument("--side", type=int, default=512, help="px")
    given = parser.parse_args()
    heads = [head.replace(expression="happy") for head in sample_heads(given.faces + 1, seed=2)]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; median and slowest of {given.faces} faces")
    offered = [item for item in interventions.ordered(photographs(heads[:1], 128)[0]) if not item.placebo]
    for item in offered:
        first, *others = photographs(heads, given.side)
        item.apply(first, 0.5)
        frames, sweeps = [], []
        for face in others:
            if not item.accepts(face):
                continue
            frames.append(1e3 * seconds(lambda item=item, face=face: item.apply(face, 0.5)))
            sweeps.append(
                seconds(lambda item=item, face=face: make_frames(face, item, even_strengths(STEPS)))
            )
        print(
            f"{item.id:22} first frame {np.median(frames):4.0f} ms ({max(frames):.0f})   "
            f"{STEPS} strengths {np.median(sweeps):.2f} s ({max(sweeps):.2f})",
            flush=True,
        )


def photographs(heads: list[Head], side: int) -> list[Face]:
    """Return pictures of heads that aren't known any more."""
    return [face.replace(source="photograph", attributes={}) for face in render_heads(heads, side)]


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
