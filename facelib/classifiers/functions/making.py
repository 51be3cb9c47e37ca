"""Make a classifier of a function: its terms are checked, and one on this machine is tried out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np
from torch import nn

from facelib.classifiers.card import Card
from facelib.classifiers.certainties import RANDOM
from facelib.classifiers.checking import check_labels, known_heads
from facelib.classifiers.functions.function import (
    NO_MAPS,
    Function,
    FunctionClassifier,
    WholePicture,
    name_of,
)
from facelib.classifiers.functions.terms import Terms
from facelib.classifiers.preparation import Preparation
from facelib.errors import BadValueError, UnknownNameError
from facelib.head.geometry.arrays import cache_path
from facelib.utilities.nearest import nearest
from facelib.utilities.registry import place_of

TRIED: Final = 2  # heads that a function on this machine is tried out on
PATIENT: Final = (
    10.0  # seconds that reading all heads may take for the check that nobody asked for (our choice)
)
SURE: Final = 0.001  # level of that check, as of networks
FOREIGN: Final = ("keras", "tensorflow", "tf_keras")
"""Packages whose models can be called and are files better: their layers are then seen."""
OPTIONS: Final = tuple(field.name for field in fields(Terms))


def is_function(source: object) -> bool:
    """Return whether something is a function to be asked, not a network, a class, or a path.

    >>> is_function(lambda x: x), is_function("net.onnx"), is_function(nn.Identity()), is_function(dict)
    (True, False, False, False)
    """
    if isinstance(source, type | nn.Module | Mapping) or not callable(source):
        return False
    return not any(kind.__module__.partition(".")[0] in FOREIGN for kind in type(source).__mro__)


def of_function(
    function: Function,
    id: str,  # noqa: A002
    *,
    labels: Sequence[str],
    emotions: Mapping[str, str | None],
    preparation: Preparation | None,
    options: Mapping[str, Any],
    about: Mapping[str, str | None],
) -> tuple[FunctionClassifier, tuple[str, ...]]:
    """Return the classifier of a function, and what speaks against its declaration, in sentences.

    Parameters
    ----------
    function
        See `facelib.classifiers.own`.
    id, labels, emotions, preparation
        As `own` checked them; without a preparation the function is given whole pictures and boxes.
    options
        Fields of `Terms`.
    about
        Title, licence, training_data, limits and rights for the card.

    Raises
    ------
    BadValueError, UnknownNameError
        An option isn't possible, or isn't one.
    FunctionError, BadAnswerError
        A function on this machine, which costs nothing, doesn't answer for two rendered heads as it should.
    """
    for name in options:
        if name not in OPTIONS:
            near = nearest(name, OPTIONS)
            hint = f" Did you mean {near[0]}?" if near else ""
            msg = f"A function has no option {name!r}; it has: {', '.join(OPTIONS)}.{hint}"
            raise UnknownNameError(msg)
    terms = Terms(**options)
    if preparation is not None and preparation.align != "none":
        msg = "A function is given upright crops: align faces inside it, or take whole pictures and boxes."
        raise BadValueError(msg, hint="In Python: preparation=None.")
    seen = preparation or WholePicture()
    where = f", sent to {terms.host}, model {terms.version}" if terms.sends_pictures else ""
    made = FunctionClassifier(
        id,
        function,
        terms,
        labels=labels,
        emotions=emotions,
        preparation=seen,
        card=Card(
            title=about["title"] or id,
            source=f"function {place_of(function) or name_of(function)}{where}",
            sha256="",
            licence=about["licence"] or "",
            network="a function: facelib doesn't see what is in it",
            parameters=0,
            input=seen.describe(),
            feature_map=f"none: {NO_MAPS}",
            probabilities=f"as the function answers, {terms.describe()}",
            training_data=about["training_data"] or "",
            limits=about["limits"] or "",
            rights=about["rights"] or "",
        ),
    )
    if terms.sends_pictures or terms.price or not cache_path().is_file():
        return made, ()
    return made, _tried(made)


def _tried(made: FunctionClassifier) -> tuple[str, ...]:
    """Try a function out on two heads, on all of the sanity set where that is quick; return the findings."""
    images, boxes, _ = known_heads()
    begun = time.monotonic()
    first = made.logits(images[:TRIED], boxes[:TRIED])
    each = (time.monotonic() - begun) / TRIED
    again, _ = made._ask(made._given(images[:TRIED], boxes[:TRIED]), range(TRIED))
    findings = () if np.allclose(np.exp(first), again, rtol=1e-3, atol=1e-4) else (RANDOM,)
    if made.terms.per_minute is not None or each * len(images) > PATIENT:
        return findings
    return findings + check_labels(made, level=SURE, unasked=True).findings
