"""The catalogue of classifiers: list them, load them, register own ones."""

from __future__ import annotations

import functools
import importlib.metadata
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from torch import nn

from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.classifier import Classifier
from facelib.classifiers.functions.making import is_function
from facelib.classifiers.known_bias import BIASES
from facelib.classifiers.loaders.loaded import Source
from facelib.classifiers.own import own
from facelib.classifiers.tables.scores import ScoreTable
from facelib.errors import BadValueError, FacelibError, UnavailableError, check_kind
from facelib.models import package_path
from facelib.models.devices import Device, as_device
from facelib.utilities.nearest import nearest
from facelib.utilities.registry import Registry, place_of

if TYPE_CHECKING:
    import pandas as pd

    from facelib.faces import Face, Head
    from facelib.utilities.progress import Progress, Report

ENTRY_POINTS = "facelib.classifiers"

Kind = Literal["pretrained", "known bias", "own", "sends pictures"]


@dataclass
class Entry:
    """An entry of the catalogue: a classifier's factory, the model packages it needs, and the loaded one."""

    make: Callable[[], Classifier]
    packages: Sequence[str] = ()
    kind: Kind = "own"
    made: Classifier | None = None
    elsewhere: dict[Device, Classifier] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


CLASSIFIERS: Registry[Entry] = Registry("classifier", own="facelib.classifiers.register")


def register(
    id: str,  # noqa: A002
    classifier: Classifier | Callable[[], Classifier] | Source,
    packages: Sequence[str] = (),
    *,
    device: str | Device | None = None,
    **how: Any,
) -> None:
    """Make a classifier available under a name, until this process ends.

    Other packages add theirs by an entry point of the group ``facelib.classifiers``: its name is the id,
    its value a function without arguments that returns a `Classifier`.

    Parameters
    ----------
    id
        Name; one that is taken raises `BadValueError`. The same file, class of module, or function under
        the same name replaces what was there, so that a cell of a notebook can be run again.
    classifier
        The classifier; a function that makes it when it is first asked for; or a file, folder or torch module
        that `own` makes a classifier of, right now. So is a function of pictures to probabilities, once its
        ``labels=`` are given. One that sends pictures away takes part where it is named, and nowhere else.
    packages
        Model packages that it needs.
    device
        Where it reads, as for `load`; None: what FACELIB_DEVICE says, else where the classifier is.
    **how
        Options of `own` for a file, a folder or a module, such as ``labels=`` and ``preparation=``;
        ``trust=True`` for a TorchScript file, which is a program.

    Examples
    --------
    >>> import facelib
    >>> labels = ["happy", "sad"]
    >>> facelib.classifiers.register("mine", "mine.onnx", labels=labels, preparation=...)  # doctest: +SKIP
    """
    _discover()
    if isinstance(classifier, ScoreTable):
        msg = f"{id!r} is a table of scores of certain pictures: give it to a study (classifiers=[…])."
        raise BadValueError(msg)
    place = "" if isinstance(classifier, Classifier) else _place(classifier)
    asked = "labels" in how and is_function(classifier)
    if isinstance(classifier, (str, Path, nn.Module)) or asked:
        classifier = own(cast("Source", classifier), id=id, device=device, **how)
    elif how:
        msg = (
            f"Only a file, a folder, a torch module, or a function with its labels takes {', '.join(how)}; "
            f"{id!r} is none of them."
        )
        raise BadValueError(msg)
    if isinstance(classifier, Classifier):
        made = _named(id, classifier if device is None else classifier.on(device))
        place = place or f"classifier of {made.card.source}"
        CLASSIFIERS.register(id, Entry(lambda: made, packages, _kind(made), made=made), place)
    else:
        make = classifier if device is None else functools.partial(_made_on, classifier, as_device(device))
        CLASSIFIERS.register(id, Entry(make, packages), place)


def _made_on(make: Callable[[], Classifier], device: Device) -> Classifier:
    """Return what a function makes, on a device."""
    made = make()
    check_kind(made, Classifier, "What a function that is registered makes, a classifier,")
    return made.on(device)


def unregister(id: str) -> None:  # noqa: A002
    """Take a classifier of one's own out of the catalogue.

    Raises
    ------
    UnknownNameError
        No classifier has this name.
    BadValueError
        It comes with facelib.
    """
    _discover()
    if CLASSIFIERS[id].kind not in ("own", "sends pictures"):
        msg = f"{id!r} comes with facelib; only a classifier of one's own can be taken out."
        raise BadValueError(msg)
    CLASSIFIERS.remove(id)


