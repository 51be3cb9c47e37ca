"""How long the page takes, in the browser, and how much memory: `python benchmarks/page.py [NOTEBOOK]`.

Promised: first usable slider cold < 8 s, warm < 2 s; slider event → picture, bars and cursor painted < 60 ms
at the 95th percentile over a computed sweep, < 150 ms for a picture not yet computed; a new face's whole
sweep of the four classifiers from PyPI, with its verdicts, < 1.5 s; a session's kernel < 900 MB; 300 updates
don't grow the page. The tab Muscles stands beside: its slider moves picture, map, bars and cursor.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, Error, Locator, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import Server, Visit, facelib_app, launch_browser, resident_memory, wait_until  # noqa: E402

from facelib.models import PACKAGES, home  # noqa: E402

EVENTS = 50
REPEATS = 3
REPEATS_OF_SWEEPS = 7
SWEEPS = "a new face's whole sweep, all classifiers, with its verdicts (s)"
REST = 0.25  # seconds between two events, so that every paint is counted for the event that caused it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("notebook", nargs="?", type=Path, help="the explorer if none is given")
    parser.add_argument(
        "--slider", default=".facelib-strength", help="selector of the slider that is dragged"
    )
    parser.add_argument(
        "--busy", default=".facelib-progress", help="selector of what is seen while it computes"
    )
    parser.add_argument("--live", default="Age", help="label of a slider whose picture isn't computed ahead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_browser(playwright)
        print(f"chromium {browser.version}, {psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}")
        with facelib_app(options.notebook, Path(folder, "cold"), pool=0) as server:
            Bench(options, browser, server).visits("first slider, cold (s)", warm_up=1)
        with facelib_app(options.notebook, Path(folder, "warm"), pool=2) as server:
            bench = Bench(options, browser, server)
            bench.visits("first slider, warm (s)")
            bench.session()
            if options.notebook is None:
                bench.muscles()
        if options.notebook is None:
            few = without_npm(Path(folder, "home"))
            with facelib_app(None, Path(folder, "four"), pool=2, FACELIB_HOME=str(few)) as server:
                Bench(options, browser, server).sweeps("the same, the four classifiers from PyPI (s)")
        browser.close()


def without_npm(folder: Path) -> Path:
    """Make a home for model packages that has all but the optional ones, by links."""
    (folder / "packages").mkdir(parents=True)
    optional = {PACKAGES[name].folder for name in PACKAGES if not PACKAGES[name].required}
    for path in home().iterdir():
        if path.name != "packages":
            (folder / path.name).symlink_to(path)
    for path in (home() / "packages").iterdir():
        if path.name not in optional:
            (folder / "packages" / path.name).symlink_to(path)
    return folder


class Bench:
    """Measures one server."""

    def __init__(self, options: argparse.Namespace, browser: Browser, server: Server) -> None:
        self.options = options
        self.browser = browser
        self.server = server

    def visit(self) -> tuple[Visit, float]:
        """Open the page; return it, and the seconds until its slider could be used."""
        visit = Visit(self.browser, self.server.url)
        visit.page.locator(f"{self.options.slider} .noUi-handle").first.wait_for(timeout=60000)
        return visit, time.monotonic() - visit.began

    def rested(self) -> Visit:
        """Open the page on a quiet machine; return it when all that it computes by itself is there."""
        wait_until(self.quiet, 180, "a quiet machine")
        visit, _ = self.visit()
        wait_until(visit.page.locator(self.options.busy).first.is_hidden, 120, "a computed sweep")
        wait_until(self.quiet, 180, "a quiet machine")
        return visit

    def visits(self, name: str, warm_up: int = 0) -> None:
        """Measure how soon the slider is there, each time on a quiet machine."""
        times = []
        for number in range(warm_up + REPEATS):
            wait_until(self.quiet, 180, "a quiet machine")
            visit, seconds = self.visit()
            visit.close()
            if number >= warm_up:
                times.append(seconds)
        row(name, times, "{:.2f}")

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

    def session(self) -> None:
        """Measure one long session: latencies, memory of kernel and page."""
        wait_until(self.quiet, 180, "a quiet machine")
        before = {kernel.pid for kernel in self.server.kernels()}
        visit, _ = self.visit()
        wait_until(visit.page.locator(self.options.busy).first.is_hidden, 120, "a computed sweep")
        slider = visit.page.locator(f"{self.options.slider} .noUi-handle").first
        drag(visit, visit.page.locator(self.options.slider).first)
        report(visit, "drag over a computed sweep")
        press(visit, slider, self.over(slider))
        report(visit, "keys over a computed sweep")
        live = self.live(visit)
        if live.count():
            press(visit, live.first, ["ArrowRight"] * EVENTS, rest=0.03, painted=("picture", "chart"))
            report(visit, f"{self.options.live}, not yet computed")
        wait_until(visit.page.locator(self.options.busy).first.is_hidden, 120, "a computed sweep")
        if live.count():
            row(SWEEPS, [whole(visit, live.first) for _ in range(REPEATS_OF_SWEEPS)], "{:.2f}")
        kernels = [kernel for kernel in self.server.kernels() if kernel.pid in before]
        used = [resident_memory(kernel) for kernel in kernels]
        row("kernels' memory, RSS (MB)", [memory["rss"] for memory in used], "{:.0f}")
        row("kernels' memory, PSS (MB)", [memory["pss"] for memory in used], "{:.0f}")
        heap, nodes = visit.heap(), visit.nodes()
        for _ in range(6):
            press(visit, slider, self.over(slider), rest=0.02)
        row("page's heap before / after 300 updates (MB)", [heap, visit.heap()], "{:.1f}")
        row("page's elements before / after", [nodes, visit.nodes()], "{:.0f}")
        visit.close()

    def sweeps(self, name: str) -> None:
        """Measure new faces' whole sweeps only."""
        visit = self.rested()
        live = self.live(visit)
        row(name, [whole(visit, live.first) for _ in range(REPEATS_OF_SWEEPS)], "{:.2f}")
        visit.close()

    def muscles(self) -> None:
        """Measure the tab Muscles: until its film of a recording is made, and its slider."""
        visit = self.rested()
        panel = visit.page.get_by_role("tabpanel", name="Muscles", exact=True)
        began = time.monotonic()
        visit.page.get_by_role("tab", name="Muscles", exact=True).click()
        panel.locator(".facelib-muscles[data-painted]").wait_for(timeout=120000)
        first = time.monotonic() - began
        panel.locator(".facelib-muscles[data-state=ready]").wait_for(timeout=120000)
        row("Muscles: first picture, whole film (s)", [first, time.monotonic() - began], "{:.1f}")
        wait_until(self.quiet, 180, "a quiet machine")
        drag(visit, panel.locator(".facelib-moment"))
        report(visit, "Muscles: drag over the film")
        handle = panel.locator(".facelib-moment .noUi-handle")
        press(visit, handle, self.over(handle))
        report(visit, "Muscles: keys over the film")
        visit.close()

    def live(self, visit: Visit) -> Locator:
        """Return the handle of a slider whose picture isn't computed ahead."""
        named = visit.page.get_by_text(self.options.live, exact=True)
        return visit.page.locator(".widget-slider").filter(has=named).locator(".noUi-handle")

    def over(self, slider: Locator) -> list[str]:
        """Return keys that lead the slider up and down, each a real move."""
        low, high = (float(slider.get_attribute(f"aria-value{end}") or 0) for end in ("min", "max"))
        now = float(slider.get_attribute("aria-valuenow") or 0)
        keys, up = [], True
        for _ in range(EVENTS):
            up = now < high if up else now <= low
            keys.append("ArrowRight" if up else "ArrowLeft")
            now += 1 if up else -1
        return keys


