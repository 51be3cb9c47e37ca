"""A study of real pairs: the same people under two conditions, every face read once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from facelib import interventions as changes
from facelib.classifiers import Classifier, load
from facelib.classifiers.catalogue import names
from facelib.classifiers.tables.scores import tables_among
from facelib.errors import BadValueError, answers_misspelt, check_kind
from facelib.faces import Head
from facelib.interventions import Intervention
from facelib.stats.effects.equivalence import as_margin
from facelib.stats.effects.few_people import few_people
from facelib.stats.effects.sentences import limits_of
from facelib.stats.effects.signflip import Alternative
from facelib.stats.paired import of_pairs
from facelib.studies.declared.hypothesis import check_subject
from facelib.studies.engine.subjects import Faces, example
from facelib.studies.interventional import UNBOUNDED, intervention_name
from facelib.studies.meant import meanings, usual_labels
from facelib.studies.pairing import Pairing, differing, pair_up, there, values_of
from facelib.studies.people import MEANT, PeopleStudy, said_to_be_two
from facelib.studies.results import PairedResult
from facelib.studies.study import Arm
from facelib.studies.sweeps.sweep import DELTA, margin_of
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import as_word, listed, margin

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers.scales import Scale
    from facelib.studies.declared.hypothesis import Hypothesis
    from facelib.studies.engine.observers import Reader
    from facelib.studies.engine.parquet_part import Job

SHOWN: Final = 5
"""So many missing halves are named in a plan; all of them stand in the result."""


@in_short()
@answers_misspelt("a study of pairs")
@dataclass(frozen=True, eq=False)
class PairedStudy(PeopleStudy[PairedResult]):
    """Read the same people under two conditions, and ask how much outputs and accuracy differ.

    Nothing is changed in the pictures, so what differs may come of anything that differs between them: time,
    order, camera, light. Results say "differs between conditions".

    Parameters
    ----------
    faces
        A `FaceSet`, faces, or heads.
    condition
        Column that says which: before and after, with and without electrodes, healthy and affected side.
    order
        Its two values, the first one first: differences are second minus first. None: the column has two,
        and words that name a beginning or nothing ("before", "without", "healthy") come first.
    labels
        Columns that partners have in common besides the person: what they show, the task. None: what the
        faces are meant to show, where they say it; ``()``: the person alone.
    person
        Column of who is shown; None: ``person``.
    after
        Changes, by ids or with options, after which the pictures of the second condition are read once more,
        at strength 1; those of the first stay as they are. ``["electrode_removal"]`` takes electrodes out of
        the pictures with them, so that they are compared with the pictures without.
    classifiers
        Ids, or classifiers; None: all that are available on this machine. Tables of scores stand alone, or
        with others of the same unit.
    size
        Side of rendered pictures, px.
    delta
        Margin in probability, set before the run; of tables of other tools' scores (`classifiers.from_table`)
        in their unit, of classifiers of values (age, valence) in that of their scale, which all of them
        share. None: .10, or what the table has; of values it has to be said.
    alpha
        Level.
    alternative
        Of the tests of what each face is meant to show: "less" where the hypothesis says that it falls.
    seed
        Of flips and resamples.
    name
        For reports.
    hypothesis
        What is to be confirmed: it is written down with its time before the run. Its subject is the
        condition.
    side
        Column of the affected side, the person's own: left, right, links or rechts; empty: none. The plan
        says of how many people the side that moves less in the picture is another one.
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
    >>> bare = facelib.sample_heads(10, seed=1, electrodes=0.0)
    >>> worn = [head.replace(electrodes="fridlund") for head in bare]
    >>> study = facelib.PairedStudy([*bare, *worn], "electrodes", classifiers=["known_unbiased"])
    >>> study.pairing.first, study.pairing.second, len(study.pairing.pairs)
    ('none', 'fridlund', 10)
    >>> study.run("runs/pairs").effects  # doctest: +SKIP
    """

    faces: Faces
    condition: str
    order: Sequence[str] | None = None
    labels: str | Sequence[str] | None = None
    person: str | None = None
    after: str | Intervention | Sequence[str | Intervention] = ()
    classifiers: str | Sequence[str | Classifier] | None = None
    size: int = 224
    delta: float = None  # type: ignore[assignment]  # a number once it is made
    alpha: float = 0.05
    alternative: Alternative = "two-sided"
    seed: int = 0
    name: str = ""
    hypothesis: Hypothesis | None = None
    side: str | None = None
    keep_columns: str | Sequence[str] = ()
    device: str | None = None

    def __post_init__(self) -> None:
        if cast("float | None", self.delta) is None and self.scale is None:
            tables = tables_among(self.classifiers)
            object.__setattr__(self, "delta", tables[0].delta if tables else DELTA)
        self._check_people()
        check_kind(self.condition, str, "The column of the condition, a text,")
        check_kind(
            self.labels,
            (str, Iterable, type(None)),
            "A column that partners share (labels), or a list of them,",
        )
        check_kind(self.after, (str, Intervention, Iterable), "A list of changes (after)")
        if self.order is not None:
            named = () if isinstance(self.order, str) else tuple(map(as_word, self.order))
            if len(named) != 2 or named[0] == named[1]:
                msg = f"The order names two different values of the condition; got {self.order!r}."
                raise BadValueError(msg, hint="order=('before', 'after'), for example.")
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            msg = f"Each change (after) is there once; got {listed(names[1:])}."
            raise BadValueError(msg)
        check_subject(self.hypothesis, [self.condition], [], "condition")

    def _check_margin(self) -> None:
        """Refuse scores of several units, and a margin that none of them can have."""
        tables = tables_among(self.classifiers)
        if self.scale is not None:
            labels = dict.fromkeys(name for one in self.valued for name in one.labels)
            margin_of(self.scale, listed(list(labels)), self.delta)
            self._refuse_hypothesis("these are values on a scale of their own")
            return
        if not tables:
            super()._check_margin()
            return
        given = self.classifiers if isinstance(self.classifiers, list | tuple) else tables
        if len(tables) < len(given) or len({(one.unit, one.delta) for one in tables}) > 1:
            msg = (
                f"{tables[0].id} has scores from {tables[0].unit}, with a margin of its own. What has "
                "another unit or margin, such as a network's probabilities, takes a study of its own."
            )
            raise BadValueError(msg)
        self._refuse_hypothesis("these are scores in another unit")
        width = tables[0].unit.width
        if as_margin(self.delta) >= width:
            msg = f"The margin delta lies below {width:g}, the length of the scale; got {self.delta!r}."
            raise BadValueError(msg)

    def _refuse_hypothesis(self, why: str) -> None:
        if self.hypothesis is not None:
            msg = f"A hypothesis has its margin in probability; {why}."
            raise BadValueError(msg, hint="hypothesis=None explores them.")

    @cached_property
    def valued(self) -> tuple[Classifier, ...]:
        """Classifiers of one's own whose outputs are values."""
        known = set(names(kind="own"))
        own = (load(one) if isinstance(one, str) and one in known else one for one in self._asked)
        return tuple(one for one in own if isinstance(one, Classifier) and one.scales)

    @property
    def _asked(self) -> list[str | Classifier]:
        given = self.classifiers
        return [given] if isinstance(given, str | Classifier) else list(given or ())

    @cached_property
    def scale(self) -> Scale | None:
        """Scale of all outputs where they are values; None where they are probabilities, or a tool's scores.

        Raises
        ------
        BadValueError
            Some are on another scale, or are probabilities.
        """
        if not self.valued:
            return None
        found = {scale: one.id for one in self.valued for scale in one.scales.values()}
        if len(found) > 1 or len(self._asked) > len(self.valued):
            said = "; ".join(f"{name}: {scale}" for scale, name in found.items())
            msg = (
                f"A study of pairs has one margin, so all its outputs are on one scale ({said}). What has "
                "another one, such as probabilities, takes a study of its own."
            )
            raise BadValueError(msg)
        return next(iter(found))

    @property
    def kind(self) -> str:
        """Kind of the study."""
        return "paired"

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every face as it is, and those of the second condition after each of the changes."""
        asked = [self.after] if isinstance(self.after, str | Intervention) else list(self.after)
        made = [changes.get(one).meant_for(example(self.faces)) for one in asked]
        return (Arm("", None, (0.0,)), *(Arm(intervention_name(one), one, (0.0, 1.0)) for one in made))

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Columns that partners have in common besides the person."""
        if self.labels is None:
            return tuple(name for name in usual_labels(self.known) if name != self.condition)
        return (self.labels,) if isinstance(self.labels, str) else tuple(self.labels)

    @cached_property
    def pairing(self) -> Pairing:
        """Who has a partner, and who hasn't.

        Raises
        ------
        BadValueError
            If a column isn't there, the condition hasn't two values, or nobody has a partner.
        """
        return pair_up(
            self.known,
            self.condition,
            self.label_columns,
            person=self.person,
            order=None if self.order is None else tuple(map(as_word, self.order)),
            same=self.same_pictures,
        )

    @cached_property
    def same_pictures(self) -> dict[str, str]:
        """Faces that are one file, byte for byte, of two people, labels or conditions, with the reason."""
        rows, who = self.known, self.person or "person"
        names = [name for name in dict.fromkeys((who, *self.label_columns)) if name in rows]
        said = {name: rows[name].map(as_word).where(there(rows, name)) for name in names}
        if self.condition in rows:
            said[self.condition] = values_of(rows, self.condition)
        return said_to_be_two(self.faces, rows, said | {MEANT: meanings(rows)})

    def _columns_used(self) -> tuple[str | None, ...]:
        return (*super()._columns_used(), self.condition, *self.label_columns)

    @property
    def settings(self) -> dict[str, Any]:
        """The study as it was declared, in words and numbers."""
        pairing = self.pairing
        same: dict[str, Any] = {"same_pictures": self.same_pictures} if self.same_pictures else {}
        for table in tables_among(self.classifiers)[:1]:
            same |= {"unit": f"{table.format.title}'s scores from {table.unit}"}
        if self.scale is not None:
            same |= {"scale": self.scale.settings}
        return (
            self._of_people
            | same
            | {
                "condition": self.condition,
                "order": [pairing.first, pairing.second],
                "labels": list(self.label_columns),
                "after": [
                    {
                        "name": arm.name,
                        "id": arm.intervention.id,
                        "title": arm.intervention.title,
                        "clause": arm.intervention.clause,
                    }
                    for arm in self.arms
                    if arm.intervention is not None
                ],
                "rendered": all(isinstance(one.face, Head) for one in self.people),
                "differing": differing(pairing, self.known, self.person),
            }
        )

    def _jobs(self, readers: Mapping[str, Reader]) -> tuple[list[Job], pd.DataFrame]:
        """Leave out changes of faces that aren't of the second condition, or have no partner."""
        jobs, units = super()._jobs(readers)
        rows = self.pairing.rows
        second = set(rows.loc[rows["side"] == 1, "face"])
        kept = (units["intervention"] == "") | units["face"].isin(second)
        return [job for job in jobs if not job.name or job.subject.name in second], units[kept]

    def _check(self) -> None:
        self.scale  # noqa: B018 (as the next ones, it raises what is wrong)
        self.pairing, self.sides, self.stored  # noqa: B018 (they raise what is wrong with the columns)

    def _notes(self) -> Iterator[str]:
        pairing = self.pairing
        guessed = " Which is first was guessed from their names: order says it." if self.order is None else ""
        yield pairing.sentence + guessed
        yield from self._words()
        yield from pairing.shortfalls(SHOWN)
        yield from self._sides_disagree()
        if self.scale is not None:
            yield (
                f"The margin δ = {margin(self.delta)} is in the units of the outputs ({self.scale})."
                + ("" if self.scale.bounded else f" {UNBOUNDED}")
            )
        limits = limits_of(
            {"value": "logit" if tables_among(self.classifiers) else "probability", "delta": self.delta}
        )
        if self.scale is not None:
            span = self.scale.span if self.scale.bounded else math.nan
            limits = limits_of({"value": "value", "span": span, "delta": self.delta})
        if few := few_people(pairing.people, self.delta, self.alpha, **limits):
            yield f"{of_pairs(few)} Verdicts with too few people are replaced by “cannot tell”."
        if not (self.known["expression"] != "").any():
            yield (
                "No face says what it is meant to show (column label): accuracy isn't compared, outputs are."
            )
