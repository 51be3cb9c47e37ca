"""The classifiers by name, and what one must know of each before believing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets as t

from facelib.app.widgets.scripts import script
from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.catalogue import names
from facelib.classifiers.measured import by_expression
from facelib.utilities.wording import shown_name

_HERE = Path(__file__).parent
NAMED: Final = {
    "fer": "The name is short for facial expression recognition.",
    "faceapi": "The name is that of a library for web pages, face-api.",
    "human": "The name is that of a library for web pages. It is software: no human being rates these faces.",
}
"""What a name may be taken for, where that needs a word."""
WORDS: Final = {"human": "software"}
"""What a name is, in a word, where what the network sees would mislead."""
MEASURED: Final = "measured "
"""How names of what was measured on rendered faces begin."""
NO_COUNTERPART: Final = "none of the seven that are compared here"
ALWAYS: Final = (
    "Its certainties always add up to 1: it can't say that a face shows none of its labels (pain or effort, "
    "say), or that no face is there. What a person feels it doesn't know."
)
FIRST: Final = ("limits", "training data", "rights of the training data", "licence")


class ClassifierCards(anywidget.AnyWidget):
    """A row of names; each opens a dialog with the classifier's card, which Escape closes.

    Elsewhere in the panel a name opens it, too: in a chart's heading, and in a table's cell that ``opens``
    it.

    Attributes
    ----------
    note
        What stands above the names.
    cards
        One mapping a classifier: ``id``, ``word`` (gray or colour: what it sees), ``title``, ``says`` (a
        sentence or more), ``named`` (rows of a table: what faces show, share named so with its interval,
        number of faces, and what was named instead most often), ``measured`` (pairs of a name and its words),
        ``labels`` (pairs of its own label and the emotion it stands for), ``silent`` (what it can't say) and
        ``lines`` (pairs of a name and its words).

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
    measured = {
        name.removeprefix(MEASURED): stated.pop(name) for name in [*stated] if name.startswith(MEASURED)
    }
    measured.pop("accuracy by expression", None)  # the table of the card has it
    ordered = [*(name for name in FIRST if name in stated), *(name for name in stated if name not in FIRST)]
    says = [
        f"{model.id} was brought by somebody; what it was trained on: {model.card.training_data}."
        if model.id in names(kind="own")
        else f"{model.id} is a neural network that somebody trained on pictures of faces.",
        NAMED.get(model.id, ""),
        f"Each of {', '.join(model.labels)} has a probability of its own."
        if model.multi_label
        else f"It shares out its certainty among {', '.join(model.labels)}.",
    ]
    return {
        "id": model.id,
        "name": shown_name(model.id),
        "word": WORDS.get(model.id, "gray" if model.card.input.startswith("gray") else "colour"),
        "title": title,
        "says": " ".join(filter(None, says)),
        "named": [
            [
                one.emotion,
                f"{100 * one.right:.0f} % ({100 * one.low:.0f} to {100 * one.high:.0f})",
                str(one.n),
                f"{one.instead} ({100 * one.share:.0f} %)" if one.instead else "\u2013",
            ]
            for one in by_expression(model.card.sha256)
        ],
        "measured": [[_capital(name), words] for name, words in measured.items()],
        "labels": [[label, model.emotions[label] or NO_COUNTERPART] for label in model.labels],
        "silent": _silent(model),
        "lines": [[_capital(name), stated[name]] for name in ordered],
    }


def _silent(model: Classifier) -> str:
    """Say what a classifier can't say: it has a label for nothing else, and always gives one."""
    known = set(model.emotions.values())
    lacks = [emotion for emotion in EMOTIONS if emotion not in known]
    first = f"It has no label for {', '.join(lacks)}. " if lacks else ""
    return f"{first}{ALWAYS}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
