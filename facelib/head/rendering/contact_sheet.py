"""Many faces on one sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.face import Face
from facelib.head.head import Head
from facelib.head.rendering.render import SIZES, render_heads
from facelib.utilities.checks import whole
from facelib.utilities.consent import may_show

if TYPE_CHECKING:
    from PIL.Image import Image

GAP: Final = 4  # px between pictures
LINE: Final = 16  # px of a caption
INK, PAPER, GREY = (31, 41, 51), (255, 255, 255), (224, 228, 232)


def contact_sheet(
    faces: Sequence[Face | Head],
    columns: int | None = None,
    captions: Sequence[str] | None = None,
    *,
    size: int = 128,
) -> Image:
    """Return faces side by side, row by row.

    Parameters
    ----------
    faces
        Faces, or heads, which are rendered. Pictures that aren't square keep their shape. One of a folder
        whose table says in ``consent`` that there is none isn't shown: a grey square takes its place.
    columns
        Pictures per row; None: about as many as rows.
    captions
        One a face, below it; what is too wide is cut, with an ellipsis.
    size
        Longer side of every picture, px.

    Returns
    -------
    PIL.Image.Image
        RGB, on white.

    Raises
    ------
    BadValueError
        If there is no face, something else than faces, the captions are more or fewer, or the columns or the
        size no whole number above 0.

    Examples
    --------
    >>> contact_sheet([Head(seed=seed) for seed in range(5)], columns=3, size=64).size
    (200, 132)
    """
    from PIL import Image as Pictures
    from PIL import ImageDraw, ImageFont

    listed, texts, wide = _checked(faces, captions, columns)
    size = whole("The size of a contact sheet's pictures is a whole number of px above 0", size, 1)
    heads = [face for face in listed if isinstance(face, Head)]
    rendered = iter(render_heads(heads, int(np.clip(size, *SIZES))))
    shown = [next(rendered) if isinstance(face, Head) else face for face in listed]
    high, line = math.ceil(len(shown) / wide), LINE if texts else 0
    step = size + GAP
    sheet = Pictures.new("RGB", (wide * step - GAP, high * (step + line) - GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11)
    for place, face in enumerate(shown):
        image = Pictures.fromarray(face.image) if may_show(face.attributes) else _nobody(size)
        scale = size / max(image.size)
        fitted = image.resize((max(round(image.width * scale), 1), max(round(image.height * scale), 1)))
        x, y = place % wide * step, place // wide * (step + line)
        sheet.paste(fitted, (x + (size - fitted.width) // 2, y + (size - fitted.height) // 2))
        if texts:
            text = _cut(texts[place], size, lambda words: pen.textlength(words, font))
            pen.text((x + size / 2, y + size + 1), text, INK, font, anchor="ma")
    return sheet


def _nobody(size: int) -> Image:
    """Return a grey picture for one that may not be shown: no consent is recorded."""
    from PIL import Image as Pictures
    from PIL import ImageDraw, ImageFont

    image = Pictures.new("RGB", (size, size), GREY)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=13)
    pen.multiline_text((size / 2, size / 2), "no\nconsent", INK, font, anchor="mm", align="center")
    return image


def _cut(text: str, width: float, length: Callable[[str], float]) -> str:
    """Return a text that is no longer than `width`, with an ellipsis where it is cut."""
    if length(text) <= width:
        return text
    end = len(text)
    while end and length(text[:end].rstrip() + "…") > width:
        end -= 1
    return text[:end].rstrip() + "…" if end else ""


def _checked(
    faces: Sequence[Face | Head], captions: Sequence[str] | None, columns: int | None
) -> tuple[list[Face | Head], list[str], int]:
    """Return faces, captions and columns, or raise `BadValueError`."""
    shown = list(faces) if isinstance(faces, Iterable) else [faces]
    others = sorted({type(face).__name__ for face in shown if not isinstance(face, Face | Head)})
    if not shown or others:
        msg = f"A contact sheet shows faces or heads, at least one; got {', '.join(others) or 'none'}."
        raise BadValueError(msg)
    if captions is not None and (isinstance(captions, str) or not isinstance(captions, Iterable)):
        msg = f"The captions of a contact sheet are a list of texts, or None; got {captions!r}."
        raise BadValueError(msg)
    texts = [str(text) for text in captions] if captions is not None else []
    if captions is not None and len(texts) != len(shown):
        msg = f"A contact sheet has one caption per face; got {len(texts)} for {len(shown)} faces."
        raise BadValueError(msg)
    wide = math.ceil(math.sqrt(len(shown))) if columns is None else columns
    wide = whole("The columns of a contact sheet are a whole number above 0", wide, 1)
    return shown, texts, min(wide, len(shown))
