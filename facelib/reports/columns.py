"""Meanings of the columns of exported tables, gathered from where they are documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from facelib import data
from facelib.properties import PROPERTIES
from facelib.stats.chimeras import (
    CHIMERIC_COLUMNS,
    GRADE_COLUMNS,
    GROUP_COLUMNS,
    PERSON_COLUMNS,
    SIDE_COLUMNS,
)
from facelib.stats.effects.contrasts import CONTRAST_COLUMNS
from facelib.stats.effects.population import COLUMNS as EFFECTS
from facelib.stats.independence.grid import COLUMNS as GRID
from facelib.stats.independence.shares import COLUMNS as SHARES
from facelib.stats.paired import ACCURACY_COLUMNS as PAIRED_ACCURACY
from facelib.stats.paired import DIFFERENCE_COLUMNS, RETEST_COLUMNS
from facelib.stats.paired import EFFECT_COLUMNS as PAIRED
from facelib.studies.chimeric import ROLE_COLUMNS
from facelib.studies.engine.subjects import FACE_COLUMNS
from facelib.studies.grid import EFFECT_COLUMNS
from facelib.studies.outcomes import ACCURACY_COLUMNS, CURVE_COLUMNS, SHARE_COLUMNS
from facelib.studies.pairing import LEFT_OUT_COLUMNS, PAIR_COLUMNS
from facelib.studies.sweeps.table import COLUMNS as TABLE

MEASURED: Final = "measured_"
ERROR: Final = {"error": "why this reading failed; empty if it didn't"}
FAILURES: Final = {"classifier": "id of the classifier, or properties where measuring failed"}
MANIPULATION: Final = {
    "intervention": "name of the intervention",
    "property": "name of the property",
    "meant": "whether it is the one that is meant to move",
    "faces": "faces that have it at strength 0 and 1",
    "start": "mean over faces at strength 0",
    "end": "mean over faces at strength 1",
    "change": "mean of end minus start",
}
GRADES: Final = {"grade": "clinical grade", "n": "people with it", "mean": "mean contrast over them"}
KNOWN: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {
    "table": (TABLE, ERROR),
    "faces": (FACE_COLUMNS,),
    "failures": (FAILURES, TABLE, ERROR),
    "effects": (EFFECTS, EFFECT_COLUMNS, PAIRED, CHIMERIC_COLUMNS),
    "persons": (PERSON_COLUMNS,),
    "sides": (SIDE_COLUMNS,),
    "group_differences": (GROUP_COLUMNS,),
    "grade_associations": (GRADE_COLUMNS,),
    "by_grade": ({**PERSON_COLUMNS, **GRADES},),
    "bias": (data.about("chimera_bias")["columns"],),
    "roles": (ROLE_COLUMNS,),
    "intended_effects": (PAIRED,),
    "accuracy_change": (PAIRED_ACCURACY,),
    "retests": (RETEST_COLUMNS,),
    "differences": (DIFFERENCE_COLUMNS,),
    "missing_halves": (PAIR_COLUMNS,),
    "pairs": (PAIR_COLUMNS,),
    "left_out": (LEFT_OUT_COLUMNS,),
    "effects_by_label": (EFFECTS,),
    "contrasts": (CONTRAST_COLUMNS,),
    "curves": (CURVE_COLUMNS,),
    "share_significant": (SHARE_COLUMNS, SHARES),
    "accuracy": (ACCURACY_COLUMNS,),
    "manipulation": (MANIPULATION,),
    "grid": (GRID,),
}
"""Where the columns of a table are documented, by its name."""
OWN_PROPERTY: Final = (
    "{name}: a property that isn't registered in this session, so that its unit and meaning aren't known"
)
"""Meaning of what a property of the user's own measured, where only its numbers are here."""


def meanings(table: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the meanings of the columns of a table.

    Examples
    --------
    >>> meanings("manipulation", ["property", "start"])
    {'property': 'name of the property', 'start': 'mean over faces at strength 0'}
    """
    return {str(name): _meaning(table, str(name), columns) for name in columns}


def _meaning(table: str, name: str, columns: Sequence[str]) -> str:
    # All kinds of studies have effects and shares: theirs is the dictionary that knows all columns.
    meanings_of_table = KNOWN.get(table, ())
    for words in sorted(meanings_of_table, key=lambda one: -len(set(columns) & set(one))):
        if name in words:
            return words[name]
    if name.startswith(MEASURED) and name.removeprefix(MEASURED) in PROPERTIES:
        measured_property = PROPERTIES[name.removeprefix(MEASURED)]
        unit = f" ({measured_property.unit})" if measured_property.unit else ""
        return f"{measured_property.title}{unit}: {measured_property.description}"
    if table == "outputs":
        return "logit of this classifier and emotion, one row per face that was tested"
    if name.startswith(MEASURED):
        return OWN_PROPERTY.format(name=name.removeprefix(MEASURED).replace("_", " "))
    source = "given with the faces, or measured: see the settings" if table == "properties" else "of the face"
    return f"{name.removeprefix(MEASURED).replace('_', ' ')}, {source}"
