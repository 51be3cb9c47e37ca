"""Sets of faces, read on demand: folders and zips of photographs, or a list."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import numpy as np
import numpy.typing as npt

from facelib.errors import (
    PATHS,
    BadImageError,
    BadIndexError,
    BadTableError,
    BadValueError,
    NoFaceError,
    UnknownNameError,
    check_kind,
)
from facelib.face import Face
from facelib.faces.comparison import Comparison
from facelib.faces.copies import Copies, told
from facelib.faces.file_names import Grammar, folder_people, hint, read_as
from facelib.faces.label_numbers import NUMBERS
from facelib.faces.sources import Folder, Kept, Listed, Source, Which, Zipped, files_below, other_kinds
from facelib.faces.table import bare_table, matched, read_table
from facelib.utilities.consent import columns_of
from facelib.utilities.short_repr import COLUMNS, VALUE, block

if TYPE_CHECKING:
    import pandas as pd

BROKEN: Final = (BadImageError, NoFaceError)
"""Errors of a picture that can't be used; anything else is no fault of the picture's."""


class FaceSet(Sequence[Face]):
    """Faces in an order, each read when it is asked for; few are kept.

    Made by `from_folder`, `from_zip` or `from_faces`. ``faces[3]`` is a face, ``faces["anna/1.jpg"]`` the one
    of that id, ``faces[:10]`` a set. What the table says of a face stands in its ``attributes``. Iterating
    over it stops with an error at a picture that is broken; `iterate` can leave such out.

    Attributes
    ----------
    notes
        What of the folder was left out and why, and which pictures are one file, in sentences; empty if there
        is nothing to say.

    Examples
    --------
    >>> grey = Face(np.full((64, 64, 3), 128, np.uint8), np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan))
    >>> faces = FaceSet.from_faces([grey.replace(attributes={"person": name}) for name in ("Anna", "Ben")])
    >>> len(faces), faces.people(), faces.subset("person == 'Ben'")[0].attributes["id"]
    (2, ['Anna', 'Ben'], '1')
    """

    def __init__(self, table: pd.DataFrame, source: Source, keys: str, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self._table = table.reset_index(drop=True)
        self._absent: pd.DataFrame | None = None
        self._source = source
        self._keys: list[str] = self._table[keys].tolist()
        self._numbers = {name: number for number, name in enumerate(self._table["id"])}
        self._failures: dict[int, str] = {}
        self._told = ""
        ids: dict[str, deque[str]] = defaultdict(deque)  # several rows may name one file
        for key, name in zip(self._keys, self._table["id"], strict=True):
            ids[key].append(name)
        same = source.copies(self._keys)
        self._copies: Copies = tuple(tuple(ids[key].popleft() for key in group) for group in same)

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        metadata: str | Path | pd.DataFrame | None = None,
        *,
        detect: bool = True,
        which: Which = None,
        only_listed: bool = False,
        only_there: bool = False,
        grammar: str | Grammar | None = None,
        person_from: Literal["folder"] | None = None,
    ) -> FaceSet:
        """Return the photographs of a folder and its subfolders; none is read yet.

        A link to a picture counts if that lies in the folder, too. What leads out of the folder, or is no
        file but a pipe or a device, is left out, and `notes` says so.

        Parameters
        ----------
        folder
            PNG, JPEG and WebP files, whose names end so; hidden ones don't count. The folder itself may be
            a link.
        metadata
            CSV or Parquet file, looked for in the folder first, or a table: column ``file`` (name within the
            folder); ``person``, ``label``, ``id`` and anything else that is known, as `data/README.md` shows.
            Its order is the set's. None: natural order of the names, and a column ``folder``.
        detect, which
            As for `load_face`.
        only_listed
            Leave out pictures that the table doesn't list, instead of raising.
        only_there
            Leave out rows of the table whose picture isn't there, instead of raising; `notes` names them.
        grammar
            Name of the face set whose file names tell person, label and more: see `read_names`.
        person_from
            "folder": who is shown is named by the first folder below this one: see `read_people`.

        Raises
        ------
        BadValueError
            There is no such folder, it is one of the system (``/``, ``/proc`` …), or it holds more than
            1,000,000 files or 100,000 folders.
        BadTableError
            The table can't be read or doesn't fit the files; the error has lists of them. Or names don't
            follow the grammar, or no picture lies in a folder.
        """
        check_kind(folder, PATHS, "The name of a folder")
        root = Path(folder).expanduser()
        if not root.is_dir():
            msg = f"There is no folder {root}."
            raise BadValueError(msg)
        names, notes = files_below(root)
        if isinstance(metadata, str | Path):
            path = Path(metadata).expanduser()
            inside = root / path
            outside = path.is_file() and not inside.is_file()
            metadata = read_table(path if outside else inside, path.name)
        try:
            table, absent, lost = _checked(metadata, names, only_listed=only_listed, only_there=only_there)
        except BadTableError as error:
            error.args = (" ".join([error.words, *notes]),)  # perhaps what it lists is what was left out
            raise
        notes += (*lost, *other_kinds(names, table["file"]))
        found = cls(table, Kept(Folder(root.resolve(), detect, which)), "file", notes)
        found._absent = absent
        return found._with_names(grammar, person_from, bare=metadata is None)

    @classmethod
    def from_zip(
        cls,
        source: str | Path | bytes,
        metadata: str | Path | pd.DataFrame | None = None,
        *,
        detect: bool = True,
        which: Which = None,
        only_listed: bool = False,
        only_there: bool = False,
        grammar: str | Grammar | None = None,
        person_from: Literal["folder"] | None = None,
    ) -> FaceSet:
        """Return the photographs of a zip; it is never unpacked, and each is read when it is asked for.

        Parameters
        ----------
        source
            The zip, or its bytes.
        metadata
            As for `from_folder`; a name is looked for in the zip first.
        detect, which, only_listed, only_there, grammar, person_from
            As for `from_folder`.

        Raises
        ------
        BadArchiveError
            It is damaged, or not safe to read: see `facelib.faces.archive.Archive`.
        BadTableError
            The table can't be read or doesn't fit the files; or those don't follow the grammar.
        """
        zipped = Zipped(source, detect, which)
        archive = zipped.archive
        if isinstance(metadata, str | Path):
            inside = str(metadata) in archive.names
            content = archive.read(str(metadata)) if inside else Path(metadata).expanduser()
            metadata = read_table(content, Path(metadata).name)
        names = archive.names
        table, absent, lost = _checked(metadata, names, only_listed=only_listed, only_there=only_there)
        found = cls(table, Kept(zipped), "file", (*lost, *other_kinds(names, table["file"])))
        found._absent = absent
        return found._with_names(grammar, person_from, bare=metadata is None)

    @classmethod
    def from_faces(cls, faces: Iterable[Face]) -> FaceSet:
        """Return a set of faces that are there already; numbers and words of their attributes are its table.

        Their ids are the attribute ``id`` if all have one of their own, else "0", "1" …

        Raises
        ------
        BadValueError
            If something else than faces is given.
        """
        import pandas as pd

        check_kind(faces, Iterable, "A list of faces")
        listed = list(faces)
        others = {type(face).__name__ for face in listed if not isinstance(face, Face)}
        if others:
            msg = f"A set is made of faces; got {', '.join(sorted(others))}."
            raise BadValueError(msg, hint="head.render() makes one.")
        rows = [
            {name: value for name, value in face.attributes.items() if isinstance(value, Real | str)}
            for face in listed
        ]
        ids = [str(row.pop("id", "")) for row in rows]
        if len(set(ids)) < len(ids) or "" in ids:
            ids = [str(number) for number in range(len(listed))]
        table = pd.DataFrame(rows, index=range(len(listed)))
        table.insert(0, "id", pd.Series(ids, dtype="str"))
        return cls(table, Listed(dict(zip(ids, listed, strict=True))), "id")

    @property
    def table(self) -> pd.DataFrame:
        """Metadata, one row per face: ``id`` first, ``file``, and the columns of the metadata table."""
        return self._table.copy()

    @property
    def absent(self) -> pd.DataFrame:
        """Rows of the table whose picture isn't there, left out by `only_there`; a part of a set has none."""
        return (self._table.iloc[:0] if self._absent is None else self._absent).copy()

    @property
    def copies(self) -> Copies:
        """Ids of pictures of the set that are one file, byte for byte: a group for each; see `notes`."""
        there = ([name for name in group if name in self._numbers] for group in self._copies)
        return tuple(tuple(group) for group in there if len(group) > 1)

    @property
    def failures(self) -> pd.DataFrame:
        """Pictures that `iterate` left out so far: columns id, file, reason."""
        import pandas as pd

        rows = sorted(self._failures)
        places = self._table.iloc[rows]
        files = places["file"] if "file" in places else places["id"]
        found = {"id": places["id"], "file": files, "reason": [self._failures[row] for row in rows]}
        return pd.DataFrame(found).reset_index(drop=True)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        names = [str(name)[:VALUE] for name in self._table.columns[:COLUMNS]]
        more = [] if self._table.shape[1] <= COLUMNS else ["…"]
        left = "".join(f"; {note.removesuffix('.')}" for note in self.notes)
        return f"<FaceSet of {len(self)} faces: {', '.join([*names, *more])}{left}>"

    def _repr_html_(self) -> str:
        return block(self, table=self._table)

    @overload
    def __getitem__(self, place: int | str) -> Face: ...
    @overload
    def __getitem__(self, place: slice) -> FaceSet: ...
    def __getitem__(self, place: int | str | slice) -> Face | FaceSet:
        """Return a face by its number or id, or a slice as a set; a broken picture raises what is wrong."""
        if isinstance(place, slice):
            return self._of(np.arange(len(self))[place])
        if isinstance(place, str):
            if place not in self._numbers:
                msg = f"There is no face of id {place!r} in the set; its table lists them all."
                raise UnknownNameError(msg)
            place = self._numbers[place]
        number = self._place(place)
        try:
            face = self._source.read(self._keys[number])
        except BROKEN as error:
            error.args = (f"{self._keys[number]}: {error.words}",)
            raise
        known = self._row_of(number)
        own = dict(face.attributes)
        missing: dict[str, Any] = dict.fromkeys(columns_of(self._table), "")  # an empty cell gives none
        if "label_number" in self._table:  # the picture's own label is the number
            own.pop("label", None)
        return face.replace(attributes={**missing, **known, **own, "id": known["id"]})

    def _place(self, number: int) -> int:
        """Return a number of the set counted from its start, or raise what is wrong with it."""
        try:
            return range(len(self))[number]
        except IndexError:
            count = len(self)
            there = f"has {count} faces, numbers 0 … {count - 1}" if count else "is empty"
            msg = f"The set {there}; got {number}."
            raise BadIndexError(msg) from None
        except TypeError:
            msg = f"A set's face has a number or an id, as faces[3] or faces['anna/1.jpg']; got {number!r}."
            raise BadValueError(msg) from None

    def iterate(self, *, skip_broken: bool = False) -> Iterator[Face]:
        """Return the faces one after the other; broken pictures are left out and stand in `failures`.

        Parameters
        ----------
        skip_broken
            False: the first broken picture raises.
        """
        for number in range(len(self)):
            try:
                face = self[number]
            except BROKEN as error:
                if not skip_broken:
                    raise
                self._failures[number] = error.words.removeprefix(f"{self._keys[number]}: ")
                continue
            self._failures.pop(number, None)
            yield face

    def __iter__(self) -> Iterator[Face]:
        return self.iterate()

    def fingerprint(self, number: int) -> str:
        """Return a hash of what a face is made of: its file and how that is read, or its picture."""
        return self._source.fingerprint(self._keys[number])

    def subset(self, chosen: str | npt.ArrayLike) -> FaceSet:
        """Return some of the faces, in the same order.

        Parameters
        ----------
        chosen
            A comparison of the table's columns with values, ``"label == 'happy' and age > 30"``; or one bool
            per face, for anything else: ``faces.table["person"].str.startswith("A")``.

        Raises
        ------
        BadValueError
            The comparison can't be answered, or there isn't one bool per face.
        """
        if isinstance(chosen, str):
            return self._of(np.flatnonzero(Comparison.parse(chosen).chosen(self._table)))
        mask = np.asarray(chosen)
        if mask.dtype != bool or mask.shape != (len(self),):
            msg = f"A subset is chosen by one bool per face, ({len(self)},); got {mask.dtype} {mask.shape}."
            raise BadValueError(msg)
        return self._of(np.flatnonzero(mask))

    def label_numbers(self, dataset: str) -> FaceSet:
        """Return the set with the words that numbers in the column ``label`` stand for.

        The numbers stay in a column ``label_number``. What stands for no expression ("uncertain", "no face")
        is unknown.

        Parameters
        ----------
        dataset
            Whose numbers they are: "affectnet", "ferplus" or "raf-db". The same number is another expression
            in each.

        Raises
        ------
        UnknownNameError
            If the data set isn't one of these.
        BadTableError
            If there is no column ``label``, or it has something else than that data set's numbers.
        """
        import pandas as pd

        if dataset not in NUMBERS:
            msg = f"Numbers of labels are those of {', '.join(NUMBERS)}; got {dataset!r}."
            raise UnknownNameError(msg)
        words = NUMBERS[dataset]
        numbers = pd.to_numeric(self._column("label"), errors="coerce")
        other = self._table["label"].notna() & ~numbers.isin(list(words))
        if other.any():
            odd = ", ".join(map(str, self._table.loc[other, "label"].unique()[:5]))
            msg = f"Labels of {dataset} are numbers from {min(words)} to {max(words)}; here are {odd}, too."
            raise BadTableError(msg)
        named = self._of(np.arange(len(self)))
        found = numbers.map(words)
        named._table["label_number"] = numbers.to_numpy()
        named._table["label"] = found.where(found != "").to_numpy()
        named.notes += (f"Labels are numbers of {dataset}.",)
        return named

    def read_names(self, grammar: str | Grammar) -> FaceSet:
        """Return the set with what its file names say, as a published face set codes person, label and more.

        Columns that the table has stay as they are. Names that don't follow the grammar stay in the set, with
        nothing known; `notes` says how many and which, and what was understood of the others.

        Parameters
        ----------
        grammar
            Name of the face set: "kdef", "akdef", "rafd", "ck+", "jaffe", "faces" or "cfd"; or a grammar of
            one's own (`facelib.faces.Grammar`).

        Raises
        ------
        UnknownNameError
            If there is no such grammar.
        BadTableError
            If nearly no name follows it, or the set has no files.
        """
        check_kind(grammar, (str, Grammar), "A grammar of file names, by its name,")
        hinted = hint(self._column("file").tolist())  # what it advises is done
        added, note = read_as(grammar, self._table)
        named = self._of(np.arange(len(self)))
        named._table[added.columns] = added
        named.notes = (*(one for one in self.notes if one not in hinted), note)
        return named._with_copies()

    def read_people(self) -> FaceSet:
        """Return the set with the first folder of each file as the person that it shows.

        Folders within it are the same person's. A picture in no folder has no person, and `notes` names it.
        A column ``person`` of the table stays.

        Raises
        ------
        BadTableError
            If no picture lies in a folder, or the set has no files.
        """
        people, note = folder_people(self._column("file").tolist())
        named = self._of(np.arange(len(self)))
        if "person" in named._table:
            note = "People are those of the table, not the folders'."
        else:
            named._table["person"] = people
        named.notes += (note,)
        return named._with_copies()

    def people(self) -> list[str]:
        """Return the persons of the set, each once, in order of appearance, by the column ``person``.

        Raises
        ------
        BadTableError
            The table has no such column.
        """
        return [str(name) for name in self._column("person").dropna().unique()]

    def pairs(self, column: str, within: Sequence[str] = ("person", "label")) -> pd.DataFrame:
        """Return faces that differ in a column of two values, say with and without electrodes.

        Those that have the person and the label in common are pairs; faces without a partner are left out.

        Parameters
        ----------
        column
            Has two values.
        within
            What partners have in common; columns that the table lacks don't count.

        Returns
        -------
        pandas.DataFrame
            One row per pair: the columns of `within`, then one per value, named as it, with the face's id.

        Raises
        ------
        BadTableError
            There is no such column, it hasn't two values, or a face has several partners.
        """
        values = list(self._column(column).dropna().unique())
        if len(values) != 2:
            msg = f"Pairs need a column of two values; {column!r} has {len(values)}."
            raise BadTableError(msg)
        shared = [name for name in within if name in self._table and name != column]
        if not shared:
            msg = f"Pairs have something in common, by the columns {', '.join(within)}; the table has none."
            raise BadTableError(msg)
        rows = self._table.dropna(subset=[*shared, column])
        several = rows[rows.duplicated([*shared, column], keep=False)]
        if len(several):
            msg = (
                f"{len(several)} faces have several partners in {column!r}, for example "
                f"{', '.join(several['id'].head(3))}; name more columns that partners share."
            )
            raise BadTableError(msg, duplicates=several["id"].tolist(), hint="In Python: within=.")
        first, second = (rows[rows[column] == value].set_index(shared)["id"] for value in sorted(values))
        names = [str(value) for value in sorted(values)]
        partners: pd.DataFrame = (
            first.to_frame(names[0]).join(second.rename(names[1]), how="inner").reset_index()
        )
        return partners

    def _with_names(
        self, grammar: str | Grammar | None, person_from: Literal["folder"] | None, *, bare: bool
    ) -> FaceSet:
        """Return the set with what names of files and folders say; `bare`: nothing else is known."""
        if person_from not in (None, "folder"):
            msg = f"People are named by their folder, or by a table; got {person_from!r}."
            raise BadValueError(msg, hint="person_from='folder', or None.")
        found = self if person_from is None else self.read_people()
        if grammar is not None:
            found = found.read_names(grammar)
        elif bare:
            found.notes += hint(self._keys)
        return found._with_copies()

    def _with_copies(self) -> FaceSet:
        """Return the set with a note on its copies, as they are now."""
        said = told(self.copies, self._table)
        self.notes = (*(one for one in self.notes if one != self._told), *filter(None, [said]))
        self._told = said
        return self

    def _column(self, name: str) -> pd.Series[Any]:
        if name not in self._table:
            msg = f"The table has no column {name!r}; its columns are {', '.join(self._table.columns)}."
            raise BadTableError(msg)
        return self._table[name]

    def _row_of(self, number: int) -> Mapping[str, Any]:
        """Return what the table says of a face; what is unknown is left out."""
        from pandas import isna
        from pandas.api.types import is_scalar

        row: dict[str, Any] = {}
        for name, value in self._table.iloc[number].items():
            if not (is_scalar(value) and isna(value)):
                row[str(name)] = value.item() if isinstance(value, np.generic) else value
        return row

    def _of(self, numbers: npt.NDArray[np.intp]) -> FaceSet:
        chosen = object.__new__(FaceSet)
        chosen.notes = self.notes
        chosen._table = self._table.iloc[numbers].reset_index(drop=True)
        chosen._absent = None
        chosen._source = self._source
        chosen._keys = [self._keys[number] for number in numbers]
        chosen._numbers = {name: number for number, name in enumerate(chosen._table["id"])}
        chosen._failures = {}
        chosen._copies, chosen._told = self._copies, self._told
        chosen._copies = chosen.copies
        return chosen._with_copies()


def _checked(
    metadata: pd.DataFrame | None, names: Sequence[str], **options: bool
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return the table of a set, and what of it was left out: rows without a picture, and sentences."""
    if metadata is None:
        table = bare_table(names)
        return table, table.iloc[:0], ()
    return matched(metadata, names, **options)
