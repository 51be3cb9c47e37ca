"""Who has a picture at rest and one with a smile in a set of faces: takes of people, session by session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadTableError
from facelib.utilities.consent import columns_of
from facelib.utilities.nearest import SLIP, nearest
from facelib.utilities.wording import as_word, counted, listed, short_name

if TYPE_CHECKING:
    import pandas as pd

FEW_VALUES: Final = range(2, 11)  # of a column that may tell sessions or takes apart
ROLES: Final = ("rest", "smile")


@dataclass(frozen=True)
class Columns:
    """Columns of a set's table, and the words that stand in its labels.

    Parameters
    ----------
    label, person
        What each picture shows, and who.
    rest, smile
        Words of the label; smile None: the only other one that there is.
    session, take, side
        Columns of the time, of the repetition within it, and of the affected side; None: there is one, or
        it isn't known.
    """

    rest: str
    smile: str | None
    label: str = "label"
    person: str = "person"
    session: str | None = None
    take: str | None = None
    side: str | None = None

    @property
    def set_of(self) -> tuple[str, ...]:
        """Columns that the pictures of one set have in common."""
        return (self.person, self.session) if self.session else (self.person,)


@dataclass(frozen=True)
class Take:
    """A picture at rest and one with a smile, by their rows; `own_rest`: no take before it has this rest."""

    person: str
    session: str
    rest: int
    smile: int
    own_rest: bool


@dataclass(frozen=True)
class Takes:
    """What was found: takes, how many lack a half, and rows that are in none with the reason.

    `others` counts rows of other labels, which are neither, by label.
    """

    takes: tuple[Take, ...]
    lost: Mapping[int, str]
    others: Mapping[str, int]
    halves: int


def find_takes(table: pd.DataFrame, columns: Columns) -> Takes:
    """Return the takes of a set's table.

    Within a person and session the first smile goes with the first rest, and so on in the order of the set;
    smiles that are left over go with the last rest. With a column of takes, those of one value go together.

    Raises
    ------
    BadTableError
        If a column isn't there, no picture is at rest or smiles, or repeated pictures differ in a column that
        isn't named: they may be sessions.
    """
    for name, what in (
        (columns.label, "says what a picture shows (label)"),
        (columns.person, "says who is shown (person)"),
        (columns.session, "tells sessions apart (session)"),
        (columns.take, "tells takes apart (take)"),
    ):
        if name is not None:
            check_column(table, name, what)
    words = {name: _words(table[name]) for name in {*columns.set_of, columns.label}}
    rest = columns.rest.strip().casefold()
    _check_word(rest, words[columns.label], "rest", columns)
    smile = _smile(words[columns.label], columns)
    _check_word(smile.casefold(), words[columns.label], "smile", columns)
    roles = [
        {rest: "rest", smile.casefold(): "smile"}.get(word.casefold(), "") for word in words[columns.label]
    ]
    lost: dict[int, str] = {}
    sets: dict[tuple[str, ...], dict[str, list[int]]] = {}
    others: dict[str, int] = {}
    for row, role in enumerate(roles):
        unknown = [name for name in (columns.label, *columns.set_of) if not words[name][row]]
        if unknown:
            lost[row] = f"no {unknown[0]} is known"
        elif not role:
            word = words[columns.label][row]
            if meant := nearest(word, (columns.rest.strip(), smile), alike=SLIP):
                lost[row] = f"its label is {word!r}: is {meant[0]!r} meant?"
            else:
                others[word] = others.get(word, 0) + 1
        else:
            key = tuple(words[name][row] for name in columns.set_of)
            sets.setdefault(key, {one: [] for one in ROLES})[role].append(row)
    if columns.take is None:
        _check_repeats(table, sets, columns)
    takes: list[Take] = []
    halves = 0
    for key, rows in sets.items():
        for one in _split(rows, _words(table[columns.take]) if columns.take else None, columns.take, lost):
            found = list(_in_order(key, one, lost))
            takes += found
            halves += not found
    return Takes(tuple(takes), lost, others, halves)


def check_column(table: pd.DataFrame, name: str, what: str) -> None:
    """Raise `BadTableError` unless a table has a column, with those that it has."""
    if name in table:
        return
    near = nearest(name, list(map(str, table)))
    hint = f" Did you mean {near[0]}?" if near else ""
    msg = f"The table has no column {name}, which {what}; it has {', '.join(map(str, table))}.{hint}"
    raise BadTableError(msg)


def _words(column: pd.Series[Any]) -> list[str]:
    from pandas import isna

    return ["" if isna(value) else as_word(value) for value in column]


def _smile(labels: Sequence[str], columns: Columns) -> str:
    """Return the word of the smile: as it is given, or the only label besides rest."""
    if columns.smile is not None:
        return columns.smile.strip()
    rest = columns.rest.strip().casefold()
    others = list(dict.fromkeys(word for word in labels if word and word.casefold() != rest))
    if len({word.casefold() for word in others}) == 1:
        return others[0]
    came = ", ".join(map(short_name, others[:8])) or "none"
    msg = f"Which label is the smile? Besides {columns.rest!r} there {'are' if others else 'is'} {came}."
    raise BadTableError(msg, hint="Name it: smile='Freude', for example; rest='Ruhe' names that of the rest.")


def _check_word(word: str, labels: Sequence[str], role: str, columns: Columns) -> None:
    if word not in {one.casefold() for one in labels}:
        has = ", ".join(map(short_name, list(dict.fromkeys(filter(None, labels)))[:8])) or "no label at all"
        msg = f"No picture's {columns.label} is {word!r} ({role}); it has {has}."
        raise BadTableError(msg, hint=f"Name the word that stands there: {role}='…'.")


def _check_repeats(
    table: pd.DataFrame, sets: Mapping[tuple[str, ...], Mapping[str, Sequence[int]]], columns: Columns
) -> None:
    """Refuse repeated pictures that differ in a column nobody named: sessions would pass for retests."""
    repeated = [rows for one in sets.values() for rows in one.values() if len(rows) > 1]
    if not repeated:
        return
    used = {"id", "file", "mirrored", *columns_of(table), columns.label, columns.side, *columns.set_of}
    names = [
        str(name)
        for name in table
        if name not in used
        and table[name].nunique() in FEW_VALUES
        and any(table[name].iloc[list(rows)].unique().size > 1 for rows in repeated)
    ]
    if names:
        which = listed(names)
        msg = (
            f"{counted(len(repeated), 'set', 'sets')} of pictures of one person and label differ in "
            f"{which}: are these sessions, or repetitions within one?"
        )
        hint = f"Name the column: session={names[0]!r} (a row for each), or take={names[0]!r} (retests)."
        raise BadTableError(msg, hint=hint)


def _split(
    rows: Mapping[str, list[int]], words: Sequence[str] | None, name: str | None, lost: dict[int, str]
) -> Iterator[Mapping[str, list[int]]]:
    """Give the pictures of one person and session take by take."""
    if words is None:
        yield rows
        return
    values = dict.fromkeys(words[row] for role in ROLES for row in rows[role])
    for value in values:
        own = {role: [row for row in rows[role] if words[row] == value] for role in ROLES}
        if value:
            yield own
        else:
            lost.update(dict.fromkeys([*own["rest"], *own["smile"]], f"no {name} is known"))


def _in_order(
    key: tuple[str, ...], rows: Mapping[str, Sequence[int]], lost: dict[int, str]
) -> Iterator[Take]:
    person, session = (*key, "")[:2]
    rests, smiles = rows["rest"], rows["smile"]
    if not rests or not smiles:
        missing = "no rest picture" if not rests else "no smile picture"
        lost.update(dict.fromkeys([*rests, *smiles], f"{missing} of the same person and time"))
        return
    for place, smile in enumerate(smiles):
        rest = rests[min(place, len(rests) - 1)]
        yield Take(person, session, rest, smile, own_rest=place < len(rests))
    lost.update(dict.fromkeys(rests[len(smiles) :], "a rest picture more than there are smiles"))
