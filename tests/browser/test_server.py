"""The server and its page, on a toy notebook: offline, closed, clean, and without leaks."""

from __future__ import annotations

import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from harness import COMES, Server, Visit, wait_until, write_notebook
from playwright.sync_api import expect

Start = Callable[..., Server]
Visits = Callable[..., Visit]


def ready(visit: Visit, milliseconds: float = COMES) -> Visit:
    """Wait until the toy can be used."""
    expect(visit.page.get_by_text("strength 0", exact=True)).to_be_visible(timeout=milliseconds)
    return visit


def status_of(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_page_asks_nothing_of_other_machines_and_works(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.url))
    for _ in one.drag(one.page.locator(".widget-slider"), 8):
        pass
    expect(one.page.get_by_text("strength 20", exact=True)).to_be_visible()
    assert one.page.title() == "facelib"
    assert one.page.locator("html").get_attribute("lang") == "en"
    assert not re.search("jupyter|voil", one.page.locator("body").inner_text(), re.IGNORECASE)
    assert one.page.locator("#loading").count() == 0
    one.assert_local()
    one.assert_clean()
    assert one.waits("text"), "the probe saw no paint"


def test_page_itself_may_not_reach_other_machines(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.url))
    blocked = one.page.evaluate("fetch('http://192.0.2.1/').then(() => 'sent', error => String(error))")
    assert "Failed to fetch" in blocked
    assert any("Content Security Policy" in problem for problem in one.problems)


def test_visitors_choose_neither_template_nor_theme_nor_files(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.at("?template=lab&theme=dark")))
    assert one.response is not None
    text = one.response.text()
    assert "facelib-outline" in text
    assert "theme-dark" not in text
    assert not re.search(r"https?://(?!www\.w3\.org/)", text), "the page names another machine"
    one.assert_local()
    for path in ("voila/files/toy.ipynb", "voila/files/../toy.ipynb", "voila/files/log", "toy.ipynb"):
        assert status_of(toy_server.at(path)) == 403, path
    for path in ("api/contents", "api/sessions", "api/status", "api/kernels", "api/terminals", "tree"):
        assert status_of(toy_server.at(path)) in {403, 404}, path


def test_other_host_names_are_refused(toy_server: Server) -> None:
    nobody = toy_server.at("api/kernels/01234567-89ab-cdef-0123-456789abcdef")
    assert status_of(nobody, Host="evil.example") == 403
    assert status_of(nobody, Host="localhost") == 404


def test_no_kernel_stays_behind(toy_server: Server, visit: Visits) -> None:
    toy_server.wait_for_kernels(1)
    one = ready(visit(toy_server.url))
    for _ in range(2):
        one.page.reload(wait_until="commit")
        ready(one)
    toy_server.wait_for_kernels(2)
    one.close()
    toy_server.wait_for_kernels(1)


@pytest.mark.thorough
def test_no_kernel_stays_behind_a_crashed_browser(toy: Path, start: Start, visit: Visits) -> None:
    server = start(toy, "--idle-minutes", "0.1", pool=0)
    one = ready(visit(server.url))
    with urllib.request.urlopen(server.url) as answer:  # somebody who never connects to the kernel
        answer.read()
    assert len(server.kernels()) == 2
    one.page.wait_for_timeout(7000)
    assert psutil.Process(server.process.pid).is_running()
    server.wait_for_kernels(1)
    one.crash()
    server.wait_for_kernels(0)


def test_a_killed_kernel_is_announced(toy_server: Server, visit: Visits) -> None:
    toy_server.wait_for_kernels(1)
    waiting = {kernel.pid for kernel in toy_server.kernels()}
    one = ready(visit(toy_server.url))
    banner = one.page.get_by_role("alert").filter(has_text="The session has ended")
    one.page.wait_for_timeout(1500)
    expect(banner).to_have_count(0)
    (mine,) = (kernel for kernel in toy_server.kernels() if kernel.pid in waiting)
    mine.send_signal(signal.SIGKILL)
    expect(banner).to_be_visible(timeout=6000)
    one.click(banner.get_by_role("button", name="Reload"))
    ready(one)
    expect(banner).to_have_count(0)


def test_a_busy_kernel_is_not_announced(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.url))
    one.page.evaluate(
        """() => { window.banners = 0; new MutationObserver(() => {
             window.banners += document.querySelectorAll('.facelib-ended').length;
           }).observe(document.body, {childList: true, subtree: true}); }"""
    )
    one.click(one.page.get_by_role("button", name="Slow"))
    expect(one.page.get_by_text("slept", exact=True)).to_be_visible(timeout=8000)
    one.page.wait_for_timeout(1500)
    assert one.page.evaluate("window.banners") == 0


