"""The sample EHR's order catalogue, and orders as FHIR resources: drafts to sign, and what signing makes of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

_CATALOGUE: Final = Path(__file__).parent / "orders.toml"
_CATEGORIES: Final = {  # SNOMED CT, of http://hl7.org/fhir/R4/valueset-servicerequest-category.html
    "Laboratory": "108252007",
    "Imaging": "363679005",
    "Referral": "3457005",
}
_SNOMED: Final = "http://snomed.info/sct"


@cache
def catalogue() -> tuple[dict[str, Any], ...]:
    """What can be ordered, for the page: its id, label and group, who performs it, and the resource to fill in."""
    rows = tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))["order"]
    return tuple(
        {
            "id": row["id"],
            "label": row["label"],
            "group": row["group"],
            "note": row.get("dose", row.get("body_site", "")),
            "performer": row["performer"],
            "resource": _medicine(row) if row["type"] == "MedicationRequest" else _service(row),
        }
        for row in rows
    )


def signed(draft: Mapping[str, Any]) -> dict[str, Any]:
    """The order that signing a draft makes: active, and to be filed under an id of its own. Raises ValueError."""
    if draft.get("resourceType") not in {"ServiceRequest", "MedicationRequest"} or draft.get("status") != "draft":
        raise ValueError("only a draft order is signed")
    return {**{name: value for name, value in draft.items() if name != "id"}, "status": "active"}


def _service(row: Mapping[str, str]) -> dict[str, Any]:
    order: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "category": [_concept(_SNOMED, _CATEGORIES[row["group"]], row["group"])],
        "code": _concept(row["system"], row["code"], row["label"]),
    }
    if "body_site" in row:
        order["bodySite"] = [_concept(_SNOMED, row["body_site_code"], row["body_site"])]
    return order


def _medicine(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _concept(row["system"], row["code"], row["label"]),
        "dosageInstruction": [{"text": row["dose"]}],
    }


def _concept(system: str, code: str, text: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}
