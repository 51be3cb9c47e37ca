"""Who plays a page of a class and sends it pictures: the kernel refuses them all."""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from harness import QUICK_PAGE, facelib_app, write_notebook
from websockets.sync.client import ClientConnection, connect

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(1000)


def sheaf(channel: bytes, *parts: bytes) -> bytes:
    """Return a message of the page's protocol."""
    every = (channel, *parts)
    places = [8 * (2 + len(every))]
    for part in every:
        places.append(places[-1] + len(part))
    numbers = [len(places), *places]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(every)


def message(kind: str, content: object, *buffers: bytes) -> bytes:
    header = {"msg_id": f"{time.time()}", "msg_type": kind, "username": "", "session": "x", "version": "5.3"}
    parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
    return sheaf(b"shell", *parts, *buffers)


def received(socket: ClientConnection, words: bytes, seconds: float = 60.0) -> bytes:
    """Read on until a message has these words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        one = socket.recv(timeout=seconds)
        assert isinstance(one, bytes)
        if words in one:
            return one
    raise AssertionError(words)


def test_an_attackers_picture_is_refused_by_every_widget_of_the_page(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "page.ipynb", QUICK_PAGE)
    with facelib_app(notebook, tmp_path / "log", "--class", "2", pool=1) as server:
        with urllib.request.urlopen(server.url, timeout=60) as answer:
            page = answer.read().decode()
        (kernel,) = set(re.findall(r'"kernelId": "([\w-]+)"', page))
        address = server.at(f"api/kernels/{kernel}/channels?session_id=x").replace("http", "ws", 1)
        protocol = ["v1.kernel.websocket.jupyter.org"]
        with connect(address, subprotocols=protocol, max_size=None) as socket:
            socket.send(message("comm_info_request", {"target_name": "jupyter.widget"}))
            told = received(socket, b"comm_info_reply")
            comms = set(re.findall(rb'"([0-9a-f]{32})": ?\{', told))
            assert len(comms) > 50
            own = "f" * 32  # a widget of the attacker's own, which nothing listens to
            opened = {"_model_module": "@jupyter-widgets/controls", "_model_name": "FileUploadModel"}
            state = {**opened, "_model_module_version": "2.0.0"}
            content = {"comm_id": own, "target_name": "jupyter.widget", "data": {"state": state}}
            socket.send(message("comm_open", content))
            for comm in (*sorted(comms), own.encode()):
                sent = {"method": "custom", "content": {"name": "me.png", "place": 0, "parts": 1}}
                socket.send(message("comm_msg", {"comm_id": comm.decode(), "data": sent}, PICTURE))
            received(socket, b"refused")
            socket.send(message("execute_request", {"code": "open('ran', 'w')", "silent": False}))
            socket.send(message("comm_info_request", {"target_name": "jupyter.widget"}))
            received(socket, b"comm_info_reply")
        assert "Traceback" not in server.log
        assert not (tmp_path / "ran").exists()
