"""Surface-EMG electrodes on the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.interventions.intervention import Expected, HeadIntervention, register


@register
@dataclass(frozen=True)
class Electrodes(HeadIntervention):
    """Electrodes are attached one after the other; the strength is the share that is attached."""

    scheme: str = "fridlund"

    id: ClassVar[str] = "electrodes"
    title: ClassVar[str] = "sEMG electrodes"
    group: ClassVar[str] = "Worn on the face"
    moves: ClassVar[str | None] = "electrodes"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "Electrodes for surface electromyography are attached one by one at the positions of the scheme."
    )
    sentence: ClassVar[str] = "electrodes are attached"

    def _edit(self, head: Head, strength: float) -> Head:
        names = ELECTRODE_SCHEMES[self.scheme]
        return head.replace(electrodes=names[: round(strength * len(names))] or None)
