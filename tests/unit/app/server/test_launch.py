"""What the server is told before it starts: where things are, who may come, and which holes are closed."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import facelib
from facelib.app.server import launch
from facelib.errors import BadValueError, UnavailableError

ROOT = Path(facelib.__file__).parents[1]
TEMPLATE = ROOT / launch.TEMPLATE


def configured(ip: str = "127.0.0.1", **changes: Any) -> Any:
    values: dict[str, Any] = {
        "token": "",
        "preheat": True,
        "pool_size": 2,
        "max_kernels": 8,
        "idle_minutes": 2.0,
        "log_level": "warning",
    }
    return launch.configuration(Path("app.ipynb"), 8866, ip, **{**values, **changes})


def test_explorer_and_template_are_found_in_a_checkout() -> None:
    assert launch.find_notebook() == ROOT / "notebooks/app.ipynb"
    assert launch.shared(launch.TEMPLATE) == TEMPLATE


def test_explorer_and_template_are_found_when_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "__file__", str(tmp_path / "lib/python/facelib/app/server/launch.py"))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr("importlib.metadata.distribution", lambda _name: SimpleNamespace(files=[]))
    with pytest.raises(UnavailableError, match="Install facelib again"):
        launch.find_notebook()
    page = tmp_path / "share/facelib/notebooks/app.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("{}")
    assert launch.find_notebook() == page


def test_the_wheel_brings_explorer_and_template() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared[launch.PAGE["checkout"]] == launch.PAGE["installed"]
    assert shared[launch.TEMPLATE] == launch.TEMPLATE


@pytest.mark.parametrize("name", ["nowhere.ipynb", "readme.txt", "folder.ipynb"])
def test_what_is_no_notebook_is_explained(tmp_path: Path, name: str) -> None:
    (tmp_path / "readme.txt").touch()
    (tmp_path / "folder.ipynb").mkdir()
    with pytest.raises(BadValueError, match="Expected the path of a notebook"):
        launch.find_notebook(tmp_path / name)


def test_own_notebook_is_taken_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    assert launch.find_notebook("mine.ipynb") == tmp_path / "mine.ipynb"


@pytest.mark.parametrize("ip", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "192.168.1.5", "example.org"])
def test_every_start_has_a_token_of_its_own(ip: str) -> None:
    made = {launch.choose_token(ip) for _ in range(3)}
    assert len(made) == 3
    assert min(map(len, made)) >= 24
    assert launch.choose_token(ip, "one of your own") == "one of your own"


def test_only_this_machine_may_come_without_a_token() -> None:
    for ip in ("127.0.0.1", "localhost", "::1", "127.0.0.7"):
        assert launch.choose_token(ip, "") == ""
    for ip in ("0.0.0.0", "192.168.1.5", "::", "example.org"):
        with pytest.raises(BadValueError, match="needs a token"):
            launch.choose_token(ip, "")


def test_a_file_may_have_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(BadValueError, match="can't be read"):
        launch.choose_token("127.0.0.1", file=file)
    file.write_text("open sesame\n")
    file.chmod(0o600)
    assert launch.choose_token("127.0.0.1", file=file) == "open sesame"
    file.write_text(" \n")
    with pytest.raises(BadValueError, match="holds no token"):
        launch.choose_token("127.0.0.1", file=file)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no modes")
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_token_that_others_can_read_is_none(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text("open sesame")
    file.chmod(mode)
    with pytest.raises(BadValueError, match="chmod 600"):
        launch.choose_token("127.0.0.1", file=file)


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        found = launch.free_port("127.0.0.1", taken)
    assert found != taken
    assert launch.free_port("127.0.0.1", taken) == taken
    assert launch.free_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize(("ip", "port"), [("127.0.0.1", 70000), ("127.0.0.1", -1), ("192.0.2.1", 8866)])
def test_impossible_addresses_are_explained(ip: str, port: int) -> None:
    with pytest.raises(BadValueError, match=r"port|address"):
        launch.free_port(ip, port)


@pytest.mark.parametrize(
    ("pool_size", "max_kernels", "preheat"), [(2, 2, True), (8, 8, True), (0, 0, True), (5, 0, False)]
)
def test_pool_and_cap_have_to_go_together(pool_size: int, max_kernels: int, preheat: bool) -> None:
    with pytest.raises(BadValueError, match="more kernels than"):
        launch.serve(pool_size=pool_size, max_kernels=max_kernels, preheat=preheat)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", "/"),
        ("", "/"),
        ("/hub/x/", "/hub/x/"),
        ("hub", "/hub/"),
        ("/user/a.b@c/~1-_/", "/user/a.b@c/~1-_/"),
    ],
)
def test_a_path_gets_its_slashes(path: str, found: str) -> None:
    assert launch.checked_base_url(path) == found
    options = configured(base_url=found, token="given")
    assert options.Voila.base_url == found
    assert options.Voila.tornado_settings["xsrf_cookie_kwargs"] == {"samesite": "Strict", "path": found}


@pytest.mark.thorough
@given(st.text(min_size=1, max_size=12))
def test_a_path_is_plain_or_refused(path: str) -> None:
    try:
        found = launch.checked_base_url(path)
    except BadValueError:
        return
    assert re.fullmatch(r"/([A-Za-z0-9_.~@-]+/)*", found)
    assert not {".", ".."} & set(found.split("/"))


@pytest.mark.parametrize(
    "path", ["/a//b", "/../", "/a?b", "/a#b", "http://x", "/a b/", "/%2e/", "/\N{GREEK SMALL LETTER ALPHA}/"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(BadValueError, match="like /hub/x/"):
        launch.serve(base_url=path)


def test_a_proxys_name_is_accepted_only_with_a_token() -> None:
    def accepted(**options: str) -> bool:
        return bool(configured(**options).Voila.tornado_settings["allow_remote_access"])

    assert accepted(base_url="/hub/x/", token="given")
    assert not accepted(base_url="/hub/x/")
    assert not accepted(token="given")


def test_unknown_levels_of_the_log_are_explained() -> None:
    with pytest.raises(BadValueError, match="DEBUG, INFO, WARNING, ERROR; got 'loud'"):
        launch.serve(log_level="loud")


def test_environment_is_changed_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "known")
    monkeypatch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
    changes = launch.jupyter_variables(TEMPLATE, os.environ)
    with launch.environment(changes):
        assert os.environ["JUPYTER_PATH"] == f"{ROOT / 'share/jupyter'}{os.pathsep}known"
        assert os.environ["JUPYTER_PREFER_ENV_PATH"] == "1"
    assert os.environ["JUPYTER_PATH"] == "known"
    assert "JUPYTER_PREFER_ENV_PATH" not in os.environ


def test_holes_are_closed() -> None:
    options = configured()
    page = options.VoilaConfiguration
    assert page.template == "facelib"
    assert page.allow_template_override == page.allow_theme_override == "NO"
    assert page.file_allowlist == []
    assert "jupyterlab-jupytext" not in page.extension_allowlist
    assert page.show_tracebacks is False
    assert page.strip_sources is True
    assert options.Voila.config_file_paths == []
    assert options.KernelManager.transport == "ipc"
    assert options.KernelManager.autorestart is False
    assert options.MappingKernelManager.cull_idle_timeout == 120
    assert options.MappingKernelManager.cull_connected is False
    assert options.CappedKernelManager.max_kernels == 8
    settings = options.Voila.tornado_settings
    assert settings["websocket_max_message_size"] == launch.MESSAGE_LIMIT > 16 * 2**20
    assert not settings.get("disable_check_xsrf")


def test_other_host_names_are_accepted_only_where_others_may_come() -> None:
    assert configured().Voila.tornado_settings["allow_remote_access"] is False
    assert configured("0.0.0.0", token="given").Voila.tornado_settings["allow_remote_access"] is True


def test_content_policy_names_no_machine() -> None:
    policy = launch.content_policy()
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert not re.search(r"https?:|wss?:|\*", policy)


def test_templates_name_no_machine() -> None:
    files = sorted(TEMPLATE.iterdir())
    assert {file.name for file in files} >= {
        "conf.json",
        "index.html.j2",
        "page.html",
        "error.html",
        "503.html",
    }
    for file in files:
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, file


def test_long_temporary_folders_are_no_place_for_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, transport = launch.connection_folder()
    assert (folder, transport) == (Path(tempfile.gettempdir()), "ipc")
    long = tmp_path / ("x" * 60)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(long))
    assert launch.connection_folder() == (Path("/tmp"), "ipc")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert launch.connection_folder() == (long, "tcp")
