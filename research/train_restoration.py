"""Train the network of `facelib.restoration` that takes electrodes off faces.

Run ``python research/train_restoration.py``: it renders pairs of heads without and with electrodes, trains on
them, and writes the weights with the log beside them; 13 minutes on two cores. The same seeds and number of
threads give the same weights to the last bit on the same machine and versions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import skimage.data
import torch
from safetensors.torch import save
from torch.nn import functional as F  # noqa: N812 - torch's own habit

import facelib
from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Face, Head, render_heads, sample_heads
from facelib.head.expressions import FACE_UNITS
from facelib.head.head import BACKGROUNDS
from facelib.restoration.crop import SIDE, crop_of, resampled
from facelib.restoration.network import WIDTHS, RestorationNetwork
from facelib.restoration.weights import LOG, WEIGHTS

PAIRS, HELD_OUT, SEED_OF_HEADS, SEED = 2400, 200, 20261127, 0
SIZE, PATCH, BATCH, DECAY = 224, 128, 16, 1e-4  # px, px, patches, weight decay
APART = 5  # px: spots of what is covered that are nearer to each other are one piece
NEAR, WORST = 7, 48  # px: around what is covered no pixel is among the worst; how many there are of a patch
PICTURES = ["chelsea", "coffee", "rocket", "coins", "camera", "page", "brick", "grass", "gravel", "retina"]
"""Of scikit-image, which come with it: what isn't a face isn't an electrode either."""


class Course(NamedTuple):
    """A part of the training: steps and highest learning rate, shares of patches, weights of losses."""

    steps: int
    rate: float
    bare: float  # share of patches without electrodes
    clutter: float  # share of patches with pieces of other pictures
    mask: float
    doubt: float  # of the mask's worst pixels
    fill: float  # of colours where something is covered
    edges: float  # of their steps there
    around: float  # of colours anywhere


COURSES = (
    Course(2400, 3e-3, 0.3, 0.0, 1.0, 0.0, 6.0, 3.0, 0.3),  # what lies below electrodes, about where they are
    Course(1400, 1e-3, 0.4, 0.0, 3.0, 0.15, 4.0, 2.0, 0.2),  # what isn't one: teeth, beards, glasses, moles
    Course(2600, 1.2e-3, 0.4, 0.35, 3.0, 0.15, 4.0, 2.0, 0.2),  # what else may lie on a picture
)


class Pair(NamedTuple):
    """A face without electrodes and with them, and what is covered, numbered by piece from 1 on."""

    without: Face
    worn: Face
    pieces: np.ndarray


def training_heads(n: int, seed: int) -> list[Head]:
    """Draw heads with electrodes of both schemes, and with all that electrodes might be mistaken for.

    Two thirds wear some electrodes of one scheme, the others all of it; sizes, tape and leads differ, and so
    do people, expressions, poses, light, backgrounds, glasses, beards and moles. All is independent.
    """
    rng = np.random.default_rng([seed, 1])
    drawn = []
    for part, count in (("tuned", n // 2), ("facs", n - n // 2)):
        drawn += sample_heads(
            count,
            seed=int(rng.integers(2**31)),
            ages=(8.0, 88.0),
            expression_set=part,
            electrodes=1.0,
            stratify=("expression", "skin_tone", "age") if count else (),
            also={
                "intensity": (0.0, 1.0), "glasses": 0.25, "lens_tint": 0.2, "mask": 0.05, "moles": 0.35,
                "facial_hair": 0.5, "asymmetry": 0.5, "palsy": 0.12, "thinning": 0.1, "wires": 0.4,
                "tape": 0.4, "electrode_size": (0.6, 1.7), "pose": (25.0, 14.0, 10.0), "gaze": 9.0,
                "light": tuple(LIGHTS), "background": BACKGROUNDS, "hair_length": (0.0, 1.0),
            },
        )  # fmt: skip
    return [varied(head, rng) for head in drawn]


def varied(head: Head, rng: np.random.Generator) -> Head:
    """Return a head with other electrodes, and now and then with face units of no prototype."""
    names = ELECTRODE_SCHEMES[str(rng.choice(list(ELECTRODE_SCHEMES)))]
    if rng.random() > 0.35:
        names = tuple(rng.permutation(names)[: rng.integers(1, len(names) + 1)].tolist())
    changes = {"electrodes": names}
    if rng.random() < 0.2:
        units = rng.choice(FACE_UNITS, 6, replace=False).tolist()
        changes["expression"] = dict(zip(units, rng.uniform(0, 0.7, 6).tolist(), strict=True))
    return head.replace(**changes)


def rendered(heads: list[Head]) -> list[Pair]:
    """Render heads without their electrodes and with them."""
    both = [head.replace(**worn) for head in heads for worn in ({"electrodes": None}, {})]
    faces = render_heads(both, SIZE)  # one after the other: the shape is computed once
    pairs = zip(faces[::2], faces[1::2], strict=True)
    return [Pair(without, worn, pieces_of(without.image, worn.image)) for without, worn in pairs]


def pieces_of(without: np.ndarray, worn: np.ndarray) -> np.ndarray:
    """Return the connected pieces of what differs by more than five grey levels, and one pixel around."""
    apart = cv2.absdiff(without, worn).max(axis=2) > 5
    mask = cv2.dilate(apart.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(cv2.dilate(mask, np.ones((APART, APART), np.uint8)))
    return np.where(mask, labels.clip(max=255), 0).astype(np.uint8)


def batch(
    pairs: list[Pair], rng: np.random.Generator, course: Course, n: int = BATCH
) -> tuple[torch.Tensor, ...]:
    """Draw patches: what the network sees, the same without electrodes and noise, and what is covered."""
    things = 0.06 * (1 + 2 * course.clutter)
    drawn = [patch_of_thing(rng) if rng.random() < things else patch_of(pairs, rng, course) for _ in range(n)]
    seen, bare, mask = (torch.from_numpy(np.stack(column)) for column in zip(*drawn, strict=True))
    seen, bare = (
        (x.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
        for x in (seen, bare)
    )
    return seen, bare, mask[:, None]


def patch_of(pairs: list[Pair], rng: np.random.Generator, course: Course) -> tuple[np.ndarray, ...]:
    pair = pairs[int(rng.integers(len(pairs)))]
    mask = shown_pieces(int(pair.pieces.max()), rng, course.bare)[pair.pieces]
    bare = pair.without.image
    worn = np.where(mask[:, :, None], pair.worn.image, bare)
    way = somewhere(crop_of(pair.worn.box, pair.worn.eyes), mask, rng)
    seen, plain, covered = (resampled(x, way, (PATCH, PATCH)) for x in (worn, bare, mask.astype(np.float32)))
    if course.clutter and rng.random() < course.clutter:
        seen, plain = cluttered(seen, plain, covered, rng)
    return *worse(seen, plain, rng), covered


def shown_pieces(count: int, rng: np.random.Generator, empty: float) -> np.ndarray:
    """Return which pieces, numbered from 1 on, are shown: none, all, a single one, or some."""
    if rng.random() < empty:
        return np.zeros(count + 1, bool)
    kind = rng.random()
    if kind < 0.35:
        stay = np.ones(count, bool)
    elif kind < 0.65:
        stay = np.arange(count) == rng.integers(max(count, 1))
    else:
        stay = rng.random(count) < rng.random()
    return np.concatenate([[False], stay])


def somewhere(crop: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the map of a patch that lies anywhere in the crop, turned, scaled and perhaps mirrored."""
    centre = crop[:, :2] @ rng.uniform(PATCH / 2, SIDE - PATCH / 2, 2) + crop[:, 2]
    if mask.any() and rng.random() < 0.7:
        rows, columns = np.nonzero(mask)
        chosen = rng.integers(len(rows))
        off = crop[:, :2] @ rng.uniform(-PATCH / 3, PATCH / 3, 2)
        centre = np.array([columns[chosen], rows[chosen]]) + off
    angle, size = rng.normal(0, np.deg2rad(5)), np.exp(rng.normal(0, 0.12))
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        turn[:, 0] *= -1
    whole = crop[:, :2] @ turn
    return np.column_stack([whole, centre - whole @ [PATCH / 2, PATCH / 2]])


