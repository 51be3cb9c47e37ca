"""The mixed model and what stands in for it."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from facelib.errors import BadValueError
from facelib.stats import mixed_slopes
from facelib.stats.effects.mixed import clustered_slope, maximise

S = np.linspace(0, 1, 7)


def curves(rng: np.random.Generator, n: int = 25, spread: float = 0.6, noise: float = 0.3) -> np.ndarray:
    """Return logits (n, 7) of faces with their own intercepts and slopes."""
    intercepts, slopes = rng.normal(2, spread, (n, 1)), rng.normal(-1.2, spread, (n, 1))
    return intercepts + slopes * S + rng.normal(0, noise, (n, len(S)))


def long(y: np.ndarray) -> pd.DataFrame:
    n, steps = y.shape
    table = pd.DataFrame(
        {"face": np.repeat(np.arange(n), steps), "strength": np.tile(S, n), "logit": y.ravel()}
    )
    return table.dropna()


def inside_faces(x: np.ndarray, y: np.ndarray, face: np.ndarray) -> tuple[float, float]:
    """Least squares with an intercept for each face; the factor of CR1 doesn't count those."""
    dummies = (face[:, None] == np.unique(face)).astype(float)
    groups = {"groups": face, "use_correction": False}
    fit = sm.OLS(y, np.column_stack([x, dummies])).fit(cov_type="cluster", cov_kwds=groups)
    count, rows = dummies.shape[1], len(x)
    return fit.params[0], fit.bse[0] * math.sqrt(count / (count - 1) * (rows - 1) / (rows - 2))


def statsmodels_fit(y: np.ndarray):  # type: ignore[no-untyped-def]
    model = smf.mixedlm("logit ~ strength", long(y), groups="face", re_formula="~strength")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model.fit(reml=True)


@pytest.mark.one_case
@pytest.mark.parametrize("n", [8, 25, 60])
def test_the_closed_form_is_statsmodels_reml(n: int, rng: np.random.Generator) -> None:
    y = curves(rng, n)
    found, oracle = mixed_slopes(S, y), statsmodels_fit(y)
    assert found.method.tolist() == ["REML"]
    assert found.slope[0] == pytest.approx(oracle.params["strength"], rel=1e-6)
    assert found.se[0] == pytest.approx(oracle.bse["strength"], rel=1e-3)


@pytest.mark.one_case
@pytest.mark.parametrize("missing", [0.01, 0.2, 0.5])
def test_with_gaps_the_likelihood_is_statsmodels(missing: float, rng: np.random.Generator) -> None:
    y = curves(rng, 30)
    y[0, 3] = math.nan
    y[:, 1:-1][rng.random((30, len(S) - 2)) < missing] = math.nan  # two strengths remain for everyone
    found, oracle = mixed_slopes(S, y), statsmodels_fit(y)
    assert found.method.tolist() == ["REML"]
    assert found.slope[0] == pytest.approx(oracle.params["strength"], rel=1e-3)
    assert found.se[0] == pytest.approx(oracle.bse["strength"], rel=3e-3)
    assert found.notes == ("",)


def test_closed_form_and_search_agree(rng: np.random.Generator) -> None:
    y = curves(rng, 30)
    closed = mixed_slopes(S, y)
    fit, why = maximise(S, y, np.ones(y.shape, bool))
    assert why == ""
    assert fit == pytest.approx((closed.slope[0], closed.se[0]), rel=1e-5)


def test_faces_with_one_strength_are_left_out_and_counted(rng: np.random.Generator) -> None:
    y = curves(rng, 30)
    y[4, 3] = math.nan
    rest = mixed_slopes(S, y)
    lonely = np.full((2, len(S)), math.nan)
    lonely[:, 2] = 3.0
    found = mixed_slopes(S, np.concatenate([y, lonely]))
    assert found.notes == ("faces with one strength, left out: 2",)
    assert (found.slope[0], found.n[0]) == (rest.slope[0], 30)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_the_unit_of_the_output_does_not_matter(factor: float, rng: np.random.Generator) -> None:
    y = curves(rng)
    y[3, 2] = math.nan
    found, scaled = mixed_slopes(S, y), mixed_slopes(S, factor * y)
    assert scaled.slope[0] == pytest.approx(factor * found.slope[0], rel=1e-6)
    assert scaled.p_value[0] == pytest.approx(found.p_value[0], rel=1e-4)


