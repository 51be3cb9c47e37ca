"""Undo and redo of the settings of a tab."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from facelib.errors import FacelibError

logger = logging.getLogger(__name__)

GESTURE: Final = 1.0  # seconds within which changes of the same settings are one step
ECHO: Final = 0.3  # and those of any settings: one often sets another
MOST: Final = 100  # steps kept


class Settings(Protocol):
    """What has settings that can be kept: see `facelib.app.studies.state.StudyState`."""

    @property
    def kept(self) -> dict[str, Any]:
        """The settings as plain data."""

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Set what was kept."""

    def on_settings(self, handler: Callable[[Any], None]) -> None:
        """Call `handler` when one of the settings changes."""


class Steps(Protocol):
    """What can be undone and redone: `History`, and `facelib.app.explorer.state.Explorer`."""

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to undo."""

    @property
    def can_redo(self) -> bool:
        """Tell whether there is something to redo."""

    def undo(self) -> None:
        """Go back one step."""

    def redo(self) -> None:
        """Take back the last `undo`."""


class History:
    """The settings of a study as they were, step by step.

    Changes of the same settings within a second are one step, as those of a drag are, and so are those that a
    study makes while it has a `gesture`. What isn't kept, such as photographs, isn't brought back.

    Parameters
    ----------
    study
        Whose settings are followed.
    told
        Called when what can be undone or redone may have changed.
    """

    def __init__(self, study: Settings, told: Callable[[], None] = lambda: None) -> None:
        self._study, self._told = study, told
        self._now = study.kept
        self._past: list[dict[str, Any]] = []
        self._future: list[dict[str, Any]] = []
        self._last: tuple[frozenset[str], float] = (frozenset(), -GESTURE)
        self._stepping = False
        self._gesture: object = None
        study.on_settings(self._on_change)

    @property
    def can_undo(self) -> bool:
        """Tell whether there is something to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Tell whether there is something to redo."""
        return bool(self._future)

    def undo(self) -> None:
        """Go back one step."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Take back the last `undo`."""
        self._step(self._future, self._past)

    def forget(self) -> None:
        """Begin anew with the settings as they are."""
        self._now, self._past, self._future = self._study.kept, [], []
        self._told()

    def _step(self, there: list[dict[str, Any]], back: list[dict[str, Any]]) -> None:
        if getattr(self._study, "running", False):  # it keeps its settings
            return
        while there:
            self._stepping = True
            try:
                self._study.take_up(there.pop())
            except FacelibError as error:
                logger.warning("Settings could not be brought back: %s", error)
            finally:
                self._stepping = False
            if (kept := self._study.kept) != self._now:
                back.append(self._now)
                self._now, self._last = kept, (frozenset(), -GESTURE)
                break
        self._told()

    def _on_change(self, _change: object) -> None:
        kept = self._study.kept
        if self._stepping or kept == self._now:
            return
        changed = frozenset(name for name in kept if kept[name] != self._now.get(name))
        now = time.monotonic()
        names, then = self._last
        gesture, before = getattr(self._study, "gesture", None), self._gesture
        self._gesture = gesture
        if (
            gesture is not None or before is not None
        ):  # what changes at once is one step, however long it takes
            same = gesture is before
        else:
            same = now - then < ECHO or (changed == names and now - then < GESTURE)
        if not same:
            self._past = [*self._past[1 - MOST :], self._now]
        self._future = []
        self._now, self._last = kept, (changed, now)
        self._told()
