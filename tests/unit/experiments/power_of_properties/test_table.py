"""The table of properties against counting by hand, its level, and networks of which the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import facelib
from facelib import stats
from facelib.experiments.known_truth import probe_heads
from facelib.experiments.power_of_properties import (
    companions,
    effect_curves,
    power_of_properties,
    properties_table,
)
from facelib.experiments.power_of_properties.table import PROPERTY_COLUMNS, tabulate
from facelib.faces import FaceSet

ALPHA, DELTA = 0.05, 0.02
World = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def world() -> World:
    """Faces of two labels; two outputs follow age, two hair, one nothing."""
    rng = np.random.default_rng(5)
    n = 120
    labels = pd.DataFrame({"expression": np.repeat(["happy", "sad"], n // 2)})
    properties = pd.DataFrame(
        {
            "age": rng.uniform(18, 80, n),
            "hair": rng.choice(["short", "long"], n),
            "intensity": rng.uniform(0, 1, n),
            "symmetry": rng.uniform(0, 1, n),
        }
    )
    age, long = (properties["age"] - 49) / 18, (properties["hair"] == "long").astype(float)
    noise = rng.normal(size=(n, 4))
    outputs = pd.DataFrame(
        {
            "a: happy": age + noise[:, 0],
            "a: sad": 1.5 * long + noise[:, 1],
            "b: happy": age + 1.5 * long + noise[:, 2],
            "b: sad": noise[:, 3],
        }
    )
    return properties, outputs, labels


@pytest.fixture(scope="module")
def grid(world: World) -> pd.DataFrame:
    properties, outputs, labels = world
    found: pd.DataFrame = stats.independence_grid(
        properties, outputs, labels["expression"], ("chsic", "partial_correlation"), ALPHA, delta=DELTA,
        null_property=True, n_permutations=199,
    )  # fmt: skip
    return found


def test_rows_are_counted_as_by_hand(grid: pd.DataFrame) -> None:
    table = tabulate(grid, given=["age", "hair", "intensity"]).set_index("property")
    assert list(table.reset_index()) == list(PROPERTY_COLUMNS)
    for name, row in table.iterrows():
        cells = [
            cell for _, cell in grid.iterrows() if cell["property"] == name and cell["method"] == "chsic"
        ]
        sizes = [cell["explained"] for cell in cells]
        assert row["tests"] == len(cells) == 4
        assert row["significant"] == sum(cell["p"] < ALPHA for cell in cells) == 4 * row["share"]
        assert row["share_holm"] == sum(cell["p_holm"] < ALPHA for cell in cells) / 4
        assert row["share_bh"] == sum(cell["p_bh"] < ALPHA for cell in cells) / 4
        assert row["share_large"] == sum(size >= DELTA for size in sizes) / 4
        assert row["explained"] == pytest.approx(np.median(sizes))
        assert row["explained_most"] == max(sizes)
        assert row["strongest"] == cells[int(np.argmax(sizes))]["output"].replace(": ", " ")
    assert (table["method"] == "chsic").all()
    assert table["source"].tolist() == ["given", "given", "given", "measured"]
    assert table["role"].tolist() == ["property", "property", "expression", "property"]
    assert table["significant"].loc[["age", "hair"]].tolist() == [2, 2]
    assert table.loc["symmetry", "share_holm"] == 0


def test_shares_keep_the_level_where_the_label_moves_both() -> None:
    """Property and outputs follow the label and nothing else: 5 % of 400 outputs, and 2.7 SE more."""
    rng = np.random.default_rng(3)
    label = np.repeat(np.arange(4.0), 25)
    names = [f"a: {number}" for number in range(400)]
    outputs = pd.DataFrame(label[:, None] + rng.normal(size=(100, 400)), columns=names)
    age = pd.DataFrame({"age": 3 * label + rng.normal(size=100)})
    given = pd.Series(label.astype(str), name="label")
    grid = stats.independence_grid(age, outputs, given, alpha=0.05, n_permutations=199)
    assert 0.01 < tabulate(grid)["share"].item() < 0.05 + 2.7 * np.sqrt(0.05 * 0.95 / 400)


def test_what_cannot_reach_the_corrected_level_is_counted(world: World) -> None:
    properties, outputs, labels = world
    own = properties[["age"]], outputs[["a: happy", "b: happy"]], labels["expression"]
    few, many = (
        tabulate(stats.independence_grid(*own, alpha=0.05, n_permutations=count)).iloc[0]
        for count in (29, 199)
    )
    assert (few["significant"], few["share_holm"], few["out_of_reach"]) == (2, 0.0, 2)
    assert (many["significant"], many["share_holm"], many["out_of_reach"]) == (2, 1.0, 0)


def test_a_companion_is_who_moves_along_inside_labels() -> None:
    rng = np.random.default_rng(8)
    n = 400
    turn = rng.uniform(-1, 1, n)
    label = np.repeat(["happy", "sad"], n // 2)
    properties = pd.DataFrame(
        {
            "yaw": turn,
            "symmetry": -np.abs(turn) + 0.05 * rng.normal(size=n),
            "age": rng.normal(size=n) + 5 * (label == "sad"),
            "estimated_age": rng.normal(size=n) + 5 * (label == "sad"),
            "hair": np.where(rng.uniform(size=n) < 0.5, "long", "short"),
        }
    )
    properties["estimated_age"] += properties["age"]
    found = companions(properties, pd.DataFrame({"expression": label}))
    assert found["yaw"][0] == "symmetry"
    assert found["yaw"][1] > 0.9
    assert found["age"][1] < 0.2  # an estimate stands for it, and is no companion
    assert found["estimated_age"][0] == "age"
    assert companions(properties[["age"]], pd.DataFrame({"expression": label})) == {}


@pytest.mark.thorough
@pytest.mark.packages
def test_a_biased_network_is_found_and_the_unbiased_one_follows_little(tmp_path: Path) -> None:
    study = power_of_properties(
        faces=probe_heads(280, 7), classifiers=["known_unbiased", "known_age_happy"],
        properties=["age", "skin_tone", "symmetry"], size=64,
    )  # fmt: skip
    result = study.run(tmp_path, n_jobs=1)
    effects = result.effects.set_index(["classifier", "property", "label"]).sort_index()
    assert effects.loc[("known_age_happy", "age", "happy"), "p_holm"] < 0.01
    assert effects.loc[("known_age_happy", "age", "happy"), "explained_low"] > 0.14
    assert effects.loc["known_unbiased", "explained"].max() < 0.14
    table = properties_table(result).set_index("property")
    assert table.loc["age", "strongest"] == "known_age_happy happy"
    assert table["source"].to_dict() == {"age": "given", "skin_tone": "given", "symmetry": "measured"}


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_curves_leave_out_faces_of_which_something_is_unknown(tmp_path: Path) -> None:
    heads = facelib.sample_heads(60, seed=6, expressions=("happy", "sad"))
    pictures = [
        head.render(64).replace(
            attributes={"label": head.expression, "id": str(number)}
            | ({"age": head.age} if number % 3 else {})
        )
        for number, head in enumerate(heads)
    ]
    study = power_of_properties(
        faces=FaceSet.from_faces(pictures), classifiers=["known_age_happy"], properties=["age"],
        label_source="instructed", methods=("partial_correlation",),
    )  # fmt: skip
    result = study.run(tmp_path, n_jobs=1)
    assert result.data.left_out == 20
    curves = effect_curves(result, most=1, bins=2).query("expression == 'all'")
    assert curves["n"].tolist() == [20, 20]
    kept = [head for number, head in enumerate(heads) if number % 3]
    ages = np.sort([head.age for head in kept])
    assert curves["value"].tolist() == pytest.approx([ages[:20].mean(), ages[20:].mean()])
    shown = result.table[result.table["label"] == curves["label"].iloc[0]].set_index("face")["probability"]
    whole = shown.loc[[str(number) for number in range(60) if number % 3]].mean()
    assert np.average(curves["mean"], weights=curves["n"]) == pytest.approx(whole)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_the_same_code_runs_on_a_users_table(tmp_path: Path) -> None:
    """30 people with two pictures each: persons are known, and tests take them as what they are."""
    people = [head.replace(electrodes=None) for head in facelib.sample_heads(30, seed=4, ages=(20, 80))]
    pictures = [
        head.replace(expression=label).render(64).replace(
            attributes={"label": label, "person": f"p{number}", "age": head.age, "id": f"{number} {label}"}
        )
        for number, head in enumerate(people)
        for label in ("happy", "sad")
    ]  # fmt: skip
    study = power_of_properties(
        faces=FaceSet.from_faces(pictures), classifiers=["known_age_happy"], label_source="instructed",
    )  # fmt: skip
    result = study.run(tmp_path, n_jobs=1)
    assert result.settings["given"] == ["age"]
    table = properties_table(result).set_index("property")
    assert (table.loc["age", "source"], table.loc["symmetry", "source"]) == ("given", "measured")
    notes = result.grid[result.grid["property"] == "age"]["notes"].iloc[0]
    assert "60 rows of 30 persons" in notes
    assert table.loc["age", "significant"] >= 1
