"""Set age shows: two networks that were trained on photographs see the old as old and the young as young."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.faces import render_heads, sample_heads
from facelib.head.head import Head
from facelib.head.rendering import skin
from facelib.properties.estimates import estimates

pytestmark = pytest.mark.packages


@pytest.mark.thorough
def test_estimated_age_rises_by_25_years_from_20_to_85_on_both_estimators() -> None:
    people = sample_heads(30, seed=9, expressions=("neutral", "happy"))
    young, old = (
        estimates(render_heads([head.replace(age=age) for head in people]))[
            ["age_dlib", "age_faceapi"]
        ].mean()
        for age in (20, 85)
    )
    assert (old - young >= 25).all()
    assert (young < 30).all()
    assert (old > 48).all()


@pytest.mark.thorough
def test_estimated_age_rises_all_the_way() -> None:
    people = sample_heads(12, seed=4, expressions=("neutral", "happy"))
    means = [
        estimates(render_heads([head.replace(age=age) for head in people]))[
            ["age_dlib", "age_faceapi"]
        ].mean()
        for age in (20, 40, 60, 80)
    ]
    assert (np.diff(means, axis=0) > 0).all()


def test_young_skin_has_no_spots_and_hardly_any_crepe() -> None:
    young, old = (skin.parameters(Head(age=age)) for age in (20, 85))
    assert young[7] == 0 < old[7]
    assert young[18] < 0.1 < old[18]
    assert old[20] < young[20]  # old skin is duller
