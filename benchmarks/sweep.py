"""How long a whole sweep, its placebos and its maps take: `python benchmarks/sweep.py`.

Promised: a new sweep of 21 strengths × 4 PyPI classifiers with effects < 2.5 s on 2 cores; 19 placebo
sweeps of 7 strengths < 20 s more; maps by the split network at least 3 × faster than the grad-cam package.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

import facelib
from facelib.studies import run_references

PYPI = ["fer", "facex", "pyemotion", "facemood"]


def median(work: Callable[[int], object], repeats: int = 5) -> float:
    """Return the median of `repeats` runs in seconds; the run's number makes every face a new one."""
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def library_maps(clf: facelib.classifiers.Classifier, images: np.ndarray, box: np.ndarray) -> None:
    """Compute what the split network computes with the grad-cam package."""
    model = nn.Sequential(clf.body, clf.head)
    inputs = clf.prepare(images, np.broadcast_to(box, (len(images), 4))).requires_grad_()
    target = ClassifierOutputTarget(clf.index_of("happy"))
    with GradCAM(model, [clf.body]) as cam:
        cam(inputs, [target] * len(images))


def main() -> None:
    torch.set_num_threads(1)  # as the page does: our two threads share the cores
    head = facelib.Head(age=34, gender=0.0, expression="happy")
    facelib.sweep(head, "symmetry", PYPI, steps=3).effects()  # loads models, compiles kernels
    rows = []

    def whole(number: int) -> facelib.studies.Sweep:
        made = facelib.sweep(head.replace(age=40 + number), "symmetry", PYPI, steps=21)
        made.effects()
        return made

    rows.append(("sweep, 21 × 4, with effects", median(whole), "< 2.5 s"))
    made = whole(20)
    rows.append(
        ("19 placebo sweeps × 7", median(lambda seed: [*run_references(made, 19, seed=seed)], 3), "< 20 s")
    )
    rows.append(
        ("99 placebo sweeps × 7", median(lambda seed: [*run_references(made, 99, seed=seed)], 1), "-")
    )
    for name in PYPI:
        clf = facelib.classifiers.load(name)
        split = median(
            lambda _, clf=clf: facelib.attribution.grad_cam_from(
                clf, clf.features(made.images, np.broadcast_to(made.box, (21, 4))), "happy"
            )
        )
        library = median(lambda _, clf=clf: library_maps(clf, made.images, made.box))
        rows.append(
            (
                f"21 maps of {name}: split network",
                split,
                f"grad-cam {library:.3f} s = {library / split:.1f} ×",
            )
        )
    for what, seconds, note in rows:
        print(f"{what:36s} {seconds:8.3f} s   {note}")


if __name__ == "__main__":
    main()
