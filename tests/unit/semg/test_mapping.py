"""The map that was put in is found, what can't be known isn't told, and files hold maps only."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from facelib.errors import BadModelError, BadTableError, BadValueError, WriteError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import (
    CHANNELS,
    GROUPS,
    EMG2Expression,
    Expression2EMG,
    pair_of,
    simulate_clip,
    unit_weights,
)
from facelib.semg.mapping import CHANNEL_COLUMNS
from facelib.semg.pairs import Pair, normalised_pairs

TRAINING = ("Free-1", "Free-2", "Free-3", "Free-4", "happy", "Forehead", "Lip-Pucker", "Depress-Lip")


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [pair_of(simulate_clip(task, 8.0, seed=31)) for task in TRAINING]


@pytest.fixture(scope="module")
def fresh() -> Pair:
    return pair_of(simulate_clip("Free-5", 20.0, seed=32))


def test_the_declared_map_is_recovered(pairs: list[Pair]) -> None:
    """From activity of known size, without context: the slopes are the weights that were put in."""
    clips = [simulate_clip(task, 8.0, seed=31) for task in TRAINING]
    exact = [
        Pair(clip.id, clip.session, clip.units, FACE_UNITS, clip.activity.replace(unit="")) for clip in clips
    ]
    model = EMG2Expression.fit(exact, context=(0,))
    weights = model.weights["slope"].T / model.weights["scale"]
    declared = unit_weights()
    moved = declared.any(axis=1)
    np.testing.assert_allclose(weights[moved], declared[moved], atol=0.03)


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["ridge", "mlp"])
def test_muscles_are_told_from_true_units_in_clips_that_are_not_known(
    pairs: list[Pair], fresh: Pair, kind: str, single_threaded: None
) -> None:
    told = Expression2EMG.fit(pairs, kind=kind).predict(fresh).signals  # type: ignore[arg-type]
    for group in GROUPS.values():
        columns = [CHANNELS.index(name) for name in group.channels]
        if not group.identifiable:
            assert np.isnan(told[:, columns]).all()
            continue
        true = fresh.envelope.signals[:, columns].mean(axis=1)
        assert np.corrcoef(true, told[:, columns].mean(axis=1))[0, 1] > 0.9, group.id


def test_units_are_told_from_muscles(pairs: list[Pair], fresh: Pair) -> None:
    told = EMG2Expression.fit(pairs).predict(fresh.envelope)
    assert list(told.columns) == list(FACE_UNITS)
    assert told.to_numpy().min() >= 0
    assert told.to_numpy().max() <= 1
    for name in ("mouthSmileLeft", "browOuterUpRight", "browDownLeft", "mouthShrugLower", "noseSneerRight"):
        assert np.corrcoef(told[name], fresh.units[:, FACE_UNITS.index(name)])[0, 1] > 0.9, name


def test_sides_are_told_apart(pairs: list[Pair]) -> None:
    clip = simulate_clip("Smile-Left", 10.0, seed=33)
    told = Expression2EMG.fit(pairs).predict(clip.units)
    left, right = (told.pick([f"zygomaticus_{side}"]).signals.mean() for side in ("left", "right"))
    assert left > 2 * right


def test_what_can_be_known_of_channels_is_told() -> None:
    table = Expression2EMG.channels().set_index("channel")
    assert list(Expression2EMG.channels().columns) == list(CHANNEL_COLUMNS)
    assert table.loc["masseter_left", "known"] == "not at all"
    assert table.loc["zygomaticus_right", "known"] == "alone"
    assert table.loc["mentalis_left", "known"] == "shared"
    assert table.loc["mentalis_left", "with"] == "mentalis_right"
    assert table.loc["corrugator_supercilii_left", "with"] == "depressor_supercilii_left"


def test_rows_with_nan_are_left_out_and_counted_and_give_nan(pairs: list[Pair], fresh: Pair) -> None:
    units = np.array(pairs[0].units)
    units[50] = np.nan
    broken = [pairs[0].replace(units=units), *pairs[1:]]
    model = Expression2EMG.fit(broken, context=(-2, 0, 2))
    assert model.left_out == 3
    assert model.rows == sum(map(len, pairs)) - 3
    told = model.predict(units).signals[:, CHANNELS.index("zygomaticus_left")]
    assert np.flatnonzero(np.isnan(told)).tolist() == [48, 50, 52]


def test_tables_recordings_and_arrays_are_the_same(pairs: list[Pair], fresh: Pair) -> None:
    back, forth = Expression2EMG.fit(pairs), EMG2Expression.fit(pairs)
    import pandas as pd

    table = pd.DataFrame(fresh.units, columns=list(fresh.names))
    shuffled = table[list(reversed(fresh.names))].assign(_neutral=0.5)
    np.testing.assert_array_equal(back.predict(shuffled).signals, back.predict(fresh.units).signals)
    np.testing.assert_array_equal(
        forth.predict(fresh.envelope.frame()), forth.predict(fresh.envelope.signals)
    )
    assert back.predict(fresh.units, rate=25.0).rate == 25.0


def test_above_rest_a_still_face_is_at_0(pairs: list[Pair]) -> None:
    """What networks read of a face at rest isn't 0; heads at rest are."""
    raised = [pair.replace(units=0.3 + 0.6 * pair.units) for pair in pairs]
    model = EMG2Expression.fit(raised)
    still = np.tile(model.rest, (30, 1))
    assert model.predict(still)["mouthSmileLeft"].mean() > 0.28
    assert model.predict(still, above_rest=True).to_numpy().max() < 1e-6
    moved = model.predict(pairs[4].envelope, above_rest=True)["mouthSmileLeft"]
    true = pairs[4].units[:, FACE_UNITS.index("mouthSmileLeft")]
    assert np.corrcoef(moved, true)[0, 1] > 0.9
    assert moved.max() > 0.6


