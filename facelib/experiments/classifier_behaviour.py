"""Behaviour of classifiers on rendered faces: confusion, calibration and agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib import classifiers
from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.alignment import points_of
from facelib.classifiers.card import as_markdown
from facelib.classifiers.catalogue import Kind
from facelib.classifiers.measured import TABLE, described
from facelib.errors import BadValueError
from facelib.experiments.population import GROUPS, ORDER, checked, describe_heads, usual_population
from facelib.faces import Head, render_heads
from facelib.stats import mean_distribution
from facelib.stats.classification import Estimate, Reliability, cohen_kappa, confusion, reliability, wilson
from facelib.studies.sweeps.sweep import load_all
from facelib.utilities.distribution import distribution_version
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

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
"""Columns of `Behaviour.table`, `disagreement` and `measured_behaviour`, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class Behaviour:
    """Behaviour of one classifier on a population of rendered heads; a notebook shows it in words.

    Shares of faces that are named rightly, and how sure the classifier is, rest on heads whose expression it
    has a label for; all others are in the confusion matrix only.

    Attributes
    ----------
    classifier, sha256
        Its id, and the hash of its file.
    population
        Who was shown, in words.
    confusion
        One row per intended emotion, one column per emotion named: shares of the row, which sum to one.
    counts
        Heads of each intended emotion.
    accuracy
        Share named as intended, with Wilson's interval.
    intended
        Mean probability of the intended emotion, with its BCa interval.
    reliability
        How sure it is, and how often right.
    groups
        By grouping and group (`GROUPS`): accuracy and mean probability of the intended emotion.
    """

    classifier: str
    sha256: str
    population: str
    confusion: pd.DataFrame
    counts: Mapping[str, int]
    accuracy: Estimate
    intended: Estimate
    reliability: Reliability
    groups: Mapping[tuple[str, str], tuple[Estimate, Estimate]]

    @property
    def table(self) -> pd.DataFrame:
        """Return all of it as a tidy table, with the columns of `BEHAVIOUR_COLUMNS`."""
        import pandas as pd

        rows = [self._row(*row) for row in self._rows()]
        return pd.DataFrame(rows, columns=list(BEHAVIOUR_COLUMNS))

    def _repr_markdown_(self) -> str:
        return as_markdown(self.classifier, described(self.table.to_dict("records"), self.population))

    def _row(self, what: str, row: str, column: str, found: Estimate) -> tuple[Any, ...]:
        return self.classifier, what, row, column, found.value, found.n, found.low, found.high

    def _rows(self) -> Iterator[tuple[str, str, str, Estimate]]:
        yield "weights", self.sha256, "", _alone(np.nan, self.accuracy.n)
        yield "accuracy", "all", "", self.accuracy
        yield "P(intended)", "all", "", self.intended
        for place, what in enumerate(("accuracy", "P(intended)")):
            for (grouping, group), estimates in self.groups.items():
                yield what, grouping, group, estimates[place]
        for intended, shares in self.confusion.iterrows():
            for named, share in shares.items():
                count = self.counts[str(intended)]
                yield "confusion", str(intended), str(named), wilson(round(share * count), count)
        bins = self.reliability
        yield "calibration error", "all", "", bins.error
        for k in np.flatnonzero(bins.n):
            name, n = f"{bins.edges[k]:.1f} to {bins.edges[k + 1]:.1f}", int(bins.n[k])
            yield "calibration", name, "confidence", _alone(float(bins.confidence[k]), n)
            yield "calibration", name, "right", wilson(round(bins.right[k] * n), n)


