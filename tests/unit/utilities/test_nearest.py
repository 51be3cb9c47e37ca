"""A misspelt name is answered with the nearest name of what was asked, for every name that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import facelib
from facelib.classifiers import CLASSIFIERS
from facelib.classifiers.loaders.loaded import LOADERS
from facelib.classifiers.loaders.state_dict import COLLECTIONS
from facelib.classifiers.presets import PRESETS
from facelib.classifiers.tables.formats import FORMATS
from facelib.errors import UnknownNameError
from facelib.faces import GRAMMARS
from facelib.interventions import ALIASES, INTERVENTIONS
from facelib.models.catalogue import PACKAGES
from facelib.models.readers import keras_kinds  # noqa: F401 - it registers the layers
from facelib.models.readers.keras_layers import LAYERS
from facelib.properties import PROPERTIES
from facelib.properties.estimation.estimators import ESTIMATORS
from facelib.restoration.methods import METHODS
from facelib.semg.parameters.tools import TOOLS
from facelib.stats.independence.base import TESTS
from facelib.studies.declared.designs import DESIGNS
from facelib.utilities.nearest import nearest, slips
from facelib.utilities.registry import Registry

REGISTRIES: tuple[Registry[Any], ...] = (
    INTERVENTIONS, PROPERTIES, CLASSIFIERS, PRESETS, LOADERS, COLLECTIONS, METHODS, TESTS, DESIGNS,
    LAYERS, PACKAGES, ESTIMATORS, GRAMMARS, TOOLS, FORMATS,
)  # fmt: skip
NAMES = [(one, name) for one in REGISTRIES for name in (*one, *(ALIASES if one is INTERVENTIONS else ()))]


def slipped(name: str, at: int, how: str) -> str:
    """Return a name with one letter dropped, doubled or swapped: the slow twin of `slips`."""
    letters = list(name)
    if how == "dropped":
        del letters[at]
    elif how == "doubled":
        letters.insert(at, letters[at])
    elif at + 1 < len(letters):
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


@pytest.mark.thorough
@given(st.sampled_from(NAMES), st.data(), st.sampled_from(["dropped", "doubled", "swapped"]))
def test_a_slip_of_the_fingers_is_answered_with_the_name(
    place: tuple[Registry[Any], str], data: st.DataObject, how: str
) -> None:
    registry, name = place
    typed = slipped(name, data.draw(st.integers(0, len(name) - 1)), how)
    names = [*registry, *(ALIASES if registry is INTERVENTIONS else ())]
    if typed in names:
        return
    with pytest.raises(UnknownNameError) as caught:
        registry[typed]
    found = re.search(r"Did you mean (.+?)\?", str(caught.value))
    assert found is not None, f"{typed}: {caught.value}"
    as_near = {one for one in names if typed.casefold() in slips(one.casefold())}  # gae: age or gaze
    first = found[1].split(" or ")[: len(as_near)]
    assert name in first or len(as_near) > len(first), f"{typed}: {first}"
    assert set(first) <= as_near


def test_every_registry_of_facelib_is_tried() -> None:
    root = Path(facelib.__file__).parent
    made = [
        path
        for path in root.rglob("*.py")
        if re.search(r"(?m)^[A-Z_]+: .*= Registry\(", path.read_text(encoding="utf-8"))
    ]
    assert len(made) == len(REGISTRIES), made


def test_symmetry_is_suggested_where_it_is_asked() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean symmetry( or|\?)"):
        facelib.interventions.get("symetry")
    with pytest.raises(UnknownNameError, match=r"Did you mean symmetry( or|\?)"):
        facelib.properties.get("symetry")


def test_titles_are_looked_at_where_no_name_is_near() -> None:
    title = INTERVENTIONS["palsy"].title
    assert nearest(title.upper(), ["x_y"], titles={"x_y": title}) == ["x_y"]
    with pytest.raises(UnknownNameError, match=r"Did you mean light_direction"):
        facelib.interventions.get("light from the sides")


@given(st.text(alphabet="abcd_", min_size=2, max_size=8))
def test_slips_are_those_of_the_slow_twin(name: str) -> None:
    ways = {slipped(name, at, how) for at in range(len(name)) for how in ("dropped", "doubled", "swapped")}
    assert slips(name) == ways - {name, ""}