@pytest.mark.thorough
def test_scores_that_crowd_near_0_are_spread_by_their_odds(pairs: list[Pair], fresh: Pair) -> None:
    """As networks read: an S-shaped score of what is there."""

    def read(pair: Pair) -> Pair:
        return pair.replace(units=1 / (1 + np.exp(7 - 6 * pair.units)))

    clips = [read(pair) for pair in pairs]
    column = CHANNELS.index("depressor_anguli_oris_left")
    errors = {}
    for scale in ("plain", "logit"):
        told = Expression2EMG.fit(clips, scale=scale).predict(read(fresh)).signals[:, column]  # type: ignore[arg-type]
        errors[scale] = np.square(told - fresh.envelope.signals[:, column]).mean()
    assert errors["logit"] < 0.6 * errors["plain"]


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["ridge", "mlp"])
@pytest.mark.parametrize("model", [EMG2Expression, Expression2EMG])
def test_saved_maps_tell_the_same(  # type: ignore[no-untyped-def]  # noqa: PLR0917
    pairs: list[Pair], fresh: Pair, tmp_path: Path, kind: str, model, single_threaded: None
) -> None:
    fitted = model.fit(pairs[:3], kind=kind, scale="logit", context=(0, 3))
    path = fitted.save(tmp_path / "deep" / "map.safetensors")
    again = model.load(path)
    given = fresh.envelope if model is EMG2Expression else fresh
    first, second = fitted.predict(given), again.predict(given)
    if model is Expression2EMG:
        first, second = first.signals, second.signals
    np.testing.assert_array_equal(first, second)
    assert {name: getattr(again, name) for name in ("kind", "context", "rest", "rows", "penalty")} == {
        name: getattr(fitted, name) for name in ("kind", "context", "rest", "rows", "penalty")
    }
    assert b"pickle" not in path.read_bytes()


def test_a_full_disk_is_told_and_leaves_no_half_of_a_map(
    pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = EMG2Expression.fit(pairs[:2], context=(0,))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(WriteError, match=r"disk of .*deep is full. Make room"):
        fitted.save(tmp_path / "deep" / "map.safetensors")
    assert not list((tmp_path / "deep").iterdir())


def test_other_files_are_refused(pairs: list[Pair], tmp_path: Path) -> None:
    path = EMG2Expression.fit(pairs[:2], context=(0,)).save(tmp_path / "map.safetensors")
    with pytest.raises(BadModelError, match="face units to envelopes"):
        Expression2EMG.load(path)
    content = path.read_bytes()
    for number, wrong in enumerate(
        (b"", content[:100], b"PK" + content, content.replace(b"ridge", b"mlpxx"))
    ):
        other = tmp_path / f"{number}.safetensors"
        other.write_bytes(wrong)
        with pytest.raises(BadModelError):
            EMG2Expression.load(other)
    from safetensors.numpy import save_file

    save_file({"slope": np.zeros((2, 2), np.float32)}, tmp_path / "plain.safetensors")
    with pytest.raises(BadModelError, match="no map"):
        EMG2Expression.load(tmp_path / "plain.safetensors")
    with pytest.raises(BadModelError, match="no file"):
        EMG2Expression.load(tmp_path / "none.safetensors")


def test_what_lacks_is_said(pairs: list[Pair], fresh: Pair) -> None:
    import pandas as pd

    model = Expression2EMG.fit(pairs[:2], context=(0,))
    table = pd.DataFrame(fresh.units, columns=list(fresh.names))
    with pytest.raises(BadTableError, match="browDownLeft, mouthPucker missing") as error:
        model.predict(table.drop(columns=["mouthPucker", "browDownLeft"]))
    assert set(error.value.missing) == {"mouthPucker", "browDownLeft"}
    with pytest.raises(BadTableError, match=r"mentalis_left, .* missing"):
        EMG2Expression.fit(pairs[0].replace(envelope=pairs[0].envelope.pick(CHANNELS[:14])))
    with pytest.raises(BadValueError, match="no face unit"):
        model.predict(table.rename(columns={"jawOpen": "jawopen"}))
    with pytest.raises(BadValueError, match="60 rows"):
        Expression2EMG.fit(pair_of(simulate_clip("happy", 1.0)))
    with pytest.raises(BadValueError, match="ridge or mlp"):
        Expression2EMG.fit(pairs, kind="forest")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="got none"):
        Expression2EMG.fit([])
    with pytest.raises(BadValueError, match="Row i of the signals"):
        pairs[0].replace(units=pairs[0].units[:-1])


def test_microvolts_are_not_given_to_a_map_of_normalised_envelopes(pairs: list[Pair]) -> None:
    normalised = list(normalised_pairs(pairs))
    of_both = EMG2Expression.fit(pairs), EMG2Expression.fit(normalised)
    for model, other in zip(of_both, (normalised[0], pairs[0]), strict=True):
        with pytest.raises(BadValueError, match=r"Normalise the recording with its session"):
            model.predict(other.envelope)
    with pytest.raises(BadValueError, match="fitted to 30 rows a second; got 60"):
        of_both[0].predict(pairs[0].envelope.replace(rate=60.0))


@pytest.mark.parametrize("model", [EMG2Expression, Expression2EMG])
def test_a_channel_without_any_number_is_a_typed_error(
    pairs: list[Pair], model: type[EMG2Expression | Expression2EMG]
) -> None:
    signals = pairs[0].envelope.signals.copy()
    signals[:, 3] = np.nan
    empty = pairs[0].replace(envelope=pairs[0].envelope.replace(signals=signals))
    with pytest.raises(BadValueError, match="rows without NaN"):
        model.fit(empty)
