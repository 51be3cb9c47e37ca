"""The same people with and without sEMG electrodes: accuracy of classifiers before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from facelib import interventions, stats
from facelib.classifiers import EMOTIONS, Classifier
from facelib.errors import BadValueError
from facelib.experiments.power_of_properties.design import SEED, labelled_population
from facelib.faces import Head
from facelib.head.head import ExpressionSet
from facelib.stats.classification import exact_mcnemar, wilson
from facelib.studies.interventional import InterventionalStudy
from facelib.studies.sweeps.sweep import DELTA

if TYPE_CHECKING:
    import pandas as pd

PAIRS: Final = 350
LABORATORY: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "electrodes": None,
        "glasses": 0.0,
        "pose": (0.0, 0.0, 0.0),
        "light": "studio",
        "intensity": 1.0,
        "left": 1.0,
        "right": 1.0,
        "palsy": 0.0,
        "palsy_side": "left",
    }
)
ALL: Final = "all"
BEFORE, AFTER = 0.0, 1.0
SCHEMES: Final = MappingProxyType(
    {"fridlund": "electrodes", "kuramoto": "electrodes(scheme=kuramoto)"},
)
"""Names of the interventions in tables, by the scheme whose electrodes are attached."""

ELECTRODE_COLUMNS: Final = {
    "scheme": "whose positions: fridlund (22 electrodes) or kuramoto (19)",
    "classifier": "id of the classifier",
    "expression": "that is shown, or all",
    "expression_set": "of rendered heads: facs or tuned; empty of photographs",
    "n": "people who show an expression that the classifier knows, read with and without electrodes",
    "right_before": "how many are named as they are meant, without electrodes",
    "accuracy_before": "right_before / n",
    "before_low": "lower end of Wilson's 95 % interval",
    "before_high": "upper end of it",
    "right_after": "how many with electrodes",
    "accuracy_after": "right_after / n",
    "after_low": "lower end of Wilson's 95 % interval",
    "after_high": "upper end of it",
    "lost": "people named rightly without electrodes only",
    "gained": "people named rightly with electrodes only",
    "accuracy_change": "accuracy_after - accuracy_before",
    "p": "exact McNemar test, two-sided: lost against gained, like a coin; 1 where neither happened, NaN "
    "where someone comes several times: pairs of one person aren't independent",
    "p_holm": "Holm over classifiers and schemes (all expressions), or over these and expressions",
    "start": "mean probability of the expression that is shown, without electrodes",
    "change": "mean change of it, over people",
    "low": "lower end of its interval, level 1 - alpha",
    "high": "upper end of it",
    "verdict": "matters, does not matter, or cannot tell, at delta",
    "delta": "margin in probability, set before the run",
    "alpha": "level",
}
"""Columns of `electrodes_table`, with their meaning."""


def electrode_faces(
    n: int = PAIRS, seed: int = SEED + 1, *, expression_set: ExpressionSet = "facs"
) -> list[Head]:
    """Return people as in a laboratory: frontal, in studio light, whole expressions, nothing worn.

    Who they are is drawn as in `labelled_population`; with its usual seed they are other people.

    Parameters
    ----------
    n, seed
        How many, and of what is drawn.
    expression_set
        "facs", plain: several classifiers read few of them, so there is little to lose; or "tuned", read
        better, by classifiers that they were tuned on above all.

    Examples
    --------
    >>> {(head.electrodes, head.glasses, head.intensity) for head in electrode_faces(7)}
    {(None, 0.0, 1.0)}
    """
    people = labelled_population(n, seed, expression_set=expression_set)
    return [head.replace(**LABORATORY) for head in people]


def bare_people(
    faces: Sequence[Any] | None, n: int = PAIRS, *, expression_set: ExpressionSet = "facs"
) -> list[Any]:
    """Return the people that electrodes are attached to: those given, or `electrode_faces`.

    Raises
    ------
    BadValueError
        If someone wears electrodes already.
    """
    people: list[Any] = [*electrode_faces(n, expression_set=expression_set)] if faces is None else [*faces]
    if any(isinstance(one, Head) and one.electrodes is not None for one in people):
        msg = "Some heads wear electrodes already: take them off with head.replace(electrodes=None)."
        raise BadValueError(msg)
    return people


def known_schemes(schemes: Sequence[str]) -> list[str]:
    """Return names of schemes as a list.

    Raises
    ------
    BadValueError
        If there is none, or one is unknown.
    """
    if not schemes or isinstance(schemes, str) or not set(schemes) <= set(SCHEMES):
        msg = f"Schemes are a list of {', '.join(SCHEMES)}; got {schemes!r}."
        raise BadValueError(msg)
    return [*schemes]


def paired_electrodes(
    faces: Sequence[Head] | None = None,
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    schemes: Sequence[str] = tuple(SCHEMES),
    size: int = 224,
    delta: float = DELTA,
    alpha: float = 0.05,
    seed: int = SEED,
    name: str = "Electrodes: the same people with and without",
) -> InterventionalStudy:
    """Declare the study: every person without electrodes, and with all of a scheme; nothing between.

    Parameters
    ----------
    faces
        Heads; those that wear electrodes are refused. None: `electrode_faces`.
    classifiers
        None: all pretrained ones that are available on this machine.
    schemes
        Of `SCHEMES`.
    size, delta, alpha, seed, name
        As for `facelib.InterventionalStudy`.

    Raises
    ------
    BadValueError
        If someone wears electrodes already, or a scheme is unknown.

    Examples
    --------
    >>> study = paired_electrodes(electrode_faces(7), ["known_unbiased"], size=64)
    >>> [arm.name for arm in study.arms], study.steps
    (['electrodes', 'electrodes(scheme=kuramoto)'], 2)
    """
    return InterventionalStudy(
        faces=bare_people(faces),
        interventions=[interventions.get("electrodes", scheme=one) for one in known_schemes(schemes)],
        classifiers=classifiers,
        steps=2,
        size=size,
        measured=("electrodes",),
        delta=delta,
        alpha=alpha,
        seed=seed,
        name=name,
    )


def electrodes_table(result: Any) -> pd.DataFrame:
    """Return accuracy with and without electrodes, and the change of the intended output, per classifier.

    Parameters
    ----------
    result
        Of `paired_electrodes`.

    Returns
    -------
    pandas.DataFrame
        One row per scheme, classifier and expression ("all" first); columns as in `ELECTRODE_COLUMNS`.
    """
    settings = result.settings
    sets = result.faces["expression_set"].unique() if "expression_set" in result.faces else []
    return paired_table(
        result.sound,
        delta=settings["delta"],
        alpha=settings["alpha"],
        seed=settings["seed"],
        expression_set=" and ".join(map(str, sets)),
    )


def paired_table(
    table: pd.DataFrame,
    *,
    delta: float = DELTA,
    alpha: float = 0.05,
    seed: int = 0,
    expression_set: str = "",
) -> pd.DataFrame:
    """Return the table of `electrodes_table` from tidy rows with ``expression`` and ``identity``.

    Parameters
    ----------
    table
        face, identity, expression, intervention, strength (0 and 1), classifier, label, logit, probability.
    delta, alpha, seed
        Margin, level, and seed of flips and resamples.
    expression_set
        What stands in this column.

    Raises
    ------
    BadValueError
        If no face was read both with and without.
    """
    import pandas as pd

    named = paired_names(table)
    intended = table[table["label"] == table["expression"]]
    how: dict[str, Any] = {"delta": delta, "alpha": alpha, "seed": seed}
    whole = _family(named.assign(label=ALL), intended.assign(label=ALL), **how)
    each = _family(named.assign(label=named["expression"]), intended, **how)
    found = pd.concat([whole, each], ignore_index=True).rename(columns={"label": "expression"})
    schemes = {name: scheme for scheme, name in SCHEMES.items()}
    found["expression_set"] = expression_set
    found["scheme"] = [schemes.get(str(name), str(name)) for name in found["intervention"]]
    order = {name: place for place, name in enumerate(_in_order(found))}
    found = found.sort_values(
        ["scheme", "classifier", "expression"], key=lambda column: column.map(order), kind="stable"
    )
    return found[list(ELECTRODE_COLUMNS)].reset_index(drop=True)


def paired_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each person and classifier, whether the class with the largest output is the one shown.

    Classes that the classifier doesn't know can't be named: who shows one is left out.

    Returns
    -------
    pandas.DataFrame
        intervention, classifier, face, identity, expression, before, after (bool).

    Raises
    ------
    BadValueError
        If no face was read both with and without.
    """
    keys = ["intervention", "classifier", "face", "identity", "expression", "strength"]
    ends = table[table["strength"].isin((BEFORE, AFTER))]
    first = ends.loc[ends.groupby(keys, sort=False, observed=True)["logit"].idxmax()]
    right = first.assign(right=first["label"] == first["expression"])
    wide = right.pivot_table(index=keys[:-1], columns="strength", values="right", sort=False, observed=True)
    classes = set(zip(table["classifier"], table["label"], strict=True))
    if not {BEFORE, AFTER} <= set(wide.columns) or wide.dropna().empty:
        msg = "Pairs need every face at strength 0 and 1: without electrodes, and with them."
        raise BadValueError(msg)
    pairs = wide[[BEFORE, AFTER]].dropna().astype(bool).reset_index()
    pairs.columns = [*keys[:-1], "before", "after"]
    can = [pair in classes for pair in zip(pairs["classifier"], pairs["expression"], strict=True)]
    return pairs[can].reset_index(drop=True)


