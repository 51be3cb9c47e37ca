"""Nothing leaves the machine: programs under strace ask nobody else, and write only where they should.

Libraries that report their use keep silent in CI and in tests: all runs here as a fresh account has it.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import skimage.data
import tracing
from explore import strength, swept
from harness import ROOT, Server, Visit
from PIL import Image
from playwright.sync_api import Browser, expect
from tracing import Person

LATER = 10.0  # seconds that what reports late is given

STUDY = """
study: interventional
faces: {heads: 2, expressions: [happy]}
interventions: [symmetry, electrodes]
classifiers: [fer, facex]
steps: 3
size: 96
"""


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    (tmp_path / "home").mkdir()
    with tempfile.TemporaryDirectory(prefix="p-") as temporary:
        yield Person(tmp_path / "home", Path(temporary))


def allowed(person: Person, *more: str | Path) -> list[str | Path]:
    """Folders that programs may write to: temporary ones, compiled code, and those that a test names."""
    from facelib.utilities.home import home

    written = person.home / ".local/share/facelib/written.jsonl"  # what `facelib data list` shows
    return [person.temporary, home() / "compiled", "/dev", "/proc/self", written, *more]


def assert_private(log: Path, person: Person, *more: str | Path) -> None:
    assert not (leaving := tracing.asked(log)), "\n".join(leaving[:10])
    strays = tracing.elsewhere(tracing.written(log, person.home.parent), allowed(person, *more))
    assert not strays, "\n".join(strays[:20])


def test_the_trace_sees_questions_and_files(person: Person, tmp_path: Path) -> None:
    """The other tests look at something: a question to a resolver and a stray file are seen."""
    code = (
        "import socket, pathlib; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.connect(('127.0.0.1', 53)); pathlib.Path.home().joinpath('stray').write_text('x')"
    )
    done = person.run(tmp_path / "log", [sys.executable, "-c", code], tmp_path, 60)
    assert done.returncode == 0, done.stderr
    assert len(tracing.asked(tmp_path / "log")) == 1
    assert "CI" not in person.environment()
    with pytest.raises(AssertionError, match="htons"):
        assert_private(tmp_path / "log", person)
    strays = tracing.elsewhere(tracing.written(tmp_path / "log", tmp_path), allowed(person))
    assert strays == [str(person.home / "stray")]


@pytest.mark.packages
def test_a_classifier_asks_nobody(person: Person, tmp_path: Path) -> None:
    """Also in another process that joblib starts, and where nobody has set a variable."""
    code = f"""
import time, joblib, numpy as np, facelib

def read(name):
    from facelib import classifiers
    return classifiers.load(name).probabilities(np.zeros((1, 64, 64, 3), np.uint8)).shape

