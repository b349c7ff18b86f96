"""The sample EHR: its page, its patients and its FHIR endpoint, as one application to be mounted on loopback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chartside_sandbox.samples import CHARTS, SampleChart, sample_charts
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.errors import AdapterError, ResourceMissing
from fhir_adapters.fhir_folder import FolderFhirServer

_STATIC: Final = Path(__file__).parent / "static"
# The page loads its own files and talks to its own origin; nothing inline, nothing from outside.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"content-security-policy": _POLICY, "cache-control": "no-store"}


def sample_ehr(*, service: str, charts: Path = CHARTS) -> ASGIApp:
    """The application. `service` is the address of the CDS service that its panel calls."""
    server = FolderFhirServer(charts)

    def page(_request: Request) -> Response:
        return FileResponse(_STATIC / "index.html", headers=_HEADERS)

    def patients(_request: Request) -> Response:
        return _json({"service": service, "patients": [_listed(chart) for chart in sample_charts()]})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/patients", patients),
            Route("/fhir/{resource_type}/{resource_id}", _read(server)),
            Route("/fhir/{resource_type}", _search(server)),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Route("/index.html", lambda _request: RedirectResponse("./")),
        ]
    )


def _read(server: FolderFhirServer) -> Callable[[Request], Awaitable[Response]]:
    async def read(request: Request) -> Response:
        reference = f"{request.path_params['resource_type']}/{request.path_params['resource_id']}"
        try:
            return _fhir(await server.read(reference))
        except ResourceMissing:
            return _outcome("not-found", "No such resource.", 404)
        except (AdapterError, ValueError):
            return _outcome("invalid", "Not a reference that this server reads.", 400)

    return read


def _search(server: FolderFhirServer) -> Callable[[Request], Awaitable[Response]]:
    async def search(request: Request) -> Response:
        """One page always: `_count` sets the size of a page, and every sample chart fits into one."""
        parameters = {name: value for name, value in request.query_params.items() if name != "_count"}
        try:
            found = await server.search(request.path_params["resource_type"], parameters)
        except (AdapterError, ValueError, KeyError):
            return _outcome("not-supported", "Search by patient, category or _id.", 400)
        base = str(request.url).partition("?")[0]
        return _fhir(
            {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": len(found.resources),
                "link": [{"relation": "self", "url": str(request.url)}],
                "entry": [
                    {"fullUrl": f"{base}/{one['id']}", "resource": one, "search": {"mode": "match"}}
                    for one in found.resources
                ],
            }
        )

    return search


def _listed(chart: SampleChart) -> dict[str, Any]:
    patient = history_from_bundle(orjson.loads(chart.path.read_bytes())).history.patient
    return {
        "id": chart.patient_id,
        "name": patient.name,
        "born": patient.birth_date.text if patient.birth_date else "",
        "sex": patient.gender,
        "mrn": patient.identifier,
        "story": chart.title,
        "provenance": chart.provenance,
        "pictures": len(chart.images),
    }


def _json(plain: object) -> Response:
    return Response(orjson.dumps(plain), media_type="application/json", headers=_HEADERS)


def _fhir(resource: object, status: int = 200) -> Response:
    return Response(orjson.dumps(resource), status_code=status, media_type="application/fhir+json", headers=_HEADERS)


def _outcome(code: str, words: str, status: int) -> Response:
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return _fhir({"resourceType": "OperationOutcome", "issue": [issue]}, status)
