"""Run the contrasts of one weaker side at full size: ``load_asymmetry().contrasted`` returns their tables.

100 people × 6 plain FACS expressions × 11 pictures (unchanged, no expression, both sides half; one side weak,
both sides as visible, both as read, a palsy: left and right), in frontal and in studio light, and 100 other
people in frontal light: 19,800 pictures, read by all pretrained classifiers. 14,400 more are rendered small
to find what is read alike. Run ``nice python benchmarks/asymmetry_contrasts.py runs/contrasts --n-jobs 2``;
killed, it goes on where it was. Set beforehand: `facelib.experiments.asymmetry.estimands.STATEMENT`, people
and seeds, δ = .10, α = .05, frontal light, both sides averaged, Holm over classifiers.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from facelib import classifiers
from facelib.classifiers.classifier import single_threaded
from facelib.experiments.asymmetry.design import SEED, SIZE, asymmetry_faces
from facelib.experiments.asymmetry.estimands import LIGHTS, PEOPLE, STATEMENT, read_arms
from facelib.experiments.asymmetry.shipped_contrasts import AsymmetryContrasts
from facelib.faces import Head
from facelib.stats.effects.few_people import ALPHA
from facelib.studies.engine.fingerprints import of_classifier, versions
from facelib.studies.sweeps.sweep import DELTA, load_all

SEEDS = (SEED + 10, SEED + 11)
CHUNK = 12  # heads that one process reads before it writes them down


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path, nargs="?", default=Path("runs/contrasts"))
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--classifiers", nargs="*", default=classifiers.available(kind="pretrained"))
    parser.add_argument("--tables", type=Path)
    options = parser.parse_args()
    options.store.mkdir(parents=True, exist_ok=True)
    begun, start = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    runs = [(0, LIGHTS[0]), (0, LIGHTS[1]), (1, LIGHTS[0])]
    jobs = [
        (part, options.store / f"{group}_{light}_{number:03d}.parquet", light == LIGHTS[0])
        for group, light in runs
        for number, part in enumerate(parts_of(options.people, SEEDS[group], light))
    ]
    work = Parallel(n_jobs=options.n_jobs, verbose=5)
    work(delayed(kept)(*job, options.classifiers, options.size) for job in jobs)
    tables = [
        pd.concat([pd.read_parquet(path) for path in sorted(options.store.glob(f"{group}_*.parquet"))])
        for group in (0, 1)
    ]
    print(f"{(time.perf_counter() - start) / 60:.1f} min", flush=True)
    about = {
        "name": "Contrasts of one weaker side",
        "hypothesis": STATEMENT,
        "people": options.people,
        "seeds": list(SEEDS),
        "lights": list(LIGHTS),
        "size": options.size,
        "delta": DELTA,
        "alpha": ALPHA,
        "versions": dict(versions()),
        "classifiers": {model.id: of_classifier(model) for model in load_all(options.classifiers)},
        "begun": begun,
    }
    found = AsymmetryContrasts.of(tables, about)
    found.save(options.tables)
    shown(found)


def parts_of(people: int, seed: int, light: str) -> list[list[Head]]:
    heads = asymmetry_faces(people, intensities=(1.0,), seed=seed, neutral=False)
    lit = [head.replace(light=light) for head in heads]
    return [lit[start : start + CHUNK] for start in range(0, len(lit), CHUNK)]


def kept(heads: list[Head], path: Path, detect: bool, names: list[str], size: int) -> None:
    """Read heads, once; what is there already is taken."""
    if path.exists():
        return
    single_threaded()
    half = path.with_suffix(".part")
    read_arms(heads, load_all(names), size, detect=detect).to_parquet(half, index=False)
    half.replace(path)


def shown(found: AsymmetryContrasts) -> None:
    print(*found.answers["sentence"], sep="\n")
    whole = found.contrasts.query("expression == 'all'")
    columns = [
        "light",
        "sides",
        "value",
        "contrast",
        "classifier",
        "mean",
        "low",
        "high",
        "p_holm",
        "verdict",
    ]
    print(whole[columns].round(3).to_string())
    print(found.check.query("expression == 'all'").round(3).to_string())
    print(found.seeds.query("p_holm < .05").round(3).to_string())


if __name__ == "__main__":
    main()
