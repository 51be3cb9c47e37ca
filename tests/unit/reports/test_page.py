"""What somebody finds who opens a report, and what a report never does."""

from __future__ import annotations

import base64
import io
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from facelib import interventions, reports, studies
from facelib.charts import explained, forest, mean_response
from facelib.charts.export import figure
from facelib.charts.specs import in_type_of_page
from facelib.charts.studies.heatmap import heatmap
from facelib.errors import BadValueError
from facelib.reports import drawing, examples
from facelib.studies import Cancelled, Hypothesis, InterventionalResult, ObservationalResult, open_study
from facelib.studies.disclaimer import LIMITS_OF
from facelib.utilities.wording import chance, interval, plain, signed
from tests.unit.reports.report_reader import STATEMENT, Element, one_sided, parsed

pytestmark = pytest.mark.packages
KINDS = ("interventional", "observational")
OLD = Path(__file__).parents[2] / "fixtures" / "studies" / "of_80850c4"
HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def trees(pages: dict[str, str]) -> dict[str, Element]:
    return {kind: parsed(page) for kind, page in pages.items()}


def plainly(text: str) -> str:
    return text.replace("\xa0", " ")


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_headings_are_in_order(trees: dict[str, Element], kind: str) -> None:
    headings = [one for one in trees[kind] if one.tag in ("h1", "h2", "h3", "h4")]
    levels = [int(one.tag[1]) for one in headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels)), "no level is left out"
    assert [one.text for one in headings if one.tag == "h2"] == [
        "Question", "Answer", "Results", "Method", "What was set, and when", "What failed", "Limits",
        "Methods paragraph to paste", "How to cite", "Provenance", "Appendix",
    ]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_and_nothing_runs(
    pages: dict[str, str], trees: dict[str, Element], kind: str
) -> None:
    page, tree = pages[kind], trees[kind]
    assert not re.search(r"<script|<link|<iframe|<object|<embed|javascript:|@import|@font-face", page, re.I)
    for one in tree:
        for name, value in one.attributes.items():
            assert not name.startswith("on"), f"{one.tag} {name}"
            if (one.tag, name) == ("img", "src"):
                assert re.fullmatch(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", value), "inside the page"
                continue
            assert name not in ("src", "srcset", "action", "data"), f"{one.tag} {name}"
            if name in ("href", "xlink:href"):
                assert value.startswith("#"), value
            assert all(part.startswith("#") for part in re.findall(r"url\(([^)]*)\)", value)), value
    (style,) = tree.all("style")
    assert "url(" not in style.text
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page).replace("http-equiv", "")
    policy = next(one for one in tree.all("meta") if "http-equiv" in one.attributes)
    assert policy.attributes["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_unique_and_links_lead_somewhere(trees: dict[str, Element], kind: str) -> None:
    ids = [one.attributes["id"] for one in trees[kind] if "id" in one.attributes]
    assert len(set(ids)) == len(ids)
    for one in trees[kind]:
        for value in (one.attributes.get("href", ""), *re.findall(r"url\((#[^)]*)\)", str(one.attributes))):
            assert not value or value[1:] in ids, value


@pytest.mark.parametrize("kind", KINDS)
def test_figures_have_words_for_who_cannot_see_them(trees: dict[str, Element], kind: str) -> None:
    figures = trees[kind].all("figure")
    assert len(figures) == {"interventional": 10, "observational": 5}[kind]
    for number, one in enumerate(figures, 1):
        (picture,) = one.all("svg")
        assert picture.attributes["role"] == "img"
        assert len(picture.attributes["aria-label"]) > 40
        (caption,) = one.all("figcaption")
        assert plainly(caption.text).startswith(f"Figure {number}. ")
        assert caption.text[-1] == "."


@pytest.mark.parametrize("kind", KINDS)
def test_tables_have_real_headers(trees: dict[str, Element], kind: str) -> None:
    tables = trees[kind].all("table")
    assert len(tables) >= 8
    for table in tables:
        (caption,), (head,), (body,) = table.all("caption"), table.all("thead"), table.all("tbody")
        assert caption.text
        names = head.all("th")
        assert all(name.attributes["scope"] == "col" and name.text for name in names)
        for row in body.all("tr"):
            cells = [one for one in row if one.tag in ("th", "td")]
            assert len(cells) == len(names)
            assert cells[0].attributes["scope"] == "row"


@pytest.mark.parametrize("kind", KINDS)
def test_formulas_are_mathml_that_is_read_aloud(trees: dict[str, Element], kind: str) -> None:
    formulas = trees[kind].all("math")
    assert len(formulas) >= 6
    assert all(len(one.attributes["alttext"]) > 10 for one in formulas)
    assert {"interventional": "Holm", "observational": "SS"}[kind] in " ".join(one.text for one in formulas)


@pytest.mark.parametrize("kind", KINDS)
def test_limits_and_sources_stand_in_every_report(trees: dict[str, Element], kind: str) -> None:
    tree = trees[kind]
    assert LIMITS_OF[kind] in tree.after("limits")
    cited = tree.after("cite")
    assert "arXiv 2409.15927" in cited
    assert "arXiv 2404.07867" in cited
    assert "facelib 0" in cited


@pytest.mark.parametrize("kind", KINDS)
def test_reports_say_and_show_and_tell_nothing(trees: dict[str, Element], kind: str) -> None:
    (body,) = trees[kind].all("body")
    odd = re.findall(r".{30}\b(?:told|tells)\b.{20}", plainly(body.text))
    assert odd == []


def test_it_is_small(pages: dict[str, str]) -> None:
    assert max(len(page) for page in pages.values()) < 400_000


def test_verdicts_come_first_in_plain_language(trees: dict[str, Element]) -> None:
    tree = trees["interventional"]
    answer = plainly(tree.after("answer"))
    assert (
        "As the left side weakens, the change of the output for the emotion meant matters at δ = .10"
        in answer
    )
    assert (
        "2 of 2 classifiers lower their output for the emotion meant; 2 of 2 are shown to fall further than "
        "with the same total activation on both sides" in answer
    )
    assert "can't be said" in answer
    assert "never about what a person feels" in answer
    question = plainly(tree.after("question"))
    assert (
        "for the emotion meant, the one that each face is meant to show, fall as (1) the left side"
        in question
    )


def test_every_classifier_has_its_sentence_and_its_row(
    trees: dict[str, Element], changed: InterventionalResult
) -> None:
    tree = trees["interventional"]
    section = next(one for one in tree if one.attributes.get("id") == "change-asymmetric_expression")
    told = [plainly(one.text) for one in section.all("li")]
    rows = [[cell.text for cell in row if cell.tag in ("th", "td")] for row in section.all("tr")]
    effects = changed.effects.query("intervention == 'asymmetric_expression'")
    contrasts = changed.contrasts.query("intervention == 'asymmetric_expression'")
    for number, (_, effect) in enumerate(effects.iterrows()):
        assert f"{effect['classifier']}'s output for the emotion meant falls by" in told[number]
        assert "It matters at δ = .10 (90 % interval" in told[number]
        shown = rows[1 + number]
        assert shown[0].startswith(effect["classifier"])
        assert shown[1:6] == [
            plain(effect["start"]), signed(effect["mean"]), interval(effect["low"], effect["high"]),
            chance(effect["p"]), chance(effect["p_holm"]),
        ]  # fmt: skip
        assert shown[-3:] == ["matters"] * 3
        beyond = contrasts.iloc[number]
        assert rows[4 + number][3:7] == [
            signed(beyond["mean"]), interval(beyond["low"], beyond["high"]), chance(beyond["p"]),
            chance(beyond["p_holm"]),
        ]  # fmt: skip
    assert "12 people." in section.all("caption")[0].text
    notes = next(one for one in section if one.attributes.get("class") == "notes").all("p")
    told = [re.fullmatch(r"(?:\[(\w+)\] )?(.*)", one.text).groups() for one in notes]
    for (_, effect), row in zip(effects.iterrows(), rows[1:3], strict=True):
        marks = re.findall(r"\w+", row[0].partition("[")[2])
        mine = {text for mark, text in told if mark is None or mark in marks}
        assert mine == set(re.split(r"(?<=\.) ", effect["notes"])), (
            "each sentence is told once, to whom it is about"
        )
    assert "Each identity counts once: the mean of its 2 faces." in [text for mark, text in told if not mark]


def test_significance_is_told_by_signs(trees: dict[str, Element], changed: InterventionalResult) -> None:
    figure = next(
        one for one in trees["interventional"] if one.attributes.get("id") == "map_asymmetric_expression"
    )
    written = [one.text for one in figure.all("text")]
    rows = changed.effects_by_label.query("intervention == 'asymmetric_expression'")
    starred = rows[rows["p_holm"] <= 0.05]
    assert 0 < len(starred) < len(rows)
    assert sum(text.endswith((" *", " *?")) for text in written) == len(starred)
    undecided = ~rows["verdict"].isin(["matters", "does not matter at δ"])
    assert sum("?" in text and len(text) < 12 for text in written) == undecided.sum() > 0


def test_the_share_that_matters_says_what_it_counts(trees: dict[str, Element]) -> None:
    section = next(one for one in trees["interventional"] if one.attributes.get("id") == "overview")
    table = section.all("table")[0]
    assert "Matters at δ" in [one.text for one in table.all("th")]
    caption = plainly(table.all("caption")[0].text)
    assert caption.startswith(
        "Counted over every output (each emotion of each classifier), not over the class"
    )
    assert "whose whole 90 % interval lies beyond ± .10, of those with 6 people or more" in caption
    assert "can be 0 % though the change matters for the class of interest" in caption


def test_each_change_is_shown_on_a_rendered_head(trees: dict[str, Element], pages: dict[str, str]) -> None:
    pictures = trees["interventional"].all("img")
    assert len(pictures) == 3
    assert len({one.attributes["src"] for one in pictures}) == 3
    for one in pictures:
        picture = Image.open(io.BytesIO(base64.b64decode(one.attributes["src"].partition(",")[2])))
        assert picture.size == (int(one.attributes["width"]), int(one.attributes["height"])) == (384, 128)
        start, half, end = np.split(np.asarray(picture).astype(float), 3, axis=1)
        assert 0 < np.abs(half - start).mean() < np.abs(end - start).mean()
        assert "strength 0, one half and 1, as " in one.attributes["alt"]
        assert len(one.attributes["src"]) < 25_000
    assert "An example head, happy, drawn for this report (no face of the study)" in pages["interventional"]
    assert trees["observational"].all("img") == [], "nothing is changed there"


@pytest.mark.thorough
def test_a_change_is_drawn_with_the_options_that_its_name_has(changed: InterventionalResult) -> None:
    item = next(one for one in changed.settings["interventions"] if one["id"] == "asymmetric_expression")
    left, right = (
        examples.example(changed, {**item, "name": f"asymmetric_expression{options}"})
        for options in ("", "(side=right)")
    )
    assert left.source != right.source
    for unknown in ("asymmetric_expression(side=up)", "asymmetric_expression(how=fast)", "other"):
        assert examples.example(changed, {**item, "name": unknown}) == examples.UNKNOWN
    assert examples.example(changed, {**item, "id": "mine", "name": "mine"}) == examples.UNREGISTERED.format(
        id="mine"
    )
    again = examples._row.__wrapped__(interventions.get("asymmetric_expression"), "happy")
    assert again == left.source, "drawn anew it is the same"


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_photographs_are_not_shown_and_why_is_said(tmp_path: Path, changed: InterventionalResult) -> None:
    settings = {**changed.settings, "faces": "24 pictures of 12 people"}
    tree = parsed(replace(changed, settings=settings).report(tmp_path / "one.html").read_text())
    assert tree.all("img") == []
    assert tree.after("results").count("No picture is shown: the faces of this study are photographs") == 3


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["heads", "pictures", "observed"])
def test_finished_old_studies_still_have_a_report(tmp_path: Path, name: str) -> None:
    shutil.copytree(OLD / name, tmp_path / name)
    tree = parsed(open_study(tmp_path / name).report(tmp_path / "one.html").read_text())
    assert bool(tree.all("img")) == (name == "heads")
    assert "3 of 3" not in tree.after("failures")


