"""Where a client's key set lies: a file, or an https address that the site has configured; never one from a token (T2).

Both are read in the background, when it is time or when a key id comes that nobody knows; no hook waits for either.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx2

from cds_service.errors import KeysOutOfReach, NotConfigured
from cds_service.loopback import is_loopback
from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused

_MOST_BYTES: Final = 256_000
_WITHIN_S: Final = 5.0
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "chartside"}
_OK: Final = 200


class KeySource(Protocol):
    """Where one client's key set lies."""

    every_s: float  # how often it is looked at
    pause_s: float  # after one look, the least time before the next, whatever arrives meanwhile (T3)
    name: str  # for the operator

    async def read(self) -> bytes:
        """The set as it lies there. Raises KeysOutOfReach, with a code."""
        ...


class KeyFile:
    """A file, which may be replaced at any time."""

    every_s = 5.0
    pause_s = 1.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = str(path)

    async def read(self) -> bytes:
        """Its content."""
        return await asyncio.to_thread(self.read_now)

    def read_now(self) -> bytes:
        """The same, at once: for the start."""
        try:
            return self._path.read_bytes()
        except OSError:
            raise KeysOutOfReach("file-unreadable") from None


class KeyAddress:
    """An https address: no redirects, no cookies, a limit of size and time. On loopback http is enough."""

    pause_s = 60.0

    def __init__(
        self, url: str, *, http: httpx2.AsyncClient, every_s: float = 300.0, within_s: float = _WITHIN_S
    ) -> None:
        """Raises NotConfigured for an address that must not be asked."""
        _check(url)
        self.name, self.every_s = url, every_s
        self._http, self._within_s = http, within_s

    async def read(self) -> bytes:
        """What is published there now."""
        try:
            async with asyncio.timeout(self._within_s):
                return await self._body()
        except TimeoutError:
            raise KeysOutOfReach("timed-out") from None
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise KeysOutOfReach("no-connection") from None

    async def _body(self) -> bytes:
        # Built here and not by the client, whose cookies belong to whoever came before.
        request = httpx2.Request("GET", self.name, headers=_HEADERS)
        response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            if response.status_code != _OK:
                raise KeysOutOfReach("not-200")
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise KeysOutOfReach("too-large")
            return body
        finally:
            await response.aclose()


def _check(url: str) -> None:
    try:
        read_base(url.partition("?")[0])
    except AddressRefused as error:
        raise NotConfigured(f"jwks_url: {error}") from None
    parts = urlsplit(url)
    if parts.scheme.lower() != "https" and not is_loopback(parts.hostname or ""):
        raise NotConfigured("jwks_url: keys come over TLS only; give an https address")
