"""Train the networks of known bias again and follow their property gradients from epoch to epoch.

Run ``python benchmarks/training_dynamics.py``: three minutes for the training faces, one for the people whose
properties are changed (56 people × 3 properties × 11 strengths), three for the networks. It writes the table
that `facelib.experiments.training.dynamics.load_dynamics` returns. Set beforehand: people, strengths, seed 0
of the shipped networks, and the output that is watched for each property.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facelib.experiments.training import known_bias as training
from facelib.experiments.training.dynamics import FILE, gradients_along_training, probe_heads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="file that keeps the rendered faces (.npz)")
    parser.add_argument("--table", type=Path, default=FILE)
    options = parser.parse_args()
    data = training.training_set(training.training_heads(), cache=options.pictures)
    found = gradients_along_training(data, probe_heads())
    found.round(6).to_csv(options.table, index=False)
    wide = found.pivot_table(index=["network", "property"], columns="epoch", values="epgm")
    print(wide.round(4).to_string())
    print(
        found[found["epoch"] == training.EPOCHS]
        .drop_duplicates("network")[["network", "accuracy"]]
        .to_string()
    )


if __name__ == "__main__":
    main()
