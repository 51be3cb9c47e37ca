"""Studies: pictures a second, what storing costs, how two processes share the work, memory, large tables.

``python benchmarks/study.py [--people 24] [--dask]``, on an idle machine. The peer is a loop that
draws the same pictures and reads them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import numpy as np
from timing import end, header, median, peak_while, row, seconds

import facelib
from facelib import classifiers
from facelib.classifiers import Classifier
from facelib.interventions import INTERVENTIONS
from facelib.studies import InterventionalStudy, even_strengths, make_frames, open_study

CHANGES = ("symmetrise", "age", "blur")
KNOWN = ("known_unbiased", "known_age_happy", "known_tone_angry")


def study(people: int, seed: int, **options: Any) -> InterventionalStudy:
    settings: dict[str, Any] = {"steps": 11, "size": 224} | options
    heads = facelib.sample_heads(people, seed=seed)
    return InterventionalStudy(heads, CHANGES, settings.pop("classifiers", None), **settings)


def loop(people: int, seed: int, models: list[Classifier]) -> None:
    """Draw the same pictures and read them, without rows, store and checks."""
    for head in facelib.sample_heads(people, seed=seed):
        for name in CHANGES:
            frames = make_frames(head, INTERVENTIONS[name], even_strengths(11), workers=1)
            for clf in models:
                clf.probabilities(frames.images, np.broadcast_to(frames.box, (11, 4)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--dask", action="store_true", help="also on a Dask cluster of two workers")
    options = parser.parse_args()
    people, pictures = options.people, options.people * len(CHANGES) * 11
    header(f"Studies: {people} heads × 3 changes × 11 strengths, 224 px, all classifiers; ms a picture")
    with TemporaryDirectory() as name:
        folder = Path(name)
        models = [classifiers.load(name) for name in classifiers.available()]
        loop(1, 1, models)  # loads what all faces share
        plain = 1000 * seconds(lambda: loop(people, 10, models)) / pictures
        alone = 1000 * seconds(lambda: study(people, 20).run(folder / "one", n_jobs=1)) / pictures
        row("one process; a loop", alone, "ms", peer=plain)
        study(2, 2).run(folder / "warm", n_jobs=2)
        took, most = peak_while(lambda: study(people, 30).run(folder / "two", n_jobs=2), children=True)
        row("two processes; one", 1000 * took / pictures, "ms", peer=alone)
        row("memory of a worker", most, "MB")
        if options.dask:
            row("Dask, two workers; one process", 1000 * on_dask(people, folder) / pictures, "ms", peer=alone)
        large_table(folder, 4 * people)
    end()


def on_dask(people: int, folder: Path) -> float:
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        study(2, 3).run(folder / "warm dask")
        return seconds(lambda: study(people, 40).run(folder / "dask"))


def large_table(folder: Path, people: int) -> None:
    """Print how long a large table takes to open, and its effects."""
    study(people, 7, classifiers=KNOWN, size=64).run(folder / "large", n_jobs=2)
    rows = len(open_study(folder / "large").table)
    row(f"a table of {rows:,} rows opens", median(lambda: open_study(folder / "large").table, 3))
    row("and its effects", median(lambda: open_study(folder / "large").effects, 3))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
