"""An engineer edits code of their own and runs a study again in its folder: nothing old is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HEADS = """
import numpy as np
import facelib
from facelib import interventions, properties
heads = facelib.sample_heads(2, seed=1, expressions=["happy"])
"""

RUN = """
import json
study = facelib.InterventionalStudy(
    heads, [change], ["known_unbiased"], steps=3, size=64, measured=[measured])
found = study.run("kept", n_jobs=1, recompute={recompute})
runs = found.table.drop_duplicates(["face", "step"])
print(json.dumps([runs[f"measured_{{measured}}"].tolist(), found.table["probability"].tolist(), found.notes]))
"""

PROPERTY = """
@properties.register("level", title="Level", unit="", source="measured", description="Mean.", low=0, high=1)
def level(faces):
    {inside}
    return np.array([face.image.mean() / 255 * {factor} for face in faces])
measured, change = "level", "brightness"
"""

SERVER = """
import os, sys
import torch
import facelib
from facelib import interventions, properties, reports, studies
from facelib.stats import independence
from facelib.studies.engine import fingerprints
fingerprints.version_key()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.chdir(line.strip())
        sys.path.insert(0, line.strip())
        with open("said", "w") as sys.stdout:
            exec(compile(open("script.py").read(), "script.py", "exec"), {"__name__": "__main__"})
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Imports once; every script then runs in a process of its own."""


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def run(server: subprocess.Popen[str], tmp_path: Path) -> Callable[..., Any]:
    """Return what runs a script in a process of its own, and returns what it prints last."""

    def run(script: str, *, recompute: bool = False, end: str = RUN) -> Any:
        assert server.stdin is not None
        assert server.stdout is not None
        (tmp_path / "script.py").write_text(HEADS + script + end.format(recompute=recompute))
        server.stdin.write(f"{tmp_path}\n")
        server.stdin.flush()
        assert server.stdout.readline().strip() == "0"
        return json.loads((tmp_path / "said").read_text().splitlines()[-1])

    return run


def test_an_edited_property_is_measured_anew(run: Callable[..., Any]) -> None:
    first = run(PROPERTY.format(factor="1.0", inside=""))
    second = run(PROPERTY.format(factor="0.5", inside=""))
    assert second[0] == pytest.approx([value / 2 for value in first[0]])
    assert second[1] == first[1]


ELSEWHERE = """
import cfg, helper
from cfg import K
class S: K = [1]
S.K = [K]
def held(factor):
    return lambda: factor
closed = held(K)
def local():
    import cfg as here
    return here.K
WAYS = {"module": lambda: cfg.K, "name": lambda: K, "class": lambda: S.K[0], "helper": helper.factor,
    "local": local, "closed": closed}
def told(name, factor):
    def read(faces):
        return np.array([face.image.mean() * factor() for face in faces])
    enter = properties.register(name, title=name, unit="", source="measured", description=name, low=0, high=1)
    enter(read)
for name, factor in WAYS.items():
    told(name, factor)
@interventions.register
class Darker(interventions.PictureIntervention):
    id, title, group = "darker", "Darker", "Light"
    description = sentence = "It gets darker."
    most = listed = array = None
    def _change(self, face, strength):
        amount = WAY(self)
        return face.replace(image=(face.image * (1 - amount * strength)).astype(np.uint8))
"""

EACH = """
import json
Darker.most, Darker.listed, Darker.array = K, [K], np.array([K])
found = {{}}
for name in WAYS:
    study = facelib.InterventionalStudy(
        heads[:1], ["brightness"], ["known_unbiased"], steps=2, size=64, measured=[name])
    found[name] = study.run(f"kept-{{name}}", n_jobs=1).table[f"measured_{{name}}"].iloc[-1]
ways = {{"most": lambda self: self.most, "listed": lambda self: self.listed[0],
    "array": lambda self: self.array[0], "cfg": lambda self: cfg.K}}
for name, WAY in ways.items():
    study = facelib.InterventionalStudy(
        heads[:1], ["darker"], ["known_unbiased"], steps=2, size=64, measured=["brightness"])
    found["own " + name] = study.run(f"kept-{{name}}", n_jobs=1).table["measured_brightness"].iloc[-1]
