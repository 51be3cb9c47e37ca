"""Who has a partner: faces of the same person, with the same labels, under two conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from facelib.classifiers.emotions import shortened
from facelib.errors import BadValueError
from facelib.faces.conditions import conditions
from facelib.faces.table import natural_key
from facelib.studies.grid import WORN
from facelib.utilities.nearest import nearest
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import as_word, counted, listed

if TYPE_CHECKING:
    import pandas as pd

MOST: Final = 8
MOST_REASONS: Final = 20  # why faces are left out, in sentences
SAME: Final = 1e-9
SIDES: Final = (0, 1)
SPELT: Final = 16  # ways of writing two values, with spaces or as numbers; more are never looked through
APART: Final = "Let partners have in common what they show: labels='label', or labels=None."
OTHERWISE: Final = "its partners show other things, or in other shares"
PAIR_COLUMNS: Final = {
    "person": "who is shown",
    "n_first": "faces under the first condition",
    "n_second": "faces under the second condition",
    "there": "condition under which there are faces",
    "missing": "condition under which there is none",
    "faces": "the faces that are left out",
}
LEFT_OUT_COLUMNS: Final = {"face": "id of the face", "reason": "why it can't have a partner"}


@in_short(table=lambda pairing: pairing.pairs)
@dataclass(frozen=True, eq=False)
class Pairing:
    """Faces with partners under the other condition, and those without.

    Attributes
    ----------
    condition, within
        Columns of the condition, and of what partners have in common besides the person.
    first, second
        Values of the condition: differences are second minus first.
    rows
        One row per face with a partner: face, person, cell (what partners have in common), side (0, 1).
    pairs
        One row per pair: person, the columns of `within`, and n_first and n_second, its faces under each
        condition.
    alone
        The same where one half is missing: person, the columns of `within`, there, missing, faces.
    left_out
        Faces that can't have a partner: face, reason.
    mixed
        What is meant to be shown in pictures that are averaged before they are subtracted; empty: one thing.
    """

    condition: str
    within: tuple[str, ...]
    first: str
    second: str
    rows: pd.DataFrame
    pairs: pd.DataFrame
    alone: pd.DataFrame
    left_out: pd.DataFrame
    mixed: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        """How many people have a pair."""
        return int(self.pairs["person"].nunique())

    @property
    def repeats(self) -> bool:
        """Whether somebody has several pictures with the same labels under one condition."""
        return bool((self.pairs[["n_first", "n_second"]] > 1).any(axis=None))

    @property
    def sentence(self) -> str:
        """What is compared, in a sentence."""
        shared = listed(["person", *self.within])
        faces = counted(len(self.rows), "face")
        return (
            f"{counted(len(self.pairs), 'pair')} of {counted(self.people, 'person', 'people')} ({faces}), "
            f"with the same {shared}: {self.condition} {self.second!r} minus {self.first!r}."
        )

    def shortfalls(self, shown: int = MOST) -> Iterator[str]:
        """Say which halves are missing, which faces can't have a partner, and how unequal repeats are."""
        if len(self.alone):
            rows = self.alone.head(shown).to_dict("records")
            named = "; ".join(
                f"{', '.join(str(row[name]) for name in ('person', *self.within))} has no {row['missing']!r}"
                for row in rows
            )
            more = f"; and {len(self.alone) - len(rows)} more" if len(self.alone) > len(rows) else ""
            few = len(self.alone) == 1
            halves = (
                "half is missing, and its partner is" if few else "halves are missing, and their partners are"
            )
            yield f"{len(self.alone)} {halves} left out: {named}{more}."
        yield from lost_faces(self.left_out, shown)
        if self.repeats:
            yield (
                "Some people have several pictures with the same labels under one condition: these are "
                "averaged before the difference is taken."
            )
        if unequal := int((self.pairs["n_first"] != self.pairs["n_second"]).sum()):
            yield (
                f"{counted(unequal, 'pair')} {'has' if unequal == 1 else 'have'} unequally many pictures "
                "under the two conditions."
            )
        if self.mixed:
            yield (
                f"Pictures that are meant to show different things ({', '.join(self.mixed)}) are averaged, "
                "equal shares of each under both conditions: labels that partners share would keep them "
                "apart."
            )


