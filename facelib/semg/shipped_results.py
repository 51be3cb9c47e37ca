"""Shipped results of maps fitted to simulated recordings at full size, as small tables.

Made by ``benchmarks/muscles.py``. By design it is circular: faces were moved by the very map that was looked
for. The numbers say what the software can do at best, and nothing of humans.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from facelib.errors import PATHS, check_kind
from facelib.semg.evaluation import COLUMNS
from facelib.utilities.short_repr import in_short
from facelib.utilities.small_tables import SmallTables

if TYPE_CHECKING:
    import pandas as pd

SCORES: Final = MappingProxyType(
    {
        "source": '"true face units"; "read from the film" by the networks, frame by frame; and of some '
        'clips "read with electrodes", "read as they are taken off" (restoration.restored_frames) and "the '
        'same without", predicted by a map of films without'
    }
    | {name: meaning for name, meaning in COLUMNS.items() if name != "r2"}  # made before there was one
)
"""Columns of `MuscleResults.scores`, with their meaning."""
UNITS: Final = MappingProxyType(
    {
        "unit": "face unit that a recorded muscle moves",
        "rho": "Spearman's rank correlation of what was read and what is true, over all frames",
        "rho_low": "lower end of its 95 % interval: percentiles over resampled clips",
        "rho_high": "upper end",
        "low": "5th percentile of what was read",
        "high": "95th percentile; the true ones go from 0 to about 1",
        "best": "the unit whose read score follows this one's truth best",
        "best_rho": "its rank correlation",
    }
)
"""Columns of `MuscleResults.units`: how well the networks read face units."""
SYNCHRONISED: Final = MappingProxyType(
    {
        "clip": "name",
        "source": "as in the scores, or by what a map of the other session expects of what was read",
        "lag": "s, that was put in",
        "found": "s; missing where not synchronised",
        "grade": "see facelib.semg.synchronising.GRADES",
        "how": "consensus, or none",
        "error": "frames, found − put in",
    }
)
"""Columns of `MuscleResults.synchronised`."""


@in_short(table=lambda found: found.scores)
@dataclass(frozen=True, eq=False, kw_only=True)
class MuscleResults(SmallTables):
    """Tables of the round trip between simulated muscles and faces.

    Parameters
    ----------
    scores
        How well maps predict clips and sessions that they don't know; columns as in `SCORES`. What networks
        read of some units stays below .02 of 1 (mouthFrown, browDown, noseSneer): there `EMG2Expression`
        ranks moments well, but its ``skill`` may be far below 0.
    units
        How well face units are read; columns as in `UNITS`.
    weights
        The map that was found beside the declared one: which, unit, channel, weight.
    traces
        A clip of the session that was left out: seconds, name, true, told.
    synchronised
        Lags that were put in and found; columns as in `SYNCHRONISED`.
    about
        How they were made.
    """

    study = "muscles"
    folder = Path(__file__).with_name("results")
    script = "benchmarks/muscles.py"
    scores: pd.DataFrame
    units: pd.DataFrame
    weights: pd.DataFrame
    traces: pd.DataFrame
    synchronised: pd.DataFrame


def load_results(folder: str | Path | None = None) -> MuscleResults:
    """Return the tables that come with facelib, or those that ``benchmarks/muscles.py`` wrote.

    Raises
    ------
    BadValueError
        If the folder lacks one of them.

    Examples
    --------
    >>> scores = load_results().scores
    >>> true = scores[(scores["source"] == "true face units") & (scores["level"] == "group")]
    >>> bool((true["rho"] >= 0.9).all())
    True
    """
    check_kind(folder, (*PATHS, type(None)), "A path, or None for what comes with facelib,")
    return MuscleResults.load(folder)
