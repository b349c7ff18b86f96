"""A FHIR server over HTTP, never trusted: one base, no redirects, capped bytes and pages, the token shown to nobody."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode

import httpx2

from fhir_adapters.addresses import address_within, read_base
from fhir_adapters.circuit import Circuit
from fhir_adapters.errors import (
    AdapterError,
    AddressRefused,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    UnreadableRecord,
    WrongPatient,
)
from fhir_adapters.fhir_json import read_object
from fhir_adapters.fhir_server import SearchResult, check_reference, check_search
from fhir_adapters.http_answers import check_status, read_capped
from fhir_adapters.large_work import LARGE_BYTES, run_work
from fhir_adapters.paging import Pages
from fhir_adapters.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """How much of one answer is taken (T11). Sizes in bytes, time in seconds over all pages of a search."""

    page_bytes: int = 20_000_000
    search_bytes: int = 100_000_000
    pages: int = 50
    search_s: float = 60.0


class HttpFhirServer:
    """A FHIR R4 server at `base_url`. One per request: it holds that request's token, and nothing else of it.

    `client` brings TLS and the connections; its cookies, headers and redirects are not used, so that two users of one
    client cannot mix. `circuit` is that of the server, shared by all requests to it: what fails again and again is left
    alone for a while (REL-5). Raises AddressRefused for a base that is no plain http or https URL.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client: httpx2.AsyncClient,
        token: Secret | None = None,
        limits: ReadLimits = ReadLimits(),
        circuit: Circuit | None = None,
    ) -> None:
        """Keep what is needed; nothing is asked yet."""
        self._base = read_base(base_url)
        self._client = client
        self._token = token
        self._limits = limits
        self._visit = (circuit or Circuit()).visit()

    async def read(self, reference: str, *, until: float | None = None) -> dict[str, object]:
        """The resource at `reference`; WrongPatient or UnreadableRecord where the server sends another one."""
        check_reference(reference)
        resource, _ = await self._get(f"{self._base}/{reference}", what=reference, until=self._until(until))
        if f"{resource.get('resourceType')}/{resource.get('id')}" != reference:
            error = WrongPatient if resource.get("resourceType") == "Patient" else UnreadableRecord
            raise error(f"{reference}: the FHIR server sent another resource.", outcome="another resource")
        return resource

    async def search(
        self, resource_type: str, parameters: Mapping[str, str], *, until: float | None = None
    ) -> SearchResult:
        """All pages of one search, as far as limits and deadline allow."""
        check_search(resource_type, parameters)
        asked = f"{resource_type}?{urlencode(parameters)}"
        pages = Pages(resource_type, asked=asked, base=str(self._base))
        return await self._pages(f"{self._base}/{asked}", pages, until=until)

    async def follow(self, resource_type: str, next_url: str, *, until: float | None = None) -> SearchResult:
        """The pages from a link on that the client sent; AddressRefused outside the base (T5)."""
        first = address_within(self._base, next_url)
        # The link's own text may hold anything; the access record says what it was about.
        pages = Pages(resource_type, asked=f"{resource_type}, next page", base=str(self._base), from_start=False)
        return await self._pages(first, pages, until=until)

    async def _pages(self, first: str, pages: Pages, *, until: float | None) -> SearchResult:
        latest, url, left = self._until(until), first, self._limits.search_bytes
        try:
            while True:
                bundle, size = await self._get(url, what=pages.what, until=latest)
                next_url, left = pages.add(bundle, asked=url), left - size
                if next_url is None:
                    break
                url = address_within(self._base, next_url)
                if pages.repeats(url):
                    break
                if pages.number >= self._limits.pages or left <= 0:
                    pages.cut()
                    break
        except AdapterError as error:
            if not pages.number:
                raise
            pages.fail(error)
        return pages.result()

    async def _get(self, url: str, *, what: str, until: float) -> tuple[dict[str, object], int]:
        """The JSON object at `url` and its size in bytes."""
        if _time_left(until) <= 0:  # seen before anything is sent, and no fault of the server
            raise _timed_out(what)
        if not self._visit.may_ask():
            raise ServerFailed(f"{what}: the FHIR server failed too often just now.", outcome="server not answering")
        try:
            body = await self._patiently(url, what=what, until=until)
        except AdapterError as error:
            is_down = isinstance(error, ServerFailed) and not isinstance(error, RequestRefused)
            (self._visit.failed if is_down else self._visit.answered)()
            raise
        except asyncio.CancelledError:
            if _time_left(until) <= 0:  # the caller's own deadline, a moment later, on a loop that was late for both
                self._visit.failed()
            raise
        self._visit.answered()
        read = await run_work(partial(read_object, body, what=what), is_large=len(body) >= LARGE_BYTES)
        return read, len(body)

    async def _patiently(self, url: str, *, what: str, until: float) -> bytes:
        """The body, asked for once more where the server is busy, and both its wish and the deadline allow it."""
        try:
            return await self._ask(url, what=what, until=until)
        except ServerBusy as busy:
            pause = busy.after_s + random.uniform(0, _JITTER_S)  # noqa: S311 - spreads callers, hides nothing
            if pause >= _time_left(until) or not self._visit.may_ask_again():
                raise
        await asyncio.sleep(pause)
        return await self._ask(url, what=what, until=until)

    async def _ask(self, url: str, *, what: str, until: float) -> bytes:
        try:
            async with asyncio.timeout_at(until):
                return await self._body(url, what=what)
        except (TimeoutError, httpx2.TimeoutException):
            raise _timed_out(what) from None
        except httpx2.InvalidURL:
            raise AddressRefused(f"{what}: the address is no URL.", outcome="address refused") from None
        except httpx2.HTTPError as error:
            # The class alone: its message and its request may hold the URL and the headers.
            raise ServerFailed(f"{what}: the connection failed.", outcome=type(error).__name__) from None

    async def _body(self, url: str, *, what: str) -> bytes:
        # The request is built here and not by the client: its cookies belong to whoever came before (T25).
        request = httpx2.Request("GET", url, headers=self._headers(), extensions={"timeout": _NO_TIMEOUT})
        response = await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            check_status(response, what=what, server="FHIR")
            return await read_capped(response, self._limits.page_bytes, what=what, unreadable=UnreadableRecord)
        finally:
            await response.aclose()

    def _headers(self) -> dict[str, str]:
        # identity: a compressed body can grow a thousandfold in one chunk, behind the byte cap (T11).
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": "identity", "User-Agent": "chartside"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"  # S15
        return headers

    def _until(self, until: float | None) -> float:
        own = asyncio.get_running_loop().time() + self._limits.search_s
        return own if until is None else min(own, until)


def _timed_out(what: str) -> ServerFailed:
    return ServerFailed(f"{what}: the FHIR server did not answer in time.", outcome="timed out")


def _time_left(until: float) -> float:
    return until - asyncio.get_running_loop().time()


_JITTER_S: Final = 0.1
_NO_TIMEOUT: Final = httpx2.Timeout(None).as_dict()  # the deadline stands over all phases together
