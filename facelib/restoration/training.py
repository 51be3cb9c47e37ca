"""Train the restoration network on rendered pairs, seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.errors import BadValueError
from facelib.restoration.crop import Picture
from facelib.restoration.network import RestorationNetwork
from facelib.restoration.pairs import Pairs
from facelib.restoration.samples import PATCH, Batch, batch

PAIRS, HELD_OUT, SEED = 2400, 200, 20261127
STEPS, BATCH, RATE, DECAY = 3200, 16, 3e-3, 1e-4
MASK, DOUBT, FILL, EDGES, AROUND = 3.0, 0.15, 5.0, 2.5, 0.2
"""Weights of losses: the mask, its worst pixels, colours where something is covered, their steps there, and
colours anywhere."""
NEAR, WORST = 7, 48  # px: around what is covered no pixel is among the worst; how many there are of a patch


@dataclass(frozen=True, eq=False)
class Trained:
    """A network and how it was trained.

    Attributes
    ----------
    network
        Ready for use, batch normalisation folded.
    losses
        Mean loss of each hundredth part of the steps.
    held_out
        Loss on patches of the held-out pairs.
    n
        Pairs that it was trained on.
    seed
        Of the first weights and of all that is drawn in training.
    """

    network: RestorationNetwork
    losses: tuple[float, ...]
    held_out: float
    n: int
    seed: int


def train(
    pairs: Pairs,
    seed: int = 0,
    *,
    held_out: int = HELD_OUT,
    steps: int = STEPS,
    size: int = BATCH,
    patch: int = PATCH,
    threads: int = 1,
    progress: Callable[[int, int, float], object] | None = None,
) -> Trained:
    """Train a network; the last pairs are held out.

    The same pairs, seed and number of threads give the same weights to the last bit on the same machine and
    versions.

    Parameters
    ----------
    pairs
        From `facelib.restoration.pairs.training_pairs`.
    seed
        Of everything random.
    held_out
        How many of the last pairs are kept for the loss at the end.
    steps, size, patch
        How many batches, of how many patches, of which side in px.
    threads
        Of torch.
    progress
        Called with the steps done, all steps, and the loss.

    Raises
    ------
    BadValueError
        There are too few pairs.
    """
    count = len(pairs) - held_out
    if held_out < 1 or count < 1 or steps < 1:
        msg = (
            f"Training needs pairs, others that are held out, and steps; got {count}, {held_out} and {steps}."
        )
        raise BadValueError(msg)
    rng = np.random.default_rng([seed, 2])
    learnt, others = pairs.part(0, count), pairs.part(count, len(pairs))
    losses = []
    with _alone(seed, threads):
        network = RestorationNetwork(normalised=True).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(steps, 2))
        for step, shown in enumerate(_ahead(lambda: batch(learnt, size, rng, patch=patch), steps)):
            loss = loss_of(network, shown)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            if progress is not None:
                progress(step + 1, steps, losses[-1])
        found = network.to(memory_format=torch.contiguous_format).folded()
        with torch.no_grad():
            last = float(
                loss_of(found, batch(others, 4 * size, np.random.default_rng([seed, 3]), patch=patch))
            )
    parts = np.array_split(losses, min(len(losses), 100))
    return Trained(found, tuple(float(part.mean()) for part in parts), last, count, seed)


def _ahead(draw: Callable[[], Batch], n: int) -> Iterator[Batch]:
    """Give n batches, each drawn while the one before is learnt from: one after the other, in one thread."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(draw)
        for left in reversed(range(n)):
            ready = coming.result()
            if left:
                coming = pool.submit(draw)
            yield ready


def loss_of(network: RestorationNetwork, shown: Batch) -> torch.Tensor:
    """Return the loss on a batch: the mask's cross-entropy and overlap, the fill-in's colours and steps."""
    seen, bare = (_scaled(pictures) for pictures in (shown.seen, shown.bare))
    mask = torch.from_numpy(shown.mask)[:, None]
    with torch.autocast(
        "cpu", torch.bfloat16, enabled=network.training
    ):  # three times as fast where it is built in
        logits, fill = network(seen)
    logits, fill = logits.float(), fill.float()
    p = torch.sigmoid(logits)
    overlap = (2 * (p * mask).sum() + 1) / (p.sum() + mask.sum() + 1)
    apart = (fill - bare).abs()
    inside = (apart * mask).sum() / (3 * mask.sum() + 1)
    loss: torch.Tensor = MASK * F.binary_cross_entropy_with_logits(logits, mask) + 0.3 * (1 - overlap)
    loss = loss + DOUBT * _doubt(logits, mask)
    return loss + FILL * inside + EDGES * _edges(fill, bare, mask) + AROUND * apart.mean()


def _doubt(logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of the worst pixels of each patch among those where nothing is near.

    A single spot taken for an electrode spoils a bare face, but hardly counts in a mean over all pixels.
    """
    bare = F.max_pool2d(mask, NEAR, 1, NEAR // 2) <= 0
    return (F.softplus(logits) * bare).flatten(1).topk(WORST).values.mean()


def _edges(fill: torch.Tensor, bare: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return how far the steps from pixel to pixel are off, where something is covered."""
    off = fill - bare
    along = ((off[..., 1:] - off[..., :-1]).abs() * mask[..., 1:]).sum()
    down = ((off[..., 1:, :] - off[..., :-1, :]).abs() * mask[..., 1:, :]).sum()
    return (along + down) / (6 * mask.sum() + 1)


def _scaled(pictures: Picture) -> torch.Tensor:
    """Return pictures, uint8 (n, h, w, 3), as the network wants them: float32 (n, 3, h, w) in [0, 1]."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255).contiguous(
        memory_format=torch.channels_last
    )


@contextmanager
def _alone(seed: int, threads: int) -> Iterator[None]:
    """Give torch some threads and random numbers from a seed, and give both back as they were."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)
