"""The same widgets in JupyterLab, where callbacks run in another thread and kernels are restarted."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from geometry import box_of
from harness import COMES, Server, Visit, write_notebook
from playwright.sync_api import Locator, expect

Visits = Callable[..., Visit]
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def lab(root: Path, own: Path) -> Server:
    """Start JupyterLab on the notebooks below `root`; its settings and logs go to `own`."""
    for name, values in SETTINGS.items():
        file = own / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        f"--ServerApp.root_dir={root}",
        "--IdentityProvider.token=",
        f"--LabApp.user_settings_dir={own / 'settings'}",
        f"--LabApp.workspaces_dir={own / 'workspaces'}",
    ]
    return Server(command, own / "log", r"(http://127\.0\.0\.1:\d+/lab)\b", JUPYTER_CONFIG_DIR=str(own))


@pytest.fixture(scope="module")
def lab_server(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = lab(toy.parent, tmp_path_factory.mktemp("lab"))
    yield server
    server.kill()


@pytest.fixture
def notebook(lab_server: Server, toy: Path, visit: Visits) -> Iterator[Visit]:
    """The toy, open in JupyterLab, all of its cells run."""
    one = visit(f"{lab_server.url}/tree/{toy.name}?reset")
    run(one)
    expect(one.page.get_by_text("strength 0", exact=True)).to_be_visible(timeout=10000)
    yield one
    one.page.goto("about:blank")


def choose(visit: Visit, menu: str, command: str) -> None:
    visit.click(visit.page.get_by_role("menuitem", name=menu, exact=True))
    visit.click(visit.page.locator(f".lm-Menu-item[data-command='{command}']"))


def run(one: Visit) -> Visit:
    """Wait for the kernel of an open notebook, and run all of its cells."""
    one.page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=COMES)
    expect(one.page.locator(".jp-StatusBar-Widget")).to_contain_text("(ipykernel) | Idle", timeout=COMES)
    choose(one, "Run", "runmenu:run-all")
    expect(one.page.locator(".jp-InputPrompt").first).to_have_text(re.compile(r"^\[\d+\]:$"), timeout=COMES)
    return one


def banner(visit: Visit) -> Locator:
    return visit.page.locator(".facelib-ended")


def test_slider_errors_and_silence_in_lab(notebook: Visit, lab_server: Server) -> None:
    for _ in notebook.drag(notebook.page.locator(".widget-slider"), 8):
        pass
    expect(notebook.page.get_by_text("strength 20", exact=True)).to_be_visible()
    notebook.click(notebook.page.get_by_role("button", name="Broken"))
    message = notebook.page.locator(".facelib-message")
    expect(message).to_contain_text("Something went wrong inside facelib.")
    assert "Traceback" not in notebook.page.locator(".jp-Notebook").inner_text()
    assert "a secret of the <b>inside</b>" in lab_server.log
    expect(banner(notebook)).to_have_count(0)
    notebook.assert_local()


def test_a_killed_and_restarted_kernel_is_announced(notebook: Visit, lab_server: Server) -> None:
    newest = max(lab_server.kernels(), key=lambda kernel: kernel.create_time())
    newest.send_signal(signal.SIGKILL)
    expect(banner(notebook)).to_be_visible(timeout=15000)


def test_a_kernel_restarted_by_hand_is_announced(notebook: Visit) -> None:
    choose(notebook, "Kernel", "kernelmenu:restart")
    notebook.click(notebook.page.get_by_role("button", name="Confirm Kernel Restart"))
    expect(banner(notebook)).to_be_visible(timeout=15000)


SWEEP = """
import facelib

facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], 5)
"""


@pytest.fixture
def opened(tmp_path: Path, visit: Visits) -> Iterator[Callable[[str], Visit]]:
    """Open a notebook of one cell in a JupyterLab of its own, and run it."""
    servers: list[Server] = []

    def begin(cell: str) -> Visit:
        (tmp_path / "notebooks").mkdir()
        file = write_notebook(tmp_path / "notebooks" / "one.ipynb", cell)
        servers.append(lab(file.parent, tmp_path))
        return run(visit(f"{servers[0].url}/tree/{file.name}?reset", 1280, 720))

    yield begin
    for server in servers:
        server.kill()


@pytest.mark.packages
def test_a_sweep_shows_itself_and_is_dragged_in_lab(opened: Callable[[str], Visit]) -> None:
    one = opened(SWEEP)
    shown = one.page.locator(".jp-OutputArea-output .facelib-live")
    expect(shown).to_have_attribute("data-state", "ready", timeout=COMES)
    expect(shown).to_have_attribute("data-step", "0")
    after, values = shown.locator("canvas").last, shown.locator(".live-value")
    begun = one.canvas_bytes(after), values.all_inner_texts()
    for _ in one.slide(shown.get_by_role("slider", name="Strength"), 9):
        pass
    expect(shown).to_have_attribute("data-step", "4")
    assert one.canvas_bytes(after) != begun[0]
    assert values.all_inner_texts() != begun[1]
    cell = one.page.locator(".jp-OutputArea-output")
    assert box_of(shown)["width"] > 0.9 * box_of(cell)["width"]
    assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), "nothing is cut"
    one.screenshot("sweep_in_lab")
    one.assert_local()
    one.page.goto("about:blank")


CHART = """
import altair as alt
from facelib import charts

charts.offline()
row = alt.Data(values=[{"x": 1}])
alt.Chart(row, width=1400, height=60, background="transparent").mark_bar().encode(x="x:Q")
"""


def test_a_wide_chart_fits_its_cell_and_stands_on_paper_in_a_dark_lab(opened: Callable[[str], Visit]) -> None:
    one = opened(CHART)
    chart = one.page.locator(".jp-OutputArea-output .vega-embed")
    expect(chart.locator("svg.marks")).to_be_visible(timeout=COMES)
    place = one.page.locator(".jp-OutputArea-output:has(.vega-embed)")
    expect(chart).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    assert place.evaluate("place => place.scrollWidth <= place.clientWidth"), "nothing is cut"
    assert chart.locator("svg.marks").evaluate("svg => svg.getBoundingClientRect().width") > 700
    one.click(one.page.get_by_role("menuitem", name="Settings", exact=True))
    one.hover(one.page.locator(".lm-Menu-item", has_text=re.compile("^Theme")))
    one.click(one.page.locator(".lm-Menu-item", has_text="JupyterLab Dark").last)
    expect(chart).to_have_css("background-color", "rgb(255, 255, 255)", timeout=COMES)
    one.page.goto("about:blank")
