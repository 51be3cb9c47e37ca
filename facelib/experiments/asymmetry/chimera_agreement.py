"""Whether symmetric faces made of pictures are read as those of the true mesh, on renders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final

import numpy as np

from facelib.classifiers.alignment import points_of
from facelib.experiments.asymmetry.design import EXPRESSIONS, NEUTRAL, SEED, SIZE, asymmetry_faces
from facelib.faces import Face, Head
from facelib.faces.landmarker import find_landmarks
from facelib.interventions.symmetry import Chimeras, flipped
from facelib.stats.chimeras import ALL, VARIANTS, contrast_sets, symmetric_outputs
from facelib.studies.chimera_agreement import AGREEMENT_COLUMNS
from facelib.studies.engine.subjects import identity_of
from facelib.studies.sweeps.sweep import load_all

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers import Classifier

PEOPLE: Final = 40
LEVELS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the expression that the left side lacks: those of `facelib.head.palsy.PALSY_LEVELS`, no droop."""
PICTURE, MESH = "picture", "mesh"
LIMIT: Final = 1.96


def chimera_agreement(
    people: int = PEOPLE,
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    expressions: Sequence[str] = EXPRESSIONS,
    levels: Sequence[float] = LEVELS,
    size: int = SIZE,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return limits of agreement between contrasts of pictures and of the true mesh.

    Heads in frontal light, of whose expressions the left side lacks a share, are rendered; landmarks are
    found in the picture, as in a photograph, and symmetric faces are made of it. The true ones are rendered:
    both sides as one of the two, or as their mean. A palsy's droop at rest isn't in it, nor is an asymmetric
    shape.

    Parameters
    ----------
    people
        Rendered identities.
    classifiers
        None: all that are available here.
    expressions, levels, size, seed
        Names, shares of the left side's weakness, px, and seed of the people.

    Returns
    -------
    pandas.DataFrame
        Columns as in `facelib.studies.chimera_agreement.AGREEMENT_COLUMNS`.
    """
    import pandas as pd

    models = load_all(classifiers)
    heads = [
        head.replace(light="frontal") for head in asymmetry_faces(people, expressions, (1.0,), "tuned", seed)
    ]
    parts = [
        rows.assign(identity=identity)
        for identity, own in groupby(heads, identity_of)
        for rows in _read(list(own), models, levels, size)
    ]
    return agreement_of(pd.concat(parts, ignore_index=True))


def _read(
    heads: Sequence[Head], models: Sequence[Classifier], levels: Sequence[float], size: int
) -> Iterator[pd.DataFrame]:
    """Read one person's faces, at every level, from the picture and from the mesh."""
    import pandas as pd

    for head in heads:
        for level in levels if head.expression != NEUTRAL else (0.0,):
            weak = head.replace(left=1 - level)
            for source, faces in ((PICTURE, _of_picture(weak, size)), (MESH, _of_mesh(weak, size))):
                images, boxes = (
                    np.stack([face.image for face in faces]),
                    np.stack([face.box for face in faces]),
                )
                points = np.repeat(points_of([faces[0], flipped(faces[0])]), len(faces) // 2, axis=0)
                for model in models:
                    values = model.probabilities(images, boxes, points)
                    for label in model.classes:
                        if (column := model.index_of(label)) is not None:
                            yield pd.DataFrame(
                                {"source": source, "meant": str(head.expression), "level": level,
                                 "classifier": model.id, "label": label, "step": range(len(faces)),
                                 "probability": values[:, column].astype(np.float64)}
                            )  # fmt: skip


def _of_picture(head: Head, size: int) -> list[Face]:
    face = head.render(size)
    seen = Face(face.image, face.box, face.eyes, find_landmarks(face.image, face.box, face.eyes))
    return list(islice(Chimeras().variants(seen), 2 * len(VARIANTS)))


def _of_mesh(head: Head, size: int) -> list[Face]:
    sides = (
        (head.left, head.right),
        ((head.left + head.right) / 2,) * 2,
        (head.left,) * 2,
        (head.right,) * 2,
    )
    box = head.render(size).box  # that of the face, as of its pictures
    made = [head.replace(left=left, right=right).render(size).replace(box=box) for left, right in sides]
    return [*made, *map(flipped, made)]


def agreement_of(read: pd.DataFrame) -> pd.DataFrame:
    """Return limits of agreement of what was read: source, identity, meant, level, and tidy outputs.

    Levels of a person share the face at rest.
    """
    import pandas as pd

    parts = []
    shown = sorted(read.loc[read["meant"] != NEUTRAL, "level"].unique())
    for source, own in read.groupby("source", sort=False):
        rest = own[own["meant"] == NEUTRAL]
        for level in shown:
            rows = pd.concat([own[(own["level"] == level) & (own["meant"] != NEUTRAL)], rest])
            faces = symmetric_outputs(rows.assign(face=rows["identity"] + " " + rows["meant"]))
            names = faces["face"].str.rsplit(" ", n=1, expand=True)
            faces = faces.assign(person=names[0], meant=names[1], at_rest=names[1] == NEUTRAL)
            parts.append(contrast_sets(faces).assign(source=source, level=level))
    sets = pd.concat(parts, ignore_index=True)
    sets = sets[sets["label"] == sets["meant"]]
    contrast = sets["face"] - sets["symmetric"]
    sets = pd.concat(
        [
            sets.assign(reference="as it is", value=contrast),
            sets.assign(reference="less rest", value=contrast - (sets["rest_face"] - sets["rest_symmetric"])),
        ],
        ignore_index=True,
    )
    keys = ["contrast", "reference", "classifier", "person", "level"]
    each = sets.assign(shown=sets["meant"])[[*keys, "shown", "source", "value"]]
    mean = sets.groupby([*keys, "source"], sort=False)["value"].mean().reset_index().assign(shown=ALL)
    wide = pd.concat([mean, each]).pivot_table(
        index=[*keys, "shown"], columns="source", values="value", sort=False
    ).reset_index()  # fmt: skip
    wide = wide.assign(
        difference=wide[PICTURE] - wide[MESH], truth=wide[MESH], level=wide["level"].map("{:g}".format)
    )
    both = pd.concat([wide.assign(level=ALL), wide], ignore_index=True)
    groups = both.groupby(["contrast", "reference", "classifier", "shown", "level"], sort=False)
    found = groups.agg(
        n=("difference", "size"),
        truth=("truth", "mean"),
        bias=("difference", "mean"),
        sd=("difference", "std"),
    ).reset_index()
    found = found.assign(low=found["bias"] - LIMIT * found["sd"], high=found["bias"] + LIMIT * found["sd"])
    return found[list(AGREEMENT_COLUMNS)].round(4)
