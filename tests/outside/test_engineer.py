"""A machine-learning engineer brings networks and changes of their own, and mistypes."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np
import pytest
import torch
import vl_convert
from torch import nn

import facelib
from facelib import charts
from facelib.classifiers import Classifier, Preparation, own

pytestmark = pytest.mark.usefixtures("single_threaded")

HEAD = facelib.Head(expression="happy")
KNOWN = "known_unbiased"


def texts(chart: Any) -> list[str]:
    """Return what a chart writes, as it is drawn."""
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)<", svg)]


@pytest.fixture(scope="module")
def glum() -> Classifier:
    """A network that knows sad, angry and neutral only."""
    torch.manual_seed(0)
    pool = nn.AdaptiveAvgPool2d(1)
    net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, 3)).eval()
    seen = Preparation(32, "gray", 0.0, 255.0)
    return own(net, labels=["sad", "angry", "neutral"], preparation=seen, id="glum")


# A network without the emotion that is looked at says so in its place (data/README.md)

LACK = "glum has no output for 'happy'; it knows sad, angry, neutral."


@pytest.fixture(scope="module")
def both(glum: Classifier) -> facelib.Sweep:
    return facelib.sweep(HEAD, "brightness", [KNOWN, glum], steps=3, replicates=5, label="happy")


def test_effects_have_a_row_of_who_lacks_the_emotion(both: facelib.Sweep) -> None:
    rows = both.effects().set_index("classifier")
    assert list(rows.index) == [KNOWN, "glum"]
    assert rows.loc["glum", ["start", "end", "change", "shuffle_p"]].isna().all()
    assert rows.loc["glum", "verdict"] == "no such output"
    assert rows.loc["glum", "sentence"] == rows.loc["glum", "remark"] == LACK
    assert rows.loc[KNOWN, "verdict"] in ("changes", "does not change", "cannot tell")
    assert rows[["n", "seed", "shuffle_tests", "references"]].dtypes.eq(np.int64).all()
    assert both.effects("sad").set_index("classifier").loc["glum", "change"] == pytest.approx(
        np.ptp(both.series("glum", "sad")[[0, -1]]) * np.sign(np.diff(both.series("glum", "sad")[[0, -1]]))[0]
    )


def test_results_say_who_lacks_the_emotion(both: facelib.Sweep) -> None:
    assert both.notes == both.attribution.notes == (LACK,)
    for thing in (both, both.attribution):
        assert LACK in repr(thing)
        assert "glum has no output for &#x27;happy&#x27;" in thing._repr_html_()  # type: ignore[attr-defined]
    alone = facelib.sweep(HEAD, "brightness", [KNOWN], steps=3, replicates=5)
    assert alone.notes == ()
    assert "notes" not in repr(alone)


def test_the_chart_says_who_lacks_the_emotion(both: facelib.Sweep) -> None:
    chart = charts.response(both.outputs, label="happy")
    found = texts(chart)
    assert "no such output" in found
    assert any("no such output: glum" in text for text in found), found
    assert "no such output: glum" in chart.to_dict()["description"]
    assert "no such output" not in str(texts(charts.response(both.outputs, label="sad")))


def test_regions_say_who_has_no_map(both: facelib.Sweep) -> None:
    table = both.attribution.regions()
    mine = table[table["classifier"] == "glum"]
    assert len(mine) == len(table) / 2
    assert mine[["share", "evidence", "area", "density"]].isna().all(axis=None)
    assert set(mine["remark"]) == {LACK}
    assert any("no map: glum" in text for text in texts(charts.region_curves(table)))
    with pytest.raises(facelib.FacelibError, match="None of glum has a map of happy"):
        charts.region_curves(mine)
