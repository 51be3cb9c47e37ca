"""Observed asymmetry: people whose unchanged faces differ in it, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib import properties
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import points_of
from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import EXPRESSIONS, SEED, SIZE
from facelib.faces import Head, render_heads, sample_heads
from facelib.head.head import ExpressionSet
from facelib.studies.engine.subjects import identity_of
from facelib.studies.sweeps.sweep import load_all

if TYPE_CHECKING:
    import pandas as pd

PEOPLE: Final = 1200
CHUNK: Final = 60  # heads that are held at once as pictures

OBSERVED_COLUMNS: Final = MappingProxyType(
    {
        "face": "key of the head",
        "identity": "person: every face is another one",
        "expression": "expression of the head, and the class of the output",
        "classifier": "id of the classifier",
        "logit": "output for this class before softmax",
        "probability": "output for this class",
        "symmetry": "measured facial symmetry, 1 symmetric",
        "activation": "total activation of the face units, measured by a network from the landmarks",
        "total": "total activation as it was set: mean share of the expression that the two sides show, with "
        "a palsy; photographs have none",
    }
)
"""Columns of `observe`, with their meaning."""


def observed_heads(
    people: int = PEOPLE,
    expressions: Sequence[str] = EXPRESSIONS,
    expression_set: ExpressionSet = "facs",
    seed: int = SEED + 1,
) -> list[Head]:
    """Return people whose faces are asymmetric to different degrees, each once and nobody changed.

    Each side shows .2 to all of the expression, independently of the other, so that asymmetry and total
    activation are uncorrelated; resting faces differ in asymmetry from none to clearly visible; one in seven
    has a palsy of one side. Expression, age and gender are spread evenly.

    Examples
    --------
    >>> heads = observed_heads(30, seed=2)
    >>> len({head.expression for head in heads}), len({head.left for head in heads})
    (6, 30)
    """
    return sample_heads(
        people,
        seed=seed,
        expressions=tuple(expressions),
        expression_set=expression_set,
        stratify=("expression", "age", "gender"),
        also={
            "left": (0.2, 1.0),
            "right": (0.2, 1.0),
            "asymmetry": (0.0, 0.6),
            "palsy": 1 / 7,
            "palsy_side": ("left", "right"),
        },
    )


def set_total(head: Head) -> float:
    """Return the mean share of the expression that both sides of a head show, in [0, 1].

    >>> set_total(Head(left=0.5, right=0.9, palsy=0.5, palsy_side="left"))
    0.575
    """
    shares = {"left": head.left, "right": head.right}
    if head.palsy_parts != "resting":
        shares[head.palsy_side] *= 1 - head.palsy
    return head.intensity * sum(shares.values()) / 2


def observe(
    heads: Sequence[Head], classifiers: str | Sequence[str | Classifier] | None = None, size: int = SIZE
) -> pd.DataFrame:
    """Read each head once, and measure its symmetry and total activation.

    Parameters
    ----------
    heads
        With the expression by name.
    classifiers
        None: all that are available here.
    size
        Of the pictures, px.

    Returns
    -------
    pandas.DataFrame
        One row per head and classifier that knows its expression, columns as in `OBSERVED_COLUMNS`.
    """
    import pandas as pd

    if strange := [head.expression for head in heads if head.expression not in EXPRESSIONS]:
        msg = f"Every head shows one of {', '.join(EXPRESSIONS)}, by name; got {strange[0]!r}."
        raise BadValueError(msg)
    models = load_all(classifiers)
    parts = []
    for start in range(0, len(heads), CHUNK):
        part = list(heads[start : start + CHUNK])
        faces = render_heads(part, size)
        images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
        measured = properties.measure(faces, ["symmetry", "activation"]).reset_index(drop=True)
        measured = measured[["symmetry", "activation"]].assign(
            total=[set_total(head) for head in part],
            face=[head.key for head in part],
            identity=[identity_of(head) for head in part],
            expression=[str(head.expression) for head in part],
        )
        for clf in models:
            logits = clf.logits(images, boxes, points_of(faces))
            probabilities = clf.probabilities_from(logits)
            for expression, subset in measured.groupby("expression", sort=False):
                column = clf.index_of(str(expression))
                if column is not None:
                    read = {
                        "logit": logits[subset.index, column],
                        "probability": probabilities[subset.index, column],
                    }
                    parts.append(
                        subset.assign(classifier=clf.id, **read).astype(dict.fromkeys(read, np.float64))
                    )
    return pd.concat(parts, ignore_index=True)[list(OBSERVED_COLUMNS)]
