"""Placebos are as large as what they stand beside, or its description says that they aren't."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from facelib import interventions
from facelib.experiments.manipulation import usual_heads
from facelib.faces import Head
from facelib.interventions import Intervention
from facelib.interventions.intervention import FEW_KINDS, FEW_PLACEBOS, NO_PLACEBO
from facelib.interventions.placebos.kinds import KINDS, LEAST_KINDS, placebos_of
from facelib.interventions.placebos.matching import pixel_distance, placebo_sweeps
from facelib.studies.sweeps.demonstration import demonstration_head
from facelib.studies.sweeps.frames import make_frames

CHANGES = [one for one in interventions.ordered() if not one.placebo]


def said(change: Intervention) -> bool:
    return any(words in change.description for words in (NO_PLACEBO, FEW_PLACEBOS, FEW_KINDS))


def reach(change: Intervention, heads: Sequence[Head]) -> pd.DataFrame:
    """Return the share of placebos of the same size, and of how many kinds they are, a row a head."""
    rows = []
    for seed, head in enumerate(heads):
        dressed = demonstration_head(change, head)
        start, end = make_frames(dressed, change, np.array([0.0, 1.0]), size=224).faces
        distance = pixel_distance(start.image, end.image, start.box)
        sweeps = [
            *placebo_sweeps(
                start, [distance], len(KINDS) + 2, seed, kinds=placebos_of(change.id, change.moves)
            )
        ]
        kinds = {sweep.kind for sweep in sweeps if sweep.reached[0]}
        rows.append((np.mean([sweep.reached[0] for sweep in sweeps]), len(kinds)))
    return pd.DataFrame(rows, columns=["matched", "kinds"])


def missing(table: pd.DataFrame) -> bool:
    return bool(table["matched"].mean() < 0.8 or table["kinds"].median() < LEAST_KINDS)


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES[::4], ids=lambda change: change.id)
def test_placebos_are_as_large_or_it_is_said(change: Intervention) -> None:
    assert said(change) or not missing(reach(change, usual_heads()[:3]))


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_placebos_are_as_large_over_forty_heads_or_it_is_said(change: Intervention) -> None:
    assert said(change) == missing(reach(change, usual_heads()))
