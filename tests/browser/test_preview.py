"""What the slider does is shown once, while nobody touches the page; it leaves nothing behind."""

from __future__ import annotations

import pytest
from harness import Visit, visitors, wait_until
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.packages

WAIT = 120_000  # ms until the page is there, on a busy machine
LONG = 20_000  # ms until it begins, or ends
STEPS = 21
WATCH = """() => {
  const stage = document.querySelector(".facelib-stage");
  window.seen = [];
  window.heard = [];
  new MutationObserver(() => window.seen.push(Number(stage.dataset.index)))
    .observe(stage, { attributeFilter: ["data-index"] });
  const place = document.querySelector(".facelib-announcer");
  new MutationObserver(() => window.heard.push(place.textContent)).observe(place, { childList: true });
}"""


def there(one: Visit) -> Visit:
    """Wait for the first picture and what is heard of the page."""
    expect(one.page.locator(".facelib-stage")).to_have_attribute("data-state", "ready", timeout=WAIT)
    expect(one.page.locator(".facelib-announcer")).to_have_count(1, timeout=WAIT)
    one.page.evaluate(WATCH)
    return one


def shown(one: Visit) -> list[int]:
    """The strengths that were shown, in their order."""
    return [int(step) for step in one.page.evaluate("window.seen")]


def begun(one: Visit) -> None:
    expect(one.page.locator(".facelib-stage[data-preview]")).to_have_count(1, timeout=WAIT)


def ended(one: Visit) -> None:
    expect(one.page.locator(".facelib-stage")).to_have_attribute("data-index", "0", timeout=LONG)
    expect(one.page.locator(".facelib-stage[data-preview]")).to_have_count(0, timeout=LONG)


def messages(page: Page) -> list[object]:
    """What the page sends to its kernel from now on."""
    sent: list[object] = []

    def keep(frame: object) -> None:
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", keep))
    return sent


@pytest.mark.thorough
def test_an_untouched_page_shows_once_what_its_slider_does(browser: Browser, quick_url: str) -> None:
    with visitors(browser) as visit:
        one = visit(quick_url, 1440, 900, still=False)
        sent = messages(one.page)
        there(one)
        begun(one)
        before = len(sent)
        wait_until(lambda: STEPS - 1 in shown(one), 30, "strength 1")
        ended(one)
        steps = shown(one)
        up, down = steps[: steps.index(STEPS - 1)], steps[steps.index(STEPS - 1) :]
        assert (up, down) == (sorted(up), sorted(down, reverse=True))
        assert len(steps) >= STEPS, "one strength after the other, not a jump"
        assert len(sent) - before < 12 * 2 * STEPS, "as many messages as a drag, no more"
        expect(one.page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
        assert not [words for words in one.page.evaluate("window.heard") if "strength" in words.lower()]
        one.page.reload(wait_until="commit")
        there(one)
        one.page.wait_for_timeout(6000)
        assert set(shown(one)) <= {0}, "a page that was there before"
        one.assert_clean()


@pytest.mark.outside
def test_it_ends_at_the_first_touch_and_never_begins_with_less_motion(
    browser: Browser, quick_url: str
) -> None:
    with visitors(browser) as visit:
        calm = visit(quick_url, 1440, 900, still=False)
        calm.page.emulate_media(reduced_motion="reduce")
        there(calm)
        turned = there(visit(quick_url, 1440, 900, still=False))
        begun(turned)
        wait_until(lambda: max(shown(turned), default=0) >= 2, 20, "a few strengths")
        turned.wheel((700, 500), 100)
        ended(turned)
        most = max(shown(turned))
        taken = there(visit(quick_url, 1440, 900, still=False))
        begun(taken)
        taken.click(taken.page.locator(".facelib-strength .noUi-base"), at=(0.75, 0.5))
        expect(taken.page.locator(".facelib-stage")).to_have_attribute("data-index", "15", timeout=LONG)
        taken.page.wait_for_timeout(600)
        assert shown(taken)[-1] == 15, "who takes the slider goes on from there"
        assert (shown(turned)[-1], max(shown(turned))) == (0, most)
        assert set(shown(calm)) <= {0}
        for one in (calm, turned, taken):
            one.assert_clean()
