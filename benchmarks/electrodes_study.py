"""Run the electrode studies in full size, and write the tables that come with facelib.

Run ``python benchmarks/electrodes_study.py FOLDER``: every study is kept below the folder and taken up again
after an interruption; run it until it says where the tables are. With six classifiers it takes some 20
minutes on one core, nearly all of it for the pictures.

Parts: accuracy and output against the number of electrodes, both schemes, for plain (facs) and tuned
expressions; each electrode alone and as the last, and Shapley values of regions (all coalitions) and of
muscles (random orders, drawn for each face, with their reverses), for tuned expressions: the plain ones leave
several classifiers little to lose.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from facelib.classifiers.classifier import single_threaded
from facelib.experiments import electrodes as el
from facelib.experiments.electrodes.importance import PEOPLE as WHICH
from facelib.experiments.electrodes.importance import electrode_series, importance_study
from facelib.experiments.electrodes.numbers import PEOPLE as HOW_MANY
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.shipped_results import ElectrodesResults
from facelib.experiments.power_of_properties import electrode_faces
from facelib.faces import ELECTRODE_SCHEMES
from facelib.studies import Progress

SETS = ("facs", "tuned")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the studies are kept")
    parser.add_argument("--numbers", type=int, default=HOW_MANY, help="people with a growing number")
    parser.add_argument("--importance", type=int, default=WHICH, help="people of whom each set is looked at")
    parser.add_argument("--size", type=int, default=224, help="px")
    parser.add_argument("--tables", type=Path, help="where the tables go")
    options = parser.parse_args()
    single_threaded()
    numbers = []
    for kind in SETS:
        people: Any = electrode_faces(options.numbers, expression_set=kind)  # type: ignore[arg-type]
        study = el.electrode_numbers(people, size=options.size)
        numbers.append(run(study, options.folder / f"numbers_{kind}"))
    importance = []
    for scheme in ELECTRODE_SCHEMES:
        series = electrode_series(scheme)
        people = electrode_faces(options.importance, expression_set="tuned")
        study = importance_study(people, series=series, size=options.size)
        importance.append((run(study, options.folder / f"importance_{scheme}"), series))
    found = ElectrodesResults.of(
        numbers,
        importance,
        about={
            "numbers": dict(numbers[0].settings) | {"expression_sets": list(SETS)},
            "importance": [dict(one.settings) for one, _ in importance],
            "orders": {series.scheme: 2 * series.pairs for _, series in importance},
            "versions": numbers[0].provenance["versions"],
            "classifiers": numbers[0].provenance["classifiers"],
            "failures": sum(len(one.failures) for one in (*numbers, *(one for one, _ in importance))),
        },
    )
    where = found.save(options.tables)
    last = found.numbers[
        found.numbers["number"] == found.numbers.groupby("scheme")["number"].transform("max")
    ]
    print(last.round(3).to_string())
    print(found.halves.round(3).to_string())
    print(found.shares[found.shares["classifier"] == MEAN].round(4).to_string())
    print(f"Written to {where}: {sum(p.stat().st_size for p in where.glob('electrodes_*')) / 1e3:.0f} kB.")


def run(study: Any, folder: Path) -> Any:
    """Run a study on one core, or go on with it; tell its progress now and then."""
    last, begun = [0.0], time.monotonic()

    def tell(at: Progress) -> None:
        if time.monotonic() - last[0] > 30:
            last[0] = time.monotonic()
            print(f"  {folder.name}: {at.done} of {at.total}, {at.failed} failed", flush=True)

    result = study.run(folder, n_jobs=1, progress=tell)
    print(f"{folder.name}: {time.monotonic() - begun:.0f} s")
    return result


if __name__ == "__main__":
    main()
