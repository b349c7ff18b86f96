"""Thin layers of plain ASGI: headers on every answer, listed origins, and a last resort that repeats nothing.

No BaseHTTPMiddleware: it costs more than a hook call's own work.
"""

from __future__ import annotations

import traceback
from typing import Final

import structlog
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cds_service.errors import refusal

log = structlog.get_logger(__name__)

_ENDPOINTS: Final = "/cds-services"

# Pages set their own policy; what sets none may load nothing and be framed by nobody.
DEFAULT_HEADERS: Final = (
    (b"cache-control", b"no-store"),  # S41: guidance is bound to its call
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class SafeHeaders:
    """Adds each default header that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through, headers added at the start of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name.lower() for name, _ in headers}
                message["headers"] = headers + [one for one in DEFAULT_HEADERS if one[0] not in names]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CrossOrigin:
    """Lets pages of the listed origins call the CDS Hooks endpoints, and nothing else of the service (S40).

    Without credentials: a call is trusted for its token, never for a cookie. Refusals carry the header too, so that
    the developer of such a page sees why.
    """

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),
            expose_headers=("Retry-After",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through, by way of the origins where the path is one of the endpoints'."""
        path = scope.get("path", "")
        is_endpoint = path == _ENDPOINTS or path.startswith(f"{_ENDPOINTS}/")
        await (self._shared if is_endpoint else self._app)(scope, receive, send)


class LastResort:
    """Turns what nobody expected into a plain 500, and logs where it came from without its message.

    A message or a traceback's values may hold what a patient's record says (T6); places in our code do not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the one net under every route
            if scope["type"] != "http":
                raise
            frames = traceback.extract_tb(error.__traceback__)[-6:]
            where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
            log.error("request.failed", error=type(error).__name__, where=where)  # noqa: TRY400 - no message, no values
            if not started:
                await refusal(error)(scope, receive, send)
