"""A sweep: one face, one intervention, growing strengths, several classifiers."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib import classifiers, interventions, properties
from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.emotions import common, shortened
from facelib.classifiers.scales import Scale, scale_of
from facelib.errors import BadValueError, check_kind
from facelib.face import of_heads, shown_of
from facelib.faces import Face, Head
from facelib.interventions import Intervention
from facelib.interventions.placebos.replicates import nuisance_replicates
from facelib.stats.effects.equivalence import as_margin
from facelib.studies.meant import meant
from facelib.studies.sweeps.cam_maps import SweepMaps
from facelib.studies.sweeps.frames import (
    Frames,
    check_accepts,
    check_known,
    even_strengths,
    make_frames,
    without_expression,
)
from facelib.studies.sweeps.inference import Reading, read, reading_of
from facelib.studies.sweeps.table import COLUMNS, VALUE_COLUMNS
from facelib.utilities.progress import Report, Stop, check_stop, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    from pathlib import Path

    from facelib.models.devices import Device
    from facelib.studies.sweeps.placebos import References

DELTA = 0.10
Delta = float | Mapping[str, float] | None
"""A margin: of the class of interest, or of several classes by name; None: the usual one."""
REPLICATES = 20
FEWEST_REPLICATES = 5
RENDERED = 0.25  # share of the progress that is made once the pictures are there
MEASURED = ("symmetry", "skin_tone", "brightness", "contrast", "sharpness", "age", "gender", "electrodes")
RATE = 10.0  # pictures a second of a film
PHOTOGRAPHED = ("yaw", "pitch", "light_azimuth")  # besides; of a head they are set


def ends(found: Sweep) -> pd.DataFrame:
    """Return the output for the class of interest at both ends, one row per classifier."""
    rows = [(name, found.label, *found.series(name)[[0, -1]]) for name in found.classifiers]
    table = pd.DataFrame(rows, columns=["classifier", "label", "start", "end"])
    return table.assign(change=table["end"] - table["start"])


@in_short(picture=lambda found: shown_of(found.frames.faces), table=ends)
@dataclass(frozen=True, eq=False)
class Sweep:
    """Outputs of the classifiers along the change of one property of one face.

    Attributes
    ----------
    face
        The unchanged face.
    intervention
        What was run, with its options.
    frames
        The pictures and their strengths.
    readings
        One `Reading` a classifier, by id.
    replicates
        By classifier: float32 (R, 2, K), probabilities (or values) at strength 0 and 1 of R shaken copies of
        the pictures (shift, scale, light by up to 3 %), shaken alike at both strengths.
    label
        The class of interest: a common emotion, or a label of a classifier of other things ("cat").
    seed
        Seed of the replicates.
    rested
        By classifier: float32 (K,), its outputs for the same face without its expression. Those that hardly
        move then could not have shown a change. Empty of a face that shows none.
    references
        Its placebos; None: none were run.
    """

    face: Face | Head
    intervention: Intervention
    frames: Frames
    readings: Mapping[str, Reading]
    replicates: Mapping[str, npt.NDArray[np.float32]]
    label: str
    seed: int
    properties: pd.DataFrame = field(repr=False)
    rested: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict, repr=False)
    references: References | None = field(default=None, repr=False)

    @property
    def strengths(self) -> npt.NDArray[np.float64]:
        """Strengths, (n,), from 0 to 1."""
        return self.frames.strengths

    @property
    def clause(self) -> str:
        """What happens to this face, as a clause: "the person grows older"."""
        return self.intervention.clause_on(self.face)

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """Pictures, uint8 (n, H, W, 3)."""
        return self.frames.images

    @property
    def box(self) -> npt.NDArray[np.float64]:
        """Face box of strength 0, px (4,), used for every picture."""
        return self.frames.box

    @property
    def classifiers(self) -> tuple[str, ...]:
        """Ids of the classifiers, in the order in which they were asked for."""
        return tuple(self.readings)

    @property
    def attribution(self) -> SweepMaps:
        """Class activation maps of every frame, on one scale per classifier and class."""
        return SweepMaps(self.readings, self.frames, self.label)

    @property
    def face_id(self) -> str:
        """Key of the head, or the name of the picture."""
        if isinstance(self.face, Head):
            return self.face.key
        return str(self.face.attributes.get("name", self.face.source))

    def scale(self, label: str | None = None) -> Scale | None:
        """Scale of a class whose outputs are values; None of a class whose outputs are probabilities.

        Raises
        ------
        BadValueError
            If classifiers give it on different scales.
        """
        return scale_of((reading.classifier for reading in self.readings.values()), self._checked(label))

    @property
    def notes(self) -> tuple[str, ...]:
        """Which classifiers have no output for the class of interest, a sentence each."""
        models = (reading.classifier for reading in self.readings.values())
        return tuple(filter(None, (model.lack(self.label) for model in models)))

    def series(self, classifier: str, label: str | None = None) -> npt.NDArray[np.float64]:
        """Probability of `label` at every strength, or its value, (n,); NaN where there is no such output."""
        return reading_of(self.readings, classifier).series(self._checked(label))

    @property
    def outputs(self) -> pd.DataFrame:
        """Tidy table: one row per (strength, classifier, label); columns as in `sweeps.table`."""
        return tidy(self.readings, self.strengths, face=self.face_id, intervention=self.intervention.id)

    @property
    def table(self) -> pd.DataFrame:
        """The outputs with ``measured_<property>`` columns beside each row, for export."""
        measured = self.properties.add_prefix("measured_").assign(step=np.arange(len(self.strengths)))
        return self.outputs.merge(measured, on="step")

    @property
    def wide(self) -> pd.DataFrame:
        """One row per strength, one column per (classifier, label): probabilities, or values."""
        table = self.outputs
        shown = "value" if "value" in table else "probability"
        return table.pivot_table(
            index=["step", "strength"], columns=["classifier", "label"], values=shown, observed=True
        )

    @property
    def classifiers_table(self) -> pd.DataFrame:
        """Hash, version, labels and preparation of every classifier: what to store beside the results.

        Columns as in `facelib.classifiers.provenance`.
        """
        return classifiers.provenance(reading.classifier for reading in self.readings.values())

    def effects(
        self, label: str | None = None, *, delta: float | None = None, references: References | None = None
    ) -> pd.DataFrame:
        """Statistics of one class, one row per classifier: see `facelib.studies.sweeps.effects`.

        `delta` is the margin, set before the run: None is .10 of a probability; that of a value is in its
        units, and has to be said. `references` are placebos that were run apart; None: its own.
        """
        from facelib.studies.sweeps.effects import effects

        named = self._checked(label)
        margin = margin_of(self.scale(named), named, delta)
        return effects(self, named, delta=margin, references=references or self.references)

    def compared_with(
        self, other: Sweep, label: str | None = None, *, delta: float | None = None
    ) -> pd.DataFrame:
        """Return the change of a class in `other` minus that in this sweep, one row per classifier.

        Two changes on one face, or one change on two faces. Strengths of different changes aren't on one
        scale: what is compared is the whole change, from strength 0 to 1.

        Parameters
        ----------
        other
            A sweep of the same seed.
        label
            A class; None: that of this sweep.
        delta
            Margin in probability, or in the units of a value, set before the run. None: .10 of a probability.

        Returns
        -------
        pandas.DataFrame
            Columns as in `facelib.studies.sweeps.comparison`.

        Raises
        ------
        BadValueError
            If copies of the two were shaken otherwise, or no classifier read both.
        """
        from facelib.studies.sweeps.comparison import compare

        check_kind(other, Sweep, "What a sweep is compared with, another sweep,")
        named = self._checked(label)
        return compare(self, other, named, delta=margin_of(self.scale(named), named, delta))

    def explorable(
        self,
        path: str | Path,
        *,
        references: References | None = None,
        step: int | None = None,
        delta: Delta = None,
        with_photograph: bool = False,
        consent: str = "",
    ) -> Path:
        """Write the sweep as one HTML file in which its strength is dragged as in the app.

        It needs no network, no server and no other file, and has less than 6 MB: pictures, Grad-CAM maps,
        curves, table, sentences and provenance. Without scripts it shows the face before the change and at
        strength 1, and the table.

        Parameters
        ----------
        path
            Of the file; it ends with .html.
        references
            Placebos that were run apart, as `run_references` gives them; None: its own.
        step
            The strength that is shown first, by its number; None: the last, 1.
        delta
            Margin as for `effects`, or several by class. Classes that are values can be chosen if theirs is
            there, or they are on the scale of the class of interest.
        with_photograph
            Needed where the face is a photograph: you say that the person shown has agreed that it is passed
            on. The file says so, too.
        consent
            Where that is recorded, such as the number of a form.

        Returns
        -------
        Path
            Where it was written: whole, or not at all.

        Raises
        ------
        BadValueError
            If the name ends differently, the pictures don't fit, a margin isn't possible or is missing, or
            the face is a photograph and `with_photograph` isn't True.
        WriteError
            If it can't be written: the disk is full, or the folder is closed to us.

        Examples
        --------
        >>> import facelib
        >>> result = facelib.sweep(facelib.Head(expression="happy"), "symmetry")  # doctest: +SKIP
        >>> result.explorable("smile.html")  # doctest: +SKIP
        """
        module = importlib.import_module("facelib.reports.explorable")  # stands to the right of studies
        said = {"step": step, "delta": delta, "with_photograph": with_photograph, "consent": consent}
        written: Path = module.write(self, path, references=references, **said)
        return written

    def report(
        self,
        path: str | Path,
        *,
        references: References | None = None,
        delta: float | None = None,
        with_photograph: bool = False,
        consent: str = "",
    ) -> Path:
        """Write the sweep as one HTML file to read and print, as studies' reports are.

        It has the face at some strengths, curves, verdicts with intervals and room, what was held fixed and
        what moved along, provenance and limits. It loads nothing, holds no script, and prints on A4.

        Parameters
        ----------
        path
            Of the file; it ends with .html.
        references
            Placebos that were run apart, as `run_references` gives them; None: its own.
        delta
            Margin, as for `effects`.
        with_photograph, consent
            As for `explorable`; without them the picture of a photograph is left out, and the report says so.

        Returns
        -------
        Path
            Where it was written: whole, or not at all.

        Raises
        ------
        BadValueError
            If the name ends differently, the margin isn't possible or is missing, or it would show a
            photograph of somebody whose consent isn't given.
        WriteError
            If it can't be written: the disk is full, or the folder is closed to us.

        Examples
        --------
        >>> import facelib
        >>> result = facelib.sweep(facelib.Head(expression="happy"), "symmetry")  # doctest: +SKIP
        >>> result.report("smile.html")  # doctest: +SKIP
        """
        module = importlib.import_module("facelib.reports.sweep")  # stands to the right of studies
        said = {"delta": delta, "with_photograph": with_photograph, "consent": consent}
        written: Path = module.write(self, path, references=references, **said)
        return written

    def film(
        self,
        path: str | Path,
        *,
        rate: float = RATE,
        with_photograph: bool = False,
        consent: str = "",
    ) -> Path:
        """Write the pictures as a film that goes to strength 1 and back, each with its strength.

        See `facelib.studies.sweeps.film.write_film`.

        Parameters
        ----------
        path
            Of the file; it ends with .mp4 or .gif.
        rate
            Pictures a second.
        with_photograph, consent
            As for `explorable`.

        Returns
        -------
        Path
            Of the file.
        """
        from facelib.studies.sweeps.film import write_film

        return write_film(self, path, rate=rate, with_photograph=with_photograph, consent=consent)

    def _checked(self, label: str | None) -> str:
        return check_label(label or self.label, (reading.classifier for reading in self.readings.values()))


def tidy(
    readings: Mapping[str, Reading], strengths: npt.NDArray[np.float64], *, face: str, intervention: str
) -> pd.DataFrame:
    """Return readings as the tidy table, one row per strength and class of a classifier."""
    n = len(strengths)
    rows = [
        (name, label, reading, column)
        for name, reading in readings.items()
        for label in reading.classifier.classes
        if (column := reading.classifier.index_of(label)) is not None
    ]
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    # One table from whole columns: a table for each row of these would cost 50 ms in the live path.
    columns = {
        "face": face,
        "intervention": intervention,
        "step": np.tile(np.arange(n), len(rows)),
        "strength": np.tile(strengths, len(rows)),
        "classifier": np.repeat([name for name, *_ in rows], n),
        "label": np.repeat([label for _, label, *_ in rows], n),
        "logit": np.concatenate([reading.logits[:, column] for *_, reading, column in rows]),
        "probability": np.concatenate([reading.probabilities[:, column] for *_, reading, column in rows]),
    }
    table = pd.DataFrame(columns).astype({"logit": np.float64, "probability": np.float64})
    scales = [reading.classifier.scales.get(label) for _, label, reading, _ in rows]
    return table[list(COLUMNS)] if not any(scales) else _with_values(table, scales, n)


def _with_values(table: pd.DataFrame, scales: Sequence[Scale | None], n: int) -> pd.DataFrame:
    """Return the tidy table with values and units, and no probabilities where there are none."""
    values = table["probability"]
    return table.assign(
        probability=values.where(~np.repeat([scale is not None for scale in scales], n)),
        value=values,
        unit=np.repeat(["" if scale is None else scale.unit for scale in scales], n),
    )[[*COLUMNS, *VALUE_COLUMNS]]


def margin_of(scale: Scale | None, label: str, delta: float | None) -> float:
    """Return the margin δ of an output, or raise `BadValueError` if it can't be one.

    Examples
    --------
    >>> margin_of(None, "happy", None), margin_of(Scale("years"), "age", 3)
    (0.1, 3.0)
    """
    if scale is None:
        return as_margin(DELTA if delta is None else delta, below=1)
    if delta is None:
        words = scale.unit or "the units of its scale"
        msg = (
            f"The margin δ of {label!r} is in {words} ({scale}) and has no usual size: set it before the run."
        )
        raise BadValueError(msg, hint="In Python: delta=.")
    margin = as_margin(delta)
    if margin >= scale.span:
        msg = f"The margin δ of {label!r} lies below the whole of its scale ({scale}); got {delta!r}."
        raise BadValueError(msg)
    return margin


def measured(intervention: Intervention, face: Face | Head | None = None) -> tuple[str, ...]:
    """Return the properties that a sweep measures: `MEASURED`, and the one that is meant to move.

    Of a picture also what a head would have been given: `PHOTOGRAPHED`. What a network reads would slow every
    sweep down: it is measured on demand
    (``facelib.properties.measure(sweep.frames.faces, ["estimated_age"])``).
    """
    usual = (*MEASURED, *PHOTOGRAPHED) if isinstance(face, Face) else MEASURED
    own = intervention.moves
    if own is None or own in usual or own not in properties.PROPERTIES:
        return usual
    return usual if properties.PROPERTIES[own].cost == "network" else (*usual, own)


def check_models(names: object) -> None:
    """Raise `UnknownNameError` for ids that no classifier has; none of them is loaded."""
    classifiers.names()  # those of other packages are known then
    given = [names] if isinstance(names, str | Classifier) else names
    for name in given if isinstance(given, list | tuple) else ():
        check_kind(name, (str, Classifier), "A classifier or its id")
        if isinstance(name, str):
            classifiers.CLASSIFIERS[name]


def load_all(
    names: str | Sequence[str | Classifier] | None, device: str | Device | None = None
) -> list[Classifier]:
    """Load classifiers by id; None: all that are available here.

    Those that are loaded already stay where they are, unless a device is named.
    """
    listed = classifiers.available() if names is None else [names] if isinstance(names, str) else names
    check_kind(listed, Iterable, "A list of classifiers")
    listed = list(listed)
    if not listed:
        msg = "A sweep needs a classifier; none was given, or none is installed (see facelib models list)."
        raise BadValueError(msg)
    models = [classifiers.load(name, device) if isinstance(name, str) else name for name in listed]
    for model in models:
        check_kind(model, Classifier, "A classifier or its id")
    models = models if device is None else [model.on(device) for model in models]
    ids = [model.id for model in models]
    if len(set(ids)) < len(ids):
        msg = f"Every classifier of a sweep has its own id; got {', '.join(ids)}."
        raise BadValueError(msg)
    return models


def default_label(face: Face | Head) -> str:
    """Return the class that the face is meant to show, or happy where that isn't known."""
    return meant(face) or "happy"


