"""Fingerprints of what goes into a result: of an intervention, a classifier, and the code that computes."""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType
from typing import Any, Final

import numpy as np

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.faces.face_sources import face_fingerprint
from facelib.interventions import INTERVENTIONS, Intervention
from facelib.models import sources

WORKER: Final = "facelib.studies.work"
"""What a worker runs: on all that it imports depends what a picture shows, and what is read in it."""

STORING: Final = ("facelib.studies.store", "facelib.studies.checksums", "facelib.models.writing")
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
        If a value is of another kind: two of them couldn't be told apart.

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
    told = _named(options) if ours else (kind.__module__, kind.__qualname__, options)
    return fingerprint(intervention.id, told, *own, *_beside(kind))


def of_classifier(classifier: Classifier) -> str:
    """Return the fingerprint of a classifier: its file, weights, labels, preparation and probabilities.

    What a network that was made in memory does with its weights is told by its layers and their code.
    """
    weights = {
        f"{part}.{name}": tensor.detach().cpu().numpy()
        for part, network in (("body", classifier.body), ("head", classifier.head))
        for name, tensor in network.state_dict().items()
    }
    return fingerprint(
        classifier.id,
        classifier.card.sha256,
        weights,
        classifier.labels,
        classifier.emotions,
        classifier.preparation,
        classifier.probabilities_from,
        classifier.chunk,
        *_own_code(type(classifier)),
        *_beside(type(classifier)),
        *([] if classifier.card.sha256 else _layers(classifier)),
    )


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of what computes: facelib, a hash of its code, and the packages that it uses."""
    found = {"facelib": _version("facelib"), "code": code(WORKER)}
    return MappingProxyType(found | {name: _version(name) for name in PACKAGES})


@cache
def version_key() -> str:
    """Return one fingerprint of all versions."""
    return fingerprint(dict(versions()))


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
    """Return a text that tells values apart."""
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
    """Return the fields of a dataclass that count."""
    return {item.name: getattr(value, item.name) for item in fields(value) if item.name[0] != "_"}


def _of_code(value: Any) -> str:
    """Return a text that tells functions apart, by what they do, what they hold and what they call."""
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        parts = [value.__defaults__, value.__kwdefaults__, held]
        text = f"function {value.__module__} {value.__qualname__} {_code(value.__code__)} {_plain(parts)}"
        return "; ".join([text, *_called(value, {value})])
    if (function := getattr(value, "__func__", None)) is not None:
        return _plain(function)  # a method: what its object holds is told beside it
    if isinstance(value, type) or (type(value).__module__ == "builtins" and callable(value)):
        return f"{value.__module__} {value.__qualname__}"
    kind = type(value)
    msg = (
        "What goes into a stored study must be told apart by its content: numbers, words, arrays, "
        f"dataclasses, functions; got {kind.__name__}."
    )
    if kind.__module__ != "builtins":
        msg += (
            f" If the class {kind.__name__} is yours, put @dataclass(frozen=True) above it, and declare what "
            "it is made with as fields."
        )
    raise BadValueError(msg)


def _code(code: CodeType) -> str:
    constants = [_constant(item) for item in code.co_consts]
    return hashlib.sha256(f"{code.co_code!r} {code.co_names} {constants}".encode()).hexdigest()


def _constant(value: Any) -> str:
    """Return a text of a constant in a function; the order of a set is another one in every process."""
    if isinstance(value, frozenset):
        return f"{{{_joined(sorted(map(repr, value)))}}}"
    return _code(value) if isinstance(value, CodeType) else repr(value)


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


def _own_code(kind: type) -> Iterator[str]:
    """Give the code of a class that neither facelib nor an installed package has: versions tell of those."""
    for one in kind.__mro__:
        if not _is_own(one.__module__):
            continue
        for name, member in sorted(vars(one).items()):
            plain = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if isinstance(plain, FunctionType) and (not name.startswith("__") or name == "__call__"):
                yield f"{name}: {_code(plain.__code__)}; {'; '.join(_called(plain, {plain}))}"
            elif isinstance(plain, str | bool | int | float) and not name.startswith("__"):
                yield f"{name} = {plain!r}"


def _beside(kind: type) -> Iterator[str]:
    """Give the code of a class of facelib that no worker imports, or the version of another package's."""
    module, top = kind.__module__, kind.__module__.partition(".")[0]
    if top == sources.TOP:
        if module not in sources.closure(WORKER):
            yield code(module)
    elif not _is_own(module):
        yield from (f"{name} {_version(name)}" for name in packages_distributions().get(top, ()))


def _called(function: FunctionType, known: set[FunctionType]) -> Iterator[str]:
    """Give what a function of one's own finds by name in its module: numbers, words, arrays, functions."""
    if not _is_own(function.__module__):
        return
    for name in sorted(_names(function.__code__)):
        value = function.__globals__.get(name)
        if isinstance(value, str | bytes | bool | int | float | np.generic | np.ndarray):
            yield f"{name} = {_plain(value)}"
        elif isinstance(value, FunctionType) and value not in known and _is_own(value.__module__):
            known.add(value)
            yield f"{name}: {_code(value.__code__)}"
            yield from _called(value, known)


def _names(code: CodeType) -> set[str]:
    inner = (_names(item) for item in code.co_consts if isinstance(item, CodeType))
    return set(code.co_names).union(*inner)


@cache
def _is_own(module: str) -> bool:
    """Tell whether a module is the user's: a notebook, a script; not facelib's, nor installed."""
    top = module.partition(".")[0]
    if top in {"facelib", "builtins"} or top in sys.stdlib_module_names - {"__main__"}:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)
    installed = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")}
    return file is None or not any(Path(place) in Path(file).parents for place in installed)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
