"""What a sweep shows about one face: size, order, reference and verdict, one row a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from facelib import classifiers as zoo
from facelib import stats

if TYPE_CHECKING:
    from facelib.studies.references import References
    from facelib.studies.sweep import Sweep

VERDICTS = {
    "changes": "changes for {}",
    "does not change": "does not change for {}",
    "cannot tell": "can't be told for {}",
}


def effects(sweep: Sweep, label: str, *, delta: float, references: References | None = None) -> pd.DataFrame:
    """Return the local statistics of one class (METHODS: property gradient, shuffle test, verdict).

    Parameters
    ----------
    sweep
        The sweep.
    label
        A common emotion.
    delta
        Margin in probability, set before the run.
    references
        Reference sweeps that are in so far.

    Returns
    -------
    pandas.DataFrame
        One row a classifier that has the class: ``start``, ``end``, ``change``, the replicates' interval
        ``low`` and ``high``, ``verdict``, ``sentence``; ``epgm`` and its companions; ``shuffle_p`` with its
        Monte-Carlo interval, ``side`` and ``order`` in words; ``as_much`` of ``references`` harmless changes,
        ``unmatched`` of which could not reach the intervention's size; from 99 on ``reference_p`` and the
        rate at which a harmless kind itself would be called unusual at .05 (``kind_rate``).
    """
    rows = [
        _row(sweep, name, label, delta, references)
        for name in sweep.classifiers
        if zoo.load(name).index_of(label) is not None
    ]
    return pd.DataFrame(rows)


def _row(sweep: Sweep, name: str, label: str, delta: float, references: References | None) -> dict[str, Any]:
    column = zoo.load(name).index_of(label)
    series = sweep.series(name, label)
    replicates = sweep.replicates[name][:, :, column].astype(np.float64)
    verdict = stats.local_verdict(replicates[:, 1] - replicates[:, 0], delta=delta)
    gradient = stats.property_gradient(series)
    flips = stats.property_gradient(sweep.readings[name].probabilities.astype(np.float64)).flips
    shuffle = stats.shuffle_test(series, seed=sweep.seed)
    change = float(series[-1] - series[0])
    row: dict[str, Any] = {
        "classifier": name,
        "label": label,
        "intervention": sweep.intervention.id,
        "start": float(series[0]),
        "end": float(series[-1]),
        "change": change,
        "low": verdict.interval[0],
        "high": verdict.interval[1],
        "delta": delta,
        "verdict": verdict.verdict,
        "epgm": gradient.epgm,
        "total_variation": gradient.total_variation,
        "signed": gradient.signed,
        "correlation": gradient.correlation,
        "flips": flips,
        "n": len(series),
        "shuffle_p": shuffle.p_value,
        "shuffle_low": shuffle.p_interval[0],
        "shuffle_high": shuffle.p_interval[1],
        "side": shuffle.side,
        "n_permutations": shuffle.n_permutations,
        "order": stats.describe_order(shuffle),
        "seed": sweep.seed,
        "as_much": None,
        "references": 0,
        "reference_p": None,
        "kind_rate": None,
        "unmatched": 0,
    }
    rank = None
    if references is not None and len(references):
        curves = references.series(name, label)
        ends = np.abs(curves[:, -1] - curves[:, 0])
        rank = stats.reference_rank(abs(change), ends, references.kinds)
        row |= {
            "as_much": rank.exceed,
            "references": rank.total,
            "reference_p": rank.p_value,
            "unmatched": references.unmatched,
        }
        if rank.p_value is not None:
            row["kind_rate"] = stats.leave_one_kind_out(ends, references.kinds)
        thinned = stats.property_gradient(series[references.steps]).epgm
        epgms = stats.property_gradient(curves.T).epgm
        row |= {
            "epgm_thinned": thinned,
            "epgm_as_much": int(np.sum(np.asarray(epgms) >= thinned * (1 - 1e-9))),
        }
    row["sentence"] = stats.describe_change(
        clause=sweep.intervention.clause, classifier=name, label=label, change=change, reference=rank
    )
    return row


def summarise(table: pd.DataFrame, clause: str) -> str:
    """Say in one sentence what a change does to each classifier on this face.

    Parameters
    ----------
    table
        What `effects` returned.
    clause
        What happens, as `Intervention.clause` says it.

    Examples
    --------
    >>> row = {"label": "happy", "change": -0.62}
    >>> summarise(pd.DataFrame([{**row, "classifier": "fer", "verdict": "changes"}]), "the left side weakens")
    'As the left side weakens, the output for happy changes for fer (−.62).'
    """
    if table.empty:
        return ""
    parts = []
    for verdict, words in VERDICTS.items():
        chosen = table[table["verdict"] == verdict]
        if len(chosen):
            names = [
                f"{name} ({signed(change)})"
                for name, change in zip(chosen["classifier"], chosen["change"], strict=True)
            ]
            parts.append(words.format(", ".join(names)))
    return f"As {clause}, the output for {table['label'].iloc[0]} {'; '.join(parts)}."


def signed(value: float) -> str:
    """Return a number with its sign, as statisticians write it.

    >>> signed(-0.623)
    '−.62'
    """
    text = f"{abs(value):.2f}"
    text = text[1:] if text.startswith("0") else text
    return ("−" if value < 0 else "+") + text