def cluttered(
    seen: np.ndarray, bare: np.ndarray, covered: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return both pictures with pieces of other ones over them, where no electrode is."""
    free = cv2.dilate((covered > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    for _ in range(int(rng.integers(1, 5))):
        axes = np.exp(rng.uniform(np.log(2), np.log(PATCH / 3), 2)).astype(int) + 1
        shape = np.zeros((PATCH, PATCH), np.float32)
        middle = tuple(rng.integers(0, PATCH, 2).tolist())
        cv2.ellipse(shape, middle, tuple(axes.tolist()), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        share = (cv2.GaussianBlur(shape, (0, 0), rng.uniform(0.4, 2.0)) * free)[:, :, None]
        picture = pictures()[int(rng.integers(len(PICTURES)))]
        step = rng.uniform(0.3, 3.0)
        room = np.maximum(np.array(picture.shape[1::-1]) - step * PATCH, 1)
        way = np.column_stack([step * np.eye(2), rng.uniform(0, room)])
        lit = resampled(picture, way, (PATCH, PATCH)).astype(np.float32) * rng.uniform(0.7, 1.8)
        seen, bare = (
            np.rint(x * (1 - share) + lit * share).clip(0, 255).astype(np.uint8) for x in (seen, bare)
        )
    return seen, bare


def patch_of_thing(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return a patch of a picture of something else, in which nothing is covered."""
    picture = pictures()[int(rng.integers(len(PICTURES)))]
    step = rng.uniform(0.6, min(picture.shape[:2]) / PATCH)
    room = np.array(picture.shape[1::-1]) - step * PATCH
    shift = rng.uniform(np.minimum(room, 0), np.maximum(room, 0))
    bare = resampled(picture, np.column_stack([step * np.eye(2), shift]), (PATCH, PATCH))
    return *worse(bare, bare, rng), np.zeros((PATCH, PATCH), np.float32)


@cache
def pictures() -> list[np.ndarray]:
    found = [getattr(skimage.data, name)() for name in PICTURES]
    colour = [np.repeat(one[:, :, None], 3, axis=2) if one.ndim == 2 else one for one in found]
    return [np.ascontiguousarray(one[:, :, :3], np.uint8) for one in colour]


def worse(seen: np.ndarray, bare: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures in another light, of a worse camera; noise and JPEG in the first only."""
    a, b = (picture.astype(np.float32) for picture in (seen, bare))
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3)).astype(np.float32)
    power, lift = np.exp(rng.normal(0, 0.15)), rng.normal(0, 6)
    grey = rng.random() ** 3 if rng.random() < 0.4 else 0.0
    a, b = (255 * (np.clip(x * gain + lift, 0, 255) / 255) ** power for x in (a, b))
    a, b = (x + np.float32(grey) * (x.mean(axis=2, keepdims=True) - x) for x in (a, b))
    if rng.random() < 0.35:
        small = max(int(PATCH * rng.uniform(0.28, 0.9)), 8)
        a, b = (
            cv2.resize(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), (PATCH, PATCH))
            for x in (a, b)
        )
    elif rng.random() < 0.4:
        sigma = rng.uniform(0.3, 1.5)
        a, b = (cv2.GaussianBlur(x, (0, 0), sigma) for x in (a, b))
    if rng.random() < 0.5:
        a = a + rng.standard_normal(a.shape, np.float32) * np.float32(rng.uniform(0, 8))
    shown, plain = (np.rint(x).clip(0, 255).astype(np.uint8) for x in (a, b))
    if rng.random() < 0.3:
        quality = int(rng.integers(35, 96))
        _, packed = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        shown = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return shown, plain


def loss_of(
    network: RestorationNetwork, shown: tuple[torch.Tensor, ...], course: Course, *, short: bool = True
) -> torch.Tensor:
    """Return the loss on a batch: the mask's cross-entropy and overlap, the fill-in's colours and steps."""
    seen, bare, mask = shown
    with torch.autocast("cpu", torch.bfloat16, enabled=short):
        logits, fill = network(seen)
    logits, fill = logits.float(), fill.float()
    p = torch.sigmoid(logits)
    overlap = (2 * (p * mask).sum() + 1) / (p.sum() + mask.sum() + 1)
    off = fill - bare
    inside = (off.abs() * mask).sum() / (3 * mask.sum() + 1)
    along = ((off[..., 1:] - off[..., :-1]).abs() * mask[..., 1:]).sum()
    down = ((off[..., 1:, :] - off[..., :-1, :]).abs() * mask[..., 1:, :]).sum()
    edges = (along + down) / (6 * mask.sum() + 1)
    loss = course.mask * F.binary_cross_entropy_with_logits(logits, mask) + 0.3 * (1 - overlap)
    loss = loss + course.fill * inside + course.edges * edges + course.around * off.abs().mean()
    return loss + course.doubt * doubt(logits, mask) if course.doubt else loss


def doubt(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of the worst pixels of each patch among those where nothing is near.

    A single spot taken for an electrode spoils a bare face, but hardly counts in a mean over all pixels.
    """
    bare = F.max_pool2d(mask, NEAR, 1, NEAR // 2) <= 0
    return (F.softplus(logits) * bare).flatten(1).topk(WORST).values.mean()


def learn(
    network: RestorationNetwork, pairs: list[Pair], course: Course, rng: np.random.Generator
) -> list[float]:
    """Train a network in place; return the loss of every step."""
    network.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(network.parameters(), course.rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, course.rate, total_steps=max(course.steps, 2))
    losses: list[float] = []
    for step in range(1, course.steps + 1):
        loss = loss_of(network, batch(pairs, rng, course), course)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % 100 == 0:
            print(f"{step}/{course.steps}: {np.mean(losses[-100:]):.4f}", flush=True)
    network.to(memory_format=torch.contiguous_format).eval()
    return losses


def train(
    pairs: list[Pair], courses: tuple[Course, ...] = COURSES, held_out: int = HELD_OUT
) -> tuple[RestorationNetwork, list[float], float]:
    """Return the network, the losses of every course, and the loss on the last pairs, which are held out.

    First with batch normalisation; then that is taken in, weights are rounded as they are kept, and what the
    network is wrongly sure of is unlearnt.
    """
    learnt, others = pairs[:-held_out], pairs[-held_out:]
    torch.manual_seed(SEED)
    early = RestorationNetwork(normalised=True)
    losses = [learn(early, learnt, courses[0], np.random.default_rng([SEED, 2]))]
    network = early.folded().half().float()
    for number, course in enumerate(courses[1:]):
        losses.append(learn(network, learnt, course, np.random.default_rng([SEED, 4 + number])))
        network = network.half().float()
    plain = courses[-1]._replace(bare=courses[0].bare, clutter=0.0)  # how the held-out patches are drawn
    with torch.no_grad():
        shown = batch(others, np.random.default_rng([SEED, 3]), plain, 4 * BATCH)
        last = float(loss_of(network.eval(), shown, courses[-1], short=False))
    parts = [part.mean() for course in losses for part in np.array_split(course, min(len(course), 50))]
    return network, parts, last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=WEIGHTS.parent, help="where weights and log go")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, losses, held_out = train(rendered(training_heads(PAIRS, SEED_OF_HEADS)))
    weights = {name: weight.half().contiguous() for name, weight in network.state_dict().items()}
    content = save(weights)
    log = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(weight.numel() for weight in weights.values()),
        "widths": WIDTHS,
        "pairs": PAIRS,
        "held_out": HELD_OUT,
        "seed_of_heads": SEED_OF_HEADS,
        "seed": SEED,
        "size": SIZE,
        "patch": PATCH,
        "batch": BATCH,
        "courses": [course._asdict() for course in COURSES],
        "weight_decay": DECAY,
        "threads": options.threads,
        "versions": {
            "facelib": facelib.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "held_out_loss": round(held_out, 4),
        "losses": [round(loss, 4) for loss in losses],
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / WEIGHTS.name).write_bytes(content)
    (options.folder / LOG.name).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    print(f"held out: {held_out:.4f}", flush=True)


if __name__ == "__main__":
    main()
