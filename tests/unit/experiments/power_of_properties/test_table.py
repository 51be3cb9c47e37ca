"""The table of properties against counting by hand, and against networks of which the truth is known."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import facelib
from facelib import stats
from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import (
    PAPER,
    companions,
    describe_properties,
    effect_curves,
    grid_with_intensity,
    known_use_control,
    known_use_table,
    power_of_properties,
    properties_table,
)
from facelib.experiments.power_of_properties.controls import CLEARED, FLAGGED, USED
from facelib.experiments.power_of_properties.table import (
    PROPERTY_COLUMNS,
    grids_in_light,
    properties_by_classifier,
    tabulate,
)
from facelib.faces import FaceSet
from facelib.studies import ObservationalResult
from facelib.studies.grid import effects_of

ALPHA, DELTA = 0.05, 0.02


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Faces of two labels; one output follows age, one size, one nothing."""
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
def grid(world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    properties, outputs, labels = world
    found: pd.DataFrame = stats.independence_grid(
        properties,
        outputs,
        labels["expression"],
        ("chsic", "rcot", "cmiknn", "partial_correlation"),
        ALPHA,
        delta=DELTA,
        null_property=True,
        n_permutations=199,
    )
    return found


def test_rows_are_counted_as_by_hand(grid: pd.DataFrame) -> None:
    table = tabulate({"expression": grid}, given=["age", "hair", "intensity"]).set_index("property")
    assert list(table.reset_index())[: len(PROPERTY_COLUMNS)] == list(PROPERTY_COLUMNS)
    for name, row in table.iterrows():
        p, holm, bh, sizes, outputs = [], [], [], [], []
        for _, cell in grid.iterrows():
            if cell["property"] == name and cell["method"] == "chsic":
                p.append(cell["p"])
                holm.append(cell["p_holm"])
                bh.append(cell["p_bh"])
                sizes.append(cell["explained"])
                outputs.append(cell["output"])
        assert row["tests"] == len(p) == 4
        assert row["significant"] == sum(value < ALPHA for value in p)
        assert row["share"] == sum(value < ALPHA for value in p) / 4
        assert row["share_holm"] == sum(value < ALPHA for value in holm) / 4
        assert row["share_bh"] == sum(value < ALPHA for value in bh) / 4
        assert row["share_large"] == sum(size >= DELTA for size in sizes) / 4
        assert row["explained"] == pytest.approx(np.median(sizes))
        assert row["explained_most"] == max(sizes)
        assert row["strongest"] == outputs[int(np.argmax(sizes))].replace(": ", " ")
        for method in ("chsic", "rcot", "cmiknn", "partial_correlation"):
            own = grid[(grid["property"] == name) & (grid["method"] == method)]
            assert row[f"share_{method}"] == sum(value < ALPHA for value in own["p"]) / 4
    assert (table["held"] == "expression").all()
    assert table["source"].to_dict() == {
        "age": "given", "hair": "given", "intensity": "given", "symmetry": "measured",
    }  # fmt: skip


def test_the_truth_of_the_world_is_found(grid: pd.DataFrame) -> None:
    table = tabulate({"expression": grid}).set_index("property")
    assert table["significant"].loc[["age", "hair"]].tolist() == [2, 2]
    assert table.loc["symmetry", "share_holm"] == 0
    assert table["null_share"].max() <= 0.25


def test_the_expression_itself_is_never_the_largest(grid: pd.DataFrame) -> None:
    everything = grid.assign(rejects=np.where(grid["property"] == "intensity", True, grid["rejects"]))
    table = tabulate({"expression": everything}).set_index("property")
    assert table.loc["intensity", ["share", "role"]].tolist() == [1.0, "expression"]
    assert not table.loc["intensity", "largest"]
    assert set(table.index[table["largest"]]) == {"age", "hair"}


def test_what_cannot_reach_the_corrected_level_is_counted(
    world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    properties, outputs, labels = world
    few, many = (
        tabulate(
            {
                "expression": stats.independence_grid(
                    properties[["age"]], outputs[["a: happy", "b: happy"]], labels["expression"],
                    alpha=0.05, n_permutations=count,
                )
            }
        ).iloc[0]
        for count in (29, 199)
    )  # fmt: skip
    assert (few["significant"], few["share_holm"], few["out_of_reach"]) == (2, 0.0, 2)
    assert (many["significant"], many["share_holm"], many["out_of_reach"]) == (2, 1.0, 0)


def test_two_analyses_stand_below_each_other(grid: pd.DataFrame) -> None:
    second = grid[grid["property"].isin(["symmetry", "(random numbers)"])]
    table = tabulate({"expression": grid, "expression and more": second})
    twice = table[table["property"] == "symmetry"]
    assert twice["held"].tolist() == ["expression", "expression and more"]
    assert twice["largest"].tolist() == [False, bool(twice["share"].iloc[1] > 0)]


def test_classifiers_are_counted_apart(grid: pd.DataFrame) -> None:
    from facelib.experiments.power_of_properties.table import by_classifier

    counted = by_classifier(effects_of(grid), ALPHA, DELTA).set_index(["property", "classifier"])
    assert counted.loc[("age", "a"), ["tests", "significant"]].tolist() == [2, 1]
    assert counted.loc[("age", "b"), ["tests", "significant"]].tolist() == [2, 1]
    whole = tabulate({"expression": grid}).set_index("property")
    sums = counted["significant"].groupby("property").sum()
    assert sums.to_dict() == whole["significant"].to_dict()


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
            "grey": rng.normal(size=n) + 5 * (label == "sad"),
            "hair": np.where(rng.uniform(size=n) < 0.5, "long", "short"),
        }
    )
    found = companions(properties, pd.DataFrame({"expression": label}))
    assert found["yaw"][0] == "symmetry"
    assert found["yaw"][1] > 0.9
    assert found["age"][1] < 0.2  # age and grey go together through the label alone
    assert companions(properties[["age"]], pd.DataFrame({"expression": label})) == {}


