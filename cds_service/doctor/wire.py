"""The doctor's own HTTP client: every answer within a time and a size, no redirect followed, everything recorded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson

from cds_service.doctor.answer import Answer, NoAnswer
from cds_service.doctor.signing import Signer
from cds_service.errors import NotConfigured

MOST_BYTES: Final = 4_000_000
DISCOVERY: Final = "/cds-services"
_JSON: Final = "application/json"


def read_address(url: str, *, option: str = "URL") -> str:
    """The base of the service at `url`, which may be the base or its discovery address. Raises NotConfigured."""
    try:
        parts = urlsplit(url.rstrip("/"))
        port = parts.port
    except ValueError:
        raise NotConfigured(f"{option}: cannot be read") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise NotConfigured(f"{option}: give an address that begins with http:// or https://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise NotConfigured(f"{option}: no user, password, query or fragment")
    return parts.geturl().removesuffix(DISCOVERY)


class Wire:
    """Sends calls to one service, and keeps what came back."""

    def __init__(self, base: str, *, client: httpx2.AsyncClient, signer: Signer | None, timeout_s: float) -> None:
        self.base, self.signer, self.timeout_s = base, signer, timeout_s
        self.answers: list[Answer] = []
        self._client = client

    async def get(self, path: str, *, authorization: str | None = None, **headers: str) -> Answer:
        """GET `path`, signed where there is a key. An `authorization` is sent as it is; an empty one is none."""
        return await self.send("GET", path, authorization=authorization, headers=headers)

    async def post(self, path: str, body: object, *, authorization: str | None = None) -> Answer:
        """POST `body` as JSON."""
        return await self.send("POST", path, content=orjson.dumps(body), authorization=authorization)

    async def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. Raises NoAnswer where there is none within the time and the size."""
        sent = (
            {"accept": _JSON, "accept-encoding": "identity"}
            | ({"content-type": _JSON} if content is not None else {})
            | dict(headers or {})
        )
        if credential := self._authorization(path) if authorization is None else authorization:
            sent["authorization"] = credential
        began = time.perf_counter()
        with _told(self.timeout_s):
            async with (
                asyncio.timeout(self.timeout_s),
                self._client.stream(method, self.base + path, content=content, headers=sent) as response,
            ):
                body = await _within_limit(response)
        answer = Answer.read(
            method, path,
            status=response.status_code, headers=response.headers, body=body, seconds=time.perf_counter() - began,
        )  # fmt: skip
        self.answers.append(answer)
        return answer

    def token(self, path: str, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """A token for `path`; the caller has made sure that there is a key."""
        if self.signer is None:
            raise NoAnswer("no key to sign with")
        return self.signer.token(self.base + path, **changes)

    def _authorization(self, path: str) -> str:
        return f"Bearer {self.token(path)}" if self.signer is not None else ""


@contextmanager
def _told(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise NoAnswer(f"no whole answer within {timeout_s:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        # The kind alone: the message may hold what a server wrote.
        raise NoAnswer(f"the connection failed ({type(error).__name__})") from None


async def _within_limit(response: httpx2.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            raise NoAnswer(f"the answer is larger than {MOST_BYTES // 1_000_000} MB")
        chunks.append(chunk)
    return b"".join(chunks)