def press(
    visit: Visit, handle: Locator, keys: Sequence[str], rest: float = REST, painted: Sequence[str] = ()
) -> None:
    """Press keys on a slider's handle, one event of the probe each; wait until those kinds are painted."""
    handle.focus()
    visit.page.evaluate("() => { facelibProbe.events.length = facelibProbe.paints.length = 0; }")
    seen = """kinds => kinds.every(kind => facelibProbe.paints.some(
                paint => paint.kind === kind && paint.cause === facelibProbe.start))"""
    for key in keys:
        visit.page.keyboard.press(key)
        with contextlib.suppress(Error):  # the report tells how many events were answered
            visit.page.wait_for_function(seen, arg=list(painted), timeout=2000)
        visit.page.wait_for_timeout(1000 * rest)


def whole(visit: Visit, handle: Locator) -> float:
    """Change the face by a key; return the seconds until its sweep is read and its verdicts are there.

    The page is asked at every frame: what waits for a locator looks only every half second after a while.
    """
    handle.focus()
    began = time.monotonic()
    visit.page.keyboard.press("ArrowLeft")
    said = "text => document.querySelector('[role=status]').textContent.includes(text)"
    for text in ("the faces", "harmless changes compared"):
        visit.page.wait_for_function(said, arg=text, timeout=30000)
    seconds = time.monotonic() - began
    visit.page.locator(".facelib-progress").first.wait_for(state="hidden", timeout=120000)
    return seconds


def drag(visit: Visit, slider: Locator) -> None:
    """Drag the slider with the mouse from end to end, one event of the probe each, forth and back."""
    visit.page.evaluate("() => { facelibProbe.events.length = facelibProbe.paints.length = 0; }")
    for _ in visit.drag(slider, EVENTS, pause=REST):
        pass


def report(visit: Visit, name: str) -> None:
    """Print the milliseconds from events to what they caused, by kind and until the last of all."""
    events = visit.page.evaluate("facelibProbe.events.length")
    kinds: dict[str, Callable[[], list[float]]] = {
        kind: lambda kind=kind: visit.waits(kind) for kind in ("picture", "chart", "text")
    }
    kinds["all"] = lambda: visit.waits("")
    for kind, waits in kinds.items():
        row(f"{name}: {kind} (ms), {len(waits())} of {events} events", waits(), "{:.0f}")


def row(name: str, values: Sequence[float], form: str) -> None:
    """Print one line of the table."""
    if not values:
        print(f"{name:62} –")
        return
    shown = [statistics.median(values), float(np.percentile(values, 95)), max(values)]
    if len(values) < 5:
        print(f"{name:62} {'  '.join(form.format(value) for value in values)}")
    else:
        print(
            f"{name:62} p50 {form.format(shown[0])}  p95 {form.format(shown[1])}  max {form.format(shown[2])}"
        )


if __name__ == "__main__":
    main()
