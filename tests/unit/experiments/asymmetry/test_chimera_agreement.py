"""Symmetric faces of pictures beside those of the mesh: limits by hand, and the shipped table again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from facelib import classifiers
from facelib.experiments.asymmetry.chimera_agreement import (
    LEVELS,
    PEOPLE,
    agreement_of,
    chimera_agreement,
)
from facelib.experiments.asymmetry.design import EXPRESSIONS
from facelib.interventions.symmetry import flipped
from facelib.stats.chimeras import AS_IS, LESS_REST
from facelib.studies.chimera_agreement import AGREEMENT_COLUMNS, agreement

KEYS = ["contrast", "reference", "classifier", "shown", "level"]


def test_limits_are_those_of_bland_and_altman() -> None:
    rng = np.random.default_rng(0)
    off = rng.normal(0.02, 0.05, 30)
    rows = []
    for person, error in enumerate(off):
        for source in ("picture", "mesh"):
            for meant in ("happy", "neutral"):
                for step in range(8):
                    lower = (meant == "happy") * (0.2 + error * (source == "picture")) * (step % 4 == 0)
                    rows.append((source, f"p{person}", meant, 0.0, "fer", "happy", step, 0.6 - lower))
    names = ["source", "identity", "meant", "level", "classifier", "label", "step", "probability"]
    found = agreement_of(pd.DataFrame(rows, columns=names)).set_index(KEYS)
    row = found.loc["mirror average", LESS_REST, "fer", "all", "all"]
    assert (row["truth"], row["bias"]) == pytest.approx((-0.2, -off.mean()), abs=1e-4)
    assert (row["low"], row["high"]) == pytest.approx(
        (-off.mean() - 1.96 * off.std(ddof=1), -off.mean() + 1.96 * off.std(ddof=1)), abs=2e-4
    )
    assert found.loc["curvature", AS_IS, "fer", "happy", "0"]["sd"] == 0


@pytest.mark.thorough
def test_the_truth_is_that_of_rendered_heads() -> None:
    from facelib.experiments.asymmetry.design import asymmetry_faces

    found = chimera_agreement(1, ["known_unbiased"], expressions=["happy"], levels=[0.6], size=96).set_index(
        KEYS
    )
    (head, *_) = asymmetry_faces(1, ("happy",), (1.0,), "tuned")
    weak = head.replace(light="frontal", left=0.4)
    model = classifiers.load("known_unbiased")
    box = weak.render(96).box

    def read(left: float, right: float) -> float:
        face = weak.replace(left=left, right=right).render(96).replace(box=box)
        both = [model.probabilities(one.image[None], one.box[None])[0] for one in (face, flipped(face))]
        return float(np.mean([values[model.index_of("happy")] for values in both]))

    truth = read(0.4, 1.0) - (read(0.4, 0.4) + read(1.0, 1.0)) / 2
    assert found.loc["chimeras", AS_IS, "known_unbiased", "happy", "0.6"]["truth"] == pytest.approx(
        truth, abs=1e-4
    )


def test_the_shipped_table_is_whole() -> None:
    table = agreement()
    assert list(table) == list(AGREEMENT_COLUMNS)
    assert not table.duplicated(KEYS).any()
    assert set(table["shown"]) == {"all", *EXPRESSIONS}
    assert set(table["level"]) == {"all", *(f"{level:g}" for level in LEVELS)}
    assert set(table.loc[table["level"] == "all", "n"]) == {PEOPLE * len(LEVELS)}
    assert set(table["classifier"]) == set(classifiers.names(kind="pretrained"))
    assert (table["low"] <= table["bias"]).all()
    assert (table["bias"] <= table["high"]).all()


@pytest.mark.thorough
@pytest.mark.packages
def test_the_shipped_table_comes_again() -> None:
    found = chimera_agreement(PEOPLE, ["fer"], expressions=["happy"], levels=[0.6]).set_index(KEYS)
    kept = agreement().set_index(KEYS)
    for contrast in ("mirror average", "chimeras", "curvature"):
        for reference in (AS_IS, LESS_REST):
            key = (contrast, reference, "fer", "happy", "0.6")
            numbers = ["n", "truth", "bias", "sd"]
            assert found.loc[key, numbers].tolist() == pytest.approx(
                kept.loc[key, numbers].tolist(), abs=2e-3
            )
