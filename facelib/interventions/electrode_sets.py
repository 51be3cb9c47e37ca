"""Series of electrode sets on the same face, for studies of their importance."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.face import face_fingerprint
from facelib.faces import Face, Head
from facelib.interventions.electrodes import Electrodes
from facelib.interventions.intervention import Cost, FaceIntervention
from facelib.stats.shapley import antithetic_orders
from facelib.utilities.checks import whole

Names = tuple[str, ...]

_STREAM: Final = 59  # keeps orders of groups apart from others drawn with the same seed


@dataclass(frozen=True)
class ElectrodeSets(FaceIntervention):
    """Attach one set of electrodes, take it off again, attach the next: a series, no gradual change.

    Step 0 (strength 0) is the face as it is, step i of n (strength i / n) the face with the i-th set. First
    come `sets`, the same of every face. Then `groups` are attached one after the other in random orders,
    drawn for each face by what it is and `seed`, each order followed by its reverse; the last step has all of
    them. So all sets share one unchanged face and its box, and a study reads them in one go. It isn't in the
    menus of interventions.

    Parameters
    ----------
    scheme
        "fridlund" or "kuramoto".
    sets
        Positions of the scheme, at least one each.
    groups
        Positions that come together; none in two groups.
    pairs
        How many orders, with their reverses, are drawn for each face; 0: none.
    seed
        Of the orders.

    Raises
    ------
    BadValueError
        If there is nothing to attach, a position isn't one of the scheme, or is in two groups.

    Examples
    --------
    >>> series = ElectrodeSets(sets=(("F1",), ("F2", "F1")))
    >>> [series.edit(Head(), step / series.last).electrodes for step in range(3)]
    [None, ('F1',), ('F1', 'F2')]
    """

    scheme: str = "fridlund"
    sets: tuple[Names, ...] = ()
    groups: tuple[Names, ...] = ()
    pairs: int = 0
    seed: int = 0

    id: ClassVar[str] = "electrode_sets"
    title: ClassVar[str] = "sets of sEMG electrodes"
    group: ClassVar[str] = "Worn on the face"
    moves: ClassVar[str | None] = "electrodes"
    cost: ClassVar[Cost] = "shade"
    description: ClassVar[str] = (
        "Sets of electrodes for surface electromyography are attached to the same face, each by itself."
    )
    sentence: ClassVar[str] = "sets of electrodes are attached"

    def __post_init__(self) -> None:
        for name, each in (("sets", self.sets), ("groups", self.groups)):
            object.__setattr__(self, name, tuple(self._checked(one) for one in each))
        for name in ("pairs", "seed"):
            whole(f"The {name} of orders are a whole number, 0 or more", getattr(self, name), 0)
        grouped = [position for one in self.groups for position in one]
        if len(set(grouped)) < len(grouped) or (self.pairs and not self.groups):
            msg = (
                "Orders are of one group or more, and no position is in two of them; got "
                f"{self.pairs} pairs of orders and the groups {self.groups!r}."
            )
            raise BadValueError(msg)
        if not self.sets and not self.pairs:
            msg = "A series has one set of electrodes or more; got none."
            raise BadValueError(msg)

    @property
    def clause(self) -> str:
        """The change in words, with a key of the series: results are read with the same one."""
        told = repr((self.scheme, self.sets, self.groups, self.pairs, self.seed))
        key = hashlib.sha256(told.encode()).hexdigest()[:12]
        return f"{self.last} sets of electrodes ({self.scheme}) are attached, each by itself; series {key}"

    @property
    def last(self) -> int:
        """The number of sets: the step at strength 1."""
        return len(self.sets) + (2 * self.pairs * (len(self.groups) - 1) + 1 if self.pairs else 0)

    @cached_property
    def _steps(self) -> dict[Names, int]:
        return {one: step for step, one in reversed(list(enumerate(self.sets, 1)))}

    def step_of(self, names: Names) -> int:
        """Return the step at which exactly these positions are attached to every face; 0 for ().

        Raises
        ------
        BadValueError
            If it isn't one of `sets`.
        """
        if not names:
            return 0
        positions = self._checked(names)
        if positions not in self._steps:
            msg = f"The series has no such set of electrodes: {', '.join(names)}."
            raise BadValueError(msg)
        return self._steps[positions]

    def orders(self, key: str) -> npt.NDArray[np.int64]:
        """Return the orders of `groups` that a face goes through, (2 pairs, groups).

        Parameters
        ----------
        key
            Of the face: ``head.key``; of a picture its fingerprint.
        """
        rng = np.random.default_rng([self.seed, _STREAM, int(key[:16], 16)])
        return antithetic_orders(len(self.groups), self.pairs, rng)

    def steps_along(self) -> npt.NDArray[np.int64]:
        """Return the steps at which 0, 1 … all groups of each order are there, (2 pairs, groups + 1)."""
        inner = np.arange(2 * self.pairs * (len(self.groups) - 1)).reshape(2 * self.pairs, -1)
        steps = np.zeros((2 * self.pairs, len(self.groups) + 1), np.int64)
        steps[:, 1:-1] = len(self.sets) + 1 + inner
        steps[:, -1] = self.last
        return steps

    def set_at(self, face: Face | Head, step: int) -> Names:
        """Return the positions that a step attaches to a face."""
        if step == 0:
            return ()
        if step <= len(self.sets):
            return self.sets[step - 1]
        key = face.key if isinstance(face, Head) else face_fingerprint(face)
        first = step - len(self.sets) - 1
        order, count = divmod(first, max(len(self.groups) - 1, 1))
        there = range(len(self.groups)) if step == self.last else self.orders(key)[order, : count + 1]
        return self._checked(tuple(name for group in there for name in self.groups[group]))

    def _edit(self, head: Head, strength: float) -> Head:
        return self._electrodes(head, strength).edit(head, 1.0)

    def _change(self, face: Face, strength: float) -> Face:
        return self._electrodes(face, strength).apply(face, 1.0)

    def _electrodes(self, face: Face | Head, strength: float) -> Electrodes:
        return Electrodes(self.scheme, only=self.set_at(face, round(strength * self.last)))

    def _checked(self, names: Names) -> Names:
        if not names:
            msg = "A set of electrodes has one position or more; the face as it is comes first anyway."
            raise BadValueError(msg)
        return Electrodes(self.scheme, only=names).positions
