"""A causal diagram: arrows, their strengths, and the variables that are held fixed."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facelib.charts import theme
from facelib.charts.tables import rows

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 320
NODE: Final = (88.0, 38.0)  # size of a box, px
PLACES: Final = {
    "label": (160.0, 28.0),
    "property": (54.0, 122.0),
    "output": (266.0, 122.0),
    "rated": (72.0, 208.0),
    "picture": (266.0, 208.0),
}
"""Centres of the boxes."""
ARROWS: Final = ("source", "target", "share", "words")
NODES: Final = ("node", "title", "words", "held")
THIN, THICK = 1.4, 8.0  # px
ACCENT: Final = "#0b63a5"


@dataclass(frozen=True)
class Diagram:
    """A drawing that notebooks and widgets can show.

    Attributes
    ----------
    svg
        The picture; it scales to the width of its place.
    description
        The same in words.
    """

    svg: str
    description: str

    def _repr_svg_(self) -> str:
        return self.svg


def causal_diagram(nodes: pd.DataFrame, arrows: pd.DataFrame) -> Diagram:
    """Draw boxes and arrows; an arrow's thickness is its share, dashed and thin where it is 0.

    Parameters
    ----------
    nodes
        node (one of `PLACES`), title, words (below it), held (whether it is held fixed: a double frame).
    arrows
        source, target, share (0 … 1, of the thickest arrow), words ("" for none).

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = pd.DataFrame(
    ...     {
    ...         "node": ["property", "output"], "title": ["property", "output"], "words": ["age", "happy"],
    ...         "held": [False, False],
    ...     }
    ... )
    >>> arrows = pd.DataFrame(
    ...     {"source": ["property"], "target": ["output"], "share": [0.5], "words": ["effect 0.50"]}
    ... )
    >>> causal_diagram(nodes, arrows).description
    'Causal diagram: property to output, effect 0.50. Nothing is held fixed.'
    """
    boxes, lines = rows(nodes, NODES), rows(arrows, ARROWS)
    description = _described(boxes, lines)
    parts = [
        *(part for line in lines for part in _arrow(line)),
        *(part for line in lines for part in _words(line)),
        *(part for box in boxes for part in _box(box)),
    ]
    height = max(PLACES[str(box["node"])][1] for box in boxes) + NODE[1] / 2 + 4
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'width="{WIDTH * 1.25:g}" style="display:block;max-width:100%;height:auto;margin:0 auto" '
        f'font-family="{html.escape(theme.FONT)}" text-anchor="middle" '
        f'aria-label="{html.escape(description)}">'
        f"<title>{html.escape(description)}</title>{''.join(parts)}</svg>"
    )
    return Diagram(svg, description)


def _described(boxes: list[dict[str, object]], lines: list[dict[str, object]]) -> str:
    title = {box["node"]: box["title"] for box in boxes}
    spoken = [
        f"{title[line['source']]} to {title[line['target']]}"
        + (f", {line['words']}" if line["words"] else "")
        for line in lines
    ]
    held = [str(box["title"]) for box in boxes if box["held"]]
    fixed = f"Held fixed: {', '.join(held)}." if held else "Nothing is held fixed."
    return f"Causal diagram: {'; '.join(spoken)}. {fixed}"


def _ends(line: dict[str, object]) -> tuple[float, float, float, float]:
    """Return where an arrow leaves its source's box and reaches its target's, px."""
    (x1, y1), (x2, y2) = PLACES[str(line["source"])], PLACES[str(line["target"])]
    dx, dy = x2 - x1, y2 - y1
    length = math.hypot(dx, dy)
    # The share of the way that lies inside a box of this size, and a little air.
    inside = min((NODE[0] / 2) / abs(dx) if dx else math.inf, (NODE[1] / 2) / abs(dy) if dy else math.inf)
    air = 4 / length
    start, end = inside + air, 1 - inside - air
    return x1 + start * dx, y1 + start * dy, x1 + end * dx, y1 + end * dy


def _arrow(line: dict[str, object]) -> Iterator[str]:
    x1, y1, x2, y2 = _ends(line)
    share = min(max(float(str(line["share"])), 0.0), 1.0)
    angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
    length = math.hypot(x2 - x1, y2 - y1)
    name = f"{line['source']}-{line['target']}"
    if share == 0:
        yield (
            f'<line data-arrow="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{theme.BAND}" stroke-width="{THIN}" stroke-dasharray="3 5" stroke-linecap="round"/>'
        )
        return
    width = THIN + (THICK - THIN) * share
    head, half = 7 + 0.9 * width, 4 + 0.75 * width
    neck = length - head
    path = (
        f"M0 {-width / 2:.2f}H{neck:.2f}V{-half:.2f}L{length:.2f} 0L{neck:.2f} {half:.2f}V{width / 2:.2f}H0Z"
    )
    colour = ACCENT if line["source"] == "property" and line["target"] == "output" else theme.MUTED
    yield (
        f'<path data-arrow="{name}" d="{path}" fill="{colour}" '
        f'transform="translate({x1:.1f} {y1:.1f}) rotate({angle:.2f})"/>'
    )


def _words(line: dict[str, object]) -> Iterator[str]:
    if not line["words"]:
        return
    x1, y1, x2, y2 = _ends(line)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    anchor = "middle"
    if abs(y2 - y1) < 1:  # over a level arrow
        y -= 10
    else:  # beside a slanted one, outside the triangle
        anchor = "end" if x2 < x1 else "start"
        x, y = (x - 9, y) if x2 < x1 else (x + 9, y)
    yield (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="11.5" fill="{theme.INK}" '
        f'stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke">'
        f"{html.escape(str(line['words']))}</text>"
    )


def _box(box: dict[str, object]) -> Iterator[str]:
    x, y = PLACES[str(box["node"])]
    width, height = NODE
    left, top = x - width / 2, y - height / 2
    frame = f'stroke="{theme.INK}" stroke-width="2.2"' if box["held"] else f'stroke="{theme.BAND}"'
    yield (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="8" '
        f'fill="{"#e3eef8" if box["held"] else "#fff"}" {frame}/>'
    )
    if box["held"]:
        yield (
            f'<rect x="{left + 3}" y="{top + 3}" width="{width - 6}" height="{height - 6}" rx="5.5" '
            f'fill="none" stroke="{theme.INK}" stroke-width="0.8"/>'
        )
    yield (
        f'<text x="{x}" y="{y - 2.5}" font-size="12" font-weight="600" fill="{theme.INK}">'
        f"{html.escape(str(box['title']))}</text>"
        f'<text x="{x}" y="{y + 11}" font-size="10.5" fill="{theme.MUTED}">'
        f"{html.escape(str(box['words']))}</text>"
    )
