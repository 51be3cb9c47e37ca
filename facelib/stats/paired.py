"""The same people under two conditions: person-wise differences of outputs, accuracy, and retests."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.classification import exact_mcnemar, paired_difference, wilson
from facelib.stats.corrections import adjust
from facelib.stats.effects import population
from facelib.stats.effects.curves import Bounds, Value
from facelib.stats.effects.equivalence import DOES_NOT, MARGINS, MATTERS
from facelib.stats.effects.few_people import DELTA
from facelib.stats.effects.population import effects_over_faces
from facelib.stats.effects.signflip import Alternative
from facelib.utilities.wording import sentences

CELL: Final = ["intervention", "classifier"]
ALL: Final = "all"
SET: Final = ["person", "cell", "side"]
BOTH: Final = 2  # sides of a pair
MCNEMAR, FLIPS = "McNemar, exact", "sign flips of whole persons"
REWORDED: Final = {"identities": "people", "identity": "person", "“matters”": "“differs”",
                   "“does not matter” at δ": "“does not differ” at δ"}  # fmt: skip
"""Words in remarks, and those for pairs."""
WORDS: Final = {MATTERS: "differs between conditions", DOES_NOT: "does not differ at δ"}
"""Time, order and camera differ with the condition, too: nothing is said to be its effect."""
READ: Final = {
    "intervention": "change that was made to the pictures of the second condition; empty: none",
    "faces": "pairs behind them: one person, the same labels, both conditions",
    "start": "mean output under the first condition",
    "mean": "mean over people of second minus first",
    "verdict": "differs between conditions; does not differ at δ; or a word of facelib.stats.effects",
}
RENAMED: Final = {"faces": "pairs"}

EFFECT_COLUMNS: Final = {
    RENAMED.get(name, name): READ.get(name, meaning)
    for name, meaning in population.COLUMNS.items()
    if name != "summary"
} | {"second": "mean output under the second condition: start + mean"}
"""Columns of `paired_effects`, with their meaning."""

ACCURACY_COLUMNS: Final = {
    "intervention": READ["intervention"],
    "classifier": "id of the classifier",
    "label": f"expression that is meant, or {ALL}",
    "n": "people with a pair that shows a class which the classifier knows",
    "pairs": READ["faces"],
    "first": "accuracy under the first condition, mean over people (of each person's mean over pairs)",
    "first_low": "lower end of Wilson's 95 % interval; NaN where people have several pairs",
    "first_high": "upper end of it",
    "second": "accuracy under the second condition",
    "second_low": "lower end of its interval",
    "second_high": "upper end of it",
    "change": "second - first, mean over people",
    "change_low": "lower end of its interval, level 1 - alpha: Newcombe's where every person has one pair, "
    "else as of effects",
    "change_high": "upper end of it",
    "lost": "pairs named as meant under the first condition only",
    "gained": "pairs named as meant under the second condition only",
    "p": "exact McNemar test where every person has one pair, else sign flips of whole persons",
    "p_holm": f"p after Holm over classifiers and changes ({ALL}), or over these and expressions",
    "test": f"{MCNEMAR}, or {FLIPS}",
    "alpha": "level of the interval of the change",
}
"""Columns of `paired_accuracy`, with their meaning."""

RETEST_COLUMNS: Final = {
    "intervention": READ["intervention"],
    "classifier": "id of the classifier",
    "label": "class",
    "shown": f"what the pictures are meant to show, or {ALL}",
    "sets": "sets of repeated pictures: one person, the same labels, the same condition",
    "pictures": "pictures in them",
    "sem": "standard error of measurement: standard deviation inside sets, pooled",
    "sem_low": "lower end of its 95 % interval (chi squared)",
    "sem_high": "upper end of it",
    "smallest_change": "smallest detectable change between single pictures: 1.96 · √2 · sem (up to 1)",
}
"""Columns of `retests`, with their meaning."""

DIFFERENCE_COLUMNS: Final = {
    "intervention": READ["intervention"],
    "classifier": "id of the classifier",
    "label": "class",
    "person": "who is shown",
    "first": "mean output under the first condition",
    "second": "mean output under the second condition",
    "difference": "second - first",
    "pairs": "pairs of this person that are averaged",
}
"""Columns of `person_differences`, with their meaning."""


def paired_effects(
    rows: pd.DataFrame,
    *,
    delta: float,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    seed: int = 0,
    interim: bool = False,
    value: Value = "probability",
    bounds: Bounds | None = None,
) -> pd.DataFrame:
    """Return how outputs differ between two conditions, over people.

    Pictures of one person with the same labels under the same condition are averaged; differences are taken
    inside a pair of such sets, and averaged over a person's pairs: the person is the unit, however unequal
    the repeats.

    Parameters
    ----------
    rows
        Tidy outputs: intervention, classifier, label, face, person, cell (what partners have in common), side
        (0: first condition, 1: second), logit, probability.
    delta, alpha, alternative, seed, interim, value, bounds
        As for `facelib.stats.effects_over_faces`; "logit" for scores of any unit.

    Returns
    -------
    pandas.DataFrame
        One row per change, classifier and label; columns as in `EFFECT_COLUMNS`.

    Raises
    ------
    BadValueError
        If no person has both halves of a pair.

    Examples
    --------
    >>> rows = pd.DataFrame([
    ...     {"intervention": "", "classifier": "fer", "label": "happy", "face": f"{p}{s}", "person": p,
    ...      "cell": "happy", "side": s, "logit": 1.0 - s, "probability": 0.8 - (0.3 + p / 50) * s}
    ...     for p in range(8) for s in (0, 1)
    ... ])
    >>> found = paired_effects(rows, delta=0.1).iloc[0]
    >>> int(found["n"]), round(float(found["mean"]), 2), found["verdict"]
    (8, -0.37, 'differs between conditions')
    """
    columns = dict.fromkeys(["logit", "probability", value])
    sets = _complete(_set_means(rows, ["label"], list(columns)), [*CELL, "label"])
    found = _judged(
        sets, delta=delta, alpha=alpha, alternative=alternative, seed=seed, interim=interim, value=value,
        bounds=bounds,
    )  # fmt: skip
    return found.assign(second=found["start"] + found["mean"])[list(EFFECT_COLUMNS)]


def paired_accuracy(
    rows: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0, interim: bool = False
) -> pd.DataFrame:
    """Return how many faces are named as they are meant under both conditions, and McNemar's test.

    Parameters
    ----------
    rows
        As for `paired_effects`, and ``meant``: the class that a face is meant to show, or "". Whoever shows
        a class that a classifier doesn't know is left out there.
    alpha, seed, interim
        As for `paired_effects`. A share that changes has no margin here, and no verdict.

    Returns
    -------
    pandas.DataFrame
        One row per change and classifier, and expression, if there are several; columns as in
        `ACCURACY_COLUMNS`. Empty if nothing is meant.
    """
    rows = rows.reset_index(drop=True)  # rows of several tables may have the same number
    top = rows.loc[rows.groupby([*CELL, "face"], sort=False, observed=True)["logit"].idxmax()]
    known = rows[["classifier", "label"]].drop_duplicates().rename(columns={"label": "meant"})
    top = top.merge(known, on=["classifier", "meant"])
    named = top.assign(probability=(top["label"] == top["meant"]).astype(np.float64))
    by_each = [named.assign(label=named["meant"])] if len(named["meant"].drop_duplicates()) > 1 else []
    named = pd.concat([named.assign(label=ALL), *by_each], ignore_index=True)
    sets = _complete(_set_means(named, ["label"], ["logit", "probability"]), [*CELL, "label"])
    if sets.empty:
        return pd.DataFrame(columns=list(ACCURACY_COLUMNS))
    effects = _judged(sets, delta=DELTA, alpha=alpha, seed=seed, interim=interim)
    counts = pd.DataFrame(
        [
            {**dict(zip([*CELL, "label"], key, strict=True)), **_counts(cells, 1 - alpha)}
            for key, cells in sets.groupby([*CELL, "label"], sort=False, observed=True)
        ]
    )
    table = counts.merge(effects.drop(columns=["n", "pairs"]), on=[*CELL, "label"])
    single = table["test"] == MCNEMAR
    table["p"] = table["p_mcnemar"].where(single, table["p"])
    for family in (table["label"] == ALL, table["label"] != ALL):
        table.loc[family, "p_holm"] = adjust(table.loc[family, "p"].to_numpy(np.float64), "holm")
    table["change_low"] = table["change_low"].where(single, table["low"])
    table["change_high"] = table["change_high"].where(single, table["high"])
    if interim:  # bets alone may be looked at early
        table[["p", "p_holm"]], table[["change_low", "change_high"]] = np.nan, table[["low", "high"]]
    return table[list(ACCURACY_COLUMNS)]


def retests(rows: pd.DataFrame, *, value: Value = "probability") -> pd.DataFrame:
    """Return how much an output varies between pictures of one person under one condition.

    Parameters
    ----------
    rows
        As for `paired_accuracy`.
    value
        "probability", or "logit" for scores of any unit.

    Returns
    -------
    pandas.DataFrame
        One row per change, classifier, label and what is shown; columns as in `RETEST_COLUMNS`. Empty without
        repeats.
    """
    from scipy.stats import chi2

    most = 1.0 if value == "probability" else np.inf
    groups = rows.groupby([*CELL, "label", *SET, "meant"], sort=False, observed=True)[value]
    sets = groups.agg(n="count", variance="var").reset_index()
    sets = sets[sets["n"] > 1]
    said = sets[sets["meant"] != ""]
    by_each = [said.assign(shown=said["meant"])] if len(sets["meant"].drop_duplicates()) > 1 else []
    several = pd.concat([sets.assign(shown=ALL), *by_each], ignore_index=True)
    found = []
    for key, each in several.groupby([*CELL, "label", "shown"], sort=False, observed=True):
        free = int((each["n"] - 1).sum())
        squares = float(((each["n"] - 1) * each["variance"]).sum())
        sem = np.sqrt(squares / free)
        low, high = np.sqrt(squares / chi2.ppf([0.975, 0.025], free))
        found.append(
            dict(zip([*CELL, "label", "shown"], key, strict=True))
            | {
                "sets": len(each),
                "pictures": int(each["n"].sum()),
                "sem": float(sem),
                "sem_low": float(low),
                "sem_high": float(high),
                "smallest_change": min(most, float(1.96 * np.sqrt(2) * sem)),
            }
        )
    return pd.DataFrame(found, columns=list(RETEST_COLUMNS))


def person_differences(rows: pd.DataFrame, *, value: Value = "probability") -> pd.DataFrame:
    """Return the outputs of every person under both conditions; columns as in `DIFFERENCE_COLUMNS`."""
    sets = _complete(_set_means(rows, ["label"], [value]), [*CELL, "label"])
    wide = sets.pivot_table(
        index=[*CELL, "label", "person", "cell"], columns="side", values=value, sort=False,
        observed=True,
    ).rename(columns={0: "first", 1: "second"})  # fmt: skip
    by_person = wide.groupby([*CELL, "label", "person"], sort=False, observed=True)
    found = by_person[["first", "second"]].mean().assign(pairs=by_person.size())
    found.insert(2, "difference", found["second"] - found["first"])
    return found.reset_index()[list(DIFFERENCE_COLUMNS)]


def _set_means(rows: pd.DataFrame, more: list[str], values: list[str]) -> pd.DataFrame:
    """Average the repeats: one row per person, labels and condition."""
    keys = [*CELL, *more, *SET]
    grouped = rows.groupby(keys, sort=False, observed=True)
    return grouped[values].mean().assign(repeats=grouped.size()).reset_index()


def _complete(sets: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Keep the pairs of which both halves were read."""
    halves = sets.groupby([*keys, "person", "cell"], sort=False, observed=True)["side"].transform("nunique")
    return sets[halves == BOTH]


