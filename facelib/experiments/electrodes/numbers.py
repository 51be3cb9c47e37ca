"""Accuracy and output of classifiers against the number of electrodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.experiments.electrodes.outcomes import MEAN, Outcomes, judged, outcomes_of
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

NUMBER_COLUMNS: Final = {
    "scheme": "whose positions: fridlund (22 electrodes) or kuramoto (19)",
    "expression_set": "of rendered heads: facs or tuned; empty of photographs",
    "classifier": "id, or mean of all: each face's mean over the classifiers that know its expression",
    "number": "electrodes that are attached, in an order that is drawn for each face",
    "n": "people whose expression the classifier knows",
    "accuracy": "share that is named as meant",
    "accuracy_low": "lower end of its interval: Wilson's 95 %; of the mean and of repeated people BCa",
    "accuracy_high": "upper end of it",
    "accuracy_change": "change of it against no electrodes",
    "lost": "people named rightly without electrodes and not with so many; NaN of the mean, and where "
    "someone comes several times",
    "gained": "the other way round",
    "p": "exact McNemar test, two-sided, at the full number; NaN elsewhere, and as for lost",
    "p_holm": "after Holm over classifiers and schemes of one expression set",
    "probability": "mean probability of the expression that is meant",
    "probability_low": "lower end of its interval over people, level 1 - alpha",
    "probability_high": "upper end of it",
    "change": "mean change of it against no electrodes",
    "low": "lower end of its interval over people, level 1 - alpha (BCa; paired)",
    "high": "upper end of it",
    "verdict": "matters, does not matter at δ, or cannot tell: interval at 1 - 2 alpha; not corrected",
    "delta": "margin in probability, set before the run",
    "alpha": "level",
}
"""Columns of `number_table`, with their meaning."""


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
        interventions=_arms(known_schemes(schemes), seed),
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
    sets = result.faces.get("expression_set", pd.Series(dtype=str)).unique()
    return table.assign(
        p_holm=adjust(table["p"].to_numpy(), "holm"), expression_set=" and ".join(map(str, sets))
    )[list(NUMBER_COLUMNS)]


def _numbers(
    result: InterventionalResult, scheme: str, found: Outcomes, numbers: Sequence[int]
) -> pd.DataFrame:
    import pandas as pd

    settings = {name: result.settings[name] for name in ("delta", "alpha", "seed")}
    values = found.of_people(found.values)  # (people, classifiers, numbers, outcomes)
    probability, accuracy = values[..., 0], values[..., 1]
    keys = pd.MultiIndex.from_product([found.classifiers, numbers], names=["classifier", "number"])
    table = keys.to_frame(index=False).assign(
        scheme=scheme,
        **judged(probability - probability[:, :, :1], **settings),
        accuracy_change=judged(accuracy - accuracy[:, :, :1], **settings)["change"],
    )
    for name, level in (("probability", probability), ("accuracy", accuracy)):
        mean = judged(level, **settings)
        table[name] = mean["change"]
        table[f"{name}_low"], table[f"{name}_high"] = (mean[end].clip(0, 1) for end in ("low", "high"))
    table.loc[table["number"] == numbers[0], "verdict"] = ""
    once = len(values) == len(found.faces)
    counts = [
        _counted(accuracy[:, place], number) if once and name != MEAN else {}
        for place, name in enumerate(found.classifiers)
        for number in range(len(numbers))
    ]
    table = table.assign(p=np.nan, lost=np.nan, gained=np.nan)
    table.update(pd.DataFrame(counts, index=table.index, dtype=float))
    return table


def _counted(right: Floats, number: int) -> dict[str, float]:
    """Return the counts at a number, of people (n, numbers) who are named rightly (1) or not (0)."""
    named = right[~np.isnan(right[:, 0])].astype(bool)
    if not len(named):
        return {}
    first, now = named[:, 0], named[:, number]
    lost, gained = int((first & ~now).sum()), int((~first & now).sum())
    share = wilson(int(now.sum()), len(now))
    p = exact_mcnemar(lost, gained) if number == named.shape[1] - 1 else np.nan
    return {
        "lost": lost, "gained": gained, "p": p, "accuracy_low": share.low, "accuracy_high": share.high,
    }  # fmt: skip


def _by_scheme(result: InterventionalResult) -> Iterator[tuple[str, Outcomes, list[int]]]:
    """Yield scheme, outcomes and numbers of electrodes of each arm."""
    changes = {
        intervention_name(change): change
        for change in _arms(tuple(ELECTRODE_SCHEMES), result.settings["seed"])
    }
    for item in result.settings["interventions"]:
        if item["name"] not in changes:
            msg = f"Expected the result of electrode_numbers; {item['name']} is another change."
            raise BadValueError(msg)
        change = changes[item["name"]]
        rows = result.sound[result.sound["intervention"] == item["name"]]
        numbers = [change.attached_at(strength) for strength in np.sort(rows["strength"].unique())]
        yield change.scheme, outcomes_of(rows), numbers


def _arms(schemes: Sequence[str], seed: int) -> list[Electrodes]:
    return [Electrodes(scheme, order="random", seed=seed) for scheme in schemes]
