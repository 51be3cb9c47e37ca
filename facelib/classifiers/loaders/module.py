"""Loader of torch modules in memory."""

from __future__ import annotations

import copy

import torch
from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source
from facelib.classifiers.loaders.torchscript import Scripted, as_chain
from facelib.classifiers.loaders.transformers import Pixels, is_of_transformers, stated_labels
from facelib.errors import BadModelError, BadValueError


def read(source: Source, _declared: Declared) -> Loaded:
    """Take a copy of a module on the CPU, in float32, so that the user's own stays as it is.

    A module that `torch.compile` made is read as what it was made of; a model of transformers gives its
    logits, and its labels where it states them.
    """
    if not isinstance(source, nn.Module):
        msg = f"A network in memory is a torch.nn.Module; got {type(source).__name__}."
        raise BadValueError(msg)
    plain = _uncompiled(source)
    name = plain.original_name if isinstance(plain, torch.jit.ScriptModule) else type(plain).__name__
    network = _on_processor(plain, name)
    source_words = f"torch module {name}"
    if isinstance(network, torch.jit.ScriptModule):
        return Loaded(Scripted(network), f"TorchScript {name}", source_words, adapt=as_chain)
    if is_of_transformers(network):
        return Loaded(Pixels(network), f"{name} of transformers", source_words, labels=stated_labels(network))
    return Loaded(network, source_words, name)


def _uncompiled(network: nn.Module) -> nn.Module:
    """Return what `torch.compile` was given; a module that wasn't compiled comes back as it is."""
    original = getattr(network, "_orig_mod", None)
    return original if isinstance(original, nn.Module) else network


def _on_processor(source: nn.Module, name: str) -> nn.Module:
    """Return a copy with its weights on the processor.

    Raises
    ------
    BadModelError
        Weights have a shape and no numbers (device "meta"), or the module can't be copied.
    """
    weights = {**dict(source.named_parameters()), **dict(source.named_buffers())}
    empty = [key for key, tensor in weights.items() if tensor.is_meta]
    if empty:
        msg = (
            f"{name} holds no numbers: {len(empty)} of its {len(weights)} weights are on the device 'meta', "
            f"for example {empty[0]}. Load the weights first: network.load_state_dict(weights, assign=True)."
        )
        raise BadModelError(msg)
    try:
        with torch.no_grad():  # TorchScript's copies would belong to a graph
            network = copy.deepcopy(source)
        if not all(_is_plain(tensor) for tensor in weights.values()):
            network = network.cpu().float()
    except Exception as error:
        msg = (
            f"{name} can't be copied to the processor ({type(error).__name__}: "
            f"{str(error).splitlines()[0] if str(error) else 'no message'}). Give its weights as a file and "
            "factory=, a function that makes the network."
        )
        raise BadModelError(msg) from error
    for owner in list(network.modules()):
        for key, part in owner.named_children():
            if part is not (plain := _uncompiled(part)):
                setattr(owner, key, plain)
    return network


def _is_plain(tensor: torch.Tensor) -> bool:
    """Return whether a tensor is on the CPU already, in float32 if it holds fractions."""
    return tensor.device.type == "cpu" and (not tensor.is_floating_point() or tensor.dtype == torch.float32)


LOADERS.register("module", Loader(lambda source: isinstance(source, nn.Module), read, {}))
