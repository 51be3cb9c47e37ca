"""Measure how often methods flag what networks were trained to use, and clear what they weren't.

Networks of known bias are trained again and again, and looked at by every method: the verdict over faces, the
property gradient with the published shuffle test and among placebos, the grid of independence tests,
and what people use instead, Grad-CAM and LIME. Run ``python benchmarks/known_truth.py FOLDER``: it writes
every part into the folder as soon as it is whole and skips what is there, so run it again after an
interruption. At the end the table that `facelib.experiments.load_known_truth` returns is written.

Decisions, all set beforehand: verdict "matters" at δ = .10 and α = .05; shuffle test p < .05 and placebo
p ≤ .05 on more than half of the faces; vote of cHSIC, RCoT and CMIknn at .01; more than half of the map, or
of LIME's positive weights, where the picture changes, or there more than 1.5 times as dense as all over it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file

from facelib import stats
from facelib.attribution import grad_cam_from
from facelib.classifiers import Classifier
from facelib.classifiers.classifier import single_threaded
from facelib.classifiers.known_bias import BIASES, PREPARATION, Bias, classifier
from facelib.classifiers.networks.small import SmallConvolutions
from facelib.experiments import known_truth
from facelib.experiments.known_truth import PROBES, Probe
from facelib.experiments.training import known_bias as training
from facelib.faces import Face, render_heads
from facelib.interventions.placebos.matching import pixel_distance, placebo_sweeps
from facelib.studies.sweeps.frames import even_strengths

FACES, STEPS, SIZE, PLACEBOS, SEED = 60, 11, 96, 99, 20261127
MANY = 300  # faces of a second, larger grid
SEGMENTS, PERTURBATIONS = 40, 150
DENSE = 1.5
KINDS = tuple(bias for bias in BIASES if bias.high)  # the reversed one adds no property
Rows = Iterator[tuple[str, float, bool]]
"""Of one network and property: name of the method, score, and whether it is flagged."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where parts are kept")
    parser.add_argument("--seeds", type=int, default=10, help="networks a kind")
    parser.add_argument("--first", type=int, default=1, help="first seed, to share the work among processes")
    parser.add_argument("--pictures", type=Path, help="faces kept by train_known_bias.py")
    parser.add_argument("--table", type=Path, default=known_truth.TABLE)
    options = parser.parse_args()
    single_threaded()
    for name in ("networks", "cases"):
        (options.folder / name).mkdir(parents=True, exist_ok=True)
    probes = {name: part(options.folder / f"{name}.npz", probe_pictures, p) for name, p in PROBES.items()}
    groups = {n: part(options.folder / f"group_{n}.npz", group, n) for n in (FACES, MANY)}
    data = None
    for seed, bias in itertools.product(range(options.first, options.seeds + 1), KINDS):
        name = f"{bias.id}_{seed}"
        cases, weights = options.folder / f"cases/{name}.csv", options.folder / f"networks/{name}.safetensors"
        if cases.exists():
            continue
        start = time.process_time()
        if not weights.exists():
            data = data or training.training_set(training.training_heads(), cache=options.pictures)
            trained = training.train(data, bias, seed)
            whole(weights, lambda path, net=trained.network: save_file(net.state_dict(), path))
        middle = time.process_time()
        clf = classifier(SmallConvolutions().loaded(load_file(weights)), bias, None)  # type: ignore[arg-type]
        table = looked_at(clf, bias, probes, groups).assign(seed=seed)
        whole(cases, lambda path, found=table: found.to_csv(path, index=False))
        end = time.process_time()
        print(f"{name}: trained in {middle - start:.0f} s, looked at in {end - middle:.0f} s", flush=True)
    summarise(options.folder, options.table)


def summarise(folder: Path, table: Path) -> None:
    cases = pd.concat([pd.read_csv(path) for path in sorted((folder / "cases").glob("*.csv"))])
    cases = cases.sort_values(["kind", "seed"], kind="stable", ignore_index=True).round({"score": 5})
    whole(table, lambda path: cases.to_csv(path, index=False, lineterminator="\n"))
    print(known_truth.detection_rates(cases).round(3).to_string())


