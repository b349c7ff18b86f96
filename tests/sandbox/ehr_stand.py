"""The sample EHR's page in a real browser, before a CDS service that answers what a test says."""

from __future__ import annotations

import shutil
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from chartside_sandbox.ehr import sample_ehr
from fhir_adapters.prefetch import PREFETCH

A, B = "Practitioner/demo-clinician-a", "Practitioner/demo-clinician-b"
WAIT_MS = 30_000
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def card(summary: str = "Chart brief: nothing urgent", **more: Any) -> dict[str, Any]:
    """A card such as Chartside sends, with a uuid of its own."""
    return {
        "uuid": str(uuid.uuid4()),
        "summary": summary,
        "indicator": "info",
        "source": {"label": "Chartside", "topic": {"system": "urn:x", "code": "chartbrief", "display": "Chart brief"}},
        "detail": "- **eGFR**: 31\n\nMade by rule.",
        "suggestions": [{"label": "I have reviewed this brief", "uuid": str(uuid.uuid4())}],
        "selectionBehavior": "any",
        "overrideReasons": [
            {"code": "reviewed", "system": "urn:r", "display": "I have reviewed it"},
            {"code": "incomplete", "system": "urn:r", "display": "Something important is missing"},
        ],
        "links": [{"label": "Open review", "url": "http://127.0.0.1/review/1", "type": "absolute"}],
        **more,
    }


@dataclass
class CdsStub:
    """One patient-view service: what it was sent, and what it answers next."""

    cards: list[dict[str, Any]] = field(default_factory=lambda: [card()])
    status: int = 200
    body: bytes | None = None  # instead of the cards
    feedback_status: int = 200
    calls: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)

    def routes(self) -> list[Route]:
        return [
            Route("/cds-services", self._discover),
            Route("/cds-services/chart-summary", self._call, methods=["POST"]),
            Route("/cds-services/chart-summary/feedback", self._answer, methods=["POST"]),
        ]

    async def _discover(self, _request: Request) -> Response:
        one = {"id": "chart-summary", "hook": "patient-view", "description": "stub", "prefetch": dict(PREFETCH)}
        return _json({"services": [one, {"id": "other", "hook": "order-sign", "description": "not called"}]})

    async def _call(self, request: Request) -> Response:
        self.calls.append(orjson.loads(await request.body()))
        if self.body is not None:
            return Response(self.body, status_code=self.status, media_type="application/json")
        return _json({"cards": self.cards}, self.status)

    async def _answer(self, request: Request) -> Response:
        self.feedback += orjson.loads(await request.body())["feedback"]
        return _json({}, self.feedback_status)


@dataclass(frozen=True)
class Stand:
    """Where the EHR is, and the service behind it."""

    address: str
    stub: CdsStub

    def chart(self, patient_id: str, tab: str = "summary") -> str:
        return f"{self.address}/sandbox/#/patient/{patient_id}/{tab}"


@contextmanager
def running_stand(stub: CdsStub) -> Iterator[Stand]:
    """The EHR and the stub on a loopback port, in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = Starlette(routes=[*stub.routes(), Mount("/sandbox", sample_ehr(service=address))])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.02)
            yield Stand(address, stub)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The system's Chromium, headless. LookupError where there is none."""
    program = shutil.which("chromium")
    if program is None:
        raise LookupError("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS.split())
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Browser, *, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A page of a fresh context; whatever its own script gets wrong fails the test at the end."""
    context = browser.new_context(viewport={"width": width, "height": height})
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    try:
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page
    finally:
        context.close()
    assert errors == []


def _json(plain: object, status: int = 200) -> Response:
    return Response(orjson.dumps(plain), status_code=status, media_type="application/json")