def lost_faces(lost: pd.DataFrame, shown: int = MOST) -> Iterator[str]:
    """Say which faces are left out, reason by reason, the first reasons in full.

    >>> import pandas as pd
    >>> list(lost_faces(pd.DataFrame({"face": ["a", "b"], "reason": "no person is known"})))
    ['2 faces left out: no person is known (a, b).']
    """
    told = 0
    for reason, own in list(lost.groupby("reason", sort=False))[:MOST_REASONS]:
        faces = list(map(str, own["face"].head(shown)))
        more = " …" if len(own) > len(faces) else ""
        yield f"{counted(len(own), 'face')} left out: {reason} ({', '.join(faces)}{more})."
        told += len(own)
    if told < len(lost):
        more = counted(len(lost) - told, "more face", "more faces")
        yield f"{more} left out, each with its reason in the result."


def possible_conditions(
    faces: pd.DataFrame, person: str, *, apart: Collection[str] = ()
) -> dict[str, tuple[str, str]]:
    """Return the columns of two values under both of which somebody has faces, and these values in order.

    Parameters
    ----------
    faces
        One row per face.
    person
        Column of who is shown.
    apart
        Columns that are no condition: of what faces are meant to show, say.

    Examples
    --------
    >>> import pandas as pd
    >>> faces = pd.DataFrame({"person": ["Anna", "Anna", "Ben"], "sex": ["f", "f", "m"],
    ...                       "session": ["after", "before", "before"]})
    >>> possible_conditions(faces, "person")
    {'session': ('before', 'after')}
    """
    shown = faces[[person]].astype(object)
    who = shown[person].map(as_word).where(there(shown, person))
    found = {}
    for name in map(str, faces):
        column = faces[[name]].astype(object)
        if name == person or name in apart or column[name].nunique() > SPELT:
            continue
        values = values_of(column, name)
        words = values.dropna().unique().tolist()
        if len(words) == len(SIDES) and (values.groupby(who).nunique() == len(SIDES)).any():
            found[name] = conditions(words)
    return found


