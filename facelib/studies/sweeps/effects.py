"""Statistics of a sweep of one face: size, order, placebos and verdict, one row per classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from facelib import stats
from facelib.classifiers.emotions import EMOTIONS, is_further, shortened
from facelib.errors import BadValueError, check_kind
from facelib.faces import Head
from facelib.interventions.placebos.kinds import LEAST_KINDS
from facelib.stats.corrections import adjust
from facelib.stats.effects.equivalence import BLIND, NO_FALL
from facelib.stats.effects.room import ASSAY
from facelib.stats.placebo import KIND_COLUMNS, LEAST_PLACEBOS
from facelib.stats.verdicts import LocalVerdict, excursion
from facelib.studies.sweeps.placebos import References
from facelib.utilities.wording import in_unit, interval, places_for, plain, shown_name, signed

if TYPE_CHECKING:
    from facelib.studies.sweeps.sweep import Sweep

COLUMNS = {
    "classifier": "id of the classifier",
    "label": "the class of interest",
    "intervention": "id of the intervention that was run",
    "unit": "of start, end, change, low, high, delta and epgm; empty: a probability, or a value without one",
    "start": "output at strength 0: a probability, or a value",
    "end": "output at strength 1",
    "change": "end minus start",
    "low": "lower end of the central 90 % of the change over picture and shaken copies; at most change",
    "high": "upper end of it; at least change",
    "delta": "margin, set before the run",
    "room": "how far the output can fall from strength 0; infinite of a value without bounds",
    "verdict": "changes, does not change, or cannot tell: [low, high] against ± delta; cannot fall that far: "
    "it doesn't change, and less than delta is there at strength 0; could not have shown it: it doesn't "
    "change, nor when the whole expression is taken away; or no such output",
    "sensitive": "whether the output moves by 2 delta or more when the whole expression is taken away; "
    "empty: the face shows none, or the output is of no emotion",
    "remark": "whether this picture is unusual among its own shaken copies, so that the verdict is open; how "
    "much is there to lose, where that is less than delta and the output isn't said to change; "
    "or that the classifier has no such output, and which it has: then there are no numbers",
    "epgm": "expected property gradient magnitude; compare at equal n",
    "total_variation": "sum of all steps, up and down",
    "signed": "mean gradient with its sign",
    "correlation": "Pearson's r with the strength",
    "mutual_information": "with the strength, in nats; NaN below 50 strengths",
    "flips": "how often the winning class changes along the strengths; none where outputs don't compete",
    "n": "number of strengths",
    "shuffle_p": "p of the shuffle test: order, not size",
    "shuffle_p_holm": "the same p, Holm-corrected over all classifiers and classes of the sweep",
    "shuffle_tests": "number of tests that it is corrected over",
    "shuffle_low": "lower end of its Monte-Carlo interval",
    "shuffle_high": "upper end of its Monte-Carlo interval",
    "shuffle_exact": "whether all orders were taken instead of a sample",
    "side": "whether epgm is larger or smaller than its shuffles'",
    "n_permutations": "shuffles",
    "order": "the shuffle test in words",
    "seed": "seed of shuffles and shaken copies",
    "as_much": "placebos of the same size with at least this change",
    "references": "placebos of the same size, which are ranked; 0 where fewer than half are",
    "reference_p": "rank among them, from 99 of ten kinds on",
    "kind_rate": "share of placebos of an unseen kind that this p would call unusual at .05",
    "unmatched": "placebos that could not reach the size at every strength: not ranked",
    "by_kind": "which kinds did as much",
    "epgm_thinned": "epgm on the strengths of the placebos",
    "epgm_as_much": "placebos with at least that epgm",
    "sentence": "the change in words",
}
"""Columns of what `effects` returns, with their meaning."""

ORDER_COLUMNS = {
    "classifier": "id of the classifier",
    "label": "the class",
    "epgm": "expected property gradient magnitude",
    "null_mean": "mean epgm over all orders",
    "side": "whether epgm is larger or smaller than that",
    "p": "p of the shuffle test: order, not size",
    "p_holm": "Holm-corrected over all tests of the table",
    "p_low": "lower end of the Monte-Carlo interval of p",
    "p_high": "upper end of the Monte-Carlo interval of p",
    "exact": "whether all orders were taken instead of a sample",
    "n": "number of strengths",
    "n_permutations": "shuffles, the same for all tests",
    "seed": "seed of the shuffles",
    "order": "the test in words",
}
"""Columns of what `order_tests` returns, with their meaning."""

SHUFFLES = 1000  # at least; more where Holm's correction needs them
MOST_SHUFFLES = 20_000  # whatever their number: a network of 1000 classes would need 100,000
CORRECTED_LEVEL = 0.01  # the corrected level that must be within reach

NO_OUTPUT = "no such output"
BLIND_TO = " It could not have shown it: without the whole expression it moves by {moved} only."
BLIND_HERE = (
    " It could not have shown it: with the expression taken out of its shape, where teeth, folds and shadows "
    "stay, the photograph moves it by {moved} only."
)
HARDLY_READ = " {classifier} hardly read {label} here to begin with ({start}): there is too little to lose."
VERDICTS = {
    "changes": "changes for {}",
    "does not change": "does not change for {}",
    NO_FALL: "has too little to lose for {}",
    BLIND: "could not have shown a change for {}",
    "cannot tell": "may or may not change for {}",
}


def effects(sweep: Sweep, label: str, *, delta: float, references: References | None = None) -> pd.DataFrame:
    """Return the local statistics of one class (METHODS: property gradient, shuffle test, verdict).

    Parameters
    ----------
    sweep
        The sweep.
    label
        A class of interest, one of those that the classifiers have.
    delta
        Margin in probability, or in the units of a value, set before the run.
    references
        Placebo sweeps that are in so far.

    Returns
    -------
    pandas.DataFrame
        One row per classifier, with the columns of `COLUMNS`. Of one that has no such output all numbers are
        missing, and ``remark`` says so.
    """
    if references is not None:
        check_kind(references, References, "What a sweep is compared with, the last of `run_references`,")
    orders = order_tests(sweep)
    tests = {test["classifier"]: test for test in orders[orders["label"] == label].to_dict("records")}
    rows = [
        _row(sweep, name, label, delta, references) | _order(tests[name], len(orders))
        if name in tests
        else _lacking(sweep, name, label, delta)
        for name in sweep.readings
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _lacking(sweep: Sweep, name: str, label: str, delta: float) -> dict[str, Any]:
    """Return the row of a classifier that has no such output."""
    lack = sweep.readings[name].classifier.lack(label)
    return {
        "classifier": name,
        "label": label,
        "intervention": sweep.intervention.id,
        "unit": _unit(sweep, label),
        "delta": delta,
        "verdict": NO_OUTPUT,
        "remark": lack,
        "n": len(sweep.strengths),
        "seed": sweep.seed,
        "shuffle_tests": 0,
        "shuffle_exact": False,
        "side": "",
        "n_permutations": 0,
        "order": "",
        "references": 0,
        "unmatched": 0,
        "by_kind": "",
        "sentence": lack,
    }


def order_tests(sweep: Sweep) -> pd.DataFrame:
    """Test every class of every classifier for order (shuffle test), raw and corrected for their number.

    All tests share their permutations. There are at least 1000, and as many as the smallest p needs to stay
    below .01 after Holm's correction: 4199 for 42 tests, 20,000 at most. Up to 8 strengths all
    orders are taken.

    Parameters
    ----------
    sweep
        The sweep.

    Returns
    -------
    pandas.DataFrame
        One row per classifier and class that it has, with the columns of `ORDER_COLUMNS`.
    """
    names = [
        (name, label)
        for name, reading in sweep.readings.items()
        if _finite(sweep, name)
        for label in reading.classifier.classes
    ]
    if not names:
        return pd.DataFrame(columns=list(ORDER_COLUMNS))
    needed = min(math.ceil(len(names) / CORRECTED_LEVEL) - 1, MOST_SHUFFLES)
    series = np.column_stack([sweep.series(name, label) for name, label in names])
    test = stats.shuffle_test(series, max(SHUFFLES, needed), seed=sweep.seed)
    low, high = np.asarray(test.p_interval)
    table = pd.DataFrame(names, columns=["classifier", "label"]).assign(
        epgm=test.epgm,
        null_mean=test.null_mean,
        side=test.side,
        p=test.p_value,
        p_holm=adjust(test.p_value, "holm"),
        p_low=low,
        p_high=high,
        exact=test.exact,
        n=test.n,
        n_permutations=test.n_permutations,
        seed=test.seed,
        order=[stats.describe_order(test.column(k)) for k in range(len(names))],
    )
    return table[list(ORDER_COLUMNS)]


def _finite(sweep: Sweep, name: str) -> bool:
    """Return True, or raise `BadValueError` that names a classifier whose outputs aren't all numbers."""
    shaken = sweep.replicates[name]
    outputs = np.concatenate([sweep.readings[name].probabilities, shaken.reshape(-1, shaken.shape[-1])])
    bad = ~np.isfinite(outputs).all(axis=1)
    if bad.any():
        where = [f"{strength:.2f}" for strength in sweep.strengths[bad[: len(sweep.strengths)]]]
        at = f"at the strengths {shortened(where)}" if where else "all of them shaken copies"
        msg = (
            f"{name} gives no finite outputs for {bad.sum()} of {len(bad)} pictures, {at}. Leave this "
            "classifier out, or look at what it computes of such pictures."
        )
        raise BadValueError(msg, hint="In Python: name the others by classifiers=.")
    return True


