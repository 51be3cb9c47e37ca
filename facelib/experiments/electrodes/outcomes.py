"""Outcomes of every face: probability of the intended expression, and whether it is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust
from facelib.utilities.checks import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

OUTCOMES: Final = ("probability", "accuracy")
"""The outcomes: the mean probability of the expression that a face is meant to show, and the share of
faces of which the class with the largest output is this one."""
MEAN: Final = "mean of all"
"""In the place of a classifier: each face's mean over the classifiers that know its expression."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of one intervention, by classifier, face and step.

    Attributes
    ----------
    classifiers
        Their ids; with several of them the last is `MEAN`.
    faces, identities
        Names of the faces, and who they are.
    values
        float64 (classifiers, faces, steps, 2): `OUTCOMES`; NaN where a classifier lacks the expression that
        the face is meant to show.
    """

    classifiers: tuple[str, ...]
    faces: tuple[str, ...]
    identities: tuple[str, ...]
    values: Floats

    def of_people(self, values: Floats) -> Floats:
        """Return the mean over the faces of each person: (classifiers, faces, …) to (people, classifiers, …).

        NaN where no face of a person has a number.
        """
        who = np.array(self.identities)
        return np.stack([mean_of_known(values[:, who == one], axis=1) for one in dict.fromkeys(who)])


def outcomes_of(table: pd.DataFrame) -> Outcomes:
    """Return the outcomes of one intervention from tidy rows.

    Parameters
    ----------
    table
        Rows of one intervention with ``identity`` and ``expression`` (`InterventionalResult.sound`).

    Raises
    ------
    BadValueError
        If a face lacks a step, or no classifier knows the expression of any face.
    """
    import pandas as pd

    intended = table[table["label"] == table["expression"]]
    if intended.empty:
        msg = "No face says what it is meant to show, or no classifier knows it: nothing can be counted."
        raise BadValueError(msg)
    keys = ["classifier", "face", "step"]
    # Rows of one key follow each other whatever order labels came in: the largest logit is the first of them.
    ordered = table.sort_values([*keys, "logit"], ascending=[True, True, True, False], kind="stable")
    named = ordered.drop_duplicates(keys).set_index(keys)
    right = (named["label"] == named["expression"]).astype(float)
    classifiers = [str(name) for name in table["classifier"].unique()]
    people = table.drop_duplicates("face")
    faces, steps = people["face"].tolist(), np.sort(table["step"].unique())
    whole = pd.MultiIndex.from_product([classifiers, faces, steps], names=keys)
    probability = intended.set_index(keys)["probability"].reindex(whole).to_numpy(np.float64)
    accuracy = np.where(np.isnan(probability), np.nan, right.reindex(whole).to_numpy(np.float64))
    values = np.stack([probability, accuracy], axis=-1).reshape(len(classifiers), len(faces), len(steps), 2)
    gaps = np.isnan(values[..., 0]).any(axis=2) & ~np.isnan(values[..., 0]).all(axis=2)
    if gaps.any():
        msg = f"{int(gaps.sum())} of the faces lack a step: run the study to its end, or leave them out."
        raise BadValueError(msg)
    if len(classifiers) > 1:
        values = np.concatenate([values, mean_of_known(values, axis=0)[None]])
        classifiers.append(MEAN)
    return Outcomes(tuple(classifiers), tuple(faces), tuple(people["identity"].tolist()), values)


def judged(differences: Floats, *, delta: float, alpha: float, seed: int) -> dict[str, Any]:
    """Return the statistics of mean differences over people.

    Parameters
    ----------
    differences
        (people, …); NaN: has none.
    delta, alpha, seed
        Margin, level, and seed of flips and resamples.

    Returns
    -------
    dict
        n, change (mean), low, high (level 1 - alpha), p (sign-flip test over people), verdict (interval at
        1 - 2 alpha against the margin; cannot tell where n is below what a word needs), and delta and alpha:
        one number for each of the further axes, in their order.
    """
    from facelib.stats import mean_distribution, sign_flip
    from facelib.stats.effects.equivalence import bets_p, verdicts, where_told

    columns = differences.reshape(len(differences), -1)
    distribution = mean_distribution(columns, seed=seed)
    low, high = distribution.interval(1 - alpha)
    inner = where_told(distribution, *distribution.interval(1 - 2 * alpha))
    bets = bets_p(columns, delta)
    return {
        "n": distribution.n,
        "change": distribution.mean,
        "low": low,
        "high": high,
        "p": np.atleast_1d(sign_flip(columns, seed=seed).p_value),
        "verdict": verdicts(*inner, delta, distribution.n, bets, alpha=alpha),
        "delta": delta,
        "alpha": alpha,
    }


def corrected(table: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return the table with its p corrected within families: all classifiers, and their mean by itself."""
    cells = [*(table[name] for name in family), table["classifier"] == MEAN]
    holm = table.groupby(cells, sort=False)["p"].transform(lambda p: adjust(p.to_numpy(), "holm"))
    return table.assign(p_holm=holm)


def mean_of_known(values: Floats, axis: int) -> Floats:
    """Return the mean of the values that aren't NaN, NaN where all are.

    >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]]), axis=0)
    array([ 2., nan])
    """
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
