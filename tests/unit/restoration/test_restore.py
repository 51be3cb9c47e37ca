"""Restoring: bare faces of all kinds stay bit for bit, and so does all that isn't covered."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Face, Head, render_heads, sample_heads, sample_photograph
from facelib.head.head import BACKGROUNDS
from facelib.restoration import Restored, found_mask, restore
from facelib.restoration.showing import restoration_sheet

pytestmark = pytest.mark.packages
KINDS = (
    Head(facial_hair=1.0, gender=1.0, hair="bald", skin_tone=0.1, seed=3),
    Head(facial_hair=0.4, gender=0.9, skin_tone=1.0, seed=4, expression="surprise", light="side"),
    Head(moles=1.0, skin_tone=0.0, seed=5, expression="sad", hair="long", background="white"),
    Head(moles=1.0, asymmetry=0.6, skin_tone=0.7, seed=6, light="top", expression="fear"),
    Head(glasses=1.0, lens_tint=1.0, seed=7, background="green"),
    Head(glasses=0.2, seed=8, skin_tone=0.9, expression="happy", pose=(25.0, 10.0, -8.0)),
    Head(mask=1.0, seed=9, hair="tied"),
    Head(age=88, grey=1.0, seed=10, expression="angry", background="room", light="warm"),
    Head(age=7, seed=11, expression="disgust", hair_colour="blond", eye_colour="blue", light="cool"),
    Head(palsy=1.0, palsy_side="right", seed=12, expression="happy", background="black", light="dim"),
)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [64, 224, 400])
def test_bare_faces_of_many_kinds_stay_bit_for_bit(size: int) -> None:
    for face in render_heads(KINDS, size):
        found = restore(face)
        assert found.image is face.image
        assert not found.mask.any()
        assert not found.changed


def test_the_photograph_stays_bit_for_bit() -> None:
    face = sample_photograph()
    assert restore(face).image is face.image


@pytest.mark.thorough
def test_no_electrode_is_seen_on_three_hundred_held_out_heads() -> None:
    """With all that may be mistaken for one."""
    heads = sample_heads(
        300,
        seed=77,
        ages=(8.0, 88.0),
        stratify=("expression", "skin_tone"),
        also={
            "glasses": 0.3, "lens_tint": 0.2, "moles": 0.4, "facial_hair": 0.5, "mask": 0.05, "palsy": 0.1,
            "asymmetry": 0.5, "pose": (22.0, 12.0, 10.0), "light": tuple(LIGHTS), "background": BACKGROUNDS,
        },
    )  # fmt: skip
    wrong = [head for head, face in zip(heads, render_heads(heads), strict=True) if found_mask(face).any()]
    assert not wrong


@pytest.mark.thorough
def test_most_electrodes_are_found_that_are_worn_alone() -> None:
    """Where one is seen at all, and not behind hair or a turned head."""
    names = np.random.default_rng(8).choice(ELECTRODE_SCHEMES["fridlund"], 40)
    bare = sample_heads(40, seed=78, also={"light": tuple(LIGHTS), "background": BACKGROUNDS}, electrodes=0.0)
    worn = [head.replace(electrodes=(str(name),)) for head, name in zip(bare, names, strict=True)]
    found, seen = 0, 0
    for before, after in zip(render_heads(bare), render_heads(worn), strict=True):
        covers = np.abs(before.image.astype(int) - after.image).max(axis=2) > 5
        if covers.sum() > 30:
            seen += 1
            found += found_mask(after)[covers].mean() > 0.5
    assert seen >= 30
    assert found >= 0.7 * seen


@pytest.mark.parametrize("size", [96, 224, 448])
def test_all_but_the_mask_stays_bit_for_bit_and_what_is_covered_comes_nearer(size: int) -> None:
    gained = []
    for tone in (0.05, 0.5, 0.95):
        head = Head(skin_tone=tone, seed=21, expression="happy", electrodes="fridlund", light="soft")
        worn, bare = head.render(size), head.replace(electrodes=None).render(size)
        found = restore(worn)
        assert np.array_equal(found.image[found.mask == 0], worn.image[found.mask == 0])
        covered = np.abs(worn.image.astype(int) - bare.image).max(axis=2) > 5
        before, after = (
            np.abs(image.astype(float) - bare.image)[covered].mean() for image in (worn.image, found.image)
        )
        gained.append(after / before)
        assert found.mask[~covered].mean() < 0.03
    assert max(gained) < 0.3, gained


@pytest.mark.thorough
def test_mirrored_shifted_and_turned_pictures_are_restored_too() -> None:
    head = Head(seed=31, skin_tone=0.4, electrodes="kuramoto", pose=(0, 0, 25.0))
    worn, bare = head.render(200), head.replace(electrodes=None).render(200)
    mirrored = worn.replace(
        image=np.ascontiguousarray(worn.image[:, ::-1]),
        box=np.array([200 - worn.box[2], worn.box[1], 200 - worn.box[0], worn.box[3]]),
        eyes=np.array([[200 - x, y] for x, y in worn.eyes[::-1]]),
    )
    room = np.full((300, 330, 3), 90, np.uint8)
    room[50:250, 80:280] = worn.image
    shifted = worn.replace(
        image=room, box=worn.box + np.array([80, 50, 80, 50]), eyes=worn.eyes + np.array([80, 50])
    )
    truth = bare.image.astype(float)
    gap = np.abs(worn.image - truth).mean()
    for image in (
        restore(worn).image,
        restore(mirrored).image[:, ::-1],
        restore(shifted).image[50:250, 80:280],
    ):
        assert np.abs(image - truth).mean() < 0.35 * gap


def test_a_face_of_which_only_the_box_is_known() -> None:
    worn = Head(electrodes="fridlund", seed=2).render(160)
    blind = Face(worn.image, worn.box, np.full((2, 2), np.nan))
    assert restore(blind).changed
    assert np.array_equal(restore(worn).image, restore(worn).image)


def test_a_given_mask_is_what_is_filled_in() -> None:
    worn = Head(electrodes="fridlund", seed=2).render(160)
    mask = np.zeros(worn.size, np.float32)
    mask[:60] = found_mask(worn)[:60]
    found = restore(worn, mask=mask)
    assert isinstance(found, Restored)
    assert np.array_equal(found.image[60:], worn.image[60:])
    assert (found.image[:60] != worn.image[:60]).any()


def test_the_sheet_has_a_row_a_face() -> None:
    head = Head(electrodes=("F1", "F20"), seed=2)
    worn, bare = head.render(96), head.replace(electrodes=None).render(96)
    sheet = restoration_sheet([worn, worn], [bare, bare], ["network", "telea"], size=96)
    assert sheet.size == (5 * 96 + 4 * 4, sheet.size[1])
    assert 2 * 96 < sheet.size[1] < 3 * 96


@pytest.mark.thorough
def test_importing_it_loads_neither_torch_nor_pandas() -> None:
    code = "import sys, facelib.restoration as r; print([n for n in ('torch', 'pandas') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
