"""Who may come in: the token, requests that other sites cause, and paths that lead nowhere."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import HTTPError
from voila.static_file_handler import TemplateStaticFileHandler

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
    """Lets in who knows the token, once in an address or a form, then by a cookie; without a token, everyone.

    The cookie is ``SameSite=Strict``: a link on another site that lacks the token leads to the login form,
    and starts nothing. One that has it still works, for the page's own requests then carry the cookie.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cookie_options = {"samesite": "Strict", "httponly": True}

    @property
    def auth_enabled(self) -> bool:
        """Whether a token is needed."""
        return bool(self.token)

    async def get_user_token(self, handler: Any) -> User | None:
        """Return who shows the token with a request."""
        if not self._is_right(self.get_token(handler)):
            return None
        return self.get_user_cookie(handler) or self.generate_anonymous_user(handler)

    def process_login_form(self, handler: Any) -> User | None:
        """Return who types the token."""
        if self.auth_enabled and not self._is_right(handler.get_argument("password", default="")):
            return None
        return self.generate_anonymous_user(handler)

    def _is_right(self, given: str | None) -> bool:
        """Compare in a time that doesn't depend on how much of it is right."""
        return self.auth_enabled and hmac.compare_digest((given or "").encode(), self.token.encode())


class TemplateFiles(TemplateStaticFileHandler):
    """Serves the files of Voila's templates; what is no such path isn't there."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file."""
        try:
            await super().get(path, include_body)
        except (ValueError, AssertionError) as error:  # what Voila raises where a part of the path lacks
            raise HTTPError(404) from error
