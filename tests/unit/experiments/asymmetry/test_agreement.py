"""Slopes among unchanged faces: built populations whose slope is known, a slow twin, and the comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib import Head
from facelib.classifiers import load
from facelib.errors import BadValueError
from facelib.experiments.asymmetry import compare_with_observed, observe
from facelib.experiments.asymmetry.agreement import AGREEMENT_COLUMNS, SLOPE_COLUMNS, observed_slopes
from facelib.experiments.asymmetry.design import ARMS
from facelib.experiments.asymmetry.observed import OBSERVED_COLUMNS, observed_heads, set_total
from facelib.properties import measure


def population(slope: float, confounded: float = 0.0, n: int = 240, seed: int = 3) -> pd.DataFrame:
    """Return people whose logit falls by `slope` a unit of asymmetry, and bends with the activation."""
    rng = np.random.default_rng(seed)
    expression = np.array(["happy", "sad", "fear"])[np.arange(n) % 3]
    activation = rng.uniform(1, 5, n)
    asymmetry = rng.uniform(0, 0.5, n) - confounded * (activation - 3)
    level = {"happy": 2.0, "sad": -1.0, "fear": 0.0}
    rows = []
    for classifier, factor in (("follows", 1.0), ("ignores", 0.0)):
        bend = 0.8 * activation + 0.2 * activation**2 * (expression == "happy")
        logit = np.vectorize(level.get)(expression) + bend - factor * slope * asymmetry
        rows.append(
            pd.DataFrame(
                {
                    "identity": [f"person {i}" for i in range(n)],
                    "expression": expression,
                    "classifier": classifier,
                    "logit": logit + rng.normal(0, 0.1, n),
                    "symmetry": 1 - asymmetry,
                    "activation": activation,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def slopes_of(table: pd.DataFrame) -> pd.DataFrame:
    return observed_slopes(table, ("logit",)).set_index("classifier")


@pytest.mark.parametrize("confounded", [0.0, 0.1])
def test_known_slopes_are_found_whether_or_not_the_activation_goes_along(confounded: float) -> None:
    found = slopes_of(population(2.0, confounded))
    assert found.loc["follows", "slope"] == pytest.approx(-2.0, abs=0.15)
    assert found.loc["follows", "slope_high"] < 0
    assert found.loc["follows", "p_holm"] < 1e-6
    assert found.loc["ignores", "slope_low"] < 0 < found.loc["ignores", "slope_high"]
    assert found.loc["ignores", "p_holm"] > 0.05


def test_the_total_is_held_as_measured_and_as_set() -> None:
    """Where the measure says too much of asymmetric faces, only the total that was set tells the truth."""
    table = population(0.0)
    told = table["activation"] + 2 * (1 - table["symmetry"])
    found = observed_slopes(table.assign(activation=told, total=table["activation"]), ("logit",))
    assert found["held"].tolist() == ["activation"] * 2 + ["total"] * 2
    slopes = found.groupby("held")["slope"].mean()
    assert slopes["activation"] < -1
    assert abs(slopes["total"]) < 0.2


def test_the_set_total_counts_intensity_sides_and_palsy() -> None:
    assert set_total(Head(intensity=0.5)) == 0.5
    assert set_total(Head(left=0.2, right=0.6)) == pytest.approx(0.4)
    assert set_total(Head(palsy=1.0)) == 0.5
    assert set_total(Head(palsy=1.0, palsy_parts="resting")) == 1.0


def test_given_the_expression_alone_the_activation_would_mislead() -> None:
    found = slopes_of(population(0.0, confounded=0.1))
    assert (found["raw_slope"] < -1).all()
    assert (found["slope"].abs() < 0.2).all()


def test_slopes_equal_those_of_residuals_one_face_after_the_other() -> None:
    """The slow twin: what is left of output and asymmetry after the rest, and its straight line."""
    table = population(1.0, 0.05, n=60)
    own = table[table["classifier"] == "follows"]
    held = np.zeros((len(own), 9))
    for row, (expression, activation) in enumerate(zip(own["expression"], own["activation"], strict=True)):
        place = ["happy", "sad", "fear"].index(expression)
        held[row, 3 * place : 3 * place + 3] = 1, activation, activation**2
    left = [
        values - held @ np.linalg.lstsq(held, values, rcond=None)[0]
        for values in (1 - own["symmetry"].to_numpy(), own["logit"].to_numpy())
    ]
    found = slopes_of(table).loc["follows"]
    assert found["slope"] == pytest.approx(left[0] @ left[1] / (left[0] @ left[0]))
    assert found["r"] == pytest.approx(np.corrcoef(*left)[0, 1])
    assert found["symmetry_sd"] == pytest.approx(left[0].std(ddof=1))
    weights = left[0] / (left[0] @ left[0])
    full = np.column_stack([1 - own["symmetry"].to_numpy(), held])
    leverage = np.einsum("ij,jk,ik->i", full, np.linalg.inv(full.T @ full), full)
    residual = left[1] - found["slope"] * left[0]
    error = np.sqrt(np.sum((weights * residual / (1 - leverage)) ** 2))
    assert found["slope_high"] - found["slope"] == pytest.approx(1.959964 * error)


def test_columns_and_bad_tables_are_named() -> None:
    table = population(1.0, n=30)
    assert tuple(observed_slopes(table, ("logit",)).columns) == tuple(SLOPE_COLUMNS)
    with pytest.raises(BadValueError, match="lacks activation"):
        observed_slopes(table.drop(columns="activation"))
    with pytest.raises(BadValueError, match="needs its symmetry"):
        observed_slopes(table.assign(symmetry=np.nan))
    with pytest.raises(BadValueError, match="somebody is there twice"):
        observed_slopes(table.assign(identity="one"))
    with pytest.raises(BadValueError, match="8 faces of each expression are needed, or more; one has 5"):
        observed_slopes(table.groupby(["classifier", "expression"]).head(5))


def built(observed: tuple[float, float], run: tuple[float, float]) -> pd.Series:
    """Compare one classifier's intervals, at a loss of symmetry of one half."""
    slopes = pd.DataFrame(
        {
            "held": "total", "classifier": ["a"], "value": "logit", "slope": np.mean(observed),
            "slope_low": observed[0], "slope_high": observed[1],
        }
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "classifier": ["a"], "value": "logit", "side": "left", "intensity": 1.0, "expression": "all",
            "d_total_mean": np.mean(run), "d_total_low": run[0], "d_total_high": run[1],
        }
    )  # fmt: skip
    check = pd.DataFrame(
        {
            "intervention": [ARMS["left"], ARMS["total"]], "intensity": 1.0, "measured": "symmetry",
            "change": [-0.45, 0.05],
        }
    )  # fmt: skip
    found = compare_with_observed(slopes, table, check)
    assert tuple(found.columns) == tuple(AGREEMENT_COLUMNS)
    return found.iloc[0]


