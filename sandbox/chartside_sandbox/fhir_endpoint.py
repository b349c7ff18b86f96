"""The sample EHR's FHIR R4 endpoint: reads and paged searches over its charts, an OperationOutcome for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fhir_adapters.errors import AdapterError, ResourceMissing
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_server import is_id

FHIR_JSON: Final = "application/fhir+json"
PAGE: Final = 100  # matches a page where the client names no `_count`
_MOST: Final = 500
_DIGITS: Final = 9

_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_OFFSET: Final = "_offset"  # ours: a client takes a `next` link as it is
_ASKED: Final = ("category", "_id", "_include")  # answered by the folder
_CONTROL: Final = frozenset({"patient", "_count", "_sort", "_format", _OFFSET, *_ASKED})
_SORTS: Final = {"date": False, "-date": True}
# What `date` means for the types here (http://hl7.org/fhir/R4/searchparameter-registry.html); the first one counts.
_DATES: Final = (
    "effectiveDateTime", "effectiveInstant", "started", "date", "performedDateTime", "occurrenceDateTime",
    "authoredOn", "onsetDateTime", "recordedDate", "dateTime", "issued", "created", "startDate",
)  # fmt: skip
_PERIODS: Final = ("effectivePeriod", "period", "performedPeriod")


class _Refused(Exception):
    """A request that is answered with an OperationOutcome."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


def fhir_routes(server: FolderFhirServer) -> list[Route]:
    """`metadata`, `Type/id` and `Type?patient=…` over the charts of `server`."""

    async def metadata(request: Request) -> Response:
        return fhir_json(_capabilities(str(request.url.replace(path=request.url.path.removesuffix("/metadata")))))

    async def read(request: Request) -> Response:
        resource_type, resource_id = _type_of(request), request.path_params["resource_id"]
        if not is_id(resource_id):
            raise _Refused(400, "value", "An id is at most 128 letters, digits, dots, dashes and underscores.")
        return fhir_json(await server.read(f"{resource_type}/{resource_id}"))

    async def search(request: Request) -> Response:
        resource_type, asked = _type_of(request), _parameters(request)
        folder_asks = {name: value for name, value in asked.items() if name in {"patient", *_ASKED}}
        found = (await server.search(resource_type, folder_asks)).resources
        base = str(request.url.replace(query=""))
        return fhir_json(_searchset(base, resource_type, found, asked))

    return [
        Route("/metadata", _answered(metadata)),
        Route("/{resource_type}/{resource_id}", _answered(read)),
        Route("/{resource_type}", _answered(search)),
    ]


def fhir_json(resource: object, status: int = 200) -> Response:
    """A resource as FHIR JSON."""
    return Response(orjson.dumps(resource), status_code=status, media_type=FHIR_JSON)


def _answered(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """The endpoint, its refusals as OperationOutcomes that repeat nothing of what was sent."""

    async def answer(request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except _Refused as refused:
            return _outcome(refused.status, refused.code, str(refused))
        except ResourceMissing:
            return _outcome(404, "not-found", "There is no such resource.")
        except (AdapterError, ValueError):
            return _outcome(400, "not-supported", "That cannot be read or searched here.")
        return response

    return answer


def _type_of(request: Request) -> str:
    resource_type: str = request.path_params["resource_type"]
    if _TYPE.fullmatch(resource_type) is None:
        raise _Refused(404, "not-supported", "That is no resource type.")
    return resource_type


def _parameters(request: Request) -> dict[str, str]:
    """What is asked for. An unknown or repeated parameter is refused: left out, it would widen the answer."""
    asked = request.query_params.multi_items()
    names = [name for name, _ in asked]
    if not set(names) <= _CONTROL or len(set(names)) < len(names):
        raise _Refused(400, "not-supported", "Search by patient, with category, _id, _include, _sort and _count, once.")
    parameters = dict(asked)
    parameters["patient"] = parameters.get("patient", "").removeprefix("Patient/")
    if not is_id(parameters["patient"]):
        raise _Refused(400, "required", "A search names one patient: patient=ID.")
    if parameters.get("_sort", "date") not in _SORTS:
        raise _Refused(400, "not-supported", "Sort by date or -date.")
    return parameters


def _searchset(
    base: str, resource_type: str, found: tuple[dict[str, object], ...], asked: Mapping[str, str]
) -> dict[str, object]:
    """One page of the matches, each included resource on the page of what names it, and where the next page is."""
    matches = [one for one in found if one["resourceType"] == resource_type]
    if (descending := _SORTS.get(asked.get("_sort", ""))) is not None:
        matches.sort(key=_date_of, reverse=descending)
    size = min(_whole(asked, "_count", default=PAGE, least=1), _MOST)
    start = _whole(asked, _OFFSET, default=0, least=0)
    page = matches[start : start + size]
    included = _included(page, [one for one in found if one["resourceType"] != resource_type])
    links = [{"relation": "self", "url": f"{base}?{urlencode(asked)}"}]
    if start + size < len(matches):
        links.append({"relation": "next", "url": f"{base}?{urlencode({**asked, _OFFSET: str(start + size)})}"})
    root = base.removesuffix(resource_type)
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(matches),
        "link": links,
        "entry": [_entry(root, one, "match") for one in page] + [_entry(root, one, "include") for one in included],
    }


def _entry(root: str, resource: Mapping[str, object], mode: str) -> dict[str, object]:
    return {
        "fullUrl": f"{root}{resource['resourceType']}/{resource.get('id', '')}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _included(page: list[dict[str, object]], others: list[dict[str, object]]) -> list[dict[str, object]]:
    named = {value.get("reference") for one in page for value in one.values() if isinstance(value, dict)}
    return [one for one in others if f"{one['resourceType']}/{one.get('id', '')}" in named]


def _whole(asked: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = asked.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) >= least):
        raise _Refused(400, "value", f"{name} is a whole number, {least} or more.")
    return int(text)


def _date_of(resource: Mapping[str, object]) -> str:
    """The date that `_sort` goes by; empty, so oldest, where there is none."""
    for name in _DATES:
        if isinstance(value := resource.get(name), str):
            return value
    for name in _PERIODS:
        if isinstance(period := resource.get(name), dict) and isinstance(start := period.get("start"), str):
            return start
    return ""


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
                "documentation": "Every type of the sample charts is read and searched the same way, by patient.",
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


def _outcome(status: int, code: str, words: str) -> Response:
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return fhir_json({"resourceType": "OperationOutcome", "issue": [issue]}, status)
