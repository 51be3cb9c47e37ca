"""Measure the manipulation matrix that `facelib.experiments.load_manipulation` returns.

Run ``python benchmarks/manipulation_table.py``; about five minutes. The heads are those of
`facelib.experiments.manipulation.usual_heads`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facelib.experiments import manipulation
from facelib.experiments.manipulation import HEADS, manipulation_check, usual_heads

TABLE = Path(manipulation.__file__).with_name("manipulation.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    table = manipulation_check(
        usual_heads(), progress=lambda at: print(f"{at.counted} interventions", flush=True)
    )
    half = (path := parser.parse_args().table).with_suffix(".part")
    told = table[table["heads"] == HEADS]  # the tint of lenses is no number of those who wear none
    told.round(4).to_csv(half, index=False, lineterminator="\n")
    half.replace(path)
    print(table[table["own"]][["intervention", "property", "moved", "monotone", "same_way"]].to_string())


if __name__ == "__main__":
    main()
