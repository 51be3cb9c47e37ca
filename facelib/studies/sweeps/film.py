"""A sweep as a film for slides: its pictures to strength 1 and back, each with its strength below it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import PATHS, BadValueError, check_kind
from facelib.studies.consent import consented
from facelib.studies.disclaimer import LIMITS
from facelib.studies.sweeps.view import cut, smaller, view_of
from facelib.utilities.distribution import distribution_version
from facelib.utilities.files import explained, written_whole
from facelib.utilities.ledger import FILM_MARK, remember

if TYPE_CHECKING:
    from facelib.studies.sweeps.sweep import Sweep

Pictures = npt.NDArray[np.uint8]

KINDS: Final = (".mp4", ".gif")
RATES: Final = (1.0, 50.0)  # pictures a second: players of GIF show no more
SIDE: Final = 448  # px at most
BELOW: Final = 28  # px of the strip with the strength
HELD: Final = 5  # pictures for which either end is held
INK, TRACK, ACCENT = (31, 41, 51), (213, 220, 227), (11, 99, 165)


def write_film(
    sweep: Sweep,
    path: str | Path,
    *,
    rate: float = 10.0,
    with_photograph: bool = False,
    consent: str = "",
) -> Path:
    """Write the pictures of a sweep as MP4 (VP9) or GIF, to strength 1 and back.

    The file's comment says what it shows, of which version, and where a photograph is in it, who said what of
    consent. Photographs are shown around the face.

    Parameters
    ----------
    path
        Ends with .mp4 or .gif. Browsers play both; slides that don't know VP9 take the GIF.
    rate
        Pictures a second, 1 to 50.
    with_photograph
        Needed where the face is a photograph: you say that the person shown has agreed that it is passed on.
    consent
        Where that is recorded, such as the number of a form.

    Raises
    ------
    BadValueError
        If the name ends differently, for another rate, or if the face is a photograph and `with_photograph`
        isn't True.
    WriteError
        If it can't be written: the disk is full, or the folder is closed to us.
    """
    check_kind(path, PATHS, "The name of a file")
    target = Path(path).expanduser()
    kind = target.suffix.lower()
    if kind not in KINDS:
        msg = f"A film of a sweep is an MP4 or a GIF, as in 'smile.mp4'; got {target.name!r}."
        raise BadValueError(msg)
    if not (isinstance(rate, int | float) and math.isfinite(rate) and RATES[0] <= rate <= RATES[1]):
        msg = f"A film has {RATES[0]:g} to {RATES[1]:g} pictures a second; got {rate!r}."
        raise BadValueError(msg)
    photograph = consented(sweep.face, "This film", with_photograph=with_photograph, consent=consent)
    comment = said_of(sweep, photograph)
    if kind == ".mp4":
        from facelib.faces.video import write_video

        write_video(target, pictures(sweep), rate, comment=comment)
    else:
        _write_gif(target, pictures(sweep), rate, comment)
    if photograph:
        target.chmod(0o600)  # as an explorable: nobody else on this machine reads it
    remember("film", target)
    return target


def pictures(sweep: Sweep) -> list[Pictures]:
    """Return the pictures of the film, uint8 (h, w, 3), all of one even size: there and back, ends held."""
    last = len(sweep.strengths) - 1
    view = view_of(sweep.frames.faces[0])
    drawn = [
        labelled(smaller(cut(image, view), SIDE), float(strength))
        for image, strength in zip(sweep.images, sweep.strengths, strict=True)
    ]
    order = [0] * (HELD - 1) + list(range(last + 1)) + [last] * (HELD - 1) + list(range(last - 1, 0, -1))
    return [drawn[step] for step in order]


def labelled(image: Pictures, strength: float) -> Pictures:
    """Return a picture with its strength below it, as a bar and in words; its sides are even.

    >>> labelled(np.zeros((65, 65, 3), np.uint8), 0.5).shape
    (92, 64, 3)
    """
    from PIL import Image, ImageDraw, ImageFont

    height, width = (side // 2 * 2 for side in image.shape[:2])
    sheet = Image.new("RGB", (width, height + BELOW), "white")
    sheet.paste(Image.fromarray(np.ascontiguousarray(image[:height, :width])), (0, 0))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    words = f"strength {strength:.2f}"
    right = width - 6
    middle = height + BELOW // 2
    pen.text((6, middle), words, fill=INK, font=font, anchor="lm")
    left = 6 + round(pen.textlength("strength 0.00", font=font)) + 10
    if left + 8 < right:
        pen.rectangle((left, middle - 3, right, middle + 3), fill=TRACK)
        if strength > 0:
            pen.rectangle(
                (left, middle - 3, left + round(strength * (right - left)), middle + 3), fill=ACCENT
            )
    return np.asarray(sheet, np.uint8)


def said_of(sweep: Sweep, photograph: str) -> str:
    """Return the comment of a film: what it shows and is made of, the photograph, and the limits."""
    face = repr(sweep.face) if not photograph else sweep.face_id
    return "\n".join(
        filter(
            None,
            [
                f"{FILM_MARK}{distribution_version()}.",  # first: a GIF cuts its comment into pieces
                f"As {sweep.clause}: one face at {len(sweep.strengths)} strengths, to 1 and back.",
                f"Face: {face}",
                f"Change: {sweep.intervention!r}",
                photograph,
                LIMITS,
            ],
        )
    )


def _write_gif(target: Path, frames: list[Pictures], rate: float, comment: str) -> None:
    from PIL import Image

    first, *others = (Image.fromarray(frame) for frame in frames)
    with explained(target), written_whole(target) as file:
        first.save(
            file, "GIF", save_all=True, append_images=others, duration=round(1000 / rate), loop=0,
            comment=comment.encode(errors="replace"),
        )  # fmt: skip
