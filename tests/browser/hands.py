"""What a person does with a page: look, turn the wheel, point, tap, type. Nothing is done by script.

Playwright's own ways scroll by script, also where a person can't scroll, and use what is out of sight.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import CDPSession, FilePayload, Locator, Page, expect
from playwright.sync_api import TimeoutError as Late

HERE = Path(__file__).parent
SIGHT = (HERE / "sight.js").read_text()
NEAR = (HERE / "near.js").read_text()
Point = tuple[float, float]
MIDDLE: Point = (0.5, 0.5)
AIMS = (0.5, 0.3, 0.7, 0.12, 0.88)  # where in its window a thing may stand free of what covers it elsewhere
SHOWN = 30.0  # seconds until what is looked for must be there, on a busy machine
TABS = 150  # that a person has the patience for
PATIENCE = 3.0  # seconds that something may lie on top of it
FAULTS = {
    "hidden": "can't be seen",
    "tiny": "is too small to be hit",
    "covered": "is covered",
    "out": "is where nobody can scroll to",
}


def entry_of(menu: Locator, pattern: str) -> str:
    """Return the one entry of a menu that matches."""
    entries = menu.locator("option").all_text_contents()
    (wanted,) = [text for text in entries if re.search(pattern, plain(text))]
    return wanted


def plain(text: str) -> str:
    """Return a text with usual spaces only."""
    return text.replace("\N{NO-BREAK SPACE}", " ").strip()


class Hands:
    """A person before a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(
        self,
        target: Locator,
        at: Point = MIDDLE,
        *,
        finger: bool = False,
        shown: float = SHOWN,
        patience: float = PATIENCE,
    ) -> Point:
        """Scroll with wheel or finger until a point of `target` is seen, and return it; fail if it never is.

        The point is the middle of it, or `at` (parts of its width and height).
        """
        try:
            target.wait_for(state="visible", timeout=1000 * shown)
        except Late as error:
            msg = f"{target} isn't there or has no size after {shown:g} s"
            raise AssertionError(msg) from error
        aims, was, still, turns, deadline = list(AIMS), None, 0, 0, None
        for _ in range(100):
            options: dict[str, Any] = {"at": at, "aim": aims[0], "insist": len(aims) < len(AIMS), "was": was}
            options["finger"] = finger
            seen = target.evaluate(SIGHT, options)
            if seen["state"] == "free":
                return float(seen["x"]), float(seen["y"])
            if was is not None and not seen["moved"]:
                still += 1
                assert still < 2, f"{target} {FAULTS['out']}: nothing moves it from {was}"
            was = None
            if seen["state"] == "away" and (turns < 8 or len(aims) == len(AIMS)):
                was, turns = [seen["x"], seen["y"]], turns + 1
                self._turn(seen["where"], seen["turn"], seen["window"], finger=finger)
                continue
            deadline = deadline or time.monotonic() + patience
            aims, turns = aims[1:], 0
            if not aims:
                text = f"{target} {FAULTS.get(seen['state'], 'never comes to rest')}: {seen.get('why', '')}"
                assert time.monotonic() < deadline, text
                aims = list(AIMS)
                self.page.wait_for_timeout(100)
        msg = f"{target} never comes to rest where it can be seen"
        raise AssertionError(msg)

    def click(self, target: Locator, at: Point = MIDDLE, **options: Any) -> None:
        """Click on what a person has scrolled to and sees, once it can be used."""
        expect(target).to_be_enabled(timeout=1000 * SHOWN)
        self.page.mouse.click(*self.reach(target, at, **options))

    def hover(self, target: Locator, at: Point = MIDDLE, **options: Any) -> None:
        """Point at what a person has scrolled to and sees."""
        self.page.mouse.move(*self.reach(target, at, **options))

    def tick(self, box: Locator, *, ticked: bool = True) -> None:
        """Set a checkbox by a click, if it isn't set so."""
        if box.is_checked() != ticked:
            self.click(box)
        expect(box).to_be_checked(checked=ticked)

    def press(self, target: Locator, *keys: str, by: Literal["Tab", "click"] = "Tab") -> None:
        """Go to something with Tab (or by a click on it), see it there, and press keys."""
        if not self._has_focus(target):
            expect(target).to_be_enabled(timeout=1000 * SHOWN)
            self.click(target) if by == "click" else self._tab_to(target)
            assert self._has_focus(target), f"{target} doesn't take the keys"
        for key in keys:
            self.page.keyboard.press(key)

    def type_into(self, field: Locator, text: str) -> None:
        """Click into a field and type over what it holds."""
        self.press(field, "ControlOrMeta+a", by="click")
        self.page.keyboard.type(text) if text else self.page.keyboard.press("Delete")

    def choose(self, menu: Locator, option: str) -> None:
        """Open a menu and go to an entry with the keys; no other is chosen on the way."""
        expect(menu.locator("option").first).to_be_attached(timeout=1000 * SHOWN)
        texts = [plain(text) for text in menu.locator("option:enabled").all_text_contents()]
        assert texts.count(plain(option)) == 1, f"{option!r} isn't one of {texts}"
        self.click(menu)
        for key in ("Home", *["ArrowDown"] * texts.index(plain(option)), "Enter"):
            self.page.keyboard.press(key)
        chosen = menu.evaluate("menu => menu.selectedOptions[0]?.text ?? ''")
        assert plain(chosen) == plain(option), f"{chosen!r} was chosen instead of {option!r}"

    def upload(self, button: Locator, *files: FilePayload | Path) -> None:
        """Click what asks for files, and give them."""
        with self.page.expect_file_chooser() as chooser:
            self.click(button)
        chooser.value.set_files(list(files))  # type: ignore[arg-type]

    def drop(self, target: Locator, file: Path) -> None:
        """Drag a file from elsewhere onto something in sight."""
        x, y = self.reach(target)
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
        session.detach()

    def tap(self, target: Locator, at: Point = MIDDLE, **options: Any) -> None:
        """Tap with a finger on what was swiped to."""
        expect(target).to_be_enabled(timeout=1000 * SHOWN)
        place = self.reach(target, at, finger=True, **options)
        session = self.page.context.new_cdp_session(self.page)
        for kind, points in (("touchStart", [place]), ("touchEnd", [])):
            self._touch(session, kind, points)
        session.detach()

    def swipe(self, begin: Point, end: Point, steps: int = 8) -> None:
        """Move a finger over the page, and rest before it is lifted: nothing rolls on."""
        session = self.page.context.new_cdp_session(self.page)
        for step in range(steps + 1):
            part = step / steps
            point = (begin[0] + (end[0] - begin[0]) * part, begin[1] + (end[1] - begin[1]) * part)
            self._touch(session, "touchMove" if step else "touchStart", [point])
            self.page.wait_for_timeout(16)
        self.page.wait_for_timeout(80)
        self._touch(session, "touchEnd", [])
        session.detach()

    def pinch(self, target: Locator, factor: float, steps: int = 5) -> None:
        """Put two fingers on what was swiped to, and move them apart by a factor."""
        x, y = self.reach(target, finger=True)
        session = self.page.context.new_cdp_session(self.page)
        for step in range(steps + 1):
            way = 20 * (1 + (factor - 1) * step / steps)
            self._touch(session, "touchMove" if step else "touchStart", [(x - way, y), (x + way, y)])
            self.page.wait_for_timeout(16)
        self._touch(session, "touchEnd", [])
        session.detach()

    def pull(self, begin: Point, end: Point, steps: int = 5) -> None:
        """Take what is in sight at one place with the mouse, and let it go at another."""
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=steps)
        self.page.mouse.up()

    @contextlib.contextmanager
    def holding(self, begin: Point, end: Point, steps: int = 5) -> Iterator[None]:
        """Take what is in sight at one place with the mouse, and hold it at another meanwhile."""
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=steps)
        try:
            yield
        finally:
            self.page.mouse.up()

    def wheel(self, place: Point, *turns: float, pause: float = 0.03) -> None:
        """Rest the pointer at a place of the window, and turn the wheel by so many px each time."""
        self.page.mouse.move(*place)
        for way in turns:
            self.page.mouse.wheel(0, way)
            self.page.wait_for_timeout(1000 * pause)

    def slide(self, slider: Locator, steps: int = 11) -> Iterator[int]:
        """Drag the thumb of a native slider with the mouse from its left to its right end, step by step."""
        begin, end = self.reach(slider, (0.02, 0.5)), self.reach(slider, (0.99, 0.5))
        mouse = self.page.mouse
        mouse.move(*begin)
        mouse.down()
        for step in range(steps):
            mouse.move(begin[0] + (end[0] - begin[0]) * step / max(1, steps - 1), end[1])
            yield step
        mouse.up()

    def drag(self, slider: Locator, steps: int, pause: float = 0.0, *, track: bool = False) -> Iterator[int]:
        """Drag a slider of ipywidgets with the mouse from its left to its right end, step by step.

        By its handle; or by the middle of its `track`, from where the handle comes along.
        """
        mouse = self.page.mouse
        mouse.move(*self.reach(slider.locator(".noUi-base" if track else ".noUi-handle")))
        mouse.down()
        expect(slider.locator(".noUi-active"), "the mouse didn't take the slider's handle").to_have_count(1)
        bar = slider.locator(".noUi-base").bounding_box()
        assert bar is not None
        ends = bar["x"], bar["x"] + bar["width"]
        assert 0 <= ends[0] < ends[1] <= self.page.evaluate("innerWidth"), f"{slider} sticks out: {ends}"
        for step in range(steps):
            mouse.move(bar["x"] + bar["width"] * step / max(1, steps - 1), bar["y"] + bar["height"] / 2)
            if pause:
                self.page.wait_for_timeout(1000 * pause)
            yield step
        mouse.up()

    def _turn(
        self, where: Sequence[float], turn: Sequence[float], window: Sequence[float], *, finger: bool
    ) -> None:
        """Turn the wheel at a place, or swipe from there, by at most what a hand does at once."""
        if not finger:
            self.page.mouse.move(*where)
            self.page.mouse.wheel(*(max(-1500.0, min(1500.0, way)) for way in turn))
            return
        bounds = self.page.evaluate("[innerWidth, innerHeight]")
        end = []
        for start, way, size, bound in zip(where, turn, window, bounds, strict=True):
            slop = 15 * ((way > 0) - (way < 0))  # px until a finger that moves begins to scroll
            length = max(-0.8 * size, min(0.8 * size, way + slop))
            end.append(max(2, min(bound - 2, start - length)))
        self.swipe((where[0], where[1]), (end[0], end[1]))

    def _has_focus(self, target: Locator) -> bool:
        return bool(target.evaluate("element => element === document.activeElement"))

    def _tab_to(self, target: Locator) -> None:
        """Click on words before something in sight, and go on from there with Tab."""
        self.reach(target)
        words = target.evaluate(NEAR)
        if words:
            self.page.mouse.click(*words)
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self._has_focus(target):
                self.reach(target)
                return
        msg = f"Tab doesn't reach {target}"
        raise AssertionError(msg)

    @staticmethod
    def _touch(session: CDPSession, kind: str, points: Sequence[Point]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