def looked_at(
    clf: Classifier, bias: Bias, probes: dict[str, dict[str, Any]], groups: dict[int, dict[str, Any]]
) -> pd.DataFrame:
    """Return what all methods say of one network, one row a method and property."""
    grids = {n: votes(clf, one) for n, one in groups.items()}
    rows = []
    for name, probe in PROBES.items():
        methods = itertools.chain(
            gradients(clf, probe, probes[name]),
            attributions(clf, probe, probes[name]),
            (row for grid in grids.values() for row in grid[name]),
        )
        for method, score, flagged in methods:
            rows.append((bias.id, name, method, name == bias.confounded, score, flagged))
    return pd.DataFrame(rows, columns=["kind", "property", "method", "truth", "score", "flagged"])


def gradients(clf: Classifier, probe: Probe, pictures: dict[str, Any]) -> Rows:
    """Verdict over faces, published shuffle test, and rank among placebos."""
    frames, column = pictures["frames"], clf.index_of(probe.emotion)
    n, steps = frames.shape[:2]
    logits = read(clf, frames.reshape(-1, *frames.shape[2:]))
    ends = logits.reshape(n, steps, -1)[:, [0, -1]]
    parts = [known_truth.output_rows(clf, ends[:, i], probe, float(i), probe.emotion) for i in (0, 1)]
    effect = stats.effects_over_faces(pd.concat(parts, ignore_index=True))
    yield "verdict", float(known_truth.effect_score(effect)[0]), effect["verdict"].iloc[0] == "matters"

    series = clf.probabilities_from(logits)[:, column].reshape(n, steps).astype(np.float64)
    share = float((stats.shuffle_test(series.T, convention="published").p_value < 0.05).mean())
    yield "shuffle", share, share > 0.5

    placebos = pictures["placebos"]
    outputs = clf.probabilities_from(read(clf, placebos.reshape(-1, *placebos.shape[2:])))[:, column]
    moved = np.abs(outputs.reshape(n, -1) - series[:, :1])
    change = np.abs(series[:, -1] - series[:, 0])
    ranks = [
        stats.reference_rank(float(d), other, kinds)
        for d, other, kinds in zip(change, moved, pictures["kinds"], strict=True)
    ]
    share = float(np.mean([rank.p_value <= 0.05 for rank in ranks]))
    yield "reference", share, share > 0.5


def attributions(clf: Classifier, probe: Probe, pictures: dict[str, Any]) -> Rows:
    """How much of Grad-CAM's map, and of LIME's weights, lies where the picture changed."""
    ends, regions = pictures["frames"][:, -1], pictures["region"]
    with torch.no_grad():
        features = clf.body(scaled(ends))
    raw = grad_cam_from(clf, features, probe.emotion)
    maps = {
        "grad_cam": [cv2.resize(map_, regions.shape[1:], interpolation=cv2.INTER_LINEAR) for map_ in raw],
        "lime": [lime(clf, *one, probe.emotion) for one in zip(ends, pictures["segments"], strict=True)],
    }
    area = regions.mean(axis=(1, 2))
    for method, found in maps.items():
        total = np.array([map_.sum() for map_ in found])
        inside = np.array([map_[region].sum() for map_, region in zip(found, regions, strict=True)])
        told = total > 0  # a blank map says nothing
        shares = inside[told] / total[told]
        share, density = (float(v.mean()) if len(v) else 0.0 for v in (shares, shares / area[told]))
        yield f"{method}_share", share, share > 0.5
        yield f"{method}_density", density, density > DENSE


def lime(
    clf: Classifier, picture: np.ndarray, segments: np.ndarray, emotion: str, ridge: float = 1.0
) -> np.ndarray:
    """Return LIME's positive weights as a map (Ribeiro et al. 2016, arXiv 1602.04938): our own short version.

    Superpixels are replaced by their mean colour at random, and the output is regressed on which are there,
    near pictures counting more (cosine distance, kernel width .25), as in the authors' package.
    """
    count = int(segments.max()) + 1
    there = np.random.default_rng(SEED).random((PERTURBATIONS, count)) < 0.5
    there[0] = True
    sizes = np.bincount(segments.ravel(), minlength=count)[:, None]
    sums = [np.bincount(segments.ravel(), picture[..., k].ravel(), count) for k in range(3)]
    means = np.rint(np.stack(sums, axis=1) / sizes).astype(np.uint8)[segments]
    pictures = np.where(there[:, segments, None], picture, means)
    outputs = clf.probabilities_from(read(clf, pictures))[:, clf.index_of(emotion)].astype(np.float64)
    near = np.exp(-((1 - np.sqrt(there.mean(axis=1))) ** 2) / 0.25**2)
    x = there - np.average(there, axis=0, weights=near)
    y = outputs - np.average(outputs, weights=near)
    weights = np.linalg.solve((x.T * near) @ x + ridge * np.eye(count), (x.T * near) @ y)
    return np.maximum(weights, 0)[segments] / sizes[:, 0][segments]