def check_label(label: str, models: Iterable[Classifier] = ()) -> str:
    """Return a class by its name, or by a network's own word for it.

    Raises
    ------
    BadValueError
        It is no common emotion and no class of the models.
    """
    if label in EMOTIONS:
        return label
    readers = list(models)
    classes = dict.fromkeys([*EMOTIONS, *(name for model in readers for name in model.classes)])
    if label not in classes:
        meant = common([label])[label] if isinstance(label, str) else None
        if meant in classes and any(label in model.labels for model in readers):
            return str(meant)  # a network's own word for it
        hint = f" {label!r} is {meant!r} here." if meant else ""
        msg = f"The class is one of {shortened(list(classes), 20)}; got {label!r}.{hint}"
        raise BadValueError(msg)
    return label


def wanted_label(label: str | None, face: Face | Head, models: Sequence[Classifier]) -> str:
    """Return the class of interest: the one asked for, or the face's intended expression, or the usual one.

    Where no model has that, the first class of the first model, such as "cat".
    """
    if label:
        return check_label(label, models)
    attributes = {} if isinstance(face, Head) else face.attributes
    shown = [str(attributes[name]) for name in ("label", "expression") if name in attributes]
    usual = default_label(face)
    own = next((name for model in models for name in model.classes), usual)
    known = (name for name in (usual, *shown) if any(model.index_of(name) is not None for model in models))
    return next(known, own)


