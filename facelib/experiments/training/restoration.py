"""Train the restoration network on rendered pairs, seeded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.errors import BadValueError
from facelib.experiments.training.restoration_pairs import Pairs
from facelib.experiments.training.restoration_samples import PATCH, Batch, batch
from facelib.restoration.crop import Picture
from facelib.restoration.network import RestorationNetwork
from facelib.utilities.progress import Progress, Reporter, reporting

PAIRS, HELD_OUT, SEED = 2400, 200, 20261127
BATCH, DECAY = 16, 1e-4
NEAR, WORST = 7, 48  # px: around what is covered no pixel is among the worst; how many there are of a patch


@dataclass(frozen=True)
class TrainingProgress(Progress):
    """Progress of a training: steps that are done, and the `loss` of the last."""

    loss: float = math.nan


TrainingReport = Callable[[TrainingProgress], object]
"""Called with the progress of a training after every step."""


class Course(NamedTuple):
    """A part of the training.

    Attributes
    ----------
    steps, rate
        How many batches, and the highest learning rate.
    bare, clutter
        Shares of patches without electrodes, and with pieces of other pictures.
    mask, doubt, fill, edges, around
        Weights of losses: the mask, its worst pixels, colours where something is covered, their steps there,
        and colours anywhere.
    short
        Whether convolutions are computed in bfloat16.
    """

    steps: int
    rate: float
    bare: float
    clutter: float
    mask: float
    doubt: float
    fill: float
    edges: float
    around: float
    short: bool


FIRST: Final = Course(2400, 3e-3, 0.3, 0.0, 1.0, 0.0, 6.0, 3.0, 0.3, short=True)
"""What lies below electrodes, and about where they are."""
SECOND: Final = Course(1400, 1e-3, 0.4, 0.0, 3.0, 0.15, 4.0, 2.0, 0.2, short=True)
"""What isn't one: teeth, grey beards, glasses, moles."""
THIRD: Final = Course(2600, 1.2e-3, 0.4, 0.35, 3.0, 0.15, 4.0, 2.0, 0.2, short=True)
"""What else may lie on a picture and isn't one."""
COURSES: Final = (FIRST, SECOND, THIRD)


@dataclass(frozen=True, eq=False)
class Trained:
    """A network and how it was trained.

    Attributes
    ----------
    network
        Ready for use, batch normalisation folded.
    losses
        Mean loss of each fiftieth part of the steps of every course; courses weigh losses differently.
    held_out
        Loss of the last course on patches of the held-out pairs.
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
    courses: Sequence[Course] = COURSES,
    size: int = BATCH,
    patch: int = PATCH,
    threads: int = 1,
    progress: bool | TrainingReport | None = None,
) -> Trained:
    """Train a network; the last pairs are held out.

    First with batch normalisation; then that is taken in, weights are rounded as they are kept, and what the
    network is wrongly sure of is unlearnt. The same pairs, seed and number of threads give the same weights
    to the last bit on the same machine and versions.

    Parameters
    ----------
    pairs
        From `facelib.experiments.training.restoration_pairs.training_pairs`.
    seed
        Of everything random.
    held_out
        How many of the last pairs are kept for the loss at the end.
    courses
        The parts; the first with batch normalisation.
    size, patch
        Patches of a batch, and their side in px.
    threads
        Of torch.
    progress
        True for a progress bar, or a function called with the `TrainingProgress` after every step.

    Raises
    ------
    BadValueError
        There are too few pairs.
    """
    count = len(pairs) - held_out
    if held_out < 1 or count < 1 or min(course.steps for course in courses) < 1:
        msg = f"Training needs pairs, others held out, and steps; got {count}, {held_out} and {courses}."
        raise BadValueError(msg)
    learnt, others = pairs.part(0, count), pairs.part(count, len(pairs))
    first, *later = courses
    steps = sum(course.steps for course in courses)
    with reporting(progress, steps, unit="step") as reporter, _alone(seed, threads):
        report = _Steps(reporter, steps)
        early = RestorationNetwork(normalised=True)
        rng = np.random.default_rng([seed, 2])
        losses = [_learn(early, learnt, first, rng, report, size=size, patch=patch)]
        network = early.folded().half().float()
        for number, course in enumerate(later):
            losses.append(refine(network, learnt, [seed, 4 + number], course, report, size=size, patch=patch))
            network = network.half().float()
        with torch.no_grad():
            shown = batch(others, 4 * size, np.random.default_rng([seed, 3]), patch=patch)
            last = float(loss_of(network.eval(), shown, courses[-1]._replace(short=False)))
    parts = [part.mean() for course in losses for part in np.array_split(course, min(len(course), 50))]
    return Trained(network, tuple(map(float, parts)), last, count, seed)


def refine(
    network: RestorationNetwork,
    pairs: Pairs,
    seed: Sequence[int],
    course: Course = THIRD,
    told: Callable[[float], object] = lambda _: None,
    *,
    size: int = BATCH,
    patch: int = PATCH,
) -> list[float]:
    """Train a network without batch normalisation further, in place; return the loss of every step."""
    return _learn(network, pairs, course, np.random.default_rng(seed), told, size=size, patch=patch)


def _learn(
    network: RestorationNetwork,
    pairs: Pairs,
    course: Course,
    rng: np.random.Generator,
    report: Callable[[float], object],
    *,
    size: int,
    patch: int,
) -> list[float]:
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), course.rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, course.rate, total_steps=max(course.steps, 2))
    losses = []
    for shown in _ahead(
        lambda: batch(pairs, size, rng, patch=patch, empty=course.bare, clutter=course.clutter), course.steps
    ):
        loss = loss_of(network, shown, course)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        report(losses[-1])
    network.to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    return losses


class _Steps:
    """Counts steps and reports them."""

    def __init__(self, report: Reporter, steps: int) -> None:
        self.report, self.steps, self.done = report, steps, 0

    def __call__(self, loss: float) -> None:
        self.done += 1
        self.report(TrainingProgress(self.done, self.steps, f"loss {loss:.4f}", loss))


def _ahead(draw: Callable[[], Batch], n: int) -> Iterator[Batch]:
    """Yield n batches, each drawn while the one before is trained on: one after the other, in one thread."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(draw)
        for left in reversed(range(n)):
            ready = coming.result()
            if left:
                coming = pool.submit(draw)
            yield ready


def loss_of(network: RestorationNetwork, shown: Batch, course: Course) -> torch.Tensor:
    """Return the loss on a batch: the mask's cross-entropy and overlap, the fill-in's colours and steps."""
    seen, bare = (_scaled(pictures) for pictures in (shown.seen, shown.bare))
    mask = torch.from_numpy(shown.mask)[:, None]
    with torch.autocast("cpu", torch.bfloat16, enabled=course.short):
        logits, fill = network(seen)
    logits, fill = logits.float(), fill.float()
    p = torch.sigmoid(logits)
    overlap = (2 * (p * mask).sum() + 1) / (p.sum() + mask.sum() + 1)
    apart = (fill - bare).abs()
    inside = (apart * mask).sum() / (3 * mask.sum() + 1)
    loss: torch.Tensor = course.mask * F.binary_cross_entropy_with_logits(logits, mask) + 0.3 * (1 - overlap)
    loss = loss + course.fill * inside + course.edges * _edges(fill, bare, mask)
    loss = loss + course.around * apart.mean()
    return loss + course.doubt * _doubt(logits, mask) if course.doubt else loss


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
