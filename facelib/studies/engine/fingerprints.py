"""Fingerprints of the parts of a result: an intervention, a classifier, and the code that computes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from types import FunctionType, MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers import Classifier
from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.functions.function import FunctionClassifier
from facelib.errors import BadValueError
from facelib.face import face_fingerprint
from facelib.faces import Face
from facelib.interventions import INTERVENTIONS, Intervention
from facelib.properties import PROPERTIES
from facelib.studies.engine.own_code import OwnCode, code_text, own_code, runs_own
from facelib.utilities import code_digests as sources
from facelib.utilities.distribution import distribution_version

WORKER: Final = "facelib.studies.engine.worker"
"""What a worker runs: on all that it imports depends what a picture shows, and what is read in it."""

STORING: Final = (
    "facelib.studies.engine.store",
    "facelib.studies.engine.checksums",
    "facelib.utilities.files",
)
"""Imported there, too, but they write and read rows as they are: no number depends on them."""

TESTING: Final = ("facelib.stats",)
"""What a table of tests depends on."""

PACKAGES: Final = (
    "numpy",
    "numba",
    "opencv-python-headless",
    "pillow",
    "scipy",
    "scikit-image",
    "torch",
    "onnxruntime",
)
"""Others on which it depends."""

LENGTH: Final = 32  # hexadecimal digits


def fingerprint(*parts: object) -> str:
    """Return a hash of values that is the same in every process.

    Numbers, words, sequences, mappings, arrays, dataclasses (but for fields that begin with ``_``), faces,
    functions by their code, and classifiers.

    Raises
    ------
    BadValueError
        If a value is of another kind: two of them would be indistinguishable.

    Examples
    --------
    >>> fingerprint("palsy", {"side": "left"}) == fingerprint("palsy", {"side": "left"})
    True
    >>> fingerprint(0.1) == fingerprint(0.2)
    False
    """
    return hashlib.sha256("|".join(map(_plain, parts)).encode()).hexdigest()[:LENGTH]


def of_intervention(intervention: Intervention) -> str:
    """Return the fingerprint of an intervention: its id and its options; of one's own also its code.

    Where facelib has it doesn't matter, so that moving it changes nothing.
    """
    kind = type(intervention)
    own = tuple(_own_code(kind))
    options: Any = intervention
    ours = kind.__module__.partition(".")[0] == sources.TOP and is_dataclass(options)
    fields = _named(options) if ours else (kind.__module__, kind.__qualname__, options)
    return fingerprint(intervention.id, fields, *own, *_beside(kind))


def of_classifier(classifier: Classifier) -> str:
    """Return the fingerprint of a classifier: its network, labels, preparation and probabilities.

    A network from a file is known by the file's sha256, since weights that are made from it (folded batch
    normalisations) have last digits that depend on the processor; one that was made in memory by its weights.
    Layers, and the code of those that are their user's, count for both. On an accelerator the kind of that
    counts, too, since last digits of outputs depend on it.
    """
    return fingerprint(
        classifier.id,
        classifier.card.sha256 or _weights(classifier),
        classifier.labels,
        classifier.emotions,
        classifier.preparation,
        classifier.probabilities_from,
        classifier.chunk,
        *_own_code(type(classifier)),
        *_beside(type(classifier)),
        *_layers(classifier),
        *_asked(classifier),
        *_link(classifier),
        *([classifier.device.key] if classifier.device.accelerated else []),
    )


def _weights(classifier: Classifier) -> dict[str, npt.NDArray[np.generic]]:
    """Return the weights of both halves of a network."""
    return {
        f"{part}.{name}": tensor.detach().cpu().numpy()
        for part, network in (("body", classifier.body), ("head", classifier.head))
        for name, tensor in network.state_dict().items()
    }


def _link(classifier: Classifier) -> list[object]:
    """Return what makes probabilities or values of logits; nothing of softmax, nor of built-in networks."""
    if classifier.scales:
        return [dict(classifier.scales)]
    if classifier.multi_label:
        return ["multi-label"]
    built_in = classifier.id in {recipe.id for recipe in RECIPES}
    return ["sigmoids"] * (classifier.sigmoids and not built_in)


def of_function(classifier: Classifier) -> OwnCode:
    """Return the code of a function that is a classifier; nothing of a network."""
    return own_code(classifier.function) if isinstance(classifier, FunctionClassifier) else OwnCode((), ())


def _asked(classifier: Classifier) -> Iterator[object]:
    """Give the code of a function that is a classifier, and how it is asked; nothing of a network."""
    if isinstance(classifier, FunctionClassifier):
        yield classifier.identity
        yield classifier.function_code
        yield from of_function(classifier).parts


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of the software: facelib, a hash of its code, and the packages that it uses."""
    found = {"facelib": distribution_version(), "code": code(WORKER)}
    return MappingProxyType(found | {name: _version(name) for name in PACKAGES})


