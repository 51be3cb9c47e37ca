"""What speaks against a declaration: counted by hand, and on a network whose truth is made."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from facelib.classifiers import EMOTIONS, Card, Classifier, Preparation, checking, common
from facelib.classifiers.certainties import certainties, scaling_finding
from facelib.classifiers.checking import PEOPLE

pytestmark = pytest.mark.usefixtures("single_threaded")

FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SEEN = Preparation(8, "rgb", 0.0, 255.0)
CARD = Card("toy", "here", "", "CC0", "toy", 0, "RGB", "none", "softmax", "none", "all")


def toy(labels: tuple[str, ...], seen: Preparation = SEEN, head: nn.Module | None = None) -> Classifier:
    """A network that reads the number of an emotion, as `heads` writes it, from the red of a picture."""

    class Read(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            number = 10 * x[:, 0].mean((1, 2))
            return -(number[:, None] - torch.arange(7.0)).square()

    return Classifier(
        "toy",
        nn.Identity(),
        head or Read(),
        labels=labels,
        emotions=common(labels),
        preparation=seen,
        card=CARD,
    )


@pytest.fixture(autouse=True)
def heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey-blue squares whose red is a tenth of the emotion's number, 0 … 1."""
    numbers = np.tile(np.arange(7), PEOPLE)
    images = np.zeros((len(numbers), 16, 16, 3), np.uint8)
    images[..., 0] = np.rint(25.5 * numbers)[:, None, None]
    boxes = np.tile([0.0, 0, 16, 16], (len(numbers), 1))
    points = np.tile([[4.0, 6], [12, 6], [8, 9], [5, 12], [11, 12]], (len(numbers), 1, 1))
    made = checking._Heads(images, boxes, points, np.array(EMOTIONS)[numbers])
    monkeypatch.setattr(checking, "_heads", lambda: made)


def test_a_right_declaration_has_no_findings() -> None:
    found = toy(EMOTIONS).check()
    assert found.findings == ()
    assert found.n == 56
    assert found.chance == pytest.approx(1 / 7)
    assert found.table["right"].iloc[0] == 1
    assert not found.table["better"].any()
    assert list(found.table) == list(checking.COLUMNS)
    assert str(found) == (
        "As declared, toy names 1.00 of 56 rendered heads as intended (chance: .14). Nothing speaks against "
        "what was declared."
    )
    assert "| scaling | values 0 … 255 (mean 0, std 1) |" in found._repr_markdown_()


@pytest.mark.parametrize(
    ("labels", "changes", "what", "how"),
    [
        (EMOTIONS, {"std": 1.0}, "scaling", "values 0 … 1 (mean 0, std 255)"),
        (EMOTIONS, {"colour": "bgr"}, "colour", "colour='rgb'"),
        (FER2013, {}, "labels", f"in the order of AffectNet: {', '.join(EMOTIONS)}"),
    ],
)
def test_a_wrong_one_is_found_with_its_numbers(
    labels: tuple[str, ...], changes: dict[str, object], what: str, how: str
) -> None:
    found = toy(labels, dataclasses.replace(SEEN, **changes)).check()  # type: ignore[arg-type]
    best = found.table.set_index("how").loc[how]
    assert (best["what"], best["right"], best["better"]) == (what, 1.0, True)
    declared = found.table["right"].iloc[0]
    gained = round(56 * (1 - declared))
    assert (best["gained"], best["lost"]) == (gained, 0)
    plain = binomtest(gained, gained).pvalue * (len(found.table) - 1)
    assert best["p"] == pytest.approx(min(1, plain))
    share = f"{declared:.2f}".removeprefix("0")
    assert f"As declared, {share} of 56 rendered heads are named as intended" in found.findings[0]
    assert how in found.findings[0]


def test_an_order_of_nobody_is_found_on_one_half_and_tried_on_the_other() -> None:
    class Turned(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            number = 10 * x[:, 0].mean((1, 2))
            return -(number[:, None] - torch.tensor([2.0, 0, 1, 3, 4, 6, 5])).square()

    table = toy(EMOTIONS, head=Turned()).check().table
    best = table[table["how"].str.startswith("in the order that fits best")]
    assert best["how"].item().endswith(": sad, neutral, happy, surprise, fear, angry, disgust")
    assert best["right"].item() == 1
    assert table["right"].iloc[0] == pytest.approx(2 / 7)


def test_contempt_and_other_labels_take_no_part_in_the_order() -> None:
    labels = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "contempt")
    found = toy(labels).check()
    assert found.n == 48  # nobody shows contempt, and anger isn't known
    assert found.findings == ()


