"""How long placebo sweeps take to make: 19 sweeps of 7 strengths at 224 px, one thread, < 1.5 s.

Matched by region too, and how much longer that takes.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
import skimage.data

from facelib.faces import Face
from facelib.interventions.placebos.kinds import KINDS
from facelib.interventions.placebos.matching import matched_sweep, placebo_sweeps
from facelib.interventions.placebos.replicates import nuisance_replicates

DISTANCES = np.linspace(0, 12, 7)  # grey levels: about what a one-sided smile changes
REGIONS = DISTANCES[:, None] * np.array([0.70, 0.05, 1.62, 0.94])  # where a smile of one side fades
REPEATS = 5


def main() -> None:
    cv2.setNumThreads(1)
    image = np.ascontiguousarray(skimage.data.astronaut()[10:234, 110:334])
    face = Face(image, np.array([58.0, 38.0, 178.0, 158.0]), np.array([[135.0, 92.0], [100.0, 90.0]]))
    for title, regions in (("19 sweeps × 7 strengths, 224 px", None), ("the same by region", REGIONS)):
        seconds, reached, quarters = [], [], []
        for seed in range(REPEATS):
            start = time.process_time()
            sweeps = list(placebo_sweeps(face, DISTANCES, 19, seed=seed, regions=regions))
            seconds.append(time.process_time() - start)
            reached += [sweep.reached for sweep in sweeps]
            quarters += [sweep.by_region.reached for sweep in sweeps if sweep.by_region]
        promised = "   (promised: 1.5 s)" if regions is None else ""
        print(f"{title:36s} {np.median(seconds):8.3f} s{promised}")
        print(f"distances matched within 10 %        {np.mean(reached):8.0%}")
        if quarters:
            print(f"quarters matched within 10 %         {np.mean(quarters):8.0%}")
    for name in KINDS:
        start = time.process_time()
        sweep = matched_sweep(face, DISTANCES, name)
        took = time.process_time() - start
        print(f"  {name:20s} {took * 1e3:7.1f} ms   matched {sweep.reached.mean():4.0%}")
    frames = np.stack([image, image])
    start = time.perf_counter()
    for nuisance in nuisance_replicates(20):
        nuisance.apply(frames, face.box)
    print(f"20 nuisance replicates × 2 pictures  {(time.perf_counter() - start) * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
