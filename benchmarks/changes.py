"""How long changes take: interventions on heads by class of cost, on photographs, and matched placebos.

The medians of the classes are those of `facelib.interventions.COSTS`. Every face is a new one, so that no
cache knows it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial

import cv2
import numpy as np
from timing import end, header, row, seconds

from facelib.faces import Face, Head, render_heads, sample_heads
from facelib.interventions import INTERVENTIONS, Intervention, ordered
from facelib.interventions.intervention import COSTS
from facelib.interventions.placebos.matching import placebo_sweeps
from facelib.studies import even_strengths, make_frames

HEAD = Head(age=40, gender=0.4, intensity=0.8, palsy=0.2, electrodes="fridlund", glasses=0.5, hair="long")
DISTANCES = np.linspace(0, 12, 7)  # grey levels: about what a one-sided smile changes
REGIONS = DISTANCES[:, None] * np.array([0.70, 0.05, 1.62, 0.94])  # where a smile of one side fades


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faces", type=int, default=6, help="photographs")
    faces = parser.parse_args().faces
    header("Changes; heads and placebos on one thread's processor, photographs by the clock")
    on_photographs(faces)
    cv2.setNumThreads(1)
    placebos()
    on_heads()
    end()


def on_heads() -> None:
    """Print what one strength of every intervention costs at 224 px."""
    took: dict[str, list[float]] = {cost: [] for cost in COSTS}
    for name in INTERVENTIONS:
        change = INTERVENTIONS[name]
        took[change.cost].append(1000 * min(one_strength(change, seed) for seed in (1, 2, 3)))
        row(f"{name} ({change.cost})", took[change.cost][-1], "ms")
    for cost, times in took.items():
        row(f"median of {cost}", statistics.median(times), "ms")


def one_strength(change: Intervention, seed: int) -> float:
    head = HEAD.replace(seed=seed)
    face: Head | Face = head.render(224) if change.cost == "pixels" else head
    make_frames(face, change, (0.0,), workers=1)
    return seconds(lambda: make_frames(face, change, even_strengths(11), workers=1), time.process_time) / 11


def on_photographs(count: int) -> None:
    """Print the first frame and the whole sweep of pictures of 512 px that aren't known to be heads."""
    heads = [head.replace(expression="happy") for head in sample_heads(count + 1, seed=2)]
    for change in [item for item in ordered(photographs(heads[:1])[0]) if not item.placebo]:
        first, *others = photographs(heads)
        change.apply(first, 0.5)  # what all faces share is loaded
        others = [face for face in others if change.accepts(face)]
        frames = [seconds(partial(change.apply, face, 0.5)) for face in others]
        sweeps = [seconds(partial(make_frames, face, change, even_strengths(21))) for face in others]
        row(f"{change.id}, photograph, first frame", 1000 * statistics.median(frames), "ms", below=60)
        most = 1 if change.id == "symmetrise" else None
        row(f"{change.id} photograph, 21 strengths", statistics.median(sweeps), below=most)


def photographs(heads: list[Head]) -> list[Face]:
    return [face.replace(source="photograph", attributes={}) for face in render_heads(heads, 512)]


def placebos() -> None:
    """Print 19 sweeps of 7 strengths at 224 px, and how often their distances are matched."""
    (face,) = photographs([Head(seed=3, expression="happy")])
    for how, regions, most in (("", None, 1.5), (", by region", REGIONS, None)):
        times, reached = [], []
        for seed in range(5):
            start = time.process_time()
            reached += [
                made.reached for made in placebo_sweeps(face, DISTANCES, 19, seed=seed, regions=regions)
            ]
            times.append(time.process_time() - start)
        remark = f"{np.mean(reached):.0%} of distances matched within 10 %"
        row(f"19 placebo sweeps × 7{how}", statistics.median(times), below=most, remark=remark)


if __name__ == "__main__":
    main()
