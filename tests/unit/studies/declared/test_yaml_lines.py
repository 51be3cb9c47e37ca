"""YAML is read as plain data with lines; everything that could do harm, or be misread, is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from facelib.studies.declared.yaml_lines import DEEPEST, LARGEST, DeclarationError, read_yaml, written

TRAPS = ("no", "1e-3", "yes", "null", "2026-11-26", "12:30", "0x10", "~", "", "a: b", "- a", "#", "<<", "'")
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
    | st.sampled_from(
        ["no", "1e-3", "yes", "null", "2026-11-26", "12:30", "0x10", "~", "", "a: b", "- a", "#"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), PLAIN, min_size=1, max_size=5))
def test_what_is_written_is_read_back(content: dict[str, Any]) -> None:
    assert read_yaml(written(content)).plain == content


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_read_or_refused_with_a_message(content: str | bytes) -> None:
    try:
        read_yaml(content)
    except DeclarationError as error:
        message = str(error)
    else:
        return
    assert message.startswith("plan.yml")


@pytest.mark.thorough
@given(st.text(st.sampled_from("ab:-[]{}'\"#&*!|> \n\t?,%@`1.e"), max_size=60))
def test_what_we_read_pyyaml_reads_as_well(content: str) -> None:
    try:
        found = read_yaml(content).plain
    except DeclarationError:
        return
    loaded = yaml.load(content, Loader=yaml.BaseLoader)
    assert _texts(found) == _texts(loaded)


def _texts(value: Any) -> Any:
    """Return the shape of data: words and numbers differ between the two on purpose."""
    if isinstance(value, dict):
        return sorted((key, _texts(inner)) for key, inner in value.items())
    return [_texts(item) for item in value] if isinstance(value, list) else "one"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("11", 11), ("-3", -3), ("007", 7), ("1e-3", 0.001), (".5", 0.5), ("10.", 10.0), ("true", True),
        ("False", False), ("null", None), ("~", None), ("", None), ("no", "no"), ("on", "on"), ("yes", "yes"),
        ("12:30", "12:30"), ("2026-11-26", "2026-11-26"), ("'11'", "11"), ('"true"', "true"),
        ("0x10", "0x10"), ("1_000", "1_000"), ("1e999", math.inf), ("<<", "<<"), ("=", "="),
    ],
)  # fmt: skip
def test_words_mean_what_they_look_like(word: str, value: Any) -> None:
    found = read_yaml(f"a: {word}").plain["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: a is there twice, first in line 1"),
        ("a:\n  b: 1\n  'b': 2\n", "line 3: b is there twice, first in line 2"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", "line 2: Tags aren't used here"),
        ("a: !env HOME\n", "line 1: Tags aren't used here"),
        ("a: &x [1]\nb: *x\n", "line 1: Anchors and aliases"),
        ("a: 1\nb: *x\n", "line 2: Anchors and aliases"),
        ("a: 1\n---\nb: 2\n", "line 2: A file declares one study"),
        ("", "The file declares nothing"),
        ("# only a remark\n", "The file declares nothing"),
        ("a:\n\tb: 1\n", "line 2: Lines are set in by spaces; there is a tab"),
        ("a: b: c\n", "line 1: This can't be read.*colon in quotes"),
        ("a: [1, 2\nb: 3\n", "line 2: This can't be read"),
        ("a: 1\n? [x]\n: 2\n", "line 2: A name is a word"),
        ("~: 2\n", "line 1: A name is a word"),
        ("a: 1\nb: \x07\n", "line 2: A character is none of a text"),
        (b"a: 1\nb: \xff\n", "line 2: A character isn't UTF-8"),
        ("a: " + "[" * (DEEPEST + 2), "levels deep"),
        ("a:\n" + "- 1\n" * 20_001, "up to 20,000"),
        ("a" * (LARGEST + 1), "up to 256 kB"),
    ],
)
def test_what_is_refused(content: str | bytes, message: str) -> None:
    with pytest.raises(DeclarationError, match=message) as caught:
        read_yaml(content)
    assert caught.value.source == "plan.yml"


def test_lines_are_those_of_the_file() -> None:
    tree = read_yaml(
        "# a remark\n\nfaces:\n  heads: 3\n\ninterventions:\n- palsy\n- age: {to: 70}\n", "a.yml"
    )
    faces, listed = tree.value["faces"], tree.value["interventions"]
    assert (tree.key_lines["faces"], faces.value["heads"].line) == (3, 4)
    assert [item.line for item in listed.value] == [7, 8]
    assert listed.value[1].value["age"].value["to"].line == 8
    assert str(listed.value[0].expected("one thing")) == "a.yml, line 7: one thing; got 'palsy'."
    assert read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").value["b"].line == 2
