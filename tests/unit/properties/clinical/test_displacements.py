"""What a physician does with a whole folder: rest and smile of everybody, one call, one table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from facelib import data, properties
from facelib.cli.main import app
from facelib.errors import BadTableError, BadValueError, FacelibError, UnknownNameError
from facelib.faces import Face, FaceSet, Head
from facelib.properties.clinical.changes import CHANGE_COLUMNS, changes_of
from facelib.properties.clinical.displacements import DISPLACEMENT_COLUMNS, LOST_COLUMNS, Displacements
from facelib.properties.clinical.millimetres import IRIS, IRIS_SD, Scale
from facelib.properties.clinical.moved import CHANGE, ends
from facelib.properties.clinical.technical_error import Limits, conditions, limits

WEAK = {"p1": "left", "p2": "right", "p3": "left"}


def smiling(name: str, *, strength: float = 1.0, level: float = 0.6) -> tuple[Head, Head]:
    """Rest and smile of a person with a weak side."""
    number = int(name[1:])
    head = Head(seed=number, hair="short", light="frontal", palsy=level, palsy_side=WEAK.get(name, "left"))
    return head.replace(expression="neutral"), head.replace(expression="happy", intensity=strength)


def pictures(**more: Any) -> list[Face]:
    """Rest and smile of three people: rendered, with landmarks that are known."""
    return list(_pictures(**more))


def _pictures(**more: Any) -> Iterator[Face]:
    for name, side in WEAK.items():
        for label, head in zip(("Ruhe", "Freude"), smiling(name), strict=True):
            about = {"id": f"{name}_{label}.png", "person": name, "label": label, "seite": side, **more}
            yield head.render(256).replace(attributes=about)


def displacements(faces: list[Face], **options: Any) -> Displacements:
    named = {"rest": "Ruhe", **options}
    return properties.commissure_displacements(FaceSet.from_faces(faces), **named)


def rows(found: Displacements) -> pd.DataFrame:
    return found.table.set_index(["person", "session", "side"])


@pytest.fixture(scope="module")
def known() -> list[Face]:
    return pictures()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic's folder with all that goes wrong in one, as files without anything that is known of them."""
    place = tmp_path_factory.mktemp("klinik")
    heads = {f"{name}_{label}.png": head for name in WEAK
             for label, head in zip(("Ruhe", "Freude"), smiling(name), strict=True)}  # fmt: skip
    rest, smile = smiling("p4")
    heads |= {"p4_Ruhe.png": rest, "p4_Freude.png": smile.replace(pose=(18, 0, 0))}
    heads |= {"p5_Ruhe.png": rest.replace(palsy=0.0, expression={"eyeBlink": 1.0}), "p5_Freude.png": smile}
    heads |= {"p6_Freude.png": smile}
    drawn = {name: head.render(256).image for name, head in heads.items()}
    drawn |= {"p7_Ruhe.png": drawn["p4_Ruhe.png"]}
    drawn["p7_Freude.png"] = np.concatenate([drawn["p1_Ruhe.png"], drawn["p2_Ruhe.png"]], axis=1)
    for name, image in drawn.items():
        Image.fromarray(image).save(place / name)
    (place / "p8_Ruhe.png").write_bytes(b"\x89PNG no picture")
    (place / "p8_Freude.png").write_bytes((place / "p5_Freude.png").read_bytes())
    for label in ("Ruhe", "Freude"):
        (place / f"p9_{label}.png").write_bytes((place / "p1_Freude.png").read_bytes())
    (place / "p3_Trauer.png").write_bytes((place / "p3_Ruhe.png").read_bytes()[:-1] + b"\0")
    files = sorted(path.name for path in place.iterdir())
    german = {"left": "links", "right": "rechts", "": ""}
    table = [(name, name[:2], name[3:-4], german[WEAK.get(name[:2], "")]) for name in files]
    columns = ["file", "person", "label", "seite"]
    pd.DataFrame(table, columns=columns).to_csv(place / "faces.csv", index=False)
    return place


@pytest.fixture(scope="module")
def clinic(folder: Path) -> Displacements:
    faces = FaceSet.from_folder(folder, "faces.csv")
    return properties.commissure_displacements(faces, rest="Ruhe", smile="Freude", side="seite")


