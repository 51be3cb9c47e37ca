"""Manipulation checks: how far an intervention moves its own property, and how far it leaks into others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib import interventions, properties
from facelib.errors import BadValueError
from facelib.faces import Head, sample_heads
from facelib.interventions import Intervention
from facelib.properties import PROPERTIES
from facelib.properties.clinical.measures import NAMES as CLINICAL
from facelib.properties.property import ALIKE
from facelib.studies.sweeps.demonstration import demonstration_head
from facelib.studies.sweeps.frames import even_strengths, make_frames
from facelib.utilities.progress import Report, reporting

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

LEAK: Final = 0.5
"""Spreads of a property between people from which on an intervention leaks into it (our choice)."""
STEPS: Final = 5
HEADS, SEED = 40, 20261126
QUARTER: Final = 0.25  # of the usual range stands for the spread of people who are alike (both our choice)

MANIPULATION_COLUMNS: Final = {
    "intervention": "id of the intervention",
    "property": "name of the measured property",
    "own": "whether this is the property that the intervention is meant to move",
    "placebo": "whether it is a placebo (a harmless change of the picture)",
    "heads": "heads on which the property could be measured",
    "start": "mean at strength 0, in the property's unit",
    "change": "mean change from strength 0 to 1",
    "change_sd": "standard deviation of that change between heads",
    "spread": "standard deviation of the property between heads at strength 0; if that is below 2 % of its "
    "usual range, a quarter of the range",
    "moved": "change / spread",
    "monotone": "Spearman correlation of the strength with the mean over heads; NaN where it doesn't change",
    "same_way": "share of heads that change as the mean does",
    "leaks": "whether a property that isn't meant is moved by LEAK spreads or more",
    "seen": "in the rows of an independent reader of the intervention (READERS): whether it sees it, moved "
    "by one spread or more and the same way in nine of ten heads; empty in all others",
}
"""Columns of a manipulation check, with their meaning."""


READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "age": "estimated_age",
        "gender": "estimated_gender",
        "expression": "activation",
        "intensity": "activation",
        "asymmetric_expression": "activation_asymmetry",
        "palsy": "activation_asymmetry",
        "symmetrise": "appearance_symmetry",
        "skin_tone": "skin_tone",
    }
)
"""Who sees an intervention without knowing what was set: networks, or for skin tone and symmetry of
appearance the pixels. Of electrodes, glasses, hair and the like there is none here."""
SEEN: Final = (1.0, 0.9)
"""Spreads, and share of heads that go the same way, from which on an intervention is seen (our choice)."""


def manipulation_check(
    heads: Sequence[Head],
    names: Sequence[str | Intervention] | None = None,
    measured: Sequence[str] | None = None,
    *,
    steps: int = STEPS,
    size: int = 224,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return how far interventions move measured properties, over several people.

    Some interventions go up for one head and down for another (age: toward the farther end). Heads whose own
    property goes the other way than most are turned around, in all properties, before anything is averaged.

    Parameters
    ----------
    heads
        At least two; their spread is the yardstick, so they should differ as people do.
    names
        Interventions, or their ids; None: all. Each starts from the heads as `demonstration_head` dresses
        them: tape needs electrodes, a synkinesis needs a palsy.
    measured
        Names of properties; None: all but the disagreement of estimators and the clinical measures, which
        have a table of their own (``facelib.data.table("clinical_error")``).
    steps
        Strengths from 0 to 1.
    size
        Of the pictures, px.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts interventions.

    Returns
    -------
    pandas.DataFrame
        One row per intervention and property, with the columns of `MANIPULATION_COLUMNS`.

    Raises
    ------
    BadValueError
        If there are fewer than two heads, something else than heads, or nothing to move or to measure.
    UnknownNameError
        If there is no such intervention or property.

    Examples
    --------
    >>> from facelib import sample_heads
    >>> table = manipulation_check(sample_heads(3), ["blur"], ["sharpness", "age"], steps=3, size=96)
    >>> table[["property", "own", "leaks"]].values.tolist()
    [['sharpness', True, False], ['age', False, False]]
    """
    import pandas as pd

    people = list(heads)
    if len(people) < 2 or not all(isinstance(head, Head) for head in people):
        kinds = ", ".join(sorted({type(head).__name__ for head in people})) or "nothing"
        msg = f"A manipulation check needs two heads or more; got {len(people)} ({kinds})."
        raise BadValueError(msg)
    changes = [interventions.get(name) for name in names] if names is not None else interventions.ordered()
    wanted = _all_properties() if measured is None else list(measured)
    if not (changes and wanted):
        msg = (
            "A manipulation check needs an intervention and a property, or more; "
            f"got {len(changes)} and {len(wanted)}."
        )
        raise BadValueError(msg)
    for name in wanted:
        PROPERTIES[name]  # an unknown one is named before anything is rendered
    strengths = even_strengths(steps)
    tables = []
    with reporting(progress, len(changes), unit="intervention") as report:
        for done, intervention in enumerate(changes, start=1):
            dressed = [demonstration_head(intervention, head) for head in people]
            values = np.stack(
                [
                    properties.measure(make_frames(head, intervention, strengths, size=size).faces, wanted)
                    for head in dressed
                ]
            )
            turned = (
                _one_way(values, wanted.index(intervention.moves)) if intervention.moves in wanted else values
            )
            tables.append(_rows(intervention, wanted, turned, strengths))
            report.at(done, f"{intervention.id} is measured")
    return pd.concat(tables, ignore_index=True)


