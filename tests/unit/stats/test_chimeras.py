"""Faces against their symmetric versions: by a pencil, a slow twin, other libraries, and within its level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, permutation_test, spearmanr
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from facelib import data, stats
from facelib.errors import BadValueError
from facelib.stats.chimeras import (
    ALL,
    AS_IS,
    CHIMERIC_COLUMNS,
    GRADE_COLUMNS,
    GROUP_COLUMNS,
    INTENDED,
    LESS_REST,
    PERSON_COLUMNS,
    chimeric_effects,
    contrast_sets,
    grade_associations,
    group_differences,
    person_contrasts,
    symmetric_outputs,
)
from facelib.stats.effects.equivalence import DOES_NOT, MATTERS, UNDECIDED

FACE = ("person", "meant")


def outputs(values: dict[tuple[str, str], list[float]], label: str = "happy") -> pd.DataFrame:
    """Tidy outputs of one classifier: probabilities of eight pictures by (person, what is meant)."""
    return pd.DataFrame(
        [
            {
                "face": f"{person} {meant}",
                "classifier": "fer",
                "label": label,
                "step": step,
                "probability": value,
            }
            for (person, meant), given in values.items()
            for step, value in enumerate(given)
        ]
    )


def sets_of(rows: pd.DataFrame) -> pd.DataFrame:
    faces = symmetric_outputs(rows)
    names = faces["face"].str.split(" ", expand=True)
    return contrast_sets(faces.assign(person=names[0], meant=names[1], at_rest=names[1] == "neutral"))


def simulated(
    rng: np.random.Generator, people: int, mean: float, *, rest: float = 0.0, noise: float = 0.02
) -> pd.DataFrame:
    """Sets of people whose smiles are read `mean` lower (and at rest `rest` lower) than when symmetric."""
    values = {}
    for number in range(people):
        for meant, level, lower in (("happy", 0.6, mean), ("neutral", 0.3, rest)):
            faces = level + noise * rng.normal(size=8)
            faces[[0, 4]] += lower + noise * rng.normal()
            values[f"p{number}", meant] = list(faces)
    return sets_of(outputs(values))


def test_contrasts_are_those_of_a_pencil() -> None:
    sets = sets_of(
        outputs(
            {
                ("Anna", "happy"): [0.5, 0.7, 0.9, 0.3, 0.7, 0.9, 0.9, 0.5],
                ("Anna", "neutral"): [0.2, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1],
                ("Ben", "happy"): [0.4] * 8,
            }
        )
    ).set_index(["person", "contrast"])
    anna = sets.loc["Anna"]
    assert anna.loc["mirror average", ["face", "symmetric"]].tolist() == pytest.approx([0.6, 0.8])
    assert anna.loc["chimeras", ["face", "symmetric"]].tolist() == pytest.approx([0.6, 0.65])
    assert anna.loc["curvature", ["face", "symmetric"]].tolist() == pytest.approx([0.8, 0.65])
    rest = anna["rest_face"] - anna["rest_symmetric"]
    assert rest.tolist() == pytest.approx([0.1, 0.1, 0.0])
    assert sets.loc["Ben", "rest_face"].isna().all()
    persons = person_contrasts(sets.reset_index()).set_index(["person", "contrast", "reference"])["value"]
    assert persons["Anna", "mirror average", LESS_REST] == pytest.approx(-0.3)
    assert persons["Anna", "chimeras", AS_IS] == pytest.approx(-0.05)
    assert ("Ben", "chimeras", LESS_REST) not in persons.index


@pytest.mark.thorough
def test_chimeras_are_mirror_average_plus_curvature() -> None:
    rng = np.random.default_rng(0)
    rows = outputs({(f"p{n}", "happy"): list(rng.random(8)) for n in range(9)})
    found = chimeric_effects(sets_of(rows), delta=0.1)
    of = found[found["label"] == INTENDED].set_index("contrast")["mean"]
    assert of["chimeras"] == pytest.approx(of["mirror average"] + of["curvature"])


def test_a_face_of_which_a_version_is_missing_is_left_out() -> None:
    rows = outputs({("Anna", "happy"): [0.5] * 8, ("Ben", "happy"): [0.5] * 8})
    gone = rows[~((rows["face"] == "Ben happy") & (rows["step"] % 4 == 2))]
    assert symmetric_outputs(gone)["face"].tolist() == ["Anna happy"]


@pytest.mark.thorough
def test_less_rest_is_the_paired_difference_of_persons() -> None:
    """A slow twin: differences of differences by hand, half of which is a change of a probability."""
    sets = simulated(np.random.default_rng(1), 25, -0.3, rest=-0.1, noise=0.05)
    found = chimeric_effects(sets, delta=0.1).set_index(["contrast", "reference", "label"])
    row = found.loc["mirror average", LESS_REST, INTENDED]
    own = sets[sets["contrast"] == "mirror average"]
    each = (own["face"] - own["symmetric"]) - (own["rest_face"] - own["rest_symmetric"])
    assert row["mean"] == pytest.approx(each.mean())
    assert row["sd"] == pytest.approx(each.std())
    twin = pd.DataFrame(
        {"face": own["person"], "classifier": "fer", "label": "happy", "intervention": "x", "d": each / 2}
    )
    ends = [
        twin.assign(strength=0.0, probability=0.5),
        twin.assign(strength=1.0, probability=0.5 + twin["d"]),
    ]
    halved = stats.effects_over_faces(pd.concat(ends), delta=0.05).iloc[0]
    assert row["p"] == halved["p"]
    assert (row["low"], row["high"]) == pytest.approx((2 * halved["low"], 2 * halved["high"]))
    assert (row["face"], row["symmetric"]) == pytest.approx((own["face"].mean(), own["symmetric"].mean()))


@pytest.mark.thorough
def test_what_rest_shares_is_subtracted_and_nothing_is_found() -> None:
    """Asymmetry of a still face, and of the making of pictures, is no asymmetry of the smile."""
    sets = simulated(np.random.default_rng(2), 70, -0.2, rest=-0.2)
    found = chimeric_effects(sets, delta=0.1).set_index(["contrast", "reference", "label"])
    assert found.loc["mirror average", AS_IS, INTENDED]["high"] < -0.1
    less_rest = found.loc["mirror average", LESS_REST, INTENDED]
    assert less_rest["low"] < 0 < less_rest["high"]


def test_there_is_no_verdict_and_the_person_is_the_unit_on_renders_too() -> None:
    """A mean, its interval, and the bias on renders, where six shares of a person aren't six people."""
    found = chimeric_effects(simulated(np.random.default_rng(9), 4, -0.5), delta=0.1)
    words = ("verdict", "agreement", "beyond", "fewest", "notes")
    assert not [name for name in found if name.startswith(words)]
    assert not found.isin([MATTERS, DOES_NOT, *UNDECIDED]).any(axis=None)
    bias = data.table("chimera_bias")
    assert list(bias) == list(data.about("chimera_bias")["columns"])
    assert set(bias["n"]) == {40}
    assert ((bias["bias_low"] <= bias["bias"]) & (bias["bias"] <= bias["bias_high"])).all()
    mean = bias[bias["shown"] != ALL].groupby(["contrast", "reference", "classifier"])["bias"].mean()
    whole = bias[bias["shown"] == ALL].set_index(mean.index.names)["bias"]
    np.testing.assert_allclose(whole.loc[mean.index], mean, atol=2e-4)


