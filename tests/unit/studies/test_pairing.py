"""Who has a partner: columns, orders, missing halves, strange tables."""

from __future__ import annotations

import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError, FacelibError
from facelib.faces.conditions import conditions
from facelib.studies.pairing import LEFT_OUT_COLUMNS, pair_up, possible_conditions

CLINIC = pd.DataFrame(
    {
        "face": [f"f{n}" for n in range(8)],
        "identity": ["Anna", "Anna", "Ben", "Ben", "Cem", "Cem", "Dora", None],
        "label": ["Freude", "Freude", "Freude", "Trauer", "Freude", "Freude", "Freude", "Freude"],
        "session": ["nach", "vor", "vor", "nach", "vor", "nach", "vor", "vor"],
    }
)


def test_partners_share_person_and_label_and_the_rest_is_named() -> None:
    found = pair_up(CLINIC, "session", ["label"])
    assert (found.first, found.second) == ("vor", "nach")
    assert found.pairs["person"].tolist() == ["Anna", "Cem"]
    assert found.rows.set_index("face")["side"].to_dict() == {"f0": 1, "f1": 0, "f4": 0, "f5": 1}
    alone = {(row["person"], row["label"]): row["missing"] for row in found.alone.to_dict("records")}
    assert alone == {("Ben", "Freude"): "nach", ("Ben", "Trauer"): "vor", ("Dora", "Freude"): "nach"}
    assert found.left_out.to_dict("records") == [{"face": "f7", "reason": "no person is known"}]
    said = " ".join(found.shortfalls())
    assert "3 halves are missing" in said
    assert "f7" in said


def test_every_face_is_paired_alone_or_left_out() -> None:
    found = pair_up(CLINIC, "session", ["label"])
    alone = {name for names in found.alone["faces"] for name in names.split(", ")}
    assert {*found.rows["face"], *alone, *found.left_out["face"]} == set(CLINIC["face"])


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["post", "pre"], ("pre", "post")),
        (["mit Elektroden", "ohne Elektroden"], ("ohne Elektroden", "mit Elektroden")),
        (["healthy side", "affected side"], ("healthy side", "affected side")),
        (["unaffected", "affected"], ("unaffected", "affected")),
        (["1", "0"], ("0", "1")),
        (["10", "9"], ("9", "10")),
        (["session_post", "session_pre"], ("session_pre", "session_post")),
        (["patient", "Kontrolle"], ("Kontrolle", "patient")),
        (["postop", "preop"], ("preop", "postop")),
        (["post-op", "prae-op"], ("prae-op", "post-op")),
        (["postoperativ", "praeoperativ"], ("praeoperativ", "postoperativ")),
        (["postoperativ", "pra\u0308operativ"], ("pra\u0308operativ", "postoperativ")),
        (["POSTOP", "PRÄOP"], ("PRÄOP", "POSTOP")),
        (["posttest", "pretest"], ("pretest", "posttest")),
        (["post1", "pre1"], ("pre1", "post1")),
        (["pressure", "open"], ("open", "pressure")),
        (["B", "A"], ("A", "B")),
    ],
)
def test_what_comes_before_is_the_first(words: list[str], order: tuple[str, str]) -> None:
    assert conditions(words) == order
    assert conditions(words[::-1]) == order


def test_an_order_chooses_two_of_several_and_names_the_others() -> None:
    table = CLINIC.assign(session=["a", "b", "a", "b", "a", "b", "c", "c"])
    with pytest.raises(BadValueError, match=r"has 3: a, b, c.*order=\(first, second\)"):
        pair_up(table, "session")
    found = pair_up(table, "session", order=("b", "a"))
    assert (found.first, found.second, found.people) == ("b", "a", 3)
    assert "another session than 'b' and 'a'" in set(found.left_out["reason"])
    with pytest.raises(BadValueError, match="session has no 'x'"):
        pair_up(table, "session", order=("x", "a"))


def test_numbers_are_values_as_they_are_written() -> None:
    table = CLINIC.assign(session=[2.0, 1.0, 1.0, 2.0, 1.0, 2.0, 1.0, np.nan])
    found = pair_up(table, "session", ["label"])
    assert (found.first, found.second) == ("1", "2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"condition": "visit"},
            "no column visit, which says which condition it is; they have face, identity",
        ),
        ({"within": ["task"]}, "no column task, which partners have in common"),
        ({"person": "patient"}, "no column patient, which tells who is shown"),
        ({"within": ["session"]}, "session is the condition"),
        ({"condition": "face"}, "A condition has two values; face has 8"),
    ],
)
def test_a_column_that_cannot_be_is_said_with_those_that_are(change: dict[str, object], said: str) -> None:
    asked: dict[str, object] = {"condition": "session", "within": ["label"], **change}
    with pytest.raises(BadValueError, match=said):
        pair_up(CLINIC, **asked)  # type: ignore[arg-type]


def test_person_is_the_column_of_that_name_before_a_guess() -> None:
    """Whoever has no person is left out and said so, not taken for somebody of the file's name."""
    table = CLINIC.assign(person=CLINIC["identity"], identity=["x", *CLINIC["identity"][1:-1], "f7"])
    found = pair_up(table, "session", ["label"])
    assert found.pairs["person"].tolist() == ["Anna", "Cem"]
    assert found.left_out.to_dict("records") == [{"face": "f7", "reason": "no person is known"}]
    with pytest.raises(BadValueError, match="have the person in common anyway"):
        pair_up(table, "session", ["person"])