def _kind(made: Classifier) -> Kind:
    return "sends pictures" if made.sends_pictures else "own"


def _place(source: Source | Callable[[], Classifier]) -> str:
    """Return where a source comes from: its file, the class of a module, or where a function is defined."""
    if isinstance(source, (str, Path)):
        return str(Path(source).expanduser().resolve())
    return place_of(type(source) if isinstance(source, nn.Module) else source)


def load(id: str, device: str | Device | None = None) -> Classifier:  # noqa: A002
    """Return a classifier; it is made once in a process, and once for every device.

    Parameters
    ----------
    id
        Name.
    device
        Where it reads: "cpu", "cuda", "cuda:1", "mps", or "auto": an accelerator if torch finds one, else the
        processor. " half" behind it, as in "cuda half", asks for half precision. None: what the environment
        variable FACELIB_DEVICE says, else the processor, or where a classifier of one's own was put.

    Raises
    ------
    UnknownNameError
        No classifier has this name.
    BadValueError
        `device` is no name of one.
    UnavailableError
        Its model package or the device is not on this machine, or it can't be made.

    Examples
    --------
    >>> load("known_unbiased", "cpu") is load("known_unbiased")
    True
    """
    _discover()
    entry = CLASSIFIERS[id]
    with entry.lock:
        if entry.made is None:
            for package in entry.packages:
                package_path(package)
            entry.made = _made(id, entry)
            entry.kind = "sends pictures" if entry.made.sends_pictures else entry.kind
        place = entry.made.where(device)
        if place == entry.made.device:
            return entry.made
        if place not in entry.elsewhere:
            entry.elsewhere[place] = entry.made.on(device)
        return entry.elsewhere[place]


def get(id: str, device: str | Device | None = None) -> Classifier:  # noqa: A002
    """Return a classifier; the same as `load`.

    Examples
    --------
    >>> get("known_unbiased") is load("known_unbiased")
    True
    """
    return load(id, device)


def table() -> pd.DataFrame:
    """Return all classifiers, one row each, those that can't be used here included.

    Returns
    -------
    pandas.DataFrame
        Columns id, kind ("pretrained", "own", "known bias" or "sends pictures"), packages (model packages
        that it needs) and reason (why it can't be used on this machine; empty if it can). None is loaded
        for this.

    Examples
    --------
    >>> table().set_index("id").loc["known_unbiased", "kind"]
    'known bias'
    """
    import pandas as pd

    _discover()
    rows = [
        {"id": name, "kind": entry.kind, "packages": ", ".join(entry.packages), "reason": _missing(entry)}
        for name, entry in ((name, CLASSIFIERS[name]) for name in CLASSIFIERS)
    ]
    return pd.DataFrame(rows)


def _missing(entry: Entry) -> str:
    try:
        for package in entry.packages:
            package_path(package)
    except FacelibError as error:
        return str(error)
    return ""


def _made(id: str, entry: Entry) -> Classifier:  # noqa: A002
    try:
        made: object = entry.make()
    except FacelibError:
        raise
    except Exception as error:  # an entry point may run anything
        msg = f"The classifier {id!r} can't be made: {type(error).__name__}: {error}"
        raise UnavailableError(msg) from error
    if not isinstance(made, Classifier):
        msg = f"What makes {id!r} has to return a facelib.classifiers.Classifier; got {type(made).__name__}."
        raise BadValueError(msg)
    return _named(id, made)


def _named(id: str, classifier: Classifier) -> Classifier:  # noqa: A002
    if classifier.id != id:
        msg = f"A classifier is registered under its own id, {classifier.id!r}; got {id!r}."
        raise BadValueError(msg)
    return classifier


def names(pattern: str = "*", kind: Kind | Sequence[Kind] = ("pretrained", "own")) -> list[str]:
    """Return the ids that match, as in `available`, whether they can be used on this machine or not."""
    check_kind(pattern, str, "A pattern of names, a text such as f*,")
    _discover()
    kinds = (kind,) if isinstance(kind, str) else tuple(kind)
    for one in kinds:
        if one not in get_args(Kind):
            near = [known for known in get_args(Kind) if known.startswith(str(one))]
            near = near or nearest(one, get_args(Kind))
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"The kind is one of {', '.join(get_args(Kind))}, or several; got {one!r}.{hint}"
            raise BadValueError(msg)
    return [name for name in CLASSIFIERS.names(pattern) if CLASSIFIERS[name].kind in kinds]


