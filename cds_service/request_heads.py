"""HTTP heads within limits of size and time, before anything of a request is judged (T11).

Uvicorn keeps every header of a request, however many there are, and waits for the rest for ever: without a token, one
connection could fill the memory. A proxy in front may have such limits too; ours hold without one.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES: Final = 65_536  # of a head, or of trailers; a token has at most 8 kB
WITHIN_S: Final = 10.0  # from the connection, or from the head's first byte, to its last


class LimitedHeads(HttpToolsProtocol):
    """Uvicorn's protocol over httptools, with an end to what it would otherwise gather."""

    _kept = 0  # bytes of this message's address, headers and trailers
    _untold = 0  # bytes since the parser last told of anything: of a header without an end
    _has_told = False
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller is there; its first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; close where the parser gathers and gathers."""
        self._has_told = False
        super().data_received(data)
        self._untold = 0 if self._has_told else self._untold + len(data)
        if self._untold > MOST_BYTES:
            self.send_400_response("The head is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        self._has_told, self._kept = True, 0
        self._await_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._keep(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._keep(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole; the body has a time of its own."""
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, whose size is counted where it is read."""
        self._has_told = True
        super().on_body(body)

    def _keep(self, size: int) -> None:
        self._has_told = True
        self._kept += size
        if self._kept > MOST_BYTES:
            raise ValueError  # the parser ends with it, and Uvicorn answers 400

    def _await_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(WITHIN_S, self.transport.close)

    def _head_is_here(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
