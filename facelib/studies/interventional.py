"""An interventional study: many faces, each changed gradually, read by several classifiers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from facelib import interventions as changes
from facelib import properties
from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.scales import Scale, scale_of
from facelib.errors import BadValueError, FacelibError, answers_misspelt, check_kind
from facelib.interventions import Intervention
from facelib.interventions.intervention import held_fixed
from facelib.stats.effects.few_people import few_people
from facelib.stats.effects.sentences import limits_of
from facelib.stats.effects.signflip import Alternative, as_alternative
from facelib.studies.declared.hypothesis import check_subject
from facelib.studies.engine.subjects import Faces, example
from facelib.studies.meant import nameless, translations, word_for
from facelib.studies.results import InterventionalResult
from facelib.studies.study import Arm, Study, check_common, check_properties
from facelib.studies.sweeps.frames import even_strengths
from facelib.studies.sweeps.sweep import DELTA, check_label, margin_of
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import margin

if TYPE_CHECKING:
    from facelib.studies.declared.hypothesis import Hypothesis

UNBOUNDED: Final = (
    "It has no bounds, so no bets can be made on it: “does not matter” rests on the interval alone, which a "
    "few people who change by very much can mislead, and there are no verdicts before all people are done."
)


@in_short()
@answers_misspelt("a study of changes")
@dataclass(frozen=True, eq=False)
class InterventionalStudy(Study[InterventionalResult]):
    """Change faces step by step, each by every intervention, and ask over faces what that does to outputs.

    Parameters
    ----------
    faces
        Heads, faces, or a `FaceSet`; a face's ``person`` and a head's shape say who is shown.
    interventions
        Ids, or interventions with their options.
    classifiers
        Ids, or classifiers; None: all that are available on this machine.
    steps
        Strengths from 0 to 1.
    size
        Side of rendered pictures, px.
    measured
        Properties that are measured in every picture; None: what each intervention moves, and symmetry.
    label
        The class of interest: a common emotion, or a label of a classifier of other things ("cat"). None:
        what each face is meant to show.
    delta
        Margin in probability, set before the run; where `label` is a value (age, valence), in its units.
    alpha
        Level.
    alternative
        Of the sign-flip test: "less" where the hypothesis says that outputs fall.
    control
        Name of the intervention that all others are compared with, as it stands in tables.
    seed
        Of flips and resamples; what is drawn of faces and changes has seeds of its own.
    name
        For reports.
    hypothesis
        What is to be confirmed: it is written down with its time before the run.
    keep_columns
        Columns of the faces' table that are stored besides those that the study uses.
    device
        Where classifiers read, as for `facelib.classifiers.load`; None: what FACELIB_DEVICE says, else the
        processor, or where a classifier that is given is.

    Raises
    ------
    BadValueError, UnknownNameError
        If something is declared that can't be run.

    Examples
    --------
    >>> import facelib
    >>> heads = facelib.sample_heads(20, seed=1, expressions=["happy"])
    >>> study = facelib.InterventionalStudy(heads, ["symmetry", "weaker_expression"], steps=5)
    >>> [arm.name for arm in study.arms]
    ['asymmetric_expression', 'weaker_expression']
    >>> study.run("runs/one", progress=True).effects  # doctest: +SKIP
    """

    faces: Faces
    interventions: Sequence[str | Intervention]
    classifiers: str | Sequence[str | Classifier] | None = None
    steps: int = 11
    size: int = 224
    measured: Sequence[str] | None = None
    label: str | None = None
    delta: float = DELTA
    alpha: float = 0.05
    alternative: Alternative = "two-sided"
    control: str | None = None
    seed: int = 0
    name: str = ""
    hypothesis: Hypothesis | None = None
    keep_columns: str | Sequence[str] = ()
    device: str | None = None

    def __post_init__(self) -> None:
        check_common(self)
        even_strengths(self.steps)
        check_kind(self.label, (str, type(None)), "The class of interest (label), a text, or None")
        kinds = (str, Intervention, Iterable)
        check_kind(self.interventions, kinds, "A list of interventions or of their ids")
        if self.label is not None:
            meant = check_label(self.label, () if self.label in EMOTIONS else self.models)
            object.__setattr__(self, "label", meant)
        margin_of(self.scale, str(self.label), self.delta)
        as_alternative(self.alternative)
        check_properties(() if self.measured is None else self.measured)
        names = [arm.name for arm in self.arms]
        if self.control is not None and (not isinstance(self.control, str) or self.control not in names):
            msg = f"The control is one of the interventions, {', '.join(names)}; got {self.control!r}."
            known = isinstance(self.control, str) and self.control in self._other_names()
            hint = f" By their names in tables: {self.control!r} is one of them under another name."
            raise BadValueError(msg + (hint if known else ""))
        check_subject(self.hypothesis, names, self._other_names(), "intervention")

    @property
    def kind(self) -> str:
        """Kind of the study."""
        return "interventional"

    @property
    def scale(self) -> Scale | None:
        """Scale of the class of interest where its outputs are values; None where they are probabilities."""
        named = self.label is not None and self.label not in EMOTIONS
        return scale_of(self.models, str(self.label)) if named else None

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every intervention with its name in tables, and the strengths."""
        listed = (
            [self.interventions] if isinstance(self.interventions, str | Intervention) else self.interventions
        )
        interventions = [changes.get(one).meant_for(example(self.faces)) for one in listed]
        strengths = tuple(even_strengths(self.steps).tolist())
        names = [intervention_name(one) for one in interventions]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice or not names:
            what = f"{', '.join(twice)} came twice" if twice else "got none"
            msg = f"A study has one intervention or more, each once; {what}."
            raise BadValueError(msg)
        return tuple(Arm(name, one, strengths) for name, one in zip(names, interventions, strict=True))

    def _other_names(self) -> set[str]:
        """Return names of the arms that tables don't have: ids without options, and aliases."""
        ids = {arm.intervention.id for arm in self.arms if arm.intervention is not None}
        face = example(self.faces)
        return ids | {name for name in changes.ALIASES if changes.get(name).meant_for(face).id in ids}

    @property
    def properties_measured(self) -> tuple[str, ...]:
        """Properties measured in every picture."""
        if self.measured is not None:
            return check_properties(self.measured)
        moved = [arm.intervention.moves for arm in self.arms if arm.intervention is not None]
        cheap = [name for name in moved if name and properties.PROPERTIES[name].cost != "network"]
        return tuple(dict.fromkeys([*cheap, "symmetry"]))

    @property
    def settings(self) -> dict[str, Any]:
        """The study as it was declared, in words and numbers."""
        return (
            self._of_all
            | {
                "interventions": [
                    {
                        "name": arm.name,
                        "id": arm.intervention.id,
                        "title": arm.intervention.title,
                        "clause": arm.intervention.clause,
                        "description": arm.intervention.description,
                        "expected": arm.intervention.expects(),
                        "moves": arm.intervention.moves,
                        "placebo": arm.intervention.placebo,
                    }
                    for arm in self.arms
                    if arm.intervention is not None
                ],
                "steps": self.steps,
                "measured": list(self.properties_measured),
                "label": self.label,
                "delta": self.delta,
                "alternative": self.alternative,
                "control": self.control,
            }
            | self._on_scale()
        )

    def _on_scale(self) -> dict[str, Any]:
        """Return the scale of the class of interest, and which outputs share it; nothing of probabilities."""
        scale = self.scale
        if scale is None:
            return {}
        alike = [label for model in self.models for label, one in model.scales.items() if one == scale]
        return {"scale": scale.settings | {"labels": list(dict.fromkeys(alike))}}

    def _renamed(self) -> Iterator[str]:
        """Say where a name means another change of these faces than of heads."""
        given = self.interventions
        asked = [given] if isinstance(given, str | Intervention) else given
        for name in changes.ALIASES:
            usual = changes.get(name)
            here = usual.meant_for(example(self.faces))
            if name in asked and here.id != usual.id:
                yield (
                    f"Of these faces {name!r} is {here.id!r} ({here.clause}), of heads {usual.id!r} "
                    f"({usual.clause}): see to it that hypothesis and direction mean the former."
                )

    def _notes(self) -> Iterator[str]:
        people, broken = [], []
        for one in self.people[:8]:
            try:
                people.append(one.open())
            except (FacelibError, OSError) as error:  # its rows will say so
                broken.append(error.words if isinstance(error, FacelibError) else str(error))
        if broken:
            tried = len(people) + len(broken)
            yield f"{len(broken)} of the first {tried} faces can't be read: {broken[0]}"
        yield from self._renamed()
        for arm in self.arms:
            refused = [face for face in people if arm.intervention and not arm.intervention.accepts(face)]
            if refused and arm.intervention:
                yield (
                    f"{arm.name} doesn't work on {len(refused)} of the first {len(people)} faces: "
                    f"{arm.intervention.why_not(refused[0])}"
                )
        yield from translations(self.people)
        shown = [one for one in self.people if one.expression]
        if not shown and self.label is None:
            yield "No face says what it is meant to show: choose a class of interest (label)."
        elif self.label is None and (
            said := nameless((one.expression, word_for(one.known)) for one in self.people)
        ):
            yield f"{said}: they count where a class of interest (label) is declared."
        control = self.control or ""
        others = [arm.name for arm in self.arms if arm.name != control]
        alone = [name for name in others if control and held_fixed(control, name) is None]
        if alone:
            titles = {
                arm.name: title_with_end(arm.name, getattr(arm.intervention, "title", arm.name))
                for arm in self.arms
            }
            which = ", ".join(titles[name] for name in alone)
            yield (
                f"{titles[control].capitalize()} isn't made as a control of {which}, and isn't subtracted "
                "there: it is run and tested as one more change."
            )
        count = len({one.identity for one in self.people})
        limits = limits_of({"value": "probability"})
        if (scale := self.scale) is not None:
            yield (
                f"The margin δ = {margin(self.delta)} is in the units of {self.label} ({scale})."
                + ("" if scale.bounded else f" {UNBOUNDED}")
            )
            span = scale.span if scale.bounded else math.nan
            limits = limits_of({"value": "value", "span": span, "delta": self.delta})
        few = few_people(count, self.delta, self.alpha, self.alternative, **limits)
        if few:
            yield f"{few} Verdicts with too few people are replaced by “cannot tell”."


