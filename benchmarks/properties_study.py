"""Run Power of Properties, rebuilt, in full size, and write the tables that come with facelib.

Run ``python benchmarks/properties_study.py FOLDER``: every study is kept below the folder and taken up again
after an interruption; run it until it says where the tables are. At 1050 heads and six classifiers it takes
some minutes for the pictures and half an hour for the tests, on one core: as many permutations are drawn as a
p needs to survive Holm's correction. What can't reach that in the time given says so, and is counted in the
table (``out_of_reach``).

Parts: the population with its tests; symmetry once more with the measured intensity held fixed, and what is
one-sided in each light alone; the networks
whose use of properties is known; the same people with and without electrodes; age and gender as they are
given and as two networks estimate them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from facelib.classifiers.classifier import single_threaded
from facelib.experiments import power_of_properties as pop
from facelib.experiments.power_of_properties.electrodes import PAIRS
from facelib.experiments.power_of_properties.population import HEADS
from facelib.experiments.power_of_properties.shipped_results import PropertiesResults
from facelib.experiments.power_of_properties.table import grids_in_light
from facelib.studies import Progress
from facelib.studies.outcomes import describe_accuracy

SETS = ("facs", "tuned")
METHODS = ("partial_correlation", "kcit", "rcot", "chsic", "cmiknn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the studies are kept")
    parser.add_argument("--heads", type=int, default=HEADS, help="of the population and the control")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="people with and without electrodes")
    parser.add_argument("--size", type=int, default=224, help="px")
    parser.add_argument("--tables", type=Path, help="where the tables go")
    options = parser.parse_args()
    single_threaded()
    seconds: dict[str, float] = {}

    study = pop.power_of_properties(options.heads, size=options.size, methods=METHODS)
    result = timed("population", seconds, lambda: run(study, options.folder / "population"))
    timed("tests", seconds, lambda: result.grid)
    intensity = timed("tests with intensity", seconds, lambda: pop.grid_with_intensity(result))
    in_light = timed("tests in each light", seconds, lambda: grids_in_light(result))
    known = pop.known_use_control(options.heads, methods=METHODS)
    control = timed("control", seconds, lambda: run(known, options.folder / "control"))
    timed("tests of the control", seconds, lambda: control.grid)
    electrodes = [
        timed(f"electrodes, {kind}", seconds, lambda: paired(kind, options))  # noqa: B023 (called at once)
        for kind in SETS
    ]
    estimates = timed("estimates", seconds, lambda: estimated(study, options.folder / "estimates.parquet"))
    found = PropertiesResults.of(
        result,
        with_intensity=intensity,
        in_light=in_light,
        control=control,
        electrodes=electrodes,
        estimates=estimates,
        about={
            "population": dict(result.settings),
            "control": dict(control.settings),
            "electrodes": dict(electrodes[0].settings) | {"expression_sets": list(SETS)},
            "versions": result.provenance["versions"],
            "classifiers": result.provenance["classifiers"],
            "accuracy": describe_accuracy(result.accuracy, changed=False),
            "permutations": most_drawn(result.grid),
            "permutations_with_intensity": most_drawn(intensity),
            "null_share": null_shares(result.grid),
            "failures": {
                name: len(one.failures)
                for name, one in (
                    ("population", result),
                    ("control", control),
                    *zip(SETS, electrodes, strict=True),
                )
            },
        },
    )
    where = found.save(options.tables)
    print(found.properties.drop(columns="sentence").round(3).to_string())
    print(found.controls.round(3).to_string())
    print(found.electrodes[found.electrodes["expression"] == "all"].round(3).to_string())
    print(*found.estimates["sentence"], sep="\n")
    print(f"Written to {where}: {sum(p.stat().st_size for p in where.glob('properties_*')) / 1e3:.0f} kB.")


def paired(kind: Any, options: argparse.Namespace) -> Any:
    """Run people without and with electrodes who show the expressions of a set."""
    people = pop.electrode_faces(options.pairs, expression_set=kind)
    return run(pop.paired_electrodes(people, size=options.size), options.folder / f"electrodes_{kind}")


def run(study: Any, folder: Path) -> Any:
    """Run a study on one core, or go on with it; tell its progress now and then."""
    last = [0.0]

    def tell(at: Progress) -> None:
        if time.monotonic() - last[0] > 30:
            last[0] = time.monotonic()
            print(f"  {folder.name}: {at.done} of {at.total}, {at.failed} failed", flush=True)

    return study.run(folder, n_jobs=1, progress=tell)


def estimated(study: Any, path: Path) -> pd.DataFrame:
    """Return what estimators read in the population, from the file if it is there."""
    if not path.exists():
        half = path.with_suffix(".part")
        pop.estimates_of(study.faces, study.size).to_parquet(half, index=False)
        half.replace(path)
    return pd.read_parquet(path)


def most_drawn(grid: pd.DataFrame) -> dict[str, int]:
    """Return the largest number of permutations of any pair, by test."""
    drawn = grid.groupby("method", sort=False)["n_permutations"].max()
    return {str(name): int(count) for name, count in drawn.items()}


def null_shares(grid: pd.DataFrame) -> dict[str, float]:
    """Return how many outputs "go" with random numbers, by test."""
    rejected = grid[grid["null_property"]].groupby("method", sort=False)["rejects"].mean()
    return {str(name): round(float(share), 4) for name, share in rejected.items()}


def timed(name: str, seconds: dict[str, float], work: Callable[[], Any]) -> Any:
    began = time.process_time()
    found = work()
    seconds[name] = time.process_time() - began
    print(f"{name}: {seconds[name]:.0f} s of processor time", flush=True)
    return found


if __name__ == "__main__":
    main()
