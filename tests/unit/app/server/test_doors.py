"""Who is let in, without a server."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from facelib.app.server.doors import TokenProvider, invited, page_config

LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize("site", ["none", "same-origin"])
@pytest.mark.parametrize("dest", ["document", "iframe", "empty"])
def test_visitors_and_the_page_itself_are_invited(site: str, dest: str) -> None:
    assert invited({"Sec-Fetch-Site": site, "Sec-Fetch-Dest": dest})
    assert invited({})  # other programs: they need the token


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something new"])
@pytest.mark.parametrize(
    ("mode", "dest"),
    [
        ("no-cors", "image"),
        ("navigate", "iframe"),
        ("navigate", "object"),
        ("cors", "empty"),
        ("navigate", ""),
    ],
)
def test_what_other_sites_embed_is_not(site: str, mode: str, dest: str) -> None:
    assert not invited({"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest})


@pytest.mark.parametrize("more", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_links_are_followed_but_not_in_advance(more: dict[str, str]) -> None:
    assert invited(LINK)
    assert not invited(LINK | more)
    assert not invited(more)


def handler(given: str = "", **headers: str) -> Any:
    def get_argument(_name: str, default: str = "") -> str:
        return given or default

    request = SimpleNamespace(headers=headers, host="127.0.0.1:8866")
    return SimpleNamespace(get_argument=get_argument, get_cookie=lambda _name: None, request=request)


@pytest.mark.parametrize("given", ["", "secre", "secret ", "Secret", "s\u00e9cret", "secret" * 1000])
def test_wrong_tokens_open_nothing(given: str) -> None:
    provider = TokenProvider(token="secret")
    assert provider.auth_enabled
    assert asyncio.run(provider._get_user(handler(given))) is None
    assert asyncio.run(provider._get_user(handler(Authorization=f"token {given}"))) is None
    assert asyncio.run(provider._get_user(handler("secret"))) is not None
    assert asyncio.run(provider._get_user(handler(Authorization="token secret"))) is not None


def test_a_hub_at_the_same_address_keeps_its_cookie(caplog: pytest.LogCaptureFixture) -> None:
    """Jupyter names cookies after host and port; of a hub's we would have said that it is expired."""
    deleted: list[str] = []
    visitor = handler()  # as scripts and pictures are asked for
    hubs = {"username-127-0-0-1-8866": "anna"}
    visitor.get_cookie = hubs.get
    visitor.clear_cookie = lambda name, **_: deleted.append(name)
    asyncio.run(TokenProvider(token="secret").get_user(visitor))
    assert deleted == []
    assert "cookie" not in caplog.text


def test_no_token_lets_everyone_in() -> None:
    provider = TokenProvider(token="")
    assert not provider.auth_enabled
    assert asyncio.run(provider._get_user(handler())) is not None


def test_the_page_learns_the_token() -> None:
    assert page_config("")({"a": 1}, notebook_path="x") == {"a": 1}
    assert page_config("secret")({"a": 1}) == {"a": 1, "token": "secret", "appendToken": "true"}
