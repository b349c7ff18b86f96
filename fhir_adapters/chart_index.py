"""Resources of many Bundles by reference and by patient, references between them resolved as a server would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fhir_adapters.errors import ServerFailed
from fhir_adapters.fhir_server import is_id

_PATIENT = re.compile(r"(?:.*/)?Patient/(?P<id>[^/]+)(?:/_history/[^/]+)?")
_ANSWERED = frozenset({"patient", "category", "_id", "_include", "_count", "_sort"})


class ChartIndex:
    """Every resource of the given Bundles; None among them is a file that could not be read."""

    def __init__(self, bundles: Iterable[dict[str, object] | None]) -> None:
        """Take all of them in; of two resources with one reference the later stays, as on a server."""
        self.unreadable = 0
        self._resources: dict[str, dict[str, object]] = {}
        nameless: list[dict[str, object]] = []  # handed over as they are: what cannot be read is counted later
        for bundle in bundles:
            found = [] if bundle is None else list(_resources_of(bundle))
            if bundle is None or not (found or bundle.get("resourceType") == "Bundle"):
                self.unreadable += 1
                continue
            self._resources |= {f"{one['resourceType']}/{one['id']}": one for one in found if "id" in one}
            nameless += [one for one in found if "id" not in one]
        self._by_patient: dict[tuple[str, str], list[dict[str, object]]] = {}
        for resource in (*self._resources.values(), *nameless):
            key = (_patient_of(resource), str(resource["resourceType"]))
            self._by_patient.setdefault(key, []).append(resource)

    def resource(self, reference: str) -> dict[str, object] | None:
        """The resource at `Type/id`."""
        return self._resources.get(reference)

    def search(self, resource_type: str, parameters: Mapping[str, str]) -> list[dict[str, object]]:
        """Matches, then what they include. Raises ServerFailed for a parameter that is not answered here."""
        if not parameters.keys() <= _ANSWERED:
            raise ServerFailed(f"{resource_type}: a parameter that a folder cannot answer.", outcome="HTTP 400")
        found = [
            resource
            for resource in self._by_patient.get((parameters["patient"], resource_type), [])
            if _matches(resource, parameters)
        ]
        if parameters.get("_include") == f"{resource_type}:medication":
            medicines = {_reference(one.get("medicationReference")) for one in found}
            found += [self._resources[reference] for reference in sorted(medicines) if reference in self._resources]
        return found


def _resources_of(bundle: dict[str, object]) -> Iterator[dict[str, object]]:
    """The resources of a Bundle, or the one that stands alone, each with an id and with literal references."""
    if bundle.get("resourceType") != "Bundle":
        entries: list[dict[str, object]] = [{"resource": bundle}]
    else:
        listed = bundle.get("entry")
        entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named: dict[str, str] = {}
    found = []
    for entry in entries:
        resource, full_url = entry.get("resource"), entry.get("fullUrl")
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            continue
        given = resource.get("id") or re.split("[:/]", str(full_url or ""))[-1]
        if not is_id(given):
            found.append({name: value for name, value in resource.items() if name != "id"})
            continue
        if isinstance(full_url, str):
            named[full_url] = f"{resource['resourceType']}/{given}"
        found.append(resource | {"id": given})
    for resource in found:
        _resolve(resource, named)
        yield resource


def _resolve(value: object, named: Mapping[str, str]) -> None:
    """Write the literal reference in place of every urn:uuid that a fullUrl explains (bundle.html#references)."""
    children: list[object] = [value]
    while children:
        child = children.pop()
        if isinstance(child, dict):
            reference = child.get("reference")
            if isinstance(reference, str) and reference in named:
                child["reference"] = named[reference]
            children += child.values()
        elif isinstance(child, list):
            children += child


def _patient_of(resource: Mapping[str, object]) -> str:
    """The id of the patient that a resource is about; empty where it names none."""
    about = resource.get("subject", resource.get("patient"))
    found = _PATIENT.fullmatch(_reference(about))
    return found["id"] if found else ""


def _reference(value: object) -> str:
    reference = value.get("reference") if isinstance(value, dict) else None
    return reference if isinstance(reference, str) else ""


def _matches(resource: Mapping[str, object], parameters: Mapping[str, str]) -> bool:
    wanted = parameters.get("_id")
    if wanted is not None and resource.get("id") not in wanted.split(","):
        return False
    category = parameters.get("category")
    return category is None or any(token in _tokens(resource.get("category")) for token in category.split(","))


def _tokens(category: object) -> set[str]:
    """The codes of a category, alone and with their system, as a token search names them."""
    concepts = category if isinstance(category, list) else [category]
    found = set()
    for concept in concepts:
        codings = concept.get("coding") if isinstance(concept, dict) else [{"code": concept}]
        for coding in codings if isinstance(codings, list) else []:
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                found |= {coding["code"], f"{coding.get('system', '')}|{coding['code']}"}
    return found