print(read("facex"), *joblib.Parallel(n_jobs=2)(joblib.delayed(read)(name) for name in ("fer", "human")))
import onnxruntime
time.sleep({LATER})
"""
    (tmp_path / "read.py").write_text(code)
    done = person.run(tmp_path / "log", [sys.executable, "read.py"], tmp_path, 300)
    assert done.returncode == 0, done.stderr
    assert_private(tmp_path / "log", person)
    assert not list(person.home.rglob("*.onnxruntime*")), "onnxruntime keeps an identifier of this machine"


def test_who_imports_onnxruntime_first_is_warned(person: Person, tmp_path: Path) -> None:
    code = "import onnxruntime, facelib"
    done = person.run(tmp_path / "log", [sys.executable, "-c", code], tmp_path, 120)
    assert "ORT_DISABLE_TELEMETRY=1" in done.stderr


@pytest.mark.packages
def test_a_study_asks_nobody(person: Person, tmp_path: Path) -> None:
    (tmp_path / "plan.yml").write_text(STUDY)
    run = [sys.executable, "-m", "facelib", "study", "run", "plan.yml", "--store", "runs/one", "--jobs", "2"]
    done = person.run(tmp_path / "log", run, tmp_path, 400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_private(tmp_path / "log", person, tmp_path / "runs")


def ended(server: Server) -> None:
    """End what runs under strace as Ctrl-C does."""
    (program,) = psutil.Process(server.process.pid).children()
    program.send_signal(signal.SIGINT)
    server.process.wait(60)


@pytest.mark.packages
def test_server_page_and_kernels_ask_nobody(person: Person, tmp_path: Path, browser: Browser) -> None:
    portrait = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()).save(portrait, "PNG")
    app = [sys.executable, "-m", "facelib", "app", "--no-browser", "--port", "0", "--pool-size", "1"]
    command = person.traced(tmp_path / "log", *app)
    with Server(command, tmp_path / "out", r"facelib is at (http\S+)") as server:
        visit = Visit(browser, server.url)
        swept(visit, within=90_000)
        visit.press(strength(visit), "End")
        visit.click(visit.page.get_by_role("button", name="Photograph", exact=True))
        file = {"name": "mine.png", "mimeType": "image/png", "buffer": portrait.getvalue()}
        visit.upload(visit.page.locator(".facelib-drop-zone"), file)
        expect(visit.page.get_by_text("mine.png, ")).to_be_visible(timeout=90_000)
        swept(visit, within=90_000)
        visit.click(visit.page.get_by_role("tab", name="Population"))
        time.sleep(LATER)
        visit.assert_local()
        visit.close()
        ended(server)
    assert_private(tmp_path / "log", person, person.home / ".local/share/jupyter", person.home / ".ipython")
    left = [path for path in person.temporary.rglob("*") if path.is_file()]
    assert not left, "files of a session outlive it"


@pytest.mark.packages
def test_jupyterlab_asks_nobody(person: Person, tmp_path: Path, browser: Browser) -> None:
    """What `make lab` starts, with a notebook that is run, though this person once asked Lab for news."""
    settings = person.home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "true", "checkForUpdates": true}'
    )
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    plan = subprocess.run(["make", "-n", "lab"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in plan.replace("\\\n", " ").splitlines() if "jupyter lab" in line)
    line = re.sub(r"\S+/jupyter lab", f"exec {sys.executable} -m jupyter lab", line)
    options = ["--no-browser", "--port=0", "--allow-root"]
    command = person.traced(
        tmp_path / "log", "sh", "-c", shlex.join(["cd", str(tmp_path)]) + f" && {line} {shlex.join(options)}"
    )
    with Server(command, tmp_path / "out", r"(http://127\.0\.0\.1\S+token=\w+)") as server:
        url = server.url.replace("/lab?", "/lab/tree/01_first_steps.ipynb?")
        visit = Visit(browser, url)
        expect(visit.page.locator(".jp-Notebook")).to_be_visible(timeout=90_000)
        kernel = visit.page.locator(".jp-StatusBar-Widget")
        expect(kernel).to_contain_text("(ipykernel) | Idle", timeout=90_000)
        visit.click(visit.page.get_by_role("menuitem", name="Run", exact=True))
        visit.click(visit.page.get_by_text("Run All Cells", exact=True))
        expect(kernel).to_contain_text("(ipykernel) | Busy", timeout=30_000)
        expect(kernel).to_contain_text("(ipykernel) | Idle", timeout=300_000)
        time.sleep(2 * LATER)
        visit.screenshot("lab_private")
        visit.assert_local()
        visit.close()
        (program,) = psutil.Process(server.process.pid).children()
        family = [program, *program.children(recursive=True)]
        program.send_signal(signal.SIGINT)
        for one in psutil.wait_procs(family, timeout=30)[1]:  # how long Lab takes to end isn't facelib's
            one.kill()
        server.process.wait(60)
    home = person.home
    assert_private(
        tmp_path / "log",
        person,
        tmp_path / "notebooks",
        home / ".local/share/jupyter",
        home / ".jupyter",
        home / ".ipython",
        home / ".npm",  # its log of where language servers may lie
    )


@pytest.mark.packages
@pytest.mark.timeout(1600)
def test_the_notebooks_ask_nobody(person: Person, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    books = sorted((tmp_path / "notebooks").glob("*.ipynb"), reverse=True)  # the last are the longest
    assert len(books) >= 9
    options = ["-q", "-n", "2", "--dist", "worksteal", "--nbmake", "--nbmake-timeout=900"]
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", *map(str, books)]
    done = person.run(tmp_path / "log", command, tmp_path, 1500)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    home = person.home
    assert_private(
        tmp_path / "log",
        person,
        tmp_path / "notebooks",
        home / ".local/share/jupyter",
        home / ".ipython",
    )
