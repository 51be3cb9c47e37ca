"""Prototypes of strangers' pictures, looked at as their owner does: what a change leaves to be seen."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facelib import interventions, properties
from facelib.editing import regions
from facelib.errors import BadValueError
from facelib.faces import Face, Head, sample_heads


def as_photograph(head: Head, size: int = 224) -> Face:
    """Return a rendered head whose picture and landmarks alone are known."""
    return head.render(size).replace(source="photograph", attributes={})


class TestPrototypes:
    """The difference between groups of two tones painted a mask, as the withheld skin tone did."""

    @pytest.fixture(scope="class")
    @staticmethod
    def groups() -> dict[str, list[Face]]:
        """People of the same ages in both: they differ in tone, as chance or a lab's own pictures have it."""
        heads = sample_heads(12, seed=5)
        return {
            name: [
                as_photograph(head.replace(skin_tone=tone, expression="neutral", facial_hair=0.0), 160)
                for head in heads
            ]
            for name, tone in (("light", 0.1), ("dark", 0.9))
        }

    @pytest.mark.parametrize("tone", [0.05, 0.5, 0.95])
    @pytest.mark.parametrize("light", ["frontal", "side"])
    def test_the_tone_of_a_face_stays(self, groups: dict[str, list[Face]], tone: float, light: Any) -> None:
        change = interventions.Prototype.between(groups["light"], groups["dark"], "group")
        face = as_photograph(Head(seed=31, skin_tone=tone, light=light, expression="happy"))
        for amount in (-1.0, 0.5, 1.0):
            other = interventions.get(change, amount=amount).apply(face, 1.0)
            before, after = properties.measure([face, other], ["skin_tone"])["skin_tone"]
            assert after == pytest.approx(before, abs=5)  # it was up to 82
            for part in ("nose", "left cheek", "right cheek", "forehead", "chin"):
                assert away(face, other, part) < 2.5
            for part in ("left brow", "right brow", "left eye", "right eye", "mouth"):  # no glow in them
                assert away(face, other, part) < 4

    def test_what_else_the_groups_differ_in_is_still_added(self) -> None:
        young, old = (
            [as_photograph(head.replace(skin_tone=tone, age=age, expression="neutral", facial_hair=0.0), 160)
             for head in sample_heads(12, seed=seed)]
            for seed, tone, age in ((5, 0.1, 22.0), (6, 0.9, 85.0))
        )  # fmt: skip
        change = interventions.Prototype.between(young, old, "age")
        faces = [as_photograph(Head(seed=seed, age=24, skin_tone=0.2 * seed)) for seed in range(1, 5)]
        both = [[change.apply(face, strength) for face in faces] for strength in (0.0, 1.0)]
        ages = [properties.measure(some, ["estimated_age"])["estimated_age"].mean() for some in both]
        assert ages[1] > ages[0] + 8

    def test_none_is_made_to_move_it(self, groups: dict[str, list[Face]]) -> None:
        with pytest.raises(BadValueError, match="have rated it") as refused:
            interventions.Prototype.between(groups["light"], groups["dark"], "tone", moves="skin_tone")
        assert "facelib.Head(" in str(refused.value)


def away(one: Face, other: Face, region: str) -> float:
    """Return how far the mean colour of a region is from that of another picture, each by its landmarks."""
    colours = []
    for face in (one, other):
        share = regions.masks(face, ())[regions.REGIONS.index(region)]
        lab = cv2.cvtColor(face.image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        colours.append((lab * share[..., None]).sum(axis=(0, 1)) / share.sum())
    return float(np.linalg.norm(colours[1] - colours[0]))
