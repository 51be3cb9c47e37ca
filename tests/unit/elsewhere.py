"""An accelerator that is pretended: tensors say that they are elsewhere, and meet no others.

Its numbers are computed on the processor. What it adds are the two ways in which code for accelerators goes
wrong where there is none to try it on: tensors of two devices in one operation raise, as on a graphics card,
and every transfer is counted. Torch's device "meta" lends its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from unittest import mock

import torch
from torch.utils._pytree import tree_flatten, tree_map_only

from facelib.models import devices

NAME = "meta:0"
MODEL = "pretended"


class Elsewhere(torch.Tensor):
    """A tensor on the pretended accelerator; `inner` has its numbers."""

    inner: torch.Tensor
    came: list[tuple[int, ...]] = []  # noqa: RUF012 - shapes that were sent there, of all
    went: list[tuple[int, ...]] = []  # noqa: RUF012 - and back

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Self:
        made: Self = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device="meta",
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        for one in tree_flatten((args, given))[0]:
            if isinstance(one, torch.Tensor) and not isinstance(one, Elsewhere) and one.ndim:
                shape = tuple(one.shape)
                msg = f"Expected all tensors to be on the same device: {func} got {shape} on the cpu."
                raise RuntimeError(msg)
        plain, named = tree_map_only(Elsewhere, lambda one: one.inner, (args, given))
        back = func is torch.ops.aten._to_copy.default and str(given.get("device")) == "cpu"
        if named.get("device") is not None:
            named = {**named, "device": torch.device("cpu")}
        found = func(*plain, **named)
        if back or func is torch.ops.aten._local_scalar_dense.default:
            cls.went.append(tuple(args[0].shape))
            return found.clone() if back else found
        if func._schema.is_mutable:  # a change in place returns what was changed
            return args[0]
        return tree_map_only(torch.Tensor, cls, found)


def _to(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """Send a tensor of the processor there, if that is asked; else do what torch does."""
    place = args[0] if args else kwargs.get("device")
    there = isinstance(place, torch.device | str) and torch.device(place).type == "meta"
    if not there:
        return _TO(tensor, *args, **kwargs)
    if isinstance(tensor, Elsewhere):
        return tensor
    Elsewhere.came.append(tuple(tensor.shape))
    if tensor.requires_grad and torch.is_grad_enabled():
        return _Send.apply(tensor)  # type: ignore[no-any-return]
    return Elsewhere(tensor.detach().clone())


class _Send(torch.autograd.Function):
    """A transfer through which gradients come back."""

    @staticmethod
    def forward(_ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return Elsewhere(x.detach().clone())

    @staticmethod
    def backward(_ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (gradient,) = gradients
        return gradient.inner if isinstance(gradient, Elsewhere) else gradient


_TO = torch.Tensor.to


@contextmanager
def pretended() -> Iterator[type[Elsewhere]]:
    """Pretend that there is one accelerator, "meta:0", and count the transfers from now on."""
    Elsewhere.came, Elsewhere.went = [], []
    with (
        mock.patch.object(torch.Tensor, "to", _to),
        mock.patch.object(devices, "accelerators", return_value=(NAME,)),
        mock.patch.object(devices, "_model", return_value=MODEL),
        mock.patch.object(devices, "_compute_exactly"),
        mock.patch.object(torch.accelerator, "empty_cache"),
    ):
        yield Elsewhere
