"""Whatever is passed wrong is answered by a FacelibError: what was expected, what came, what to do."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

import facelib
from facelib import (
    attribution,
    charts,
    classifiers,
    experiments,
    faces,
    interventions,
    models,
    properties,
    reports,
    restoration,
    semg,
    stats,
    studies,
)
from facelib.attribution.overlay import captioned
from facelib.classifiers import Preparation
from facelib.classifiers.classifier import normalised_sigmoid
from facelib.errors import FacelibError
from facelib.faces import Face, Head
from facelib.models.report import summary
from facelib.restoration.applied import by_network
from facelib.restoration.restore import mask_of
from facelib.stats import independence
from facelib.studies.declared.registration import later_changes, registrations
from facelib.studies.engine.subjects import identity_of, subjects
from facelib.studies.interventional import intervention_name

NO_CHARTS = {"offline"}  # it takes a chart, and gives it back


@pytest.fixture(scope="module")
def sweep() -> Any:
    return facelib.sweep(Head(), "brightness", ["known_unbiased"], steps=3, replicates=5, size=64)


@pytest.fixture(scope="module")
def wrong(sweep: Any) -> dict[str, Any]:
    return {
        "nothing": None,
        "a number": 3,
        "a negative number": -1,
        "no number": float("nan"),
        "a word": "nope",
        "an empty list": [],
        "an empty mapping": {},
        "a path that isn't there": Path("nowhere") / "at all",
        "a sweep": sweep,
        "a table of something else": pd.DataFrame({"a": [1]}),
        "an empty table": pd.DataFrame(),
        "an array": np.zeros((3, 3)),
        "a list of nothing": [None],
        "any object": object(),
    }


def said(function: Any, *words: Any, **more: Any) -> str | None:
    """Return what a FacelibError says; None if there is an answer. Any other error is a failure."""
    try:
        function(*words, **more)
    except FacelibError as error:
        return str(error)
    return None


def answers(function: Any, wrong: dict[str, Any]) -> None:
    """Call a function with each wrong value in all places that have to be filled."""
    given = inspect.signature(function).parameters.values()
    more = {one.name: None for one in given if one.kind is one.KEYWORD_ONLY and one.default is one.empty}
    for name, value in wrong.items():
        try:
            words = said(function, *[value] * required(function), **more)
        except Exception as error:
            msg = f"{function.__name__} of {name}: {type(error).__name__}: {error}"
            raise AssertionError(msg) from error
        assert words is None or 20 < len(words) < 1500, f"{function.__name__} of {name}: {words}"


def required(function: Any) -> int:
    given = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return max(1, sum(one.kind in kinds and one.default is one.empty for one in given))


@pytest.mark.parametrize("name", sorted(set(charts.__all__) - NO_CHARTS))
def test_charts(name: str, wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """charts.response(sweep) was an AttributeError."""
    monkeypatch.chdir(tmp_path)
    answers(getattr(charts, name), wrong)


def test_a_chart_says_which_tables_a_result_has(sweep: Any) -> None:
    with pytest.raises(FacelibError, match=r"got Sweep, whose tables are .*outputs, .*wide"):
        charts.response(sweep)


FUNCTIONS = [
    facelib.sweep, facelib.load_face, facelib.find_faces, facelib.FaceSet.from_folder,
    facelib.FaceSet.from_zip, facelib.FaceSet.from_faces, facelib.sample_heads, faces.expression_table,
    faces.find_landmarks, faces.read_face_units, faces.read_picture, faces.contact_sheet, faces.average,
    interventions.get, interventions.available, properties.measure,
    attribution.grad_cam, attribution.region_shares, attribution.overlay,
    stats.independence_test, stats.independence_grid, stats.share_significant, stats.property_gradient,
    stats.shuffle_test, stats.effects_over_faces, stats.contrast, stats.lowering, stats.equivalence,
    stats.sign_flip, stats.adjust, stats.power_curve, stats.sample_size,
    studies.open_study, studies.load_study, studies.parse_study, subjects, experiments.leaderboard,
    studies.make_frames, studies.snapshot, studies.film_strip, experiments.behaviour, studies.read,
    classifiers.load, classifiers.preset, classifiers.read, reports.write, reports.export,
    semg.activity_of, semg.bipolar, semg.envelope, semg.quality_table, semg.missing, semg.open_dataset,
    semg.animate,
    restoration.restore, mask_of, restoration.found_mask, restoration.biharmonic,
    restoration.telea, restoration.navier_stokes, by_network,
    studies.describe_hypothesis, identity_of, intervention_name, later_changes,
    registrations, studies.verify, classifiers.available, classifiers.names, classifiers.common,
    classifiers.provenance, classifiers.why_unavailable, classifiers.get, properties.get,
    captioned, attribution.shared_scale, attribution.project, stats.describe_gradient,
    stats.describe_order, stats.describe_lowering, stats.describe_power, independence.register,
    independence.get, studies.declare, studies.strip_tables, semg.open_video, semg.finding_table,
    semg.normalised_pairs, semg.evaluate, semg.pair_of, models.table, summary,
    studies.load_declaration, classifiers.softmax, normalised_sigmoid, studies.to_yaml,
    models.size, attribution.grad_cam_from, semg.activity_range, semg.draw_activity, semg.normalise,
    semg.swapped, semg.synchronise, semg.units_of_frames, semg.check,
]  # fmt: skip


def test_a_name_to_register_is_a_text() -> None:
    for name in (None, 3, ["a"], {}):
        with pytest.raises(FacelibError, match="A name of a classifier, a text, is needed"):
            classifiers.register(name, len)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__qualname__)
def test_functions(
    function: Any, wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers(function, wrong)


def test_the_test_itself_is_chosen_by_method() -> None:
    with pytest.raises(FacelibError, match=r"method=, one of .*kcit"):
        stats.independence_test(np.arange(20.0), np.arange(20.0), test="kcit")


def test_regions_of_a_picture_without_landmarks_are_refused_in_words() -> None:
    face = Head().render(64)
    bare = Face(face.image, face.box, np.full((2, 2), np.nan))
    found = facelib.sweep(bare, "brightness", ["known_unbiased"], steps=3, replicates=5)
    with pytest.raises(FacelibError, match="andmarks"):
        found.attribution.regions()


def test_a_test_of_ones_own_as_its_documentation_shows(tmp_path: Path) -> None:
    """In an interpreter of its own: what is registered stays."""
    lines = (
        doctest.script_from_examples(str(independence.register.__doc__).replace("# doctest: +SKIP", ""))
        .replace("\nround(", "\nassert (-1.0, 0.001) == (round(")
        .replace("result.p_value ", "result.p_value)")
    )
    assert "assert (-1.0, 0.001)" in lines
    more = """
