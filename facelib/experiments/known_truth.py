"""Does a classifier use age, skin tone or electrodes? Asked of networks of known bias, and of yours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib import interventions
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import points_of
from facelib.classifiers.known_bias import Property
from facelib.errors import BadValueError
from facelib.faces import Face, Head, render_heads, sample_heads
from facelib.interventions import HeadIntervention
from facelib.stats import effects_over_faces
from facelib.studies.sweeps.sweep import DELTA, load_all

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Probe:
    """A probe: one property moved from its low end to its high end, and the class that is read.

    Parameters
    ----------
    property
        Name of the property.
    emotion
        Class whose output is watched, chosen before anything is run.
    start
        Fields of a head at the low end.
    intervention
        What moves it to the high end.
    """

    property: Property
    emotion: str
    start: Mapping[str, Any]
    intervention: HeadIntervention


def _probes() -> Mapping[Property, Probe]:
    def of(name: Property, emotion: str, start: Mapping[str, Any], **options: Any) -> Probe:
        change = interventions.get(name, **options)
        assert isinstance(change, HeadIntervention)
        return Probe(name, emotion, MappingProxyType(start), change)

    return MappingProxyType(
        {
            "age": of("age", "happy", {"age": 20.0}, to="older"),
            "skin_tone": of("skin_tone", "angry", {"skin_tone": 0.0}, to="darker"),
            "electrodes": of("electrodes", "neutral", {"electrodes": None}, scheme="fridlund"),
        }
    )


PROBES: Final = _probes()
"""The three properties that networks of known bias use, each with the emotion that it was confounded with."""


def probe_heads(n: int, seed: int = 0) -> list[Head]:
    """Draw people to probe classifiers with: seven expressions of any intensity, half with electrodes."""
    return sample_heads(
        n, seed=seed, electrodes=0.5, stratify=("expression",), also={"intensity": (0.0, 1.0)}
    )


def probe_effects(
    classifiers: str | Classifier | Sequence[str | Classifier],
    heads: Sequence[Head],
    *,
    delta: float = DELTA,
    size: int = 96,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the effect of moving each property of `PROBES` from its low to its high end on its class.

    Parameters
    ----------
    classifiers
        One, or several that look at the same pictures.
    heads
        One per person.
    delta
        Margin in probability, set before the run.
    size
        Of the pictures, px.
    seed
        Of flips and resamples.

    Returns
    -------
    pandas.DataFrame
        One row per probe and classifier, as from `facelib.stats.effects_over_faces`, with ``property``.

    Raises
    ------
    BadValueError
        There are no heads, or a classifier lacks the class that goes with a property.
    """
    import pandas as pd

    if not heads:
        raise BadValueError("Effects are those of one person or more; got no heads.")
    models = load_all([classifiers] if isinstance(classifiers, Classifier) else classifiers)
    parts = []
    for probe in PROBES.values():
        low = [head.replace(**probe.start) for head in heads]
        high = [probe.intervention.edit(head, 1.0) for head in low]
        ends = [render_heads(end, size) for end in (low, high)]
        parts += [_outputs(clf, ends, probe) for clf in models]
    rows = effects_over_faces(pd.concat(parts, ignore_index=True), delta=delta, seed=seed)
    return rows.assign(property=rows["intervention"])


def _outputs(clf: Classifier, ends: Sequence[Sequence[Face]], probe: Probe) -> pd.DataFrame:
    """Return the outputs of a probe's class for the same faces at strength 0 and 1, as tidy rows."""
    import pandas as pd

    column = clf.index_of(probe.emotion)
    if column is None:
        raise BadValueError(clf.lack(probe.emotion))
    boxes, points = np.stack([face.box for face in ends[0]]), points_of(ends[0])  # strength 0's serve both
    parts = []
    for strength, faces in enumerate(ends):
        logits = clf.logits(np.stack([face.image for face in faces]), boxes, points)
        part = pd.DataFrame(
            {
                "logit": logits[:, column].astype(np.float64),
                "probability": clf.probabilities_from(logits)[:, column].astype(np.float64),
            }
        )
        parts.append(part.assign(face=np.arange(len(faces)), strength=float(strength)))
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(intervention=probe.property, classifier=clf.id, label=probe.emotion)
