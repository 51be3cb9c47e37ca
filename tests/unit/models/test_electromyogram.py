"""Electrode positions are read, not run."""

from __future__ import annotations

import ast

import pytest

from facelib.errors import BadValueError, UnavailableError
from facelib.models.electromyogram import SCHEMES, _locations, electrode_positions


@pytest.mark.packages
def test_fridlund_has_eleven_muscles_on_two_sides() -> None:
    positions = electrode_positions("fridlund")
    assert list(positions) == [f"F{i}" for i in range(1, 23)]
    for i in range(1, 23, 2):
        right, left = positions[f"F{i}"], positions[f"F{i + 1}"]
        assert right == (-left[0], left[1])
        assert left[0] > 0, "even numbers are the person's left"


@pytest.mark.packages
def test_kuramoto_has_electrodes_on_the_midline() -> None:
    positions = electrode_positions("kuramoto")
    assert len(positions) == 19
    assert {name for name, (x, _) in positions.items() if x == 0} == {"K19", "K20", "K24"}


@pytest.mark.packages
def test_positions_lie_on_a_face() -> None:
    for scheme in SCHEMES:
        assert all(abs(x) < 100 and abs(y) < 100 for x, y in electrode_positions(scheme).values())


def test_an_unknown_scheme() -> None:
    with pytest.raises(BadValueError, match="fridlund and kuramoto"):
        electrode_positions("other")  # type: ignore[arg-type]


def test_nothing_is_executed() -> None:
    source = "class Kuramoto:\n    locations = {'K1': [print('run'), 2.0]}\n"
    with pytest.raises(ValueError, match="malformed"):
        _locations(ast.parse(source), "Kuramoto")
    with pytest.raises(UnavailableError, match="no class Fridlund"):
        _locations(ast.parse(source), "Fridlund")
