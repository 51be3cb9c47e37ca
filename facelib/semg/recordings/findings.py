"""Findings in recordings, videos and folders, in words, with a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from facelib.errors import BadValueError, check_all

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["note", "warning", "error"]
"""A note is good to know; a warning may change results; an error makes that part useless."""

FINDING_COLUMNS: Final = MappingProxyType(
    {
        "severity": "note, warning or error",
        "what": "which check found it",
        "channel": "channel that it is about; empty: all",
        "clip": "clip that it is about; empty: the recording or folder as a whole",
        "words": "what was found",
        "remedy": "what helps",
    }
)
"""Columns of `finding_table`, with their meaning."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    severity
        "note": good to know; "warning": may change results; "error": makes this part useless.
    what
        The check that found it.
    words
        The finding, with its numbers.
    remedy
        The remedy; empty where none is needed.
    channel, clip
        Channel or clip that it is about; empty: the whole.
    """

    severity: Severity
    what: str
    words: str
    remedy: str = ""
    channel: str = ""
    clip: str = ""

    def __post_init__(self) -> None:
        if self.severity not in get_args(Severity):
            msg = f"A finding is {', '.join(get_args(Severity))}; got {self.severity!r}."
            raise BadValueError(msg)

    def __str__(self) -> str:
        """Return it as a sentence or two."""
        about = ", ".join(filter(None, [self.clip, self.channel]))
        return " ".join(filter(None, [f"{about}:" if about else "", self.words, self.remedy]))


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order of severity, errors first, and otherwise as they came."""
    order = get_args(Severity)
    return tuple(sorted(findings, key=lambda finding: -order.index(finding.severity)))


def finding_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, one row each, see `FINDING_COLUMNS`."""
    findings = check_all(findings, Finding, "A list of findings, as semg.check returns it,")
    import pandas as pd

    return pd.DataFrame(
        [[getattr(finding, column) for column in FINDING_COLUMNS] for finding in findings],
        columns=list(FINDING_COLUMNS),
    )
