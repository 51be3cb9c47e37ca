"""Built worlds: outputs that follow what is known of every face, strength and arm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from facelib.experiments.asymmetry.design import ARMS

World = Callable[..., tuple[pd.DataFrame, pd.DataFrame]]
LEFT_LOSS, RIGHT_LOSS = {"left": 1.0, "right": 0.0}, {"left": 0.0, "right": 1.0}
LOSSES = {
    "left": LEFT_LOSS,
    "right": RIGHT_LOSS,
    "total": {"left": 0.5, "right": 0.5},
    "displacement": {"left": 0.45, "right": 0.45},
}
"""What each side has lost of its expression at strength 1."""


@pytest.fixture(scope="session")
def world() -> World:
    """Build a table whose logits follow `logit(asymmetry, total)`, and the table of its faces.

    Asymmetry and total are in [0, 1], the total before the intensity.
    """

    def build(
        logit: Callable[[float, float], float],
        *,
        people: int = 12,
        classifiers: tuple[str, ...] = ("a", "b"),
        expressions: tuple[str, ...] = ("happy", "sad"),
        intensities: tuple[float, ...] = (1.0, 0.5),
        strengths: tuple[float, ...] = (0.0, 0.5, 1.0),
        noise: float = 0.05,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        rng = np.random.default_rng(11)
        faces, rows = [], []
        for person in range(people):
            own = rng.normal(0, 0.2)
            for expression, intensity in [
                *((name, part) for name in expressions for part in intensities),
                ("neutral", 1.0),
            ]:
                face = f"{person} {expression} {intensity}"
                faces.append((face, f"person {person}", expression, intensity))
                for arm, loss in LOSSES.items():
                    for strength in strengths:
                        share = 0.0 if expression == "neutral" else strength
                        sides = [1 - share * loss[side] for side in ("left", "right")]
                        asymmetry, total = abs(sides[0] - sides[1]), sum(sides) / 2
                        for classifier in classifiers:
                            drift = rng.normal(0, noise) if share else 0.0
                            value = own + logit(asymmetry, total) + drift
                            for label, number in ((expression, value), ("fear", -value)):
                                rows.append(
                                    (
                                        face, ARMS[arm], strength, classifier, label, number,
                                        1 / (1 + np.exp(-number)), 1 - 0.4 * asymmetry,
                                    )
                                )  # fmt: skip
        columns = [
            "face", "intervention", "strength", "classifier", "label", "logit", "probability",
            "measured_symmetry",
        ]  # fmt: skip
        described = pd.DataFrame(faces, columns=["face", "identity", "expression", "intensity"])
        return pd.DataFrame(rows, columns=columns), described

    return build


@pytest.fixture(scope="session")
def only_asymmetry(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    return world(lambda asymmetry, _: 1.0 - 2.0 * asymmetry)


@pytest.fixture(scope="session")
def only_total(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outputs follow the total alone; the arms with the same total lose the same."""
    return world(lambda _, total: -1.0 + 2.0 * total)
