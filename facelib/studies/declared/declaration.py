"""Studies declared in a file: read with care, every error names its line, and written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import PATHS, BadValueError, FacelibError, check_kind
from facelib.studies.declared.designs import DESIGNS, Design, parameters
from facelib.studies.declared.faces import HEADS, PHOTOGRAPHS, check_faces
from facelib.studies.declared.hypothesis import ALTERNATIVE, DIRECTIONS, Hypothesis
from facelib.studies.declared.places import check_places
from facelib.studies.declared.values import (
    COMMON,
    INTERVENTIONAL,
    OBSERVATIONAL,
    PAIRED,
    Key,
    as_tuples,
    choice,
    names,
    number,
    text,
    whole,
)
from facelib.studies.declared.yaml_lines import LARGEST, DeclarationError, Located, read_yaml, written
from facelib.studies.engine.checksums import DamagedError, unsealed
from facelib.studies.engine.file_kinds import OTHER_FILES, what_came
from facelib.utilities.content import open_file
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import capital, with_article

if TYPE_CHECKING:
    from facelib.studies.study import Study

KINDS: Final[Mapping[str, tuple[Mapping[str, Key], str]]] = {
    "interventional": ({**COMMON, **INTERVENTIONAL}, "interventions"),
    "observational": ({**COMMON, **OBSERVATIONAL}, "properties"),
    "paired": ({**COMMON, **PAIRED}, "condition"),
}
"""What each kind takes, and what it can't do without."""

WHICH: Final = (
    "A file declares study: interventional, study: observational or study: paired, or a design: by its name"
)
NEEDED_FILE: Final = "A study is declared in a YAML file; docs/study.yml shows one."
HYPOTHESIS: Final = {
    "statement": Key("a text", "What is to be confirmed, in words.", text),
    "subject": Key("a text", "The intervention or property that it is about.", text),
    "label": Key("a class", "Left out: that of the study.", text),
    "classifiers": Key("a list of ids", "Left out: all of the study.", names()),
    "direction": Key(f"one of {', '.join(DIRECTIONS)}", "Where the output goes.", choice(DIRECTIONS)),
    "delta": Key("a number above 0", "Left out: that of the study.", number(0)),
    "alpha": Key("a number above 0 and below .5", "Left out: that of the study.", number(0, 0.5)),
    "faces": Key("a whole number, 1 or more", "How many the study looks at.", whole(1)),
    "created": Key("a time as 2026-11-26T17:03:00+00:00", "When it was written down.", text),
}
NEEDED: Final = ("statement", "subject")
BLAMED: Final = {
    "The control": "control",
    "The class": "label",
    "The alternative": "alternative",
    "The hypothesis": "hypothesis",
}
"""How a study begins what it says of a value, by the name of the value."""
PAIRS_BLAMED: Final = {
    "which partners have in common": "labels",
    "meant to show different things": "labels",
    "which tells who is shown": "person",
    " has no '": "order",
    "says which side is affected": "side",
    "affected side": "side",
    "is to be kept": "keep_columns",
}
"""What is said of a column, by the name that it stands under."""


@in_short()
@dataclass(frozen=True)
class Declaration:
    """A study as it was declared, checked as far as can be without its faces and classifiers.

    Attributes
    ----------
    kind
        "interventional", "observational", "paired", or the name of a design.
    source
        Name of the file.
    content
        Plain data, as it was written.
    """

    kind: str
    source: str
    content: Mapping[str, Any]
    _build: Callable[[], Study[Any]]

    def study(self) -> Study[Any]:
        """Return the study; heads are drawn, folders are listed.

        Raises
        ------
        DeclarationError
            If it can't be run as it was declared; the line is named.
        """
        study = self._build()
        vars(study)["declaration"] = self  # a frozen dataclass has a dictionary all the same
        return study

    def to_yaml(self) -> str:
        """Return it as YAML: `parse_study` gives the same study."""
        return f"# Run it: facelib study run {Path(self.source).name}\n{written(self.content)}"


def load_study(path: str | Path) -> Study[Any]:
    """Return the study that a YAML file declares; `docs/study.yml` shows all its keys.

    Parameters
    ----------
    path
        Names of folders and files in it are relative to where it is.

    Raises
    ------
    DeclarationError
        If there is no such file, or something in it can't be: the message names the line.

    Examples
    --------
    >>> study = load_study("plan.yml")  # doctest: +SKIP
    """
    return load_declaration(path).study()


def load_declaration(path: str | Path) -> Declaration:
    """Return what a YAML file, or the JSON in a study's folder, declares, without making it."""
    check_kind(path, PATHS, "The name of a study's file")
    place = Path(path).expanduser()
    _check_file(place)
    try:
        with open_file(place) as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        absent = f" {NEEDED_FILE}" if isinstance(error, FileNotFoundError) else ""
        msg = f"{place} can't be read: {str(error.strerror or error).rstrip('.')}.{absent}"
        raise DeclarationError(msg, str(place)) from error
    with suppress(DamagedError):  # what isn't as a study's folder has it is read as anybody's
        kept, covered = unsealed(content)
        if covered:
            return declare(kept, place.parent)
    return parse_study(content, place.name, place.parent)


