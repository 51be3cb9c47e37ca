"""Measure the manipulation matrix that `facelib.experiments.load_manipulation` returns.

Run ``python benchmarks/manipulation_table.py``; about five minutes. The heads are those of
`facelib.experiments.manipulation.usual_heads`. With ``--placebos`` it measures what each kind of placebo
moves at the farthest that it goes, in four random directions: `facelib.interventions.placebos.kinds.moved`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from facelib.experiments import manipulation
from facelib.experiments.manipulation import HEADS, manipulation_check, usual_heads
from facelib.interventions.placebos import kinds
from facelib.interventions.placebos.kinds import KINDS, Placebo

TABLE = Path(manipulation.__file__).with_name("manipulation.csv")
MOVED = Path(kinds.__file__).with_name("moved.csv")
DIRECTIONS, SEED = 4, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--placebos", action="store_true", help="what kinds of placebos move, instead")
    if parser.parse_args().placebos:
        measure_placebos()
        return
    table = manipulation_check(
        usual_heads(), progress=lambda at: print(f"{at.counted} interventions", flush=True)
    )
    half = (path := parser.parse_args().table).with_suffix(".part")
    told = table[table["heads"] == HEADS]  # the tint of lenses is no number of those who wear none
    told.round(4).to_csv(half, index=False, lineterminator="\n")
    half.replace(path)
    print(table[table["own"]][["intervention", "property", "moved", "monotone", "same_way"]].to_string())


def farthest(change: Placebo) -> Placebo:
    """Return a placebo whose strength 1 is the farthest that its kind goes."""
    return type(change.id, (type(change),), {"largest": change.most})(change.direction)


def measure_placebos() -> None:
    """Write the largest mean move of every property by every kind, among random directions."""
    rng = np.random.default_rng(SEED)
    drawn = [farthest(kind.draw(rng)) for kind in KINDS.values() for _ in range(DIRECTIONS)]
    table = manipulation_check(
        usual_heads(), drawn, steps=2, progress=lambda at: print(f"{at.counted} directions", flush=True)
    )
    told = table[table["heads"] == HEADS].assign(moved=table["moved"].abs())
    largest = told.groupby(["intervention", "property"], sort=False)["moved"].max().reset_index()
    largest = largest.rename(columns={"intervention": "kind"})
    half = MOVED.with_suffix(".part")
    largest.round(2).to_csv(half, index=False, lineterminator="\n")
    half.replace(MOVED)
    print(largest[largest["moved"] >= kinds.MOVES].to_string())


if __name__ == "__main__":
    main()
