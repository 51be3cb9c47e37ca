"""Property gradients along training: when a network of known bias begins to use its property."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib import interventions, stats
from facelib.classifiers import EMOTIONS
from facelib.classifiers.known_bias import BIASES, PREPARATION, Bias, Property
from facelib.errors import BadValueError, check_all
from facelib.experiments.training.known_bias import EPOCHS, HELD_OUT, SIZE, TrainingSet, scaled, train
from facelib.faces import Head, render_heads, sample_heads
from facelib.stats.effects.bootstrap import mean_distribution

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from facelib.classifiers.networks.small import SmallConvolutions

PEOPLE, STEPS, SEED, ALPHA = 56, 11, 20261129, 0.05
WATCHED: Final[MappingProxyType[Property, str]] = MappingProxyType(
    {"age": "happy", "skin_tone": "angry", "electrodes": "neutral"}
)
"""The output that is watched for each property: the one that goes with it where it is confounded."""
COLUMNS: Final = MappingProxyType(
    {
        "network": "id of the network",
        "epoch": "passes through its training faces, 0: before the first",
        "property": "what is changed gradually",
        "label": "the output",
        "n": "people",
        "epgm": "mean over people of the expected property gradient magnitude, at 11 strengths",
        "low": "lower end of its interval, level .95, over people",
        "high": "upper end of it",
        "epgm_noise": "the same of the outputs of each face in random order: what no order would give",
        "change": "mean change of the output from strength 0 to 1",
        "accuracy": "share of held-out heads whose expression the network names",
        "confounded": "whether this property goes with this output among its training faces",
    }
)
"""Columns of `gradients_along_training`, with their meaning."""
FILE: Final = Path(__file__).with_name("dynamics.csv")


def probe_heads(people: int = PEOPLE, seed: int = SEED) -> list[Head]:
    """Return people whose properties are changed: all expressions alike often, at half intensity or more."""
    return sample_heads(
        people, seed=seed, stratify=("expression", "age", "skin_tone"), also={"intensity": (0.5, 1.0)}
    )


def gradients_along_training(
    data: TrainingSet,
    heads: Sequence[Head],
    biases: Sequence[Bias] = BIASES,
    *,
    epochs: int = EPOCHS,
    held_out: int = HELD_OUT,
    seed: int = 0,
) -> pd.DataFrame:
    """Train networks of known bias, and after every epoch change each property of other people gradually.

    Parameters
    ----------
    data
        From `facelib.experiments.training.known_bias.training_set`.
    heads
        People who aren't among them: `probe_heads`.
    biases
        What is confounded in each network's training faces.
    epochs, held_out, seed
        As for `facelib.experiments.training.known_bias.train`.

    Returns
    -------
    pandas.DataFrame
        One row per network, epoch (0 among them) and property, columns as in `COLUMNS`.

    Raises
    ------
    BadValueError
        There are no heads to probe, or too few to train on.
    """
    import pandas as pd

    if not check_all(heads, Head, "A list of heads"):
        msg = "Property gradients are those of one person or more; got none."
        raise BadValueError(msg)
    sweeps = {name: _sweeps(heads, name) for name in WATCHED}
    rows: list[dict[str, Any]] = []
    for bias in biases:

        def look(epoch: int, network: SmallConvolutions, accuracy: float, bias: Bias = bias) -> None:
            about = {"network": bias.id, "epoch": epoch, "accuracy": accuracy}
            rows.extend(about | row for row in _probed(network, sweeps, bias, seed))

        train(data, bias, seed, held_out=held_out, epochs=epochs, after_epoch=look)
    return pd.DataFrame(rows)[list(COLUMNS)]


def load_dynamics() -> pd.DataFrame:
    """Return the full-size result that comes with facelib (`benchmarks/training_dynamics.py`)."""
    import pandas as pd

    return pd.read_csv(FILE)


def _sweeps(heads: Sequence[Head], name: str) -> torch.Tensor:
    """Return the networks' pictures of all people at all strengths, (people × STEPS, 3, h, w)."""
    change = interventions.get(name)
    assert isinstance(change, interventions.HeadIntervention)
    edited = [change.edit(head, strength) for head in heads for strength in np.linspace(0, 1, STEPS)]
    faces = render_heads(edited, SIZE)
    first = [faces[STEPS * (place // STEPS)].box for place in range(len(faces))]  # that of the unchanged face
    return scaled(PREPARATION.seen(np.stack([face.image for face in faces]), np.stack(first)))


def _probed(
    network: SmallConvolutions, sweeps: dict[Property, torch.Tensor], bias: Bias, seed: int
) -> list[dict[str, Any]]:
    import torch

    rows = []
    for name, pictures in sweeps.items():
        label = WATCHED[name]
        with torch.no_grad():
            outputs = torch.cat([network(part) for part in torch.split(pictures, 110)]).softmax(1)
        series = outputs[:, EMOTIONS.index(label)].double().numpy().reshape(-1, STEPS).T
        sizes = np.asarray(stats.property_gradient(series).epgm)
        spread = mean_distribution(sizes[:, None], seed=seed)
        low, high = (float(end[0]) for end in spread.interval(1 - ALPHA))
        rows.append(
            {
                "property": name,
                "label": label,
                "n": series.shape[1],
                "epgm": float(sizes.mean()),
                "low": low,
                "high": high,
                "epgm_noise": float(stats.closed_form_mean(series).mean()),
                "change": float((series[-1] - series[0]).mean()),
                "confounded": bias.confounded == name,
            }
        )
    return rows
