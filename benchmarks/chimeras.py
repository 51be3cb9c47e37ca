"""1,000 photographs with their symmetric versions, read by all networks: minutes on two cores, and memory.

Run ``python benchmarks/chimeras.py --count 1000``; promised are 5 minutes and 1 GB a process. Heads are
rendered into a temporary folder as JPEG and studied as anyone's folder is. Beside it, in the same run and on
one core: the networks alone on eight pictures of each, none of which had to be found or made.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

import facelib
from facelib import classifiers
from facelib.faces import FaceSet, render_heads
from facelib.studies.chimeric import STRENGTHS

PROMISED = 5.0  # minutes for 1,000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="pictures in the folder")
    parser.add_argument("--side", type=int, default=512, help="px")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "faces")
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # its memory isn't that of the study
            pool.submit(_fill, folder, given.count, given.side).result()
        faces = FaceSet.from_folder(folder, "faces.csv")
        study = facelib.ChimericStudy(faces, classifiers=classifiers.available(kind="pretrained"))
        print(study.plan(), flush=True)
        begun = time.perf_counter()
        result = study.run(Path(place, "run"))
        minutes = (time.perf_counter() - begun) / 60
        failed = result.failures["face"].nunique()
        print(f"{given.count} pictures: {minutes:.1f} min, {failed} failed")
        whole = minutes * 1000 / given.count
        print(f"1,000 pictures: {whole:.1f} min, {whole / PROMISED:.2f} of what is promised")
        peaks = [
            resource.getrusage(who).ru_maxrss / 1e6
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        print(f"largest process: {max(peaks):.2f} GB")
        alone = _networks(folder) / 60 * 1000
        print(
            f"networks alone, one core: {alone:.1f} min; all of it on all cores: {whole / alone:.2f} of that"
        )


def _fill(folder: Path, count: int, side: int) -> None:
    """Write smiles and faces at rest, some with one weak side; others are the same in another brightness."""
    folder.mkdir()
    heads = [
        head.replace(expression=shown, left=0.5, pose=(0, 0, 0), glasses=0.0)
        for head in facelib.sample_heads(20, seed=1, electrodes=0.0)
        for shown in ("neutral", "happy")
    ]
    rows = ["file,person,label"]
    for number, face in zip(range(count), _again(render_heads(heads, side)), strict=False):
        light = 1 - 0.005 * (number // len(heads))
        Image.fromarray((face.image * light).astype(np.uint8)).save(folder / f"{number}.jpg", quality=92)
        rows.append(f"{number}.jpg,p{number // 2},{('neutral', 'happy')[number % 2]}")
    (folder / "faces.csv").write_text("\n".join(rows))


def _again(faces: list[facelib.Face]):  # type: ignore[no-untyped-def]
    while True:
        yield from faces


def _networks(folder: Path, repeats: int = 10) -> float:
    """Return the seconds that all networks take for the eight pictures of one face."""
    face = facelib.load_face(folder / "1.jpg")
    images = np.stack([face.image] * len(STRENGTHS))
    boxes = np.stack([face.box] * len(STRENGTHS))
    models = [classifiers.load(name) for name in classifiers.available(kind="pretrained")]
    for model in models:
        model.probabilities(images, boxes)
    begun = time.process_time()
    for _ in range(repeats):
        for model in models:
            model.probabilities(images, boxes)
    return (time.process_time() - begun) / repeats


if __name__ == "__main__":
    main()
