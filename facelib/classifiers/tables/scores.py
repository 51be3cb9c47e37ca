"""Scores of another tool as a reader of pictures: in its own units, with a margin of its own."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from facelib.classifiers.card import NOT_STATED, Card
from facelib.classifiers.classifier import Classifier
from facelib.classifiers.emotions import common
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.tables.exports import Asked, Export, plain_frame, read_exports
from facelib.classifiers.tables.formats import ANY, ANYWAY, EMOTIONS, FORMATS, Format, Unit, any_format
from facelib.classifiers.tables.matching import Frames, Match, Picture, match_rows
from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, FaceSet, Head
from facelib.models.devices import Device, refuse_accelerator
from facelib.utilities.checks import as_number

if TYPE_CHECKING:
    import pandas as pd

    from facelib.utilities.progress import Report

SHARE_OF_SCALE: Final = 0.1
"""Margin where none is given, as a share of the unit's scale (our choice, as .10 of a probability is)."""


class _NoNetwork(nn.Module):
    """Holds the hash of matched scores, so that what was stored of others isn't taken for these."""

    def __init__(self, digest: bytes) -> None:
        super().__init__()
        self.register_buffer("digest", torch.tensor(list(digest), dtype=torch.uint8))

    def forward(self, _: torch.Tensor) -> NoReturn:
        """Refuse pictures."""
        raise BadValueError(REFUSED)


REFUSED: Final = (
    "A table of another tool's scores reads no pictures: it has the ones that the tool read. It serves "
    "observational and paired studies of these."
)

NOWHERE: Final = "another tool computed these scores, so it runs on no device of facelib's"


