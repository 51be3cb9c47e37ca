from __future__ import annotations

import ast
import importlib
import re
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import facelib
from facelib.faces import Face, FaceSet, Head
from facelib.interventions import Intervention
from facelib.utilities import short_repr
from facelib.utilities.short_repr import LONGEST, brief, in_short

ROOT = Path(facelib.__file__).parent
LARGE = re.compile(
    r"NDArray|Floats|Doubles|Ints|Codes|Picture|DataFrame|Series|Tensor|Face|Reading|Recording|Answers"
)
ALL_OF_IT = {Head}  # a head's repr is how it is written down


RETURNED = [
    (importlib.import_module(place), name)
    for place, _, name in (
        one.rpartition(".")
        for one in (
            "facelib.attribution.regions.RegionEvidence",
            "facelib.classifiers.loaders.loaded.Loaded",
            "facelib.classifiers.loaders.loaded.Loader",
            "facelib.cli.doctor.finding.Finding",
            "facelib.experiments.classifier_behaviour.Answers",
            "facelib.restoration.generator.OwnGenerator",
            "facelib.semg.muscles.Group",
            "facelib.semg.pairs.Pair",
            "facelib.semg.recordings.findings.Finding",
            "facelib.semg.recordings.normalising.Scale",
            "facelib.semg.simulation.movements.Task",
            "facelib.stats.effects.activation.Lowering",
            "facelib.stats.effects.bootstrap.MeanDistribution",
            "facelib.stats.effects.curves.FaceEffects",
            "facelib.stats.effects.equivalence.Equivalence",
            "facelib.stats.effects.signflip.SignFlipTest",
            "facelib.stats.placebo.PlaceboRank",
            "facelib.stats.power.SampleSize",
            "facelib.stats.power.StudyPower",
            "facelib.stats.shapley.SampledShapley",
            "facelib.stats.shuffle.ShuffleNull",
            "facelib.stats.verdicts.LocalVerdict",
            "facelib.studies.declared.declaration.Declaration",
            "facelib.studies.declared.registration.Registration",
            "facelib.studies.engine.store.Store",
            "facelib.studies.engine.verification.Verification",
            "facelib.studies.sweeps.film_strips.Strip",
            "facelib.studies.sweeps.frames.Frames",
            "facelib.studies.sweeps.placebos.PlaceboSweep",
        )
    )
]
"""What functions return and nobody imports by name."""


def held() -> list[type]:
    """Return the public dataclasses whose fields hold arrays, tables or faces."""
    found = {}
    for path in sorted(ROOT.rglob("__init__.py")):
        package = importlib.import_module(".".join(("facelib", *path.parent.relative_to(ROOT).parts)))
        names = [(package, name) for name in getattr(package, "__all__", ())]
        for module, name in [*names, *(RETURNED if path.parent == ROOT else ())]:
            kind = getattr(module, name)
            if not isinstance(kind, type) or not is_dataclass(kind) or kind in ALL_OF_IT:
                continue
            if issubclass(kind, Intervention) or not kind.__module__.startswith("facelib"):
                continue
            kinds = [
                str(item.type) for item in fields(kind) if item.repr and "Callable" not in str(item.type)
            ]
            if any(LARGE.search(one) for one in kinds):
                found[kind] = name
    return list(found)


HELD = held()
HOSTILE = "</script><script>pwned()</script><img src=x onerror=pwned()>"


def filled(kind: Any, value: Any) -> Any:
    """Return an instance whose every field holds the same."""
    thing = object.__new__(kind)
    for item in fields(kind):
        object.__setattr__(thing, item.name, value)
    return thing


def test_all_kinds_of_results_are_looked_at() -> None:
    names = {kind.__name__ for kind in HELD}
    assert {
        "Face", "Sweep", "Frames", "Reading", "Snapshot", "InterventionalResult", "Result",
        "ObservationalResult", "ObservationalStudy", "PropertyGradient", "RegionEvidence", "Recording",
        "Restored", "Topography", "HeldOut", "References", "SignFlipTest", "Detection",
    } <= names  # fmt: skip
    assert len(HELD) > 30


