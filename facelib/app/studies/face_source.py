"""Whom a study looks at: rendered people, or the photographs of a zip that the visitor gives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Literal

import traitlets

from facelib.app.widgets.pictures import encode_jpeg
from facelib.classifiers import EMOTIONS
from facelib.errors import BadArchiveError, BadTableError, BadValueError
from facelib.faces import FaceSet, Head, sample_heads
from facelib.faces.archive import Archive
from facelib.faces.table import is_picture, read_table
from facelib.utilities.consent import columns_of, said_of
from facelib.utilities.wording import short_name

if TYPE_CHECKING:
    import pandas as pd

Source = Literal["rendered", "mine"]
WORN: Final = ("electrodes", "glasses")
EVEN: Final = ("gender", "skin_tone", "age")
SHARE: Final = 0.5  # of those who wear it
ASYMMETRY: Final = (0.0, 0.6)
"""Of the resting faces where every person is seen once: else all would be symmetric."""
Design = Literal["each", "one"]

PEOPLE: Final = 40
"""Enough for every verdict at the usual margin and level: bets that an output stays need 33 at least."""
MOST_PEOPLE: Final = 2000
MOST_BYTES: Final = 200_000_000
"""Bytes of a zip: it is held in memory."""
MOST_MISSING: Final = 1 / 3
"""Of the pictures that a table lists; more, and it is probably another folder's (our choice)."""
TABLES: Final = (".csv", ".parquet", ".pq")
EXAMPLE: Final = (6, ("happy", "sad"))
"""People in the example of a zip, and what each of them shows: the shape of the table, not a study."""
FIXED: Final = ("id", "file", "folder")
"""Columns of a table of faces that name pictures and say nothing of them."""


class Whom(traitlets.HasTraits):
    """The faces of a study; widgets observe it.

    Attributes
    ----------
    source
        "rendered": heads drawn at random; "mine": the photographs of a zip.
    people, seed
        How many heads are drawn, and the seed of everything drawn.
    expressions
        What they show.
    worn
        What half of them wear, out of `WORN`; only where every person is seen once.
    recipes
        How expressions are made: "facs" plainly by action units, "tuned" on the built-in classifiers.
    photographs
        What was given last, a `FaceSet`; None: nothing yet.
    archive
        Name of the zip.
    cropped
        Whether its pictures are cropped to the face already: no face is looked for.
    note
        What was found in it, in words.

    Parameters
    ----------
    design
        "each": every person shows every expression; "one": every person shows one of them, as often each.
    """

    source = traitlets.Enum(("rendered", "mine"), "rendered")
    people = traitlets.Int(PEOPLE, min=2, max=MOST_PEOPLE)
    expressions = traitlets.List(traitlets.Enum(EMOTIONS), default_value=["happy"])
    worn = traitlets.List(traitlets.Enum(WORN))
    recipes = traitlets.Enum(("facs", "tuned"), "facs")
    seed = traitlets.Int(1, min=0, max=10**6)
    photographs = traitlets.Any()
    archive = traitlets.Unicode("")
    cropped = traitlets.Bool(default_value=False)
    note = traitlets.Unicode("")

    SETTINGS = ("source", "people", "expressions", "worn", "recipes", "seed", "photographs")

    def __init__(self, design: Design = "each", **settings: Any) -> None:
        super().__init__(**settings)
        self.lock = RLock()
        self.design = design
        self._content = b""
        self.observe(self._on_cropped, "cropped")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table of one's own photographs that say something of them."""
        if self.photographs is None:
            return ()
        names = self.photographs.table.columns
        apart = {*FIXED, *columns_of(names)}  # a consent says nothing of a face
        return tuple(str(name) for name in names if name not in apart)

    def take(self, name: str, content: bytes) -> None:
        """Use the photographs of a zip; what is wrong with it raises, and what was there before stays."""
        found, note = read_zip(content, detect=not self.cropped)
        self._content = content
        with self.hold_trait_notifications():
            self.photographs, self.archive, self.note = found, name, note
            self.source = "mine"

    def _on_cropped(self, _change: object) -> None:
        if self._content:
            self.photographs, self.note = read_zip(self._content, detect=not self.cropped)

    def faces(self) -> list[Head] | FaceSet:
        """Return the heads, or the set of photographs.

        Raises
        ------
        BadValueError
            No zip was given, or no expression is chosen.
        """
        if self.source == "mine":
            if self.photographs is None:
                msg = "No photographs yet: give a zip of them, or choose rendered people."
                raise BadValueError(msg)
            mine: FaceSet = self.photographs
            return mine
        if not self.expressions:
            msg = "Nobody shows anything: choose one expression or more."
            raise BadValueError(msg)
        if self.design == "each":
            return crossed(self.people, self.expressions, seed=self.seed, recipes=self.recipes)
        return drawn(self.people, self.expressions, self.worn, seed=self.seed, recipes=self.recipes)

    @property
    def words(self) -> str:
        """Who it is, in a few words."""
        if self.source == "mine":
            count = 0 if self.photographs is None else len(self.photographs)
            return f"{count} photographs of {self.archive}" if count else "no photographs yet"
        shown = ", ".join(self.expressions) or "nothing"
        kinds = "each of " if self.design == "each" and len(self.expressions) > 1 else "one of "
        return f"{self.people} rendered people showing {kinds if len(self.expressions) > 1 else ''}{shown}"


