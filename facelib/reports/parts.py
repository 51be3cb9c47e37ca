"""Parts of a report: tables and figures, as text that a template escapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from facelib.charts.export import figure
from facelib.utilities.wording import sentences

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORT, LONG = 22, 40  # characters of a cell that is never broken, and of a word that is


@dataclass(frozen=True)
class Table:
    """A table as it is printed.

    Attributes
    ----------
    caption
        Sentence above it.
    columns
        Headings.
    rows
        Texts, one per column; the first names the row.
    notes
        Below it: mark and text.
    words
        Places of the columns that hold words; others are numbers, flush right.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[tuple[str, str], ...] = ()
    words: frozenset[int] = frozenset({0})

    def kind(self, column: int, cell: str) -> str:
        """Return how a cell is set: as words, as text that may be broken, or as a code; "": as a number."""
        if column not in self.words:
            return ""
        if len(cell) > LONG and not any(letter.isspace() for letter in cell):
            return "word code"
        return "word text" if len(cell) > SHORT else "word"


@dataclass(frozen=True)
class Figure:
    """A chart of a report.

    Attributes
    ----------
    name
        Of its file.
    caption
        Below it: what is seen, and how to read it.
    alt
        What somebody who can't see it must know.
    draw
        Returns the chart with its data: an altair chart, or a Vega-Lite dictionary.
    """

    name: str
    caption: str
    alt: str
    draw: Callable[[], Any] = field(repr=False)

    def file(self, kind: str) -> bytes:
        """Return the figure as a file: svg or png."""
        return figure(self.draw(), kind)

    def inline(self) -> str:
        """Return the SVG element for a page: an image with its text, and ids that no other figure has."""
        return _inline(self.file("svg").decode(), self.name, self.alt)


@dataclass(frozen=True)
class Picture:
    """A drawn picture of a report, inside the page.

    Attributes
    ----------
    source
        URI that holds the picture itself.
    size
        Width and height, px.
    caption, alt
        As those of a `Figure`.
    """

    source: str = field(repr=False)
    size: tuple[int, int]
    caption: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A part of the results.

    Attributes
    ----------
    id, heading
        Its anchor and name.
    paragraphs
        Texts at its beginning.
    sentences
        Items of a list.
    tables, figures
        What follows.
    picture
        What was done, before the list: drawn, or why it isn't.
    """

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    picture: Picture | str = ""


@dataclass(frozen=True)
class Content:
    """Content of a report; the page's template puts it in order.

    Attributes
    ----------
    kind
        "interventional", "observational", "paired" or "chimeric": chooses the method's template.
    title, question
        Name of the study, and what it asks, in one sentence.
    status
        How far it is.
    complete
        Whether all is done.
    answer, reading
        Verdicts in plain language, and how to read them.
    registered
        What was set before the run, in sentences; empty: nothing was.
    changes
        What was changed later.
    sections
        Results.
    facts
        What the method's template needs.
    declared
        What was set.
    failures
        What failed, in sentences, and where.
    provenance
        Tables of versions, machine, runs, classifiers.
    appendix
        Tables of everything.
    paragraph, cite
        To paste.
    limits
        What may be claimed, besides the sentence that stands in every report.
    generator
        Name and version of what ran the study.
    """

    kind: str
    title: str
    question: str
    status: str
    complete: bool
    answer: tuple[str, ...]
    reading: tuple[str, ...]
    registered: tuple[str, ...]
    changes: tuple[str, ...]
    sections: tuple[Section, ...]
    facts: Mapping[str, Any]
    declared: Table
    failures: tuple[tuple[str, ...], Table | None]
    provenance: tuple[Table, ...]
    appendix: tuple[Section, ...]
    paragraph: str
    cite: tuple[str, ...]
    limits: tuple[str, ...] = ()
    generator: str = "facelib"

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures in their order."""
        return tuple(one for section in (*self.sections, *self.appendix) for one in section.figures)


def footnotes(texts: Iterable[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Return the marks of each row's remarks, and their meanings: every sentence appears once.

    What is said of every row has no mark.

    >>> footnotes(["Few faces.", "Few faces. Starts near 1.", "Few faces. Skewed (+1.2). Starts near 1."])
    (['', 'a', 'b, a'], (('', 'Few faces.'), ('a', 'Starts near 1.'), ('b', 'Skewed (+1.2).')))
    """
    rows = [list(dict.fromkeys(sentences(text))) for text in texts]
    every = [one for one in (rows[0] if rows else []) if all(one in row for row in rows)]
    marks: dict[str, str] = {}
    for one in (one for row in rows for one in row if one not in every):
        marks.setdefault(one, _letters(len(marks)))
    found = [", ".join(marks[one] for one in row if one not in every) for row in rows]
    return found, (*(("", one) for one in every), *((mark, one) for one, mark in marks.items()))


def two_columns(caption: str, pairs: Sequence[tuple[str, str]], *, names: tuple[str, str]) -> Table:
    """Return a table of names and texts, those without a text left out."""
    return Table(caption, names, tuple(pair for pair in pairs if pair[1]), words=frozenset({0, 1}))


def _letters(place: int) -> str:
    """Return the letters of the alphabet, then pairs of them.

    >>> _letters(0), _letters(25), _letters(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(place, len(LETTERS))
    return (LETTERS[first - 1] if first else "") + LETTERS[last]


def _inline(svg: str, name: str, alt: str) -> str:
    """Make an SVG part of a page: own ids, the page's font, and one image to a screen reader."""
    from xml.etree import ElementTree

    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(
            {key: _own(key, value, name) for key, value in attributes.items() if not _needless(key)}
        )
    root.attrib |= {"role": "img", "aria-label": alt}
    root.attrib.pop("version", None)
    return ElementTree.tostring(root, encoding="unicode")


def _needless(attribute: str) -> bool:
    """Return whether an attribute has no effect on our page: names of marks, and the font."""
    return attribute in ("class", "role", "font-family", "pointer-events") or attribute.startswith("aria-")


def _own(attribute: str, value: str, name: str) -> str:
    """Return the value of an attribute with the ids in it made the figure's own."""
    if attribute == "id":
        return f"{name}-{value}"
    if attribute == "href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    return re.sub(r"url\(#", f"url(#{name}-", value)
