"""Results of a study: its tables and the statistics over faces, read from the study's folder."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

from facelib.errors import PATHS, BadValueError, FacelibError, check_kind
from facelib.interventions.intervention import ASSAY, held_fixed
from facelib.stats.corrections import adjust
from facelib.stats.effects.few_people import few_for_nothing
from facelib.studies.counts import UNITS, Counts, count_others, count_units, unchanged
from facelib.studies.declared.hypothesis import INTENDED
from facelib.studies.engine.observers import MEASURES
from facelib.studies.engine.record import read_faces, read_provenance, read_record, read_units
from facelib.studies.engine.store import Store
from facelib.studies.engine.upgrades import version_note
from facelib.studies.kept_tests import KeptTests, find_tests, load_tests, save_tests
from facelib.studies.meant import left_out
from facelib.studies.outcomes import (
    accuracy_on_faces,
    curves_over_faces,
    intended,
    share_by_intervention,
    tidy_measured,
)
from facelib.studies.sweeps.table import COLUMNS
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

    from facelib.stats.effects.activation import Lowering
    from facelib.stats.independence.permutation.sequential import GridReport
    from facelib.studies.grid import Grid
    from facelib.studies.pairing import Pairing
    from facelib.utilities.progress import Stop

UNREAD: Final = "it couldn't be read: "
"""In the notes of tests that were ended by their user."""

TESTED_BEFORE: Final = (
    "The tests were run by another version of facelib, and are shown as they were stored; run them "
    "again to compute them anew."
)
SET_ASIDE: Final = (
    "{n} damaged {files} set aside ({name} …): what {it} held is missing here. Run the study again, and "
    "it is computed anew."
)
UNFINISHED: Final = (
    "Unfinished: {done:,} of {total:,} {units} are done{others}. What is shown is about these alone; run the "
    "study again to go on."
)
OTHERS: Final = (
    "The folder also holds {n:,} {units} of another study that was run in it: kept, not shown. Running that "
    "one again shows it."
)


def open_study(
    store: str | Path,
) -> InterventionalResult | ObservationalResult | PairedResult | ChimericResult:
    """Return the result of a study so far, finished or not.

    Raises
    ------
    StoreError
        If the folder holds no study.
    """
    check_kind(store, PATHS, "The name of a study's folder")
    kept = Store(Path(store).expanduser())
    return RESULTS[read_record(kept).settings["kind"]].open(kept.folder)


@in_short(table=lambda result: result.table)
@dataclass(frozen=True, eq=False)
class Result:
    """Result of a study; base of all kinds.

    Attributes
    ----------
    store
        Folder of the study.
    settings
        The study as it was declared.
    provenance
        Versions, machine, seeds, classifiers and runs.
    faces
        One row per face, columns as in `facelib.studies.engine.subjects.FACE_COLUMNS`, then what is known of
        it.
    done, total
        Units (one face × one intervention) that were run, those that failed among them, and all.
    table
        Tidy outputs, `facelib.studies.COLUMNS`, then ``measured_<property>``, and ``error``: why a unit
        failed, empty if it didn't; a failed unit's numbers are NaN.
    unmeasured
        Pictures in which nothing could be measured: columns as in `failures`.
    made_by
        Versions of facelib and of the packages that computed the rows.
    remarks
        What to know of how it is stored, in sentences: see `notes`.
    failed
        Units that were run and in which something failed: `counts` has all three numbers.
    """

    store: Path
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    faces: pd.DataFrame
    done: int
    total: int
    table: pd.DataFrame
    unmeasured: pd.DataFrame
    made_by: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    failed: int = 0

    @classmethod
    def open(cls, store: str | Path) -> Self:
        """Read a study from its folder, finished or not; ``Result.open`` reads one of any kind.

        Raises
        ------
        StoreError
            If the folder holds none.
        """
        if cls is Result:
            return cast("Self", open_study(store))
        kept = Store(Path(store).expanduser())
        record = read_record(kept)
        faces, units = read_faces(kept, record), read_units(kept, record)
        there = kept.contents()
        counts = count_units(units, there)
        numbers = {unit: number for number, unit in enumerate(units["unit"])}
        outputs = kept.read("outputs", numbers, there)
        measured = tidy_measured(kept.read("measured", numbers, there))
        unfinished = _unfinished(counts, record.settings)
        aside = _aside(there.aside) if unfinished else ""
        foreign = there.parts.keys() - numbers.keys()
        others = OTHERS.format(n=count_others(kept, foreign), units=UNITS) if foreign else ""
        provenance = read_provenance(kept)
        meant = left_out(faces, record.settings)
        remarks = (
            version_note(record.made_by),
            unfinished,
            others,
            aside,
            meant,
            *provenance.get("not_covered", ()),
            *(
                f"{row['classifier']} is not reproducible: {why}."
                for row in provenance.get("classifiers", ())
                if (why := row.get("not_reproducible"))
            ),
        )
        return cls(
            store=kept.folder,
            settings=record.settings,
            provenance=provenance,
            faces=faces,
            done=counts.done + counts.failed,
            total=counts.total,
            table=_joined(outputs, measured),
            unmeasured=_unmeasured(measured),
            made_by=record.made_by,
            remarks=tuple(filter(None, remarks)),
            failed=counts.failed,
        )

    @property
    def counts(self) -> Counts:
        """Numbers of units done, failed and missing."""
        return Counts(self.done - self.failed, self.failed, self.total - self.done)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on it and on its storage: sentences.

        Its version, what is unfinished, foreign or damaged, faces without a common emotion, code not covered.
        """
        return self.remarks

    @property
    def kind(self) -> str:
        """Kind of the study: interventional, observational, paired or chimeric."""
        return str(self.settings["kind"])

    @property
    def complete(self) -> bool:
        """Whether all units are done."""
        return self.done == self.total

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Units that failed: face, intervention, classifier (or "properties"), error."""
        import pandas as pd

        names = ["face", "intervention", "classifier", "error"]
        found: pd.DataFrame = pd.concat([self.table.loc[self.table["error"] != "", names], self.unmeasured])
        return found.drop_duplicates().reset_index(drop=True)

    @cached_property
    def sound(self) -> pd.DataFrame:
        """The rows of the table that didn't fail, with each face's ``identity`` and ``expression``.

        Raises
        ------
        BadValueError
            If there are none yet.
        """
        rows = self.table[self.table["error"] == ""] if len(self.table) else self.table
        if rows.empty:
            msg = "Nothing is done yet, or all of it failed: there are no outputs to look at."
            raise BadValueError(msg)
        known = self.faces.set_index("face")
        return rows.assign(
            identity=rows["face"].map(known["identity"]), expression=rows["face"].map(known["expression"])
        ).reset_index(drop=True)

    @cached_property
    def accuracy(self) -> pd.DataFrame:
        """How many of the unchanged faces each classifier names as they are meant: `accuracy_on_faces`."""
        return accuracy_on_faces(self.sound)

    def report(self, path: str | Path) -> Path:
        """Write the report as one self-contained HTML file; see `facelib.reports.write`."""
        written: Path = _reports().write(self, path)
        return written

    def export(self, folder: str | Path) -> Path:
        """Write figures, tables and provenance into a folder; see `facelib.reports.export`."""
        written: Path = _reports().export(self, folder)
        return written


class InterventionalResult(Result):
    """Result of an `InterventionalStudy`; effects are over identities, the margin was set before.

    In `effects`, `contrasts`, `lowering` and `curves` the class is the one that was declared, or what each
    face is meant to show: then its name is "intended".
    """

    @property
    def label(self) -> str:
        """Class of interest, or "intended"."""
        return self.settings["label"] or INTENDED

    @property
    def unit(self) -> str | None:
        """Unit of the class of interest where its outputs are values; None where they are probabilities."""
        scale = self.settings.get("scale")
        return None if scale is None else str(scale["unit"])

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Ends that the outputs of the class of interest can't leave; None: they have none."""
        scale = self.settings.get("scale")
        if scale is None:
            return (0.0, 1.0)
        return None if scale["bounds"] is None else (float(scale["bounds"][0]), float(scale["bounds"][1]))

    @cached_property
    def intended(self) -> pd.DataFrame:
        """Rows of the class of interest.

        Raises
        ------
        BadValueError
            If there are none: no face says what it is meant to show, or no classifier knows it.
        """
        rows = intended(self.sound, self.settings["label"])
        if rows.empty:
            msg = (
                "No face says what it is meant to show, or no classifier knows it: declare "
                "a class of interest (label); its outputs are kept."
            )
            raise BadValueError(msg)
        return rows if self.unit is None else rows.assign(value=rows["logit"])

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row per intervention and classifier: `facelib.stats.effects_over_faces`."""
        return self._effects(self.intended, alternative=self.settings["alternative"])

    @cached_property
    def effects_by_label(self) -> pd.DataFrame:
        """The same of every common label, whatever a face is meant to show: two-sided, as some will rise.

        Where the class of interest is a value, of every output on its scale: a margin is in its units.
        """
        rows = self.sound
        if self.unit is None:
            return self._effects(rows[rows["probability"].notna()], alternative="two-sided")
        alike = rows[rows["label"].isin(self.settings["scale"]["labels"]) & rows["probability"].isna()]
        return self._effects(alike.assign(value=alike["logit"]), alternative="two-sided")

    @cached_property
    def contrasts(self) -> pd.DataFrame | None:
        """Every intervention against the control, `facelib.stats.contrast`, one family; None without one."""
        import pandas as pd

        from facelib import stats

        if self.control is None:
            return None
        names = [name for name in self.interventions if self._control_of(name) is not None]
        parts = [
            stats.contrast(
                self.intended,
                name,
                self.control,
                **self._options,
                **self._outputs,
                alternative=self.settings["alternative"],
                assay=self._assay,
                interim=not self.complete,
            )
            for name in names
        ]
        if not parts:
            return None
        table = pd.concat(parts, ignore_index=True)
        p = table["p"].to_numpy()
        return table.assign(
            p_holm=adjust(p, "holm"), p_bh=adjust(p, "bh"), family=int(table["p"].notna().sum())
        )

    @cached_property
    def lowering(self) -> dict[str, Lowering]:
        """By intervention: how many classifiers lower their output, raw and more than under the control."""
        from facelib import stats
        from facelib.stats.effects.activation import not_beyond

        options = {name: self._options[name] for name in ("alpha", "seed")}
        by_intervention = {}
        for name in self.interventions:
            control = self._control_of(name)
            counts = stats.lowering(
                self.intended, name, control, label=self.label, **options, **self._outputs
            )
            table = self.contrasts
            if control is not None and table is not None:
                rows = table[table["intervention"] == name]
                counts = replace(counts, not_because=not_beyond(rows, counts.because))
            by_intervention[name] = counts
        return by_intervention

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Mean output over identities at every strength with its interval: see `curves_over_faces`."""
        return curves_over_faces(
            self.intended,
            value="probability" if self.unit is None else "value",
            alpha=self.settings["alpha"],
            seed=self.settings["seed"],
        )

    @cached_property
    def share_significant(self) -> pd.DataFrame:
        """Per intervention, the share of outputs that change: see `share_by_intervention`."""
        return share_by_intervention(self.effects_by_label)

    @cached_property
    def interventions(self) -> list[str]:
        """Names of the interventions that have rows, in the order in which they were declared."""
        there = set(self.intended["intervention"].unique())
        return [item["name"] for item in self.settings["interventions"] if item["name"] in there]

    @property
    def control(self) -> str | None:
        """Name of the control, if it has rows."""
        wanted = self.settings["control"]
        return wanted if wanted in self.interventions else None

    def _control_of(self, name: str) -> str | None:
        """Return the control of a change: none for itself, and for changes that it isn't made for."""
        control = self.control
        beside = control is not None and name != control and held_fixed(control, name) is not None
        return control if beside else None

    @property
    def _assay(self) -> str | None:
        """Name of the change that takes the whole expression away, if it has rows: it assays outputs."""
        there = set(self.sound["intervention"].unique())
        named = ((item["name"], item["id"]) for item in self.settings["interventions"])
        return next((name for name, what in named if what == ASSAY and name in there), None)

    @property
    def _options(self) -> dict[str, Any]:
        return {name: self.settings[name] for name in ("delta", "alpha", "seed")}

    @property
    def _outputs(self) -> dict[str, Any]:
        return {} if self.unit is None else {"value": "value", "bounds": self.bounds}

    def _effects(self, rows: pd.DataFrame, *, alternative: Any) -> pd.DataFrame:
        from facelib import stats

        return stats.effects_over_faces(
            rows,
            **self._options,
            **self._outputs,
            alternative=alternative,
            assay=self._assay,
            interim=not self.complete,
        )


