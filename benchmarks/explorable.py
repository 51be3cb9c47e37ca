"""How large an explorable is and how soon its face is there: `python benchmarks/explorable.py [FOLDER]`.

Two sweeps over 21 strengths with all classifiers of this machine and a few placebos: a head, and the
photograph that may be shown to anyone. Each file is opened from disk, offline, a few times, in a new profile.
Measured: seconds until it is written, its size, from the start of navigation to the first face (of the static
page) and to the first one that can be dragged, and from an event of the slider to the paint it caused.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import launch_browser  # noqa: E402

import facelib  # noqa: E402
from facelib.faces import sample_photograph  # noqa: E402
from facelib.studies import run_references  # noqa: E402

REPEATS = 7
PROMISES = {"size (MB)": 6.0, "face that is dragged (s)": 1.0, "drag, p95 (ms)": 50.0}
WATCH = """
window.painted = new Promise((resolve) => {
  const look = () => {
    const stage = document.querySelector(".facelib-stage[data-painted]");
    stage ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
DRAG = """
async () => {
  const slider = document.getElementById("facelib-strength");
  const stage = document.querySelector(".facelib-stage");
  const taken = [];
  for (let turn = 0; turn < 60; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const step = String((turn * 3) % (Number(slider.max) + 1));
    const start = performance.now();
    slider.value = step;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (stage.dataset.index !== step) await new Promise(requestAnimationFrame);
    const { port1, port2 } = new MessageChannel(); // its message comes after the paint
    await new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(0); });
    taken.push(performance.now() - start);
  }
  return taken;
}
"""


def opened(browser: Browser, file: Path) -> tuple[float, float, list[float]]:
    """Return seconds to the first paint and to the face that is dragged, and ms from slider to paint."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(file.as_uri())
    drawn = page.evaluate("painted") / 1000
    first = (
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN") / 1000
    )
    page.get_by_role("combobox", name="Map").select_option("evidence")
    taken = page.evaluate(DRAG)
    context.close()
    return first, drawn, taken


def main() -> None:
    """Print a table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="explorable-"))
    head = facelib.Head(age=28, gender=0.0, skin_tone=0.4, hair="tied", seed=19, expression="happy")
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        for name, face in (("head", head), ("photograph", sample_photograph())):
            sweep = facelib.sweep(face, "symmetry")
            *_, placebos = run_references(sweep, 9)
            begin = time.perf_counter()
            file = sweep.explorable(folder / f"{name}.html", references=placebos, with_photograph=True)
            found = {"written (s)": time.perf_counter() - begin, "size (MB)": file.stat().st_size / 1e6}
            runs = [opened(browser, file) for _ in range(REPEATS)]
            taken = sorted(one for *_, run in runs for one in run)
            found |= {
                "first paint (s)": statistics.median(first for first, *_ in runs),
                "face that is dragged (s)": max(drawn for _, drawn, _ in runs),
                "drag, p95 (ms)": taken[int(0.95 * len(taken))],
            }
            for what, value in found.items():
                promise = f"  promised: {PROMISES[what]:g}" if what in PROMISES else ""
                sys.stdout.write(f"{name:12} {what:26} {value:8.3f}{promise}\n")
        browser.close()


if __name__ == "__main__":
    main()
