"""44 inputs become 22 channels, and inputs that don't fit each other are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.semg import CHANNELS, Recording, bipolar
from facelib.semg.montage import inputs_of
from facelib.semg.muscles import POSITIONS


def inputs(names: list[str], rng: np.random.Generator, n: int = 50) -> Recording:
    return Recording(rng.normal(size=(n, len(names))).astype(np.float32), 4096, tuple(names), "monopolar")


def both(position: str) -> list[str]:
    return [f"{position}a", f"{position}b"]


def test_44_inputs_make_22_channels(rng: np.random.Generator) -> None:
    names = [name for position in POSITIONS.values() for name in both(position)]
    rng.shuffle(names)
    recording = inputs(names, rng)
    made = bipolar(recording)
    assert made.kind == "bipolar"
    assert made.channels == CHANNELS
    for column, channel in enumerate(CHANNELS):
        plus, minus = (recording.signals[:, names.index(name)] for name in both(POSITIONS[channel]))
        assert np.array_equal(made.signals[:, column], plus - minus)


def test_what_both_electrodes_pick_up_goes(rng: np.random.Generator) -> None:
    recording = inputs(["Zyg li 1", "Zyg li 2"], rng)
    hum = 1e3 * np.sin(np.arange(50))[:, None].astype(np.float32)
    assert np.allclose(
        bipolar(recording.replace(signals=recording.signals + hum)).signals,
        bipolar(recording).signals,
        atol=1e-3,
    )


@pytest.mark.parametrize(
    "names",
    [
        ("F20a", "F20b"),
        ("F20 1", "F20-2"),
        ("Zygomaticus_l 1", "Zygomaticus_l 2"),
        ("Zyg li (a)", "Zyg li (b)"),
        ("zygomaticus_left+", "zygomaticus_left−"),
        ("zygomaticus_left plus", "zygomaticus_left minus"),
        ("Zygomaticus_l_A", "Zygomaticus_l_B"),
    ],
)
def test_names_of_inputs(names: tuple[str, str]) -> None:
    assert inputs_of(names) == inputs_of(names[::-1]) == {"zygomaticus_left": names}


def test_positions_with_a_number_behind_are_not_mistaken() -> None:
    assert inputs_of(["F1 1", "F1 2", "F11a", "F11b"]) == {
        "frontalis_medial_right": ("F1 1", "F1 2"),
        "orbicularis_oris_right": ("F11a", "F11b"),
    }
    with pytest.raises(UnknownNameError, match="F99"):
        inputs_of(["F99a", "F99b"])
    with pytest.raises(UnknownNameError, match="K20a"):
        inputs_of(["K20a", "K20b"])  # between muscles: no channel


def test_nan_where_either_input_is_nan() -> None:
    signals = np.array([[1, 2], [np.nan, 2], [1, np.nan]], np.float32)
    made = bipolar(Recording(signals, 4096, ("F20a", "F20b"), "monopolar"))
    assert np.array_equal(made.signals.ravel(), [-1, np.nan, np.nan], equal_nan=True)


def test_pairs_that_are_given(rng: np.random.Generator) -> None:
    recording = inputs(["E1", "E2", "E3", "E4", "reference"], rng)
    pairs = {"F20": ("E4", "E3"), "Mentalis_r": ("E1", "E2")}
    made = bipolar(recording, pairs)
    assert made.channels == ("mentalis_right", "zygomaticus_left")
    assert np.array_equal(made.signals[:, 1], recording.signals[:, 3] - recording.signals[:, 2])


def test_what_does_not_fit_is_named(rng: np.random.Generator) -> None:
    with pytest.raises(BadTableError, match="F20a") as alone:
        inputs_of(["F20a", "F19a", "F19b"])
    assert alone.value.missing == ("zygomaticus_left b",)
    with pytest.raises(BadTableError, match="same one") as twice:
        inputs_of(["F20a", "F20 1", "F20b"])
    assert twice.value.duplicates == ("F20a", "F20 1")
    recording = inputs(["E1", "E2"], rng)
    with pytest.raises(UnknownNameError, match="E1"):
        bipolar(recording)
    with pytest.raises(UnknownNameError, match="no input E9"):
        bipolar(recording, {"F20": ("E1", "E9")})
    with pytest.raises(BadTableError) as shared:
        bipolar(recording, {"F20": ("E1", "E2"), "F19": ("E2", "E1")})
    assert shared.value.duplicates == ("E1", "E2")
    with pytest.raises(BadTableError, match="Two of the pairs"):
        bipolar(recording, {"F20": ("E1", "E2"), "Zyg li": ("E2", "E1")})
    with pytest.raises(BadValueError, match="two names"):
        bipolar(recording, {"F20": "E1"})  # type: ignore[dict-item]
    with pytest.raises(BadValueError, match="monopolar"):
        bipolar(recording.replace(kind="bipolar", channels=("a", "b")))


@pytest.mark.thorough
@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(["F20a", "F20b", "F1 1", "Zyg li", "F5-"]))))
def test_any_names_make_pairs_or_a_typed_error(names: list[str]) -> None:
    try:
        pairs = inputs_of(names)
    except (BadTableError, UnknownNameError):
        pass
    else:
        assert sorted(name for pair in pairs.values() for name in pair) == sorted(names)
