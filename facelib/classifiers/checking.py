"""Check a classifier's declaration: its preparation, the order of its labels, and its outputs.

Rendered heads whose expression is known are read as declared, and again with one thing changed at a time:
scaling, order of colours, margin, order of labels; where that doesn't help, two at once. The classifier
itself isn't changed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import torch

from facelib.classifiers.alignment import points_of
from facelib.classifiers.certainties import CONSTANT, certainties, is_constant
from facelib.classifiers.emotions import EMOTIONS
from facelib.classifiers.preparation import Boxes, Colour, Images, Preparation
from facelib.stats.classification import exact_mcnemar

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers.classifier import Classifier

Right = npt.NDArray[np.bool_]
Row = tuple[str, str, Right, Right]  # what, how, heads named as intended, heads that get likelier

PEOPLE: Final = 8  # rendered heads of each emotion
SIZE: Final = 160  # of their pictures, px
LEVEL: Final = 0.01  # of a finding, corrected for the number of alternatives
KNOWING: Final = 0.05  # level at which heads named as intended are more than by chance
GAIN: Final = 0.10  # of a finding: share of heads that are named besides
PAIRED: Final = 0.75  # share named as intended below which two things are changed at once, too (our choice)
POOR: Final = 0.5  # share below which it is said that none of them helps (our choice)
TWO: Final = "two of them"
LIKELIER: Final = 0.70  # of heads, where another order of colours is right (our choice)
APART: Final = 0.05  # level at which one way counts as better than another that is better than declared, too

ONLY_POOR: Final = (
    "That is poor, and no single change of scaling, colour, margin or labels makes it good, nor do the "
    "pairs of them that were tried. Either more of the declaration is wrong (see how the pictures were "
    "prepared in training), or it doesn't read rendered faces well."
)

COLUMNS: Final = {
    "what": "what differs from the declaration: nothing, scaling, colour, margin, labels or two of them",
    "how": "how it is in this row",
    "right": "share of the rendered heads that are named as intended",
    "n": "number of heads",
    "gained": "heads that are named as intended in this way only",
    "lost": "heads that are named as intended as declared only",
    "p": "sign test of gained against lost, two-sided, Bonferroni-corrected over the rows",
    "likelier": "share of the heads whose intended emotion is more probable in this way than as declared",
    "better": f"whether it names {GAIN:.0%} of the heads more, and p is below the level; of the order of "
    f"colours also whether at least {LIKELIER:.0%} of the heads are likelier, and so a sign test below it",
}
"""Columns of `Check.table`, with their meaning."""

_SCALINGS: Final[Mapping[str, tuple[Any, Any]]] = MappingProxyType(
    {
        "values 0 … 255 (mean 0, std 1)": (0.0, 1.0),
        "values 0 … 1 (mean 0, std 255)": (0.0, 255.0),
        "values −1 … 1 (mean 127.5, std 127.5)": (127.5, 127.5),
    }
)
_MARGINS: Final = (0.0, 0.1, 0.2, 0.4)
_NONE: Final = ""
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "FER2013": ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
        "RAF-DB": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
        "AffectNet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"),
        "the alphabet": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
        "AffectNet with contempt": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", _NONE),
        "FER+": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", _NONE),
        "the alphabet with contempt": (
            "angry", _NONE, "disgust", "fear", "happy", "neutral", "sad", "surprise",
        ),
    }
)  # fmt: skip
"""Orders of labels of usual data sets; contempt is no common emotion."""


@dataclass(frozen=True, eq=False)
class Check:
    """The result of comparing a classifier's declaration with others.

    Attributes
    ----------
    classifier
        Its id.
    findings
        What speaks against the declaration, in sentences, the weightiest first; empty if nothing does.
    table
        One row per way of preparing or labelling, the declared one first, with the columns of `COLUMNS`;
        no rows where the classifier knows fewer than two of the common emotions.
    n
        Number of rendered heads.
    chance
        Share that is named as intended by guessing.
    """

    classifier: str
    findings: tuple[str, ...]
    table: pd.DataFrame = field(repr=False)
    n: int
    chance: float

    def __str__(self) -> str:
        """Return it in words."""
        if not len(self.table):
            right = "Its labels are no common emotions, so there are no heads to compare it on."
        else:
            share = f"{self.table['right'].iloc[0]:.2f}".removeprefix("0")
            right = (
                f"As declared, {self.classifier} names {share} of {self.n} rendered heads as intended "
                f"(chance: {self.chance:.2f}).".replace(" 0.", " .")
            )
        poor = len(self.table) and self.table["right"].iloc[0] < POOR
        sound = "Nothing speaks against what was declared." if len(self.table) else "So it wasn't checked."
        verdict = " ".join(self.findings) or (ONLY_POOR if poor else sound)
        return f"{right} {verdict}"

    def _repr_markdown_(self) -> str:
        lines = [f"{self}"]
        if len(self.table):
            lines += ["", "| what | how | right | gained | lost |", "| :-- | :-- | --: | --: | --: |"]
            lines += [
                f"| {row['what']} | {row['how']} | {row['right']:.2f} | {row['gained']} | {row['lost']} |"
                for row in self.table.to_dict("records")
            ]
        return "\n".join(lines)


def check(classifier: Classifier, level: float = LEVEL, *, unasked: bool = False) -> Check:
    """Compare the declared preparation and order of labels with others, on rendered heads.

    Eight people show each of the common emotions that the classifier knows. What comes out is about these
    heads: a network may be right and still not read rendered faces well.

    Parameters
    ----------
    classifier
        The classifier; it isn't changed.
    level
        Of a finding.
    unasked
        Leave out that it is no better than chance: for networks that are known to be untrained.

    Returns
    -------
    Check

    Raises
    ------
    UnavailableError
        The model package of the heads isn't on this machine.

    Examples
    --------
    >>> import facelib
    >>> facelib.classifiers.load("known_unbiased").check().findings
    ()
    """
    import pandas as pd

    expressions = [emotion for emotion in EMOTIONS if emotion in classifier.emotions.values()]
    certain = certainties(classifier)
    if len(expressions) < 2:
        return Check(classifier.id, certain, pd.DataFrame(columns=list(COLUMNS)), 0, float("nan"))
    heads = _heads()
    heads = heads.only(np.isin(heads.shown, expressions))
    shown = heads.shown
    logits = _logits(classifier, classifier.preparation, heads)
    declared = _named(classifier.labels, classifier.emotions, logits) == shown
    rows = [("nothing", "as declared", declared, np.zeros_like(declared))]
    rows += _prepared(classifier, heads, _log_probability(classifier, logits, shown))
    rows += _labelled(classifier, logits, shown)
    table = _compared(rows, level)
    if _best(table) < PAIRED:
        rows += _paired(classifier, heads)
        table = _compared(rows, level)
    called = mixed_up(_named(classifier.labels, classifier.emotions, logits), shown)
    sentences = certain + tuple(_sentences(table, rows, called))
    if is_constant(logits):
        sentences += () if CONSTANT in certain else (CONSTANT,)
    elif not (sentences or unasked):
        sentences += _chance_finding(declared, 1 / len(expressions))
    return Check(classifier.id, sentences, table, len(shown), 1 / len(classifier.labels))


def check_labels(classifier: Classifier, level: float = LEVEL, *, unasked: bool = False) -> Check:
    """Compare the declared order of labels with others, on rendered heads; the preparation stays as it is.

    For what is slow, or a function: each head is read once. Arguments and result are those of `check`.

    Examples
    --------
    >>> import facelib
    >>> check_labels(facelib.classifiers.load("known_unbiased")).table["what"].unique().tolist()
    ['nothing', 'labels']
    """
    import pandas as pd

    expressions = [emotion for emotion in EMOTIONS if emotion in classifier.emotions.values()]
    if len(expressions) < 2:
        return Check(classifier.id, (), pd.DataFrame(columns=list(COLUMNS)), 0, float("nan"))
    heads = _heads()
    heads = heads.only(np.isin(heads.shown, expressions))
    shown = heads.shown
    logits = classifier.for_pictures(of_heads=True).logits(heads.images, heads.boxes, heads.points)
    named = _named(classifier.labels, classifier.emotions, np.nan_to_num(logits, nan=-np.inf))
    declared = named == shown
    rows = [("nothing", "as declared", declared, np.zeros_like(declared))]
    rows += _labelled(classifier, logits, shown)
    table = _compared(rows, level)
    sentences = tuple(_sentences(table, rows, mixed_up(named, shown)))
    if is_constant(logits):
        sentences += (CONSTANT,)
    elif not (sentences or unasked):
        sentences += _chance_finding(declared, 1 / len(expressions))
    return Check(classifier.id, sentences, table, len(shown), 1 / len(classifier.labels))


def mixed_up(named: npt.NDArray[np.str_], shown: npt.NDArray[np.str_]) -> str:
    """Say which emotion is most often called another one; "" if none is for half of its heads or more.

    Examples
    --------
    >>> mixed_up(np.array(["sad", "sad", "sad", "happy"]), np.array(["happy"] * 3 + ["sad"]))
    'It calls 100 % of the happy heads sad: are the labels in order?'
    """
    found = ""
    most = POOR
    for emotion in dict.fromkeys(shown.tolist()):
        calls = named[shown == emotion]
        for other in dict.fromkeys(calls[(calls != emotion) & (calls != _NONE)].tolist()):
            share = float((calls == other).mean())
            if share > most or (share == most and not found):
                most = share
                found = f"It calls {share:.0%} of the {emotion} heads {other}: are the labels in order?"
    return found.replace("%", " %", 1)


def known_heads() -> tuple[Images, Boxes, npt.NDArray[np.str_]]:
    """Return the sanity set: pictures of rendered heads, their boxes, and what each shows."""
    heads = _heads()
    return heads.images, heads.boxes, heads.shown


def _best(table: pd.DataFrame) -> float:
    """Return the share that is named as intended as declared, or in a way that is better."""
    return float(table["right"].where(table["better"] | (table["what"] == "nothing")).max())


def _chance_finding(right: Right, chance: float) -> tuple[str, ...]:
    """Say that no more heads are named as intended than by guessing among the emotions shown."""
    from scipy.stats import binomtest

    p = float(binomtest(int(right.sum()), len(right), chance, alternative="greater").pvalue)
    if p < KNOWING:
        return ()
    return (
        f"It is no better than chance on these heads (p = {p:.2f}): it isn't trained, or it doesn't read "
        "rendered faces.".replace(" 0.", " ."),
    )


@dataclass(frozen=True, eq=False)
class _Heads:
    """Pictures of rendered heads, their boxes and points, and what each shows."""

    images: Images
    boxes: Boxes
    points: npt.NDArray[np.float64]
    shown: npt.NDArray[np.str_]

    def only(self, which: Right | slice) -> _Heads:
        return _Heads(self.images[which], self.boxes[which], self.points[which], self.shown[which])


@functools.cache
def _heads() -> _Heads:
    """Return rendered heads; made once in a process."""
    from facelib.faces import Head
    from facelib.head.rendering.render import render_heads

    shown = [emotion for _ in range(PEOPLE) for emotion in EMOTIONS]
    heads = [
        Head(
            seed=100 + person,
            age=22.0 + 8 * person,
            gender=float(person % 2),
            skin_tone=(3 * person % PEOPLE) / (PEOPLE - 1),
            expression=emotion,
        )
        for person in range(PEOPLE)
        for emotion in EMOTIONS
    ]
    faces = render_heads(heads, SIZE)
    boxes = np.stack([face.box for face in faces])
    return _Heads(np.stack([face.image for face in faces]), boxes, points_of(faces), np.array(shown))


def _logits(classifier: Classifier, preparation: Preparation, heads: _Heads) -> npt.NDArray[np.float32]:
    parts = [heads.only(slice(start, start + 8)) for start in range(0, len(heads.images), 8)]
    with torch.no_grad():
        read = [
            classifier.logits_from(classifier.engine(preparation(part.images, part.boxes, part.points)))
            for part in parts
        ]
    return np.asarray(np.nan_to_num(torch.cat(read).cpu().numpy(), nan=-np.inf))


def _named(
    labels: Sequence[str], emotions: Mapping[str, str | None], logits: npt.NDArray[np.float32]
) -> npt.NDArray[np.str_]:
    """Return the emotion that has the largest logit, "" for an output without one."""
    return np.asarray(np.array([emotions[label] or _NONE for label in labels])[logits.argmax(1)])


def _log_probability(
    classifier: Classifier, logits: npt.NDArray[np.float32], shown: npt.NDArray[np.str_]
) -> npt.NDArray[np.float64]:
    """Return the log-probability of what each head shows."""
    columns = [classifier.index_of(emotion) or 0 for emotion in shown]  # all are known
    numbers = logits.astype(np.float64)
    with np.errstate(invalid="ignore"):  # a network without one finite output
        found = numbers[np.arange(len(shown)), columns] - np.logaddexp.reduce(numbers, axis=1)
    return np.asarray(np.nan_to_num(found, nan=-np.inf))


def _prepared(classifier: Classifier, heads: _Heads, declared: npt.NDArray[np.float64]) -> Iterator[Row]:
    """Yield a row for every change of the preparation; `declared` are log-probabilities as declared."""
    for what, how, preparation in _alternatives(classifier.preparation):
        logits = _logits(classifier, preparation, heads)
        right = _named(classifier.labels, classifier.emotions, logits) == heads.shown
        yield what, how, right, _log_probability(classifier, logits, heads.shown) > declared


def _alternatives(declared: Preparation) -> Iterator[tuple[str, str, Preparation]]:
    usual = Preparation.imagenet()
    scalings = dict(_SCALINGS)
    if declared.channels == 3:
        scalings["mean and std of ImageNet (Preparation.imagenet)"] = (usual.mean, usual.std)
    for how, (mean, std) in scalings.items():
        other = replace(declared, mean=mean, std=std)
        if not _alike(other, declared):
            yield "scaling", how, other
    if declared.channels == 3:
        colour: Colour = "bgr" if declared.colour == "rgb" else "rgb"
        yield "colour", f"colour={colour!r}", replace(declared, colour=colour)
    for margin in _MARGINS if declared.template is None else ():
        if abs(margin - declared.margin) > 0.05:
            yield "margin", f"margin={margin:g}", replace(declared, margin=margin)


def _alike(one: Preparation, other: Preparation) -> bool:
    """Return whether two preparations scale alike."""
    pairs = ((one.mean, other.mean), (one.std, other.std))
    return all(np.allclose(a, b, rtol=0.02, atol=0.5 if np.max(b) > 2 else 0.02) for a, b in pairs)


def _labelled(
    classifier: Classifier, logits: npt.NDArray[np.float32], shown: npt.NDArray[np.str_]
) -> Iterator[Row]:
    """Yield the same for other orders of the labels: those of data sets, and the one that fits best."""
    order = tuple(classifier.emotions[label] or _NONE for label in classifier.labels)
    winners = logits.argmax(1)
    orders = {
        name: other for name, other in _ORDERS.items() if sorted(other) == sorted(order) and other != order
    }
    for name, other in orders.items():
        right = np.array(other)[winners] == shown
        yield "labels", f"in the order of {name}: {_listed(other)}", right, np.zeros_like(right)
    best, right = _fitted(order, winners, shown)
    declared = np.array(order)[winners] == shown
    if best != order and best not in orders.values() and right.sum() > declared.sum():
        yield "labels", f"in the order that fits best: {_listed(best)}", right, np.zeros_like(right)


def _paired(classifier: Classifier, heads: _Heads) -> Iterator[Row]:
    """Yield the same for two changes at once: scaling and colour, and the labels with any other."""
    shown = heads.shown
    order = tuple(classifier.emotions[label] or _NONE for label in classifier.labels)
    singles = list(_alternatives(classifier.preparation))
    colours = [(how, made.colour) for what, how, made in singles if what == "colour"]
    scalings = [(how, made) for what, how, made in singles if what == "scaling"]
    for (how, made), (other, colour) in itertools.product(scalings, colours):
        logits = _logits(classifier, replace(made, colour=colour), heads)
        right = _named(classifier.labels, classifier.emotions, logits) == shown
        yield TWO, f"{how} and {other}", right, np.zeros_like(right)
    for _, how, made in singles:
        best, right = _fitted(order, _logits(classifier, made, heads).argmax(1), shown)
        if best != order:
            yield TWO, f"{how} and labels in the order {_listed(best)}", right, np.zeros_like(right)


def _fitted(
    order: tuple[str, ...], winners: npt.NDArray[np.intp], shown: npt.NDArray[np.str_]
) -> tuple[tuple[str, ...], Right]:
    """Return the order that fits best; it is found on one half of the people and tried on the other."""
    halves = np.arange(len(shown)) // len(set(shown)) % 2
    right = np.zeros(len(shown), bool)
    for half in (0, 1):
        fitted = np.array(_fitting(order, winners[halves != half], shown[halves != half]))
        right[halves == half] = (fitted[winners] == shown)[halves == half]
    return _fitting(order, winners, shown), right


def _fitting(
    order: tuple[str, ...], winners: npt.NDArray[np.intp], shown: npt.NDArray[np.str_]
) -> tuple[str, ...]:
    """Return the order of the emotions by which most heads are named as intended."""
    from scipy.optimize import linear_sum_assignment

    emotions = [emotion for emotion in order if emotion]
    counts = np.zeros((len(emotions), len(order)))
    for emotion, winner in zip(shown, winners, strict=True):
        counts[emotions.index(emotion), winner] += 1
    counts[np.arange(len(emotions)), [order.index(one) for one in emotions]] += (
        0.5  # of equal ones: as declared
    )
    found = [_NONE] * len(order)
    for emotion, column in zip(*linear_sum_assignment(counts, maximize=True), strict=True):
        found[column] = emotions[emotion]
    return tuple(found)


def _listed(order: Sequence[str]) -> str:
    return ", ".join(emotion or "(none)" for emotion in order)


def _compared(rows: Sequence[Row], level: float) -> pd.DataFrame:
    """Return the table: every row against the first."""
    import pandas as pd

    declared, n, tests = rows[0][2], len(rows[0][2]), max(len(rows) - 1, 1)
    lines = []
    for what, how, right, likelier in rows:
        gained, lost = int((right & ~declared).sum()), int((declared & ~right).sum())
        corrected = min(1.0, exact_mcnemar(gained, lost) * tests)
        better = corrected < level and right.mean() - declared.mean() >= GAIN
        if what == "colour":  # another order changes no contrast, so what gets likelier is understood better
            more = int(likelier.sum())
            better |= (
                more >= LIKELIER * n and gained >= lost and exact_mcnemar(more, n - more) * tests < level
            )
        lines.append(
            (what, how, float(right.mean()), n, gained, lost, corrected, float(likelier.mean()), bool(better))
        )
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.assign(likelier=table["likelier"].where(~table["what"].isin(["nothing", "labels", TWO])))


def _sentences(table: pd.DataFrame, rows: Sequence[Row], called: str) -> Iterator[str]:
    """Yield what is better than declared, one sentence per thing, the largest gain first.

    `called` says what the heads are called instead, where the labels may be in another order.
    """
    better = table[table["better"]].sort_values("right", ascending=False, kind="stable")
    share, n = table["right"].iloc[0], table["n"].iloc[0]
    for what, ways in better.groupby("what", sort=False):
        best = rows[ways.index[0]][2]
        row, *others = ways.to_dict("records")
        as_good = [
            _way(other)
            for place, other in zip(ways.index[1:], others, strict=True)
            if exact_mcnemar(*_only(best, rows[place][2])) >= APART
        ]
        text = (
            f"As declared, {share:.2f} of {n} rendered heads are named as intended; with {_way(row)} it is "
            f"{row['right']:.2f}"
        )
        if what == "colour":
            text += f", and what is intended gets more probable for {row['likelier']:.2f} of them"
        if as_good:
            do = "does" if len(as_good) == 1 else "do"
            text += (
                f"; {' and '.join(as_good)} {do} as well: these heads don't show which it is, see how "
                "the pictures were prepared in training"
            )
        words = f"{text}.".replace(" 0.", " .")
        yield f"{words} {called}" if called and what == "labels" else words


def _way(row: Mapping[Any, Any]) -> str:
    return f"labels {row['how']}" if row["what"] == "labels" else str(row["how"])


def _only(one: Right, other: Right) -> tuple[int, int]:
    """Return how often one of two is right alone, and the other."""
    return int((one & ~other).sum()), int((other & ~one).sum())
