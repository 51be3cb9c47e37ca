"""Who may come in: the token, requests that other sites cause, and paths that lead nowhere."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.web import HTTPError, authenticated
from voila.static_file_handler import TemplateStaticFileHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.voila_identity_provider import VoilaLoginHandler

PROTOCOL = "v1.kernel.websocket.jupyter.org"
_WORD = 8  # bytes of a number in it
_FEWEST = 6  # numbers: where the channel begins, four parts of the message, and where it ends
SOMEBODY = User("visitor", "Visitor", "Visitor", "V")
FOREIGN = "Another site asked for this page. Open it by its address."


def invited(headers: Mapping[str, str]) -> bool:
    """Say whether a request for the page was caused by a visitor, or by the page itself.

    Browsers state in ``Sec-Fetch-*`` why they ask. What another site embeds (a picture, a frame, a script) is
    refused, since every page that is served starts an interpreter; so are pages that are fetched in advance.
    A link that a visitor follows is fine. Other programs, and browsers on an unencrypted network, don't send
    these headers; the token keeps those out.

    Examples
    --------
    >>> invited({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
    False
    >>> invited({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
    True
    """
    if "prefetch" in headers.get("Sec-Purpose", headers.get("Purpose", "")):
        return False
    if headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
        return True
    return headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"


class TokenProvider(IdentityProvider):
    """Lets in who shows the token with each request; without a token, everyone.

    Nothing is remembered in a cookie: browsers send those to every port of this machine, to the servers of
    its other users, too. The page's address has the token, and the page sends it along (`page_config`).
    """

    @property
    def auth_enabled(self) -> bool:
        """Whether a token is needed."""
        return bool(self.token)

    async def get_user_token(self, handler: Any) -> User | None:
        """Return who shows the token; the time taken doesn't depend on how much of it is right."""
        given = self.get_token(handler) or ""
        right = self.auth_enabled and hmac.compare_digest(given.encode(), self.token.encode())
        return SOMEBODY if right else None

    def generate_anonymous_user(self, _handler: Any) -> User:
        """Return who comes where no token is needed."""
        return SOMEBODY

    def get_user_cookie(self, _handler: Any) -> None:
        """Let no cookie in."""

    def set_login_cookie(self, _handler: Any, _user: User) -> None:
        """Set no cookie."""

    def get_cookie_name(self, _handler: Any) -> str:
        """Name a cookie that nobody has: that of a hub at the same address isn't ours to delete."""
        return "facelib-sets-none"


class LoginHandler(VoilaLoginHandler):
    """Asks for the token, which the form then puts into the page's address."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    def _render(self, message: Any = None) -> None:  # noqa: ARG002
        wanted = urlsplit(self.get_argument("next", default=self.base_url))
        said = parse_qsl(wanted.query, keep_blank_values=True)
        rest = [(name, value) for name, value in said if name != "token"]
        self.write(self.render_template("login.html", rest=rest, wrong=len(rest) < len(said)))


def well_formed(message: str | bytes) -> bool:
    """Say whether a message of a page is what `PROTOCOL` says: where each part begins, then the parts.

    What reads it on the server trusts these numbers; a wrong one can keep it busy for ever.

    Examples
    --------
    >>> well_formed(bytes(100)), well_formed("text")
    (False, False)
    """
    if not isinstance(message, bytes):
        return False
    count = int.from_bytes(message[:_WORD], "little")
    if not _FEWEST <= count < len(message) // _WORD:
        return False
    begins = struct.unpack_from(f"<{count}Q", message, _WORD)
    return begins[0] == _WORD * (1 + count) and begins[-1] <= len(message) and list(begins) == sorted(begins)


class SocketHandler(VoilaKernelWebsocketHandler):
    """Connects a page to its kernel."""

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on; hang up on who sends something else."""
        if well_formed(ws_message):
            super().on_message(ws_message)
        else:
            self.close(1003, "no message of the page")

    async def pre_get(self) -> None:
        """Refuse whoever doesn't speak as the page does: Voila misreads messages of the older protocol."""
        spoken = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in map(str.strip, spoken.split(",")):
            raise HTTPError(400)
        await super().pre_get()


class SessionHandler(KernelHandler):
    """Says how a kernel is, and ends it."""

    @authenticated
    @authorized
    async def get(self, kernel_id: str) -> None:
        """Answer a page that hears nothing from its kernel; a kernel that has died isn't there any more."""
        manager = self.kernel_manager
        if kernel_id in manager and not await ensure_async(manager.is_alive(kernel_id)):
            await ensure_async(manager.shutdown_kernel(kernel_id, now=True))
        await super().get(kernel_id)


def page_config(token: str) -> Callable[..., dict[str, Any]]:
    """Return the hook by which Voila's page learns that `token` goes with its requests and its socket."""
    more = {"token": token, "appendToken": "true"} if token else {}

    def hook(config: dict[str, Any], **_: Any) -> dict[str, Any]:
        return config | more

    return hook


class TemplateFiles(TemplateStaticFileHandler):
    """Serves the files of Voila's templates; what is no such path isn't there."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file."""
        try:
            await super().get(path, include_body)
        except (ValueError, AssertionError) as error:  # what Voila raises where a part of the path lacks
            raise HTTPError(404) from error