@pytest.mark.thorough
@pytest.mark.packages
def test_one_call_makes_one_tidy_table_of_a_folder(clinic: Displacements) -> None:
    assert list(clinic.table) == list(DISPLACEMENT_COLUMNS)
    assert set(clinic.table["person"]) == set(WEAK)
    assert clinic.table.groupby("person")["side"].agg(list).map(tuple).unique().tolist() == [
        ("left", "right", "difference", "weak/strong")
    ]
    found = rows(clinic)
    for name, weak in WEAK.items():
        strong = "right" if weak == "left" else "left"
        ways = found.loc[name, ""]["mm"]
        assert ways[weak] < 0.7 * ways[strong]
        assert ways["difference"] == pytest.approx(ways["left"] - ways["right"])
        ratio = found.loc[(name, "", "weak/strong")]
        assert ratio["value"] == pytest.approx(ways[weak] / ways[strong])
        assert (ratio["weak"], ratio["weak_from"]) == (weak, "table")
        assert found.loc[(name, "", "left"), "value"] * IRIS == pytest.approx(ways["left"])


@pytest.mark.thorough
@pytest.mark.packages
def test_what_is_left_out_has_its_file_and_its_reason(clinic: Displacements) -> None:
    assert list(clinic.left_out) == list(LOST_COLUMNS)
    reason = dict(zip(clinic.left_out["file"], clinic.left_out["reason"], strict=True))
    expected = {
        "p4_Freude.png": "the head is turned by",
        "p4_Ruhe.png": "its smile picture isn't measured",
        "p5_Ruhe.png": "no iris is seen",
        "p5_Freude.png": "its rest picture isn't measured",
        "p6_Freude.png": "no rest picture",
        "p7_Freude.png": "2 faces are in the picture",
        "p7_Ruhe.png": "its smile picture isn't measured",
        "p8_Ruhe.png": "isn't a picture",
        "p8_Freude.png": "its rest picture isn't measured",
        "p9_Ruhe.png": "byte for byte the same picture at rest and with a smile",
        "p9_Freude.png": "byte for byte the same picture at rest and with a smile",
    }
    assert set(reason) == set(expected)
    for file, words in expected.items():
        assert words in reason[file], file
    assert (clinic.measured, clinic.asked) == (3, 9)
    said = " ".join(clinic.notes)
    assert "Measured: 3 of 9 pairs of pictures." in said
    assert "1 picture left out: no rest picture of the same person and time (p6_Freude.png)." in said
    assert "1 picture shows something else (Trauer 1): not looked at." in said


