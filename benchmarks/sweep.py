"""How long a whole sweep, its placebos and its maps take, beside the grad-cam package."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import torch
from timing import end, header, median, peer, row

import facelib
from facelib.classifiers import Classifier
from facelib.studies import Sweep, run_references

PYPI = ["fer", "facex", "pyemotion", "facemood"]


def main() -> None:
    torch.set_num_threads(1)  # as the page does: our two threads share the cores
    header("Sweeps at 224 px; medians")
    head, ages = facelib.Head(age=34, gender=0.0, expression="happy"), itertools.count(40)

    def whole() -> Sweep:
        made = facelib.sweep(head.replace(age=next(ages)), "symmetry", PYPI, steps=21)  # a new face
        made.effects()
        return made

    row("sweep, 21 strengths × 4 classifiers, with effects", median(whole, 5), below=2.5)
    made, seeds = whole(), itertools.count()
    row("19 placebo sweeps × 7", median(lambda: [*run_references(made, 19, seed=next(seeds))], 3), below=20)
    gradcam = peer("pytorch_grad_cam")
    for name in PYPI:
        clf = facelib.classifiers.load(name)
        split = median(partial(maps, clf, made), 5)
        library = median(partial(library_maps, clf, made), 5) if gradcam else None
        row(f"21 maps of {name}; grad-cam", split, peer=library, times=3)
    end()


def maps(clf: Classifier, made: Sweep) -> object:
    features = clf.features(made.images, np.broadcast_to(made.box, (21, 4)))
    return facelib.attribution.grad_cam_from(clf, features, "happy")


def library_maps(clf: Classifier, made: Sweep) -> object:
    """Compute what the split network computes with the grad-cam package."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    inputs = clf.prepare(made.images, np.broadcast_to(made.box, (21, 4))).requires_grad_()
    target = ClassifierOutputTarget(clf.index_of("happy"))
    with GradCAM(torch.nn.Sequential(clf.body, clf.head), [clf.body]) as cam:
        return cam(inputs, [target] * len(made.images))


if __name__ == "__main__":
    main()
