"""Finer pictures of a rendered face, for whoever looks at it enlarged; no network reads them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.app.explorer.state import Explorer, Scene
from facelib.app.widgets.pictures import encode_jpeg
from facelib.app.widgets.stage import Stage
from facelib.app.worker import Latest, Task
from facelib.faces import Head
from facelib.interventions import HeadIntervention
from facelib.studies import even_strengths
from facelib.studies.sweeps.frames import make_frames

FINE: Final = 512  # px: our choice, more than twice of what networks are shown
KEPT: Final = 24  # pairs of pictures, some 0.1 MB each
SAID: Final = f"Drawn with {FINE} px to be looked at; networks read the same face with 224 px."

Pair = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def drawn(scene: Scene) -> bool:
    """Tell whether a scene can be drawn in any size: a head, changed before it is rendered.

    A change of pixels (blur, noise) is another one in a finer picture, and photographs have the pixels that
    they have.
    """
    return isinstance(scene.face, Head) and isinstance(scene.intervention, HeadIntervention)


def fine_pair(scene: Scene, strength: float, size: int = FINE) -> Pair:
    """Draw a scene before and after the change.

    Parameters
    ----------
    scene
        One that is `drawn`.
    strength
        Of the change, in [0, 1].
    size
        Side of the pictures, px.

    Raises
    ------
    BadValueError
        If the change doesn't work on this head.

    Examples
    --------
    >>> from facelib import interventions
    >>> scene = Scene(Head(), interventions.get("age"))
    >>> [picture.shape for picture in fine_pair(scene, 0.0, 64)]
    [(64, 64, 3), (64, 64, 3)]
    """
    grades = [0.0, strength] if strength else [0.0]
    images = make_frames(scene.face, scene.intervention, grades, size=size, workers=1).images
    return images[0], images[-1]


class FinePictures:
    """Draws them when the stage asks, one pair at a time, the newest first; the last ones are kept.

    Parameters
    ----------
    explorer, stage
        Whose scene is drawn, and who shows it.
    """

    def __init__(self, explorer: Explorer, stage: Stage) -> None:
        self.explorer, self.stage = explorer, stage
        self._pairs: OrderedDict[tuple[object, int], tuple[bytes, bytes]] = OrderedDict()
        self._worker: Latest | None = None  # begun when somebody asks: a class forks before any thread
        stage.ask_fine(self.ask)
        explorer.observe(self.follow, "scene")
        self.follow()

    def follow(self, _change: object = None) -> None:
        """Say whether the scene can be drawn finer."""
        self.stage.fine = SAID if drawn(self.explorer.scene) else ""

    def ask(self, step: int, turn: int) -> None:
        """Show a step of the scene finer, soon."""
        scene = self.explorer.scene
        if not drawn(scene):
            return
        key = (scene.key, step)
        strength = float(even_strengths(len(self.stage.frames))[step])

        def done(pair: tuple[bytes, bytes]) -> None:
            self._pairs[key] = pair
            self._pairs.move_to_end(key)
            while len(self._pairs) > KEPT:
                self._pairs.popitem(last=False)
            self.stage.show_fine(step, turn, *pair)

        def draw(_task: Task) -> tuple[bytes, bytes]:
            if key in self._pairs:
                return self._pairs[key]
            before, after = map(encode_jpeg, fine_pair(scene, strength))
            return before, after

        if self._worker is None:
            self._worker = Latest(self.explorer.lock, "facelib-fine")
        self._worker.submit(draw, done=done)

    def close(self) -> None:
        """End the thread."""
        if self._worker is not None:
            self._worker.close()