@pytest.mark.thorough
@pytest.mark.packages
def test_the_command_writes_the_table_and_says_what_was_left_out(
    folder: Path, tmp_path: Path, clinic: Displacements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACELIB_DATA", str(tmp_path / "data"))
    out = tmp_path / "table.csv"
    words = [
        "measure",
        str(folder),
        "--rest",
        "Ruhe",
        "--smile",
        "Freude",
        "--side",
        "seite",
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "p6_Freude.png: no rest picture" in done.output
    written = pd.read_csv(out, keep_default_na=False, na_values={"mm": [""], "value": [""]})
    assert list(written) == list(DISPLACEMENT_COLUMNS)
    np.testing.assert_allclose(written["mm"], clinic.table["mm"])
    assert out.stat().st_mode & 0o077 == 0
    assert str(out) in CliRunner().invoke(app, ["data", "list"]).output
    assert CliRunner().invoke(app, ["data", "delete", str(out), "--yes"]).exit_code == 0
    assert not out.exists()
    bad = CliRunner().invoke(app, [*words[:2], "--mm", "63"])
    assert isinstance(bad.exception, BadValueError)


@pytest.fixture(scope="module")
def visits(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people before and after, the same pictures in other files; one is there before alone."""
    place = tmp_path_factory.mktemp("visits")
    known = []
    for when, level in (("vor", 1), ("nach", 9)):
        for name in ("p1", "p2", "p3")[: 3 if when == "vor" else 2]:
            for label in ("Ruhe", "Freude"):
                file = f"{name}_{label}_{when}.png"
                Image.open(folder / f"{name}_{label}.png").save(place / file, compress_level=level)
                known.append((file, name, label, when, {"p1": "III", "p2": "IV"}.get(name)))
    columns = ["file", "person", "label", "sitzung", "HB"]
    pd.DataFrame(known, columns=columns).to_csv(place / "faces.csv", index=False)
    return place


def measured(folder: Path, out: Path, *options: str) -> str:
    """Do what the command does, and return what it says."""
    words = ["measure", str(folder), "--rest", "Ruhe", "--smile", "Freude", "--out", str(out), *options]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.thorough
@pytest.mark.packages
def test_the_command_writes_what_changed_between_sessions(
    visits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACELIB_DATA", str(tmp_path / "data"))
    said = measured(visits, tmp_path / "t.csv", "--session", "sitzung", "--order", "nach, vor")
    assert "Changes, vor minus nach, of 2 people: 0 of 6 rows more than error" in said
    changes = pd.read_csv(tmp_path / "t_changes.csv", keep_default_na=False)
    assert list(changes) == list(CHANGE_COLUMNS)
    assert changes.loc[changes["person"] == "p1", "verdict"].tolist() == ["not more than error"] * 3 + [""]
    assert (tmp_path / "t_changes.csv").stat().st_mode & 0o077 == 0
    assert "t_changes.csv" in CliRunner().invoke(app, ["data", "list"]).output


@pytest.mark.thorough
@pytest.mark.packages
def test_the_command_writes_who_is_left_out_and_carries_the_grade_along(
    visits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wasn't measured stood on the screen alone, and the grade was joined by hand."""
    monkeypatch.setenv("FACELIB_DATA", str(tmp_path / "data"))
    table = pd.read_csv(visits / "faces.csv")
    table.loc[table["file"] == "p2_Freude_nach.png", "label"] = "Trauer"
    table.loc[len(table)] = ["p4_Ruhe_vor.png", "p4", "Ruhe", "vor", "VI"]
    table.to_csv(tmp_path / "known.csv", index=False)
    known = str(tmp_path / "known.csv")
    options = ("--metadata", known, "--session", "sitzung", "--keep", "HB", "--only-there")
    measured(visits, tmp_path / "t.csv", *options)
    lost = pd.read_csv(tmp_path / "t_left_out.csv", keep_default_na=False)
    assert list(lost) == [*LOST_COLUMNS, "HB"]
    why = "no smile picture of the same person and time"
    assert lost.to_numpy().tolist() == [
        ["p2_Ruhe_nach.png", "p2", "nach", why, "IV"],
        ["p4_Ruhe_vor.png", "p4", "vor", "the picture isn't there", "VI"],
    ]
    assert (tmp_path / "t_left_out.csv").stat().st_mode & 0o077 == 0
    written = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert dict(zip(written["person"], written["HB"], strict=True)) == {"p1": "III", "p2": "IV", "p3": ""}
    changes = pd.read_csv(tmp_path / "t_changes.csv", keep_default_na=False).set_index("person")
    assert set(changes.loc["p2", "missing"]) == {"session 'nach' isn't measured"}
    assert changes.loc["p1", ["first_HB", "second_HB"]].iloc[0].tolist() == ["III", "III"]
    measured(visits, tmp_path / "all.csv", "--session", "sitzung")
    assert (tmp_path / "all_left_out.csv").read_text() == ",".join(LOST_COLUMNS) + "\n", "nobody is left out"


def test_a_missing_picture_is_named_with_the_option_that_leaves_it_out(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    (tmp_path / "faces.csv").write_text("file,person,label\na.png,p1,rest\nb.png,p1,smile\n")
    words = ["measure", str(tmp_path), "--rest", "rest", "--out", str(tmp_path / "t.csv")]
    done = CliRunner().invoke(app, words)
    assert "1 listed, but not there: b.png" in str(done.exception)
    assert "--only-there" in str(done.exception)
    assert "=True" not in str(done.exception)
    left = CliRunner().invoke(app, [*words, "--only-there"])
    assert "not there" not in str(left.exception)


@pytest.mark.thorough
def test_a_grade_that_is_kept_stays_a_number_or_says_all(known: list[Face]) -> None:
    grades = {"p1_Ruhe.png": 3, "p1_Freude.png": 4, "p2_Ruhe.png": 2, "p2_Freude.png": 2}
    faces = [
        face.replace(attributes={**face.attributes, "HB": grades[face.attributes["id"]]})
        if face.attributes["id"] in grades
        else face
        for face in known
    ]
    kept = displacements(faces, keep="HB").table.drop_duplicates("person")["HB"].tolist()
    assert kept[:2] == ["3, 4", 2]
    assert pd.isna(kept[2])
    with pytest.raises(BadTableError, match="no column grade, which is to be kept"):
        displacements(faces, keep=["grade"])
    with pytest.raises(BadValueError, match="person is a column of the result"):
        displacements(faces, keep=["person"])


def test_every_row_is_that_of_its_pair_of_pictures(known: list[Face]) -> None:
    """A slow twin: one pair after the other."""
    found = rows(displacements(known, side="seite"))
    for rest, smile in zip(known[::2], known[1::2], strict=True):
        own = properties.commissure_displacement(rest, smile).set_index(["measure", "side"])
        for side in ("left", "right"):
            row = found.loc[(rest.attributes["person"], "", side)]
            assert row["mm"] == pytest.approx(own.loc[("commissure_displacement", side), "mm"])
            assert row["value"] == pytest.approx(row["mm"] / IRIS)
            assert (row["rest"], row["smile"]) == (rest.attributes["id"], smile.attributes["id"])


def widest(kind: str, fitting: tuple[str, ...]) -> tuple[float, float, float]:
    """A slow twin of the limits: every row of the committed table, one by one."""
    sides = ("difference",) if kind == "difference" else ("both", "weak", "healthy")
    own = [
        (row["low"], row["high"])
        for row in data.table("clinical_error").to_dict("records")
        if row["measure"] == "commissure_displacement"
        and row["condition"] in fitting
        and row["side"] in sides
    ]
    lows, highs = zip(*own, strict=True)
    return min(lows), max(highs), max(high - low for low, high in own) / 3.92


@pytest.mark.parametrize("kind", ["side", "difference"])
@pytest.mark.parametrize(("yaw", "pitch", "size"), [(0, 0, 512), (-7, 0, 300), (18, 9, 130), (0, -9, 512)])
def test_limits_are_the_widest_that_fit(kind: Any, yaw: float, pitch: float, size: int) -> None:
    fitting = conditions(yaw, pitch, size)
    assert isinstance(fitting, tuple)
    found = limits(kind, fitting)
    assert (found.low, found.high, found.sd) == pytest.approx(widest(kind, fitting))
    frontal = limits(kind, tuple(conditions(0, 0, 512)))
    assert found.low <= frontal.low
    assert found.high >= frontal.high


def test_the_interval_holds_both_errors() -> None:
    """A slow twin: truths that may lie behind what was found, drawn one by one."""
    rng = np.random.default_rng(3)
    wide, width, length = Limits(-0.12, 0.05, 0.0434, ()), 0.19, 0.3
    error = rng.normal((wide.low + wide.high) / 2, (wide.high - wide.low) / 3.92, 200_000)
    irises = rng.normal(IRIS, IRIS_SD, 200_000)
    truth = (length - error) * irises / width
    scale = Scale(IRIS / width, (IRIS - 1.96 * IRIS_SD) / width, (IRIS + 1.96 * IRIS_SD) / width)
    low, high = ends(length, scale, wide)
    inside = float(((low <= truth) & (truth <= high)).mean())
    assert 0.94 < inside < 0.97
    technical, _ = ends(length, Scale(IRIS / width), wide)
    assert low < technical, "the spread of irises widens it"


def test_rows_have_the_intervals_of_their_parts(known: list[Face]) -> None:
    found = rows(displacements(known)).loc["p1", ""]
    assert (found["mm_low"].drop("weak/strong") < found["mm"].drop("weak/strong")).all()
    assert (found["mm_high"].drop("weak/strong") > found["mm"].drop("weak/strong")).all()
    left = found.loc["left"]
    assert left["mm_high"] - left["mm"] > 11.7 * (left["high"] - left["value"]), (
        "irises differ between people"
    )
    ratio = found.loc["weak/strong"]
    assert ratio["low"] < ratio["value"] < ratio["high"]
    given = rows(displacements(known, mm={"interpupillary": 63.0})).loc["p1", ""].loc["left"]
    assert given["value"] == pytest.approx(left["value"])
    assert given["mm_high"] / given["mm"] == pytest.approx(given["high"] / given["value"])


def taken_twice(known: list[Face], shift: float) -> list[Face]:
    """The same people once more; the corners of the mouth stand a little elsewhere in the second smile."""
    again = []
    for face in known:
        moved = face.landmarks.copy()
        if face.attributes["label"] == "Freude":
            moved[[61, 291], 1] += shift * (1 + int(face.attributes["person"][1:]))
        about = {**face.attributes, "id": f"again_{face.attributes['id']}", "take": 2}
        again.append(face.replace(landmarks=moved, attributes=about))
    return [*(one.replace(attributes={**one.attributes, "take": 1}) for one in known), *again]


def test_the_smallest_change_comes_from_retests_where_there_are_any(known: list[Face]) -> None:
    once = displacements(known)
    assert set(once.table["smallest_from"]) == {"technical error", ""}
    assert "technical error on rendered heads, since nobody has retests" in " ".join(once.notes)
    left = rows(once).loc[("p1", "", "left")]
    rest = known[0]
    fitting = conditions(0, 0, min(rest.size))
    assert isinstance(fitting, tuple)
    width = left["mm"] / left["value"] / IRIS  # 1: mm by the iris
    assert width == pytest.approx(1)
    assert left["smallest_change_mm"] == pytest.approx(left["smallest_change"] * IRIS)
    pairs = taken_twice(known, 0.7)
    twice = displacements(pairs, take="take")
    assert set(twice.table["smallest_from"]) == {"retests"}
    assert "3 sets of repeated pairs, 6 in all" in " ".join(twice.notes)
    values: dict[tuple[str, str], list[float]] = {}
    for one in (1, 2):  # a slow twin: each take by itself
        own = displacements([face for face in pairs if face.attributes["take"] == one])
        for (person, _, side), row in rows(own).iterrows():
            values.setdefault((str(person), str(side)), []).append(row["mm"])
    assert (twice.table["takes"] == 2).all()
    assert rows(twice).loc[("p2", "", "left"), "mm"] == pytest.approx(np.mean(values["p2", "left"]))
    for sides in (("left", "right"), ("difference",)):
        sets = [taken for (_, side), taken in values.items() if side in sides]
        sem = np.sqrt(np.mean([np.var(taken, ddof=1) for taken in sets]))
        assert rows(twice).loc[("p1", "", sides[0]), "smallest_change_mm"] == pytest.approx(CHANGE * sem)


def test_sessions_are_rows_and_are_never_taken_for_retests(known: list[Face]) -> None:
    """A physician would have had the mean of before and after, and the treatment as measurement error."""
    sessions = [
        face.replace(attributes={**face.attributes, "id": f"{when}_{face.attributes['id']}", "sitzung": when})
        for when in ("vor", "nach")
        for face in known
    ]
    with pytest.raises(BadTableError, match=r"differ in sitzung: are these sessions.*session='sitzung'"):
        displacements(sessions)
    found = displacements(sessions, session="sitzung")
    assert found.table["session"].drop_duplicates().tolist() == ["vor", "nach"]
    assert len(found.table) == 2 * 4 * len(WEAK)
    assert "retests" not in set(found.table["smallest_from"])


@pytest.fixture(scope="module")
def sessions(known: list[Face]) -> list[Face]:
    """Before and after: p1's smile grows by much, p2's hardly, p3 doesn't come back."""
    after = []
    for face in known:
        name, landmarks = face.attributes["person"], face.landmarks.copy()
        if face.attributes["label"] == "Freude":
            landmarks[[61, 291], 1] -= {"p1": 40.0, "p2": 0.5}.get(name, 0.0)
        about = {**face.attributes, "id": f"nach_{face.attributes['id']}", "sitzung": "nach"}
        if name != "p3":
            after.append(face.replace(landmarks=landmarks, attributes=about))
    return [*after, *(face.replace(attributes={**face.attributes, "sitzung": "vor"}) for face in known)]


def test_the_change_between_two_sessions_stands_beside_the_smallest_that_is_no_error(
    sessions: list[Face],
) -> None:
    """A reader subtracted by hand, and looked up the smallest change in another row."""
    found = displacements(sessions, session="sitzung", side="seite")
    assert list(found.changes) == list(CHANGE_COLUMNS)
    assert len(found.changes) == 4 * len(WEAK)
    values = rows(found)
    changes = found.changes.set_index(["person", "side"])
    for (person, side), row in changes.loc[["p1", "p2"]].iterrows():  # a slow twin: by hand
        before, after = (values.loc[(person, when, side)] for when in ("vor", "nach"))
        assert (row["first"], row["second"]) == ("vor", "nach")
        assert row["change"] == pytest.approx(after["value"] - before["value"])
        assert row["change_mm"] == pytest.approx(after["mm"] - before["mm"], nan_ok=True)
        both = [before["smallest_change_mm"], after["smallest_change_mm"]]
        assert row["smallest_change_mm"] == pytest.approx(max(both), nan_ok=True)
        if side != "weak/strong":
            more = abs(after["mm"] - before["mm"]) > max(both)
            assert row["verdict"] == ("more than error" if more else "not more than error")
    assert changes.loc[("p1", "left"), "verdict"] == "more than error"
    assert changes.loc[("p1", "left"), "change_mm"] > 0
    assert changes.loc[("p2", "left"), "verdict"] == "not more than error"
    assert changes.loc[("p2", "weak/strong"), "missing"] == "the smallest change isn't known"
    assert set(changes.loc["p3", "missing"]) == {"session 'nach' isn't measured"}
    assert set(changes.loc["p3", "verdict"]) == {""}
    said = " ".join(found.notes)
    assert "Changes, nach minus vor, of 2 people" in said
    assert "no clinical improvement" in said
    turned = displacements(sessions, session="sitzung", order=["nach", "vor"]).changes
    assert turned.iloc[0]["change"] == pytest.approx(-found.changes.iloc[0]["change"])
    assert displacements(sessions[:4], session="sitzung").changes.empty, "one session has no change"
    with pytest.raises(BadValueError, match=r"The order names two sessions.*'nach'"):
        displacements(sessions, session="sitzung", order=("vor", "später"))


def test_who_gave_no_consent_is_measured_and_counted(known: list[Face]) -> None:
    given = {"p1": "ja", "p2": "nein", "p3": ""}
    faces = [
        face.replace(attributes={**face.attributes, "Einwilligung": given[face.attributes["person"]]})
        for face in known
    ]
    found = displacements(faces)
    assert set(found.table["person"]) == set(WEAK)
    assert "4 pictures of 2 people without a recorded consent: they are read" in " ".join(found.notes)
    assert "recorded consent" not in " ".join(displacements(known).notes)


def test_of_three_sessions_two_are_named(sessions: list[Face]) -> None:
    third = [
        face.replace(attributes={**face.attributes, "id": f"3_{face.attributes['id']}", "sitzung": "später"})
        for face in sessions
        if face.attributes["sitzung"] == "vor"
    ]
    found = displacements([*sessions, *third], session="sitzung")
    assert found.changes.empty
    assert "No change is calculated: there are 3 sessions" in " ".join(found.notes)
    named = displacements([*sessions, *third], session="sitzung", order=("vor", "später"))
    assert (named.changes["change"].dropna() == 0).all()
    assert set(named.changes["verdict"]) == {"not more than error", ""}


def test_a_ratio_whose_weak_side_changes_sides_has_no_change() -> None:
    row = {"person": "p1", "side": "weak/strong", "value": 0.5, "mm": np.nan, "smallest_change": 0.1,
           "smallest_change_mm": np.nan, "smallest_from": "retests", "missing": ""}  # fmt: skip
    table = pd.DataFrame([row | {"session": "a", "weak": "left"}, row | {"session": "b", "weak": "right"}])
    found = changes_of(table, ("a", "b")).iloc[0]
    assert (found["verdict"], found["missing"]) == ("", "the weak side isn't the same in both sessions")
    same = changes_of(table.assign(weak="left", value=[0.5, 0.61]), ("a", "b")).iloc[0]
    assert same["verdict"] == "more than error"


def test_smiles_that_share_a_rest_are_averaged_and_are_no_retests(known: list[Face]) -> None:
    third = known[1].replace(attributes={**known[1].attributes, "id": "p1_Freude_2.png"})
    found = displacements([*known, third])
    assert rows(found).loc[("p1", "", "left"), "takes"] == 2
    assert rows(found).loc[("p1", "", "left"), "rest"] == "p1_Ruhe.png"
    assert "retests" not in set(found.table["smallest_from"])
    spare = known[0].replace(attributes={**known[0].attributes, "id": "p1_Ruhe_2.png"})
    assert displacements([*known, spare]).left_out["reason"].tolist() == [
        "a rest picture more than there are smiles"
    ]


def mirrored(face: Face) -> Face:
    from facelib.interventions.symmetry import flipped

    return flipped(face)


def test_a_mirrored_picture_disagrees_with_the_table(known: list[Face]) -> None:
    selfies = [mirrored(face) if face.attributes["person"] == "p2" else face for face in known]
    said = " ".join(displacements(selfies, side="seite").notes)
    assert (
        "Of 1 of 3 people the side that moves less in the picture isn't the table's affected side (p2)"
        in said
    )
    ratio = rows(displacements(selfies, side="seite")).loc[("p2", "", "weak/strong")]
    assert ratio["value"] > 1, "weak is the table's, whatever the picture says"
    told = [
        face.replace(attributes={**face.attributes, "mirrored": face.attributes["person"] == "p2"})
        for face in selfies
    ]
    assert "isn't the table's" not in " ".join(displacements(told, side="seite").notes)
    assert rows(displacements(selfies)).loc[("p2", "", "weak/strong"), "weak"] == "left", "by the picture"


def test_what_the_error_is_not_known_for_has_no_interval() -> None:
    faces = [
        head.replace(pose=(0, 16, 0))
        .render(256)
        .replace(attributes={"id": label, "person": "p1", "label": label})
        for label, head in zip(("Ruhe", "Freude"), smiling("p1"), strict=True)
    ]
    left = rows(displacements(faces)).loc[("p1", "", "left")]
    assert np.isfinite(left["mm"])
    assert np.isnan(left["mm_low"])
    assert np.isnan(left["smallest_change"])
    assert "known up to 10° of pitch" in left["missing"]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"rest": "neutral"}, BadTableError, "No picture's label is 'neutral'"),
        ({"smile": "Lachen"}, BadTableError, "No picture's label is 'lachen'"),
        ({"smile": "ruhe"}, BadValueError, "two labels"),
        ({"person": "persn"}, BadTableError, "Did you mean person"),
        ({"session": "sitzung"}, BadTableError, "no column sitzung, which tells sessions apart"),
        ({"side": "label"}, BadTableError, "is one of left, links, right, rechts; p1 has 'Ruhe'"),
        ({"side": " "}, BadValueError, "side is a text"),
        ({"rest": 3}, BadValueError, "rest, a text"),
        ({"mm": "pupil"}, BadValueError, "Millimetres come from"),
        ({"mm": {"pupils": 63.0}}, UnknownNameError, "interpupillary"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    known: list[Face], options: dict[str, Any], kind: type[FacelibError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        displacements(known, **options)
    with pytest.raises(BadValueError, match="set of faces"):
        properties.commissure_displacements(known)  # type: ignore[arg-type]


CELLS = st.sampled_from(
    ["Ruhe", "Freude", "p1", "left", "rechts", "", None, 1.0, 2, "x" * 300, "=1+1", "a\nb"]
)


@pytest.mark.thorough
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_table_is_measured_or_refused_in_words(cells: list[tuple[Any, ...]]) -> None:
    grey = Face(np.full((64, 64, 3), 128, np.uint8), np.array([0.0, 0, 64, 64]), np.full((2, 2), np.nan))
    names = ("person", "label", "seite", "sitzung")
    faces = [
        grey.replace(
            attributes={"id": str(number), **{n: v for n, v in zip(names, row, strict=True) if v is not None}}
        )
        for number, row in enumerate(cells)
    ]
    with suppress(FacelibError):  # and nothing else is raised
        found = displacements(faces, side="seite", session="sitzung")
        assert found.measured == 0
        assert (found.left_out["reason"] != "").all()
