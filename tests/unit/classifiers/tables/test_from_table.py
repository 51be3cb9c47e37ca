"""Tables as other tools write them: read in their own units, matched with pictures, refused in words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facelib import classifiers
from facelib.classifiers import ScoreTable, from_table
from facelib.classifiers.reading import COLUMNS
from facelib.classifiers.tables.exports import SUFFIXES
from facelib.classifiers.tables.formats import FORMATS
from facelib.errors import BadTableError, BadValueError, FacelibError, UnknownNameError
from facelib.faces import Face

# As FaceReader 6 writes it: github.com/d-bohn/facereadeR, inst/extdata.
FACEREADER = """Video analysis detailed log
Face Model:\tGeneral61
Calibration:\tNone
Start time:\t0
Filename:\t{film}
Frame rate:\t29.97002997

"""
FACEREADER += (
    "Video Time,Neutral,Happy,Sad,Angry,Surprised,Scared,Disgusted,Contempt,Valence,Arousal,Mouth,"
    "Action Unit 06 - Cheek Raiser,Action Unit 12 - Lip Corner Puller,Stimulus\n"
).replace(",", "\t")
GOOD = "{time}\t0.1\t{happy}\t0.001\t0.002\t0.003\t0.004\t0.005\t0.006\t0.5\t0.4\tOpen\tNotActive\tC\tNone\n"
FAILED = "{time}" + "\t{word}" * 10 + "\t{word}\t{word}\t{word}\tNone\n"
# As OpenFace 2 writes it of films, with blanks after the commas, and of pictures.
OPENFACE = "frame, face_id, timestamp, confidence, success, gaze_0_x, AU06_r, AU12_r, AU06_c, AU12_c\n"
OPENFACE_IMAGE = "face, confidence, gaze_0_x, AU06_r, AU12_r, AU06_c, AU12_c\n"
PYFEAT = "frame,FaceRectX,FaceScore,AU06,AU12,anger,disgust,fear,happiness,sadness,surprise,neutral,input\n"
OPENFACE3 = "timestamp,image_path,face_id,face_detection,landmarks,emotion,gaze_yaw,gaze_pitch,action_units\n"
IMOTIONS = (
    "#INFO\nStudy name,CPMR_1\nRespondent Name,R3\n#DATA\n"
    "Row,Timestamp,EventSource,SlideEvent,StimType,Duration,CollectionPhase,SourceStimuliName,EventSource,"
    "SampleNumber,Anger,Contempt,Disgust,Fear,Joy,Sadness,Surprise,Engagement,Valence,Sentimentality,"
    "Confusion,Neutral,Smile,Blink\n"
)


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def facereader(folder: Path, film: str, rows: str, **how: Any) -> Path:
    return written(folder, f"{Path(film).stem}_log.txt", FACEREADER.format(film=film) + rows, **how)


def face(name: str, **known: Any) -> Face:
    grey = np.full((8, 8, 3), 128, np.uint8)
    attributes = {"id": name, **known}
    return Face(grey, np.array([0.0, 0, 8, 8]), np.full((2, 2), np.nan), attributes=attributes)


def scores(table: ScoreTable, *names: str | Face) -> dict[str, Any]:
    """Return the scores of pictures, or why there are none, by name."""
    faces = [face(one) if isinstance(one, str) else one for one in names]
    found = table.match(faces).scores.set_index("face")
    return {
        name: row["problem"] or [round(row[label], 4) for label in table.labels]
        for name, row in found.iterrows()
    }


def test_facereader_keeps_its_units_and_its_words_for_emotions(tmp_path: Path) -> None:
    facereader(tmp_path, "\\\\films\\\\anna.png", GOOD.format(time="00:00:00.000", happy="0.7"))
    facereader(tmp_path, "ben.png", FAILED.format(time="00:00:00.000", word="FIT_FAILED"))
    facereader(tmp_path, "carl.png", FAILED.format(time="00:00:00.000", word="FIND_FAILED"))
    table = from_table(tmp_path)
    assert (table.id, table.format.title, str(table.unit), table.delta) == (
        "facereader", "FaceReader", "0 to 1", 0.1,
    )  # fmt: skip
    assert table.classes == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
    found = scores(table, "anna.png", "ben.png", "carl.png", "dora.png")
    assert found["anna.png"] == [0.1, 0.7, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006]
    assert found["ben.png"] == "FaceReader: FIT_FAILED"
    assert found["carl.png"] == "FaceReader: FIND_FAILED"
    assert found["dora.png"] == "no row of it"


def test_letters_of_action_units_are_steps(tmp_path: Path) -> None:
    path = facereader(tmp_path, "anna.png", GOOD.format(time="0", happy="0.7"))
    table = from_table(path, outputs="action units")
    assert scores(table, "anna.png")["anna.png"] == [0.0, 3.0]
    assert (table.unit.high, table.delta) == (5.0, 0.5)
    assert table.classes == table.labels  # no emotion: their own names
    numbers = path.read_text().replace("NotActive\tC", "0.2\t0.6")
    path.write_text(numbers)
    with pytest.raises(BadTableError, match=r"line 9.*0\.2 came where one of NotActive, A"):
        from_table(path, outputs="action units")
    assert scores(from_table(path, outputs="action units", unit=(0, 1)), "anna.png")["anna.png"] == [0.2, 0.6]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_how_a_system_writes_text_makes_no_difference(encoding: str, end: str, tmp_path: Path) -> None:
    rows = GOOD.format(time="0", happy="0,7").replace("0.", "0,")
    text = (FACEREADER.format(film="Jörg.png") + rows).replace("\n", end)
    table = from_table(written(tmp_path, "log.txt", text, encoding))
    assert scores(table, "jörg.PNG")["jörg.PNG"][1] == 0.7


def test_openface_of_films_and_of_pictures(tmp_path: Path) -> None:
    written(tmp_path, "anna.csv", OPENFACE + "1, 0, 0.0, 0.98, 1, 0.1, 1.20, 2.75, 1.0, 1.0\n")
    written(tmp_path, "ben.csv", OPENFACE + "1, 0, 0.0, 0.02, 0, 0.1, 1.20, 2.75, 1.0, 1.0\n")
    table = from_table(tmp_path)
    assert scores(table, "faces/anna.jpg", "faces/ben.jpg") == {
        "faces/anna.jpg": [1.2, 2.75],
        "faces/ben.jpg": "OpenFace 2: success 0",
    }
    assert from_table(tmp_path / "anna.csv", outputs="occurrence").labels == ("AU06_c", "AU12_c")
    image = written(tmp_path, "c.csv", OPENFACE_IMAGE + "0, 0.9, 0.1, 1, 2, 1, 1\n1, 0.8, 0.1, 3, 4, 1, 1\n")
    assert scores(from_table(image), "c.png")["c.png"].startswith("2 faces in it")


def test_pyfeat_names_the_picture_in_each_row(tmp_path: Path) -> None:
    rows = (
        "0.0,10,0.99,0.4,0.8,0.01,0.02,0.03,0.9,0.01,0.02,0.01,F:\\faces\\anna.png\n"
        "1.0,,,,,,,,,,,,F:\\faces\\ben.png\n"
        "2.0,10,0.99,0.4,0.8,0,0,0,1,0,0,0,F:\\faces\\two.png\n"
        "2.0,90,0.98,0.4,0.8,1,0,0,0,0,0,0,F:\\faces\\two.png\n"
    )
    path = written(tmp_path, "fex.csv", PYFEAT + rows)
    table = from_table(path)
    assert table.classes == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")
    found = scores(table, "anna.png", "ben.png", "two.png")
    assert found["anna.png"][table.labels.index("happiness")] == 0.9
    assert found["ben.png"] == "Py-Feat gives no score"
    assert found["two.png"].startswith("2 faces in it")
    assert from_table(path, outputs=["AU12"]).labels == ("AU12",)


def test_openface_3_names_an_emotion_by_its_number(tmp_path: Path) -> None:
    units = '"[[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]]"'
    rows = f'2026,in/anna.png,0,"[1, 2, 3]",,1,0.1,0.2,{units}\n2026,in/ben.png,,,,,,,\n'
    path = written(tmp_path, "all.csv", OPENFACE3 + rows)
    found = scores(from_table(path), "anna.png", "ben.png")
    assert found == {"anna.png": [0, 1, 0, 0, 0, 0, 0, 0], "ben.png": "OpenFace 3 gives no score"}
    table = from_table(path, outputs="action units")
    assert scores(table, "anna.png")["anna.png"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    written(tmp_path, "all.csv", OPENFACE3 + f'2026,in/anna.png,0,"[1]",,8,0.1,0.2,{units}\n')
    with pytest.raises(BadTableError, match="neither 8 numbers nor one of 0 to 7"):
        from_table(path)


def test_imotions_has_a_preamble_rows_of_other_devices_and_its_own_hundred(tmp_path: Path) -> None:
    rows = (
        "1,0,Native,StartMedia,TestImage,5000,Default,anna.png,,,,,,,,,,,,,,,,\n"
        "2,40,Native,,TestImage,5000,Default,anna.png,AFFDEX,1,1,2,3,4,80,6,7,90,-50,9,10,11,70,0\n"
        "3,80,Native,,TestImage,5000,Default,anna.png,AFFDEX,2,3,2,3,4,90,6,7,90,-50,9,10,11,70,0\n"
        "4,120,Native,,TestImage,5000,Default,anna.png,AFFDEX,3,,,,,,,,,,,,,,\n"
    )
    path = written(tmp_path, "001_R3.csv", IMOTIONS + rows, "utf-8-sig")
    table = from_table(path)
    assert (str(table.unit), table.delta) == ("0 to 100", 10.0)
    assert "happy" in table.classes
    assert "contempt" in table.classes
    assert scores(table, "anna.png")["anna.png"] == "3 rows of it; frames='mean' takes their mean"
    mean = from_table(path, frames="mean")
    found = mean.match([face("anna.png")]).scores.iloc[0]
    assert (found["rows"], found["used"], found["Joy"], found["Anger"]) == (3, 2, 85.0, 2.0)
    assert mean.export.notes == ("1 row of other devices left out (no sample).",)
    assert str(from_table(path, outputs="valence", frames="mean").unit) == "−100 to 100"
    assert scores(from_table(path, outputs="valence", frames="mean"), "anna.png") == {"anna.png": [-50.0]}


def test_frames_are_matched_by_their_number_or_time(tmp_path: Path) -> None:
    rows = "".join(f"{n}, 0, 0.0, 0.98, {int(n != 3)}, 0.1, {n}.0, 2.0, 1, 1\n" for n in (1, 2, 3))
    path = written(tmp_path, "anna.csv", OPENFACE + rows)
    pictures = [face(f"{n}.png", film="anna.mp4", frame=n) for n in (1.0, 3, 9)]
    found = scores(from_table(path, column="film"), *pictures)
    assert found == {"1.0.png": [1.0, 2.0], "3.png": "OpenFace 2: success 0", "9.png": "no row of frame 9"}
    mean = from_table(path, frames="mean", column="film").match([face("all", film="anna.mp4")]).scores.iloc[0]
    assert (mean["AU06_r"], mean["used"], mean["rows"]) == (1.5, 2, 3)
    written(tmp_path, "anna.csv", OPENFACE + rows.replace("0.98, 1", "0.1, 0"))
    none = scores(from_table(path, frames="mean", column="film"), face("all", film="anna.mp4"))
    assert none == {"all": "3 × OpenFace 2: success 0"}


def test_what_could_be_two_pictures_is_neither_and_nothing_is_dropped_silently(tmp_path: Path) -> None:
    row = "0,1,0.9,0.4,0.8,0,0,0,1,0,0,0,{}\n"
    names = ("1.png", "D:/x/anna/2.png", "ben\\3.png", "nobody.png", "4.jpg")
    path = written(tmp_path, "fex.csv", PYFEAT + "".join(map(row.format, names)))
    pictures = ["anna/1.png", "ben/1.png", "anna/2.png", "ben/2.png", "3.png", "4.png"]
    match = from_table(path).match([face(name) for name in pictures])
    problems = dict(zip(match.scores["face"], match.scores["problem"], strict=True))
    assert problems == {
        "anna/1.png": "the row of 1.png may be of another picture",
        "ben/1.png": "the row of 1.png may be of another picture",
        "anna/2.png": "",
        "ben/2.png": "no row of it",
        "3.png": "",
        "4.png": "no row of it",  # another ending is another picture
    }
    unused = match.unused.set_index("file")
    assert unused["reason"].to_dict() == {
        "1.png": "it may be anna/1.png, ben/1.png",
        "nobody.png": "no picture of this name",
        "4.jpg": "no picture of this name",
    }
    assert unused.loc["nobody.png", "place"] == "fex.csv, line 5"
    assert match.notes == (
        "2 pictures have no scores (the row of 1.png may be of another picture): anna/1.png, ben/1.png.",
        "2 pictures have no scores (no row of it): ben/2.png, 4.png.",
        "1 file of the table is not used (it may be anna/1.png, ben/1.png): 1.png.",
        "2 files of the table are not used (no picture of this name): nobody.png, 4.jpg.",
    )


def slow_twin(named: str, picture: str) -> bool:
    """Say whether a tool's name may be a picture's, line by line from `match_rows`' words."""
    one, other = (name.replace("\\", "/").lower().split("/") for name in (named, picture))
    pictures = (".png", ".jpg", ".jpeg", ".webp")
    ends = [("." + part[-1].split(".")[-1]) if "." in part[-1] else "" for part in (one, other)]
    if all(end in pictures for end in ends) and ends[0] != ends[1]:
        return False
    for part in (one, other):
        part[-1] = part[-1].split(".")[0]
    short, long = sorted((one, other), key=len)
    return long[len(long) - len(short) :] == short


