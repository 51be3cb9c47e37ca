"""File names of published face sets: what each says of person, label, view and session."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadTableError, BadValueError, answers_misspelt, check_all, check_kind
from facelib.faces.sources import OTHERS
from facelib.faces.table import SUFFIXES
from facelib.utilities.registry import Registry
from facelib.utilities.wording import counted, short_name

if TYPE_CHECKING:
    import pandas as pd

ALWAYS: Final = ("file", "person", "label")
"""First columns of what is read; those that a set's names don't code are empty."""
FEW: Final = 0.1
"""Share of names below which they aren't that set's (our choice)."""
HINTED: Final = 0.5
"""Share of names from which a grammar is suggested (our choice)."""

_SHOWN: Final = 5
_VALUES: Final = 8  # of a column, in a sentence
_ENDINGS: Final = frozenset(ending.removeprefix(".") for ending in (*SUFFIXES, *OTHERS))
_BY: Final = "grammar={name!r} (in a study's file, grammar: {name})"
_GENDER: Final[Mapping[str, Any]] = {"F": 0, "FEMALE": 0, "M": 1, "MALE": 1}  # as the property has it
_GROUPS: Final = ("gender", "race", "group", "age_group")
"""Columns that sort people: they come from the set's makers, and are never estimated."""


@answers_misspelt("a grammar")
@dataclass(frozen=True)
class Grammar:
    """What the file names of a face set say; endings, capitals and folders don't count.

    Attributes
    ----------
    title
        The set's usual name.
    pattern
        Regular expression of a whole name without its ending. Its named groups are columns; they may lie
        within each other, as a person's number and gender do.
    words
        By column, what each code stands for; one without words is the code itself, in capitals.
    source
        Public address where the naming is documented.
    example
        A name as the set has it.
    remark
        What else to know of such names, in a sentence.

    Examples
    --------
    >>> grammar("kdef").read(["AF01ANFL.JPG", "notes.jpg"])[["person", "label", "pose"]].values.tolist()
    [['F01', 'angry', 'full left profile'], [nan, nan, nan]]
    """

    title: str
    pattern: str
    source: str
    example: str
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remark: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "pattern", "source", "example", "remark"):
            check_kind(getattr(self, name), str, f"A grammar's {name}, a text,")
        check_kind(self.words, Mapping, "A grammar's words, codes with what they stand for by column,")
        try:
            known = self._compiled.groupindex
        except (re.error, OverflowError, RecursionError) as error:
            msg = f"A grammar's pattern is a regular expression; {self.pattern!r} isn't: {error}."
            raise BadValueError(msg) from error
        strange = [str(name) for name in self.words if name not in known]
        if strange or not known or "file" in known:
            what = f"words are given for {', '.join(strange)}" if strange else f"got {self.pattern!r}"
            msg = f"A grammar's pattern has a named group for each column, as (?P<person>[0-9]+); {what}."
            raise BadValueError(msg)
        for column, words in self.words.items():
            check_kind(words, Mapping, f"The words of {column}, codes with what they stand for,")
            check_all(
                words.values(), (str, int, float), f"What a code of {column} stands for, a text or number,"
            )
        if not all(self.follow([self.example])):
            msg = f"A grammar's example follows its pattern; {self.example!r} doesn't: {self.pattern!r}."
            raise BadValueError(msg)
        capitals = {
            column: {str(code).upper(): word for code, word in words.items()}
            for column, words in self.words.items()
        }
        object.__setattr__(self, "words", capitals)

    def read(self, names: Iterable[str]) -> pd.DataFrame:
        """Return what file names say, one row per name, in their order.

        Parameters
        ----------
        names
            Names of files, with or without folders and endings.

        Returns
        -------
        pandas.DataFrame
            Columns file, person, label in the set's own words, then the others that it codes (gender: 0
            female, 1 male). What a name doesn't say is unknown, and everything of one that doesn't follow.

        Raises
        ------
        BadValueError
            If something else than names is given.
        """
        import pandas as pd

        files = check_all(names, str, "A list of file names")
        match = self._compiled.fullmatch
        found = [match(_stem(name)) for name in files]
        table = pd.DataFrame({"file": pd.Series(files, dtype="str")})
        for column in dict.fromkeys((*ALWAYS[1:], *self._compiled.groupindex)):
            values = self._values(column, found)
            texts = all(value is None or isinstance(value, str) for value in values)
            table[column] = pd.Series(values, dtype="str" if texts else None)
        return table

    def follow(self, names: Iterable[str]) -> list[bool]:
        """Return whether each name follows the grammar."""
        match = self._compiled.fullmatch
        return [match(_stem(name)) is not None for name in names]

    @property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE | re.ASCII)  # kept by the module itself

    def _values(self, column: str, found: Sequence[re.Match[str] | None]) -> list[Any]:
        if column not in self._compiled.groupindex:
            return [None] * len(found)
        codes = [None if match is None else match[column] for match in found]
        words = self.words.get(column)
        if words is None:
            return [None if code is None else code.upper() for code in codes]
        return [None if code is None else words.get(code.upper(), code) for code in codes]


