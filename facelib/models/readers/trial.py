"""Trial run of an untrusted network on noise, with limits on memory and work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only
from torch.utils.flop_counter import flop_registry

from facelib.errors import BadModelError

LARGEST_TENSOR = 2**25
"""Numbers in one tensor for one picture; VGG-16 at 224 px has a tenth of it."""
LARGEST_SIDE = 2048
"""Of a picture, in pixels."""


MOST_WORK = 2**42
"""Multiplications and additions for one picture; ViT-L at 224 px has a thirtieth of it."""
MOST_OPERATORS = 50_000
"""Of a graph; networks for pictures have some hundreds to a few thousand."""


class Bounded(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context in which operations that would make or need too much aren't run.

    Its result may have up to `LARGEST_TENSOR` numbers, and all operations together may need up to `MOST_WORK`
    multiplications and additions.

    Raises
    ------
    BadModelError
        In the place of the operation.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._work = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        numbers, work = _cost(function, args, kwargs)
        if numbers > LARGEST_TENSOR:
            msg = f"it would make a tensor of {numbers:.1e} numbers; {LARGEST_TENSOR:.1e} are allowed"
            raise BadModelError(msg)
        self._work += work
        if self._work > MOST_WORK:
            msg = f"it needs more than {MOST_WORK:.1e} multiplications and additions to run one picture"
            raise BadModelError(msg)
        return function(*args, **kwargs)


def _cost(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many numbers an operation would make and how much work it is; 0 if that is unknown.

    Both are found out without memory.
    """
    args, kwargs = tree_map_only(torch.Tensor, lambda tensor: tensor.to("meta"), (args, kwargs))
    if "device" in kwargs:
        kwargs = {**kwargs, "device": torch.device("meta")}
    try:
        result = function(*args, **kwargs)
        numbers = result.numel() if isinstance(result, torch.Tensor) else 0
        count = flop_registry.get(function._overloadpacket)
        return numbers, int(count(*args, **kwargs, out_val=result)) if count else numbers
    except Exception:  # it depends on the numbers, or is wrong: then it raises again when it is run
        return 0, 0


def noise(shape: Sequence[int], count: int = 2) -> torch.Tensor:
    """Return pictures (count, C, h, w) of noise in [0, 1), always the same.

    Raises
    ------
    BadModelError
        `shape` (C, h, w) is none of pictures.
    """
    if not all(isinstance(side, int) and 1 <= side <= LARGEST_SIDE for side in shape):
        msg = f"it takes pictures of (C, h, w) = {tuple(shape)}; 1 to {LARGEST_SIDE} px per side are handled"
        raise BadModelError(msg)
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(20240412))


@torch.no_grad()
def try_out(network: nn.Module, shape: Sequence[int], name: str) -> torch.Tensor:
    """Run a network on one picture of noise, then on two, and return the two answers (2, K).

    Parameters
    ----------
    network
        In evaluation mode.
    shape
        (C, h, w).
    name
        Of its file, for messages.

    Raises
    ------
    BadModelError
        It fails, needs too much, or doesn't return one row of finite numbers per picture.
    """
    pictures = noise(shape)
    try:
        with Bounded():
            network(pictures[:1])
        answers = network(pictures)
    except Exception as error:  # whatever an untrusted network raises
        msg = f"{name} can't be run on pictures of {' × '.join(map(str, shape))}: {first_line(error)}"
        raise BadModelError(msg) from error
    return checked_answers(answers, name)


def checked_answers(answers: object, name: str) -> torch.Tensor:
    """Return the answers to two pictures; raise unless they are finite rows (2, K)."""
    if not isinstance(answers, torch.Tensor) or answers.ndim != 2 or len(answers) != 2:
        got = tuple(answers.shape) if isinstance(answers, torch.Tensor) else type(answers).__name__
        msg = f"{name} should return one row of numbers per picture, (2, K) for two; it returns {got}."
        raise BadModelError(msg)
    if not torch.isfinite(answers).all():
        msg = f"{name} returns numbers that aren't finite: its weights are damaged."
        raise BadModelError(msg)
    return answers


def are_probabilities(answers: torch.Tensor) -> bool:
    """Return whether rows (N, K) look like probabilities: none negative, sum one."""
    sums = answers.sum(1)
    return answers.shape[1] > 1 and bool((answers >= 0).all() and (sums - 1).abs().max() < 1e-3)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind if it has none."""
    return str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
