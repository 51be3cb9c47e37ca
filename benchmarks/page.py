"""How long the page takes, in the browser, and how much memory: `python benchmarks/page.py [NOTEBOOK]`.

Measured twice: on this machine as it is ("idle"; wait for a quiet one), and as on a slow one: the browser's
processor throttled 2 × by its own means, server and kernels held to one core. What is promised of each stands
in `PROMISES`, and is printed beside what was measured: value / promise = ratio, above 1 missed. Of five and
more values the 95th percentile is what counts, of fewer the largest.

The tab Muscles stands beside: how soon its cards and its first picture are painted, and how long the kernel
is silent meanwhile, asked every tenth of a second; its slider moves picture, map, bars and cursor.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import psutil
from playwright.sync_api import Browser, Error, Locator, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import Server, Visit, facelib_app, launch_browser, resident_memory, wait_until  # noqa: E402

from facelib.models import PACKAGES  # noqa: E402
from facelib.utilities.home import home  # noqa: E402

EVENTS = 50
REPEATS = 3
REPEATS_OF_SWEEPS = 7
SWEEPS = "a new face's whole sweep, all classifiers, with its verdicts (s)"
REST = 0.25  # seconds between two events, so that every paint is counted for the event that caused it
THROTTLE = 2  # times that the browser's processor is slower
COLD, WARM = "first slider, cold (s)", "first slider, warm (s)"
FACES = "first face, "  # and then as one of these: before its widgets are there, a page has it as a picture
SEEN = ".facelib-first img, .facelib-stage[data-painted] canvas"
DRAG, KEYS = "drag over a computed sweep (ms)", "keys over a computed sweep (ms)"
LIVE = "not yet computed (ms)"
CARDS, PICTURE = "Muscles: first cards painted (s)", "Muscles: first picture (s)"
SILENCE = "Muscles: longest silence of the kernel (s)"
MEMORY = "kernels' memory, RSS (MB)"
FEWER = "the same, the four classifiers from PyPI (s)"
PROMISES = {
    "idle": {
        COLD: 5.0, WARM: 2.0, f"{FACES}warm (s)": 1.0, DRAG: 40.0, KEYS: 40.0, LIVE: 150.0, CARDS: 3.0,
        PICTURE: 5.0, SILENCE: 0.5, MEMORY: 900.0, FEWER: 1.5,
    },
    "slow": {COLD: 8.0, WARM: 2.0, DRAG: 60.0, KEYS: 60.0, LIVE: 250.0, MEMORY: 900.0},
}  # fmt: skip
"""Seconds, and milliseconds from an event of the slider to the last paint that it caused."""
PARTS = {"cards": ".facelib-tab-3 .facelib-card", "picture": ".facelib-tab-3 .facelib-muscles[data-painted]"}


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
    parser.add_argument("--as", dest="modes", choices=list(PROMISES), help="only idle, or only slow")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for mode in [options.modes] if options.modes else PROMISES:
            load = psutil.getloadavg()[0]
            print(f"\n{mode}: chromium {browser.version}, {psutil.cpu_count()} cores, load {load:.1f}")
            with tempfile.TemporaryDirectory() as folder:
                measure(options, browser, Path(folder), mode)
            print(f"{mode}: load {psutil.getloadavg()[0]:.1f} at the end")
        browser.close()


def measure(options: argparse.Namespace, browser: Browser, folder: Path, mode: str) -> None:
    """Measure all in one mode."""
    notebook = options.notebook

    def bench(name: str, book: Path | None, pool: int, **variables: str) -> Bench:
        with held_to_one_core() if mode == "slow" else contextlib.nullcontext():
            return Bench(options, browser, facelib_app(book, folder / name, pool=pool, **variables), mode)

    with bench("cold", notebook, 0) as cold:
        cold.visits(COLD, warm_up=1)
    with bench("warm", notebook, 2) as warm:
        warm.visits(WARM)
        warm.session()
        if notebook is None:
            warm.muscles()
    if notebook is None:
        few = without_npm(folder / "home")
        with bench("four", None, 2, FACELIB_HOME=str(few)) as four:
            four.sweeps(FEWER)


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

    def __init__(self, options: argparse.Namespace, browser: Browser, server: Server, mode: str) -> None:
        self.options = options
        self.browser = browser
        self.server = server
        self.slow = mode == "slow"
        self.promises = PROMISES[mode]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def visit(self) -> tuple[Visit, float, float]:
        """Open the page; return it, and the seconds until its face was seen and its slider could be used."""
        visit = Visit(self.browser, self.server.url, scripts=["silence.js"])
        if self.slow:
            session = visit.context.new_cdp_session(visit.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        face = 0.0
        if self.options.notebook is None:
            visit.page.locator(SEEN).first.wait_for(timeout=60000)
            face = time.monotonic() - visit.began
        visit.page.locator(f"{self.options.slider} .noUi-handle").first.wait_for(timeout=60000)
        return visit, face, time.monotonic() - visit.began

    def rested(self) -> Visit:
        """Open the page on a quiet machine; return it when all that it computes by itself is there."""
        wait_until(self.quiet, 180, "a quiet machine")
        visit, _, _ = self.visit()
        wait_until(visit.page.locator(self.options.busy).first.is_hidden, 120, "a computed sweep")
        wait_until(self.quiet, 180, "a quiet machine")
        return visit

    def visits(self, name: str, warm_up: int = 0) -> None:
        """Measure how soon the slider is there, each time on a quiet machine."""
        faces, times = [], []
        for number in range(warm_up + REPEATS):
            wait_until(self.quiet, 180, "a quiet machine")
            visit, face, seconds = self.visit()
            visit.close()
            if number >= warm_up:
                faces.append(face)
                times.append(seconds)
        if self.options.notebook is None:
            row(name.replace("first slider, ", FACES), faces, "{:.2f}", self.promises)
        row(name, times, "{:.2f}", self.promises)

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
        """Measure one long session: latencies, memory of kernel and page.

        The next visitor's kernel is ready when it begins: on one core that takes half a minute.
        """
        before = {kernel.pid for kernel in self.server.kernels()}
        visit = self.rested()
        slider = visit.page.locator(f"{self.options.slider} .noUi-handle").first
        drag(visit, visit.page.locator(self.options.slider).first)
        report(visit, DRAG, self.promises)
        press(visit, slider, self.over(slider))
        report(visit, KEYS, self.promises)
        live = self.live(visit)
        if live.count():
            press(visit, live.first, ["ArrowRight"] * EVENTS, rest=0.03, painted=("picture", "chart"))
            report(visit, LIVE, self.promises)
        wait_until(visit.page.locator(self.options.busy).first.is_hidden, 120, "a computed sweep")
        if live.count():
            row(SWEEPS, [whole(visit, live.first) for _ in range(REPEATS_OF_SWEEPS)], "{:.2f}")
        kernels = [kernel for kernel in self.server.kernels() if kernel.pid in before]
        used = [resident_memory(kernel) for kernel in kernels]
        row(MEMORY, [memory["rss"] for memory in used], "{:.0f}", self.promises)
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
        times = [whole(visit, live.first) for _ in range(REPEATS_OF_SWEEPS)]
        row(name, times, "{:.2f}", self.promises)
        visit.close()

    def muscles(self) -> None:
        """Measure the tab Muscles: until its film of a recording is made, and its slider."""
        before = self.server.kernels()
        visit = self.rested()
        panel = visit.page.get_by_role("tabpanel", name="Muscles", exact=True)
        worked = -cpu_seconds(before)
        visit.page.evaluate("parts => facelibSilence.begin(parts)", PARTS)
        visit.click(visit.page.get_by_role("tab", name="Muscles", exact=True))
        panel.locator(".facelib-muscles[data-state=ready]").wait_for(timeout=120000)
        worked += cpu_seconds(before)
        seen, longest, whole_film = visit.page.evaluate(
            "[facelibSilence.seen, facelibSilence.longest(), performance.now() - facelibSilence.since]"
        )
        visit.page.evaluate("() => { facelibSilence.since = 0; }")
        row(CARDS, [seen["cards"] / 1000], "{:.2f}", self.promises)
        row(PICTURE, [seen["picture"] / 1000], "{:.2f}", self.promises)
        row(SILENCE, [longest / 1000], "{:.2f}", self.promises)
        row("Muscles: whole film (s)", [whole_film / 1000], "{:.1f}")
        row("Muscles: the kernels' processor time for it (s)", [worked], "{:.1f}")
        wait_until(self.quiet, 180, "a quiet machine")
        drag(visit, panel.locator(".facelib-moment"))
        report(visit, "Muscles: drag over the film (ms)")
        handle = panel.locator(".facelib-moment .noUi-handle")
        press(visit, handle, self.over(handle))
        report(visit, "Muscles: keys over the film (ms)")
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
    said = "text => [...document.querySelectorAll('[role=status]')].some(el => el.textContent.includes(text))"
    visit.page.wait_for_function(said, arg="Placebos:", timeout=30000)  # they come after verdicts
    seconds = time.monotonic() - began
    visit.page.locator(".facelib-progress").first.wait_for(state="hidden", timeout=120000)
    return seconds


def drag(visit: Visit, slider: Locator) -> None:
    """Drag the slider with the mouse from end to end, one event of the probe each, forth and back."""
    visit.page.evaluate("() => { facelibProbe.events.length = facelibProbe.paints.length = 0; }")
    for _ in visit.drag(slider, EVENTS, pause=REST):
        pass


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Return how long processes have worked, on whatever core."""
    times = [process.cpu_times() for process in processes if process.is_running()]
    return float(sum(time.user + time.system for time in times))


