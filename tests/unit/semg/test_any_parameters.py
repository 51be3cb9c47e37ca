"""Maps of anybody's parameters: what was put in is found on persons left out, and told in their own units."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.stats import spearmanr

from facelib.errors import BadModelError, BadTableError, BadValueError, FacelibError, UnknownNameError
from facelib.faces import Head
from facelib.head.expressions import FACE_UNITS
from facelib.semg import (
    CHANNELS,
    EMG2Expression,
    Expression2EMG,
    Pair,
    Recording,
    animate,
    electrode_free_emg,
    envelope,
    evaluate,
    normalised_pairs,
    open_dataset,
    pair_of,
    pairs_of,
    read_parameters,
    read_signals,
    synchronise,
)
from facelib.semg.evaluation import held_out, several_scores
from facelib.semg.simulation.folder import COLUMNS_OF

NAMES = (
    *(f"expression_params_{n}" for n in range(12)),
    *(f"jaw_params_{n}" for n in range(3)),
    *(f"eyelid_params_{n}" for n in range(2)),
)
TRUE_R2 = {"expression": 0.8, "jaw": 0.95, "eyelids": 0.0}
"""Share of each group's variance that muscles make; the rest is noise."""
SIZE = {"expression": 3.0, "jaw": 0.02, "eyelids": 0.1}
MIDDLE = {"expression": 0.0, "jaw": 40.0, "eyelids": 0.5}
PEOPLE = ("anna", "ben", "cleo", "dora", "emil")
ROWS = 300


def group(name: str) -> str:
    return "expression" if name.startswith("exp") else "jaw" if name.startswith("jaw") else "eyelids"


def slopes() -> np.ndarray:
    """The linear map that is put in, per unit of an envelope that is normalised, (22, 17)."""
    rng = np.random.default_rng(1)
    drawn = rng.standard_normal((len(CHANNELS), len(NAMES)))
    drawn /= np.sqrt((drawn**2).sum(axis=0))
    return drawn * [SIZE[group(name)] * np.sqrt(TRUE_R2[group(name)]) for name in NAMES]


