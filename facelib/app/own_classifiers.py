"""Classifiers of one's own in the page: what `facelib app --classifier` names, in every session."""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from facelib import classifiers
from facelib.classifiers import Classifier, Preparation
from facelib.classifiers.preparation import Colour
from facelib.errors import BadValueError, FacelibError, FacelibWarning

VARIABLE: Final = "FACELIB_CLASSIFIERS"
"""Environment variable that the server sets for its sessions: what they register, as JSON."""
SENDS: Final = "It sends pictures to another machine, so the page doesn’t offer it."
VALUES: Final = "it gives values, and this page is about probabilities; sweeps and studies in Python take it."
FUNCTION: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
REMEDY: Final = (
    "Labels and preparation are given by --labels and --preparation; a function (module:function) that "
    "returns a classifier can say all else."
)
PREPARATION: Final = (
    "A preparation is side, colour, mean and std of values 0 to 255, and a margin where there was one, as "
    "48,gray,0,255 or 224,rgb,imagenet,0.1"
)


@dataclass(frozen=True)
class Named:
    """A classifier as it was named.

    Attributes
    ----------
    source
        Whole path of a file or folder; or module:function, where the function has no arguments and returns
        a classifier, or, if there are labels, takes pictures and returns probabilities.
    labels
        Names of its outputs, in order, with commas; "": as the file says.
    preparation
        As `prepared` reads it; "": as the file says.
    folder
        Where modules are looked for besides.
    """

    source: str
    labels: str = ""
    preparation: str = ""
    folder: str = ""

    def load(self) -> Classifier:
        """Return the classifier.

        Raises
        ------
        BadValueError
            It can't be used in the page; the message says why.
        """
        how: dict[str, Any] = {}
        if self.labels:
            how["labels"] = [label.strip() for label in self.labels.split(",")]
        try:
            if self.preparation:
                how["preparation"] = prepared(self.preparation)
            function = None if Path(self.source).is_absolute() else self._function()
            if function is None or how:
                made = classifiers.own(function or self.source, **how)
            else:
                made = _called(function)
            if reason := why_not(made):
                raise BadValueError(reason)
        except FacelibError as error:
            msg = f"--classifier {self.source} can’t be used: {error} {REMEDY}"
            raise BadValueError(msg) from error
        return made

    def _function(self) -> Callable[..., Any]:
        """Import the function; what a module of the user's raises is a message, too."""
        module, _, name = self.source.partition(":")
        if self.folder not in sys.path:
            sys.path.append(self.folder)
        try:
            found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        except Exception as error:
            msg = f"importing it from {self.folder} ended with {type(error).__name__}: {error}"
            raise BadValueError(msg) from error
        return found


def _called(function: Callable[..., Any]) -> Classifier:
    try:
        made = function()
    except FacelibError:
        raise
    except Exception as error:
        msg = (
            f"it is called without arguments, and ended with {type(error).__name__}: {error}. One that takes "
            "pictures needs --labels."
        )
        raise BadValueError(msg) from error
    if not isinstance(made, Classifier):
        msg = f"it has to return a classifier of facelib; got {type(made).__name__}."
        raise BadValueError(msg)
    return made


def why_not(model: Classifier) -> str:
    """Return why the page doesn't offer a classifier; "" if it does."""
    if model.sends_pictures:
        return SENDS
    return VALUES if model.scales else ""


def prepared(text: str) -> Preparation:
    """Return a preparation: side, colour, mean and std, or imagenet for these two; and margin.

    Raises
    ------
    BadValueError
        It isn't that.

    Examples
    --------
    >>> prepared("48,gray,0,255") == Preparation(48, "gray", 0.0, 255.0)
    True
    >>> prepared("224,rgb,imagenet,0.1") == Preparation.imagenet(margin=0.1)
    True
    """
    usual = Preparation.imagenet()
    try:
        side, colour, first, *more = (part.strip() for part in text.split(","))
        scaling = (usual.mean, usual.std) if first == "imagenet" else (float(first), float(more.pop(0)))
        (margin,) = map(float, more or ["0"])
        size = int(side)
    except (ValueError, IndexError) as error:
        msg = f"{PREPARATION}; got {text!r:.60}."
        raise BadValueError(msg) from error
    return Preparation(size, cast("Colour", colour), *scaling, margin)


def named(sources: Sequence[str], labels: Sequence[str], preparations: Sequence[str]) -> tuple[Named, ...]:
    """Return classifiers as the command line names them.

    Parameters
    ----------
    sources
        Files, folders, or module:function.
    labels, preparations
        One for each of the sources, in their order ("": as the file says), one for all of them, or none.

    Raises
    ------
    BadValueError
        No classifier is named, there is no such file, or the numbers don't go together.
    """
    if not sources:
        msg = "--labels and --preparation are of a classifier: name it by --classifier, too."
        raise BadValueError(msg)
    folder = str(Path.cwd())
    every = (
        [_whole(source) for source in sources],
        _for_each("--labels", labels, len(sources)),
        _for_each("--preparation", preparations, len(sources)),
    )
    return tuple(Named(*one, folder) for one in zip(*every, strict=True))


def _whole(source: str) -> str:
    path = Path(source).expanduser()
    if path.exists():
        return str(path.resolve())
    if not FUNCTION.fullmatch(source):
        msg = f"--classifier takes a file, a folder or module:function; there is no {source}."
        raise BadValueError(msg)
    return source


def _for_each(option: str, values: Sequence[str], count: int) -> list[str]:
    if len(values) not in {0, 1, count}:
        msg = f"{option} is given once for all classifiers or once for each of {count}; got {len(values)}."
        raise BadValueError(msg)
    return list(values) if len(values) == count else [*values, ""][:1] * count


def tried(own: Sequence[Named]) -> list[str]:
    """Load each classifier once, and hand all of them to the sessions; return what is to be said of them.

    Raises
    ------
    BadValueError
        One can't be used.
    """
    found: set[str] = set()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FacelibWarning)
        for one in own:
            made = one.load()
            if made.id in {*found, *classifiers.names(kind=("pretrained", "known bias", "own"))}:
                msg = f"--classifier {one.source} is called {made.id}, and so is another; rename one of them."
                raise BadValueError(msg)
            found.add(made.id)
    os.environ[VARIABLE] = json.dumps([asdict(one) for one in own])
    return [str(one.message) for one in said if isinstance(one.message, FacelibWarning)]


@functools.cache
def registered(text: str) -> Mapping[str, str]:
    """Register what `VARIABLE` holds, once; return why some classifiers can't be used, by their source."""
    missing = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FacelibWarning)  # the server has said it
        for given in json.loads(text or "[]"):
            try:
                made = Named(**given).load()
                classifiers.register(made.id, made)
            except FacelibError as error:  # its file has changed meanwhile
                missing[given["source"]] = str(error)
    return MappingProxyType(missing)
