"""How fast photographs are read and measured, and how much memory a folder of them takes.

Some heads are rendered into a temporary folder as JPEG, each several times with other brightness, and
measured as anyone's folder would be. ``--count 2000`` is the size that is promised.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from timing import end, header, median, peak_while, row, seconds

import facelib
from facelib.faces import FaceSet, find_landmarks, read_picture, render_heads
from facelib.faces.detector import detect_faces

NAMES = ["symmetry", "yaw", "pitch", "roll", "skin_tone", "brightness", "contrast", "sharpness"]
HEADS, MANY = 24, 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=160, help="pictures in the folder")
    count = parser.parse_args().count
    header("Photographs, 512 px")
    with TemporaryDirectory() as folder:
        fill(Path(folder), count)
        content = Path(folder, "0.jpg").read_bytes()
        image = read_picture(content)
        one = detect_faces(image)[0]
        for what, work in {
            "decode, detect, landmarks": lambda: facelib.load_face(content),
            "decode": lambda: read_picture(content),
            "detect": lambda: detect_faces(image),
            "landmarks": lambda: find_landmarks(image, one.box, one.eyes),
        }.items():
            row(what, 1000 * median(work, 15), "ms")
        took, peak = peak_while(lambda: facelib.properties.measure(FaceSet.from_folder(folder), NAMES))
        row(f"{len(NAMES)} properties of {count} pictures, each", 1000 * took / count, "ms", below=125)
        row("memory that it takes", peak, "MB", below=1000)
    with TemporaryDirectory() as folder:
        for number in range(MANY):
            Path(folder, f"{number}.jpg").touch()
        row(f"a folder of {MANY:,} pictures opens", seconds(lambda: len(FaceSet.from_folder(folder))))
    end()


def fill(folder: Path, count: int) -> None:
    faces = render_heads(facelib.sample_heads(HEADS, seed=4, ages=(18.0, 80.0)), 512)
    rng = np.random.default_rng(0)
    for number in range(count):
        image = faces[number % HEADS].image.astype(np.int16) + rng.integers(-6, 7, dtype=np.int16)
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=92)


if __name__ == "__main__":
    main()
