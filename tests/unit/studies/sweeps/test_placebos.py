"""Placebos that are matched in each quarter of the face box."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.errors import BadValueError
from facelib.faces import Head
from facelib.interventions.placebos.kinds import placebos_of
from facelib.interventions.placebos.matching import REGIONS, placebo_sweeps, region_distances
from facelib.studies import Sweep, run_references, sweep
from facelib.studies.sweeps.placebos import References

pytestmark = pytest.mark.packages


@pytest.fixture(scope="module")
def smile() -> Sweep:
    return sweep(Head(age=34, gender=0.0, expression="happy"), "symmetry", ["fer"], steps=7)


@pytest.fixture(scope="module")
def local(smile: Sweep) -> References:
    *_, found = run_references(smile, 15, thinned=3, by_region=True)
    return found


@pytest.mark.thorough
def test_placebos_lie_where_the_intervention_does(smile: Sweep, local: References) -> None:
    *_, whole = run_references(smile, 15, thinned=3)
    assert local.by_region
    assert not whole.by_region
    assert local.kinds == whole.kinds
    wanted = np.stack([region_distances(smile.images[0], smile.images[k], smile.box) for k in (0, 3, 6)])
    for one in local.sweeps:
        assert one.regions_reached is not None
        near = np.abs(one.regions - wanted) <= np.maximum(0.1 * wanted, 0.1)
        assert np.array_equal(one.regions_reached, near)
        short = one.regions < wanted
        assert (near | short).all(), one.kind  # never more than asked; less where no more is admissible
    near, far = local.where(), whole.where()
    assert near["region"].tolist() == list(REGIONS)
    reached = np.mean([one.regions_reached[-1] for one in local.sweeps], axis=0)  # type: ignore[index]
    assert near["reached"].tolist() == reached.tolist()
    assert reached.min() > 0.6
    assert far["reached"].isna().all()
    miss = [np.abs(table["harmless"] - table["change"]).max() for table in (near, far)]
    assert miss[0] < 0.1 * miss[1]


@pytest.mark.thorough
def test_the_pictures_that_are_read_are_the_matched_ones(smile: Sweep, local: References) -> None:
    steps = (0, 3, 6)
    regions = np.stack([region_distances(smile.images[0], smile.images[k], smile.box) for k in steps])
    again = next(
        placebo_sweeps(
            smile.frames.faces[0],
            np.sqrt((regions**2).mean(axis=1)),
            1,
            kinds=placebos_of("asymmetric_expression", "symmetry"),
            regions=regions,
        )
    )
    model = local.models["fer"]
    boxes = np.tile(smile.box, (3, 1))
    assert model.probabilities(again.images, boxes) == pytest.approx(
        local.sweeps[0].probabilities["fer"], abs=1e-5
    )


def test_placebos_go_on_as_they_began(smile: Sweep, local: References) -> None:
    *_, resumed = run_references(smile, 16, thinned=3, by_region=True, start=local)
    assert len(resumed) == 16
    assert resumed.sweeps[:15] == local.sweeps
    with pytest.raises(BadValueError, match="as they began, matched region by region"):
        next(run_references(smile, 16, thinned=3, start=local))
