"""YAML read with care: plain data only, every value knows its line, and every error names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from facelib.errors import BadValueError, FacelibError
from facelib.utilities.nearest import nearest

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")

LARGEST: Final = 256_000  # bytes
DEEPEST: Final = 12
MOST: Final = 20_000  # values
SHOWN: Final = 60  # characters of a value in a message

WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
WHOLE: Final = re.compile(r"[-+]?[0-9]+")
NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class DeclarationError(BadValueError):
    """A study that was declared in a file in a way that can't be; the message names file and line.

    Attributes
    ----------
    source
        Name of the file.
    line
        Of what is wrong, from 1; 0: the file as a whole.
    """

    def __init__(self, message: str, source: str = "", line: int = 0, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source, self.line = source, line


@dataclass(frozen=True)
class Located:
    """A value of a file, with its place.

    Attributes
    ----------
    value
        None, a bool, number or text; a tuple of `Located`; or a mapping of names to `Located`.
    source, line
        Name of the file, and the line, from 1.
    key_lines
        Of a mapping: the line of each name.
    """

    value: Any
    source: str
    line: int
    key_lines: Mapping[str, int]

    def error(self, message: str) -> DeclarationError:
        """Return an error that names this place; to be raised."""
        return located_error(message, self.source, self.line)

    def expected(self, what: str) -> DeclarationError:
        """Return an error that says what was expected here and what came; to be raised."""
        return self.error(f"{what}; got {self.shown}.")

    @property
    def shown(self) -> str:
        """Return the value as it is shown in a message."""
        if self.value is None:
            return "nothing"
        text = repr(self.plain) if isinstance(self.value, str | tuple | Mapping) else str(self.value)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

    @property
    def plain(self) -> Any:
        """Return the value as Python has it: dicts, lists, texts, numbers, bools and None."""
        if isinstance(self.value, Mapping):
            return {name: item.plain for name, item in self.value.items()}
        return [item.plain for item in self.value] if isinstance(self.value, tuple) else self.value

    def key(self, name: str) -> Located:
        """Return a name of this mapping with its place."""
        return Located(name, self.source, self.key_lines[name], {})

    def mapping(self, what: str, known: Iterable[str] | None = None) -> Mapping[str, Located]:
        """Return the value, which is a mapping; an unknown name is an error with the nearest known ones."""
        if not isinstance(self.value, Mapping):
            raise self.expected(what)
        names = None if known is None else list(known)
        for name, line in self.key_lines.items():
            if names is not None and name not in names:
                near = nearest(name, names, 2)
                hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(names))}."
                msg = f"There is no {name!r} here. {hint}"
                raise located_error(msg, self.source, line)
        return self.value

    def items(self, what: str) -> tuple[Located, ...]:
        """Return the values of a list; a single text or number is a list of one."""
        if isinstance(self.value, tuple):
            return self.value
        if self.value is None or isinstance(self.value, Mapping):
            raise self.expected(what)
        return (self,)

    def attempt(self, make: Callable[[], T], before: str = "") -> T:
        """Return the result of `make`; an error of facelib in it names this place."""
        try:
            return make()
        except DeclarationError:
            raise
        except FacelibError as error:
            raise self.error(before + str(error)) from error


def located_error(message: str, source: str, line: int) -> DeclarationError:
    """Return an error of a line of a file; to be raised."""
    return DeclarationError(f"{source}, line {line}: {message}", source, line)


def read_yaml(content: str | bytes, source: str = "plan.yml") -> Located:
    r"""Return the content of a YAML file.

    Words are read as in YAML 1.2: only ``true`` and ``false`` are bools (``no`` is a word), dates and times
    are texts. Names of a mapping are texts, each once. Tags, anchors and several documents are refused, so
    that nothing but plain data can come of a file, and no more than stands in it.

    Parameters
    ----------
    content
        Text, or bytes in UTF-8; up to 256 kB.
    source
        Name of the file, for messages.

    Raises
    ------
    DeclarationError
        If it isn't YAML, or something in it is refused.

    Examples
    --------
    >>> tree = read_yaml("steps: 11\nfaces:\n  heads: 60\n")
    >>> tree.plain
    {'steps': 11, 'faces': {'heads': 60}}
    >>> tree.value["faces"].value["heads"].line
    3
    """
    import yaml

    text = _decoded(content, source)
    try:
        return _Builder(source).document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        marks: list[Any] = [error.problem_mark, error.context_mark]
        line = max((mark.line + 1 for mark in marks if mark is not None), default=0)
        raise located_error(_in_words(error, text, line), source, line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        msg = f"A character is none of a text (code {error.character:#x}): save the file as plain text."
        raise located_error(msg, source, line) from error


def written(content: Any) -> str:
    """Return plain data as YAML that `read_yaml` reads back to the same.

    >>> print(written({"name": "no", "alpha": 0.05, "also": {"pose": (30, 10)}}), end="")
    name: 'no'
    alpha: 0.05
    also:
      pose: [30, 10]
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        """Puts words in quotes that would be read as something else."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        itself = _scalar(text, plain=True) == text
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if itself else "'")

    Dumper.add_representer(str, represent)
    text: str = yaml.dump(
        content, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100
    )
    return text


def _decoded(content: str | bytes, source: str) -> str:
    if len(content) > LARGEST:
        msg = f"{source}: A study is declared in up to {LARGEST // 1000} kB; this file has more."
        raise DeclarationError(msg, source)
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        msg = "A character isn't UTF-8: save the file as UTF-8."
        raise located_error(msg, source, line) from error


def _in_words(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    """Describe the fault in the YAML, and its remedy."""
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in here:
        return "Lines are set in by spaces; there is a tab in this one."
    what = f"This can't be read: {error.problem or error.context or 'it is no YAML'}."
    if "mapping values are not allowed" in what:
        return f"{what} Put texts that hold a colon in quotes, and set lines in evenly."
    return f"{what} Look at how far this line and the one before are set in, and at quotes and brackets."


class _Builder:
    """Builds `Located` values out of the events of a YAML parser."""

    def __init__(self, source: str) -> None:
        self.source, self.count = source, 0

    def document(self, events: Iterator[Any]) -> Located:
        """Return the one document of a file."""
        import yaml

        root: Located | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    msg = "A file declares one study; here a second document begins (---)."
                    raise located_error(msg, self.source, _line(event))
                root = self.node(next(events), events, 0)
        if root is None:
            msg = f"{self.source}: The file declares nothing: it is empty."
            raise DeclarationError(msg, self.source)
        return root

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Located:
        """Return the value that begins with an event."""
        import yaml

        line = _line(event)
        self.count += 1
        if depth > DEEPEST or self.count > MOST:
            msg = f"A study's values stand up to {DEEPEST} levels deep, and are up to {MOST:,}."
            raise located_error(msg, self.source, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            msg = "Anchors and aliases (& and *) aren't used here: write it out, or put the text in quotes."
            raise located_error(msg, self.source, line)
        if event.tag is not None:
            msg = f"Tags aren't used here; got {event.tag!r}. Texts that begin with ! stand in quotes."
            raise located_error(msg, self.source, line)
        if isinstance(event, yaml.ScalarEvent):
            return Located(_scalar(event.value, plain=event.style is None), self.source, line, {})
        if isinstance(event, yaml.SequenceStartEvent):
            several = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                several.append(self.node(inner, events, depth + 1))
            return Located(tuple(several), self.source, line, {})
        return self.named(events, line, depth)

    def named(self, events: Iterator[Any], line: int, depth: int) -> Located:
        """Return a mapping whose first event was read."""
        import yaml

        values: dict[str, Located] = {}
        lines: dict[str, int] = {}
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            key = self.node(inner, events, depth + 1)
            if isinstance(key.value, Mapping | tuple) or key.value is None:
                raise key.expected("A name is a word before a colon")
            name = inner.value
            if name in values:
                msg = f"{name} is there twice, first in line {lines[name]}: keep one of them."
                raise located_error(msg, self.source, key.line)
            lines[name] = key.line
            values[name] = self.node(next(events), events, depth + 1)
        return Located(values, self.source, line, lines)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(text: str, *, plain: bool) -> Any:
    """Return the value of a scalar; in quotes, it is text.

    >>> [_scalar(word, plain=True) for word in ("11", "1e-3", ".5", "no", "true", "~", "2026-11-26")]
    [11, 0.001, 0.5, 'no', True, None, '2026-11-26']
    """
    if not plain:
        return text
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if WHOLE.fullmatch(text):
        return int(text) if len(text) < 20 else float(text)
    return float(text) if NUMBER.fullmatch(text) else text
