from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from facelib.charts.tables import BAND, OUTPUTS, classifiers_of, rows
from facelib.errors import BadValueError


def test_rows_equal_the_slow_way(outputs: pd.DataFrame) -> None:
    slow = [{name: row[name] for name in OUTPUTS} for _, row in outputs.round(4).iterrows()]
    assert rows(outputs) == slow


def test_rows_are_plain_json(outputs: pd.DataFrame) -> None:
    table = outputs.assign(
        classifier=outputs["classifier"].astype("category"), step=outputs["step"].astype("int16")
    )
    assert json.loads(json.dumps(rows(table))) == rows(outputs)


def test_not_a_number_becomes_null() -> None:
    table = pd.DataFrame(
        {
            "classifier": "fer",
            "label": "happy",
            "strength": [0.0, 1.0],
            "low": [np.nan, 0.1],
            "high": [0.2, np.nan],
        }
    )
    assert [(row["low"], row["high"]) for row in rows(table, BAND)] == [(None, 0.2), (0.1, None)]


def test_no_table_no_rows() -> None:
    assert rows(None) == []


def test_classifiers_in_order_of_appearance(outputs: pd.DataFrame) -> None:
    assert classifiers_of(outputs) == ["fer", "facex", "pyemotion"]


def test_missing_columns_are_named(outputs: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="step, label is missing"):
        rows(outputs.drop(columns=["label", "step"]))
