"""Procedure -> procedure: done, going on, planned, or not done."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.concepts import (
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    reasons_at,
    references_at,
    with_side,
)
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, is_set, note_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import dated, span_at

# https://hl7.org/fhir/R4/valueset-event-status.html
STATUSES = {
    "preparation": Standing.PLANNED,
    "in-progress": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "stopped": Standing.PAST,
    "completed": Standing.PAST,
    "not-done": Standing.REFUTED,
}
# Of STU3 and DSTU2; the first belongs to orders: https://hl7.org/fhir/STU3/procedure.html
_DENIALS = ("doNotPerform", "notDone", "notPerformed")


def read_procedure(resource: Element) -> Draft | LeftOut:
    """One Procedure. https://hl7.org/fhir/R4/procedure.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    if is_set(resource, *_DENIALS):
        status = "not-done"
    named = concept(resource, "code")
    title = label_of(named) or "Procedure without a name"
    details: Details = []
    performed = span_at(resource, "performed", details)
    site, why_not = label_at(resource, "bodySite"), label_at(resource, "statusReason")
    add(details, Detail.REASON, reasons_at(resource))
    add(details, Detail.REASON_REFERENCES, references_at(resource, "reasonReference"))
    add(details, Detail.BODY_SITE, site)
    add(details, Detail.PERFORMED, performed.words)
    add(details, Detail.OUTCOME, label_at(resource, "outcome"))
    add(details, Detail.COMPLICATIONS, label_at(resource, "complication"))
    add(details, Detail.FOLLOW_UP, label_at(resource, "followUp"))
    add(details, Detail.CATEGORY, label_at(resource, "category"))
    add(details, Detail.STATUS_REASON, why_not)
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "performer", "recorder", "asserter"))
    said = with_side(title, site)
    if status == "not-done":
        said = f"Not done: {said}"
    return Draft(
        kind=Kind.PROCEDURE,
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=performed.start,
        until=performed.end,
        details=details,
        codes=codes_of(named),
        line=dated(
            in_brackets(
                said,
                "" if status in {"completed", "not-done"} else status or "status not recorded",
                why_not,
                performed.words,
            ),
            performed.start,
            performed.end,
        ),
    )