grid = independence.independence_grid({"age": age}, {"output": output}, label, methods=["rank_correlation"])
assert grid["rejects"].all()
assert set(independence.independence_grid({"age": age}, {"output": output}, label)["method"]) == {"chsic"}
"""
    path = tmp_path / "own_test.py"
    path.write_text(lines + more)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


KNOWN = ["known_unbiased"]
SEEN = classifiers.Preparation(32, "gray", 0.0, 255.0)
three: Any = 3  # whatever the annotations say
changed: Any = dataclasses.replace
sweeping: Any = facelib.sweep
ANSWERED: dict[str, tuple[Callable[[Any, Path], Any], str]] = {
    "a margin in words": (lambda _s, _p: changed(SEEN, margin="10%"), r"0\.1 is 10 %"),
    "a mean in words": (lambda _s, _p: changed(SEEN, mean="half"), "`mean` is one number"),
    "a seed in words": (lambda _s, _p: sweeping(Head(), "age", KNOWN, seed="a"), "seed is a whole number"),
    "a negative seed": (lambda _s, _p: sweeping(Head(), "age", KNOWN, seed=-1), "0 or more"),
    "replicates in words": (
        lambda _s, _p: sweeping(Head(), "age", KNOWN, replicates="a"),
        "needs at least",
    ),
    "maps of a misspelt classifier": (
        lambda s, _p: s.attribution.overlays("known_unbiasd"),
        r"Did you mean known_unbiased\?",
    ),
    "maps of a classifier that wasn't asked": (
        lambda s, _p: s.attribution.region("fer"),
        r"'fer' isn't in this sweep; .*known_unbiased",
    ),
    "a series of a classifier that wasn't asked": (lambda s, _p: s.series(["fer"]), "isn't in this sweep"),
    "a scale of nothing": (
        lambda s, p: charts.save(charts.response(s.outputs), p / "a.png", scale=0),
        "`scale`",
    ),
    "a folder that is a number": (
        lambda _s, _p: facelib.ObservationalStudy(
            facelib.FaceSet.from_faces([Head().render(64)]), properties=["age"], classifiers=KNOWN
        ).run(three),
        "folder of the study",
    ),
    "preprocess for preparation": (
        lambda _s, _p: classifiers.own(nn.Linear(2, 2), labels=["a", "b"], preprocess=SEEN),
        r"Did you mean preparation\?",
    ),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_wrong_value_is_answered_in_words(case: str, sweep: Any, tmp_path: Path) -> None:
    call, words = ANSWERED[case]
    with pytest.raises(FacelibError, match=words):
        call(sweep, tmp_path)


# What was answered by an error of Python's, or late


HEAD = Head(expression="happy")
KNOWN = "known_unbiased"


class Nope(interventions.PictureIntervention):
    """Its sentence names an option that it hasn't."""

    id, title, group, description, sentence = "nope", "Nope", "View", "It turns.", "turns by {nope}"

    def _change(self, face: Face, strength: float) -> Face:
        return face.replace(image=(face.image * (1 - strength)).astype(np.uint8))


