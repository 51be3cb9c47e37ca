"""What a chart's own button gives: a picture to paste, an SVG, and a specification that any editor opens."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
import vl_convert
from explore import tab
from harness import COMES, Visit
from looks import violations
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages

NAME = "Copy or save this chart"
PNG = """
async () => {
  const [item] = await navigator.clipboard.read();
  const picture = await createImageBitmap(await item.getType("image/png"));
  const canvas = new OffscreenCanvas(picture.width, picture.height), context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const inks = new Set(new Uint32Array(data.buffer)).size;
  return { width: picture.width, corner: [...data.slice(0, 4)], inks };
}
"""


def charts_of(one: Visit) -> Locator:
    """The charts of the tab Muscles."""
    found = tab(one, "Muscles").locator(".facelib-chart")
    expect(found).to_have_count(3, timeout=COMES)
    for chart in found.all():
        expect(chart).to_have_attribute("data-state", "ready", timeout=COMES)
    return found


def test_a_chart_is_taken_by_mouse_and_keys(visit: Callable[..., Visit], quick_url: str) -> None:
    one = visit(quick_url)
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chart = charts_of(one).first
    button = chart.get_by_role("button", name=NAME)
    group = chart.get_by_role("group", name=NAME)
    expect(group).to_be_hidden()
    one.click(button)
    expect(group).to_be_visible()
    assert violations(one.page) == []
    with one.page.expect_download() as saved:
        one.click(group.get_by_role("button", name="Save SVG"))
    text = saved.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "<text" in text
    assert 'fill="white"' in text
    expect(group.get_by_role("status")).to_have_text("Saved")

    with one.page.expect_download() as saved:
        one.click(group.get_by_role("button", name="Save Vega JSON"))
    spec = json.loads(saved.value.path().read_text(encoding="utf-8"))
    assert "vega-lite" in spec["$schema"]
    words = {text for text in chart.locator("svg text").all_text_contents() if text.strip()}
    drawn = html.unescape(vl_convert.vegalite_to_svg(spec))
    assert all(text in drawn for text in words), "another program draws it"

    one.click(group.get_by_role("button", name="Copy PNG"))
    expect(group.get_by_role("status")).to_have_text("Copied")
    png = one.page.evaluate(PNG)
    assert png["corner"] == [255, 255, 255, 255], "not transparent"
    assert png["inks"] > 20
    assert png["width"] > 1.5 * (chart.bounding_box() or {"width": 0})["width"]

    one.page.keyboard.press("Escape")
    expect(group).to_be_hidden()
    expect(button).to_be_focused()
    one.page.keyboard.press("Enter")
    expect(group).to_be_visible()
    one.page.keyboard.press("Tab")
    expect(group.get_by_role("button", name="Copy PNG")).to_be_focused()
    one.page.keyboard.press("Escape")
    expect(group).to_be_hidden()
    one.assert_local()


def test_what_may_not_be_copied_is_saved(visit: Callable[..., Visit], quick_url: str) -> None:
    one = visit(quick_url)
    chart = charts_of(one).first
    one.page.evaluate("void (navigator.clipboard.write = () => Promise.reject(new Error('no')))")
    one.click(chart.get_by_role("button", name=NAME))
    with one.page.expect_download() as saved:
        one.click(chart.get_by_role("button", name="Copy PNG"))
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    expect(chart.get_by_role("status")).to_contain_text("Saved, since this page may not copy")


def test_each_charts_button_takes_that_chart(visit: Callable[..., Visit], quick_url: str) -> None:
    """Somebody saved the second chart, and found the first one in her file."""
    one = visit(quick_url)
    names = []
    for chart in charts_of(one).all():
        title = chart.locator("svg .role-title-text text").first.text_content() or ""
        button, group = (chart.get_by_role(role, name=NAME) for role in ("button", "group"))
        one.click(button)
        expect(group).to_be_visible()
        expect(one.page.locator(".facelib-chart-list:popover-open")).to_have_count(1)
        at, box = button.bounding_box(), group.bounding_box()
        assert at
        assert box
        assert abs(box["x"] + box["width"] - at["x"] - at["width"]) < 4, "it hangs on its own button"
        with one.page.expect_download() as saved:
            one.click(group.get_by_role("button", name="Save SVG"))
        assert html.escape(title) in saved.value.path().read_text(encoding="utf-8")
        names.append(saved.value.suggested_filename)
        one.page.keyboard.press("Escape")
    assert len(set(names)) == 3, names