def test_manipulation_is_checked(trees: dict[str, Element]) -> None:
    table = next(one for one in trees["interventional"].all("table") if "what they should" in one.text)
    rows = [[cell.text for cell in row if cell.tag in ("th", "td")] for row in table.all("tr")][1:]
    own = {row[0]: row for row in rows if row[2] == "yes"}
    assert set(own) == {"One side weaker", "Age"}
    start, end = map(float, own["One side weaker"][3:5])
    assert start > 0.99
    assert end < 0.6


def test_what_was_set_stands_with_its_time(trees: dict[str, Element], changed: InterventionalResult) -> None:
    told = plainly(trees["interventional"].after("declared"))
    assert f"{STATEMENT}. Set on 20" in told
    assert "UTC, before the run: symmetry: the emotion meant, which falls; δ = .10, α = .05; 24 faces" in told
    assert "Nothing was changed later" in told
    set_to = plainly(trees["interventional"].after("declared", ("td",)))
    assert "one-sided: it falls" in set_to


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_later_changes_are_told(tmp_path: Path, changed: InterventionalResult) -> None:
    again = replace(changed, settings={**changed.settings, "delta": 0.05, "alternative": "two-sided"})
    tree = parsed(again.report(tmp_path / "one.html").read_text())
    told = plainly(tree.after("declared"))
    assert "δ was registered as .10; the study ran with .05." in told
    assert "Nothing was changed later" not in told
    assert "2 changes since then" in plainly(tree.after("question"))