def reference_kinds(sweep: Sweep, references: References, classifier: str, label: str) -> pd.DataFrame:
    """Rank the change of one output among placebos, kind by kind.

    Parameters
    ----------
    sweep, references
        A sweep and what stands beside it.
    classifier, label
        Which output.

    Returns
    -------
    pandas.DataFrame
        As `facelib.stats.reference_kinds`: which kinds did as much, and which would themselves be called
        unusual by all others, of those of the same size. Without such ones it has no rows.
    """
    if not references.comparable:
        return pd.DataFrame(columns=list(KIND_COLUMNS))
    series, placebos = sweep.series(classifier, label), references.changes(classifier, label)
    placebos = placebos[placebos["matched"]]
    change = abs(float(series[-1] - series[0]))
    return stats.reference_kinds(change, placebos["change"].abs(), placebos["kind"].tolist())


def _order(test: Mapping[Any, Any], tests: int) -> dict[str, Any]:
    """Return a row of `order_tests` under the names that it has in `effects`."""
    return {
        "shuffle_p": test["p"],
        "shuffle_p_holm": test["p_holm"],
        "shuffle_tests": tests,
        "shuffle_low": test["p_low"],
        "shuffle_high": test["p_high"],
        "shuffle_exact": test["exact"],
        "side": test["side"],
        "n_permutations": test["n_permutations"],
        "order": test["order"],
    }


