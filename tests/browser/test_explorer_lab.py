"""The explorer's own notebook in JupyterLab, where callbacks run in another thread than in Voila."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from explore import after, live, look, rows, strength, swept
from harness import COMES, ROOT, Visit, wait_until
from playwright.sync_api import expect
from test_lab import lab, run

pytestmark = pytest.mark.packages


@pytest.mark.outside
def test_the_same_page_works_in_jupyterlab(
    tmp_path_factory: pytest.TempPathFactory, visit: Callable[..., Visit]
) -> None:
    root: Path = tmp_path_factory.mktemp("notebooks")
    shutil.copy(ROOT / "notebooks" / "app.ipynb", root)
    server = lab(root, tmp_path_factory.mktemp("lab"))
    try:
        one = swept(run(visit(f"{server.url}/tree/app.ipynb?reset", width=1600)), within=COMES)
        before, values = after(one), rows(one).locator(".live-value").all_inner_texts()
        one.press(strength(one), *["ArrowRight"] * 12, by="click")
        wait_until(lambda: after(one) != before, 10, "another picture")
        assert rows(one).locator(".live-value").all_inner_texts() != values
        one.choose(look(one), "pyemotion")
        one.choose(one.page.locator(".facelib-app").get_by_label("Expression", exact=True), "surprise")
        said = live(one).locator(".live-lack")
        expect(said).to_have_text(re.compile("speaks? for surprise"), timeout=COMES)
        swept(one, within=COMES)
        cells = one.page.locator(".jp-Notebook .jp-Cell").count()
        now = one.page.locator(".facelib-chooser-now")
        one.click(one.page.get_by_label("Property", exact=True))
        one.page.keyboard.type("bell")
        one.page.keyboard.press("Enter")
        expect(now).to_have_text("one-sided palsy", timeout=COMES)
        one.page.keyboard.type("blu")  # on the closed menu: no shortcut of the notebook's
        one.page.keyboard.press("Escape")
        one.click(one.page.get_by_role("toolbar", name="Cases").get_by_role("button", name="Seventy years"))
        expect(now).to_have_text("age", timeout=COMES)
        assert one.page.locator(".jp-Notebook .jp-Cell").count() == cells
        assert one.page.locator(".facelib-message:visible").count() == 0
        one.screenshot("explorer_lab")
        one.assert_local()
        one.page.goto("about:blank")
    finally:
        server.kill()
