"""A form counts only if it was sent from our own page, in the session that the page was made for (T14)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection

from starlette.datastructures import Headers

from cds_service.errors import CrossSite


class FormGuard:
    """Makes and checks the tokens of forms. `origins` are those that this service is reached by, such as
    `https://cds.example.org`; every process of one service needs the same secret.
    """  # noqa: D205 - one promise

    def __init__(self, secret: bytes, origins: Collection[str]) -> None:
        self._secret = secret
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)

    def token(self, session: str) -> str:
        """The token of every form in this session: no other session's token is equal to it."""
        return hmac.new(self._secret, b"form\x00" + session.encode(), hashlib.sha256).hexdigest()

    def check(self, headers: Headers, *, session: str, token: str) -> None:
        """Raise CrossSite unless the form came from our own page in this session."""
        self.check_origin(headers)
        if not hmac.compare_digest(self.token(session).encode(), token.encode(errors="replace")):
            raise CrossSite

    def check_origin(self, headers: Headers) -> None:
        """Raise CrossSite unless the browser says that one of our own pages sent this.

        Every browser of the last years sends Origin with a POST; what sends neither header is no browser.
        """
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is None and origin is None:
            raise CrossSite
        if site is not None and site != "same-origin":
            raise CrossSite
        if origin is not None and origin.lower() not in self._origins:
            raise CrossSite
