"""The doctor's one synthetic patient, marked as test data, and what a prefetch template would return of the chart."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, Final

PATIENT_ID: Final = "doctor-synthetic-patient"
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TEMPLATE: Final = re.compile(r"([A-Z][A-Za-z]{1,63})(/|\?)(.*)")

Chart = Mapping[str, tuple[dict[str, Any], ...]]


def is_patient_id(text: str) -> bool:
    """Whether this can be the bare id of a FHIR resource."""
    return _ID.fullmatch(text) is not None


def synthetic_chart(patient_id: str, *, user_id: str) -> Chart:
    """The resources by type: all of them synthetic, all about this id.

    `user_id` is the Practitioner's. A service may well hide what a user has answered already, so each examination has
    a user of its own.
    """
    text = resources.files("cds_service.doctor").joinpath("chart.json").read_text("utf-8")
    chart: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in json.loads(text.replace("$PATIENT", patient_id).replace("$USER", user_id)):
        chart[resource["resourceType"]].append(resource)
    return {kind: tuple(found) for kind, found in chart.items()}


def is_search(template: str) -> bool:
    """Whether a prefetch template asks for a Bundle; else it reads one resource."""
    return "?" in template


def prefetched(template: str, chart: Chart) -> dict[str, Any] | None:
    """What a client would send for this template: a resource, a Bundle, or null where the chart has nothing."""
    asked = _TEMPLATE.fullmatch(template)
    found = chart.get(asked[1], ()) if asked else ()
    if asked and is_search(template):
        return searchset(found)
    return found[0] if found else None


def searchset(found: Iterable[dict[str, Any]], **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A search's answer."""
    entry = [{"resource": one, "search": {"mode": "match"}} for one in found]
    whole = {"resourceType": "Bundle", "type": "searchset", "total": len(entry)}
    return whole | ({"entry": entry} if entry else {}) | members


def outcome(code: str) -> dict[str, Any]:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def outcome_entry() -> dict[str, Any]:
    """Epic's empty search: a Bundle of total 0 with one entry, an OperationOutcome (section 5)."""
    entry = {"resource": outcome("not-found"), "search": {"mode": "outcome"}}
    return {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": [entry]}
