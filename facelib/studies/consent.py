"""Photographs of people leave in a file only if whoever makes it says so; the file holds what was said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, TypeGuard

from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, Head
from facelib.utilities.consent import may_show
from facelib.utilities.consent import recorded as recorded_of

LONGEST: Final = 500  # characters of what is said of a consent
REFUSED: Final = (
    "{what} would hold a photograph of a person. Make it only if the person shown has agreed that it is "
    "passed on, and say so."
)


def is_photograph(face: Face | Head) -> TypeGuard[Face]:
    """Return whether a face is a photograph: rendered heads and pictures of them show nobody.

    >>> is_photograph(Head())
    False
    """
    return isinstance(face, Face) and face.source != "rendered"


def consented(face: Face | Head, what: str, *, with_photograph: bool = False, consent: str = "") -> str:
    """Return what the provenance of a file says of a photograph in it; "" if there is none.

    Parameters
    ----------
    face
        The unchanged face.
    what
        The file, as the subject of a sentence: "This film".
    with_photograph
        Whoever makes the file says that the person shown has agreed. Nothing but True says so.
    consent
        Where that is recorded, such as the number of a form; "": the face's attribute ``consent``.

    Raises
    ------
    BadValueError
        For a photograph without ``with_photograph=True``, or a `consent` that is no short text.

    Examples
    --------
    >>> consented(Head(), "This film")
    ''
    """
    check_kind(consent, str, "What is said of the consent, a text,")
    if len(consent) > LONGEST:
        msg = f"What is said of the consent has {LONGEST} characters at most; got {len(consent):,}."
        raise BadValueError(msg)
    if not is_photograph(face):
        return ""
    if not may_show(face.attributes):
        msg = f"{what} would show somebody whose consent isn't given in the folder's table (column consent)."
        raise BadValueError(msg)
    if with_photograph is not True:
        raise BadValueError(
            REFUSED.format(what=what),
            hint="In Python: with_photograph=True, and consent= for where that is recorded.",
        )
    recorded = consent.strip() or recorded_of(face.attributes)[:LONGEST]
    said = f"recorded in: {recorded}" if recorded else "where that is recorded was not named"
    return (
        "This file holds a photograph. Whoever made it stated on "
        f"{datetime.now(UTC):%Y-%m-%d} that the person shown has agreed to its being passed on; {said}."
    )