class ObservationalResult(Result):
    """Result of an `ObservationalStudy`. The tests are run when `grid` is first asked for, and kept."""

    @cached_property
    def data(self) -> Grid:
        """Properties, outputs and labels of the faces that have all of them."""
        from facelib.studies.grid import grid_data

        return grid_data(self.sound, self.faces, self.settings)

    @property
    def unread(self) -> int:
        """How many faces are not read yet."""
        return self.total - self.done

    @property
    def left_out(self) -> int:
        """How many of the faces that were read lack a label, a property or an output."""
        return max(0, self.data.left_out - self.unread)

    @property
    def tested_people(self) -> int:
        """How many people are in the tests: the unit of inference, not faces."""
        person = self.data.person
        return len(self.data.outputs) if person is None else int(person.nunique())

    @property
    def few(self) -> str:
        """Say that these people are too few for a null result to mean anything; "" if they aren't."""
        return few_for_nothing(
            self.tested_people, float(self.settings["delta"]), float(self.settings["alpha"])
        )

    @property
    def outputs(self) -> pd.DataFrame:
        """Logits, one row per face, one column per classifier and label."""
        return self.data.outputs

    @property
    def measured(self) -> pd.DataFrame:
        """Properties, given and measured, one row per face."""
        return self.data.properties

    def test(
        self,
        *,
        progress: bool | GridReport | None = None,
        stop: Stop | None = None,
    ) -> pd.DataFrame:
        """Run the tests, `facelib.stats.independence_grid`, and keep the whole table beside the study.

        Parameters
        ----------
        progress
            As for the grid: True, or a function.
        stop
            Asked now and then; True ends the run.

        Raises
        ------
        Cancelled
            If `stop` answered True: nothing is kept.
        """
        found = self.data.test(self.settings, progress=progress, stop=stop)
        save_tests(Store(self.store), self._tests_key, found, self.settings["methods"])
        vars(self)["grid"] = found
        return found

    @property
    def tested(self) -> bool:
        """Whether these faces were tested before, as they are to be, and the table was kept."""
        return self._kept_tests is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on its storage, and on tests that another version ran."""
        try:
            kept = self._kept_tests
        except FacelibError:  # there is nothing to test yet
            return self.remarks
        return self.remarks if kept is None or kept.current else (*self.remarks, TESTED_BEFORE)

    @cached_property
    def grid(self) -> pd.DataFrame:
        """All properties × outputs × tests: `facelib.stats.independence_grid`, with a random property.

        Raises
        ------
        StoreError
            If the table that was kept is damaged: it is set aside, and `test` makes it anew.
        """
        kept = self._kept_tests
        return self.test() if kept is None else load_tests(Store(self.store), kept)

    @property
    def _kept_tests(self) -> KeptTests | None:
        fits = partial(self.data.fits, settings=self.settings)
        return find_tests(Store(self.store), self._tests_key, fits, self.settings["methods"])

    @property
    def _tests_key(self) -> str:
        return self.data.key(self.settings)

    @cached_property
    def share_significant(self) -> pd.DataFrame:
        """Per property and test, the share of outputs that depend on it: `stats.share_significant`."""
        from facelib import stats

        table = stats.share_significant(self.grid)
        if self.settings["labels"]:
            return table
        return table.assign(sentence=table["sentence"] + " Nothing is held fixed.")

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row per property, classifier and label: size, its interval, and the decision."""
        from facelib.studies.grid import effects_of

        return effects_of(self.grid)