@pytest.mark.thorough
def test_the_sign_flips_less_rest_hold_their_level() -> None:
    rng = np.random.default_rng(3)
    runs, rejected = 200, 0
    for _ in range(runs):
        sets = simulated(rng, 9, -0.1, rest=-0.1, noise=0.1)
        found = chimeric_effects(sets[sets["contrast"] == "chimeras"], delta=0.1)
        rejected += bool(found.loc[found["reference"] == LESS_REST, "p"].iloc[0] < 0.05)
    assert rejected <= binom.ppf(0.9995, runs, 0.05)


@pytest.mark.thorough
def test_persons_with_many_expressions_count_once_and_families_are_small() -> None:
    rng = np.random.default_rng(4)
    values = {}
    for number in range(12):
        for meant in ("happy", "sad")[: 1 + number % 2]:
            values[f"p{number}", meant] = list(0.5 + 0.05 * rng.normal(size=8))
    rows = pd.concat([outputs(values), outputs(values, "sad")])
    found = chimeric_effects(sets_of(rows), delta=0.1)
    intended = found[(found["label"] == INTENDED) & (found["contrast"] == "chimeras")].set_index("shown")
    assert intended["n"].to_dict() == {ALL: 12, "happy": 12, "sad": 6}
    assert intended.loc[ALL, "sets"] == 18
    assert intended["family"].to_dict() == {ALL: 1, "happy": 2, "sad": 2}
    assert set(found["label"]) == {INTENDED, "happy", "sad"}
    assert list(found) == list(CHIMERIC_COLUMNS)