def usual_heads() -> list[Head]:
    """Return the 40 heads of the shipped check.

    Adults of all kinds, happy, frontal, with nothing on the face, and as asymmetric as people are (between 0
    and half of our scale: our choice).
    """
    rng = np.random.default_rng(SEED)
    return [
        head.replace(pose=(0, 0, 0), asymmetry=float(rng.uniform(0.0, 0.5)))
        for head in sample_heads(HEADS, seed=SEED, expressions=("happy",))
    ]


def _all_properties() -> list[str]:
    """Return all properties but the disagreement of estimators and the clinical measures."""
    return [name for name in PROPERTIES if not name.endswith("_spread") and name not in CLINICAL]


def _one_way(values: Floats, own: int) -> Floats:
    """Mirror, about strength 0, the heads whose own property goes the other way than most."""
    ways = np.sign(values[:, -1, own] - values[:, 0, own])
    most = 1.0 if np.nansum(ways) >= 0 else -1.0
    sign = np.where(ways == -most, -1.0, 1.0)[:, None, None]
    start = values[:, :1]
    turned: Floats = start + sign * (values - start)
    return turned


def _rows(
    intervention: Intervention, names: Sequence[str], values: Floats, strengths: Floats
) -> pd.DataFrame:
    """Return the rows of one intervention from values (heads, strengths, properties)."""
    import pandas as pd
    from scipy.stats import spearmanr

    rows = []
    for place, name in enumerate(names):
        curves = values[:, :, place]
        curves = curves[np.isfinite(curves).all(axis=1)]
        row: dict[str, object] = {
            "intervention": intervention.id,
            "property": name,
            "own": intervention.moves == name,
            "placebo": intervention.placebo,
            "heads": len(curves),
        }
        if len(curves) >= 2:
            change = curves[:, -1] - curves[:, 0]
            spread = _spread(curves[:, 0], name)
            mean = curves.mean(axis=0)
            still = np.ptp(mean) <= 1e-9 * max(abs(mean).max(), 1e-300)
            ranks = np.nan if still else float(spearmanr(strengths, mean).statistic)
            row |= {
                "start": mean[0],
                "change": change.mean(),
                "change_sd": change.std(ddof=1),
                "spread": spread,
                "moved": change.mean() / spread,
                "monotone": ranks,
                "same_way": float((np.sign(change) == np.sign(change.mean())).mean()),
            }
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=list(MANIPULATION_COLUMNS))
    table["leaks"] = ~table["own"] & (table["moved"].abs() >= LEAK)
    reads = table["intervention"].map(READERS) == table["property"]
    moved, alike = SEEN
    sees = (table["moved"].abs() >= moved) & (table["same_way"] >= alike)
    seen = pd.Series(pd.NA, index=table.index, dtype="boolean").mask(reads, sees)
    return table.assign(seen=seen)[list(MANIPULATION_COLUMNS)]


def _spread(values: Floats, name: str) -> float:
    """Return the standard deviation between people, or a quarter of the usual range if they are alike."""
    own, kind = float(values.std(ddof=1)), PROPERTIES[name]
    usual = kind.high - kind.low
    return own if own >= ALIKE * usual else QUARTER * usual
