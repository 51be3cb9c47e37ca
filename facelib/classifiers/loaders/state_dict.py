"""Loader of weights files, with a factory or a well-known architecture for their network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source, has_suffix
from facelib.classifiers.preparation import Preparation
from facelib.errors import BadValueError, UnavailableError
from facelib.models.catalogue import file_hash
from facelib.models.readers.torchscript import is_torchscript
from facelib.models.readers.weights import load_into, read_weights
from facelib.utilities.distribution import with_extra
from facelib.utilities.registry import Registry

Factory = Callable[[], nn.Module]
Made = tuple[nn.Module, Preparation | None]

COLLECTIONS: Registry[Callable[[str, int], Made]] = Registry("collection of architectures")


def read(
    source: Source,
    declared: Declared,
    factory: Factory | None = None,
    architecture: str | None = None,
) -> Loaded:
    """Read weights, never code: a file that holds a whole pickled model is refused."""
    path = Path(str(source))
    weights = read_weights(path)  # first of all: whether it is a program
    if (factory is None) == (architecture is None):
        msg = (
            f"{path.name} holds weights. Say what network they belong to: either factory=, a function that "
            "makes it, or architecture=, such as 'timm:resnet18' or 'torchvision:resnet18'."
        )
        raise BadValueError(msg)
    if factory is not None:
        network, preparation = _made(factory), None
        description = f"torch module {type(network).__name__}"
    else:
        description = str(architecture)
        network, preparation = _of_architecture(description, declared.labels)
    load_into(network, weights)
    return Loaded(network, description, path.name, file_hash(path), preparation=preparation)


def _made(factory: Callable[[], object]) -> nn.Module:
    made = factory()
    if not isinstance(made, nn.Module):
        msg = f"`factory` has to return a torch.nn.Module; got {type(made).__name__}."
        raise BadValueError(msg)
    return made


def _of_architecture(architecture: str, labels: tuple[str, ...] | None) -> Made:
    collection, _, name = architecture.partition(":")
    if labels is None:
        msg = f"The labels say how many outputs {architecture!r} has; give labels=."
        raise BadValueError(msg)
    if not name:
        known = ", ".join(COLLECTIONS)
        msg = f"An architecture is 'collection:name', the collection one of {known}; got {architecture!r}."
        raise BadValueError(msg)
    return COLLECTIONS[collection](name, len(labels))


def _timm(name: str, count: int) -> Made:
    try:
        import timm
        from timm.data import resolve_model_data_config
    except ImportError:
        msg = f"The architectures of timm need the package timm: pip install '{with_extra('models')}'."
        raise UnavailableError(msg) from None
    if ":" in name or not timm.is_model(name):  # a name with a source would be looked up on other machines
        near = ", ".join(timm.list_models(f"{name[:6]}*")[:8])
        msg = f"timm has no architecture {name!r}; near: {near or 'none'}."
        raise BadValueError(msg)
    network = timm.create_model(name, pretrained=False, num_classes=count)
    config = resolve_model_data_config(network)
    mean, std = ((255 * red, 255 * green, 255 * blue) for red, green, blue in (config["mean"], config["std"]))
    return network, Preparation(config["input_size"][-1], "rgb", mean, std)


def _torchvision(name: str, count: int) -> Made:
    import torchvision

    try:
        network = torchvision.models.get_model(name, weights=None, num_classes=count)
    except ValueError as error:
        msg = f"torchvision has no architecture {name!r}; see torchvision.models.list_models()."
        raise BadValueError(msg) from error
    return network, None


def _accepts(source: Source) -> bool:
    weights = has_suffix(".safetensors", ".pt", ".pth", ".bin", ".pkl", ".ckpt")
    return weights(source) and not (isinstance(source, Path) and is_torchscript(source))


COLLECTIONS.register("timm", _timm)
COLLECTIONS.register("torchvision", _torchvision)
LOADERS.register(
    "state_dict",
    Loader(
        _accepts,
        read,
        {
            "factory": "function without arguments that makes the network",
            "architecture": "'timm:name' or 'torchvision:name' instead of a factory",
        },
    ),
)
