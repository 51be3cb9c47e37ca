"""A lab's own file in the Muscles tab: its columns are mapped by menus, without a word of Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facelib.app import MusclesPanel
from facelib.app.muscles.channel_map import OFFERED, read_map
from facelib.app.muscles.signals_panel import facts
from facelib.errors import BadTableError

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]
Make = Callable[..., MusclesPanel]


def session(names: tuple[str, ...] = ("EXG1", "EXG2", "Force")) -> bytes:
    """Two muscles at 2000 Hz with a burst of one, the force beside them, and two markers."""
    rng = np.random.default_rng(2)
    times = np.arange(6000) / 2000
    burst = 1 + 20 * ((times > 1) & (times < 2))
    signals = [rng.normal(0, 4, 6000) * burst, rng.normal(0, 4, 6000), rng.normal(0, 1, 6000)]
    lines = [",".join(("time [s]", *names, "Marker"))]
    for row, at in enumerate(times):
        mark = {2000: "smile", 4000: "rest"}.get(row, "")
        lines.append(",".join([f"{at:.4f}", *(f"{one[row]:.3f}" for one in signals), mark]))
    return "\n".join(lines).encode()


@pytest.fixture
def make(panels: Make) -> Make:
    return panels


def shown(widget: Any) -> bool:
    return bool(widget.layout.display != "none")


@pytest.mark.thorough
def test_unknown_names_are_asked_for_and_saved_for_the_next_recording(make: Make) -> None:
    panel = make()
    card = panel.recording
    assert not shown(card.map), "there is no file to ask about"
    card.take("session.csv", session())
    problem = panel.state.recording_problem
    assert "“Which channel is which muscle”" in problem
    assert "columns=" not in problem + card.facts.value
    assert "Python" not in problem + card.facts.value
    assert shown(card.map)
    assert card.map.button.value, "the menus are in sight"
    assert list(card.map.menus) == ["EXG1", "EXG2", "Force"], "no times, no markers"
    assert {one.value for one in card.map.menus.values()} == {""}
    card.map.menus["EXG1"].value = "zygomaticus_left"
    card.map.menus["EXG2"].value = "zygomaticus_right"
    assert panel.state.loaded is None, "nothing is read before the button is pressed"
    card.map.read.click()
    assert panel.state.recording_problem == ""
    loaded = panel.state.loaded
    assert loaded.recording.channels == ("zygomaticus_left", "zygomaticus_right")
    assert "Events: smile at 1.0 s, rest at 2.0 s." in facts(loaded)
    chain = panel.state.chain
    assert (chain.notch, chain.low, chain.high) == ("hum", 20.0, 450.0), "the data set's chain is for it"
    kept = card.map.file()
    assert json.loads(kept.data)["columns"] == {
        "EXG1": "zygomaticus_left", "EXG2": "zygomaticus_right", "Force": None,
    }  # fmt: skip

    other = make()
    other.recording.take("channels.json", kept.data)
    assert "channels.json says which channel is which muscle" in other.recording.facts.value
    other.recording.take("session2.csv", session())
    assert other.state.recording_problem == ""
    assert other.state.loaded.recording.channels == loaded.recording.channels
    assert other.recording.map.chosen == card.map.chosen
    other.recording.take("session3.csv", session(("Zyg li", "Zyg re", "Kraft")))
    assert other.state.recording_problem == "", "names of another amplifier go by themselves"
    assert other.recording.map.chosen == {
        "Zyg li": "zygomaticus_left", "Zyg re": "zygomaticus_right", "Kraft": "",
    }  # fmt: skip


@pytest.mark.thorough
def test_a_slip_is_filled_in_and_what_is_left_out_is_said(make: Make) -> None:
    panel = make()
    panel.recording.take("session.csv", session(("Zygomatcus_l", "Zyg re", "Force")))
    assert panel.recording.map.chosen == {
        "Zygomatcus_l": "zygomaticus_left", "Zyg re": "zygomaticus_right", "Force": "",
    }  # fmt: skip
    panel.recording.map.read.click()
    assert panel.state.recording_problem == ""
    panel.recording.take("other.csv", session(("Zyg li", "Zyg re", "Force")))
    assert panel.state.loaded.recording.channels == ("zygomaticus_left", "zygomaticus_right")
    fresh = make()
    fresh.recording.take("other.csv", session(("Zyg li", "Zyg re", "Force")))
    assert "no muscle is known by this name: Force" in facts(fresh.state.loaded)


@pytest.mark.thorough
def test_all_left_out_or_two_of_one_muscle_are_answered(make: Make) -> None:
    panel = make()
    panel.recording.take("session.csv", session())
    menus = panel.recording.map.menus
    panel.recording.map.read.click()
    assert "choose a muscle for one of them at least" in panel.state.recording_problem
    menus["EXG1"].value = menus["EXG2"].value = "mentalis_left"
    panel.recording.map.read.click()
    assert "mean the same channel: EXG1, EXG2" in panel.state.recording_problem
    menus["EXG2"].value = ""
    panel.recording.map.read.click()
    assert panel.state.recording_problem == ""


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[1]", b"{", b'{"columns": {"a": null}}', b"[" * 20_000, b'{"kind": "facelib channels"}',
        b'{"kind": "facelib channels", "columns": []}', b"\xff\xfe", b" " * 200_000,
        b'{"kind": "facelib channels", "columns": {"a": "cheek"}}',
        b'{"kind": "facelib channels", "columns": {"a": ["mentalis_left"]}}',
        b'{"kind": "facelib channels", "columns": {"a": 3}}',
    ],
)  # fmt: skip
def test_what_is_no_file_of_channels_is_refused(content: bytes) -> None:
    with pytest.raises(BadTableError, match=r"no file of channels|is no channel"):
        read_map(content)


def test_every_channel_is_offered_once() -> None:
    assert len(dict(OFFERED)) == len({value for _, value in OFFERED}) == 23