def votes(clf: Classifier, people: dict[str, Any]) -> dict[str, list[tuple[str, float, bool]]]:
    """Test every property against the class that goes with it, given the expression that is shown."""
    logits = read(clf, people["pictures"]).astype(np.float64)
    outputs = {probe.emotion: logits[:, clf.index_of(probe.emotion)] for probe in PROBES.values()}
    properties = {name: people[name] for name in PROBES}
    grid = stats.independence_grid(properties, outputs, people["expression"], "paper", workers=1)
    vote = grid[grid["method"] == "vote"].set_index(["property", "output"])
    found = {}
    for name, probe in PROBES.items():
        row = vote.loc[name, probe.emotion]
        found[name] = [(f"vote_{len(logits)}", 1 - float(row["p"]), bool(row["rejects"]))]
    return found


def probe_pictures(probe: Probe) -> dict[str, np.ndarray]:
    """Return what networks see of all people along one intervention, and of placebos beside it."""
    from skimage.segmentation import slic

    low = [head.replace(**probe.start) for head in known_truth.probe_heads(FACES, SEED)]
    frames, placebos, kinds = [], [], []
    for head in low:
        steps = [probe.intervention.edit(head, s) for s in even_strengths(STEPS)]
        faces = render_heads(steps, SIZE)
        frames.append(seen(faces, faces[0]))
        distance = pixel_distance(faces[0].image, faces[-1].image, faces[0].box)
        others = list(placebo_sweeps(faces[0], [distance], PLACEBOS, seed=head.seed))
        placebos.append(PREPARATION.seen(np.stack([one.images[0] for one in others]), faces[0].box))
        kinds.append([one.kind for one in others])
    whole_frames = np.stack(frames)
    change = whole_frames[:, -1].astype(float) - whole_frames[:, 0]
    change = np.sqrt((change**2).mean(axis=-1))
    most = np.quantile(change, 0.99, axis=(1, 2), keepdims=True)
    segments = [slic(end, SEGMENTS, compactness=10, start_label=0) for end in whole_frames[:, -1]]
    return {
        "frames": whole_frames,
        "placebos": np.stack(placebos),
        "kinds": np.array(kinds),
        "region": change > most / 2,
        "segments": np.stack(segments),
    }


def group(n: int) -> dict[str, np.ndarray]:
    """Return what networks see of n other people as they are, with their properties."""
    heads = known_truth.probe_heads(n, SEED + n)
    faces = render_heads(heads, SIZE)
    return {
        "pictures": PREPARATION.seen(np.stack([f.image for f in faces]), np.stack([f.box for f in faces])),
        "expression": np.array([str(head.expression) for head in heads]),
        "age": np.array([head.age for head in heads]),
        "skin_tone": np.array([head.skin_tone for head in heads]),
        "electrodes": np.array([float(bool(head.electrodes)) for head in heads]),
    }


def seen(faces: list[Face], first: Face) -> np.ndarray:
    return PREPARATION.seen(np.stack([face.image for face in faces]), first.box)


def scaled(pictures: np.ndarray) -> torch.Tensor:
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - PREPARATION.mean) / PREPARATION.std


@torch.no_grad()
def read(clf: Classifier, pictures: np.ndarray) -> np.ndarray:
    """Return the logits of pictures that are cropped already."""
    parts = [
        clf.head(clf.body(scaled(pictures[i : i + 64]).contiguous(memory_format=torch.channels_last)))
        for i in range(0, len(pictures), 64)
    ]
    return torch.cat(parts).numpy()


def part(path: Path, make: Callable[[Any], dict[str, np.ndarray]], of: Any) -> dict[str, Any]:
    """Return what `make` makes, from the file if it is there."""
    if not path.exists():
        start = time.perf_counter()
        whole(path, lambda half: np.savez(half, **make(of)))
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
    with np.load(path) as kept:
        return dict(kept)


def whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(f"half-{os.getpid()}-{path.name}")
    write(half)
    half.replace(path)


if __name__ == "__main__":
    main()
