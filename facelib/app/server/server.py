"""Voila with its holes closed: what configuration alone can't do. Imported by `launch` only."""

from __future__ import annotations

import logging
import os
import re
import signal
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from jupyter_server.log import log_request
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import HTTPError
from traitlets import Bool, Unicode
from traitlets import Callable as CallableTrait
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.static_file_handler import TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.voila_identity_provider import VoilaLoginHandler

from facelib.app.server.doors import (
    FOREIGN,
    LoginHandler,
    SessionHandler,
    SocketHandler,
    TemplateFiles,
    invited,
)
from facelib.app.server.kernel_manager import kernel_path
from facelib.app.server.launch import page_address
from facelib.utilities.scratch import PAGE, new_folder, remove

logger = logging.getLogger(__name__)

NOISE = (
    "is not trusted",
    "websocket_ping_timeout",
    "Config changed:",
    "exception=WebSocketClosedError()",  # a page was left while a message was on its way to it
    "Got events for closed stream",
)
TOKEN = re.compile(r"token=[^&\s'\")]+")
WAIT_FOR_POOL = 10.0  # seconds; the browser opens when a preheated kernel is there, or then at the latest


class PageHandler(TornadoVoilaHandler):
    """Serves the page."""

    async def prepare(self) -> None:
        """Refuse what another site asks for before an interpreter is started for it."""
        if not invited(self.request.headers):
            self.current_user = self._jupyter_current_user = None
            raise HTTPError(403, reason=FOREIGN)
        await super().prepare()

    async def get(self, path: str | None = None) -> None:
        """Send the page, with the cookie that lets it end its kernel when it closes where no token is needed.

        Voila's page sends the cookie's value back as proof that the request is its own, but nothing in Voila
        sets the cookie: without this, every reload leaves a kernel behind.
        """
        _ = self.xsrf_token  # reading it sets the cookie
        await super().get(path)

    def should_use_rendered_notebook(self, notebook_data: Any, pool_size: int, *rest: Any) -> bool:
        """Take a kernel of the pool only if it has been started."""
        taken = self.kernel_manager.ready(self.notebook_path) and bool(
            super().should_use_rendered_notebook(notebook_data, pool_size, *rest)
        )
        if taken:
            self.kernel_manager.hand_out(self.notebook_path)
        return taken


