"""The port of face-api's age and gender network says what face-api says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from facelib.errors import UnavailableError
from facelib.models import data_path
from facelib.models.readers.tfjs import read_tfjs
from facelib.models.readers.tiny_xception import TinyXception

pytestmark = pytest.mark.packages

SIDE = 112
MEAN = torch.tensor([122.782, 117.001, 104.298]).view(1, 3, 1, 1)
# What face-api 1.7.15 said in Node.js (TensorFlow.js, plain backend): AgeGenderNet.forward of these pictures.
SAID = {3: (14.557872, 0.876205), 5: (15.317559, 0.830125), 7: (9.905391, 0.354966)}


def waves(pitch: int) -> torch.Tensor:
    """A colourful picture (1, 3, 112, 112) of whole numbers, the same on every machine."""
    y, x, channel = np.ogrid[:SIDE, :SIDE, :3]
    levels = (x * x * (channel + 1) // 97 + y * (pitch - channel) // 3 + x * y // 61) % 256
    return torch.from_numpy(levels).permute(2, 0, 1)[None].float()


@pytest.fixture(scope="module")
def network() -> TinyXception:
    try:
        path = data_path("face-api", "model/age_gender_model-weights_manifest.json")
    except UnavailableError as error:
        pytest.skip(f"optional npm package: {error}")
    return TinyXception.from_faceapi(read_tfjs(path))


@pytest.mark.parametrize("pitch", SAID)
def test_it_agrees_with_its_own_runtime(network: TinyXception, pitch: int) -> None:
    with torch.inference_mode():
        age, gender = network((waves(pitch) - MEAN) / 255)
    assert age.item() == pytest.approx(SAID[pitch][0], abs=1e-4)
    assert torch.softmax(gender, 1)[0, 0].item() == pytest.approx(SAID[pitch][1], abs=1e-5)


def test_a_batch_says_what_each_picture_says_alone(network: TinyXception) -> None:
    pictures = [(waves(pitch) - MEAN) / 255 for pitch in SAID]
    with torch.inference_mode():
        ages, genders = network(torch.cat(pictures))
        alone = [network(picture) for picture in pictures]
    torch.testing.assert_close(ages, torch.cat([age for age, _ in alone]), rtol=0, atol=1e-4)
    torch.testing.assert_close(genders, torch.cat([gender for _, gender in alone]), rtol=0, atol=1e-4)