class PairedResult(Result):
    """Result of a `PairedStudy`: people are the unit, nothing is said to be an effect of the condition."""

    @cached_property
    def pairing(self) -> Pairing:
        """Who has a partner and who hasn't, among the faces that were read."""
        from facelib.studies.pairing import pair_up

        settings, rows = self.settings, self.table
        first, second = settings["order"]
        plain = rows[rows["intervention"] == ""].drop_duplicates("face").set_index("face")["error"]
        unread = {
            str(face): f"{UNREAD}{_bare(plain[face], face)}" if face in plain else "not read yet"
            for face in self.faces["face"]
            if plain.get(face, "-")
        }
        return pair_up(
            self.faces,
            settings["condition"],
            settings["labels"],
            person=settings["person"],
            order=(first, second),
            unread=unread,
            same=settings.get("same_pictures"),
        )

    @cached_property
    def paired(self) -> pd.DataFrame:
        """Outputs of the faces that have a partner: the table with person, cell, side, and what is meant.

        After a change of the second condition's faces they stand beside those of the first as they are.
        """
        import pandas as pd

        rows = self.sound.merge(self.pairing.rows, on="face")
        rows = rows.assign(meant=rows["face"].map(self.meant))
        plain, changed = rows[rows["intervention"] == ""], rows[rows["strength"] == 1.0]
        first = plain[plain["side"] == 0]
        there = set(changed["intervention"])
        parts = [
            part
            for item in self.settings["after"]
            if (name := item["name"]) in there
            for part in (first.assign(intervention=name), changed[changed["intervention"] == name])
        ]
        found: pd.DataFrame = pd.concat([plain, *parts], ignore_index=True)
        return found.assign(value=found["logit"]) if "scale" in self.settings else found

    @cached_property
    def differing(self) -> list[str]:
        """Columns of what is known of the faces, besides the condition, in which some partners differ."""
        from facelib.studies.pairing import differing

        if (there := self.settings.get("differing")) is not None:  # not all columns are stored
            return list(there)
        return differing(self.pairing, self.faces, self.settings["person"])

    @cached_property
    def meant(self) -> dict[str, str]:
        """The class that each face is meant to show: a common emotion, or another class by its name."""
        from facelib.studies.meant import meanings

        return dict(zip(self.faces["face"].astype("str"), meanings(self.faces), strict=True))

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row per classifier and label, and change: `facelib.stats.paired.EFFECT_COLUMNS`.

        Raises
        ------
        BadValueError
            If nobody was read under both conditions.
        """
        from facelib.stats.paired import paired_effects

        return self._in_unit(paired_effects(self.paired, **self._options))

    @cached_property
    def intended_effects(self) -> pd.DataFrame:
        """The same of the class that each face is meant to show: "intended" over all, then each by itself.

        Empty where no face says what it is meant to show, or no classifier knows it.
        """
        import pandas as pd

        from facelib.stats.paired import EFFECT_COLUMNS, paired_effects

        rows = self.paired[self.paired["label"] == self.paired["meant"]]
        if rows.empty:
            return pd.DataFrame(columns=list(EFFECT_COLUMNS))
        every = rows.assign(label=INTENDED)
        asked = [every, rows] if len(rows["label"].drop_duplicates()) > 1 else [every]
        alternative = self.settings["alternative"]
        rows = pd.concat(asked, ignore_index=True)
        return self._in_unit(paired_effects(rows, alternative=alternative, **self._options))

    @cached_property
    def accuracy_change(self) -> pd.DataFrame:
        """Accuracy under both conditions, and McNemar's test: `facelib.stats.paired.ACCURACY_COLUMNS`."""
        from facelib.stats.paired import paired_accuracy

        options = {name: self._options[name] for name in ("alpha", "seed", "interim")}
        return paired_accuracy(self.paired, **options)

    @cached_property
    def retests(self) -> pd.DataFrame:
        """How much pictures of one person under one condition vary: `facelib.stats.paired.RETEST_COLUMNS`."""
        from facelib.stats.paired import retests

        return retests(self.paired, value=self._options["value"])

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row per classifier, label and person: outputs under both conditions, and their difference."""
        from facelib.stats.paired import person_differences

        return person_differences(self.paired, value=self._options["value"])

    @property
    def unit(self) -> str:
        """Unit of the outputs, in words: "probability", that of values, or of another tool's scores."""
        if (scale := self.settings.get("scale")) is not None:
            return str(scale["unit"]) or "the units of its scale"
        return str(self.settings.get("unit", "probability"))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Ends that outputs can't leave; None: they have none."""
        ends = self.settings["scale"]["bounds"] if "scale" in self.settings else (0.0, 1.0)
        return None if ends is None or "unit" in self.settings else (float(ends[0]), float(ends[1]))

    def _in_unit(self, effects: pd.DataFrame) -> pd.DataFrame:
        """Say of another tool's scores that they are no logits, though they are as boundless here."""
        return effects.assign(value="score") if "unit" in self.settings else effects

    @property
    def _options(self) -> dict[str, Any]:
        named = {name: self.settings[name] for name in ("delta", "alpha", "seed")}
        value = "logit" if "unit" in self.settings else "probability"
        about: dict[str, Any] = {"value": value}
        if "scale" in self.settings:
            about = {"value": "value", "bounds": self.bounds}
        return {**named, **about, "interim": not self.complete}


