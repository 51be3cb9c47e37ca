"""Tests of the browser use the hands of their harness, which fail where a person would."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HANDS = ("hands.py",)  # the one place that points, types and scrolls
BY_SCRIPT = {
    "check", "dblclick", "dispatch_event", "drag_and_drop", "drag_to", "fill", "focus", "press_sequentially",
    "scroll_into_view_if_needed", "select_option", "set_checked", "set_input_files", "uncheck",
}  # fmt: skip
HAVE_TARGETS = {
    "click": 1,
    "hover": 1,
    "tap": 1,
    "press": 1,
}  # arguments that a call of the hands has at least
SCROLLS = (".scrollIntoView", ".scrollTo(", ".scrollBy(", ".scrollTop =", ".click()", ".focus()")


def browser_tests() -> list[Path]:
    files = [file for name in ("browser", "outside") for file in (TESTS / name).glob("*.py")]
    return [file for file in files if "playwright" in file.read_text() and file.name not in HANDS]


def shortcuts(source: str) -> Iterator[str]:
    """What a source does to a page and no person could, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args):
                whose = ast.unparse(owner)
                by_page = whose.split(".")[-1] == "page" and name in HAVE_TARGETS
                bare = name in HAVE_TARGETS and len(args) < HAVE_TARGETS[name]
                keys = name == "press" and bool(args) and is_text(args[0]) and not whose.endswith("keyboard")
                pointer = whose.endswith(".mouse") and name not in {"wheel"}
                if name in BY_SCRIPT or by_page or bare or keys or pointer:
                    yield f"line {node.lineno}: {whose[-60:]}.{name}"
            case ast.Constant(value=str(text)) if any(words in text for words in SCROLLS):
                yield f"line {node.lineno}: a script that scrolls, clicks or focuses"


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("file", browser_tests(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_pages_are_used_by_hand(file: Path) -> None:
    found = list(shortcuts(file.read_text()))
    assert not found, f"{file.name} does what no person does; use Visit.click, press, choose …: {found}"


def test_all_browser_tests_are_looked_at() -> None:
    names = {file.name for file in browser_tests()}
    assert {"test_explorer.py", "test_lab.py", "test_privacy.py", "harness.py"} <= names


@pytest.mark.parametrize(
    "line",
    [
        "page.locator('a').click()",
        "button(panel, 'Run').click(force=True)",
        "page.click('#a')",
        "one.page.press('#a', 'Enter')",
        "handle.press('End')",
        "field.fill('x')",
        "menu.select_option('x')",
        "one.page.mouse.click(3, 4)",
        "page.evaluate('document.body.scrollIntoView()')",
    ],
)
def test_shortcuts_are_found(line: str) -> None:
    assert list(shortcuts(line))


@pytest.mark.parametrize(
    "line",
    [
        "one.click(button)",
        "one.press(handle, 'End')",
        "one.press(handle, *keys)",
        "page.keyboard.press('Tab')",
        "demo.click('patch')",
        "one.page.mouse.wheel(0, 300)",
        "one.tick(box)",
    ],
)
def test_hands_are_no_shortcuts(line: str) -> None:
    assert not list(shortcuts(line))
