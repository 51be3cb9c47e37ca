"""The address that is given to others leads to this machine, and to nobody else's."""

from __future__ import annotations

import socket

import pytest

from facelib.app.server import launch
from facelib.app.server.reach import own_address, page_address


def test_others_reach_a_server_there() -> None:
    found = own_address()
    family = socket.AF_INET6 if ":" in found else socket.AF_INET
    with socket.create_server((found, 0), family=family) as server:
        port = server.getsockname()[1]
        with socket.create_connection((found, port), timeout=5):
            assert found not in {"127.0.0.1", "::1"}


class Offline(socket.socket):
    """No way leads out."""

    def connect(self, _place: object) -> None:
        raise OSError


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        (["127.0.1.1", "192.168.7.3"], "192.168.7.3"),
        (["fe80::1%eth0", "fd00::7"], "fd00::7"),
        (["127.0.1.1"], "lab-pc"),
    ],
)
def test_without_a_way_out_the_networks_address_or_the_name_is_given(
    monkeypatch: pytest.MonkeyPatch, places: list[str], wanted: str
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in places]
    monkeypatch.setattr(socket, "socket", Offline)
    monkeypatch.setattr(socket, "gethostname", lambda: "lab-pc")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert own_address() == wanted
    address = page_address("0.0.0.0", 8866, "/hub/x/")
    assert address == f"http://{f'[{wanted}]' if ':' in wanted else wanted}:8866/hub/x/"


@pytest.mark.parametrize(("ip", "told"), [("127.0.0.1", False), ("0.0.0.0", True), ("192.0.2.7", True)])
def test_sessions_know_where_others_reach_the_page_and_no_token(ip: str, *, told: bool) -> None:
    options = launch.configuration(
        launch.find_notebook(), 8866, ip, token="a-secret-token", preheat=False, pool_size=0, max_kernels=2,
        idle_minutes=2.0, log_level="WARNING",
    )  # fmt: skip
    reach = options.CappedKernelManager.reach
    assert bool(reach) == told
    assert "token" not in reach
    assert "127.0.0.1" not in reach
    assert "0.0.0.0" not in reach
