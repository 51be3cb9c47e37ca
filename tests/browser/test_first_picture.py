"""The first face comes with the page, before its widgets are built, and never in the place of another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from explore import live, picture
from harness import COMES, Visit
from playwright.sync_api import expect

pytestmark = pytest.mark.packages

SIDE = "img => img.decode().then(() => [img.naturalWidth, img.getBoundingClientRect().width])"
LIKE = """(stage, url) => {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => {
    const [one, other] = [image, stage].map((of) => {
      const context = new OffscreenCanvas(224, 224).getContext("2d");
      context.drawImage(of, 0, 0, 224, 224);
      return context.getImageData(0, 0, 224, 224).data;
    });
    return one.reduce((sum, level, k) => sum + Math.abs(level - other[k]), 0) / one.length;
  });
}"""


def test_the_first_face_is_seen_before_the_page_is_built(visit: Callable[..., Visit], quick_url: str) -> None:
    one = visit(quick_url)
    first = one.page.locator(".facelib-first img").last
    first.wait_for(timeout=COMES)
    assert live(one).count() == 0, "its widgets aren't there yet"
    natural, wide = first.evaluate(SIDE)
    assert natural == 224
    assert wide >= 300
    address = first.get_attribute("src")
    expect(live(one)).to_have_attribute("data-state", "ready", timeout=COMES)
    expect(one.page.locator(".facelib-first")).to_have_count(0)
    assert picture(one, "after").evaluate(LIKE, address) < 1, "it is the face that comes"
    one.assert_local()
    one.assert_clean()


def test_a_link_to_another_face_isnt_preceded_by_the_first(
    visit: Callable[..., Visit], quick_url: str
) -> None:
    one = visit(f"{quick_url}#head=age:80")
    ready = one.page.locator(".facelib-live[data-state=ready]")
    while not ready.count():
        assert one.page.locator(".facelib-first").count() == 0
        one.page.wait_for_timeout(50)
