"""Checks of a declaration without any face: outputs, scaling, reproducibility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facelib.classifiers.preparation import Images, Preparation
from facelib.models.readers.trial import are_probabilities

if TYPE_CHECKING:
    from facelib.classifiers.classifier import Classifier


def certainties(classifier: Classifier) -> tuple[str, ...]:
    """Return the findings that need no face, in sentences."""
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    prepared = classifier.prepare(noise)
    network = nn.Sequential(classifier.body, classifier.head)
    with torch.no_grad():
        outputs, again = network(prepared), network(prepared)
    findings = [scaling_finding(classifier.preparation)]
    if classifier.scales:
        findings += _beyond_ends(classifier, outputs)
    elif are_probabilities(outputs):
        findings.insert(0, PROBABILITIES.format("sigmoids" if classifier.sigmoids else "logits"))
    elif look_like_sigmoids(network, prepared):
        findings.insert(0, SIGMOIDS)
    if not torch.allclose(outputs, again, rtol=1e-3, atol=1e-4, equal_nan=True):
        findings.append(RANDOM)
    elif is_constant(outputs.numpy()) and is_constant(_outputs_for_plain_pictures(classifier)):
        findings.append(CONSTANT)
    elif _heeds_company(network, prepared, classifier.prepare(_plain_pictures())):
        findings.append(COMPANY)
    return tuple(text for text in findings if text)


def _beyond_ends(classifier: Classifier, outputs: torch.Tensor) -> list[str]:
    """Return a finding for each output that leaves the ends of its scale."""
    found = []
    for column, label in enumerate(classifier.labels):
        scale, reached = classifier.scales[label.strip()], outputs[:, column]
        room = 1e-5 * scale.span if scale.bounded else 0.0
        if reached.min() < scale.low - room or reached.max() > scale.high + room:
            found.append(BEYOND.format(label, scale, float(reached.min()), float(reached.max())))
    return found


def look_like_sigmoids(network: nn.Module, prepared: torch.Tensor) -> bool:
    """Return whether the outputs (N, K) are one sigmoid per class.

    Either a sigmoid is the last step of the computation, or there are three outputs or more, and none leaves
    0 … 1 whatever the picture, be it far too bright or inverted.
    """
    prepared = prepared[:2]
    try:
        if _last_step(network, prepared).startswith("Sigmoid"):
            return True
        with torch.no_grad():
            outputs = torch.cat([network(scale * prepared) for scale in _STRETCHED])
    except Exception:  # it can't be run on such pictures: nothing is known
        return False
    varied = bool((outputs.amax(0) - outputs.amin(0)).max() > 1e-6)
    within = bool(((outputs >= 0) & (outputs <= 1)).all())
    return outputs.shape[1] > 2 and within and varied and not are_probabilities(outputs)


def _last_step(network: nn.Module, prepared: torch.Tensor) -> str:
    """Return torch's name of what computed the outputs, without changes of shape and type; "" if unknown."""
    with torch.enable_grad():
        step = network(1 * prepared.clone().requires_grad_()).grad_fn
    while step is not None and step.name().startswith(_SHAPING):
        step = step.next_functions[0][0]
    return str(step.name()) if step is not None else ""


_STRETCHED: Final = (1.0, -1.0, 0.0, 100.0, -100.0)
_SHAPING: Final = ("View", "Reshape", "UnsafeView", "Squeeze", "Alias", "Clone", "ToCopy")


BEYOND: Final = (
    "Its output {!r} is declared as {}, but for pictures of noise it is {:.3g} to {:.3g}: these ends don't "
    "bind it. Verdicts that rest on them would be wrong: leave the ends out, or let the network end in them "
    "(a scaled sigmoid or tanh)."
)
PROBABILITIES: Final = (
    "Its outputs are declared to be {}, but they are probabilities: none is negative, and those of a "
    "picture sum to 1. Declare outputs='probabilities'."
)

SIGMOIDS: Final = (
    "Its outputs look like sigmoids, one per class: they lie between 0 and 1, and those of a picture don't "
    "sum to 1. Taken as logits, all effects shrink. Declare outputs='sigmoids', or leave the sigmoid off: "
    "logits are what comes before it."
)

RANDOM: Final = (
    "Two reads of the same picture differ: something random is on, such as a dropout that doesn't heed "
    "eval(). Switch it off."
)
CONSTANT: Final = (
    "It gives the same answer for every picture that was tried: its weights are damaged or not those that "
    "were trained, or what it sees isn't what it was trained on."
)
COMPANY: Final = (
    "What it says of a picture depends on the pictures that are read along with it: something is taken over "
    "all of them, such as a batch normalisation that doesn't heed eval(). Take it over each picture alone; "
    "until then, numbers change with the number of pictures that are read at once."
)


@torch.no_grad()
def _heeds_company(network: nn.Module, noise: torch.Tensor, plain: torch.Tensor) -> bool:
    """Return whether the outputs for a picture change with the other pictures of its batch."""
    try:
        alone, among = network(noise[:1]), network(torch.cat([noise[:1], plain]))[:1]
    except Exception:  # it can't be run on as many pictures: nothing is known
        return False
    return not torch.allclose(alone, among, rtol=1e-2, atol=1e-3, equal_nan=True)


def is_constant(outputs: npt.NDArray[np.float32]) -> bool:
    """Return whether all rows (N, K) are the same, but for rounding."""
    largest = float(np.abs(outputs).max())
    return bool(np.isfinite(largest) and np.ptp(outputs, axis=0).max() <= 1e-5 * largest)


def _plain_pictures() -> Images:
    """Return pictures of one colour each, and one that gets brighter downwards."""
    pictures = np.zeros((6, 64, 64, 3), np.uint8)
    pictures[1], pictures[2] = 128, 255
    pictures[3, ..., 0] = pictures[4, ..., 2] = 255
    pictures[5] = 4 * np.arange(64, dtype=np.uint8)[:, None]
    return pictures


@torch.no_grad()
def _outputs_for_plain_pictures(classifier: Classifier) -> npt.NDArray[np.float32]:
    found: torch.Tensor = classifier.head(classifier.body(classifier.prepare(_plain_pictures())))
    return np.asarray(found)


def scaling_finding(preparation: Preparation) -> str:
    """Say that mean and std are those of values 0 … 1; empty if they aren't."""
    mean, std = np.atleast_1d(preparation.mean), np.atleast_1d(preparation.std)
    unit = bool((std <= 1).all() and (mean >= 0).all() and (mean <= 1).all())
    if not unit or (bool((std == 1).all()) and not mean.any()):  # 0 … 255 as they are: some networks do so
        return ""
    largest = float(((255 - mean) / std).max())
    return (
        "Mean and std are those of values 0 … 1, but facelib's pictures have values 0 … 255: the network "
        f"sees values up to {largest:.0f}. Multiply both by 255; for ImageNet's there is "
        f"Preparation.imagenet({preparation.size})."
    )
