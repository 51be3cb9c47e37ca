"""The scene in a link: back without loss, short, and nothing but scenes read."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_states import quick, states

from facelib import interventions
from facelib.app.address import LONGEST_ADDRESS, OPTION, TAB_NAMES, WORDS, from_address, to_address
from facelib.app.page_state import EXACT, PageState, to_plain
from facelib.app.session import LONGEST_SESSION, from_session, shared_state, to_session
from facelib.errors import FacelibError
from facelib.faces import Head, Light

pytestmark = pytest.mark.packages
SCENE = PageState(
    Head(age=71, glasses=0.5, hair="long"),
    intervention=interventions.get("palsy", side="right"),
    step=9,
    label="fear",
    tab=1,
)


def scene_of(state: PageState) -> PageState:
    """Return what a link holds of a state."""
    return replace(state, plans={})


@pytest.mark.thorough
@quick
@given(states)
def test_a_scene_comes_back_from_its_link_without_loss(state: PageState) -> None:
    text = to_address(state)
    assert len(text) <= LONGEST_ADDRESS
    assert urlsplit(f"http://localhost/#{text}").fragment == text
    assert text.isascii()
    assert " " not in text
    back = from_address(text)
    assert back == scene_of(state)
    assert to_address(back) == text


@pytest.mark.parametrize("name", [str(EXACT + 1), str(-EXACT - 1), "1e5", "'12", "007"])
def test_names_that_look_like_numbers_stay_names(name: str) -> None:
    scene = replace(SCENE, classifier=name)
    assert from_address(to_address(scene)) == scene_of(scene)
    seeded = replace(SCENE, head=replace(SCENE.head, seed=EXACT + 1))
    assert from_address(to_address(seeded)) == scene_of(seeded)
    assert from_address(f"seed={EXACT + 1}").head.seed == EXACT + 1, "as links had it before"


def test_the_first_scene_needs_no_words() -> None:
    assert to_address(PageState()) == ""
    assert from_address("") == from_address("#") == PageState()


def test_a_link_can_be_read_by_people() -> None:
    assert to_address(SCENE) == (
        "change=palsy&change-side=right&age=71&gender=0.3&skin_tone=0.3&hair=long&intensity=1&seed=0&glasses=0.5"
        "&emotion=fear&strength=0.45&tab=population"
    )


LINKS = {
    "age=70": PageState(PageState().head.replace(age=70)),
    "change=symmetrise&change-keep=left&strength=0.5": PageState(
        intervention=interventions.get("symmetrise", keep="left"), step=10
    ),
    "change-side=right": PageState(intervention=interventions.get("asymmetric_expression", side="right")),
    "expression=jawOpen:0.5,mouthSmileLeft:1&pose=10,-5,0": PageState(
        PageState().head.replace(expression={"jawOpen": 0.5, "mouthSmileLeft": 1}, pose=(10, -5, 0))
    ),
    "light-azimuth=30&light-elevation=10&light-strength=1&light-colour=1,1,0.5&light-softness=0": PageState(
        PageState().head.replace(light=Light(30, 10, 1, (1, 1, 0.5), 0))
    ),
    "electrodes=fridlund&face=sample&emotion=sad&look=fer&method=gradcam++&classifier=fer": PageState(
        PageState().head.replace(electrodes="fridlund"),
        photograph="sample", label="sad", look="fer", cam="gradcam++", classifier="fer",
    ),
    "strength=0.4567&tab=muscles": PageState(step=9, tab=3),
}  # fmt: skip


@pytest.mark.parametrize("text", LINKS)
def test_links_of_this_release_stay_readable(text: str) -> None:
    assert from_address(text) == LINKS[text]


@pytest.mark.parametrize(
    "text",
    [
        "age",
        "age=",
        "age=70&age=71",
        "agee=70",
        "age=700",
        "age=__import__('os')",
        "strength=2",
        "strength=nan",
        "strength=1e999",
        "tab=secrets",
        "tab=99",
        "change=..%2F..%2Fetc%2Fpasswd",
        "change=a:1,",
        "change-side=right&change=age",
        "change-store=%2Ftmp",
        "face=%2Fetc%2Fpasswd",
        "emotion=%3Cscript%3E",
        "overlay=all",  # of an older layout
        "plans=1",
        "light-azimuth=x",
        "light-nothing=1",
        "seed=-1",
        "seed=" + "9" * 5000,
        "expression=" + "jawOpen:" * 500,
        "electrodes=,,,x",
        "pose=1,2",
        "%00=1",
        "=1",
        "age=70#b",
        "a" * (LONGEST_ADDRESS + 1),
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(FacelibError):
        from_address(text)


@pytest.mark.thorough
@quick
@given(st.text(max_size=80))
def test_no_text_does_harm(text: str) -> None:
    for read in (from_address, from_session, shared_state):
        with contextlib.suppress(FacelibError):
            read(text)


def test_a_misspelt_word_is_answered_by_the_nearest() -> None:
    with pytest.raises(FacelibError, match="Did you mean “emotion”"):
        from_address("emotoin=sad")


def test_equal_shares_are_short() -> None:
    mixed = PageState(Head(ancestry={"african": 1, "asian": 1, "european": 1}))
    assert "ancestry=african:1,asian:1,european:1&" in to_address(mixed)
    assert from_address(to_address(mixed)) == mixed


def test_words_of_links_are_no_fields_of_heads() -> None:
    names = {field.name for field in fields(Head)}
    assert not names & {*WORDS, "change", "strength", "tab"}
    assert not [name for name in names if name.startswith((OPTION, "light-"))]
    assert TAB_NAMES[0] == "explore"


@pytest.mark.thorough
@quick
@given(states)
def test_a_session_comes_back_from_its_file(state: PageState) -> None:
    text = to_session(state)
    assert len(text) < LONGEST_SESSION
    assert to_plain(from_session(text)) == to_plain(state)
    assert shared_state(f"\n{text}\n") == (from_session(text), True)


KIND = '"kind":"facelib session"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        f"{{{KIND}}}",
        f'{{{KIND},"state":{{"version":1,"run":true}}}}',
        "x" * (LONGEST_SESSION + 1),
    ],
)
def test_other_files_are_no_session(text: str) -> None:
    with pytest.raises(FacelibError):
        from_session(text)


def test_a_whole_link_and_its_scene_are_the_same() -> None:
    scene = to_address(SCENE)
    for text in (scene, f"#{scene}", f"http://127.0.0.1:8866/?token=a#{scene}", f"  {scene}\n"):
        assert shared_state(text) == (scene_of(SCENE), False)
    with pytest.raises(FacelibError, match="no scene"):
        shared_state("http://127.0.0.1:8866/?token=a")