def test_errors_of_callbacks_are_told_in_the_panel(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.url))
    message = one.page.get_by_role("alert").filter(has_text=re.compile(r"\S"))
    expect(message).to_have_count(0)
    one.click(one.page.get_by_role("button", name="Wrong"))
    expect(message).to_have_text("A picture may be 16 MB at most; <this> one has 20 MB.")
    one.click(one.page.get_by_role("button", name="Broken"))
    expect(message).to_contain_text("Something went wrong inside facelib.")
    for _ in one.drag(one.page.locator(".widget-slider"), 3):
        pass
    expect(one.page.get_by_text("strength 20", exact=True)).to_be_visible()
    expect(message).to_be_visible()  # another callback's success is no news about this one
    text = one.page.locator("body").inner_text()
    assert "Traceback" not in text
    assert "secret" not in text
    wait_until(lambda: "a secret of the <b>inside</b>" in toy_server.log, 3, "the traceback in the log")
    one.assert_clean()


@pytest.mark.thorough
def test_a_large_photograph_arrives(toy_server: Server, visit: Visits) -> None:
    one = ready(visit(toy_server.url))
    size = 14 * 2**20  # beyond the 10 MB at which tornado would close the connection without a word
    file = {"name": "face.png", "mimeType": "image/png", "buffer": os.urandom(size)}
    one.upload(one.page.get_by_role("button", name="Upload"), file)
    expect(one.page.get_by_text(f"received {size}", exact=True)).to_be_visible(timeout=15000)
    one.assert_clean()


@pytest.mark.thorough
def test_more_visitors_than_sessions_are_refused_kindly(toy: Path, start: Start, visit: Visits) -> None:
    server = start(toy, "--max-kernels", "2", pool=1)
    first, second = ready(visit(server.url)), ready(visit(server.url))
    third = visit(f"{server.url}#age=70")
    assert third.response is not None
    assert third.response.status == 503
    expect(third.page.get_by_role("heading", name="All sessions are in use")).to_be_visible()
    third.assert_local()
    assert len(server.kernels()) == 2
    second.close()
    server.wait_for_kernels(2)  # the place goes to the pool's next kernel, which had waited for it
    with third.page.expect_navigation(timeout=40_000, wait_until="commit"):  # by itself
        pass
    ready(third)
    assert third.page.url.endswith("#age=70"), "a link's scene is still there"
    first.assert_clean()


@pytest.mark.outside
def test_a_token_protects_the_page(toy: Path, start: Start, visit: Visits) -> None:
    server = start(toy, pool=0, FACELIB_TOKEN="open sesame")
    bare = server.at("", token=False)
    one = visit(bare)
    one.type_into(one.page.get_by_label("Token"), "wrong")
    one.click(one.page.get_by_role("button", name="Open"))
    expect(one.page.get_by_role("alert")).to_have_text("That was not the right token.")
    assert not server.kernels()
    one.type_into(one.page.get_by_label("Token"), "open sesame")
    one.click(one.page.get_by_role("button", name="Open"))
    ready(one)
    one.assert_local()
    two = ready(visit(f"{bare}?token=open%20sesame"))
    assert len(server.kernels()) == 2
    one.close()
    two.close()
    server.wait_for_kernels(0)


@pytest.mark.thorough
def test_a_taken_port_is_no_obstacle_and_ctrl_c_ends_everything(toy: Path, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        server = start(toy, "--port", str(taken), pool=1)
        assert f":{taken}/" not in server.url
    kernels = server.kernels()
    assert len(kernels) == 1
    assert server.stop() == 0
    assert server.log.rstrip().endswith("Ended.")
    assert "Traceback" not in server.log
    assert not any(kernel.is_running() for kernel in kernels)


@pytest.mark.thorough
def test_kernels_do_not_outlive_a_killed_server(toy: Path, start: Start) -> None:
    server = start(toy, pool=1)
    (kernel,) = server.kernels()
    server.process.kill()
    server.process.wait(5)
    gone, alive = psutil.wait_procs([kernel], timeout=10)
    assert gone
    assert not alive


READERS = """
import ipywidgets as widgets
from facelib.app import Explorer

read = [model.id for model in Explorer(background=False).models]
widgets.Label("strength 0" if "mine" in read else f"read by {read}")
"""
MAKES = """
from facelib.classifiers import load, own
from torch.nn import Sequential

def make():
    inner = load("known_unbiased")
    network = Sequential(inner.body, inner.head)
    return own(network, id="mine", labels=inner.labels, preparation=inner.preparation)
"""


@pytest.mark.packages
@pytest.mark.thorough
def test_every_session_has_a_classifier_that_the_command_names(
    tmp_path: Path, start: Start, visit: Visits
) -> None:
    (tmp_path / "my_nets.py").write_text(MAKES)
    folders = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    notebook = write_notebook(tmp_path / "readers.ipynb", READERS)
    server = start(notebook, "--classifier", "my_nets:make", pool=1, PYTHONPATH=folders)
    for _ in range(2):  # one computed ahead, and one that isn't
        ready(visit(server.url))


@pytest.mark.parametrize("wrong", [["nowhere.ipynb"], ["--pool-size", "3", "--max-kernels", "3"]])
def test_wrong_options_are_explained(wrong: list[str]) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "facelib", "app", "--no-browser", *wrong]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "Expected the path of a notebook" in answer.stderr or "at least 4" in answer.stderr
