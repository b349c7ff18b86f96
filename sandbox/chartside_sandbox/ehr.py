"""The sample EHR: page, CDS client, patients, pictures and FHIR endpoint, as one application for loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chartside_sandbox.client.client import utc_now
from chartside_sandbox.client.grants import Grants
from chartside_sandbox.client.signing import Signer
from chartside_sandbox.ehr_cds import cds_routes
from chartside_sandbox.ehr_desk import Surroundings
from chartside_sandbox.fhir_endpoint import fhir_routes
from chartside_sandbox.kept import KeptResources
from chartside_sandbox.previews import preview
from chartside_sandbox.samples import CHARTS, SampleChart, sample_charts
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.dates import PartialDate
from fhir_adapters.errors import AdapterError
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.history import PatientFacts, PatientHistory
from fhir_adapters.imaging import ImagingEvidence, KeyImage

Look = Callable[[PatientHistory], ImagingEvidence]  # blocks; raises AdapterError

_STATIC: Final = Path(__file__).parent / "static"
# The page loads its own files and talks to its own origin; nothing inline, nothing from outside.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_ONE_CALL: Final = httpx2.Limits(max_keepalive_connections=0)  # nothing stays open between two calls
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


def sample_ehr(
    *,
    service: str,
    address: str = "",
    charts: Path = CHARTS,
    look: Look | None = None,
    signer: Signer | None = None,
    registered_links: tuple[str, ...] = (),
) -> SampleEhr:
    """The application. `service` is the address of the CDS service that it calls, `address` its own.

    With a `signer` every call carries a token. `look` fetches the key images of a chart, checked against its patient;
    without it the imaging list has no pictures.
    """
    server, grants, kept = FolderFhirServer(charts), Grants(utc_now), KeptResources()
    own = address.rstrip("/") or f"{service}/sandbox"
    fhir = fhir_routes(server, kept=kept, grants=grants)
    around = Surroundings(
        service=service,
        http=httpx2.AsyncClient(limits=_ONE_CALL, trust_env=False),
        own=_in_process(Mount(f"{urlsplit(own).path}/fhir", routes=fhir)),
        fhir_base=f"{own}/fhir",
        kept=kept,
        grants=grants,
        signer=signer,
        registered_links=registered_links,
    )
    routes = [*_page_routes(service, look), *cds_routes(around), Mount("/fhir", routes=fhir)]
    return SampleEhr(Starlette(routes=routes), server)


def _page_routes(service: str, look: Look | None) -> list[Route | Mount]:
    """The page, and what it lists and shows of the sample charts."""
    shelf = _Shelf(look)

    def page(_request: Request) -> Response:
        return FileResponse(_STATIC / "index.html")

    def patients(_request: Request) -> Response:
        listed = [_listed(chart, shelf.history(chart), pictures=look is not None) for chart in sample_charts()]
        return Response(orjson.dumps({"service": service, "patients": listed}), media_type="application/json")

    def picture(request: Request) -> Response:
        found = shelf.picture(request.path_params["patient_id"], request.path_params["study_id"])
        return Response(status_code=404) if found is None else Response(preview(found), media_type=found.media_type)

    return [
        Route("/", page),
        Route("/index.html", lambda _request: RedirectResponse("./")),
        Route("/patients", patients),
        Route("/pictures/{patient_id}/{study_id}.png", picture),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


def _in_process(mount: Mount) -> httpx2.AsyncClient:
    """A client of these routes: the EHR reads its own record as any client would, without a detour by the network."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=Starlette(routes=[mount])))


class SampleEhr:
    """The application, with the same policy on every answer, errors and static files included."""

    def __init__(self, app: ASGIApp, server: FolderFhirServer) -> None:
        self._app, self._server = app, server

    async def warm(self, _opened: AsyncExitStack) -> None:
        """Read the charts before the first hook, whose deadline is shorter than that takes."""
        await self._server.search("Condition", {"patient": "nobody"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in _HEADERS}
                kept = [header for header in message.get("headers", ()) if header[0].lower() not in ours]
                message["headers"] = [*kept, *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _Shelf:
    """The charts and pictures looked at so far. A chart is read once; a picture that failed is tried again."""

    def __init__(self, look: Look | None) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._histories: dict[str, PatientHistory] = {}
        self._images: dict[str, tuple[KeyImage, ...]] = {}

    def history(self, chart: SampleChart) -> PatientHistory:
        """The chart as a history."""
        with self._lock:
            if chart.slug not in self._histories:
                bundle = orjson.loads(chart.path.read_bytes())
                self._histories[chart.slug] = history_from_bundle(bundle).history
            return self._histories[chart.slug]

    def picture(self, patient_id: str, study_id: str) -> KeyImage | None:
        """The first key image of this patient's study; None where there is none to be had."""
        chart = next((one for one in sample_charts() if one.patient_id == patient_id and one.images), None)
        if chart is None or self._look is None:
            return None
        if not (images := self._images.get(chart.slug, ())):
            try:
                images = self._look(self.history(chart)).images
            except AdapterError:
                return None
            self._images[chart.slug] = images
        return next((one for one in images if one.reference == f"ImagingStudy/{study_id}"), None)


def _listed(chart: SampleChart, history: PatientHistory, *, pictures: bool) -> dict[str, Any]:
    patient = history.patient
    return {
        "id": chart.patient_id,
        "name": patient.name,
        "born": patient.birth_date.text if patient.birth_date else "",
        "died": _died(patient),
        "sex": patient.gender,
        "mrn": patient.identifier,
        "story": chart.title,
        "provenance": chart.provenance,
        "pictures": [{"study": one.study, "note": one.note} for one in chart.images] if pictures else [],
    }


def _died(patient: PatientFacts) -> str | bool:
    """The date, True where only the fact is known, False where nothing says so."""
    return patient.deceased.text if isinstance(patient.deceased, PartialDate) else bool(patient.deceased)