NAMES = st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(["", ".png", ".jpg", ".mp4"]).map(lambda end: "/".join(parts) + end)
)


@pytest.mark.thorough
@given(named=NAMES, picture=NAMES.map(lambda name: name.replace(".mp4", "")))
def test_one_name_fits_one_picture_as_its_words_say(named: str, picture: str) -> None:
    from facelib.classifiers.tables.matching import _pairs

    found, _ = _pairs([named], [picture])
    assert bool(found[picture][0]) == slow_twin(named, picture)


def test_it_answers_like_a_classifier_and_reads_no_picture(tmp_path: Path) -> None:
    table = from_table(facereader(tmp_path, "anna.png", GOOD.format(time="0", happy="0.7")), id="fr")
    answers = table.read([face("anna.png"), face("ben.png")])
    assert list(answers)[: len(COLUMNS)] == list(COLUMNS)
    assert answers.loc[answers["label"] == "happy", "logit"].tolist()[0] == 0.7
    assert answers["probability"].isna().all()
    assert answers.loc[answers["face"] == "ben.png", "remark"].unique().tolist() == ["no row of it"]
    pictures = np.zeros((1, 8, 8, 3), np.uint8)
    for ask in (table.logits, table.probabilities, table.prepare, table.features):
        with pytest.raises(BadValueError, match="reads no pictures"):
            ask(pictures)
    with pytest.raises(BadValueError, match="give it to a study"):
        classifiers.register("fr", table)
    (row,) = classifiers.provenance([table]).to_dict("records")
    assert (row["network"], row["size"], row["sha256"]) == ("FaceReader", "", table.card.sha256)
    assert "its own" not in row["probabilities"]
    assert "own unit" in row["probabilities"]


