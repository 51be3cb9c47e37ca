"""Shared fixtures: one seed for all, and the model packages where a test asks for them."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from facelib.classifiers import Classifier

os.environ["KERAS_BACKEND"] = "torch"  # before anything imports Keras
os.environ["FACELIB_DATA"] = tempfile.mkdtemp(prefix="tests-of-")  # their studies aren't the user's
atexit.register(shutil.rmtree, os.environ["FACELIB_DATA"], ignore_errors=True)

FROM_NPM = ("faceapi", "human")
TESTS = Path(__file__).parent
SHOWN = {"app", "charts", "experiments", "models"}  # their examples in docstrings wait for `make thorough`

# The same examples everywhere, and no clock: a test that was green stays so on a busy machine.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave all cases but the first of what is marked `one_case` to `make thorough`."""
    shown = {TESTS.parent / "facelib" / room for room in SHOWN}
    seen: set[tuple[object, str]] = set()
    for item in items:
        if isinstance(item, pytest.DoctestItem) and shown & set(item.path.parents):
            item.add_marker("thorough")
        if item.get_closest_marker("one_case") and not item.get_closest_marker("thorough"):
            test = item.path, getattr(item, "originalname", item.name)
            if test in seen:
                item.add_marker("thorough")
            seen.add(test)


def pytest_collection_finish() -> None:
    """Spare the garbage collector 12,000 tests and all modules: a thirtieth of the time of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240412)


@pytest.fixture
def single_threaded() -> Iterator[None]:
    """Let torch use one thread: small pictures take a fraction of the time, above all on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let Ctrl-C interrupt: where tests are started in the background, their shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def load_network() -> Callable[[str], Classifier]:
    """Load a built-in classifier; without npm its two are optional, in CI they have to be there."""
    from facelib import classifiers

    def load(name: str) -> Classifier:
        reason = classifiers.why_unavailable(name)
        if reason and name in FROM_NPM and not os.environ.get("CI"):
            pytest.skip(f"optional npm package: {reason}")
        return classifiers.load(name)

    return load