class ScoreTable(Classifier):
    """Scores of another tool, as a reader of pictures in observational and paired studies.

    They are no probabilities and no logits: they stay in the tool's own unit. Made by `from_table`.

    Attributes
    ----------
    format
        Format of the table, with the tool's name.
    unit
        Of the scores.
    delta
        Margin of paired studies, in that unit.
    export
        What was read: one row per row of the files.
    """

    def __init__(
        self,
        export: Export,
        *,
        id: str,  # noqa: A002
        delta: float,
        frames: Frames,
        column: str,
        source: str,
    ) -> None:
        self.export, self.format, self.unit = export, export.format, export.unit
        self.delta, self.frames, self.column = delta, frames, column
        self._matched: Mapping[str, tuple[npt.NDArray[np.float64], str]] | None = None
        labels = export.names
        emotions = common(labels) if export.kind == EMOTIONS else dict.fromkeys(labels)
        title = export.format.title
        super().__init__(
            id,
            _NoNetwork(bytes.fromhex(export.sha256)),
            nn.Identity(),
            labels=labels,
            emotions=emotions,
            preparation=Preparation(224, "rgb", 0.0, 1.0),
            card=Card(
                title=f"{title}: {export.kind}",
                source=source,
                sha256=export.sha256,
                licence=NOT_STATED,
                network=title,
                parameters=0,
                input="what the tool saw: nothing of it is known here",
                feature_map="none",
                probabilities=f"none: scores from {export.unit}, the tool's own unit",
                training_data=NOT_STATED,
                limits="Scores as the tool wrote them; its version and settings aren't in the table.",
            ),
            no_maps=f"These are scores that {title} wrote: there is no network to look into.",
        )

    def match(self, faces: Face | Head | FaceSet | Sequence[Face | Head]) -> Match:
        """Return the scores of pictures, and what can't be matched, with reasons.

        Parameters
        ----------
        faces
            A `FaceSet`, or faces with their file's name as attribute ``file`` or ``id``.

        Raises
        ------
        BadValueError
            Something else is given.
        """
        return self.match_pictures(self._pictures(faces))

    def match_pictures(self, pictures: Sequence[Picture]) -> Match:
        """Return the same of pictures by their names."""
        return match_rows(self.export, pictures, frames=self.frames)

    def picture(self, name: str, known: Mapping[str, Any]) -> Picture:
        """Return a picture as it is looked for, by its id and what is known of it."""
        file, frame = known.get(self.column), known.get("frame")
        missing = frame is None or (isinstance(frame, float) and np.isnan(frame))
        return Picture(
            name,
            file if isinstance(file, str) and file else name,
            "" if missing else plain_frame(frame),
        )

    def bound(self, pictures: Sequence[Picture]) -> ScoreTable:
        """Return it with the scores of these pictures alone, to be read by `scores_of`."""
        scores = self.match_pictures(pictures).scores
        made = copy.copy(self)
        values = scores[list(self.labels)].to_numpy(np.float64)
        made._matched = {
            name: (row, problem)
            for name, row, problem in zip(scores["face"], values, scores["problem"], strict=True)
        }
        digest = hashlib.sha256(values.tobytes())
        for column in ("face", "problem"):
            digest.update("\0".join(scores[column]).encode())
        made.body = _NoNetwork(digest.digest()).eval()
        made.export = replace(self.export, rows=self.export.rows.iloc[:0])  # workers need the matched alone
        return made

    def scores_of(self, name: str) -> tuple[npt.NDArray[np.float64], str]:
        """Return the scores (K,) of a bound picture, in the order of `labels`; or NaN and why."""
        nothing = np.full(len(self.labels), np.nan)
        return (self._matched or {}).get(name, (nothing, "no row of it"))

    def read(
        self,
        faces: Face | Head | Sequence[Face | Head],
        *,
        skip_broken: bool = True,
        progress: bool | Report | None = None,
    ) -> pd.DataFrame:
        """Return the scores of faces: the columns of `Classifier.read`, ``probability`` NaN.

        ``value`` and ``logit`` hold the score in ``unit``, the tool's own; ``remark`` says why there is none.
        """
        import pandas as pd

        del skip_broken, progress  # no picture is opened
        found = self.match(faces).scores
        wide = found.melt(
            id_vars=["face", "problem"], value_vars=list(self.labels), var_name="output", value_name="logit"
        )
        order = pd.Series(range(len(found)), index=found["face"])
        wide = wide.assign(at=wide["face"].map(order)).sort_values("at", kind="stable")
        return pd.DataFrame(
            {
                "face": wide["face"],
                "classifier": self.id,
                "label": wide["output"].map(lambda name: self.emotions[name] or name),
                "output": wide["output"],
                "logit": wide["logit"],
                "probability": np.nan,
                "value": wide["logit"],
                "unit": str(self.unit),
                "shown": None,
                "person": None,
                "remark": wide["problem"],
            }
        ).reset_index(drop=True)

    def _pictures(self, faces: object) -> list[Picture]:
        if isinstance(faces, FaceSet):
            rows: list[dict[Any, Any]] = faces.table.to_dict("records")
            return [self.picture(str(row["id"]), row) for row in rows]
        listed = [faces] if isinstance(faces, Face | Head) else faces
        check_kind(listed, Iterable, "A FaceSet, a face, or a list of them,")
        found = []
        for number, face in enumerate(listed):  # type: ignore[var-annotated,arg-type]
            check_kind(face, (Face, Head), "A FaceSet, a face, or a list of them,")
            known = {} if isinstance(face, Head) else face.attributes
            name = face.key if isinstance(face, Head) else str(known.get("id") or known.get("name") or number)
            found.append(self.picture(name, known))
        return found

    def where(self, device: str | Device | None = None) -> Device:
        """Return where it is: nothing is computed of a table.

        Raises
        ------
        BadValueError
            An accelerator is named.
        """
        refuse_accelerator(device, f"The table of scores {self.id}", NOWHERE)
        return self.device

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Refuse: it reads no pictures."""
        raise BadValueError(REFUSED)

    prepare = crop_boxes = logits = features = _refuse
    engine = property(_refuse)


def from_table(
    path: str | Path | Iterable[str | Path],
    *,
    tool: str | None = None,
    outputs: str | Sequence[str] | None = None,
    id: str | None = None,  # noqa: A002
    delta: float | None = None,
    frames: Frames = "one",
    file: str | None = None,
    frame: str | None = None,
    unit: tuple[float, float] | None = None,
    column: str = "file",
) -> ScoreTable:
    r"""Return scores that another tool wrote as a reader for observational and paired studies.

    FaceReader's detailed log; tables of OpenFace 2 and 3, of Py-Feat (``Fex.to_csv``), and of AFFDEX in
    iMotions. Scores stay in the tool's own unit: they are no probabilities, and nothing is rescaled. Where no
    face was found (FaceReader's FIT_FAILED, OpenFace's success 0), a score is missing, with the reason.

    Parameters
    ----------
    path
        A table, several, or a folder of them: CSV, or text with tabs; a preamble is passed over.
    tool
        Format: one of `facelib.classifiers.tables.formats.FORMATS`. None: by the names of its columns. "any":
        of another tool, or scores of one's own; `file`, `outputs` (columns) and `unit` say what they are.
    outputs
        Kind of outputs: "emotions", "action units", "valence" … or columns of one kind, which share a unit.
        None: emotions, or what the tool has instead. Emotions count under their common names, others under
        the tool's own.
    id
        Name in studies; None: the format's.
    delta
        Margin of paired studies, in the tool's unit, set before the run. None: a tenth of its scale (our
        choice).
    frames
        "one": every picture has one row, or names its frame (a column ``frame`` of the faces' table); others
        are missing. "mean": the mean over all rows of a picture or film that have scores.
    file, frame
        Columns of the table that name the picture (or film), and number or time its frames. None: the
        tool's usual ones, else the file's name in a preamble, else the table's own name.
    unit
        Ends of the scale where a tool was set to another one than usual.
    column
        Column of the faces' table that says which file the tool read: the picture's own, or its film's.

    Returns
    -------
    ScoreTable
        Its ``match(faces)`` says which picture has which scores, and what can't be matched, with reasons.

    Raises
    ------
    BadValueError
        There is no such file, or an option is none.
    UnknownNameError
        There is no such format.
    BadTableError
        A table can't be read, is of another tool, or has cells that are no scores.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> lines = ["frame,face_id,timestamp,confidence,success,AU06_r,AU12_r", "1,0,0,0.98,1,1.20,2.75"]
    >>> _ = (folder / "anna.csv").write_text("\n".join(lines))
    >>> table = from_table(folder / "anna.csv")
    >>> table.format.title, table.labels, str(table.unit), table.delta
    ('OpenFace 2', ('AU06_r', 'AU12_r'), '0 to 5 (intensity)', 0.5)
    >>> grey = Face(np.zeros((64, 64, 3), np.uint8), np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan))
    >>> faces = [grey.replace(attributes={"id": name}) for name in ("anna.png", "ben.png")]
    >>> table.match(faces).scores[["face", "AU12_r", "problem"]].values.tolist()
    [['anna.png', 2.75, ''], ['ben.png', nan, 'no row of it']]
    """
    for value, what in (
        (tool, "The format (tool)"), (id, "The name (id)"), (file, "The column of pictures (file)"),
        (frame, "The column of frames (frame)"),
    ):  # fmt: skip
        check_kind(value, (str, type(None)), f"{what}, a text, or None,")
    check_kind(column, str, "The column of the faces' table (column), a text,")
    check_kind(outputs, (str, Iterable, type(None)), "A kind of outputs, or a list of columns,")
    if tool not in {None, ANY}:
        FORMATS[str(tool)]
    if frames not in ("one", "mean"):
        msg = f"frames is 'one' or 'mean'; got {frames!r}."
        raise BadValueError(msg)
    asked = Asked(
        tool, outputs if outputs is None or isinstance(outputs, str) else tuple(outputs), file, frame,
        None if unit is None else _unit(unit),
    )  # fmt: skip
    if tool == ANY:
        asked = replace(asked, format=_any(asked))
    paths = path if isinstance(path, str | Path) else list(path) if isinstance(path, Iterable) else path
    export = read_exports(paths, asked)
    margin = SHARE_OF_SCALE * export.unit.width if delta is None else as_number(delta, "The margin delta")
    if not 0 < margin < export.unit.width:
        msg = (
            f"The margin delta lies above 0 and below the length of the scale, {export.unit}; got {delta!r}."
        )
        raise BadValueError(msg)
    source = Path(paths).name if isinstance(paths, str | Path) else f"{len(paths)} tables"
    return ScoreTable(
        export, id=id or export.format.id, delta=margin, frames=frames, column=column, source=source
    )


def _any(asked: Asked) -> Format:
    """Return the format of a table of which all is said, or raise `BadValueError`."""
    if asked.file is None or asked.unit is None or isinstance(asked.outputs, str) or not asked.outputs:
        msg = (
            "Of a table of any tool say which column names the picture (file), which are scores (outputs, a "
            f"list), and the ends of their scale (unit); got {asked.file!r}, {asked.outputs!r}, {asked.unit}."
        )
        raise BadValueError(msg, hint=ANYWAY)
    return any_format(asked.file, list(asked.outputs), asked.unit)


def _unit(ends: Any) -> Unit:
    try:
        low, high = (as_number(end, "An end of the scale (unit)") for end in ends)
    except (TypeError, ValueError) as error:
        msg = f"The unit is the two ends of a scale, such as (0, 100); got {ends!r}."
        raise BadValueError(msg) from error
    if not (np.isfinite([low, high]).all() and low < high):
        msg = f"The unit is the two ends of a scale, the lower one first; got {ends!r}."
        raise BadValueError(msg)
    return Unit(low, high)


def tables_among(models: object) -> list[ScoreTable]:
    """Return those of some readers that are tables of another tool's scores."""
    listed = models if isinstance(models, list | tuple) else [models]
    return [model for model in listed if isinstance(model, ScoreTable)]
