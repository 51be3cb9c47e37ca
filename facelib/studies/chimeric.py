"""Facing Asymmetry on photographs: every face beside its symmetric versions, made of its own picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.classifiers import Classifier
from facelib.classifiers.emotions import class_name, common, shortened
from facelib.errors import BadValueError, FacelibError, answers_misspelt, check_kind
from facelib.faces import Head
from facelib.faces.table import natural_key
from facelib.interventions.symmetry import Chimeras
from facelib.stats.effects.signflip import Alternative
from facelib.studies.declared.hypothesis import check_subject
from facelib.studies.engine.subjects import Faces, Subject
from facelib.studies.meant import meanings
from facelib.studies.pairing import MOST, lost_faces, need_column, there
from facelib.studies.people import LOOKED_AT, MEANT, PeopleStudy, said_to_be_two
from facelib.studies.results import ChimericResult
from facelib.studies.study import Arm
from facelib.studies.sweeps.sweep import DELTA
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import as_word, counted, listed

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.declared.hypothesis import Hypothesis
    from facelib.studies.engine.plan import Plan

NAME: Final = "chimeras"
STRENGTHS: Final = (0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0)
"""Of `facelib.stats.chimeras.VARIANTS`, and of the same flipped."""
EACH: Final = (
    "Each face is read as it is, as its average with its mirror image, with either half doubled, and once "
    "more flipped: 8 pictures."
)

NOT_SURE: Final = (
    "Means and intervals stand without a verdict: symmetric faces made of pictures are not read as true "
    "ones, by a bias that is known on renders alone (docs/statistics.md)."
)
APART: Final = range(2, 11)  # values of a column that may tell sessions apart
ROLE_COLUMNS: Final = {
    "face": "id of the face",
    "person": "who is shown",
    "group": "value of the column that names groups; empty: none is named",
    "grade": "clinical grade, a number; empty: none",
    "meant": "the class that the face is meant to show",
    "at_rest": "whether that is the face at rest, which is subtracted",
    "reason": "why the face is left out; empty: it isn't",
}
"""Columns of `roles`, with their meaning."""


@in_short()
@answers_misspelt("a study of faces and their symmetric versions")
@dataclass(frozen=True, eq=False)
class ChimericStudy(PeopleStudy[ChimericResult]):
    """Compare each face with symmetric faces made of its own picture, less the same at rest.

    No renderer and no head is needed: of each photograph its average with its mirror image is made, and a
    face of two left and of two right halves (chimeras). Every output is averaged over the picture and its
    flipped copy. What remains of asymmetry, and of the making, in a face at rest is subtracted, person by
    person.

    Parameters
    ----------
    faces
        A `FaceSet`, or faces; frontal, turned by up to 8°. Heads are rendered and taken as photographs.
    rest
        What the faces at rest are meant to show, as their label says it. None: nothing is subtracted.
    group
        Column that names groups: healthy and patients, say. None: all are one group.
    healthy
        The value of that column whose people the others are compared with.
    grade
        Column of a clinical grade, in numbers: House-Brackmann, eFACE, Sunnybrook, Stennert.
    person
        Column of who is shown; None: ``person``.
    classifiers
        Ids, or classifiers; None: all that are available on this machine.
    size
        Side of rendered pictures, px.
    delta
        Margin in probability, set before the run: drawn beside the intervals, which get no verdict.
    alpha
        Level.
    alternative
        Of the tests: "less" where the hypothesis says that outputs for faces are lower than for their
        symmetric versions.
    seed
        Of flips, resamples and permutations.
    name
        For reports.
    hypothesis
        What is to be confirmed; its subject is ``chimeras``.
    side
        Column of the affected side, the person's own: left, right, links or rechts; empty: none. The result's
        `sides` compare either half, doubled; the plan says of how many people the side that moves less in the
        picture is another one.
    keep_columns
        Columns of the faces' table that are stored besides those that the study uses.
    device
        Where classifiers read, as for `facelib.classifiers.load`; None: what FACELIB_DEVICE says, else the
        processor, or where a classifier that is given is.

    Raises
    ------
    BadValueError, UnknownNameError
        If something is declared that can't be run.

    Examples
    --------
    >>> import facelib
    >>> heads = [head.replace(expression=shown) for head in facelib.sample_heads(3, seed=1)
    ...          for shown in ("neutral", "happy")]
    >>> study = facelib.ChimericStudy(heads, classifiers=["known_unbiased"])
    >>> study.roles["at_rest"].tolist()
    [True, False, True, False, True, False]
    """

    faces: Faces
    rest: str | None = "neutral"
    group: str | None = None
    healthy: str | None = None
    grade: str | None = None
    person: str | None = None
    classifiers: str | Sequence[str | Classifier] | None = None
    size: int = 224
    delta: float = DELTA
    alpha: float = 0.05
    alternative: Alternative = "two-sided"
    seed: int = 0
    name: str = ""
    hypothesis: Hypothesis | None = None
    side: str | None = None
    keep_columns: str | Sequence[str] = ()
    device: str | None = None

    def __post_init__(self) -> None:
        self._check_people()
        for value, what in (
            (self.rest, "What faces at rest show (rest)"),
            (self.group, "The column of groups (group)"),
            (self.grade, "The column of the grade (grade)"),
        ):
            check_kind(value, (str, type(None)), f"{what}, a text, or None")
        if self.healthy is not None and self.group is None:
            msg = f"healthy is a value of the column that names groups; got {self.healthy!r}, and no group."
            raise BadValueError(msg, hint="group='diagnosis', healthy='none', for example.")
        check_subject(self.hypothesis, [NAME], [], "change")

    @property
    def kind(self) -> str:
        """Kind of the study."""
        return "chimeric"

    @property
    def arms(self) -> tuple[Arm, ...]:
        """One arm: the face and its symmetric versions."""
        return (Arm(NAME, Chimeras(), STRENGTHS),)

    @cached_property
    def roles(self) -> pd.DataFrame:
        """What each face is there for: `ROLE_COLUMNS`.

        Raises
        ------
        BadValueError
            If a column isn't there, a grade is no number, a person is in two groups, or nothing is left.
        """
        return roles(
            self.known, rest=self.rest, group=self.group, healthy=self.healthy, grade=self.grade,
            person=self.person, same=self.same_pictures,
        )  # fmt: skip

    @cached_property
    def same_pictures(self) -> dict[str, str]:
        """Faces that are one file, byte for byte, of two people or expressions, with the reason."""
        rows, who = self.known, self.person or "person"
        said = {who: rows[who].map(as_word).where(there(rows, who))} if who in rows else {}
        return said_to_be_two(self.faces, rows, {**said, MEANT: meanings(rows)})

    def _columns_used(self) -> tuple[str | None, ...]:
        return (*super()._columns_used(), self.group, self.grade)

    @property
    def settings(self) -> dict[str, Any]:
        """The study as it was declared, in words and numbers."""
        same = {"same_pictures": self.same_pictures} if self.same_pictures else {}
        return (
            self._of_people
            | same
            | {
                "rest": self.rest,
                "group": self.group,
                "healthy": None if self.healthy is None else as_word(self.healthy),
                "grade": self.grade,
                "differing": self._differing,
            }
        )

    @property
    def _differing(self) -> list[str]:
        """Columns in which repeated pictures differ; none of a study that can't be run."""
        try:
            return repeated_differ(self.roles, self.known, {self.group, self.grade})
        except BadValueError:
            return []

    def plan(self, store: str | Path | None = None) -> Plan:
        """Return the plan of a run; see `Study.plan`."""
        return replace(super().plan(store), strengths=1, interventions=0)

    def _check(self) -> None:
        self._check_outputs()
        self.roles, self.sides, self.stored  # noqa: B018 (they raise what is wrong with the columns)

    def _notes(self) -> Iterator[str]:
        yield EACH
        yield from self._words()
        yield from who_is_there(
            self.roles, self._differing, rest=self.rest, group=self.group, grade=self.grade
        )
        yield from self._sides_disagree()
        yield from _unfit(self.people, self.size, self.seed)
        yield NOT_SURE


