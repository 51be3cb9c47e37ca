"""What an explorable holds, what it never does, and who may leave in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facelib
from facelib.classifiers import Classifier
from facelib.errors import BadValueError
from facelib.faces import Face, Head
from facelib.reports import explorable, live
from facelib.reports.words import WORDS
from facelib.studies import References, Sweep, run_references
from facelib.studies.disclaimer import LIMITS
from tests.unit.reports.report_reader import Element, parsed

pytestmark = pytest.mark.packages

NAMES = ["known_unbiased", "known_age_happy"]
HOSTILE = '</script><script>window.pwned=1</script><img src=x onerror="pwned=1">\'&\u2028\u2029<!--{{ 7*7 }}'
CODE = ("constructor", "__proto__", "hasOwnProperty")


def hostile_classifier(name: str = HOSTILE, first: str = f"label {HOSTILE}") -> Classifier:
    """Return a classifier whose every word is a stranger's."""
    known = facelib.classifiers.load("known_unbiased")
    labels = [first, *CODE, "happy", "sad", "neutral"]
    return Classifier(
        name,
        known.body,
        known.head,
        labels=labels,
        emotions={label: label if label in ("happy", "sad", "neutral") else None for label in labels},
        preparation=known.preparation,
        card=replace(known.card, title=HOSTILE, licence=HOSTILE, source=HOSTILE, training_data=HOSTILE),
        layout=known.layout,
    )


@pytest.fixture(scope="module")
def smile() -> Sweep:
    head = Head(age=34, gender=0.0, expression="happy")
    return facelib.sweep(head, "symmetry", NAMES, steps=5, size=96, replicates=5)


@pytest.fixture(scope="module")
def placebos(smile: Sweep) -> References:
    *_, last = run_references(smile, 4)
    return last


@pytest.fixture(scope="module")
def tree(smile: Sweep, placebos: References) -> Element:
    return parsed(explorable.html(smile, references=placebos).decode())


def data_of(tree: Element) -> dict:
    (block,) = [one for one in tree.all("script") if one.attributes]
    assert block.attributes == {"id": "facelib-data", "type": "application/json"}
    return json.loads("".join(block.parts))


def photograph(**attributes: object) -> Face:
    drawn = Head(expression="happy").render(128)
    return replace(drawn, source="photograph", attributes={"label": "happy", **attributes})


@pytest.fixture(scope="module")
def portrait() -> Sweep:
    face = photograph(name=HOSTILE)
    return facelib.sweep(face, "blur", NAMES[:1], steps=3, replicates=5)


@pytest.mark.thorough
def test_what_moves_is_what_was_computed(smile: Sweep, placebos: References, tree: Element) -> None:
    data = data_of(tree)
    assert data["strengths"] == [0, 0.25, 0.5, 0.75, 1]
    assert [one["id"] for one in data["classifiers"]] == NAMES
    assert len(data["frames"]) == 5
    assert next(iter(data["labels"])) == data["label"] == "happy"
    for label, words in data["labels"].items():
        effects = smile.effects(label, references=placebos)
        band = placebos.band(label)
        for name, row, effect in zip(NAMES, words["rows"], effects.to_dict("records"), strict=True):
            np.testing.assert_allclose(row["curve"], smile.series(name, label), atol=5e-5)
            assert float(row["change"].replace("−", "-") or 0) == pytest.approx(effect["change"], abs=0.0051)
            assert row["verdict"] in WORDS
            edges = band[band["classifier"] == name]
            for end in ("low", "high"):
                np.testing.assert_allclose(row["band"][end] if row["band"] else [], edges[end], atol=5e-5)
        assert words["own"] == effects["sentence"].tolist()
    for name, says in zip(NAMES, data["says"], strict=True):
        reading = smile.readings[name]
        winners = [reading.classifier.labels[k] for k in reading.probabilities.argmax(axis=1)]
        assert says == [reading.classifier.emotions[label] or label for label in winners]


