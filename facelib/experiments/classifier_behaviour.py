"""Behaviour of classifiers on rendered faces: confusion, calibration and agreement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.alignment import points_of
from facelib.errors import BadValueError
from facelib.experiments.population import GROUPS, ORDER, checked, describe_heads, usual_population
from facelib.faces import Head, render_heads
from facelib.stats import mean_distribution
from facelib.stats.classification import Estimate, cohen_kappa, reliability, wilson
from facelib.studies.sweeps.sweep import load_all
from facelib.utilities.distribution import distribution_version
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Flags = npt.NDArray[np.bool_]
Row = tuple[str, str, str, Estimate]

CHUNK: Final = 64  # heads that are held at once as pictures
OTHER: Final = "other"
"""What a classifier names whose winning label has no counterpart among the common emotions."""

BEHAVIOUR_COLUMNS: Final = {
    "classifier": "id of the classifier; of disagreement the first of two; empty for the population",
    "what": "population, weights, confusion, accuracy, P(intended), calibration, calibration error or "
    "disagreement",
    "row": "confusion: intended emotion; calibration: bin of the largest probability; disagreement: the "
    "other classifier; weights: sha256; population: its words; else the grouping, or all",
    "column": "confusion: emotion that was named; calibration: confidence or right; disagreement: share or "
    "kappa; population: version of facelib; else the group",
    "value": "share, mean probability, error or Cohen's kappa",
    "n": "heads that it rests on",
    "low": "lower end of its 95 % interval, NaN where there is none",
    "high": "upper end of its 95 % interval",
}
"""Columns of `behaviour`, `disagreement` and ``facelib.data.table("behaviour")``, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class Answers:
    """Outputs of several classifiers for one rendered population.

    Shares of faces that are named rightly, and how sure a classifier is, rest on heads whose expression it
    has a label for; all others are in the confusion matrix only.

    Attributes
    ----------
    heads
        Who was shown, n of them.
    classifiers
        Who read them.
    probabilities
        By id: float32 (n, K).
    size
        Of the pictures, px.
    """

    heads: tuple[Head, ...]
    classifiers: tuple[Classifier, ...]
    probabilities: Mapping[str, npt.NDArray[np.float32]]
    size: int

    def named(self, classifier: str) -> npt.NDArray[np.str_]:
        """Return the emotion that has the largest probability, (n,): one of `EMOTIONS` or `OTHER`."""
        model = next((model for model in self.classifiers if model.id == classifier), None)
        if model is None:
            msg = f"These heads were read by {', '.join(self.probabilities)}; got {classifier!r}."
            raise BadValueError(msg)
        names = np.array([model.emotions[label] or OTHER for label in model.labels])
        winners: npt.NDArray[np.str_] = names[self.probabilities[classifier].argmax(axis=1)]
        return winners

    def behaviour(self, *, seed: int = 0) -> pd.DataFrame:
        """Return the population, what is said of each classifier, and their disagreement; see `behaviour`."""
        none = Estimate(np.nan, np.nan, np.nan, len(self.heads))
        words = describe_heads(self.heads, self.size)
        rows = [("", ("population", words, distribution_version(), none))]
        rows += [(model.id, row) for model in self.classifiers for row in self._rows(model, seed)]
        return _table([*rows, *self._disagreement(seed)])

    def disagreement(self, *, seed: int = 0) -> pd.DataFrame:
        """Return how far each two classifiers disagree; see `disagreement`."""
        return _table(self._disagreement(seed))

    def _rows(self, model: Classifier, seed: int) -> Iterator[Row]:
        """Give what is said of one classifier: what, row, column, estimate."""
        read = self.probabilities[model.id].astype(np.float64)
        named, intended = self.named(model.id), np.array([str(head.expression) for head in self.heads])
        classes = set(model.emotions.values())
        own = np.array([model.index_of(name) if name in classes else -1 for name in intended])
        known = own >= 0
        if not known.any():
            msg = f"{model.id!r} has no label for what these heads show: {', '.join(sorted(set(intended)))}."
            raise BadValueError(msg)
        right, meant = named == intended, read[np.arange(len(read)), own]
        yield "weights", model.card.sha256, "", Estimate(np.nan, np.nan, np.nan, int(known.sum()))
        for grouping, group, chosen in self._groups(known):
            yield "accuracy", grouping, group, _share(right[chosen])
            yield "P(intended)", grouping, group, _mean(meant[chosen], seed)
        names = [*EMOTIONS, OTHER] if None in model.emotions.values() else EMOTIONS
        for emotion in (one for one in EMOTIONS if one in intended):
            for name in names:
                yield "confusion", emotion, name, _share(named[intended == emotion] == name)
        yield from _calibration(np.minimum(read[known].max(axis=1), 1.0), right[known], seed)

    def _groups(self, known: Flags) -> Iterator[tuple[str, str, Flags]]:
        yield "all", "", known
        for grouping, of in GROUPS.items():
            groups = np.array([of(head) for head in self.heads])
            for group in sorted(set(groups[known]), key=ORDER.index):
                yield grouping, str(group), known & (groups == group)

    def _disagreement(self, seed: int) -> Iterator[tuple[str, Row]]:
        names = [*EMOTIONS, OTHER]
        said = {model.id: self.named(model.id) for model in self.classifiers}
        codes = {name: np.array([names.index(one) for one in own]) for name, own in said.items()}
        for first, second in combinations(codes, 2):
            kappa = cohen_kappa(codes[first], codes[second], len(names), seed=seed)
            yield first, ("disagreement", second, "share", _share(codes[first] != codes[second]))
            yield first, ("disagreement", second, "kappa", kappa)