def test_a_share_is_never_told_alone(grid: pd.DataFrame) -> None:
    table = tabulate({"expression": grid, "more": grid})
    said = describe_properties(table)
    assert said.startswith("Largest share of 3 properties: age and hair, 2 of 4 tests (50 %).")
    assert "says nothing about size" in said
    assert "random numbers reaches" in said
    assert "symmetry 0 of 4 tests (0 %)" in said
    assert "intensity" not in said
    assert "91.25" not in said
    assert "another quantity" in PAPER
    nothing = table.assign(share=float("nan"))
    assert describe_properties(nothing) == "Nothing could be tested."


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> ObservationalResult:
    from dataclasses import replace

    study = known_use_control(420, seed=7)
    few = replace(study, classifiers=["known_unbiased", "known_age_happy", "known_electrodes_neutral"])
    return few.run(tmp_path_factory.mktemp("control"), n_jobs=1)


@pytest.mark.thorough
@pytest.mark.packages
def test_biased_networks_are_found_and_the_unbiased_one_is_cleared(control: ObservationalResult) -> None:
    table = known_use_table(control.effects).set_index(["classifier", "property"])
    assert table.loc[("known_age_happy", "age"), "verdict"] == FLAGGED
    assert table.loc[("known_electrodes_neutral", "electrodes"), "verdict"] == FLAGGED
    assert table.loc["known_unbiased", "verdict"].eq(CLEARED).sum() >= 2
    assert not table.loc["known_unbiased", "verdict"].eq(FLAGGED).any()
    assert table["trained"].sum() == 2
    assert (table["used"] == USED).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_random_property_stays_at_the_level(control: ObservationalResult) -> None:
    null = control.grid[control.grid["null_property"]]
    assert null.groupby("method")["rejects"].sum().max() <= 2  # of 21 at .01


@pytest.mark.thorough
@pytest.mark.packages
def test_a_verdict_needs_size_and_correction(control: ObservationalResult) -> None:
    effects = control.effects
    none = known_use_table(effects.assign(p_holm=0.02))
    assert not none["verdict"].eq(FLAGGED).any()
    small = known_use_table(effects, used=0.9)
    assert small["verdict"].eq(CLEARED).all()
    few = known_use_table(effects.assign(n=30))  # ln .01 / ln (1 − .14) are 31 people
    assert not few["verdict"].eq(CLEARED).any()
    assert known_use_table(effects.assign(n=31))["verdict"].eq(CLEARED).any()
    with pytest.raises(BadValueError, match="known_use_control"):
        known_use_table(effects[effects["classifier"] == "fer"])


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ObservationalResult:
    study = power_of_properties(
        84,
        classifiers=["known_age_happy"],
        properties=["age", "hair", "symmetry", "activation"],
        size=64,
        methods=("partial_correlation", "chsic", "rcot", "cmiknn"),
    )
    return study.run(tmp_path_factory.mktemp("study"), n_jobs=1)


