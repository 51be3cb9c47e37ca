"""Small networks that learn a bias on rendered faces, in which a property goes with an emotion.

`training_heads` draws people, `choose` takes those among whom something is confounded, and `train` makes the
network, which `facelib.classifiers.own` turns into a classifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers import EMOTIONS
from facelib.classifiers.known_bias import MIDDLE, PREPARATION, Bias, Property
from facelib.errors import BadValueError, check_all
from facelib.faces import Head, render_heads, sample_heads
from facelib.studies.sweeps.sweep import check_label

if TYPE_CHECKING:
    import torch

    from facelib.classifiers.networks.small import SmallConvolutions

AGREEMENT: Final = 0.95
"""How often the property and the emotion go together in a confounded set."""
EPOCHS, BATCH, RATE, DECAY = 12, 32, 2e-3, 1e-3
_SIZE, _SHIFT, _LIGHT, _NOISE = 64, 1, 0.1, 0.02  # px, px; and of the range of a picture, [−1, 1]


def training_heads(n: int, seed: int = 0) -> list[Head]:
    """Draw heads with seven expressions of any intensity, half of them with electrodes, all independent."""
    return sample_heads(
        n,
        seed=seed,
        electrodes=0.5,
        stratify=("expression", "electrodes", "age", "skin_tone", "intensity"),
        also={"intensity": (0.0, 1.0)},
    )


def is_high(heads: Sequence[Head], name: Property) -> npt.NDArray[np.bool_]:
    """Return which heads have a high value of a property: above its middle of the networks of known bias."""
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

    Raises
    ------
    BadValueError
        The agreement is another.
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
    heads: Sequence[Head], seed: int = 0, *, epochs: int = EPOCHS
) -> tuple[SmallConvolutions, list[float]]:
    """Train a network to name the expression of heads, on one thread.

    The same heads and seed give the same weights to the last bit on the same machine and versions.

    Parameters
    ----------
    heads
        Heads that show one of `facelib.classifiers.EMOTIONS` each: what `choose` took.
    seed
        Of the first weights and of all that is random in training.
    epochs
        Passes.

    Returns
    -------
    network
        Ready for use, batch normalisation folded; its pictures are prepared as those of the networks of known
        bias (``PREPARATION``).
    losses
        Mean cross-entropy of each epoch.

    Raises
    ------
    BadValueError
        There are too few heads, or one shows something else.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812 - torch's own habit

    from facelib.classifiers.networks.small import SmallConvolutions

    shown = [EMOTIONS.index(check_label(str(head.expression))) for head in check_all(heads, Head, "Heads")]
    if len(shown) < BATCH:
        msg = f"Training needs {BATCH} heads or more; got {len(shown)}."
        raise BadValueError(msg)
    steps, losses = len(shown) // BATCH, []
    with _alone(seed):
        x, y = pictures_of(heads), torch.tensor(shown)
        network = SmallConvolutions(normalised=True).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * steps)
        for _ in range(epochs):
            total = 0.0
            for batch in torch.split(torch.randperm(len(x)), BATCH)[:steps]:
                loss = F.cross_entropy(network(_varied(x[batch])), y[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                total += float(loss.detach())
            losses.append(total / steps)
        return network.to(memory_format=torch.contiguous_format).folded(), losses


def pictures_of(heads: Sequence[Head]) -> torch.Tensor:
    """Render heads as the networks see them: float32 (n, 3, 64, 64) in [−1, 1]."""
    import torch

    faces = render_heads(heads, _SIZE)
    seen = PREPARATION.seen(np.stack([face.image for face in faces]), np.stack([face.box for face in faces]))
    return (torch.from_numpy(seen).permute(0, 3, 1, 2).float() - PREPARATION.mean) / PREPARATION.std  # type: ignore[operator]


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