print(json.dumps(found))
"""


def test_what_own_code_reads_elsewhere_counts(run: Callable[..., Any], tmp_path: Path) -> None:
    """In a module of the user's, by whichever way; in a class's attribute that is changed from outside."""
    (tmp_path / "helper.py").write_text("def factor():\n    from cfg import K\n    return K\n")
    found = []
    for value in ("1.0", "0.25"):
        (tmp_path / "cfg.py").write_text(f"K = {value}\n")
        found.append(run(ELSEWHERE, end=EACH))
    assert len(found[0]) == 10
    assert [name for name in found[0] if found[0][name] == found[1][name]] == []


def test_what_is_the_same_is_not_computed_again(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "cfg.py").write_text("K, SEEN = 1.0, {'a', 'b', 'c'}\n")
    script = "import cfg\n" + PROPERTY.format(
        factor="cfg.K * (len(cfg.SEEN) > 0)", inside="open('calls', 'a').write('x')"
    )
    first = run(script)
    calls = (tmp_path / "calls").read_text()
    assert run("# a remark\n" + script) == first
    assert (tmp_path / "calls").read_text() == calls


def test_recompute_computes_all_anew_and_keeps_what_was_there(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    script = PROPERTY.format(factor="float(open('hidden').read())", inside="")
    (tmp_path / "hidden").write_text("1.0")
    first = run(script)
    (tmp_path / "hidden").write_text("0.5")
    assert run(script)[0] == first[0], "what lies in a file can't be known"
    anew = run(script, recompute=True)
    assert anew[0] == pytest.approx([value / 2 for value in first[0]])
    assert anew[1] == first[1]
    assert list(tmp_path.glob("kept/earlier-*/study.json"))
    assert run(script)[0] == anew[0]


UNSEEN = """
import threading
hidden = threading.local()
hidden.factor = 1.0
"""


def test_what_cannot_be_looked_into_is_said_with_what_to_do(run: Callable[..., Any], tmp_path: Path) -> None:
    notes = run(UNSEEN + PROPERTY.format(factor="hidden.factor", inside=""))[2]
    (said,) = [note for note in notes if "hidden" in note]
    assert "level" in said
    assert "recompute=True" in said
    assert not [note for note in run(PROPERTY.format(factor="1.0", inside=""))[2] if "recompute" in note]


TEST = """
from dataclasses import dataclass
from facelib.stats import independence
class Found(independence.Prepared):
    def __init__(self, problem):
        xs, ys = (np.stack([one.values[:, 0] for one in some]) for some in (problem.xs, problem.ys))
        self.xs, self.ys = (one - one.mean(axis=1, keepdims=True) for one in (xs, ys))
        self.statistic = self.effect = self.xs @ self.ys.T * {factor}
    def surrogates(self, orders, pairs):
        return np.einsum("pbn,on->bpo", self.xs[:, orders], self.ys)
@independence.register
@dataclass(frozen=True)
class Mine(independence.IndependenceTest):
    id, title = "mine", "mine"
    def prepare(self, problem):
        return Found(problem)
"""

TESTED = """
import json
study = facelib.ObservationalStudy(
    facelib.sample_heads(24, seed=1), ["age"], ["known_unbiased"], size=48, methods=["mine"], seed=1)
found = study.run("kept", n_jobs=1, recompute={recompute})
print(json.dumps([found.tested, found.grid["statistic"].tolist()]))
"""

SHOWN = """
import json
found = facelib.studies.open_study("kept")
print(json.dumps([found.tested, len(found.grid)]))
"""


def test_an_edited_test_is_run_anew(run: Callable[..., Any], tmp_path: Path) -> None:
    first = run(TEST.format(factor=1.0), end=TESTED)
    assert run(TEST.format(factor=1.0), end=TESTED) == [True, first[1]]
    second = run(TEST.format(factor=0.5), end=TESTED)
    assert second == [False, pytest.approx([value / 2 for value in first[1]])]
    assert run("", end=SHOWN) == [True, len(first[1])], "who hasn't got the test sees what was kept"
    assert run(TEST.format(factor=0.5), end=TESTED, recompute=True) == [False, second[1]]
