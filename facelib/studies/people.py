"""What studies of the same people in several pictures have in common: their checks, settings and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from facelib.errors import BadTableError, BadValueError, FacelibError, check_kind
from facelib.faces import Face, FaceSet, Head
from facelib.faces.sides import sides_of
from facelib.properties.clinical.displacements import sides_note, weaker_side_of
from facelib.stats.effects.equivalence import as_margin
from facelib.stats.effects.signflip import as_alternative
from facelib.studies.meant import nameless, slips, translations, word_for
from facelib.studies.pairing import need_column
from facelib.studies.study import Study, check_common
from facelib.utilities.wording import as_word, short_name

if TYPE_CHECKING:
    import pandas as pd

    from facelib.stats.effects.signflip import Alternative
    from facelib.studies.engine.subjects import Subject
    from facelib.studies.results import Result

LOOKED_AT: Final = 60  # pictures, when a study is planned: some five seconds
SHOWN: Final = 5  # people that are named in a note
NEUTRAL: Final = "neutral"
MEANT: Final = "what is meant to be shown"
NAMED: Final = 3  # words and files that are named of one file

R = TypeVar("R", bound="Result")


class PeopleStudy(Study[R]):
    """Pictures that are read and not measured, of people who come several times."""

    delta: float
    alternative: Alternative
    person: str | None
    side: str | None

    @property
    def properties_measured(self) -> tuple[str, ...]:
        """Return none: pictures are read, not measured."""
        return ()

    @property
    def sides(self) -> dict[str, str]:
        """The affected side of everybody who has one, by the column that `side` names.

        Raises
        ------
        BadValueError
            If that column isn't there, or holds something else.
        """
        return {} if self.side is None else known_sides(self.known, self.side, self.person)

    def _check_people(self) -> None:
        """Check the settings that such studies share."""
        check_common(self)
        self._check_margin()
        as_alternative(self.alternative)
        for value, what in (
            (self.person, "The column that tells who is shown (person)"),
            (self.side, "The column of the affected side (side)"),
        ):
            check_kind(value, (str, type(None)), f"{what}, a text, or None")

    def _check_margin(self) -> None:
        """Refuse a margin that no difference of probabilities can have."""
        as_margin(self.delta, below=1)

    def _check_outputs(self) -> None:
        """Refuse classifiers of values: differences are judged in probability here, with its bounds."""
        valued = [model.id for model in self.models if model.scales]
        if valued:
            msg = (
                f"{', '.join(valued)}: outputs that are values are judged in studies of changes; this one "
                "takes probabilities. Leave them out of its classifiers."
            )
            raise BadValueError(msg, hint="In Python: facelib.InterventionalStudy.")

    @property
    def _of_people(self) -> dict[str, Any]:
        """Return the settings that such studies share, to be stored."""
        own = {name: getattr(self, name) for name in ("person", "delta", "alternative")}
        side = {} if self.side is None else {"side": self.side}
        notes = list(self.faces.notes) if isinstance(self.faces, FaceSet) else []
        return self._of_all | own | side | {"notes": notes}

    def _columns_used(self) -> tuple[str | None, ...]:
        return (*super()._columns_used(), self.person, self.side, None if self.side is None else "mirrored")

    def _words(self) -> Iterator[str]:
        """Say what was understood of labels."""
        yield from translations(self.people)
        if odd := nameless((one.expression, word_for(one.known)) for one in self.people):
            asked = slips(word_for(one.known) for one in self.people if not one.expression)
            counted_as = "they count for classifiers that have a class of that name"
            yield f"{odd}: check their spelling; {counted_as}.{asked}"

    def _sides_disagree(self) -> Iterator[str]:
        """Look at some people's pictures, and say of how many the weaker side isn't the table's."""
        known = self.sides
        of: dict[str, list[Subject]] = {who: [] for who in known}
        for one in self.people:
            who = as_word(one.known.get(self.person or "person", one.identity))
            if who in of:
                of[who].append(one)
        asked = [(who, pair) for who, own in of.items() if (pair := _rest_and_smile(own)) is not None]
        order = np.random.default_rng(self.seed).permutation(len(asked))[: LOOKED_AT // 2]
        found = {asked[place][0]: _weaker(asked[place][1], self.size) for place in sorted(order)}
        told = {who: side for who, side in found.items() if side}
        other = [who for who, side in told.items() if side != known[who]]
        if other:
            named = ", ".join(map(short_name, other[:SHOWN])) + (" …" if len(other) > SHOWN else "")
            yield sides_note(len(other), len(found), named)


def known_sides(faces: pd.DataFrame, side: str, person: str | None) -> dict[str, str]:
    """Return the affected side of everybody who has one, from what is known of faces.

    Raises
    ------
    BadValueError
        If that column isn't there, or holds something else.

    Examples
    --------
    >>> import pandas as pd
    >>> known_sides(pd.DataFrame({"person": ["p1", "p2"], "seite": ["links", None]}), "seite", None)
    {'p1': 'left'}
    """
    who = person or ("person" if "person" in faces else "identity")
    need_column(faces, who, "tells who is shown")
    need_column(faces, side, "says which side is affected")
    try:
        return sides_of(faces[who], faces[side], side)
    except BadTableError as error:
        raise BadValueError(error.words) from error


def said_to_be_two(
    faces: Any, known: pd.DataFrame, columns: Mapping[str, Sequence[Any] | pd.Series[Any]]
) -> dict[str, str]:
    """Return the pictures that are one file, byte for byte, and said to be two things; with the reason.

    One of the two must be wrong, and nothing tells which, so that neither counts.

    Parameters
    ----------
    faces
        Of a study; only sets of files have copies.
    known
        What is known of them: a column ``face``.
    columns
        By title, whose each picture is, what it shows, its condition; None, NaN and "": not known. What they
        are meant to show comes last, and is named if nothing else differs.
    """
    import pandas as pd

    found: dict[str, str] = {}
    said = pd.DataFrame({name: list(words) for name, words in columns.items()})
    rows = {name: row for row, name in enumerate(known["face"])}
    for group in faces.copies if isinstance(faces, FaceSet) else ():
        there = [name for name in group if name in rows]
        own_rows = said.iloc[[rows[name] for name in there]]
        words = {
            str(name): [as_word(word) for word in own_rows[name].dropna().unique() if word != ""]
            for name in said
        }
        differ = {name: own for name, own in words.items() if len(own) > 1}
        if len(differ) > 1:
            differ.pop(MEANT, None)
        if differ:
            under = ", ".join(f"{_few(own, ' and ')} ({name})" for name, own in differ.items())
            why = f"one file, byte for byte, stands under {under}: {_few(there, ' = ')}"
            found.update(dict.fromkeys(there, why))
    return found


def _few(words: Sequence[str], between: str) -> str:
    more = ["…"] if len(words) > NAMED else []
    return between.join([*map(short_name, words[:NAMED]), *more])


def _rest_and_smile(own: Sequence[Subject]) -> tuple[Subject | None, Subject] | None:
    """Return a person's face at rest, if there is one, and one that shows something."""
    rest = next((one for one in own if one.expression == NEUTRAL), None)
    shown = next((one for one in own if one.expression not in ("", NEUTRAL)), None)
    return None if shown is None else (rest, shown)


def _weaker(pair: tuple[Subject | None, Subject], size: int) -> str:
    """Return the side that clearly moves less in the pictures; "" if neither does, or it can't be told."""
    rest, smile = pair
    try:
        return weaker_side_of(_drawn(smile.open(), size), None if rest is None else _drawn(rest.open(), size))
    except (FacelibError, OSError):  # its rows will say so
        return ""


def _drawn(face: Head | Face, size: int) -> Face:
    return face.render(size) if isinstance(face, Head) else face