def _row(sweep: Sweep, name: str, label: str, delta: float, references: References | None) -> dict[str, Any]:
    column = sweep.readings[name].classifier.index_of(label)
    series = sweep.series(name, label)
    replicates = sweep.replicates[name][:, :, column].astype(np.float64)
    change = float(series[-1] - series[0])
    verdict = stats.local_verdict(replicates[:, 1] - replicates[:, 0], delta=delta, shown=change)
    scale = sweep.readings[name].classifier.scales.get(label)
    there = float(series[0]) - lowest(sweep, name, label)
    moved = without(sweep, name, label)
    word, remark = _could(verdict, there, moved, delta, None if scale is None else scale.unit)
    gradient = stats.property_gradient(series)
    outputs = sweep.readings[name].probabilities.astype(np.float64)
    one_of_several = scale is None and not sweep.readings[name].classifier.multi_label
    flips = stats.property_gradient(outputs).flips if one_of_several else None
    row: dict[str, Any] = {
        "classifier": name,
        "label": label,
        "intervention": sweep.intervention.id,
        "unit": _unit(sweep, label),
        "start": float(series[0]),
        "end": float(series[-1]),
        "change": change,
        "low": verdict.interval[0],
        "high": verdict.interval[1],
        "delta": delta,
        "room": there,
        "verdict": word,
        "sensitive": None if moved is None else bool(abs(moved) >= ASSAY * delta),
        "remark": remark,
        "epgm": gradient.epgm,
        "total_variation": gradient.total_variation,
        "signed": gradient.signed,
        "correlation": gradient.correlation,
        "mutual_information": gradient.mutual_information,
        "flips": flips,
        "n": len(series),
        "seed": sweep.seed,
        "as_much": None,
        "references": 0,
        "reference_p": None,
        "kind_rate": None,
        "unmatched": 0,
        "by_kind": "",
        "epgm_thinned": None,
        "epgm_as_much": None,
    }
    rank = None
    if references is not None and len(references):
        row["unmatched"] = references.unmatched
    if references is not None and references.comparable:
        placebos = references.changes(name, label)
        placebos = placebos[placebos["matched"]]
        ends, kinds = placebos["change"].abs(), placebos["kind"].tolist()
        rank = stats.reference_rank(abs(change), ends, kinds)
        rank = replace(
            rank,
            text=rank.text + unmatched_words(references.unmatched) + few_kinds(kinds),
            p_value=rank.p_value if references.enough_kinds else None,
        )
        row |= {
            "as_much": rank.exceed,
            "references": rank.total,
            "reference_p": rank.p_value,
            "by_kind": ", ".join(f"{kind} {much} of {of}" for kind, much, of in rank.by_kind if much),
        }
        if rank.p_value is not None and len(rank.by_kind) > 1:
            row["kind_rate"] = stats.leave_one_kind_out(ends, kinds)
        thinned = stats.property_gradient(series[references.steps]).epgm
        row |= {
            "epgm_thinned": thinned,
            "epgm_as_much": stats.reference_rank(float(thinned), placebos["epgm"], kinds).exceed,
        }
    row["sentence"] = stats.describe_change(
        clause=sweep.clause,
        classifier=name,
        label=label,
        change=change,
        reference=rank,
        verdict=verdict,
        on_the_way=excursion(series, sweep.strengths, delta=delta),
        unit=None if scale is None else scale.unit,
    )
    if not rank and references is not None:
        row["sentence"] += unmatched_words(row["unmatched"], of=len(references))
    if word != "changes" and there < delta and scale is None:
        row["sentence"] += HARDLY_READ.format(classifier=name, label=label, start=plain(row["start"]))
    if word == BLIND:
        said = BLIND_TO if isinstance(sweep.face, Head) else BLIND_HERE
        row["sentence"] += said.format(moved=signed(moved or 0.0))
    return row


