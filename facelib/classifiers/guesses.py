"""Guess how a network's pictures are prepared: try the usual ways on twelve rendered heads.

Twelve heads decide nothing; they show what is plainly wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers.emotions import EMOTIONS
from facelib.classifiers.preparation import Boxes, Colour, Images, Preparation, Values

if TYPE_CHECKING:
    from facelib.face import Face

HEADS: Final = 12
SAME: Final = 1  # heads by which two ways may differ and count as equal (our choice)
SCALES: Final[Mapping[str, tuple[Values, Values]]] = MappingProxyType(
    {
        "0 … 1": (0.0, 255.0),
        "−1 … 1": (127.5, 127.5),
        "mean and std of ImageNet": (Preparation.imagenet().mean, Preparation.imagenet().std),
        "0 … 255": (0.0, 1.0),
    }
)
"""Usual scalings of the values 0 … 255, as mean and std, in words."""
COLOURS: Final[Mapping[int, tuple[Colour, ...]]] = MappingProxyType(
    {1: ("gray",), 3: ("rgb", "bgr", "gray three times")}
)
"""Usual colours of pictures with so many channels."""
ORDERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "FER2013": ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
        "RAF-DB": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
        "AffectNet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"),
        "the alphabet": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
        "AffectNet with contempt": (
            "neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt",
        ),
        "FER+": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
        "the alphabet with contempt": (
            "angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise",
        ),
    }
)  # fmt: skip
"""Orders of labels of usual data sets."""

_SHOWN: Final = (*EMOTIONS, "happy", "sad", "surprise", "angry", "neutral")  # of the twelve (our choice)
_SIDE: Final = 224  # px of their pictures

Rows = npt.NDArray[np.floating]
Read = Callable[[Preparation], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Guess:
    """A way to prepare the pictures, with how the twelve heads are read in it.

    Attributes
    ----------
    preparation
        The way.
    order
        Name in `ORDERS` of the labels by which they were judged; "" for those that were given.
    right, n
        How many heads are named as intended, and of how many whose expression the labels have.
    winners
        How many different outputs win: 1 where all heads are read alike, as plainly wrong values often are.
    """

    preparation: Preparation
    order: str
    right: int
    n: int
    winners: int


@functools.cache
def twelve() -> tuple[Face, ...]:
    """Return the twelve heads as pictures of 224 px; what each shows is in ``attributes["expression"]``.

    Every emotion once, five of them twice; people of all ages and skin tones. They are rendered once in a
    process.
    """
    from facelib.faces import Head
    from facelib.head.rendering.render import render_heads

    heads = [
        Head(
            seed=300 + place,
            age=20.0 + 4.5 * place,
            gender=float(place % 2),
            skin_tone=(5 * place % HEADS) / (HEADS - 1),
            expression=emotion,
        )
        for place, emotion in enumerate(_SHOWN)
    ]
    return tuple(render_heads(heads, _SIDE))


def shown() -> tuple[str, ...]:
    """Return what the twelve heads show.

    Examples
    --------
    >>> shown()[:3]
    ('neutral', 'happy', 'sad')
    """
    return _SHOWN


def pictures_of(faces: Sequence[Face]) -> tuple[Images, Boxes]:
    """Return pictures of one size, uint8 (N, H, W, 3), and their boxes, float64 (N, 4), px."""
    return np.stack([face.image for face in faces]), np.stack([face.box for face in faces])


def preparations(channels: int, size: int, *, margin: float = 0.0) -> Iterator[Preparation]:
    """Yield the usual ways to prepare pictures of so many channels, the most usual first.

    Examples
    --------
    >>> len(list(preparations(3, 224))), len(list(preparations(1, 48)))
    (11, 3)
    """
    for colour in COLOURS[channels]:
        for mean, std in SCALES.values():
            if isinstance(mean, float) or colour in ("rgb", "bgr"):
                yield Preparation(size, colour, mean, std, margin)


def orders(outputs: int) -> dict[str, tuple[str, ...]]:
    """Return the `ORDERS` that have so many labels."""
    return {name: order for name, order in ORDERS.items() if len(order) == outputs}


def judge(preparation: Preparation, rows: Rows, labels: Sequence[str], order: str = "") -> Guess:
    """Return how the twelve heads are read.

    Parameters
    ----------
    preparation
        By which they were read.
    rows
        Probabilities or logits, (12, K).
    labels
        Emotion of each output, "" for none.
    order
        Name of the order of these labels.

    Examples
    --------
    >>> rows = np.eye(7)[[EMOTIONS.index(one) for one in shown()]]
    >>> judge(Preparation.imagenet(), rows, EMOTIONS).right
    12

    An emotion that two outputs stand for counts in either.

    >>> judge(Preparation.imagenet(), rows[:, [0, 1, 2, 3, 4, 5, 6, 6]], [*EMOTIONS, EMOTIONS[6]]).right
    12
    """
    best = np.asarray(rows).argmax(1)
    right = sum(labels[place] == emotion for place, emotion in zip(best, _SHOWN, strict=True))
    known = sum(emotion in labels for emotion in _SHOWN)
    return Guess(preparation, order, right, known, len(set(best.tolist())))


def ranked(
    rows: Mapping[Preparation, Rows], outputs: int, labels: Sequence[str] | None = None
) -> list[Guess]:
    """Return all ways in which the heads were read, the best first.

    Parameters
    ----------
    rows
        Logits (12, K) by the preparation by which they came.
    outputs
        Their number, K.
    labels
        Emotion of each output; None: they are guessed, too, among the `ORDERS` of so many labels.

    Returns
    -------
    list
        Most heads named as intended first; of equal ones the most usual, as `preparations` has them.
    """
    chosen = {"": tuple(labels)} if labels is not None else orders(outputs) or {"": ("",) * outputs}
    found = [
        judge(preparation, values, order, name)
        for preparation, values in rows.items()
        for name, order in chosen.items()
    ]
    return sorted(found, key=lambda one: (-one.right, -one.winners if not one.n else 0))


def guess(rows: Mapping[Preparation, Rows], outputs: int, labels: Sequence[str] | None = None) -> Guess:
    """Return the most usual way among those that read about as many heads right as the best, for a start.

    A head more or less tells nothing, and a network without normalisation reads pictures of other contrast
    nearly alike: so the usual goes first. The arguments are those of `ranked`.
    """
    found = ranked(rows, outputs, labels)
    near = [one for one in found if one.right >= found[0].right - SAME and one.order == found[0].order]
    usual = list(rows)
    return min(near, key=lambda one: usual.index(one.preparation)) if found[0].n else found[0]