@in_short()
@dataclass(frozen=True, eq=False)
class Answers:
    """Outputs of several classifiers for one rendered population.

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
        model = self._model(classifier)
        names = np.array([model.emotions[label] or OTHER for label in model.labels])
        winners: npt.NDArray[np.str_] = names[self.probabilities[classifier].argmax(axis=1)]
        return winners

    def behaviour(self, classifier: str, *, seed: int = 0) -> Behaviour:
        """Return the behaviour of one of the classifiers; `seed` is that of the bootstrap."""
        import pandas as pd

        model, read = self._model(classifier), self.probabilities[classifier].astype(np.float64)
        named, intended = self.named(classifier), np.array([str(head.expression) for head in self.heads])
        rows = [emotion for emotion in EMOTIONS if emotion in intended]
        columns = [*EMOTIONS, OTHER] if None in model.emotions.values() else [*EMOTIONS]
        counts = confusion(
            [rows.index(name) for name in intended],
            [columns.index(name) for name in named],
            (len(rows), len(columns)),
        )
        place = np.array(
            [model.index_of(name) if name in model.emotions.values() else -1 for name in intended]
        )
        has_label = place >= 0
        if not has_label.any():
            msg = f"{classifier!r} has no label for what these heads show: {', '.join(rows)}."
            raise BadValueError(msg)
        right, meant = named == intended, read[np.arange(len(read)), place]
        groups = {
            (grouping, group): (_share(right[chosen]), _mean(meant[chosen], seed))
            for grouping, group, chosen in self._groups(has_label)
        }
        return Behaviour(
            classifier=classifier,
            sha256=model.card.sha256,
            population=describe_heads(self.heads, self.size),
            confusion=pd.DataFrame(counts / counts.sum(axis=1, keepdims=True), index=rows, columns=columns),
            counts=dict(zip(rows, counts.sum(axis=1).tolist(), strict=True)),
            accuracy=_share(right[has_label]),
            intended=_mean(meant[has_label], seed),
            reliability=reliability(
                np.minimum(read[has_label].max(axis=1), 1.0), right[has_label], seed=seed
            ),
            groups=groups,
        )

    def disagreement(self, *, seed: int = 0) -> pd.DataFrame:
        """Return how far each two classifiers disagree; see `disagreement`."""
        import pandas as pd

        rows = []
        names = [*EMOTIONS, OTHER]
        codes = {
            model.id: np.array([names.index(name) for name in self.named(model.id)])
            for model in self.classifiers
        }
        for first, second in combinations(codes, 2):
            differ = wilson(int((codes[first] != codes[second]).sum()), len(self.heads))
            kappa = cohen_kappa(codes[first], codes[second], len(names), seed=seed)
            for column, estimate in (("share", differ), ("kappa", kappa)):
                rows.append(
                    (
                        first,
                        "disagreement",
                        second,
                        column,
                        estimate.value,
                        estimate.n,
                        estimate.low,
                        estimate.high,
                    )
                )
        return pd.DataFrame(rows, columns=list(BEHAVIOUR_COLUMNS))

    def table(self, *, seed: int = 0) -> pd.DataFrame:
        """Return the behaviour of all, their disagreement and the population as one tidy table."""
        import pandas as pd

        description, version = describe_heads(self.heads, self.size), distribution_version()
        who = ("", "population", description, version, np.nan, len(self.heads), np.nan, np.nan)
        parts = [
            pd.DataFrame([who], columns=list(BEHAVIOUR_COLUMNS)),
            *(self.behaviour(model.id, seed=seed).table for model in self.classifiers),
            self.disagreement(seed=seed),
        ]
        return pd.concat([part for part in parts if len(part)], ignore_index=True)

    def _model(self, classifier: str) -> Classifier:
        found = next((model for model in self.classifiers if model.id == classifier), None)
        if found is None:
            msg = f"These heads were read by {', '.join(self.probabilities)}; got {classifier!r}."
            raise BadValueError(msg)
        return found

    def _groups(self, known: npt.NDArray[np.bool_]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
        for grouping, of in GROUPS.items():
            groups = np.array([of(head) for head in self.heads])
            for group in sorted(set(groups[known]), key=ORDER.index):
                yield grouping, str(group), known & (groups == group)


def read_heads(
    classifiers: str | Sequence[str | Classifier] | None,
    heads: Sequence[Head],
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
        At least seven, each with one of the common emotions as its expression.
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
    >>> answers = read_heads(["fer", "facex"], usual_population())  # doctest: +SKIP
    >>> answers.behaviour("fer").accuracy  # doctest: +SKIP
    """
    models = load_all(classifiers)
    people = checked(heads)
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
    classifier: str | Classifier,
    heads: Sequence[Head] | None = None,
    *,
    size: int = 224,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> Behaviour:
    """Return the confusion and calibration of a classifier on rendered heads of known expression.

    Rendered expressions are not felt ones, and no photographs: a classifier that names fewer of them as
    intended may see less in faces, or less in these.

    Parameters
    ----------
    classifier
        Any classifier, or its id.
    heads
        See `read_heads`; None: the `usual_population`.
    size, seed
        Of the pictures, px; of the bootstrap.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts heads.

    Examples
    --------
    >>> found = behaviour("fer")  # doctest: +SKIP
    >>> facelib.charts.model_gallery(found.table)  # doctest: +SKIP
    """
    people = usual_population() if heads is None else heads
    answers = read_heads([classifier], people, size=size, progress=progress)
    return answers.behaviour(answers.classifiers[0].id, seed=seed)


def disagreement(
    classifiers: str | Sequence[str | Classifier] | None,
    heads: Sequence[Head] | None = None,
    *,
    size: int = 224,
    seed: int = 0,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return on how many heads each two classifiers name different emotions, and Cohen's κ.

    Returns
    -------
    pandas.DataFrame
        Two rows per pair, share and kappa, with the columns of `BEHAVIOUR_COLUMNS`. Labels without a common
        emotion count as one and the same.
    """
    people = usual_population() if heads is None else heads
    return read_heads(classifiers, people, size=size, progress=progress).disagreement(seed=seed)


def measured_behaviour(kind: Kind | Sequence[Kind] = "pretrained") -> pd.DataFrame:
    """Return the shipped table of the built-in classifiers on the `usual_population`.

    Parameters
    ----------
    kind
        "pretrained" or "known bias", or both.

    Returns
    -------
    pandas.DataFrame
        Made by ``benchmarks/behaviour_table.py``; columns as in `BEHAVIOUR_COLUMNS`. The row "population"
        says who was shown, and the version of facelib. Disagreement is among those that are asked for.
    """
    import pandas as pd

    table = pd.read_csv(
        TABLE, keep_default_na=False, na_values={name: [""] for name in ("value", "low", "high")}
    )
    asked = ["", *classifiers.names(kind=kind)]
    other = table["row"].where(table["what"] == "disagreement", "")
    return table[table["classifier"].isin(asked) & other.isin(asked)].reset_index(drop=True)


def _alone(value: float, n: int) -> Estimate:
    return Estimate(value, np.nan, np.nan, n)


def _share(right: npt.NDArray[np.bool_]) -> Estimate:
    return wilson(int(right.sum()), len(right))


def _mean(values: npt.NDArray[np.float64], seed: int) -> Estimate:
    found = mean_distribution(values, n_bootstrap=1999, seed=seed)
    low, high = found.interval()
    return Estimate(float(found.mean[0]), float(low[0]), float(high[0]), len(values))