def _family(pairs: pd.DataFrame, intended: pd.DataFrame, **how: Any) -> pd.DataFrame:
    """Return counts and effects per intervention, classifier and label; p are corrected over these rows."""
    import pandas as pd

    keys = ["intervention", "classifier", "label"]
    counted = pd.DataFrame(
        [
            dict(zip(keys, key, strict=True)) | _counted(cells)
            for key, cells in pairs.groupby(keys, sort=False)
        ]
    )
    counted["p_holm"] = stats.adjust(counted["p"], "holm")
    effects = stats.effects_over_faces(intended, **how).rename(columns={"mean": "change"})
    judged = ["start", "change", "low", "high", "verdict", "delta", "alpha"]
    return counted.merge(effects[[*keys, *judged]], on=keys, how="left")


def _counted(pairs: pd.DataFrame) -> dict[str, Any]:
    """Return the counts over pairs: both accuracies with Wilson's intervals, and McNemar's test."""
    n = len(pairs)
    before, after = pairs["before"].to_numpy(bool), pairs["after"].to_numpy(bool)
    lost, gained = int((before & ~after).sum()), int((~before & after).sum())
    counts: dict[str, Any] = {"n": n}
    for name, right in (("before", before), ("after", after)):
        share = wilson(int(right.sum()), n)
        counts |= {
            f"right_{name}": int(right.sum()),
            f"accuracy_{name}": share.value,
            f"{name}_low": share.low,
            f"{name}_high": share.high,
        }
    p = exact_mcnemar(lost, gained)
    if pairs["identity"].duplicated().any():
        p = float("nan")
    return counts | {"lost": lost, "gained": gained, "accuracy_change": (gained - lost) / n, "p": p}


def _in_order(found: pd.DataFrame) -> Iterator[str]:
    """Give schemes, classifiers and expressions in the order in which tables show them."""
    yield from SCHEMES
    yield from dict.fromkeys(found["classifier"].astype(str))
    yield from (ALL, *EMOTIONS)
