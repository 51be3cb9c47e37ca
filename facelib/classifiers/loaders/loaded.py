"""The result of a loader, and the registry of loaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import torch
from torch import nn

from facelib.classifiers.preparation import Preparation
from facelib.errors import BadValueError
from facelib.utilities.nearest import nearest
from facelib.utilities.registry import Registry

Source = str | Path | nn.Module
Outputs = Literal["logits", "probabilities", "sigmoids", "multi-label", "binary"]


@dataclass(frozen=True)
class Declared:
    """The declaration of a network: what the user says of it.

    Attributes
    ----------
    labels
        Names of its outputs.
    size
        Side of its pictures, px.
    trust
        Whether the user trusts its maker, so that programs may be run.
    """

    labels: tuple[str, ...] | None = None
    size: int | None = None
    trust: bool = False


@dataclass(frozen=True)
class Loaded:
    """A network that came from outside.

    Attributes
    ----------
    network
        Prepared pictures, float32 (N, C, h, w), to outputs, float32 (N, K).
    architecture
        In words.
    source
        Name of the file, without its folder.
    sha256
        Of the file with the weights; "" for a network that is in memory.
    labels, preparation
        If the source states them.
    outputs
        Outputs of the network.
    sigmoids
        Whether each logit has a sigmoid of its own instead of one softmax for all.
    softmax_off
        Whether its file ends in a softmax, which the reader has taken off: the network gives logits.
    no_gradient
        Why no gradient flows through it, for people; "" if one does.
    adapt
        Network and prepared pictures to the network that is cut for maps; it computes the same.
    """

    network: nn.Module
    architecture: str
    source: str
    sha256: str = ""
    labels: tuple[str, ...] | None = None
    preparation: Preparation | None = None
    outputs: Outputs = "logits"
    sigmoids: bool = False
    softmax_off: bool = False
    no_gradient: str = ""
    adapt: Callable[[nn.Module, torch.Tensor], nn.Module] = lambda network, _sample: network


@dataclass(frozen=True)
class Loader:
    """A loader: how one kind of source is recognised and read.

    Attributes
    ----------
    accepts
        Whether a source is of this kind.
    read
        Source, what was declared, and options, to what was loaded.
    options
        Names of the options that `read` takes, each with what it is.
    """

    accepts: Callable[[Source], bool]
    read: Callable[..., Loaded]
    options: Mapping[str, str]


_MEANT: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("preprocess", "preprocessing", "preprocessor", "processor", "transform", "transforms"),
            "preparation",
        ),
        **dict.fromkeys(("classes", "class_names", "names"), "labels"),
        **dict.fromkeys(("layer", "target_layer"), "cam_layer"),
        **dict.fromkeys(("activation", "output"), "outputs"),
        "name": "id",
    }
)
"""Names in other libraries for the options here."""

LOADERS: Registry[Loader] = Registry("kind of classifier")


def load_source(
    source: Source,
    kind: str | None,
    declared: Declared,
    options: Mapping[str, Any],
    known: Sequence[str] = (),
) -> Loaded:
    """Read a network by the loader of its kind; None: the first kind that accepts the source.

    `known` are the names that a caller takes itself, for the answer to a misspelt one.

    Raises
    ------
    BadValueError
        No kind accepts the source, or an option isn't one of its kind.
    BadModelError, UnavailableError
        The source can't be read.
    """
    if not isinstance(source, nn.Module):
        source = _as_path(source)
        if not source.exists():
            msg = f"There is no file or folder {source}."
            raise BadValueError(msg)
    asked = kind or next((name for name in LOADERS if LOADERS[name].accepts(source)), None)
    if asked is None:
        what = type(source).__name__ if isinstance(source, nn.Module) else source.name
        msg = f"It isn't clear what {what} holds; say it by `kind`: {', '.join(LOADERS)}."
        raise BadValueError(msg)
    loader = LOADERS[asked]
    unknown = sorted(set(options) - set(loader.options))
    if unknown:
        allowed = ", ".join(loader.options) or "none"
        near = nearest(unknown[0], [*loader.options, *known])
        near = [_MEANT[unknown[0]]] if _MEANT.get(unknown[0]) in known else near
        hint = f" Did you mean {near[0]}?" if near else ""
        msg = f"The kind {asked!r} has no option {', '.join(map(repr, unknown))}; it has: {allowed}.{hint}"
        raise BadValueError(msg)
    return loader.read(source, declared, **options)


def _as_path(source: object) -> Path:
    """Return the path of a file, or raise `BadValueError` with what to do about something else."""
    if isinstance(source, str | PathLike):
        return Path(source)
    if isinstance(source, type) and issubclass(source, nn.Module):
        hint = f" Give an instance: {source.__name__}()."
    elif isinstance(source, Mapping):
        hint = " Weights alone: give network.load_state_dict(weights) first, then the network."
    elif callable(source):
        hint = (
            " Put a function into a module: class Net(torch.nn.Module) with forward(self, x), "
            "pictures (N, C, h, w) to logits (N, K). A model of Keras: model.save('net.keras') first."
        )
    else:
        hint = ""
    msg = f"A classifier is made of a file, a folder or a torch.nn.Module; got {type(source).__name__}.{hint}"
    raise BadValueError(msg)


def has_suffix(*suffixes: str) -> Callable[[Source], bool]:
    """Return whether a source is a file whose name ends so."""

    def accepts(source: Source) -> bool:
        return isinstance(source, Path) and source.is_file() and source.suffix.lower() in suffixes

    return accepts
