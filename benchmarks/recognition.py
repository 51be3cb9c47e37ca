"""How well the available classifiers read the rendered expressions: by classifier, skin tone and age.

Run ``python benchmarks/recognition.py``; about a minute. Mean probability of the intended emotion over
sampled frontal adults (20 to 60 years, nothing on the face, studio light). Chance is .14.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from facelib import classifiers
from facelib.faces import EXPRESSIONS, render_heads, sample_heads

THIRDS = {"skin_tone": (0.0, 1.0), "age": (20.0, 60.0)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seed", type=int, default=3030)
    parser.add_argument("--set", choices=list(EXPRESSIONS), default="tuned")
    given = parser.parse_args()
    heads = sample_heads(given.people, seed=given.seed, ages=THIRDS["age"], expression_set=given.set)
    networks = [classifiers.load(name) for name in classifiers.available()]
    rows = []
    for emotion in classifiers.EMOTIONS:
        faces = render_heads([head.replace(expression=emotion) for head in heads])
        images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
        for network in networks:
            read = network.probabilities(images, boxes)[:, network.index_of(emotion)]
            rows += [
                (emotion, network.id, *(_third(getattr(head, name), name) for name in THIRDS), float(p))
                for head, p in zip(heads, read, strict=True)
            ]
    table = pd.DataFrame(rows, columns=["emotion", "classifier", *THIRDS, "p"])
    for name in ("classifier", *THIRDS):
        print(table.pivot_table("p", name, "emotion", margins=True, margins_name="all").round(2).to_string())


def _third(value: float, name: str) -> str:
    """Return the third of the range in which a value lies, in words."""
    low, high = THIRDS[name]
    edges = np.linspace(low, high, 4)
    place = min(max(int(np.searchsorted(edges, value)) - 1, 0), 2)
    return f"{edges[place]:.3g} to {edges[place + 1]:.3g}"


if __name__ == "__main__":
    main()
