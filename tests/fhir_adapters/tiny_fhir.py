"""A FHIR server of some lines: `TinyFhir` is a handler for `httpx2.MockTransport`, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

import httpx2
import orjson
from hypothesis import strategies as st

BASE = "https://ehr.test/fhir"


def observation(number, *, patient="p1", **more):
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"text": f"Potassium {number}"},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-01-{number % 28 + 1:02}",
        "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
        **more,
    }


def patient(id="p1"):
    return {"resourceType": "Patient", "id": id, "name": [{"family": "Example"}], "birthDate": "1950-01-01"}


def bundle(*resources, next_url=None, total=None, outcome=None, **more):
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    if outcome is not None:
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    links = [{"relation": "self", "url": f"{BASE}/self"}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    made = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries, **more}
    return made if total is None else made | {"total": total}


def outcome(severity, code="processing"):
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def answer(content, status=200, **headers):
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return httpx2.Response(status, content=body, headers={"Content-Type": "application/fhir+json", **headers})


def broken_fhir(*examples):
    """JSON that looks like FHIR here and there: what a broken or hostile client or server might send."""
    names = ["resourceType", "entry", "resource", "link", "issue", "total", "id", "relation", "url", "severity", "code"]
    plain = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
    whole = [patient(), observation(1), bundle(), bundle(observation(1)), outcome("error"), "Bundle", "next", *examples]
    return st.recursive(
        plain | st.sampled_from(whole),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(names), inner, max_size=4)
            | st.builds(_bundle_of, inner, inner, inner)
            | st.builds(lambda inside, named: {**observation(1), "id": named, "contained": inside}, inner, inner)
        ),
        max_leaves=8,
    )


def _bundle_of(entry, link, total):
    return {"resourceType": "Bundle", "entry": entry, "link": link, "total": total}


class TinyFhir:
    """Reads and searches over `resources`, `page` matches at a time; `instead` answers some addresses otherwise.

    `instead` maps the end of a path or of a query to a response, or to a function that makes one.
    """

    def __init__(self, resources: Iterable[dict], *, page: int = 5, instead: dict | None = None) -> None:
        self.resources = {f"{one['resourceType']}/{one['id']}": one for one in resources}
        self.page = page
        self.instead = instead or {}
        self.asked: list[httpx2.Request] = []

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self), trust_env=False)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        url = str(request.url)
        for end, made in self.instead.items():
            if url.endswith(end) or request.url.path.endswith(end):
                return made(request) if callable(made) else made
        rest = request.url.path.removeprefix(httpx2.URL(BASE).path + "/")
        if "/" in rest:
            found = self.resources.get(rest)
            return answer(found) if found else answer(outcome("error", "not-found"), 404)
        return self._search(rest, dict(request.url.params))

    def _search(self, resource_type: str, parameters: dict[str, str]) -> httpx2.Response:
        matches = [one for one in self.resources.values() if _matches(one, resource_type, parameters)]
        start = int(parameters.get("_offset", "0"))
        page = matches[start : start + self.page]
        next_url = None
        if start + self.page < len(matches):
            next_url = f"{BASE}/{resource_type}?{urlencode(parameters | {'_offset': str(start + self.page)})}"
        made = bundle(*page, next_url=next_url, total=len(matches))
        if "_include" in parameters:
            wanted = {one.get("medicationReference", {}).get("reference") for one in page}
            included = [self.resources[reference] for reference in wanted if reference in self.resources]
            made["entry"] += [{"resource": one, "search": {"mode": "include"}} for one in included]
        return answer(made)


def _matches(resource, resource_type, parameters):
    about = resource.get("subject", resource.get("patient", {})).get("reference", "")
    categories = [
        coding.get("code") for one in resource.get("category", []) if isinstance(one, dict) for coding in one["coding"]
    ]
    return (
        resource["resourceType"] == resource_type
        and about == f"Patient/{parameters['patient']}"
        and parameters.get("_id", resource["id"]) == resource["id"]
        and parameters.get("category") in {None, *categories}
    )
