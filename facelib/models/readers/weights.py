"""Read weights from safetensors and PyTorch files without running anything that is in them."""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from facelib.errors import BadModelError
from facelib.utilities.content import Archive, read_content

_HOLDERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
_DEEPEST = 3  # tables within tables
_PREFIXES = ("module.", "_orig_mod.")  # of nn.DataParallel and torch.compile
_LEGACY_PICKLES = 5  # at the beginning of a file older than PyTorch 1.6
_SHOWN = 5  # names in a message
_HARMLESS = re.compile(
    r"collections OrderedDict"
    r"|torch\._utils _rebuild_(tensor|tensor_v2|parameter)"
    r"|torch\.serialization _get_layout"
    r"|torch (Size|\w+Storage|float\d+|bfloat16|u?int\d+|bool)"
)
"""Names that weights alone need; torch's own list has constructors, too, that take any amount of memory."""
_CALLS = frozenset({"STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4", "NEWOBJ_EX"})
_WAY_OUT = (
    "Where it can be loaded and trusted, save its weights alone, "
    "torch.save(model.state_dict(), 'weights.pt'), and give the function that makes the network (factory=)."
)


def read_weights(path: Path, *, sha256: str | None = None) -> dict[str, torch.Tensor]:
    """Return the weights of a network by their names.

    Parameters
    ----------
    path
        A safetensors file, or what ``torch.save`` made of a ``state_dict``, or of a table with one under a
        usual key such as "state_dict" or "model". The content decides which, not the name.
    sha256
        Expected sha256, hexadecimal; None: any.

    Returns
    -------
    dict
        Names as in ``network.state_dict()``; prefixes of ``nn.DataParallel`` and ``torch.compile`` left out.

    Raises
    ------
    BadModelError
        The file is damaged, isn't what it should be, or holds more than weights: pickles can be programs.
    """
    content = read_content(path, sha256=sha256)
    if content[:4] == b"PK\x03\x04" or content[:1] == b"\x80":
        weights = _unpickled(content, path.name)
    else:
        weights = _safetensors(content, path.name)
    for name, tensor in weights.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            msg = f"{path.name} holds {name} as a sparse, quantised or empty tensor; plain ones are needed."
            raise BadModelError(msg)
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            msg = f"{path.name} claims {tuple(tensor.shape)} numbers for {name}, which it doesn't have."
            raise BadModelError(msg)
    return _without_prefixes(weights)


def load_into(network: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Set all weights of a network, or none.

    Raises
    ------
    BadModelError
        Names are missing or unexpected, or shapes differ; the first few are named.
    """
    expected = network.state_dict()
    optional = "num_batches_tracked"  # old files lack it, and no answer depends on it
    missing = [name for name in expected if name not in weights and not name.endswith(optional)]
    unexpected = [name for name in weights if name not in expected]
    other = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in weights and weights[name].shape != tensor.shape
    ]
    faults = [
        f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}"
        for what, names in (("missing", missing), ("unexpected", unexpected), ("of another shape", other))
        if names
    ]
    if faults:
        msg = (
            f"These weights are not those of {type(network).__name__}: of its {len(expected)} names "
            f"{'; '.join(faults)}. The network has to be made as it was when it was saved."
        )
        raise BadModelError(msg)
    network.load_state_dict(dict(weights), strict=False)


def _safetensors(content: bytes, name: str) -> dict[str, torch.Tensor]:
    from safetensors.torch import load

    try:
        return dict(load(content))
    except Exception as error:  # the package raises its own, KeyError, ValueError …
        msg = f"{name} is neither a whole safetensors file nor one of torch.save: {error}"
        raise BadModelError(msg) from error


def _unpickled(content: bytes, name: str) -> dict[str, torch.Tensor]:
    if content[:2] == b"PK":
        archive = Archive(content, name)
        pickles = [entry for entry in archive.names if entry.rsplit("/", 1)[-1] == "data.pkl"]
        if len(pickles) != 1 or any("/code/" in entry for entry in archive.names):
            msg = f"{name} is a zip archive, but not one of weights that torch.save writes."
            raise BadModelError(msg)
        _check_pickles(io.BytesIO(archive.read(pickles[0])), 1, name)
    else:
        _check_pickles(io.BytesIO(content), _LEGACY_PICKLES, name)
    try:
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (
        Exception
    ) as error:  # torch raises RuntimeError, EOFError, KeyError, UnpicklingError, MemoryError …
        reason = str(error).split("\n", maxsplit=1)[0].split("(2)", maxsplit=1)[0]
        msg = f"{name} can't be read as weights of PyTorch: {reason or type(error).__name__}"
        raise BadModelError(msg) from error
    for _ in range(_DEEPEST):
        if isinstance(checkpoint, Mapping):
            checkpoint = next(
                (checkpoint[key] for key in _HOLDERS if isinstance(checkpoint.get(key), Mapping)), checkpoint
            )
    if not _are_weights(checkpoint):
        msg = (
            f"{name} holds no table of tensors by name, on its own or under one of {', '.join(_HOLDERS)}. "
            f"{_WAY_OUT}"
        )
        raise BadModelError(msg)
    return dict(checkpoint)


def _check_pickles(stream: io.BytesIO, count: int, name: str) -> None:
    """Walk over pickles without running them; raise if they would call anything but what makes tensors."""
    try:
        for _ in range(count):
            for operation, argument, _position in pickletools.genops(stream):
                called = str(argument) if operation.name == "GLOBAL" else ""
                if operation.name in _CALLS or (called and not _HARMLESS.fullmatch(called)):
                    what = called.replace(" ", ".") or "a function named elsewhere"
                    msg = (
                        f"{name} holds more than weights: it needs {what}. A pickled model is a program, and "
                        f"facelib runs none. {_WAY_OUT}"
                    )
                    raise BadModelError(msg)
    except BadModelError:
        raise
    except Exception as error:  # ValueError, UnicodeError, struct.error …
        msg = f"{name} is damaged, or nothing that torch.save wrote: {error}"
        raise BadModelError(msg) from error


def _are_weights(found: Any) -> bool:
    if not isinstance(found, Mapping) or not found:
        return False
    return all(isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in found.items())


def _without_prefixes(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    for prefix in _PREFIXES:
        if _all_start(weights, prefix):
            weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    return dict(weights)


def _all_start(names: Iterable[str], prefix: str) -> bool:
    return all(name.startswith(prefix) for name in names)