def test_provenance_is_complete(trees: dict[str, Element], changed: InterventionalResult) -> None:
    told = trees["interventional"].after("provenance", ("td", "th"))
    for row in changed.provenance["classifiers"]:
        assert row["sha256"] in told
        assert row["licence"] in told
    for name, version in changed.provenance["versions"].items():
        assert name in told
        assert version in told
    assert changed.provenance["machine"]["processor"] in told


def test_the_paragraph_says_what_was_done(trees: dict[str, Element]) -> None:
    text = plainly(trees["interventional"].after("paragraph"))
    for part in (
        "24 rendered heads of 12 people", "5 even steps", "64 px", "2 classifiers (known_unbiased and",
        "the person was the unit of analysis (n = 12)", "95 % intervals (Student's t)",
        "one-sided sign-flip tests over people (all 4,096 sign patterns)", "Holm over 6 tests at α = .05",
        "90 % interval", "± δ = .10", "δ was set, and registered, before the run",
        "control (both sides weaker)",
    ):  # fmt: skip
        assert part in text, part


def test_observed_properties_stand_beside_chance(
    trees: dict[str, Element], observed: ObservationalResult
) -> None:
    tree = trees["observational"]
    answer = plainly(tree.after("answer"))
    shares = observed.share_significant.query("method == 'chsic'").set_index("property")
    count = int(shares.loc["age", "significant"])
    assert count > 0
    assert f"Age: on {count} of 14 outputs" in answer
    assert "A property of random numbers: 0 %" in answer
    assert "(known_age_happy: happy;" in answer
    assert "Facial symmetry (measured): on none of 14 outputs" in answer
    assert "(α = .01): with so few people that says nothing." in answer
    assert answer.startswith("Too few people: 70. ")
    assert "says nothing about size" in answer
    limits = plainly(tree.after("limits"))
    assert "come from: rendered" in limits
    assert "Measured in the pictures that the classifiers read: facial symmetry (measured)" in limits
    method = plainly(tree.after("method"))
    assert "cHSIC decides." in method
    assert "vote" not in method
    assert "KCIT" not in method, "only tests that were run"
    assert "over all m = 28 pairs" in method


