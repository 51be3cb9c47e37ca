from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from facelib.charts import bars, response, save, sizes, specs
from facelib.charts.export import figure, with_data
from facelib.charts.tables import rows
from facelib.errors import BadValueError


@pytest.mark.thorough
def test_svg_and_png_hold_the_chart(outputs: pd.DataFrame, tmp_path: Path) -> None:
    svg = save(bars(outputs), tmp_path / "bars.svg").read_text()
    assert svg.startswith("<svg")
    for text in ("fer", "facex", "pyemotion", "happy"):
        assert f">{text}<" in svg
    small, large = (Image.open(io.BytesIO(figure(bars(outputs), "png", scale))) for scale in (1.0, 2.0))
    assert large.size == pytest.approx([2 * side for side in small.size], abs=2)
    assert small.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.thorough
def test_json_is_the_specification(outputs: pd.DataFrame, tmp_path: Path) -> None:
    spec = json.loads(save(response(outputs), tmp_path / "curves.json").read_text())
    assert spec["datasets"]["outputs"] == rows(outputs)


@pytest.mark.thorough
def test_figure_of_the_page_equals_the_chart(
    outputs: pd.DataFrame,
    marks: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    spec = specs.bars(["fer", "facex", "pyemotion"], **sizes.BARS)
    page = with_data(spec, {"outputs": rows(outputs)}, {"step": 2, "label": "sad"})
    assert marks(page, 1, "rect") == marks(bars(outputs, step=2, label="sad"), 1, "rect")


@pytest.mark.thorough
def test_other_endings_are_refused(outputs: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match=r"saved as .svg, .png, .json; got .bmp"):
        save(bars(outputs), tmp_path / "bars.bmp")
    assert not (tmp_path / "bars.bmp").exists()