CELLS = "0,1,1,0,0,"
BROKEN: dict[str, tuple[bytes | str, str]] = {
    "nothing": (b"", "is no table of a tool that is known"),
    "another table": (b"file,person\na.png,1\n", "is no table of a tool that is known"),
    "bytes of 0": (b"\0" * 500, "bytes of 0"),
    "names of columns alone": (PYFEAT, "no row of scores"),
    "cut off": (PYFEAT + "0,1,0.9,0.4", "line 2 has 4 cells; there are 13 columns"),
    "more cells": (PYFEAT + "0" + ",1" * 20, "line 2 has 21 cells"),
    "a word": (PYFEAT + CELLS + "x,0,0,0,0,0,0,a.png", "anger: 'x' is no number"),
    "an end without end": (PYFEAT + CELLS + "inf,0,0,0,0,0,0,a.png", "'inf' is no number"),
    "a program": (PYFEAT + CELLS + "=1+1,0,0,0,0,0,0,a.png", "'=1\\+1' is no number"),
    "another unit": (PYFEAT + CELLS + "80,0,0,0,0,0,0,a.png", "80 is outside 0 to 1"),
    "a quote without end": (PYFEAT + '"' + "a" * 200_000, "can't be read as a table"),
    "a line without end": (b"a" * 2_000_000, "a line of more than"),
    "a column twice": (PYFEAT.replace("AU06", "anger") + "0" + ",0" * 12, "several columns"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_is_told_in_words(name: str, tmp_path: Path) -> None:
    content, words = BROKEN[name]
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadTableError, match=words) as told:
        from_table(path)
    assert len(str(told.value)) < 1000


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([FACEREADER.format(film="a"), OPENFACE, PYFEAT, OPENFACE3, IMOTIONS]),
    rest=st.text(alphabet=st.sampled_from("0123456789.,;\t\n\"'ae-[]{}=\r\x0b"), max_size=120),
    cut=st.integers(0, 400),
)
def test_whatever_stands_there_is_read_or_refused(head: str, rest: str, cut: int, tmp_path: Path) -> None:
    text = (head + rest)[: max(cut, 1)] if cut < 200 else head + rest
    path = written(tmp_path, "a.csv", text)
    for outputs in (None, "action units"):
        try:
            table = from_table(path, outputs=outputs)
        except (BadTableError, BadValueError):
            continue
        values = table.export.rows[list(table.labels)].to_numpy(float)
        assert (
            (values >= table.unit.low - 1e-3) & (values <= table.unit.high + 1e-3) | np.isnan(values)
        ).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"outputs": "feelings"}, "no outputs of the kind 'feelings'; it has 'emotions', 'action units'"),
        ({"outputs": ["anger", "AU06"]}, "of one kind"),
        ({"outputs": ["joy"]}, "has no scores joy"),
        ({"outputs": []}, "one or more"),
        ({"delta": 0}, "delta lies above 0"),
        ({"delta": 1.5}, "below the length of the scale, 0 to 1"),
        ({"delta": math.nan}, "delta"),
        ({"frames": "all"}, "'one' or 'mean'"),
        ({"unit": (1, 0)}, "lower one first"),
        ({"unit": 5}, "two ends"),
        ({"unit": (0, math.inf)}, "two ends"),
        ({"file": "picture"}, "not one column 'picture'"),
        ({"frame": "time"}, "not one column 'time'"),
        ({"tool": 3}, "tool"),
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = written(tmp_path, "fex.csv", PYFEAT + "0,1,0.9,0.4,0.8,0,0,0,1,0,0,0,a.png\n")
    with pytest.raises(FacelibError, match=words):
        from_table(path, **options)