def test_a_few_gaps_hardly_change_the_slope(rng: np.random.Generator) -> None:
    y = curves(rng, 40)
    whole = mixed_slopes(S, y)
    y[5, 3] = math.nan
    gap = mixed_slopes(S, y)
    assert gap.slope[0] == pytest.approx(whole.slope[0], rel=0.02)
    assert gap.se[0] == pytest.approx(whole.se[0], rel=0.02)


@pytest.mark.thorough
def test_statsmodels_itself_is_there_for_parity(rng: np.random.Generator) -> None:
    y = curves(rng)
    found, ours, oracle = mixed_slopes(S, y, engine="statsmodels"), mixed_slopes(S, y), statsmodels_fit(y)
    assert found.method.tolist() == ["REML"]
    assert found.slope[0] == oracle.params["strength"]
    assert found.se[0] == oracle.bse["strength"]
    assert found.slope[0] == pytest.approx(ours.slope[0], rel=1e-6)
    with pytest.raises(BadValueError, match="facelib, statsmodels"):
        mixed_slopes(S, y, engine="lme4")


def test_whatever_statsmodels_warns_of_is_a_reason(monkeypatch: pytest.MonkeyPatch, rng) -> None:  # type: ignore[no-untyped-def]
    from statsmodels.regression.mixed_linear_model import MixedLM
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    fit = MixedLM.fit

    def unsure(self, **options):  # type: ignore[no-untyped-def]
        warnings.warn("no", ConvergenceWarning, stacklevel=1)
        return fit(self, **options)

    monkeypatch.setattr(MixedLM, "fit", unsure)
    found = mixed_slopes(S, curves(rng), engine="statsmodels")
    assert found.method.tolist() == ["cluster-robust OLS"]
    assert found.notes == ("MixedLM did not converge (ConvergenceWarning)",)


@pytest.mark.one_case
@pytest.mark.parametrize("engine", ["facelib", "statsmodels"])
@pytest.mark.parametrize("gap", [False, True])
def test_a_singular_fit_says_so_and_falls_back(gap: bool, engine: str, rng: np.random.Generator) -> None:
    y = 2 - 1.2 * S + rng.normal(0, 0.5, (20, len(S)))  # faces differ by noise alone
    y = y - y.mean(axis=1, keepdims=True) + 1  # and not even by that in their mean
    if gap:
        y[4, 3] = math.nan
    found = mixed_slopes(S, y, engine=engine)
    table = long(y)
    slope, se = inside_faces(*table[["strength", "logit", "face"]].to_numpy().T)
    assert found.method.tolist() == ["cluster-robust OLS"]
    assert "singular fit" in found.notes[0] or "did not converge" in found.notes[0]
    assert found.slope[0] == pytest.approx(slope, rel=1e-9)
    assert found.se[0] == pytest.approx(se, rel=1e-9)
    if not gap:  # where all faces are read at the same strengths their intercepts make no difference
        ols = sm.OLS(table["logit"], sm.add_constant(table["strength"]))
        oracle = ols.fit(cov_type="cluster", cov_kwds={"groups": table["face"]})
        assert found.slope[0] == pytest.approx(oracle.params["strength"], rel=1e-9)
        assert found.se[0] == pytest.approx(oracle.bse["strength"], rel=1e-9)


def test_p_is_students_with_faces_as_units(rng: np.random.Generator) -> None:
    y = curves(rng, 10)
    found = mixed_slopes(S, y)
    own = [np.polyfit(S, face, 1)[0] for face in y]
    from scipy.stats import ttest_1samp

    assert found.p_value[0] == pytest.approx(ttest_1samp(own, 0).pvalue, rel=1e-9)


