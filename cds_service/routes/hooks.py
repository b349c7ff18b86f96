"""The CDS Hooks endpoints: discovery, services, feedback. A call without a valid token ends before its body is read."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from prometheus_client import Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cds_service.admission import Admission
from cds_service.errors import UnknownService
from cds_service.feedback import file_feedback
from cds_service.hook_call import answer_hook
from cds_service.leaving import EMPTY
from cds_service.limits import read_json
from cds_service.parts import Parts
from cds_service.unsent import note_unsent
from hooks.discovery import discovery_document
from hooks.service import Service

_JSON: Final = "application/json"
_FEEDBACK_WAITS: Final = 30.0  # seconds for its turn; nobody looks at a screen for its answer
_MOST_FEEDBACK: Final = 2_000_000  # bytes: 500 items with a page of comment each; hostile reasons cost time, not space


class _Seconds(dict[tuple[str, str], Histogram]):
    """The histogram of each known service and outcome; what a caller may have made up counts as unknown."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts

    def __missing__(self, name: tuple[str, str]) -> Histogram:
        service_id, outcome = name
        if service_id not in self._parts.services:
            return self._parts.metrics.hook_seconds.labels("unknown", outcome)
        self[name] = self._parts.metrics.hook_seconds.labels(service_id, outcome)
        return self[name]


class HookDoor:
    """The three endpoints over one set of parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._admission = Admission(parts)
        self._seconds = _Seconds(parts)
        self._discovery = {  # by what a client's site lets it be told
            told: orjson.dumps(discovery_document(parts.services.values(), potentially_long_running=told))
            for told in (False, True)
        }

    def routes(self) -> tuple[Route, ...]:
        """Starlette's plain routes, the busy one first: the bodies are bytes already, and nothing is to be injected."""
        return (
            Route("/cds-services/{service_id}", self.call, methods=["POST"]),
            Route("/cds-services/{service_id}/feedback", self.feedback, methods=["POST"]),
            Route("/cds-services", self.discover, methods=["GET"]),
        )

    async def discover(self, request: Request) -> Response:
        """Every service (S4). The call is authenticated like any other (S33)."""
        caller = await self._admission.at_once(request)
        return Response(self._discovery[caller.client.potentially_long_running], media_type=_JSON)

    async def call(self, request: Request) -> Response:
        """Answer one hook (S17)."""
        parts, started, outcome = self._parts, self._parts.timer(), "refused"
        try:
            with parts.crowd:
                answer = await self._answer(request, ends=started + parts.pace.cap_s)
            outcome = "none" if answer == EMPTY else "card"
        finally:
            self._seconds[request.path_params["service_id"], outcome].observe(parts.timer() - started)
        return Response(answer, media_type=_JSON)

    async def _answer(self, request: Request, *, ends: float) -> bytes:
        parts = self._parts
        async with self._admission.once(request, ends=ends) as admitted:
            service = self._service(request)
            # The recent charts are found by the prefetch as written again, so it is written there, once.
            limit, within_s = parts.pace.body_bytes, parts.time_left(ends)
            body = await read_json(request, limit=limit, within_s=within_s, written_later="prefetch")
            answer = await answer_hook(parts, service, admitted, body, ends=ends)
        if await _has_hung_up(request):
            await note_unsent(parts, service, admitted.caller, answer)
        return answer

    async def feedback(self, request: Request) -> Response:
        """Put feedback on record: 200 if any of its cards is this client's (S30), 404 if none is (T13)."""
        parts = self._parts
        caller = await self._admission.at_once(request)
        service = self._service(request)
        body = await read_json(request, limit=min(parts.pace.body_bytes, _MOST_FEEDBACK), within_s=_FEEDBACK_WAITS)
        answer = await parts.lanes.feedback.run(_FEEDBACK_WAITS, file_feedback, parts, caller, service, body)
        return Response(answer, media_type=_JSON)

    def _service(self, request: Request) -> Service:
        try:
            return self._parts.services[request.path_params["service_id"]]
        except KeyError:
            raise UnknownService from None


async def _has_hung_up(request: Request) -> bool:
    """Whether the client is gone: what Starlette's `is_disconnected` tells, for a fraction of what that costs."""
    try:
        async with asyncio.timeout(0):  # whatever is there already
            message = await request.receive()
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")
