"""The Muscles tab in a real browser: it waits for its pictures, unfolds, says what is wrong with a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from explore import swept
from harness import Visit, wait_until
from playwright.sync_api import Locator, expect

from facelib.semg import CHANNELS

pytestmark = pytest.mark.packages

WAIT = 60_000  # ms, on a busy machine


@pytest.fixture
def one(quick_url: str, visit: Callable[..., Visit]) -> Visit:
    """The page with the tab open and all of its pictures made."""
    found = swept(visit(quick_url, width=1280, height=1000))
    expect(found.page.locator(".facelib-tab-3 > *")).to_have_count(0)  # nobody has opened it
    found.click(found.page.get_by_role("tab", name="Muscles", exact=True))
    made(found)
    return found


def panel(one: Visit) -> Locator:
    return one.page.get_by_role("tabpanel", name="Muscles", exact=True)


def stage(one: Visit) -> Locator:
    return panel(one).locator(".facelib-muscles")


def made(one: Visit) -> None:
    """Wait until all pictures are there."""
    expect(stage(one)).to_have_attribute("data-state", "ready", timeout=WAIT)
    expect(panel(one).locator(".facelib-chart")).to_have_count(3)
    for chart in panel(one).locator(".facelib-chart").all():
        expect(chart).to_have_attribute("data-state", "ready", timeout=WAIT)


def drawn(one: Visit) -> list[bytes]:
    """The face and the map, as pixels."""
    return [one.canvas_bytes(stage(one).locator(".facelib-muscles-canvas").nth(k)) for k in (0, 1)]


def test_it_is_played_once_its_pictures_are_made(quick_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(quick_url, width=1280, height=1000))
    one.click(one.page.get_by_role("tab", name="Muscles", exact=True))
    play = panel(one).get_by_role("button", name="Play the recording")
    expect(play).to_be_visible(timeout=WAIT)
    expect(play).to_be_disabled(timeout=1000)
    words = "It can be played once all of its pictures are made."
    expect(panel(one).locator(".facelib-moments .widget-play")).to_have_attribute("title", words)
    expect(panel(one).get_by_text(re.compile(r"\d+ of \d+ pictures made and read"))).to_be_visible(
        timeout=WAIT
    )
    made(one)
    expect(play).to_be_enabled(timeout=WAIT)


def test_processing_is_unfolded_and_folded_with_the_keyboard(one: Visit) -> None:
    fold = panel(one).get_by_role("button", name="Processing", exact=True)
    inside = panel(one).locator(".facelib-fold ~ .facelib-folded").filter(has_text="Mean removed")
    for key, unfolded in (("Enter", True), ("Space", False)):
        one.press(fold, key)
        expect(fold).to_have_attribute("aria-expanded", str(unfolded).lower())
        expect(inside).to_be_visible(visible=unfolded)
        expect(fold).to_be_focused()


def test_a_recording_of_ones_own(one: Visit) -> None:
    (_, muscles), found = drawn(one), panel(one)
    one.click(found.get_by_role("button", name="Your recording"))
    expect(found.get_by_text("No file has been given yet.")).to_be_visible(timeout=WAIT)
    place = found.locator(".facelib-drop-zone")
    one.upload(place, {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    expect(found.locator(".facelib-drop-message")).to_contain_text("notes.pdf isn't a recording")
    one.upload(place, {"name": "broken.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    expect(
        found.get_by_role("alert").filter(has_text="No channel is known by the names 'a', 'b'")
    ).to_be_visible(timeout=WAIT)
    one.upload(place, {"name": "mine.csv", "mimeType": "text/csv", "buffer": table()})
    asks = found.get_by_role("alert").filter(has_text="give “Samples / s”")
    expect(asks).to_be_visible(timeout=WAIT)
    rate = found.get_by_label("Samples / s", exact=True)
    one.type_into(rate, "30")
    one.press(rate, "Enter")
    expect(
        found.get_by_text("mine.csv: 22 channels of envelopes, 30 samples a second, 3.0 s.")
    ).to_be_visible(timeout=WAIT)
    expect(asks).to_have_count(0)
    made(one)
    wait_until(lambda: drawn(one)[1] != muscles, 5, "the map of the other recording")
    expect(stage(one).locator(".facelib-muscles-caption").last).to_have_text(re.compile("most active: "))
    with one.page.expect_download(timeout=WAIT) as download:
        one.click(found.get_by_role("button", name="Muscle groups"))
    groups = pd.read_csv(Path(download.value.path())).set_index("group")
    assert groups.loc["zygomaticus", "ratio"] == pytest.approx(2, rel=0.1)
    one.assert_local()
    one.assert_clean()


def table() -> bytes:
    """Envelopes as "Mimics, Muscles, and Me" has them: a smile, its right side half as strong."""
    pulse = np.clip(np.sin(np.pi * np.arange(90) / 30), 0, 1)
    signals = np.full((90, 22), 4.0)
    signals[:, CHANNELS.index("zygomaticus_left")] += 100 * pulse
    signals[:, CHANNELS.index("zygomaticus_right")] += 50 * pulse
    return pd.DataFrame(signals, columns=list(CHANNELS)).to_csv().encode()
