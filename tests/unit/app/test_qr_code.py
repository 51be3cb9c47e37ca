"""QR codes as a telephone reads them: OpenCV's reader is the oracle."""

from __future__ import annotations

from urllib.parse import quote

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.app.qr_code import BLACK_ON_WHITE, LONGEST, USUAL, in_terminal, modules
from facelib.app.widgets.page_tools import PageTools
from facelib.cli.main import _to_scan

WORD = "bado-kife-lumi-tozu"
PAGE = "http://192.0.2.7:8866/"


def scanned(rows: list[str] | tuple[str, ...]) -> str:
    """Return what a code says; empty if nothing can be read."""
    dark = np.array([[cell == "1" for cell in row] for row in rows])
    picture = np.kron(np.where(dark, 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))
    return str(cv2.QRCodeDetector().detectAndDecode(picture)[0])


def of_terminal(lines: str) -> list[str]:
    """Return the rows that a terminal shows: two for every line of half blocks."""
    rows: list[str] = []
    for line in lines.split("\n"):
        assert line.startswith(BLACK_ON_WHITE)
        assert line.endswith(USUAL)
        drawn = line.removeprefix(BLACK_ON_WHITE).removesuffix(USUAL)
        rows.append("".join("1" if sign in "█▀" else "0" for sign in drawn))
        rows.append("".join("1" if sign in "█▄" else "0" for sign in drawn))
    return rows


@pytest.mark.parametrize("scene", ["", "#age=70", f"#{'&'.join(f'change-{n}={n}' for n in range(20))}"])
def test_a_telephone_reads_the_link(scene: str) -> None:
    rows = modules(PAGE + scene)
    assert scanned(rows) == PAGE + scene
    assert all(set(row) == {"0"} for row in (*rows[:4], *rows[-4:])), "a quiet zone is around it"
    assert {row[:4] + row[-4:] for row in rows} == {"0" * 8}
    assert scanned(of_terminal(in_terminal(PAGE + scene))) == PAGE + scene


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_whatever_text_comes_there_is_a_square_or_nothing(text: str) -> None:
    rows = modules(text)
    assert {len(row) for row in rows} in ({len(rows)}, set())
    assert set("".join(rows)) <= {"0", "1"}


def test_what_is_too_long_or_no_text_has_no_code() -> None:
    assert len(modules("x" * LONGEST)) == 97 + 8
    assert modules("x" * (LONGEST + 1)) == modules("") == modules("half \ud800") == ()
    assert in_terminal("x" * (LONGEST + 1)) == ""


def test_a_classs_word_is_in_the_terminals_code_and_a_token_never() -> None:
    code, said = _to_scan(f"{PAGE}?token={WORD}", "utf-8")
    assert scanned(of_terminal(code)) == f"{PAGE}?token={WORD}"
    assert said == f"Scanned, it opens {PAGE}, with the word."
    code, said = _to_scan(f"{PAGE}?token={quote('aB3-secret_of/32')}", "utf-8")
    assert scanned(of_terminal(code)) == PAGE
    assert said == f"Scanned, it opens {PAGE}, which asks for the token."
    assert list(_to_scan(PAGE, "ascii")) == [], "a terminal that can't show it gets no rubbish"


def test_the_page_asks_for_the_code_of_its_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIB_ADDRESS", PAGE)
    tools = PageTools(lambda _press: None, lambda _open: None)
    assert tools.reach == PAGE
    sent: list[dict] = []
    monkeypatch.setattr(tools, "send", sent.append)
    tools._on_msg(tools, {"code": f"{PAGE}#age=70"}, [])
    (answer,) = sent
    assert answer["code"]["link"] == f"{PAGE}#age=70"
    assert scanned(answer["code"]["rows"]) == f"{PAGE}#age=70"
    for hostile in ({"code": 7}, {"code": "\ud800"}, {"code": "x" * 100_000}):
        tools._on_msg(tools, hostile, [])
    assert [one["code"]["rows"] for one in sent[1:]] == [(), ()]
    tools.close()
