"""What the sessions of a class have in common: sweeps of rendered heads that one of them has computed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from facelib import studies
from facelib.app.shared_files import SharedFiles
from facelib.app.turns import Turns, claimed
from facelib.classifiers import Classifier
from facelib.errors import BadValueError, ReadError
from facelib.faces import Face, Head
from facelib.interventions import Intervention
from facelib.studies.engine.fingerprints import fingerprint, is_own
from facelib.studies.sweeps.files import placebo_bytes, read_placebos, read_sweep, sweep_bytes
from facelib.studies.sweeps.placebos import References

LATER: Final = (
    10.0  # seconds by which sweeps of others go before placebos: nobody waits for these (our choice)
)
CORES: Final = 2  # that one sweep keeps busy
FOLLOW: Final = 0.3  # seconds between two looks whether another session has found more

Check = Callable[[], object]


class Commons:
    """Sweeps and placebos that sessions share: computed once, in turns, and read by all the others.

    Of photographs, of changes and of networks that aren't facelib's own nothing is shared.

    Parameters
    ----------
    place
        The folder of the class.
    models
        The classifiers of this session.
    steps
        Strengths of a sweep.
    """

    def __init__(self, place: Path, models: Sequence[Classifier], steps: int) -> None:
        self.files = SharedFiles(place)
        self.turns = Turns(place, max(1, (os.cpu_count() or 1) // CORES))
        self.models = list(models)
        self._base = [(model.id, model.card.sha256) for model in models], steps

    def key(self, face: Face | Head, intervention: Intervention) -> str | None:
        """Return under which key a scene is shared; None: it is nobody else's."""
        models, _ = self._base
        if not isinstance(face, Head) or is_own(intervention) or not all(sha for _, sha in models):
            return None
        try:
            return fingerprint(face.key, intervention.id, intervention, self._base)
        except BadValueError:  # an option that nothing identifies
            return None

    def known(
        self, key: str | None, face: Face | Head, change: Intervention, label: str
    ) -> studies.Sweep | None:
        """Return the sweep of a scene that is shared; None where there is none yet."""
        path = None if key is None else self.files.find("sweep", key)
        if path is None or not isinstance(face, Head):
            return None
        try:
            return read_sweep(path, face, change.meant_for(face), self.models, label)
        except ReadError:
            self.files.drop(path)
            return None

    def known_placebos(self, key: str | None) -> tuple[References | None, bool]:
        """Return the placebos of a scene that are shared, and whether no more will come."""
        path = self._newest(key)
        if path is None:
            return None, False
        try:
            return read_placebos(path, self.models)
        except ReadError:
            self.files.drop(path)
            return None, False

    def sweep(
        self,
        key: str | None,
        known: Callable[[], studies.Sweep | None],
        compute: Callable[[], studies.Sweep],
        check: Check,
        tell: Callable[[int], object],
    ) -> studies.Sweep:
        """Return the sweep of a scene: another session's, or after a wait for our turn our own.

        Parameters
        ----------
        key
            As `key` returns it.
        known, compute
            Return the one that is shared, if there is one; make it.
        check
            Called while waiting; what it raises ends the wait.
        tell
            Called with the number of sessions whose turn comes first.
        """
        began = time.monotonic()
        while (found := known()) is None:
            check()
            with self._claimed("sweep", key) as mine:
                if mine:
                    with self.turns.take(check, tell, later=began - time.monotonic()):
                        if (found := known()) is not None:
                            return found
                        found = compute()
                    self._keep("sweep", key, partial(sweep_bytes, found))
                    return found
            time.sleep(FOLLOW)
        return found

    def placebos(
        self,
        key: str | None,
        start: References | None,
        run: Callable[[References | None], Iterator[References]],
        shown: Callable[[int], bool],
        check: Check,
    ) -> Iterator[References]:
        """Yield placebos of a sweep as they come, another session's or ours.

        Parameters
        ----------
        key
            As `key` returns it.
        start
            Those that are in already.
        run
            Goes on from there.
        shown
            Says of a number of placebos whether the others should see them now.
        check
            Called while waiting; what it raises ends the wait.
        """
        found, seen = start, None
        while True:
            check()
            path = self._newest(key)
            if path is not None and path != seen:
                seen = path
                with contextlib.suppress(ReadError):
                    theirs, finished = read_placebos(path, self.models)
                    if len(theirs) >= len(found or ()):
                        found = theirs
                        yield found
                    if finished:
                        return
            with self._claimed("placebos", key) as mine:
                if mine and self._newest(key) == seen:  # nobody has found more in the meantime
                    yield from self._run(key, run(found), shown, check)
                    return
            time.sleep(FOLLOW)

    def _run(
        self, key: str | None, placebos: Iterator[References], shown: Callable[[int], bool], check: Check
    ) -> Iterator[References]:
        found = None
        while True:
            with self.turns.take(check, later=LATER):
                more = next(placebos, None)
            if more is None:
                break
            found = more
            yield found
            if shown(len(found)):
                self._keep("placebos", key, partial(placebo_bytes, found, finished=False))
        if found is not None:
            self._keep("placebos", key, partial(placebo_bytes, found, finished=True))

    def _newest(self, key: str | None) -> Path | None:
        return None if key is None else self.files.find("placebos", key)

    def _keep(self, kind: str, key: str | None, content: Callable[[], bytes]) -> None:
        if key is not None:
            with contextlib.suppress(BadValueError):  # what can't be written stays in this session
                self.files.keep(kind, key, content())

    @contextlib.contextmanager
    def _claimed(self, kind: str, key: str | None) -> Iterator[bool]:
        """Yield whether this session alone computes a scene now; where nothing is shared, it does."""
        if key is None:
            yield True
        else:
            with claimed(self.files.folder / f"{kind}-{key}.claim") as mine:
                yield mine
