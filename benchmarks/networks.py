"""How long the classifiers take: beside plain torch, and beside a script by hand for each network.

Everything runs on one thread; times are of the process's processors, the best of several that take turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import torch
from timing import best, end, header, peak_of_this_process, row, seconds

from facelib import classifiers
from facelib.classifiers import Classifier, engines
from facelib.classifiers.classifier import single_threaded
from facelib.classifiers.engines import to_onnx
from facelib.errors import UnavailableError
from facelib.faces import render_heads, sample_heads

CHUNK = 4
Images = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]
Outputs = npt.NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faces", type=int, default=200)
    options = parser.parse_args()
    single_threaded()
    header(f"Classifiers on {options.faces} faces of 224 px, one thread; ms a face")
    ready()
    faces = render_heads(sample_heads(options.faces, seed=0), size=224)
    images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    for name in classifiers.available():
        clf = classifiers.load(name)
        by_engine(clf, clf.prepare(images[:21], boxes[:21]))
        by_hand(clf, images, boxes)
    end()


def ready() -> None:
    """Print how long each classifier takes to be ready, after what all of them share is loaded."""
    engines.fast(torch.nn.Conv2d(1, 1, 3).eval(), torch.zeros(3, 1, 8, 8))
    import h5py  # noqa: F401
    import tflite  # noqa: F401

    before = peak_of_this_process()
    for name in classifiers.CLASSIFIERS.names():
        try:
            row(
                f"{name} is ready",
                1000 * seconds(lambda name=name: classifiers.load(name).engine),
                "ms",
                below=300,
            )
        except UnavailableError as error:
            print(f"{name} is left out: {error}")
    row("memory of all", peak_of_this_process() - before, "MB")


def by_engine(clf: Classifier, prepared: torch.Tensor) -> None:
    """Print the engine beside plain torch, and how far their features differ."""
    runs = {"ours": clf.engine, "torch": engines.plain(clf.body)}
    times = best({name: lambda run=run: in_chunks(run, prepared) for name, run in runs.items()})
    ours, theirs = (1000 * time / len(prepared) for time in times.values())
    far = float((in_chunks(clf.engine, prepared) - in_chunks(runs["torch"], prepared)).abs().max())
    row(f"{clf.id}: features, 21 at once; plain torch", ours, "ms", peer=theirs, remark=f"within {far:.0e}")


def in_chunks(run: Callable[[torch.Tensor], torch.Tensor], prepared: torch.Tensor) -> torch.Tensor:
    return torch.cat([run(part) for part in torch.split(prepared, CHUNK)])


def by_hand(clf: Classifier, images: Images, boxes: Boxes) -> None:
    """Print pictures to logits beside a script of OpenCV, numpy and onnxruntime, at its best batch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    size, seen = clf.input_size, clf.preparation
    example = clf.prepare(np.zeros((2, size, size, 3), np.uint8))
    model = to_onnx(torch.nn.Sequential(clf.body, clf.head), example)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    source, mean, std = session.get_inputs()[0].name, np.float32(seen.mean), np.float32(seen.std)

    def one(image: Images, box: npt.NDArray[np.int64]) -> Images:
        left, top, right, bottom = box
        height, width = image.shape[:2]
        out = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
        face = image[max(top, 0) : bottom, max(left, 0) : right]
        face = cv2.copyMakeBorder(face, *out, cv2.BORDER_REPLICATE) if any(out) else face
        face = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) if seen.channels == 1 else face
        way = cv2.INTER_AREA if max(face.shape[:2]) > size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(face, (size, size), interpolation=way))

    def script(at_once: int) -> Outputs:
        cut = seen.crop_boxes(boxes, len(images), *images.shape[1:3]).astype(int)
        parts = []
        for start in range(0, len(images), at_once):
            part = slice(start, start + at_once)
            x = np.stack([one(*pair) for pair in zip(images[part], cut[part], strict=True)])
            x = (x.astype(np.float32) - mean) / std
            x = x[:, None] if seen.channels == 1 else x.transpose(0, 3, 1, 2)
            x = x[:, ::-1] if seen.colour == "bgr" else x
            x = np.repeat(x, 3, axis=1) if seen.colour == "gray three times" else x
            parts.append(session.run(None, {source: np.ascontiguousarray(x)})[0])
        return np.concatenate(parts)

    works = {"ours": lambda: clf.logits(images, boxes)}
    works |= {f"{size} at once": lambda size=size: script(size) for size in (1, 8, 32)}
    times = {name: 1000 * time / len(images) for name, time in best(works, 5).items()}
    ours, (how, theirs) = times.pop("ours"), min(times.items(), key=lambda item: item[1])
    far = float(np.abs(script(32) - clf.logits(images, boxes)).max())
    what = f"{clf.id}: pictures to logits; by hand, {how}"
    row(what, ours, "ms", peer=theirs, times=0.9, remark=f"within {far:.0e}")


if __name__ == "__main__":
    main()
