"""What one strength of every intervention costs at 224 px: processor time on one thread, by class of cost.

The medians of the classes are those of `facelib.interventions.COSTS`.
"""

from __future__ import annotations

import time
from statistics import median

import cv2

from facelib.faces import Face, Head
from facelib.interventions import INTERVENTIONS, Intervention
from facelib.interventions.intervention import COSTS
from facelib.studies import even_strengths, make_frames

STEPS = 11
REPEATS = 3
HEAD = Head(age=40, gender=0.4, intensity=0.8, palsy=0.2, electrodes="fridlund", glasses=0.5)


def main() -> None:
    cv2.setNumThreads(1)
    took: dict[str, list[float]] = {cost: [] for cost in COSTS}
    for name in INTERVENTIONS:
        change = INTERVENTIONS[name]
        seconds = min(once(change, seed) for seed in range(1, REPEATS + 1))
        took[change.cost].append(seconds * 1e3)
        print(f"{name:25s} {change.cost:8s} {seconds * 1e3:6.1f} ms")
    for cost, times in took.items():
        print(f"{cost:8s} median {median(times):5.1f} ms, from {min(times):.1f} to {max(times):.1f}")


def once(change: Intervention, seed: int) -> float:
    """Return the seconds that a strength takes, on a person whom no cache knows yet."""
    head = HEAD.replace(seed=seed)
    face: Head | Face = head.render(224) if change.cost == "pixels" else head
    make_frames(face, change, (0.0,), workers=1)
    start = time.process_time()
    make_frames(face, change, even_strengths(STEPS), workers=1)
    return (time.process_time() - start) / STEPS


if __name__ == "__main__":
    main()
