"""What an observational report says where sizes are missing, and who decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from facelib.charts.studies.effects import explained_rows
from facelib.studies import ObservationalResult
from tests.unit.reports.report_reader import Element, parsed

pytestmark = pytest.mark.usefixtures("undrawn")
SIZES = ["explained", "explained_low", "explained_high"]


def report_of(result: ObservationalResult, folder: Path, grid: pd.DataFrame, **settings: object) -> Element:
    again = replace(result, store=folder, settings={**result.settings, **settings})
    vars(again)["grid"] = grid
    return parsed(again.report(folder / "one.html").read_text())


def plainly(text: str) -> str:
    return text.replace("\xa0", " ")


def section(tree: Element, name: str) -> Element:
    return next(one for one in tree if one.attributes.get("id") == name)


def without_sizes(result: ObservationalResult) -> pd.DataFrame:
    """Return the grid as eight people would leave it: no ω², and the rejections at its end."""
    grid = result.grid.copy()
    grid[[*SIZES, "large_low", "large_high"]] = float("nan")
    own = grid.index[(grid["method"] == "chsic") & (grid["property"] == "symmetry")]
    grid.loc[own, ["p", "p_holm", "p_bh", "rejects"]] = [0.6, 1.0, 0.9, False]
    grid.loc[own[-2], ["p", "p_holm", "p_bh", "rejects"]] = [0.0098, 0.3, 0.1, True]
    grid.loc[own[-1], ["p", "p_holm", "p_bh", "rejects"]] = [0.003, 0.1, 0.05, True]
    return grid


@pytest.mark.thorough
def test_without_sizes_what_rejects_comes_first_and_no_empty_figure(
    observed: ObservationalResult, tmp_path: Path
) -> None:
    grid = without_sizes(observed)
    last = list(grid.loc[(grid["method"] == "chsic") & (grid["property"] == "symmetry"), "output"])[-2:]
    part = section(report_of(observed, tmp_path, grid), "property-symmetry")
    rows = [[cell.text for cell in row if cell.tag in ("th", "td")] for row in part.all("tr")][1:]
    assert [row[0] for row in rows[:2]] == last[::-1]
    assert [row[-1] for row in rows[:3]] == ["yes", "yes", "no"]
    said = plainly(part.text)
    assert "go with it most" not in part.all("caption")[0].text
    assert "those that reject first, then by p" in plainly(part.all("caption")[0].text)
    assert "ω² is missing: there are too few faces in every label" in said
    assert [one.attributes["id"] for one in part.all("figure")] == ["map_symmetry"]
    assert "whiskers" not in said
    assert "the colour is" not in said


@pytest.mark.thorough
def test_where_a_p_stands_nothing_is_called_untestable(observed: ObservationalResult) -> None:
    again = replace(observed)
    vars(again)["grid"] = without_sizes(observed)
    own = again.effects[again.effects["property"] == "symmetry"]
    shown = explained_rows(own, delta=0.01, alpha=0.01, most=12)
    assert shown[0]["words"] == "ω² missing; p = .003"
    assert not any("not testable" in row["words"] for row in shown)
    untested = own.assign(p=float("nan"), p_holm=float("nan"), rejects=False)
    assert {row["words"] for row in explained_rows(untested, delta=0.01, alpha=0.01, most=12)} == {
        "not testable"
    }


@pytest.mark.thorough
def test_whiskers_are_spoken_of_only_where_there_are_some(
    observed: ObservationalResult, tmp_path: Path
) -> None:
    grid = observed.grid.assign(explained_low=float("nan"), explained_high=float("nan"))
    said = plainly(section(report_of(observed, tmp_path, grid), "sizes_age").text)
    assert "whiskers" not in said
    own = replace(observed)
    vars(own)["grid"] = grid
    words = explained_rows(own.effects, delta=0.01, alpha=0.01, most=12)[0]["words"]
    assert "–" not in words


@pytest.mark.thorough
def test_a_vote_decides_where_it_was_chosen_by_name(observed: ObservationalResult, tmp_path: Path) -> None:
    grid = observed.data.test({**observed.settings, "methods": "paper"})
    tree = report_of(observed, tmp_path, grid, methods="paper")
    text = plainly(tree.text)
    assert "cHSIC, RCoT and CMIknn vote; two of three decide." in text
    assert "the test (vote of three) find" in plainly(tree.after("answer"))
    assert "The vote rejects where two of three tests have a p below α = .01" in text
    assert "if two of cHSIC, RCoT and CMIknn rejected at α = .01" in text
    alone = plainly(report_of(observed, tmp_path, observed.grid).text)
    assert "vote" not in alone
    assert "if the p of cHSIC was below α = .01" in alone
    assert "cHSIC decides." in alone, "of several tests the reader must know which"


@pytest.mark.thorough
def test_where_nothing_is_held_no_label_is_spoken_of(observed: ObservationalResult, tmp_path: Path) -> None:
    tree = report_of(observed, tmp_path, observed.grid, labels=[], label_source="not declared")
    text = plainly(tree.text)
    assert "inside labels" not in text
    assert "not declared" not in text
    assert "per label" not in text
    assert "of the same label" not in text
    assert text.count("Nothing is held fixed") == 2  # the question, and the limits
    assert "nothing held fixed" not in plainly(tree.after("answer"))
    assert "A property that merely goes with the expression" in plainly(tree.after("answer"))


@pytest.mark.thorough
@pytest.mark.parametrize("labels", [["expression"], []])
def test_nothing_was_changed_and_going_with_is_no_use(
    observed: ObservationalResult, tmp_path: Path, labels: list[str]
) -> None:
    tree = report_of(observed, tmp_path, observed.grid, labels=labels)
    text = plainly(tree.text)
    assert "stated change" not in text
    assert "nothing was changed in them" in plainly(tree.after("limits"))
    assert "read as use" not in text
    assert "may still not use it" in text
