"""MedicationRequest and MedicationStatement -> medication: what is ordered, what is taken, what must not be given."""

from __future__ import annotations

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.absences import no_information, none_known
from fhir_adapters.reading.concepts import (
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    reasons_at,
    references_at,
)
from fhir_adapters.reading.doses import dose_text
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, note_of, text_of
from fhir_adapters.reading.plain_text import one_line
from fhir_adapters.reading.times import Span, date_at, period_at, span_at

# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
REQUEST = {
    "active": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "cancelled": Standing.PAST,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "draft": Standing.PLANNED,
}
# https://hl7.org/fhir/R4/valueset-medication-statement-status.html
STATEMENT = {
    "active": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
    "not-taken": Standing.PAST,
    "intended": Standing.PLANNED,
}
_REASON_LIMIT = 80  # characters in the line; all of it stands in the details
_INTENTIONS = frozenset({"proposal", "plan", "option"})  # nothing is in force yet


def read_medication_request(resource: Element) -> Draft | LeftOut:
    """One MedicationRequest. https://hl7.org/fhir/R4/medicationrequest.html.

    Standing follows the status alone: no as-of time is known here, so dates that have passed stay in the details.
    """
    status, intent = text_of(resource, "status"), text_of(resource, "intent")
    if status == "entered-in-error":
        return IN_ERROR
    standing = REQUEST.get(status, Standing.UNKNOWN)
    if intent in _INTENTIONS and standing in {Standing.CURRENT, Standing.ON_HOLD}:
        standing = Standing.PLANNED
    forbidden = resource.get("doNotPerform") is True
    details: Details = []
    dose = _dose(resource, "dosageInstruction", details)
    authored = date_at(resource, "authoredOn", details)
    ended = _last_day(resource, details)
    add(details, "Intent", "" if intent == "order" else intent)
    add(details, "Authored", str(authored or ""))
    add(details, "Ended", str(ended or ""))
    add(details, "Setting", label_at(resource, "category"))
    add(details, "Course", label_at(resource, "courseOfTherapyType"))
    _why(resource, details)
    add(details, "Author", people_at(resource, "requester"))
    title = _title(resource)
    head = f"Do not give: {title}" if forbidden else f"{title}: {dose}" if dose else title
    return _draft(
        resource,
        title=title,
        standing=Standing.REFUTED if forbidden else standing,
        span=Span(authored, ended),
        details=details,
        line=in_brackets(
            head,
            status or "status not recorded",
            intent if standing is Standing.PLANNED and intent in _INTENTIONS else "",
            f"ordered {authored}" if authored else "",
            f"until {ended}" if ended else "",
            _why_not(resource, standing),
        ),
    )


def read_medication_statement(resource: Element) -> Draft | LeftOut:
    """One MedicationStatement. https://hl7.org/fhir/R4/medicationstatement.html."""
    status = text_of(resource, "status")
    if status == "entered-in-error":
        return IN_ERROR
    details: Details = []
    dose = _dose(resource, "dosage", details)
    effective = span_at(resource, "effective", details)
    asserted = date_at(resource, "dateAsserted", details)
    add(details, "Since", str(effective.start or ""))
    add(details, "Ended", str(effective.end or ""))
    add(details, "Stated", str(asserted or ""))
    add(details, "Setting", label_at(resource, "category"))
    _why(resource, details)
    title = _title(resource)
    known = codes_of(concept(resource, "medicationCodeableConcept"))
    add(details, "No known", "yes" if none_known(known) else "")
    standing = STATEMENT.get(status, Standing.UNKNOWN)
    return _draft(
        resource,
        title=title,
        standing=Standing.UNKNOWN if no_information(known) else standing,
        span=Span(effective.start or asserted, effective.end),
        details=details,
        line=in_brackets(
            f"{title}: {dose}" if dose else title,
            {"": "status not recorded", "not-taken": "not taken"}.get(status, status),
            f"since {effective.start}" if effective.start else f"stated {asserted}" if asserted else "",
            f"until {effective.end}" if effective.end else "",
            _why_not(resource, standing),
        ),
    )


def _draft(resource: Element, *, title: str, standing: Standing, span: Span, details: Details, line: str) -> Draft:
    return Draft(
        kind=Kind.MEDICATION,
        title=title,
        standing=standing,
        status=text_of(resource, "status"),
        when=span.start,
        until=span.end,
        details=details,
        codes=codes_of(concept(resource, "medicationCodeableConcept")),
        line=line,
    )


def _title(resource: Element) -> str:
    named = concept(resource, "medicationCodeableConcept")
    known = codes_of(named)
    return (
        none_known(known)
        or no_information(known)
        or label_of(named)
        or text_of(child(resource, "medicationReference"), "display")
        or "Medicine without a name"
    )


def _dose(resource: Element, name: str, details: Details) -> str:
    """The dose phrase, put among the details with what else the dosages say."""
    dosages = children(resource, name)
    dose, written = dose_text(dosages)
    add(details, "Dose", dose)
    add(details, "Dose as written", written)
    needed = any(item.get("asNeededBoolean") is True or "asNeededCodeableConcept" in item for item in dosages)
    add(details, "As needed", "yes" if needed else "")
    instructions = [text_of(item, "patientInstruction") or label_at(item, "additionalInstruction") for item in dosages]
    add(details, "Instructions", "; ".join(dict.fromkeys(text for text in instructions if text)))
    return dose


def _last_day(resource: Element, details: Details) -> PartialDate | None:
    """The end that the order itself gives: of its dosage, else of the time in which it may be dispensed."""
    for dosage in children(resource, "dosageInstruction"):
        bounds = period_at(child(child(dosage, "timing"), "repeat"), "boundsPeriod", details)
        if bounds.end:
            return bounds.end
    return period_at(child(resource, "dispenseRequest"), "validityPeriod", details).end


def _why_not(resource: Element, standing: Standing) -> str:
    """Why a medicine is not in use: the words that a reader of the list looks for next."""
    return "" if standing is Standing.CURRENT else one_line(label_at(resource, "statusReason"), _REASON_LIMIT)


def _why(resource: Element, details: Details) -> None:
    add(details, "Reason", reasons_at(resource))
    add(details, "Reason references", references_at(resource, "reasonReference"))
    add(details, "Status reason", label_at(resource, "statusReason"))
    add(details, "Note", note_of(resource))
