"""Resources of many Bundles by reference and by patient, references between them resolved as a server would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from fhir_adapters.bundle import unpack_bundle
from fhir_adapters.errors import RequestRefused
from fhir_adapters.fhir_server import is_id
from fhir_adapters.reading.subject import patient_named

_ANSWERED = frozenset({"patient", "category", "_id", "_include", "_count", "_sort"})


class ChartIndex:
    """Every resource of the given Bundles; None among them is a file that could not be read."""

    def __init__(self, bundles: Iterable[dict[str, object] | None]) -> None:
        """Take all of them in; of two resources with one reference the later stays, as on a server."""
        self._unreadable = 0  # files, and entries of which nobody knows whose they were
        self._broken: Counter[str] = Counter()  # entries of a patient's own file, by patient
        self._resources: dict[str, dict[str, object]] = {}
        nameless: list[dict[str, object]] = []  # handed over as they are: what cannot be read is counted later
        for bundle in bundles:
            found, broken = _resources_of(bundle)
            patients = [str(one["id"]) for one in found if one["resourceType"] == "Patient" and is_id(one.get("id"))]
            self._broken.update(dict.fromkeys(patients, broken))
            self._unreadable += 0 if patients else broken
            named = [one for one in found if is_id(one.get("id"))]
            self._resources |= {f"{one['resourceType']}/{one['id']}": one for one in named}
            nameless += [one for one in found if not is_id(one.get("id"))]
        self._by_patient: dict[tuple[str, str], list[dict[str, object]]] = {}
        for resource in (*self._resources.values(), *nameless):
            kind = str(resource["resourceType"])
            self._by_patient.setdefault((patient_named(resource, kind), kind), []).append(resource)

    def unreadable(self, patient_id: str) -> int:
        """How many files and entries could not be read that may be about this patient."""
        return self._unreadable + self._broken[patient_id]

    def resource(self, reference: str) -> dict[str, object] | None:
        """The resource at `Type/id`."""
        return self._resources.get(reference)

    def search(self, resource_type: str, parameters: Mapping[str, str]) -> list[dict[str, object]]:
        """Matches, then what they include. Raises RequestRefused for a parameter that is not answered here."""
        if not parameters.keys() <= _ANSWERED:
            raise RequestRefused(f"{resource_type}: a parameter that a folder cannot answer.", outcome="HTTP 400")
        found = [
            resource
            for resource in self._by_patient.get((parameters["patient"], resource_type), [])
            if _matches(resource, parameters)
        ]
        if parameters.get("_include") == f"{resource_type}:medication":
            medicines = {_reference(one.get("medicationReference")) for one in found}
            found += [self._resources[reference] for reference in sorted(medicines) if reference in self._resources]
        return found


def _resources_of(bundle: dict[str, object] | None) -> tuple[list[dict[str, object]], int]:
    """The resources of a Bundle, or the one that stands alone, and how much of it could not be read."""
    if bundle is None:
        return [], 1
    if bundle.get("resourceType") == "Bundle":
        resources, _, omissions = unpack_bundle(bundle)
        broken = sum(omission.count for omission in omissions)
    else:
        resources, broken = [bundle], 0
    typed = [resource for resource in resources if isinstance(resource.get("resourceType"), str)]
    return typed, broken + len(resources) - len(typed)


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
