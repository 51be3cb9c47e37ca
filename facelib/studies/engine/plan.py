"""Plan of a study, before its run: its pictures and its disk space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from facelib.models import size
from facelib.studies.counts import Counts
from facelib.utilities.short_repr import in_short

BYTES: Final = 8.0  # on disk, of a row of outputs: two compressed numbers, and words as codes
PART: Final = 12_000  # bytes of a part besides


@in_short()
@dataclass(frozen=True)
class Plan:
    """Plan of a study.

    Attributes
    ----------
    name
        Of the study.
    faces, identities, interventions, strengths, classifiers
        How many of each.
    units
        One face × one intervention each.
    done, failed
        Units that were run already, and those of them that failed: they aren't run again.
    pictures
        That are rendered or changed, and read by every classifier; of all units.
    rows
        Of the tidy table.
    bytes
        Estimated on disk.
    notes
        What to know before the start.
    refused
        Why a run in this folder would be refused unless it computes all anew; "" if it wouldn't.
    """

    name: str
    faces: int
    identities: int
    interventions: int
    strengths: int
    classifiers: int
    units: int
    done: int
    pictures: int
    rows: int
    bytes: float
    notes: tuple[str, ...] = ()
    refused: str = ""
    failed: int = 0

    @property
    def counts(self) -> Counts:
        """Numbers of units done, failed and missing."""
        return Counts(self.done - self.failed, self.failed, self.units - self.done)

    def __str__(self) -> str:
        """Return the plan in words."""
        changes = (
            f" × {self.interventions} {_plural('change', self.interventions)}" if self.interventions else ""
        )
        steps = f" × {self.strengths} strengths" if self.strengths > 1 else ""
        people = f" of {self.identities} {'person' if self.identities == 1 else 'people'}"
        readers = f"{self.classifiers} {_plural('classifier', self.classifiers)}"
        lines = [
            f"{self.name or 'Study'}: {self.faces} {_plural('face', self.faces)}{people}{changes}{steps} = "
            f"{self.pictures:,} pictures, read by {readers}.",
            f"Table: {self.rows:,} rows, about {size(self.bytes)} on disk.",
        ]
        if self.done:
            counts = self.counts
            lines.append(f"Done before: {counts.done} of {counts.total}{counts.others}.")
        return "\n".join([*lines, *self.notes, *filter(None, [self.refused])])

    def _repr_markdown_(self) -> str:
        return str(self).replace("\n", "  \n")


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"
