"""The classifiers say what the prototype's networks said: logits before softmax or sigmoid."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

from facelib.classifiers import Classifier

EXPECTED: dict[str, Any] = json.loads(Path(__file__).with_name("expected_logits.json").read_text())

pytestmark = pytest.mark.packages


def waves() -> npt.NDArray[np.uint8]:
    y, x, channel = np.ogrid[:200, :180, :3]
    return ((x * x * (channel + 1) // 97 + y * (7 - channel) // 3 + x * y // 61) % 256).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures() -> dict[str, npt.NDArray[np.uint8]]:
    found = {"astronaut": np.ascontiguousarray(skimage.data.astronaut()), "waves": waves()}
    for name, image in found.items():
        assert hashlib.sha256(image.tobytes()).hexdigest() == EXPECTED["pictures"][name], name
    return found


@pytest.mark.parametrize("name", EXPECTED["logits"])
def test_logits_are_those_of_the_prototype(
    name: str, pictures: dict[str, npt.NDArray[np.uint8]], load_network: Callable[[str], Classifier]
) -> None:
    clf = load_network(name)
    for case, expected in zip(EXPECTED["cases"], EXPECTED["logits"][name], strict=True):
        image = pictures[case["picture"]]
        (found,) = clf.logits(image[None], case["box"])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4, err_msg=str(case))


def test_every_built_in_classifier_has_expected_logits() -> None:
    assert set(EXPECTED["logits"]) == {"fer", "facex", "pyemotion", "facemood", "faceapi", "human"}
