"""Data of an observational study's grid of tests: properties, outputs, labels, persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.independence.vote import deciding
from facelib.studies.engine.fingerprints import fingerprint
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

    from facelib.stats.independence.permutation.sequential import GridReport
    from facelib.utilities.progress import Stop

Lacks = npt.NDArray[np.bool_]

BETWEEN: Final = ": "  # classifier and label in the name of an output
WORN: Final = ("electrodes",)  # where nothing is said of it, none are worn
SETTLED: Final = ("alpha", "delta")  # settings that a table of tests repeats
OTHERS: Final = ("methods", "alpha", "delta", "seed", "n_permutations")

EFFECT_COLUMNS: Final = {
    "property": "name of the property",
    "classifier": "id of the classifier",
    "label": "class of the output: a common emotion, or one that only some classifiers have",
    "explained": "ω²: share of the logit's variance inside labels that goes with the property",
    "explained_low": "5 % quantile of it over random halves of the rows",
    "explained_high": "95 % quantile of it",
    "p": "of the test that decides",
    "p_holm": "after Holm over the whole grid",
    "p_bh": "after Benjamini and Hochberg",
    "rejects": "whether it rejects at alpha",
    "n": "rows",
}
"""Columns of `effects_of`, with their meaning."""


@in_short()
@dataclass(frozen=True, eq=False)
class Grid:
    """Faces that have all properties, outputs and labels: one row each in every table.

    Attributes
    ----------
    properties, outputs, labels
        Tables; outputs are logits.
    person
        Who is shown, (n,), where someone comes several times; else None.
    left_out
        Faces without all of them.
    faces
        Names of the faces, (n,).
    """

    properties: pd.DataFrame
    outputs: pd.DataFrame
    labels: pd.DataFrame
    person: pd.Series[Any] | None
    left_out: int
    faces: pd.Series[Any]

    def key(self, settings: Mapping[str, Any]) -> str:
        """Return the fingerprint of the data and of how they are tested, in any version."""
        tables = [self.properties, self.outputs, self.labels]
        content = [{name: _plain(table[name]) for name in table} for table in tables]
        person = None if self.person is None else self.person.astype(str).tolist()
        how = {name: settings.get(name) for name in OTHERS}
        return fingerprint(content, person, how)[:16]

    def fits(self, table: pd.DataFrame, settings: Mapping[str, Any]) -> bool:
        """Return whether a table of format 1 can be that of the tests of these data."""
        needed = {"property", "output", "method", "null_property", "n", *SETTLED}
        if not needed <= set(table) or table.empty:
            return False
        tested = set(table.loc[~table["null_property"], "property"])
        return (
            tested == set(self.properties)
            and set(table["output"]) == set(self.outputs)
            and set(table["method"]) == set(settings["methods"] or table["method"])
            and int(table["n"].max()) == len(self.outputs)
            and all((table[name] == settings[name]).all() for name in SETTLED)
        )

    def test(
        self,
        settings: Mapping[str, Any],
        *,
        progress: bool | GridReport | None = None,
        stop: Stop | None = None,
    ) -> pd.DataFrame:
        """Run the grid of tests; see `facelib.stats.independence_grid`."""
        from facelib import stats

        return stats.independence_grid(
            self.properties,
            self.outputs,
            self.labels,
            methods=settings["methods"],
            alpha=settings["alpha"],
            delta=settings["delta"],
            person=self.person,
            n_permutations=settings.get("n_permutations"),
            seed=settings["seed"],
            progress=progress,
            stop=stop,
            null_property=True,
        )


def grid_data(rows: pd.DataFrame, faces: pd.DataFrame, settings: Mapping[str, Any]) -> Grid:
    """Return the data that are tested, from the rows of a study's tidy table.

    Raises
    ------
    BadValueError
        If a column of labels or persons is missing, something isn't measured yet, or no face has everything.
    """
    wide = rows.pivot_table(
        index="face", columns=["classifier", "label"], values="logit", sort=False, observed=True
    )
    attributes = faces.set_index("face").reindex(wide.index)
    columns = {}
    measured = rows.drop_duplicates("face").set_index("face").reindex(wide.index)
    for name in (
        *settings["given"],
        *[name for name in settings["properties"] if name not in settings["given"]],
    ):
        column = f"measured_{name.removeprefix('measured_')}"
        if name in settings["given"]:
            columns[name] = as_tested(attributes[name])
        elif column in measured:
            columns[name] = measured[column]
        else:
            msg = f"{name} isn't measured yet in the faces that were read: run the study again to go on."
            raise BadValueError(msg)
    asked = [*settings["labels"], *([settings["person"]] if settings["person"] else [])]
    if missing := [name for name in asked if name not in attributes]:
        msg = f"The faces have no {', '.join(missing)}; they have {', '.join(attributes.columns)}."
        raise BadValueError(msg)
    import pandas as pd

    properties = pd.DataFrame({name: columns[name] for name in settings["properties"]})
    labels = attributes[settings["labels"]].astype("str")
    unread = {
        f"an output of {name}": np.isnan(wide.loc[:, [name]].to_numpy(np.float64)).any(axis=1)
        for name in wide.columns.unique(0)
    }
    unmeasured = {str(name): properties[name].isna().to_numpy(bool) for name in properties}
    there = ~incomplete(lacking(attributes, asked) | unmeasured | unread, len(wide))
    wide.columns = pd.Index([BETWEEN.join(pair) for pair in wide.columns])
    person = attributes[settings["person"] or "identity"][there]
    if settings["person"] is None and not person.duplicated().any():
        person = None
    return Grid(
        properties=properties[there].reset_index(drop=True),
        outputs=wide[there].reset_index(drop=True),
        labels=labels[there].reset_index(drop=True),
        person=None if person is None else person.reset_index(drop=True),
        left_out=len(faces) - int(there.sum()),
        faces=pd.Series(wide.index[there], name="face"),
    )


def lacking(faces: pd.DataFrame, columns: Iterable[str]) -> dict[str, Lacks]:
    """Return, for labels, persons and given properties, which faces lack them, bool (n,) each."""
    return {name: (as_tested(faces[name]).isna() | (faces[name] == "")).to_numpy(bool) for name in columns}


def incomplete(lacks: Mapping[str, Lacks], n: int) -> Lacks:
    """Return which of `n` faces lack something, or raise `BadValueError` if all of them do."""
    found: Lacks = np.logical_or.reduce([np.zeros(n, bool), *lacks.values()])
    if found.all():
        faces = f"{n} {'face' if n == 1 else 'faces'}"
        msg = f"No face has all that the study asks for: of {faces}, {shortfalls(lacks)}."
        raise BadValueError(msg)
    return found


def shortfalls(lacks: Mapping[str, Lacks]) -> str:
    """Say how many faces lack which column."""
    counts = {name: int(missing.sum()) for name, missing in lacks.items()}
    return ", ".join(
        f"{count} {'lacks' if count == 1 else 'lack'} {name}" for name, count in counts.items() if count
    )


def effects_of(grid: pd.DataFrame) -> pd.DataFrame:
    """Return sizes and decisions of a grid, one row per property, classifier and label: `EFFECT_COLUMNS`."""
    rows = grid[(grid["method"] == deciding(grid["method"])) & ~grid["null_property"]]
    parts = rows["output"].str.split(BETWEEN, n=1, expand=True)
    table = rows.assign(classifier=parts[0], label=parts[1])
    found: pd.DataFrame = table[list(EFFECT_COLUMNS)].reset_index(drop=True)
    return found


def as_tested(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a property as it is tested: words where some are words, else numbers; what is unknown is NaN."""
    worn = column.name in WORN
    words = column.map(lambda value: isinstance(value, str)).any() or (worn and column.isna().all())
    if not words:
        return column.astype(np.float64)
    return (column.where(column.notna(), "none") if worn else column).astype("str")


def _plain(column: pd.Series[Any]) -> Any:
    return column.to_numpy(np.float64) if column.dtype.kind in "fiub" else column.astype(str).tolist()