@dataclasses.dataclass(frozen=True)
class Flat(independence.IndependenceTest):
    """It forgets that there are pairs."""

    id, title, conditioners = "flat", "Flat", frozenset({"none", "categorical"})

    def prepare(self, _problem: Any) -> Any:
        class Found(independence.Prepared):
            statistic = effect = np.zeros(3)

            def surrogates(self, orders: Any, pairs: Any) -> Any:
                raise NotImplementedError

        return Found()


def observed(**more: Any) -> facelib.ObservationalStudy:
    return facelib.ObservationalStudy(
        **({"faces": [HEAD], "properties": ["age"], "classifiers": [KNOWN]} | more)
    )


PLAIN: dict[str, tuple[Callable[[], Any], str]] = {
    "no property": (lambda: properties.measure([HEAD], []), "Nothing is asked for: name a property or more"),
    "a number in quotes": (
        lambda: Preparation(64, "rgb", "0", 1),  # type: ignore[arg-type]
        "`mean` is one number.*got '0'",
    ),
    "imagenet in gray": (
        lambda: Preparation.imagenet(224, "gray"),  # type: ignore[arg-type]
        "takes colour 'rgb' or 'bgr'; got 'gray'",
    ),
    "pictures that are no mapping": (
        lambda: facelib.sweep(HEAD, "blur", [KNOWN], 3, known=[1]),  # type: ignore[arg-type]
        "What is known are faces by their strength",
    ),
    "a number as progress": (
        lambda: facelib.sweep(HEAD, "blur", [KNOWN], 3, progress=3),  # type: ignore[arg-type]
        "Progress is reported to a function of a Progress; got 3",
    ),
    "a misspelt field": (
        lambda: facelib.Head(expresion="sad"),
        "no 'expresion' of a head. Did you mean 'expression'",
    ),
    "braces of nothing": (
        lambda: interventions.add(Nope()),
        "'turns by {nope}', can't be filled in: KeyError",
    ),
    "a statistic of another shape": (
        lambda: stats.independence_test(np.arange(20.0), np.arange(20.0), method=Flat()),
        r"statistic of all pairs, an array .*, here \(1, 1\); got shape \(3,\)",
    ),
    "an unknown property of a study": (lambda: observed(properties=["agee"]), "Did you mean age"),
    "labels that aren't there": (lambda: observed(labels="emotion"), "have no emotion, which is to be held"),
    "persons that aren't there": (lambda: observed(person="who"), "have no who, which would tell who"),
    "no permutation": (lambda: observed(n_permutations=0), "number of permutations"),
}


@pytest.mark.parametrize("case", PLAIN)
def test_a_wrong_argument_is_answered_in_words_at_once(case: str) -> None:
    call, words = PLAIN[case]
    with pytest.raises(facelib.FacelibError, match=words):
        call()


def test_what_can_be_meant_is_taken() -> None:
    bar = facelib.sweep(HEAD, "blur", [KNOWN], 3, replicates=5, size=64, progress=True)
    assert len(bar.strengths) == 3
    listed = Preparation(64, "rgb", [1, 2, 3], np.array([4.0, 5, 6]))  # type: ignore[arg-type]
    assert hash(listed) == hash(Preparation(64, "rgb", (1.0, 2.0, 3.0), (4.0, 5.0, 6.0)))
    whole = facelib.InterventionalStudy([HEAD], ["blur"], [KNOWN], measured="symmetry")
    assert whole.properties_measured == ("symmetry",)
    given = facelib.FaceSet.from_faces([HEAD.render(64).replace(attributes={"agee": 3, "expression": "sad"})])
    assert observed(faces=given, properties=["agee", "measured_age"], labels="label").given == ("agee",)
