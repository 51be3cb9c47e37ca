"""Faces of a declared study: heads that are drawn, a folder of photographs, or a zip of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from facelib.errors import BadValueError
from facelib.faces import FaceSet, Head, sample_heads
from facelib.faces.comparison import Comparison
from facelib.faces.file_names import GRAMMARS, grammar
from facelib.faces.label_numbers import NUMBERS
from facelib.studies.declared.values import Key, Misfit, as_tuples, choice, flag, names, number, text, whole
from facelib.studies.declared.yaml_lines import Located

WHAT: Final = "faces has one of heads (how many), folder and zip"


def _mapping(at: Located) -> dict[str, Any]:
    if not isinstance(at.value, Mapping):
        raise Misfit
    found: dict[str, Any] = as_tuples(at.plain)
    return found


def _span(at: Located) -> tuple[float, float]:
    value = as_tuples(at.plain)
    if not isinstance(value, tuple) or len(value) != 2:
        raise Misfit
    low, high = (number(0, 200)(item) for item in at.value)
    return low, high


def _comparison(at: Located) -> str:
    try:
        return Comparison.parse(text(at)).text
    except BadValueError:
        raise Misfit from None


def _grammar(at: Located) -> str:
    grammar(text(at))
    return text(at)


def _correlations(at: Located) -> dict[tuple[str, str], float]:
    """Return correlations by pairs of names."""
    found = {}
    for first, others in at.mapping("correlate is a mapping of names, as {age: {happy: 0.6}}").items():
        what = f"correlate says of {first} with what it goes, as {{happy: 0.6}}"
        for second, value in others.mapping(what).items():
            found[first, second] = Key("a number from −1 to 1", "", number(-1, 1)).read("correlate", value)
    return found


HEADS: Final = {
    "heads": Key("a whole number, 1 or more", "How many are drawn.", whole(1, 1_000_000)),
    "seed": Key("a whole number, 0 or more", "Of everything that is drawn of them.", whole(0)),
    "expressions": Key("a list of expressions", "Equally likely; left out: all seven.", names()),
    "expression_set": Key("facs or tuned", "facs is the plain one, for confirmation.", text),
    "stratify": Key("a list of names", "What is not left to chance, the most important first.", names()),
    "also": Key("a mapping of a head's fields", "What else is drawn, as {glasses: 0.3}.", _mapping),
    "correlate": Key("a mapping of names", "As {age: {happy: 0.6}}.", _correlations),
    "ages": Key("two numbers of years", "The lowest and the highest, as [18, 80].", _span),
    "twice": Key("a mapping of a head's fields", "Every head once more, with these.", _mapping),
    "electrodes": Key("a share from 0 to 1", "Of heads with electrodes.", number(0, 1, open_ends=False)),
}
"""Keywords of `facelib.sample_heads`, and what every head has once more."""

PHOTOGRAPHS: Final = {
    "folder": Key("the name of a folder", "With photographs; relative to this file.", text),
    "zip": Key("the name of a file", "A zip of photographs; relative to this file.", text),
    "metadata": Key("the name of a table", "CSV or Parquet, in the folder; see data/README.md.", text),
    "subset": Key(
        "a comparison of columns with values, joined by and, or, not",
        "As \"label == 'happy' and age > 30\"; names of several words stand in `backquotes`.",
        _comparison,
    ),
    "detect": Key("true or false", "false: pictures are cropped to the face already.", flag),
    "only_listed": Key("true or false", "true: pictures that the table doesn't list are left out.", flag),
    "numbers": Key(
        f"one of {', '.join(NUMBERS)}", "Whose numbers stand in the column label.", choice(tuple(NUMBERS))
    ),
    "grammar": Key(
        f"one of {', '.join(GRAMMARS)}",
        "The face set whose file names tell person, label and more; columns of the table stay.",
        _grammar,
    ),
    "person_from": Key("folder", "Who is shown is named by the first folder within.", choice(("folder",))),
    "only_there": Key("true or false", "true: rows whose picture isn't there are left out, by name.", flag),
}
"""Keywords of `facelib.FaceSet`, and the subset of it."""

Maker = Callable[[], "list[Head] | FaceSet"]


def check_faces(at: Located, folder: Path) -> Maker:
    """Check the faces of a declared study; return a function that makes them.

    Parameters
    ----------
    at
        The mapping after ``faces:``.
    folder
        That names of folders and files are relative to.

    Raises
    ------
    DeclarationError
        If something in it can't be.
    """
    all_keys = {**HEADS, **PHOTOGRAPHS}
    located = at.mapping(f"{WHAT}, as {{heads: 60}}", all_keys)
    kinds = [name for name in ("heads", "folder", "zip") if name in located]
    if len(kinds) != 1:
        msg = f"{WHAT}; got {' and '.join(kinds) or 'none of them'}."
        raise at.error(msg)
    kind = kinds[0]
    fitting = HEADS if kind == "heads" else PHOTOGRAPHS
    for name in located:
        if name not in fitting or (name == "zip" and kind == "folder"):
            others = ", ".join(sorted(set(fitting) - {"heads", "folder", "zip"}))
            msg = f"{name} doesn't go with {kind}. With {kind} go {others}."
            raise at.key(name).error(msg)
    values = {
        name: fitting[name].read(name, item) for name, item in located.items() if item.value is not None
    }
    if kind not in values:
        what = f"{kind} is {fitting[kind].what}"
        raise located[kind].expected(what)
    if kind == "heads":
        count, again = values.pop("heads"), values.pop("twice", None)
        _try_heads(at, values)
        return lambda: at.attempt(lambda: _heads(count, values, again), before="faces: ")
    return lambda: _photographs(at, kind, values, folder)


def _heads(count: int, values: dict[str, Any], again: Mapping[str, Any] | None) -> list[Head]:
    """Draw heads; each once more with other fields, if some are given."""
    heads = sample_heads(count, **values)
    return heads if again is None else [*heads, *(head.replace(**again) for head in heads)]


def _try_heads(at: Located, values: dict[str, Any]) -> None:
    """Draw a few heads; the error names the line that alone can't be drawn, or that of the faces."""
    for name, value in values.items():
        if name in ("stratify", "correlate", "also"):
            continue  # they may refer to each other
        at.value[name].attempt(lambda one=name, what=value: sample_heads(1, **{one: what}))
    at.attempt(lambda: sample_heads(2, **values), before="faces: ")


