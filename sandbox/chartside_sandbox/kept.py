"""What is written while the sample EHR runs: signed orders and accepted suggestions, in memory, readable by id.

The charts themselves do not change: a search finds ServiceRequests of it alone, on which no summary stands. So the
summaries of the demo hold for charts that are the same at every start.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from chartside_sandbox.fhir_refusal import Refused

_MOST: Final = 500  # then the oldest is forgotten

PERFORMERS: Final = {
    f"Organization/sample-{slug}": {
        "resourceType": "Organization", "id": f"sample-{slug}", "active": True, "name": f"{name} (sample)",
    }
    for slug, name in (
        ("laboratory", "Hospital laboratory"),
        ("radiology", "Radiology department"),
        ("pharmacy", "Outpatient pharmacy"),
        ("clinic", "Specialist clinic"),
    )
}  # fmt: skip


class KeptResources:
    """Resources by their reference."""

    def __init__(self, new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self._new_id = new_id
        self._resources: dict[str, dict[str, Any]] = {}

    def read(self, reference: str) -> dict[str, Any] | None:
        """The resource, or None."""
        return self._resources.get(reference) or PERFORMERS.get(reference)

    def orders(self, patient_id: str) -> tuple[dict[str, Any], ...]:
        """The ServiceRequests for this patient."""
        subject = {"reference": f"Patient/{patient_id}"}
        return tuple(
            one
            for reference, one in self._resources.items()
            if reference.startswith("ServiceRequest/") and one.get("subject") == subject
        )

    def transact(self, bundle: object) -> dict[str, Any]:
        """Carry out every entry of a transaction, or none of them. Raises Refused."""
        entries = bundle.get("entry") if isinstance(bundle, dict) and bundle.get("type") == "transaction" else None
        if not isinstance(entries, list) or not entries:
            raise _malformed()
        after = dict(self._resources)
        answers = [self._carry_out(entry, after) for entry in entries]
        self._resources = dict(list(after.items())[-_MOST:])
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}

    def _carry_out(self, entry: object, after: dict[str, dict[str, Any]]) -> dict[str, Any]:
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(request, Mapping):
            raise _malformed()
        method, url, resource = request.get("method"), request.get("url"), entry.get("resource")
        if method == "DELETE" and isinstance(url, str):
            if after.pop(url, None) is None:
                raise Refused(404, "not-found", "Only what was written here can be deleted.")
            return {"response": {"status": "204"}}
        if not isinstance(resource, dict) or method not in {"POST", "PUT"} or not isinstance(url, str):
            raise _malformed()
        reference = f"{url}/{self._new_id()}" if method == "POST" else url
        if method == "PUT" and reference not in after:
            raise Refused(404, "not-found", "Only what was written here can be updated.")
        after[reference] = resource | {"id": reference.rpartition("/")[2]}
        return {"response": {"status": "201" if method == "POST" else "200", "location": reference}}


def _malformed() -> Refused:
    return Refused(400, "structure", "A transaction is a Bundle of entries with a request each.")