def available(pattern: str = "*", kind: Kind | Sequence[Kind] = ("pretrained", "own")) -> list[str]:
    """Return the ids that match a shell pattern and can be used on this machine.

    Parameters
    ----------
    pattern
        Such as ``"f*"``.
    kind
        "pretrained", "own", "known bias" or "sends pictures", or several: the networks of known bias are
        there to try out methods, and functions that send pictures away cost something; neither takes part
        unless it is asked for.
    """
    there = [name for name in names(pattern, kind) if why_unavailable(name) is None]
    return [name for name in names(pattern, kind) if name in there]  # once made, one may be of another kind


def read(
    faces: Face | Head | Sequence[Face | Head],
    classifiers: str | Classifier | Sequence[str | Classifier] | None = None,
    *,
    skip_broken: bool = True,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return every output of several classifiers for faces, heads or a `FaceSet`, as a tidy table.

    Parameters
    ----------
    faces, skip_broken
        As for `Classifier.read`, which reads with one.
    classifiers
        Ids or classifiers; None: all that are `available` here.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts faces, once for every
        classifier.

    Returns
    -------
    pandas.DataFrame
        One row per classifier, face and output, with the columns of `facelib.classifiers.reading.COLUMNS`.

    Raises
    ------
    UnknownNameError, UnavailableError
        A classifier isn't there.
    BadValueError
        Something else is given.

    Examples
    --------
    >>> import facelib
    >>> table = facelib.classifiers.read(facelib.Head(expression="sad"), ["known_unbiased"])
    >>> table.loc[table["probability"].idxmax(), ["classifier", "label"]].tolist()
    ['known_unbiased', 'sad']
    """
    import pandas as pd

    from facelib.classifiers.reading import count_faces
    from facelib.classifiers.reading import read as read_with
    from facelib.utilities.progress import reporting

    asked = available() if classifiers is None else classifiers
    check_kind(asked, (str, Classifier, Iterable), "A list of classifiers, or None for all,")
    chosen = [asked] if isinstance(asked, str | Classifier) else list(asked)
    if not chosen:
        msg = "A classifier is needed; none was given, or none is installed (see facelib models list)."
        raise BadValueError(msg)
    opened = [load(one) if isinstance(one, str) else one for one in chosen]
    for classifier in opened:
        check_kind(classifier, Classifier, "A classifier or its id")
    several = list(faces) if isinstance(faces, Iterator) else faces  # which all of them read
    count, tables = count_faces(several), []
    with reporting(progress, count * len(opened), unit="face") as report:
        for number, classifier in enumerate(opened):

            def tell(at: Progress, before: int = number * count) -> None:
                report.at(before + at.done, at.words)

            tables.append(read_with(classifier, several, skip_broken=skip_broken, progress=tell))
    return pd.concat(tables, ignore_index=True)


def why_unavailable(id: str) -> str | None:  # noqa: A002
    """Return why a classifier can't be used here, or None if it can.

    It is made, so that a damaged file, or a function of another package that fails, is found here and not
    later.
    """
    _discover()
    packages = CLASSIFIERS[id].packages
    try:
        for package in packages:
            package_path(package)
        load(id, "cpu")  # whether a device is there is another question
    except FacelibError as error:
        return str(error)
    return None


def _call(point: importlib.metadata.EntryPoint) -> Classifier:
    made: Classifier = point.load()()
    return made


for _recipe in RECIPES:
    CLASSIFIERS.register(_recipe.id, Entry(_recipe.make, (_recipe.package,), "pretrained"))
for _bias in BIASES:
    CLASSIFIERS.register(_bias.id, Entry(_bias.make, kind="known bias"))


@functools.cache
def _discover() -> None:
    """Register what other packages offer; one that clashes is left out and logged."""
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            CLASSIFIERS.register(point.name, Entry(functools.partial(_call, point)))
        except BadValueError as error:
            logging.getLogger(__name__).warning("%s from %s is left out: %s", point.name, point.value, error)
