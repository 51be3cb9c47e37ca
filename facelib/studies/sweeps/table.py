"""The tidy table: one row is one (face, intervention, strength, classifier, label)."""

from __future__ import annotations

from typing import Final

COLUMNS: Final = {
    "face": "key of the head, or the name of the photograph",
    "intervention": "id of the intervention that was run",
    "step": "number of the frame, 0 is the unchanged face",
    "strength": "strength of the intervention in [0, 1]",
    "classifier": "id of the classifier",
    "label": "common emotion: neutral, happy, sad, surprise, fear, disgust, angry",
    "logit": "output before softmax (pyemotion: before the sigmoid); of another tool's table: its score",
    "probability": "output as probability in [0, 1], as the classifier's card states; NaN for scores",
}
"""Columns of `Sweep.outputs` with their meaning; ``measured_<property>`` columns follow in `Sweep.table`."""

VALUE_COLUMNS: Final = {
    "value": "the probability, or of an output on a scale of its own (age, valence) its value",
    "unit": "unit of the value; empty: a probability, or a value without a unit",
}
"""Columns that follow where a classifier gives values: its probabilities are NaN, and logits the values."""