def test_nothing_that_is_meant_is_said() -> None:
    with pytest.raises(BadValueError, match="nothing to compare"):
        chimeric_effects(sets_of(outputs({("Anna", "contempt"): [0.5] * 8})), delta=0.1)


def persons_of(value: np.ndarray, grade: np.ndarray, group: list[str]) -> pd.DataFrame:
    about = {"contrast": "chimeras", "reference": AS_IS, "classifier": "fer", "label": INTENDED, "sets": 1}
    people = [f"p{number}" for number in range(len(value))]
    return pd.DataFrame({"person": people, "value": value, "grade": grade, "group": group}).assign(**about)


def test_groups_are_compared_as_statsmodels_does() -> None:
    rng = np.random.default_rng(5)
    value = np.r_[rng.normal(-0.2, 0.1, 14), rng.normal(0, 0.03, 9)]
    table = persons_of(value, np.full(23, np.nan), ["ill"] * 14 + ["healthy"] * 9)
    found = group_differences(table, "healthy", "ill").iloc[0]
    twin = CompareMeans(DescrStatsW(value[:14]), DescrStatsW(value[14:]))
    assert found["p"] == pytest.approx(twin.ttest_ind(usevar="unequal")[1])
    assert (found["low"], found["high"]) == pytest.approx(twin.tconfint_diff(usevar="unequal"))
    assert (found["n_first"], found["n_second"]) == (9, 14)
    assert list(group_differences(table, "healthy", "ill")) == list(GROUP_COLUMNS)
    assert group_differences(table.iloc[[0, 1, 2, 20, 21, 22]], "healthy", "ill").empty


@pytest.mark.thorough
def test_a_grade_goes_with_the_contrast_as_scipy_says() -> None:
    rng = np.random.default_rng(6)
    grade = rng.integers(1, 7, 30).astype(float)
    table = persons_of(-0.05 * grade + 0.1 * rng.normal(size=30), grade, [""] * 30)
    found = grade_associations(table).iloc[0]
    value = table["value"].to_numpy()
    assert found["rho"] == pytest.approx(spearmanr(value, grade).statistic)
    twin = permutation_test(
        (value,), lambda part: spearmanr(part, grade).statistic, permutation_type="pairings", n_resamples=999,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert found["p"] == pytest.approx(twin.pvalue, abs=0.02)
    assert found["rho_low"] < found["rho"] < found["rho_high"]
    assert found["slope_low"] < -0.05 < found["slope_high"]
    assert list(grade_associations(table)) == list(GRADE_COLUMNS)
    assert grade_associations(table.assign(grade=2.0)).empty
    assert grade_associations(table.head(3)).empty
    ordered = persons_of(np.arange(5) / 10, np.arange(5.0), [""] * 5)
    perfect = grade_associations(ordered).iloc[0]
    assert perfect["rho"] == pytest.approx(1)
    assert np.isnan([perfect["rho_low"], perfect["rho_high"]]).all(), "a perfect order is no certainty"


@pytest.mark.thorough
def test_where_nothing_goes_with_the_grade_the_level_holds() -> None:
    rng = np.random.default_rng(7)
    runs, rejected, covered = 100, 0, 0
    for _ in range(runs):
        grade = rng.integers(1, 4, 12).astype(float)
        if len(np.unique(grade)) < 2:
            continue
        found = grade_associations(persons_of(rng.normal(size=12), grade, [""] * 12)).iloc[0]
        rejected += found["p"] < 0.05
        covered += found["rho_low"] <= 0 <= found["rho_high"]
    assert rejected <= binom.ppf(0.9995, runs, 0.05)
    assert covered >= binom.ppf(0.0005, runs, 0.93)


def test_columns_of_persons_are_those_that_are_documented() -> None:
    sets = simulated(np.random.default_rng(8), 4, -0.2)
    assert list(person_contrasts(sets)) == list(PERSON_COLUMNS)
