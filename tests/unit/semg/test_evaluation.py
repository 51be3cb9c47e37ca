"""What is left out isn't learnt from, numbers are those of their formulas, and promises are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import spearmanr

from facelib.errors import BadValueError, UnknownNameError
from facelib.head.expressions import FACE_UNITS
from facelib.semg import (
    CHANNELS,
    GROUPS,
    TASKS,
    EMG2Expression,
    Expression2EMG,
    evaluate,
    normalised_pairs,
    pair_of,
    simulate_clip,
)
from facelib.semg.evaluation import COLUMNS, Floats, held_out, rank_correlation, scores, smape
from facelib.semg.pairs import Pair


@pytest.fixture(scope="module")
def pairs() -> tuple[Pair, ...]:
    clips = [
        pair_of(simulate_clip(task, 4.0, session=session, seed=8))
        for session in ("1S", "2S")
        for task in TASKS
    ]
    return normalised_pairs(clips)


@pytest.mark.thorough
@pytest.mark.parametrize("by", ["clip", "session"])
def test_every_identifiable_group_is_told_from_true_face_units(pairs: tuple[Pair, ...], by: str) -> None:
    """The promise: a rank correlation of .9 and more on clips, and on a session, that aren't known."""
    some = pairs[: len(TASKS)] if by == "clip" else pairs  # one session, clip by clip, is enough
    table = evaluate(Expression2EMG, some, by=by, context=(-6, 0, 6)).set_index("name")  # type: ignore[arg-type]
    groups = table[table["level"] == "group"]
    assert set(groups.index) == {name for name, group in GROUPS.items() if group.identifiable}
    assert groups["rho"].min() >= 0.9, groups["rho"].to_dict()
    assert (groups["rho_low"] <= groups["rho"]).all()
    assert (groups["rho"] <= groups["rho_high"]).all()
    assert groups["skill"].min() > 0.7
    assert not [name for name in table.index if "masseter" in name]


@pytest.mark.thorough
def test_face_units_are_told_from_muscles(pairs: tuple[Pair, ...]) -> None:
    table = evaluate(EMG2Expression, pairs, by="session").set_index("name")
    groups = table[table["level"] == "group"]
    assert groups["rho"].min() >= 0.9, groups["rho"].to_dict()
    assert table.loc["jawOpen", "known"] == "not at all"
    assert table.loc["mouthSmileLeft", "known"] == "alone"
    assert table.loc["mouthPucker", "known"] == "shared"


class _Remembers(Expression2EMG):
    """A model that knows the clips it was fitted to, and tells their number."""

    seen: tuple[set[str], ...] = ()

    @classmethod
    def fit(cls, pairs: Pair | Sequence[Pair], **_: object) -> _Remembers:  # type: ignore[override]
        clips = [pairs] if isinstance(pairs, Pair) else list(pairs)
        cls.seen = (*cls.seen, {clip.id for clip in clips})
        return super().fit(clips, context=(0,))


@pytest.mark.thorough
def test_what_is_told_was_left_out(pairs: tuple[Pair, ...]) -> None:
    some = [*pairs[:3], *pairs[40:43]]
    names = [pair.id for pair in some]
    _Remembers.seen = ()
    held_out(_Remembers, some, by="clip")
    assert [set(names) - seen for seen in _Remembers.seen] == [{name} for name in names]
    _Remembers.seen = ()
    held_out(_Remembers, some, by="session")
    assert [set(names) - seen for seen in _Remembers.seen] == [set(names[:3]), set(names[3:])]


@pytest.mark.thorough
def test_a_model_without_signal_is_no_better_than_the_mean(
    pairs: tuple[Pair, ...], rng: np.random.Generator
) -> None:
    some = [pair.replace(units=rng.uniform(0, 1, pair.units.shape)) for pair in pairs[:30]]
    table = evaluate(Expression2EMG, some[::3], by="clip")
    assert table["skill"].max() < 0.1
    assert table["rho"].max() < 0.2  # below 0 even: the mean of the others is low where a clip is high
    assert np.abs(table["rho_clip"]).median() < 0.2