def _check_file(place: Path) -> None:
    """Raise `DeclarationError` if a path leads to something that declares no study, with what opens it."""
    came = what_came(place)
    other = place.suffix.lower() in OTHER_FILES
    if came is not None and (other or place.is_dir()):
        msg = f"{place} can't be read as a study: it is {came.what}. {NEEDED_FILE}"
        raise DeclarationError(msg, str(place), hint=came.instead)


def declare(content: Mapping[str, Any], folder: str | Path = ".") -> Declaration:
    """Return the declaration of plain data, as it would stand in a file.

    Examples
    --------
    >>> faces = {"heads": 2, "expressions": ["happy"]}
    >>> one = declare({"study": "interventional", "faces": faces, "interventions": ["symmetry"], "steps": 3})
    >>> print(one.to_yaml())
    # Run it: facelib study run study.yml
    study: interventional
    faces:
      heads: 2
      expressions: [happy]
    interventions: [symmetry]
    steps: 3
    """
    check_kind(content, Mapping, "A mapping, as a study's file has it,")
    return parse_study(written(content), "study.yml", folder)


def to_yaml(study: Study[Any]) -> str:
    """Return the YAML of a study that came of a declaration.

    Raises
    ------
    BadValueError
        If it was made in Python: its faces and classifiers may be anything.
    """
    from facelib.studies.study import Study

    check_kind(study, Study, "A study")
    declaration = vars(study).get("declaration")
    if not isinstance(declaration, Declaration):
        msg = (
            "Only a study that was declared as YAML, or by facelib.studies.declare, can be written back; "
            "this one was made in Python."
        )
        raise BadValueError(msg)
    return declaration.to_yaml()


def parse_study(content: str | bytes, source: str = "plan.yml", folder: str | Path = ".") -> Declaration:
    r"""Return the declaration in a text.

    Parameters
    ----------
    content
        YAML; see `read_yaml` for what is refused.
    source
        Name of the file, for messages.
    folder
        What names of folders and files in it are relative to.

    Raises
    ------
    DeclarationError
        If something in it can't be; the message names the line.

    Examples
    --------
    >>> parse_study("study: interventional\nfaces: {heads: 60}\ninterventions: symmetry\nsteps: many\n")
    Traceback (most recent call last):
    facelib.studies.declared.yaml_lines.DeclarationError: plan.yml, line 4: steps is a whole number from 2 to
    501; got
    'many'. How many strengths there are from 0 to 1.
    """
    check_kind(content, (str, bytes), "The text of a study in YAML")
    tree = read_yaml(content, source)
    keys = tree.mapping(WHICH)
    if ("study" in keys) == ("design" in keys):
        came = "both" if "study" in keys else "neither"
        msg = f"{WHICH}; got {came}."
        raise tree.error(msg)
    if "design" in keys:
        return _designed(tree, Path(folder))
    kind = keys["study"].value
    if kind not in KINDS:
        what = f"study is one of {', '.join(KINDS)}"
        raise keys["study"].expected(what)
    return _of_kind(tree, str(kind), Path(folder))


def _of_kind(tree: Located, kind: str, folder: Path) -> Declaration:
    """Return the declaration of a study of one of the kinds."""
    keys, subject = KINDS[kind]
    general = {"study", "faces", "hypothesis"}
    check_places(tree, [*general, *keys], [*HEADS, *PHOTOGRAPHS])
    for name in tree.key_lines:
        others = [other for other, (theirs, _) in KINDS.items() if name in theirs]
        if name not in keys and name not in general and others:
            msg = f"{name} belongs to {with_article(others[0])} study; this one is {kind}."
            raise tree.key(name).error(msg)
    located = tree.mapping(WHICH, [*general, *keys])
    for name in ("faces", subject):
        if name not in located:
            msg = f"{capital(with_article(kind))} study has {name}; there are none here."
            raise tree.error(msg)
    values = _values(located, keys)
    if subject not in values:
        what = f"{subject} is {keys[subject].what}"
        raise located[subject].expected(what)
    faces = check_faces(located["faces"], folder)
    hypothesis = _hypothesis(located, values, _defaults(kind))
    content = _with_time(tree.plain, hypothesis)

    def build() -> Study[Any]:
        make = _class(kind)
        try:
            study: Study[Any] = make(faces=faces(), **values, hypothesis=hypothesis)
        except DeclarationError:
            raise
        except FacelibError as error:
            blamed = [name for begin, name in BLAMED.items() if str(error).startswith(begin)]
            name = next((name for name in blamed if name in located), subject)
            at = located[name].value["subject"] if name == "hypothesis" else located[name]
            raise at.error(str(error)) from error
        located[subject].attempt(lambda: study.properties_measured)
        if kind == "paired":
            _check_pairs(study, located)
        return study

    return Declaration(kind, tree.source, content, build)


