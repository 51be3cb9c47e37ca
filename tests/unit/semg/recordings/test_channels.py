"""Columns of recordings are understood as channels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.errors import UnknownNameError
from facelib.semg import CHANNELS, channel_of
from facelib.semg.muscles import POSITIONS
from facelib.semg.recordings.channels import channels_of, known

PUBLISHED = (
    "Corrugator Supercilii", "Depressor Ang. Oris", "Depressor Supercilii Procerus", "Lateraler Frontalis",
    "Levator Labii Superioris", "Masseter", "Medialer Frontalis", "Mentalis", "Orbicularis Oculi",
    "Orbicularis Oris", "Zygomaticus",
)  # fmt: skip
"""Muscles in the columns of "Mimics, Muscles, and Me", in their order."""
ELECTROMYOGRAM = {
    "med Front re": "F1", "med Front li": "F2", "lat Front re": "F3", "lat Front li": "F4", "Corr re": "F5",
    "Corr li": "F6", "Deprsup re": "F7", "Deprsup li": "F8", "Llsup re": "F9", "Llsup li": "F10",
    "OrbOr re": "F11", "OrbOr li": "F12", "DAO re": "F13", "DAO li": "F14", "Ment re": "F15",
    "Ment li": "F16", "OrbOc re": "F17", "OrbOc li": "F18", "Zyg re": "F19", "Zyg li": "F20",
    "Mass re": "F21", "Mass li": "F22",
}  # fmt: skip
"""Names in the package `electromyogram`, and their positions."""


def test_the_published_columns_are_all_channels() -> None:
    found = channels_of(f"{muscle}_{side}" for muscle in PUBLISHED for side in "lr")
    assert sorted(found) == sorted(CHANNELS)
    assert channel_of("Lateraler Frontalis_r") == "frontalis_lateral_right"
    assert channel_of("Orbicularis Oculi_l") == "orbicularis_oculi_left"


@pytest.mark.parametrize(("name", "position"), ELECTROMYOGRAM.items())
def test_names_of_the_electrode_package_are_those_of_its_positions(name: str, position: str) -> None:
    assert POSITIONS[channel_of(name)] == position
    assert channel_of(position) == channel_of(name)


@given(st.sampled_from(CHANNELS), st.sampled_from(["lower", "upper", "title"]), st.sampled_from(" .-_"))
def test_case_and_marks_do_not_count(channel: str, case: str, mark: str) -> None:
    written = getattr(channel, case)().replace("_", mark)
    assert channel_of(f"  {written} ") == channel
    assert channel_of(f"EMG {written}") == channel  # as EDF+ writes it


@given(st.text(max_size=30))
def test_other_names_are_refused_in_words(name: str) -> None:
    if known([name]):
        assert channel_of(name) in CHANNELS
    else:
        with pytest.raises(UnknownNameError, match="names no channel"):
            channel_of(name)


def test_what_is_known_among_other_columns() -> None:
    assert known(["time", "Zyg li", "trigger", "F1"]) == {
        "Zyg li": "zygomaticus_left",
        "F1": "frontalis_medial_right",
    }
