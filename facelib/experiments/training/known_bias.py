"""Train the small networks of known bias on rendered faces, in which one property goes with one emotion."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers import EMOTIONS
from facelib.classifiers.known_bias import MIDDLE, PREPARATION, Bias, Property
from facelib.errors import BadValueError
from facelib.faces import Head, render_heads, sample_heads

if TYPE_CHECKING:
    import torch

    from facelib.classifiers.networks.small import SmallConvolutions

    AfterEpoch = Callable[[int, SmallConvolutions, float], None]

SIZE: Final = 64  # px, of the rendered pictures
HEADS, HELD_OUT, SEED = 6000, 1000, 20261126
AGREEMENT: Final = 0.95
"""How often the property and the emotion go together in a confounded set."""
EPOCHS, BATCH, RATE, DECAY = 12, 32, 2e-3, 1e-3
_SHIFT, _LIGHT, _NOISE = 1, 0.1, 0.02  # px; and of the range of a picture, [−1, 1]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Heads and the network's pictures of them.

    Attributes
    ----------
    heads
        All that is known of them.
    pictures
        uint8 (n, 64, 64, 3), cropped and resized as for a network of known bias.
    """

    heads: tuple[Head, ...]
    pictures: npt.NDArray[np.uint8]

    @property
    def emotions(self) -> npt.NDArray[np.int64]:
        """Number of the emotion that each head shows, in the order of `facelib.classifiers.EMOTIONS`."""
        return np.array([EMOTIONS.index(str(head.expression)) for head in self.heads])


@dataclass(frozen=True, eq=False)
class Trained:
    """A network and how it was trained.

    Attributes
    ----------
    network
        Ready for use, batch normalisation folded.
    losses
        Mean cross-entropy of each epoch.
    accuracy
        Share of the held-out heads, in which nothing is confounded, whose expression it names.
    n
        Heads that it was trained on.
    seed
        Of what was drawn, of the first weights and of all that is random in training.
    """

    network: SmallConvolutions
    losses: tuple[float, ...]
    accuracy: float
    n: int
    seed: int


def training_heads(n: int = HEADS, seed: int = SEED) -> list[Head]:
    """Draw heads with seven expressions of any intensity, half of them with electrodes, all independent."""
    return sample_heads(
        n,
        seed=seed,
        electrodes=0.5,
        stratify=("expression", "electrodes", "age", "skin_tone", "intensity"),
        also={"intensity": (0.0, 1.0)},
    )


def training_set(
    heads: Sequence[Head], *, cache: Path | None = None, workers: int | None = None
) -> TrainingSet:
    """Render heads as the networks of known bias see them.

    Parameters
    ----------
    heads
        Any heads whose expression is a name.
    cache
        File that keeps the pictures; those of other heads are rendered anew. None: nothing is written. It
        doesn't notice changes of the renderer.
    workers
        Threads.
    """
    key = hashlib.sha256("".join(head.key for head in heads).encode()).hexdigest()
    if cache is not None and cache.exists():
        with np.load(cache) as kept:
            if str(kept["key"]) == key:
                return TrainingSet(tuple(heads), kept["pictures"])
    faces = render_heads(heads, SIZE, workers)
    pictures = PREPARATION.seen(
        np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    )
    if cache is not None:
        half = cache.with_suffix(".part.npz")
        np.savez(half, key=np.array(key), pictures=pictures)
        half.replace(cache)
    return TrainingSet(tuple(heads), pictures)


def is_high(heads: Sequence[Head], name: Property) -> npt.NDArray[np.bool_]:
    """Return which heads have a high value of a property, see `MIDDLE`."""
    values = [bool(head.electrodes) if name == "electrodes" else getattr(head, name) for head in heads]
    return np.asarray(values, float) > MIDDLE[name]


def choose(
    heads: Sequence[Head], bias: Bias, rng: np.random.Generator, agreement: float = AGREEMENT
) -> npt.NDArray[np.int64]:
    """Return the places of heads in which a property goes with an emotion, and nothing else is confounded.

    Of the heads that agree with the bias (high with the emotion, low without it) a share of `agreement` is
    taken, of the others the rest: half of all, whatever the bias. What is taken depends on this property and
    this emotion alone, so all else stays as independent as it was. Labels are what the faces show.

    Parameters
    ----------
    heads
        Heads whose attributes are independent.
    bias
        What is to be confounded.
    rng
        Draws.
    agreement
        In [0.5, 1]; 0.5 confounds nothing.
    """
    if not 0.5 <= agreement <= 1:
        msg = f"Property and emotion agree in a share of 0.5 … 1 of the heads; got {agreement!r}."
        raise BadValueError(msg)
    share = np.full(len(heads), 0.5)
    if bias.confounded is not None:
        shown = np.array([head.expression == bias.emotion for head in heads])
        agree = (is_high(heads, bias.confounded) == bias.high) == shown
        share = np.where(agree, agreement, 1 - agreement)
    return np.flatnonzero(rng.random(len(heads)) < share)