def test_the_comparison_multiplies_up_to_the_symmetry_that_was_lost() -> None:
    row = built((-4.0, -2.0), (-2.0, -1.0))
    assert (row["lost"], row["observed"], row["observed_low"]) == pytest.approx((0.5, -1.5, -2.0))
    assert (row["direction"], row["overlap"]) == ("same direction", True)
    assert row["ratio"] == pytest.approx(1.0)


def test_directions_are_told_only_where_both_intervals_exclude_zero() -> None:
    assert built((2.0, 4.0), (-2.0, -1.0))["direction"] == "opposite directions"
    row = built((-4.0, 1.0), (-8.0, -6.0))
    assert (row["direction"], row["overlap"]) == ("cannot tell", False)
    row = built((-4.0, -2.0), (-1.0, 1.0))
    assert row["direction"] == "cannot tell"
    assert np.isnan(row["ratio"])


@pytest.mark.thorough
def test_natural_asymmetry_and_total_are_uncorrelated() -> None:
    heads = observed_heads(600, seed=4)
    left, right = (np.array([getattr(head, side) for head in heads]) for side in ("left", "right"))
    assert abs(np.corrcoef(abs(left - right), left + right)[0, 1]) < 0.1
    assert len({head.key for head in heads}) == 600
    assert sum(head.palsy > 0 for head in heads) == pytest.approx(600 / 7, abs=25)
    assert {head.expression for head in heads} == {"happy", "sad", "surprise", "fear", "disgust", "angry"}


@pytest.mark.thorough
@pytest.mark.packages
def test_observed_faces_are_read_as_they_are() -> None:
    heads = observed_heads(6, seed=4)
    found = observe(heads, ["known_unbiased"], size=64)
    assert tuple(found.columns) == tuple(OBSERVED_COLUMNS)
    clf = load("known_unbiased")
    for head in heads:
        face = head.render(64)
        row = found.set_index("face").loc[head.key]
        column = clf.index_of(str(head.expression))
        logits = clf.logits(face.image[None], face.box[None])
        assert row["logit"] == pytest.approx(float(logits[0, column]), abs=1e-4)
        assert row["probability"] == pytest.approx(clf.probabilities_from(logits)[0, column], abs=1e-5)
        assert row["total"] == pytest.approx((head.left + head.right) / 2) or head.palsy
        assert row["symmetry"] == pytest.approx(measure([face], "symmetry")["symmetry"][0])
    with pytest.raises(BadValueError, match="got 'neutral'"):
        observe([Head(expression="neutral")], ["known_unbiased"])
