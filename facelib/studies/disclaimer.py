"""The disclaimer under every result."""

from __future__ import annotations

from typing import Final

LIMITS: Final = (
    "These results describe how these classifiers respond to rendered (or edited) faces under the stated "
    "change. They do not show how patients' faces are read, nor what a person feels. Confirm on photographs "
    "of your own population. Research and teaching only; not for diagnosis, grading of palsy or treatment "
    "decisions."
)
"""Stands in the app and in every report."""

OBSERVED: Final = (
    "These results describe how the outputs of these classifiers go with properties of the faces that were "
    "read; nothing was changed in them. " + LIMITS[LIMITS.index("They do not") :]
)
"""Stands in reports of faces as they are."""

PAIRED: Final = (
    "These results describe how the outputs of these classifiers differ between pictures of the same people "
    "under two conditions. Time, order, camera and light may differ between them, too: no difference is "
    "shown to be an effect of the condition. They do not show what a person feels. "
    + LIMITS[LIMITS.index("Research and teaching") :]
)
"""Stands in reports of pairs."""
CHIMERIC: Final = (
    "These results describe how the outputs of these classifiers for faces differ from those for symmetric "
    "faces that were made of the same pictures. Making them changes more than symmetry: what is left of that "
    "after a face at rest is subtracted isn't known for a photograph. They do not show what a person feels, "
    "nor "
    "how a palsy is seen by people. " + LIMITS[LIMITS.index("Research and teaching") :]
)
"""Stands in reports of faces and their symmetric versions."""
LIMITS_OF: Final = {
    "interventional": LIMITS, "observational": OBSERVED, "paired": PAIRED, "chimeric": CHIMERIC,
    "sweep": LIMITS,
}  # fmt: skip
"""The sentence of a report by the kind of its study."""