def report(visit: Visit, name: str, promises: Mapping[str, float] | None = None) -> None:
    """Print the milliseconds from events to what they caused, by kind and until the last of all."""
    events = visit.page.evaluate("facelibProbe.events.length")
    kinds: dict[str, Callable[[], list[float]]] = {
        kind: lambda kind=kind: visit.waits(kind) for kind in ("picture", "chart", "text")
    }
    for kind, waits in kinds.items():
        row(f"{name}: {kind}, {len(waits())} of {events} events", waits(), "{:.0f}")
    row(name, visit.waits(""), "{:.0f}", promises)


def row(name: str, values: Sequence[float], form: str, promises: Mapping[str, float] | None = None) -> None:
    """Print one line of the table, and how what counts stands to what is promised."""
    if not values:
        print(f"{name:62} –")
        return
    high = float(np.percentile(values, 95)) if len(values) >= 5 else max(values)
    if len(values) < 5:
        shown = "  ".join(form.format(value) for value in values)
    else:
        three = {"p50": statistics.median(values), "p95": high, "max": max(values)}
        shown = "  ".join(f"{which} {form.format(value)}" for which, value in three.items())
    if promise := (promises or {}).get(name):
        shown += f"   {form.format(high)} / {promise:g} = {high / promise:.2f}"
        shown += "" if high < promise else "  MISSED"
    print(f"{name:62} {shown}", flush=True)


if __name__ == "__main__":
    main()
