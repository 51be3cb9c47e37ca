"""Observers of a study's pictures: classifiers and measures, as they are sent to other processes."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from facelib import classifiers
from facelib.classifiers import Classifier
from facelib.errors import BadValueError, UnavailableError
from facelib.models.devices import CPU, Device
from facelib.properties import PROPERTIES
from facelib.studies.engine import fingerprints
from facelib.studies.engine.store import Kind

MEASURES: Final = "properties"
"""Name of the reader that measures; all others are classifiers."""

KEPT: Final = 24
"""Classifiers that came along with the work and stay loaded in a process."""


@dataclass(frozen=True, eq=False)
class Reader:
    """An observer of pictures: a classifier, or the properties that are measured; it can be sent along.

    Attributes
    ----------
    id
        Id of the classifier, or `MEASURES`.
    key
        Fingerprint.
    names
        Common labels that a classifier has, or names of properties.
    packed
        The classifier itself, or properties of one's own, pickled, if a process that has facelib doesn't
        have them; else None.
    model
        The classifier itself, if it doesn't leave this process; else None.
    costs
        Whether asking it costs something, so that nothing is read for trial.
    device
        Where it reads.
    """

    id: str
    key: str
    names: tuple[str, ...]
    packed: bytes | None = None
    model: Classifier | None = None
    costs: bool = False
    device: Device = CPU

    @property
    def kind(self) -> Kind:
        """Kind of the table that keeps its rows."""
        return "measured" if self.id == MEASURES else "outputs"


def reader_of(classifier: Classifier, *, travels: bool) -> Reader:
    """Return a classifier as it is sent to workers: by its id if they have it, else along with the work.

    Raises
    ------
    BadValueError
        If it has the name of what measures.
    UnavailableError
        If it has to travel and can't.
    """
    if classifier.id == MEASURES:
        msg = f"{MEASURES!r} is what a study calls its measures: give the classifier another id."
        raise BadValueError(msg)
    names = classifier.classes
    key = fingerprints.of_classifier(classifier)
    here = classifier.id in classifiers.names(kind=("pretrained", "known bias"))
    device = classifier.device
    if here and classifiers.load(classifier.id, device) is classifier:
        return Reader(classifier.id, key, names, device=device)
    if not travels:
        return Reader(classifier.id, key, names, model=classifier, costs=classifier.costs, device=device)
    from cloudpickle import dumps

    try:
        return Reader(classifier.id, key, names, dumps(classifier), costs=classifier.costs, device=device)
    except Exception as error:
        msg = (
            f"{classifier.id!r} can't be sent to other processes ({error}). Give the classifier as a file, "
            "or run the study in one process."
        )
        raise UnavailableError(msg, hint="In Python: n_jobs=1.") from error


def measures_of(names: tuple[str, ...], *, travels: bool) -> Reader:
    """Return the measures as they are sent to workers; the user's own properties go along.

    Raises
    ------
    UnavailableError
        If one of them has to travel and can't.
    """
    code = {name: fingerprints.of_property(name).parts for name in names}
    key = fingerprints.fingerprint(names, *(part for parts in code.values() for part in parts))
    sent = [PROPERTIES[name] for name, parts in code.items() if parts]
    if not (travels and sent):
        return Reader(MEASURES, key, names)
    from cloudpickle import dumps

    try:
        packed = dumps(sent)
    except Exception as error:
        listed = ", ".join(repr(one.name) for one in sent)
        msg = f"The properties {listed} can't be sent to other processes ({error})."
        raise UnavailableError(msg, hint="In Python: n_jobs=1.") from error
    _MEASURED[MEASURES] = key  # this process has them
    return Reader(MEASURES, key, names, packed)


def bring(reader: Reader) -> None:
    """Register the user's own properties that came along with the work in this process, once."""
    if reader.packed is None or _MEASURED.get(MEASURES) == reader.key:
        return
    with _LOCK:
        for one in pickle.loads(reader.packed):
            PROPERTIES.replace(one.name, one)
        _MEASURED[MEASURES] = reader.key


_MEASURED: dict[str, str] = {}
_BROUGHT: OrderedDict[str, Classifier] = OrderedDict()
_LOCK = Lock()


def loaded(reader: Reader) -> Classifier:
    """Return the classifier of a reader; in a process it is loaded once."""
    if reader.model is not None:
        return reader.model
    if reader.packed is None:
        classifier = classifiers.load(reader.id, reader.device)
        if _key(classifier) != reader.key:
            what = ", or its accelerator is" if reader.device.accelerated else ""
            msg = f"{reader.id!r} on this machine is another one than where the study was planned{what}."
            raise UnavailableError(msg)
        return classifier
    with _LOCK:
        brought = _BROUGHT.get(reader.key)
    return brought or _remember(reader.key, pickle.loads(reader.packed))


def _remember(key: str, classifier: Classifier) -> Classifier:
    with _LOCK:
        _BROUGHT[key] = classifier
        while len(_BROUGHT) > KEPT:
            _BROUGHT.popitem(last=False)
    return classifier


_KEYS: dict[int, tuple[Classifier, str]] = {}


def _key(classifier: Classifier) -> str:
    """Return the fingerprint of a classifier that this process has, made once."""
    known = _KEYS.get(id(classifier))
    if known is None or known[0] is not classifier:
        known = _KEYS[id(classifier)] = (classifier, fingerprints.of_classifier(classifier))
    return known[1]