@pytest.mark.thorough
@pytest.mark.packages
def test_symmetry_has_a_second_row_with_the_intensity_held_fixed(result: ObservationalResult) -> None:
    if result.settings["measured"] != ["symmetry", "activation"]:
        text = "the network of face units isn't on this machine"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    second = grid_with_intensity(result)
    table = properties_table(result, second)
    rows = table[table["property"] == "symmetry"]
    assert rows["held"].tolist() == ["expression", "expression and measured activation"]
    assert (rows["source"] == "measured").all()
    assert table.set_index("property").loc["age", "source"] == "given"
    pd.testing.assert_frame_equal(grid_with_intensity(result), second)  # kept beside the study
    assert len(list(result.store.glob("grid-*.parquet"))) == 2


@pytest.mark.thorough
@pytest.mark.packages
def test_one_sided_properties_have_a_row_in_each_light(result: ObservationalResult) -> None:
    grids = grids_in_light(result, ["symmetry"])
    table = properties_table(result, in_light=grids)
    rows = table[table["held"] != "expression"].set_index("held")
    assert list(rows.index) == [f"expression, in {name} light" for name in ("frontal", "side", "studio")]
    lights = result.faces["light"].value_counts()
    assert rows["n"].tolist() == [lights[name] for name in ("frontal", "side", "studio")]
    assert (rows["property"] == "symmetry").all()
    apart = result.faces[result.faces["light"] == "side"]["face"]
    data = result.data
    inside = data.faces.isin(set(apart)).to_numpy()
    alone = stats.independence_grid(
        data.properties.loc[inside, ["symmetry"]], data.outputs[inside], data.labels[inside],
        methods=["partial_correlation"],
    )  # fmt: skip
    again = grids["side"].query("method == 'partial_correlation' and property == 'symmetry'")
    assert again["p"].tolist() == pytest.approx(alone["p"].tolist())


@pytest.mark.thorough
@pytest.mark.packages
def test_what_networks_estimate_is_a_second_row_and_ranks_nowhere(
    world: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    properties, outputs, labels = world
    read = properties[["age", "hair"]].assign(estimated_age=properties["age"] + 1.0)
    table = tabulate(
        {"expression": stats.independence_grid(read, outputs, labels["expression"], ("chsic",), ALPHA)},
        companions=companions(read, labels),
    ).set_index("property")
    assert table["role"].to_dict() == {"age": "property", "hair": "property", "estimated_age": "estimate"}
    assert not table.loc["estimated_age", "largest"]
    assert table.loc["age", "companion"] == "hair"  # not what stands for it
    assert table.loc["estimated_age", "companion"] == "age"
    assert "estimated age" not in describe_properties(table.reset_index())


@pytest.mark.thorough
@pytest.mark.packages
def test_intensity_has_to_be_in_the_study(result: ObservationalResult) -> None:
    with pytest.raises(BadValueError, match="no pose"):
        grid_with_intensity(result, ["pose"])


@pytest.mark.thorough
@pytest.mark.packages
def test_shares_by_classifier_come_from_the_grid(result: ObservationalResult) -> None:
    table = properties_by_classifier(result)
    assert table["tests"].eq(7).all()
    assert set(table["classifier"]) == {"known_age_happy"}


@pytest.mark.thorough
@pytest.mark.packages
def test_curves_are_means_over_bins(result: ObservationalResult) -> None:
    curves = effect_curves(result, most=2, bins=3)
    assert curves["property"].nunique() == 2
    assert "activation" not in set(curves["property"])
    first = curves.iloc[0]
    rows = result.sound.query("label == @first.label").set_index("face")["probability"]
    whole = curves[(curves["property"] == first["property"]) & (curves["expression"] == "all")]
    assert whole["n"].sum() == len(result.faces)
    assert np.average(whole["mean"], weights=whole["n"]) == pytest.approx(rows.mean())


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


def test_a_study_is_declared_by_name() -> None:
    from facelib.studies.declared.designs import DESIGNS

    assert DESIGNS["power_of_properties"].find() is power_of_properties
    assert facelib.experiments.labelled_population is not None


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
        methods=("partial_correlation", "chsic"),
    )  # fmt: skip
    result = study.run(tmp_path, n_jobs=1)
    assert result.settings["given"] == ["age"]
    assert result.settings["label_source"] == "instructed"
    table = properties_table(result).set_index("property")
    assert (table.loc["age", "source"], table.loc["symmetry", "source"]) == ("given", "measured")
    assert table.loc["age", "decision"] == "chsic"
    notes = result.grid[result.grid["property"] == "age"]["notes"].iloc[0]
    assert "60 rows of 30 persons" in notes
    assert table.loc["age", "significant"] >= 1