def test_places_without_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("no table")
    for place in (tmp_path, tmp_path / "gone.csv", [], 5):
        with pytest.raises(BadValueError, match=r"(?i)table"):
            from_table(place)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="facereader"):
        from_table(tmp_path, tool="facereder")
    path = written(tmp_path, "fex.csv", PYFEAT + "0,1,0.9,0.4,0.8,0,0,0,1,0,0,0,a.png\n")
    with pytest.raises(BadTableError, match="known"):
        from_table(path, tool="openface")
    written(tmp_path, "anna.csv", OPENFACE + "1, 0, 0.0, 0.98, 1, 0.1, 1.20, 2.75, 1.0, 1.0\n")
    with pytest.raises(BadTableError, match="Read each alone"):
        from_table(tmp_path)


def test_every_format_says_where_it_is_written() -> None:
    assert set(FORMATS) == {"facereader", "openface", "openface3", "pyfeat", "imotions"}
    assert all(FORMATS[key].source.startswith("https://github.com/") for key in FORMATS)
    assert SUFFIXES == (".csv", ".txt", ".tsv")


def test_a_table_of_any_tool_is_read_as_it_is_said_to_be(tmp_path: Path) -> None:
    path = written(
        tmp_path, "ours.csv", "made by us\npicture;joy;Wut;seconds\na.png;80,5;3;0,1\nb.png;;7;0,2\n"
    )
    asked: dict[str, Any] = {"tool": "any", "file": "picture", "outputs": ["joy", "Wut"], "unit": (0, 100)}
    table = from_table(path, **asked)
    assert (table.id, table.labels, str(table.unit), table.delta) == ("any", ("joy", "Wut"), "0 to 100", 10.0)
    assert table.emotions == {"joy": "happy", "Wut": "angry"}
    found = table.match([face("a.png"), face("b.png"), face("c.png")]).scores
    assert found["joy"].tolist()[0] == 80.5
    assert found["problem"].tolist() == ["", "A table of scores gives no score of joy", "no row of it"]
    other = from_table(path, **(asked | {"outputs": ["seconds"], "unit": (0, 1), "id": "speed"}))
    assert other.emotions == {"seconds": None}
    with pytest.raises(BadTableError, match=r"tool's, say which column names the picture"):
        from_table(path)
    for lacking in ("file", "outputs", "unit"):
        with pytest.raises(BadValueError, match="say which column names the picture"):
            from_table(path, **{name: one for name, one in asked.items() if name != lacking})
    with pytest.raises(BadTableError, match="no line with the names of these columns: anger, joy, picture"):
        from_table(path, **(asked | {"outputs": ["joy", "anger"]}))
    with pytest.raises(BadTableError, match=r"80\.5 is outside 0 to 1"):
        from_table(path, **(asked | {"unit": (0, 1)}))