def _judged(sets: pd.DataFrame, **options: Any) -> pd.DataFrame:
    if sets.empty:
        msg = "No person was read under both conditions: there is no pair."
        raise BadValueError(msg)
    pair = sets["person"].astype("str") + "\x1f" + sets["cell"].astype("str")
    table = sets.assign(face=pair, identity=sets["person"], strength=sets["side"].astype(np.float64))
    found = effects_over_faces(table, **options)
    words = {name: found[name].replace(WORDS) for name in MARGINS}
    notes = [remarks_of_pairs(text) for text in found["notes"]]
    return found.assign(**words, notes=notes).rename(columns=RENAMED)


def _fits(sentence: str) -> bool:
    """Tell whether a remark on sweeps of faces is one on pairs, too."""
    return "repeat at lower intensity" not in sentence and "have no rows here" not in sentence


def remarks_of_pairs(text: str) -> str:
    """Return the remarks on sweeps of faces that are some on pairs, too, in the words of pairs."""
    return " ".join(map(of_pairs, filter(_fits, sentences(text))))


def of_pairs(sentence: str) -> str:
    """Return a remark on changes of people in the words of pairs.

    >>> of_pairs("46 % of people fall by more than δ = .10 (at least 26 %), whatever the mean is.")
    '46 % of the differences are falls by more than δ = .10 (at least 26 %), whatever the mean is.'
    """
    told = re.sub(r"(mean of its [\d to]+) faces", r"\1 pairs", sentence)
    told = re.sub(r"of people (fall|rise) by", r"of the differences are \1s by", told)
    for word, other in REWORDED.items():
        told = told.replace(word, other)
    return told


