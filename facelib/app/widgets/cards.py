"""The classifiers by name, and what one must know of each before believing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script
from facelib.classifiers import Classifier

_HERE = Path(__file__).parent
NAMED: Final = {
    "fer": "The name is short for facial expression recognition.",
    "faceapi": "The name is that of a library for web pages, face-api.",
    "human": "The name is that of a library for web pages. It is software: no human being rates these faces.",
}
"""What a name may be taken for, where that needs a word."""
WORDS: Final = {"human": "software"}
"""What a name is, in a word, where what the network sees would mislead."""
FIRST: Final = ("limits", "training data", "rights of the training data", "licence")


class ClassifierCards(anywidget.AnyWidget):
    """A row of names; each opens a dialog with the classifier's card, which Escape closes.

    Attributes
    ----------
    note
        What stands above the names.
    cards
        One mapping a classifier: ``id``, ``word`` (gray or colour: what it sees), ``title``, ``says`` (a
        sentence or more), and ``lines`` (pairs of a name and its words).

    Examples
    --------
    >>> from facelib import classifiers
    >>> row = ClassifierCards(cards=cards_of([classifiers.load("known_unbiased")]))
    >>> row.cards[0]["id"]
    'known_unbiased'
    """

    _esm = script("cards.js")
    _css = _HERE / "cards.css"

    note = t.Unicode("Networks that read the face; a name opens its card.").tag(sync=True)
    cards = t.List(t.Dict()).tag(sync=True)


def cards_of(models: Sequence[Classifier]) -> list[dict[str, Any]]:
    """Return what the row shows of classifiers."""
    return [_card(model) for model in models]


def _card(model: Classifier) -> dict[str, Any]:
    stated = dict(model.card.table().to_numpy(str).tolist())
    title = stated.pop("title")
    names = [*(name for name in FIRST if name in stated), *(name for name in stated if name not in FIRST)]
    says = [
        f"{model.id} is a neural network that somebody trained on pictures of faces.",
        NAMED.get(model.id, ""),
        f"It shares out its certainty among {', '.join(model.labels)}.",
    ]
    return {
        "id": model.id,
        "word": WORDS.get(model.id, "gray" if model.card.input.startswith("gray") else "colour"),
        "title": title,
        "says": " ".join(filter(None, says)),
        "lines": [[name[:1].upper() + name[1:], stated[name]] for name in names],
    }