def _photographs(at: Located, kind: str, values: Mapping[str, Any], folder: Path) -> FaceSet:
    options = {name: values[name] for name in ("detect", "only_listed", "only_there") if name in values}
    place = Path(values[kind]).expanduser()
    place = place if place.is_absolute() else folder / place
    open_set = FaceSet.from_folder if kind == "folder" else FaceSet.from_zip
    if kind == "zip" and not place.is_file():
        msg = f"There is no file {place}."
        raise at.value[kind].error(msg)
    metadata = _table(values.get("metadata"), folder, within=place if kind == "folder" else None)
    here = at.value["metadata" if metadata is not None else kind]
    faces: FaceSet = here.attempt(lambda: open_set(place, metadata, **options))
    if "person_from" in values:
        faces = at.value["person_from"].attempt(faces.read_people)
    if "grammar" in values:
        faces = at.value["grammar"].attempt(lambda: faces.read_names(values["grammar"]))
    if "numbers" in values:
        faces = at.value["numbers"].attempt(lambda: faces.label_numbers(values["numbers"]))
    if "subset" in values:
        total = len(faces)
        faces = at.value["subset"].attempt(lambda: faces.subset(values["subset"]))
        faces.notes += (f"Only faces of {values['subset']}: {len(faces):,} of {total:,}.",)
        if not len(faces):
            msg = f"No face of the set answers to {values['subset']!r}."
            raise at.value["subset"].error(msg)
    return faces


def _table(name: str | None, folder: Path, within: Path | None) -> str | Path | None:
    """Return where a table is: in the folder of the faces (or the zip), else beside the declaration."""
    if name is None or (within is not None and (within / name).is_file()):
        return name
    beside = folder / Path(name).expanduser()
    return beside if beside.is_file() else name
