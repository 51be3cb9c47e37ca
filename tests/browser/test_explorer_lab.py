"""The explorer's own notebook in JupyterLab, where callbacks run in another thread than in Voila."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import COMES, ROOT, Visit, wait_until
from playwright.sync_api import expect
from test_lab import choose, lab

pytestmark = pytest.mark.packages


@pytest.mark.outside
def test_the_same_page_works_in_jupyterlab(
    tmp_path_factory: pytest.TempPathFactory, visit: Callable[..., Visit]
) -> None:
    root: Path = tmp_path_factory.mktemp("notebooks")
    shutil.copy(ROOT / "notebooks" / "app.ipynb", root)
    server = lab(root, tmp_path_factory.mktemp("lab"))
    try:
        one = visit(f"{server.url}/tree/app.ipynb?reset", width=1600)
        one.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=COMES)
        expect(one.page.locator(".jp-StatusBar-Widget")).to_contain_text("(ipykernel) | Idle", timeout=COMES)
        choose(one, "Run", "runmenu:run-all")
        prompt = one.page.locator(".jp-InputPrompt").first
        expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"), timeout=COMES)
        stage = one.page.locator(".facelib-stage")
        expect(stage).to_have_attribute("data-state", "ready", timeout=COMES)
        canvas = stage.locator("canvas").nth(1)
        before = one.canvas_bytes(canvas)
        table = one.page.locator("table").filter(has=one.page.get_by_text("verdict", exact=True))
        words = table.inner_text()
        handle = one.page.locator(".facelib-strength .noUi-handle")
        one.press(handle, *["ArrowRight"] * 12, by="click")
        wait_until(lambda: one.canvas_bytes(canvas) != before, 10, "another picture")
        wait_until(lambda: table.inner_text() != words, 10, "other numbers in the table")
        one.click(one.page.get_by_role("button", name="map", exact=True))
        one.choose(one.page.locator(".facelib-app").get_by_label("Expression", exact=True), "surprise")
        expect(one.page.locator(".facelib-stage")).to_contain_text("evidence for surprise", timeout=COMES)
        expect(one.page.locator("[class*='facelib-verdict-']").first).to_be_visible(timeout=COMES)
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
