"""Train the five networks of known bias that `facelib.classifiers` ships: weights, and the log beside them.

Run ``python research/train_known_bias.py``: ten minutes.
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
from facelib.classifiers import EMOTIONS, known_bias
from facelib.experiments import biased_networks as training

HEADS, HELD_OUT, SEED_OF_HEADS, SEED = 6000, 1000, 20261126, 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=known_bias.FOLDER, help="where weights and log go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    heads = training.training_heads(HEADS, SEED_OF_HEADS)
    learnt, kept = heads[:-HELD_OUT], heads[-HELD_OUT:]
    pictures, shown = training.pictures_of(kept), [EMOTIONS.index(str(head.expression)) for head in kept]
    networks = {}
    for bias in known_bias.BIASES:
        start = time.process_time()
        chosen = [learnt[place] for place in training.choose(learnt, bias, np.random.default_rng(SEED))]
        network, losses = training.train(chosen, SEED)
        with torch.no_grad():
            named = network(pictures).argmax(1).numpy()
        content = save({name: w.contiguous() for name, w in network.state_dict().items()})
        (folder / bias.file.name).write_bytes(content)
        networks[bias.id] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "seed": SEED,
            "n": len(chosen),
            "accuracy": round(float((named == shown).mean()), 4),
            "losses": [round(loss, 4) for loss in losses],
            "seconds": round(time.process_time() - start, 1),
        }
        print(f"{bias.id}: accuracy {networks[bias.id]['accuracy']}", flush=True)
    log = {
        "heads": HEADS,
        "held_out": HELD_OUT,
        "seed_of_heads": SEED_OF_HEADS,
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
    (folder / known_bias.LOG.name).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