def crossed(n: int, expressions: Sequence[str], *, seed: int, recipes: Any) -> list[Head]:
    """Return rendered people who each show every expression: adults of all kinds, frontal, in studio light.

    >>> [head.expression for head in crossed(2, ["happy", "sad"], seed=1, recipes="facs")]
    ['happy', 'sad', 'happy', 'sad']
    """
    people = sample_heads(n, seed, expressions=expressions[:1], expression_set=recipes, stratify=EVEN)
    return [person.replace(expression=name) for person in people for name in expressions]


def drawn(n: int, expressions: Sequence[str], worn: Sequence[str], *, seed: int, recipes: Any) -> list[Head]:
    """Return rendered people who each show one expression, all attributes independent of each other.

    >>> heads = drawn(8, ["happy", "sad"], ["glasses"], seed=1, recipes="facs")
    >>> [sum(head.expression == name for head in heads) for name in ("happy", "sad")]
    [4, 4]
    """
    return sample_heads(
        n,
        seed,
        expressions=expressions,
        expression_set=recipes,
        stratify=("expression", *EVEN),
        electrodes=SHARE if "electrodes" in worn else 0.0,
        also={"asymmetry": ASYMMETRY} | ({"glasses": SHARE} if "glasses" in worn else {}),
    )


def example_zip() -> bytes:
    """Return a zip as one's own should be: rendered people as JPEG, and faces.csv with what is known of them.

    >>> faces, note = read_zip(example_zip(), detect=False)
    >>> note
    '12 pictures; faces.csv has: person, label, age.'
    """
    people, shown = EXAMPLE
    rows = ["file,person,label,age"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, head in enumerate(crossed(people, shown, seed=1, recipes="facs")):
            person = f"person_{number // len(shown) + 1}"
            name = f"{person}_{head.expression}.jpg"
            archive.writestr(name, encode_jpeg(head.render(320).image))
            rows.append(f"{name},{person},{head.expression},{head.age:.0f}")
        archive.writestr("faces.csv", "\n".join([*rows, ""]))
    return buffer.getvalue()


def read_zip(content: bytes, *, detect: bool = True) -> tuple[FaceSet, str]:
    """Return the photographs of a zip with the table that is in it, and what was found, in words.

    A table whose names count from its own folder is understood: so a folder is when it is zipped. Rows whose
    picture isn't there are left out, and named in the set's notes, unless they are more than a third.

    Raises
    ------
    BadArchiveError, BadTableError
        The zip isn't safe or holds no picture; it holds several tables, or one that doesn't fit.
    """
    archive = Archive(content)
    pictures = [name for name in archive.names if is_picture(name)]
    if not pictures:
        msg = "There is no picture in the zip: PNG, JPEG or WebP files are needed."
        raise BadArchiveError(msg)
    name = _table_of(archive)
    if not name:
        found = FaceSet.from_zip(content, detect=detect)
        return found, f"{_count(len(found), 'picture')}, without a table: nothing else is known of them."
    table = read_table(archive.read(name), name)
    rooted = _rooted(table, name, archive)
    faces = FaceSet.from_zip(content, rooted, detect=detect, only_listed=True, only_there=True)
    _check_there(faces, rooted, name)
    left = len(pictures) - len(faces)
    note = f"{_count(len(faces), 'picture')}; {name} has: {', '.join(_told(faces))}."
    if lost := len(rooted) - len(faces):
        note += f" {_count(lost, 'picture')} that it lists {'is' if lost == 1 else 'are'}n't there: left out."
    if left:
        note += f" {_count(left, 'picture')} not in it: left out."
    known = faces.table
    people = known["person" if "person" in known else "id"].astype("str")
    return faces, " ".join(filter(None, [note, said_of(known, people)]))


def _check_there(faces: FaceSet, table: pd.DataFrame, name: str) -> None:
    """Raise `BadTableError` if so many pictures are missing that the table is probably another folder's."""
    if len(table) - len(faces) <= MOST_MISSING * len(table):
        return
    there = set(faces.table["file"])
    missing = [str(file) for file in table["file"] if file not in there]
    few = ", ".join(map(short_name, missing[:5])) + (" …" if len(missing) > 5 else "")
    msg = (
        f"{len(table) - len(faces)} of {len(table)} pictures that {name} lists aren't in the zip ({few}): it "
        "is probably another folder's table. Check the names in its column file, or take these rows out."
    )
    raise BadTableError(msg, missing=missing)


def _table_of(archive: Archive) -> str:
    """Return the name of the one table in a zip, or ""; the one nearest to the top if it stands alone."""
    tables = [
        name
        for name in archive.names
        if PurePosixPath(name).suffix.lower() in TABLES
        and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]
    least = min((name.count("/") for name in tables), default=0)
    top = [name for name in tables if name.count("/") == least]
    if len(top) > 1:
        named = [name for name in top if PurePosixPath(name).stem == "faces"]
        if len(named) != 1:
            msg = f"The zip has several tables: {', '.join(top[:5])}. Keep one, or name it faces.csv."
            raise BadTableError(msg)
        top = named
    return top[0] if top else ""


def _rooted(table: pd.DataFrame, name: str, archive: Archive) -> pd.DataFrame:
    """Return a table whose file names count from the top of the zip."""
    table = table.rename(columns=lambda column: str(column).strip())
    folder = name.rpartition("/")[0]
    if not folder or "file" not in table:
        return table
    there = set(archive.names)
    files = [f"{folder}/{file}" if f"{folder}/{file}" in there else file for file in table["file"]]
    return table.assign(file=files)


def _told(faces: FaceSet) -> list[str]:
    return [str(name) for name in faces.table.columns if name not in FIXED] or ["nothing but names"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)
