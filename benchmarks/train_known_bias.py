"""Train the five networks of known bias that `facelib.classifiers` ships.

Run ``python benchmarks/train_known_bias.py``: three minutes for the faces, two for the networks. It writes
the weights, and the log beside them. With ``--pictures FILE`` the rendered faces are kept for the next time,
and for `benchmarks/known_truth.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

import facelib
from facelib.classifiers import known_bias
from facelib.experiments.training import known_bias as training

SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="file that keeps the rendered faces (.npz)")
    parser.add_argument("--folder", type=Path, default=known_bias.FOLDER, help="where weights and log go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    data = training.training_set(training.training_heads(), cache=options.pictures)
    networks = {}
    for bias in known_bias.BIASES:
        start = time.process_time()
        trained = training.train(data, bias, SEED)
        content = save({name: w.contiguous() for name, w in trained.network.state_dict().items()})
        (options.folder / bias.file.name).write_bytes(content)
        networks[bias.id] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "seed": trained.seed,
            "n": trained.n,
            "accuracy": round(trained.accuracy, 4),
            "losses": [round(loss, 4) for loss in trained.losses],
            "seconds": round(time.process_time() - start, 1),
        }
        print(f"{bias.id}: accuracy {trained.accuracy:.3f}, {networks[bias.id]['seconds']} s", flush=True)
    log = {
        "heads": len(data.heads),
        "held_out": training.HELD_OUT,
        "seed_of_heads": training.SEED,
        "agreement": training.AGREEMENT,
        "epochs": training.EPOCHS,
        "batch": training.BATCH,
        "learning_rate": training.RATE,
        "weight_decay": training.DECAY,
        "versions": {
            "facelib": facelib.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "networks": networks,
    }
    (options.folder / known_bias.LOG.name).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