def test_values_of_a_condition_may_be_called_as_columns_are() -> None:
    """ "person" against "label": their counts overwrote the columns of that name."""
    table = CLINIC.assign(session=["person", "label", "label", "person"] * 2)
    found = pair_up(table, "session", ["label"], order=("label", "person"))
    assert found.pairs["person"].tolist() == ["Anna", "Cem"]
    assert (found.pairs[["n_first", "n_second"]] == 1).all(axis=None)
    assert not found.repeats


def test_nobody_with_a_pair_is_told_what_to_do() -> None:
    lonely = CLINIC.assign(identity=CLINIC["face"])
    with pytest.raises(BadValueError, match="Every face is another person's: give the faces a column person"):
        pair_up(lonely, "session")
    other = CLINIC.assign(label=CLINIC["face"])
    with pytest.raises(BadValueError, match="Partners have label in common: name other columns"):
        pair_up(other, "session", ["label"])


def test_a_condition_has_two_values_and_somebody_has_both() -> None:
    table = CLINIC.assign(
        sex=["f", "f", "m", "m", "m", "m", "f", "f"],  # two values, and nobody has both
        visit=["1", "2", "3", "1", "2", "3", "1", "2"],
        camera=["A", "A", " A", "B", "A", "A ", None, ""],
        electrodes=[None, "fridlund", None, None, None, None, None, None],  # nothing is a value, too
    )
    found = possible_conditions(table, "identity", apart=("face", "label"))
    assert found == {
        "session": ("vor", "nach"), "camera": ("A", "B"), "electrodes": ("none", "fridlund"),
    }  # fmt: skip
    table["electrodes"] = table["electrodes"].astype("category")  # as Parquet has it
    assert possible_conditions(table, "identity", apart=("face", "label")) == found
    assert possible_conditions(CLINIC.assign(identity=CLINIC["face"]), "identity") == {}


cells = st.one_of(
    st.none(), st.text(string.printable, max_size=4), st.sampled_from(["vor", "nach"]), st.integers(0, 3),
    st.floats(allow_nan=True),
)  # fmt: skip


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=9))
def test_any_table_is_paired_or_refused_in_words(rows: list[tuple[object, object, object]]) -> None:
    table = pd.DataFrame(rows, columns=["identity", "label", "session"]).assign(
        face=[f"f{n}" for n in range(len(rows))]
    )
    try:
        found = pair_up(table, "session", ["label"])
    except FacelibError:
        return
    halves = found.rows.groupby(["person", "cell"])["side"].nunique()
    assert (halves == 2).all()
    assert list(found.left_out) == list(LEFT_OUT_COLUMNS)
    alone = [name for names in found.alone["faces"] for name in names.split(", ")]
    assert len(found.rows) + len(alone) + len(found.left_out) == len(rows)


MEANT = pd.DataFrame(
    {
        "face": list("abcdef"),
        "identity": ["Anna", "Anna", "Anna", "Anna", "Ben", "Ben"],
        "expression": ["happy", "sad", "happy", "sad", "happy", "happy"],
        "session": ["vor", "vor", "nach", "nach", "vor", "nach"],
    }
)


def test_pictures_of_different_things_are_not_subtracted() -> None:
    """A missing picture made "happy and sad minus sad": an output that stays looked as if it rose."""
    found = pair_up(MEANT, "session")
    assert found.mixed == ("happy", "sad")
    assert "equal shares of each under both conditions" in " ".join(found.shortfalls())
    gone = MEANT[MEANT["face"] != "c"]
    with pytest.raises(
        BadValueError, match=r"of 1 person: Anna shows happy and sad .* first .*, sad .* second"
    ):
        pair_up(gone, "session")
    with pytest.raises(BadValueError, match="labels='label'"):
        pair_up(gone, "session")
    kept = pair_up(gone, "session", ["expression"])
    assert kept.pairs["person"].tolist() == ["Anna", "Ben"]
    assert kept.mixed == ()


def test_what_could_not_be_read_has_no_partner_and_says_why() -> None:
    broken = {"c": "it couldn't be read: The picture is damaged."}
    found = pair_up(MEANT, "session", ["expression"], unread=broken)
    assert found.alone.to_dict("records")[0] | {"faces": "a"} == {
        "person": "Anna", "expression": "happy", "there": "vor", "missing": "nach", "faces": "a",
    }  # fmt: skip
    assert found.left_out.to_dict("records") == [{"face": "c", "reason": broken["c"]}]
    mixed = pair_up(MEANT, "session", unread=broken)
    assert mixed.pairs["person"].tolist() == ["Ben"]
    assert set(mixed.left_out["reason"]) == {
        broken["c"],
        "its partners show other things, or in other shares",
    }


def test_a_name_that_is_nearly_there_is_asked_for() -> None:
    with pytest.raises(BadValueError, match=r"Did you mean session\?"):
        pair_up(MEANT, "Session")


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["side", "cell", "face of it", "value", "meant", "share"])
def test_a_label_may_be_called_as_a_column_of_ours(name: str) -> None:
    found = pair_up(CLINIC.rename(columns={"label": name}), "session", [name])
    assert found.within == (name,)
    assert found.rows.set_index("face")["side"].to_dict() == {"f0": 1, "f1": 0, "f4": 0, "f5": 1}
    assert len(found.alone) == 3


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=9))
def test_whatever_a_table_says_what_is_offered_as_a_condition_has_a_pair(
    rows: list[tuple[object, object, object]],
) -> None:
    table = pd.DataFrame(rows, columns=["person", "label", "electrodes"]).assign(
        face=[f"f{n}" for n in range(len(rows))]
    )
    for name, order in possible_conditions(table, "person", apart=("face",)).items():
        assert pair_up(table, name, person="person", order=order).people
