"""One fixed colour per classifier, for charts and tables alike."""

from __future__ import annotations

from typing import Final

PALETTE: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195", "#595959")
"""Okabe and Ito's colours, which people with any colour vision tell apart, those that differ most first.

A violet and a grey follow for more than six.
"""


def colour(order: int) -> str:
    """Return the colour of the classifier at place `order`; it repeats after `PALETTE`.

    >>> colour(0), colour(8) == colour(0)
    ('#0072b2', True)
    """
    return PALETTE[order % len(PALETTE)]
