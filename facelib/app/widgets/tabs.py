"""Tabs of the page: one is seen, the others are made when they are first opened, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import anywidget
import ipywidgets as widgets
import traitlets as t

from facelib.app.widgets.controls import paragraphs
from facelib.app.widgets.messages import Messages

_HERE = Path(__file__).parent
WAITS = "One moment: this part of the page is being made."
AGAIN = "To try again, open another part of the page, and then this one."
BREATH: Final = 0.01  # seconds between two steps, in which the kernel answers the page

Maker = Callable[[], widgets.Widget | Iterator[widgets.Widget | None]]
"""Makes what is in a tab: at once, or in steps, each of which gives what is to be seen so far."""


class TabBar(anywidget.AnyWidget):
    """The row of tabs; it shows and hides boxes of the page by itself, without asking the kernel.

    Attributes
    ----------
    titles, helps
        Names of the tabs, and what is in them.
    index
        The tab that is open.
    """

    _esm = _HERE / "tabs.js"
    _css = _HERE / "tabs.css"

    titles = t.List(t.Unicode()).tag(sync=True)
    helps = t.List(t.Unicode()).tag(sync=True)
    index = t.Int(0).tag(sync=True)


class Tabs:
    """A bar, and a box for each tab; those after the first are filled when they are first opened.

    Parameters
    ----------
    first
        What is in the first tab.
    later
        Title, help text and maker of each of the others. Where the maker goes in steps, the kernel answers
        the page between them; what goes wrong in any of them takes the place of what was made so far.
    title, help_text
        Of the first.

    Attributes
    ----------
    bar
        The row of tabs.
    boxes
        One a tab.
    """

    def __init__(
        self,
        first: widgets.Widget,
        later: Sequence[tuple[str, str, Maker]],
        *,
        title: str,
        help_text: str,
    ) -> None:
        self._makers = [maker for *_, maker in later]
        self._purposes = [(_hint(words),) if words else () for _, words, _ in later]
        titles, helps = [name for name, *_ in later], [words for _, words, _ in later]
        self.bar = TabBar(titles=[title, *titles], helps=[help_text, *helps])
        self.boxes = [widgets.VBox([first]), *(widgets.VBox() for _ in later)]
        for place, box in enumerate(self.boxes):
            box.add_class("facelib-tab")
            box.add_class(f"facelib-tab-{place}")
        self.made: set[int] = {0}
        self._making: set[int] = set()
        self.bar.observe(self._on_index, "index")

    def _on_index(self, event: Any) -> None:
        place = event["new"]
        if 0 < place < len(self.boxes) and place not in self.made | self._making:
            self._making.add(place)
            take_turns(self._steps(place))

    def _steps(self, place: int) -> Iterator[None]:
        box, purpose = self.boxes[place], self._purposes[place - 1]
        box.children = (_hint(WAITS),)
        yield
        try:
            made = self._makers[place - 1]()
            for shown in [made] if isinstance(made, widgets.Widget) else made:
                if shown is not None and box.children != (*purpose, shown):
                    box.children = (*purpose, shown)
                yield
            self.made.add(place)
        except Exception as error:
            messages = Messages()
            messages.report(error)
            box.children = (messages, _hint(AGAIN))
        finally:
            self._making.discard(place)


def take_turns(steps: Iterator[object]) -> None:
    """Go through `steps`, a turn of this thread's event loop for each; all at once where no loop runs.

    >>> take_turns(print(number) for number in range(2))
    0
    1
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        for _ in steps:
            pass
        return

    def go() -> None:
        if next(steps, steps) is not steps:
            loop.call_later(BREATH, go)

    go()


def _hint(text: str) -> widgets.HTML:
    hint = widgets.HTML(paragraphs(text))
    hint.add_class("facelib-hint")
    return hint
