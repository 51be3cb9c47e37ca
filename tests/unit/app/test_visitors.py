"""Who can come to a page: the server says it, and what isn't said counts as others."""

from __future__ import annotations

from itertools import product

import pytest

from facelib.app import visitors
from facelib.app.server.launch import configuration, find_notebook


@pytest.mark.parametrize(
    ("loopback", "token", "path"), list(product((True, False), (True, False), ("/", "/hub/x/")))
)
def test_one_is_alone_on_ones_own_machine_with_a_token_only(loopback: bool, token: bool, path: str) -> None:
    said = visitors.who_can_come(loopback=loopback, token=token, base_url=path)
    assert (said == visitors.ALONE) == (loopback and token and path == "/")
    assert said == visitors.ALONE or said in visitors.REASONS


@pytest.mark.parametrize(
    ("ip", "token", "path", "said"),
    [
        ("127.0.0.1", "a" * 20, "/", "alone"),
        ("::1", "a" * 20, "/", "alone"),
        ("127.0.0.1", "", "/", "token"),
        ("0.0.0.0", "a" * 20, "/", "address"),
        ("192.168.0.7", "a" * 20, "/", "address"),
        ("127.0.0.1", "a" * 20, "/hub/x/", "path"),
    ],
)
def test_the_server_is_set_up_to_say_it(ip: str, token: str, path: str, said: str) -> None:
    options = configuration(
        find_notebook(), 8866, ip, token=token, preheat=False, pool_size=1, max_kernels=2, idle_minutes=2,
        log_level="WARNING", base_url=path,
    )  # fmt: skip
    assert options.CappedKernelManager.visitors == said


def test_what_is_said_decides_and_voila_has_to_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(visitors.VARIABLE, raising=False)
    assert visitors.closed() == ""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    assert visitors.REASONS["unknown"] in visitors.closed()
    monkeypatch.setenv(visitors.VARIABLE, visitors.ALONE)
    assert visitors.closed() == ""
    for said in ("", "ALONE", "yes", "alone "):
        monkeypatch.setenv(visitors.VARIABLE, said)
        assert visitors.REASONS["unknown"] in visitors.closed()
