"""Make the picture of the explorer in docs/index.md: `python docs/screenshot.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import Visit, facelib_app, launch_browser  # noqa: E402

STEP = 12  # of 20
BITS = 5  # of each colour: half of the bytes, and no hue is lost
PATIENCE = 300_000  # ms until all placebos are compared, on a busy machine


def main() -> None:
    """Open the explorer, wait for all that it computes, and picture it at strength 0.6."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_browser(playwright)
        with facelib_app(None, Path(folder, "log")) as server:
            visit = Visit(browser, server.url, width=1280, height=720)
            handle = visit.page.locator(".live-strength")
            handle.wait_for()
            visit.page.get_by_text("of 99 placebos").first.wait_for(timeout=PATIENCE)
            visit.page.locator(".facelib-progress").first.wait_for(state="hidden", timeout=PATIENCE)
            for _ in range(STEP):
                handle.press("ArrowRight")
            handle.blur()
            visit.page.wait_for_timeout(500)
            picture = Path(folder, "explorer.png")
            visit.page.screenshot(path=picture)
            with Image.open(picture) as full:
                reduced = ImageOps.posterize(full.convert("RGB"), BITS)
            reduced.save(ROOT / "docs" / "explorer.png", optimize=True)
            visit.close()
        browser.close()


if __name__ == "__main__":
    main()
