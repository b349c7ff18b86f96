"""The client's own FHIR server, read over HTTP: one resource, a first page, or a whole search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import httpx2
import orjson

from chartside_sandbox.client.fhir_values import next_of

_PAGES: Final = 50  # more than any record here has: a server that links in circles ends
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of one address. `body` is None where it was no JSON; `status` 0 where nothing answered."""

    status: int
    body: Any
    requests: int = 1

    @property
    def is_good(self) -> bool:
        """Whether there is a resource."""
        return self.status == _OK and isinstance(self.body, dict)


class FhirRecord:
    """Reads under one base, and follows no link that leads out of it."""

    def __init__(self, base: str, http: httpx2.AsyncClient, *, searches_by_post: bool = False) -> None:
        self.base = base.rstrip("/")
        self._http, self._by_post = http, searches_by_post

    async def first(self, path: str) -> Found:
        """One resource, or the first page of a search with its `next` link. Never raises for what the server did."""
        if self._by_post and "?" in path:
            kind, _, query = path.partition("?")
            found = await self._ask("POST", f"{self.base}/{kind}/_search", content=query)
            if found.is_good:
                return found
            again = await self._ask("GET", f"{self.base}/{path}")
            return Found(status=again.status, body=again.body, requests=2)
        return await self._ask("GET", f"{self.base}/{path}")

    async def whole(self, path: str) -> Found:
        """The same, with every page of a search in one Bundle without a `next` link."""
        found = await self.first(path)
        requests, entries = found.requests, list(_entries(found))
        following = next_of(found.body)
        while following and requests < _PAGES:
            if not following.startswith(f"{self.base}/"):
                return Found(status=0, body=None, requests=requests)
            page = await self._ask("GET", following)
            requests += 1
            if not page.is_good:
                return Found(status=page.status, body=page.body, requests=requests)
            entries += _entries(page)
            following = next_of(page.body)
        if requests == found.requests:
            return found
        links = [link for link in found.body["link"] if link.get("relation") != "next"]
        return Found(status=_OK, body=found.body | {"entry": entries, "link": links}, requests=requests)

    async def _ask(self, method: str, address: str, *, content: str | None = None) -> Found:
        headers = {"accept": "application/fhir+json"}
        if content is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            answer = await self._http.request(method, address, headers=headers, content=content)
        except httpx2.HTTPError:
            return Found(status=0, body=None)
        try:
            return Found(status=answer.status_code, body=orjson.loads(answer.content))
        except orjson.JSONDecodeError:
            return Found(status=answer.status_code, body=None)


def _entries(found: Found) -> list[Any]:
    entries = found.body.get("entry") if isinstance(found.body, dict) else None
    return entries if isinstance(entries, list) else []
