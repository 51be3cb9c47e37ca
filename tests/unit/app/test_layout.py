"""The page puts the question first, and carries its first picture."""

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


@pytest.mark.thorough
def test_the_question_comes_first_then_the_live_picture_then_all_else() -> None:
    parts = list(inside(page(Explorer(("known_unbiased",), background=False))))
    places = [
        next(k for k, part in enumerate(parts) if f"facelib-{name}" in part._dom_classes)
        for name in ("question", "gallery", "sight", "face", "next")
    ]
    assert places == sorted(places)


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