@cache
def version_key() -> str:
    """Return one fingerprint of all versions."""
    return fingerprint(dict(versions()))


def of_property(name: str) -> OwnCode:
    """Return the code of a property that is its user's; nothing of facelib's."""
    return own_code(PROPERTIES[name].read)


def is_own(intervention: Intervention) -> bool:
    """Return whether an intervention is its user's: not one that facelib has."""
    kind = type(intervention)
    return kind.__module__.partition(".")[0] != sources.TOP or intervention.id not in INTERVENTIONS


def code(*modules: str) -> str:
    """Return a hash of modules of facelib, of all that they import, and of the data beside them.

    >>> code("facelib.stats") == code(*TESTING) != code(WORKER)
    True
    """
    return sources.digest(*modules, without=STORING)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _plain(value: Any) -> str:
    """Return a text that differs between different values."""
    if value is None or isinstance(value, str | bytes | bool | int | float | np.generic):
        text = repr(value.item() if isinstance(value, np.generic) else value)
    elif isinstance(value, np.ndarray):
        text = f"array {value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    elif isinstance(value, Face):
        text = f"face {face_fingerprint(value)}"
    elif isinstance(value, Mapping):
        text = f"{{{_joined(sorted(f'{_plain(key)}: {_plain(item)}' for key, item in value.items()))}}}"
    elif isinstance(value, list | tuple):
        text = f"[{_joined(map(_plain, value))}]"
    elif is_dataclass(value) and not isinstance(value, type):
        text = f"{type(value).__qualname__}{_plain(_named(value))}"
    else:
        text = _of_code(value)
    return text


def _named(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that count; of those added later, those that aren't their default."""
    named = {item.name: getattr(value, item.name) for item in fields(value) if item.name[0] != "_"}
    added = [item for item in fields(value) if item.metadata.get("added")]
    unused = {item.name for item in added if named[item.name] == item.default}
    return {name: one for name, one in named.items() if name not in unused}


def _of_code(value: Any) -> str:
    """Return a text that differs between functions: their code, the values they hold and what they call."""
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        parts = [value.__defaults__, value.__kwdefaults__, held]
        text = f"function {value.__module__} {value.__qualname__} {code_text(value.__code__)} {_plain(parts)}"
        return "; ".join([text, *own_code(value).parts])
    if (function := getattr(value, "__func__", None)) is not None:
        return _plain(function)  # a method: its object is hashed beside it
    if isinstance(value, type) or (type(value).__module__ == "builtins" and callable(value)):
        return f"{value.__module__} {value.__qualname__}"
    kind = type(value)
    msg = (
        "What goes into a stored study must be identified by its content: numbers, words, arrays, "
        f"dataclasses, functions; got {kind.__name__}."
    )
    if kind.__module__ != "builtins":
        msg += (
            f" If the class {kind.__name__} is yours, put @dataclass(frozen=True) above it, and declare what "
            "it is made with as fields."
        )
    raise BadValueError(msg)


def _layers(classifier: Classifier) -> Iterator[str]:
    """Give the layers of a network, and the code of those that are written by its user."""
    for network in (classifier.body, classifier.head):
        yield repr(network)
        yield from (
            code for part in network.modules() if isinstance(code := getattr(part, "code", None), str)
        )
        kinds = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in map(type, network.modules())}
        for name in sorted(kinds):
            yield from _own_code(kinds[name])


def _own_code(kind: type) -> tuple[str, ...]:
    """Return the code of a class that neither facelib nor an installed package has."""
    return own_code(*(one for one in kind.__mro__ if runs_own(one))).parts


def _beside(kind: type) -> Iterator[str]:
    """Give the code of a class of facelib that no worker imports, or the version of another package's."""
    module, top = kind.__module__, kind.__module__.partition(".")[0]
    if top == sources.TOP:
        if module not in sources.closure(WORKER):
            yield code(module)
    elif not runs_own(kind):
        yield from (f"{name} {_version(name)}" for name in packages_distributions().get(top, ()))


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
