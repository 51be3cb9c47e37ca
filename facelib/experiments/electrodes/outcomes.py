"""Outcomes of every face: probability of the intended expression, and whether it is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats

if TYPE_CHECKING:
    import pandas as pd

PROBABILITY, ACCURACY = "probability", "accuracy"
OUTCOMES: Final = (PROBABILITY, ACCURACY)
"""The outcomes: the mean probability of the expression that a face is meant to show, and the share of
faces of which the class with the largest output is this one."""
MEAN: Final = "mean of all"
"""In the place of a classifier: each face's mean over the classifiers that know its expression."""

_NEEDED: Final = (
    "face", "identity", "expression", "intervention", "step", "classifier", "label", "logit", "probability",
)  # fmt: skip


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
        """Return the mean over the faces of each person: (classifiers, faces, …) to (classifiers, people, …).

        NaN where no face of a person has a number.
        """
        people = list(dict.fromkeys(self.identities))
        if len(people) == len(self.identities):
            return values
        place = np.array([people.index(name) for name in self.identities])
        found = np.full((len(values), len(people), *values.shape[2:]), np.nan)
        for person in range(len(people)):
            found[:, person] = mean_of_known(values[:, place == person], axis=1)
        return found


def outcomes_of(table: pd.DataFrame) -> Outcomes:
    """Return the outcomes of one intervention from tidy rows.

    Parameters
    ----------
    table
        Rows of one intervention with ``identity`` and ``expression`` (`InterventionalResult.sound`).

    Raises
    ------
    BadValueError
        If a column is missing, there are several interventions, a face lacks a step, or no classifier knows
        the expression of any face.
    """
    import pandas as pd

    if missing := [name for name in _NEEDED if name not in table]:
        needed = ", ".join(_NEEDED)
        msg = f"Expected a study's rows with the columns {needed}; {', '.join(missing)} missing."
        raise BadValueError(msg)
    if len(names := table["intervention"].unique().tolist()) != 1:
        msg = f"Expected the rows of one intervention; got {', '.join(names) or 'none'}."
        raise BadValueError(msg)
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
    shape = (len(classifiers), len(faces), len(steps))
    whole = pd.MultiIndex.from_product([classifiers, faces, steps], names=keys)
    probability = intended.set_index(keys)["probability"].reindex(whole).to_numpy(np.float64)
    accuracy = right.reindex(whole).to_numpy(np.float64)
    values = np.stack([probability, np.where(np.isnan(probability), np.nan, accuracy)], axis=-1)
    values = values.reshape(*shape, 2)
    gaps = np.isnan(values[..., 0]).any(axis=2) & ~np.isnan(values[..., 0]).all(axis=2)
    if gaps.any():
        msg = f"{int(gaps.sum())} of the faces lack a step: run the study to its end, or leave them out."
        raise BadValueError(msg)
    if len(classifiers) > 1:
        values = np.concatenate([values, mean_of_known(values, axis=0)[None]])
        classifiers.append(MEAN)
    return Outcomes(tuple(classifiers), tuple(faces), tuple(people["identity"].tolist()), values)


def judged(differences: Floats, *, delta: float, alpha: float, seed: int) -> dict[str, Any]:
    """Return the statistics of the means of columns of differences.

    Parameters
    ----------
    differences
        (n, m) one row per person; NaN: has none.
    delta, alpha, seed
        Margin, level, and seed of flips and resamples.

    Returns
    -------
    dict
        n, change (mean), low, high (level 1 - alpha), p (sign-flip test over people), verdict_low,
        verdict_high (level 1 - 2 alpha), verdict (that interval against the margin; cannot tell where n is
        below what a word needs): (m,) each.
    """
    from facelib.stats import mean_distribution, sign_flip
    from facelib.stats.effects.equivalence import bets_p, verdicts, where_told

    distribution = mean_distribution(differences, seed=seed)
    low, high = distribution.interval(1 - alpha)
    inner = where_told(distribution, *distribution.interval(1 - 2 * alpha))
    bets = bets_p(differences, delta)
    return {
        "n": distribution.n,
        "change": distribution.mean,
        "low": low,
        "high": high,
        "p": np.atleast_1d(sign_flip(differences, seed=seed).p_value),
        "verdict_low": inner[0],
        "verdict_high": inner[1],
        "verdict": verdicts(*inner, delta, distribution.n, bets, alpha=alpha),
    }


def mean_of_known(values: Floats, axis: int) -> Floats:
    """Return the mean of the values that aren't NaN, NaN where all are.

    >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]]), axis=0)
    array([ 2., nan])
    """
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