def intervention_name(intervention: Intervention) -> str:
    """Return the name of an intervention in tables: its id, and the options that aren't the usual ones.

    >>> intervention_name(changes.get("palsy")), intervention_name(changes.get("palsy", side="right"))
    ('palsy', 'palsy(side=right)')
    """
    check_kind(intervention, Intervention, "An intervention")
    given: Any = intervention
    if not is_dataclass(given):
        return intervention.id
    shipped = intervention.id in changes.INTERVENTIONS
    usual: Any = changes.INTERVENTIONS[intervention.id] if shipped else None
    options = []
    for item in fields(given):
        value = getattr(given, item.name)
        if item.repr and item.init and value != getattr(usual, item.name, None):
            text = "+".join(map(str, value)) if isinstance(value, tuple) else value
            options.append(f"{item.name}={text}")
    return f"{intervention.id}({', '.join(options)})" if shipped and options else intervention.id


def title_with_end(name: str, title: str) -> str:
    """Return the title of a change with its end and its side, if its name has them.

    >>> title_with_end("age(to=older)", "age"), title_with_end("palsy(side=right)", "one-sided palsy")
    ('age: older', 'one-sided palsy: right side')
    """
    found = dict(re.findall(r"(to|side)=([^,)]+)", name))
    words = [
        *([found["to"]] if "to" in found else []),
        *([f"{found['side']} side"] if "side" in found else []),
    ]
    return f"{title}: {', '.join(words)}" if words else title
