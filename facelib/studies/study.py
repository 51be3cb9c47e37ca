"""Base of all kinds of studies: faces, classifiers, the plan, and a run that can be resumed."""

from __future__ import annotations

import math
import os
import platform
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from facelib import classifiers, properties
from facelib.classifiers import Classifier, ScoreTable
from facelib.classifiers.functions.function import FunctionClassifier
from facelib.classifiers.functions.terms import Estimate
from facelib.classifiers.tables.matching import Picture
from facelib.classifiers.tables.scores import tables_among
from facelib.errors import BadValueError, Cancelled, check_all, check_kind
from facelib.faces import FaceSet, Head
from facelib.models.devices import as_device
from facelib.studies.counts import count_units
from facelib.studies.declared.hypothesis import Hypothesis
from facelib.studies.engine import fingerprints
from facelib.studies.engine.execution import (
    Progress,
    StudyReport,
    batch_size,
    execute,
    in_random_order,
    workers,
)
from facelib.studies.engine.observers import MEASURES, Reader, measures_of, reader_of
from facelib.studies.engine.own_code import own_code
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.plan import BYTES, PART, Plan
from facelib.studies.engine.record import (
    PROVENANCE,
    UNIT_COLUMNS,
    Record,
    read_provenance,
    read_units,
    write_record,
)
from facelib.studies.engine.store import Contents, Store, StoreError
from facelib.studies.engine.subjects import FACE_COLUMNS, Subject, example, faces_table, subjects
from facelib.studies.engine.upgrades import (
    Wanted,
    declare_anew,
    drop,
    keep_former,
    keys_of,
    stays,
    version_note,
)
from facelib.studies.meant import nameless, word_for
from facelib.studies.pairing import need_column
from facelib.studies.sweeps.sweep import check_models, load_all
from facelib.utilities.checks import as_count, as_share, checked, whole
from facelib.utilities.consent import said_of
from facelib.utilities.ledger import remember
from facelib.utilities.progress import Stop, as_stop, reporting

if TYPE_CHECKING:
    import pandas as pd

    from facelib.interventions import Intervention
    from facelib.studies.results import Result

KEPT: Final = "Columns of the faces' table that are stored, too (keep_columns),"
SIZES: Final = (48, 1024)  # px, as heads can be rendered

R = TypeVar("R", bound="Result")


@dataclass(frozen=True, eq=False)
class Arm:
    """One arm of a study: an intervention at growing strengths, or every face unchanged."""

    name: str
    intervention: Intervention | None
    strengths: tuple[float, ...]


