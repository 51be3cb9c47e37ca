"""Measure whether halves tell face units better: `facelib.experiments.load_halves_validity` has the table.

Run ``python benchmarks/halves_validity.py``; 40 people with 24 pictures each.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pandas as pd

from facelib.classifiers.classifier import single_threaded
from facelib.experiments.halves_validity import PEOPLE, QUICK, TABLE, readings, validity, validity_heads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--people", type=int, default=PEOPLE)
    given = parser.parse_args()
    single_threaded()
    begun = time.perf_counter()
    read = readings(
        validity_heads(given.people),
        progress=lambda at: print(at.done, f"{time.perf_counter() - begun:.0f} s", flush=True),
    )
    people, movement = QUICK
    part = read[(read["person"] < people) & (read["movement"] == movement)]
    whole = pd.concat([validity(read), validity(part, movement)], ignore_index=True)
    half = given.table.with_suffix(".part")
    whole.to_csv(half, index=False, float_format="%.4g", lineterminator="\n")
    half.replace(given.table)
    print(whole.drop(columns=["movements", "people"]).to_string())


if __name__ == "__main__":
    main()