def test_a_network_that_sees_aligned_faces_is_checked_on_them() -> None:
    seen = dataclasses.replace(SEEN, align="five points", template="arcface")
    found = toy(EMOTIONS, seen).check()
    assert found.findings == ()
    assert found.n == 56
    assert "margin" not in set(found.table["what"]), "with a template there is none"


def test_a_network_of_other_things_has_no_heads() -> None:
    found = toy(tuple("abcdefg")).check()
    assert (len(found.table), found.n, found.findings) == (0, 0, ())
    assert "no common emotions" in str(found)


@pytest.mark.parametrize(
    ("mean", "std", "wrong"),
    [
        (0.0, 1.0, False),  # 0 … 255 as they are
        (0.0, 255.0, False),
        (127.5, 127.5, False),
        ((123.7, 116.3, 103.5), (58.4, 57.1, 57.4), False),
        ((123.7, 116.3, 103.5), (1.0, 1.0, 1.0), False),  # as of Caffe
        (0.5, 0.5, True),
        (0.0, 1 / 255, True),
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), True),
    ],
)
def test_values_up_to_1_are_told_from_values_up_to_255(mean: object, std: object, *, wrong: bool) -> None:
    seen = Preparation(8, "rgb", mean, std)  # type: ignore[arg-type]
    assert bool(scaling_finding(seen)) == wrong
    assert bool(certainties(toy(EMOTIONS, seen))) == wrong


def test_probabilities_are_told_from_logits() -> None:
    class Ending(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.softmax(x.mean((2, 3)) @ torch.ones(3, 7).cumsum(1), 1)

    assert "declared to be logits" in certainties(toy(EMOTIONS, head=Ending()))[0]


def test_two_scalings_that_do_equally_well_are_both_said() -> None:
    class Either(nn.Module):
        """Reads red beyond blue, of values 0 … 1 and of −1 … 1."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            red, blue = x[:, 0].mean((1, 2)), x[:, 2].mean((1, 2))
            number = 10 * (red - blue) / torch.where(blue < -0.5, 2.0, 1.0)
            return -(number[:, None] - torch.arange(7.0)).square()

    found = toy(EMOTIONS, dataclasses.replace(SEEN, std=1.0), head=Either()).check()
    (sentence,) = found.findings
    assert (
        "with values 0 … 1 (mean 0, std 255) it is 1.00; values −1 … 1 (mean 127.5, std 127.5) " in sentence
    )
    assert "does as well: these heads don't show which it is, see how the pictures were prepared" in sentence
    alone = toy(EMOTIONS, dataclasses.replace(SEEN, std=1.0)).check()
    assert "as well" not in alone.findings[0]


def test_an_order_of_colours_is_found_where_it_changes_probabilities_only() -> None:
    class Slightly(nn.Module):
        """Surer where red is first, and right in both orders."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            red, blue = x[:, 0].mean((1, 2)), x[:, 2].mean((1, 2))
            number = 10 * torch.maximum(red, blue)
            surer = torch.where(red >= blue, 1.0, 0.9)
            return -surer[:, None] * (number[:, None] - torch.arange(7.0)).square()

    wrong = toy(EMOTIONS, dataclasses.replace(SEEN, colour="bgr"), head=Slightly()).check()
    row = wrong.table.set_index("what").loc["colour"]
    assert (row["gained"], row["lost"], row["better"]) == (0, 0, True)
    assert row["likelier"] == pytest.approx(6 / 7)  # black is black in both orders
    assert "colour='rgb' it is 1.00, and what is intended gets more probable for .86" in wrong.findings[0]
    assert toy(EMOTIONS, head=Slightly()).check().findings == ()


@pytest.mark.thorough
def test_two_errors_together_are_found() -> None:
    wrong = dataclasses.replace(SEEN, colour="bgr", std=1.0)
    found = toy(EMOTIONS, wrong).check()
    assert not found.table.loc[found.table["what"] != checking.TWO, "better"].any()
    assert "values 0 … 1 (mean 0, std 255) and colour='rgb' it is 1.00" in str(found)
    turned = toy(FER2013, dataclasses.replace(SEEN, std=1.0)).check()
    assert f"std 255) and labels in the order {', '.join(EMOTIONS)} it is 1.00" in str(turned)


def test_a_poor_one_that_nothing_makes_good_is_said() -> None:
    class Half(nn.Module):
        """Knows what the darkest three are, whatever the order of colours."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            number = (10 * x.amax((1, 2, 3))).round()
            return -(number.clamp(max=2)[:, None] - torch.arange(7.0)).square()

    found = toy(EMOTIONS, head=Half()).check()
    assert found.table["right"].iloc[0] == pytest.approx(3 / 7)
    assert "That is poor, and no single change of scaling, colour, margin or labels" in str(found)