def test_clustered_slope_is_statsmodels(rng: np.random.Generator) -> None:
    x, y, face = rng.random(60), rng.normal(size=60), rng.integers(0, 9, 60)
    assert clustered_slope(x, y, face) == pytest.approx(inside_faces(x, y, face), rel=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_levels_of_faces_that_stop_early_are_no_slope(noise: float, rng: np.random.Generator) -> None:
    levels = np.tile([[2.0], [-2.0]], (10, 1))
    y = noise * rng.normal(size=(20, len(S)))
    y[1::2, 4:] = math.nan  # the low faces aren't read at high strengths
    alone, moved = mixed_slopes(S, y), mixed_slopes(S, y + levels)
    face, step = np.nonzero(~np.isnan(y))
    slopes = [clustered_slope(S[step], (y + shift)[face, step], face)[0] for shift in (0, levels)]
    assert slopes[1] == pytest.approx(slopes[0], abs=1e-12)
    assert moved.slope[0] == pytest.approx(alone.slope[0], abs=0.05)
    assert abs(moved.slope[0]) < 0.2


def test_two_strengths_or_two_faces_have_no_mixed_model(rng: np.random.Generator) -> None:
    y = curves(rng, 12)
    for found in (mixed_slopes(S[[0, -1]], y[:, [0, -1]]), mixed_slopes(S, y[:2])):
        assert found.method.tolist() == ["cluster-robust OLS"]
        assert "needs three strengths and three faces" in found.notes[0]
        assert found.p_value[0] > 0
    one = mixed_slopes(S, y[:1])
    assert one.method.tolist() == ["not fitted"]
    assert math.isnan(one.slope[0])
    assert math.isnan(mixed_slopes([0.5], y[:, :1]).slope[0])


def test_outputs_that_never_move_have_no_p() -> None:
    found = mixed_slopes(S, np.full((6, len(S)), 0.7))
    assert found.slope[0] == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(found.p_value[0]) or found.p_value[0] > 0.05
    assert found.method.tolist() == ["cluster-robust OLS"]


def test_many_outputs_at_once_are_each_alone(rng: np.random.Generator) -> None:
    y = np.stack([curves(rng) for _ in range(4)], axis=2)
    y[2, :, 1] = math.nan  # one face without this output: still balanced
    y[3, 4, 2] = math.nan
    together = mixed_slopes(S, y)
    assert together.n.tolist() == [25, 24, 25, 25]
    for column in range(4):
        alone = mixed_slopes(S, y[:, :, column])
        assert together.slope[column] == pytest.approx(alone.slope[0], rel=1e-12)
        assert together.se[column] == pytest.approx(alone.se[0], rel=1e-12)
        assert together.method[column] == alone.method[0]


@pytest.mark.parametrize("y", [np.zeros((3, 4)), np.zeros(7), np.full((3, 7), math.inf)])
def test_bad_curves_are_named(y: np.ndarray) -> None:
    with pytest.raises(BadValueError, match="7 strengths"):
        mixed_slopes(S, y)


def test_two_readings_have_no_slope() -> None:
    found = mixed_slopes([0.0, 1.0], [[1.0, math.nan], [math.nan, 2.0]])
    assert (found.method[0], found.n[0]) == ("not fitted", 0)
    assert "needs two faces with two strengths each" in found.notes[0]
    assert math.isnan(found.slope[0])


@pytest.mark.parametrize("gap", [1, 2])
def test_faces_with_the_same_curve_have_no_p(gap: int) -> None:
    y = np.tile(S**2, (6, 1))
    y[0, gap:] = math.nan
    found = mixed_slopes(S, y)
    assert found.method.tolist() == ["cluster-robust OLS"]
    if gap == 1:
        assert found.slope[0] == pytest.approx(1.0, rel=1e-9)
        assert (found.se[0], found.n[0]) == (0.0, 5)
        assert math.isnan(found.p_value[0])
        assert found.notes[0].endswith(
            "faces with one strength, left out: 1; the slopes of all faces are the same, so there is no p"
        )


@pytest.mark.parametrize("missing", [False, True])
def test_equal_strengths_have_no_slope(missing: bool, rng: np.random.Generator) -> None:
    y = rng.normal(size=(5, 3))
    if missing:
        y[1, 1] = math.nan
    found = mixed_slopes([0.5, 0.5, 0.5], y)
    assert found.method.tolist() == ["not fitted"]
    assert math.isnan(found.slope[0])


@pytest.mark.parametrize("y", [[["a", "b"]], [[1, 2], [3]], None])
def test_curves_that_are_no_numbers_are_named(y: object) -> None:
    with pytest.raises(BadValueError, match=r"Curves must be numbers|2 strengths"):
        mixed_slopes([0, 1], y)  # type: ignore[arg-type]
