"""Run Facing Asymmetry, rebuilt, at full size: the tables that `facelib.experiments.load_asymmetry` returns.

60 people × (6 plain FACS expressions × 2 intensities + neutral) × 4 changes × 11 strengths are 34,320
pictures, read by all pretrained classifiers; 1,200 more people are read unchanged. Run
``nice python benchmarks/asymmetry_study.py runs/asymmetry``; about 25 minutes of one core. Killed, it goes on
where it was. What was set beforehand: people and seeds, δ = .10, α = .05, the left side first, Holm over the
classifiers, all expressions of a person averaged.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import pandas as pd

from facelib import classifiers
from facelib.experiments import asymmetry, asymmetry_faces, facing_asymmetry
from facelib.experiments.asymmetry.design import PEOPLE, SEED, SIZE, STEPS
from facelib.experiments.asymmetry.effects import ALL
from facelib.experiments.asymmetry.observed import PEOPLE as OBSERVED
from facelib.experiments.asymmetry.observed import observed_heads
from facelib.experiments.asymmetry.shipped_results import AsymmetryResults
from facelib.studies import InterventionalResult, Progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path, nargs="?", default=Path("runs/asymmetry"))
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--observed", type=int, default=OBSERVED, help="people who are read unchanged")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument(
        "--classifiers",
        nargs="*",
        default=classifiers.available(kind="pretrained"),
        help='ids, such as those of "known bias"; they are one family: K counts all of them',
    )
    parser.add_argument("--tables", type=Path)
    options = parser.parse_args()
    people = asymmetry_faces(options.people)
    study = facing_asymmetry(people, options.classifiers, steps=options.steps, size=options.size)
    print(study.plan(), flush=True)
    start = time.perf_counter()
    result = study.run(options.store, progress=told, n_jobs=options.n_jobs)
    print(f"{(time.perf_counter() - start) / 60:.1f} min; failures: {len(result.failures)}", flush=True)
    observed = unchanged(options.store / "observed.parquet", options)
    found = AsymmetryResults.of(result.table, result.faces, observed, described(result, options))
    found.save(options.tables)
    shown(found)


def described(result: InterventionalResult, options: argparse.Namespace) -> dict[str, Any]:
    """Return how it was made, without what belongs to this machine."""
    asked = (
        "name",
        "faces",
        "n_faces",
        "n_identities",
        "steps",
        "size",
        "delta",
        "alpha",
        "seed",
        "hypothesis",
    )
    return {name: result.settings[name] for name in asked} | {
        "interventions": {one["name"]: one["clause"] for one in result.settings["interventions"]},
        "failures": len(result.failures),
        "observed": {"people": options.observed, "seed": SEED + 1},
        "versions": result.provenance["versions"],
        "classifiers": {one["classifier"]: one["sha256"] for one in result.provenance["classifiers"]},
        "begun": result.provenance["runs"][0]["begun"],
    }


def told(now: Progress) -> None:
    if now.part is not None:
        print(f"{now.done} of {now.total}", flush=True)


def unchanged(path: Path, options: argparse.Namespace) -> pd.DataFrame:
    """Read people whose faces aren't changed, once; what is there already is taken."""
    if not path.exists():
        heads = observed_heads(options.observed)
        half = path.with_suffix(".part")
        asymmetry.observe(heads, options.classifiers, options.size).to_parquet(half, index=False)
        half.replace(path)
    return pd.read_parquet(path)


def shown(found: AsymmetryResults) -> None:
    columns = [
        "classifier", "side", "intensity", "value", "start", "change_mean", "change_low", "change_high",
        "change_verdict", "d_total_mean", "d_total_p_holm", "d_total_verdict", "d_displacement_mean",
        "d_displacement_p_holm", "d_displacement_verdict", "lowers", "because",
    ]  # fmt: skip
    whole = found.table[found.table["expression"] == ALL]
    print(whole[columns].round(3).to_string())
    counts = found.lowering[found.lowering["expression"] == ALL]
    print(*counts["sentence"], sep="\n")
    print(found.check.round(4).to_string())
    print(found.agreement.round(3).to_string())


if __name__ == "__main__":
    main()
