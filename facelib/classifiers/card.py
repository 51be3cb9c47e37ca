"""Model cards: source, licence, input, training data and limits of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from facelib.classifiers.measured import sentences

if TYPE_CHECKING:
    import pandas as pd

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Card:
    """The model card of a classifier; a notebook shows it as a table.

    Parameters
    ----------
    title
        Name in menus.
    source
        Package, version and file.
    sha256
        Hash of the file with the weights, hexadecimal; empty for a network that isn't read from a file.
    licence
        Licence of the weights.
    network
        Architecture and its source.
    parameters
        Number of weights, batch normalisation folded into the layer beside it.
    input
        What the network sees: colour, size in px, scaling.
    feature_map
        The layer that Grad-CAM reads, with its size.
    probabilities
        How probabilities come from logits.
    training_data
        Its training data, as far as known.
    limits
        What to keep in mind.
    rights
        Rights of the training data and of the people on it, as far as stated.
    """

    title: str
    source: str
    sha256: str
    licence: str
    network: str
    parameters: int
    input: str
    feature_map: str
    probabilities: str
    training_data: str
    limits: str
    rights: str = NOT_STATED

    def table(self) -> pd.DataFrame:
        """Return the card as a table: one row per field, then what was measured of these very weights.

        Measured rows are there for the files in ``facelib.data.table("behaviour")``; their names begin with
        "measured".
        """
        import pandas as pd

        return pd.DataFrame(self._lines(), columns=["field", "value"])

    def _repr_markdown_(self) -> str:
        return as_markdown(self.title, self._lines()[1:])

    def _lines(self) -> list[tuple[str, str]]:
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        named["sha256"] = self.sha256 or "none: the network was made in memory"
        named["parameters"] = f"{self.parameters:,}"
        stated = [(_WORDS.get(name, name), str(named[name])) for name in _ORDER]
        return stated + sentences(self.sha256)


_ORDER = (
    "title", "source", "sha256", "licence", "network", "parameters", "input", "feature_map", "probabilities",
    "training_data", "rights", "limits",
)  # fmt: skip
_WORDS = {
    "feature_map": "feature map",
    "training_data": "training data",
    "rights": "rights of the training data",
}


def as_markdown(title: str, lines: Sequence[tuple[str, str]]) -> str:
    """Return names and texts as a Markdown table below a title."""
    told = [f"| {_escaped(name)} | {_escaped(words)} |" for name, words in lines]
    return "\n".join([f"| **{_escaped(title)}** | |", "| :-- | :-- |", *told])


def _escaped(text: str) -> str:
    r"""Return a text as one cell of a Markdown table: a classifier's maker may have written anything into it.

    >>> print(_escaped("a|b <i> [*c*]"))
    a\|b &lt;i&gt; \[\*c\*\]
    """
    import re
    from html import escape

    return re.sub(r"([\\`*_\[\]|])", r"\\\1", " ".join(escape(text, quote=False).split()))
