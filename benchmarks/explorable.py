"""How large an explorable is and how soon its face is there: `python benchmarks/explorable.py`.

Two sweeps over 21 strengths with all classifiers of this machine and a few placebos: a head, and the
photograph that may be shown to anyone. Each file is opened from disk, offline, in new profiles.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Browser, sync_playwright
from timing import MB, end, header, row, seconds

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import launch_browser  # noqa: E402

import facelib  # noqa: E402
from facelib.faces import sample_photograph  # noqa: E402
from facelib.studies import run_references  # noqa: E402

REPEATS = 7
WATCH = """
window.painted = new Promise((resolve) => {
  const look = () => {
    const live = document.querySelector(".facelib-live[data-step]");
    live ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
DRAG = """
async () => {
  const slider = document.querySelector(".live-strength");
  const live = document.querySelector(".facelib-live");
  const taken = [];
  for (let turn = 0; turn < 60; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const step = String((turn * 3) % (Number(slider.max) + 1));
    const start = performance.now();
    slider.value = step;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (live.dataset.step !== step) await new Promise(requestAnimationFrame);
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
    page.get_by_label("What it looks at").select_option(index=1)
    taken = page.evaluate(DRAG)
    context.close()
    return first, drawn, taken


def main() -> None:
    header("Explorables")
    head = facelib.Head(age=28, gender=0.0, skin_tone=0.4, hair="tied", seed=19, expression="happy")
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = launch_browser(playwright)
        for name, face in (("head", head), ("photograph", sample_photograph())):
            sweep = facelib.sweep(face, "symmetry")
            *_, placebos = run_references(sweep, 9)
            file = Path(folder, f"{name}.html")
            row(
                f"{name} is written",
                seconds(
                    lambda sweep=sweep, file=file, placebos=placebos: sweep.explorable(
                        file, references=placebos, with_photograph=True
                    )
                ),
            )
            row(f"{name}, size", file.stat().st_size / MB, "MB", below=6)
            first, drawn, taken = zip(*(opened(browser, file) for _ in range(REPEATS)), strict=True)
            row(f"{name}, first paint", statistics.median(first))
            row(f"{name}, a face that is dragged", max(drawn), below=1)
            row(
                f"{name}, from slider to paint, p95",
                float(np.percentile(np.concatenate(taken), 95)),
                "ms",
                below=50,
            )
        browser.close()
    end()


if __name__ == "__main__":
    main()
