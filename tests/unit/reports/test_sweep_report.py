"""What somebody finds who opens the report of a sweep, and who may be seen in it."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facelib
from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.reports.sweep import ONE, html
from facelib.reports.words import WORDS
from facelib.studies import References, Sweep, run_references
from facelib.studies.disclaimer import LIMITS
from facelib.studies.sweeps.effects import NO_OUTPUT
from facelib.utilities.wording import interval, plain, signed
from tests.unit.reports.report_reader import Element, parsed
from tests.unit.reports.test_explorable import HOSTILE, NAMES, hostile_classifier, photograph

pytestmark = pytest.mark.packages
SIZE = 96


@pytest.fixture(scope="module")
def smile() -> Sweep:
    head = Head(age=34, gender=0.0, expression="happy")
    return facelib.sweep(head, "symmetry", NAMES, steps=9, size=SIZE, replicates=5)


@pytest.fixture(scope="module")
def placebos(smile: Sweep) -> References:
    *_, last = run_references(smile, 4)
    return last


@pytest.fixture(scope="module")
def tree(smile: Sweep, placebos: References, tmp_path_factory: pytest.TempPathFactory) -> Element:
    path = smile.report(tmp_path_factory.mktemp("report") / "smile.html", references=placebos)
    assert path.stat().st_mode & 0o777 == 0o600, "nobody else on this machine reads it"
    page = path.read_text(encoding="utf-8")
    assert len(page) < 500_000
    return parsed(page)


@pytest.fixture(scope="module")
def portrait() -> Sweep:
    return facelib.sweep(photograph(name=HOSTILE), "blur", NAMES[:1], steps=3, replicates=5)


def table_of(tree: Element, words: str) -> list[list[str]]:
    (found,) = [one for one in tree.all("table") if one.all("caption")[0].text.startswith(words)]
    cells = [[one.text for one in row if one.tag in ("th", "td")] for row in found.all("tr")]
    return [[cell.replace("\xa0", " ") for cell in row] for row in cells]


@pytest.mark.thorough
def test_it_is_built_as_reports_of_studies_are(tree: Element) -> None:
    assert [one.text for one in tree.all("h2")] == [
        "Question", "Answer", "Results", "Method", "What was set, and when", "What failed", "Limits",
        "Methods paragraph to paste", "How to cite", "Provenance", "Appendix",
    ]  # fmt: skip
    assert tree.all("script") == []
    (policy,) = [one for one in tree.all("meta") if "http-equiv" in one.attributes]
    assert policy.attributes["content"].startswith("default-src 'none'")
    for one in tree:
        assert not any(name.startswith("on") for name in one.attributes)
        assert one.attributes.get("href", "#").startswith("#")
    ids = [one.attributes["id"] for one in tree if "id" in one.attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.thorough
def test_the_verdicts_are_the_sweeps_with_interval_and_room(
    tree: Element, smile: Sweep, placebos: References
) -> None:
    heads, *rows = table_of(tree, "Probability of happy on this face")
    effects = smile.effects(references=placebos).set_index("classifier")
    for row in rows:
        cells = dict(zip(heads, row, strict=True))
        one = effects.loc[cells["Classifier"].partition(" [")[0]]
        assert (cells["Strength 0"], cells["Strength 1"]) == (plain(one["start"]), plain(one["end"]))
        assert (cells["Change"], cells["90 % interval"]) == (
            signed(one["change"]),
            interval(one["low"], one["high"]),
        )
        assert cells["Room to fall, to rise"] == f"{plain(one['start'])} and {plain(1 - one['start'])}"
        assert cells["At δ = .10"] in WORDS
        assert cells["Why"]
    assert len(rows) == len(NAMES)
    said = tree.after("results")
    for sentence in effects["sentence"]:
        assert " ".join(sentence.split())[:60] in said.replace("\xa0", " ")
    assert smile.clause in tree.after("answer").replace("\xa0", " ")


@pytest.mark.thorough
def test_the_face_is_there_at_some_strengths_and_each_says_which(tree: Element, smile: Sweep) -> None:
    (picture,) = tree.all("img")
    assert "0.00, 0.25, 0.50, 0.75 and 1.00" in picture.attributes["alt"]
    data = base64.b64decode(picture.attributes["src"].partition("base64,")[2])
    with Image.open(io.BytesIO(data)) as row:
        shown = np.asarray(row.convert("RGB"))
    assert shown.shape[1] == 5 * SIZE
    assert (str(shown.shape[1]), str(shown.shape[0])) == (
        picture.attributes["width"],
        picture.attributes["height"],
    )
    for place, step in enumerate((0, 2, 4, 6, 8)):
        here = shown[:SIZE, place * SIZE : (place + 1) * SIZE].astype(int)
        assert np.abs(here - smile.images[step]).mean() < 6, "but for the JPEG"


def test_curves_are_drawn_for_those_who_see_and_told_to_others(tree: Element, smile: Sweep) -> None:
    (figure,) = tree.all("figure")
    (drawn,) = figure.all("svg")
    for name in NAMES:
        start, end = (plain(value) for value in smile.series(name)[[0, -1]])
        assert f"{name} from {start} to {end}" in drawn.attributes["aria-label"]
    assert len(drawn.all("path")) > 2 * len(NAMES)


def test_what_was_held_fixed_and_what_moved_along_is_said(tree: Element, smile: Sweep) -> None:
    text = tree.after("results").replace("\xa0", " ")
    same = (smile.images[0] == smile.images[-1]).all(axis=-1).mean()
    assert f"{100 * same:.0f} % of the pixels are as at strength 0" in text
    rows = {row[0]: row[1:] for row in table_of(tree, "Measured in the pictures")[1:]}
    (symmetry,) = [row for name, row in rows.items() if name.startswith("Facial symmetry")]
    assert symmetry[-1] == "as meant"
    assert float(symmetry[0]) == pytest.approx(smile.properties["symmetry"].iloc[0], abs=0.005)
    assert rows["Age, years"][-1] == "held"


def test_provenance_and_limits_stand_in_it(tree: Element, smile: Sweep, placebos: References) -> None:
    text = tree.text.replace("\xa0", " ")
    assert LIMITS in text
    assert ONE in text
    assert repr(smile.intervention) in text
    assert repr(smile.face).replace("=-", "=−") in text.replace("=-", "=−")
    assert f"{len(placebos)} of" in text
    for row in smile.classifiers_table.to_dict("records"):
        assert row["sha256"] in text
    assert f"seed {smile.seed}" in tree.after("paragraph").replace("\xa0", " ")


@pytest.mark.thorough
def test_placebos_that_still_come_make_it_unfinished(smile: Sweep, placebos: References) -> None:
    for finished in (True, False):
        text = parsed(html(smile, references=placebos, finished=finished)).text
        assert ("Unfinished" in text) != finished
        assert ("so far" in text) != finished
    assert "Placebos" not in table_of(parsed(html(smile)), "Probability of happy")[0]


@pytest.mark.thorough
def test_a_photograph_is_left_out_until_it_is_said_that_it_may_be_in(portrait: Sweep, tmp_path: Path) -> None:
    without = portrait.report(tmp_path / "without.html").read_text(encoding="utf-8")
    assert "data:image" not in without
    assert "nobody said that the person shown has agreed" in parsed(without).text
    page = portrait.report(tmp_path / "with.html", with_photograph=True, consent="form 7").read_text()
    assert page.count("data:image/jpeg") == 1
    assert "recorded in: form 7." in parsed(page).text
    for said in (1, "yes", None):
        with pytest.raises(BadValueError, match="photograph of a person"):
            portrait.report(tmp_path / "no.html", with_photograph=said)  # type: ignore[arg-type]
    closed = replace(portrait, face=photograph(consent="no"))
    with pytest.raises(BadValueError, match="consent isn't given"):
        closed.report(tmp_path / "no.html", with_photograph=True, consent="form 7")
    assert "data:image" not in closed.report(tmp_path / "without.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["with.html", "without.html"]


@pytest.mark.thorough
def test_strangers_words_stay_words() -> None:
    known = facelib.classifiers.load("known_unbiased")
    label = f"label {HOSTILE}"
    face = photograph(name=HOSTILE)
    sweep = facelib.sweep(face, "blur", [hostile_classifier(), known], steps=3, label=label, replicates=5)
    page = html(sweep, with_photograph=True, consent=HOSTILE)
    tree = parsed(page)
    assert tree.all("script") == []
    assert len(tree.all("img")) == 1
    assert not any(name.startswith("on") for one in tree for name in one.attributes)
    assert "pwned" in tree.text, "what is tried is there to be read"
    assert "{{ 7*7 }}" in tree.text, "no template is run"
    assert "known_unbiased" in tree.after("failures"), "who has no such class is named"
    row = next(
        row for row in table_of(tree, "Probability of label")[1:] if row[0].startswith("known_unbiased")
    )
    assert row[-1] == NO_OUTPUT


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("smile.pdf", {}, r"A report is an HTML file, as in 'smile\.html'"),
        ("smile.html", {"consent": "x" * 501, "with_photograph": True}, "500 characters"),
    ],
)
def test_bad_arguments_are_named(
    smile: Sweep, tmp_path: Path, name: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(BadValueError, match=words):
        smile.report(tmp_path / name, **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_it_says_nothing_in_python(tree: Element) -> None:
    assert not re.search(r"\b(None|True|False|nan)\b", tree.after("answer") + tree.after("limits"))
