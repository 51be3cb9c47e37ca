from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facelib.charts import specs
from facelib.charts.sweeps import curves, outputs


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    return tmp_path / "compiled"


@pytest.mark.thorough
def test_cached_equals_fresh() -> None:
    for _ in range(2):
        assert specs.bars(["fer", "facex"]) == specs.in_type_of_page(
            json.loads(json.dumps(outputs.layout(["fer", "facex"]).to_dict()))
        )
        assert specs.response(["fer"], height=50) == specs.in_type_of_page(
            json.loads(json.dumps(curves.layout(["fer"], height=50).to_dict()))
        )


@pytest.mark.thorough
def test_other_arguments_other_file(cache: Path) -> None:
    specs.bars(["fer"])
    specs.bars(["fer"])
    assert len(list(cache.iterdir())) == 1
    specs.bars(["facex"])
    specs.bars(["fer"], width=50)
    specs.response(["fer"])
    assert len(list(cache.iterdir())) == 4


@pytest.mark.thorough
def test_other_version_other_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs.bars(["fer"])
    monkeypatch.setattr(specs, "_fingerprint", lambda _module: "another altair")
    specs.bars(["fer"])
    assert len(list(cache.iterdir())) == 2


@pytest.mark.thorough
def test_warm_kernel_does_not_import_altair(tmp_path: Path) -> None:
    code = "import sys; from facelib.charts import specs; specs.bars(['fer']); print('altair' in sys.modules)"
    environment = {**os.environ, "FACELIB_HOME": str(tmp_path)}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
        )
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]


@pytest.mark.thorough
def test_what_the_page_needs_to_fill_its_charts_does_not_import_altair() -> None:
    """It would halt the page for two seconds; a chart that is drawn does import it."""
    code = (
        "import sys; import facelib.charts.statistics.dependence, facelib.charts.studies.heatmap; "
        "import facelib.charts.studies.power_live; from facelib.charts.muscles import traces; "
        "import facelib.app.muscles.panel, facelib.app.studies.observed_panel; "
        "import facelib.app.studies.population_panel; "
        "print('altair' in sys.modules); traces.layout(); print('altair' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["False", "True"]
