"""Provenance of results: which classifiers they are from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from facelib.classifiers.alignment import Template
from facelib.classifiers.classifier import Classifier
from facelib.classifiers.tables.scores import ScoreTable
from facelib.errors import check_all
from facelib.utilities.distribution import distribution_version

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "classifier": "id",
    "facelib": "version of facelib that read it",
    "title": "name in menus",
    "source": "package, version and file, or the name of a file or class",
    "sha256": "hash of the file with the weights; empty for a network from memory",
    "licence": "of the weights, as stated",
    "labels": "the network's own names of its outputs, in their order",
    "emotions": "own name = common emotion, or none",
    "size": "side of its input, px",
    "colour": "of its input",
    "mean": "its input is (value − mean) / std of values 0 … 255; one number, or red, green, blue",
    "std": "see mean",
    "fit": "how a box or picture that is not square becomes one: square, stretch or crop",
    "margin": "how far the crop reaches beyond the face box on every side, as a share of its longer side",
    "align": "none, eyes or five points: whether faces are turned as in training",
    "template": "x y of each point in shares of the input's side, several templates by |; empty for none",
    "probabilities": "how they come from logits",
    "feature_map": "the layer that maps read",
    "no_maps": "why it has no maps; empty if it has",
    "function": "how a function of one's own is asked, and where it sends pictures; empty for a network",
    "not_reproducible": "why its numbers can't be had again; empty if they can",
    "device": "where it read: cpu, or type, model and precision of the accelerator; empty: no network",
    "network": "architecture",
    "parameters": "number of weights",
    "training_data": "as stated",
    "rights": "of the training data, as stated",
    "limits": "what to keep in mind",
}
"""Columns of what `provenance` returns, with their meaning."""


def provenance(classifiers: Iterable[Classifier]) -> pd.DataFrame:
    """Return where classifiers come from and what they see, one row each, with the columns of `COLUMNS`.

    It goes with results that are stored: an own network's id says nothing to others, its hash,
    its labels and its preparation do.
    """
    import pandas as pd

    listed = check_all(classifiers, Classifier, "A list of classifiers")
    return pd.DataFrame([_row(clf) for clf in listed], columns=list(COLUMNS))


def _row(clf: Classifier) -> dict[str, Any]:
    seen = clf.preparation
    input_ = {
        "size": seen.size,
        "colour": seen.colour,
        "mean": _numbers(seen.mean),
        "std": _numbers(seen.std),
        "margin": seen.margin,
        "fit": seen.fit,
        "align": seen.align,
        "template": _places(seen.template),
        "device": clf.device.key or ("" if clf.how_asked else str(clf.device)),
    }
    if isinstance(clf, ScoreTable):  # another tool saw the pictures
        input_ = dict.fromkeys(input_, "")
    return (
        asdict(clf.card)
        | input_
        | {
            "classifier": clf.id,
            "facelib": distribution_version(),
            "labels": "; ".join(clf.labels),
            "emotions": "; ".join(
                f"{label} = {emotion or 'none'}" for label, emotion in clf.emotions.items()
            ),
            "no_maps": clf.no_maps,
            "function": clf.how_asked,
            "not_reproducible": clf.not_reproducible,
        }
    )


def _places(template: Template | None) -> str:
    """Return the places of a template as they can be typed in again."""
    return " | ".join("; ".join(f"{x:.6g} {y:.6g}" for x, y in one) for one in template or ())


def _numbers(values: float | tuple[float, float, float]) -> str:
    """Return one number, or three, as they can be typed in again."""
    return "; ".join(f"{value:.10g}" for value in np.atleast_1d(np.asarray(values)))
