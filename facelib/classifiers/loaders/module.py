"""A torch module that is in memory."""

from __future__ import annotations

import copy

from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source
from facelib.errors import BadValueError


def read(source: Source, _declared: Declared) -> Loaded:
    """Take a copy of a module, so that the reader's own stays as it is."""
    if not isinstance(source, nn.Module):
        msg = f"A network in memory is a torch.nn.Module; got {type(source).__name__}."
        raise BadValueError(msg)
    name = type(source).__name__
    return Loaded(copy.deepcopy(source), f"torch module {name}", name)


LOADERS.register("module", Loader(lambda source: isinstance(source, nn.Module), read, {}))
