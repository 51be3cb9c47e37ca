"""Measure what `facelib.restoration` gives back, in full size, and write the tables that come with facelib.

Run ``python benchmarks/restoration_study.py``: people as in a laboratory, of both expression sets, whom the
network didn't learn from; without electrodes, with them, and after each method took them off. And the sample
photograph, on which electrodes are drawn.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch

import facelib
from facelib.classifiers.classifier import single_threaded
from facelib.experiments.electrodes.restoration import restoration_study, restored_bare
from facelib.experiments.electrodes.restoration_results import RestorationResults
from facelib.experiments.power_of_properties.electrodes import electrode_faces
from facelib.faces import LIGHTS, sample_heads, sample_photograph
from facelib.head.head import BACKGROUNDS
from facelib.restoration.weights import training_log

PEOPLE, SEED = 420, 20261130  # of each expression set
BARE: Final = 320  # people of all kinds, for the placebo
ALSO: Final = {
    "glasses": 0.3, "lens_tint": 0.2, "moles": 0.4, "facial_hair": 0.5, "mask": 0.05, "palsy": 0.1,
    "asymmetry": 0.5, "pose": (22.0, 12.0, 10.0), "light": tuple(LIGHTS), "background": BACKGROUNDS,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE, help="of each expression set")
    parser.add_argument("--tables", type=Path, help="where the tables go")
    options = parser.parse_args()
    single_threaded()
    start, spent = time.perf_counter(), time.process_time()
    people = [
        head
        for name in ("facs", "tuned")
        for head in electrode_faces(options.people, SEED, expression_set=name)  # type: ignore[arg-type]
    ]
    run = restoration_study(
        people,
        progress=lambda at: print(at, flush=True),
    )
    photograph = sample_photograph()
    meant = photograph.replace(attributes={**photograph.attributes, "expression": "happy"})
    about = {
        **run.settings,
        "seed": SEED,
        "expression_sets": ["facs", "tuned"],
        "network": training_log()["sha256"],
        "seconds": round(time.perf_counter() - start),
        "processor_seconds": round(time.process_time() - spent),
        "versions": {
            "facelib": facelib.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
    bare = sample_heads(BARE, SEED, ages=(8.0, 88.0), stratify=("expression", "skin_tone"), also=ALSO)
    shown = restoration_study([meant])
    found = RestorationResults.of(run, shown, restored_bare(bare), about)
    print(found.accuracy.round(3).to_string())
    print(found.likeness.round(3).to_string())
    print(f"placebo: {int((found.placebo['changed'] > 0).sum())} of {len(found.placebo)} faces changed")
    print(found.photograph_readings.round(3).to_string())
    print(found.photograph_pictures.round(3).to_string())
    print(f"tables in {found.save(options.tables)}")


if __name__ == "__main__":
    main()