def _counts(sets: pd.DataFrame, level: float) -> dict[str, Any]:
    """Count people and pairs of one classifier, and who is named as meant when."""
    wide = sets.pivot_table(index=["person", "cell"], columns="side", values="probability", sort=False)
    single = not wide.index.get_level_values("person").duplicated().any() and (sets["repeats"] == 1).all()
    people = wide.groupby(level="person", sort=False).mean()
    n = len(people)
    counts: dict[str, Any] = {"n": n, "pairs": len(wide), "test": MCNEMAR if single else FLIPS}
    for side, name in enumerate(("first", "second")):
        share = wilson(int(people[side].sum()), n) if single else None
        counts[name] = float(people[side].mean())
        counts[f"{name}_low"] = share.low if share else np.nan
        counts[f"{name}_high"] = share.high if share else np.nan
    change = wide[1] - wide[0]
    lost, gained = int((change < 0).sum()), int((change > 0).sum())
    counts["change"] = float((people[1] - people[0]).mean())
    counts["change_low"] = counts["change_high"] = np.nan
    if single:
        both = int(((wide[0] == 1) & (wide[1] == 1)).sum())
        ends = paired_difference(both, lost, gained, n - both - lost - gained, level)
        _, counts["change_low"], counts["change_high"] = ends
    return counts | {"lost": lost, "gained": gained, "p_mcnemar": exact_mcnemar(lost, gained)}
