"""Somebody plays for ten minutes with wheel, keys and tabs: the page doesn't grow (`make thorough`)."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import numpy as np
import pytest
from explore import swept
from harness import Visit
from playwright.sync_api import expect

pytestmark = [pytest.mark.packages, pytest.mark.thorough]

MINUTES = float(os.environ.get("FACELIB_PLAY_MINUTES", "10"))
SAMPLES = 9
WAIT = 300_000  # ms, on a busy machine
SLIDERS = {"Explore": ".live-strength", "Muscles": ".facelib-moment .noUi-handle"}
KEYS = ("ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End")
GROWTH = 1.1  # of the heap, last third against first
ROOM = 4.0  # MB


def go(visit: Visit, title: str) -> None:
    visit.click(visit.page.get_by_role("tab", name=title, exact=True))


def play(visit: Visit, chance: random.Random, seconds: float) -> int:
    """Go to tabs, turn the wheel, move sliders by keys, all by chance; return how much was done."""
    deadline, done = time.monotonic() + seconds, 0
    titles = ["Explore", "Population", "Observed data", "Muscles"]
    while time.monotonic() < deadline:
        title = chance.choice(titles)
        go(visit, title)
        if title in SLIDERS:
            panel = visit.page.get_by_role("tabpanel", name=title, exact=True)
            visit.click(panel.locator(SLIDERS[title]).first)
            for _ in range(chance.randrange(10, 40)):
                visit.page.keyboard.press(chance.choice(KEYS))
                visit.page.wait_for_timeout(chance.randrange(10, 60))
                done += 1
        turns = [chance.choice((-400, -150, 150, 400)) for _ in range(chance.randrange(3, 12))]
        visit.wheel((chance.randrange(300, 900), chance.randrange(200, 600)), *turns, -20_000)
        done += len(turns)
    return done


def test_the_page_does_not_grow_while_somebody_plays(page_url: str, visit: Callable[..., Visit]) -> None:
    one = swept(visit(page_url, width=1280, height=720), within=WAIT)
    for title in ("Population", "Observed data", "Muscles"):
        go(one, title)
    expect(one.page.locator(".facelib-muscles")).to_have_attribute("data-state", "ready", timeout=WAIT)
    expect(one.page.locator(".facelib-progress").first).to_be_hidden(timeout=WAIT)
    chance, heaps, nodes, done = random.Random(3), [], [], 0
    play(one, chance, 60 * MINUTES / SAMPLES)  # everything was decoded and drawn once
    for _ in range(SAMPLES):
        done += play(one, chance, 60 * MINUTES / SAMPLES)
        go(one, "Explore")
        heaps.append(one.heap())
        nodes.append(one.nodes())
    told = f"{done} events; heap {np.round(heaps, 1)} MB, elements {nodes}"
    assert done > 20 * MINUTES, told  # it was played with
    assert np.median(heaps[-3:]) < GROWTH * np.median(heaps[:3]) + ROOM, told
    assert np.median(nodes[-3:]) < GROWTH * np.median(nodes[:3]), told
    one.assert_clean()
