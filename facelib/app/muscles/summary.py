"""What the recording says: every muscle group now and at its peak, side by side, and what a face can tell."""

from __future__ import annotations

import math
from typing import Any, Final

import ipywidgets as widgets
import numpy as np

from facelib.app.muscles.film import Film
from facelib.app.muscles.state import Muscles
from facelib.app.widgets.controls import Card, paragraphs
from facelib.app.widgets.livetable import LiveTable
from facelib.semg.activity import of_group
from facelib.semg.animation import DECLARED
from facelib.semg.muscles import SIDES

COLUMNS: Final = (
    {"title": "muscle", "align": "left", "help": "Muscles that move the face alike stand together"},
    {"title": "left now", "align": "right", "help": "Activity 0 … 1 of the person's left side now"},
    {"title": "right now", "align": "right", "help": "Activity 0 … 1 of the person's right side now"},
    {"title": "left peak", "align": "right", "help": "Largest activity in the part that is shown"},
    {"title": "right peak", "align": "right", "help": "Largest activity in the part that is shown"},
    {"title": "means, left : right", "align": "right", "help": "Ratio of the mean activities; 1 is the same"},
    {
        "title": "seen in the face",
        "align": "left",
        "help": "Whether a face shows how active the muscle is, and each side by itself",
    },
)
CAPTION: Final = "Muscle activity in the part that is shown"
MAP: Final = (
    f"The head moves by {DECLARED}: muscles that move a face unit share it. It is nobody's face in "
    "particular. What no recorded muscle moves stays at rest: an open jaw, widened eyes."
)
MODEL: Final = (
    "The head moves by a model that was given, {model}: it is as near to a person's face as its training was."
)
MOST_RATIO: Final = 20
"""Ratio beyond which, and below whose inverse, it isn't told how large or small it is."""
NOT_SEEN: Final = "not identifiable"


class SaidPanel(Card):
    """Shows the table; it follows the slider in the browser."""

    def __init__(self, state: Muscles) -> None:
        super().__init__("What it says")
        self.state = state
        self.table = LiveTable()
        self.words = widgets.HTML()
        self.words.add_class("facelib-hint")
        state.observe(self.guarded(self.follow), "film")
        self.follow()
        self.fill(self.table, self.words)

    def follow(self, _change: object = None) -> None:
        """Show the muscles of the film."""
        film = self.state.film
        self.layout.display = "" if film is not None else "none"
        if film is not None:
            self.table.show(COLUMNS, table_rows(film), CAPTION)
            moved_by = film.animation.model
            self.words.value = paragraphs(MAP if moved_by == DECLARED else MODEL.format(model=moved_by))


def table_rows(film: Film) -> list[list[Any]]:
    """Return one row for each muscle group; what is of now has one text for each moment."""
    activity = film.animation.activity
    found = []
    for row in film.summary.to_dict("records"):
        muscles = str(row["muscles"]).split(", ")
        sides = [of_group(activity, muscles, side) for side in SIDES]
        found.append(
            [
                {"text": row["title"], "help": row["note"] or row["title"]},
                *({"series": [number(value) for value in values]} for values in sides),
                number(row["peak_left"]),
                number(row["peak_right"]),
                ratio(row["ratio"], row["peak_left"], row["peak_right"]),
                told(row),
            ]
        )
    return found


def told(row: Any) -> Any:
    """Return the cell that says what a face can tell of a muscle group."""
    if not row["identifiable"]:
        return {"text": NOT_SEEN, "mark": "verdict-unclear", "help": row["note"]}
    return "each side" if row["sides_apart"] else {"text": "sides together", "help": row["note"]}


def number(value: float) -> str:
    """Return an activity; "–" where it wasn't recorded.

    >>> number(0.456), number(float("nan"))
    ('0.46', '–')
    """
    return "–" if math.isnan(value) else f"{value:.2f}"


def ratio(value: float, *peaks: float) -> str:
    """Return the ratio of both sides, or why there is none.

    >>> ratio(2.04, 0.9, 0.5), ratio(float("nan"), 0.01, 0.02), ratio(float("nan"), float("nan"), 1.0)
    ('2.0', 'at rest', '–')
    >>> ratio(float("inf"), 0.9, 0.0), ratio(0.0, 0.0, 0.9)
    ('over 20', 'under 0.05')
    """
    if not math.isnan(value):
        if value < 1 / MOST_RATIO:
            return f"under {1 / MOST_RATIO:g}"
        return f"{value:.1f}" if value < MOST_RATIO else f"over {MOST_RATIO}"
    return "–" if np.isnan(peaks).any() else "at rest"
