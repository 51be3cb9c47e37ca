"""The causal diagram: thickness, words, and what a screen reader hears."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from facelib.charts.statistics.diagram import NODE, PLACES, THICK, THIN, causal_diagram
from facelib.stats.causal_model import CausalModel, Held, arrows, nodes

SVG = "{http://www.w3.org/2000/svg}"


def drawing(held: Held = "label", **settings: Any) -> ET.Element:
    return ET.fromstring(causal_diagram(nodes(held), arrows(CausalModel(**settings), held)).svg)


def thickness(svg: ET.Element, name: str) -> float:
    (arrow,) = (part for part in svg.iter() if part.get("data-arrow") == name)
    if arrow.tag == f"{SVG}line":
        assert arrow.get("stroke-dasharray")
        return 0.0
    return -2 * float(re.match(r"M0 (-[\d.]+)", arrow.get("d", "")).group(1))  # type: ignore[union-attr]


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_arrows_grow_with_what_they_stand_for() -> None:
    at = [thickness(drawing(effect=effect), "property-output") for effect in (0.0, 0.05, 0.5, 1.0)]
    assert at[0] == 0
    assert at[1:] == pytest.approx([THIN + share * (THICK - THIN) for share in (0.05, 0.5, 1.0)], abs=0.02)
    assert thickness(drawing(effect=-1.0), "property-output") == pytest.approx(THICK)
    for name in ("label-property", "label-output"):
        assert thickness(drawing(confounding=2.0), name) == pytest.approx(THICK)
        assert thickness(drawing(confounding=0.0), name) == 0


def test_arrows_run_from_box_to_box() -> None:
    svg = drawing("rated label")
    for arrow in svg.iter(f"{SVG}path"):
        source, target = str(arrow.get("data-arrow")).split("-")
        x, y, angle = (float(number) for number in re.findall(r"-?[\d.]+", str(arrow.get("transform"))))
        length = float(re.findall(r"L([\d.]+) 0", str(arrow.get("d")))[0])
        tip = (x + length * math.cos(math.radians(angle)), y + length * math.sin(math.radians(angle)))
        for (px, py), name in (((x, y), source), (tip, target)):
            dx, dy = abs(px - PLACES[name][0]), abs(py - PLACES[name][1])
            assert dx > NODE[0] / 2 or dy > NODE[1] / 2, "an arrow starts or ends inside a box"
            assert dx < NODE[0] / 2 + 8
            assert dy < NODE[1] / 2 + 8


def test_words_stand_at_the_arrows_and_boxes() -> None:
    assert {"effect 0.30", "confounding 1.0", "label L", "held fixed"} <= set(words(drawing()))
    assert {"no effect", "no confounding"} <= set(words(drawing(effect=0.0, confounding=0.0)))
    assert "effect 0.50 (curved)" in words(drawing(effect=0.5, shape="quadratic"))
    assert "as a number" in words(drawing("label as a number"))
    assert "held fixed" not in words(drawing("nothing"))


def test_what_is_held_fixed_has_a_double_frame() -> None:
    frames = {held: len(list(drawing(held).iter(f"{SVG}rect"))) for held in ("label", "nothing")}
    assert frames == {"label": 4, "nothing": 3}


def test_it_says_in_words_what_it_shows() -> None:
    svg = drawing("rated label", effect=0.0)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == svg.findtext(f"{SVG}title")
    said = str(svg.get("aria-label"))
    assert "property X to output Ŷ, no effect" in said
    assert said.endswith("Held fixed: rated label.")
    assert "Nothing is held fixed." in str(drawing("nothing").get("aria-label"))


def test_text_is_escaped() -> None:
    table = nodes().assign(words="<b>&")
    svg = causal_diagram(table, arrows(CausalModel())).svg
    assert "<b>" not in svg
    assert "<b>&" in words(ET.fromstring(svg))
    assert causal_diagram(table, arrows(CausalModel()))._repr_svg_() == svg
