"""Benchmark with a known truth: which methods flag the property that a network uses, and clear others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib import interventions
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import points_of
from facelib.classifiers.known_bias import Property
from facelib.errors import BadValueError
from facelib.faces import Head, render_heads, sample_heads
from facelib.interventions import HeadIntervention
from facelib.stats import effects_over_faces
from facelib.stats.classification import wilson
from facelib.studies.sweeps.sweep import DELTA, check_label, load_all

if TYPE_CHECKING:
    import pandas as pd

TABLE: Final = Path(__file__).with_name("known_truth.csv")
CASE_COLUMNS: Final = {
    "kind": "id of the network of known bias with the same data; the networks themselves are others",
    "property": "name of the property",
    "method": "name of the method, see `METHODS`",
    "truth": "whether the network was trained to use the property",
    "score": "what the method says of it; the larger, the more it is used",
    "flagged": "the method's decision",
    "seed": "of the network",
}
"""Columns of `load_known_truth`, with their meaning."""

METHODS: Final = MappingProxyType(
    {
        "verdict": "verdict over faces",
        "vote_300": "vote of independence tests, 300 faces",
        "vote_60": "vote of independence tests",
        "reference": "rank among placebos (harmless changes)",
        "shuffle": "shuffle test as published",
        "grad_cam_share": "Grad-CAM, share of the map",
        "grad_cam_density": "Grad-CAM, density",
        "lime_share": "LIME, share of the weights",
        "lime_density": "LIME, density",
    }
)
"""Id and name of every method of the benchmark; 60 faces where nothing else is said."""

RATE_COLUMNS: Final = {
    "method": "name of the method",
    "positives": "networks and properties where the network was trained to use the property",
    "found": "how many of them the method flags",
    "tpr": "true-positive rate, found / positives",
    "tpr_low": "lower end of its 95 % interval (Wilson)",
    "tpr_high": "upper end of it",
    "negatives": "networks and properties that nothing was confounded with",
    "false_alarms": "how many of them the method flags",
    "fpr": "false-positive rate, false alarms / negatives",
    "fpr_low": "lower end of its 95 % interval (Wilson)",
    "fpr_high": "upper end of it",
    "auc": "area under the ROC curve: how often a positive has the larger score; ties count half",
}
"""Columns of `detection_rates`, with their meaning."""


@dataclass(frozen=True)
class Probe:
    """A probe: one property moved from its low end to its high end, and the class that is read.

    Parameters
    ----------
    property
        Name of the property.
    emotion
        Class whose output is watched, chosen before anything is run.
    start
        Fields of a head at the low end.
    intervention
        What moves it to the high end.
    """

    property: Property
    emotion: str
    start: Mapping[str, Any]
    intervention: HeadIntervention


def _probes() -> Mapping[Property, Probe]:
    def of(name: Property, emotion: str, start: Mapping[str, Any], **options: Any) -> Probe:
        change = interventions.get(name, **options)
        assert isinstance(change, HeadIntervention)
        return Probe(name, emotion, MappingProxyType(start), change)

    return MappingProxyType(
        {
            "age": of("age", "happy", {"age": 20.0}, to="older"),
            "skin_tone": of("skin_tone", "angry", {"skin_tone": 0.0}, to="darker"),
            "electrodes": of("electrodes", "neutral", {"electrodes": None}, scheme="fridlund"),
        }
    )


PROBES: Final = _probes()
"""The three properties that networks of known bias use, each with the emotion that it was confounded with."""


def probe_heads(n: int, seed: int = 0) -> list[Head]:
    """Draw people to probe classifiers with: seven expressions of any intensity, half with electrodes."""
    return sample_heads(
        n, seed=seed, electrodes=0.5, stratify=("expression",), also={"intensity": (0.0, 1.0)}
    )


def probe_effects(
    classifiers: str | Classifier | Sequence[str | Classifier],
    heads: Sequence[Head],
    probes: Sequence[Probe] | None = None,
    *,
    delta: float = DELTA,
    size: int = 96,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the effect of moving each property from its low to its high end on its class, over faces.

    Parameters
    ----------
    classifiers
        One, or several that look at the same pictures.
    heads
        One per person.
    probes
        None: all of `PROBES`.
    delta
        Margin in probability, set before the run.
    size
        Of the pictures, px.
    seed
        Of flips and resamples.

    Returns
    -------
    pandas.DataFrame
        One row per probe and classifier, as from `facelib.stats.effects_over_faces`, with ``property`` and
        ``score``: the largest margin at which the verdict would be "matters", 0 if there is none.
    """
    import pandas as pd

    models = load_all([classifiers] if isinstance(classifiers, Classifier) else classifiers)
    parts = []
    for probe in PROBES.values() if probes is None else probes:
        label = check_label(probe.emotion)
        low = [head.replace(**probe.start) for head in heads]
        ends = [low, [probe.intervention.edit(head, 1.0) for head in low]]
        faces = [render_heads(end, size) for end in ends]
        boxes, points = (
            np.stack([face.box for face in faces[0]]),
            points_of(faces[0]),
        )  # strength 0's serve both
        for strength, end in enumerate(faces):
            images = np.stack([face.image for face in end])
            parts += [
                output_rows(clf, clf.logits(images, boxes, points), probe, float(strength), label)
                for clf in models
            ]
    rows = effects_over_faces(pd.concat(parts, ignore_index=True), delta=delta, seed=seed)
    return rows.assign(property=rows["intervention"], score=effect_score(rows))


