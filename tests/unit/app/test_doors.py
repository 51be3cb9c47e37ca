"""Who is let in, without a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from facelib.app.doors import TokenProvider, invited

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


def handler(**arguments: str) -> Any:
    import logging

    def get_argument(name: str, default: str = "") -> str:
        return arguments.get(name, default)

    return SimpleNamespace(get_argument=get_argument, log=logging.getLogger("test"))


@pytest.mark.parametrize("given", ["", "secre", "secret ", "Secret", "s\u00e9cret", "secret" * 1000])
def test_wrong_tokens_open_nothing(given: str) -> None:
    provider = TokenProvider(token="secret")
    assert provider.auth_enabled
    assert provider.process_login_form(handler(password=given)) is None
    assert provider.process_login_form(handler(password=given, new_password="mine")) is None
    assert provider.process_login_form(handler(password="secret")) is not None


def test_no_token_lets_everyone_in() -> None:
    provider = TokenProvider(token="")
    assert not provider.auth_enabled
    assert provider.process_login_form(handler()) is not None
