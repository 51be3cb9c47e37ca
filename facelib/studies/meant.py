"""Intended expression of a face: its own, or the label of its data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from facelib.classifiers import common
from facelib.classifiers.emotions import SYNONYMS, class_name
from facelib.faces import Face, Head
from facelib.faces.label_numbers import NUMBERS
from facelib.utilities.nearest import SLIP, nearest

if TYPE_CHECKING:
    import pandas as pd

    from facelib.studies.engine.subjects import Subject

NAMES: Final = ("expression", "label")
"""Columns of a face's table that say what it shows; the first that is filled counts."""

MOST_WORDS: Final = 12
"""So many words of a data set are named in a sentence."""


def word_for(known: Mapping[str, Any]) -> str:
    """Return the word for the expression in a face's attributes, or "".

    >>> word_for({"expression": "", "label": "Freude"}), word_for({"person": "Anna"})
    ('Freude', '')
    """
    words = (known.get(name) for name in NAMES)
    return next((word.strip() for word in words if isinstance(word, str) and word.strip()), "")


def meant(face: Face | Head | Mapping[str, Any]) -> str:
    """Return the common emotion that a face is meant to show, or "" where that isn't known.

    Parameters
    ----------
    face
        A head, a face, or what is known of one: its ``expression``, or else its ``label``, in the words of
        `facelib.classifiers.common`.

    Examples
    --------
    >>> meant(Head(expression="sad")), meant({"label": "Happiness"}), meant({"label": "contempt"})
    ('sad', 'happy', '')
    """
    if isinstance(face, Head):
        word = face.expression if isinstance(face.expression, str) else ""
    else:
        word = word_for(face.attributes if isinstance(face, Face) else face)
    return common([word])[word] or ""


def meanings(faces: pd.DataFrame) -> list[str]:
    """Return what faces are meant to show, row by row: a common emotion, or another class by its name.

    >>> import pandas as pd
    >>> meanings(pd.DataFrame({"expression": ["happy", ""], "label": ["Freude", "contempt"]}))
    ['happy', 'contempt']
    """
    return [
        str(row.get("expression") or "") or class_name(word_for({str(k): v for k, v in row.items()}))
        for row in faces.to_dict("records")
    ]


def translations(people: Iterable[Subject]) -> Iterator[str]:
    """Say which words were taken for which common emotion, if they differ, and whether they are numbers."""
    people = list(people)
    numbers = {word for one in people if (word := word_for(one.known)).isdigit()}
    if numbers:
        some = ", ".join(sorted(numbers, key=int)[:MOST_WORDS])
        yield (
            f"Labels are numbers ({some}), which differ between data sets: say whose they are by numbers: in "
            f"the file ({', '.join(NUMBERS)}), or faces.label_numbers(…); as they are, nobody knows what "
            "they mean."
        )
    yield from taken((word_for(one.known), one.expression) for one in people)


def taken(labels: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Say which words were taken for which common emotion, if some differ.

    >>> list(taken([("Freude", "happy"), ("sad", "sad"), ("hapy", "")]))
    ['Labels were taken for common emotions: Freude for happy.']
    """
    pairs = sorted({(word, emotion) for word, emotion in labels if emotion and word not in ("", emotion)})
    if other := [f"{word} for {emotion}" for word, emotion in pairs]:
        more = " …" if len(other) > MOST_WORDS else ""
        yield f"Labels were taken for common emotions: {', '.join(other[:MOST_WORDS])}{more}."


def nameless(faces: Iterable[tuple[str, str]]) -> str:
    """Say how many faces show no common emotion, and in which words; "" if all do, or none does.

    Parameters
    ----------
    faces
        Common emotion, or "", and the word of the data set of each.

    Examples
    --------
    >>> nameless([("happy", "happy"), ("", "hapy"), ("", "")])
    '2 of 3 faces show no common emotion (hapy)'
    """
    listed = list(faces)
    odd = [word for emotion, word in listed if not emotion]
    if len(odd) in (0, len(listed)):
        return ""
    words = sorted(set(odd) - {""})
    more = " …" if len(words) > MOST_WORDS else ""
    examples = f" ({', '.join(words[:MOST_WORDS])}{more})" if words else ""
    return f"{len(odd)} of {len(listed)} faces show no common emotion{examples}"


def slips(words: Iterable[str]) -> str:
    """Ask of words that are like one for an emotion whether that is meant; "" if none is.

    >>> slips(["Fruede", "contemptuous", "hapy"])
    ' Is Fruede meant to be freude (happy), hapy happy?'
    """
    found = []
    for word in dict.fromkeys(words):
        near = nearest(word, SYNONYMS, alike=SLIP)
        if near and word.casefold() not in SYNONYMS:
            emotion = SYNONYMS[near[0]]
            found.append((word, near[0] if near[0] == emotion else f"{near[0]} ({emotion})"))
    if not found:
        return ""
    (word, other), *more = found[:MOST_WORDS]
    return f" Is {word} meant to be {other}{''.join(f', {one} {meant}' for one, meant in more)}?"


def left_out(table: pd.DataFrame, settings: Mapping[str, Any]) -> str:
    """Say which faces of a study don't count because they show no common emotion; "" if all do."""
    held = settings.get("labels", ["expression"])
    if settings.get("label") is not None or "expression" not in held:
        return ""
    rows: list[Any] = table.to_dict("records")
    said = nameless((str(row["expression"]), word_for(row)) for row in rows)
    return said and f"{said}: they are left out of what is said about the emotion that is meant to be shown."


def usual_labels(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the column of a table of faces that is held fixed unless another is named.

    Parameters
    ----------
    table
        Of `facelib.studies.engine.subjects.faces_table`.

    Returns
    -------
    tuple
        ``("expression",)`` where all that is said are common emotions, ``("label",)`` where there are other
        words, and ``()`` where no face says anything.
    """
    known = table["expression"] != ""
    if "label" in table and bool((table["label"].notna() & ~known).any()):
        return ("label",)
    return ("expression",) if bool(known.any()) else ()
