"""Devices that networks run on: the processor, or an accelerator that torch finds, as a graphics card."""

from __future__ import annotations

import contextlib
import copy
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from facelib.errors import BadValueError, UnavailableError

if TYPE_CHECKING:
    import torch
    from torch import nn

VARIABLE: Final = "FACELIB_DEVICE"
"""Environment variable that says where classifiers run, unless a call says it."""

PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""Type of a device to the provider of onnxruntime that computes on it in single precision."""

FORM: Final = re.compile(r"([a-z]{2,20})(?::([0-9]{1,3}))?( half)?")
USUAL: Final = 32  # pictures at once where the accelerator doesn't tell its memory
MOST: Final = 256  # more of them at once gain nothing
SHARE: Final = 0.5  # of the free memory that pictures may take: other programs use the card, too
FULL: Final = ("out of memory", "failed to allocate memory", "bad allocation")
"""What torch and onnxruntime say, in any case of letters, where memory ran out."""


@dataclass(frozen=True)
class Device:
    """A device on this machine.

    Attributes
    ----------
    type
        "cpu", "cuda", "mps" …, as torch calls it.
    index
        Number of the card; 0 for the processor.
    half
        Whether networks run in half precision.
    """

    type: str = "cpu"
    index: int = 0
    half: bool = False

    @property
    def accelerated(self) -> bool:
        """Whether it is something else than the processor."""
        return self.type != "cpu"

    @property
    def torch(self) -> torch.device:
        """The device as torch takes it."""
        import torch

        return torch.device(self.type, self.index) if self.accelerated else torch.device("cpu")

    @property
    def key(self) -> str:
        """Kind of the device, on which last digits depend: type, model, precision; "" for the processor.

        Two cards of one model have one key.
        """
        if not self.accelerated:
            return ""
        return f"{self.type} ({_model(self)}){', half precision' if self.half else ''}"

    def __str__(self) -> str:
        """Return its name, as `as_device` takes it."""
        return f"{self.type}:{self.index}{' half' if self.half else ''}" if self.accelerated else self.type


CPU: Final = Device()


def as_device(name: str | Device | None = None, otherwise: Device = CPU) -> Device:
    """Return the device of a name.

    Parameters
    ----------
    name
        "cpu"; "cuda", "cuda:1", "mps" …: an accelerator that torch finds; "auto": the accelerator if there is
        one, else the processor. " half" behind it ("cuda half") asks for half precision. None: what the
        environment variable FACELIB_DEVICE says, or `otherwise`.

    Raises
    ------
    BadValueError
        It is no name of a device, or asks the processor for half precision.
    UnavailableError
        It isn't on this machine; the message says what is.

    Examples
    --------
    >>> as_device("cpu"), str(as_device("auto")) in accelerators() or as_device("auto") == CPU
    (Device(type='cpu', index=0, half=False), True)
    """
    if isinstance(name, Device):
        return name
    asked, where = name, ""
    if name is None:
        asked, where = os.environ.get(VARIABLE, "").strip() or None, f" ({VARIABLE})"
        if asked is None:
            return otherwise
    read = FORM.fullmatch(asked.strip().lower()) if isinstance(asked, str) else None
    if read is None:
        known = "'auto', 'cpu', or an accelerator such as 'cuda', 'cuda:1' or 'mps'"
        msg = f"A device is {known}; got {f'{asked!r}':.60}{where}."
        raise BadValueError(msg)
    kind, number, half = read[1], read[2], bool(read[3])
    if kind == "cpu":
        return _processor(number, half=half)
    there = accelerators()
    if kind == "auto":
        found = _first(there) if there and number is None else _processor(number, half=False)
    else:
        same = [one for one in there if one.startswith(f"{kind}:")]
        found = Device(kind, int(number)) if number else _first(same)
        if str(found) not in there:
            msg = f"The device {asked!r}{where} isn't on this machine; there is {', '.join(['cpu', *there])}."
            raise UnavailableError(msg, hint="device='auto' takes what is there.")
    if not found.accelerated:
        return found
    _compute_exactly()
    return replace(found, half=half)


def is_automatic(name: str | Device | None = None) -> bool:
    """Return whether a name, or FACELIB_DEVICE where none is given, leaves the choice of the device to us.

    >>> is_automatic("auto half"), is_automatic("cuda")
    (True, False)
    """
    asked = os.environ.get(VARIABLE, "") if name is None else name
    return isinstance(asked, str) and asked.strip().lower().startswith("auto")


def refuse_accelerator(name: str | Device | None, what: str, why: str) -> None:
    """Refuse an accelerator that is named for what runs on no device of facelib's.

    "cpu" and "auto" aren't refused, nor is FACELIB_DEVICE: these name no accelerator for it.

    Raises
    ------
    BadValueError
        An accelerator is named, on this machine or not, or something that is no device.

    Examples
    --------
    >>> refuse_accelerator("auto", "A table", "it computes nothing")
    """
    try:
        place = as_device(name)
    except UnavailableError:
        place = None
    if name is None or is_automatic(name) or place == CPU:
        return
    msg = f"{what} can't be put on {str(name)!r}: {why}. Leave its device off."
    raise BadValueError(msg)


def _processor(number: str | None, *, half: bool) -> Device:
    if number not in (None, "0"):
        msg = f"There is one processor, 'cpu', and 'auto' has no number; got number {number}."
        raise BadValueError(msg)
    if half:
        msg = "Half precision is for accelerators ('cuda half'): on the processor it is slower. Leave it off."
        raise BadValueError(msg)
    return CPU


def _first(names: list[str] | tuple[str, ...]) -> Device:
    """Return the first of some accelerators; the processor if there is none."""
    if not names:
        return CPU
    kind, _, number = names[0].partition(":")
    return Device(kind, int(number))


def accelerators() -> tuple[str, ...]:
    """Return the names of the accelerators that torch finds: "cuda:0", "cuda:1"; none: empty."""
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    return (
        () if found is None else tuple(f"{found.type}:{n}" for n in range(torch.accelerator.device_count()))
    )


def _model(device: Device) -> str:
    """Return the model of an accelerator as its maker calls it, or "unknown model"."""
    import torch

    name = getattr(torch.get_device_module(device.torch), "get_device_name", None)
    return str(name(device.index)) if name is not None else "unknown model"


def _compute_exactly() -> None:
    """Let graphics cards compute in whole single precision, the same way each time.

    Convolutions would otherwise round their inputs to ten binary places (TF32), which is half precision.
    """
    import torch

    torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.fp32_precision = "ieee"
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


def free_memory(device: Device) -> tuple[int, int] | None:
    """Return the memory of an accelerator that is free, and all of it, bytes; None if it isn't told."""
    import torch

    try:
        return torch.accelerator.get_memory_info(device.torch)
    except (RuntimeError, ValueError, AttributeError, NotImplementedError):  # Apple's doesn't tell
        return None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error of torch or onnxruntime says that memory ran out."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error).lower() for words in FULL)


