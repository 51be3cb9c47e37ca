"""How fast photographs are read and measured, and how much memory a folder of them takes.

Run ``python benchmarks/photographs.py``; half a minute. Some heads are rendered into a temporary folder as
JPEG, each several times with other brightness, and measured as anyone's folder of pictures would be.
``--count 2000`` is the size that is promised: 8 pictures/s on two cores, below 1 GB. Seconds of the processor
tell more than those on the clock where others work on the machine.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

import facelib
from facelib.faces import find_landmarks, read_picture, render_heads
from facelib.faces.detector import detect_faces

NAMES = ["symmetry", "yaw", "pitch", "roll", "skin_tone", "brightness", "contrast", "sharpness"]
HEADS, REPEATS = 24, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=160, help="pictures in the folder")
    parser.add_argument(
        "--many", type=int, default=50_000, help="empty files in the folder that is only listed"
    )
    parser.add_argument("--side", type=int, default=512, help="px")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # its memory isn't that of measuring
            pool.submit(_fill, folder, given.count, given.side).result()
        content = Path(folder, "0.jpg").read_bytes()
        image = read_picture(content)
        one = detect_faces(image)[0]
        _each("decode, detect, landmarks", lambda: facelib.load_face(content))
        _each("  decode", lambda: read_picture(content))
        _each("  detect", lambda: detect_faces(image))
        _each("  landmarks", lambda: find_landmarks(image, one.box, one.eyes))
        before = _peak()
        clock, processor = time.perf_counter(), time.process_time()
        table = facelib.properties.measure(facelib.FaceSet.from_folder(folder), NAMES, progress=True)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        print(
            f"{given.count} pictures: {given.count / clock:.1f} a second; the processor took "
            f"{processor / given.count * 1e3:.0f} ms each; {table.symmetry.isna().sum()} broken; peak memory "
            f"{_peak():.0f} MB, {before:.0f} MB before"
        )
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.many):
            Path(folder, f"{number}.jpg").touch()
        clock = time.perf_counter()
        count = len(facelib.FaceSet.from_folder(folder))
        print(f"A folder of {count} pictures opens in {time.perf_counter() - clock:.2f} s.")


def _fill(folder: str, count: int, side: int) -> None:
    """Write pictures of some heads, each a little brighter or darker."""
    faces = render_heads(facelib.sample_heads(HEADS, seed=4, ages=(18.0, 80.0)), side)
    rng = np.random.default_rng(0)
    for number in range(count):
        image = faces[number % HEADS].image.astype(np.int16) + rng.integers(-6, 7, dtype=np.int16)
        path = Path(folder, f"{number}.jpg")
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(path, quality=92)


def _each(what: str, run: Callable[[], object]) -> None:
    run()
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(REPEATS):
        run()
    clock, processor = (time.perf_counter() - clock) / REPEATS, (time.process_time() - processor) / REPEATS
    print(f"{what}: {clock * 1e3:.0f} ms a picture ({processor * 1e3:.0f} ms of the processor)")


def _peak() -> float:
    """Return the most memory that the process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