def _check_pairs(study: Any, located: Mapping[str, Located]) -> None:
    """Pair the faces; what is wrong with a column names its line."""
    try:
        study.pairing, study.sides, study.stored  # noqa: B018
    except FacelibError as error:
        blamed = [name for words, name in PAIRS_BLAMED.items() if words in str(error)]
        name = next((name for name in blamed if name in located), "condition")
        raise located[name].error(str(error)) from error


def _designed(tree: Located, folder: Path) -> Declaration:
    """Return the declaration of a study that is known by name."""
    name = tree.value["design"]
    design: Design = name.attempt(lambda: DESIGNS[name.value])
    function, make_faces = name.attempt(design.find), name.attempt(design.find_faces)
    taken = parameters(function)
    of_faces = [] if make_faces is None else parameters(make_faces)
    check_places(tree, ["design", "hypothesis", *taken], [*HEADS, *PHOTOGRAPHS, *of_faces])
    located = tree.mapping(WHICH, ["design", "hypothesis", *taken])
    all_keys = {**OBSERVATIONAL, **INTERVENTIONAL, **COMMON}
    keys = {one: all_keys.get(one) or Key("", "", lambda at: as_tuples(at.plain)) for one in taken}
    values = _values(located, {one: key for one, key in keys.items() if one != "faces"})
    defaults = {one: item.default for one, item in taken.items()}
    hypothesis = _hypothesis(located, values, defaults)
    faces = _faces_of_design(located, make_faces, folder)

    def build() -> Study[Any]:
        ready = {**values, **({} if faces is None else {"faces": faces()})}
        try:
            study: Study[Any] = name.attempt(lambda: function(**ready), before=f"{name.value}: ")
            if hypothesis is None:
                return study
            about = located["hypothesis"].value["subject"]
            return about.attempt(lambda: replace(study, hypothesis=hypothesis))  # type: ignore[type-var,no-any-return]
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, FacelibError):
                raise
            msg = f"{name.value} can't be made of what stands here: {error}."
            raise name.error(msg) from error

    return Declaration(str(name.value), tree.source, _with_time(tree.plain, hypothesis), build)


def _faces_of_design(
    given: Mapping[str, Located], make: Callable[..., Any] | None, folder: Path
) -> Callable[[], Any] | None:
    """Return the function that makes the faces of a design: as for any study, or by its own parameters."""
    at = given.get("faces")
    if at is None or at.value is None:
        return None
    inner = at.mapping("faces is a mapping, as {heads: 60}")
    if make is None or {"heads", "folder", "zip"} & set(inner):
        return check_faces(at, folder)
    at.mapping("faces is a mapping", [*parameters(make), "heads", "folder", "zip"])
    values = {name: as_tuples(item.plain) for name, item in inner.items()}
    return lambda: at.attempt(lambda: make(**values), before="faces: ")


def _values(given: Mapping[str, Located], keys: Mapping[str, Key]) -> dict[str, Any]:
    """Return the values for Python; a name without a value is as good as left out."""
    return {
        name: keys[name].read(name, at) for name, at in given.items() if name in keys and at.value is not None
    }


def _hypothesis(
    given: Mapping[str, Located], values: dict[str, Any], defaults: Mapping[str, Any]
) -> Hypothesis | None:
    """Return the hypothesis; what it leaves open is the study's, and its direction is the test's."""
    at = given.get("hypothesis")
    if at is None or at.value is None:
        return None
    inner = at.mapping("hypothesis is a mapping with a statement and a subject", HYPOTHESIS)
    stated = _values(inner, HYPOTHESIS)
    if missing := [name for name in NEEDED if name not in stated]:
        msg = f"A hypothesis has a statement and a subject; {' and '.join(missing)} isn't there."
        raise at.error(msg)
    for name in ("label", "delta", "alpha"):
        value = stated.get(name, values.get(name, defaults.get(name)))
        if value is not None:
            stated[name] = value
    hypothesis = at.attempt(lambda: Hypothesis(**stated))
    if "alternative" in defaults and "direction" in stated:
        wanted = ALTERNATIVE[hypothesis.direction]
        if values.setdefault("alternative", wanted) != wanted:
            msg = (
                f"The alternative {values['alternative']!r} isn't that of the hypothesis, whose direction is "
                f"{hypothesis.direction}: leave alternative out."
            )
            raise given["alternative"].error(msg)
    return hypothesis


def _with_time(content: dict[str, Any], hypothesis: Hypothesis | None) -> dict[str, Any]:
    """Return the declaration as written, with the time of its hypothesis."""
    if hypothesis is None:
        return content
    return content | {"hypothesis": content["hypothesis"] | {"created": hypothesis.created}}


def _class(kind: str) -> Callable[..., Any]:
    from facelib.studies.interventional import InterventionalStudy
    from facelib.studies.observational import ObservationalStudy
    from facelib.studies.paired import PairedStudy

    return {
        "interventional": InterventionalStudy,
        "observational": ObservationalStudy,
        "paired": PairedStudy,
    }[kind]


def _defaults(kind: str) -> dict[str, Any]:
    return {item.name: item.default for item in fields(_class(kind))}  # type: ignore[arg-type]