def in_batches(
    run: Callable[[torch.Tensor], torch.Tensor], pictures: torch.Tensor, batch: int, device: Device
) -> tuple[torch.Tensor, int]:
    """Run a network on pictures, `batch` at once, and on half as many as often as memory runs out.

    Returns
    -------
    outputs, batch
        Of all pictures, in their order; and how many at once did fit.

    Raises
    ------
    UnavailableError
        Memory isn't enough for one picture.
    """
    import torch

    while True:
        try:
            parts = [run(part) for part in torch.split(pictures, batch)]
            return torch.cat(parts), batch
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if batch == 1:
                raise UnavailableError(_full(device), hint="device='cpu' needs none of it.") from None
        batch = (min(batch, len(pictures)) + 1) // 2  # outside of `except`: the error holds what was computed
        if device.accelerated:
            torch.accelerator.empty_cache()


def _full(device: Device) -> str:
    known = free_memory(device)
    said = "" if known is None else f" {known[0] / 1e9:.1f} of its {known[1] / 1e9:.1f} GB are free."
    return f"The memory of {device} isn't enough for one picture.{said} End other programs that use it."


def batch_that_fits(
    run: Callable[[torch.Tensor], torch.Tensor], pictures: torch.Tensor, device: Device
) -> int:
    """Return how many pictures a network takes at once: a share of the free memory over what one needs.

    What one needs is measured on the pictures that are given.
    """
    import torch

    memory = torch.accelerator
    try:
        memory.reset_peak_memory_stats(device.torch)
        before = memory.memory_allocated(device.torch)
        run(pictures)
        each = (memory.max_memory_allocated(device.torch) - before) / len(pictures)
    except (RuntimeError, ValueError, AttributeError, NotImplementedError) as error:
        if is_out_of_memory(error):
            return 1
        return USUAL
    known = free_memory(device)
    return USUAL if known is None or each <= 0 else max(1, min(MOST, int(SHARE * known[0] / each)))


def precision(device: Device) -> contextlib.AbstractContextManager[Any]:
    """Return the context in which networks run on a device: half precision where it is asked for."""
    import torch

    return torch.autocast(device.type, torch.float16) if device.half else contextlib.nullcontext()


def moved(network: nn.Module, device: Device) -> nn.Module:
    """Return a network on a device: itself for the processor, else a copy, which is made once."""
    if not device.accelerated:
        return network
    with _LOCK:
        copies = _COPIES.setdefault(network, {})
        if device not in copies:
            copies[device] = copy.deepcopy(network).to(device.torch)
        return copies[device]


def computed(
    network: nn.Module, given: torch.Tensor, device: Device, **beside: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Return the outputs of a network on a device: float32, on the processor, without gradient."""
    import torch

    there = moved(network, device)
    others = {name: value.to(device.torch) for name, value in beside.items()}
    with torch.no_grad(), precision(device):
        found = there(given.to(device.torch), **others)
    outputs = (found,) if isinstance(found, torch.Tensor) else found
    return tuple(output.float().cpu() for output in outputs)


_COPIES: WeakKeyDictionary[nn.Module, dict[Device, nn.Module]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def onnx_providers(device: Device) -> list[Any]:
    """Return the providers of onnxruntime, with options, for a device.

    Raises
    ------
    UnavailableError
        The onnxruntime of this machine has none for it.
    """
    import onnxruntime

    if not device.accelerated:
        return [PROVIDERS["cpu"]]
    there, wanted = onnxruntime.get_available_providers(), PROVIDERS.get(device.type)
    if wanted not in there:
        msg = f"onnxruntime can't compute on {device} here; it has {', '.join(there)}."
        hint = "On NVIDIA's cards the package onnxruntime-gpu can." if device.type == "cuda" else ""
        raise UnavailableError(msg, hint=hint)
    options = {"device_id": device.index, "use_tf32": 0, "cudnn_conv_algo_search": "DEFAULT"}
    return [(wanted, options), PROVIDERS["cpu"]]  # the processor takes what the card can't
