"""A page that is reloaded comes back as it was left; more ways to leave it are tried in ``tests/outside``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from explore import age, at, emotion, live, look, strength
from harness import Visit
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.packages

PLANNED = ("sad", "glasses")  # chosen besides, of expressions and of changes
SOON = 90_000  # ms that a page may take on a busy machine
SHOWN = """() => {
  const first = document.querySelector(".facelib-tab-0");
  const menus = [...first.querySelectorAll("select")].filter((menu) => menu.closest(".widget-dropdown"));
  const chosen = menus.filter((menu) => menu.parentElement.style.display !== "none");
  return {
    menus: {
      Property: first.querySelector(".facelib-chooser-now").textContent,
      ...Object.fromEntries(chosen.map((menu) => [
        menu.parentElement.querySelector("label").textContent, menu.selectedOptions[0]?.text])),
    },
    sliders: Object.fromEntries([...first.querySelectorAll(".widget-slider")].map((slider) => [
      slider.querySelector("label").textContent,
      Math.round(1000 * slider.querySelector("[role=slider]").getAttribute("aria-valuenow"))])),
    live: [...first.querySelectorAll(".facelib-live :is(input, select)")].map((one) => one.value),
    pressed: [
      ...first.querySelectorAll(".jupyter-button.mod-active")].map((button) => button.textContent),
    tab: document.querySelector(".facelib-app").dataset.tab,
  };
}"""
WATCH = """
window.facelibSeen = new Set();
window.setInterval(() => {
  const now = "#rendered_cells:not(.facelib-hidden) .facelib-tab-0 .facelib-chooser-now";
  const shown = document.querySelector(now)?.textContent;
  if (shown) window.facelibSeen.add(shown);
}, 30);
"""


def opened(one: Visit) -> Visit:
    """Wait until the first tab shows its pictures, whether it is seen or not."""
    expect(live(one)).to_have_attribute("data-state", "ready", timeout=SOON)
    return one


def shown(one: Visit) -> dict[str, Any]:
    """Return what the page shows: menus, sliders, pressed buttons, the tab."""
    found: dict[str, Any] = one.page.evaluate(SHOWN)
    return found


def change_everything(one: Visit) -> None:
    """Do as a person does: an older face, another property, half of its strength, another emotion, a map."""
    page = one.page
    one.press(age(one), *["ArrowRight"] * 20, by="click")
    one.choose_property("one-sided palsy")
    one.choose(page.get_by_label("Side", exact=True), "right")
    one.press(strength(one), "Home", *["ArrowRight"] * 9, by="click")
    one.choose(emotion(one), "fear")
    one.choose(look(one), "facex")
    at(one, 9)
    page.wait_for_timeout(600)  # it is kept a moment later


def tab_of(one: Visit) -> Locator:
    """Return the tab of the population."""
    return one.page.get_by_role("tabpanel", name="Population", exact=True)


def kept(one: Visit) -> str | None:
    """Return what the browser tab keeps."""
    found: str | None = one.page.evaluate("sessionStorage.getItem('facelib ' + location.pathname)")
    return found


@pytest.mark.outside
def test_a_reload_brings_everything_back_at_once(page_url: str, visit: Callable[..., Visit]) -> None:
    one = opened(visit(page_url))
    first = shown(one)
    notice = one.page.locator(".facelib-restored")
    expect(notice).to_be_hidden()
    change_everything(one)
    one.click(one.page.get_by_role("tab", name="Population"))
    expect(one.page.get_by_text("Effects over people", exact=True)).to_be_visible(timeout=SOON)
    for name in PLANNED:
        one.click(tab_of(one).get_by_role("checkbox", name=name, exact=True))
    expect(tab_of(one).get_by_text("40 people, 80 faces")).to_be_visible(timeout=SOON)
    one.page.wait_for_timeout(600)
    left = shown(one)
    assert left["sliders"]["Age"] == 48_000
    assert (left["menus"]["Side"], left["menus"]["Emotion"], left["tab"]) == ("right", "fear", "1")
    one.context.add_init_script(WATCH)
    one.page.reload(wait_until="commit")
    expect(notice).to_contain_text("As you left it.", timeout=SOON)
    assert shown(opened(one)) == left
    expect(one.page.get_by_text("Effects over people", exact=True)).to_be_visible(timeout=SOON)
    for name in PLANNED:
        expect(tab_of(one).get_by_role("checkbox", name=name, exact=True)).to_be_checked(timeout=SOON)
    expect(tab_of(one).get_by_text("40 people, 80 faces")).to_be_visible(timeout=SOON)
    assert one.page.evaluate("[...window.facelibSeen]") == [left["menus"]["Property"]]
    one.click(one.page.get_by_role("button", name="Start afresh", exact=True))
    expect(notice).to_be_hidden()
    expect(one.page.locator(".facelib-app")).to_have_attribute("data-tab", "0")
    expect(emotion(one)).to_have_value("happy", timeout=SOON)
    assert shown(one) == first
    one.click(one.page.get_by_role("button", name="Undo", exact=True))
    expect(age(one)).to_have_attribute("aria-valuetext", "48")
    one.assert_clean()
