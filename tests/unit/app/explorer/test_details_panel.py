"""What stands behind the verdicts: notes, and how far the tests can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from facelib import stats
from facelib.app import DetailsPanel, Explorer
from facelib.app.explorer import details_panel
from facelib.app.explorer import state as states
from facelib.app.widgets.controls import folded
from facelib.stats import calibration

EFFECT = {
    "classifier": "fer", "order": "the outputs depend on the order of the strengths (p < .001)",
    "shuffle_low": 0.0, "shuffle_high": 0.0009, "shuffle_exact": False, "n_permutations": 4199, "seed": 3,
    "by_kind": "", "unmatched": 0, "references": 99, "reference_p": None, "kind_rate": None,
    "correlation": -0.9,
}  # fmt: skip


class Placebos:
    """Placebos that know their kinds."""

    def __init__(self, n: int, kinds: int) -> None:
        self.kinds = [f"kind {k % kinds}" for k in range(n)]

    def __len__(self) -> int:
        return len(self.kinds)


def test_the_order_test_is_told_of_at_once_and_the_placebo_p_from_99_on() -> None:
    few: Any = Placebos(98, 16)
    many: Any = Placebos(99, 16)
    assert details_panel.trust(21) == details_panel.trust(21, few) == [calibration.order_sentence(21)]
    assert details_panel.trust(21, many) == [
        calibration.order_sentence(21),
        calibration.reference_sentence(99, 16),
    ]


def test_what_was_not_measured_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "order_sentence", lambda _n: None, raising=False)
    assert details_panel.trust(21) == []
    assert folded(details_panel.TRUST) == ""


def test_the_interval_of_p() -> None:
    (drawn,) = details_panel.notes(EFFECT)
    assert drawn.endswith("4,199 shuffles were drawn (seed 3); all orders would give p at most .001 (95 %).")
    (between,) = details_panel.notes({**EFFECT, "shuffle_low": 0.155, "shuffle_high": 0.178})
    assert between.endswith("would give p .155 to .178 (95 %).")
    (exact,) = details_panel.notes({**EFFECT, "shuffle_exact": True, "n_permutations": 120})
    assert exact.endswith("All 120 orders were taken: this p is exact.")
    (tiny,) = details_panel.notes({**EFFECT, "shuffle_low": 0.0001, "shuffle_high": 0.0017})
    assert tiny.endswith("would give p < .001 to .002 (95 %).")
    (tiniest,) = details_panel.notes({**EFFECT, "shuffle_high": 0.0001})
    assert tiniest.endswith("would give p at most .001 (95 %).")
    (all_of_them,) = details_panel.notes({**EFFECT, "shuffle_low": 0.99912, "shuffle_high": 1.0})
    assert all_of_them.endswith("would give p at least .999 (95 %).")
    real = stats.shuffle_test(np.linspace(0, 1, 5))
    assert real.exact
    assert real.n_permutations == 120


def test_a_constant_output_has_no_correlation() -> None:
    constant = stats.property_gradient(np.full(21, 0.3)).correlation
    cell: Any = details_panel.correlation_cell(constant)
    assert cell == {"text": "not defined", "help": "not defined: the output doesn't change"}
    assert details_panel.notes({**EFFECT, "correlation": constant})[1] == (
        "r is not defined: the output doesn't change."
    )
    assert details_panel.correlation_cell(-0.987) == "−0.99"
    assert details_panel.correlation_cell(-0.001) == "0.00"
    assert len(details_panel.notes(EFFECT)) == 1


def test_kinds_and_rates_in_words() -> None:
    told = details_panel.notes(
        {**EFFECT, "by_kind": "colour_temperature 1 of 6", "reference_p": 0.7, "kind_rate": 0.071}
    )
    assert told[1] == "As much did: colour temperature 1 of 6."
    assert "at .05, 7 % of placebos of an unseen kind" in told[-1]


@pytest.fixture
def explorer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Explorer]:
    monkeypatch.setattr(states, "PLACEBOS", 5)
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made = Explorer(("fer", "pyemotion"))
    yield made
    made.close()


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.filterwarnings("ignore:.*ipykernel.*")
def test_the_panel_says_it_folded_and_lets_it_be(explorer: Explorer) -> None:
    details = DetailsPanel(explorer)
    assert details.trust.value == ""
    explorer.start()
    assert explorer.worker.wait(60)
    said = details.trust.value
    assert said.startswith("<details><summary>How often are these tests wrong?</summary>")
    assert f"At {states.STEPS} strengths" in said
    assert len(re.findall("<p>", said)) == 1  # five placebos have no p
    changes: list[object] = []
    details.trust.observe(changes.append, "value")
    explorer.classifier = "pyemotion"
    explorer.label = "neutral"
    assert "pyemotion" in details.notes.value
    assert changes == []
