"""Fingerprints of what goes into a result: of an intervention, a classifier, and the code that computes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType
from typing import Any, Final

import numpy as np

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.faces.face_sources import face_fingerprint
from facelib.interventions import Intervention

COMPUTING: Final = ("models", "faces", "properties", "interventions", "classifiers")
"""Packages of facelib on which what a picture shows, and what is read in it, depends."""

PACKAGES: Final = (
    "numpy",
    "numba",
    "opencv-python-headless",
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
    """Return the fingerprint of an intervention: its kind and its options."""
    return fingerprint(type(intervention).__module__, type(intervention).__qualname__, intervention)


def of_classifier(classifier: Classifier) -> str:
    """Return the fingerprint of a classifier: its file, weights, labels, preparation and probabilities."""
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
    )


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of what computes: facelib, a hash of its code, and the packages that it uses."""
    found = {"facelib": _version("facelib"), "code": code()}
    return MappingProxyType(found | {name: _version(name) for name in PACKAGES})


@cache
def code() -> str:
    """Return a hash of the sources that draw faces, change them and read them."""
    root, content = Path(__file__).parents[1], hashlib.sha256()
    for package in COMPUTING:
        for path in sorted((root / package).rglob("*.py")):
            content.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:LENGTH]


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
        named = {item.name: getattr(value, item.name) for item in fields(value) if item.name[0] != "_"}
        text = f"{type(value).__qualname__}{_plain(named)}"
    else:
        text = _of_code(value)
    return text


def _of_code(value: Any) -> str:
    """Return a text that tells functions apart, by what they do and what they hold."""
    if isinstance(value, FunctionType):
        held = [cell.cell_contents for cell in value.__closure__ or ()]
        parts = [value.__defaults__, value.__kwdefaults__, held]
        return f"function {value.__module__} {value.__qualname__} {_code(value.__code__)} {_plain(parts)}"
    if (function := getattr(value, "__func__", None)) is not None:
        return _plain(function)  # a method: what its object holds is told beside it
    if isinstance(value, type) or (type(value).__module__ == "builtins" and callable(value)):
        return f"{value.__module__} {value.__qualname__}"
    msg = (
        "What goes into a stored study must be told apart by its content: numbers, words, arrays, "
        f"dataclasses, functions; got {type(value).__name__}."
    )
    raise BadValueError(msg)


def _code(code: CodeType) -> str:
    constants = [_code(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    return hashlib.sha256(f"{code.co_code!r} {code.co_names} {constants}".encode()).hexdigest()


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