def read_heads(
    classifiers: str | Sequence[str | Classifier] | None,
    heads: Sequence[Head] | None = None,
    *,
    size: int = 224,
    progress: bool | Report | None = None,
) -> Answers:
    """Render heads once and read them with all classifiers.

    Parameters
    ----------
    classifiers
        Ids, or classifiers; None: all that are available.
    heads
        At least seven, each with one of the common emotions as its expression; None: the `usual_population`.
    size
        Of the pictures, px.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts heads.

    Raises
    ------
    BadValueError
        If there are fewer heads, something else than heads, or one that shows no common emotion.

    Examples
    --------
    >>> answers = read_heads(["fer", "facex"])  # doctest: +SKIP
    >>> answers.named("fer")  # doctest: +SKIP
    """
    models = load_all(classifiers)
    people = checked(usual_population() if heads is None else heads)
    parts: dict[str, list[npt.NDArray[np.float32]]] = {model.id: [] for model in models}
    with reporting(progress, len(people), "reading the heads", unit="head") as report:
        for start in range(0, len(people), CHUNK):
            faces = render_heads(people[start : start + CHUNK], size)
            images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
            for model in models:
                parts[model.id].append(model.probabilities(images, boxes, points_of(faces)))
            report.at(start + len(faces))
    read = {name: np.concatenate(some) for name, some in parts.items()}
    return Answers(tuple(people), tuple(models), MappingProxyType(read), size)


def behaviour(
    classifiers: str | Sequence[str | Classifier] | None,
    heads: Sequence[Head] | None = None,
    *,
    size: int = 224,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return the confusion, calibration and disagreement of classifiers on heads of known expression.

    Rendered expressions are not felt ones, and no photographs: a classifier that names fewer of them as
    intended may see less in faces, or less in these.

    Parameters
    ----------
    classifiers, heads, size, progress
        See `read_heads`.
    seed
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Tidy, with the columns of `BEHAVIOUR_COLUMNS`.

    Examples
    --------
    >>> facelib.charts.model_gallery(behaviour(["fer", mine]))  # doctest: +SKIP
    """
    return read_heads(classifiers, heads, size=size, progress=progress).behaviour(seed=seed)


def disagreement(
    classifiers: str | Sequence[str | Classifier] | None,
    heads: Sequence[Head] | None = None,
    *,
    size: int = 224,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return on how many heads each two classifiers name different emotions, and Cohen's κ.

    Parameters
    ----------
    classifiers, heads, size, seed, progress
        See `behaviour`.

    Returns
    -------
    pandas.DataFrame
        Two rows per pair, share and kappa, with the columns of `BEHAVIOUR_COLUMNS`. Labels without a common
        emotion count as one and the same.
    """
    return read_heads(classifiers, heads, size=size, progress=progress).disagreement(seed=seed)


def _table(rows: Iterable[tuple[str, Row]]) -> pd.DataFrame:
    import pandas as pd

    flat = [
        (classifier, *place, found.value, found.n, found.low, found.high)
        for classifier, (*place, found) in rows
    ]
    return pd.DataFrame(flat, columns=list(BEHAVIOUR_COLUMNS))


def _calibration(sure: npt.NDArray[np.float64], right: Flags, seed: int) -> Iterator[Row]:
    bins = reliability(sure, right, seed=seed)
    yield "calibration error", "all", "", bins.error
    for k in np.flatnonzero(bins.n):
        name, n = f"{bins.edges[k]:.1f} to {bins.edges[k + 1]:.1f}", int(bins.n[k])
        yield "calibration", name, "confidence", Estimate(float(bins.confidence[k]), np.nan, np.nan, n)
        yield "calibration", name, "right", wilson(round(bins.right[k] * n), n)


def _share(right: Flags) -> Estimate:
    return wilson(int(right.sum()), len(right))


def _mean(values: npt.NDArray[np.float64], seed: int) -> Estimate:
    found = mean_distribution(values, n_bootstrap=1999, seed=seed)
    low, high = found.interval()
    return Estimate(float(found.mean[0]), float(low[0]), float(high[0]), len(values))
