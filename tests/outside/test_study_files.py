"""A study file that a stranger wrote: planning it runs none of his commands, whatever its `subset` says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from harness import wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facelib.errors import BadValueError
from facelib.faces import FaceSet
from facelib.faces.comparison import Comparison

PLAN = """
study: interventional
faces:
  folder: pictures
  metadata: faces.csv
  detect: false
  subset: {subset}
interventions: [symmetry]
classifiers: [known_unbiased]
label: happy
steps: 3
size: 96
"""

RUNS = [
    "@Path('{canary}').write_text('x') == 1",
    "@np.f2py.crackfortran.os.system('touch {canary}') == 0",
    "@__builtins__['__import__']('os').system('touch {canary}') == 0",
    "@self._table.to_pickle('{canary}') == 0",
    "file.to_csv('{canary}') == 0",
    "`file`.to_csv('{canary}') == 0",
    "'`' != file and @np.f2py.crackfortran.os.system('touch {canary}') == 0 and '`' != file",
    "'`' != file and @Path('{canary}').write_text('code ran') == 8 and '`' != file",
    "file != '`' and @__builtins__['__import__']('os').system('touch {canary}') == 0 and file != '`'",
    "file != '`' and @self.__class__.__init__.__globals__['Path']('{canary}').touch() == 8 or '`' == file",
    '"`" != file and @Path("{canary}").write_text("code ran") == 8 and "`" != file',
    "'''`''' != file and @Path('{canary}').touch() == 1 and '''`''' != file",
    r"'\'`' != file and @Path('{canary}').touch() == 1 and '`' != file",
    "file # ` \n and @Path('{canary}').touch() == 1 # `",
    "__import__('os').system('touch {canary}') == 0",
    "(lambda: Path('{canary}').touch())() == 1",
    "[Path('{canary}').touch() for _ in [1]] == 1",
    "f'{{Path(\"{canary}\").touch()}}' == file",
    "(found := Path('{canary}').touch()) == 1",
]
"""Attempts of auditors: calls in plain sight, behind backticks in quotes, in comments and in f-strings."""

HANGS = [
    "9**9**9**9 == age",
    "'a' * 9999999999 == file",
    "1 << 99999999999 == age",
    "(" * 5000 + "age" + ")" * 5000,
]


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Give a folder with three pictures and a table, as it comes with a study file."""
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        Image.new("RGB", (64, 64), (90, 90, 90 + number)).save(tmp_path / f"pictures/{number}.png")
    (tmp_path / "pictures/faces.csv").write_text(
        "file,age,label,eye colour\n0.png,20,happy,green\n1.png,40,sad,brown\n2.png,60,happy,green\n"
    )
    return tmp_path


def planned(folder: Path, subset: str) -> subprocess.CompletedProcess[str]:
    """Plan a study as its reader would: with `facelib study plan`."""
    import yaml

    (folder / "plan.yml").write_text(PLAN.format(subset=yaml.safe_dump(subset, default_style='"').strip()))
    command = [sys.executable, "-m", "facelib", "study", "plan", "plan.yml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_planning_a_strangers_study_runs_nothing_of_it(stranger: Path) -> None:
    canary = stranger / "CODE_RAN"
    faces = FaceSet.from_folder(stranger / "pictures", "faces.csv", detect=False)
    for text in RUNS:
        attempt = text.format(canary=canary)
        with pytest.raises(BadValueError, match="compar"):
            faces.subset(attempt)
        assert not canary.exists(), attempt
    for attempt in (RUNS[7].format(canary=canary), RUNS[6].format(canary=canary)):
        told = planned(stranger, attempt)
        assert not canary.exists(), attempt
        assert told.returncode != 0
        assert "subset is a comparison of columns with values" in told.stdout + told.stderr


@pytest.mark.parametrize("attempt", HANGS, ids=range(len(HANGS)))
def test_no_subset_keeps_the_machine_busy(stranger: Path, attempt: str) -> None:
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))\n"
        "from facelib.faces import FaceSet\n"
        "from facelib.errors import FacelibError\n"
        "faces = FaceSet.from_folder('pictures', 'faces.csv', detect=False)\n"
        "try:\n    sys.stdout.write(str(len(faces.subset(sys.argv[1]))))\n"
        "except FacelibError as error:\n    sys.stdout.write('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, attempt],
        cwd=stranger, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout in ("refused", "0"), done.stderr


def test_a_plain_subset_still_chooses(stranger: Path) -> None:
    told = planned(stranger, "label == 'happy' and `eye colour` == 'green' and age > 30")
    assert told.returncode == 0, told.stderr
    assert "1 face" in told.stdout


WORDS = st.sampled_from(
    [
        *(
            "age",
            "label",
            "file",
            "`eye colour`",
            "'happy'",
            '"sad"',
            "'`'",
            '"`"',
            "`",
            "'",
            '"',
            "@",
            "@age",
        ),
        *(
            "@np",
            "(",
            ")",
            "[",
            "]",
            ",",
            ".",
            "==",
            "!=",
            "<",
            ">=",
            "and",
            "or",
            "not",
            "in",
            "+",
            "-",
            "*",
        ),
        *("/", "&", "|", "~", "30", "1.5", "True", "None", "os", "system", "to_csv", "abs", "sin", "#", "\n"),
        *("\\", "{", "}", ":", ":=", "=", "lambda", "f'", "if", "else"),
    ]
)
TABLE = pd.DataFrame(
    {
        "age": [20.0, 40.0, np.nan, 30.0],
        "label": ["happy", "sad", None, "`"],
        "file": list("abcd"),
        "eye colour": ["green", "`", "30", "green"],
        "worn": [True, False, True, True],
    }
)