@pytest.mark.thorough
def test_maps_are_the_sweeps_to_half_a_step_of_255(smile: Sweep, tree: Element) -> None:
    data = data_of(tree)
    assert list(data["maps"]) == list(data["labels"]), "here all of them fit"
    for name in NAMES:
        raw = smile.attribution.maps(name, "happy")
        one = data["maps"]["happy"][name]
        stored = np.frombuffer(base64.b64decode(one["values"]), np.uint8).reshape(one["shape"])
        assert np.abs(stored / 255 * one["scale"] - raw).max() <= one["scale"] / 255 * 0.51
        x, y, width, height = one["box"]
        region = smile.attribution.region(name) / 96
        assert [x, y, x + width, y + height] == pytest.approx(region, abs=1e-4)


@pytest.mark.thorough
def test_maps_that_do_not_fit_are_left_out_but_not_of_the_class_of_interest(
    smile: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAPS", 1)
    assert list(live.live_data(smile)["maps"]) == ["happy"]


@pytest.mark.thorough
def test_it_asks_for_nothing_and_runs_nothing_but_its_own(tree: Element, smile: Sweep) -> None:
    page = explorable.html(smile).decode()
    script, style = [one for one in tree.all("script") if not one.attributes], tree.all("style")
    assert (len(script), len(style)) == (1, 1)
    policy = next(one for one in tree.all("meta") if "http-equiv" in one.attributes).attributes["content"]
    for kind, (element,) in (("script-src", script), ("style-src", style)):
        digest = hashlib.sha256("".join(element.parts).encode()).digest()
        assert f"{kind} 'sha256-{base64.b64encode(digest).decode()}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    for one in tree:
        for name, value in one.attributes.items():
            assert not name.startswith("on"), f"{one.tag} {name}"
            assert name != "style", "the policy forbids it"
            if name in ("src", "href"):
                assert re.fullmatch(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", value)


def test_without_scripts_both_ends_the_table_and_the_sentences_are_there(tree: Element, smile: Sweep) -> None:
    root = next(one for one in tree if one.attributes.get("id") == "facelib-live")
    assert [one.attributes["alt"].split(":")[0] for one in root.all("img")] == ["before", "at full strength"]
    (table,) = root.all("table")
    cells = [[one.text for one in row if one.tag in ("th", "td")] for row in table.all("tr")][1:]
    assert [row[0] for row in cells] == NAMES
    assert [row[1] for row in cells] == [f"{smile.series(name)[-1]:.2f}" for name in NAMES]
    assert smile.clause in root.text
    controls = next(one for one in tree if one.attributes.get("id") == "facelib-watched")
    assert "hidden" in controls.attributes, "what can't be used isn't shown"


def test_provenance_limits_and_citation_stand_in_it(
    tree: Element, smile: Sweep, placebos: References
) -> None:
    text = tree.text
    assert LIMITS in text
    assert repr(smile.face) in text
    assert repr(smile.intervention) in text
    assert f"{len(placebos)} of" in text
    assert "facelib " in text
    assert "The facelib authors" in text
    for row in smile.classifiers_table.to_dict("records"):
        assert row["sha256"] in text
        assert row["licence"] in text
    assert "none: the face is rendered" in text


@pytest.mark.thorough
def test_strangers_words_stay_words(portrait: Sweep) -> None:
    clf = hostile_classifier()
    known = facelib.classifiers.load("known_unbiased")
    sweep = facelib.sweep(
        photograph(name=HOSTILE), "blur", [clf, known], steps=3, label=f"label {HOSTILE}", replicates=5
    )
    page = explorable.html(sweep, with_photograph=True, consent=HOSTILE).decode()
    tree = parsed(page)
    assert [one.attributes for one in tree.all("script")] == [
        {"id": "facelib-data", "type": "application/json"},
        {},
    ]
    assert {one.attributes["src"][:22] for one in tree.all("img")} == {"data:image/jpeg;base64"}
    assert not any(name.startswith("on") for one in tree for name in one.attributes)
    data = data_of(tree)
    assert [one["name"] for one in data["classifiers"]] == [HOSTILE, "known_unbiased"]
    assert f"label {HOSTILE}" in data["labels"]
    assert set(CODE) <= set(data["labels"])
    told = "".join(tree.all("dl")[-1]._texts())
    assert HOSTILE.partition("\u2028")[0] in told
    assert "{{ 7*7 }}" in told, "no template is run"
    assert "\u2028" not in "".join(tree.all("script")[0].parts)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_json_in_a_script_is_read_as_it_was_and_ends_nothing(content: object) -> None:
    text = explorable.as_json(content)
    assert json.loads(text) == content
    assert not set(text) & set("<>&")
    assert text.isascii()


@pytest.mark.thorough
def test_half_of_a_surrogate_pair_is_no_reason_to_fail(portrait: Sweep) -> None:
    assert b"recorded in: Jo?." in explorable.html(portrait, with_photograph=True, consent="Jo\ud800")


@pytest.mark.parametrize("said", [False, 1, "yes", None])
def test_a_photograph_leaves_only_if_it_is_said_that_it_may(
    portrait: Sweep, tmp_path: Path, said: object
) -> None:
    with pytest.raises(BadValueError, match="photograph of a person") as refused:
        portrait.explorable(tmp_path / "one.html", with_photograph=said)
    assert "with_photograph=True" in str(refused.value)
    assert "with_photograph" not in refused.value.words, "pages show no Python"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_what_was_said_stands_in_the_file(portrait: Sweep, tmp_path: Path) -> None:
    for given_, recorded, words in (
        ("form 7", {}, "recorded in: form 7."),
        ("", {"consent": "2024-11-05"}, "recorded in: 2024-11-05."),
        ("", {}, "where that is recorded was not named."),
    ):
        sweep = replace(portrait, face=photograph(**recorded))
        path = sweep.explorable(tmp_path / "one.html", with_photograph=True, consent=given_)
        text = parsed(path.read_text(encoding="utf-8")).text
        assert "This file holds a photograph." in text
        assert f"has agreed to its being passed on; {words}" in text
    assert path.stat().st_mode & 0o777 == 0o600, "nobody else on this machine reads it"


@pytest.mark.parametrize("cell", ["no", "nein", "", "perhaps"])
def test_who_did_not_agree_is_in_no_file_whatever_is_said(portrait: Sweep, tmp_path: Path, cell: str) -> None:
    sweep = replace(portrait, face=photograph(consent=cell))
    for write, name in ((sweep.explorable, "one.html"), (sweep.film, "one.gif")):
        with pytest.raises(BadValueError, match="consent isn't given"):
            write(tmp_path / name, with_photograph=True, consent="form 7")
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments_are_named(smile: Sweep, tmp_path: Path) -> None:
    for path, options, words in (
        ("smile.pdf", {}, "ends|HTML file"),
        ("smile.html", {"step": 5}, "0 to 4"),
        ("smile.html", {"step": 1.5}, "whole number"),
        ("smile.html", {"consent": "x" * 501}, "500 characters"),
        ("smile.html", {"consent": 7}, "a text"),
    ):
        with pytest.raises(BadValueError, match=words):
            smile.explorable(tmp_path / path, **options)
    assert list(tmp_path.iterdir()) == []


def test_pictures_become_smaller_until_they_fit(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    noise = [rng.integers(0, 256, (600, 500, 3), np.uint8) for _ in range(2)]
    large = live.pictures(noise)
    monkeypatch.setattr(live, "PICTURES", sum(map(len, large)) - 1)
    assert sum(map(len, live.pictures(noise))) < sum(map(len, large))
    monkeypatch.setattr(live, "PICTURES", 100)
    assert live.pictures(noise), "the smallest"
    monkeypatch.setattr(live, "LARGEST", 100)
    with pytest.raises(BadValueError, match="fewer steps"):
        live.pictures(noise)


@pytest.mark.thorough
def test_a_page_of_an_ordinary_sweep_has_600_kb_at_most() -> None:
    sweep = facelib.sweep(Head(expression="happy"), "symmetry", NAMES)
    assert len(explorable.html(sweep)) < 600_000


@pytest.mark.thorough
def test_placebos_that_still_come_are_said_to_be_so_far(smile: Sweep) -> None:
    *_, some = run_references(smile, 6, seed=smile.seed)
    for finished in (True, False):
        words = parsed(explorable.html(smile, references=some, finished=finished).decode()).text
        assert ("so far" in words) != finished
