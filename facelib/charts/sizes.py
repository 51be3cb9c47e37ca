"""Sizes of charts in notebooks and files, px per panel; the page's third column has its own, smaller ones."""

from __future__ import annotations

from typing import Final

BARS: Final = {"width": 130, "row_height": 16}
CURVES: Final = {"width": 170, "height": 110}
CURVE: Final = {"width": 340, "height": 180}  # one classifier alone
