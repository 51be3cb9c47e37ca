"""Accuracy and output of classifiers against the number of electrodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.experiments.electrodes.outcomes import MEAN, OUTCOMES, Outcomes, judged, outcomes_of
from facelib.experiments.power_of_properties.electrodes import bare_people, known_schemes
from facelib.faces import ELECTRODE_SCHEMES
from facelib.interventions.electrodes import Electrodes
from facelib.stats.classification import exact_mcnemar, wilson
from facelib.stats.corrections import adjust
from facelib.studies.interventional import InterventionalStudy, intervention_name
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.checks import Floats

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.results import InterventionalResult

PEOPLE: Final = 105
STEPS: Final = 12  # every second electrode of Fridlund's
RESAMPLES: Final = 1999
_STREAM: Final = 67  # keeps these resamples apart from others drawn with the same seed

NUMBER_COLUMNS: Final = {
    "scheme": "whose positions: fridlund (22 electrodes) or kuramoto (19)",
    "expression_set": "of rendered heads: facs or tuned; empty of photographs",
    "classifier": "id, or mean of all: each face's mean over the classifiers that know its expression",
    "number": "electrodes that are attached, in an order that is drawn for each face",
    "n": "people whose expression the classifier knows",
    "right": "how many are named as they are meant; NaN of the mean, and where someone comes several times",
    "accuracy": "share that is named as meant",
    "accuracy_low": "lower end of its interval: Wilson's 95 %; of the mean and of repeated people BCa",
    "accuracy_high": "upper end of it",
    "accuracy_change": "change of it against no electrodes",
    "accuracy_change_low": "lower end of its interval over people, level 1 - alpha (BCa; paired)",
    "accuracy_change_high": "upper end of it",
    "lost": "people named rightly without electrodes and not with so many; NaN as for right",
    "gained": "the other way round",
    "p": "exact McNemar test, two-sided, at the full number; NaN elsewhere, and as for right",
    "p_holm": "after Holm over classifiers and schemes of one expression set",
    "p_bh": "after Benjamini-Hochberg, same family",
    "probability": "mean probability of the expression that is meant",
    "probability_low": "lower end of its interval over people, level 1 - alpha",
    "probability_high": "upper end of it",
    "change": "mean change of it against no electrodes",
    "low": "lower end of its interval over people, level 1 - alpha (BCa; paired)",
    "high": "upper end of it",
    "change_p": "sign-flip test of it over people",
    "verdict_low": "lower end of the interval behind the verdict, level 1 - 2 alpha; NaN in tables that were "
    "stored without it",
    "verdict_high": "upper end of it",
    "verdict": "matters, does not matter at δ, or cannot tell: interval at 1 - 2 alpha; not corrected",
    "delta": "margin in probability, set before the run",
    "alpha": "level",
}
"""Columns of `number_table`, with their meaning."""

HALF_COLUMNS: Final = {
    "scheme": "whose positions",
    "expression_set": "as in `NUMBER_COLUMNS`",
    "classifier": "as in `NUMBER_COLUMNS`",
    "outcome": "probability or accuracy",
    "n": "people",
    "electrodes": "the full number",
    "total": "change by all electrodes, mean over people",
    "total_low": "lower end of its interval, level 1 - alpha",
    "total_high": "upper end of it",
    "half": "number at which the mean curve first reaches half of the total, straight between the numbers "
    "that were tested; NaN where the total's interval holds 0",
    "half_low": "lower end of its interval, level 1 - alpha: percentiles over resampled people",
    "half_high": "upper end of it",
    "early": "half / electrodes: below .5 the first electrodes cost more than the last",
}
"""Columns of `half_table`, with their meaning."""


def electrode_numbers(
    faces: Sequence[Any] | None = None,
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    schemes: Sequence[str] = tuple(ELECTRODE_SCHEMES),
    steps: int = STEPS,
    size: int = 224,
    delta: float = DELTA,
    alpha: float = 0.05,
    seed: int = 0,
    name: str = "Electrodes: how many",
) -> InterventionalStudy:
    """Declare the study: every person with a growing number of electrodes, in an order of each face's own.

    Parameters
    ----------
    faces
        Heads or pictures that say what they are meant to show and wear no electrodes. None: 105 rendered
        people as in a laboratory, at full expression of the plain (facs) set.
    classifiers
        None: all pretrained ones that are available on this machine.
    schemes
        Whose positions.
    steps
        Numbers from 0 to all, evenly spread; 12: every second one of Fridlund's 22.
    size, delta, alpha, name
        As for `facelib.InterventionalStudy`.
    seed
        Of orders, flips and resamples.

    Raises
    ------
    BadValueError
        If someone wears electrodes already, or a scheme is unknown.

    Examples
    --------
    >>> from facelib.experiments.power_of_properties import electrode_faces
    >>> study = electrode_numbers(electrode_faces(7), ["known_unbiased"], schemes=["fridlund"], size=64)
    >>> [arm.name for arm in study.arms], study.steps
    (['electrodes(order=random)'], 12)
    """
    return InterventionalStudy(
        faces=bare_people(faces, PEOPLE),
        interventions=list(_arms(known_schemes(schemes), seed).values()),
        classifiers=classifiers,
        steps=steps,
        size=size,
        measured=("electrodes",),
        delta=delta,
        alpha=alpha,
        seed=seed,
        name=name,
    )


def number_table(result: InterventionalResult) -> pd.DataFrame:
    """Return accuracy and intended output at every number of electrodes, per classifier and on average.

    Parameters
    ----------
    result
        Of `electrode_numbers`.

    Returns
    -------
    pandas.DataFrame
        One row per scheme, classifier and number; columns as in `NUMBER_COLUMNS`.

    Raises
    ------
    BadValueError
        If the result is of another study.
    """
    import pandas as pd

    table = pd.concat([_numbers(result, *given) for given in _by_scheme(result)], ignore_index=True)
    p = table["p"].to_numpy()
    return table.assign(
        p_holm=adjust(p, "holm"),
        p_bh=adjust(p, "bh"),
        expression_set=_expression_set(result),
        delta=result.settings["delta"],
        alpha=result.settings["alpha"],
    )[list(NUMBER_COLUMNS)]


def half_table(result: InterventionalResult) -> pd.DataFrame:
    """Return the number of electrodes at which half of the whole change is reached.

    Parameters
    ----------
    result
        Of `electrode_numbers`.

    Returns
    -------
    pandas.DataFrame
        One row per scheme, classifier and outcome; columns as in `HALF_COLUMNS`.
    """
    import pandas as pd

    settings = _settings(result)
    rows = []
    for scheme, outcomes, numbers in _by_scheme(result):
        change = outcomes.of_people(outcomes.values - outcomes.values[:, :, :1])
        for place, classifier in enumerate(outcomes.classifiers):
            for kind, outcome in enumerate(OUTCOMES):
                curves = change[place, :, :, kind]
                curves = curves[~np.isnan(curves).any(axis=1)]
                if not len(curves):
                    continue
                total = {
                    name: values[0]
                    for name, values in judged(curves[:, -1:], **settings).items()
                    if name in {"n", "change", "low", "high"}
                }
                half, low, high = half_number(curves, numbers, settings["alpha"], settings["seed"])
                if total["low"] <= 0 <= total["high"]:
                    half = low = high = float("nan")
                rows.append(
                    {
                        "scheme": scheme, "classifier": classifier, "outcome": outcome, "n": total["n"],
                        "electrodes": numbers[-1], "total": total["change"], "total_low": total["low"],
                        "total_high": total["high"], "half": half, "half_low": low, "half_high": high,
                        "early": half / numbers[-1],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows).assign(expression_set=_expression_set(result))[list(HALF_COLUMNS)]


def half_number(
    curves: Floats, numbers: Sequence[int], alpha: float = 0.05, seed: int = 0
) -> tuple[float, float, float]:
    """Return the number at which the mean curve first reaches half of its end, with an interval over people.

    Parameters
    ----------
    curves
        (n, numbers) change against the first number, one row per person.
    numbers
        Ascending.
    alpha, seed
        The interval is that of the percentiles of resampled people at level 1 - alpha; resamples that end at
        0 say nothing.

    Examples
    --------
    >>> half_number(np.array([[0.0, -0.1, -0.4], [0.0, -0.1, -0.4]]), [0, 10, 20])
    (13.333333333333334, 13.333333333333334, 13.333333333333334)
    """
    rng = np.random.default_rng([seed, _STREAM])
    weights = rng.multinomial(len(curves), np.full(len(curves), 1 / len(curves)), RESAMPLES) / len(curves)
    means = np.concatenate([curves.mean(axis=0)[None], weights @ curves])
    halves = _halves(means, np.asarray(numbers, np.float64))
    reached = halves[1:][~np.isnan(halves[1:])]
    if np.isnan(halves[0]) or not len(reached):
        return float("nan"), float("nan"), float("nan")
    low, high = np.quantile(reached, (alpha / 2, 1 - alpha / 2)).tolist()
    return float(halves[0]), low, high


def _halves(curves: Floats, numbers: Floats) -> Floats:
    """Return where each of the curves (m, numbers) first reaches half of its end; NaN where that is 0."""
    end = curves[:, -1:]
    share = np.where(end == 0, np.nan, curves / np.where(end == 0, 1.0, end))
    at = np.maximum(np.argmax(share >= 0.5, axis=1), 1)
    rows = np.arange(len(curves))
    before, after = share[rows, at - 1], share[rows, at]
    return np.asarray(numbers[at - 1] + (numbers[at] - numbers[at - 1]) * (0.5 - before) / (after - before))


def _numbers(
    result: InterventionalResult, scheme: str, found: Outcomes, numbers: Sequence[int]
) -> pd.DataFrame:
    import pandas as pd

    settings = _settings(result)
    values = found.of_people(found.values)  # (classifiers, people, numbers, outcomes)
    shape = (len(found.classifiers), len(numbers))
    columns: dict[str, Any] = {}
    flat = np.moveaxis(values, 1, 0)  # people first
    for kind, outcome in enumerate(OUTCOMES):
        level = flat[..., kind].reshape(len(flat), -1)
        change = (flat[..., kind] - flat[:, :, :1, kind]).reshape(len(flat), -1)
        levels, changes = judged(level, **settings), judged(change, **settings)
        ends = {f"{outcome}_{end}": np.clip(levels[end], 0.0, 1.0) for end in ("low", "high")}
        columns |= {outcome: levels["change"]} | ends
        names = ("change", "low", "high") if outcome == "probability" else (
            "accuracy_change", "accuracy_change_low", "accuracy_change_high",
        )  # fmt: skip
        columns |= dict(zip(names, (changes["change"], changes["low"], changes["high"]), strict=True))
        if outcome == "probability":
            columns |= {"n": levels["n"], "change_p": changes["p"]}
            columns |= {name: changes[name] for name in ("verdict_low", "verdict_high", "verdict")}
    keys = pd.MultiIndex.from_product([found.classifiers, numbers], names=["classifier", "number"])
    table = keys.to_frame(index=False).assign(scheme=scheme, **columns)
    counts = [
        _counted(values[place, :, :, 1], number, counted=_counts(found, place))
        for place in range(shape[0])
        for number in range(shape[1])
    ]
    counted = pd.DataFrame(counts, index=table.index)
    table = table.join(counted.drop(columns=["accuracy_low", "accuracy_high"]))
    for name in ("accuracy_low", "accuracy_high"):
        table[name] = counted[name].fillna(table[name])
    table.loc[table["number"] == numbers[0], "verdict"] = ""
    return table


def _counts(found: Outcomes, place: int) -> bool:
    """Return whether people can be counted: one face each, named by one classifier."""
    return found.classifiers[place] != MEAN and len(set(found.identities)) == len(found.identities)


def _counted(right: Floats, number: int, *, counted: bool) -> dict[str, float]:
    """Return the counts at a number, of people (n, numbers) who are named rightly (1) or not (0)."""
    nothing = dict.fromkeys(("right", "lost", "gained", "p", "accuracy_low", "accuracy_high"), float("nan"))
    named = right[~np.isnan(right[:, 0])].astype(bool) if counted else np.empty((0, 1), bool)
    if not len(named):
        return nothing
    first, now = named[:, 0], named[:, number]
    lost, gained = int((first & ~now).sum()), int((~first & now).sum())
    share = wilson(int(now.sum()), len(now))
    counts = {
        "right": int(now.sum()), "lost": lost, "gained": gained, "p": float("nan"),
        "accuracy_low": share.low, "accuracy_high": share.high,
    }  # fmt: skip
    if number == named.shape[1] - 1:
        counts["p"] = exact_mcnemar(lost, gained)
    return counts


def _by_scheme(result: InterventionalResult) -> list[tuple[str, Outcomes, list[int]]]:
    """Return scheme, outcomes and numbers of electrodes of each arm."""
    rows, schemes = result.sound, []
    names = {
        intervention_name(change): change
        for change in _arms(tuple(ELECTRODE_SCHEMES), result.settings["seed"]).values()
    }
    for item in result.settings["interventions"]:
        if item["name"] not in names:
            msg = f"Expected the result of electrode_numbers; {item['name']} is another change."
            raise BadValueError(msg)
        change = names[item["name"]]
        arm_rows = rows[rows["intervention"] == item["name"]]
        strengths = np.sort(arm_rows["strength"].unique())
        numbers = [change.attached_at(strength) for strength in strengths]
        schemes.append((change.scheme, outcomes_of(arm_rows), numbers))
    return schemes


def _arms(schemes: Sequence[str], seed: int) -> Mapping[str, Electrodes]:
    return {scheme: Electrodes(scheme, order="random", seed=seed) for scheme in schemes}


def _settings(result: InterventionalResult) -> dict[str, Any]:
    return {name: result.settings[name] for name in ("delta", "alpha", "seed")}


def _expression_set(result: InterventionalResult) -> str:
    if "expression_set" not in result.faces:
        return ""
    return " and ".join(map(str, result.faces["expression_set"].unique()))
