"""Where an explorable comes from: face, change, classifiers, seeds, versions, and how to cite it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from facelib.faces import Head
from facelib.reports.common import cited
from facelib.utilities.distribution import distribution_version

if TYPE_CHECKING:
    from facelib.studies.sweeps.placebos import References
    from facelib.studies.sweeps.sweep import Sweep

PACKAGES: Final = ("torch", "numpy", "scipy")
CARD: Final = {
    "classifier": "classifier", "title": "what it is", "source": "source", "licence": "licence",
    "training_data": "training data", "sha256": "SHA-256 of the weights",
}  # fmt: skip
MAPS: Final = "Grad-CAM, one scale for all strengths of a classifier and class, in 255 steps"


@dataclass(frozen=True)
class About:
    """What a reader needs to repeat a sweep, and to cite it.

    Attributes
    ----------
    facts
        Name and value.
    columns, classifiers
        Headings, and one row a classifier.
    cite
        References.
    generator
        Name and version of the package.
    """

    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    classifiers: tuple[tuple[str, ...], ...]
    cite: tuple[str, ...]
    generator: str


def about(sweep: Sweep, references: References | None = None, photograph: str = "") -> About:
    """Return the provenance of a sweep.

    Parameters
    ----------
    photograph
        What is said of a photograph in the file; "": it holds none.
    """
    from importlib.metadata import version

    own = distribution_version()
    table = sweep.classifiers_table
    placebos = "none were run"
    if references:
        kinds = len(set(references.kinds))
        placebos = f"{len(references)} of {kinds} kind{'s' * (kinds > 1)}, seed {references.seed}"
    versions = ", ".join([f"facelib {own}", *(f"{name} {version(name)}" for name in PACKAGES)])
    facts = [
        ("Face", face_words(sweep)),
        ("Photograph", photograph or "none: the face is rendered, and shows nobody"),
        ("Change", f"{sweep.intervention.title}: {sweep.intervention!r}"),
        ("Strengths", f"{len(sweep.strengths)} from 0 to 1"),
        ("Class of interest", sweep.label),
        ("Shaken copies", f"{len(next(iter(sweep.replicates.values()), ()))}, seed {sweep.seed}"),
        ("Placebos", placebos),
        ("Maps", MAPS),
        ("Versions", versions),
        ("Written", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
    ]
    return About(
        facts=tuple(facts),
        columns=tuple(CARD.values()),
        classifiers=tuple(tuple(str(row[name]) or "–" for name in CARD) for row in table.to_dict("records")),
        cite=cited(own),
        generator=f"facelib {own}",
    )


def face_words(sweep: Sweep) -> str:
    """Return what the face is: the head as it is typed in, or the name of a picture with its credit."""
    face = sweep.face
    if isinstance(face, Head):
        return repr(face)
    credit = face.attributes.get("credit")
    return f"{sweep.face_id}{f' ({credit})' if credit else ''}"