class Study(ABC, Generic[R]):
    """Faces × arms × classifiers, declared; one class for each kind of study."""

    faces: Any
    classifiers: Any
    size: int
    alpha: float
    seed: int
    name: str
    hypothesis: Hypothesis | None
    keep_columns: str | Sequence[str]
    device: str | None

    @property
    @abstractmethod
    def kind(self) -> str:
        """Kind of the study: interventional, observational, paired or chimeric."""

    @property
    @abstractmethod
    def arms(self) -> tuple[Arm, ...]:
        """Arms of the study: what is done to every face."""

    @property
    @abstractmethod
    def properties_measured(self) -> tuple[str, ...]:
        """Properties measured in every picture."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The study as it was declared: words and numbers, to be stored."""

    @classmethod
    def from_yaml(cls, path: str | Path) -> Self:
        """Return the study that a YAML file declares; `docs/study.yml` shows all that can stand in it.

        Raises
        ------
        DeclarationError
            If the file declares no study, or one that can't be made; the message names the line.
        BadValueError
            If it declares a study of another kind.
        """
        from facelib.studies.declared.declaration import load_study

        study = load_study(path)
        if not isinstance(study, cls):
            msg = f"{path} declares a study of another kind: {study.kind}."
            raise BadValueError(msg, hint=f"{type(study).__name__}.from_yaml opens it.")
        return study

    def to_yaml(self) -> str:
        """Return the YAML of a study that came of a file; see `from_yaml`."""
        from facelib.studies.declared.declaration import to_yaml

        return to_yaml(self)

    @cached_property
    def people(self) -> tuple[Subject, ...]:
        """The faces, each once."""
        return tuple(subjects(self.faces))

    @cached_property
    def known(self) -> pd.DataFrame:
        """What is known of the faces, `facelib.studies.engine.subjects.faces_table`."""
        return faces_table(self.people)

    @property
    def stored(self) -> pd.DataFrame:
        """What is stored of the faces: the columns that the study uses, and `keep_columns`.

        Of rendered heads all of it: they are nobody's.

        Raises
        ------
        BadValueError
            If a column that is to be kept isn't there.
        """
        kept = (self.keep_columns,) if isinstance(self.keep_columns, str) else tuple(self.keep_columns)
        for name in kept:
            need_column(self.known, name, "is to be kept (keep_columns)")
        if all(isinstance(one.face, Head) for one in self.people):
            return self.known
        used = {*self._columns_used(), *kept}
        return self.known[[name for name in self.known if name in used]]

    def _columns_used(self) -> tuple[str | None, ...]:
        """Return the columns of the faces' table that the study reads, there or not."""
        return (*FACE_COLUMNS, "person", "label")

    @property
    def _of_all(self) -> dict[str, Any]:
        """Return the settings that studies of all kinds store."""
        return {
            "name": self.name,
            "faces": described(self.people),
            "n_faces": len(self.people),
            "n_identities": len({one.identity for one in self.people}),
            "faces_key": fingerprints.fingerprint(*sorted(one.key for one in self.people)),
            "classifiers": [model.id for model in self.models],
            "size": self.size,
            "alpha": self.alpha,
            "seed": self.seed,
            "hypothesis": None if self.hypothesis is None else str(self.hypothesis),
        }

    @cached_property
    def models(self) -> tuple[Classifier, ...]:
        """The classifiers, loaded; tables of other tools' scores with those of these faces."""
        return tuple(
            model.bound(self._pictures(model)) if isinstance(model, ScoreTable) else model
            for model in load_all(self.classifiers, self.device)
        )

    def _pictures(self, table: ScoreTable) -> list[Picture]:
        """Return the faces as they are looked for in a table."""
        return [table.picture(one.name, one.known) for one in self.people]

    def plan(self, store: str | Path | None = None) -> Plan:
        """Return the plan of a run: its pictures, and how much is done already.

        Parameters
        ----------
        store
            Folder of an earlier run that would be taken up.
        """
        self._check()
        self._check_photographs()
        readers = self._readers(travels=False)
        jobs, units = self._jobs(readers)
        left, said, refused, failed = jobs, "", "", 0
        if store is not None:
            kept = Store(Path(store).expanduser())
            wanted = self._wanted(units, readers)
            left, said, refused, failed = self._planned(kept, jobs, wanted)
        prices = self._prices(left)
        without = self.faces.notes if isinstance(self.faces, FaceSet) else ()
        parts = math.ceil(len(jobs) / batch_size(len(jobs), 1)) * (2 if MEASURES in readers else 1)
        pictures = sum(len(job.strengths) for job in jobs)
        changes = [arm for arm in self.arms if arm.intervention is not None]
        return Plan(
            name=self.name,
            faces=len(self.people),
            identities=len({self._who(one) for one in self.people}),
            interventions=len(changes),
            strengths=max((len(arm.strengths) for arm in self.arms), default=1),
            classifiers=len(self.models),
            units=len(jobs),
            done=len(jobs) - len(left),
            failed=failed,
            pictures=pictures,
            rows=pictures * sum(len(one.names) for one in readers.values() if one.id != MEASURES),
            bytes=BYTES * pictures * sum(len(one.names) for one in readers.values()) + PART * parts,
            notes=tuple(
                filter(
                    None,
                    (said, *without, self._consents(), *self._notes(), *self._opaque(), *_priced(prices)),
                )
            ),
            refused=refused,
        )

    def run(
        self,
        store: str | Path,
        *,
        progress: bool | StudyReport | None = None,
        n_jobs: int | None = None,
        stop: Stop | None = None,
        retry: bool = False,
        recompute: bool = False,
    ) -> R:
        """Run or resume the study: units that are in the store aren't done again.

        What another version of facelib computed stays as it is: such a study is returned as it was stored if
        it is finished, and says so in its ``notes``; else it is refused.

        Parameters
        ----------
        store
            Folder of the study, made if it isn't there.
        progress
            True for a bar, or a function called with `Progress`.
        n_jobs
            Processes. None: as ``joblib.parallel_config`` says (Dask, Ray …), else one per core; 1: this one.
        stop
            Asked now and then; True ends the run.
        retry
            Do again what failed before.
        recompute
            Compute all of it anew, pictures, measures and tests, whatever is there; that is kept in a folder
            within.

        Raises
        ------
        Cancelled
            If `stop` answered True, or Ctrl-C was pressed: what is done is kept, run again to go on.
        StoreError
            If the folder can't be written to, another run is writing there, or what it holds is unfinished or
            another study, computed by another version.
        BadValueError
            If the study can't be run as it is declared.
        """
        from facelib.studies.results import open_study

        check_kind(store, (str, os.PathLike), "The folder of the study, a path,")
        as_stop(stop)
        self._check()
        self._check_photographs()
        self._check_run()
        kept, (_, here) = Store(Path(store).expanduser()), workers(n_jobs)
        readers = self._readers(travels=not here)
        jobs, units = self._jobs(readers)
        with kept.writing():
            remember("study", kept.folder)
            wanted = self._wanted(units, readers)
            former = keep_former(kept) if recompute else None
            if not recompute and (record := stays(kept, wanted, retry=retry)):
                self._register(kept)
                declare_anew(kept, record, wanted)
                return cast("R", open_study(kept.folder))
            there = kept.contents()
            left = in_random_order(jobs if recompute else self._left(jobs, there, retry=retry), self.seed)
            failed = 0 if retry or recompute else count_units(units, there).failed
            begun = self._begin(kept, wanted, n_jobs)
            if former is not None:
                drop(kept, former)
            try:
                if left:
                    before = len(jobs) - len(left)
                    with reporting(progress, len(jobs), unit="sweep", before=before) as report:
                        report(Progress(before, len(jobs), failed=failed))
                        execute(
                            kept,
                            left,
                            readers,
                            before=before,
                            failed=failed,
                            people=len({self._who(one) for one in self.people}),
                            n_jobs=n_jobs,
                            progress=report,
                            stop=stop,
                        )
            except (Cancelled, KeyboardInterrupt):
                counts = count_units(units, kept.contents())
                msg = (
                    f"Stopped: {counts.done} of {counts.total} are done and kept in {kept.folder}"
                    f"{counts.others}. Run the study again to go on."
                )
                raise Cancelled(msg) from None
            finally:
                _end(kept, begun, units)
        return cast("R", open_study(kept.folder))

    def _consents(self) -> str:
        """Say how many pictures are of people without a recorded consent; "" if nothing says it."""
        table = self.faces.table if isinstance(self.faces, FaceSet) else self.known
        return said_of(table, map(self._who, self.people))

    def _who(self, one: Subject) -> str:
        """Return who is shown, by the column of persons where the study names one."""
        return str(one.known.get(getattr(self, "person", None) or "person", one.identity))

    def _check(self) -> None:
        """Refuse a run that would be useless, before a picture is read."""

    def _check_run(self) -> None:
        """Raise `BadValueError` if a change can't be made to any of the faces."""
        if any(isinstance(one.face, Head) for one in self.people):
            return
        for arm in self.arms:
            if arm.intervention is not None and arm.intervention.on == "heads":
                reason = arm.intervention.why_not(example(self.faces))
                msg = f"{arm.name!r} doesn't work on photographs, and these are all. {reason} Leave it out."
                raise BadValueError(msg)

    def _check_photographs(self) -> None:
        """Raise `BadValueError` if photographs would leave this machine and may not."""
        heads = all(one.of_head for one in self.people)
        for model in self.models:
            model.for_pictures(of_heads=heads)

    def _prices(self, left: Sequence[Job]) -> dict[str, Estimate]:
        """Return what is still to be asked of functions that cost something, by id."""
        asked = [one for one in self.models if isinstance(one, FunctionClassifier) and one.costs]
        return {
            one.id: one.estimate(sum(len(job.strengths) for job in left if one.id in job.units))
            for one in asked
        }

    def _notes(self) -> Iterator[str]:
        """Return notes to show before the start."""
        return iter(())

    def _opaque(self) -> Iterator[str]:
        """Note which parts of the user's own code the key can't cover."""
        for name in self.properties_measured:
            yield fingerprints.of_property(name).note(f"the property {name!r}")
        for arm in self.arms:
            if arm.intervention is not None:
                yield own_code(type(arm.intervention)).note(f"the intervention {arm.name!r}")
        for model in self.models:
            yield fingerprints.of_function(model).note(f"the function {model.id!r}")
        for table in tables_among(self.classifiers):
            said = f"scores of {table.format.title}, {table.unit}, which are no probabilities."
            unmatched = table.match_pictures(self._pictures(table)).notes
            yield " ".join(f"{table.id}: {note}" for note in (said, *table.export.notes, *unmatched))

    def _readers(self, *, travels: bool) -> dict[str, Reader]:
        """Return the readers: all classifiers, and the measures.

        Raises
        ------
        BadValueError
            A table of scores would have to read changed pictures.
        """
        tables, changes = tables_among(self.classifiers), [arm.name for arm in self.arms if arm.intervention]
        if tables and changes:
            msg = (
                f"{tables[0].id} has the scores of {tables[0].format.title} for pictures as they are, and "
                f"none of changed ones ({', '.join(changes)}). Tables serve observational and paired studies."
            )
            raise BadValueError(msg)
        readers = {model.id: reader_of(model, travels=travels) for model in self.models}
        if self.properties_measured:
            readers[MEASURES] = measures_of(self.properties_measured, travels=travels)
        return readers

    def _jobs(self, readers: Mapping[str, Reader]) -> tuple[list[Job], pd.DataFrame]:
        """Return all jobs, face by face, and the table of their units."""
        import pandas as pd

        jobs, rows = [], []
        versions, size = dict(fingerprints.versions()), self.size
        version = fingerprints.version_key()
        arms = [(arm, _arm_key(arm, size, versions)) for arm in self.arms]
        for subject in self.people:
            for arm, key in arms:
                units = {
                    name: fingerprints.fingerprint(subject.name, subject.key, key, reader.key)
                    for name, reader in readers.items()
                }
                job = Job(subject, arm.name, arm.intervention, arm.strengths, size, units, version)
                jobs.append(job)
                rows += [
                    (unit, subject.name, arm.name, name, len(arm.strengths)) for name, unit in units.items()
                ]
        return jobs, pd.DataFrame(rows, columns=list(UNIT_COLUMNS)).assign(version=version)

    def _wanted(self, units: pd.DataFrame, readers: Mapping[str, Reader]) -> Wanted:
        """Return the settings that stored studies are compared with."""
        changes = {arm.name: arm.intervention for arm in self.arms if arm.intervention is not None}
        keys = keys_of(self.models, readers, changes, self.properties_measured)
        return Wanted({"kind": self.kind} | self.settings, units, keys)

    def _planned(self, kept: Store, jobs: list[Job], wanted: Wanted) -> tuple[list[Job], str, str, int]:
        """Return the jobs left, notes on stored units, why a run would be refused, and what failed."""
        try:
            record = stays(kept, wanted)
        except StoreError as error:
            return jobs, "", error.words, 0
        there = kept.contents()
        if record is not None:
            return [], version_note(record.made_by), "", count_units(read_units(kept, record), there).failed
        return self._left(jobs, there, retry=False), "", "", count_units(wanted.units, there).failed

    def _left(self, jobs: Sequence[Job], there: Contents | None, *, retry: bool) -> list[Job]:
        """Return the jobs that aren't done, with the units that they lack."""
        if there is None:
            return list(jobs)
        done = there.parts.keys() - (there.failed if retry else frozenset())
        lacking = (
            (job, {name: unit for name, unit in job.units.items() if unit not in done}) for job in jobs
        )
        return [replace(job, units=units) for job, units in lacking if units]

    def _register(self, kept: Store) -> None:
        """Write down the hypothesis, before any picture is read."""
        from facelib.studies.declared.registration import register

        if self.hypothesis is not None:
            register(kept.folder, self.hypothesis, self.settings)

    def _begin(self, kept: Store, wanted: Wanted, n_jobs: int | None) -> dict[str, Any]:
        """Write down the settings before the run; the record comes last, when all that it names is there."""
        self._register(kept)
        faces = kept.save_table("faces", self.stored).name
        units = kept.save_table("units", wanted.units).name
        earlier: list[Any] = []
        if (kept.folder / PROVENANCE).exists():
            try:
                earlier = list(read_provenance(kept)["runs"])
            except StoreError:
                kept.set_aside(PROVENANCE)
        versions = dict(fingerprints.versions())
        run = {"begun": _now(), "ended": None, "n_jobs": n_jobs, "units": units}
        run["delta"] = self.settings.get("delta")  # a later run may have another, and has seen these results
        about = {
            "versions": versions | {"python": platform.python_version()},
            "machine": {"system": platform.platform(), "processor": platform.machine()},
            "seed": self.seed,
            "classifiers": classifiers.provenance(self.models).to_dict("records"),
            "not_covered": list(filter(None, self._opaque())),
            "runs": [*earlier, run],
        }
        kept.save(PROVENANCE, about)
        write_record(kept, Record(wanted.settings, faces, units, versions, wanted.keys))
        return about


