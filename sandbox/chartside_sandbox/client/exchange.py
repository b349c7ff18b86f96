"""One request to a service and what came of it, as the wire drawer shows it: without tokens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx2
import orjson

from chartside_sandbox.client.fhir_values import words_of

PATIENCE_S: Final = 10.0  # then the reader is told, and the chart goes on (client C11)
_HIDDEN: Final = "(not shown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was sent and answered. `status` is 0 where nothing answered; `problem` says what went wrong in between."""

    id: str
    method: str
    url: str
    note: str
    request: Any
    request_bytes: int
    status: int
    response: Any
    response_bytes: int
    problem: str
    at: datetime
    ms: int

    @property
    def is_good(self) -> bool:
        """Whether there is an answer to read."""
        return 200 <= self.status < 300 and not self.problem  # noqa: PLR2004 - success, in HTTP

    @property
    def trouble(self) -> str:
        """What went wrong in a few words, for the reader."""
        return ", ".join(str(part) for part in (self.status, self.problem) if part)

    @property
    def said(self) -> str:
        """What the service said of it."""
        return words_of(self.response)

    def shown(self, *, whole: bool) -> dict[str, Any]:
        """For the drawer: its line, or with both bodies."""
        line = {
            "id": self.id, "method": self.method, "url": self.url, "note": self.note, "status": self.status,
            "problem": self.problem, "at": self.at.isoformat(), "ms": self.ms,
            "requestBytes": self.request_bytes, "responseBytes": self.response_bytes,
        }  # fmt: skip
        return line | {"request": _without_token(self.request), "response": self.response} if whole else line


async def exchange(
    http: httpx2.AsyncClient,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    token: str = "",
    note: str = "",
    new_id: Callable[[], str],
    clock: Callable[[], datetime],
) -> Exchange:
    """GET `url`, or POST a body to it, and read the answer as JSON. Raises nothing for what the service did."""
    sent = b"" if body is None else orjson.dumps(body)
    headers = {"accept": "application/json"}
    if sent:
        headers["content-type"] = "application/json"
    if token:
        headers["authorization"] = f"Bearer {token}"
    method, at, begun = "POST" if sent else "GET", clock(), time.perf_counter()
    status, response, problem, size = 0, None, "", 0
    try:
        answer = await http.request(method, url, headers=headers, content=sent or None, timeout=PATIENCE_S)
        status, size = answer.status_code, len(answer.content)
        response = orjson.loads(answer.content) if answer.content else None
    except httpx2.TimeoutException:
        problem = f"no answer in {PATIENCE_S:.0f} s"
    except httpx2.HTTPError:
        problem = "no connection"
    except orjson.JSONDecodeError:
        problem = "not JSON"
    return Exchange(
        id=new_id(), method=method, url=url, note=note, request=body, request_bytes=len(sent), status=status,
        response=response, response_bytes=size, problem=problem, at=at,
        ms=round((time.perf_counter() - begun) * 1000),
    )  # fmt: skip


def _without_token(request: object) -> object:
    """The request as it may be shown: an access token is nobody's to read (S15)."""
    if not isinstance(request, dict) or not isinstance(granted := request.get("fhirAuthorization"), dict):
        return request
    return request | {"fhirAuthorization": granted | {"access_token": _HIDDEN}}
