"""What is stored beside results is enough to prepare pictures in the same way again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from facelib.classifiers import Preparation, own
from facelib.classifiers.provenance import COLUMNS, provenance
from facelib.models.catalogue import file_hash

pytestmark = pytest.mark.usefixtures("single_threaded")


def network() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


@pytest.mark.thorough
def test_a_row_tells_all_and_survives_a_file(tmp_path: Path, rng: np.random.Generator) -> None:
    torch.save(network().state_dict(), tmp_path / "mine.pt")
    seen = Preparation(32, "bgr", (123.675, 116.28, 103.53), 57.375, margin=0.15)
    clf = own(
        tmp_path / "mine.pt", factory=network, id="mine", labels=["Joy", "Contempt", "sadness"],
        emotions={"Joy": "happy", "Contempt": None, "sadness": "sad"}, preparation=seen, licence="CC0",
    )  # fmt: skip
    table = provenance([clf])
    assert list(table.columns) == list(COLUMNS)
    table.to_csv(tmp_path / "classifiers.csv", index=False)
    (row,) = pd.read_csv(tmp_path / "classifiers.csv").to_dict("records")
    assert (row["classifier"], row["licence"]) == ("mine", "CC0")
    assert row["sha256"] == file_hash(tmp_path / "mine.pt")
    assert row["labels"].split("; ") == ["Joy", "Contempt", "sadness"]
    assert row["emotions"] == "Joy = happy; Contempt = none; sadness = sad"
    assert str(tmp_path) not in " ".join(map(str, row.values()))  # names of files, never of folders
    red, green, blue = map(float, row["mean"].split("; "))
    again = Preparation(row["size"], row["colour"], (red, green, blue), float(row["std"]), row["margin"])
    images = rng.integers(0, 256, (2, 50, 60, 3), dtype=np.uint8)
    torch.testing.assert_close(again(images), seen(images))


def test_no_classifier_gives_an_empty_table_of_the_same_shape() -> None:
    assert list(provenance([]).columns) == list(COLUMNS)