def sweep(
    face: Face | Head,
    intervention: str | Intervention,
    classifiers: str | Sequence[str | Classifier] | None = None,
    steps: int = 21,
    *,
    label: str | None = None,
    size: int = 224,
    replicates: int = REPLICATES,
    placebos: int = 0,
    seed: int = 0,
    workers: int = 2,
    device: str | Device | None = None,
    known: Mapping[float, Face] | None = None,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> Sweep:
    """Change one property of `face` step by step and read every picture with every classifier.

    Parameters
    ----------
    face
        A head, or a picture.
    intervention
        Id, such as ``"symmetry"``, or an intervention with its options.
    classifiers
        Ids; None: all that are available on this machine.
    steps
        Number of strengths from 0 to 1. Statistics of curves are compared at equal `steps` only.
    label
        The class of interest: a common emotion, or a label of a classifier of other things ("cat"). None:
        what the face is meant to show (a head's expression, a picture's ``label``), else happy; where no
        classifier has that, the first class there is.
    size
        Side of rendered pictures, px.
    replicates
        Shaken copies of the pictures (shift, scale, light) behind the local verdict.
    placebos
        Harmless changes of the same size that are read beside it, 99 for a verdict; each takes as long as
        seven pictures.
    seed
        Seed of the replicates and placebos.
    workers
        Threads.
    device
        Where classifiers read, as for `facelib.classifiers.load`; None: what FACELIB_DEVICE says, else the
        processor, or where a classifier that is given is.
    known
        Pictures of this sweep that are there already, by strength.
    progress
        True for a progress bar, or a function called with the `Progress`: the share that is done, of 1.
    stop
        Asked now and then; True ends the work.

    Raises
    ------
    BadValueError, UnknownNameError, UnavailableError
        For a value, a name or a model that isn't there.
    Cancelled
        If `stop` answered True.

    Examples
    --------
    >>> import facelib
    >>> result = facelib.sweep(facelib.Head(expression="happy"), "symmetry", placebos=99)  # doctest: +SKIP
    >>> result.effects()  # doctest: +SKIP
    """
    named = interventions.get(intervention)
    check_accepts(named, face)
    check_known(known)
    change = named.meant_for(face)
    if not isinstance(replicates, int | np.integer) or replicates < FEWEST_REPLICATES:
        msg = f"The local verdict needs at least {FEWEST_REPLICATES} replicates; got {replicates!r}."
        raise BadValueError(msg)
    nuisances = nuisance_replicates(replicates, seed=seed)
    models = load_all(classifiers, device)
    wanted = wanted_label(label, face, models)
    scale_of(models, wanted)  # one, or it raises
    strengths = even_strengths(steps)

    with reporting(progress, 1.0) as report:

        def go_on(share: float, words: str) -> None:
            check_stop(stop)
            report.at(share, words)

        go_on(0.0, "rendering the faces")
        frames = make_frames(face, change, strengths, size=size, workers=workers, known=known, stop=stop)
        go_on(RENDERED, "reading the faces")
        ends = frames.images[[0, -1]]
        shaken = [nuisance.apply(ends, frames.box) for nuisance in nuisances]
        rest = without_expression(frames.faces[0], face)
        readings = read(
            models,
            np.concatenate([frames.images, *shaken, *([] if rest is None else [rest.image[None]])]),
            frames.box,
            points=frames.points[0],
            workers=workers,
            of_heads=of_heads(frames.faces),
            progress=lambda at: go_on(RENDERED + (1 - RENDERED) * at.share, at.words),
            stop=stop,
        )
    n = len(strengths)
    found = Sweep(
        face=face,
        intervention=change,
        frames=frames,
        readings={name: reading.first(n) for name, reading in readings.items()},
        replicates={
            name: reading.probabilities[n : n + 2 * len(nuisances)].reshape(len(nuisances), 2, -1)
            for name, reading in readings.items()
        },
        rested={} if rest is None else {name: one.probabilities[-1] for name, one in readings.items()},
        label=wanted,
        seed=seed,
        properties=properties.measure(frames.faces, measured(change, face)),
    )
    return replace(found, references=_placebos(found, placebos, progress, stop)) if placebos else found


def _placebos(found: Sweep, n: int, progress: bool | Report | None, stop: Stop | None) -> References:
    """Run the placebos of a sweep, with progress."""
    from facelib.studies.sweeps.placebos import run_references

    with reporting(progress, 1.0) as report:
        for references in run_references(found, n, seed=found.seed, stop=stop):
            report.at(len(references) / n, "reading placebos")
    return references
