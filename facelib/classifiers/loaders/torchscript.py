"""Networks that were saved as TorchScript."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source
from facelib.errors import BadModelError
from facelib.models.catalogue import file_hash
from facelib.models.weights import is_torchscript

_FORBIDDEN = ("aten::from_file", "aten::save", "prim::PythonOp")


class Scripted(nn.Module):
    """A part of a TorchScript network that hooks can be put on."""

    def __init__(self, part: nn.Module, *, flatten: bool = False) -> None:
        super().__init__()
        self.part = part
        self.flatten = flatten

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the part."""
        out: torch.Tensor = self.part(x.flatten(1) if self.flatten else x)
        return out


def read(source: Source, _declared: Declared) -> Loaded:
    """Read a TorchScript archive: a program, run by torch's own interpreter and not by Python.

    Operators that read or write files are refused. Where the network is a chain of its parts, it comes back
    as one, so that it can be cut for class activation maps.
    """
    path = Path(str(source))
    try:
        network = torch.jit.load(str(path), map_location="cpu").eval()  # type: ignore[no-untyped-call]
        text = str(network.inlined_graph)
    except Exception as error:
        msg = f"{path.name} can't be read as TorchScript: {str(error).splitlines()[0]}"
        raise BadModelError(msg) from error
    used = [name for name in _FORBIDDEN if name in text]
    if used:
        msg = f"{path.name} uses {', '.join(used)}: a classifier needs no such operator; the file is refused."
        raise BadModelError(msg)
    words = f"TorchScript {network.original_name}"
    return Loaded(Scripted(network), words, path.name, file_hash(path), adapt=as_chain)


def _accepts(source: Source) -> bool:
    return isinstance(source, Path) and source.is_file() and is_torchscript(source)


def as_chain(network: nn.Module, sample: torch.Tensor) -> nn.Module:
    """Return a network as the chain of its parts if that computes the same, else as it is.

    TorchScript has no place for a hook within a network; between the parts of a chain there is one. Parts
    that take rows (linear layers) are given flattened pictures.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    with torch.no_grad():
        expected = network(sample)
        try:
            x = sample
            for name, part in network.get_submodule("part").named_children():
                flatten = x.ndim > 2 and getattr(part, "original_name", "") == "Linear"
                parts[name] = Scripted(part, flatten=flatten)
                x = parts[name](x)
            same = x.shape == expected.shape and torch.allclose(x, expected, rtol=1e-5, atol=1e-5)
        except Exception:  # parts that don't fit together: no chain
            same = False
    return nn.Sequential(parts) if same else network


LOADERS.register("torchscript", Loader(_accepts, read, {}))
