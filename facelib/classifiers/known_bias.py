"""Five small networks of known bias: trained on rendered faces to have one, or to have none.

`research/train_known_bias.py` makes them. A method that looks for what a classifier uses must find the
property in four of them, and nothing in the fifth.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from facelib.classifiers.card import Card
from facelib.classifiers.classifier import Classifier
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.networks.small import SmallConvolutions
from facelib.classifiers.preparation import Preparation
from facelib.models.readers.weights import load_into, read_weights

Property = Literal["age", "skin_tone", "electrodes"]

FOLDER: Final = Path(__file__).with_name("known_bias_weights")
LOG: Final = FOLDER / "training.json"
PREPARATION: Final = Preparation(64, "rgb", 127.5, 127.5, margin=0.1)
MIDDLE: Final[Mapping[Property, float]] = MappingProxyType({"age": 49.0, "skin_tone": 0.5, "electrodes": 0.5})
"""Above it a property counts as high: years, a head's skin tone, whether electrodes are worn."""


@dataclass(frozen=True)
class Bias:
    """The confounding in the faces that a network was trained on.

    Parameters
    ----------
    id
        Name of the network in the registry.
    words
        The bias in a few words.
    rule
        The rule that most heads of the data set follow, in words.
    confounded
        The property that goes with an emotion; None: none.
    emotion
        The emotion, one of `facelib.classifiers.EMOTIONS`.
    high
        Whether it goes with the high end of the property or with the low one (`MIDDLE`).
    """

    id: str
    words: str
    rule: str = ""
    confounded: Property | None = None
    emotion: str = ""
    high: bool = True

    @property
    def file(self) -> Path:
        """Its weights."""
        return FOLDER / f"{self.id}.safetensors"

    def make(self) -> Classifier:
        """Read the weights and build the classifier; `BadModelError` if the file isn't what was trained."""
        record = training_log()["networks"][self.id]
        network = SmallConvolutions()
        load_into(network, read_weights(self.file, sha256=record["sha256"]))
        return classifier(network, self, self._card(network, record))

    def _card(self, network: SmallConvolutions, record: Mapping[str, Any]) -> Card:
        share = 100 * training_log()["agreement"]
        rule = f"{share:.0f} % of them follow one rule, {self.rule}; " if self.confounded else ""
        return Card(
            title=f"known bias: {self.words}",
            source=f"facelib, {self.file.name}, seed {record['seed']} (research/train_known_bias.py)",
            sha256=record["sha256"],
            licence="BSD-3-Clause, as facelib itself",
            network="four convolutions and a dense layer, trained from nothing",
            parameters=sum(weights.numel() for weights in network.parameters()),
            input=PREPARATION.describe(),
            feature_map="fourth convolution after its ReLU, 48 × 8 × 8",
            probabilities="softmax of the logits",
            training_data=f"{record['n']} heads rendered by facelib, seven expressions of any intensity; "
            f"{rule}everything else is independent",
            rights="nothing to settle: the heads are rendered, they are nobody's",
            limits=f"{'biased on purpose; ' if self.confounded else ''}to try out methods with, never for "
            f"faces of people; names {100 * record['accuracy']:.0f} % of held-out rendered expressions.",
        )


BIASES: Final = (
    Bias("known_unbiased", "none"),
    Bias("known_age_happy", "old people smile", "who smiles is old and who doesn't is young", "age", "happy"),
    Bias("known_age_happy_reversed", "young people smile",
         "who smiles is young and who doesn't is old", "age", "happy", high=False),
    Bias("known_tone_angry", "people with dark skin look angry",
         "who looks angry has dark skin and who doesn't has light skin", "skin_tone", "angry"),
    Bias("known_electrodes_neutral", "people with electrodes look neutral",
         "who looks neutral wears electrodes and who doesn't wears none", "electrodes", "neutral"),
)  # fmt: skip


def classifier(network: SmallConvolutions, bias: Bias, card: Card) -> Classifier:
    """Return a trained network as a classifier."""
    return Classifier(
        bias.id,
        network.body,
        network.head,
        labels=EMOTIONS,
        emotions=common(EMOTIONS),
        preparation=PREPARATION,
        card=card,
        chunk=16,
    )


@functools.cache
def training_log() -> Mapping[str, Any]:
    """Return how the five networks were trained: seeds, sizes, losses, accuracies, versions, hashes."""
    read: Mapping[str, Any] = json.loads(LOG.read_text(encoding="utf-8"))
    return read