GRAMMARS: Registry[Grammar] = Registry("grammar of file names")
"""Grammars by name; one's own is added by ``GRAMMARS.register("mine", Grammar(...))``."""


def grammar(name: str) -> Grammar:
    """Return the grammar of a face set's file names.

    Parameters
    ----------
    name
        "kdef", "akdef", "rafd", "ck+", "jaffe", "faces" or "cfd"; capitals don't count.

    Raises
    ------
    UnknownNameError
        If there is none of that name.

    Examples
    --------
    >>> grammar("rafd").example
    'Rafd090_28_Caucasian_male_angry_frontal.jpg'
    """
    if isinstance(name, str) and name not in GRAMMARS and name.casefold() in GRAMMARS:
        return GRAMMARS[name.casefold()]
    return GRAMMARS[name]


def read_as(spoken: str | Grammar, own: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the columns that file names add to a table, and in words what was understood.

    Parameters
    ----------
    spoken
        A grammar, or the name of one.
    own
        The table, with a column ``file``: what it has stays.

    Raises
    ------
    BadTableError
        If nearly no name follows the grammar; the error says which other would fit.
    """
    files = own["file"].tolist()
    chosen = spoken if isinstance(spoken, Grammar) else grammar(spoken)
    odd = [name for name, fits in zip(files, chosen.follow(files), strict=True) if not fits]
    if files and len(odd) > (1 - FEW) * len(files):
        raise BadTableError(_refusal(chosen, files, odd))
    table = chosen.read(files)
    known = [name for name in table.columns[1:] if table[name].notna().any()]
    added = table[[name for name in known if name not in own]]
    said = f"File names were read as {chosen.title}'s: {_told(added) or 'nothing new'}"
    unknown = ""
    if odd:
        fails = "don't follow" if len(odd) > 1 else "doesn't follow"
        said += f"; {len(odd):,} of {len(files):,} names {fails} it: {_some(odd)}"
        alone = "; each counts as one more person, or is left out of pairs" if "person" in added else ""
        unknown = f"Nothing is known of what doesn't follow{alone}."
    stay = ", ".join(name for name in known if name in own)
    groups = ", ".join(name for name in added if name in _GROUPS)
    sentences = (
        f"{said}.",
        unknown,
        stay and f"What was known of {stay} stays.",
        _people_differ(table, own),
        groups and f"{groups.capitalize()}: as the set's makers wrote it, no estimate.",
        chosen.remark,
    )
    return added, " ".join(filter(None, sentences))


def _people_differ(table: pd.DataFrame, own: pd.DataFrame) -> str:
    """Say where names tell another number of people than is known: one person may count as two."""
    if "person" not in own:
        return ""
    both = table["person"].notna() & own["person"].notna().to_numpy()
    by_names, known = table.loc[both, "person"].nunique(), own.loc[both.to_numpy(), "person"].nunique()
    if by_names == known:
        return ""
    told = counted(by_names, "person", "people")
    return f"The names tell {told} where {known:,} are known: see to it which is right."


def hint(files: Sequence[str]) -> tuple[str, ...]:
    """Return in a sentence which grammar names without a table follow, if most of them follow one."""
    name, count = _best(files)
    if not count or count < HINTED * len(files):
        return ()
    return (
        f"{count:,} of {len(files):,} file names look like {GRAMMARS[name].title}'s: {_BY.format(name=name)} "
        "reads what they tell.",
    )


def folder_people(files: Sequence[str]) -> tuple[pd.Series[Any], str]:
    """Return who is shown by the first folder that a picture lies in, and in words what was understood.

    Raises
    ------
    BadTableError
        If no picture lies in a folder.
    """
    import pandas as pd

    people = [_plain(name.partition("/")[0]) if "/" in name else None for name in files]
    loose = [name for name, person in zip(files, people, strict=True) if person is None]
    if files and len(loose) == len(files):
        msg = (
            f"People are named by folders, as anna/1.jpg; no picture lies in one: {_some(loose)}. Make a "
            "folder for each person, or name people in a table (column person)."
        )
        raise BadTableError(msg)
    named = list(dict.fromkeys(filter(None, people)))
    said = f"People are named by their folders: {counted(len(named), 'person', 'people')} ({_some(named)})"
    if loose:
        lie = "lie in none and have" if len(loose) > 1 else "lies in none and has"
        said += f"; {len(loose):,} of {len(files):,} pictures {lie} no person: {_some(loose)}"
    if len(named) == 1 and any(name.count("/") > 1 for name in files):
        one = _some(named)
        said += f". If the folders in {one} are the people, name {one} itself as the folder"
    return pd.Series(people, dtype="str"), f"{said}."


def _refusal(chosen: Grammar, files: Sequence[str], odd: Sequence[str]) -> str:
    """Say that nearly no name follows a grammar, and which other fits better."""
    count = len(files) - len(odd)
    how_many = f"Only {count:,} of {len(files):,} file names look" if count else "No file name looks"
    said = f"{how_many} like {chosen.title}'s, as {chosen.example}; got {_some(odd)}."
    name, others = _best(files)
    if others > count:
        return f"{said} {others:,} look like {GRAMMARS[name].title}'s: {_BY.format(name=name)}."
    return f"{said} None of the others fits ({', '.join(GRAMMARS)}): say in a table what is known."


def _best(files: Sequence[str]) -> tuple[str, int]:
    """Return the grammar that most names follow, and how many do."""
    stems = [_stem(name) for name in files]
    counts = ((name, sum(map(bool, map(GRAMMARS[name]._compiled.fullmatch, stems)))) for name in GRAMMARS)
    return max(counts, key=lambda pair: pair[1])


def _told(table: pd.DataFrame) -> str:
    """Say what columns have: how many people and labels, and the values of the others."""
    parts = []
    for name in table:
        values = sorted(table[name].dropna().unique(), key=str)
        if name == "person":
            parts.append(counted(len(values), "person", "people"))
        elif name == "gender":
            parts.append(name)
        else:
            what = counted(len(values), "label") if name == "label" else name
            few = len(values) <= _VALUES
            parts.append(f"{what} ({', '.join(map(str, values)) if few else f'{len(values):,} values'})")
    return ", ".join(parts)


def _some(names: Sequence[str]) -> str:
    """Return the first names, as they stand in a sentence."""
    return ", ".join(map(short_name, names[:_SHOWN])) + (" …" if len(names) > _SHOWN else "")


def _stem(name: str) -> str:
    """Return a file's name without folders, blanks around it and endings of pictures.

    >>> _stem("KDEF/AF01/AF01ANFL .JPG"), _stem("KA.AN1.39.tiff.png")
    ('AF01ANFL', 'KA.AN1.39')
    """
    stem = _plain(name).replace("\\", "/").rpartition("/")[2].strip()
    while True:
        start, _, ending = stem.rpartition(".")
        if not start or ending.lower() not in _ENDINGS:
            return stem
        stem = start.rstrip()


def _plain(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _words(words: str) -> dict[str, str]:
    """Return words that are their own codes.

    >>> _words("angry sad")
    {'ANGRY': 'angry', 'SAD': 'sad'}
    """
    return {word.upper(): word for word in words.split()}


_KDEF: Final[dict[str, Mapping[str, Any]]] = {
    "gender": _GENDER,
    "label": {
        "AF": "afraid", "AN": "angry", "DI": "disgusted", "HA": "happy", "NE": "neutral", "SA": "sad",
        "SU": "surprised",
    },
    "pose": {
        "FL": "full left profile", "HL": "half left profile", "S": "straight", "HR": "half right profile",
        "FR": "full right profile",
    },
}  # fmt: skip
_EXPRESSION: Final = "(?P<label>AF|AN|DI|HA|NE|SA|SU)(?P<pose>FL|HL|S|HR|FR)"

GRAMMARS.register(
    "kdef",
    Grammar(
        "KDEF",
        f"(?P<session>[AB])(?P<person>(?P<gender>[FM])(?:0[1-9]|[12][0-9]|3[0-5])){_EXPRESSION}",
        # The makers' description, which comes with the pictures, as others have it.
        "https://github.com/OanaTudu/EmotionProject2/blob/1be5483c15a56ef19116deba5c3ad272e4b80c65/README.md",
        "AF01ANFL.JPG",
        _KDEF | {"session": {"A": "series one", "B": "series two"}},
    ),
)
GRAMMARS.register(
    "akdef",
    Grammar(
        "AKDEF",
        f"(?P<person>(?P<gender>[FM])){_EXPRESSION}",
        "https://www.kdef.se/home/about%20akdef.html",
        "FAFFL.JPG",
        _KDEF,
        "Each picture averages 35 people: person is the average, F or M, and nobody.",
    ),
)
GRAMMARS.register(
    "rafd",
    Grammar(
        "RaFD",
        "Rafd(?P<camera>000|045|090|135|180)_(?P<person>[0-9]{2})_(?P<group>Caucasian|Moroccan|Kid)_"
        "(?P<gender>female|male)_(?P<label>angry|contemptuous|disgusted|fearful|happy|neutral|sad|surprised)_"
        "(?P<gaze>left|frontal|right)",
        "https://rafd.socsci.ru.nl/FAQ.html",
        "Rafd090_28_Caucasian_male_angry_frontal.jpg",
        {
            "group": _words("Caucasian Moroccan Kid"),
            "gender": _GENDER,
            "label": _words("angry contemptuous disgusted fearful happy neutral sad surprised"),
            "gaze": _words("left frontal right"),
        },
    ),
)
GRAMMARS.register(
    "ck+",
    Grammar(
        "CK+",
        "(?P<person>S[0-9]{3})_(?P<sequence>[0-9]{3})_(?P<frame>[0-9]{8})",
        # Folders are subject and sequence there; names repeat them, before the frame.
        "https://github.com/ifp-uiuc/do-neural-networks-learn-faus-iccvw-2015/blob/"
        "4c9f60266ca8a8a9b7adc83c3281201fc55a9020/data_scripts/make_ck_plus_dataset.py",
        "S005_001_00000011.png",
        remark="Its names code no expression: put it into a table (columns file, label).",
    ),
)
GRAMMARS.register(
    "jaffe",
    Grammar(
        "JAFFE",
        r"(?P<person>KA|KL|KM|KR|MK|NA|NM|TM|UY|YM)\.(?P<label>AN|DI|FE|HA|NE|SA|SU)(?P<take>[0-9])\."
        "(?P<number>[0-9]{1,3})",
        "https://github.com/grgizem/matlab-pattern-matching/blob/9789faca53562799825cf636ad7cc6008ee8ee8d/"
        "read_jaffe.m",
        "YM.FE4.70.tiff",
        {
            "label": {
                "AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad",
                "SU": "surprise",
            }
        },
    ),
)  # fmt: skip
GRAMMARS.register(
    "faces",
    Grammar(
        "FACES",
        "(?P<person>[0-9]{3})_(?P<age_group>[ymo])_(?P<gender>[mf])_(?P<label>[adfhns])_(?P<set>[ab])",
        "https://github.com/hcmlab/hcai-datasets/blob/130866e4636b107e9f993ff81a85a6133f7f5cc7/hcai_datasets/"
        "hcai_faces/hcai_faces_iterable.py",
        "004_o_m_a_b.jpg",
        {
            "age_group": {"Y": "young", "M": "middle-aged", "O": "older"},
            "gender": _GENDER,
            "label": {
                "A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutrality",
                "S": "sadness",
            },
            "set": {"A": "a", "B": "b"},
        },
    ),
)  # fmt: skip
GRAMMARS.register(
    "cfd",
    Grammar(
        "CFD",
        "CFD-(?P<person>(?P<race>[ABLWMI])(?P<gender>[FM])-[0-9]{3})-(?P<photo>[0-9]{3})-"
        "(?P<label>[NAF]|H(?=[CO]))(?P<mouth>(?<=H)[CO])?",
        # The places of the codes; their words are those of https://www.chicagofaces.org.
        "https://github.com/aalok-sathe/chicago-facedb-reader/blob/00d2bcdea2e9eb3bebcebf22f17cbb15df96c084/"
        "cfd_reader/faces.py",
        "CFD-WM-040-023-HO.jpg",
        {
            "race": {
                "A": "Asian", "B": "Black", "L": "Latino", "W": "White", "M": "multiracial", "I": "Indian",
            },
            "gender": _GENDER,
            "label": {"N": "neutral", "A": "angry", "F": "fearful", "H": "happy"},
            "mouth": {"C": "closed", "O": "open"},
        },
    ),
)  # fmt: skip
