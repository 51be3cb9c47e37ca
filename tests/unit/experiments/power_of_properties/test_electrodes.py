"""The same people with and without electrodes: counts, tests and verdicts against a table made by hand."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments.power_of_properties import electrode_faces, electrodes_table, paired_electrodes
from facelib.experiments.power_of_properties.electrodes import ELECTRODE_COLUMNS, paired_table

CASES = [("both", 9), ("lost", 8), ("gained", 1), ("neither", 6)]  # 24 people
OUTCOMES = {"both": (1, 1), "lost": (1, 0), "gained": (0, 1), "neither": (0, 0)}


def made(classifier: str = "a", scheme: str = "electrodes", more: float = 0.0) -> pd.DataFrame:
    """Return rows of 24 people of whom 8 are named rightly without electrodes only, 1 with them only."""
    rows, person = [], 0
    for case, count in CASES:
        for _ in range(count):
            expression = ("happy", "sad")[person % 2]
            other = ("sad", "happy")[person % 2]
            for strength, right in zip((0.0, 1.0), OUTCOMES[case], strict=True):
                logit = (1.0 if right else -1.0) - more * strength + 0.01 * person
                for label, value in ((expression, logit), (other, 0.1 * person)):
                    named = value if label == expression else (0.0 if right else 2.0)
                    rows.append(
                        (f"face {person}", f"person {person}", expression, scheme, strength, classifier,
                         label, named, 1 / (1 + np.exp(-named)))
                    )  # fmt: skip
            person += 1
    columns = [
        "face", "identity", "expression", "intervention", "strength", "classifier", "label", "logit",
        "probability",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def mcnemar_by_hand(lost: int, gained: int) -> float:
    """Two-sided exact: twice the smaller tail of fair coins."""
    n = lost + gained
    tail = sum(comb(n, k) for k in range(min(lost, gained) + 1)) / 2**n
    return min(1.0, 2 * tail)


def wilson_by_hand(hits: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    share, width = hits / n, z * z / n
    middle = (share + width / 2) / (1 + width)
    reach = z * np.sqrt(share * (1 - share) / n + width / (4 * n)) / (1 + width)
    return middle - reach, middle + reach


def test_pairs_are_counted_as_by_hand() -> None:
    table = paired_table(made())
    assert list(table) == list(ELECTRODE_COLUMNS)
    row = table.iloc[0]
    assert row[["scheme", "classifier", "expression"]].tolist() == ["fridlund", "a", "all"]
    assert row[["n", "right_before", "right_after", "lost", "gained"]].tolist() == [24, 17, 10, 8, 1]
    assert row["accuracy_change"] == pytest.approx(-7 / 24)
    assert row["p"] == pytest.approx(mcnemar_by_hand(8, 1)) == pytest.approx(0.0390625)
    assert (row["before_low"], row["before_high"]) == pytest.approx(wilson_by_hand(17, 24))
    assert (row["after_low"], row["after_high"]) == pytest.approx(wilson_by_hand(10, 24))


def test_expressions_add_up_to_all() -> None:
    table = paired_table(made()).set_index("expression")
    parts = table.loc[["happy", "sad"]]
    for name in ("n", "right_before", "right_after", "lost", "gained"):
        assert parts[name].sum() == table.loc["all", name], name
    for label, row in parts.iterrows():
        assert row["p"] == pytest.approx(mcnemar_by_hand(row["lost"], row["gained"])), label


@pytest.mark.thorough
def test_the_change_is_that_of_the_intended_output() -> None:
    rows = made()
    own = rows[rows["label"] == rows["expression"]].pivot_table(
        index="face", columns="strength", values="probability"
    )
    change = (own[1.0] - own[0.0]).mean()
    row = paired_table(rows, delta=0.05).iloc[0]
    assert row["change"] == pytest.approx(change)
    assert row["low"] < change < row["high"]
    assert (row["start"], row["delta"]) == (pytest.approx(own[0.0].mean()), 0.05)
    assert row["start"] < 0.9
    assert paired_table(rows, delta=0.9).iloc[0]["verdict"] == "cannot fall that far"


def test_classifiers_and_schemes_are_one_family() -> None:
    rows = pd.concat([made(), made("b"), made(scheme="electrodes(scheme=kuramoto)")])
    table = paired_table(rows)
    whole = table[table["expression"] == "all"]
    assert whole[["scheme", "classifier"]].to_numpy().tolist() == [
        ["fridlund", "a"], ["fridlund", "b"], ["kuramoto", "a"],
    ]  # fmt: skip
    assert whole["p_holm"].tolist() == pytest.approx([3 * mcnemar_by_hand(8, 1)] * 3)


def test_several_pictures_of_one_person_have_no_test() -> None:
    rows = made()
    row = paired_table(rows.assign(identity=rows["identity"].replace("person 1", "person 0"))).iloc[0]
    assert row["n"] == 24
    assert np.isnan(row["p"])


def test_a_class_that_a_classifier_lacks_is_left_out() -> None:
    rows = made()
    fewer = rows[~((rows["label"] == "sad") & (rows["expression"] == "sad"))]
    fewer = fewer[fewer["label"] != "sad"].assign(classifier="blind")
    table = paired_table(pd.concat([rows, fewer]))
    blind = table[table["classifier"] == "blind"].set_index("expression")
    assert blind.loc["all", "n"] == 12
    assert "sad" not in blind.index


def test_one_end_is_no_pair() -> None:
    rows = made()
    with pytest.raises(BadValueError, match="without electrodes, and with them"):
        paired_table(rows[rows["strength"] == 0])


def test_who_wears_electrodes_is_refused() -> None:
    heads = [head.replace(electrodes="fridlund") for head in electrode_faces(7)]
    with pytest.raises(BadValueError, match="take them off"):
        paired_electrodes(heads, ["known_unbiased"])
    with pytest.raises(BadValueError, match="fridlund, kuramoto"):
        paired_electrodes(electrode_faces(7), ["known_unbiased"], schemes=["other"])


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_electrodes_make_faces_neutral_for_the_network_that_learnt_so(tmp_path: Path) -> None:
    heads = electrode_faces(70, expression_set="tuned")
    names = ["known_unbiased", "known_electrodes_neutral"]
    result = paired_electrodes(heads, names, schemes=["fridlund"], size=64).run(tmp_path, n_jobs=1)
    table = electrodes_table(result).set_index(["classifier", "expression"])
    assert (table["expression_set"] == "tuned").all()
    neutral = table.loc[("known_electrodes_neutral", "neutral")]
    assert (neutral["right_before"] <= 2, neutral["right_after"] >= 9) == (True, True)
    assert (neutral["verdict"], neutral["change"] > 0.6) == ("matters", True)
    assert table.loc[("known_electrodes_neutral", "all"), "p"] < 0.01
    assert table.loc[("known_unbiased", "all"), "p"] > 0.1
    assert table.loc[("known_unbiased", "all"), "verdict"] == "does not matter at δ"
    seen = result.table.groupby("strength")["measured_electrodes"].max()  # some are behind the cheek
    assert (seen[0.0], 18 <= seen[1.0] <= 22) == (0.0, True)
