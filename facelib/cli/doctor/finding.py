"""One thing that the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    subject
        What was looked at.
    state
        "ok"; "note": nothing is broken, but something is slow or left out; "problem": something won't work.
    says
        What was found.
    remedy
        What to do about it; empty if there is nothing to do.
    """

    subject: str
    state: State
    says: str
    remedy: str = ""
