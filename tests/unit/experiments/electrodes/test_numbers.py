"""Accuracy and output against the number of electrodes: by hand, and for networks whose bias is known."""

from __future__ import annotations

from math import comb
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.experiments.electrodes import electrode_numbers, number_table
from facelib.experiments.electrodes.numbers import NUMBER_COLUMNS
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.power_of_properties import electrode_faces
from facelib.interventions.electrodes import Electrodes
from facelib.stats.classification import wilson

Floats = npt.NDArray[np.float64]
STRENGTHS = (0.0, 0.5, 1.0)
PEOPLE = 24


def probabilities(seed: int = 1) -> Floats:
    """Return probabilities (people, 3) of the expression that is meant: it is named where they exceed .5."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(0.55, 0.95, PEOPLE)
    return np.stack([start, start - 0.1, start - rng.uniform(0.2, 0.4, PEOPLE)], axis=1)


def made(classifiers: dict[str, Floats], *, persons: int = PEOPLE, **changes: Any) -> Any:
    """Return what a study of Fridlund's electrodes would give."""
    rows = []
    for name, values in classifiers.items():
        for person, curve in enumerate(values):
            shown, other = (("happy", "sad"), ("sad", "happy"))[person % 2]
            for step, (strength, value) in enumerate(zip(STRENGTHS, curve, strict=True)):
                for label, p in ((shown, value), (other, 1 - value)):
                    rows.append(
                        (f"face {person}", f"person {person % persons}", shown, "electrodes(order=random)",
                         step, strength, name, label, np.log(p), p)
                    )  # fmt: skip
    columns = [
        "face", "identity", "expression", "intervention", "step", "strength", "classifier", "label", "logit",
        "probability",
    ]  # fmt: skip
    settings = {
        "delta": 0.1,
        "alpha": 0.05,
        "seed": 0,
        "interventions": [{"name": "electrodes(order=random)"}],
    }
    faces = pd.DataFrame({"expression_set": ["tuned"] * PEOPLE})
    return SimpleNamespace(
        settings=settings | changes, sound=pd.DataFrame(rows, columns=columns), faces=faces
    )


def mcnemar_by_hand(lost: int, gained: int) -> float:
    n = lost + gained
    return min(1.0, 2 * sum(comb(n, k) for k in range(min(lost, gained) + 1)) / 2**n)


def test_people_are_counted_at_every_number() -> None:
    values = probabilities()
    values[:2, 2] = 0.9  # who is named rightly with all electrodes
    values[0, 0] = 0.2  # and one of these not without
    table = number_table(made({"a": values}))
    assert list(table) == list(NUMBER_COLUMNS)
    assert table["number"].tolist() == [0, 11, 22]
    assert (table["scheme"] == "fridlund").all()
    right = values > 0.5
    for number, row in enumerate(table.to_dict("records")):
        assert row["n"] == PEOPLE
        assert row["accuracy"] == pytest.approx(right[:, number].mean())
        assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
        assert row["accuracy_change"] == pytest.approx(right[:, number].mean() - right[:, 0].mean())
        assert row["lost"] == (right[:, 0] & ~right[:, number]).sum()
        assert row["gained"] == (~right[:, 0] & right[:, number]).sum()
        assert row["probability"] == pytest.approx(values[:, number].mean())
        assert row["change"] == pytest.approx((values[:, number] - values[:, 0]).mean())
    last = table.iloc[-1]
    assert last["gained"] == 1
    assert last["p"] == pytest.approx(mcnemar_by_hand(int(last["lost"]), 1))
    assert table["p"].iloc[:2].isna().all()
    assert table["verdict"].tolist()[::2] == ["", "matters"]
    first = table.iloc[0]
    assert first["accuracy_low"] == pytest.approx(wilson(PEOPLE - 1, PEOPLE).low)


def test_the_mean_is_over_the_classifiers_that_know_the_expression() -> None:
    one, other = probabilities(1), probabilities(2)
    result = made({"a": one, "b": other})
    blind = ~((result.sound["classifier"] == "b") & (result.sound["label"] == "sad"))
    result.sound = result.sound[blind].reset_index(drop=True)
    table = number_table(result).set_index(["classifier", "number"])
    happy = np.arange(PEOPLE) % 2 == 0
    each = np.where(happy[:, None], (one + other) / 2, one)
    assert table.loc[("b", 22), "n"] == happy.sum()
    assert table.loc[(MEAN, 22), "n"] == PEOPLE
    assert table.loc[(MEAN, 22), "probability"] == pytest.approx(each[:, 2].mean())
    assert table.loc[(MEAN, 22), ["gained", "lost", "p"]].isna().all()
    assert table.loc[("a", 22), "p_holm"] == pytest.approx(min(1, 2 * table.loc[("a", 22), "p"]))


def test_several_faces_of_one_person_are_one() -> None:
    result = made({"a": probabilities()}, persons=12)
    row = number_table(result).iloc[-1]
    assert row["n"] == 12
    assert np.isnan(row["p"])
    assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]


def test_wrong_declarations_are_refused() -> None:
    with pytest.raises(BadValueError, match="take them off"):
        electrode_numbers([head.replace(electrodes="kuramoto") for head in electrode_faces(7)])
    with pytest.raises(BadValueError, match="fridlund, kuramoto"):
        electrode_numbers(electrode_faces(7), schemes="fridlund")
    result = made({"a": probabilities()}, interventions=[{"name": "electrodes"}])
    with pytest.raises(BadValueError, match="another change"):
        number_table(result)


def test_a_face_that_lacks_a_number_is_said() -> None:
    result = made({"a": probabilities()})
    result.sound = result.sound.iloc[:-2]
    with pytest.raises(BadValueError, match="lack a step"):
        number_table(result)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_the_network_that_takes_electrodes_for_neutral_is_found(tmp_path: Path) -> None:
    heads = [head for head in electrode_faces(70) if head.expression == "neutral"]
    names = ["known_unbiased", "known_electrodes_neutral"]
    study = electrode_numbers(heads, names, schemes=["fridlund"], steps=5, size=64)
    result = study.run(tmp_path, n_jobs=1)
    table = number_table(result).set_index(["classifier", "number"])
    biased, fair = table.loc["known_electrodes_neutral"], table.loc["known_unbiased"]
    assert biased.index.tolist() == [0, 6, 11, 16, 22]
    assert biased.loc[22, "change"] > 0.6
    assert abs(fair.loc[22, "change"]) < biased.loc[22, "change"] / 4
    assert (biased["probability"].diff().dropna() > -0.02).all()
    assert biased.loc[22, "verdict"] == "matters"
    assert biased.loc[22, "gained"] >= 8
    change = Electrodes(order="random")
    seen = result.table.drop_duplicates(["face", "step"]).set_index(["face", "step"])["measured_electrodes"]
    for head in heads:
        for step, strength in enumerate((0.0, 0.25, 0.5, 0.75, 1.0)):
            visible = change.edit(head, strength).render(64).attributes.get("visible_electrodes", ())
            assert seen[head.key, step] == len(visible)
