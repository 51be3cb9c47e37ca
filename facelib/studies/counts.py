"""Progress of a study: one count of units done, failed and missing, for every place that shows it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from facelib.studies.engine.record import UNIT_COLUMNS
from facelib.studies.engine.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from facelib.studies.engine.store import Contents

UNITS: Final = "units (one face × one change)"
"""What is counted, in words."""


def unchanged(settings: Mapping[str, Any]) -> bool:
    """Tell whether a study reads every face as it is, and nothing else: its units are faces."""
    return settings["kind"] in ("observational", "chimeric") or settings.get("after") == []


@dataclass(frozen=True)
class Counts:
    """Numbers of units (one face × one intervention) done, failed and missing.

    Attributes
    ----------
    done
        That were run, and nothing failed.
    failed
        That were run, and something failed: the change, a reading, a measure.
    missing
        That weren't run yet, or whose rows were lost.
    """

    done: int
    failed: int
    missing: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.done + self.failed + self.missing

    @property
    def failures(self) -> str:
        """The units that failed, as words after the number of those done; "" if none did.

        >>> Counts(42, 3, 5).failures
        ', 3 failed'
        """
        return f", {self.failed:,} failed" if self.failed else ""

    @property
    def others(self) -> str:
        """The units that aren't done, as words after the number that are; "" if all are.

        >>> Counts(42, 3, 0).others, Counts(8, 0, 0).others
        (', 3 failed', '')
        """
        rest = {"failed": self.failed, "missing": self.missing}
        return "".join(f", {number:,} {what}" for what, number in rest.items() if number)

    def __str__(self) -> str:
        """Return the count in words.

        >>> str(Counts(40, 3, 2))
        '40 of 45 done, 3 failed, 2 missing'
        """
        return f"{self.done:,} of {self.total:,} done{self.others}"


def count_units(units: pd.DataFrame, there: Contents | None) -> Counts:
    """Count the units of a study by what its store holds.

    Parameters
    ----------
    units
        One row per face, intervention and reader: its table of units.
    there
        What the store holds; None: nothing.
    """
    parts, failed = (set(), set()) if there is None else (set(there.parts), set(there.failed))
    rows = units.assign(there=units["unit"].isin(parts), failed=units["unit"].isin(failed))
    jobs = rows.groupby(["face", "intervention"], sort=False)
    run, bad = jobs["there"].all(), jobs["there"].all() & jobs["failed"].any()
    return Counts(int((run & ~bad).sum()), int(bad.sum()), int((~run).sum()))


def count_others(store: Store, foreign: Collection[str]) -> int:
    """Count the units (one face × one intervention) that a store holds for other studies.

    Parameters
    ----------
    store
        Where tables of units of all studies lie that were run in it; those that are damaged are left out.
    foreign
        Keys of what it holds beyond the present study.
    """
    jobs: set[tuple[object, ...]] = set()
    for path in store.find_tables("units-") if foreign else []:
        with suppress(StoreError):
            table = store.load_table(path, UNIT_COLUMNS)
            rows = table.loc[table["unit"].isin(foreign), ["face", "intervention", "strengths"]]
            jobs |= set(rows.itertuples(index=False, name=None))
    return len(jobs)


def count_lost(now: Counts, units: str, runs: Iterable[Mapping[str, Any]]) -> int | None:
    """Return how many units were there when a run ended, and aren't any more.

    Parameters
    ----------
    now
        What is there.
    units
        Name of the table of units that was counted: runs of other studies in the folder don't matter.
    runs
        As provenance has them.

    Returns
    -------
    int or None
        None: no run wrote down what was there; it was killed, or is of an older version.

    Examples
    --------
    >>> run = {"units": "units.parquet", "done": 7, "failed": 1}
    >>> count_lost(Counts(5, 1, 2), "units.parquet", [run]), count_lost(Counts(5, 1, 2), "units.parquet", [])
    (2, None)
    """
    found = [
        max(run["done"] - now.done, run["done"] + run["failed"] - now.done - now.failed, 0)
        for run in runs
        if run.get("units") == units and all(isinstance(run.get(name), int) for name in ("done", "failed"))
    ]
    return max(found, default=None)
