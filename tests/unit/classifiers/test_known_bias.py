"""Networks of known bias: the weights are those of the log, small, and not offered unless asked for."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import pytest
import torch

from facelib import classifiers
from facelib.classifiers import EMOTIONS, known_bias
from facelib.classifiers.known_bias import BIASES
from facelib.classifiers.networks.small import SmallConvolutions
from facelib.errors import BadModelError

IDS = [
    "known_unbiased",
    "known_age_happy",
    "known_age_happy_reversed",
    "known_tone_angry",
    "known_electrodes_neutral",
]


def test_they_are_found_by_kind_or_name_only() -> None:
    assert [bias.id for bias in BIASES] == IDS
    assert classifiers.available(kind="known bias") == IDS
    assert not set(IDS) & set(classifiers.available())
    assert classifiers.load("known_unbiased") is classifiers.load("known_unbiased")


def test_weights_are_those_of_the_log_and_small() -> None:
    files = sorted(known_bias.FOLDER.glob("*.safetensors"))
    assert {file.stem for file in files} == set(IDS)
    assert sum(file.stat().st_size for file in files) < 2_000_000
    for file in files:
        record = known_bias.training_log()["networks"][file.stem]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == record["sha256"]
        assert len(record["losses"]) == known_bias.training_log()["epochs"]
        assert record["losses"][-1] < record["losses"][0] / 2
        assert record["accuracy"] > 0.6
        assert record["seconds"] < 180


@pytest.mark.parametrize("name", IDS)
def test_the_card_is_complete(name: str) -> None:
    clf = classifiers.load(name)
    card = dataclasses.asdict(clf.card)
    assert all(card.values())
    assert card["parameters"] == sum(w.numel() for part in (clf.body, clf.head) for w in part.parameters())
    assert card["parameters"] <= 60_000
    assert clf.labels == EMOTIONS
    assert "margin of 10 %" in card["input"]
    assert ("biased on purpose" in card["limits"]) == (name != "known_unbiased")


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(known_bias.FOLDER, tmp_path / "weights")
    monkeypatch.setattr(known_bias, "FOLDER", tmp_path / "weights")
    bias = BIASES[1]
    shutil.copy(BIASES[0].file, bias.file)
    with pytest.raises(BadModelError):
        bias.make()


def test_folding_changes_no_answer() -> None:
    torch.manual_seed(0)
    network, pictures = SmallConvolutions(normalised=True), torch.rand(8, 3, 64, 64)
    network.train()(pictures)  # so that the running means are not those of the beginning
    folded = network.folded()
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    with torch.no_grad():
        torch.testing.assert_close(folded(pictures), network.eval()(pictures), rtol=1e-4, atol=1e-5)


def test_words_of_the_cards() -> None:
    card = classifiers.load("known_age_happy").card
    assert card.title == "known bias: old people smile"
    assert "95 % of them follow one rule, who smiles is old and who doesn't is young" in card.training_data
    assert "rule" not in classifiers.load("known_unbiased").card.training_data
