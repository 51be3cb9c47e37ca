"""Ranking of interventions by how far they lower one class, on one person and several classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from facelib import interventions
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import points_of
from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, Head, render_heads
from facelib.interventions import HeadIntervention, Intervention
from facelib.studies.sweeps.demonstration import demonstration_head
from facelib.studies.sweeps.sweep import load_all, wanted_label

if TYPE_CHECKING:
    import pandas as pd

LEADERBOARD_COLUMNS: Final = {
    "intervention": "id of the intervention",
    "title": "its name in menus",
    "group": "its heading in menus",
    "placebo": "whether it is a placebo (a harmless change of the picture)",
    "classifier": "id of the classifier",
    "label": "the class of interest",
    "start": "probability of the class at strength 0",
    "end": "probability of the class at strength 1",
    "change": "end minus start",
    "before": "winning class at strength 0",
    "after": "winning class at strength 1",
    "rank": "place among all interventions of this classifier, by the change; 1 falls most",
}
"""Columns of `leaderboard`, with their meaning."""


def leaderboard(
    head: Head,
    classifiers: str | Sequence[str | Classifier] | None = None,
    names: Sequence[str | Intervention] | None = None,
    *,
    label: str | None = None,
    size: int = 160,
) -> pd.DataFrame:
    """Rank interventions by how far they lower one class at full strength, on one person.

    Each starts from the head that `demonstration_head` makes of `head`, and is compared with its own start.
    This describes one face; nothing follows for others.

    Parameters
    ----------
    head
        Who is shown.
    classifiers
        Ids; None: all that are available.
    names
        Interventions, or their ids; None: all that are registered, but for those of the group "Expression":
        they change what the face shows, so a classifier that follows them isn't fooled.
    label
        The class of interest; None: the expression that the head shows.
    size
        Of the pictures, px.

    Returns
    -------
    pandas.DataFrame
        One row per classifier that has the class and an intervention, in the order of the ranks, with the
        columns of `LEADERBOARD_COLUMNS`.

    Raises
    ------
    BadValueError
        If no intervention is given.

    Examples
    --------
    >>> table = leaderboard(Head(), "fer", ["palsy", "blur"], size=96)  # doctest: +SKIP
    """
    import pandas as pd

    check_kind(head, Head, "A head")
    models = load_all(classifiers)
    wanted = wanted_label(label, head, models)
    changes = [interventions.get(name) for name in names] if names is not None else not_expression()
    if not changes:
        msg = "A leaderboard ranks at least one intervention; got none."
        raise BadValueError(msg)
    starts, ends = _pictures(changes, head, size)
    # Many start from the same face, which is read once. The box of strength 0 serves both ends.
    first = {id(face): face for face in starts}
    images = np.stack([face.image for face in [*first.values(), *ends]])
    placed = [*first.values(), *starts]
    boxes, points = np.stack([face.box for face in placed]), points_of(placed)
    place = [list(first).index(id(face)) for face in starts]
    parts = []
    for model in models:
        if model.index_of(wanted) is not None:
            read = model.probabilities(images, boxes, points).astype(np.float64)
            parts.append(_rows(changes, model, wanted, read[: len(first)][place], read[len(first) :]))
    if not parts:
        return pd.DataFrame(columns=list(LEADERBOARD_COLUMNS))
    return pd.concat(parts, ignore_index=True)


def not_expression() -> list[Intervention]:
    """Return all interventions, as menus show them, that leave the emotion that is shown what it is."""
    return [item for item in interventions.ordered() if item.group != "Expression"]


def _pictures(chosen: Sequence[Intervention], head: Head, size: int) -> tuple[list[Face], list[Face]]:
    """Return the faces at strength 0 and at strength 1; every head is rendered once."""
    begun = [demonstration_head(item, head) for item in chosen]
    edited = [
        item.edit(start, 1.0) if isinstance(item, HeadIntervention) else start
        for item, start in zip(chosen, begun, strict=True)
    ]
    different = list(dict.fromkeys([*begun, *edited]))
    rendered = dict(zip(different, render_heads(different, size), strict=True))
    starts, ends = ([rendered[one] for one in some] for some in (begun, edited))
    return starts, [
        end if isinstance(item, HeadIntervention) else item.apply(end, 1.0)
        for item, end in zip(chosen, ends, strict=True)
    ]


def _rows(
    chosen: Sequence[Intervention],
    model: Classifier,
    label: str,
    before: npt.NDArray[np.float64],
    after: npt.NDArray[np.float64],
) -> pd.DataFrame:
    import pandas as pd

    column = model.index_of(label)
    names = [model.emotions[own] or own for own in model.labels]
    table = pd.DataFrame(
        {
            "intervention": [item.id for item in chosen],
            "title": [item.title for item in chosen],
            "group": [item.group for item in chosen],
            "placebo": [item.placebo for item in chosen],
            "classifier": model.id,
            "label": label,
            "start": before[:, column],
            "end": after[:, column],
            "change": after[:, column] - before[:, column],
            "before": [names[k] for k in before.argmax(axis=1)],
            "after": [names[k] for k in after.argmax(axis=1)],
        }
    )
    ranked = table.sort_values("change", kind="stable", ignore_index=True)
    return ranked.assign(rank=np.arange(1, len(ranked) + 1))[list(LEADERBOARD_COLUMNS)]
