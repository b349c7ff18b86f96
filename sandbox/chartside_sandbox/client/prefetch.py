"""The prefetch of a call: for each key what its template returns from this client's own FHIR server (client C2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from chartside_sandbox.client.fhir_values import outcome
from chartside_sandbox.client.quirks import Quirks
from chartside_sandbox.client.record import FhirRecord, Found
from chartside_sandbox.client.templates import resolved

Sending = Literal["prefetch", "first", "server"]  # whole, first pages with their next links, or not at all

_NOTHING: Final = outcome("informational", "The search found nothing.", severity="information")
_FAILED: Final = outcome("exception", "The search failed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetch:
    """The values by key, and how many requests they took."""

    values: Mapping[str, Any]
    requests: int


async def gather_prefetch(
    templates: Mapping[str, str],
    context: Mapping[str, Any],
    record: FhirRecord,
    *,
    quirks: Quirks,
    sending: Sending,
    today: date,
) -> Prefetch:
    """The keys of `templates` and no others. A template with a token that cannot be filled is left out.

    Keys of one address share one answer, as each address is asked once.
    """
    addresses = {key: resolved(template, context, today=today) for key, template in templates.items()}
    wanted = {key: path for key, path in addresses.items() if path is not None}
    read = record.first if sending == "first" else record.whole
    paths = list(dict.fromkeys(wanted.values()))
    found = dict(zip(paths, await asyncio.gather(*map(read, paths)), strict=True))
    values = {key: _value(found[path], quirks) for key, path in wanted.items()}
    return Prefetch(
        values={key: value for key, value in values.items() if value is not None},
        requests=sum(one.requests for one in found.values()),
    )


def _value(found: Found, quirks: Quirks) -> dict[str, Any] | None:
    """What stands under the key; None where the key is left out."""
    if not found.is_good:
        if quirks.failed_key == "absent":
            return None
        is_outcome = isinstance(found.body, dict) and found.body.get("resourceType") == "OperationOutcome"
        return found.body if is_outcome else _FAILED
    body: dict[str, Any] = found.body
    is_empty = body.get("resourceType") == "Bundle" and not body.get("entry")
    if is_empty and quirks.empty_search == "outcome-entry":
        return body | {"entry": [{"resource": _NOTHING, "search": {"mode": "outcome"}}]}
    return body