def pair_up(
    faces: pd.DataFrame,
    condition: str,
    within: Sequence[str] = (),
    *,
    person: str | None = None,
    order: tuple[str, ...] | None = None,
    unread: Mapping[str, str] | None = None,
    same: Mapping[str, str] | None = None,
) -> Pairing:
    """Return who has a partner under the other condition.

    Parameters
    ----------
    faces
        One row per face: face, and the columns that are named.
    condition, within, person
        Columns of the condition, of what partners have in common, and of who is shown; None: ``person``, or
        ``identity`` where there is none.
    order
        Two values of the condition; None: it has two.
    unread
        Why some faces, by name, weren't read: they have no partner.
    same
        Why other faces, by name, are left out with all their pair: they are one file of two people, labels or
        conditions.

    Raises
    ------
    BadValueError
        If a column isn't there, the condition hasn't the values, nobody has a partner, or pictures that are
        meant to show different things would be subtracted.

    Examples
    --------
    >>> import pandas as pd
    >>> faces = pd.DataFrame({"face": list("abc"), "identity": ["Anna", "Anna", "Ben"],
    ...                       "session": ["before", "after", "before"]})
    >>> found = pair_up(faces, "session")
    >>> found.sentence
    "1 pair of 1 person (2 faces), with the same person: session 'after' minus 'before'."
    >>> list(found.shortfalls())
    ["1 half is missing, and its partner is left out: Ben has no 'after'."]
    """
    import pandas as pd

    person = person or ("person" if "person" in faces else "identity")
    _check_columns(faces, condition, within, person)
    columns = list(dict.fromkeys((person, *within)))
    names = ["person", *columns[1:]]
    keys = [f"key {place}" for place in range(len(names))]  # a label may be called as one of ours
    shared = {
        key: faces[name].map(as_word).where(there(faces, name))
        for key, name in zip(keys, columns, strict=True)
    }
    table = pd.DataFrame(shared).assign(face=faces["face"], value=values_of(faces, condition))
    first, second = _order(table["value"], condition, order)
    lost = {**(unread or {}), **(same or {})}
    reasons = table["face"].map(lambda face: lost.get(str(face), ""))
    for key, name in zip(keys, names, strict=True):
        reasons = reasons.mask((reasons == "") & table[key].isna(), f"no {name} is known")
    reasons = reasons.mask((reasons == "") & table["value"].isna(), f"no {condition} is known")
    other = ~table["value"].isin([first, second])
    reasons = reasons.mask((reasons == "") & other, f"another {condition} than {first!r} and {second!r}")
    if same:
        held = table[table["face"].astype("str").isin(same)]
        pairs = dict(
            zip(held[keys].itertuples(index=False, name=None), held["face"].astype("str"), strict=True)
        )
        ill = table[keys].apply(tuple, axis=1).map(pairs)
        why = ill.map(lambda face: f"its pair is left out: {same[face]}", na_action="ignore")
        reasons = reasons.mask((reasons == "") & ill.notna(), why)
    good = table[reasons == ""]
    side = (good["value"] == second).astype(int)
    cell = good[keys[1:]].agg(" · ".join, axis=1) if len(keys) > 1 else pd.Series("", index=good.index)
    good = good.assign(side=side, cell=cell.astype("str"), meant=faces.get("expression", ""))
    halves = good.groupby(keys, sort=False)["side"].transform("nunique")
    paired, single = good[halves == len(SIDES)], good[halves < len(SIDES)]
    uneven = _uneven(paired, keys)
    if uneven.any() and unread is None:
        raise BadValueError(_subtracted(paired[uneven], keys[0]), hint=APART)
    reasons.loc[paired.index[uneven]] = OTHERWISE
    paired = paired[~uneven]
    if paired.empty:
        msg = _nobody(faces, condition, names, person, (first, second))
        also = f" Left out: {next(iter(same.values()))}." if same else ""
        raise BadValueError(msg + also)
    several = paired.groupby([*keys, "side"], sort=False)["meant"].transform("nunique") > 1
    counts = paired.pivot_table(index=keys, columns="side", values="face", aggfunc="count", sort=False)
    counts = counts.rename(columns={0: "n_first", 1: "n_second"}).rename_axis(columns=None).reset_index()
    named = dict(zip(keys, names, strict=True))
    out = pd.DataFrame({"face": table["face"], "reason": reasons})[reasons != ""]
    return Pairing(
        condition=condition,
        within=tuple(names[1:]),
        first=first,
        second=second,
        rows=paired.rename(columns={keys[0]: "person"})[["face", "person", "cell", "side"]].reset_index(
            drop=True
        ),
        pairs=counts.rename(columns=named),
        alone=_alone(single, keys, (first, second)).rename(columns=named),
        mixed=tuple(sorted(set(paired.loc[several, "meant"].astype("str")))),
        left_out=out.reset_index(drop=True),
    )


def differing(pairing: Pairing, faces: pd.DataFrame, person: str | None) -> list[str]:
    """Return the columns of what is known of faces, besides the condition, in which some partners differ."""
    used = {"face", "identity", pairing.condition, person, *pairing.within}
    unique = {name for name in faces if faces[name].is_unique}  # names of files, say
    known = pairing.rows.merge(faces, on="face", suffixes=("", " known"))
    return [
        str(name)
        for name in faces
        if name not in used | unique
        and known[["person", "cell", name]].drop_duplicates().duplicated(["person", "cell"]).any()
    ]


def _subtracted(uneven: pd.DataFrame, person: str) -> str:
    """Say that pictures of different things would be subtracted, and whose."""
    who = uneven[person].iloc[0]
    own = uneven[uneven[person] == who]
    shown = [listed(sorted(set(own.loc[own["side"] == side, "meant"]))) for side in SIDES]
    return (
        "Pictures that are meant to show different things would be subtracted, of "
        f"{counted(uneven[person].nunique(), 'person', 'people')}: {who} shows {shown[0]} under the first "
        f"condition, {shown[1]} under the second."
    )


