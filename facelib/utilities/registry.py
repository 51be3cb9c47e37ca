"""A registry: a dictionary that refuses duplicates and answers a wrong name with the nearest right ones."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from facelib.errors import BadValueError, FacelibError, UnknownNameError, check_kind
from facelib.utilities.nearest import nearest
from facelib.utilities.wording import capital, with_article

T = TypeVar("T")

IN_PLACE: Final = ". Pictures aren't changed in place: change a copy, face.image.copy()."
"""What to do where code writes into a picture that it was given to read."""

OWN: Final = "One of your own is registered in every session anew, by {own} (docs/own.md)."
"""Hint where a name isn't there that may be the user's."""


def place_of(definition: Callable[..., object]) -> str:
    """Return where a class or function is defined, by module and name; "" for facelib's own.

    Examples
    --------
    >>> from fractions import Fraction
    >>> place_of(Fraction), place_of(Registry)
    ('fractions.Fraction', '')
    """
    module, name = getattr(definition, "__module__", ""), getattr(definition, "__qualname__", "")
    return "" if not name or f"{module}.".startswith("facelib.") else f"{module}.{name}"


@contextmanager
def named(code: Callable[..., object], noun: str, name: str, when: str = "") -> Iterator[None]:
    """Name the code in errors of code that isn't facelib's own, with the error as cause.

    Errors of facelib and a lack of memory stay what they are; the former get a note.

    Parameters
    ----------
    code
        The class or function, see `place_of`.
    noun, name
        Its kind, and the name that it is registered under.
    when
        Such as "at strength 0.5".

    Examples
    --------
    >>> with named(eval, "property", "mine"):
    ...     1 / 0
    Traceback (most recent call last):
    facelib.errors.BadValueError: 'mine', a property of yours, failed: ZeroDivisionError: division by zero
    """
    where = f"{name!r}, {with_article(noun)} of yours, failed{when and ' '}{when}"
    try:
        yield
    except FacelibError as error:
        if place_of(code):
            error.add_note(f"{where}.")
        raise
    except MemoryError:
        raise
    except Exception as error:
        if not place_of(code):
            raise
        written = isinstance(error, ValueError) and "read-only" in str(error)
        msg = f"{where}: {type(error).__name__}: {error}{IN_PLACE if written else ''}"
        raise BadValueError(msg) from error


class Registry(Generic[T]):
    """Named things of one kind, in the order in which they were registered.

    Parameters
    ----------
    noun
        Noun for an item in messages: "classifier", "intervention".
    group
        Of entry points by which other packages add theirs: each names a module or a class that registers
        itself when it is imported. They are imported once something is looked for.
    own
        How users register their own, such as "facelib.properties.register": a wrong name may be one of
        theirs that isn't registered in this session. "": they can't.

    Examples
    --------
    >>> fruits = Registry("fruit")
    >>> fruits.register("apple", 1)
    1
    >>> fruits.names("a*")
    ['apple']
    """

    def __init__(self, noun: str, group: str = "", own: str = "") -> None:
        self.noun = noun
        self.own = own
        self._group = group
        self._items: dict[str, T] = {}
        self._places: dict[str, str] = {}
        self._aliases: frozenset[str] = frozenset()

    def reserve(self, *aliases: str) -> None:
        """Refuse names that mean something else already: items under them would never be found."""
        self._aliases |= set(aliases)

    def register(self, name: str, item: T, place: str = "") -> T:
        """Add `item` under `name`; a name that is taken raises `BadValueError`.

        Parameters
        ----------
        name, item
            What is added.
        place
            Where it is defined, see `place_of`. What was registered from the same place before is replaced,
            so that a cell of a notebook can be run again. "": it can't be replaced.
        """
        check_kind(name, str, f"A name of {with_article(self.noun)}, a text,")
        taken = name in self._items and not (place and self._places.get(name) == place)
        if taken or name in self._aliases:
            what = capital(with_article(self.noun))
            msg = f"{what} named {name!r} is already registered; choose another name."
            raise BadValueError(msg)
        self._items[name] = item
        self._places[name] = place
        return item

    def replace(self, name: str, item: T) -> None:
        """Add `item` under `name`, whatever is there: the meaning in the sending process counts."""
        self._items[name] = item

    def remove(self, name: str) -> T:
        """Take out what is registered under `name` and return it; raise `UnknownNameError` if nothing is."""
        item = self[name]
        del self._items[name]
        self._places.pop(name, None)
        return item

    def _discover(self) -> None:
        """Import what other packages offer; what fails is left out and logged."""
        group, self._group = self._group, ""  # once, and not again by what is imported
        if not group:
            return
        from importlib.metadata import entry_points

        for point in entry_points(group=group):
            try:
                point.load()
            except Exception as error:  # a stranger's module may do anything
                message = "The %s %s of the package %s is left out: %s: %s"
                package = point.dist.name if point.dist else "?"
                kind = type(error).__name__
                logging.getLogger(__name__).warning(message, self.noun, point.name, package, kind, error)

    def __getitem__(self, name: str) -> T:
        try:
            if name not in self._items:
                self._discover()
            return self._items[name]
        except (KeyError, TypeError):  # TypeError: a list, say, can't be a name
            near = self.nearest(name, 3)
            known = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(self._items)}."
            msg = f"There is no {self.noun} named {f'{name!r}':.60}. {known}"
            raise UnknownNameError(msg, hint=self.own and OWN.format(own=self.own)) from None

    def nearest(self, name: object, n: int = 1) -> list[str]:
        """Return the names, aliases among them, most like a wrong one; if none is, those with its title."""
        titles = {one: str(getattr(item, "title", "")) for one, item in self._items.items()}
        return nearest(name, [*self._items, *sorted(self._aliases - {str(name)})], n, titles=titles)

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(self._items)

    def __len__(self) -> int:
        self._discover()
        return len(self._items)

    def names(self, pattern: str = "*") -> list[str]:
        """Return the names that match a shell pattern, in order of registration."""
        self._discover()
        return [name for name in self._items if fnmatch.fnmatchcase(name, pattern)]
