"""Self-test of a classifier that was brought: twenty rendered pictures, and what its makers' program says.

No expected answers are shipped: they come from the user's own run of that program on the same pictures. Until
then a classifier counts as unverified.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.classifiers.alignment import five_points, points_of
from facelib.classifiers.emotions import EMOTIONS, shortened
from facelib.errors import BadValueError, check_kind

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers.classifier import Classifier
    from facelib.face import Face

Given = Literal["logits", "probabilities"]
State = Literal["unverified", "agrees", "differs"]

PICTURES: Final = 20
SIZE: Final = 224  # px
APART: Final = 0.10  # mean difference of probabilities from which answers differ (our choice)
ALIKE: Final = 0.90  # least share of pictures in which the same output wins (our choice)
TURNS: Final = (0.0, 15.0, -15.0, 25.0, -25.0)  # degrees in the plane of the picture: alignment shows in them

COLUMNS: Final = {
    "picture": "name of the picture's file",
    "output": "the network's own label",
    "expected": "probability that the reference run gives; NaN where it gives none",
    "found": "probability that the classifier gives here",
}
"""Columns of `SelfTest.table`, with their meaning."""


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What a classifier says of the twenty pictures, beside what was expected.

    Attributes
    ----------
    classifier
        Its id.
    state
        "unverified" without a reference run; "agrees" or "differs" (`APART`, `ALIKE`).
    difference
        Mean absolute difference of probabilities, 0 … 1; NaN if unverified.
    same
        Share of the compared pictures in which the same output wins; NaN if unverified.
    n
        Pictures that were compared.
    table
        One row per picture and output, with the columns of `COLUMNS`.
    """

    classifier: str
    state: State
    difference: float
    same: float
    n: int
    table: pd.DataFrame = field(repr=False)

    def __str__(self) -> str:
        """Return it in words."""
        if self.state == "unverified":
            return (
                f"{self.classifier} is unverified: there is no reference run. Its makers' own program on the "
                f"{PICTURES} pictures gives one."
            )
        return (
            f"{self.classifier} {self.state}: on {self.n} pictures its probabilities differ from the "
            f"reference run by {self.difference:.3f} on average, and the same output wins in {self.same:.0%}."
        )


@functools.cache
def reference_faces() -> tuple[Face, ...]:
    """Return the twenty faces: people of all ages and skin tones, every expression, heads upright and tilted.

    They are rendered once in a process.
    """
    from facelib.faces import Head
    from facelib.head.rendering.render import render_heads

    heads = [
        Head(
            seed=700 + place,
            age=20.0 + 2.5 * place,
            gender=float(place % 2),
            skin_tone=(7 * place % PICTURES) / (PICTURES - 1),
            expression=EMOTIONS[place % len(EMOTIONS)],
            pose=(0.0, 0.0, TURNS[place % len(TURNS)]),
        )
        for place in range(PICTURES)
    ]
    return tuple(render_heads(heads, SIZE))


def names() -> tuple[str, ...]:
    """Return the file names of the pictures, in their order.

    >>> names()[:2]
    ('head_00.png', 'head_01.png')
    """
    return tuple(f"head_{number:02d}.png" for number in range(PICTURES))


def write_pictures(folder: str | Path) -> pd.DataFrame:
    """Write the pictures for a reference run, and return where the face is in each.

    Parameters
    ----------
    folder
        It is made if it isn't there; files of the same names are replaced.

    Returns
    -------
    pandas.DataFrame
        One row per picture: ``picture``, the face box ``x1, y1, x2, y2``, and the five points ``x``, ``y`` of
        ``right_eye, left_eye, nose, right_mouth, left_mouth`` (the person's own), px. It is written beside
        the pictures as ``faces.csv``.
    """
    import pandas as pd
    from PIL import Image

    place = Path(folder).expanduser()
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    parts = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
    for name, face in zip(names(), reference_faces(), strict=True):
        Image.fromarray(face.image).save(place / name)
        row: dict[str, object] = {"picture": name}
        row |= dict(zip(("x1", "y1", "x2", "y2"), face.box.tolist(), strict=True))
        for part, (x, y) in zip(parts, five_points(face).tolist(), strict=True):
            row |= {f"{part}_x": x, f"{part}_y": y}
        rows.append(row)
    table = pd.DataFrame(rows)
    table.to_csv(place / "faces.csv", index=False)
    return table