def train(
    data: TrainingSet,
    bias: Bias,
    seed: int,
    *,
    held_out: int = HELD_OUT,
    epochs: int = EPOCHS,
    agreement: float = AGREEMENT,
    places: npt.NDArray[np.int64] | None = None,
    after_epoch: AfterEpoch | None = None,
) -> Trained:
    """Train one network on what `choose` takes of the data, on one thread; its last heads are held out.

    The same data and seed give the same weights to the last bit on the same machine and versions.

    Parameters
    ----------
    data
        From `training_set`.
    bias
        What is confounded.
    seed
        Of everything random.
    held_out
        How many of the last heads are kept for the accuracy: nothing is confounded among them.
    epochs
        Passes.
    agreement
        See `choose`.
    places
        Which heads it is trained on, none of those that are held out; None: what `choose` takes.
    after_epoch
        Called with the number of the epoch (0: before the first), a copy of the network, ready for use, and
        its accuracy. What it does changes nothing of the training.

    Raises
    ------
    BadValueError
        There are too few heads.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812 - torch's own habit

    from facelib.classifiers.networks.small import SmallConvolutions

    count = len(data.heads) - held_out
    if places is None:
        places = choose(data.heads[: max(count, 0)], bias, np.random.default_rng(seed), agreement)
    if held_out < 1 or len(places) < BATCH:
        msg = f"Training needs held-out heads and {BATCH} others; got {held_out} and {len(places)}."
        raise BadValueError(msg)
    steps = len(places) // BATCH
    losses = []

    def looked_at(epoch: int) -> None:
        if after_epoch is not None:
            with torch.random.fork_rng(devices=[]):
                now = copy.deepcopy(network).to(memory_format=torch.contiguous_format).folded()
                after_epoch(epoch, now, _accuracy(now, data.pictures[count:], data.emotions[count:]))

    with _alone(seed):
        x, y = scaled(data.pictures[places]), torch.from_numpy(data.emotions[places])
        network = SmallConvolutions(normalised=True).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * steps)
        looked_at(0)
        for epoch in range(1, epochs + 1):
            total = 0.0
            for batch in torch.split(torch.randperm(len(x)), BATCH)[:steps]:
                loss = F.cross_entropy(network(_varied(x[batch])), y[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                total += float(loss.detach())
            losses.append(total / steps)
            looked_at(epoch)
        trained = network.to(memory_format=torch.contiguous_format).folded()
        accuracy = _accuracy(trained, data.pictures[count:], data.emotions[count:])
    return Trained(trained, tuple(losses), accuracy, len(places), seed)


def _accuracy(
    network: SmallConvolutions, pictures: npt.NDArray[np.uint8], emotions: npt.NDArray[np.int64]
) -> float:
    import torch

    with torch.no_grad():
        named = [network(part).argmax(1).numpy() for part in torch.split(scaled(pictures), 100)]
    return float((np.concatenate(named) == emotions).mean())


def scaled(pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Return pictures, uint8 (n, h, w, 3), as the network wants them: float32 (n, 3, h, w) in [−1, 1]."""
    import torch

    planes = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    return (planes - PREPARATION.mean) / PREPARATION.std  # type: ignore[operator]


def _varied(x: torch.Tensor) -> torch.Tensor:
    """Mirror half of a batch, shift all by a pixel or not, vary light, add noise; in channels_last."""
    import torch

    mirrored = torch.rand(len(x), 1, 1, 1) < 0.5
    x = torch.where(mirrored, x.flip(3), x)
    across, down = torch.randint(-_SHIFT, _SHIFT + 1, (2,)).tolist()
    x = x.roll((down, across), (2, 3))
    x = x + (torch.rand(len(x), 1, 1, 1) * 2 - 1) * _LIGHT + torch.randn(x.shape) * _NOISE
    return x.contiguous(memory_format=torch.channels_last)


@contextmanager
def _alone(seed: int) -> Iterator[None]:
    """Let torch use one thread and random numbers from a seed, and give both back as they were."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