def test_numbers_are_those_of_their_formulas(rng: np.random.Generator) -> None:
    clips = [tuple(rng.uniform(0, 1, (3, n))) for n in (30, 50, 20)]
    found = scores(clips, n_bootstrap=50)  # type: ignore[arg-type]
    true, told, usual = (np.concatenate([clip[k] for clip in clips]) for k in range(3))
    assert found["n"] == 100
    assert found["clips"] == 3
    assert found["mse"] == pytest.approx(sum((a - b) ** 2 for a, b in zip(true, told, strict=True)) / 100)
    assert found["rmse"] == pytest.approx(np.sqrt(found["mse"]))
    percents = [200 * abs(a - b) / (abs(a) + abs(b)) for a, b in zip(true, told, strict=True)]
    assert found["smape"] == pytest.approx(np.mean(percents))
    assert found["rho"] == pytest.approx(spearmanr(true, told).statistic)
    assert found["skill"] == pytest.approx(1 - found["mse"] / np.mean((true - usual) ** 2))
    within = [spearmanr(clip[0], clip[1]).statistic for clip in clips]
    assert found["rho_clip"] == pytest.approx(np.median(within))
    assert smape(np.zeros(3), np.zeros(3)) == 0.0
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5.0)))


@pytest.mark.thorough
def test_intervals_hold_what_the_bootstrap_over_clips_gives(rng: np.random.Generator) -> None:
    """Clips as a whole are drawn: against drawing them one by one, ranks anew each time."""
    level = rng.standard_normal(25)
    clips: list[tuple[Floats, Floats, Floats]] = []
    for shift in level:
        true = shift + 0.5 * rng.standard_normal(40)
        clips.append((true, true + shift + rng.standard_normal(40), np.zeros(40)))
    found = scores(clips, n_bootstrap=1999)
    drawn = []
    for _ in range(400):
        chosen = [clips[k] for k in rng.integers(0, 25, 25)]
        drawn.append(
            spearmanr(np.concatenate([c[0] for c in chosen]), np.concatenate([c[1] for c in chosen]))[0]
        )
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found["rho_low"] == pytest.approx(low, abs=0.04)
    assert found["rho_high"] == pytest.approx(high, abs=0.03)
    single = scores(clips[:1])
    assert np.isnan(single["rho_low"])


@pytest.mark.thorough
def test_tables_and_traces(pairs: tuple[Pair, ...]) -> None:
    found = held_out(Expression2EMG, pairs[:4])
    table = found.table(n_bootstrap=20)
    assert list(table.columns) == list(COLUMNS)
    assert table["level"].eq("channel").sum() == 20
    true, told = found.trace(pairs[1].id, "mentalis")
    columns = [CHANNELS.index(f"mentalis_{side}") for side in ("left", "right")]
    np.testing.assert_allclose(true, pairs[1].envelope.signals[:, columns].mean(axis=1), rtol=1e-6)
    assert len(told) == len(pairs[1])
    with pytest.raises(UnknownNameError, match="masseter"):
        found.trace(pairs[1].id, "masseter")
    with pytest.raises(UnknownNameError, match="No clip"):
        found.trace("none", "mentalis")


@pytest.mark.thorough
def test_what_cannot_be_left_out_is_refused(pairs: tuple[Pair, ...]) -> None:
    with pytest.raises(BadValueError, match="leave one session out"):
        evaluate(Expression2EMG, pairs[:3], by="session")
    with pytest.raises(BadValueError, match="the same"):
        evaluate(Expression2EMG, [pairs[0], pairs[0]])
    with pytest.raises(BadValueError, match="got 'frame'"):
        evaluate(Expression2EMG, pairs, by="frame")  # type: ignore[arg-type]


def test_sessions_are_normalised_each_by_itself(pairs: tuple[Pair, ...]) -> None:
    for session in ("1S", "2S"):
        rows = np.concatenate([pair.envelope.signals for pair in pairs if pair.session == session])
        np.testing.assert_allclose(np.percentile(rows, 5, axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(np.percentile(rows, 99, axis=0), 1, atol=1e-5)
    assert pairs[0].names == FACE_UNITS
