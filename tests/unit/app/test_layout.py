"""The page puts the face first, and shows by itself what its slider does only where nobody was before."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facelib.app import Explorer, page
from facelib.app.layout import FIRST
from facelib.app.widgets.page_memory import StateKeeper
from facelib.app.widgets.stage import Stage
from facelib.faces import sample_photograph

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]


def inside(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


@pytest.fixture(scope="module")
def parts() -> list[Any]:
    """Everything of the page, in the order of reading."""
    return list(inside(page(Explorer(("known_unbiased",), background=False))))


def place(parts: list[Any], name: str) -> int:
    (found,) = [k for k, part in enumerate(parts) if f"facelib-{name}" in part._dom_classes]
    return found


@pytest.mark.thorough
def test_the_face_comes_before_the_change_and_the_answer_before_its_numbers(parts: list[Any]) -> None:
    first, second = (
        [place(parts, name) for name in names]
        for names in (("intro", "sight", "pictures", "strength", "change"), ("answer", "outputs"))
    )
    assert (first, second) == (sorted(first), sorted(second))
    said = place(parts, "answer")
    assert any("facelib-sentence" in part._dom_classes for part in parts[said : place(parts, "outputs")])


@pytest.mark.thorough
def test_who_comes_back_is_not_shown_what_the_slider_does(parts: list[Any]) -> None:
    (stage,) = [part for part in parts if isinstance(part, Stage)]
    (keeper,) = [part for part in parts if isinstance(part, StateKeeper)]
    assert stage.preview
    assert not Stage().preview
    keeper._handle_custom_msg({"restore": '{"version": 1}'}, [])
    assert not stage.preview


@pytest.mark.thorough
def test_the_output_carries_the_first_picture_of_a_head_and_never_a_photograph() -> None:
    explorer = Explorer(("known_unbiased",), background=False)
    root = page(explorer)
    sent = root._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in sent
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(sent[FIRST]["jpeg"]))))
    assert explorer.snapshot is not None
    assert np.abs(shown.astype(int) - explorer.snapshot.before.image).mean() < 2, "a JPEG of it"
    assert len(sent[FIRST]["jpeg"]) < 40_000
    explorer.show(sample_photograph())
    assert FIRST not in root._repr_mimebundle_()