def roles(
    faces: pd.DataFrame,
    *,
    rest: str | None = "neutral",
    group: str | None = None,
    healthy: str | None = None,
    grade: str | None = None,
    person: str | None = None,
    same: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return what each face is there for.

    Parameters
    ----------
    faces
        One row per face: face, expression, and what else is known.
    rest, group, healthy, grade, person
        As for `ChimericStudy`.
    same
        Why faces, by name, are left out: they are one file of two people or expressions.

    Returns
    -------
    pandas.DataFrame
        Columns as in `ROLE_COLUMNS`.

    Raises
    ------
    BadValueError
        If a column isn't there, a grade is no number, a person is in two groups, or nothing is left.

    Examples
    --------
    >>> import pandas as pd
    >>> faces = pd.DataFrame({"face": ["a", "b"], "person": "Anna", "expression": ["neutral", "happy"]})
    >>> roles(faces)[["person", "meant", "at_rest"]].values.tolist()
    [['Anna', 'neutral', True], ['Anna', 'happy', False]]
    """
    import pandas as pd

    who = person or ("person" if "person" in faces else "identity")
    need_column(faces, who, "tells who is shown")
    for name, what in ((group, "names groups"), (grade, "holds the grade")):
        if name is not None:
            need_column(faces, name, what)
    table = pd.DataFrame(
        {
            "face": faces["face"],
            "person": faces[who].map(as_word).where(there(faces, who)),
            "group": "" if group is None else faces[group].map(as_word).where(there(faces, group)),
            "grade": float("nan") if grade is None else _grades(faces, grade),
            "meant": meanings(faces),
        }
    )
    resting = resting_word(rest) if rest else ""
    table["at_rest"] = (table["meant"] == resting) & (resting != "")
    reasons = {
        "no person is known": table["person"].isna(),
        f"no {group} is known": table["group"].isna(),
        "it isn't said what it is meant to show": table["meant"] == "",
    }
    table["reason"] = [(same or {}).get(str(face), "") for face in table["face"]]
    for reason, which in reasons.items():
        table["reason"] = table["reason"].mask((table["reason"] == "") & which, reason)
    good = table[table["reason"] == ""]
    if not (~good["at_rest"]).any():
        msg = (
            f"No face is meant to show an expression other than {rest!r}: give faces a column label, and in "
            "it what they are meant to show."
        )
        raise BadValueError(msg)
    _check_groups(good, group, healthy)
    return table[list(ROLE_COLUMNS)]


def resting_word(rest: str) -> str:
    """Return what faces at rest are meant to show, as `meanings` has it."""
    return common([rest])[rest] or class_name(rest)


def _unfit(people: Sequence[Subject], size: int, seed: int) -> Iterator[str]:
    """Look at some pictures, and say which can't be made symmetric, and why."""
    chosen = np.random.default_rng(seed).permutation(len(people))[:LOOKED_AT]
    reasons = []
    for place in sorted(chosen):
        one = people[place]
        try:
            face = one.open()
            why = Chimeras().why_not(face.render(size) if isinstance(face, Head) else face)
        except FacelibError as error:
            why = error.words.removeprefix(f"{one.name}: ")
        if why:
            reasons.append(f"{one.name}: {why}")
    if reasons:
        some = " ".join(reasons[:3]) + (f" And {len(reasons) - 3} more." if len(reasons) > 3 else "")
        which = "all" if len(chosen) == len(people) else f"{len(chosen)} of {len(people)}"
        yield (
            f"{counted(len(reasons), 'face')} of {which} that were looked at can't be made symmetric, and "
            f"will be left out. {some}"
        )


def who_is_there(
    table: pd.DataFrame,
    differ: Sequence[str],
    *,
    rest: str | None,
    group: str | None,
    grade: str | None,
    shown: int = MOST,
) -> Iterator[str]:
    """Say who is compared, whose face at rest is missing, and which faces are left out."""
    good = table[table["reason"] == ""]
    asked = good[~good["at_rest"]]
    for name, own in asked.groupby("group", sort=False):
        tasks = ", ".join(sorted(own["meant"].unique(), key=natural_key))
        of = f"{group} {name!r}: " if group is not None else ""
        yield (
            f"{of}{counted(own['person'].nunique(), 'person', 'people')} with {counted(len(own), 'face')} "
            f"that show {tasks}."
        )
    yield from _several(good, differ)
    showing = set(asked["person"])
    idle = [name for name in good["person"].drop_duplicates() if name not in showing]
    if idle:
        named = ", ".join(idle[:shown]) + (" …" if len(idle) > shown else "")
        yield f"{counted(len(idle), 'person', 'people')} with a face at rest alone: in nothing ({named})."
    rested = set(good.loc[good["at_rest"], "person"])
    without = [name for name in asked["person"].drop_duplicates() if name not in rested]
    if rest and without:
        named = ", ".join(without[:shown]) + (" …" if len(without) > shown else "")
        yield (
            f"{counted(len(without), 'person', 'people')} without a face at rest ({rest}): in what is "
            f"reported as it is, and not in what is reported less rest ({named})."
        )
    tasks_of = asked.groupby("person")["meant"].nunique()
    if fewer := int((tasks_of < tasks_of.max()).sum()):
        yield f"{counted(fewer, 'person', 'people')} {'lacks' if fewer == 1 else 'lack'} some expressions."
    if grade is not None:
        ungraded = asked[asked["grade"].isna()]["person"].nunique()
        grades = asked[asked["grade"].notna()][["person", "grade"]].drop_duplicates()
        several = len(grades[grades["person"].duplicated()]["person"].drop_duplicates())
        if ungraded:
            yield f"{counted(ungraded, 'person', 'people')} without {grade}: not in what goes with it."
        if several:
            yield f"{counted(several, 'person', 'people')} with several values of {grade}: their mean counts."
    yield from lost_faces(table[table["reason"] != ""], shown)


def repeated_differ(table: pd.DataFrame, faces: pd.DataFrame, used: set[str | None]) -> list[str]:
    """Return the columns in which several pictures of one person and expression differ: perhaps a session."""
    keys = ["person", "meant"]
    good = table[table["reason"] == ""]
    again = good[good.duplicated(keys, keep=False)]
    both = again[["face", *keys]].merge(faces.drop(columns=keys, errors="ignore"), on="face")
    return [
        str(name)
        for name in both.columns[3:]
        if name not in used
        and len(both[name].drop_duplicates()) in APART
        and both[[*keys, name]].drop_duplicates().duplicated(keys).any()
    ]


def _several(good: pd.DataFrame, names: Sequence[str]) -> Iterator[str]:
    """Say who has several pictures of an expression, and in what these differ."""
    again = good[good.duplicated(["person", "meant"], keep=False)]
    if again.empty:
        return
    differ = f"; they differ in {listed(names)}" if names else ""
    advice = (
        " If these are sessions or conditions, choose one (subset), or compare them in a study of pairs."
        if names
        else ""
    )
    people = counted(len(again["person"].drop_duplicates()), "person", "people")
    yield f"{people} with several pictures of an expression, which are averaged{differ}.{advice}"


def _grades(faces: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return grades as numbers; what is none is named with its face."""
    import pandas as pd

    values = faces[name].where(there(faces, name))
    numbers = pd.to_numeric(values, errors="coerce")
    odd = values.notna() & ~numbers.abs().lt(float("inf"))
    if odd.any():
        first = faces[odd].iloc[0]
        msg = f"{name} is a grade, in numbers; {first['face']} has {str(first[name])!r}"
        more = f", and {counted(int(odd.sum()) - 1, 'face')} more have none." if odd.sum() > 1 else "."
        raise BadValueError(msg + more, hint="Write III as 3; leave the cell empty where it isn't known.")
    return numbers.astype(float)


def _check_groups(good: pd.DataFrame, group: str | None, healthy: str | None) -> None:
    """Raise `BadValueError` if a person is in two groups, or nobody in the one that is called healthy."""
    if group is None:
        return
    of_person = good.groupby("person", sort=False)["group"].unique()
    torn = of_person[of_person.map(len) > 1]
    if len(torn):
        msg = f"A person is in one group; {torn.index[0]} is {listed(sorted(torn.iloc[0]))} in {group}."
        raise BadValueError(msg, hint="The same person under two conditions: facelib.PairedStudy.")
    words = sorted(good["group"].unique(), key=natural_key)
    if healthy is not None and as_word(healthy) not in words:
        msg = f"{group} has no {healthy!r}, which is named as healthy; it has {shortened(words)}."
        raise BadValueError(msg)