def output_rows(
    clf: Classifier, logits: npt.NDArray[np.float32], probe: Probe, strength: float, label: str
) -> pd.DataFrame:
    """Return the outputs of one class at one strength, (n, K) logits of n faces, as tidy rows."""
    import pandas as pd

    column = clf.index_of(label)
    if column is None:
        raise BadValueError(clf.lack(label))
    return pd.DataFrame(
        {
            "face": np.arange(len(logits)),
            "intervention": probe.property,
            "strength": strength,
            "classifier": clf.id,
            "label": label,
            "logit": logits[:, column].astype(np.float64),
            "probability": clf.probabilities_from(logits)[:, column].astype(np.float64),
        }
    )


def effect_score(effects: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the largest margin at which each verdict would be "matters": where its interval begins."""
    low, high = (effects[name].to_numpy(np.float64) for name in ("verdict_low", "verdict_high"))
    return np.asarray(np.maximum(np.maximum(low, -high), 0.0))


def load_known_truth() -> pd.DataFrame:
    """Return the results of the benchmark: one row per method, network and property.

    `benchmarks/known_truth.py` makes the table and says how each method decides; columns as in
    `CASE_COLUMNS`.
    """
    import pandas as pd

    return pd.read_csv(TABLE)


def detection_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Count how often each method flags properties that are used, and ones that aren't.

    Parameters
    ----------
    table
        One row per method, network and property: ``method``, ``truth`` (whether the network was trained to
        use the property), ``flagged`` (the method's decision), ``score`` (the larger, the more it is used).

    Returns
    -------
    pandas.DataFrame
        One row per method, in order of appearance, with the columns of `RATE_COLUMNS`.

    Raises
    ------
    BadValueError
        A column is missing, or a score isn't a number.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({
    ...     "method": "verdict", "truth": [True, True, False, False], "flagged": [True, False, False, False],
    ...     "score": [0.3, 0.08, 0.1, 0.0],
    ... })
    >>> detection_rates(rows)[["tpr", "fpr", "auc"]].values.tolist()
    [[0.5, 0.0, 0.75]]
    """
    import pandas as pd

    rows = []
    for method, cases in _checked(table).groupby("method", sort=False):
        truth, flagged = (cases[name].to_numpy(bool) for name in ("truth", "flagged"))
        counts = {
            "positives": int(truth.sum()),
            "found": int((truth & flagged).sum()),
            "negatives": int((~truth).sum()),
            "false_alarms": int((~truth & flagged).sum()),
        }
        rates = _rate("tpr", counts["found"], counts["positives"]) | _rate(
            "fpr", counts["false_alarms"], counts["negatives"]
        )
        area = auc(cases["score"].to_numpy(np.float64), truth)
        rows.append({"method": method, "auc": area} | counts | rates)
    return pd.DataFrame(rows, columns=list(RATE_COLUMNS))


def roc(table: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC curve of each method: both rates for every threshold on its score.

    Parameters
    ----------
    table
        As for `detection_rates`; ``flagged`` isn't read.

    Returns
    -------
    pandas.DataFrame
        method, threshold (a property is flagged where its score is as large or larger; ∞ first), fpr, tpr.
        Without positives or negatives the rate is NaN.
    """
    import pandas as pd

    parts = []
    for method, cases in _checked(table).groupby("method", sort=False):
        scores, truth = cases["score"].to_numpy(np.float64), cases["truth"].to_numpy(bool)
        thresholds = np.append(np.inf, np.unique(scores)[::-1])
        reached = scores[None, :] >= thresholds[:, None]
        with np.errstate(invalid="ignore"):
            fpr, tpr = ((reached & kind).sum(axis=1) / np.float64(kind.sum()) for kind in (~truth, truth))
        parts.append(pd.DataFrame({"method": method, "threshold": thresholds, "fpr": fpr, "tpr": tpr}))
    return pd.concat(parts, ignore_index=True)


def auc(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> float:
    """Return how often a positive has the larger score than a negative, ties counting half; NaN without."""
    positive, negative = scores[truth, None], scores[None, ~truth]
    wins = (positive > negative) + 0.5 * (positive == negative)
    return float(wins.mean()) if wins.size else float("nan")


def _rate(name: str, hits: int, n: int) -> dict[str, float]:
    share = wilson(hits, n)
    return {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ("method", "truth", "flagged", "score") if name not in table.columns]
    if missing:
        msg = f"One row per method, network and property is needed; {', '.join(missing)} is missing."
        raise BadValueError(msg)
    if not table["score"].notna().all():
        msg = "Every row needs a score; some are missing."
        raise BadValueError(msg)
    return table
