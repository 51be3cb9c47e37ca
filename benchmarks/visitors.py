"""Measure a class: memory of each session, failures, and the strength slider while the others compute.

Scripted visitors speak to the server as pages do, over its socket: each opens the page, changes the person's
age every few seconds, and waits for the new sweep. Meanwhile some real pages drag the strength slider over a
sweep that is there. Run it on a quiet machine: it says how busy that was.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import struct
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from harness import Server, Visit, facelib_app, launch_browser, resident_memory, wait_until  # noqa: E402

PROTOCOL = "v1.kernel.websocket.jupyter.org"
CONTROL, VERSION = "jupyter.widget.control", {"version": "1.0.0"}
COMMON, FULL = 0.5, 503  # share of visitors who look at one of a few ages; status of the lobby
FEW = (20, 30, 40, 50, 60, 70)
THINK = (3.0, 12.0)  # seconds between two changes of a scripted visitor
PROMISES = {"memory": 300.0, "slider": 150.0}
STEPS = 50  # of the strength slider in a drag
FRAMES = 21  # of a sweep


@dataclass
class Seen:
    """What all scripted visitors have met."""

    opened: list[float] = field(default_factory=list)
    swept: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, where: list[Any], what: Any) -> None:
        """Note what one of them has met."""
        with self.lock:
            where.append(what)


class Visitor(threading.Thread):
    """One who opens the page without a browser, and changes the age again and again."""

    def __init__(self, server: Server, seen: Seen, number: int, end: threading.Event) -> None:
        super().__init__(daemon=True, name=f"visitor {number}")
        self.server, self.seen, self.end = server, seen, end
        self.chance = random.Random(number)
        self.stage = ""  # id of the widget with the pictures
        self.swept = False  # whether all of them have come since it was asked

    def run(self) -> None:
        """Come, look around, and note what goes wrong."""
        try:
            began = time.monotonic()
            kernel = self.open()
            address = self.server.at(f"api/kernels/{kernel}/channels?session_id={self.name[8:]}")
            with connect(
                address.replace("http", "ws", 1), subprotocols=[PROTOCOL], max_size=None, open_timeout=60
            ) as socket:
                age = self.widgets(socket)
                self.seen.add(self.seen.opened, time.monotonic() - began)
                self.look_around(socket, age)
        except (OSError, ConnectionClosed, TimeoutError, LookupError, ValueError, AssertionError) as error:
            self.seen.add(self.seen.failures, f"{self.name}: {type(error).__name__}: {error!s:.200}")

    def open(self) -> str:
        """Return the kernel of a new page; wait in line where the class is full."""
        place = ""
        while True:
            try:
                with urllib.request.urlopen(self.server.at(place), timeout=180) as answer:
                    page = answer.read().decode()
                found = re.search(r'"kernelId": ?"([\w-]+)"', page)
                assert found, "a page without a kernel"
                return found[1]
            except urllib.error.HTTPError as error:
                with error:
                    if error.code != FULL:
                        raise
                    line = re.search(r"place=([\w-]+)", error.read().decode())
                    place = f"?place={line[1]}" if line else ""
                time.sleep(5)

    def widgets(self, socket: ClientConnection) -> str:
        """Ask for the state of the page as a browser does; return the id of the slider of the age."""
        socket.send(message("comm_open", {"comm_id": "c" * 32, "target_name": CONTROL, "data": {}}))
        socket.send(message("comm_msg", {"comm_id": "c" * 32, "data": {"method": "request_states"}}))
        found: dict[str, Any] = {}
        self.read(socket, lambda data: found.update(data.get("states", {})) or bool(found), 120)
        self.stage = next(name for name, one in found.items() if "map_box" in one["state"])
        return next(name for name, one in found.items() if one["state"].get("description") == "Age")

    def look_around(self, socket: ClientConnection, age: str) -> None:
        """Change the age, wait for the new sweep, think, and so on."""
        while not self.end.is_set():
            self.idle(socket, self.chance.uniform(*THINK))
            value = self.chance.choice(FEW) if self.chance.random() < COMMON else self.chance.randint(18, 80)
            update = {"method": "update", "state": {"value": float(value)}, "buffer_paths": []}
            self.swept = False
            began = time.monotonic()
            socket.send(message("comm_msg", {"comm_id": age, "data": update}))
            self.read(socket, lambda _: self.swept, 180)
            self.seen.add(self.seen.swept, time.monotonic() - began)

    def idle(self, socket: ClientConnection, seconds: float) -> None:
        """Take in what arrives for some seconds, as a page does while it is looked at."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.end.is_set():
            try:
                self.take(socket.recv(timeout=min(left, 1.0)))
            except TimeoutError:
                continue

    def read(
        self, socket: ClientConnection, enough: Callable[[dict[str, Any]], bool], seconds: float
    ) -> None:
        """Take in what arrives until it is enough."""
        deadline = time.monotonic() + seconds
        while not self.end.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                msg = "the page waits"
                raise TimeoutError(msg)
            if enough(self.take(socket.recv(timeout=left))):
                return

    def take(self, one: str | bytes) -> dict[str, Any]:
        """Read a message of the kernel; return what a widget says in it."""
        content, sizes = read_content(one)
        data = content.get("data", {})
        paths = data.get("buffer_paths", []) if content.get("comm_id") == self.stage else []
        frames = [size for path, size in zip(paths, sizes, strict=False) if path[0] == "frames"]
        self.swept |= len(frames) == FRAMES and min(frames) > 0
        return dict(data) if isinstance(data, dict) else {}