@pytest.mark.one_case
@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_what_holds_much_is_shown_in_short(kind: Any) -> None:
    """A sweep printed 395,087 characters."""
    face = Face(np.zeros((64, 64, 3), np.uint8), np.zeros(4), np.zeros((2, 2)))
    for value in (
        np.random.default_rng(0).normal(size=(300, 40)),
        pd.DataFrame(np.zeros((300, 40))),
        torch.zeros(300, 40),
        (face,) * 300,
        {f"a long name of a classifier {n}": np.zeros(300) for n in range(300)},
        ("a long sentence about what has to be known of this test",) * 300,
        HOSTILE * 100,
    ):
        thing = filled(kind, value)
        assert len(repr(thing)) <= LONGEST
        assert repr(thing).startswith(f"{kind.__name__}(")
        assert "\n" not in repr(thing)


@pytest.mark.one_case
@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_a_notebook_reads_no_name_as_html(kind: Any) -> None:
    if hasattr(kind, "_repr_markdown_"):
        return
    text = short_repr.block(filled(kind, HOSTILE), table=pd.DataFrame({HOSTILE: [HOSTILE]}, index=[HOSTILE]))
    assert "<script" not in text
    assert "<img" not in text
    assert kind.__name__ in text
    assert callable(kind._repr_html_)


@pytest.mark.thorough
def test_the_mechanism_is_one() -> None:
    for kind in HELD:
        assert kind.__repr__ is short_repr.line, kind
    written = [
        path
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "_repr_html_"
    ]
    assert [path.name for path in written] == ["face_set.py"]  # no dataclass, so it has one of its own


def test_values_in_short() -> None:
    assert brief(np.float64(0.5)) == "0.5"
    assert brief(np.arange(3)) == "[0, 1, 2]"
    assert brief(np.zeros((2, 2))) == "<float64 (2, 2)>"
    assert brief(torch.zeros(2, 2)) == "<float32 (2, 2)>"
    assert brief(pd.DataFrame({"a": [1, 2]})) == "<table of 2 rows × 1 columns>"
    assert brief(pd.Series([1.0, 2.0])) == "<float64 (2,)>"
    assert brief({"k": 5, "seed": None}) == "{'k': 5, 'seed': None}"
    assert brief(dict.fromkeys(range(9), ())) == "{'0': …, '1': …, '2': …, '3': …, …}"
    assert brief(("One picture per person.",)) == "('One picture per person.',)"
    assert brief([Head()] * 3) == "<3 of Head>"
    assert brief(Head()) == "<Head>"
    assert brief("a\x1b[31m") == repr("a\x1b[31m"), "what a terminal would obey is written out"


@pytest.mark.thorough
def test_a_face_is_a_small_picture() -> None:
    face = Head().render(512)
    text = face.replace(attributes={"name": HOSTILE})._repr_html_()
    assert text.count("data:image/png;base64,") == 1
    assert len(text) < 100_000
    assert "pwned()</script>" not in text
    faces = FaceSet.from_faces([face.replace(attributes={f"column {n}": HOSTILE for n in range(300)})] * 9)
    assert len(repr(faces)) <= LONGEST
    assert "<script" not in faces._repr_html_()
    assert len(faces._repr_html_()) < 10_000


def test_nothing_is_computed_to_be_shown() -> None:
    asked = []

    @in_short(table=asked.append)
    @dataclass
    class Slow:
        values: object = None

        @property
        def effects(self) -> None:
            raise AssertionError

    assert repr(Slow()).endswith("Slow(values=None)")
    assert not asked
    assert "Slow" in Slow()._repr_html_()  # type: ignore[attr-defined]
    assert len(asked) == 1
