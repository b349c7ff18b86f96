"""The sample EHR's FHIR R4 endpoint: reads and paged searches over its charts, an OperationOutcome for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chartside_sandbox.client.fhir_values import outcome
from chartside_sandbox.client.grants import Grant, Grants
from chartside_sandbox.fhir_refusal import Refused
from chartside_sandbox.fhir_search import OFFSET, SORTS, searchset
from chartside_sandbox.kept import KeptResources
from fhir_adapters.errors import AdapterError, ResourceMissing
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_server import is_id

FHIR_JSON: Final = "application/fhir+json"
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ASKED: Final = ("category", "_id", "_include")  # answered by the folder
_CONTROL: Final = frozenset({"patient", "_count", "_sort", "_format", OFFSET, *_ASKED})
_LONGEST_SEARCH: Final = 8_000  # bytes of a search that comes by POST


def fhir_routes(server: FolderFhirServer, *, kept: KeptResources, grants: Grants) -> list[Route]:
    """`metadata`, reads, searches by GET or POST `_search`, and transactions over the charts of `server`.

    A call with a token sees what the token is for; the EHR's own page has none and sees all.
    """

    async def metadata(request: Request) -> Response:
        return fhir_json(_capabilities(str(request.url.replace(path=request.url.path.removesuffix("/metadata")))))

    async def read(request: Request) -> Response:
        resource_type, resource_id = _type_of(request), request.path_params["resource_id"]
        grant = _grant_of(request, grants)
        if not is_id(resource_id):
            raise Refused(400, "value", "An id is at most 128 letters, digits, dots, dashes and underscores.")
        reference = f"{resource_type}/{resource_id}"
        found: Mapping[str, Any] = kept.read(reference) or await server.read(reference)
        _check(grant, resource_type, _patient_of(found))
        return fhir_json(found)

    async def search(request: Request) -> Response:
        asked = _parameters(request.query_params.multi_items())
        return await answer(request, asked, base=str(request.url.replace(query="")))

    async def search_by_post(request: Request) -> Response:
        asked = _parameters([*request.query_params.multi_items(), *await _form_of(request)])
        path = request.url.path.removesuffix("/_search")  # the pages that follow are asked for by GET
        return await answer(request, asked, base=str(request.url.replace(query="", path=path)))

    async def answer(request: Request, asked: Mapping[str, str], *, base: str) -> Response:
        resource_type = _type_of(request)
        _check(_grant_of(request, grants), resource_type, asked["patient"])
        found = await _found(resource_type, asked, server, kept)
        return fhir_json(searchset(base, resource_type, found, asked))

    async def transact(request: Request) -> Response:
        if _grant_of(request, grants) is not None:
            raise Refused(403, "forbidden", "This token reads only.")
        return fhir_json(kept.transact(orjson.loads(await request.body())))

    return [
        Route("/", _answered(transact), methods=["POST"]),
        Route("/metadata", _answered(metadata)),
        Route("/{resource_type}/_search", _answered(search_by_post), methods=["POST"]),
        Route("/{resource_type}/{resource_id}", _answered(read)),
        Route("/{resource_type}", _answered(search)),
    ]


async def _found(
    resource_type: str, asked: Mapping[str, str], server: FolderFhirServer, kept: KeptResources
) -> tuple[dict[str, object], ...]:
    """What the charts hold, and the orders written here, as `kept` says."""
    folder_asks = {name: value for name, value in asked.items() if name in {"patient", *_ASKED}}
    found = (await server.search(resource_type, folder_asks)).resources
    has_orders = resource_type == "ServiceRequest" and folder_asks.keys() == {"patient"}
    return (*found, *kept.orders(asked["patient"])) if has_orders else found


async def _form_of(request: Request) -> list[tuple[str, str]]:
    body = await request.body()
    if len(body) > _LONGEST_SEARCH:
        raise Refused(413, "too-long", "A search has at most 8,000 characters.")
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _grant_of(request: Request, grants: Grants) -> Grant | None:
    """What the caller's token is for; None where there is no token. An unknown or ended one is refused."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    grant = grants.find(token) if scheme.lower() == "bearer" else None
    if grant is None:
        raise Refused(401, "login", "This token is not in force.")
    return grant


def _check(grant: Grant | None, resource_type: str, patient_id: str) -> None:
    if grant is not None and (resource_type not in grant.types or patient_id != grant.patient_id):
        raise Refused(403, "forbidden", "This token is not for that.")


def _patient_of(resource: Mapping[str, Any]) -> str:
    if resource.get("resourceType") == "Patient":
        return str(resource.get("id", ""))
    named = resource.get("subject") or resource.get("patient") or {}
    return str(named.get("reference", "")).removeprefix("Patient/") if isinstance(named, dict) else ""


def fhir_json(resource: object, status: int = 200) -> Response:
    """A resource as FHIR JSON."""
    return Response(orjson.dumps(resource), status_code=status, media_type=FHIR_JSON)


def _answered(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """The endpoint, its refusals as OperationOutcomes that repeat nothing of what was sent."""

    async def answer(request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except Refused as refused:
            return fhir_json(outcome(refused.code, str(refused)), refused.status)
        except ResourceMissing:
            return fhir_json(outcome("not-found", "There is no such resource."), 404)
        except (AdapterError, ValueError):
            return fhir_json(outcome("not-supported", "That cannot be read or searched here."), 400)
        return response

    return answer


def _type_of(request: Request) -> str:
    resource_type: str = request.path_params["resource_type"]
    if _TYPE.fullmatch(resource_type) is None:
        raise Refused(404, "not-supported", "That is no resource type.")
    return resource_type


def _parameters(asked: list[tuple[str, str]]) -> dict[str, str]:
    """What is asked for. An unknown or repeated parameter is refused: left out, it would widen the answer."""
    names = [name for name, _ in asked]
    if not set(names) <= _CONTROL or len(set(names)) < len(names):
        raise Refused(400, "not-supported", "Search by patient, with category, _id, _include, _sort and _count, once.")
    parameters = dict(asked)
    parameters["patient"] = parameters.get("patient", "").removeprefix("Patient/")
    if not is_id(parameters["patient"]):
        raise Refused(400, "required", "A search names one patient: patient=ID.")
    if parameters.get("_sort", "date") not in SORTS:
        raise Refused(400, "not-supported", "Sort by date or authored, either way.")
    return parameters


def _capabilities(base: str) -> dict[str, object]:
    searches = [{"name": "patient", "type": "reference"}, {"name": "category", "type": "token"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "implementation": {"description": "Sample EHR of Chartside: synthetic patients only", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Every type of the sample charts is read and searched the same way, by patient. "
                "What is written here is kept in memory and read by id; a search by patient finds its ServiceRequests.",
                "interaction": [{"code": "transaction"}],
                "resource": [
                    {
                        "type": name,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": searches,
                    }
                    for name in ("Condition", "MedicationRequest", "Observation", "DiagnosticReport", "ImagingStudy")
                ],
            }
        ],
    }