def message(kind: str, content: object) -> bytes:
    """Return a message of the page's protocol."""
    header = {"msg_id": f"{time.time()}", "msg_type": kind, "username": "", "session": "x", "version": "5.3"}
    parts = [b"shell", *(json.dumps(part).encode() for part in (header, {}, VERSION, content))]
    places = [8 * (2 + len(parts))]
    for part in parts:
        places.append(places[-1] + len(part))
    return struct.pack(f"<{1 + len(places)}Q", len(places), *places) + b"".join(parts)


def read_content(one: str | bytes) -> tuple[dict[str, Any], list[int]]:
    """Return the content of a message of the kernel, and the bytes of each buffer that comes with it."""
    assert isinstance(one, bytes)
    count = int.from_bytes(one[:8], "little")
    places = struct.unpack_from(f"<{count}Q", one, 8)
    sizes = [end - start for start, end in itertools.pairwise(places[5:])]
    return dict(json.loads(one[places[4] : places[5]])), sizes


def memory(server: Server) -> float:
    """Return the memory of a server and all of its processes, shared pages counted once, MB."""
    tree = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    return sum(resident_memory(one)["pss"] for one in tree if one.is_running())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=25, help="of the class, the real pages included")
    parser.add_argument("--pages", type=int, default=2, help="real pages among them")
    parser.add_argument("--seconds", type=float, default=90.0, help="that scripted visitors go on")
    options = parser.parse_args()
    load, cores = psutil.getloadavg()[0], psutil.cpu_count()
    print(f"{options.visitors} visitors, {options.pages} of them real pages; {cores} cores, load {load:.1f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        log = Path(folder) / "log"
        server = facelib_app(None, log, "--class", str(options.visitors), pool=1)
        with server:
            browser = launch_browser(playwright)
            measure(options, server, lambda: Visit(browser, server.url))
            browser.close()
    print(f"load {psutil.getloadavg()[0]:.1f} at the end")


def measure(options: argparse.Namespace, server: Server, visit: Callable[[], Visit]) -> None:
    """Let them all come, drag, and print what was seen."""
    first = visit()
    rested(first)
    kernels = len(server.kernels())
    alone = memory(server)
    pages = [first, *(visit() for _ in range(options.pages - 1))]
    for page in pages[1:]:
        rested(page)
    seen, end = Seen(), threading.Event()
    scripted = [Visitor(server, seen, number, end) for number in range(options.visitors - options.pages)]
    for one in scripted:
        one.start()
        time.sleep(0.2)  # a class doesn't click in the same instant
    wait_until(
        lambda: len(seen.opened) + len(seen.failures) >= len(scripted), 600, "all of them have their page"
    )
    waits: list[float] = []
    until = time.monotonic() + options.seconds
    while time.monotonic() < until:
        for page in pages:
            waits += drag(page)
    more = len(server.kernels()) - kernels
    each = (memory(server) - alone) / max(more, 1)
    end.set()
    for one in scripted:
        one.join(30)
    pss = [resident_memory(kernel)["pss"] for kernel in server.kernels()]
    show("page open (s)", seen.opened, "{:.1f}")
    show("a scene's sweep, changed by a scripted visitor (s)", seen.swept, "{:.1f}")
    show("strength slider to paint, in real pages (ms)", waits, "{:.0f}", PROMISES["slider"])
    show("PSS of each session (MB)", pss, "{:.0f}")
    name = "memory of each session beyond the first (MB)"
    print(f"{name:52} {each:.0f}   promised < {PROMISES['memory']:g}")
    complaints = [problem for page in pages for problem in (*page.problems, *page.failures)]
    print(f"{'failures':52} {len(seen.failures) + len(complaints)}")
    for failure in (*seen.failures, *complaints)[:10]:
        print(f"  {failure}")
    for page in pages:
        page.close()


def rested(visit: Visit) -> None:
    """Wait until a page has its sweep."""
    visit.page.locator(".facelib-strength .noUi-handle").first.wait_for(timeout=180000)
    visit.page.locator(".facelib-progress").first.wait_for(state="hidden", timeout=300000)


def drag(visit: Visit) -> list[float]:
    """Drag the strength slider over its computed sweep; return the milliseconds until each paint."""
    visit.page.evaluate("() => { facelibProbe.events.length = facelibProbe.paints.length = 0; }")
    for _ in visit.drag(visit.page.locator(".facelib-strength").first, STEPS, pause=0.1):
        pass
    return visit.waits("")


def show(name: str, values: list[float], form: str, promised: float | None = None) -> None:
    if not values:
        print(f"{name:52} –")
        return
    p50, p95, most = np.percentile(values, [50, 95, 100])
    three = "  ".join(
        f"{which} {form.format(value)}" for which, value in (("p50", p50), ("p95", p95), ("max", most))
    )
    print(f"{name:52} {three}   n = {len(values)}" + (f"   promised < {promised:g}" if promised else ""))


if __name__ == "__main__":
    main()