def what_pandas_would_run(text: str) -> set[str]:
    """Give the kinds of nodes that pandas' own tokeniser and parser make of a text."""
    import ast

    from pandas.core.computation.expr import _preparse, clean_backtick_quoted_toks
    from pandas.core.computation.parsing import tokenize_string

    source = _preparse(text, f=clean_backtick_quoted_toks)
    nodes = {type(node).__name__ for node in ast.walk(ast.parse(source.strip()))}
    return nodes | {word for _kind, word in tokenize_string(text) if word == "@"}


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=14).map(" ".join))
def test_what_passes_has_no_call_by_pandas_own_tokeniser(text: str) -> None:
    """Whatever we accept would have been harmless even to pandas."""
    try:
        Comparison.parse(text)
    except BadValueError:
        return
    found = what_pandas_would_run(text)
    assert not found & {"Call", "Attribute", "Subscript", "Lambda", "JoinedStr", "NamedExpr", "@"}, text


NUMBERS = st.sampled_from(["age", "30", "20.0", "(age + 10)", "age * 2", "-5", "age / 2", "50"])
TEXTS = st.sampled_from(["label", "file", "`eye colour`", "'happy'", '"sad"', "'`'", "'a'", "'30'"])
LISTS = st.sampled_from(["['happy', 'sad']", "('a', '`')", "['green']"])
SIMPLE = st.one_of(
    st.tuples(st.just("age"), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBERS),
    st.tuples(st.sampled_from(["label", "file", "`eye colour`"]), st.sampled_from(["==", "!="]), TEXTS),
    st.tuples(st.sampled_from(["label", "file", "`eye colour`"]), st.sampled_from(["in", "not in"]), LISTS),
    st.just(("10 < age", "<=", "35")),
    st.just(("worn",)),
).map(" ".join)
JOINED = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or", "&", "|"]), inner).map(
            lambda three: f"({' '.join(three)})"
        ),
        inner.map(lambda one: f"(not ({one}))"),
        inner.map(lambda one: f"~({one})"),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(JOINED)
def test_a_comparison_gives_what_pandas_gives(text: str) -> None:
    expected = TABLE.query(text, local_dict={}, global_dict={}, engine="python").index.to_numpy()
    found = np.flatnonzero(Comparison.parse(text).chosen(TABLE))
    np.testing.assert_array_equal(found, expected, err_msg=text)


def test_a_study_folder_brings_no_module(stranger: Path) -> None:
    """Workers start with the folder of the study before installed packages: a planted module isn't taken."""
    import yaml

    canary = stranger / "CODE_RAN"
    (stranger / "joblib.py").write_text(f"open({str(canary)!r}, 'w').close()\nraise ImportError\n")
    subset = yaml.safe_dump("age > 10", default_style='"').strip()
    (stranger / "plan.yml").write_text(PLAN.format(subset=subset))
    command = Path(sys.executable).with_name("facelib")
    done = subprocess.run(
        [str(command), "study", "run", "plan.yml", "--store", "run", "--yes", "--jobs", "2"],
        cwd=stranger, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert not canary.exists()
    assert done.returncode == 0, done.stderr


def test_what_a_study_found_is_private_and_opens_by_any_name(stranger: Path) -> None:
    """A relative folder, as people type it; others on the machine can't read it."""
    (stranger / "plan.yml").write_text(
        "study: observational\nfaces: {heads: 70, seed: 1}\nproperties: [age]\nsize: 64\n"
        "classifiers: [known_unbiased]\nmethods: [partial_correlation]\n"
    )
    for words in (["study", "run", "plan.yml", "--store", "run", "--yes"], ["study", "report", "run"]):
        done = subprocess.run(
            [sys.executable, "-m", "facelib", *words],
            cwd=stranger, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert (stranger / "run").stat().st_mode & 0o077 == 0


def test_workers_end_with_a_run_that_is_killed(stranger: Path) -> None:
    """They hold the pictures, and 700 MB each."""
    (stranger / "plan.yml").write_text(
        "study: interventional\nfaces: {heads: 400, seed: 1, expressions: [happy]}\n"
        "interventions: [symmetry]\nclassifiers: [known_unbiased]\nsize: 96\n"
    )
    command = [sys.executable, "-m", "facelib", "study", "run", "plan.yml", "--yes", "--jobs", "2"]
    with subprocess.Popen(command, cwd=stranger, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:

        def begun() -> bool:
            assert run.poll() is None, "it ended before it could be killed"
            return any(stranger.glob("runs/plan/outputs/*.parquet"))

        wait_until(begun, 240, "the first rows")
        workers = psutil.Process(run.pid).children(recursive=True)
        run.kill()
    assert len(workers) >= 2
    wait_until(lambda: not psutil.wait_procs(workers, timeout=0)[1], 60, "the end of all workers")