def _could(
    verdict: LocalVerdict, there: float, moved: float | None, delta: float, unit: str | None
) -> tuple[str, str]:
    """Return the word and the remark of a verdict, where the output could have shown the opposite or not."""
    word: str = verdict.verdict
    remarks = [verdict.remark]
    if word != "changes" and there < delta:
        word = NO_FALL if word == "does not change" else word
        remarks.append(f"only {in_unit(plain(there, places_for(delta)), unit)} is there to lose")
    if word == "does not change" and moved is not None and abs(moved) < ASSAY * delta:
        word = BLIND
        remarks.append(f"without the expression it moves by {signed(moved)}")
    return word, "; ".join(filter(None, remarks))


def without(sweep: Sweep, name: str, label: str) -> float | None:
    """Return the change of an emotion's output as the whole expression is taken away; None: not known."""
    reading = sweep.readings[name]
    column = reading.classifier.index_of(label)
    if name not in sweep.rested or column is None or label in reading.classifier.scales:
        return None
    if label not in EMOTIONS and not is_further(label):
        return None
    return float(sweep.rested[name][column] - reading.probabilities[0, column])


def lowest(sweep: Sweep, name: str, label: str) -> float:
    """Return the lower end of an output: 0 of a probability, −∞ of a value without bounds."""
    scale = sweep.readings[name].classifier.scales.get(label)
    return 0.0 if scale is None else scale.low


def _unit(sweep: Sweep, label: str) -> str:
    scale = sweep.scale(label)
    return "" if scale is None else scale.unit


def few_kinds(kinds: Sequence[str]) -> str:
    """Say that placebos are of too few kinds for a p, where there are enough of them.

    >>> few_kinds(["shift", "crop"] * 50)
    '; of 2 kinds only, too few for a p'
    >>> few_kinds(["shift", "crop"])
    ''
    """
    count = len(set(kinds))
    few = count < LEAST_KINDS and len(kinds) >= LEAST_PLACEBOS
    return f"; of {count} kind{'s' * (count > 1)} only, too few for a p" if few else ""


def unmatched_words(unmatched: int, of: int = 0) -> str:
    """Say that placebos don't count, beside those that do; or of how many, where nothing is compared.

    >>> unmatched_words(11)
    '; 11 others could not be made as large'
    >>> unmatched_words(97, of=99)
    ' 97 of 99 placebos could not be made as large: no comparison.'
    """
    if not unmatched:
        return ""
    if not of:
        return f"; {unmatched} other{'s' * (unmatched > 1)} could not be made as large"
    return f" {unmatched} of {of} placebo{'s' * (of > 1)} could not be made as large: no comparison."


def summarise(table: pd.DataFrame, clause: str) -> str:
    """Describe in one sentence the effect of a change on each classifier for this face.

    Parameters
    ----------
    table
        What `effects` returned.
    clause
        What happens, as `Intervention.clause` says it.

    Examples
    --------
    >>> row = {"label": "happy", "change": -0.62, "classifier": "fer"}
    >>> summarise(pd.DataFrame([{**row, "verdict": "changes"}]), "the left side weakens")
    'As the left side weakens, the output for happy changes for fer (−.62).'
    >>> summarise(pd.DataFrame([{**row, "verdict": "cannot tell"}]), "the left side weakens")
    'As the left side weakens, the output for happy may or may not change for fer (−.62).'
    """
    table = table[table["verdict"].isin(VERDICTS)]
    if table.empty:
        return ""
    parts = []
    for verdict, sentence in VERDICTS.items():
        rows = table[table["verdict"] == verdict]
        if len(rows):
            shaken = verdict == "cannot tell" and {"low", "high"} <= set(rows.columns)
            places = places_for(float(rows.get("delta", pd.Series([math.nan])).iloc[0]))
            names = [
                f"{shown_name(row['classifier'])} ({in_unit(signed(row['change'], places), row.get('unit'))}"
                + (f"; {interval(row['low'], row['high'], places)} in shaken copies)" if shaken else ")")
                for row in rows.to_dict("records")
            ]
            parts.append(sentence.format(", ".join(names)))
    return f"As {clause}, the output for {table['label'].iloc[0]} {'; '.join(parts)}."
