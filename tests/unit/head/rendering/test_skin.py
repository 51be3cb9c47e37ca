"""Skin: its tone as measured in the picture, wrinkles, hair, what sticks to it."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.head.electrodes import positions
from facelib.head.geometry import electrode_sites
from facelib.head.geometry.arrays import load
from facelib.head.rendering import skin

pytestmark = pytest.mark.packages


def typology_angle(head: Head) -> float:
    face = head.render(224)
    patches = [
        face.image[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].reshape(-1, 3)
        for x, y in face.landmarks[[151, 50, 280, 9]]
    ]
    light, _, yellow = np.median(rgb2lab(np.concatenate(patches)[None] / 255.0)[0], axis=0)
    return float(np.degrees(np.arctan2(light - 50, yellow)))


@pytest.mark.thorough
def test_skin_tone_is_linear_in_the_measured_typology_angle() -> None:
    for tone in np.linspace(0, 1, 6):
        head = Head(skin_tone=float(tone), expression="neutral", hair="tied", age=25)
        assert typology_angle(head) == pytest.approx(55 - 105 * tone, abs=5)


def test_no_tone_loses_its_shading() -> None:
    """The lit and the shaded cheek differ clearly in every tone."""
    for tone in (0.0, 0.5, 1.0):
        face = Head(skin_tone=tone, expression="neutral", light="side").render(224)
        lit, shaded = (
            face.image[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].mean()
            for x, y in face.landmarks[[280, 50]]
        )
        assert lit > 1.25 * shaded
        assert lit < 250


def test_tone_changes_nothing_but_the_skin() -> None:
    dark, light = (Head(skin_tone=tone, hair="short").render(128) for tone in (0.9, 0.1))
    np.testing.assert_array_equal(dark.landmarks, light.landmarks)
    changed = np.abs(dark.image.astype(int) - light.image).max(axis=2) > 0
    assert not changed[:20, :10].any()  # the backdrop


def test_wrinkles_deepen_with_age_and_on_the_side_that_moves() -> None:
    young, old = (skin.wrinkles(Head(age=age, expression={})) for age in (22, 80))
    assert young.max() == 0
    assert old.min() > 0.5
    one_sided = skin.wrinkles(Head(age=40, expression={"mouthSmileLeft": 1.0}))
    assert one_sided[0, 3] > one_sided[1, 3] + 0.3
    slack = skin.wrinkles(Head(age=70, expression={}, palsy=1.0))
    assert (slack[0] < slack[1]).all()


def test_hair_turns_grey() -> None:
    colours = [skin.hair_colour(Head(age=age, hair_colour="black")).mean() for age in (30, 55, 80)]
    assert colours[0] < colours[1] < colours[2]


def test_bald_heads_have_no_hair_on_the_map() -> None:
    bald, short = (skin.STEP * skin.bake(Head(hair=hair), 2)[..., 6] for hair in ("bald", "short"))
    assert bald.max() == 0
    assert short.max() == pytest.approx(1, abs=skin.STEP)


def test_seed_draws_the_mottling_and_keeps_the_tone() -> None:
    one, two = (skin.STEP * skin.bake(Head(seed=seed, hair="bald"), 2) for seed in (1, 2))
    assert np.abs(one[..., :3] - two[..., :3]).max() > 0.005
    np.testing.assert_allclose(one[..., :3].mean(axis=(0, 1)), two[..., :3].mean(axis=(0, 1)), rtol=0.05)


def test_electrodes_lie_on_the_skin_at_their_place() -> None:
    places = electrode_sites.places()
    canonical = load().canonical
    for scheme in ELECTRODE_SCHEMES.values():
        for name in scheme:
            x, y = positions()[name]
            place = np.array(places[name])
            assert np.linalg.norm(canonical - place, axis=1).min() < 0.06
            assert place[1] == pytest.approx(electrode_sites.FRANKFORT + y / 100, abs=0.05)
            if abs(x) <= 45:
                assert place[0] == pytest.approx(x / 100, abs=0.03)
            else:
                assert 0.4 < abs(place[0]) < 0.72
                assert np.sign(place[0]) == np.sign(x)
    np.testing.assert_allclose(np.array(places["F1"]) * [-1, 1, 1], places["F2"], atol=1e-6)


def test_moles_are_asymmetric_and_only_when_asked() -> None:
    plain, marked = (
        Head(seed=3, moles=m, light="frontal", expression="neutral").render(224) for m in (0.0, 1.0)
    )
    changed = np.abs(plain.image.astype(int) - marked.image).max(axis=2)
    assert 30 < (changed > 5).sum() < 2000
    flipped = marked.image[:, ::-1].astype(int)
    assert (np.abs(flipped - marked.image).max(axis=2) > 8).sum() > 20