class PageServer(Voila):
    """Serves one notebook as a page until it is interrupted, and leaves no kernel behind."""

    announce = CallableTrait(lambda _url: None, help="Called with the page's address once it is served.")
    show_page = Bool(False, help="Open the page in the user's browser.")
    page_token = Unicode("", help="The token that the address carries.")
    template_folder = Unicode("", help="Where login.html and error.html are.")
    _own: Path | None = None
    _opened_from: Path | None = None

    def __init__(self, **kwargs: Any) -> None:
        logging.getLogger(type(self).__name__).addFilter(_worth_reading)  # its first line has the token
        super().__init__(**kwargs)

    def initialize(self, argv: list[str] | None = None) -> None:
        """Prepare the server; Ctrl-C, a closed terminal and `kill` end it the same orderly way."""
        super().initialize(argv)
        tornado = (logging.getLogger(f"tornado.{name}") for name in ("general", "application", "access"))
        for log in (self.log, logging.getLogger("asyncio"), *tornado):
            log.addFilter(_worth_reading)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._handle_signal_stop)

    def init_settings(self) -> dict[str, Any]:
        """Let facelib's own pages come before those of jupyter_server."""
        settings: dict[str, Any] = super().init_settings()
        environment = settings["jinja2_env"]
        own = jinja2.FileSystemLoader(self.template_folder)
        environment.loader = jinja2.ChoiceLoader([own, environment.loader])
        settings["log_function"] = _log_without_token
        return settings

    def init_handlers(self) -> list[Any]:
        """Put our handlers in the place of Voila's.

        Kernels ask which request they belong to without a token: only they know the path of that door.
        """
        own = {
            TornadoVoilaHandler: PageHandler,
            TemplateStaticFileHandler: TemplateFiles,
            KernelHandler: SessionHandler,
            VoilaKernelWebsocketHandler: SocketHandler,
            VoilaLoginHandler: LoginHandler,
        }
        handlers = []
        for pattern, handler, *rest in super().init_handlers():
            inside = handler is RequestInfoSocketHandler
            below = pattern.startswith(self.server_url)  # Voila forgets the path for the log-in
            path = pattern if below else f"{self.server_url}{pattern.lstrip('/')}"
            if inside:
                path = path.replace(self.server_url, kernel_path(self.server_url), 1)
            handlers.append((path, own.get(handler, handler), *rest))
        return handlers

    def address(self, *, here: bool) -> str:
        """Return the page's address: as this machine's own browser knows it, or as others do."""
        query = f"?{urlencode({'token': self.page_token})}" if self.page_token else ""
        return page_address(self.ip, self.port, self.base_url, here=here) + query

    def listen(self) -> None:
        """Serve until stopped."""
        IOLoop.current().add_callback(self._announce)
        super().listen()

    def start(self) -> None:
        """Serve; what kernels are reached by lies in a folder that is swept when this process was killed."""
        self._own = new_folder(PAGE, Path(self.connection_dir_root))
        self.set_trait("connection_dir_root", str(self._own))
        super().start()

    def stop(self) -> None:
        """End all kernels at once, for they keep nothing that could get lost, and remove their sockets."""
        try:
            IOLoop.current().run_sync(self.kernel_manager.close)
        finally:
            for folder in filter(None, (self._own, self._opened_from)):
                remove(folder)

    def _announce(self) -> None:
        self.announce(self.address(here=False))
        if not self.show_page:
            return
        deadline = IOLoop.current().time() + WAIT_FOR_POOL
        notebook = os.path.relpath(self.notebook_path, self.root_dir)

        def look() -> None:
            manager = self.kernel_manager
            late = IOLoop.current().time() > deadline
            if late or not self.voila_configuration.preheat_kernel or manager.ready(notebook):
                timer.stop()
                self._opened_from = place_for_browser(Path(self.connection_dir))
                open_page(self.address(here=True), self._opened_from)

        timer = PeriodicCallback(look, 200)
        timer.start()


def _log_without_token(handler: Any) -> None:
    """Log a request; what its address has to keep secret isn't shown."""
    log_request(handler, record_prometheus_metrics=False)


def _worth_reading(record: logging.LogRecord) -> bool:
    """Drop what comes each time and means nothing to whoever reads it; the token is shown nowhere."""
    text = record.getMessage()
    if "token=" in text:
        record.msg, record.args = TOKEN.sub("token=[secret]", text), ()
    return not any(words in text for words in NOISE)


def open_page(address: str, folder: Path, browser: Callable[[], Any] | None = None) -> bool:
    """Open `address` in the user's browser, if there is one with a window; return whether it was tried.

    An address with a token goes through a private file in `folder`: command lines can be read by others.
    """
    chosen = browser or graphical_browser
    found = chosen()
    if found is None:
        return False
    target = address
    if "token=" in address:
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".html", delete=False) as file:
            file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={address}">')
        target = Path(file.name).as_uri()
    threading.Thread(target=found.open, args=(target,), daemon=True).start()
    return True


def place_for_browser(private: Path) -> Path:
    """Return a private folder whose files the user's browser can open; `private` wherever that is one.

    A browser that was installed as a snap, as on Ubuntu, sees no temporary files, and in the user's home what
    isn't hidden.
    """
    home = Path.home()
    if (home / "snap").is_dir() and os.access(home, os.W_OK):
        return new_folder("open", home)
    return private


def graphical_browser() -> Any:
    """Return the user's browser, or None where there is no screen: text browsers would take the terminal."""
    screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if os.name == "posix" and os.uname().sysname == "Linux" and not screen:
        return None
    try:
        return webbrowser.get()
    except webbrowser.Error:
        return None
