"""ServiceRequest -> order: what was asked for, which says nothing of whether it was done."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, people_at, reasons_at, with_side
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, is_set, note_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, REQUEST_STATUSES, status_at
from fhir_adapters.reading.times import date_at, dated, span_at

# https://hl7.org/fhir/R4/valueset-request-intent.html: of these nobody has ordered anything yet.
_NOT_YET = dict.fromkeys(("proposal", "plan", "option"), Standing.PLANNED)


def read_service_request(resource: Element) -> Draft | LeftOut:
    """One ServiceRequest. https://hl7.org/fhir/R4/servicerequest.html."""
    status, intent = status_at(resource, REQUEST_STATUSES), status_at(resource, _NOT_YET, "intent")
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    is_denial = is_set(resource, "doNotPerform")
    standing = REQUEST_STATUSES.get(status, Standing.UNKNOWN)
    if standing is Standing.CURRENT:
        standing = _NOT_YET.get(intent, standing)
    named = concept(resource, "code")
    title = label_of(named) or label_at(resource, "orderDetail") or "Order without a name"
    details: Details = []
    authored = date_at(resource, "authoredOn", details)
    wanted = span_at(resource, "occurrence", details)
    site = label_at(resource, "bodySite")
    add(details, Detail.INTENT, "" if intent == "order" else intent)
    add(details, Detail.REASON, reasons_at(resource))
    add(details, Detail.BODY_SITE, site)
    add(details, Detail.CATEGORY, label_at(resource, "category"))
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "requester"))
    said = with_side(title, site)
    return Draft(
        kind=Kind.ORDER,
        title=title,
        standing=Standing.REFUTED if is_denial else standing,
        status=status,
        when=authored or wanted.start,
        details=details,
        codes=codes_of(named),
        line=dated(
            in_brackets(
                f"Ordered not to be done: {said}" if is_denial else f"Order: {said}", status or "status not recorded"
            ),
            authored or wanted.start,
        ),
    )