def clip(person: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Envelopes of unit variance, and FLAME-like parameters of known R²."""
    rng = np.random.default_rng([PEOPLE.index(person), number])
    waves = gaussian_filter1d(rng.standard_normal((ROWS, len(CHANNELS))), 3, axis=0)
    waves = (waves - waves.mean(axis=0)) / waves.std(axis=0)
    noise = [SIZE[group(name)] * np.sqrt(1 - TRUE_R2[group(name)]) for name in NAMES]
    face = waves @ slopes() + rng.standard_normal((ROWS, len(NAMES))) * noise
    return waves, face + [MIDDLE[group(name)] for name in NAMES]


def recording(waves: np.ndarray, person: str = "", unit: str = "") -> Recording:
    return Recording(waves.astype(np.float32), 30.0, CHANNELS, "envelope", unit, session=f"{person}1S")


def arkit(number: int = 1) -> Pair:
    """Face units, some of them moved by muscles."""
    waves, _ = clip("anna", number)
    units = np.tile(0.5, (ROWS, len(FACE_UNITS)))
    units[:, :22] += 0.1 * waves
    return pair_of(recording(waves), units.clip(0, 1), id=f"arkit {number}")


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    made = []
    for person in PEOPLE:
        for number in (1, 2):
            waves, face = clip(person, number)
            table = dict(zip(NAMES, face.T, strict=True))
            made.append(pair_of(recording(waves, person), table, id=f"{person} {number}", person=person))
    return made


@pytest.fixture(scope="module")
def scores(pairs: list[Pair]) -> pd.DataFrame:
    table = evaluate(EMG2Expression, pairs, by="person", context=(0,), n_bootstrap=99)
    return table.set_index("name")


@pytest.mark.thorough
def test_the_map_that_was_put_in_is_found_on_persons_left_out(scores: pd.DataFrame) -> None:
    named = scores[scores["level"] == "named group"]
    assert list(named.index) == list(TRUE_R2)
    for name, true in TRUE_R2.items():
        assert named.loc[name, "r2"] == pytest.approx(true, abs=0.04), name
        assert named.loc[name, "skill"] == pytest.approx(true, abs=0.04), name
    assert abs(named.loc["eyelids", "rho"]) < 0.1
    assert named.loc["jaw", "rho"] > 0.95
    assert (named["rho_low"] <= named["rho"]).all()
    assert (named["rho"] <= named["rho_high"]).all()
    every = scores.loc["all"]
    expected = np.mean([TRUE_R2[group(name)] for name in NAMES])
    assert every["r2"] == pytest.approx(expected, abs=0.04)
    single = scores[scores["level"] == "parameter"]
    assert list(single.index) == list(NAMES)
    for name, row in single.iterrows():
        part = group(str(name))
        assert row["rmse"] == pytest.approx(SIZE[part] * np.sqrt(1 - TRUE_R2[part]), rel=0.15), name
    assert set(scores["known"]) == {""}
    assert set(scores["by"]) == {"person"}


def test_slopes_are_told_in_the_columns_own_units(pairs: list[Pair]) -> None:
    model = EMG2Expression.fit(pairs, context=(0,))
    size = np.array([SIZE[group(name)] for name in NAMES])
    np.testing.assert_allclose(model.slopes() / size, slopes() / size, atol=0.09)
    middle = [MIDDLE[group(name)] for name in NAMES]
    np.testing.assert_allclose(model.predict(np.zeros((1, 22))).to_numpy()[0] / size, middle / size, atol=0.1)
    back = Expression2EMG.fit(pairs, context=(0,))
    doubled = [pair.replace(units=2 * pair.units + 7) for pair in pairs]
    np.testing.assert_allclose(
        Expression2EMG.fit(doubled, context=(0,)).slopes(), back.slopes() / 2, rtol=1e-4
    )


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["ridge", "mlp"])
@pytest.mark.parametrize("model", [EMG2Expression, Expression2EMG])
def test_units_of_a_column_do_not_matter(
    pairs: list[Pair], model: Any, kind: str, single_threaded: None
) -> None:
    """Metres or millimetres, an offset of a thousand: the same map, in other numbers."""
    factor = 10.0 ** np.arange(-8, 9)[: len(NAMES)]
    others = [pair.replace(units=pair.units * factor + 1000 * factor) for pair in pairs]
    plain, other = (model.fit(part[2:6], kind=kind, context=(0,)) for part in (pairs, others))
    if model is EMG2Expression:
        first, second = (one.predict(pairs[0].envelope).to_numpy() for one in (plain, other))
        spread = np.asarray(plain.spread)
        np.testing.assert_allclose((second / factor - 1000) / spread, first / spread, atol=2e-4)
    else:
        first, second = plain.predict(pairs[0]).signals, other.predict(others[0]).signals
        np.testing.assert_allclose(second, first, atol=2e-3)


def test_scales_are_learnt_from_the_training_alone(pairs: list[Pair]) -> None:
    """Whatever a person who is left out has, the map of the others stays as it is, bit for bit."""
    wild = [pair.replace(units=pair.units * 50 - 9) if pair.person == "anna" else pair for pair in pairs]
    plain, other = (held_out(EMG2Expression, part, by="person", context=(0,)) for part in (pairs, wild))
    for name in ("anna 1", "anna 2"):
        np.testing.assert_array_equal(plain.told[name], other.told[name])
        np.testing.assert_array_equal(plain.spread[name], other.spread[name])
    rest = [pair for pair in pairs if pair.person != "anna"]
    model = EMG2Expression.fit(rest, context=(0,))
    rows = np.concatenate([pair.units for pair in rest])
    np.testing.assert_allclose(model.centre, rows.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(model.spread, rows.std(axis=0), rtol=1e-9)
    np.testing.assert_array_equal(model.predict(pairs[0].envelope).to_numpy(), plain.told["anna 1"])


@pytest.mark.one_case
@pytest.mark.parametrize("model", [EMG2Expression, Expression2EMG])
@pytest.mark.parametrize("kind", ["ridge", "mlp"])
def test_saved_maps_keep_columns_groups_and_scales(
    pairs: list[Pair], tmp_path: Path, model: Any, kind: str, single_threaded: None
) -> None:
    fitted = model.fit(pairs[:4], kind=kind, context=(-2, 0))
    again = model.load(fitted.save(tmp_path / "map.safetensors"))
    assert again.groups == fitted.groups
    assert (again.centre, again.spread, again.parameters) == (fitted.centre, fitted.spread, NAMES)
    table = pairs[5].envelope if model is EMG2Expression else dict(zip(NAMES, pairs[5].units.T, strict=True))
    first, second = fitted.predict(table), again.predict(table)
    if model is Expression2EMG:
        first, second = first.signals, second.signals
    np.testing.assert_array_equal(first, second)


def test_a_file_with_other_scales_or_groups_is_refused(pairs: list[Pair], tmp_path: Path) -> None:
    import json

    from safetensors import safe_open
    from safetensors.numpy import save_file

    path = EMG2Expression.fit(pairs[:2], context=(0,)).save(tmp_path / "map.safetensors")
    with safe_open(path, "np") as file:
        settings = json.loads(file.metadata()["facelib_semg_map"])
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for number, change in enumerate(
        (
            {"centre": settings["centre"][:-1]}, {"spread": [0.0] * len(NAMES)}, {"centre": []},
            {"spread": ["a"] * len(NAMES)}, {"centre": [float("nan")] * len(NAMES)},
            {"groups": {"a": ["b"]}}, {"groups": 3}, {"groups": {"all": list(NAMES)}},
            {"outputs": ["a"] * len(NAMES)}, {"outputs": [["a"]] * len(NAMES)}, {"inputs": list(NAMES)},
        )
    ):  # fmt: skip
        other = tmp_path / f"{number}.safetensors"
        save_file(weights, other, {"facelib_semg_map": json.dumps(settings | change)})
        with pytest.raises(BadModelError):
            EMG2Expression.load(other)


@pytest.mark.thorough
def test_through_files_from_two_machines(tmp_path: Path) -> None:
    """A student's folder: envelopes and SMIRK's tables of several people, laid out as MMM."""
    rows = []
    for person in PEOPLE:
        for number in (1, 2):
            waves, face = clip(person, number)
            name = f"{person}_1S_emotion_{number:02d}_happy"
            at = f"{person}_1S/{name}"
            emg = pd.DataFrame(waves, columns=list(CHANNELS))
            emg = emg.rename(
                columns={
                    f"{m}_{side}": f"{t}_{side[0]}"
                    for m, t in COLUMNS_OF.items()
                    for side in ("left", "right")
                }
            )
            for path, table in (
                (f"emg/{at}.csv", emg),
                (f"video_noelec_params/SMIRK/{at}_params.csv.gz", pd.DataFrame(face, columns=list(NAMES))),
            ):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                table.to_csv(tmp_path / path, index=path.startswith("emg"))
            rows.append(
                {"index": name, "pid": person, "rec": "1S", "mode": "emotion", "task": "happy",
                 "type": "sensor", "sync_grade": 0, "use": "yes", "emg": f"emg/{at}.csv"}
            )  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "MMM.csv", index=False)
    data = open_dataset(tmp_path, "SMIRK")
    assert not [finding for finding in data.findings if finding.severity != "note"]
    found = pairs_of(data)
    assert {pair.person for pair in found} == set(PEOPLE)
    table = evaluate(EMG2Expression, found, by="person", context=(0,), n_bootstrap=9).set_index("name")
    for name, true in TRUE_R2.items():
        assert table.loc[name, "r2"] == pytest.approx(true, abs=0.04), name
    with pytest.raises(UnknownNameError, match=r"no readings of the face by 'DECA'; the folder has SMIRK"):
        open_dataset(tmp_path, "DECA")
    with pytest.raises(UnknownNameError):
        open_dataset(tmp_path, "../video_noelec_params/SMIRK")
    assert open_dataset(tmp_path).clip(found[0].id).parameters is None
    by_hand = open_dataset(tmp_path, "SMIRK", {"mine": ["jaw_params_0", "jaw_params_2"]})
    assert pairs_of(by_hand, [found[0].id])[0].names == ("jaw_params_0", "jaw_params_2")


@pytest.mark.thorough
def test_the_page_on_parameters_of_ones_own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/how-to/muscles.md shows, with files of signals at 2048 Hz and tables of SMIRK."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "muscles.md").read_text(encoding="utf-8")
    (code,) = (
        cell for cell in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "read_parameters" in cell
    )
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    times = np.arange(10240) / 2048
    for number, name in enumerate(("anna_smile", "anna_frown", "ben_smile", "ben_frown")):
        strength = 20 + 15 * np.sin(times[:, None] * (1 + np.arange(22) / 9) + number)
        table = pd.DataFrame((rng.standard_normal((10240, 22)) * strength).round(2), columns=list(CHANNELS))
        table.insert(0, "time [s]", times)
        table.to_csv(f"{name}.csv", index=False)
        rows = envelope(read_signals(f"{name}.csv")).signals @ slopes()
        rows[:, 15:] = rng.standard_normal((len(rows), 2))  # no muscle's
        pd.DataFrame(rows, columns=list(NAMES)).to_csv(f"{name}_smirk.csv", index=False)
    names: dict[str, Any] = {}
    exec(compile(code, "muscles.md", "exec"), names)
    assert list(names["groups"]["name"]) == list(TRUE_R2)
    assert list(names["told"].columns) == list(NAMES)
    assert len(names["told"]) == len(names["pairs"][0])
    corner = [
        np.corrcoef(names["told"][n], names["pairs"][0].units[:, k])[0, 1] for k, n in enumerate(NAMES[:15])
    ]
    assert min(corner) > 0.9


def test_a_table_of_one_film_and_a_recording_are_enough(pairs: list[Pair], tmp_path: Path) -> None:
    waves, face = clip("anna", 1)
    pd.DataFrame(face, columns=list(NAMES)).assign(frame=range(ROWS)).to_csv(tmp_path / "a.csv", index=False)
    read = read_parameters(tmp_path / "a.csv")
    pair = pair_of(recording(waves), read, id="anna")
    model = Expression2EMG.fit(pair, context=(0,))
    told = model.predict(read)
    assert told.kind == "envelope"
    np.testing.assert_array_equal(told.signals, model.predict(pair).signals)
    assert np.isnan(told.pick(["masseter_left"]).signals).all()


@pytest.mark.thorough
@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_frames_without_a_face_are_left_out_and_give_nan(pairs: list[Pair], missing: float) -> None:
    units = np.array(pairs[0].units)
    units[40:50, 3] = missing
    broken = [pairs[0].replace(units=units), *pairs[1:4]]
    model = EMG2Expression.fit(broken, context=(0,))
    assert (model.rows, model.left_out) == (4 * ROWS - 10, 10)
    assert np.isfinite([model.centre, model.spread]).all()
    told = Expression2EMG.fit(broken, context=(0,)).predict(broken[0]).pick(["mentalis_left"]).signals[:, 0]
    assert np.flatnonzero(np.isnan(told)).tolist() == list(range(40, 50))
    table = evaluate(EMG2Expression, broken, by="person", context=(0,), n_bootstrap=9).set_index("name")
    assert table.loc["expression", "n"] == table.loc["expression_params_3", "n"] == 4 * ROWS - 10
    assert table.loc["jaw", "n"] == 4 * ROWS
    assert table.loc["all", "r2"] > 0.5


def test_scores_of_networks_are_taken_by_their_odds(pairs: list[Pair]) -> None:
    """py-feat's AU01 … are probabilities: what is told stays between 0 and 1, others go where they go."""
    scores = [
        pair.replace(units=1 / (1 + np.exp(-pair.units[:, :2])), names=("AU01", "AU02")) for pair in pairs
    ]
    model = EMG2Expression.fit(scores[2:], context=(0,), scale="logit")
    told = model.predict(100 * scores[0].envelope.signals).to_numpy()
    assert told.min() >= 0
    assert told.max() <= 1
    near = model.predict(scores[0].envelope)["AU01"]
    assert np.corrcoef(near, scores[0].units[:, 0])[0, 1] > 0.8
    plain = EMG2Expression.fit(pairs[2:], context=(0,)).predict(100 * pairs[0].envelope.signals).to_numpy()
    assert plain.min() < -10
    assert plain.max() > 10


def test_bad_columns_are_named(pairs: list[Pair]) -> None:
    def changed(change: Callable[[np.ndarray], None]) -> list[Pair]:
        made = []
        for pair in pairs[:4]:
            units = np.array(pair.units)
            change(units)
            made.append(pair.replace(units=units))
        return made

    def empty(units: np.ndarray) -> None:
        units[:, 13] = np.nan

    def constant(units: np.ndarray) -> None:
        units[:, 16] = 0.25

    for model in (EMG2Expression, Expression2EMG):
        with pytest.raises(BadValueError, match="No row has a number of jaw_params_1"):
            model.fit(changed(empty))
        with pytest.raises(
            BadValueError, match=r"same number in all rows of the fit: eyelid_params_1 \(0.25\)"
        ):
            model.fit(changed(constant))
        assert model.fit(changed(constant), units=NAMES[:-1], context=(0,)).parameters == NAMES[:-1]
        with pytest.raises(BadValueError, match="expression_params_0 goes from"):
            model.fit(pairs[:2], scale="logit")
        with pytest.raises(BadTableError, match="not in both: expression_params_0, mine") as error:
            model.fit([pairs[0], pairs[1].replace(names=("mine", *NAMES[1:]))])
        assert set(error.value.missing) == {"mine", "expression_params_0"}
        with pytest.raises(BadTableError, match=r"anna 1 has parameters of FLAME \(SMIRK\), .* face units;"):
            model.fit([pairs[0], arkit()])
        other = pairs[1].replace(groups={"mine": NAMES})
        with pytest.raises(BadValueError, match="those of anna 1 and anna 2 differ"):
            model.fit([pairs[0], other])
    rest = [pair for pair in changed(constant) if pair.person == "ben"]
    mixed = [pairs[0], pairs[1], *rest]
    with pytest.raises(BadValueError, match="eyelid_params_1") as caught:
        evaluate(EMG2Expression, mixed, by="person")
    assert caught.value.__notes__ == ["So it is while person 'anna' is left out."]


def test_other_columns_at_prediction_are_named(pairs: list[Pair]) -> None:
    model = Expression2EMG.fit(pairs[:4], context=(0,))
    table = dict(zip(NAMES, pairs[0].units.T, strict=True))
    without = {name: column for name, column in table.items() if name != "jaw_params_2"}
    with pytest.raises(
        BadTableError, match=r"17 parameters of FLAME \(SMIRK\); jaw_params_2 missing"
    ) as error:
        model.predict(without)
    assert error.value.missing == ("jaw_params_2",)
    with pytest.raises(BadTableError, match=r"has exp_0, exp_1: parameters of FLAME \(DECA"):
        model.predict({"exp_0": [1.0], "exp_1": [2.0]})
    with pytest.raises(BadTableError, match="'jaw_params_2' holds 'wide'"):
        model.predict(table | {"jaw_params_2": ["wide"] * ROWS})
    more = model.predict(table | {"clip": ["x"] * ROWS})
    np.testing.assert_array_equal(more.signals, model.predict(pairs[0]).signals)
    with pytest.raises(BadValueError, match="no face unit, but one of parameters of FLAME"):
        Expression2EMG.fit(arkit(), context=(0,)).predict(pairs[0].replace(names=NAMES))


def test_no_face_is_shown_of_what_no_head_can_do(pairs: list[Pair]) -> None:
    model = EMG2Expression.fit(pairs[:4], context=(0,))
    assert not model.of_face_units
    words = r"'expression_params_0' is no face unit: these are parameters of FLAME \(SMIRK\)"
    shown: tuple[Callable[[], object], ...] = (
        lambda: animate(Head(), pairs[0].envelope.replace(signals=np.abs(pairs[0].envelope.signals)), model),
        lambda: animate(Head(), dict(zip(NAMES, pairs[0].units.T, strict=True))),
        lambda: animate(Head(), pairs[0]),  # type: ignore[arg-type]
        lambda: model.predict(pairs[0].envelope, above_rest=True),
        model.weight_table,
    )
    for show in shown:
        with pytest.raises(UnknownNameError, match=words):
            show()
    with pytest.raises(
        BadValueError, match=r"film is read as face units, but the map takes parameters of FLAME"
    ):
        electrode_free_emg("film.mp4", Expression2EMG.fit(pairs[:4], context=(0,)))
    with pytest.raises(BadValueError, match="no face unit, but one of parameters of FLAME"):
        synchronise(pairs[0].envelope, dict(zip(NAMES, pairs[0].units.T, strict=True)))


def test_a_map_of_flame_synchronises_films_read_as_flame(rng: np.random.Generator) -> None:
    mixed = rng.standard_normal((22, 22))
    made = []
    for number in (1, 2, 3):
        waves, _ = clip("anna", number)
        made.append(pair_of(recording(waves), {"expression_params": waves @ mixed}, id=str(number)))
    model = Expression2EMG.fit(made[1:], context=(0,))
    late = made[0].envelope.replace(signals=np.roll(made[0].envelope.signals, 12, axis=0))
    found = synchronise(late, made[0], model=model)
    assert found.lag == pytest.approx(0.4, abs=0.05)
    assert found.grade == 1


def test_persons_of_one_session_name_are_kept_apart(pairs: list[Pair]) -> None:
    same = [
        pair.replace(
            session="1S", envelope=pair.envelope.replace(signals=pair.envelope.signals * (1 + n), unit="µV")
        )
        for n, pair in enumerate(pairs)
    ]
    for person in PEOPLE:
        own = [pair for pair in normalised_pairs(same) if pair.person == person]
        rows = np.concatenate([pair.envelope.signals for pair in own])
        np.testing.assert_allclose(np.percentile(rows, 99, axis=0), 1, atol=1e-5)
    with pytest.raises(BadValueError, match=r"'anna 1' doesn't"):
        evaluate(EMG2Expression, [pair.replace(person="") for pair in same], by="person")
    with pytest.raises(BadValueError, match="To leave one person out"):
        evaluate(EMG2Expression, same[:2], by="person")


def test_scores_of_several_columns_are_those_of_their_formulas(rng: np.random.Generator) -> None:
    clips = [(*rng.standard_normal((2, n, 3)), rng.standard_normal(3)) for n in (30, 50)]
    spread = np.array([0.5, 2.0, 0.0])
    found = several_scores(clips, spread, n_bootstrap=20)
    errors, usual, around, rho = [], [], [], []
    for column in (0, 1):  # the third has no spread
        true = np.concatenate([one[0][:, column] for one in clips]) / spread[column]
        told = np.concatenate([one[1][:, column] for one in clips]) / spread[column]
        mean = np.concatenate([np.full(len(one[0]), one[2][column]) for one in clips]) / spread[column]
        errors.append(((true - told) ** 2).sum())
        usual.append(((true - mean) ** 2).sum())
        around.append(((true - true.mean()) ** 2).sum())
        rho.append(spearmanr(true, told).statistic)
    assert found["mse"] == pytest.approx(sum(errors) / 160)
    assert found["skill"] == pytest.approx(1 - sum(errors) / sum(usual))
    assert found["r2"] == pytest.approx(1 - sum(errors) / sum(around))
    assert found["rho"] == pytest.approx(np.mean(rho))
    assert several_scores(clips, np.zeros(3))["n"] == 0


def test_face_units_keep_their_muscle_groups_and_have_named_ones() -> None:
    clips = [arkit(1), arkit(2)]
    units = ("browDownLeft", "browDownRight", "browInnerUp", "jawOpen")
    table = evaluate(EMG2Expression, clips, context=(0,), n_bootstrap=9, units=units)
    named = table[table["level"] == "named group"].set_index("name")
    assert list(named.index) == ["brow", "jaw"]
    assert named.loc["brow", "r2"] > 0.9
    muscles = table.loc[table["level"] == "group", "name"].tolist()
    assert muscles == ["brow_depressors_left", "brow_depressors_right", "frontalis_medial"]
    assert set(table["level"]) == {"unit", "group", "named group", "all"}
    model = EMG2Expression.fit(clips, context=(0,), units=units)
    assert (model.centre, model.spread) == ((), ())
    assert model.of_face_units
    with pytest.raises(FacelibError, match="no face unit"):
        Expression2EMG.fit(clips, context=(0,)).predict({"jawopen": [0.0]})
