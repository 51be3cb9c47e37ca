"""Every public dataclass that users construct answers wrong fields with a FacelibError."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import facelib
from facelib import classifiers, faces, interventions, semg, studies
from facelib.errors import BadValueError, FacelibError
from facelib.studies.study import Study

HEADS = (facelib.Head(expression="happy"),)
IMAGE = np.zeros((40, 40, 3), np.uint8)
MADE: Mapping[type, Mapping[str, Any]] = MappingProxyType(
    {
        facelib.Head: {},
        facelib.Light: {},
        facelib.Face: {
            "image": IMAGE,
            "box": np.array([5.0, 5, 35, 35]),
            "eyes": np.array([[25.0, 15], [15, 15]]),
        },
        faces.Grammar: {
            "title": "Mine",
            "pattern": "(?P<person>[0-9]+)",
            "source": "https://example.org",
            "example": "12.jpg",
        },
        classifiers.Preparation: {"size": 64, "colour": "gray", "mean": 0.0, "std": 1.0},
        classifiers.Scale: {},
        studies.Hypothesis: {"statement": "It falls", "subject": "blur"},
        studies.InterventionalStudy: {
            "faces": HEADS,
            "interventions": ["blur"],
            "classifiers": ["known_unbiased"],
        },
        studies.ObservationalStudy: {
            "faces": HEADS,
            "properties": ["age"],
            "classifiers": ["known_unbiased"],
        },
        studies.PairedStudy: {"faces": HEADS, "condition": "glasses", "classifiers": ["known_unbiased"]},
        studies.ChimericStudy: {"faces": HEADS, "classifiers": ["known_unbiased"]},
        semg.Recording: {
            "signals": np.zeros((100, 1)),
            "rate": 100.0,
            "channels": ("x",),
            "kind": "monopolar",
        },
        semg.Chain: {},
        semg.Faults: {},
    }
)
"""Dataclasses that users construct, with the fewest fields that make one."""

FOUND: frozenset[str] = frozenset(
    {
        "Activity", "Animation", "Card", "ChimericResult", "Clip", "Dataset", "Detection", "EMG2Expression",
        "Event",
        "Expression2EMG", "HeldOut", "InterventionalResult", "Muscle", "Normalised", "ObservationalResult",
        "Package", "Pair", "PairedResult", "Plan", "Progress", "Property", "PropertyGradient", "Prototype",
        "Reading", "References", "Restored", "Result", "ShuffleTest", "SimulatedClip", "Snapshot",
        "Sweep", "Synchronisation", "TestResult", "Topography", "Video",
    }
)  # fmt: skip
"""Public dataclasses that functions of facelib return."""

ROOMS = (
    "attribution", "classifiers", "editing", "experiments", "faces", "interventions", "models", "properties",
    "reports", "restoration", "semg", "stats", "studies",
)  # fmt: skip
WRONG: Mapping[str, Any] = MappingProxyType(
    {
        "nothing": None,
        "a word": "nope",
        "no text": "",
        "bytes": b"nope",
        "a huge number": 10**400,
        "a negative number": -7.5,
        "no number": float("nan"),
        "infinity": float("inf"),
        "a complex number": 1j,
        "a truth": True,
        "an empty list": [],
        "a list of nothing": [None],
        "an empty mapping": {},
        "a mapping": {"nope": "nope"},
        "a set": {1, 2},
        "an array": np.zeros((3, 3)),
        "an array of words": np.array(["a", "b"]),
        "a table": pd.DataFrame({"a": [1]}),
        "a path": Path("nowhere"),
        "any object": object(),
        "a class": dict,
        "a function": len,
    }
)


def test_every_public_dataclass_is_known_as_made_or_found() -> None:
    public = set()
    for module in ("facelib", *(f"facelib.{room}" for room in ROOMS)):
        package = importlib.import_module(module)
        there = (getattr(package, name) for name in getattr(package, "__all__", ()))
        public |= {one for one in there if isinstance(one, type) and dataclasses.is_dataclass(one)}
    assert {one.__name__ for one in public} == {one.__name__ for one in MADE} | FOUND
    assert issubclass(interventions.Prototype, interventions.Intervention)
    assert faces.Head in MADE


FIELDS = [(kind, field.name) for kind in MADE for field in dataclasses.fields(kind) if field.init]


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_a_field_of_a_wrong_type_is_answered_in_words(kind: type, name: str) -> None:
    for what, value in WRONG.items():
        words = said(kind, name, value)
        assert words is None or 15 < len(words) < 1500, f"{what}: {words}"


def said(kind: type, name: str, value: Any) -> str | None:
    """Return how a dataclass refuses a value; None if it takes it. Any other error is a failure."""
    try:
        repr(kind(**{**MADE[kind], name: value}))
    except FacelibError as error:
        return str(error)
    except Exception as error:
        msg = f"{kind.__name__}({name}={f'{value!r}':.60}): {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    return None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw imports, on a busy machine for long
@given(st.sampled_from(FIELDS), ANYTHING)
def test_whatever_is_given_is_taken_or_refused_in_words(field: tuple[type, str], value: Any) -> None:
    assert said(*field, value) != ""


@pytest.mark.parametrize("kind", MADE, ids=lambda one: one.__name__)
def test_too_few_too_many_and_misspelt_fields_are_answered_in_words(kind: Any) -> None:
    names = [field.name for field in dataclasses.fields(kind) if field.init]
    with pytest.raises(FacelibError, match=names[0][:-1]):
        kind(**{**MADE[kind], names[0][:-1] + "x": 1})
    with pytest.raises(BadValueError, match=f"takes {names[0]}"):
        kind(*[1] * (len(names) + 1))
    with pytest.raises(BadValueError, match=f"{names[0]}.* twice"):
        kind(1, **{names[0]: 1})
    needed = list(MADE[kind])
    if needed and not issubclass(kind, Study):
        with pytest.raises(BadValueError, match=f"needs .*{needed[-1]}"):
            kind(**{name: MADE[kind][name] for name in needed[:-1]})
