"""How far a study is: one count of what is done, failed and missing, wherever it is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.store import Contents


@dataclass(frozen=True)
class Counts:
    """How many units (one face × one intervention) are done, failed and missing.

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
    def others(self) -> str:
        """What isn't done, as it follows the number that is; "" if all is.

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
        One row a face, intervention and reader: its table of units.
    there
        What the store holds; None: nothing.
    """
    parts, failed = (set(), set()) if there is None else (set(there.parts), set(there.failed))
    rows = units.assign(there=units["unit"].isin(parts), failed=units["unit"].isin(failed))
    jobs = rows.groupby(["face", "intervention"], sort=False)
    run, bad = jobs["there"].all(), jobs["there"].all() & jobs["failed"].any()
    return Counts(int((run & ~bad).sum()), int(bad.sum()), int((~run).sum()))
