"""The doctor's own FHIR server, on loopback: prompt, paged, hanging or failing, and it remembers who came."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cds_service.doctor.chart import Chart, outcome, searchset
from cds_service.errors import NotConfigured

HOST: Final = "127.0.0.1"
ELSEWHERE: Final = "/elsewhere"  # an address that nobody configured
_FHIR_JSON: Final = "application/fhir+json"
_START_S: Final = 10.0
_LOOK_S: Final = 0.05


class Mood(StrEnum):
    """How the stand answers."""

    PROMPT = "prompt"
    HANGING = "hanging"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request that came."""

    path: str
    authorization: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class FhirStand:
    """A running stand; `mood` may be changed while it runs."""

    address: str
    path: str
    mood: Mood = Mood.PROMPT
    visits: list[Visit] = field(default_factory=list)  # appended by the stand's thread, read by the doctor's
    came: threading.Event = field(default_factory=threading.Event)  # whether there is any

    @property
    def base(self) -> str:
        """The base of its FHIR endpoint."""
        return f"{self.address}{self.path}"

    def visits_to(self, path: str) -> list[Visit]:
        """The requests for this path, and below it."""
        return [one for one in self.visits if one.path == path or one.path.startswith(f"{path}/")]

    @contextmanager
    def being(self, mood: Mood) -> Iterator[FhirStand]:
        """In another mood for a while, and with no visits yet."""
        self.mood = mood
        self.visits.clear()
        self.came.clear()
        try:
            yield self
        finally:
            self.mood = Mood.PROMPT


@contextmanager
def open_stand(chart: Chart, *, base: str = "") -> Iterator[FhirStand]:
    """The stand, listening at `base`; at any free port where none is given, or another server listens there."""
    parts = urlsplit(base)
    listener = _listener(parts.hostname, parts.port) if base else None
    is_there = listener is not None
    listener = listener or _listener(HOST, 0)
    if listener is None:
        raise NotConfigured("the doctor's own FHIR server cannot listen on loopback")
    address = f"{parts.scheme}://{parts.netloc}" if is_there else f"http://{HOST}:{listener.getsockname()[1]}"
    stand = FhirStand(address=address, path=parts.path.rstrip("/") if is_there else "/fhir")
    config = uvicorn.Config(
        _app(stand, chart), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield stand
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_START_S)
        listener.close()


def _listener(host: str | None, port: int | None) -> socket.socket | None:
    try:
        return socket.create_server((host or HOST, 80 if port is None else port))
    except OSError:
        return None


def _app(stand: FhirStand, chart: Chart) -> Starlette:
    async def answer(request: Request) -> Response:
        path = request.url.path
        stand.visits.append(Visit(path=path, authorization=request.headers.get("authorization", "")))
        stand.came.set()
        while stand.mood is Mood.HANGING:  # noqa: ASYNC110 - another thread changes it; who still waits then is answered
            await asyncio.sleep(_LOOK_S)
        if stand.mood is Mood.FAILING:
            return _fhir(outcome("exception"), status=500)
        return _found(path.removeprefix(f"{stand.path}/"), chart)

    return Starlette(routes=[Route("/{rest:path}", answer, methods=["GET", "POST"])])


def _found(asked: str, chart: Chart) -> Response:
    """A read, a search, or a page of one (`Type/_search` and `Type/page-2` are searches)."""
    kind, _, rest = asked.partition("/")
    found = chart.get(kind, ())
    if rest in {"", "_search", "page-2"}:
        return _fhir(searchset(found if rest != "page-2" else found[:1]))
    read = [one for one in found if one["id"] == rest]
    return _fhir(read[0]) if read else _fhir(outcome("not-found"), status=404)


def _fhir(resource: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(resource), status_code=status, media_type=_FHIR_JSON)