def self_test(
    classifier: Classifier,
    expected: pd.DataFrame | npt.ArrayLike | None = None,
    *,
    outputs: Given = "logits",
) -> SelfTest:
    """Compare a classifier with a reference run of its makers' program on the same twenty pictures.

    `facelib.classifiers.self_tests.write_pictures` writes the pictures. That program finds faces by itself,
    so small differences are to be expected; a wrong alignment, order of labels or scaling shows.

    Parameters
    ----------
    classifier
        The classifier; it isn't changed.
    expected
        (20, K), what the program says of each picture, columns in the order of the classifier's labels; or a
        table with its labels as columns. NaN in the row of a picture in which it found no face. None: there
        was no such run.
    outputs
        What `expected` are: "logits" or "probabilities".

    Returns
    -------
    SelfTest

    Raises
    ------
    BadValueError
        If `expected` are no such numbers.
    UnavailableError
        The package of the heads isn't on this machine.

    Examples
    --------
    >>> import facelib
    >>> found = self_test(facelib.classifiers.load("known_unbiased"))
    >>> found.state, found.n
    ('unverified', 0)
    """
    import pandas as pd

    from facelib.classifiers.classifier import Classifier

    check_kind(classifier, Classifier, "A classifier, as facelib.classifiers.preset returns it,")
    if outputs not in get_args(Given):
        msg = f"`outputs` is one of {', '.join(map(repr, get_args(Given)))}; got {outputs!r:.60}."
        raise BadValueError(msg)
    found = _read(classifier, reference_faces())
    wanted = np.full(found.shape, np.nan) if expected is None else _expected(expected, classifier.labels)
    there = np.isfinite(wanted).all(axis=1)
    if outputs == "logits" and there.any():
        wanted[there] = classifier.probabilities_from(wanted[there].astype(np.float32))
    if outputs == "probabilities" and ((wanted[there] < 0) | (wanted[there] > 1 + 1e-6)).any():
        msg = "Expected probabilities lie between 0 and 1; some don't. Are they logits, or per cent?"
        raise BadValueError(msg)
    table = pd.DataFrame(
        {
            "picture": np.repeat(np.array(names(), object), len(classifier.labels)),
            "output": np.tile(np.array(classifier.labels, object), PICTURES),
            "expected": wanted.ravel(),
            "found": found.ravel(),
        },
        columns=list(COLUMNS),
    )
    if not there.any():
        return SelfTest(classifier.id, "unverified", np.nan, np.nan, 0, table)
    difference = float(np.abs(wanted[there] - found[there]).mean())
    same = float((wanted[there].argmax(1) == found[there].argmax(1)).mean())
    state: State = "agrees" if difference < APART and same >= ALIKE else "differs"
    return SelfTest(classifier.id, state, difference, same, int(there.sum()), table)


def _read(classifier: Classifier, faces: Sequence[Face]) -> npt.NDArray[np.float64]:
    """Return the probabilities of faces of one size, (N, K)."""
    images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    return classifier.probabilities(images, boxes, points_of(faces)).astype(np.float64)


def _expected(given: pd.DataFrame | npt.ArrayLike, labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return expected answers (20, K), or raise `BadValueError`."""
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        if missing := [label for label in labels if label not in given.columns]:
            msg = (
                f"A table of expected answers has a column for each label, {shortened(labels)}; "
                f"{shortened(missing)} isn't there. It has {shortened(list(map(str, given.columns)))}."
            )
            raise BadValueError(msg)
        given = given[list(labels)].to_numpy()
    try:
        numbers = np.array(given, np.float64)
    except (TypeError, ValueError):
        msg = f"Expected answers are numbers, ({PICTURES}, {len(labels)}); got {f'{given!r}':.60}."
        raise BadValueError(msg) from None
    if numbers.shape != (PICTURES, len(labels)):
        msg = (
            f"Expected answers have shape ({PICTURES}, {len(labels)}), a row per picture and a column per "
            f"label; got {numbers.shape}."
        )
        raise BadValueError(msg)
    return numbers
