"""Numbers of classifiers that lower their output, raw and beyond what a control holds fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.experiments.asymmetry.design import ARMS, CONTROLS, NEUTRAL, SEED, SIDES
from facelib.experiments.asymmetry.effects import ALL, GROUP, VALUES, groups, intended_rows, pairs
from facelib.interventions.intervention import held_fixed
from facelib.stats import describe_lowering, lowering
from facelib.stats.effects.activation import Lowering
from facelib.stats.effects.curves import Value
from facelib.stats.effects.few_people import ALPHA
from facelib.stats.effects.population import COLUMNS
from facelib.stats.effects.signflip import FLIPS
from facelib.studies.declared.hypothesis import INTENDED

if TYPE_CHECKING:
    import pandas as pd

BOTH: Final = "both"
FIXED: Final = MappingProxyType(
    {control: held_fixed(ARMS[control], ARMS["left"]) or "" for control in CONTROLS}
)
"""What each control holds fixed."""
CLAUSES: Final = MappingProxyType({side: f"the {side} side weakens" for side in SIDES})

LOWERING_COLUMNS: Final = MappingProxyType(
    {
        **GROUP,
        "value": COLUMNS["value"],
        "side": "the person's own side that weakens",
        "control": "total, displacement, or both: more than under either control",
        "k": "classifiers that lower their output: one-sided sign-flip test, corrected over K (Holm)",
        "k_because": "those that also fall more than under the control, with what it holds fixed",
        "total": "K",
        "k_uncorrected": "k without correction",
        "k_because_uncorrected": "k_because without correction",
        "classifiers": "names of the k",
        "because": "names of the k_because",
        "start_low": "smallest mean output at strength 0",
        "start_high": "largest",
        "n": "smallest number of identities",
        "alpha": "level",
        "seed": "of the sign flips",
        "sentence": "the counts in words",
    }
)
"""Columns of `asymmetry_lowering`, with their meaning."""


def asymmetry_lowering(
    table: pd.DataFrame,
    faces: pd.DataFrame,
    *,
    expressions: Sequence[str] | None = (ALL,),
    values: Sequence[Value] = VALUES,
    alpha: float = ALPHA,
    n_flips: int = FLIPS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Count the classifiers that lower their output, raw and beyond the controls.

    Returns
    -------
    pandas.DataFrame
        One row per side and control, columns as in `LOWERING_COLUMNS`. With the control "both" a classifier
        has to fall more than under either control.
    """
    import pandas as pd

    rows = []
    for expression, intensity, part in groups(intended_rows(table, faces), expressions):
        for value in values:
            for side in SIDES if expression != NEUTRAL else ():
                by_control = {
                    control: lowering(
                        part, ARMS[side], ARMS[control],
                        label=INTENDED, value=value, alpha=alpha, n_flips=n_flips, seed=seed,
                    )
                    for arm, control in pairs(part)
                    if arm == side and control in CONTROLS
                }  # fmt: skip
                common = {"expression": expression, "intensity": intensity, "value": value, "side": side}
                rows += [common | row for row in _counted(by_control, expression, side)]
    return pd.DataFrame(rows, columns=list(LOWERING_COLUMNS))


def _counted(found: Mapping[str, Lowering], expression: str, side: str) -> Iterator[dict[str, Any]]:
    label = "the expression shown" if expression == ALL else expression
    for control, one in found.items():
        named = replace(one, label=label)
        sentence = describe_lowering(named, fixed=FIXED[control], clause=CLAUSES[side])
        yield _count(one, control, one.because, one.k_because_uncorrected) | {"sentence": sentence}
    if len(found) < len(CONTROLS):
        return
    first, *others = found.values()
    because = tuple(name for name in first.because if all(name in other.because for other in others))
    sentence = (
        f"As {CLAUSES[side]}, {first.k} of {first.total} classifiers lower their output for {label}; "
        f"{len(because)} of {first.total} fall further than under both controls."
    )
    yield _count(first, BOTH, because, None) | {"sentence": sentence}


def _count(one: Lowering, control: str, because: Sequence[str], uncorrected: int | None) -> dict[str, Any]:
    return {
        "control": control,
        "k": one.k,
        "k_because": len(because),
        "total": one.total,
        "k_uncorrected": one.k_uncorrected,
        "k_because_uncorrected": np.nan if uncorrected is None else uncorrected,
        "classifiers": ", ".join(one.classifiers),
        "because": ", ".join(because),
        "start_low": one.start[0],
        "start_high": one.start[1],
        "n": one.n[0],
        "alpha": one.alpha,
        "seed": one.seed,
    }