def _uneven(paired: pd.DataFrame, names: list[str]) -> pd.Series[bool]:
    """Return which faces are of a pair whose halves mix what is meant to be shown in other shares."""
    import pandas as pd

    keys = [*names, "side"]
    counts = paired.groupby([*keys, "meant"], sort=False, observed=True)["face"].transform("size")
    shares = paired.assign(share=counts / paired.groupby(keys, sort=False)["face"].transform("size"))
    each = shares.drop_duplicates([*keys, "meant"])
    ends = each.groupby([*names, "meant"], sort=False)["share"].agg(["min", "max", "size"]).reset_index()
    odd = ends[(ends["size"] < len(SIDES)) | (ends["max"] - ends["min"] > SAME)]
    pairs = set(odd[names].itertuples(index=False, name=None))
    found = [key in pairs for key in paired[names].itertuples(index=False, name=None)]
    return pd.Series(found, index=paired.index, dtype=bool)


def _alone(single: pd.DataFrame, names: list[str], order: tuple[str, str]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for key, faces in single.groupby(names, sort=False):
        side = int(faces["side"].iloc[0])
        rows.append(
            dict(zip(names, key, strict=True))
            | {"there": order[side], "missing": order[1 - side], "faces": ", ".join(map(str, faces["face"]))}
        )
    return pd.DataFrame(rows, columns=[*names, "there", "missing", "faces"])


def need_column(faces: pd.DataFrame, name: str, what: str) -> None:
    """Raise `BadValueError` unless the faces have a column, with those that they have."""
    if name in faces:
        return
    known = ", ".join(map(str, faces))
    near = nearest(name, list(map(str, faces)))
    hint = f" Did you mean {near[0]}?" if near else ""
    msg = f"The faces have no column {name}, which {what}; they have {known}.{hint}"
    raise BadValueError(msg)


def _check_columns(faces: pd.DataFrame, condition: str, within: Sequence[str], person: str) -> None:
    uses = [
        (condition, "says which condition it is"),
        *((name, "partners have in common") for name in within),
    ]
    for name, what in [*uses, (person, "tells who is shown")]:
        need_column(faces, name, what)
    if {"person", "identity", person} & set(within):
        msg = "Partners have the person in common anyway: leave that column out of labels."
        raise BadValueError(msg)
    if condition in (*within, person):
        msg = f"{condition} is the condition, so that partners can't have it in common: name other columns."
        raise BadValueError(msg)


def there(faces: pd.DataFrame, name: str) -> pd.Series[bool]:
    """Return which faces have something in a column."""
    return faces[name].notna() & (faces[name].astype("str").str.strip() != "")


def values_of(faces: pd.DataFrame, condition: str) -> pd.Series[Any]:
    """Return the words of the condition; what isn't worn is "none"."""
    words = faces[condition].map(as_word).where(there(faces, condition))
    return words.fillna("none") if condition in WORN else words


def _order(values: pd.Series[Any], condition: str, order: tuple[str, ...] | None) -> tuple[str, str]:
    there = sorted(values.dropna().unique(), key=natural_key)
    if order is not None:
        first, second = order
        if absent := [word for word in order if word not in there]:
            has = shortened(there) or "none at all"
            msg = f"{condition} has no {listed(list(map(repr, absent)))}; it has {has}."
            raise BadValueError(msg)
        return first, second
    if len(there) != 2:
        msg = f"A condition has two values; {condition} has {len(there)}: {shortened(there) or 'none'}."
        hint = "Name the two that are compared: order=(first, second); in a file, order: [first, second]."
        raise BadValueError(msg, hint=hint)
    return conditions(there)


def _nobody(
    faces: pd.DataFrame, condition: str, names: list[str], person: str, order: tuple[str, str]
) -> str:
    msg = (
        f"Nobody has a pair: no two faces with the same {listed(names)} are {condition} {order[0]!r} and "
        f"{order[1]!r}."
    )
    if not faces[person].duplicated().any():
        return f"{msg} Every face is another person's: give the faces a column person, or name another."
    more = names[1:]
    return f"{msg} Partners have {listed(more)} in common: name other columns (labels)." if more else msg
