"""Measure the behaviour of classifiers that `facelib.experiments.measured_behaviour` returns and cards show.

Run ``python benchmarks/behaviour_table.py``; about four minutes. The heads are those of
`facelib.experiments.usual_population`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facelib import classifiers
from facelib.classifiers.measured import TABLE
from facelib.experiments import read_heads, usual_population


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument(
        "--classifiers", nargs="*", default=classifiers.available(kind=("pretrained", "known bias"))
    )
    chosen = parser.parse_args()
    answers = read_heads(
        chosen.classifiers,
        usual_population(),
        progress=lambda at: print(f"{at.counted} heads", flush=True),
    )
    table = answers.table()
    half = chosen.table.with_suffix(".part")
    table.round(4).to_csv(half, index=False, lineterminator="\n")
    half.replace(chosen.table)
    print(table[table["what"].isin(["accuracy", "P(intended)", "calibration error"])].to_string())
    print(table[table["what"] == "disagreement"].to_string())


if __name__ == "__main__":
    main()
