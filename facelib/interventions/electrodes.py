"""Surface-EMG electrodes on the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from facelib.faces import ELECTRODE_SCHEMES, Head
from facelib.interventions.intervention import Expected, HeadIntervention, check_choice, register


@register
@dataclass(frozen=True)
class Electrodes(HeadIntervention):
    """Electrodes are attached one after the other; those that the head wears already stay.

    The strength is the share of the scheme's missing electrodes that is attached.
    """

    scheme: str = "fridlund"

    id: ClassVar[str] = "electrodes"
    title: ClassVar[str] = "sEMG electrodes"
    group: ClassVar[str] = "Worn on the face"
    moves: ClassVar[str | None] = "electrodes"
    expected: ClassVar[Expected] = "falls"
    description: ClassVar[str] = (
        "Electrodes for surface electromyography are attached one by one at the positions of the scheme. "
        "They add contrast and sharpness to the picture."
    )
    sentence: ClassVar[str] = "electrodes are attached"

    def __post_init__(self) -> None:
        check_choice("a scheme", self.scheme, ELECTRODE_SCHEMES)

    def _edit(self, head: Head, strength: float) -> Head:
        worn = head.electrode_names
        missing = [name for name in ELECTRODE_SCHEMES[self.scheme] if name not in worn]
        added = missing[: round(strength * len(missing))]
        return head.replace(electrodes=(*worn, *added)) if added else head
