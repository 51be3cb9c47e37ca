"""Maps that earlier versions saved load, and predict what they predicted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facelib.semg import EMG2Expression, Expression2EMG

FOLDER = Path(__file__).parents[2] / "fixtures" / "maps" / "of_6f78fbd"


@pytest.mark.parametrize("name", ["emg2expression_ridge", "emg2expression_mlp", "expression2emg_ridge"])
def test_maps_of_earlier_versions_predict_the_same(name: str, tmp_path: Path) -> None:
    expected = json.loads((FOLDER / "expected.json").read_text())
    kind = EMG2Expression if name.startswith("emg") else Expression2EMG
    model = kind.load(FOLDER / f"{name}.safetensors")
    again = kind.load(model.save(tmp_path / "again.safetensors"))
    for one in (model, again):
        if isinstance(one, EMG2Expression):
            found = one.predict(np.array(expected["envelopes"])).to_numpy()
        else:
            found = one.predict(np.array(expected["units"])).pick(list(one.outputs)).signals
        np.testing.assert_allclose(found, expected[name], rtol=1e-6, atol=1e-7)
        assert one.of_face_units
        assert (one.centre, one.spread) == ((), ())
        assert set(one.groups) == {"mouth"}
