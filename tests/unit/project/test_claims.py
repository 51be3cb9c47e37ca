"""Numbers in README, docs and notebooks are those of the committed tables."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("claims", ROOT / "benchmarks" / "claims.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks for it
    spec.loader.exec_module(module)
    return module


@pytest.mark.thorough
def test_every_number_that_is_claimed_is_that_of_its_table(script: ModuleType) -> None:
    found = list(script.claims())
    assert len(found) >= 18
    assert [claim.should for claim in found if not claim.holds] == []


@pytest.mark.thorough
def test_a_number_that_drifted_is_seen(script: ModuleType) -> None:
    claim = next(iter(script.claims()))
    other = script.Claim(claim.where, claim.prose, lambda: ("62 %", *claim.numbers()[1:]))
    assert not other.holds
