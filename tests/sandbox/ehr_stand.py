"""The sample EHR's page in a real browser, before a CDS service that answers what a test says."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from loopback import address_of, free_port, serving
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


SERVICES = {
    "chart-summary": "patient-view",
    "order-select-context": "order-select",
    "order-sign-context": "order-sign",
    "order-dispatch-context": "order-dispatch",
    "encounter-start-warmup": "encounter-start",
    "appointment-book-warmup": "appointment-book",
    "discharge-summary": "encounter-discharge",
}
PATIENT_ALONE = {"patient": PREFETCH["patient"]}


@dataclass
class CdsStub:
    """A service for each hook: what they were sent, and what they answer next."""

    cards: list[dict[str, Any]] = field(default_factory=lambda: [card()])  # of patient-view
    more: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # of the others, by hook; none, unless said
    status: int = 200
    body: bytes | None = None  # instead of the cards
    feedback_status: int = 200
    calls: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    posts: list[tuple[str, int]] = field(default_factory=list)  # of feedback: service, and how many items

    def begin_anew(self, **changes: Any) -> None:
        """Forget what was sent, and answer as a new one does."""
        vars(self).update(vars(CdsStub(**changes)))

    def routes(self) -> list[Route]:
        return [
            Route("/cds-services", self._discover),
            Route("/cds-services/{id}", self._call, methods=["POST"]),
            Route("/cds-services/{id}/feedback", self._answer, methods=["POST"]),
        ]

    async def _discover(self, _request: Request) -> Response:
        listed = [
            {
                "id": one,
                "hook": hook,
                "description": "stub",
                "prefetch": dict(PREFETCH) if hook == "patient-view" else PATIENT_ALONE,
            }
            for one, hook in SERVICES.items()
        ]
        return _json({"services": listed})

    async def _call(self, request: Request) -> Response:
        self.calls.append(orjson.loads(await request.body()))
        hook = SERVICES[request.path_params["id"]]
        if self.body is not None:
            return Response(self.body, status_code=self.status, media_type="application/json")
        return _json({"cards": self.cards if hook == "patient-view" else self.more.get(hook, [])}, self.status)

    async def _answer(self, request: Request) -> Response:
        items = orjson.loads(await request.body())["feedback"]
        self.feedback += items
        self.posts.append((request.path_params["id"], len(items)))
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
    with free_port() as bound:
        ehr = sample_ehr(service=address_of(bound))
        app = Starlette(routes=[*stub.routes(), Mount("/sandbox", ehr)])
        with serving(app, bound) as address:
            yield Stand(address, stub)


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
