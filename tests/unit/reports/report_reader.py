"""A small study of networks whose bias is known, and what a reader finds in a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import facelib
from facelib import studies
from facelib.studies import Hypothesis

CLASSIFIERS = ("known_unbiased", "known_age_happy")
STATEMENT = "If one side weakens, the output for what is shown falls"
VOID = frozenset(["meta", "br", "img", "link", "hr", "input"])


def one_sided(**changes: Any) -> studies.InterventionalStudy:
    """Return a study of 12 people, two expressions each, with a control and a registered hypothesis."""
    people = facelib.sample_heads(12, seed=1, expressions=["happy"])
    heads = [head.replace(expression=name) for head in people for name in ("happy", "sad")]
    settings: dict[str, Any] = {
        "classifiers": CLASSIFIERS, "steps": 5, "size": 64, "control": "weaker_expression",
        "alternative": "less", "name": "One-sided weakness",
        "hypothesis": Hypothesis(STATEMENT, "symmetry", direction="falls", faces=24),
    }  # fmt: skip
    return studies.InterventionalStudy(heads, ["symmetry", "weaker_expression", "age"], **settings | changes)


@dataclass
class Element:
    """One element of a page, with what is inside."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    parts: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Return this one and all below."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part

    @property
    def text(self) -> str:
        """All text, spaces as one."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            else:
                yield from part._texts()

    def all(self, tag: str) -> list[Element]:
        """Elements of a kind, in their order."""
        return [one for one in self if one.tag == tag]

    def after(self, anchor: str, tags: tuple[str, ...] = ("p", "li")) -> str:
        """Text of the elements between the heading with this anchor and the next one as high."""
        every = list(self)
        start = next(place for place, one in enumerate(every) if one.attributes.get("id") == anchor)
        found = []
        for one in every[start + 1 :]:
            if one.tag == every[start].tag:
                break
            if one.tag in tags:
                found.append(one.text)
        return "\n".join(found)


class Reader(HTMLParser):
    """Builds the tree of a page; elements that are left open are found out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = self.at = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        new = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.parts.append(new)
        if tag not in VOID:
            self.at = new

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.parts.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.parts.append(data)


def parsed(html: str) -> Element:
    """Return the tree of a page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.top, f"<{reader.at.tag}> is never closed"
    return reader.top