class ChimericResult(Result):
    """Result of a `ChimericStudy`: faces against their symmetric versions, people as the unit."""

    @cached_property
    def roles(self) -> pd.DataFrame:
        """What each face is there for, `facelib.studies.chimeric.ROLE_COLUMNS`; unread faces are left out."""
        from facelib.studies.chimeric import roles

        names = ("rest", "group", "healthy", "grade", "person")
        options = {name: self.settings[name] for name in names}
        table = roles(self.faces, **options, same=self.settings.get("same_pictures"))
        errors = self.table.assign(error=self.table["error"].astype("str")).groupby("face")["error"]
        unread = errors.min()  # "" if one of the classifiers read it
        lost = []
        for face in table["face"].astype("str"):
            error = unread.get(face, None)
            lost.append("not read yet" if error is None else f"{UNREAD}{_bare(error, face)}" if error else "")
        return table.assign(reason=table["reason"].where(table["reason"] != "", lost))

    @cached_property
    def sets(self) -> pd.DataFrame:
        """Both sides of every contrast by person, expression, classifier and label; with group and grade."""
        from facelib.stats.chimeras import contrast_sets, symmetric_outputs

        roles = self.roles[self.roles["reason"] == ""]
        outputs = symmetric_outputs(self.sound).merge(roles.drop(columns="reason"), on="face")
        of_person = roles.groupby("person").agg(group=("group", "first"), grade=("grade", "mean"))
        return contrast_sets(outputs).join(of_person, on="person")

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Contrasts over people, by group: `facelib.stats.chimeras.CHIMERIC_COLUMNS`.

        They get no verdict; how far pictures are off on renders is in `bias`.

        Raises
        ------
        BadValueError
            If nothing was read of which a classifier knows what is meant to be shown.
        """
        import pandas as pd

        from facelib.stats.chimeras import ALL, chimeric_effects

        names = ("delta", "alpha", "alternative", "seed")
        options = {name: self.settings[name] for name in names} | {"interim": not self.complete}
        groups = [(str(name) or ALL, own) for name, own in self.sets.groupby("group", sort=False)]
        found = [chimeric_effects(own, group=name, **options) for name, own in groups if _meant_in(own)]
        if not found and not self.complete:
            msg = "So far no face that shows an expression was read: there is nothing to compare yet."
            raise BadValueError(msg, hint="Run the study again: it goes on.")
        if not found:
            found = [chimeric_effects(self.sets, **options)]
        return pd.concat(found, ignore_index=True)

    @cached_property
    def bias(self) -> pd.DataFrame:
        """How far contrasts of pictures are off on renders: rows of ``facelib.data.table("chimera_bias")``.

        Of the study's classifiers and expressions; empty where that isn't known.
        """
        from facelib import data
        from facelib.stats.chimeras import ALL

        known = data.table("chimera_bias")
        shown, tried = set(self.sets["meant"]), set(known["shown"]) - {ALL}
        own = known["classifier"].isin(self.settings["classifiers"])
        return known[own & known["shown"].isin(shown | ({ALL} if shown == tried else set()))]

    @cached_property
    def persons(self) -> pd.DataFrame:
        """One row per person, contrast and classifier: `facelib.stats.chimeras.PERSON_COLUMNS`."""
        from facelib.stats.chimeras import person_contrasts

        return person_contrasts(self.sets)

    @cached_property
    def differing(self) -> list[str]:
        """Columns in which several pictures of one person and expression differ."""
        from facelib.studies.chimeric import repeated_differ

        if (there := self.settings.get("differing")) is not None:  # not all columns are stored
            return list(there)
        return repeated_differ(self.roles, self.faces, {self.settings["group"], self.settings["grade"]})

    @cached_property
    def sides(self) -> pd.DataFrame:
        """Outputs of either half doubled, by the affected side of the table: `SIDE_COLUMNS`; else empty.

        One row per person and classifier, of the class that each face is meant to show.
        """
        from facelib.stats.chimeras import side_outputs, symmetric_outputs
        from facelib.studies.people import known_sides

        if (side := self.settings.get("side")) is None:
            return side_outputs(None, {})
        roles = self.roles[(self.roles["reason"] == "") & ~self.roles["at_rest"]]
        mirrored = self.faces.get("mirrored", False)
        flipped = self.faces[["face"]].assign(mirrored=mirrored)
        outputs = symmetric_outputs(self.sound).merge(roles, on="face").merge(flipped, on="face")
        outputs = outputs[outputs["label"] == outputs["meant"]]
        return side_outputs(outputs, known_sides(self.faces, side, self.settings["person"]))

    @cached_property
    def group_differences(self) -> pd.DataFrame:
        """Each group against the healthy one: `facelib.stats.chimeras.GROUP_COLUMNS`; empty without one."""
        import pandas as pd

        from facelib.stats.chimeras import GROUP_COLUMNS, group_differences

        healthy, alpha = self.settings["healthy"], self.settings["alpha"]
        others = [name for name in self.persons["group"].unique() if healthy and name != healthy]
        tables = [group_differences(self.persons, healthy, name, alpha=alpha) for name in others]
        parts = [table for table in tables if len(table)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(GROUP_COLUMNS))

    @cached_property
    def grade_associations(self) -> pd.DataFrame:
        """How contrasts go with the grade, by group: `facelib.stats.chimeras.GRADE_COLUMNS`."""
        import pandas as pd

        from facelib.stats.chimeras import ALL, GRADE_COLUMNS, grade_associations

        options = {name: self.settings[name] for name in ("alpha", "seed")}
        tables = [
            grade_associations(own, group=str(name) or ALL, **options)
            for name, own in self.persons.groupby("group", sort=False)
        ]
        parts = [table for table in tables if len(table)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(GRADE_COLUMNS))

    @cached_property
    def by_grade(self) -> pd.DataFrame:
        """Mean contrast over the people of each group and grade."""
        keys = ["group", "contrast", "reference", "classifier", "grade"]
        graded = self.persons[self.persons["grade"].notna()]
        return graded.groupby(keys, observed=True)["value"].agg(n="size", mean="mean").reset_index()


RESULTS: Final[
    Mapping[str, type[InterventionalResult | ObservationalResult | PairedResult | ChimericResult]]
] = {
    "interventional": InterventionalResult,
    "observational": ObservationalResult,
    "paired": PairedResult,
    "chimeric": ChimericResult,
}


def _meant_in(sets: pd.DataFrame) -> bool:
    return bool((sets["label"] == sets["meant"]).any())


def _bare(error: str, face: str) -> str:
    """Return an error without its face and full stop: the same of many faces is one reason."""
    return error.removeprefix(f"{face}: ").removesuffix(".")


def _joined(outputs: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return outputs with what was measured beside each row."""
    import pandas as pd

    if outputs.empty:
        return pd.DataFrame(columns=[*COLUMNS, "error"])
    table = outputs[[*COLUMNS, "error"]]
    if len(measured):
        values = measured.drop(columns="error")
        table = table.merge(values, on=["face", "intervention", "step"], how="left")
        table = table[[*COLUMNS, *[name for name in table if str(name).startswith("measured_")], "error"]]
    for name in ("face", "intervention", "classifier", "label", "error"):
        table[name] = table[name].astype("str")
    return table


def _unmeasured(measured: pd.DataFrame) -> pd.DataFrame:
    """Return why measuring failed, where it did."""
    import pandas as pd

    if measured.empty:
        return pd.DataFrame(columns=["face", "intervention", "classifier", "error"], dtype="str")
    failed = measured.loc[measured["error"] != "", ["face", "intervention", "error"]].astype("str")
    return failed.assign(classifier=MEASURES)


def _unfinished(counts: Counts, settings: Mapping[str, Any]) -> str:
    """Describe the progress of a study; "" if it is finished."""
    units = "faces" if unchanged(settings) else "faces × changes"
    if not counts.missing:
        return ""
    return UNFINISHED.format(done=counts.done, total=counts.total, units=units, others=counts.others)


def _aside(names: Sequence[str]) -> str:
    """Say how many parts were damaged; "" if none was."""
    if not names:
        return ""
    one = len(names) == 1
    files, it = ("part was", "it") if one else ("parts were", "they")
    return SET_ASIDE.format(n=len(names), files=files, it=it, name=names[0])


def _reports() -> Any:
    """Return `facelib.reports`, which is made of charts and stands to the right of studies."""
    return importlib.import_module("facelib.reports")
