"""Measure technical errors of clinical measures: `facelib.experiments.load_clinical_error` returns the table.

Run ``python benchmarks/clinical_error.py``; ten minutes. 400 heads in the first condition, 120 in the others.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from facelib.experiments.clinical_error import CONDITIONS, TABLE, readings, summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    path = parser.parse_args().table
    tables = []
    for condition in CONDITIONS:
        read = readings(condition)
        tables.append(summary(condition, read))
        print(condition, read["iris"].describe()[["mean", "std"]].round(2).to_dict(), flush=True)
    half = path.with_suffix(".part")
    whole = pd.concat(tables, ignore_index=True).drop(columns="unit")
    whole.to_csv(half, index=False, float_format="%.3g", lineterminator="\n")
    half.replace(path)


if __name__ == "__main__":
    main()
