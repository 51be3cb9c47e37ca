"""Formats of other tools' tables: names of their columns, kinds of their outputs, units.

A format stands on its tool's own documentation, or on code that reads or writes such files; the address is in
`Format.source`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from facelib.classifiers.emotions import common
from facelib.errors import BadTableError
from facelib.utilities.registry import Registry

EMOTIONS: Final = "emotions"
NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
LETTERS: Final[Mapping[str, float]] = MappingProxyType(
    {"NotActive": 0.0, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0, "E": 5.0}
)
"""Intensities of action units in the letters of FACS."""
ORDER: Final = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt")
"""OpenFace 3's emotions by their number (https://github.com/CMU-MultiComp-Lab/OpenFace-3.0, README)."""


@dataclass(frozen=True)
class Unit:
    """Unit of scores.

    Attributes
    ----------
    low, high
        Ends of the scale.
    words
        What they mean; "" if nothing is to be said.
    """

    low: float
    high: float
    words: str = ""

    @property
    def width(self) -> float:
        """Length of the scale."""
        return self.high - self.low

    def __str__(self) -> str:
        """Return it in words."""
        scale = f"{self.low:g} to {self.high:g}".replace("-", "−")
        return f"{scale} ({self.words})" if self.words else scale


@dataclass(frozen=True)
class Outputs:
    """Outputs of one kind, which share a unit.

    Attributes
    ----------
    columns
        Their names, a pattern for the whole of one.
    unit
        Their unit.
    words
        What cells hold instead of numbers, and the number of each.
    names
        Where one cell holds all of them: their names, in the order in which it has them.
    """

    columns: re.Pattern[str]
    unit: Unit
    words: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A format of tables.

    Attributes
    ----------
    id, title
        Name in calls, and in words.
    marks
        Columns by which it is recognised: one of each group has to be there.
    outputs
        By kind, the usual one first.
    source
        Address of what says so.
    file
        Columns that may name the picture or film; none: the table's own name does.
    frame
        Columns that number or time frames.
    faces
        Whether a frame has a row for each face in it.
    sample
        Column that is empty in rows of other devices.
    failed
        Words in cells where no face was found or fitted.
    flag
        Column that is 0 where that was so.
    """

    id: str
    title: str
    marks: tuple[frozenset[str], ...]
    outputs: Mapping[str, Outputs]
    source: str
    file: tuple[str, ...] = ()
    frame: tuple[str, ...] = ()
    faces: bool = False
    sample: str = ""
    failed: tuple[str, ...] = ()
    flag: str = ""

    def fits(self, columns: Sequence[str]) -> bool:
        """Return whether a table with these columns is one of this format."""
        return all(group & set(columns) for group in self.marks)


FORMATS: Final[Registry[Format]] = Registry("format of tables")


def _marks(*names: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(name.split("|")) for name in names)


def _columns(*names: str) -> re.Pattern[str]:
    return re.compile("|".join(names))


SHARE: Final = Unit(0.0, 1.0)
PERCENT: Final = Unit(0.0, 100.0)

_FORMATS: Final = (
    Format(
        "facereader",
        "FaceReader",
        _marks("Video Time", "Neutral", "Happy", "Scared"),
        MappingProxyType(
            {
                EMOTIONS: Outputs(
                    _columns("Neutral", "Happy", "Sad", "Angry", "Surprised", "Scared", "Disgusted",
                        "Contempt",
                    ),
                    SHARE,
                ),
                "valence": Outputs(_columns("Valence"), Unit(-1.0, 1.0)),
                "arousal": Outputs(_columns("Arousal"), SHARE),
                "action units": Outputs(
                    _columns(r"Action Unit \d\d( \+ \d\d)? - .+"),
                    Unit(0.0, 5.0, "not active, then A to E"),
                    LETTERS,
                ),
            }
        ),
        "https://github.com/d-bohn/facereadeR (R/read_clean.R, inst/extdata)",
        frame=("Video Time",),
        failed=("FIT_FAILED", "FIND_FAILED"),
    ),
    Format(
        "openface",
        "OpenFace 2",
        _marks("confidence", "success|face", "AU12_r|AU12_c"),
        MappingProxyType(
            {
                "action units": Outputs(_columns(r"AU\d\d_r"), Unit(0.0, 5.0, "intensity")),
                "occurrence": Outputs(_columns(r"AU\d\d_c"), Unit(0.0, 1.0, "absent, present")),
            }
        ),
        "https://github.com/TadasBaltrusaitis/OpenFace/wiki/Output-Format; of FaceLandmarkImg: "
        "https://github.com/AffectAnalysisGroup/OpenFace (lib/local/Utilities/src/RecorderCSV.cpp)",
        frame=("frame",),
        faces=True,
        flag="success",
    ),
    Format(
        "openface3",
        "OpenFace 3",
        _marks("face_detection", "emotion", "gaze_yaw", "action_units", "image_path|video_path"),
        MappingProxyType(
            {
                EMOTIONS: Outputs(
                    _columns("emotion"), Unit(0.0, 1.0, "1: the emotion that it names"), names=ORDER
                ),
                "action units": Outputs(
                    _columns("action_units"),
                    Unit(0.0, 1.0, "which ones isn't documented"),
                    names=tuple(f"action_units_{number}" for number in range(8)),
                ),
            }
        ),
        "https://github.com/jchu10/openface-3.0-fixes (demo.py); OpenFace 3 itself writes no table",
        file=("image_path", "video_path"),
        frame=("frame_index",),
        faces=True,
    ),
    Format(
        "pyfeat",
        "Py-Feat",
        _marks("FaceScore", "anger", "happiness", "neutral", "input"),
        MappingProxyType(
            {
                EMOTIONS: Outputs(
                    _columns("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"), SHARE
                ),
                "action units": Outputs(_columns(r"AU\d\d"), SHARE),
            }
        ),
        "https://github.com/cosanlab/py-feat (feat/utils/__init__.py, feat/tests/data/test_detect.csv)",
        file=("input",),
        frame=("frame",),
        faces=True,
    ),
    Format(
        "imotions",
        "AFFDEX in iMotions",
        _marks("Anger", "Joy", "Engagement", "SourceStimuliName"),
        MappingProxyType(
            {
                EMOTIONS: Outputs(
                    _columns(
                        "Anger", "Contempt", "Disgust", "Fear", "Joy", "Sadness", "Surprise", "Neutral"
                    ),
                    PERCENT,
                ),
                "further emotions": Outputs(_columns("Sentimentality", "Confusion"), PERCENT),
                "valence": Outputs(_columns("Valence"), Unit(-100.0, 100.0)),
                "engagement": Outputs(_columns("Engagement"), PERCENT),
                "expressions": Outputs(
                    _columns(
                        "Brow Furrow", "Brow Raise", "Cheek Raise", "Chin Raise", "Dimpler", "Eye Closure",
                        "Eye Widen", "Inner Brow Raise", "Jaw Drop", "Lip Corner Depressor", "Lip Press",
                        "Lip Pucker", "Lip Stretch", "Lip Suck", "Lid Tighten", "Mouth Open", "Nose Wrinkle",
                        "Smile", "Smirk", "Upper Lip Raise",
                    ),
                    PERCENT,
                ),
            }
        ),
        "https://github.com/calebeynon/MarketRuns (issues/issue_15_imotions_documentation.md)",
        file=("SourceStimuliName",),
        frame=("Timestamp",),
        sample="SampleNumber",
    ),
)  # fmt: skip
for _format in _FORMATS:
    FORMATS.register(_format.id, _format)


ANYWAY: Final = "In Python: tool='any', file='picture', outputs=['joy', 'anger'], unit=(0, 1)."
ANY: Final = "any"
"""The `tool` of a table that is in none of `FORMATS`: its columns are named in the call."""


def any_format(file: str, columns: Sequence[str], unit: Unit) -> Format:
    """Return the format of a table of which somebody says what its columns are.

    Parameters
    ----------
    file
        The column that names the picture.
    columns
        Those of scores.
    unit
        Of all of them.

    Examples
    --------
    >>> ours = any_format("picture", ["joy", "anger"], SHARE)
    >>> ours.fits(["picture", "joy", "anger", "seconds"]), list(ours.outputs)
    (True, ['emotions'])
    """
    named = all(common(list(columns)).values())
    outputs = Outputs(_columns(*map(re.escape, columns)), unit)
    return Format(
        ANY, "A table of scores", tuple(frozenset({name}) for name in (file, *columns)),
        {EMOTIONS if named else "scores": outputs}, "", file=(file,),
    )  # fmt: skip


def recognised(columns: Sequence[str], name: str) -> Format:
    """Return the format that a table has, by its columns.

    Parameters
    ----------
    columns
        Of the table.
    name
        Of its file, for messages.

    Raises
    ------
    BadTableError
        It has none of `FORMATS`.

    Examples
    --------
    >>> recognised(["frame", "confidence", "success", "AU12_r"], "anna.csv").title
    'OpenFace 2'
    """
    for key in FORMATS:
        if FORMATS[key].fits(columns):
            return FORMATS[key]
    raise BadTableError(unrecognised(name), hint=ANYWAY)


def unrecognised(name: str) -> str:
    """Say that a table is of no known format, and what each would have."""
    needs = "; ".join(
        f"{one.title}: {', '.join(sorted(min(group) for group in one.marks))}" for one in _FORMATS
    )
    return (
        f"{name} is no table of a tool that is known here. Columns that are needed: {needs}. Of another "
        "tool's, say which column names the picture, which ones are scores, and on which scale."
    )