def _priced(prices: Mapping[str, Estimate]) -> Iterator[str]:
    """Say what functions cost, one sentence each."""
    for name, price in prices.items():
        yield f"{name}: {price}"


def _end(kept: Store, about: dict[str, Any], units: pd.DataFrame) -> None:
    """Write down when a run ended and which units were there, so that later losses are noticed."""
    run = about["runs"][-1]
    run["ended"] = _now()
    with suppress(StoreError):  # where it can't be looked into, nothing is promised
        counts = count_units(units, kept.contents())
        run |= {"done": counts.done, "failed": counts.failed}
    kept.save(PROVENANCE, about)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _arm_key(arm: Arm, size: int, versions: Mapping[str, str]) -> str:
    change = fingerprints.of_intervention(arm.intervention) if arm.intervention is not None else ""
    return fingerprints.fingerprint(arm.name, change, arm.strengths, size, versions)


def check_common(study: Any) -> None:
    """Check the settings of all kinds of studies: name, size, level, seed; keep faces that come once."""
    if isinstance(study.faces, Iterator):
        object.__setattr__(study, "faces", tuple(study.faces))
    if not isinstance(study.name, str):
        msg = f"A study's name is words; got {study.name!r}."
        raise BadValueError(msg)
    whole(f"Pictures are between {SIZES[0]} and {SIZES[1]} px", study.size, SIZES[0], 10**9)
    checked("a picture's size", float(study.size), *map(float, SIZES))
    as_share(study.alpha, "The level alpha")
    as_count(study.seed, "The seed", least=0)
    if not isinstance(study.keep_columns, str):
        object.__setattr__(study, "keep_columns", tuple(check_all(study.keep_columns, str, KEPT)))
    check_models(study.classifiers)
    check_kind(study.device, (str, type(None)), "The device, a text such as 'auto' or 'cuda', or None")
    if study.device is not None:
        as_device(study.device)
    what = "A facelib.studies.Hypothesis, such as Hypothesis('It falls', 'palsy', direction='falls'), or None"
    check_kind(study.hypothesis, (Hypothesis, type(None)), what)


def check_properties(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return names of properties, or raise `UnknownNameError` with those that there are."""
    check_kind(names, Iterable, "A list of properties")
    asked = [names] if isinstance(names, str) else list(names)
    for name in asked:
        properties.PROPERTIES[name]
    return tuple(dict.fromkeys(asked))


def described(people: Sequence[Subject]) -> str:
    """Describe the faces in words."""
    persons, heads = len({one.identity for one in people}), sum(isinstance(one.face, Head) for one in people)
    counts = {"rendered head": heads, "picture": len(people) - heads}
    kinds = " and ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if n)
    shown = sorted({one.expression for one in people} - {""})
    words = f"{kinds} of {persons} {'person' if persons == 1 else 'people'}"
    odd = nameless((one.expression, word_for(one.known)) for one in people)
    text = f"{words}, meant to show {', '.join(shown)}" if shown else words
    return f"{text}; {odd}" if odd else text
