"""The content of a network file: the module and what comes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

Ending = Literal["", "softmax", "sigmoid"]


@dataclass(frozen=True, eq=False)
class FileNetwork:
    """A network out of a file, in torch.

    Attributes
    ----------
    network
        Pictures (N, C, h, w), float32, prepared as it was trained, to (N, K); in evaluation mode.
    shape
        (C, h, w) of the pictures.
    outputs
        What it returns: "logits", or "probabilities" if what makes them could not be taken off.
    ending
        What stood at the end of the file's network and was taken off, so that logits come out.
    description
        In words, for cards.
    no_gradient
        Why no gradient flows through it, for people; "" if one does.
    """

    network: nn.Module
    shape: tuple[int, int, int]
    outputs: Literal["logits", "probabilities"]
    ending: Ending
    description: str
    no_gradient: str = ""
