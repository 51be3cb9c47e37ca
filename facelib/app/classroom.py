"""A class: what its sessions share, what stays closed in it, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from facelib.classifiers.catalogue import Kind

VARIABLE: Final = "FACELIB_CLASS"
"""Environment variable that the server of a class sets for its sessions: the folder that they share."""
CLOSED: Final = (
    "Closed in a class: no picture, camera, recording or table of anybody is taken in. Article 5 (1) (f) of "
    "the EU’s AI Act prohibits systems that infer emotions of a person in education institutions, except for "
    "medical or safety reasons. Rendered heads are nobody’s, so a lesson needs no one’s face. The law: "
    "Regulation (EU) 2024/1689, eur-lex.europa.eu/eli/reg/2024/1689/oj. This is no legal advice."
)
"""What stands where something of one's own could be given."""


def folder() -> Path | None:
    """Return the folder that the sessions of this class share; None where there is no class.

    Examples
    --------
    >>> folder() is None
    True
    """
    found = os.environ.get(VARIABLE)
    return Path(found) if found else None


def in_class() -> bool:
    """Return whether this session is one of a class."""
    return folder() is not None


def kinds() -> tuple[Kind, ...]:
    """Return which kinds of classifiers are offered: in a class none but those that facelib comes with.

    Examples
    --------
    >>> kinds()
    ('pretrained', 'own')
    """
    return ("pretrained",) if in_class() else ("pretrained", "own")
