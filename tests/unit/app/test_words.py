"""What a visitor can read: plain words, and no Python."""

from __future__ import annotations

import ast
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib.app import Explorer, MusclesPanel, ObservedPanel, PopulationPanel, page
from facelib.app.widgets.messages import explain
from facelib.errors import FacelibError, NoFaceError, UnknownNameError, WriteError
from facelib.faces import FaceSet, load_face, sample_photograph
from facelib.semg import read_signals
from facelib.semg.recordings.quality import check
from facelib.semg.recordings.recording import Recording

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

ROOT = Path(facelib.__file__).parent
REACHED = (
    "app/**/*.py",
    "attribution/cam.py",
    "editing/*.py",
    "faces/*.py",
    "head/**/*.py",
    "interventions/[!i]*.py",
    "interventions/*/[!_]*.py",
    "models/packages.py",
    "properties/*.py",
    "semg/**/*.py",
    "stats/effects/*.py",
    "stats/power.py",
    "studies/**/*.py",
)
"""Modules whose errors a panel can show."""
NOT_REACHED = {
    "app/server/launch.py", "app/server/server.py", "app/server/kernel_manager.py",  # of the command
    "head/jit.py", "studies/declared/declaration.py", "studies/sweeps/demonstration.py",
    "faces/averaging.py", "faces/comparison.py", "head/sampling.py",  # of notebooks and files
    "head/electrodes.py", "head/rendering/contact_sheet.py", "semg/evaluation.py", "semg/fitted_map.py",
    "semg/electrode_swaps.py", "semg/pairs.py", "semg/recordings/normalising.py", "semg/synchronising.py",
    "semg/simulation/signals.py",
}  # fmt: skip
PYTHON = re.compile(
    r"`|[{}]|\bNone\b|\bTrue\b|\bFalse\b|\w=|=\w|\b\w+\(|\bfacelib\.\w|\b\w+_\w+|\bpip "
    r"|\b[A-Z][a-z]+[A-Z]\w+\b"
)
"""What only somebody who programs writes."""
NAMES = re.compile(
    r"Zygomaticus_l|zygomaticus_left|Face-At-Rest|\bMediaPipe|\b\w+CAM\b|\bMobileNet\w*|\bPyEmotion|\bOpenCV"
    r"|\bQuickTime|\bWebM|\bDuckDB|\bTorchScript|\bAR\(1\)|\bFalse alarm|\bTrue change|max\(itpx|\bknown_\w+"
)
"""What looks like code, and is a name of something else."""


def python_in(text: str) -> str | None:
    """The first piece of a text that only somebody who programs can read."""
    found = PYTHON.search(NAMES.sub("", text))
    return found and text[max(0, found.start() - 40) : found.end() + 40]


