"""How long the page takes in the browser, and how much memory: `python benchmarks/page.py [--quick]`.

Measured twice: on this machine as it is ("idle"; wait for a quiet one), and as on a slow one: the browser's
processor throttled 2 × by its own means, server and kernels held to one core. Of many values the 95th
percentile counts, of fewer than five the largest. ``--guests 3``: memory of so many sessions at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from playwright.sync_api import Browser, Error, Locator, sync_playwright
from timing import end, header, row

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from explore import age, rested, strength  # noqa: E402
from harness import Server, Visit, facelib_app, launch_browser, resident_memory, wait_until  # noqa: E402

EVENTS = 50
REST = 0.25  # seconds between two events, so that every paint is counted for the event that caused it
THROTTLE = 2  # times that the browser's processor is slower
SEEN = ".facelib-first img, .facelib-live[data-step] canvas"
COLD, WARM = "slider, cold server", "slider, warm server"
DRAG, KEYS, LIVE = "drag over a computed sweep", "keys over a computed sweep", "a slider not yet computed"
CARDS, PICTURE, SILENCE = "Muscles: first cards", "Muscles: first picture", "Muscles: longest silence"
MEMORY = "memory of a page's kernel, RSS"
PROMISES = {
    "idle": {
        COLD: 5,
        WARM: 2,
        DRAG: 40,
        KEYS: 40,
        LIVE: 150,
        CARDS: 3,
        PICTURE: 5,
        SILENCE: 0.5,
        MEMORY: 900,
    },
    "slow": {COLD: 8, WARM: 2, DRAG: 60, KEYS: 60, LIVE: 250, MEMORY: 900},
}
"""Seconds, milliseconds from an event of the slider to the last paint that it caused, MB."""
PARTS = {"cards": ".facelib-tab-3 .facelib-card", "picture": ".facelib-tab-3 .facelib-muscles[data-painted]"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--as", dest="modes", nargs="+", choices=PROMISES, default=[*PROMISES])
    parser.add_argument("--quick", action="store_true", help="ten events, one visit")
    parser.add_argument("--guests", type=int, default=3)
    options = parser.parse_args()
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = launch_browser(playwright)
        for mode in options.modes:
            header(f"The page, {mode}, chromium {browser.version}; 95th percentile or largest")
            for what, pool in (("cold", 0), ("warm", 2)):
                with held_to_one_core() if mode == "slow" else contextlib.nullcontext():
                    server = facelib_app(None, Path(folder, f"{mode}-{what}"), pool=pool)
                with server:
                    bench = Bench(browser, server, mode, quick=options.quick)
                    bench.visits(WARM if pool else COLD, warm_up=not pool)
                    if pool:
                        bench.session()
                        bench.muscles()
                        bench.guests(options.guests)
        browser.close()
    end()


@contextlib.contextmanager
def held_to_one_core() -> Iterator[None]:
    """Let what is started meanwhile, and what that starts, run on one core only."""
    if not hasattr(os, "sched_setaffinity"):
        print("This system can't hold a process to one core: only the browser is slow.")
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Bench:
    """Measures one server."""

    def __init__(self, browser: Browser, server: Server, mode: str, *, quick: bool) -> None:
        self.browser, self.server, self.mode = browser, server, mode
        self.events, self.repeats = (10, 1) if quick else (EVENTS, 3)

    def show(self, name: str, values: Sequence[float], unit: str = "s") -> None:
        """Print what counts of some values."""
        if not values:
            print(f"{name:60}         –")
            return
        high = float(np.percentile(values, 95)) if len(values) >= 5 else max(values)
        remark = f"median {np.median(values):.3g}, max {max(values):.3g} of {len(values)}"
        row(name, high, unit, below=PROMISES[self.mode].get(name), remark=remark)

    def visit(self) -> tuple[Visit, float, float]:
        """Open the page; return it, and the seconds until its face was seen and its slider could be used."""
        visit = Visit(self.browser, self.server.url, scripts=["silence.js"])
        if self.mode == "slow":
            session = visit.context.new_cdp_session(visit.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        visit.page.locator(SEEN).first.wait_for(timeout=60000)
        face = time.monotonic() - visit.began
        strength(visit).wait_for(timeout=60000)
        return visit, face, time.monotonic() - visit.began

    def rested(self) -> Visit:
        """Open the page on a quiet machine; return it when all that it computes by itself is there."""
        self.wait()
        visit, _, _ = self.visit()
        rested(visit)
        self.wait()
        return visit

    def wait(self) -> None:
        """Wait for a quiet machine."""
        wait_until(self.quiet, 180, "a quiet machine")

    def quiet(self) -> bool:
        """Say whether the server and its kernels rest."""
        processes = [psutil.Process(self.server.process.pid), *self.server.kernels()]
        try:
            for process in processes:
                process.cpu_percent()
            time.sleep(1.0)
            return sum(process.cpu_percent() for process in processes) < 10
        except psutil.NoSuchProcess:  # a kernel that has just ended
            return False

    def visits(self, name: str, *, warm_up: bool) -> None:
        """Measure how soon face and slider are there, each time on a quiet machine."""
        times = []
        for _ in range(warm_up + self.repeats):
            self.wait()
            visit, *soon = self.visit()
            visit.close()
            times.append(soon)
        faces, sliders = zip(*times[warm_up:], strict=True)
        self.show(name.replace("slider", "face"), faces)
        self.show(name, sliders)

    def session(self) -> None:
        """Measure one long session: latencies, memory of kernel and page."""
        before = {kernel.pid for kernel in self.server.kernels()}
        visit = self.rested()
        self.drag(visit, visit.slide(strength(visit), self.events), DRAG)
        self.press(visit, strength(visit), self.over(), KEYS)
        self.press(visit, age(visit), ["ArrowRight"] * self.events, LIVE, painted=("picture", "text"))
        rested(visit)
        wholes = [whole(visit) for _ in range(2 * self.repeats + 1)]
        self.show("a new face's whole sweep, with its verdicts", wholes)
        used = [resident_memory(one) for one in self.server.kernels() if one.pid in before]
        self.show(MEMORY, [memory["rss"] for memory in used], "MB")
        self.show("the same, shared pages counted once (PSS)", [memory["pss"] for memory in used], "MB")
        heap, nodes = visit.heap(), visit.nodes()
        for _ in range(6):
            self.press(visit, strength(visit), self.over(), "", rest=0.02)
        row(f"page's heap after {6 * self.events} updates; before", visit.heap(), "MB", peer=heap)
        row("page's elements after; before", visit.nodes(), "", peer=nodes)
        visit.close()

    def muscles(self) -> None:
        """Measure the tab Muscles: until its film of a recording is made, and its slider."""
        visit = self.rested()
        panel = visit.page.get_by_role("tabpanel", name="Muscles", exact=True)
        visit.page.evaluate("parts => facelibSilence.begin(parts)", PARTS)
        visit.click(visit.page.get_by_role("tab", name="Muscles", exact=True))
        panel.locator(".facelib-muscles[data-state=ready]").wait_for(timeout=120000)
        seen, longest, film = visit.page.evaluate(
            "[facelibSilence.seen, facelibSilence.longest(), performance.now() - facelibSilence.since]"
        )
        visit.page.evaluate("() => { facelibSilence.since = 0; }")
        self.show(CARDS, [seen["cards"] / 1000])
        self.show(PICTURE, [seen["picture"] / 1000])
        self.show(SILENCE, [longest / 1000])
        self.show("Muscles: whole film", [film / 1000])
        self.wait()
        moments = visit.drag(panel.locator(".facelib-moment"), self.events)
        self.drag(visit, moments, "Muscles: drag over the film")
        visit.close()

    def guests(self, count: int) -> None:
        """Measure the memory of sessions that are open at once."""
        visits = [self.rested() for _ in range(count)]
        used = [resident_memory(kernel)["pss"] for kernel in self.server.kernels()]
        self.show(f"memory of a session (PSS), {count} guests at once", used, "MB")
        for visit in visits:
            visit.close()

    def over(self) -> list[str]:
        """Return keys that lead the strength from either end up and down, each a real move."""
        return ["Home", *(("ArrowRight", "ArrowLeft")[number // 20 % 2] for number in range(self.events))]

    def press(
        self, visit: Visit, handle: Locator, keys: Sequence[str], name: str, *,
        rest: float = REST, painted: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Press keys on a slider's handle, one event of the probe each, until those kinds are painted."""
        handle.focus()
        forget(visit)
        seen = """kinds => kinds.every(kind => facelibProbe.paints.some(
                    paint => paint.kind === kind && paint.cause === facelibProbe.start))"""
        for key in keys:
            visit.page.keyboard.press(key)
            with contextlib.suppress(Error):  # what is shown tells how many events were answered
                visit.page.wait_for_function(seen, arg=list(painted), timeout=2000)
            visit.page.wait_for_timeout(1000 * rest)
        if name:
            self.show(name, visit.waits(""), "ms")

    def drag(self, visit: Visit, steps: Iterator[int], name: str) -> None:
        """Drag a slider with the mouse from end to end, one event of the probe each."""
        forget(visit)
        for _ in steps:
            visit.page.wait_for_timeout(1000 * REST)
        self.show(name, visit.waits(""), "ms")


def forget(visit: Visit) -> None:
    visit.page.evaluate("() => { facelibProbe.events.length = facelibProbe.paints.length = 0; }")


def whole(visit: Visit) -> float:
    """Change the face by a key; return the seconds until its sweep is read and its verdicts are there."""
    age(visit).focus()
    began = time.monotonic()
    visit.page.keyboard.press("ArrowLeft")
    for shown in (".facelib-live[data-state=computing]", ".facelib-live[data-state=ready] .live-chip"):
        visit.page.locator(shown).first.wait_for(timeout=30000)
    seconds = time.monotonic() - began
    rested(visit)
    return seconds


if __name__ == "__main__":
    main()
