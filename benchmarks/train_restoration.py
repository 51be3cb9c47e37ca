"""Train the network of `facelib.restoration` that takes electrodes off faces.

Run ``python benchmarks/train_restoration.py``: it renders pairs of heads without and with electrodes, trains
on them, and writes the weights with the log beside them. With ``--pairs FILE`` the rendered pairs are kept
for the next time.
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
from facelib.experiments.training import restoration as training
from facelib.experiments.training import restoration_pairs as rendered
from facelib.experiments.training import restoration_samples as samples
from facelib.restoration.network import WIDTHS
from facelib.restoration.weights import LOG, WEIGHTS

SEED = 0
EVERY = 100  # steps


def _rendering(pairs: Path | None, seconds: float, processor_seconds: float) -> tuple[float, float]:
    """Return what the rendering took, when the pairs were rendered: kept beside them."""
    if pairs is None:
        return seconds, processor_seconds
    note = pairs.with_suffix(".json")
    if not note.exists():
        note.write_text(json.dumps([seconds, processor_seconds]), encoding="utf-8")
    found = json.loads(note.read_text(encoding="utf-8"))
    return float(found[0]), float(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="file that keeps the rendered pairs (.npz)")
    parser.add_argument("--folder", type=Path, default=WEIGHTS.parent, help="where weights and log go")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    options = parser.parse_args()
    start, spent = time.perf_counter(), time.process_time()
    heads = rendered.training_heads(training.PAIRS, training.SEED)
    pairs = rendered.training_pairs(heads, cache=options.pairs)
    shown, drawn = _rendering(options.pairs, time.perf_counter() - start, time.process_time() - spent)
    before = shown - (time.perf_counter() - start), drawn - (time.process_time() - spent)  # in an earlier run
    print(f"{len(pairs)} pairs: {shown:.0f} s, {drawn:.0f} s of processor time", flush=True)
    recent: list[float] = []

    def tell(at: training.TrainingProgress) -> None:
        recent.append(at.loss)
        if at.done % EVERY == 0:
            passed = time.perf_counter() - start
            print(f"{at.done}/{at.total}: {np.mean(recent[-EVERY:]):.4f}, {passed:.0f} s", flush=True)

    trained = training.train(pairs, SEED, threads=options.threads, progress=tell)
    content = save({name: w.half().contiguous() for name, w in trained.network.state_dict().items()})
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / WEIGHTS.name).write_bytes(content)
    log = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(w.numel() for w in trained.network.state_dict().values()),
        "widths": WIDTHS,
        "pairs": len(pairs),
        "held_out": len(pairs) - trained.n,
        "seed_of_heads": training.SEED,
        "seed": trained.seed,
        "size": rendered.SIZE,
        "patch": samples.PATCH,
        "batch": training.BATCH,
        "courses": [course._asdict() for course in training.COURSES],
        "weight_decay": training.DECAY,
        "threads": options.threads,
        "versions": {
            "facelib": facelib.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "seconds": {"rendering": round(shown), "all": round(before[0] + time.perf_counter() - start)},
        "processor_seconds": {
            "rendering": round(drawn),
            "all": round(before[1] + time.process_time() - spent),
        },
        "held_out_loss": round(trained.held_out, 4),
        "losses": [round(loss, 4) for loss in trained.losses],
    }
    (options.folder / LOG.name).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    print(f"held out: {trained.held_out:.4f}; {log['seconds']}, {log['processor_seconds']}", flush=True)


if __name__ == "__main__":
    main()
