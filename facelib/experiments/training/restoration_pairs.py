"""Rendered pairs to learn from: the same head without electrodes and with them, and what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import ELECTRODE_SCHEMES, LIGHTS, Head, render_heads, sample_heads
from facelib.head.expressions import FACE_UNITS
from facelib.head.head import BACKGROUNDS
from facelib.restoration.crop import Picture
from facelib.restoration.pieces import pieces_of
from facelib.utilities.files import written_whole

SIZE: Final = 224  # px, of the rendered pictures
DIFFERS: Final = 5  # grey levels: what differs by more is taken for covered
WHOLE: Final = 0.35  # share of heads that wear all electrodes of a scheme
MIXED: Final = 0.2  # share of heads whose expression is a few random face units


@dataclass(frozen=True, eq=False)
class Pairs:
    """Heads without and with electrodes.

    Attributes
    ----------
    without, worn
        uint8 (n, 224, 224, 3), the pictures.
    pieces
        uint8 (n, 224, 224): what is covered, numbered by connected piece from 1 on; 0: bare.
    boxes
        float64 (n, 4), px.
    eyes
        float64 (n, 2, 2), px.
    """

    without: Picture
    worn: Picture
    pieces: npt.NDArray[np.uint8]
    boxes: npt.NDArray[np.float64]
    eyes: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.boxes)

    def part(self, start: int, stop: int) -> Pairs:
        """Return some of the pairs."""
        some = slice(start, stop)
        return Pairs(
            self.without[some], self.worn[some], self.pieces[some], self.boxes[some], self.eyes[some]
        )


def training_heads(n: int, seed: int) -> list[Head]:
    """Draw heads with electrodes of both schemes, and of all that electrodes might be mistaken for.

    Two thirds wear some electrodes of one scheme, the others all of it; sizes, tape and leads differ, and so
    do people, expressions, poses, light, backgrounds, glasses, beards and moles. All is independent.
    """
    rng = np.random.default_rng([seed, 1])
    half = n // 2
    drawn: list[Head] = []
    for part, count in (("tuned", half), ("facs", n - half)):
        drawn += sample_heads(
            count,
            seed=int(rng.integers(2**31)),
            ages=(8.0, 88.0),
            expression_set=part,  # type: ignore[arg-type]
            electrodes=1.0,
            stratify=("expression", "skin_tone", "age") if count else (),
            also={
                "intensity": (0.0, 1.0), "glasses": 0.25, "lens_tint": 0.2, "mask": 0.05, "moles": 0.35,
                "facial_hair": 0.5, "asymmetry": 0.5, "palsy": 0.12, "thinning": 0.1, "wires": 0.4,
                "tape": 0.4, "electrode_size": (0.6, 1.7), "pose": (25.0, 14.0, 10.0), "gaze": 9.0,
                "light": tuple(LIGHTS), "background": BACKGROUNDS, "hair_length": (0.0, 1.0),
            },
        )  # fmt: skip
    return [_varied(head, rng) for head in drawn]


def _varied(head: Head, rng: np.random.Generator) -> Head:
    """Return a head with other electrodes, and now and then with face units of no prototype."""
    names = ELECTRODE_SCHEMES[str(rng.choice(list(ELECTRODE_SCHEMES)))]
    if rng.random() > WHOLE:
        names = tuple(rng.permutation(names)[: rng.integers(1, len(names) + 1)].tolist())
    changes: dict[str, Any] = {"electrodes": names}
    if rng.random() < MIXED:
        units = rng.choice(FACE_UNITS, 6, replace=False).tolist()
        changes["expression"] = dict(zip(units, rng.uniform(0, 0.7, 6).tolist(), strict=True))
    return head.replace(**changes)


def training_pairs(heads: Sequence[Head], *, cache: Path | None = None, workers: int | None = None) -> Pairs:
    """Render heads without their electrodes and with them.

    Parameters
    ----------
    heads
        Heads that wear electrodes.
    cache
        File that keeps the pairs; those of other heads are rendered anew. None: nothing is written. It
        doesn't notice changes of the renderer.
    workers
        Threads.

    Raises
    ------
    BadValueError
        If there is no head, or one wears nothing.
    """
    if not heads or any(not head.electrode_names for head in heads):
        msg = f"Pairs are of heads that wear electrodes; got {len(heads)}, not all with some."
        raise BadValueError(msg)
    key = hashlib.sha256("".join(head.key for head in heads).encode()).hexdigest()
    if cache is not None and cache.exists():
        with np.load(cache) as kept:
            if str(kept["key"]) == key:
                return Pairs(*(kept[name] for name in Pairs.__dataclass_fields__))
    both = [head.replace(**worn) for head in heads for worn in ({"electrodes": None}, {})]
    rendered = render_heads(both, SIZE, workers)  # one after the other: the shape is computed once
    bare, faces = rendered[::2], rendered[1::2]
    without, worn = (np.stack([face.image for face in some]) for some in (bare, faces))
    pairs = Pairs(
        without,
        worn,
        np.stack([pieces_of(covered(*two)) for two in zip(without, worn, strict=True)]),
        np.stack([face.box for face in faces]),
        np.stack([face.eyes for face in faces]),
    )
    if cache is not None:
        with written_whole(cache) as file:
            np.savez(file, key=np.array(key), **{n: getattr(pairs, n) for n in Pairs.__dataclass_fields__})
    return pairs


def covered(without: Picture, worn: Picture) -> npt.NDArray[np.bool_]:
    """Return where two pictures (h, w, 3) differ by more than `DIFFERS`, and one pixel around."""
    apart = cv2.absdiff(without, worn).max(axis=2) > DIFFERS
    return np.asarray(cv2.dilate(apart.astype(np.uint8), np.ones((3, 3), np.uint8)), bool)