def literal(node: ast.expr | None) -> str:
    """What is written of a text in the source; what is put in is a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(one.value if isinstance(one, ast.Constant) else "it" for one in node.values)
    if isinstance(node, ast.BinOp):
        return literal(node.left) + literal(node.right)
    if isinstance(node, ast.IfExp):
        return f"{literal(node.body)} {literal(node.orelse)}"
    return ""


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """The messages of a module's errors, without their hints."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"msg", "lacks", "remedy"}:
            yield node.lineno, literal(node.value)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            yield node.lineno, literal(node.exc.args[0])


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """All sentences of a module that are no documentation and no hint; what is put in is a word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left_out |= {id(one) for one in ast.walk(node) if isinstance(node.value, ast.Constant)}
        hint = isinstance(node, ast.keyword) and node.arg == "hint"
        hint |= isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "instead"
        hint |= isinstance(node, ast.FunctionDef) and node.name == "hint"
        if hint:
            left_out |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(tree):
        text = literal(node) if isinstance(node, ast.Constant | ast.JoinedStr) else ""
        if id(node) not in left_out and text.count(" ") > 4:
            yield node.lineno, re.sub(r"{\w[\w:,.]*}|\\[()<>.|]|{{|}}", "it", text)


def reached() -> list[Path]:
    paths = {path for pattern in REACHED for path in ROOT.glob(pattern)}
    return sorted(path for path in paths if path.relative_to(ROOT).as_posix() not in NOT_REACHED)


def test_what_a_programmer_reads_is_known_when_it_is_seen() -> None:
    for text in (
        "switch it off (detect=False)", "columns={'a': …}", "give `rate`", "one, or None", "Chain(high=3)",
        "see facelib.semg.CHANNELS", "got KeyError", "n_jobs is 1",
    ):  # fmt: skip
        assert python_in(text), text
    for text in ("It (the left) is 3 … 4 Hz.", "faces.csv: 12 pictures (2 × 2 px)", "δ = .10, p < .001"):
        assert python_in(text) is None, text


@pytest.mark.one_case
@pytest.mark.parametrize("path", reached(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_message_that_a_panel_can_show_is_python(path: Path) -> None:
    found = {line: piece for line, text in messages(path) if (piece := python_in(text))}
    assert not found


SPOKEN = [
    *ROOT.glob("interventions/[!_i]*.py"),
    *ROOT.glob("interventions/*/[!_]*.py"),
    *(path for path in ROOT.glob("app/**/*.py") if path.relative_to(ROOT).as_posix() not in NOT_REACHED),
]


@pytest.mark.one_case
@pytest.mark.parametrize("path", sorted(SPOKEN), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_of_panels_and_changes_is_python(path: Path) -> None:
    found = {line: piece for line, text in sentences(path) if (piece := python_in(text))}
    assert not found


def test_a_hint_is_read_in_python_and_not_on_the_page() -> None:
    for kind in (FacelibError, NoFaceError, UnknownNameError, WriteError):
        error = kind("Nothing was found.", hint="In Python: detect=False.")
        assert str(error) == "Nothing was found. In Python: detect=False."
        assert explain(error) == "Nothing was found."
    assert explain(FacelibError()) == ""


def grey(side: int = 200) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), 128, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def refusals() -> dict[str, Any]:
    rows = np.random.default_rng(0).normal(0, 20, (300, 2))
    table = "Zyg left raw,other thing\n" + "\n".join(f"{a:.3f},{b:.3f}" for a, b in rows)
    slow = Recording(rows, 500, ("zygomaticus_left", "zygomaticus_right"), "bipolar")
    astronaut = sample_photograph().image
    return {
        "no face": lambda: load_face(grey()),
        "a cut face": lambda: load_face(astronaut[:100, :80]),
        "other columns": lambda: read_signals(table.encode(), name="clip.csv"),
        "no rate": lambda: read_signals(table.replace("other thing", "F20").encode(), name="clip.csv"),
        "a folder": lambda: load_face(ROOT),
        "no number": lambda: FaceSet.from_faces([sample_photograph()])[7],
        "a slow recording": lambda: facelib.semg.envelope(slow),
    }


@pytest.mark.one_case
@pytest.mark.parametrize("case", refusals())
def test_what_goes_wrong_is_said_without_python(case: str) -> None:
    with pytest.raises(FacelibError) as refused:
        refusals()[case]()
    assert python_in(explain(refused.value)) is None


def test_what_is_wrong_with_a_recording_is_said_without_python() -> None:
    rows = np.random.default_rng(0).normal(0, 20, (3000, 2)) + 300
    for rate, kind, names in (
        (500, "bipolar", ("zygomaticus_left", "zygomaticus_right")),
        (4096, "monopolar", ("F20a", "Zygomaticus_l 1")),
    ):
        findings = check(Recording(rows, rate, names, kind))
        assert findings
        assert [python_in(f"{one.words} {one.remedy}") for one in findings] == [None] * len(findings)


def inside(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def texts(widget: Any) -> Iterator[str]:
    """What a visitor can read of one widget, its help included."""
    for name in ("description", "tooltip", "placeholder", "label", "help", "caption", "picture_alt"):
        yield getattr(widget, name, None) or ""
    yield from getattr(widget, "tooltips", None) or ()
    yield from getattr(widget, "titles", None) or ()
    if type(widget).__name__ in {"HTML", "Messages"}:
        yield html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", widget.value, flags=re.DOTALL))
    if type(widget).__name__ in {"Dropdown", "ToggleButtons"}:
        yield from (str(one[0] if isinstance(one, tuple) else one) for one in widget.options)
    if type(widget).__name__ == "LiveTable":
        yield from (column.get(key, "") for column in widget.columns for key in ("title", "help"))
    for group in getattr(widget, "groups", ()):
        yield group["title"]
        yield group.get("note", "")
        yield from (item.get(key, "") for item in group["items"] for key in ("title", "help", "line"))
    yield from (getattr(widget, "refused", None) or {}).values()
    for case in getattr(widget, "cases", ()):
        yield from (case["title"], case["sentence"], *(way["title"] for way in case["ways"]))


SMALL: dict[str, Any] = {"models": ["known_unbiased"], "background": False}
PANELS = {
    "Explore": lambda: page(Explorer(("known_unbiased",), background=False)),
    "Population": lambda: PopulationPanel(**SMALL),
    "Observed data": lambda: ObservedPanel(**SMALL),
    "Muscles": lambda: MusclesPanel(**SMALL, size=64, seconds=0.5),
}
WITHDRAWN = re.compile(r"\b(take home|recipe|intended)\b", re.IGNORECASE)


@pytest.mark.thorough
@pytest.mark.parametrize("name", PANELS)
def test_what_stands_on_the_page_is_no_python(name: str) -> None:
    panel = PANELS[name]()
    if name in {"Population", "Observed data"}:
        panel.state.mode = "confirm"
    read = {text for one in inside(panel) for text in texts(one) if isinstance(text, str) and text.strip()}
    if hasattr(panel, "state"):
        panel.state.close()
    assert len(read) > 40
    assert {piece for text in read if (piece := python_in(text))} == set()
    assert {text for text in read if WITHDRAWN.search(text)} == set()
