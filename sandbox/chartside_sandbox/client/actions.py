"""A suggestion's actions, carried out as one FHIR transaction (client C9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# The order in which a server works through a transaction (http://hl7.org/fhir/R4/http.html#trules).
_ORDER: Final = ("delete", "create", "update")


def transaction(suggestion: Mapping[str, Any]) -> dict[str, Any] | None:
    """The transaction of a suggestion's actions; None where it has none.

    Raises ValueError for an action that cannot be carried out: then none of them may be.
    """
    actions = list(suggestion.get("actions") or ())
    if not actions:
        return None
    if not all(action.get("type") in _ORDER for action in actions):
        raise ValueError("an action of an unknown type")
    actions.sort(key=lambda action: _ORDER.index(action["type"]))
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(action) for action in actions]}


def _entry(action: Mapping[str, Any]) -> dict[str, Any]:
    resource = action.get("resource")
    if action["type"] == "delete":
        # Version 1.0 put the id where the resource stands.
        reference = action.get("resourceId") or resource
        if not isinstance(reference, str):
            raise ValueError("a delete that names no resource")
        return {"request": {"method": "DELETE", "url": reference}}
    if not isinstance(resource, dict) or not isinstance(kind := resource.get("resourceType"), str):
        raise ValueError(f"a {action['type']} without its resource")  # noqa: TRY004 - what the service sent, not our call
    if action["type"] == "create":
        return {"resource": resource, "request": {"method": "POST", "url": kind}}
    if not resource.get("id"):
        raise ValueError("an update of a resource without an id")
    return {"resource": resource, "request": {"method": "PUT", "url": f"{kind}/{resource['id']}"}}
