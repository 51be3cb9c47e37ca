"""A regression from `own` to the report: sweep, curve, study and words are in its units."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import facelib
from facelib import charts, studies
from facelib.classifiers import Classifier, Preparation, Scale, own
from facelib.classifiers.scales import scale_of
from facelib.errors import BadValueError
from facelib.studies import InterventionalResult, Sweep
from facelib.studies.sweeps.effects import summarise

pytestmark = pytest.mark.usefixtures("single_threaded")

SEEN = Preparation(32, "gray", 0.0, 255.0)
HEAD = facelib.Head(expression="happy")


class Brightness(nn.Module):
    """The mean grey of the face, stretched from one number to another, and the same upside down."""

    def __init__(self, low: float, high: float, count: int = 1) -> None:
        super().__init__()
        self.low, self.high, self.count = low, high, count
        self.layer = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.layer.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        share = self.layer(x).mean((1, 2, 3))
        both = torch.stack([share, 1 - share], 1)[:, : self.count]
        return self.low + (self.high - self.low) * both


def reader(scale: Scale, low: float = 0.0, high: float = 100.0, label: str = "age") -> Classifier:
    return own(Brightness(low, high), labels=[label], preparation=SEEN, outputs=scale, id=f"{label}_net")


@pytest.fixture(scope="module")
def years() -> Sweep:
    return facelib.sweep(
        HEAD, "light_strength", [reader(Scale("years")), "known_unbiased"], 5, label="age", size=64
    )


@pytest.mark.thorough
def test_a_sweep_is_in_the_units_of_its_output(years: Sweep) -> None:
    outputs = years.outputs
    own_rows = outputs[outputs["classifier"] == "age_net"]
    assert own_rows["probability"].isna().all()
    assert set(own_rows["unit"]) == {"years"}
    np.testing.assert_array_equal(own_rows["value"], own_rows["logit"])
    np.testing.assert_array_equal(own_rows["value"], years.series("age_net"))
    assert outputs.loc[outputs["classifier"] == "known_unbiased", "probability"].between(0, 1).all()
    assert ("age_net", "age") in years.wide
    assert years.scale() == Scale("years")
    assert years.scale("happy") is None


def test_its_verdict_takes_a_margin_in_units_and_says_so(years: Sweep) -> None:
    with pytest.raises(BadValueError, match=r"margin δ of 'age' is in years .* set it before the run"):
        years.effects()
    change = float(np.ptp(years.series("age_net")[[0, -1]]))
    assert change > 1
    small, large = (
        years.effects(delta=delta).set_index("classifier").loc["age_net"] for delta in (0.5, 90.0)
    )
    assert (small["verdict"], large["verdict"]) == (
        "changes",
        "does not change",
    )  # no bounds: nothing to lose
    assert small["unit"] == "years"
    assert re.search(
        rf"age_net's output for age (rises|falls) by {change:.2f} years on this face", small["sentence"]
    )
    assert "less than δ = 90.00 years" in large["sentence"]
    assert pd.isna(small["flips"])
    assert "age_net" in summarise(years.effects(delta=0.5), "it gets brighter")
    with pytest.raises(BadValueError, match="below 1"):
        years.effects("happy", delta=2)


def test_a_bounded_value_knows_what_is_there_to_lose() -> None:
    pain = reader(Scale("points", 0, 10), 0.0, 0.02, label="pain")
    found = facelib.sweep(HEAD, "light_strength", [pain], 3, label="pain", size=64)
    row = found.effects(delta=1).iloc[0]
    assert row["verdict"] == "cannot fall that far"
    assert re.fullmatch(r"only \.0\d points is there to lose", row["remark"])
    with pytest.raises(BadValueError, match="below the whole of its scale"):
        found.effects(delta=10)


@pytest.mark.thorough
def test_curves_are_drawn_in_units_and_bars_of_values_are_refused(years: Sweep) -> None:
    spec = charts.response(years.outputs, label="age").to_dict()
    text = str(spec)
    assert "robability" not in text.replace("'compared'", "")
    rows = [row for row in spec["datasets"]["outputs"] if row["label"] == "age"]
    values = years.series("age_net")
    np.testing.assert_allclose([row["value"] for row in rows], values, atol=1e-3)
    encoded = spec["concat"][0]["layer"][1]["encoding"]["y"]
    assert encoded["axis"]["title"] == "years"
    low, high = encoded["scale"]["domain"]
    assert low < values.min() < values.max() < high
    fixed = charts.response(years.outputs, label="age", scale=(0, 100)).to_dict()
    assert fixed["concat"][0]["layer"][1]["encoding"]["y"]["scale"]["domain"] == [0, 100]
    usual = charts.response(years.outputs, label="happy").to_dict()
    assert usual["concat"][1]["layer"][1]["encoding"]["y"]["field"] == "probability"
    with pytest.raises(BadValueError, match="bars are of probabilities, and 'age' is a value"):
        charts.bars(years.outputs, label="age")
    assert {row["classifier"] for row in charts.bars(years.outputs).to_dict()["datasets"]["outputs"]} == {
        "known_unbiased"
    }


@pytest.mark.thorough
def test_an_explorable_and_a_report_of_values_are_in_units(years: Sweep, tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="set it before the run"):
        years.explorable(tmp_path / "a.html")
    with pytest.raises(BadValueError, match="set it before the run"):
        years.report(tmp_path / "a.html")
    assert not list(tmp_path.iterdir())
    page = years.explorable(tmp_path / "a.html", delta=3.0).read_text()
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', page)[1])
    assert (data["menu"], next(iter(data["classes"]))) == ("Output", "age")
    age, happy = data["classes"]["age"], data["classes"]["happy"]
    values = years.series("age_net")
    assert age["what"] == "age (years)"
    assert age["caption"] == "Age (years), and what the change does to it on this face (δ = 3.00 years)"
    assert age["ends"][0] < values.min() < values.max() < age["ends"][1]
    np.testing.assert_allclose(age["curves"]["age_net"], values, atol=5e-5)
    assert age["rows"][0][1]["series"] == [f"{value:.2f}" for value in values]
    change = float(values[-1] - values[0])
    assert float(age["rows"][0][2].replace("−", "-")) == pytest.approx(change, abs=0.0051)
    assert age["rows"][1][3] == {"text": "has no such class"}
    assert "years" in "".join(age["sentences"])
    assert "robability" not in json.dumps([age["sentences"], age["own"], age["caption"]])
    assert (happy["what"], happy["ends"]) == ("probability of happy", [0.0, 1.0])
    assert years.explorable(tmp_path / "b.html", delta={"age": 3.0, "happy": 0.05}).is_file()
    with pytest.raises(BadValueError, match=r"The class is one of .*; got 'agee'"):
        years.explorable(tmp_path / "c.html", delta={"agee": 3.0})

    words = re.sub(r"<[^>]+>", " ", years.report(tmp_path / "r.html", delta=3.0).read_text())
    assert "3.00 years, set by who made the sweep; scale: years, without bounds" in words
    assert "Age (years) on this face: change" in words
    assert "no bounds" in words
    assert "Change: value at strength 1 minus that at strength 0." in words
    assert "robability of age" not in words


@pytest.mark.thorough
def test_a_value_on_a_scale_keeps_its_ends(tmp_path: Path) -> None:
    net = reader(Scale("points", -1, 1), -1.0, 1.0, label="valence")
    found = facelib.sweep(HEAD, "light_strength", [net], 3, label="valence", size=64)
    page = found.explorable(tmp_path / "a.html", delta=0.2).read_text()
    data = json.loads(re.search(r'type="application/json">(.*?)</script>', page)[1])
    assert data["classes"]["valence"]["ends"] == [-1.0, 1.0]
    words = found.report(tmp_path / "r.html", delta=0.2).read_text()
    first = float(found.series("valence_net")[0])
    assert f"{first + 1:.2f}".removeprefix("0") in words  # room to fall: down to −1, not to 0


@pytest.mark.thorough
def test_the_same_people_are_compared_in_units(tmp_path: Path) -> None:
    heads = facelib.sample_heads(30, seed=2, expressions=["happy"])
    both = [head.replace(mask=worn) for worn in (0.0, 1.0) for head in heads]
    pain = reader(Scale("points", 0, 10), 0.0, 10.0, label="pain")

    def study(**options: Any) -> studies.PairedStudy:
        asked = {"classifiers": [pain], "order": ("0", "1")} | options
        return studies.PairedStudy(both, "mask", size=64, **asked)

    with pytest.raises(BadValueError, match=r"margin δ of 'pain' is in points \(points, 0 … 10\)"):
        study()
    with pytest.raises(BadValueError, match="below the whole of its scale"):
        study(delta=10)
    with pytest.raises(BadValueError, match=r"all its outputs are on one scale .* a study of its own"):
        study(classifiers=[pain, "known_unbiased"], delta=0.5)
    with pytest.raises(BadValueError, match="all its outputs are on one scale"):
        study(classifiers=[pain, reader(Scale("years"))], delta=0.5)
    asked = study(delta=0.5)
    assert any(
        "δ = .50 is in the units of the outputs (points, 0 … 10)." in note for note in asked.plan().notes
    )
    result = asked.run(tmp_path / "pairs", n_jobs=1)
    row = result.effects.iloc[0]
    by_hand = [pain.values(head.render(64).image[None], head.render(64).box)[0, 0] for head in both]
    differences = np.subtract(by_hand[30:], by_hand[:30])
    assert row["mean"] == pytest.approx(differences.mean(), abs=1e-4)
    assert (row["value"], row["span"], row["n"]) == ("value", 10.0, 30)
    assert row["verdict"] == "differs between conditions"
    assert (result.unit, result.bounds) == ("points", (0.0, 10.0))
    again = studies.open_study(tmp_path / "pairs")
    pd.testing.assert_frame_equal(again.effects, result.effects)
    words = re.sub(r"<[^>]+>", " ", result.report(tmp_path / "r.html").read_text())
    assert ".50 in points" in words
    assert "nearer to 0 (or 10) than δ" in words
    assert "robabilit" not in words.split("Limits")[0].replace("are no probabilities", "")


def test_what_shows_probabilities_alone_refuses_values(tmp_path: Path) -> None:
    faces = [head.render() for head in facelib.sample_heads(2, seed=1)]
    study = studies.ChimericStudy(faces, classifiers=[reader(Scale("years"))])
    with pytest.raises(BadValueError, match="age_net: outputs that are values are judged in studies"):
        study.plan()


def study(scale: Scale, delta: float, count: int = 30, **options: Any) -> studies.InterventionalStudy:
    heads = facelib.sample_heads(count, seed=1, expressions=["happy"])
    return facelib.InterventionalStudy(
        heads, ["light_strength", "blur"], [reader(scale), "known_unbiased"], steps=3, size=48, label="age",
        delta=delta, **options,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["bounded", "without bounds"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> InterventionalResult:
    scale = Scale("years", 0, 100) if request.param == "bounded" else Scale("years")
    return study(scale, 3.0).run(tmp_path_factory.mktemp("values"), n_jobs=1)


@pytest.mark.thorough
def test_a_study_of_values_is_judged_in_units(done: InterventionalResult) -> None:
    again = InterventionalResult.open(done.store)
    bounded = again.bounds is not None
    assert again.unit == "years"
    assert again.bounds == ((0.0, 100.0) if bounded else None)
    effects = again.effects.set_index("intervention")
    assert set(effects["classifier"]) == {"age_net"}
    assert set(effects["value"]) == {"value"}
    moved = effects.loc["light_strength"]
    values = again.intended[again.intended["intervention"] == "light_strength"]
    ends = values.pivot_table(index="identity", columns="strength", values="logit")
    np.testing.assert_allclose(moved["mean"], (ends[1.0] - ends[0.0]).mean(), rtol=1e-6)
    assert abs(moved["mean"]) > 3
    assert moved["verdict"] == "matters"
    assert np.isfinite(moved["betting_p"]) == np.isfinite(moved["room"]) == bounded
    still = effects.loc["blur"]
    if bounded:  # 3 of 100 years takes 99 people
        assert still["fewest"] == facelib.stats.fewest_people(0.03)
        assert still["verdict"] == "cannot tell"
    else:
        assert still["fewest"] == 29
        assert still["verdict"] == "does not matter at δ"
    assert set(again.effects_by_label["label"]) == {"age"}  # happy is on another scale


@pytest.mark.thorough
def test_its_report_never_calls_a_value_a_probability(done: InterventionalResult, tmp_path: Path) -> None:
    page = done.report(tmp_path / "report.html").read_text()
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert "δ = 3.00 years" in words
    assert "value (years) of age" in words
    unrelated = ("probability at δ = .10",)  # where the floor of people is from
    for known in unrelated:
        words = words.replace(known, "")
    assert not re.findall(r".{40}in probability.{20}|.{30}probability of age.{20}", words)
    assert ("It has no bounds" in words) == (done.bounds is None)
    assert ("hedged bets on changes within ± 100" in words) == (done.bounds is not None)


@pytest.mark.thorough
def test_plans_say_the_unit_and_what_no_bounds_mean() -> None:
    notes = study(Scale("years"), 3.0, count=6).plan().notes
    said = " ".join(notes)
    assert "δ = 3.00 is in the units of age (years, without bounds)" in said
    assert "no bets can be made on it" in said
    assert "needs at least 29" in said
    with pytest.raises(BadValueError, match="below the whole of its scale"):
        study(Scale("years", 0, 100), 150.0)


@pytest.mark.thorough
def test_a_study_of_emotions_leaves_values_out(tmp_path: Path) -> None:
    heads = facelib.sample_heads(6, seed=1, expressions=["happy"])
    asked = facelib.InterventionalStudy(
        heads, ["blur"], [reader(Scale("years")), "known_unbiased"], steps=2, size=48
    )
    found = asked.run(tmp_path, n_jobs=1)
    assert found.unit is None
    assert set(found.effects_by_label["classifier"]) == {"known_unbiased"}
    assert scale_of(asked.models, "age") == Scale("years")
    stored = found.table[found.table["classifier"] == "age_net"]
    assert stored["probability"].isna().all()
    assert stored["logit"].between(0, 100).all()
    assert (stored["error"] == "").all()