def test_all_outputs_stand_in_the_appendix(trees: dict[str, Element]) -> None:
    for kind, count in (("interventional", 3 * 14), ("observational", 2 * 14)):
        section = next(one for one in trees[kind] if one.attributes.get("id") == "all-outputs")
        assert sum(len(body.all("tr")) for body in section.all("tbody")) == count


@pytest.mark.thorough
def test_what_comes_from_data_is_escaped(tmp_path: Path, changed: InterventionalResult) -> None:
    names = {"known_unbiased": HOSTILE}
    items = [{**item, "title": HOSTILE + item["title"]} for item in changed.settings["interventions"]]
    settings = {
        **changed.settings, "name": HOSTILE, "faces": HOSTILE, "hypothesis": HOSTILE, "interventions": items,
        "classifiers": [names.get(name, name) for name in changed.settings["classifiers"]],
    }  # fmt: skip
    table = changed.table.assign(classifier=changed.table["classifier"].replace(names))
    table.loc[table["face"] == table["face"].iloc[0], "error"] = HOSTILE
    hostile = replace(
        changed, settings=settings, table=table,
        provenance={**changed.provenance, "machine": {HOSTILE: HOSTILE}},
    )  # fmt: skip
    page = hostile.report(tmp_path / "one.html").read_text()
    assert "<script" not in page
    tree = parsed(page)
    assert tree.all("script") == []
    assert tree.all("h1")[0].text == HOSTILE
    assert HOSTILE in tree.all("title")[0].text
    drawn = [word.text for one in tree.all("figure") for word in one.all("text")]
    assert any(text.startswith("<script>alert") for text in drawn)
    assert any(HOSTILE in one.attributes.get("aria-label", "") for one in tree.all("svg"))
    assert HOSTILE in tree.after("failures", ("th",))


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_an_unfinished_study_says_so(tmp_path: Path) -> None:
    after = iter([False] * 20 + [True] * 1000)
    with pytest.raises(Cancelled):
        one_sided(hypothesis=None).run(tmp_path / "run", n_jobs=1, stop=lambda: next(after))
    partly = open_study(tmp_path / "run")
    assert 0 < partly.done < partly.total
    tree = parsed(partly.report(tmp_path / "one.html").read_text())
    (status,) = [one for one in tree if one.attributes.get("class") == "status unfinished"]
    assert status.text.startswith(f"Unfinished: {partly.done} of {partly.total} units")
    assert "No hypothesis was registered: the study explores." in tree.after("question")


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_failures_are_counted_in_words(tmp_path: Path, changed: InterventionalResult) -> None:
    table = changed.table.copy()
    faces = list(dict.fromkeys(table["face"]))[:3]
    lost = table["face"].isin(faces) & (table["intervention"] == "age")
    table.loc[lost, ["logit", "probability"]] = float("nan")
    table.loc[lost, "error"] = "The face can't be rendered."
    tree = parsed(replace(changed, table=table, failed=3).report(tmp_path / "one.html").read_text())
    told = "3 of 72 units (one face × one change) failed, on 3 of 24 faces: 6 readings, by a classifier"
    assert told in plainly(tree.after("failures"))
    cells = tree.after("failures", ("th", "td")).split("\n")[5:]
    assert cells[:4] == ["The face can't be rendered.", "age", "known_unbiased", "3"]
    assert "Something failed in 3 of 72 units (one face × change each)" in tree.after("paragraph")


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_rising_hypotheses_count_no_falls(tmp_path: Path, changed: InterventionalResult) -> None:
    items = [{**item, "expected": "open"} for item in changed.settings["interventions"]]
    settings = {**changed.settings, "alternative": "greater", "label": "happy", "interventions": items}
    tree = parsed(replace(changed, settings=settings).report(tmp_path / "one.html").read_text())
    assert "for happy rise as (1)" in tree.after("question")
    assert "lower their output" not in tree.after("answer")


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_an_earlier_report_survives_one_that_fails(
    tmp_path: Path, changed: InterventionalResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.html"
    path.write_text("earlier")

    def fail(_self: Path, _target: Path) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            reports.write(changed, path)
    assert path.read_text() == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["one.html"]


def test_bad_arguments_are_named(tmp_path: Path, changed: InterventionalResult) -> None:
    with pytest.raises(BadValueError, match=r"HTML file.*got 'one\.pdf'"):
        reports.write(changed, tmp_path / "one.pdf")
    with pytest.raises(BadValueError, match="got DataFrame"):
        reports.write(pd.DataFrame(), tmp_path / "one.html")
    nothing = replace(changed, table=changed.table.iloc[:0])
    with pytest.raises(BadValueError, match="Nothing is done yet"):
        reports.write(nothing, tmp_path / "one.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_studies_reach_their_report(changed: InterventionalResult, tmp_path: Path) -> None:
    assert isinstance(changed, studies.InterventionalResult)
    assert changed.report(tmp_path / "deep" / "one.html") == tmp_path / "deep" / "one.html"


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_many_classifiers_are_counted_not_named(tmp_path: Path, changed: InterventionalResult) -> None:
    """Seventeen names three times are no answer."""
    first = changed.table[changed.table["classifier"] == "known_unbiased"]
    names = [f"network_{place}" for place in range(7)]
    table = pd.concat([first.assign(classifier=name) for name in names], ignore_index=True)
    table["step"] = table["step"].astype(int)
    many = replace(changed, table=table, settings={**changed.settings, "classifiers": names})
    tree = parsed(many.report(tmp_path / "one.html").read_text())
    answer = plainly(tree.after("answer"))
    assert "matters at δ = .10 for all 7 classifiers (mean change −." in answer
    assert "network_3" not in answer
    section = next(one for one in tree if one.attributes.get("id") == "change-asymmetric_expression")
    assert len(section.all("li")) == 7
    assert [one.text for one in section.all("p")].count("In words:") == 1


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_what_the_hypothesis_is_about_comes_first(tmp_path: Path, observed: ObservationalResult) -> None:
    studies.register(tmp_path, Hypothesis("Outputs depend on symmetry", "symmetry"))
    again = replace(observed, store=tmp_path)
    vars(again)["grid"] = observed.grid
    tree = parsed(again.report(tmp_path / "one.html").read_text())
    few, first, second = plainly(tree.after("answer")).split("\n")[:3]
    assert few.startswith("Too few people: 70. ")
    assert first.startswith("On the hypothesis: Facial symmetry (measured): on none of 14")
    assert second.startswith("Age: on ")
    assert "Hypothesis: Outputs depend on symmetry. Set on 20" in plainly(tree.after("question"))


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_one_test_alone_is_named(tmp_path: Path, observed: ObservationalResult) -> None:
    grid = observed.grid[observed.grid["method"] == "partial_correlation"]
    alone = replace(observed, settings={**observed.settings, "label_source": "rated by five people"})
    vars(alone)["grid"] = grid.reset_index(drop=True)
    tree = parsed(alone.report(tmp_path / "one.html").read_text())
    assert "does the test (partial correlation) find" in plainly(tree.after("answer"))
    assert "A rated label is read from the picture" in tree.after("limits")
    assert "Student" not in tree.after("method")


def test_what_cannot_be_reported_says_why(tmp_path: Path, changed: InterventionalResult) -> None:
    lost = changed.table.assign(error="The face can't be rendered.", probability=float("nan"))
    with pytest.raises(BadValueError, match=r"all 144 readings failed, most of them with: The face can't"):
        reports.write(replace(changed, table=lost), tmp_path / "one.html")
    unknown = replace(changed, faces=changed.faces.assign(expression=""))
    with pytest.raises(BadValueError, match="No face says what it is meant to show"):
        reports.write(unknown, tmp_path / "one.html")


@pytest.mark.thorough
def test_drawings_from_the_cache_are_the_charts(
    changed: InterventionalResult, observed: ObservationalResult
) -> None:
    """A report fills layouts that are kept; what is drawn is what the charts draw, in the page's type."""
    effects, curves = changed.effects, changed.curves
    pairs = [
        (drawing.effects(effects, {}, "heading"), forest(effects, heading="heading")),
        (drawing.curves(curves, {}, "heading"), mean_response(curves, heading="heading")),
        (drawing.emotions(changed.effects_by_label, {}), heatmap(changed.effects_by_label)),
        (
            drawing.sizes(observed.effects, {}, delta=0.01, alpha=0.01, most=5),
            explained(observed.effects, delta=0.01, alpha=0.01, most=5),
        ),
    ]
    for kept, chart in pairs:
        assert figure(kept) == figure(in_type_of_page(chart.to_dict()))
